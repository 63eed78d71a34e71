/* error_test - status names, and a message that is one bounded line of its own thread. */

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "check.h"

static void test_starts_empty(void **state)
{
    (void)state;
    assert_string_equal(cama_last_error(), "");
}

static void test_returns_status_and_formats(void **state)
{
    (void)state;
    assert_int_equal(cama__error(CAMA_E_DATA, "label %d of row %s: 0 to %d expected", 12, "7", 9), CAMA_E_DATA);
    assert_string_equal(cama_last_error(), "label 12 of row 7: 0 to 9 expected");
    assert_int_equal(cama__error(CAMA_E_IO, "short"), CAMA_E_IO);
    assert_string_equal(cama_last_error(), "short");
}

static void test_long_message_is_cut(void **state)
{
    (void)state;
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cama__error(CAMA_E_FORMAT, "%s", text);
    assert_int_equal(strlen(cama_last_error()), 1023);
    assert_memory_equal(cama_last_error(), text, 1023);
}

static void test_message_is_one_line(void **state)
{
    (void)state;
    cama__error(CAMA_E_OPTION, "key '%s'", "a\nb\tc\x1b[31m\x7f \xc3\xa9");
    assert_string_equal(cama_last_error(), "key 'a b c [31m  \xc3\xa9'");
}

/* What is no UTF-8 becomes "?"; a character is cut off whole, by the end of the message and by SHOWN. */
static void test_message_is_utf_8(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"m\xe9"
         "d",
         "m?d"},       /* Latin-1 */
        {"\xe9", "?"}, /* at the end of a message that is not cut */
        {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"\xc0\x80 \xe0\x80\x80", "?? ???"}, /* longer than need be */
        {"\xed\xa0\x80", "???"},             /* half of a pair of UTF-16 */
        {"\xf4\x90\x80\x80 \xff", "???? ?"}, /* beyond Unicode */
        {"\x80\xbf", "??"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cama__error(CAMA_E_DATA, "%s", cases[i][0]);
        assert_string_equal(cama_last_error(), cases[i][1]);
    }
    static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (size_t k = 1; k <= 4; k++)
        for (size_t begin = 0; begin < 4; begin++) {
            char text[4096] = "", shown[64];
            while (strlen(text) < begin) strcat(text, "y");
            while (strlen(text) < 3000) strcat(text, characters[k - 1]);
            cama__error(CAMA_E_DATA, "%s", text);
            const size_t whole = begin + (1023 - begin) / k * k, short_one = begin + (40 - begin) / k * k;
            assert_int_equal(strlen(cama_last_error()), whole);
            assert_memory_equal(cama_last_error(), text, whole);
            snprintf(shown, sizeof shown, "%.*s", SHOWN(text));
            assert_int_equal(strlen(shown), short_one);
        }
    assert_int_equal(cama__shown(""), 0);
    char tails[64];
    memset(tails, '\x80', sizeof tails - 1);
    tails[sizeof tails - 1] = '\0';
    assert_int_equal(cama__shown(tails), 40);
}

static void test_message_may_be_its_own_argument(void **state)
{
    (void)state;
    cama__error(CAMA_E_FORMAT, "tensor p_m.0.weight");
    cama__error(CAMA_E_FORMAT, "model.st: %s: truncated", cama_last_error());
    assert_string_equal(cama_last_error(), "model.st: tensor p_m.0.weight: truncated");
}

static void *fail_elsewhere(void *first)
{
    strcpy(first, cama_last_error());
    cama__error(CAMA_E_IO, "elsewhere");
    return strcmp(cama_last_error(), "elsewhere") == 0 ? first : NULL;
}

static void test_message_belongs_to_its_thread(void **state)
{
    (void)state;
    char first[1024] = "not called";
    void *answer = NULL;
    pthread_t thread;
    cama__error(CAMA_E_DATA, "here");
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, first), 0);
    assert_int_equal(pthread_join(thread, &answer), 0);
    assert_ptr_equal(answer, first);
    assert_string_equal(first, "");
    assert_string_equal(cama_last_error(), "here");
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        int32_t status;
        const char *name;
    } known[] = {{CAMA_OK, "CAMA_OK"},
                 {CAMA_E_ARGUMENT, "CAMA_E_ARGUMENT"},
                 {CAMA_E_DATA, "CAMA_E_DATA"},
                 {CAMA_E_OPTION, "CAMA_E_OPTION"},
                 {CAMA_E_MEMORY, "CAMA_E_MEMORY"},
                 {CAMA_E_IO, "CAMA_E_IO"},
                 {CAMA_E_FORMAT, "CAMA_E_FORMAT"},
                 {CAMA_E_NONFINITE, "CAMA_E_NONFINITE"},
                 {CAMA_E_CANCELLED, "CAMA_E_CANCELLED"},
                 {CAMA_E_SYSTEM, "CAMA_E_SYSTEM"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_string_equal(cama_status_name(known[i].status), known[i].name);
    static const int32_t unknown[] = {-1, CAMA_E_SYSTEM + 1, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_string_equal(cama_status_name(unknown[i]), "CAMA_E_UNKNOWN");
}

/* Steps taken by climb, which fails at step `at` with TRY or, at 3, with FAIL. */
static int32_t step(int32_t number, int32_t at, int32_t *taken)
{
    *taken = number;
    return number == at ? cama__error(CAMA_E_DATA, "step %d", (int)number) : CAMA_OK;
}

static int32_t climb(int32_t at, int32_t *taken, int *cleaned)
{
    int32_t status = CAMA_OK;
    TRY(step(1, at, taken));
    TRY(step(2, at, taken));
    if (at == 3) FAIL(CAMA_E_ARGUMENT, "at %d", 3);
    *taken = 4;
out:
    ++*cleaned;
    return status;
}

static void test_macros_stop_at_the_first_failure(void **state)
{
    (void)state;
    int32_t taken = 0;
    int cleaned = 0;
    assert_int_equal(climb(1, &taken, &cleaned), CAMA_E_DATA);
    assert_int_equal(taken, 1);
    assert_string_equal(cama_last_error(), "step 1");
    assert_int_equal(climb(3, &taken, &cleaned), CAMA_E_ARGUMENT);
    assert_int_equal(taken, 2);
    assert_string_equal(cama_last_error(), "at 3");
    assert_int_equal(climb(0, &taken, &cleaned), CAMA_OK);
    assert_int_equal(taken, 4);
    assert_int_equal(cleaned, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_starts_empty), /* first: nothing has failed yet */
        cmocka_unit_test(test_returns_status_and_formats),
        cmocka_unit_test(test_long_message_is_cut),
        cmocka_unit_test(test_message_is_one_line),
        cmocka_unit_test(test_message_is_utf_8),
        cmocka_unit_test(test_message_may_be_its_own_argument),
        cmocka_unit_test(test_message_belongs_to_its_thread),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_macros_stop_at_the_first_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
