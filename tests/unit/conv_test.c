/* The maps by the table without Winograd, and by each of its rows, over geometries that cover every path: dense,
 * direct, strided, patches on either side, channels that do and do not fill panels, ragged blocks.
 *
 * Tolerance: a sum of n products of numbers of size 1 in float has an error below n * 2^-24 * sqrt(n)-like growth;
 * with n <= 4000 terms 4000 * 6e-8 * 3 = 7e-4 bounds it with room, and a wrong tap or lane is an error of order 1. */
#include "conv_check.h"

static const conv_way plain = {.tolerance = sizeof(real) == sizeof(double) ? 1e-11 : 7e-4, .row = -1};

static const conv_geometry cases[] = {
    {"dense", {SQUARE(1, 1, 1, 1, 0), SQUARE(1, 1, 1, 1, 0), 37, 50, false, false}, 29},
    {"dense wide", {SQUARE(1, 1, 1, 1, 0), SQUARE(1, 1, 1, 1, 0), 10, 500, false, false}, 130},
    {"conv same 5x5", {SQUARE(9, 9, 5, 1, 2), SQUARE(7, 7, 5, 1, 2), 8, 33, false, false}, 31},
    {"conv same 3x3, 64", {SQUARE(7, 7, 3, 1, 1), SQUARE(7, 7, 3, 1, 1), 64, 64, false, false}, 61},
    {"conv valid full", {SQUARE(4, 1, 4, 1, 0), SQUARE(4, 1, 4, 1, 0), 16, 20, false, false}, 13},
    {"conv stride 2", {SQUARE(9, 5, 3, 2, 1), SQUARE(8, 4, 3, 2, 1), 12, 10, false, false}, 26},
    {"conv stride 3, taps 2", {SQUARE(9, 3, 2, 3, 0), SQUARE(9, 3, 2, 3, 0), 33, 10, false, false}, 5},
    {"conv 1x1", {SQUARE(4, 4, 1, 1, 0), SQUARE(4, 4, 1, 1, 0), 5, 40, false, false}, 14},
    {"first conv", {SQUARE(28, 28, 5, 1, 2), SQUARE(28, 28, 5, 1, 2), 1, 64, false, false}, 25},
    {"first conv, 3 channels", {SQUARE(11, 11, 3, 1, 1), SQUARE(10, 10, 3, 1, 1), 3, 13, false, false}, 7},
    {"patches, stride 2", {SQUARE(9, 5, 3, 2, 1), SQUARE(7, 4, 3, 2, 1), 2, 9, false, false}, 9},
    {"patches of 7x5", {SQUARE(9, 9, 7, 1, 3), SQUARE(8, 8, 5, 1, 2), 1, 40, false, false}, 13},
    {"patches of 8x8", {SQUARE(9, 4, 8, 1, 1), SQUARE(11, 4, 8, 1, 0), 1, 7, false, false}, 5},
    {"patches with gaps", {SQUARE(11, 4, 2, 3, 0), SQUARE(10, 4, 1, 3, 0), 2, 5, false, false}, 17},
    {"tconv 4 to 7", {SQUARE(7, 4, 3, 2, 1), SQUARE(7, 4, 3, 2, 1), 64, 64, true, false}, 50},
    {"tconv 7 to 14", {SQUARE(14, 7, 3, 2, 1), SQUARE(14, 7, 3, 2, 1), 40, 24, true, false}, 12},
    {"tconv 5x5 stride 3", {SQUARE(13, 5, 5, 3, 2), SQUARE(14, 5, 5, 3, 2), 12, 10, true, false}, 6},
    {"last tconv", {SQUARE(28, 14, 3, 2, 1), SQUARE(28, 14, 3, 2, 1), 1, 64, true, false}, 25},
    {"conv 5x5, 64", {SQUARE(9, 9, 5, 1, 2), SQUARE(6, 6, 5, 1, 2), 64, 40, false, false}, 31},
    {"wide taps on a narrow grid", {SQUARE(3, 3, 7, 1, 3), SQUARE(2, 2, 5, 1, 2), 76, 9, false, false}, 27},
    {"conv stride 2, 64", {SQUARE(8, 4, 3, 2, 1), SQUARE(11, 6, 5, 2, 2), 64, 33, false, false}, 25},
    {"conv stride 4, taps 3", {SQUARE(11, 3, 3, 4, 0), SQUARE(11, 3, 3, 4, 0), 52, 10, false, false}, 14},
    {"conv 3x3 on one pixel", {SQUARE(1, 1, 3, 1, 1), SQUARE(1, 1, 3, 1, 1), 40, 35, false, false}, 27},
    {"conv stride 2 to one pixel", {SQUARE(2, 1, 3, 2, 1), SQUARE(1, 1, 5, 2, 2), 24, 9, false, false}, 7},
    {"tconv of one pixel", {SQUARE(1, 1, 3, 2, 1), SQUARE(1, 1, 3, 2, 1), 40, 35, true, false}, 13},
    {"tconv with gaps", {SQUARE(3, 1, 2, 3, 0), SQUARE(3, 1, 2, 2, 0), 51, 5, true, false}, 46},
    {"last tconv, 4x4 taps", {SQUARE(16, 8, 4, 2, 1), SQUARE(12, 6, 4, 2, 1), 1, 12, true, false}, 14},
    {"last tconv, 2x2 taps", {SQUARE(10, 5, 2, 2, 0), SQUARE(34, 17, 2, 2, 0), 2, 20, true, false}, 27},
    {"last tconv, odd channels", {SQUARE(10, 5, 3, 2, 1), SQUARE(9, 5, 3, 2, 1), 1, 7, true, false}, 13},
    {"first conv, few numbers", {SQUARE(7, 7, 3, 1, 1), SQUARE(6, 6, 3, 1, 1), 1, 8, false, false}, 13},
    {"last tconv, 3 channels", {SQUARE(8, 4, 3, 2, 1), SQUARE(8, 4, 3, 2, 1), 3, 7, true, false}, 3},
};

