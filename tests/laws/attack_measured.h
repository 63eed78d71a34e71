/* attack_measured - measurement data in units of every size, models that were trained on it, and attacks on them. */
#ifndef CAMA_LAWS_ATTACK_MEASURED_H
#define CAMA_LAWS_ATTACK_MEASURED_H

#include "data/standardise.h"
#include "small.h"

/* Numbers of x, a and c; those of x and c that are continuous; rows: more than one batch, and no whole blocks. */
enum { DX = 7, DA = 3, DC = 3, FREE_X = 3, FREE_C = 2, N = 150, CLASSES = 3 };
static const bool free_x[DX] = {true, false, true, false, false, false, true}, free_c[DC] = {false, true, true};

static const char *const methods[] = {"fgsm", "pgd"}, *const norms[] = {"linf", "l2"},
                         *const ofs[] = {"x", "c", "both"};
enum { OF_X, OF_C, OF_BOTH };
enum { FINE = 2 }; /* x3 and c3: their floats are much finer than standard units */

typedef struct {
    cama_session *session;
    cama_schema *schema;
    cama_dataset *data;
    cama_model *model[2]; /* generative and discriminative, trained: standardised */
} measured;
static measured s;

static cama_schema *schema_of_kinds(void)
{
    static const struct {
        const char *name;
        int32_t role, kind, levels;
    } v[] = {{"x1", ROLE_X, VARIABLE_CONTINUOUS, 0},  {"x2", ROLE_X, VARIABLE_BINARY, 0},
             {"x3", ROLE_X, VARIABLE_CONTINUOUS, 0},  {"x4", ROLE_X, VARIABLE_CATEGORICAL, 3},
             {"x5", ROLE_X, VARIABLE_CONTINUOUS, 0},  {"a1", ROLE_A, VARIABLE_CONTINUOUS, 0},
             {"a2", ROLE_A, VARIABLE_CATEGORICAL, 2}, {"c1", ROLE_C, VARIABLE_BINARY, 0},
             {"c2", ROLE_C, VARIABLE_CONTINUOUS, 0},  {"c3", ROLE_C, VARIABLE_CONTINUOUS, 0}};
    cama_schema *schema = NULL;
    OK(cama__schema_create("y", CLASSES, NULL, NULL, &schema));
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        OK(cama__schema_add(schema, v[i].name, v[i].role, v[i].kind, v[i].levels, NULL));
    return schema;
}

/* Every x depends on y and c, in units that are a million apart. */
static cama_dataset *draw_data(void)
{
    float *x = small_floats(N * DX), *a = small_floats(N * DA), *c = small_floats(N * DC);
    int32_t y[N];
    cama_dataset *d = NULL;
    for (int64_t i = 0; i < N; i++) {
        real u[12];
        cama__rng_uniforms((cama__rng_key){5, RNG_INIT, 0, (uint32_t)i, 0}, 12, u, 1);
        const double k = floor(3 * u[0]), c2 = 2 * u[1] - 1, c3 = 2 * u[2] - 1;
        const float row_x[DX] = {(float)(40 + 3 * k + 5 * c2 + 4 * u[3]), u[4] < 0.3 + 0.2 * k,
                                 (float)(1e-3 * ((k == 1 ? 0.6 : -0.6) + c3 + 0.9 * u[5]))};
        memcpy(x + i * DX, row_x, sizeof row_x);
        x[i * DX + 3 + ((int64_t)k + (u[6] < 0.5)) % 3] = 1;
        x[i * DX + 6] = (float)(1000 + 100 * (k == 2 ? -1 : 1) * (0.5 + c2 + c3) + 150 * u[7]);
        a[i * DA] = (float)(1e4 + 100 * (k + 3 * u[8]));
        a[i * DA + 1 + (u[9] < 0.5)] = 1;
        c[i * DC] = u[10] < 0.5;
        c[i * DC + 1] = (float)(15 + 3 * c2);
        c[i * DC + 2] = (float)(0.02 * c3);
        y[i] = (int32_t)k;
    }
    OK(cama__dataset_from_columns(s.schema, N, &(cama__columns){{x, a, c}, y}, true, &d));
    free(x), free(a), free(c);
    return d;
}

static cama__spec spec_of(bool discriminative)
{
    cama__spec spec = {.preset = "test",
                       .z = 2,
                       .m = 2,
                       .likelihood = LIKELIHOOD_GAUSSIAN,
                       .standardise = true,
                       .discriminative = discriminative,
                       .net = {[NET_P_PRIOR] = "dense 8 relu",
                               [NET_P_Y] = "dense 8 relu",
                               [NET_P_Z] = "dense 8 tanh",
                               [NET_P_M] = "dense 8 tanh",
                               [NET_P_C] = "dense 8 tanh",
                               [NET_P_MERGE] = "dense 16 tanh, dense x",
                               [NET_Q_M] = "dense 8 tanh",
                               [NET_Q_Z] = "dense 8 tanh | dense 8 tanh",
                               [NET_DNN] = "| dense 16 tanh, dense 16 tanh"}};
    cama__spec_take(&spec, s.schema);
    return spec;
}

