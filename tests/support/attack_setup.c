/* attack_setup - the model, the data and the options that the laws of attacks are tried on. */
#include "attack_setup.h"

const cama__shape attack_shape = {SIDE, SIDE, 1};
const double attack_eps = 0.1;
const char *const attack_methods[] = {"fgsm", "pgd"}, *const attack_norms[] = {"linf", "l2"};
cama_session *attack_session;
cama_model *attack_model;
cama_dataset *attack_dataset;

cama_model *attack_build(int32_t likelihood)
{
    const cama__spec spec = {.x = attack_shape,
                             .classes = CLASSES,
                             .z = 4,
                             .m = 3,
                             .likelihood = likelihood,
                             .net = {[NET_P_Y] = "dense 16 relu",
                                     [NET_P_Z] = "dense 16 relu",
                                     [NET_P_M] = "dense 16 relu",
                                     [NET_P_MERGE] = "dense 32 relu, dense x",
                                     [NET_Q_M] = "conv 4 3x3 relu, pool 2",
                                     [NET_Q_Z] = "conv 4 3x3 relu, pool 2 | dense 16 relu"}};
    cama_model *m = NULL;
    OK(cama__model_build(&spec, NULL, &m));
    OK(cama__model_init(m, 3, 1.5));
    m->q_m_trained = true;
    return m;
}

cama_dataset *attack_sample(const cama_model *m, int64_t n, double low, double high)
{
    float *x = cama__mem_alloc((size_t)(n * DIMS), sizeof *x);
    int32_t *y = cama__mem_alloc((size_t)n, sizeof *y);
    float *p = cama__mem_alloc((size_t)(n * CLASSES), sizeof *p);
    cama_dataset *plain = NULL, *d = NULL;
    for (int64_t i = 0; i < n; i++) {
        real u[DIMS];
        cama__rng_uniforms((cama__rng_key){77, RNG_INIT, 0, (uint32_t)i, 0}, DIMS, u, 1);
        for (int64_t j = 0; j < DIMS; j++) x[i * DIMS + j] = (float)(low + (high - low) * u[j]);
    }
    OK(cama__dataset_from_arrays(n, attack_shape, CLASSES, x, NULL, false, &plain));
    cama_options *o = NULL; /* the noise of the attacks below */
    OK(cama__options_create(VERB_PREDICT, &o));
    OK(cama__options_set_int(o, "samples", 1));
    OK(cama__options_set_int(o, "m_samples", 1));
    OK(cama__options_set_int(o, "seed", 11));
    OK(cama__predict(attack_session, m, plain, o, p));
    cama__options_free(o);
    for (int64_t i = 0; i < n; i++)
        for (int32_t c = 0; c < CLASSES; c++)
            if (p[i * CLASSES + c] > p[i * CLASSES + y[i]]) y[i] = c;
    OK(cama__dataset_from_arrays(n, attack_shape, CLASSES, x, y, true, &d));
    cama__dataset_free(plain);
    cama__mem_free(x);
    cama__mem_free(y);
    cama__mem_free(p);
    return d;
}

int attack_set_up(void **state)
{
    (void)state;
    OK(cama__session_create(2, 0, 0, &attack_session));
    attack_model = attack_build(0);
    attack_dataset = attack_sample(attack_model, N, 0.05, 0.95);
    return 0;
}

int attack_tear_down(void **state)
{
    (void)state;
    cama__dataset_free(attack_dataset);
    cama__model_free(attack_model);
    cama__session_free(attack_session);
    return 0;
}

cama_options *attack_options(const char *method, const char *norm)
{
    cama_options *o = NULL;
    OK(cama__options_create(VERB_ATTACK, &o));
    OK(cama__options_set_text(o, "method", method));
    OK(cama__options_set_text(o, "norm", norm));
    OK(cama__options_set_real(o, "eps", attack_eps));
    OK(cama__options_set_int(o, "steps", 8));
    OK(cama__options_set_int(o, "seed", 11));
    return o;
}

