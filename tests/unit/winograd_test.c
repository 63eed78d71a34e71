/* The maps by minimal filtering, held to the same as the plain way; that F(m, r) is a filter; and its rounding.
 *
 * Tolerance: that of conv_test.c, times the largest sum of sizes in the transforms, below 40 with the points in
 * use. A wrong tap, point or tile is an error of order 1. */
#include "conv_check.h"

#include "conv/winograd.h"

/* As in a session: by Winograd where it pays, by other rows of the table otherwise. */
static const conv_way winograd = {
    .tolerance = sizeof(real) == sizeof(double) ? 4e-10 : 4e-3, .row = -1, .winograd = true};
static const conv_way plain = {.row = -1};

/* height and width: big, small, taps, stride, pad */
static const conv_geometry cases[] = {
    {"5x5 at 14", {SQUARE(14, 14, 5, 1, 2), SQUARE(14, 14, 5, 1, 2), 64, 64, false, false}, 13},
    {"5x5 at 7", {SQUARE(7, 7, 5, 1, 2), SQUARE(7, 7, 5, 1, 2), 64, 40, false, false}, 31},
    {"3x3 at 7", {SQUARE(7, 7, 3, 1, 1), SQUARE(7, 7, 3, 1, 1), 24, 64, false, false}, 61},
    {"3x3 at 14, odd channels", {SQUARE(14, 14, 3, 1, 1), SQUARE(14, 14, 3, 1, 1), 19, 33, false, false}, 7},
    {"lines of another height", {SQUARE(3, 3, 5, 1, 2), SQUARE(11, 11, 3, 1, 1), 16, 17, false, false}, 14},
    {"one line", {SQUARE(1, 1, 1, 1, 0), SQUARE(40, 40, 5, 1, 2), 16, 16, false, false}, 5},
    {"a long line", {SQUARE(1, 1, 1, 1, 0), SQUARE(97, 97, 5, 1, 2), 16, 17, false, false}, 5},
    {"2 taps", {SQUARE(5, 6, 2, 1, 1), SQUARE(16, 17, 2, 1, 1), 20, 16, false, false}, 12},
    {"valid", {SQUARE(9, 6, 4, 1, 0), SQUARE(20, 17, 4, 1, 0), 17, 20, false, false}, 17},
    {"more lines than are held", {SQUARE(18, 18, 3, 1, 1), SQUARE(40, 40, 3, 1, 1), 32, 16, false, false}, 2},
    {"7 taps", {SQUARE(9, 9, 7, 1, 3), SQUARE(9, 9, 7, 1, 3), 16, 20, false, false}, 3},
    {"wide padding", {SQUARE(6, 12, 5, 1, 5), SQUARE(14, 22, 5, 1, 6), 16, 16, false, false}, 3},
    {"tconv, stride 1", {SQUARE(8, 8, 3, 1, 1), SQUARE(8, 8, 3, 1, 1), 32, 24, true, false}, 26},
    {"tconv grows", {SQUARE(8, 6, 3, 1, 0), SQUARE(12, 8, 5, 1, 0), 18, 30, true, false}, 5},
    {"tconv 7 to 14", {SQUARE(14, 7, 3, 2, 1), SQUARE(14, 7, 3, 2, 1), 64, 64, true, false}, 26},
    {"tconv 9 to 17", {SQUARE(5, 3, 3, 2, 1), SQUARE(17, 9, 3, 2, 1), 20, 33, true, false}, 7},
    {"tconv 5x5 stride 2", {SQUARE(13, 6, 5, 2, 1), SQUARE(23, 11, 5, 2, 2), 16, 24, true, false}, 13},
    {"tconv beyond its input", {SQUARE(16, 7, 3, 2, 0), SQUARE(16, 7, 3, 2, 0), 16, 33, true, false}, 5},
    {"tconv shorter than its stride", {SQUARE(1, 1, 3, 2, 1), SQUARE(20, 10, 6, 2, 2), 19, 30, true, false}, 9},
    {"tconv 7 taps, stride 3", {SQUARE(6, 3, 3, 3, 1), SQUARE(27, 9, 7, 3, 3), 16, 17, true, false}, 5},
};
enum { CASES = sizeof cases / sizeof *cases, TCONV_3X3 = CASES - 6, TCONV_5X5 = CASES - 4 };

static void test_against_naive(void **state)
{
    (void)state;
    conv_check_reference(&winograd, cases, CASES);
}

static void test_pooled(void **state)
{
    (void)state;
    conv_check_pools(&winograd, cases, CASES);
}

static void test_threads(void **state)
{
    (void)state;
    conv_check_threads(&winograd, cases, CASES);
}

static void test_chunks(void **state)
{
    (void)state;
    conv_check_chunks(&winograd, cases, CASES);
}

static void test_lanes(void **state)
{
    (void)state;
    conv_check_lanes(&winograd, cases, CASES);
}

/* ---- the filter itself ---- */

