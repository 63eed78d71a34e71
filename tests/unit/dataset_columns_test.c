/* dataset_columns_test - a table's blocks x, a and c come in checked by their schema and go out by role: packed in
 * standard units, sliced, changed one at a time, and matched with a model's variables. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "data/dataset.h"
#include "verbs/dataset_check.h"
#include "scarce.h"

enum { N = 13, X = 4, A = 1, P = 3, CLASSES = 2 };
static float x[N * X], a[N * A], c[N * P];
static int32_t y[N];
static cama_schema *schema;

/* x: continuous, 3 levels; a: binary; c: continuous, 2 levels. */
static cama_schema *make_schema(const char *child)
{
    cama_schema *s = NULL;
    OK(cama__schema_create("y", CLASSES, NULL, NULL, &s));
    OK(cama__schema_add(s, child, ROLE_X, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s, "k", ROLE_X, VARIABLE_CATEGORICAL, 3, NULL));
    OK(cama__schema_add(s, "b", ROLE_A, VARIABLE_BINARY, 0, NULL));
    OK(cama__schema_add(s, "g", ROLE_C, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s, "l", ROLE_C, VARIABLE_CATEGORICAL, 2, NULL));
    return s;
}

static int begin(void **state)
{
    (void)state;
    schema = make_schema("t");
    for (int i = 0; i < N; i++) {
        const float xs[X] = {(float)i - 6.5f, i % 3 == 0, i % 3 == 1, i % 3 == 2};
        const float cs[P] = {0.25f * (float)i, i > 4, i <= 4};
        memcpy(x + i * X, xs, sizeof xs);
        memcpy(c + i * P, cs, sizeof cs);
        a[i] = i % 2 == 0;
        y[i] = i % CLASSES;
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama__schema_free(schema);
    schema = NULL;
    return 0;
}

static cama_dataset *make(bool copy)
{
    cama_dataset *d = NULL;
    OK(cama__dataset_from_columns(schema, N, &(cama__columns){{x, a, c}, y}, copy, &d));
    return d;
}

/* ---- What comes in ----------------------------------------------------------------------------------------------- */

static void test_copy_and_borrow(void **state)
{
    (void)state;
    cama_dataset *copied = make(true), *borrowed = make(false);
    for (int32_t role = 0; role < ROLE_COUNT; role++) {
        static const float *const blocks[] = {[ROLE_X] = x, [ROLE_A] = a, [ROLE_C] = c};
        static const int64_t widths[] = {[ROLE_X] = X, [ROLE_A] = A, [ROLE_C] = P};
        assert_int_equal(cama__dataset_width(copied, role), widths[role]);
        assert_ptr_equal(cama__dataset_block(borrowed, role), blocks[role]);
        assert_ptr_not_equal(cama__dataset_block(copied, role), blocks[role]);
        assert_memory_equal(cama__dataset_block(copied, role), blocks[role], (size_t)(N * widths[role]) * sizeof *x);
    }
    assert_memory_equal(copied->y, y, sizeof y);
    assert_true(copied->n == N && copied->classes == CLASSES && copied->shape.h == 1 && copied->shape.c == X);
    assert_true(copied->low == -6.5f && copied->high == 5.5f); /* of x alone */
    assert_ptr_not_equal(copied->schema, schema);
    OK(cama__schema_match(schema, copied->schema, "copy"));
    cama__dataset_free(copied);
    cama__dataset_free(borrowed);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        float *at, value;
        const char *message;
    } cases[] = {
        {&x[2 * X], NAN, "x, row 2, column 0: expected a finite number, got nan"},
        {&a[3], -INFINITY, "a, row 3, column 0: expected a finite number, got -inf"},
        {&c[12 * P], INFINITY, "c, row 12, column 0: expected a finite number, got inf"},
        {&a[5], 2, "row 5, binary variable \"b\": expected 0 or 1, got 2"},
        {&x[7 * X + 2], 0.5f, "row 7, categorical variable \"k\": expected 0 or 1, got 0.5"},
        {&x[7 * X + 1], 1, "row 7, categorical variable \"k\": expected one 1 among its 3 numbers, got 2"},
        {&x[7 * X + 2], 0, "row 7, categorical variable \"k\": expected one 1 among its 3 numbers, got 0"},
        {&c[4 * P + 1], 1, "row 4, categorical variable \"l\": expected one 1 among its 2 numbers, got 2"},
    };
    cama_dataset *d = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const float good = *cases[i].at;
        *cases[i].at = cases[i].value;
        check_error(cama__dataset_from_columns(schema, N, &(cama__columns){{x, a, c}, y}, i % 2, &d), CAMA_E_DATA,
                    cases[i].message);
        *cases[i].at = good;
    }
    y[1] = CLASSES;
    check_error(cama__dataset_from_columns(schema, N, &(cama__columns){{x, a, c}, y}, true, &d), CAMA_E_DATA,
                "label of row 1: expected 0 to 1, got 2");
    y[1] = 1;
    assert_int_equal(cama__dataset_from_columns(schema, 0, &(cama__columns){{x, a, c}, y}, true, &d), CAMA_E_ARGUMENT);
    cama_schema *childless = NULL;
    OK(cama__schema_create("y", 2, NULL, NULL, &childless));
    OK(cama__schema_add(childless, "g", ROLE_C, VARIABLE_CONTINUOUS, 0, NULL));
    check_error(cama__dataset_from_columns(childless, N, &(cama__columns){{x, a, c}, y}, true, &d), CAMA_E_ARGUMENT,
                "dataset: expected a schema with at least one child of \"y\", got none");
    cama__schema_free(childless);
    assert_null(d);
}

