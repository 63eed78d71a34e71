/* manipulate_table_test - noise, offset and scale of a table: of its children or of its co-parents, of the chosen or
 * of all continuous columns; everything else keeps its bits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "data/manipulate.h"

enum { N = 40, X = 5, A = 1, P = 4, CLASSES = 2 };
static float x[N * X], a[N * A], c[N * P];
static int32_t y[N];
static cama_dataset *table;

/* x: continuous, 3 levels, continuous; a: continuous; c: binary, continuous, continuous, binary. */
static int begin(void **state)
{
    (void)state;
    cama_schema *s = NULL;
    OK(cama__schema_create("y", CLASSES, NULL, NULL, &s));
    OK(cama__schema_add(s, "x1", ROLE_X, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s, "x2", ROLE_X, VARIABLE_CATEGORICAL, 3, NULL));
    OK(cama__schema_add(s, "x3", ROLE_X, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s, "a1", ROLE_A, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s, "c1", ROLE_C, VARIABLE_BINARY, 0, NULL));
    OK(cama__schema_add(s, "c2", ROLE_C, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s, "c3", ROLE_C, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__schema_add(s, "c4", ROLE_C, VARIABLE_BINARY, 0, NULL));
    for (int i = 0; i < N; i++) {
        const float xs[X] = {(float)sin(i), i % 3 == 0, i % 3 == 1, i % 3 == 2, 5 + (float)cos(2.0 * i)};
        const float cs[P] = {i % 2 == 0, (float)i, i % 4 < 2 ? -1 : 1, i < 9};
        memcpy(x + i * X, xs, sizeof xs), memcpy(c + i * P, cs, sizeof cs);
        a[i] = (float)(i * i);
        y[i] = i % 2;
    }
    OK(cama__dataset_from_columns(s, N, &(cama__columns){{x, a, c}, y}, true, &table));
    cama__schema_free(s);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama__dataset_free(table);
    return 0;
}

static int32_t run(const char *kind, const char *of, double amount, const float *columns, int64_t count,
                   cama_dataset **out)
{
    cama_options *o = NULL;
    OK(cama__options_create(VERB_MANIPULATE, &o));
    OK(cama__options_set_text(o, "kind", kind));
    OK(cama__options_set_text(o, "of", of));
    OK(cama__options_set_real(o, "amount", amount));
    OK(cama__options_set_int(o, "seed", 3));
    if (columns != NULL) OK(cama__options_set_vector(o, "columns", columns, count));
    const int32_t status = cama__manipulate(table, o, out);
    cama__options_free(o);
    return status;
}

/* The result; everything but the block `role` is as it was. */
static cama_dataset *changed(const char *kind, int32_t role, double amount, const float *columns, int64_t count)
{
    cama_dataset *d = NULL;
    if (run(kind, role == ROLE_X ? "x" : "c", amount, columns, count, &d) != CAMA_OK) fail_msg("%s", cama_last_error());
    if (role != ROLE_X) assert_memory_equal(d->x, x, sizeof x);
    if (role != ROLE_C) assert_memory_equal(d->c, c, sizeof c);
    assert_memory_equal(d->a, a, sizeof a);
    assert_memory_equal(d->y, y, sizeof y);
    OK(cama__schema_match(table->schema, d->schema, "manipulated"));
    return d;
}

/* amount standard deviations of the column more; -1 of c3 and 1 are one standard deviation about 0. */
static void test_offset(void **state)
{
    (void)state;
    static const float second[] = {2};
    cama_dataset *all = changed("offset", ROLE_C, -1.5, NULL, 0), *one = changed("offset", ROLE_C, 2, second, 1),
                 *of_x = changed("offset", ROLE_X, 1, NULL, 0);
    const double deviation = sqrt((N * N - 1) / 12.0); /* of 0, 1, ..., N - 1 */
    for (int i = 0; i < N; i++) {
        assert_true(all->c[i * P] == c[i * P] && all->c[i * P + 3] == c[i * P + 3]);
        assert_near(all->c[i * P + 1], c[i * P + 1] - 1.5 * deviation, 1e-4);
        assert_near(all->c[i * P + 2], c[i * P + 2] - 1.5, 1e-6);
        assert_true(one->c[i * P + 1] == c[i * P + 1] && one->c[i * P + 2] == c[i * P + 2] + 2);
        assert_memory_equal(of_x->x + i * X + 1, x + i * X + 1, 3 * sizeof *x);
        assert_true(of_x->x[i * X] != x[i * X] && of_x->x[i * X + 4] != x[i * X + 4]);
    }
    cama__dataset_free(all), cama__dataset_free(one), cama__dataset_free(of_x);
}

/* times 1 + amount */
static void test_scale(void **state)
{
    (void)state;
    static const float last[] = {4};
    cama_dataset *all = changed("scale", ROLE_X, -0.75, NULL, 0), *one = changed("scale", ROLE_X, 1, last, 1),
                 *of_c = changed("scale", ROLE_C, -3, NULL, 0);
    for (int i = 0; i < N; i++) {
        assert_true(all->x[i * X] == 0.25f * x[i * X] && all->x[i * X + 4] == 0.25f * x[i * X + 4]);
        assert_memory_equal(all->x + i * X + 1, x + i * X + 1, 3 * sizeof *x);
        assert_true(one->x[i * X] == x[i * X] && one->x[i * X + 4] == 2 * x[i * X + 4]);
        assert_true(of_c->c[i * P] == c[i * P] && of_c->c[i * P + 1] == -2 * c[i * P + 1]);
    }
    cama__dataset_free(all), cama__dataset_free(one), cama__dataset_free(of_c);
}

/* A column's noise is the same whatever other columns get some; the mean of squares of 80 numbers is within 5 standard
 * deviations sqrt(2 / 80) of the variance. */
static void test_noise(void **state)
{
    (void)state;
    static const float first[] = {0};
    cama_dataset *all = changed("noise", ROLE_X, 0.5, NULL, 0), *one = changed("noise", ROLE_X, 0.5, first, 1),
                 *of_c = changed("noise", ROLE_C, 0.5, NULL, 0);
    double square = 0;
    for (int i = 0; i < N; i++) {
        assert_memory_equal(all->x + i * X + 1, x + i * X + 1, 3 * sizeof *x);
        assert_true(one->x[i * X] == all->x[i * X] && one->x[i * X + 4] == x[i * X + 4]);
        assert_true(of_c->c[i * P] == c[i * P] && of_c->c[i * P + 3] == c[i * P + 3]);
        for (int j = 0; j < X; j += 4) square += pow((double)(all->x[i * X + j] - x[i * X + j]) / 0.5, 2) / (2 * N);
    }
    assert_near(square, 1, 5 * sqrt(2.0 / (2 * N)));
    cama__dataset_free(all), cama__dataset_free(one), cama__dataset_free(of_c);
}

static cama_dataset *noisy(const cama_dataset *of)
{
    cama_options *o = NULL;
    cama_dataset *d = NULL;
    OK(cama__options_create(VERB_MANIPULATE, &o));
    OK(cama__options_set_text(o, "kind", "noise"));
    OK(cama__options_set_real(o, "amount", 0.5));
    OK(cama__manipulate(of, o, &d));
    cama__options_free(o);
    return d;
}

/* Measured numbers that happen to lie in [0,1] are no pixels: noise takes them out of it, and what one row gets does
 * not depend on the others. */
static void test_noise_of_small_numbers(void **state)
{
    (void)state;
    cama_schema *s = NULL;
    cama_dataset *small = NULL, *other = NULL;
    float v[N];
    bool out = false;
    for (int i = 0; i < N; i++) v[i] = (float)(i % 11) / 10;
    OK(cama__schema_create("y", CLASSES, NULL, NULL, &s));
    OK(cama__schema_add(s, "x1", ROLE_X, VARIABLE_CONTINUOUS, 0, NULL));
    OK(cama__dataset_from_columns(s, N, &(cama__columns){{v, NULL, NULL}, y}, true, &small));
    v[N - 1] = 1.5f;
    OK(cama__dataset_from_columns(s, N, &(cama__columns){{v, NULL, NULL}, y}, true, &other));
    cama_dataset *of_small = noisy(small), *of_other = noisy(other);
    assert_memory_equal(of_small->x, of_other->x, (N - 1) * sizeof *v);
    for (int i = 0; i < N; i++) out = out || of_small->x[i] < 0 || of_small->x[i] > 1;
    assert_true(out);
    cama__dataset_free(of_small), cama__dataset_free(of_other), cama__dataset_free(small), cama__dataset_free(other);
    cama__schema_free(s);
}

/* What no float holds is told as what the manipulation made of the data. */
static void test_overflow(void **state)
{
    (void)state;
    cama_dataset *d = NULL;
    assert_int_equal(run("scale", "c", 1e6, NULL, 0, &d), CAMA_OK);
    cama__dataset_free(d);
    c[1] = 3e38f;
    cama_dataset *whole = table;
    OK(cama__dataset_from_columns(whole->schema, N, &(cama__columns){{x, a, c}, y}, true, &table));
    d = NULL;
    assert_int_equal(run("scale", "c", 1, NULL, 0, &d), CAMA_E_DATA);
    assert_string_equal(cama_last_error(), "manipulate: c, row 0, column 1: expected a finite number, got inf");
    assert_null(d);
    cama__dataset_free(table);
    table = whole;
    c[1] = 0;
}

static void test_refusals(void **state)
{
    (void)state;
    static const float one_hot[] = {0, 2}, beyond[] = {4};
    cama_dataset *d = NULL;
    assert_int_equal(run("offset", "x", 1, one_hot, 2, &d), CAMA_E_OPTION);
    assert_string_equal(cama_last_error(),
                        "option \"columns\" of \"manipulate\": expected continuous variables, got \"x2\"");
    assert_int_equal(run("scale", "c", 1, one_hot, 1, &d), CAMA_E_OPTION);
    assert_int_equal(run("noise", "c", 1, beyond, 1, &d), CAMA_E_OPTION);
    assert_string_equal(cama_last_error(),
                        "option \"columns\" of \"manipulate\": expected 0 to 3 for this dataset, got 4 at index 0");
    assert_int_equal(run("vertical", "c", 1, NULL, 0, &d), CAMA_E_ARGUMENT);
    assert_int_equal(run("vertical", "x", 1, NULL, 0, &d), CAMA_E_ARGUMENT);
    assert_int_equal(run("noise", "c", -1, NULL, 0, &d), CAMA_E_OPTION);
    cama_dataset *whole = table, *plain = NULL;
    OK(cama__dataset_from_arrays(N, (cama__shape){1, 1, X}, CLASSES, x, y, false, &plain));
    table = plain;
    assert_int_equal(run("offset", "c", 1, NULL, 0, &d), CAMA_E_ARGUMENT);
    assert_string_equal(cama_last_error(),
                        "manipulate: expected a dataset with co-parents to manipulate c, got one without");
    table = whole;
    cama__dataset_free(plain);
    assert_null(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_offset),   cmocka_unit_test(test_scale),
                                       cmocka_unit_test(test_noise),    cmocka_unit_test(test_noise_of_small_numbers),
                                       cmocka_unit_test(test_overflow), cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, begin, end);
}
