/* schema_json_test - there and back, to the bit; and texts that are no schema. */

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "io/schema_json.h"

/* text in memory that ends where it ends, so that a sanitizer sees one byte too far. */
static int32_t decode(const char *text, size_t size, cama_schema **out)
{
    char *exact = malloc(size > 0 ? size : 1);
    memcpy(exact, text, size);
    *out = NULL;
    const int32_t status = cama__schema_json_decode(exact, (int64_t)size, "PATH", out);
    free(exact);
    return status;
}

static cama_schema *make(void)
{
    static const char *const named[] = {"y < 1", "1 <= y < 2", "\"\\/\xc3\xa4\xf0\x9f\x98\x80"};
    static const char *const levels[] = {"u,v", "[", "{}"}, *const answers[] = {"no", "yes"};
    static const double cuts[] = {0.1 + 0.2, 1e300};
    cama_schema *s = NULL;
    OK(cama__schema_create("the \"y\"", 3, named, cuts, &s));
    OK(cama__schema_add(s, "t", ROLE_X, VARIABLE_CONTINUOUS, 1, NULL));
    OK(cama__schema_add(s, "b", ROLE_A, VARIABLE_BINARY, 1, answers));
    OK(cama__schema_add(s, "g", ROLE_C, VARIABLE_CATEGORICAL, 3, levels));
    OK(cama__schema_add(s, "h", ROLE_C, VARIABLE_CATEGORICAL, 40, NULL));
    return s;
}

static void test_round_trip(void **state)
{
    (void)state;
    cama_schema *s = make(), *back;
    char *text = NULL, *again = NULL;
    OK(cama__schema_json_encode(s, &text));
    assert_int_equal(decode(text, strlen(text), &back), CAMA_OK);
    OK(cama__schema_match(s, back, "back"));
    assert_memory_equal(s->cut, back->cut, 2 * sizeof *s->cut);
    assert_int_equal(back->variable[3].first, 3);
    OK(cama__schema_json_encode(back, &again));
    assert_string_equal(text, again);
    for (size_t size = 0; size < strlen(text); size++) {
        cama_schema *none;
        assert_int_equal(decode(text, size, &none), CAMA_E_FORMAT);
        assert_memory_equal(cama_last_error(), "PATH: ", 6);
        assert_null(none);
    }
    cama__schema_free(s);
    cama__schema_free(back);
    cama__mem_free(text);
    cama__mem_free(again);
}

static void test_the_text(void **state)
{
    (void)state;
    cama_schema *s = NULL;
    char *text = NULL;
    const double cut = 21.5;
    OK(cama__schema_create("y", 2, NULL, &cut, &s));
    OK(cama__schema_add(s, "t", ROLE_X, VARIABLE_CONTINUOUS, 1, NULL));
    OK(cama__schema_json_encode(s, &text));
    assert_string_equal(text, "[{\"target\":\"y\",\"classes\":[\"0\",\"1\"],\"cuts\":[\"21.5\"]},"
                              "{\"name\":\"t\",\"role\":\"child\",\"kind\":\"continuous\"}]");
    cama__schema_free(s);
    cama__mem_free(text);
}

static void test_any_order_of_keys(void **state)
{
    (void)state;
    static const char text[] = " [ {\"classes\":[\"a\",\"b\"], \"target\":\"y\"} , {\"levels\":[\"u\",\"v\"],"
                               "\"kind\":\"binary\",\"role\":\"co-parent\",\"name\":\"n\"} ] ";
    cama_schema *s;
    assert_int_equal(decode(text, sizeof text - 1, &s), CAMA_OK);
    assert_string_equal(s->variable[0].level[1], "v");
    assert_int_equal(s->width[ROLE_C], 1);
    assert_null(s->cut);
    cama__schema_free(s);
}

#define TARGET "[{\"target\":\"y\",\"classes\":[\"a\",\"b\"]}"

