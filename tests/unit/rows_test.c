/* rows_test - gather-add and scatter-add against plain loops over rows.
 *
 * Tolerance: none. Both add one number at a time in the order of the contract, so every bit must agree, whatever the
 * kind of block, the tiling or the number of threads. */
#include <string.h>

#include "context.h"

#include "tensor/rows.h"

enum { MOST_ROWS = 400, MOST_SRC = 512 };

/* Numbers of very different size, so that another order of additions shows. */
static uint32_t state_of_noise;
static double noise(void)
{
    static const double sizes[] = {1, 1e-3, 1e3, 1e-6};
    state_of_noise = state_of_noise * 1664525u + 1013904223u;
    const double unit = (double)(state_of_noise >> 8) / (double)(1u << 23) - 1;
    return unit * sizes[state_of_noise >> 30];
}

static real *tensor(int64_t rows, int64_t features)
{
    const int64_t n = cama__blocks(rows) * features * cama__kernel()->nr;
    real *t = cama__mem_alloc((size_t)n, sizeof *t);
    assert_non_null(t);
    for (int64_t i = 0; i < n; i++) t[i] = (real)noise();
    return t;
}

static real *copy(const real *t, int64_t rows, int64_t features)
{
    const size_t n = (size_t)(cama__blocks(rows) * features * cama__kernel()->nr);
    real *c = cama__mem_alloc(n, sizeof *c);
    assert_non_null(c);
    memcpy(c, t, n * sizeof *c);
    return c;
}

static void assert_same(const real *a, const real *b, int64_t rows, int64_t features)
{
    assert_memory_equal(a, b, (size_t)(cama__blocks(rows) * features * cama__kernel()->nr) * sizeof *a);
}

/* ---- Index maps ------------------------------------------------------------------------------------------------- */

typedef int32_t row_of(int32_t r, int32_t nr);
static int32_t same(int32_t r, int32_t nr) { return (void)nr, r; }
static int32_t swapped(int32_t r, int32_t nr) { return (r / nr ^ 1) * nr + r % nr; } /* neighbouring blocks */
static int32_t by_block(int32_t r, int32_t nr) { return r / nr; }
static int32_t one(int32_t r, int32_t nr) { return (void)r, nr + 1; }
static int32_t by_three(int32_t r, int32_t nr) { return (void)nr, r / 3; }
static int32_t shifted(int32_t r, int32_t nr) { return (void)nr, r + 1; }
static int32_t backwards(int32_t r, int32_t nr) { return (void)nr, MOST_ROWS - r; }
static int32_t hashed(int32_t r, int32_t nr) { return (void)nr, (r * 37) % 23; }
static int32_t changing(int32_t r, int32_t nr) { return r / nr % 3 == 0 ? same(r, nr) : r / nr % 3 == 1 ? 5 : r / 2; }

static row_of *const maps[] = {NULL, same, swapped, by_block, one, by_three, shifted, backwards, hashed, changing};
#define MAPS (sizeof maps / sizeof *maps)

static int32_t index_of[MOST_ROWS];
static const int32_t *make_index(row_of *map, int64_t rows)
{
    for (int32_t r = 0; map != NULL && r < rows; r++) index_of[r] = map(r, cama__kernel()->nr);
    return map != NULL ? index_of : NULL;
}

typedef void check(cama__pool *pool, int64_t rows, int64_t features, const int32_t *index);

static void over_all(check *one_case)
{
    const int64_t nr = cama__kernel()->nr, rows[] = {1, nr - 1, nr, 2 * nr + 1, 7 * nr + nr / 2, MOST_ROWS};
    const int64_t features[] = {1, 3, 32, 33, 101};
    for (int32_t threads = 1; threads <= 3; threads++) {
        cama__pool *pool = NULL;
        OK(cama__pool_create(threads, &pool));
        for (size_t m = 0; m < MAPS; m++)
            for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
                for (size_t f = 0; f < sizeof features / sizeof *features; f++)
                    one_case(pool, rows[i], features[f], make_index(maps[m], rows[i]));
        cama__pool_free(pool);
    }
}

/* ---- Tests ------------------------------------------------------------------------------------------------------ */

static void check_gather(cama__pool *pool, int64_t rows, int64_t features, const int32_t *index)
{
    real *src = tensor(MOST_SRC, features), *dst = tensor(rows, features), *want = copy(dst, rows, features);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t f = 0; f < features; f++)
            want[cama__at(r, f, features)] += src[cama__at(index != NULL ? index[r] : r, f, features)];
    cama__rows_gather_add(ON(pool), rows, features, src, index, dst);
    assert_same(dst, want, rows, features); /* with the lanes past rows: unchanged */
    cama__mem_free(src);
    cama__mem_free(dst);
    cama__mem_free(want);
}

