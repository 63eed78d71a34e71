/* report_test - what was added is found, copied, and the message of a wrong key names the right ones. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "verbs/report.h"

static void test_add_and_find(void **state)
{
    (void)state;
    cama_report *report = NULL;
    double values[] = {1.5, -2, 3};
    int32_t key = -7;
    OK(cama__report_create(&report));
    assert_int_equal(cama__report_find(report, "steps", &key), CAMA_E_ARGUMENT);
    check_said("there is none");
    OK(cama__report_add(report, "objective", 3, values));
    OK(cama__report_add(report, "empty", 0, NULL));
    OK(cama__report_add(report, "steps", 1, values + 1));
    values[0] = 99;
    OK(cama__report_find(report, "objective", &key));
    assert_int_equal(report->count[key], 3);
    assert_true(report->value[key][0] == 1.5 && report->value[key][1] == -2 && report->value[key][2] == 3);
    OK(cama__report_find(report, "empty", &key));
    assert_int_equal(report->count[key], 0);
    OK(cama__report_find(report, "steps", &key));
    assert_true(report->count[key] == 1 && report->value[key][0] == -2);
    assert_int_equal(cama__report_find(report, "step", &key), CAMA_E_ARGUMENT);
    assert_int_equal(key, 2);
    check_said("objective, empty or steps");
    check_said("\"step\"");
    cama__report_free(report);
    cama__report_free(NULL);
}

static void test_full(void **state)
{
    (void)state;
    cama_report *report = NULL;
    char name[REPORT_NAME + 1];
    const double value = 1;
    int32_t key;
    OK(cama__report_create(&report));
    memset(name, 'n', sizeof name);
    name[REPORT_NAME] = '\0';
    assert_int_equal(cama__report_add(report, name, 1, &value), CAMA_E_MEMORY);
    for (int32_t i = 0; i < REPORT_KEYS; i++) {
        snprintf(name, sizeof name, "a_rather_long_name_of_a_key_%03d", i); /* as long as allowed */
        assert_int_equal(strlen(name), REPORT_NAME - 1);
        OK(cama__report_add(report, name, 1, &value));
    }
    assert_int_equal(cama__report_add(report, "more", 1, &value), CAMA_E_MEMORY);
    assert_int_equal(report->keys, REPORT_KEYS);
    assert_int_equal(cama__report_find(report, "more", &key), CAMA_E_ARGUMENT); /* the longest message */
    cama__report_free(report);
}

static void *no_memory(void *user, size_t bytes) { return (void)user, (void)bytes, NULL; }
static void no_free(void *user, void *pointer) { (void)user, (void)pointer; }

static void test_no_memory(void **state)
{
    (void)state;
    const cama__mem_hook hook = {no_memory, no_free, NULL};
    const double value = 1;
    cama_report *report = NULL, *other = NULL;
    OK(cama__report_create(&report));
    cama__mem_set_hook(&hook);
    const int32_t created = cama__report_create(&other), added = cama__report_add(report, "key", 1, &value);
    cama__mem_set_hook(NULL);
    assert_int_equal(created, CAMA_E_MEMORY);
    assert_null(other);
    assert_int_equal(added, CAMA_E_MEMORY);
    assert_int_equal(report->keys, 0);
    cama__report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_add_and_find), cmocka_unit_test(test_full),
                                       cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
