/* decimal_test - the same doubles as the C library's strtod in the "C" locale, and no other texts; in a locale with a
 * decimal comma too. */

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "io/decimal.h"

static uint64_t random_bits(void)
{
    static uint64_t s = 88172645463325252u;
    s ^= s << 13;
    s ^= s >> 7;
    return s ^= s << 17;
}

static void agree(const char *text)
{
    double got = NAN;
    const double want = strtod(text, NULL);
    const enum cama__decimal what = cama__decimal_parse(text, &got);
    if (isinf(want) ? what != DECIMAL_NONFINITE : what != DECIMAL_NUMBER || memcmp(&got, &want, sizeof got) != 0)
        fail_msg("%.60s: expected %a, got kind %d, %a", text, want, (int)what, got);
}

static double random_double(void)
{
    double value = NAN;
    while (!isfinite(value)) {
        const uint64_t bits = random_bits();
        memcpy(&value, &bits, sizeof value);
    }
    return value;
}

static void test_random_doubles(void **state)
{
    (void)state;
    char text[1400];
    for (int i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "%.*e", (int)(random_bits() % 30), random_double());
        agree(text);
        snprintf(text, sizeof text, "%.*f", (int)(random_bits() % 40), (double)(int64_t)random_bits() / 1e12);
        agree(text);
    }
    for (int i = 0; i < 500; i++) { /* below the normal numbers */
        const uint64_t bits = random_bits() >> (12 + random_bits() % 52);
        double value;
        memcpy(&value, &bits, sizeof value);
        snprintf(text, sizeof text, "%.*e", (int)(random_bits() % 800), value);
        agree(text);
    }
}

/* Half way between two doubles, written out in full, and a little more. */
static void test_ties(void **state)
{
    (void)state;
    char text[64];
    for (int i = 0; i < 2000; i++) {
        const uint64_t odd = (UINT64_C(1) << 54) + 2 * (random_bits() >> 12) + 1; /* 2 units to the double there */
        snprintf(text, sizeof text, "%llu", (unsigned long long)odd);
        agree(text);
        snprintf(text, sizeof text, "%llu.0000000000000000000000000001", (unsigned long long)odd);
        agree(text);
        snprintf(text, sizeof text, "%llu.9999999999999999999999999999", (unsigned long long)odd - 1);
        agree(text);
    }
}

static void test_borders(void **state)
{
    (void)state;
    static const char *const texts[] = {"0",
                                        "-0",
                                        "+0.0",
                                        "1.",
                                        ".5",
                                        "-.5e1",
                                        "1e0",
                                        "1E+2",
                                        "1e-2",
                                        "00012",
                                        "0.0001",
                                        "1.7976931348623157e308",
                                        "1.7976931348623158e308",
                                        "1.7976931348623159e308",
                                        "1e309",
                                        "1e999",
                                        "-1e99999999999999999999",
                                        "4.9e-324",
                                        "2.4703282292062327e-324",
                                        "2.4703282292062328e-324",
                                        "1e-999999999999",
                                        "0e99999999999",
                                        "2.2250738585072011e-308",
                                        "2.2250738585072012e-308",
                                        "9007199254740993",
                                        "9007199254740992.5",
                                        "123456789012345678901234567890",
                                        "1e22",
                                        "1e23",
                                        "8.5e-23"};
    char text[3000];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) agree(texts[i]);
    memset(text, '0', sizeof text); /* 1 and its exponent, far apart */
    memcpy(text, "1", 1);
    snprintf(text + 2000, 16, "e-2000");
    agree(text);
    memset(text, '9', 2000);
    agree(text);
    memset(text, '0', 2000);
    memcpy(text, "0.", 2);
    snprintf(text + 1900, 16, "125e1898");
    agree(text);
    memset(text, '0', 2000); /* a tie but for its 1900th digit */
    memcpy(text, "9007199254740993.", 17);
    snprintf(text + 1900, 16, "1");
    agree(text);
}

static void test_what_is_no_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum cama__decimal what;
    } cases[] = {{"", DECIMAL_EMPTY},          {" \t ", DECIMAL_EMPTY},       {"nan", DECIMAL_NONFINITE},
                 {"-NaN ", DECIMAL_NONFINITE}, {"+inf", DECIMAL_NONFINITE},   {"Infinity", DECIMAL_NONFINITE},
                 {"infinit", DECIMAL_OTHER},   {"0x10", DECIMAL_OTHER},       {"1,5", DECIMAL_OTHER},
                 {"1 2", DECIMAL_OTHER},       {"--1", DECIMAL_OTHER},        {"+", DECIMAL_OTHER},
                 {".", DECIMAL_OTHER},         {"e5", DECIMAL_OTHER},         {"1e", DECIMAL_OTHER},
                 {"1e+", DECIMAL_OTHER},       {"1.2.3", DECIMAL_OTHER},      {"1f", DECIMAL_OTHER},
                 {"NA", DECIMAL_OTHER},        {"\xd9\xa1", DECIMAL_OTHER},   {"- 1", DECIMAL_OTHER},
                 {" 12 ", DECIMAL_NUMBER},     {"\t-1.5e1\t", DECIMAL_NUMBER}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = 77;
        if (cama__decimal_parse(cases[i].text, &value) != cases[i].what) fail_msg("\"%s\"", cases[i].text);
        if (cases[i].what != DECIMAL_NUMBER) assert_true(value == 77);
    }
}

static void test_print(void **state)
{
    (void)state;
    char text[DECIMAL_TEXT];
    static const struct {
        double value;
        const char *text;
    } cases[] = {{21.5, "21.5"}, {0.1, "0.1"},      {1e6, "1000000"},
                 {-3, "-3"},     {1e300, "1e+300"}, {0.1 + 0.2, "0.30000000000000004"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cama__decimal_print(cases[i].value, text);
        assert_string_equal(text, cases[i].text);
    }
    for (int i = 0; i < 5000; i++) {
        const double value = random_double();
        cama__decimal_print(value, text);
        assert_true(strtod(text, NULL) == value);
    }
    assert_true(cama__decimal_meant(0.1f) == 0.1);
    assert_true(cama__decimal_meant(21.5f) == 21.5);
    assert_true(cama__decimal_meant(16777215.0f) == 16777215.0);
    assert_true((float)cama__decimal_meant(FLT_MIN) == FLT_MIN);
}

static void test_decimal_comma(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE", "nl_NL.UTF-8"};
    char text[DECIMAL_TEXT];
    double value = 0;
    const char *set = NULL;
    for (size_t i = 0; set == NULL && i < sizeof names / sizeof *names; i++) set = setlocale(LC_NUMERIC, names[i]);
    if (set == NULL) skip();
    cama__decimal_print(1234.5, text);
    const enum cama__decimal point = cama__decimal_parse("1.5", &value), comma = cama__decimal_parse("1,5", &value);
    setlocale(LC_NUMERIC, "C");
    assert_string_equal(text, "1234.5");
    assert_int_equal(point, DECIMAL_NUMBER);
    assert_int_equal(comma, DECIMAL_OTHER);
    assert_true(value == 1.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_doubles), cmocka_unit_test(test_ties),
                                       cmocka_unit_test(test_borders),        cmocka_unit_test(test_what_is_no_number),
                                       cmocka_unit_test(test_print),          cmocka_unit_test(test_decimal_comma)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
