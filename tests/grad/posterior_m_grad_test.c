/* posterior_m_grad_test - log q(m|x) at an m that is given beside the formula, and the gradient of weighted sums of it
 * beside central differences, in double precision: of q_m alone, and as fine-tuning takes it, with the weights of the
 * draws held. Tolerance: as in logw_grad_test.c; q_m is smooth. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "logw/posterior_m.h"
#include "verbs/weighted_m.h"

enum { EXAMPLES = 19, DRAWS = 3, SIZE = 6 * 6, M = VIEW_COUNT };
static const double SLOPE = 2e-7;

static cama_model *model;
static real *x;

static real wave(int64_t a, int64_t b, double phase)
{
    return (real)sin(phase + 2.3 * (double)a + 1.1 * (double)(b * b));
}

static real *tensor(int64_t rows, int64_t size)
{
    return cama__mem_alloc((size_t)(cama__blocks(rows) * cama__kernel()->nr * size), sizeof(real));
}

static int begin(void **state)
{
    (void)state;
    const cama__spec spec = {.preset = "test",
                             .x = {6, 6, 1},
                             .classes = 2,
                             .z = 2,
                             .m = M,
                             .m_enters = M_ENTERS_VIEW,
                             .likelihood = LIKELIHOOD_BERNOULLI,
                             .net = {[NET_P_M] = "dense 3 tanh",
                                     [NET_P_MERGE] = "dense 4 tanh, dense x",
                                     [NET_Q_M] = "conv 2 3x3 tanh, dense 5 tanh",
                                     [NET_Q_Z] = "dense 3 tanh | dense 3 tanh"}};
    OK(cama__model_build(&spec, NULL, &model));
    OK(cama__model_init(model, 3, 1));
    const cama__param *bias = cama__params_find(&model->params, "q_m.2.bias");
    float v[2 * M];
    for (int j = 0; j < 2 * M; j++) v[j] = (float)(.4 * sin(j));
    v[M + 1] = -9; /* below the floor, where log q has no slope in lv; and well above it */
    v[M + 2] = -5;
    cama__param_write(bias, &model->net[NET_Q_M], model->theta, v);
    x = tensor(EXAMPLES, SIZE);
    for (int64_t i = 0; i < EXAMPLES; i++)
        for (int64_t f = 0; f < SIZE; f++) x[cama__at(i, f, SIZE)] = .5 + .5 * wave(i, f, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama__mem_free(x);
    cama__model_free(model);
    return 0;
}

/* q(m|x) of all examples: (EXAMPLES, 2M). */
static real *posterior(void)
{
    real *post = tensor(EXAMPLES, 2 * M);
    cama__arena arena = {.base = NULL};
    for (int pass = 0; pass < 2; pass++) {
        cama__logw_infer_m(&(cama__exec){.arena = &arena}, model, EXAMPLES, x, post);
        if (pass == 0) arena = (cama__arena){.base = cama__mem_alloc(arena.peak, 1), .size = arena.peak};
    }
    cama__mem_free(arena.base);
    return post;
}

static double plain(const real *post, int64_t example, const real *m, int64_t row)
{
    double sum = 0;
    for (int64_t j = 0; j < M; j++) {
        double lv = post[cama__at(example, M + j, 2 * M)];
        lv = lv < -7 ? -7 : lv;
        const double away = m[cama__at(row, j, M)] - post[cama__at(example, j, 2 * M)];
        sum += log(exp(-away * away / (2 * exp(lv))) / sqrt(2 * acos(-1.) * exp(lv)));
    }
    return sum;
}

static void test_density_and_draws(void **state)
{
    (void)state;
    real *post = posterior(), *m = tensor(EXAMPLES, M), eps[2 * M];
    for (int j = 0; j < 2 * M; j++) eps[j] = wave(j, 1, 2);
    for (int64_t i = 0; i < EXAMPLES; i++) {
        cama__posterior_draw(model, post, i, eps, 2, m, i);
        for (int64_t j = 0; j < M; j++) {
            const double lv = post[cama__at(i, M + j, 2 * M)], mu = post[cama__at(i, j, 2 * M)];
            assert_near(m[cama__at(i, j, M)], mu + exp(.5 * (lv < -7 ? -7 : lv)) * eps[2 * j], 1e-12);
        }
        assert_near(cama__posterior_log_density(model, post, i, m, i), plain(post, i, m, i), 1e-9);
        cama__posterior_draw(model, post, i, NULL, 0, m, i);
        for (int64_t j = 0; j < M; j++) assert_true(m[cama__at(i, j, M)] == post[cama__at(i, j, 2 * M)]);
    }
    cama__mem_free(post), cama__mem_free(m);
}

/* ---- Gradients --------------------------------------------------------------------------------------------------- */

/* Draws and their weights; row r belongs to example r mod EXAMPLES. Some weigh nothing. */
static real *draws(void)
{
    real *m = tensor(DRAWS * EXAMPLES, M);
    for (int64_t r = 0; r < DRAWS * EXAMPLES; r++)
        for (int64_t j = 0; j < M; j++) m[cama__at(r, j, M)] = .3 * wave(r, j, 1);
    return m;
}
static double weight_of(int64_t r) { return r % 5 == 0 ? 0 : .1 + .05 * (double)(r % 7); }

