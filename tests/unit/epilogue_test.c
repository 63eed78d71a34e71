/* Bias and ReLU of a tile, to the bit: by rows where they lie, and of columns on their way into rows, for every number
 * of rows. A NaN stays one, and nothing is written beyond the last row. */

#include <math.h>
#include <string.h>

#include "check.h"
#include "tensor/epilogue.h"

enum { MOST = 1024, UNTOUCHED = 77 };

static real want_of(real x, const real *bias, int64_t row, bool relu)
{
    if (bias != NULL) x = x + bias[row];
    return relu && x < 0 ? 0 : x;
}

static void assert_same(real got, real want, int64_t row, int64_t lane)
{
    if (isnan(got) != isnan(want) || (got != want && !isnan(want)))
        fail_msg("row %d, lane %d: got %g, want %g", (int)row, (int)lane, (double)got, (double)want);
}

/* tile (NR, MR), columns of channels; every row with a NaN in one lane. */
static void check(const real *tile, int64_t rows, const real *bias, bool relu)
{
    const int64_t mr = cama__kernel()->mr, nr = cama__kernel()->nr;
    _Alignas(CAMA__ALIGN) real turned[MOST + 1], in_place[MOST + 1];
    for (int64_t i = 0; i <= MOST; i++) turned[i] = in_place[i] = UNTOUCHED;
    for (int64_t i = 0; i < rows * nr; i++) in_place[i] = tile[i % nr * mr + i / nr];
    cama__epilogue_columns(tile, rows, bias, relu, turned);
    cama__epilogue_rows(in_place, rows, nr, bias, relu);
    for (int64_t i = 0; i < rows * nr; i++) {
        const real want = want_of(tile[i % nr * mr + i / nr], bias, i / nr, relu);
        assert_same(turned[i], want, i / nr, i % nr);
        assert_same(in_place[i], want, i / nr, i % nr);
    }
    for (int64_t i = rows * nr; i <= MOST; i++) assert_true(turned[i] == UNTOUCHED && in_place[i] == UNTOUCHED);
}

static void test_finish(void **state)
{
    (void)state;
    const int64_t mr = cama__kernel()->mr, nr = cama__kernel()->nr;
    _Alignas(CAMA__ALIGN) real tile[MOST], bias[MOST];
    for (int64_t i = 0; i < mr; i++) bias[i] = (real)(i * 5 % 11 - 4);
    for (int64_t i = 0; i < mr * nr; i++) tile[i] = i % 13 == 6 ? (real)NAN : (real)(i * 7 % 31 - 15);
    for (int64_t rows = 1; rows <= mr; rows++)
        for (int how = 0; how < 4; how++) check(tile, rows, how & 1 ? bias : NULL, how & 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_finish)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
