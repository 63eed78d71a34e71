/* layout_test - the batch-blocked layout: where a number lives, rows to blocks and back, transposes. No tolerance:
 * numbers are moved. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tensor/layout.h"

static float number(int64_t row, int64_t feature) { return (float)(row * 1000 + feature + 1); }

static void test_places(void **state)
{
    (void)state;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr;
    assert_int_equal(cama__blocks(0), 0);
    assert_int_equal(cama__blocks(1), 1);
    assert_int_equal(cama__blocks(nr), 1);
    assert_int_equal(cama__blocks(nr + 1), 2);
    assert_int_equal(cama__panels(mr), 1);
    assert_int_equal(cama__panels(mr + 1), 2);
    assert_int_equal(cama__at(0, 3, 7), 3 * nr);      /* features are nr apart */
    assert_int_equal(cama__at(nr - 1, 0, 7), nr - 1); /* rows of a block lie side by side */
    assert_int_equal(cama__at(nr, 0, 7), 7 * nr);     /* blocks follow each other */
    assert_int_equal(cama__at(2 * nr + 1, 6, 7), 20 * nr + 1);
}

static void test_round_trip(void **state)
{
    (void)state;
    const int64_t nr = cama__kernel()->nr;
    const int64_t counts[] = {1, nr - 1, nr, nr + 1, 3 * nr - 1, 4 * nr};
    static const int64_t features[] = {1, 2, 5, 16, 33};
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 5; j++) {
            const int64_t n = counts[i] > 0 ? counts[i] : 1, f = features[j], all = cama__blocks(n) * nr * f;
            float *rows = malloc((size_t)(n * f) * sizeof *rows), *back = malloc((size_t)(n * f) * sizeof *back);
            real *blocks = malloc((size_t)(all + 1) * sizeof *blocks);
            for (int64_t r = 0; r < n; r++)
                for (int64_t k = 0; k < f; k++) rows[r * f + k] = number(r, k);
            memset(blocks, 0xff, (size_t)(all + 1) * sizeof *blocks);
            const real guard = blocks[all];
            cama__layout_from_rows(rows, n, f, blocks);
            for (int64_t r = 0; r < cama__blocks(n) * nr; r++)
                for (int64_t k = 0; k < f; k++)
                    assert_true(blocks[cama__at(r, k, f)] == (r < n ? (real)number(r, k) : 0));
            assert_memory_equal(&blocks[all], &guard, sizeof guard);
            memset(back, 0, (size_t)(n * f) * sizeof *back);
            cama__layout_to_rows(blocks, n, f, back);
            assert_memory_equal(back, rows, (size_t)(n * f) * sizeof *back);
            free(rows), free(back), free(blocks);
        }
}

/* All sizes around the 4x4 shuffles, with leading dimensions of their own; nothing is written beside the result. */
static void test_transpose(void **state)
{
    (void)state;
    enum { MOST = 38, SRC_LD = 41, DST_LD = 43 };
    real src[MOST * SRC_LD], dst[MOST * DST_LD + 8];
    for (int i = 0; i < MOST * SRC_LD; i++) src[i] = (real)(i + 1);
    for (int64_t rows = 0; rows <= MOST; rows++)
        for (int64_t cols = 0; cols <= MOST; cols++) {
            for (int i = 0; i < MOST * DST_LD + 8; i++) dst[i] = -1;
            cama__layout_transpose(src, SRC_LD, rows, cols, dst, DST_LD);
            for (int64_t r = 0; r < MOST; r++)
                for (int64_t c = 0; c < DST_LD; c++)
                    assert_true(dst[r * DST_LD + c] == (r < cols && c < rows ? src[c * SRC_LD + r] : -1));
            for (int i = 0; i < 8; i++) assert_true(dst[MOST * DST_LD + i] == -1);
        }
    /* bits are moved, not numbers: a signalling pattern and a negative zero come through */
    real odd[2] = {-0.0f, 0}, got[2] = {1, 1};
    memset(&odd[1], 0xff, sizeof odd[1]);
    cama__layout_transpose(odd, 2, 1, 2, got, 1);
    assert_memory_equal(odd, got, sizeof odd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_places), cmocka_unit_test(test_round_trip),
                                       cmocka_unit_test(test_transpose)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