static void test_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "JSON byte 0: expected '[', got the end"},
        {"[]", "schema: expected the target, got an empty array"},
        {"[{}]", "expected the key \"target\""},
        {"[{\"target\":\"y\"}]", "target \"y\": expected 2 to 65536 classes, got 0"},
        {"[{\"target\":\"y\",\"classes\":[\"a\"]}]", "target \"y\": expected 2 to 65536 classes, got 1"},
        {"[{\"target\":\"y\",\"classes\":[\"a\",\"a\"]}]", "expected each name once, got \"a\" twice"},
        {"[{\"target\":\"y\",\"classes\":[\"a\",1]}]", "expected a string"},
        {"[{\"target\":\"\",\"classes\":[\"a\",\"b\"]}]", "name of the target: expected 1 to 255 bytes"},
        {"[{\"target\":\"y\",\"target\":\"y\",\"classes\":[\"a\",\"b\"]}]", "expected each key once"},
        {"[{\"target\":\"y\",\"classes\":[\"a\",\"b\"],\"cuts\":[]}]", "expected 1 cuts, one less than classes, got 0"},
        {"[{\"cuts\":[\"1\"],\"target\":\"y\"}]", "expected -1 cuts"},
        {"[{\"target\":\"y\",\"classes\":[\"a\",\"b\"],\"cuts\":[\"x\"]}]",
         "expected a finite number as cut, got \"x\""},
        {"[{\"target\":\"y\",\"classes\":[\"a\",\"b\"],\"cuts\":[\"1e999\"]}]", "expected a finite number as cut"},
        {"[{\"target\":\"y\",\"classes\":[\"a\",\"b\",\"c\"],\"cuts\":[\"2\",\"1\"]}]", "cuts: expected ascending"},
        {"[{\"target\":\"y\",\"levels\":[\"a\",\"b\"]}]", "expected no key \"levels\""},
        {TARGET, "expected ',' or ']', got the end"},
        {TARGET "]x", "expected the end, got 'x'"},
        {TARGET ",{\"role\":\"child\",\"kind\":\"binary\"}]", "expected the key \"name\""},
        {TARGET ",{\"name\":\"n\",\"kind\":\"continuous\"}]", "expected the key \"role\""},
        {TARGET ",{\"name\":\"n\",\"role\":\"uncle\",\"kind\":\"continuous\"}]", "expected a role, got \"uncle\""},
        {TARGET ",{\"name\":\"n\",\"role\":\"child\",\"kind\":\"odd\"}]", "expected a kind, got \"odd\""},
        {TARGET ",{\"name\":\"n\",\"role\":\"child\",\"kind\":\"binary\"}]",
         "expected 2 levels of binary variable \"n\", got 0"},
        {TARGET ",{\"name\":\"n\",\"role\":\"child\",\"kind\":\"continuous\",\"levels\":[\"u\"]}]",
         "expected 0 levels of continuous variable \"n\", got 1"},
        {TARGET ",{\"name\":\"n\",\"role\":\"child\",\"kind\":\"categorical\",\"levels\":[\"u\"]}]",
         "variable \"n\": expected 2 to 65536 levels, got 1"},
        {TARGET ",{\"name\":\"y\",\"role\":\"child\",\"kind\":\"continuous\"}]", "got that of the target"},
        {TARGET ",{\"name\":\"n\\n\",\"role\":\"child\",\"kind\":\"continuous\"}]", "without control characters"},
        {TARGET ",{\"name\":\"n\",\"role\":\"child\",\"kind\":\"continuous\",\"classes\":[\"u\"]}]",
         "expected no key \"classes\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cama_schema *s;
        const int32_t status = decode(cases[i][0], strlen(cases[i][0]), &s);
        if (status != CAMA_E_FORMAT || strstr(cama_last_error(), cases[i][1]) == NULL)
            fail_msg("%s\n  got %s", cases[i][0], cama_last_error());
        assert_memory_equal(cama_last_error(), "PATH: ", 6);
        assert_null(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip), cmocka_unit_test(test_the_text),
                                       cmocka_unit_test(test_any_order_of_keys), cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