/* Arrays of a role that the schema does not have are not looked at. */
static void test_roles_that_are_not_there(void **state)
{
    (void)state;
    cama_schema *children = NULL;
    cama_dataset *d = NULL;
    OK(cama__schema_create("y", CLASSES, NULL, NULL, &children));
    OK(cama__schema_add(children, "t", ROLE_X, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__dataset_from_columns(children, 3, &(cama__columns){{x, a, NULL}, NULL}, true, &d));
    assert_null(d->a);
    assert_null(d->c);
    assert_null(d->y);
    cama__dataset_free(d);
    cama__schema_free(children);
}

/* ---- What comes out ---------------------------------------------------------------------------------------------- */

static void test_slice(void **state)
{
    (void)state;
    cama_dataset *d = make(true), *part = NULL, *plain = NULL;
    OK(cama__dataset_slice(d, 4, 6, true, &part));
    OK(cama__dataset_slice(d, 0, N, false, &plain));
    cama__dataset_free(d);
    assert_memory_equal(part->x, x + 4 * X, 6 * X * sizeof *x);
    assert_memory_equal(part->a, a + 4 * A, 6 * A * sizeof *a);
    assert_memory_equal(part->c, c + 4 * P, 6 * P * sizeof *c);
    assert_memory_equal(part->y, y + 4, 6 * sizeof *y);
    OK(cama__schema_match(schema, part->schema, "slice"));
    assert_null(plain->y);
    assert_memory_equal(plain->c, c, sizeof c);
    cama__dataset_free(part);
    cama__dataset_free(plain);
}

static void test_with(void **state)
{
    (void)state;
    cama_dataset *d = make(false), *moved = NULL, *shifted = NULL, *none = NULL;
    float other_x[N * X], other_c[N * P];
    memcpy(other_x, x, sizeof x), memcpy(other_c, c, sizeof c);
    other_x[0] = 99, other_c[P] = -5;
    OK(cama__dataset_with(d, other_x, NULL, &moved));
    OK(cama__dataset_with(d, NULL, other_c, &shifted));
    assert_memory_equal(moved->x, other_x, sizeof x);
    assert_memory_equal(moved->c, c, sizeof c);
    assert_memory_equal(shifted->x, x, sizeof x);
    assert_memory_equal(shifted->c, other_c, sizeof c);
    assert_memory_equal(shifted->a, a, sizeof a);
    assert_memory_equal(shifted->y, y, sizeof y);
    assert_true(moved->high == 99 && shifted->high == 5.5f);
    assert_ptr_not_equal(moved->x, other_x);
    assert_ptr_not_equal(moved->c, c);
    assert_non_null(moved->schema);
    other_c[4] = NAN;
    assert_int_equal(cama__dataset_with(d, NULL, other_c, &none), CAMA_E_DATA);
    other_x[1] = 7; /* of a one-hot run */
    assert_int_equal(cama__dataset_with(d, other_x, NULL, &none), CAMA_E_DATA);
    assert_null(none);
    cama__dataset_free(d);
    cama__dataset_free(moved);
    cama__dataset_free(shifted);
}

/* Bytes become floats where x is given. */
static void test_with_bytes(void **state)
{
    (void)state;
    uint8_t *bytes = cama__mem_alloc(4, 1);
    cama_dataset *d = NULL, *floats = NULL, *same = NULL;
    static const float given[] = {2, 3, 4, 5};
    memcpy(bytes, (uint8_t[]){1, 2, 3, 255}, 4);
    OK(cama__dataset_from_bytes(2, (cama__shape){1, 2, 1}, 2, bytes, NULL, &d));
    OK(cama__dataset_with(d, given, NULL, &floats));
    OK(cama__dataset_with(d, NULL, NULL, &same));
    assert_null(floats->bytes);
    assert_memory_equal(floats->x, given, sizeof given);
    assert_memory_equal(same->bytes, d->bytes, 4);
    cama__dataset_free(d), cama__dataset_free(floats), cama__dataset_free(same);
}

static void check_pack(int32_t role, const int64_t *index, int64_t first, int64_t n, bool units)
{
    cama_dataset *d = make(false);
    const int64_t width = cama__dataset_width(d, role), nr = cama__kernel()->nr, lanes = cama__blocks(n) * nr;
    static const float mean[] = {1.5f, -2, 0, 4}, scale[] = {0.5f, 4, 1, 3};
    real *packed = cama__mem_alloc((size_t)(lanes * width), sizeof *packed);
    for (int64_t i = 0; i < lanes * width; i++) packed[i] = NAN;
    cama__dataset_pack(NULL, d, role, &(cama__selection){index, first, n}, units ? mean : NULL, units ? scale : NULL,
                       packed);
    for (int64_t i = 0; i < lanes; i++)
        for (int64_t f = 0; f < width; f++) {
            const int64_t row = index != NULL ? index[i < n ? i : 0] : first + i;
            real want = i < n ? cama__dataset_block(d, role)[row * width + f] : 0;
            if (units && i < n) want = (want - (real)mean[f]) / (real)scale[f];
            assert_true(packed[cama__at(i, f, width)] == want);
        }
    cama__mem_free(packed);
    cama__dataset_free(d);
}

static void test_pack(void **state)
{
    (void)state;
    static const int64_t index[] = {12, 0, 5, 5, 3};
    for (int32_t role = 0; role < ROLE_COUNT; role++)
        for (int units = 0; units < 2; units++) {
            check_pack(role, NULL, 0, N, units);
            check_pack(role, NULL, 4, 3, units);
            check_pack(role, index, 0, 5, units);
        }
}

static void test_pack_labels(void **state)
{
    (void)state;
    static const int64_t index[] = {12, 0, 5};
    cama_dataset *d = make(false);
    int32_t labels[3];
    uint32_t example[3];
    cama__dataset_pack_labels(d, &(cama__selection){index, 0, 3}, labels, example);
    for (int i = 0; i < 3; i++) assert_true(labels[i] == y[index[i]] && example[i] == (uint32_t)index[i]);
    cama__dataset_pack_labels(d, &(cama__selection){NULL, 7, 3}, labels, example);
    for (int i = 0; i < 3; i++) assert_true(labels[i] == y[7 + i] && example[i] == (uint32_t)(7 + i));
    cama__dataset_free(d);
}

/* ---- Fitting a model --------------------------------------------------------------------------------------------- */

static void test_check(void **state)
{
    (void)state;
    cama_schema *other = make_schema("u");
    cama_model model = {.spec = {.classes = CLASSES, .likelihood = LIKELIHOOD_GAUSSIAN}, .schema = schema};
    cama_dataset *d = make(false);
    cama__spec_take(&model.spec, schema);
    OK(cama__dataset_check(d, &model, true, "clean"));
    model.schema = other;
    check_error(cama__dataset_check(d, &model, true, "clean"), CAMA_E_ARGUMENT,
                "clean: expected variable \"u\", got \"t\"");
    model.schema = NULL;
    OK(cama__dataset_check(d, &model, true, "clean"));
    model.spec.a = 0;
    check_error(cama__dataset_check(d, &model, true, "test"), CAMA_E_ARGUMENT,
                "test: expected 0 numbers of parents and 3 of co-parents, got 1 and 3");
    model.spec.a = 1, model.spec.c = 4;
    assert_int_equal(cama__dataset_check(d, &model, true, "test"), CAMA_E_ARGUMENT);
    cama__dataset_free(d);
    cama__schema_free(other);
}

/* ---- No memory --------------------------------------------------------------------------------------------------- */

/* Each allocation fails once; the sanitizer sees what is lost or freed twice. */
static void test_no_memory(void **state)
{
    (void)state;
    cama_dataset *source = make(true);
    for (int verb = 0; verb < 3; verb++) {
        int32_t status = CAMA_E_MEMORY;
        int count = 0;
        for (; status != CAMA_OK; count++) {
            cama_dataset *d = NULL;
            scarce_left = count;
            cama__mem_set_hook(&scarce);
            status = verb == 0   ? cama__dataset_from_columns(schema, N, &(cama__columns){{x, a, c}, y}, true, &d)
                     : verb == 1 ? cama__dataset_with(source, NULL, c, &d)
                                 : cama__dataset_slice(source, 1, 3, true, &d);
            assert_true((d != NULL) == (status == CAMA_OK));
            cama__dataset_free(d);
            cama__mem_set_hook(NULL);
            assert_true(count < 60 && (status == CAMA_OK || status == CAMA_E_MEMORY));
        }
        assert_true(count > 5);
    }
    cama__dataset_free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_copy_and_borrow),
                                       cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_roles_that_are_not_there),
                                       cmocka_unit_test(test_slice),
                                       cmocka_unit_test(test_with),
                                       cmocka_unit_test(test_with_bytes),
                                       cmocka_unit_test(test_pack),
                                       cmocka_unit_test(test_pack_labels),
                                       cmocka_unit_test(test_check),
                                       cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, begin, end);
}
