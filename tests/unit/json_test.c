/* json_test - what the cursor accepts, and a table of texts it must refuse with the byte at which they go wrong. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "io/json.h"

/* Read whatever stands there. The cursor does not look ahead for its caller, so the walk peeks at the byte itself. */
static int32_t walk(cama__json *json, int64_t *sum)
{
    int32_t status = CAMA_OK;
    const char *text;
    int64_t number;
    bool more;
    while (json->at < json->size && strchr(" \t\r\n", json->text[json->at]) != NULL) json->at++;
    const char c = json->at < json->size ? json->text[json->at] : '\0';
    if (c == '{' || c == '[') {
        TRY(cama__json_open(json, c));
        while (true) {
            TRY(cama__json_more(json, &more));
            if (!more) break;
            if (c == '{') TRY(cama__json_key(json, &text));
            TRY(walk(json, sum));
        }
    } else if (c == '"') {
        TRY(cama__json_string(json, &text));
        *sum += (int64_t)strlen(text);
    } else {
        TRY(cama__json_integer(json, &number));
        *sum += number;
    }
out:
    return status;
}

/* text (size) in memory that ends where it ends, so that a sanitizer sees one byte too far. */
static int32_t read_all(const char *text, int64_t size, int64_t *sum)
{
    cama__json json;
    char *exact = malloc((size_t)size), *pool = malloc((size_t)size);
    if (size > 0) memcpy(exact, text, (size_t)size);
    *sum = 0;
    cama__json_start(&json, exact, size, "PATH", pool);
    int32_t status = walk(&json, sum);
    if (status == CAMA_OK) status = cama__json_end(&json);
    assert_true(json.pooled <= size);
    cama__json_free(&json);
    free(exact);
    free(pool);
    return status;
}

static void test_a_document_is_read(void **state)
{
    (void)state;
    static const char text[] =
        " { \"name\" :{\"values\":[1,-2 , 30],\"text\":\"abc\"}, \"\":7,\"empty\":{},\"none\":[ ]} \n";
    int64_t sum;
    assert_int_equal(read_all(text, sizeof text - 1, &sum), CAMA_OK);
    assert_int_equal(sum, 1 - 2 + 30 + 3 + 7);
    for (int64_t length = 0; length < (int64_t)sizeof text - 3; length++) {
        assert_int_equal(read_all(text, length, &sum), CAMA_E_FORMAT);
        check_said("got the end");
    }
    assert_int_equal(read_all("{\"a\":{\"a\":1},\"b\":{\"a\":1}}", 25, &sum), CAMA_OK); /* one key in two objects */
}

static void test_integers_of_64_bits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},
                {"-0", 0},
                {"9007199254740993", INT64_C(9007199254740993)},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t value = 5;
        assert_int_equal(read_all(good[i].text, (int64_t)strlen(good[i].text), &value), CAMA_OK);
        assert_true(value == good[i].value);
    }
}

