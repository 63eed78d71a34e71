/* The whole objective against central differences, in double precision with the naive kernel: every head, m fixed or
 * inferred, several samples, a ragged batch over several groups and tiles, every network on its own, and x (attacks).
 *
 * Tolerance: with step h the central difference is off by h^2 f'''/6 and by rounding 1e-16 |f| / h; at h = 1e-5 both
 * are below 1e-8 of a value of order 100. ReLU and max pool have kinks: along a random direction few units cross one
 * within h, so the difference is taken at activations that are smooth (tanh, softplus, sigmoid, elu) except in the case
 * named kinks, whose tolerance is wider by the chance of a crossing: h times the density of pre-activations at 0 times
 * the weights. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/rng.h"
#include "cama/score.h"

typedef struct {
    const char *name;
    cama__spec spec;
    double tolerance;
} subject;

static const subject subjects[] = {
    {"image",
     {.preset = "test",
      .x = {7, 6, 2},
      .classes = 3,
      .z = 4,
      .m = 3,
      .likelihood = 0,
      .net = {"dense 6 tanh", "dense 7 elu, dense 5 tanh", "dense 5 softplus, dense 4 sigmoid",
              "dense 2x2x4 tanh, tconv 5 3x3 /2 tanh, tconv 4 3x3 /2 +1 softplus, conv 2 3x3 valid, dense x",
              "conv 3 3x3 tanh, pool 2, dense 8 tanh",
              "conv 4 5x5 tanh, pool 2, conv 5 3x3 /2 tanh, dense 6 tanh | dense 7 tanh"}},
     2e-6},
    {"vector",
     {.preset = "test",
      .x = {1, 1, 5},
      .classes = 4,
      .z = 3,
      .m = 2,
      .likelihood = 1,
      .net = {"", "", "dense 4 tanh", "dense x", "dense 5 tanh", "| dense 6 tanh"}},
     2e-6},
    {"no m",
     {.preset = "test",
      .x = {1, 1, 5},
      .classes = 3,
      .z = 3,
      .m = 0,
      .likelihood = 1,
      .net = {"dense 4 tanh", "dense 5 tanh", "", "dense 6 tanh, dense x", "", "dense 5 tanh | dense 6 tanh"}},
     2e-6},
    {"kinks",
     {.preset = "test",
      .x = {7, 7, 1},
      .classes = 3,
      .z = 4,
      .m = 3,
      .likelihood = 0,
      .net = {"dense 6 relu", "dense 7 leaky", "dense 5 relu", "dense 4x4x4 relu, tconv 1 3x3 /2",
              "conv 3 3x3 relu, pool 3", "conv 4 3x3 relu, pool 2 | dense 7 relu"}},
     2e-3},
};

typedef struct {
    cama_model *model;
    cama__batch batch;
    cama__score_options options;
    cama__arena arena;
    real *x;
} setup;

static void run(setup *s, const cama__score_sink *sink)
{
    cama__arena nothing = {.base = NULL};
    cama__score_run(&(cama__work){NULL, &nothing}, s->model, &s->options, &s->batch, sink);
    s->arena = (cama__arena){.base = cama__mem_alloc(nothing.peak, 1), .size = nothing.peak};
    memset(s->arena.base, 0xff, nothing.peak); /* NaN wherever something is read before it is written */
    cama__score_run(&(cama__work){NULL, &s->arena}, s->model, &s->options, &s->batch, sink);
    assert_false(s->arena.overflow);
    assert_int_equal(s->arena.used, 0);
    cama__mem_free(s->arena.base);
}

static double objective(setup *s)
{
    double *value = malloc((size_t)s->batch.n * sizeof *value), sum = 0;
    run(s, &(cama__score_sink){.value = value});
    for (int64_t i = 0; i < s->batch.n; i++) sum += value[i];
    free(value);
    return sum / (double)s->batch.n;
}

static int32_t labels[64];
static uint32_t examples[64];

