/* schema_test - what a schema holds, what it refuses and leaves as it was, and what it tells apart. */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "model/schema.h"

static const char *const colours[] = {"red", "green", "blue"}, *const answers[] = {"no", "yes"};

/* x: t, g (3 levels); a: b (binary); c: d, e. */
static cama_schema *make(void)
{
    static const double cuts[] = {-1, 2.5};
    cama_schema *s = NULL;
    OK(cama__schema_create("y", 3, NULL, cuts, &s));
    OK(cama__schema_add(s, "t", ROLE_X, VARIABLE_CONTINUOUS, 99, NULL));
    OK(cama__schema_add(s, "b", ROLE_A, VARIABLE_BINARY, 0, answers));
    OK(cama__schema_add(s, "d", ROLE_C, VARIABLE_CONTINUOUS, 1, NULL));
    OK(cama__schema_add(s, "g", ROLE_X, VARIABLE_CATEGORICAL, 3, colours));
    OK(cama__schema_add(s, "e", ROLE_C, VARIABLE_CATEGORICAL, 2, NULL));
    return s;
}

static void test_what_it_holds(void **state)
{
    (void)state;
    cama_schema *s = make(), *copy = NULL;
    OK(cama__schema_clone(s, &copy));
    cama__schema_free(s);
    s = copy;
    assert_int_equal(s->count, 5);
    assert_int_equal(s->width[ROLE_X], 4);
    assert_int_equal(s->width[ROLE_A], 1);
    assert_int_equal(s->width[ROLE_C], 3);
    assert_string_equal(s->class_name[2], "2");
    assert_true(s->cut[1] == 2.5);
    const cama__variable *g = cama__schema_find(s, "g");
    assert_int_equal(g->first, 1);
    assert_int_equal(g->levels, 3);
    assert_string_equal(g->level[2], "blue");
    assert_string_equal(cama__schema_find(s, "b")->level[1], "yes");
    assert_string_equal(cama__schema_find(s, "e")->level[1], "1");
    assert_null(cama__schema_find(s, "t")->level);
    assert_int_equal(cama__schema_find(s, "t")->levels, 1);
    assert_null(cama__schema_find(s, "y"));
    assert_string_equal(cama__schema_at(s, ROLE_X, 0)->name, "t");
    for (int32_t at = 1; at < 4; at++) assert_ptr_equal(cama__schema_at(s, ROLE_X, at), g);
    assert_string_equal(cama__schema_at(s, ROLE_C, 2)->name, "e");
    assert_null(cama__schema_at(s, ROLE_X, 4));
    assert_null(cama__schema_at(s, ROLE_A, -1));
    cama__schema_free(s);
    cama__schema_free(NULL);
    OK(cama__schema_create(NULL, 2, answers, NULL, &s));
    assert_string_equal(s->target, "y");
    assert_string_equal(s->class_name[1], "yes");
    assert_null(s->cut);
    cama__schema_free(s);
}

static void refuse(int32_t status, const char *message)
{
    assert_int_equal(status, CAMA_E_ARGUMENT);
    assert_string_equal(cama_last_error(), message);
}

static void test_refused_targets(void **state)
{
    (void)state;
    cama_schema *s = NULL;
    const char *const twice[] = {"a", "b", "a"}, *const with_null[] = {"a", NULL, "c"};
    const double falling[] = {2, 2}, nan[] = {1, NAN};
    refuse(cama__schema_create("y", 1, NULL, NULL, &s), "target \"y\": expected 2 to 65536 classes, got 1");
    refuse(cama__schema_create("y", 65537, NULL, NULL, &s), "target \"y\": expected 2 to 65536 classes, got 65537");
    refuse(cama__schema_create("", 2, NULL, NULL, &s), "name of the target: expected 1 to 255 bytes, got 0: \"\"");
    refuse(cama__schema_create("y", 3, twice, NULL, &s), "name of a class: expected each name once, got \"a\" twice");
    refuse(cama__schema_create("y", 3, with_null, NULL, &s), "name of a class: expected 3 texts, got NULL at index 1");
    refuse(cama__schema_create("y", 3, NULL, falling, &s), "cuts: expected ascending numbers, got 2 after 2");
    refuse(cama__schema_create("y", 3, NULL, nan, &s), "cuts: expected finite numbers, got nan at index 1");
    assert_null(s);
}