static cama_model *trained_model(bool discriminative)
{
    cama_model *model = NULL;
    const cama__spec spec = spec_of(discriminative);
    OK(cama__model_build(&spec, s.schema, &model));
    OK(cama__model_init(model, 3, 1));
    cama_optimizer *o = small_optimizer(model, "lr=0.01");
    OK(small_train(s.session, o, s.data, NULL, "epochs=25 batch=32 warmup=100 label_weight=0"));
    cama_optimizer_free(o);
    assert_true(model->standardised);
    return model;
}

static int set_up(void **state)
{
    (void)state;
    s.session = small_session(2, 0);
    s.schema = schema_of_kinds();
    s.data = draw_data();
    for (int32_t k = 0; k < 2; k++) s.model[k] = trained_model(k == 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 2; k++) cama_model_free(s.model[k]);
    cama_dataset_free(s.data);
    cama_schema_free(s.schema);
    cama_session_free(s.session);
    return 0;
}

/* ---- Attacks ----------------------------------------------------------------------------------------------------- */

static inline cama_options *options(const char *text) { return small_options(VERB_ATTACK, text); }

static inline cama_options *options_of(const char *method, const char *norm, int32_t of, double eps)
{
    cama_options *o = options("steps=8 seed=11");
    OK(cama_options_set_text(o, "method", method));
    OK(cama_options_set_text(o, "norm", norm));
    OK(cama_options_set_text(o, "of", ofs[of]));
    OK(cama_options_set_real(o, "eps", eps));
    return o;
}

static inline void set_mask(cama_options *o, const float *mask, int64_t count)
{
    OK(cama_options_set_vector(o, "mask", mask, count));
}

static bool may_change(int32_t of, int32_t role, int64_t d)
{
    if (role == ROLE_A || of == (role == ROLE_X ? OF_C : OF_X)) return false;
    return role == ROLE_X ? free_x[d] : free_c[d];
}

/* Frees the options. What may not change has not, to the bit. */
static cama_dataset *attacked(const cama_model *model, const cama_dataset *d, cama_options *o)
{
    const int32_t of = (int32_t)cama__options_attack(o).of;
    cama_dataset *out = NULL;
    OK(cama__attack(s.session, model, d, o, &out));
    cama_options_free(o);
    assert_true(out->n == d->n && out->classes == d->classes && out->schema != NULL && out->schema != d->schema);
    OK(cama__schema_match(d->schema, out->schema, "attacked"));
    assert_memory_equal(out->y, d->y, (size_t)d->n * sizeof *d->y);
    for (int32_t role = 0; role < ROLE_COUNT; role++) {
        const int64_t width = cama__dataset_width(d, role);
        const float *was = cama__dataset_block(d, role), *is = cama__dataset_block(out, role);
        for (int64_t i = 0; i < d->n * width; i++)
            if (!may_change(of, role, i % width)) assert_memory_equal(&is[i], &was[i], sizeof *is);
    }
    return out;
}

static double scale_of(const cama_model *model, int32_t role, int64_t d)
{
    return model->standardised ? (double)model->scale[cama__model_place(model, role) + d] : 1;
}

/* How far number d of a row went, in the model's units. */
static inline double way(const cama_model *model, const cama_dataset *out, const cama_dataset *d, int32_t role,
                         int64_t row, int64_t at)
{
    const int64_t i = row * cama__dataset_width(d, role) + at;
    return ((double)cama__dataset_block(out, role)[i] - (double)cama__dataset_block(d, role)[i]) /
           scale_of(model, role, at);
}

/* Both norms of a row's way, over x and c. */
static inline void ways(const cama_model *model, const cama_dataset *out, const cama_dataset *d, int64_t row,
                        double norm[2])
{
    norm[0] = norm[1] = 0;
    for (int32_t role = 0; role < ROLE_COUNT; role++)
        for (int64_t at = 0; at < cama__dataset_width(d, role); at++) {
            const double w = way(model, out, d, role, row, at);
            norm[0] = fmax(norm[0], fabs(w));
            norm[1] += w * w;
        }
    norm[1] = sqrt(norm[1]);
}

/* values (n): log p(y|x,a,c) with the noise that the attacks see. */
static inline void log_p(const cama_model *model, const cama_dataset *d, double *values)
{
    const cama__logw_options o = {.head = HEAD_BAYES, .m = SCORE_M_DO, .u = 1, .k = 1, .seed = 11, .kl_weight = 1};
    OK(cama__evaluate(s.session, model, &o, d,
                      &(cama__evaluation){.n = d->n, .at_once = 64, .quiet = true, .value = values}));
}

static inline double accuracy(const cama_model *model, const cama_dataset *d)
{
    float *p = small_floats(d->n * CLASSES);
    double right = 0;
    OK(small_predict(s.session, model, d, "samples=1 seed=11", p));
    for (int64_t i = 0; i < d->n; i++) {
        bool best = true;
        for (int32_t k = 0; k < CLASSES; k++) best = best && p[i * CLASSES + k] <= p[i * CLASSES + d->y[i]];
        right += best;
    }
    free(p);
    return right / (double)d->n;
}

#endif
