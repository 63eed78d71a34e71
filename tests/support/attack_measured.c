/* attack_measured - measurement data in units of every size, models that were trained on it, and attacks on them. */
#include "attack_measured.h"

static const bool measured_free_x[DX] = {true, false, true, false, false, false, true},
                  measured_free_c[DC] = {false, true, true};
const char *const measured_methods[] = {"fgsm", "pgd"}, *const measured_norms[] = {"linf", "l2"},
                  *const measured_ofs[] = {"x", "c", "both"};
measured measured_s;

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
    OK(cama__dataset_from_columns(measured_s.schema, N, &(cama__columns){{x, a, c}, y}, true, &d));
    free(x), free(a), free(c);
    return d;
}

cama__spec measured_spec(bool discriminative)
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
    cama__spec_take(&spec, measured_s.schema);
    return spec;
}

static cama_model *trained_model(bool discriminative)
{
    cama_model *model = NULL;
    const cama__spec spec = measured_spec(discriminative);
    OK(cama__model_build(&spec, measured_s.schema, &model));
    OK(cama__model_init(model, 3, 1));
    cama_optimizer *o = small_optimizer(model, "lr=0.01");
    OK(small_train(measured_s.session, o, measured_s.data, NULL, "epochs=25 batch=32 warmup=100 label_weight=0"));
    cama_optimizer_free(o);
    assert_true(model->standardised);
    return model;
}

int measured_set_up(void **state)
{
    (void)state;
    measured_s.session = small_session(2, 0);
    measured_s.schema = mixed_schema(CLASSES);
    measured_s.data = draw_data();
    for (int32_t k = 0; k < 2; k++) measured_s.model[k] = trained_model(k == 1);
    return 0;
}

int measured_tear_down(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 2; k++) cama_model_free(measured_s.model[k]);
    cama_dataset_free(measured_s.data);
    cama_schema_free(measured_s.schema);
    cama_session_free(measured_s.session);
    return 0;
}

/* ---- Attacks ----------------------------------------------------------------------------------------------------- */

cama_options *measured_options(const char *text) { return small_options(VERB_ATTACK, text); }

cama_options *measured_options_of(const char *method, const char *norm, int32_t of, double eps)
{
    cama_options *o = measured_options("steps=8 seed=11");
    OK(cama_options_set_text(o, "method", method));
    OK(cama_options_set_text(o, "norm", norm));
    OK(cama_options_set_text(o, "of", measured_ofs[of]));
    OK(cama_options_set_real(o, "eps", eps));
    return o;
}

void measured_set_mask(cama_options *o, const float *mask, int64_t count)
{
    OK(cama_options_set_vector(o, "mask", mask, count));
}

bool measured_may_change(int32_t of, int32_t role, int64_t d)
{
    if (role == ROLE_A || of == (role == ROLE_X ? OF_C : OF_X)) return false;
    return role == ROLE_X ? measured_free_x[d] : measured_free_c[d];
}

cama_dataset *measured_attacked(const cama_model *model, const cama_dataset *d, cama_options *o)
{
    const int32_t of = (int32_t)cama__options_attack(o).of;
    cama_dataset *out = NULL;
    OK(cama__attack(measured_s.session, model, d, o, &out, NULL));
    cama_options_free(o);
    assert_true(out->n == d->n && out->classes == d->classes && out->schema != NULL && out->schema != d->schema);
    OK(cama__schema_match(d->schema, out->schema, "attacked"));
    assert_memory_equal(out->y, d->y, (size_t)d->n * sizeof *d->y);
    for (int32_t role = 0; role < ROLE_COUNT; role++) {
        const int64_t width = cama__dataset_width(d, role);
        const float *was = cama__dataset_block(d, role), *is = cama__dataset_block(out, role);
        for (int64_t i = 0; i < d->n * width; i++)
            if (!measured_may_change(of, role, i % width)) assert_memory_equal(&is[i], &was[i], sizeof *is);
    }
    return out;
}

double measured_scale_of(const cama_model *model, int32_t role, int64_t d)
{
    return model->standardised ? (double)model->scale[cama__model_place(model, role) + d] : 1;
}

double measured_way(const cama_model *model, const cama_dataset *out, const cama_dataset *d, int32_t role, int64_t row,
                    int64_t at)
{
    const int64_t i = row * cama__dataset_width(d, role) + at;
    return ((double)cama__dataset_block(out, role)[i] - (double)cama__dataset_block(d, role)[i]) /
           measured_scale_of(model, role, at);
}

void measured_ways(const cama_model *model, const cama_dataset *out, const cama_dataset *d, int64_t row, double norm[2])
{
    norm[0] = norm[1] = 0;
    for (int32_t role = 0; role < ROLE_COUNT; role++)
        for (int64_t at = 0; at < cama__dataset_width(d, role); at++) {
            const double w = measured_way(model, out, d, role, row, at);
            norm[0] = fmax(norm[0], fabs(w));
            norm[1] += w * w;
        }
    norm[1] = sqrt(norm[1]);
}

void measured_log_p(const cama_model *model, const cama_dataset *d, double *values)
{
    const cama__logw_options o = {
        .objective = OBJECTIVE_BAYES, .m = SCORE_M_DO, .u = 1, .k = 1, .seed = 11, .kl_weight = 1};
    OK(cama__evaluate(measured_s.session, model, &o, d,
                      &(cama__evaluation){.n = d->n, .at_once = 64, .quiet = true, .value = values}));
}

double measured_accuracy(const cama_model *model, const cama_dataset *d)
{
    float *p = small_floats(d->n * CLASSES);
    double right = 0;
    OK(small_predict(measured_s.session, model, d, "samples=1 seed=11", p));
    for (int64_t i = 0; i < d->n; i++) {
        bool best = true;
        for (int32_t k = 0; k < CLASSES; k++) best = best && p[i * CLASSES + k] <= p[i * CLASSES + d->y[i]];
        right += best;
    }
    free(p);
    return right / (double)d->n;
}