static void test_refused_names(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\n",  "\x7f",  "\xc2\x85",     "\xc0\x80",
                                      "\xff", "a\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80"};
    static const char *const good[] = {" ", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "a,b\"c"};
    char long_name[NAME_MAX_BYTES + 2];
    cama_schema *s = make();
    memset(long_name, 'n', sizeof long_name);
    long_name[NAME_MAX_BYTES + 1] = '\0';
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (cama__schema_add(s, bad[i], ROLE_X, VARIABLE_CONTINUOUS, 1, NULL) != CAMA_E_ARGUMENT) fail_msg("%zu", i);
        check_said("expected UTF-8 without control characters");
    }
    assert_int_equal(cama__schema_add(s, long_name, ROLE_X, VARIABLE_CONTINUOUS, 1, NULL), CAMA_E_ARGUMENT);
    long_name[NAME_MAX_BYTES] = '\0';
    OK(cama__schema_add(s, long_name, ROLE_X, VARIABLE_CONTINUOUS, 1, NULL));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        OK(cama__schema_add(s, good[i], ROLE_X, VARIABLE_CONTINUOUS, 1, NULL));
    cama__schema_free(s);
}

static void test_refused_variables(void **state)
{
    (void)state;
    const char *const twice[] = {"u", "u"}, *const empty[] = {"u", ""};
    cama_schema *s = make(), *before = make();
    refuse(cama__schema_add(s, "g", ROLE_C, VARIABLE_CONTINUOUS, 1, NULL),
           "variable \"g\": expected a new name, got that of an earlier variable");
    refuse(cama__schema_add(s, "y", ROLE_C, VARIABLE_CONTINUOUS, 1, NULL),
           "variable \"y\": expected a new name, got that of the target");
    refuse(cama__schema_add(s, "n", 3, VARIABLE_CONTINUOUS, 1, NULL),
           "variable \"n\": expected a CAMA_ROLE_..., 0 to 2, got 3");
    refuse(cama__schema_add(s, "n", 0, -1, 1, NULL), "variable \"n\": expected a CAMA_KIND_..., 0 to 2, got -1");
    refuse(cama__schema_add(s, "n", 0, VARIABLE_CATEGORICAL, 1, NULL),
           "variable \"n\": expected 2 to 65536 levels, got 1");
    refuse(cama__schema_add(s, "n", 0, VARIABLE_CATEGORICAL, 2, twice),
           "name of a level of \"n\": expected each name once, got \"u\" twice");
    refuse(cama__schema_add(s, "n", 0, VARIABLE_BINARY, 1, empty),
           "name of a level of \"n\": expected 1 to 255 bytes, got 0: \"\"");
    OK(cama__schema_match(before, s, "schema"));
    cama__schema_free(s);
    cama__schema_free(before);
}

static void test_limits(void **state)
{
    (void)state;
    char name[16];
    cama_schema *s = NULL;
    OK(cama__schema_create("y", 2, NULL, NULL, &s));
    for (int32_t i = 0; i < VARIABLES_MAX; i++) {
        snprintf(name, sizeof name, "v%d", i);
        OK(cama__schema_add(s, name, ROLE_A, VARIABLE_CONTINUOUS, 1, NULL));
        assert_int_equal(s->variable[i].first, i);
    }
    refuse(cama__schema_add(s, "more", ROLE_X, VARIABLE_CONTINUOUS, 1, NULL),
           "variable \"more\": expected at most 4096 variables, got one more");
    cama__schema_free(s);
}