static setup prepare(const subject *about, int64_t n)
{
    setup s = {.model = NULL};
    if (cama__model_build(&about->spec, &s.model) != CAMA_OK) fail_msg("%s", cama_last_error());
    assert_int_equal(cama__model_init(s.model, 3, 1), CAMA_OK);
    const cama__params *p = &s.model->params;
    for (int32_t i = 0; i < p->count; i++) /* biases and rho away from zero */
        if (p->item[i].role != PARAM_WEIGHT)
            for (int64_t k = 0; k < p->item[i].count; k++)
                s.model->theta[p->item[i].offset + k] = 0.1 * sin(1 + i + 3 * (double)k);
    const int64_t size = cama__shape_size(about->spec.x), lanes = cama__blocks(n) * cama__kernel()->nr;
    s.x = cama__mem_alloc((size_t)(lanes * size), sizeof *s.x);
    for (int64_t r = 0; r < n; r++) {
        for (int64_t f = 0; f < size; f++)
            s.x[cama__at(r, f, size)] = 0.5 + 0.5 * sin(7.3 * (double)r + 1.7 * (double)f * (double)f);
        labels[r] = (int32_t)(r * 5 % about->spec.classes);
        examples[r] = (uint32_t)(100 + r);
    }
    s.batch = (cama__batch){n, s.x, labels, examples};
    return s;
}

static void finish(setup *s)
{
    cama__mem_free(s->x);
    cama__model_free(s->model);
}

static double slope(setup *s, real *at, const real *direction, int64_t n)
{
    const double h = 1e-5;
    double side[2];
    real *before = malloc((size_t)n * sizeof *before);
    memcpy(before, at, (size_t)n * sizeof *before);
    for (int k = 0; k < 2; k++) {
        for (int64_t i = 0; i < n; i++) at[i] = before[i] + (k ? -h : h) * direction[i];
        side[k] = objective(s);
    }
    memcpy(at, before, (size_t)n * sizeof *before);
    free(before);
    return (side[0] - side[1]) / (2 * h);
}

/* A random direction within the tensors of one network: padding stays zero. */
static void net_direction(const setup *s, int32_t net, real *direction)
{
    const cama__params *p = &s->model->params;
    memset(direction, 0, (size_t)p->reals * sizeof *direction);
    for (int32_t i = 0; i < p->count; i++) {
        if (p->item[i].net != net) continue;
        float *v = malloc((size_t)p->item[i].count * sizeof *v);
        real *draw = malloc((size_t)p->item[i].count * sizeof *draw);
        cama__rng_normals((cama__rng_key){.seed = 9, .sample = (uint32_t)i}, p->item[i].count, draw, 1);
        for (int64_t k = 0; k < p->item[i].count; k++) v[k] = (float)(0.3 * draw[k]);
        cama__param_write(&p->item[i], cama__model_param_net(s->model, &p->item[i]), direction, v);
        free(v), free(draw);
    }
}

static void check(const subject *about, setup *s, const char *what)
{
    const cama__params *p = &s->model->params;
    real *gradient = cama__mem_alloc((size_t)p->reals, sizeof *gradient),
         *direction = cama__mem_alloc((size_t)p->reals, sizeof *direction);
    const int64_t size = cama__shape_size(about->spec.x), lanes = cama__blocks(s->batch.n) * cama__kernel()->nr * size;
    real *dx = cama__mem_alloc((size_t)lanes, sizeof *dx), *x_direction = cama__mem_alloc((size_t)lanes, sizeof *dx);
    run(s, &(cama__score_sink){
               .scale = 1.0 / (double)s->batch.n, .dtheta = gradient, .trainable = CAMA__NET_ALL, .dx = dx});
    for (int32_t net = 0; net <= NET_COUNT; net++) {
        net_direction(s, net, direction);
        double product = 0;
        for (int64_t i = 0; i < p->reals; i++) product += direction[i] * gradient[i];
        const double want = slope(s, s->model->theta, direction, p->reals);
        if (!(fabs(product - want) <= about->tolerance * (1 + fabs(want))))
            fail_msg("%s, %s, net %d: gradient gives %.9g, differences %.9g", about->name, what, net, product, want);
        /* the same gradient when only this net is trained: freezing skips work. To the bit, but for p_m and q_m over
         * several classes: there rows of no weight are left out and the others are summed in another order (1e-11:
         * rounding of sums of a few hundred terms) */
        const bool sparse = s->options.head != HEAD_ELBO && (net == NET_P_M || net == NET_Q_M);
        real *alone = cama__mem_alloc((size_t)p->reals, sizeof *alone);
        run(s,
            &(cama__score_sink){.scale = 1.0 / (double)s->batch.n, .dtheta = alone, .trainable = CAMA__NET_BIT(net)});
        for (int32_t i = 0; i < p->count; i++)
            for (int64_t k = 0; k < p->item[i].size; k++) {
                const int64_t at = p->item[i].offset + k;
                const double want_alone = p->item[i].net == net ? gradient[at] : 0;
                if (!(fabs(alone[at] - want_alone) <= (sparse ? 1e-11 * (1 + fabs(want_alone)) : 0)))
                    fail_msg("%s, %s: %s alone differs, element %d: %g, with all %g", about->name, what,
                             p->item[i].name, (int)k, alone[at], gradient[at]);
            }
        cama__mem_free(alone);
    }
    double product = 0;
    for (int64_t r = 0; r < s->batch.n; r++)
        for (int64_t f = 0; f < size; f++) {
            const int64_t at = cama__at(r, f, size);
            x_direction[at] = 0.1 * cos(3.1 * (double)r + 2.3 * (double)f * (double)f);
            product += x_direction[at] * dx[at];
        }
    const double want = slope(s, s->x, x_direction, lanes);
    if (!(fabs(product - want) <= about->tolerance * (1 + fabs(want))))
        fail_msg("%s, %s, x: gradient gives %.9g, differences %.9g", about->name, what, product, want);
    cama__mem_free(gradient), cama__mem_free(direction), cama__mem_free(dx), cama__mem_free(x_direction);
}

