/* layer_grad_test - each kind of layer by itself: gradients of a weighted sum of its outputs with respect to every
 * parameter and every input, one by one, against central differences in double precision.
 *
 * Tolerance: a central difference with step h = 1e-5 is off by h^2 f''' / 6, where third derivatives are of order
 * 10, and by the rounding of f, 1e-16 * 100 / h: both 1e-9 at most. Kinks (relu, leaky, pool) are crossed only if a
 * pre-activation, or a difference of two, lies within h times a weight of 0: the seed is one for which none does. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "tensor/rows.h"
#include "conv/winograd.h"
#include "nn/net_parse.h"
#include "nn/param.h"

static const double STEP = 1e-5, TOLERANCE = 1e-8;

enum { ROWS = 9 }; /* two blocks and a lane of the naive kernel's four: ragged */

typedef struct {
    const char *text;
    cama__shape in;
    int patches; /* whether the map must (1) or must not (0) go by patches; -1: there is no map */
} subject;

static const subject subjects[] = {
    {"dense 7", {1, 1, 5}, 0},
    {"dense 2x3x2", {2, 2, 3}, 0},
    {"dense 13 relu", {1, 1, 5}, 0},
    {"dense 7 leaky", {1, 1, 5}, 0},
    {"dense 7 tanh", {1, 1, 5}, 0},
    {"dense 7 sigmoid", {1, 1, 5}, 0},
    {"dense 7 elu", {1, 1, 5}, 0},
    {"dense 7 softplus", {1, 1, 5}, 0},
    {"conv 3 3x3", {5, 6, 2}, 1},
    {"conv 3 3x3 relu", {5, 6, 2}, 1},
    {"conv 7 3x3 /2 tanh", {5, 6, 2}, 1},
    {"conv 3 2x3 valid", {5, 6, 2}, 1},
    {"conv 3 1x1", {4, 3, 2}, 0},
    {"conv 2 3x3", {4, 5, 8}, 0},
    {"conv 2 3x3 relu", {4, 5, 8}, 0},
    {"conv 7 3x3 /2 softplus", {4, 5, 8}, 0},
    {"conv 2 5x3 /3", {6, 7, 5}, 0},
    {"conv 2 3x3 valid", {4, 5, 8}, 0},
    {"conv 2 4x4 /2 valid elu", {6, 5, 5}, 0},
    {"conv 2 4x5 valid", {4, 5, 4}, 0}, /* one output pixel */
    {"conv 2 7x7", {3, 3, 2}, 0},       /* taps that never meet the grid */
    {"conv 7 9x1 /2", {4, 2, 1}, 1},
    {"tconv 3 3x3 /2", {3, 2, 4}, 1},
    {"tconv 3 3x3 /2 +1 relu", {3, 2, 4}, 1},
    {"tconv 1 5x5 /3 +2 tanh", {2, 3, 3}, 1},
    {"tconv 9 3x3 /2", {3, 2, 4}, 0},
    {"tconv 9 3x3 /2 +1 relu", {3, 2, 4}, 0},
    {"tconv 8 3x3 sigmoid", {3, 4, 2}, 0},
    {"tconv 3 5x5 /3 +2", {2, 3, 3}, 0},
    {"tconv 17 2x2 /2", {2, 2, 3}, 0},
    {"tconv 17 2x2 /3 +1", {2, 2, 3}, 0}, /* output pixels that no tap reaches */
    {"pool 2", {5, 6, 3}, -1},
    {"pool 3", {7, 4, 2}, -1},
    {"conv 3 3x3 tanh, pool 2, conv 9 3x3 /2 elu, dense 2x2x3 tanh, tconv 2 3x3 /2 +1", {6, 5, 2}, -1},
};

