/* schema_twin_test - a variable that is parent and co-parent: two of one name in a schema, the same numbers in a
 * dataset, whatever is done with it. */

#include <string.h>

#include "check.h"
#include "io/schema_json.h"
#include "data/manipulate.h"

enum { N = 3, A = 4, C = 5 };
static const char *const colours[] = {"red", "green", "blue"}, *const other[] = {"red", "green", "black"};
static const float x[N] = {1, 2, 3};
static const float a[N * A] = {10, 1, 0, 0, 20, 0, 1, 0, 30, 0, 0, 1};          /* age, colour */
static const float c[N * C] = {5, 1, 0, 0, 10, 6, 0, 1, 0, 20, 7, 0, 0, 1, 30}; /* diet, colour, age */
static const int32_t y[N] = {0, 1, 0};

static cama_schema *make(void)
{
    cama_schema *s = NULL;
    OK(cama__schema_create("y", 2, NULL, NULL, &s));
    OK(cama__schema_add(s, "x", ROLE_X, VARIABLE_CONTINUOUS, 1, NULL));
    OK(cama__schema_add(s, "age", ROLE_A, VARIABLE_CONTINUOUS, 1, NULL));
    OK(cama__schema_add(s, "diet", ROLE_C, VARIABLE_CONTINUOUS, 1, NULL));
    OK(cama__schema_add(s, "colour", ROLE_C, VARIABLE_CATEGORICAL, 3, colours));
    OK(cama__schema_add(s, "colour", ROLE_A, VARIABLE_CATEGORICAL, 3, colours));
    OK(cama__schema_add(s, "age", ROLE_C, VARIABLE_CONTINUOUS, 1, NULL));
    OK(cama__schema_confound(s, 5, "u"));
    OK(cama__schema_confound(s, -1, "v"));
    return s;
}

static void expect_twins(const cama_schema *s)
{
    static const int32_t twins[] = {-1, 5, -1, 4, 3, 1}, firsts[] = {0, 0, 0, 1, 1, 4};
    assert_int_equal(s->count, 6);
    for (int32_t i = 0; i < 6; i++) {
        assert_int_equal(s->variable[i].twin, twins[i]);
        assert_int_equal(s->variable[i].first, firsts[i]);
        assert_true((s->variable[i].confounder != NULL) == (i == 5));
    }
    assert_string_equal(s->variable[5].confounder, "u");
    assert_string_equal(s->confounder, "v");
    assert_int_equal(s->width[ROLE_A], A);
    assert_int_equal(s->width[ROLE_C], C);
}