static void test_gradients(void **state)
{
    (void)state;
    static const char *const heads[] = {"elbo", "marginal", "bayes"};
    static const float m0[] = {0.3f, -0.8f, 1.1f};
    static const int64_t sizes[] = {3, 19, 38};
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        for (int head = 0; head < 3; head++)
            for (int mode = 0; mode < 3; mode++) {
                setup s = prepare(&subjects[i], sizes[(size_t)(head + mode) % 3]);
                s.options = (cama__score_options){.head = (enum cama__head)head,
                                                  .m = mode == 2 ? SCORE_M_INFER : SCORE_M_DO,
                                                  .m0 = mode == 1 ? m0 : NULL,
                                                  .u = mode == 2 ? 2 : 1,
                                                  .k = 1 + mode,
                                                  .seed = 4,
                                                  .step = 7,
                                                  .kl_weight = 1,
                                                  .image_tile = 16,
                                                  .row_tile = mode == 0 ? 1000 : 20};
                if (subjects[i].spec.m == 0 && mode > 0) s.options.m = SCORE_M_DO, s.options.u = 1;
                if (head == 0) s.options.mean_noise = mode == 1;
                char what[64];
                snprintf(what, sizeof what, "%s, mode %d", heads[head], mode);
                check(&subjects[i], &s, what);
                finish(&s);
            }
}

static const char *tensor_at(const cama_model *model, int64_t place)
{
    const cama__params *p = &model->params;
    int32_t i = 0;
    while (i + 1 < p->count && p->item[i + 1].offset <= place) i++;
    return p->item[i].name;
}

/* No bit of value or gradient depends on the tiles. */
static void test_tiles(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        for (int head = 0; head < 3; head++) {
            setup s = prepare(&subjects[i], 38);
            const size_t reals = (size_t)s.model->params.reals;
            real *g[2] = {NULL, NULL};
            double v[2][64];
            static const int64_t tiles[2][2] = {{1 << 20, 1 << 20}, {1, 1}};
            for (int t = 0; t < 2; t++) {
                s.options = (cama__score_options){.head = (enum cama__head)head,
                                                  .m = SCORE_M_INFER,
                                                  .u = 2,
                                                  .k = 3,
                                                  .kl_weight = 0.7,
                                                  .image_tile = tiles[t][0],
                                                  .row_tile = tiles[t][1]};
                g[t] = cama__mem_alloc(reals, sizeof(real));
                run(&s, &(cama__score_sink){.value = v[t], .scale = 1, .dtheta = g[t], .trainable = CAMA__NET_ALL});
            }
            assert_memory_equal(v[0], v[1], 38 * sizeof(double));
            for (size_t k = 0; k < reals; k++)
                if (g[0][k] != g[1][k])
                    fail_msg("%s, head %d: %s differs", subjects[i].name, head, tensor_at(s.model, (int64_t)k));
            cama__mem_free(g[0]), cama__mem_free(g[1]);
            finish(&s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gradients), cmocka_unit_test(test_tiles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