/* Dropout's kept numbers stay the same under differences: rows' examples are their keys. */
static const uint32_t examples[ROWS] = {4, 0, 7, 9, 1, 2, 40, 41, 3};
static const cama__dropout_keys dropout_keys = {.seed = 8, .step = 3, .example = examples, .n = ROWS};
static const subject dropouts[] = {
    {"dropout .25", {1, 1, 9}, -1},
    {"dense 7 tanh, dropout .5, dense 6 softplus, dropout .1, dense 3", {1, 1, 5}, -1},
    {"conv 3 3x3 tanh, dropout .25, pool 2, dense 6 tanh", {6, 5, 2}, -1},
};
static const cama__dropout_keys *keys; /* of the passes now; NULL: none */

/* By minimal filtering, which needs channels. */
static const subject filtered[] = {
    {"conv 16 2x3 tanh", {3, 6, 16}, -1},
    {"conv 17 3x3 tanh, pool 2", {3, 7, 16}, -1},
    {"conv 16 3x5 sigmoid, pool 3", {2, 8, 16}, -1},
    {"tconv 16 3x3 softplus", {2, 5, 17}, -1},
};
static bool winograd; /* of the passes now */

typedef struct {
    cama__net net;
    cama__params params;
    real *theta, *in, *weight; /* weight of each output in the sum; zero in the lanes past ROWS */
    int64_t in_size, out_size;
    real *store;
    cama__exec work;
    cama__arena arena;
} setting;

static real *tensor(int64_t features)
{
    return cama__mem_alloc((size_t)(cama__blocks(ROWS) * cama__kernel()->nr * features), sizeof(real));
}

static void fill(real *t, int64_t features, uint32_t what, double size)
{
    real v[4096];
    assert_true(features <= 4096);
    for (int64_t r = 0; r < ROWS; r++) {
        cama__rng_normals((cama__rng_key){.seed = 5, .stream = 70, .sample = what, .example = (uint32_t)r}, features, v,
                          1);
        for (int64_t f = 0; f < features; f++) t[cama__at(r, f, features)] = size * v[f];
    }
}

static void draw_theta(setting *s)
{
    for (int32_t i = 0; i < s->params.count; i++) {
        const cama__param *p = &s->params.item[i];
        real *v = malloc((size_t)p->count * sizeof *v);
        float *f = malloc((size_t)p->count * sizeof *f);
        cama__rng_normals((cama__rng_key){.seed = 6, .stream = 71, .sample = (uint32_t)i}, p->count, v, 1);
        for (int64_t k = 0; k < p->count; k++) f[k] = (float)(0.5 * v[k]);
        cama__param_write(p, &s->net, s->theta, f);
        free(v), free(f);
    }
}

static void prepare(const char *text, cama__shape in, const cama__join_sizes *join, setting *s)
{
    *s = (setting){.in_size = cama__shape_size(in)};
    if (cama__net_parse("dnn", text, in, join, false, 0, in, &s->net) != CAMA_OK) fail_msg("%s", cama_last_error());
    OK(cama__params_add(&s->params, "test", 0, &s->net));
    s->out_size = cama__shape_size(cama__net_shape(&s->net, s->net.count));
    s->theta = cama__mem_alloc((size_t)s->params.reals, sizeof *s->theta);
    s->in = tensor(s->in_size), s->weight = tensor(s->out_size);
    fill(s->in, s->in_size, 1, 1);
    fill(s->weight, s->out_size, 2, 1);
    draw_theta(s);
}

static void finish(setting *s)
{
    cama__mem_free(s->theta), cama__mem_free(s->in), cama__mem_free(s->weight), cama__mem_free(s->arena.base);
}

/* One pass with an arena of just the measured size, full of NaN; din and dtheta as for layers. Returns the weighted
 * sum. */
typedef double pass(const cama__exec *work, setting *s, int64_t chunk, bool backward, real *din, real *dtheta);

