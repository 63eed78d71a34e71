/* dataset_test - bad data is refused with its row and column, good data comes out as it went in, as rows and blocks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>

#include "check.h"
#include "prob/likelihood.h"
#include "data/dataset.h"
#include "verbs/dataset_check.h"
#include "scarce.h"

enum { H = 4, W = 5, DIMS = H * W, N = 31, CLASSES = 10 };
static const cama__shape shape = {H, W, 1};

static float x[N * DIMS];
static int32_t y[N];

static int fill(void **state)
{
    (void)state;
    for (int64_t i = 0; i < N * DIMS; i++) x[i] = (float)((i * 7919) % 1000) / 1000.0f;
    for (int64_t i = 0; i < N; i++) y[i] = (int32_t)(i * 3 % CLASSES);
    return 0;
}

static cama_dataset *floats(bool copy)
{
    cama_dataset *d = NULL;
    OK(cama__dataset_from_arrays(N, shape, CLASSES, x, y, copy, &d));
    return d;
}

static uint8_t byte_at(int64_t i) { return (uint8_t)(i * 37 % 251 + 2); }

static cama_dataset *bytes_of(cama__shape s, int64_t n)
{
    const int64_t count = n * cama__shape_size(s);
    uint8_t *bytes = cama__mem_alloc((size_t)count, 1);
    int32_t *labels = cama__mem_alloc((size_t)n, sizeof *labels);
    assert_non_null(bytes);
    assert_non_null(labels);
    for (int64_t i = 0; i < count; i++) bytes[i] = byte_at(i);
    for (int64_t i = 0; i < n; i++) labels[i] = (int32_t)(i % CLASSES);
    cama_dataset *d = NULL;
    OK(cama__dataset_from_bytes(n, s, CLASSES, bytes, labels, &d));
    return d;
}

/* ---- What comes in ----------------------------------------------------------------------------------------------- */

static void test_copy_and_borrow(void **state)
{
    (void)state;
    cama_dataset *copied = floats(true), *borrowed = floats(false);
    assert_ptr_not_equal(copied->x, x);
    assert_ptr_not_equal(copied->y, y);
    assert_memory_equal(copied->x, x, sizeof x);
    assert_memory_equal(copied->y, y, sizeof y);
    assert_ptr_equal(borrowed->x, x);
    assert_ptr_equal(borrowed->y, y);
    assert_true(copied->n == N && copied->classes == CLASSES && copied->shape.w == W && copied->bytes == NULL);
    assert_true(copied->low == 0.0f && copied->high == 0.999f);
    cama__dataset_free(copied);
    cama__dataset_free(borrowed); /* frees nothing of ours: the sanitizer would tell */
    cama__dataset_free(NULL);
}