/* Every F(m, r): its output is the filtered input but for the rounding of its matrices. */
static void test_every_filter(void **state)
{
    (void)state;
    for (int32_t taps = 1; taps <= 7; taps++)
        for (int32_t m = 1; m + taps - 1 <= POINTS_MAX; m++) {
            cama__polyphase in, weights, out;
            cama__polyphase_init(m, taps, &in, &weights, &out);
            double *x = conv_random(in.size, 1), *g = conv_random(taps, 2);
            for (int32_t i = 0; i < m; i++) {
                double want = 0, got = 0;
                for (int32_t t = 0; t < taps; t++) want += g[t] * x[i + t];
                for (int32_t p = 0; p < in.points && !in.identity; p++) {
                    double of_x = 0, of_g = 0;
                    for (int32_t k = 0; k < in.size; k++) of_x += (double)in.matrix[p * POINTS_MAX + k] * x[k];
                    for (int32_t k = 0; k < taps; k++) of_g += (double)weights.matrix[p * POINTS_MAX + k] * g[k];
                    got += (double)out.matrix[p * POINTS_MAX + i] * of_x * of_g;
                }
                assert_int_equal(in.identity, taps == 1);
                if (!in.identity) assert_near(got, want, (sizeof(real) == sizeof(double) ? 1e-13 : 4e-5));
            }
            free(x), free(g);
        }
}

/* Root mean square of the error, relative to that of the output: 8e-6 is 130 roundings to float of one number. Sums of
 * 1,600 numbers, as the plain way has them here, are right to 3e-7. With a stride of 2 one pixel in four is filtered on
 * both axes and has four ninths of the squares: F(7, 2) alone is right to 3.9e-6 of it (computed apart), 2.6e-6 of
 * all. */
static void check_rounding(const conv_geometry *g, double bound)
{
    cama__conv m = g->map;
    const bool adjoint = m.adjoint;
    const int64_t rows = cama__kernel()->nr, in_size = cama__conv_in(&m, adjoint);
    const int64_t out_size = cama__conv_out(&m, adjoint);
    cama__winograd filter;
    assert_true(cama__winograd_plan(&m, adjoint, &filter));
    double *w = conv_random((int64_t)m.small_channels * m.h.taps * m.w.taps * m.big_channels, 1);
    double *x = conv_random(rows * in_size, 2), *want = malloc((size_t)(rows * out_size) * sizeof *want);
    real *weights = conv_pack(&m, adjoint, w), *in = conv_to_blocks(x, rows, in_size, 0);
    real *direct = cama__mem_alloc((size_t)(rows * out_size), sizeof *direct);
    real *fast = cama__mem_alloc((size_t)(rows * out_size), sizeof *fast);
    double of_plain = 0, of_fast = 0, all = 0;
    cama__conv_reference_apply(&m, adjoint, w, rows, x, want);
    cama__conv_application a = {&m, adjoint, {NULL, false, 1}, weights, rows, in, direct, NULL};
    conv_run_forward(&plain, NULL, &a);
    a.out = fast;
    conv_run_forward(&winograd, NULL, &a);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t o = 0; o < out_size; o++) {
            const double exact = want[r * out_size + o];
            of_plain += pow((double)direct[cama__at(r, o, out_size)] - exact, 2);
            of_fast += pow((double)fast[cama__at(r, o, out_size)] - exact, 2);
            all += exact * exact;
        }
    print_message("%s: tiles of %dx%d, error %.2g, of the plain sum %.2g\n", g->name, filter.h.filter.out.size,
                  filter.w.filter.out.size, sqrt(of_fast / all), sqrt(of_plain / all));
    assert_true(sqrt(of_fast / all) < (sizeof(real) == sizeof(double) ? 2e-14 : bound));
    cama__mem_free(weights), cama__mem_free(in), cama__mem_free(direct), cama__mem_free(fast);
    free(w), free(x), free(want);
}

static void test_rounding(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) check_rounding(&cases[i], 8e-6);
    check_rounding(&cases[TCONV_3X3], 3e-6);
}

static void test_where_it_pays(void **state)
{
    (void)state;
    static const cama__conv unfit[] = {
        {SQUARE(14, 14, 1, 1, 0), SQUARE(14, 14, 1, 1, 0), 64, 64, false, false}, /* one tap */
        {SQUARE(1, 1, 3, 1, 1), SQUARE(1, 1, 3, 1, 1), 64, 64, false, false},     /* one pixel */
        {SQUARE(14, 14, 5, 1, 2), SQUARE(14, 14, 5, 1, 2), 8, 64, false, false},  /* few channels */
        {SQUARE(28, 28, 5, 1, 2), SQUARE(28, 28, 5, 1, 2), 1, 64, false, true},   /* patches */
    };
    cama__winograd w;
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++) assert_false(cama__winograd_plan(&unfit[i], false, &w));
    for (size_t i = 0; i < CASES; i++) assert_true(cama__winograd_plan(&cases[i].map, cases[i].map.adjoint, &w));
    /* The gradient takes more: not with a stride of 2 and three taps, of which only two are on one pixel. */
    assert_false(cama__winograd_plan_wgrad(&cases[TCONV_3X3].map, &w));
    assert_true(cama__winograd_plan_wgrad(&cases[TCONV_5X5].map, &w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_filter),  cmocka_unit_test(test_where_it_pays), cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_against_naive), cmocka_unit_test(test_pooled),        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_chunks),        cmocka_unit_test(test_lanes),
    };
    cama__mem_set_hook(&(cama__mem_hook){.alloc = conv_guarded_alloc, .free = conv_guarded_free});
    return cmocka_run_group_tests(tests, NULL, NULL);
}
