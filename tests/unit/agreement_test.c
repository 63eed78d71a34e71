/* agreement_test - when two runs agree, by counts. */
#include "verbs/agreement.h"

#include "check.h"

enum { N = 100 };

/* `changed` of the rows are class 1 in both runs, `apart` others only in the second. */
static bool agree_within(double errors, int32_t changed, int32_t apart, double *disagreement)
{
    const int32_t source[N] = {0};
    int32_t first[N] = {0}, second[N] = {0};
    for (int32_t i = 0; i < changed; i++) first[i] = second[i] = 1;
    for (int32_t i = changed; i < changed + apart; i++) second[i] = 1;
    return cama__agree(source, first, second, N, errors, disagreement);
}

static bool agree(int32_t changed, int32_t apart, double *disagreement)
{
    return agree_within(1, changed, apart, disagreement);
}

/* 4 d <= c + 4 root d, in rows. */
static void test_rule(void **state)
{
    (void)state;
    double d = -1;
    assert_true(agree(40, 0, &d) && d == 0);
    assert_true(agree(0, 0, &d) && d == 0);
    assert_true(agree(40, 15, &d)); /* changed 47.5; 11.9 + 3.9 */
    assert_near(d, 0.15, 1e-12);
    assert_false(agree(40, 17, &d)); /* changed 48.5; 12.1 + 4.1 */
    assert_false(agree(4, 16, &d));  /* changed 12; 3 + 4 */
    assert_near(d, 0.16, 1e-12);
}

/* Without errors 4 d <= c. */
static void test_without_errors(void **state)
{
    (void)state;
    double d = -1;
    assert_true(agree_within(0, 0, 0, &d));
    assert_true(agree_within(0, 14, 4, &d)); /* changed 16 */
    assert_false(agree_within(0, 13, 4, &d));
    assert_false(agree_within(0, 2, 1, &d)); /* changed 2.5 */
}

/* One row in a hundred may change. */
static void test_matters(void **state)
{
    (void)state;
    const int32_t source[200] = {0}, one[200] = {[7] = 1}, two[200] = {[7] = 1, [9] = 2},
                  three[200] = {[7] = 1, [9] = 2, [199] = 1};
    assert_false(cama__agreement_matters(source, source, 200));
    assert_false(cama__agreement_matters(source, two, 200));
    assert_true(cama__agreement_matters(source, three, 200));
    assert_true(cama__agreement_matters(source, one, 99));
}

/* What both make of a row counts, not how they got there: classes that the source had are changed too. */
static void test_other_class(void **state)
{
    (void)state;
    const int32_t source[4] = {0, 1, 2, 0}, first[4] = {1, 1, 0, 2}, second[4] = {2, 0, 2, 1};
    double d = 0;
    assert_false(cama__agree(source, first, second, 4, 1, &d)); /* 4 rows; changed 3; .75 + 2 */
    assert_near(d, 1, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rule), cmocka_unit_test(test_without_errors),
                                       cmocka_unit_test(test_matters), cmocka_unit_test(test_other_class)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
