/* identify_test - do(c) of a counterfactual is refused for the variables that a row has another value of, and only if
 * they are confounded. */

#include <string.h>

#include "check.h"
#include "verbs/identify.h"

enum { N = 2, C = 4 };
static const float x[N] = {1, 2}, a[N] = {1, 0}, c[N * C] = {5, 0, 1, 1, 6, 1, 0, 0}; /* diet, ward (2 levels), sex */

static cama_schema *make(void)
{
    cama_schema *s = NULL;
    OK(cama__schema_create("y", 2, NULL, NULL, &s));
    OK(cama__schema_add(s, "sex", ROLE_A, VARIABLE_BINARY, 1, NULL));
    OK(cama__schema_add(s, "diet", ROLE_C, VARIABLE_CONTINUOUS, 1, NULL));
    OK(cama__schema_add(s, "ward", ROLE_C, VARIABLE_CATEGORICAL, 2, NULL));
    OK(cama__schema_add(s, "sex", ROLE_C, VARIABLE_BINARY, 1, NULL));
    OK(cama__schema_add(s, "x", ROLE_X, VARIABLE_CONTINUOUS, 1, NULL));
    return s;
}

/* With "u" confounding the variable, of which number `at` of row 1 changes. */
static int32_t ask(int32_t confounded, int32_t at)
{
    float c_new[N * C];
    cama_model model = {.schema = make()};
    cama_dataset *d = NULL;
    memcpy(c_new, c, sizeof c);
    if (at >= 0) c_new[C + at] += 1;
    if (confounded >= 0) OK(cama__schema_confound(model.schema, confounded, "u"));
    OK(cama__dataset_from_columns(model.schema, N, &(cama__columns){{x, a, c}, NULL}, false, &d));
    const int32_t status = cama__identify_c(&model, d, c_new, "verb");
    cama__dataset_free(d);
    cama__schema_free(model.schema);
    return status;
}

static void test_co_parents(void **state)
{
    (void)state;
    enum { DIET = 1, WARD, SEX };
    static const int32_t first[] = {[DIET] = 0, [WARD] = 1, [SEX] = 3};
    for (int32_t v = DIET; v <= SEX; v++) {
        assert_int_equal(ask(-1, first[v]), CAMA_OK);
        assert_int_equal(ask(v, -1), CAMA_OK);
        for (int32_t at = 0; at < C; at++) {
            const bool of_it = at >= first[v] && (v == SEX || at < first[v + 1]);
            assert_int_equal(ask(v, at), of_it ? CAMA_E_ARGUMENT : CAMA_OK);
        }
    }
    assert_int_equal(ask(WARD, 2), CAMA_E_ARGUMENT);
    assert_string_equal(cama_last_error(),
                        "verb: expected a do() that the roles identify, got do(ward): by the graph \"u\", which was "
                        "left out, confounds it with x (option unidentified = answer takes p(x|ward,.) instead)");
}

static void test_target(void **state)
{
    (void)state;
    cama_model model = {.schema = NULL};
    OK(cama__identify_y(&model, "verb"));
    model.schema = make();
    OK(cama__identify_y(&model, "verb"));
    OK(cama__schema_confound(model.schema, -1, "u"));
    assert_int_equal(cama__identify_y(&model, "verb"), CAMA_E_ARGUMENT);
    cama__schema_free(model.schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_co_parents), cmocka_unit_test(test_target)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