/* A NaN in the square is its largest, and stays through bias and ReLU. */
static void test_pooled_nan(void **state)
{
    (void)state;
    cama__conv m = {SQUARE(4, 4, 1, 1, 0), SQUARE(4, 4, 1, 1, 0), 1, 1, false, false};
    cama__conv_init(&m);
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr;
    real *weights = cama__mem_alloc((size_t)cama__conv_weights(&m, false), sizeof *weights);
    real *in = cama__mem_alloc((size_t)(16 * nr), sizeof *in), *out = cama__mem_alloc((size_t)(4 * nr), sizeof *out);
    real *bias = cama__mem_alloc((size_t)mr, sizeof *bias);
    uint8_t *place = cama__mem_alloc((size_t)(4 * nr), 1);
    weights[0] = 1;
    for (int64_t i = 0; i < 16 * nr; i++) in[i] = (real)(i % 7);
    in[5 * nr + 1] = (real)NAN; /* pixel (1, 1): last of the first square */
    in[2 * nr + 2] = (real)NAN; /* pixel (0, 2): first of the second square */
    conv_run_forward(&plain, NULL, &(cama__conv_application){&m, false, {bias, true, 2}, weights, nr, in, out, place});
    assert_true(isnan(out[1]) && place[1] == 3);
    assert_true(isnan(out[nr + 2]) && place[nr + 2] == 0);
    for (int64_t i = 0; i < 4 * nr; i++) assert_true(i == 1 || i == nr + 2 || out[i] >= 0);
    cama__mem_free(weights), cama__mem_free(in), cama__mem_free(out), cama__mem_free(bias);
    cama__mem_free(place);
}

enum { CASES = sizeof cases / sizeof *cases };