static void test_strings_are_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *text, *value;
    } good[] = {{"\"\"", ""},
                {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
                {"\"\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
                {"\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f"},
                {"\"\xc2\x80\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"",
                 "\xc2\x80\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cama__json json;
        char pool[64];
        const char *value = NULL;
        cama__json_start(&json, good[i].text, (int64_t)strlen(good[i].text), "PATH", pool);
        if (cama__json_string(&json, &value) != CAMA_OK) fail_msg("%s", cama_last_error());
        assert_string_equal(value, good[i].value);
        OK(cama__json_end(&json));
        cama__json_free(&json);
    }
}

static void test_bad_text_is_refused_at_its_byte(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int at;
        const char *words;
    } bad[] = {
        {"", 0, "expected an integer, got the end"},
        {"{\"a\":1,\"b\":2,\"a\":3}", 13, "expected each key once, got the key of byte 1 again"},
        {"{\"a\":1,\"\\u0061\":3}", 7, "got the key of byte 1 again"},
        {"{\"a\":{\"x\":1,\"y\":1,\"x\":1}}", 18, "got the key of byte 6 again"},
        {"{} x", 3, "expected the end, got 'x'"},
        {"{}{}", 2, "expected the end"},
        {"1 2", 2, "expected the end"},
        {"{\"a\":1,}", 7, "expected a key, got '}'"},
        {"{,\"a\":1}", 1, "expected a key"},
        {"{\"a\" 1}", 5, "expected ':', got '1'"},
        {"{\"a\":1 \"b\":1}", 7, "expected ',' or '}'"},
        {"{a:1}", 1, "expected a key, got 'a'"},
        {"{'a':1}", 1, "expected a key"},
        {"{1:1}", 1, "expected a key"},
        {"[1,]", 3, "expected an integer, got ']'"},
        {"[,1]", 1, "expected an integer, got ','"},
        {"[1 2]", 3, "expected ',' or ']', got '2'"},
        {"[1}", 2, "expected ',' or ']', got '}'"},
        {"[[[[1]]]]", 3, "expected nothing nested deeper than 3"},
        {"{\"a\":{\"b\":{\"c\":{}}}}", 15, "expected nothing nested deeper than 3"},
        {"true", 0, "expected an integer, got 't'"},
        {"null", 0, "expected an integer"},
        {"/**/1", 0, "expected an integer"},
        {"\xef\xbb\xbf{}", 0, "got byte 0xef"},
        {"\v1", 0, "got byte 0x0b"},
        {"01", 1, "expected the end"},
        {"-01", 2, "expected the end"},
        {"-", 1, "expected a digit"},
        {"+1", 0, "expected an integer"},
        {"1.5", 1, "expected an integer to end here, got '.'"},
        {"1e3", 1, "expected an integer to end here"},
        {"0x10", 1, "expected the end"},
        {"9223372036854775808", 0, "an integer of 64 bits"},
        {"-9223372036854775809", 0, "an integer of 64 bits"},
        {"18446744073709551616", 0, "an integer of 64 bits"},
        {"99999999999999999999999999999999999999", 0, "an integer of 64 bits"},
        {"\"abc", 4, "got the end"},
        {"\"a\nb\"", 2, "expected a character of a string or '\"', got byte 0x0a"},
        {"\"\\x\"", 2, "after \\, got 'x'"},
        {"\"\\", 2, "after \\, got the end"},
        {"\"\\u12g4\"", 5, "four hexadecimal digits after \\u, got 'g'"},
        {"\"\\u12", 5, "four hexadecimal digits"},
        {"\"\\u0000\"", 1, "other than U+0000, got \\u0000"},
        {"\"\\ud800\"", 1, "half a surrogate pair"},
        {"\"\\udc00\\ud800\"", 1, "half a surrogate pair"},
        {"\"\\ud800\\u0041\"", 1, "half a surrogate pair"},
        {"\"\\ud800\\", 1, "half a surrogate pair"},
        {"\"\x80\"", 1, "expected UTF-8, got byte 0x80"},
        {"\"\xc0\x80\"", 1, "expected UTF-8"},         /* overlong U+0000 */
        {"\"\xc1\xbf\"", 1, "expected UTF-8"},         /* overlong */
        {"\"\xe0\x9f\xbf\"", 1, "expected UTF-8"},     /* overlong */
        {"\"\xf0\x8f\xbf\xbf\"", 1, "expected UTF-8"}, /* overlong */
        {"\"\xed\xa0\x80\"", 1, "expected UTF-8"},     /* a surrogate */
        {"\"\xf4\x90\x80\x80\"", 1, "expected UTF-8"}, /* above U+10FFFF */
        {"\"\xf5\x80\x80\x80\"", 1, "expected UTF-8"},
        {"\"\xff\"", 1, "expected UTF-8"},
        {"\"a\xc3\"", 2, "expected UTF-8"},   /* cut short by the quote */
        {"\"a\xe2\x82", 2, "expected UTF-8"}, /* cut short by the end */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char place[40];
        int64_t sum;
        snprintf(place, sizeof place, "PATH: JSON byte %d: ", bad[i].at);
        assert_int_equal(read_all(bad[i].text, (int64_t)strlen(bad[i].text), &sum), CAMA_E_FORMAT);
        if (strncmp(cama_last_error(), place, strlen(place)) != 0 || strstr(cama_last_error(), bad[i].words) == NULL) {
            fail_msg("%s: got \"%s\", expected \"%s%s\"", bad[i].text, cama_last_error(), place, bad[i].words);
        }
    }
    int64_t sum;
    assert_int_equal(read_all("\"a\0b\"", 5, &sum), CAMA_E_FORMAT);
    assert_int_equal(read_all("[1]\0", 4, &sum), CAMA_E_FORMAT);
}

static void test_duplicates_among_many_keys(void **state)
{
    (void)state;
    const int count = 3000;
    char *text = malloc((size_t)count * 20 + 20);
    for (int twin = 0; twin < 2; twin++) {
        size_t used = (size_t)sprintf(text, "{");
        for (int i = 0; i < count; i++) {
            used += (size_t)sprintf(text + used, "%s\"k%d\":1", i > 0 ? "," : "", i * 7919 % count);
        }
        used += (size_t)sprintf(text + used, "%s}", twin ? ",\"k1234\":1" : "");
        int64_t sum;
        const int32_t status = read_all(text, (int64_t)used, &sum);
        if (status != (twin ? CAMA_E_FORMAT : CAMA_OK)) fail_msg("status %d: %s", status, cama_last_error());
        if (!twin) assert_int_equal(sum, count);
    }
    free(text);
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    char bytes[300], text[2000], pool[2000];
    size_t used = 0;
    for (int c = 1; c < 0x80; c++) bytes[used++] = (char)c;
    strcpy(bytes + used, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    cama__json_writer count = {0}, writer = {.text = text};
    for (int pass = 0; pass < 2; pass++) {
        cama__json_writer *w = pass == 0 ? &count : &writer;
        cama__json_put(w, "{");
        cama__json_put_string(w, bytes);
        cama__json_put(w, ":");
        cama__json_put_integer(w, INT64_MIN);
        cama__json_put(w, "}");
    }
    assert_int_equal(count.used, writer.used);
    for (int64_t i = 0; i < writer.used; i++) assert_true((unsigned char)text[i] >= ' '); /* one line */

    cama__json json;
    const char *key;
    int64_t value;
    bool more;
    cama__json_start(&json, text, writer.used, "PATH", pool);
    assert_int_equal(cama__json_open(&json, '{'), CAMA_OK);
    OK(cama__json_more(&json, &more));
    assert_true(more);
    OK(cama__json_key(&json, &key));
    assert_string_equal(key, bytes);
    OK(cama__json_integer(&json, &value));
    assert_true(value == INT64_MIN);
    OK(cama__json_more(&json, &more));
    assert_false(more);
    OK(cama__json_end(&json));
    cama__json_free(&json);

    writer.used = 0;
    cama__json_put_string(&writer, "a\"\\/\n\x01");
    assert_int_equal(writer.used, 16);
    assert_memory_equal(text, "\"a\\\"\\\\/\\n\\u0001\"", 16);
}

static void *no_alloc(void *user, size_t bytes)
{
    (void)user;
    (void)bytes;
    return NULL;
}

static void no_free(void *user, void *pointer)
{
    (void)user;
    (void)pointer;
}

static void test_no_memory_for_keys(void **state)
{
    (void)state;
    const cama__mem_hook nothing = {no_alloc, no_free, NULL};
    int64_t sum;
    cama__mem_set_hook(&nothing);
    const int32_t status = read_all("{\"a\":1}", 7, &sum);
    cama__mem_set_hook(NULL);
    assert_int_equal(status, CAMA_E_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_document_is_read),         cmocka_unit_test(test_integers_of_64_bits),
        cmocka_unit_test(test_strings_are_decoded),        cmocka_unit_test(test_bad_text_is_refused_at_its_byte),
        cmocka_unit_test(test_duplicates_among_many_keys), cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_no_memory_for_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