static double run(pass *task, setting *s, int64_t chunk, bool backward, real *din, real *dtheta)
{
    cama__arena nothing = {.base = NULL};
    task(&(cama__exec){.arena = &nothing, .dropout = keys, .winograd = winograd}, s, chunk, backward, din, dtheta);
    if (nothing.peak > s->arena.size) {
        cama__mem_free(s->arena.base);
        s->arena = (cama__arena){.base = cama__mem_alloc(nothing.peak, 1), .size = nothing.peak};
    }
    s->arena.size = nothing.peak;
    memset(s->arena.base, 0xff, nothing.peak);
    const double sum =
        task(&(cama__exec){.arena = &s->arena, .dropout = keys, .winograd = winograd}, s, chunk, backward, din, dtheta);
    assert_false(s->arena.overflow);
    assert_int_equal(s->arena.used, 0);
    return sum;
}

static double weighted_sum(const setting *s, const real *out)
{
    double sum = 0;
    for (int64_t r = 0; r < ROWS; r++)
        for (int64_t f = 0; f < s->out_size; f++)
            sum += s->weight[cama__at(r, f, s->out_size)] * out[cama__at(r, f, s->out_size)];
    return sum;
}

static double chain(const cama__exec *work, setting *s, int64_t chunk, bool backward, real *din, real *dtheta)
{
    const size_t mark = cama__arena_mark(work->arena);
    cama__tape tape;
    const cama__net_range whole = cama__net_whole(&s->net, s->theta, ROWS);
    cama__net_take(work, &whole, &tape);
    const real *out = cama__net_forward(work, &whole, s->in, &tape);
    const double sum = cama__exec_measures(work) ? 0 : weighted_sum(s, out);
    if (backward) {
        real *dout = cama__exec_tensor(work, ROWS, s->out_size);
        const size_t bytes = (size_t)(cama__blocks(ROWS) * cama__kernel()->nr * s->out_size) * sizeof *dout;
        if (!cama__exec_measures(work)) memcpy(dout, s->weight, bytes);
        cama__net_backward(work, &whole, s->in, &tape, &(cama__gradient){chunk, dout, din, dtheta});
    }
    cama__arena_release(work->arena, mark);
    return sum;
}

/* d(sum) / d(*at). */
static double slope(pass *task, setting *s, real *at)
{
    const real before = *at;
    double side[2];
    for (int k = 0; k < 2; k++) {
        *at = before + (k ? -STEP : STEP);
        side[k] = run(task, s, 4, false, NULL, NULL);
    }
    *at = before;
    return (side[0] - side[1]) / (2 * STEP);
}

static void expect_close(const char *text, const char *what, int64_t k, double got, double want)
{
    if (!(fabs(got - want) <= TOLERANCE * (1 + fabs(want))))
        fail_msg("%s: %s, element %d: gradient %.12g, differences %.12g", text, what, (int)k, got, want);
}

/* Every element of every tensor; what lies between the tensors is left alone. */
static void check_theta(pass *task, const char *text, setting *s)
{
    const size_t bytes = (size_t)s->params.reals * sizeof(real);
    real *dtheta = cama__mem_alloc(1, bytes), *exists = cama__mem_alloc(1, bytes);
    for (int32_t i = 0; i < s->params.count; i++) {
        const cama__param *p = &s->params.item[i];
        float *ones = malloc((size_t)p->count * sizeof *ones);
        for (int64_t k = 0; k < p->count; k++) ones[k] = 1;
        cama__param_write(p, &s->net, exists, ones);
        free(ones);
    }
    for (int64_t k = 0; k < s->params.reals; k++) dtheta[k] = exists[k] != 0 ? 3 : 0; /* added to, not overwritten */
    run(task, s, 4, true, NULL, dtheta);
    for (int32_t i = 0; i < s->params.count; i++)
        for (int64_t k = s->params.item[i].offset; k < s->params.item[i].offset + s->params.item[i].size; k++) {
            if (exists[k] != 0)
                expect_close(text, s->params.item[i].name, k - s->params.item[i].offset, dtheta[k] - 3,
                             slope(task, s, s->theta + k));
            else
                assert_true(dtheta[k] == 0);
        }
    /* chunks change the order of a sum, nothing else */
    static const int64_t chunks[] = {1, 2, 100};
    for (int c = 0; c < 3; c++) {
        real *other = cama__mem_alloc(1, bytes);
        run(task, s, chunks[c], true, NULL, other);
        for (int64_t k = 0; k < s->params.reals; k++)
            assert_true(exists[k] == 0 || fabs(other[k] + 3 - dtheta[k]) <= 1e-11);
        cama__mem_free(other);
    }
    cama__mem_free(dtheta), cama__mem_free(exists);
}

