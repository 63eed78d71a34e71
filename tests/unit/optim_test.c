/* optim_test - Adam against the formulas of the paper in double, one number at a time; what is frozen keeps its
 * bits.
 *
 * Tolerance. Gradients lie in size between 1/2 and 2, so that every first moment is at most 2 and every root of a
 * second moment at least 1/2: errors of some 12 roundings a step, relative to the gradients, move a ratio by at
 * most 4 * 12 units a step, a parameter by lr times that, and theta itself is rounded once a step: STEPS * unit *
 * (|theta| + 48 * STEPS * lr). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "verbs/optim.h"

#ifdef CAMA_DOUBLE
static const double unit = 0x1p-53;
#else
static const double unit = 0x1p-24;
#endif

enum { STEPS = 12 };

static const uint32_t all_nets = CAMA__NET_ALL;

/* Tensors of more than one piece (65536 numbers) and small ones. */
static cama_model *make_model(int32_t wide)
{
    cama__spec spec = {.preset = "test",
                       .x = {1, 1, 40},
                       .classes = 3,
                       .z = 4,
                       .m = 3,
                       .likelihood = 1,
                       .net = {[NET_P_Y] = "dense 6 relu",
                               [NET_P_M] = "dense 5 relu",
                               [NET_P_MERGE] = "dense 30 relu, dense x",
                               [NET_Q_M] = "dense 7 relu",
                               [NET_Q_Z] = "| dense 20 relu"}};
    cama_model *model = NULL;
    if (wide > 0) snprintf(spec.net[NET_Q_M], SPEC_TEXT, "dense %d relu, dense %d relu", wide, wide);
    if (cama__model_build(&spec, NULL, &model) != CAMA_OK) fail_msg("%s", cama_last_error());
    OK(cama__model_init(model, 1, 1));
    return model;
}

static cama_optimizer *make_optimizer(cama_model *model)
{
    cama_optimizer *o = NULL;
    OK(cama__optimizer_create(model, NULL, &o));
    return o;
}

/* Whether a place of theta is an element of a tensor: padding is not. */
static bool *elements(const cama_model *model)
{
    const cama__params *p = &model->params;
    bool *is = calloc((size_t)p->reals, sizeof *is);
    real *ones = calloc((size_t)p->reals, sizeof *ones);
    assert_true(is != NULL && ones != NULL);
    for (int32_t i = 0; i < p->count; i++) {
        float *v = malloc((size_t)p->item[i].count * sizeof *v);
        for (int64_t k = 0; k < p->item[i].count; k++) v[k] = 1;
        cama__param_write(&p->item[i], cama__model_param_net(model, &p->item[i]), ones, v);
        free(v);
    }
    for (int64_t k = 0; k < p->reals; k++) is[k] = ones[k] != 0;
    free(ones);
    return is;
}

/* Gradients of size 1/2 to 2, either sign, zero in the padding. */
static void draw_gradient(cama_optimizer *o, const bool *is, uint32_t step)
{
    const int64_t n = o->model->params.reals;
    real *u = malloc((size_t)n * sizeof *u);
    cama__rng_uniforms((cama__rng_key){.seed = 3, .stream = 65, .step = step}, n, u, 1);
    for (int64_t k = 0; k < n; k++)
        o->gradient[k] = is[k] ? (u[k] < (real)0.4 ? -1 : 1) * ((real)0.5 + (real)1.5 * u[k]) : 0;
    free(u);
}

static int32_t net_at(const cama_model *model, int64_t place)
{
    const cama__params *p = &model->params;
    int32_t i = 0;
    while (place >= p->item[i].offset + p->item[i].size) i++;
    return p->item[i].net;
}

static double plain_norm(const cama_optimizer *o, uint32_t nets)
{
    double sum = 0;
    for (int64_t k = 0; k < o->model->params.reals; k++)
        if (nets & CAMA__NET_BIT(net_at(o->model, k))) sum += (double)o->gradient[k] * (double)o->gradient[k];
    return sqrt(sum);
}

typedef struct {
    double lr, beta1, beta2, eps, weight_decay, clip;
    uint32_t nets;
} numbers;

/* Ascending: the objective is maximised. Decay is AdamW's. */
static void plain_step(const numbers *c, double factor, double norm, int64_t t, double g, double *m, double *v,
                       double *theta)
{
    if (c->clip > 0 && norm > c->clip) g *= c->clip / norm;
    *m = c->beta1 * *m + (1 - c->beta1) * g;
    *v = c->beta2 * *v + (1 - c->beta2) * g * g;
    const double m_hat = *m / (1 - pow(c->beta1, (double)t)), v_hat = *v / (1 - pow(c->beta2, (double)t)),
                 lr = c->lr * factor;
    *theta = *theta - lr * c->weight_decay * *theta + lr * m_hat / (sqrt(v_hat) + c->eps);
}