static void check_scatter(cama__pool *pool, int64_t rows, int64_t features, const int32_t *index)
{
    real *src = tensor(rows, features), *dst = tensor(MOST_SRC, features), *want = copy(dst, MOST_SRC, features);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t f = 0; f < features; f++)
            want[cama__at(index != NULL ? index[r] : r, f, features)] += src[cama__at(r, f, features)];
    cama__rows_scatter_add(ON(pool), rows, features, src, index, dst);
    assert_same(dst, want, MOST_SRC, features);
    cama__mem_free(src);
    cama__mem_free(dst);
    cama__mem_free(want);
}

static void gather(void **state) { (void)state, over_all(check_gather); }
static void scatter(void **state) { (void)state, over_all(check_scatter); }

static void kinds(void **state)
{
    (void)state;
    const int64_t nr = cama__kernel()->nr, rows = 3 * nr;
    cama__rows_map map;
    cama__rows_look(NULL, rows, 2, 7, &map);
    assert_true(map.kind == ROWS_ALIGNED && map.lanes == nr && map.at[0] == cama__at(2 * nr, 0, 7));
    cama__rows_look(make_index(swapped, rows), rows, 1, 7, &map);
    assert_true(map.kind == ROWS_ALIGNED && map.at[0] == 0);
    cama__rows_look(make_index(by_block, rows), rows, 1, 7, &map);
    assert_true(map.kind == ROWS_CONSTANT && map.at[0] == cama__at(1, 0, 7));
    cama__rows_look(make_index(shifted, rows), rows, 1, 7, &map);
    assert_true(map.kind == ROWS_MIXED && map.at[1] == cama__at(nr + 2, 0, 7));
    cama__rows_look(make_index(same, rows - 1), rows - 1, 2, 7, &map);
    assert_true(map.kind == ROWS_ALIGNED && map.lanes == nr - 1);
}

/* Constant and mixed tiles are finite past the last row too. */
static void tiles(void **state)
{
    (void)state;
    enum { FEATURES = 40, FIRST = 5, COUNT = 32 };
    const int64_t nr = cama__kernel()->nr, rows = 2 * nr - 1;
    real *src = tensor(MOST_SRC, FEATURES), scratch[CAMA__TILE * CAMA__LANES];
    for (size_t m = 0; m < MAPS; m++) {
        const int32_t *index = make_index(maps[m], rows);
        cama__rows_map map;
        for (int64_t i = 0; i < COUNT * nr; i++) scratch[i] = (real)1e30;
        cama__rows_look(index, rows, 1, FEATURES, &map);
        const real *tile = cama__rows_tile(&map, src, FIRST, COUNT, scratch);
        for (int64_t f = 0; f < COUNT; f++)
            for (int64_t j = 0; j < nr; j++) {
                const int64_t from = index == NULL ? nr + j : j < nr - 1 ? index[nr + j] : 0;
                if (j < nr - 1) assert_true(tile[f * nr + j] == src[cama__at(from, FIRST + f, FEATURES)]);
                assert_true(tile[f * nr + j] < (real)1e6);
            }
    }
    cama__mem_free(src);
}

static void spread_and_clear(void **state)
{
    (void)state;
    const int64_t nr = cama__kernel()->nr, rows = 2 * nr - 1;
    double value[2 * CAMA__LANES];
    real tile[3 * CAMA__LANES];
    for (int64_t r = 0; r < 2 * nr; r++) value[r] = (double)r + 1;
    for (int64_t block = 0; block < 2; block++) {
        cama__rows_spread(value, rows, block, 3, tile);
        for (int64_t i = 0; i < 3 * nr; i++) {
            const int64_t r = block * nr + i % nr;
            assert_true(tile[i] == (r < rows ? (real)value[r] : 0));
        }
    }
    for (int64_t i = 0; i < 3 * nr; i++) tile[i] = 1;
    cama__rows_clear(rows, 0, 3, tile);
    for (int64_t i = 0; i < 3 * nr; i++) assert_true(tile[i] == 1);
    cama__rows_clear(rows, 1, 3, tile);
    for (int64_t i = 0; i < 3 * nr; i++) assert_true(tile[i] == (i % nr < nr - 1 ? 1 : 0));
}

static void nothing(void **state)
{
    (void)state;
    real one_number = 1;
    cama__rows_gather_add(ON(NULL), 0, 4, &one_number, NULL, &one_number);
    cama__rows_scatter_add(ON(NULL), 0, 4, &one_number, NULL, &one_number);
    cama__rows_gather_add(ON(NULL), 5, 0, &one_number, NULL, &one_number);
    cama__rows_scatter_add(ON(NULL), 5, 0, &one_number, NULL, &one_number);
    assert_true(one_number == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gather), cmocka_unit_test(scatter),          cmocka_unit_test(kinds),
        cmocka_unit_test(tiles),  cmocka_unit_test(spread_and_clear), cmocka_unit_test(nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
