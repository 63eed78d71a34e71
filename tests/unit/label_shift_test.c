/* label_shift_test - rows that are explained as well as clean ones of the same classes, and shares of predicted classes
 * beyond chance. */
#include "verbs/label_shift.h"

#include <math.h>

#include "check.h"

enum { N = 200, CLASSES = 3 };

typedef struct {
    double value[N];
    int32_t top[N];
} made;

/* Class c has values about -10 c; `first` of the rows are class 0, the others 1 and 2 in turn. */
static cama__explained_rows make(made *m, int32_t first, double shift)
{
    for (int32_t i = 0; i < N; i++) {
        m->top[i] = i < first ? 0 : 1 + i % 2;
        m->value[i] = -10 * m->top[i] + 3 * sin(12.9898 * i) + shift;
    }
    return (cama__explained_rows){m->value, m->top, N};
}

static double work[2 * CLASSES];

/* The mean falls by ten nats when rows go from class 0 to the others; within the classes nothing is worse. */
static void test_shares_are_no_manipulation(void **state)
{
    (void)state;
    made a, b;
    const cama__explained_rows clean = make(&a, 150, 0);
    cama__explained_rows test = make(&b, 40, 0);
    assert_true(cama__explained_as_well(&clean, &test, CLASSES, work));
    test = make(&b, 40, 2);
    assert_true(cama__explained_as_well(&clean, &test, CLASSES, work));
    test = make(&b, 40, -2); /* a deviation of the values is 2 */
    assert_false(cama__explained_as_well(&clean, &test, CLASSES, work));
}

/* No clean row is predicted to be of a class that test rows have. */
static void test_unknown_class(void **state)
{
    (void)state;
    made a, b;
    const cama__explained_rows clean = make(&a, N, 0), test = make(&b, 40, 50);
    assert_false(cama__explained_as_well(&clean, &test, CLASSES, work));
    assert_true(cama__explained_as_well(&test, &clean, CLASSES, work) == false); /* 50 nats worse */
}

/* Some rows are explained by a million nats worse: the mean says nothing any more, ranks do. */
static void test_a_few_rows(void **state)
{
    (void)state;
    made a, b;
    const cama__explained_rows clean = make(&a, 150, 0);
    cama__explained_rows test = make(&b, 40, 0);
    for (int32_t i = 0; i < N; i += 40) b.value[i] -= 1e6;
    assert_true(cama__explained_as_well(&clean, &test, CLASSES, work));
    test = make(&b, 40, -2);
    for (int32_t i = 0; i < N; i += 10) b.value[i] -= 1e6;
    assert_false(cama__explained_as_well(&clean, &test, CLASSES, work));
}

static void test_predicted_otherwise(void **state)
{
    (void)state;
    made a, b;
    const cama__explained_rows clean = make(&a, 100, 0);
    cama__explained_rows test = make(&b, 108, 0);
    assert_false(cama__predicted_otherwise(&clean, &test, CLASSES, work));
    test = make(&b, 140, 0);
    assert_true(cama__predicted_otherwise(&clean, &test, CLASSES, work));
    assert_true(cama__predicted_otherwise(&test, &clean, CLASSES, work));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shares_are_no_manipulation),
                                       cmocka_unit_test(test_unknown_class), cmocka_unit_test(test_a_few_rows),
                                       cmocka_unit_test(test_predicted_otherwise)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