void attack_set_int(cama_options *o, const char *key, int64_t value) { OK(cama__options_set_int(o, key, value)); }

void attack_set_real(cama_options *o, const char *key, double value) { OK(cama__options_set_real(o, key, value)); }

void attack_set_text(cama_options *o, const char *key, const char *value) { OK(cama__options_set_text(o, key, value)); }

cama_dataset *attacked(const cama_model *m, const cama_dataset *d, const cama_options *o)
{
    cama_dataset *out = NULL;
    const int32_t status = cama__attack(attack_session, m, d, o, &out, NULL);
    if (status != CAMA_OK) fail_msg("%s", cama_last_error());
    assert_int_equal(out->n, d->n);
    assert_memory_equal(out->y, d->y, (size_t)d->n * sizeof *d->y);
    assert_true(out->classes == d->classes && out->shape.h == SIDE && out->shape.w == SIDE && out->shape.c == 1);
    return out;
}

cama_dataset *attacked_once(const cama_model *m, const cama_dataset *d, cama_options *o)
{
    cama_dataset *out = attacked(m, d, o);
    cama__options_free(o);
    return out;
}

double attack_distance_linf(const cama_dataset *a, const cama_dataset *b, int64_t row)
{
    double most = 0;
    for (int64_t j = row * DIMS; j < (row + 1) * DIMS; j++) { /* gcc 12 for aarch64 crashes over fmax in such a loop */
        const double away = fabs((double)a->x[j] - b->x[j]);
        if (away > most) most = away;
    }
    return most;
}

double attack_distance_l2(const cama_dataset *a, const cama_dataset *b, int64_t row)
{
    double sum = 0;
    for (int64_t j = row * DIMS; j < (row + 1) * DIMS; j++) {
        const double away = (double)a->x[j] - b->x[j];
        sum += away * away;
    }
    return sqrt(sum);
}

cama__logw_options attack_score(uint64_t seed)
{
    return (cama__logw_options){
        .objective = OBJECTIVE_BAYES, .m = SCORE_M_INFER, .u = 1, .k = 1, .seed = seed, .kl_weight = 1};
}

double attack_hardness(const cama_model *m, const cama_dataset *d)
{
    const cama__logw_options o = attack_score(11);
    double *value = cama__mem_alloc((size_t)d->n, sizeof *value), sum = 0;
    OK(cama__evaluate(attack_session, m, &o, d,
                      &(cama__evaluation){.n = d->n, .at_once = 64, .quiet = true, .value = value}));
    for (int64_t i = 0; i < d->n; i++) sum -= value[i];
    cama__mem_free(value);
    return sum / (double)d->n;
}

void attack_is_deterministic(cama_options *o)
{
    const int32_t threads[] = {1, 3, 2};
    const int64_t tile_rows[] = {0, 0, 60};
    cama_dataset *out = attacked(attack_model, attack_dataset, o), *again = NULL, *part = NULL;
    for (int32_t s = 0; s < 3; s++) {
        cama_session *other = NULL;
        OK(cama__session_create(threads[s], tile_rows[s], 0, &other));
        OK(cama__attack(other, attack_model, attack_dataset, o, &again, NULL));
        assert_memory_equal(again->x, out->x, N * DIMS * sizeof *out->x);
        cama__dataset_free(again);
        cama__session_free(other);
    }
    OK(cama__dataset_slice(attack_dataset, 0, 131, true, &part));
    again = attacked(attack_model, part, o);
    assert_memory_equal(again->x, out->x, 131 * DIMS * sizeof *out->x);
    cama__dataset_free(again);
    attack_set_int(o, "seed", 12);
    again = attacked(attack_model, attack_dataset, o);
    assert_memory_not_equal(again->x, out->x, N * DIMS * sizeof *out->x);
    cama__dataset_free(again);
    cama__dataset_free(part);
    cama__dataset_free(out);
    cama__options_free(o);
}
