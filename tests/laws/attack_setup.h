/* attack_setup - the model, the data and the options that the laws of attacks are tried on. */
#ifndef CAMA_LAWS_ATTACK_SETUP_H
#define CAMA_LAWS_ATTACK_SETUP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "base/rng.h"
#include "verbs/evaluate.h"
#include "verbs/verbs.h"

#define ROUNDING 1e-6
enum { SIDE = 6, DIMS = SIDE * SIDE, N = 150, CLASSES = 4 };
static const cama__shape shape = {SIDE, SIDE, 1};
static const double eps = 0.1;

static const char *const methods[] = {"fgsm", "pgd"}, *const norms[] = {"linf", "l2"};

static cama_session *session;
static cama_model *model;     /* Bernoulli, q_m trained by declaration */
static cama_dataset *dataset; /* labelled with what the model predicts */

static cama_model *build(int32_t likelihood)
{
    const cama__spec spec = {.x = shape,
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
    assert_int_equal(cama__model_build(&spec, NULL, &m), CAMA_OK);
    assert_int_equal(cama__model_init(m, 3, 1.5), CAMA_OK);
    m->q_m_trained = true;
    return m;
}

/* Rows of uniforms in [low, high], labelled with the class that m predicts. */
static cama_dataset *sample(const cama_model *m, int64_t n, double low, double high)
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
    assert_int_equal(cama__dataset_from_arrays(n, shape, CLASSES, x, NULL, false, &plain), CAMA_OK);
    cama_options *o = NULL; /* the noise of the attacks below */
    assert_int_equal(cama__options_create(VERB_PREDICT, &o), CAMA_OK);
    assert_int_equal(cama__options_set_int(o, "samples", 1), CAMA_OK);
    assert_int_equal(cama__options_set_int(o, "seed", 11), CAMA_OK);
    assert_int_equal(cama__predict(session, m, plain, o, p), CAMA_OK);
    cama__options_free(o);
    for (int64_t i = 0; i < n; i++)
        for (int32_t c = 0; c < CLASSES; c++)
            if (p[i * CLASSES + c] > p[i * CLASSES + y[i]]) y[i] = c;
    assert_int_equal(cama__dataset_from_arrays(n, shape, CLASSES, x, y, true, &d), CAMA_OK);
    cama__dataset_free(plain);
    cama__mem_free(x);
    cama__mem_free(y);
    cama__mem_free(p);
    return d;
}

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(cama__session_create(2, 0, 0, &session), CAMA_OK);
    model = build(0);
    dataset = sample(model, N, 0.05, 0.95);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cama__dataset_free(dataset);
    cama__model_free(model);
    cama__session_free(session);
    return 0;
}

static cama_options *options(const char *method, const char *norm)
{
    cama_options *o = NULL;
    assert_int_equal(cama__options_create(VERB_ATTACK, &o), CAMA_OK);
    assert_int_equal(cama__options_set_text(o, "method", method), CAMA_OK);
    assert_int_equal(cama__options_set_text(o, "norm", norm), CAMA_OK);
    assert_int_equal(cama__options_set_real(o, "eps", eps), CAMA_OK);
    assert_int_equal(cama__options_set_int(o, "steps", 8), CAMA_OK);
    assert_int_equal(cama__options_set_int(o, "seed", 11), CAMA_OK);
    return o;
}

static inline void set_int(cama_options *o, const char *key, int64_t value)
{
    assert_int_equal(cama__options_set_int(o, key, value), CAMA_OK);
}
static inline void set_real(cama_options *o, const char *key, double value)
{
    assert_int_equal(cama__options_set_real(o, key, value), CAMA_OK);
}
static inline void set_text(cama_options *o, const char *key, const char *value)
{
    assert_int_equal(cama__options_set_text(o, key, value), CAMA_OK);
}

static cama_dataset *attacked(const cama_model *m, const cama_dataset *d, const cama_options *o)
{
    cama_dataset *out = NULL;
    const int32_t status = cama__attack(session, m, d, o, &out);
    if (status != CAMA_OK) fail_msg("%s", cama_last_error());
    assert_int_equal(out->n, d->n);
    assert_memory_equal(out->y, d->y, (size_t)d->n * sizeof *d->y);
    assert_true(out->classes == d->classes && out->shape.h == SIDE && out->shape.w == SIDE && out->shape.c == 1);
    return out;
}

/* The same, with the options freed. */
static inline cama_dataset *attacked_once(const cama_model *m, const cama_dataset *d, cama_options *o)
{
    cama_dataset *out = attacked(m, d, o);
    cama__options_free(o);
    return out;
}

static inline double distance_linf(const cama_dataset *a, const cama_dataset *b, int64_t row)
{
    double most = 0;
    for (int64_t j = row * DIMS; j < (row + 1) * DIMS; j++) { /* gcc 12 for aarch64 crashes over fmax in such a loop */
        const double away = fabs((double)a->x[j] - b->x[j]);
        if (away > most) most = away;
    }
    return most;
}

static inline double distance_l2(const cama_dataset *a, const cama_dataset *b, int64_t row)
{
    double sum = 0;
    for (int64_t j = row * DIMS; j < (row + 1) * DIMS; j++) {
        const double away = (double)a->x[j] - b->x[j];
        sum += away * away;
    }
    return sqrt(sum);
}

static cama__logw_options score_of(uint64_t seed)
{
    return (cama__logw_options){.head = HEAD_BAYES, .m = SCORE_M_INFER, .u = 1, .k = 1, .seed = seed, .kl_weight = 1};
}

/* Mean of -log p(y|x) with the noise that the attack sees. */
static inline double hardness(const cama_model *m, const cama_dataset *d)
{
    const cama__logw_options o = score_of(11);
    double *value = cama__mem_alloc((size_t)d->n, sizeof *value), sum = 0;
    assert_int_equal(
        cama__evaluate(session, m, &o, d, &(cama__evaluation){.n = d->n, .at_once = 64, .quiet = true, .value = value}),
        CAMA_OK);
    for (int64_t i = 0; i < d->n; i++) sum -= value[i];
    cama__mem_free(value);
    return sum / (double)d->n;
}

#endif