static void check_input(pass *task, const char *text, setting *s)
{
    real *din = tensor(s->in_size), *again = tensor(s->in_size),
         *dtheta = cama__mem_alloc((size_t)s->params.reals + 1, sizeof(real));
    for (int64_t k = 0; k < ROWS * s->in_size; k++) din[k] = NAN, again[k] = 7; /* overwritten, not added to */
    run(task, s, 4, true, din, NULL);
    run(task, s, 4, true, again, dtheta);
    for (int64_t r = 0; r < ROWS; r++)
        for (int64_t f = 0; f < s->in_size; f++) {
            const int64_t at = cama__at(r, f, s->in_size);
            expect_close(text, "input", r * s->in_size + f, din[at], slope(task, s, s->in + at));
            assert_true(din[at] == again[at]);
        }
    cama__mem_free(din), cama__mem_free(again), cama__mem_free(dtheta);
}

static void check_subject(const subject *of)
{
    setting s;
    cama__winograd w;
    prepare(of->text, of->in, NULL, &s);
    if (of->patches >= 0) assert_int_equal(s.net.layer[0].map.im2col, of->patches);
    for (int adjoint = 0; winograd && adjoint < 2; adjoint++)
        assert_true(cama__winograd_plan(&s.net.layer[0].map, adjoint, &w));
    check_theta(chain, of->text, &s);
    check_input(chain, of->text, &s);
    finish(&s);
}

static void test_layers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) check_subject(&subjects[i]);
}

static void test_dropout(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dropouts / sizeof *dropouts; i++)
        for (int on = 0; on < 2; on++) {
            keys = on ? &dropout_keys : NULL;
            check_subject(&dropouts[i]);
        }
    keys = NULL;
}

static void test_filtered(void **state)
{
    (void)state;
    winograd = true;
    for (size_t i = 0; i < sizeof filtered / sizeof *filtered; i++) check_subject(&filtered[i]);
    winograd = false;
}

/* ---- The join ---------------------------------------------------------------------------------------------------- */

/* Parts of a join: one row for each row, three rows that are shared, and one for all. */
enum { SHARED = 3, SHARED_SIZE = 4, ONE_SIZE = 2 };
static real *shared, *one;
static real *dshared, *done; /* wanted when not NULL */

static void join_indices(int32_t *of_shared, int32_t *of_one)
{
    for (int32_t r = 0; r < ROWS; r++) of_shared[r] = r * 2 % SHARED, of_one[r] = 0;
}