/* From the weights of the other direction: the same bits as from transposed ones. */
static void check_transposed(cama__pool *pool, const conv_geometry *g, bool adjoint)
{
    cama__conv m = g->map;
    cama__conv_init(&m);
    const int64_t blocks = cama__blocks(g->rows), nr = cama__kernel()->nr;
    const size_t size = (size_t)(cama__conv_out(&m, adjoint) * blocks * nr);
    double *w = conv_random((int64_t)m.small_channels * m.h.taps * m.w.taps * m.big_channels, 1);
    double *x = conv_random(g->rows * cama__conv_in(&m, adjoint), 2);
    real *other = conv_pack(&m, !adjoint, w), *weights = conv_pack(&m, adjoint, w);
    real *in = conv_to_blocks(x, g->rows, cama__conv_in(&m, adjoint), 1);
    real *want = cama__mem_alloc(size, sizeof *want), *got = cama__mem_alloc(size, sizeof *got);
    cama__conv_application a = {&m, adjoint, {NULL, false, 1}, weights, g->rows, in, want, NULL};
    conv_run_forward(&plain, pool, &a);
    a.weights = other, a.out = got;
    conv_run_data(&plain, pool, &a);
    if (memcmp(got, want, size * sizeof *got) != 0) fail_msg("%s, adjoint %d: other bits", g->name, adjoint);
    cama__mem_free(other), cama__mem_free(weights), cama__mem_free(in), cama__mem_free(want), cama__mem_free(got);
    free(w), free(x);
}

static void test_transposed(void **state)
{
    (void)state;
    for (int32_t threads = 1; threads <= 3; threads += 2) {
        cama__pool *pool = NULL;
        OK(cama__pool_create(threads, &pool));
        for (int i = 0; i < CASES; i++)
            for (int adjoint = 0; adjoint < 2; adjoint++) check_transposed(pool, &cases[i], adjoint);
        cama__pool_free(pool);
    }
}

static void test_against_naive(void **state)
{
    (void)state;
    conv_check_reference(&plain, cases, CASES);
}

static void test_pooled(void **state)
{
    (void)state;
    conv_check_pools(&plain, cases, CASES);
}

static void test_threads(void **state)
{
    (void)state;
    conv_check_threads(&plain, cases, CASES);
}

static void test_chunks(void **state)
{
    (void)state;
    conv_check_chunks(&plain, cases, CASES);
}

static void test_lanes(void **state)
{
    (void)state;
    conv_check_lanes(&plain, cases, CASES);
}

/* Each row where it can, on any machine that has its instructions: cases above cover all of them. */
static void test_rows_of_the_table(void **state)
{
    (void)state;
    for (int32_t row = 0; cama__conv_algorithm_at(row) != NULL; row++) {
        const conv_way way = {.tolerance = plain.tolerance * 6, .row = row}; /* Winograd's matrices: winograd_test.c */
        int used = 0;
        for (int i = 0; i < CASES; i++) {
            cama__conv m = cases[i].map;
            cama__conv_init(&m);
            for (int32_t pass = 0; pass < CONV_PASSES; pass++)
                for (int32_t window = 1; window <= 2; window++)
                    used += conv_algorithm_of(&way, &m, pass, m.adjoint, m.adjoint ? 1 : window) != NULL;
        }
        print_message("%s: %d of the passes\n", cama__conv_algorithm_at(row)->name, used);
        conv_check_reference(&way, cases, CASES);
        /* Where phases of a stride share outputs, Winograd adds the bias before the last sum without a pool and
         * after it with one: not the same bits. winograd_test.c has its pools. */
        if (strcmp(cama__conv_algorithm_at(row)->name, "winograd") != 0) conv_check_pools(&way, cases, CASES);
        conv_check_lanes(&way, cases, CASES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_naive), cmocka_unit_test(test_pooled),
                                       cmocka_unit_test(test_pooled_nan),    cmocka_unit_test(test_threads),
                                       cmocka_unit_test(test_chunks),        cmocka_unit_test(test_transposed),
                                       cmocka_unit_test(test_lanes),         cmocka_unit_test(test_rows_of_the_table)};
    cama__mem_set_hook(&(cama__mem_hook){.alloc = conv_guarded_alloc, .free = conv_guarded_free});
    return cmocka_run_group_tests(tests, NULL, NULL);
}