static void test_match(void **state)
{
    (void)state;
    static const char *const other[] = {"red", "green", "black"};
    static const struct {
        const char *name;
        int32_t role, kind;
        const char *const *levels;
        const char *message;
    } cases[] = {
        {"h", ROLE_X, VARIABLE_CATEGORICAL, colours, "test: expected variable \"g\", got \"h\""},
        {"g", ROLE_C, VARIABLE_CATEGORICAL, colours, "test: expected child variable \"g\", got none"},
        {"g", ROLE_X, VARIABLE_BINARY, NULL, "test: expected kind \"categorical\" of variable \"g\", got \"binary\""},
        {"g", ROLE_X, VARIABLE_CATEGORICAL, other, "test: expected level \"blue\" of variable \"g\", got \"black\""},
    };
    cama_schema *s, *t;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        OK(cama__schema_create("y", 2, NULL, NULL, &s));
        OK(cama__schema_clone(s, &t));
        OK(cama__schema_add(s, "g", ROLE_X, VARIABLE_CATEGORICAL, 3, colours));
        refuse(cama__schema_match(s, t, "test"), "test: expected child variable \"g\", got none");
        refuse(cama__schema_match(t, s, "test"), "test: expected no other child variable, got \"g\"");
        OK(cama__schema_add(t, cases[i].name, cases[i].role, cases[i].kind, 3, cases[i].levels));
        refuse(cama__schema_match(s, t, "test"), cases[i].message);
        cama__schema_free(s);
        cama__schema_free(t);
    }
    OK(cama__schema_create("y", 2, NULL, NULL, &s));
    OK(cama__schema_clone(s, &t));
    for (int i = 0; i < 2; i++) { /* the order of adding counts within a role alone */
        OK(cama__schema_add(i ? t : s, "g", ROLE_X, VARIABLE_BINARY, 1, NULL));
        assert_int_equal(cama__schema_add(s, "h", ROLE_C, VARIABLE_BINARY, 1, NULL), i ? CAMA_E_ARGUMENT : CAMA_OK);
        if (i == 0) OK(cama__schema_add(t, "h", ROLE_C, VARIABLE_BINARY, 1, NULL));
    }
    OK(cama__schema_match(s, t, "test"));
    cama__schema_free(t);
    cama__schema_free(s);
    s = make();
    static const double cuts[] = {-1, 2.25};
    OK(cama__schema_create("y", 3, NULL, NULL, &t));
    refuse(cama__schema_match(s, t, "test"),
           "test: expected child variable \"t\", got none"); /* a schema by hand has no cuts, and needs none */
    cama__schema_free(t);
    OK(cama__schema_create("y", 3, NULL, cuts, &t));
    refuse(cama__schema_match(s, t, "test"), "test: expected cut 2.5, got 2.25");
    cama__schema_free(t);
    OK(cama__schema_create("y", 2, NULL, NULL, &t));
    refuse(cama__schema_match(s, t, "test"), "test: expected 3 classes, got 2");
    cama__schema_free(t);
    cama__schema_free(s);
}

static void test_check(void **state)
{
    (void)state;
    cama_schema *s = make();
    float x[] = {7, 0, 1, 0, 8, 1, 0, 0}, a[] = {0, 1};
    OK(cama__schema_check(s, ROLE_X, 2, x));
    OK(cama__schema_check(s, ROLE_A, 2, a));
    a[1] = 2;
    assert_int_equal(cama__schema_check(s, ROLE_A, 2, a), CAMA_E_DATA);
    assert_string_equal(cama_last_error(), "row 1, binary variable \"b\": expected 0 or 1, got 2");
    x[7] = 1;
    assert_int_equal(cama__schema_check(s, ROLE_X, 2, x), CAMA_E_DATA);
    assert_string_equal(cama_last_error(),
                        "row 1, categorical variable \"g\": expected one 1 among its 3 numbers, got 2");
    x[2] = 0.5f;
    assert_int_equal(cama__schema_check(s, ROLE_X, 2, x), CAMA_E_DATA);
    assert_string_equal(cama_last_error(), "row 0, categorical variable \"g\": expected 0 or 1, got 0.5");
    x[2] = 0;
    assert_int_equal(cama__schema_check(s, ROLE_X, 1, x), CAMA_E_DATA);
    cama__schema_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_it_holds), cmocka_unit_test(test_refused_targets),
                                       cmocka_unit_test(test_refused_names), cmocka_unit_test(test_refused_variables),
                                       cmocka_unit_test(test_limits),        cmocka_unit_test(test_match),
                                       cmocka_unit_test(test_check)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