static double joined(const cama__exec *work, setting *s, int64_t chunk, bool backward, real *din, real *dtheta)
{
    const size_t mark = cama__arena_mark(work->arena);
    const cama__net *net = &s->net;
    const int64_t width = cama__shape_size(net->layer[net->join].out), nr = cama__kernel()->nr;
    int32_t of_shared[ROWS], of_one[ROWS];
    cama__tape tape;
    join_indices(of_shared, of_one);
    const cama__net_range whole = cama__net_whole(net, s->theta, ROWS), trunk = cama__net_trunk(net, s->theta, ROWS),
                          head = cama__net_head(net, s->theta, ROWS);
    cama__net_take(work, &whole, &tape);
    const real *t = cama__net_forward(work, &trunk, s->in, &tape);
    real *product[3] = {cama__exec_tensor(work, ROWS, width), cama__exec_tensor(work, SHARED, width),
                        cama__exec_tensor(work, 1, width)};
    cama__join_part(work, net, 0, s->theta, ROWS, t, product[0]);
    cama__join_part(work, net, 1, s->theta, SHARED, shared, product[1]);
    cama__join_part(work, net, 2, s->theta, 1, one, product[2]);
    real *sum = tape.out[net->join];
    cama__exec_zero(work, sum, cama__blocks(ROWS) * nr * width);
    const cama__join_input inputs[] = {{product[0], NULL}, {product[1], of_shared}, {product[2], of_one}};
    cama__join_finish(work, net, s->theta, ROWS, 3, inputs, sum);
    const real *out = cama__net_forward(work, &head, sum, &tape);
    const double total = cama__exec_measures(work) ? 0 : weighted_sum(s, out);
    if (backward) {
        real *dout = cama__exec_tensor(work, ROWS, s->out_size);
        real *dpart[2] = {cama__exec_tensor(work, SHARED, width), cama__exec_tensor(work, 1, width)};
        real *dt = cama__exec_tensor(work, ROWS, cama__shape_size(net->part[0].in));
        if (!cama__exec_measures(work))
            memcpy(dout, s->weight, (size_t)(cama__blocks(ROWS) * nr * s->out_size) * sizeof *dout);
        real *dsum = cama__join_backward(work, &head, &tape, &(cama__gradient){chunk, dout, NULL, dtheta});
        cama__exec_zero(work, dpart[0], cama__blocks(SHARED) * nr * width);
        cama__exec_zero(work, dpart[1], cama__blocks(1) * nr * width);
        if (!cama__exec_measures(work)) {
            cama__rows_scatter_add(work, ROWS, width, dsum, of_shared, dpart[0]);
            cama__rows_scatter_add(work, ROWS, width, dsum, of_one, dpart[1]);
        }
        cama__join_part_backward(work, net, 1, s->theta, SHARED, shared,
                                 &(cama__gradient){chunk, dpart[0], dshared, dtheta});
        cama__join_part_backward(work, net, 2, s->theta, 1, one, &(cama__gradient){chunk, dpart[1], done, dtheta});
        cama__join_part_backward(work, net, 0, s->theta, ROWS, t,
                                 &(cama__gradient){chunk, dsum, net->join > 0 ? dt : din, dtheta});
        if (net->join > 0)
            cama__net_backward(work, &trunk, s->in, &tape, &(cama__gradient){chunk, dt, din, dtheta});
    }
    cama__arena_release(work->arena, mark);
    return total;
}

static void test_join(void **state)
{
    (void)state;
    static const char *const texts[] = {"conv 2 3x3 tanh | dense 5 tanh, dense 3",
                                        "| dense 7 sigmoid, dense 6 softplus", "dense 6 elu | dense 2x3x2"};
    for (int i = 0; i < 3; i++) {
        setting s;
        const cama__join_sizes sizes = {3, {0, SHARED_SIZE, ONE_SIZE}};
        prepare(texts[i], (cama__shape){3, 4, 2}, &sizes, &s);
        shared = tensor(SHARED_SIZE), one = tensor(ONE_SIZE);
        fill(shared, SHARED_SIZE, 8, 1), fill(one, ONE_SIZE, 9, 1);
        check_theta(joined, texts[i], &s);
        check_input(joined, texts[i], &s);
        dshared = tensor(SHARED_SIZE), done = tensor(ONE_SIZE);
        run(joined, &s, 4, true, NULL, NULL);
        for (int64_t r = 0; r < SHARED; r++)
            for (int64_t f = 0; f < SHARED_SIZE; f++) {
                const int64_t at = cama__at(r, f, SHARED_SIZE);
                expect_close(texts[i], "shared part", r * SHARED_SIZE + f, dshared[at], slope(joined, &s, shared + at));
            }
        for (int64_t f = 0; f < ONE_SIZE; f++) {
            const int64_t at = cama__at(0, f, ONE_SIZE);
            expect_close(texts[i], "part of one row", f, done[at], slope(joined, &s, one + at));
        }
        cama__mem_free(shared), cama__mem_free(one), cama__mem_free(dshared), cama__mem_free(done);
        dshared = done = NULL;
        finish(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_layers), cmocka_unit_test(test_dropout),
                                       cmocka_unit_test(test_filtered), cmocka_unit_test(test_join)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