static double factor_of(int64_t t) { return 1 - 0.05 * (double)t; }

static void check_adam(const numbers *c, cama__pool *pool)
{
    cama_model *model = make_model(0);
    cama_optimizer *o = make_optimizer(model);
    const int64_t n = model->params.reals;
    bool *is = elements(model);
    double *theta = calloc((size_t)n, sizeof *theta), *m = calloc((size_t)n, sizeof *m),
           *v = calloc((size_t)n, sizeof *v);
    real *before = malloc((size_t)n * sizeof *before);
    memcpy(before, model->theta, (size_t)n * sizeof *before);
    for (int64_t k = 0; k < n; k++) theta[k] = (double)model->theta[k];
    o->lr = c->lr, o->beta1 = c->beta1, o->beta2 = c->beta2, o->eps = c->eps, o->weight_decay = c->weight_decay,
    o->clip = c->clip;
    for (int64_t t = 1; t <= STEPS; t++) {
        draw_gradient(o, is, (uint32_t)t);
        const double norm = cama__optim_norm(o, c->nets, pool), want = plain_norm(o, c->nets);
        assert_near(norm, want, (16 * unit + (double)n * 0x1p-53) * want);
        for (int64_t k = 0; k < n; k++)
            if (c->nets & CAMA__NET_BIT(net_at(model, k)))
                plain_step(c, factor_of(t), want, t, (double)o->gradient[k], &m[k], &v[k], &theta[k]);
        cama__optim_step(o, c->nets, factor_of(t), norm, pool);
    }
    assert_int_equal(o->steps, STEPS);
    double moved = 0;
    for (int64_t k = 0; k < n; k++) {
        if (!is[k]) assert_true(model->theta[k] == 0 && o->m1[k] == 0 && o->m2[k] == 0);
        if (!(c->nets & CAMA__NET_BIT(net_at(model, k)))) {
            assert_memory_equal(&model->theta[k], &before[k], sizeof *before);
            assert_true(o->m1[k] == 0 && o->m2[k] == 0);
            continue;
        }
        const double bound = STEPS * unit * (fabs(theta[k]) + 1 + 48 * STEPS * c->lr);
        if (!(fabs((double)model->theta[k] - theta[k]) <= bound))
            fail_msg("place %d: %.9g, in double %.9g, bound %.2g", (int)k, (double)model->theta[k], theta[k], bound);
        moved = fmax(moved, fabs(theta[k] - (double)before[k]));
    }
    assert_true(moved > c->lr);
    free(is), free(theta), free(m), free(v), free(before);
    cama__optimizer_free(o);
    cama__model_free(model);
}

static void test_adam(void **state)
{
    (void)state;
    static const numbers cases[] = {
        {1e-3, 0.9, 0.999, 1e-8, 0, 0, CAMA__NET_ALL},
        {1e-2, 0.5, 0.9, 1e-8, 0, 0, CAMA__NET_ALL},
        {1e-2, 0.9, 0.999, 0.3, 0, 0, CAMA__NET_ALL},    /* eps is added to the corrected root */
        {1e-2, 0.9, 0.999, 1e-8, 0.5, 0, CAMA__NET_ALL}, /* decay */
        {1e-2, 0.9, 0.999, 1e-1, 0, 3, CAMA__NET_ALL},   /* the norm is some 60: clipped, and eps shows it */
        {1e-2, 0.9, 0.999, 1e-1, 0, 1e6, CAMA__NET_ALL}, /* not clipped */
        {1e-2, 0, 0, 1e-8, 0, 0, CAMA__NET_ALL},
        {1e-2, 0.9, 0.999, 1e-8, 0.5, 2, CAMA__NET_BIT(NET_P_M) | CAMA__NET_BIT(NET_Q_M)},
        {1e-2, 0.9, 0.999, 1e-8, 0.5, 0, CAMA__NET_BIT(NET_LIKELIHOOD)},
        {1e-2, 0.9, 0.999, 1e-8, 0, 0, CAMA__NET_ALL & ~CAMA__NET_BIT(NET_Q_M)},
    };
    cama__pool *pool = NULL;
    OK(cama__pool_create(3, &pool));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check_adam(&cases[i], i % 2 ? pool : NULL);
    cama__pool_free(pool);
}