static double objective(const real *m)
{
    real *post = posterior();
    double sum = 0;
    for (int64_t r = 0; r < DRAWS * EXAMPLES; r++) sum += weight_of(r) * plain(post, r % EXAMPLES, m, r);
    cama__mem_free(post);
    return sum;
}

/* A gradient laid out as theta against differences along a direction within each tensor of q_m; nothing elsewhere. */
static void check_gradient(const char *what, const real *gradient, double scale, const real *m)
{
    const double h = 1e-5;
    for (int32_t i = 0; i < model->params.count; i++) {
        const cama__param *p = &model->params.item[i];
        real *direction = cama__mem_alloc((size_t)model->params.reals, sizeof *direction),
             *before = cama__mem_alloc((size_t)model->params.reals, sizeof *before);
        float *v = malloc((size_t)p->count * sizeof *v);
        double product = 0, side[2];
        for (int64_t k = 0; k < p->count; k++) v[k] = (float)cos(1 + 2.7 * (double)k);
        cama__param_write(p, cama__model_param_net(model, p), direction, v);
        for (int64_t k = 0; k < model->params.reals; k++) product += direction[k] * gradient[k];
        memcpy(before, model->theta, (size_t)model->params.reals * sizeof *before);
        for (int s = 0; s < 2; s++) {
            for (int64_t k = 0; k < model->params.reals; k++) model->theta[k] = before[k] + (s ? -h : h) * direction[k];
            side[s] = scale * objective(m);
        }
        memcpy(model->theta, before, (size_t)model->params.reals * sizeof *before);
        const double want = (side[0] - side[1]) / (2 * h);
        if (p->net == NET_Q_M) assert_above(fabs(want), 1e-3);
        if (!(fabs(product - want) <= SLOPE * (1 + fabs(want))))
            fail_msg("%s, %s: gradient gives %.9g, differences %.9g", what, p->name, product, want);
        free(v);
        cama__mem_free(direction), cama__mem_free(before);
    }
}

/* The sum as it stands, added to what is there; log q of each row beside it, and without. */
static void test_gradient(void **state)
{
    (void)state;
    real *m = draws(), *gradient = cama__mem_alloc((size_t)model->params.reals, sizeof *gradient), *post = posterior();
    double weight[DRAWS * EXAMPLES], log_q[DRAWS * EXAMPLES];
    int32_t of[DRAWS * EXAMPLES];
    for (int r = 0; r < DRAWS * EXAMPLES; r++) weight[r] = weight_of(r), of[r] = r % EXAMPLES;
    const cama__posterior_rows rows = {EXAMPLES, DRAWS * EXAMPLES, x, m, of};
    for (int time = 0; time < 2; time++) {
        cama__arena arena = {.base = NULL};
        for (int pass = 0; pass < 2; pass++) {
            cama__posterior_train(&(cama__exec){.arena = &arena}, model, &rows, weight, time ? NULL : log_q, gradient);
            if (pass == 0) arena = (cama__arena){.base = cama__mem_alloc(arena.peak, 1), .size = arena.peak};
        }
        cama__mem_free(arena.base);
        check_gradient("log q", gradient, 1 + time, m);
    }
    for (int r = 0; r < DRAWS * EXAMPLES; r++) assert_near(log_q[r], plain(post, of[r], m, r), 1e-9);
    cama__mem_free(m), cama__mem_free(gradient), cama__mem_free(post);
}

/* As the terms of fine-tuning take it: draw k of example i in a tensor of its own, shares beside them, times scale. */
static void test_gradient_of_weighed_draws(void **state)
{
    (void)state;
    const int64_t lanes = cama__blocks(EXAMPLES) * cama__kernel()->nr;
    real *rows = draws(), *m = cama__mem_alloc((size_t)(DRAWS * lanes * M), sizeof *m);
    double share[DRAWS * (EXAMPLES + 2)] = {0};
    cama_session *session = NULL;
    cama_optimizer *optimizer = NULL;
    OK(cama__session_create(1, 0, 0, &session));
    OK(cama__optimizer_create(model, NULL, &optimizer));
    cama__steps steps = {.session = session, .optimizer = optimizer};
    cama__term term = {.name = "test", .trainable = CAMA__NET_BIT(NET_Q_M), .options = {.seed = 3}};
    const cama__batch batch = {.n = EXAMPLES, .x = x};
    for (int64_t k = 0; k < DRAWS; k++)
        for (int64_t i = 0; i < EXAMPLES; i++) {
            share[k * (EXAMPLES + 2) + i] = weight_of(k * EXAMPLES + i);
            for (int64_t j = 0; j < M; j++)
                m[k * lanes * M + cama__at(i, j, M)] = rows[cama__at(k * EXAMPLES + i, j, M)];
        }
    const cama__weighted_m weighted = {
        .count = DRAWS, .m = m, .m_step = lanes * M, .share = share, .share_step = EXAMPLES + 2};
    OK(cama__weighted_m_train(&steps, &term, &batch, &weighted, .25));
    check_gradient("weighed draws", optimizer->gradient, .25, rows);
    cama__mem_free(rows), cama__mem_free(m);
    cama__optimizer_free(optimizer);
    cama__session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_density_and_draws), cmocka_unit_test(test_gradient),
                                       cmocka_unit_test(test_gradient_of_weighed_draws)};
    return cmocka_run_group_tests(tests, begin, end);
}