static void test_schema(void **state)
{
    (void)state;
    char *text = NULL;
    cama_schema *s = make(), *copy = NULL, *back = NULL;
    OK(cama__schema_clone(s, &copy));
    OK(cama__schema_json_encode(s, &text));
    assert_non_null(strstr(text, "\"classes\":[\"0\",\"1\"],\"confounder\":\"v\"}"));
    assert_non_null(strstr(text, "\"kind\":\"continuous\",\"confounder\":\"u\"}]"));
    OK(cama__schema_json_decode(text, (int64_t)strlen(text), "PATH", &back));
    cama_schema *const all[] = {s, copy, back};
    for (int i = 0; i < 3; i++) {
        expect_twins(all[i]);
        OK(cama__schema_match(s, all[i], "schema"));
        cama__schema_free(i > 0 ? all[i] : NULL);
    }
    cama__schema_free(s);
    cama__mem_free(text);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int32_t role, kind, levels;
        const char *const *names;
        const char *message;
    } cases[] = {
        {"age", ROLE_A, VARIABLE_CONTINUOUS, 1, NULL,
         "variable \"age\": expected a new name, got that of an earlier variable"},
        {"age", ROLE_C, VARIABLE_CONTINUOUS, 1, NULL,
         "variable \"age\": expected a new name, got that of an earlier variable"},
        {"diet", ROLE_X, VARIABLE_CONTINUOUS, 1, NULL,
         "variable \"diet\": expected a new name, got that of an earlier variable"},
        {"x", ROLE_C, VARIABLE_CONTINUOUS, 1, NULL,
         "variable \"x\": expected a new name, got that of an earlier variable"},
        {"diet", ROLE_A, VARIABLE_BINARY, 1, NULL,
         "diet: expected kind \"continuous\" of variable \"diet\", got \"binary\""},
        {"kind", ROLE_C, VARIABLE_CATEGORICAL, 2, colours, "kind: expected 3 levels of variable \"kind\", got 2"},
        {"kind", ROLE_C, VARIABLE_CATEGORICAL, 3, other,
         "kind: expected level \"blue\" of variable \"kind\", got \"black\""},
    };
    cama_schema *s = make();
    OK(cama__schema_add(s, "kind", ROLE_A, VARIABLE_CATEGORICAL, 3, colours));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int32_t status =
            cama__schema_add(s, cases[i].name, cases[i].role, cases[i].kind, cases[i].levels, cases[i].names);
        assert_int_equal(status, CAMA_E_ARGUMENT);
        assert_string_equal(cama_last_error(), cases[i].message);
        assert_int_equal(s->count, 7);
        assert_int_equal(s->variable[6].twin, -1);
    }
    assert_int_equal(cama__schema_confound(s, 0, ""), CAMA_E_ARGUMENT);
    assert_null(s->variable[0].confounder);
    cama__schema_free(s);
}

static void test_dataset(void **state)
{
    (void)state;
    float wrong[N * C];
    cama_schema *s = make();
    cama_dataset *d = NULL;
    memcpy(wrong, c, sizeof c);
    wrong[2 * C + 4] = 31;
    assert_int_equal(cama__dataset_from_columns(s, N, &(cama__columns){{x, a, wrong}, y}, true, &d), CAMA_E_DATA);
    assert_string_equal(cama_last_error(), "row 2, variable \"age\", parent and co-parent: expected the same number in "
                                           "a and in c, got 30 and 31");
    memcpy(wrong, c, sizeof c);
    wrong[C + 1] = 1, wrong[C + 2] = 0;
    assert_int_equal(cama__dataset_from_columns(s, N, &(cama__columns){{x, a, wrong}, y}, true, &d), CAMA_E_DATA);
    assert_string_equal(cama_last_error(), "row 1, variable \"colour\", parent and co-parent: expected the same number "
                                           "in a and in c, got 0 and 1");
    assert_null(d);
    OK(cama__dataset_from_columns(s, N, &(cama__columns){{x, a, c}, y}, false, &d));
    cama__dataset_free(d);
    cama__schema_free(s);
}

/* One variable: a machine that reads 2 for 1 reads it in both places. Borrowed arrays are left alone. */
static void test_manipulated(void **state)
{
    (void)state;
    static const float twice[N * A] = {20, 1, 0, 0, 40, 0, 1, 0, 60, 0, 0, 1};
    const float age[] = {4};
    cama_schema *s = make();
    cama_dataset *d = NULL, *moved = NULL;
    cama_options *o = NULL;
    OK(cama__dataset_from_columns(s, N, &(cama__columns){{x, a, c}, y}, false, &d));
    OK(cama__options_create(VERB_MANIPULATE, &o));
    OK(cama__options_set_text(o, "kind", "scale"));
    OK(cama__options_set_text(o, "of", "c"));
    OK(cama__options_set_real(o, "amount", 1));
    OK(cama__options_set_vector(o, "columns", age, 1));
    OK(cama__manipulate(d, o, &moved));
    assert_memory_equal(moved->a, twice, sizeof twice);
    assert_true(moved->c[4] == 20 && moved->c[0] == 5);
    assert_true(a[0] == 10 && d->a == a);
    cama__dataset_free(moved);
    cama__dataset_free(d);
    cama__options_free(o);
    cama__schema_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_schema), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_dataset), cmocka_unit_test(test_manipulated)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