/* Tensors of several pieces: the bits do not depend on the threads, and every piece is stepped. */
static void test_pieces(void **state)
{
    (void)state;
    cama_model *models[4];
    double norms[4];
    for (int32_t threads = 1; threads <= 4; threads++) {
        cama_model *model = models[threads - 1] = make_model(400);
        cama_optimizer *o = make_optimizer(model);
        cama__pool *pool = NULL;
        bool *is = elements(model);
        OK(cama__pool_create(threads, &pool));
        for (uint32_t t = 1; t <= 3; t++) {
            draw_gradient(o, is, t);
            norms[threads - 1] = cama__optim_norm(o, all_nets, pool);
            cama__optim_step(o, all_nets, 1, norms[threads - 1], pool);
        }
        const double want = plain_norm(o, all_nets);
        assert_near(norms[threads - 1], want, (16 * unit + (double)model->params.reals * 0x1p-53) * want);
        for (int64_t k = 0; k < model->params.reals; k++) assert_true((o->m1[k] != 0) == is[k]);
        assert_true(memcmp(&norms[0], &norms[threads - 1], sizeof *norms) == 0);
        assert_memory_equal(models[0]->theta, model->theta, (size_t)model->params.reals * sizeof(real));
        cama__optim_zero(o, pool);
        for (int64_t k = 0; k < model->params.reals; k++) assert_true(o->gradient[k] == 0);
        free(is);
        cama__pool_free(pool);
        cama__optimizer_free(o);
    }
    for (int i = 0; i < 4; i++) cama__model_free(models[i]);
}

/* A number that is not finite anywhere in what is trained, and only there, makes the norm not finite. */
static void test_norm_not_finite(void **state)
{
    (void)state;
    cama_model *model = make_model(0);
    cama_optimizer *o = make_optimizer(model);
    static const real bad[] = {NAN, INFINITY, -INFINITY};
    for (int32_t i = 0; i < model->params.count; i++)
        for (int b = 0; b < 3; b++) {
            const cama__param *p = &model->params.item[i];
            real *at = o->gradient + p->offset + (p->role == PARAM_WEIGHT ? 0 : p->count - 1);
            *at = bad[b];
            assert_false(isfinite(cama__optim_norm(o, all_nets, NULL)));
            assert_false(isfinite(cama__optim_norm(o, CAMA__NET_BIT(p->net), NULL)));
            assert_true(cama__optim_norm(o, all_nets & ~CAMA__NET_BIT(p->net), NULL) == 0);
            *at = 0;
        }
    cama__optimizer_free(o);
    cama__model_free(model);
}

/* A step that trains q_m says so in the model; no other step does, nor one of a model without m. */
static void test_q_m_trained(void **state)
{
    (void)state;
    cama_model *model = make_model(0);
    cama_optimizer *o = make_optimizer(model);
    cama__optim_step(o, all_nets & ~CAMA__NET_BIT(NET_Q_M), 1, 0, NULL);
    assert_false(model->q_m_trained);
    cama__optim_step(o, CAMA__NET_BIT(NET_Q_M), 1, 0, NULL);
    assert_true(model->q_m_trained);
    cama__optimizer_free(o);
    cama__model_free(model);
    cama__spec spec = {.preset = "test",
                       .x = {1, 1, 4},
                       .classes = 2,
                       .z = 2,
                       .m = 0,
                       .net = {[NET_P_MERGE] = "dense x", [NET_Q_Z] = "|"}};
    OK(cama__model_build(&spec, NULL, &model));
    o = make_optimizer(model);
    cama__optim_step(o, all_nets, 1, 0, NULL);
    assert_false(model->q_m_trained);
    cama__optimizer_free(o);
    cama__model_free(model);
}

/* Options reach the optimizer; defaults are those of the table, but for the learning rate of vectors. */
static void test_options(void **state)
{
    (void)state;
    cama_model *model = make_model(0);
    cama_optimizer *o = make_optimizer(model);
    assert_true(o->lr == 3e-3 && o->beta1 == 0.9 && o->beta2 == 0.999 && o->eps == 1e-8 && o->weight_decay == 0 &&
                o->clip == 0);
    cama__optimizer_free(o);
    static const char *const keys[] = {"lr", "beta1", "beta2", "eps", "weight_decay", "clip"};
    static const double values[] = {0.5, 0.25, 0.125, 0.0625, 0.75, 3};
    cama_options *options = NULL;
    OK(cama__options_create(VERB_OPTIMIZER, &options));
    for (int i = 0; i < 6; i++) OK(cama__options_set_real(options, keys[i], values[i]));
    OK(cama__optimizer_create(model, options, &o));
    assert_true(o->lr == 0.5 && o->beta1 == 0.25 && o->beta2 == 0.125 && o->eps == 0.0625 && o->weight_decay == 0.75 &&
                o->clip == 3);
    assert_ptr_equal(o->model, model);
    assert_int_equal(o->steps, 0);
    for (int64_t k = 0; k < model->params.reals; k++)
        assert_true(o->gradient[k] == 0 && o->m1[k] == 0 && o->m2[k] == 0);
    cama__options_free(options);
    cama__optimizer_free(o);
    cama__optimizer_free(NULL);
    cama__model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_adam), cmocka_unit_test(test_pieces),
                                       cmocka_unit_test(test_norm_not_finite), cmocka_unit_test(test_q_m_trained),
                                       cmocka_unit_test(test_options)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