/* low and high with negative numbers, zeros of both signs and the largest floats. */
static void test_range(void **state)
{
    (void)state;
    const struct {
        float x[4], low, high;
    } cases[] = {{{-1, -3, -2, -2.5f}, -3, -1},
                 {{-0.0f, 0, -0.0f, 0}, 0, 0},
                 {{3.4e38f, -3.4e38f, 1, 2}, -3.4e38f, 3.4e38f},
                 {{1e-45f, 2, 3, 4}, 1e-45f, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cama_dataset *d = NULL;
        OK(cama__dataset_from_arrays(2, (cama__shape){1, 1, 2}, 2, cases[i].x, NULL, true, &d));
        assert_true(d->low == cases[i].low);
        assert_true(d->high == cases[i].high);
        cama__dataset_free(d);
    }
}

static void test_not_finite(void **state)
{
    (void)state;
    const struct {
        float value;
        const char *name;
    } cases[] = {{NAN, "nan"}, {-NAN, "nan"}, {INFINITY, "inf"}, {-INFINITY, "-inf"}};
    cama_dataset *d = (cama_dataset *)x;
    for (size_t i = 0; i < 4; i++) {
        char message[128];
        snprintf(message, sizeof message, "x, row 3, column 17: expected a finite number, got %s", cases[i].name);
        x[3 * DIMS + 17] = cases[i].value;
        x[5 * DIMS] = NAN; /* a later one is not what is told */
        check_error(cama__dataset_from_arrays(N, shape, CLASSES, x, y, i % 2, &d), CAMA_E_DATA, message);
        assert_ptr_equal(d, x);
    }
}

static void test_bad_labels(void **state)
{
    (void)state;
    cama_dataset *d = NULL;
    y[5] = 12;
    check_error(cama__dataset_from_arrays(N, shape, CLASSES, x, y, true, &d), CAMA_E_DATA,
                "label of row 5: expected 0 to 9, got 12");
    y[5] = -1;
    check_error(cama__dataset_from_arrays(N, shape, CLASSES, x, y, false, &d), CAMA_E_DATA,
                "label of row 5: expected 0 to 9, got -1");
    uint8_t *bytes = cama__mem_alloc(2 * DIMS, 1);
    int32_t *labels = cama__mem_alloc(2, sizeof *labels);
    labels[1] = CLASSES;
    check_error(cama__dataset_from_bytes(2, shape, CLASSES, bytes, labels, &d), CAMA_E_DATA,
                "label of row 1: expected 0 to 9, got 10"); /* and both arrays are freed */
    assert_null(d);
}

static void test_bad_sizes(void **state)
{
    (void)state;
    const struct {
        int64_t n;
        cama__shape shape;
        int32_t classes;
    } cases[] = {{0, {H, W, 1}, 10},
                 {-3, {H, W, 1}, 10},
                 {N, {0, W, 1}, 10},
                 {N, {H, -1, 1}, 10},
                 {N, {H, W, 0}, 10},
                 {N, {H, W, 1}, 1},
                 {N, {H, W, 1}, 1 << 20},
                 {N, {65536, 65536, 65536}, 10},
                 {N, {INT32_MAX, INT32_MAX, INT32_MAX}, 10},
                 {INT64_MAX / 8, {H, W, 1}, 10}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cama_dataset *d = NULL;
        assert_int_equal(cama__dataset_from_arrays(cases[i].n, cases[i].shape, cases[i].classes, x, y, i % 2, &d),
                         CAMA_E_ARGUMENT);
        assert_null(d);
        uint8_t *bytes = cama__mem_alloc(1, 1);
        assert_int_equal(cama__dataset_from_bytes(cases[i].n, cases[i].shape, cases[i].classes, bytes, NULL, &d),
                         CAMA_E_ARGUMENT);
        assert_null(d);
    }
}

/* ---- What comes out ---------------------------------------------------------------------------------------------- */

static void test_rows(void **state)
{
    (void)state;
    float row[DIMS];
    cama_dataset *d = floats(true), *b = bytes_of(shape, N);
    cama__dataset_row(d, 7, row);
    assert_memory_equal(row, x + 7 * DIMS, sizeof row);
    cama__dataset_row(b, 7, row);
    for (int64_t i = 0; i < DIMS; i++) assert_true(row[i] == byte_at(7 * DIMS + i) / 255.0f);
    assert_true(b->low == 2 / 255.0f && b->high == 252 / 255.0f);
    cama__dataset_free(d);
    cama__dataset_free(b);
}

static void test_slice(void **state)
{
    (void)state;
    cama_dataset *d = floats(true), *b = bytes_of(shape, N), *part = NULL, *plain = NULL, *none = NULL;
    float row[DIMS], again[DIMS];
    OK(cama__dataset_slice(d, 4, 9, true, &part));
    OK(cama__dataset_slice(b, N - 1, 1, false, &plain));
    cama__dataset_row(b, N - 1, row);
    cama__dataset_free(d);
    cama__dataset_free(b);
    assert_int_equal(part->n, 9);
    assert_memory_equal(part->x, x + 4 * DIMS, 9 * DIMS * sizeof *x);
    assert_memory_equal(part->y, y + 4, 9 * sizeof *y);
    assert_true(plain->n == 1 && plain->y == NULL && plain->x == NULL);
    cama__dataset_row(plain, 0, again);
    assert_memory_equal(row, again, sizeof row);
    const int64_t wrong[][2] = {{-1, 1}, {0, 0}, {0, 10}, {9, 1}, {8, 2}, {3, INT64_MAX}, {INT64_MAX, 1}, {2, -1}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(cama__dataset_slice(part, wrong[i][0], wrong[i][1], true, &none), CAMA_E_ARGUMENT);
    check_error(cama__dataset_slice(part, 3, 7, true, &none), CAMA_E_ARGUMENT,
                "slice: expected at least one of the rows 0 to 8, got 7 rows from row 3");
    assert_null(none);
    cama__dataset_free(part);
    cama__dataset_free(plain);
}

/* Packed blocks against the rows, one number at a time, for sizes that leave rests everywhere. */
static void check_pack(cama__pool *pool, const cama_dataset *d, const int64_t *index, int64_t first, int64_t n)
{
    const int64_t nr = cama__kernel()->nr, dims = cama__shape_size(d->shape), size = cama__blocks(n) * dims * nr;
    real *packed = cama__mem_alloc((size_t)size, sizeof *packed);
    float *row = cama__mem_alloc((size_t)dims, sizeof *row);
    int32_t *labels = cama__mem_alloc((size_t)n, sizeof *labels);
    uint32_t *example = cama__mem_alloc((size_t)n, sizeof *example);
    for (int64_t i = 0; i < size; i++) packed[i] = NAN;
    cama__dataset_pack(pool, d, ROLE_X, &(cama__selection){index, first, n}, NULL, NULL, packed);
    cama__dataset_pack_labels(d, &(cama__selection){index, first, n}, labels, example);
    for (int64_t i = 0; i < cama__blocks(n) * nr; i++) {
        const int64_t from = i >= n ? -1 : index != NULL ? index[i] : first + i;
        if (from >= 0) {
            cama__dataset_row(d, from, row);
            assert_int_equal(labels[i], d->y[from]);
            assert_int_equal(example[i], from);
        }
        for (int64_t f = 0; f < dims; f++)
            if (!(packed[cama__at(i, f, dims)] == (from < 0 ? 0 : (real)row[f])))
                fail_msg("row %lld feature %lld of %lldx%lld", (long long)i, (long long)f, (long long)n,
                         (long long)dims);
    }
    cama__dataset_pack_labels(d, &(cama__selection){index, first, n}, NULL, NULL);
    cama__mem_free(packed);
    cama__mem_free(row);
    cama__mem_free(labels);
    cama__mem_free(example);
}

static void test_pack(void **state)
{
    (void)state;
    const cama__shape shapes[] = {{28, 28, 1}, {1, 1, 7}, {1, 1, 1}, {13, 17, 3}};
    const int64_t sizes[] = {1, 5, 12, 48, 131}, index[] = {40, 3, 3, 199, 0, 17, 18};
    cama__pool *pool = NULL;
    OK(cama__pool_create(2, &pool));
    for (size_t s = 0; s < 4; s++) {
        cama_dataset *b = bytes_of(shapes[s], 200), *d = NULL;
        const int64_t dims = cama__shape_size(shapes[s]);
        float *values = cama__mem_alloc((size_t)(200 * dims), sizeof *values);
        for (int64_t i = 0; i < 200 * dims; i++) values[i] = (float)(i % 1013) - 500.25f;
        OK(cama__dataset_from_arrays(200, shapes[s], CLASSES, values, b->y, true, &d));
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            check_pack(pool, d, NULL, 200 - sizes[i], sizes[i]);
            check_pack(NULL, b, NULL, 11, sizes[i]);
        }
        check_pack(pool, d, index, 0, 7);
        check_pack(pool, b, index, 0, 7);
        cama__mem_free(values);
        cama__dataset_free(d);
        cama__dataset_free(b);
    }
    cama__pool_free(pool);
}

static void test_pack_unlabelled(void **state)
{
    (void)state;
    cama_dataset *d = NULL;
    const int64_t size = cama__blocks(3) * DIMS * cama__kernel()->nr;
    real *packed = cama__mem_alloc((size_t)size, sizeof *packed);
    int32_t labels[3] = {7, 7, 7};
    OK(cama__dataset_from_arrays(N, shape, CLASSES, x, NULL, false, &d));
    cama__dataset_pack(NULL, d, ROLE_X, &(cama__selection){NULL, 0, 3}, NULL, NULL, packed);
    cama__dataset_pack_labels(d, &(cama__selection){NULL, 0, 3}, labels, NULL);
    assert_true(labels[0] == 7 && labels[2] == 7);
    cama__mem_free(packed);
    cama__dataset_free(d);
}

/* ---- Fitting a model --------------------------------------------------------------------------------------------- */

static void test_check(void **state)
{
    (void)state;
    cama_model model = {.spec = {.x = {H, W, 1}, .classes = CLASSES, .likelihood = LIKELIHOOD_BERNOULLI}};
    cama_dataset *d = floats(false), *plain = NULL, *vectors = NULL;
    OK(cama__dataset_check(d, &model, true, "clean"));
    OK(cama__dataset_slice(d, 0, N, false, &plain));
    OK(cama__dataset_check(plain, &model, false, "test"));
    check_error(cama__dataset_check(plain, &model, true, "clean"), CAMA_E_ARGUMENT, "clean: expected labels, got none");
    model.spec.classes = 3;
    check_error(cama__dataset_check(d, &model, true, "clean"), CAMA_E_ARGUMENT, "clean: expected 3 classes, got 10");
    model.spec.classes = CLASSES;
    model.spec.x = (cama__shape){28, 28, 1};
    check_error(cama__dataset_check(d, &model, true, "test"), CAMA_E_ARGUMENT,
                "test: expected images of 28x28x1, got 4x5x1");
    model.spec.x = (cama__shape){W, H, 1};
    assert_int_equal(cama__dataset_check(d, &model, true, "test"), CAMA_E_ARGUMENT);
    model.spec.x = (cama__shape){1, 1, 9};
    OK(cama__dataset_from_arrays(2, (cama__shape){1, 1, 8}, CLASSES, x, NULL, false, &vectors));
    check_error(cama__dataset_check(vectors, &model, false, "dataset"), CAMA_E_ARGUMENT,
                "dataset: expected vectors of 9 numbers, got 8");
    cama__dataset_free(d);
    cama__dataset_free(plain);
    cama__dataset_free(vectors);
}

static void test_check_bernoulli(void **state)
{
    (void)state;
    cama_model model = {.spec = {.x = {H, W, 1}, .classes = CLASSES, .likelihood = LIKELIHOOD_BERNOULLI}};
    cama_dataset *d = NULL;
    x[2 * DIMS + 7] = 1.5f;
    d = floats(false);
    check_error(cama__dataset_check(d, &model, true, "dataset"), CAMA_E_DATA,
                "dataset: expected x in [0,1] for a bernoulli likelihood, got 1.5 at row 2, column 7");
    model.spec.likelihood = LIKELIHOOD_GAUSSIAN;
    OK(cama__dataset_check(d, &model, true, "dataset"));
    cama__dataset_free(d);
    x[2 * DIMS + 7] = 1;
    x[N * DIMS - 1] = -0.25f;
    model.spec.likelihood = LIKELIHOOD_BERNOULLI;
    d = floats(false);
    check_error(cama__dataset_check(d, &model, true, "dataset"), CAMA_E_DATA,
                "dataset: expected x in [0,1] for a bernoulli likelihood, got -0.25 at row 30, column 19");
    cama__dataset_free(d);
}

/* ---- No memory --------------------------------------------------------------------------------------------------- */

static void test_no_memory(void **state)
{
    (void)state;
    cama__mem_set_hook(&scarce);
    for (int count = 0; count <= 3; count++) {
        cama_dataset *d = NULL;
        scarce_left = count;
        const int32_t got = cama__dataset_from_arrays(N, shape, CLASSES, x, y, true, &d);
        assert_int_equal(got, count < 3 ? CAMA_E_MEMORY : CAMA_OK);
        assert_true((d != NULL) == (count == 3));
        cama__dataset_free(d);
    }
    cama__mem_set_hook(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_copy_and_borrow, fill), cmocka_unit_test_setup(test_range, fill),
        cmocka_unit_test_setup(test_not_finite, fill),      cmocka_unit_test_setup(test_bad_labels, fill),
        cmocka_unit_test_setup(test_bad_sizes, fill),       cmocka_unit_test_setup(test_rows, fill),
        cmocka_unit_test_setup(test_slice, fill),           cmocka_unit_test_setup(test_pack, fill),
        cmocka_unit_test_setup(test_pack_unlabelled, fill), cmocka_unit_test_setup(test_check, fill),
        cmocka_unit_test_setup(test_check_bernoulli, fill), cmocka_unit_test_setup(test_no_memory, fill)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
