/* api_version_test - what the library says of itself: the names of its statuses, its version, how it was built. */

#include <stdio.h>
#include <string.h>

#include "check.h"

static void test_status_has_names(void **state)
{
    (void)state;
    assert_string_equal(cama_status_name(CAMA_OK), "CAMA_OK");
    assert_string_equal(cama_status_name(CAMA_E_SYSTEM), "CAMA_E_SYSTEM");
    assert_string_equal(cama_status_name(99), "CAMA_E_UNKNOWN");
}

static void test_version(void **state)
{
    (void)state;
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", CAMA_VERSION_MAJOR, CAMA_VERSION_MINOR, CAMA_VERSION_PATCH);
    assert_string_equal(cama_version_string(), text);
    assert_int_equal(cama_version(), 10000 * CAMA_VERSION_MAJOR + 100 * CAMA_VERSION_MINOR + CAMA_VERSION_PATCH);
    assert_non_null(strstr(cama_build_info(), text));
    assert_null(strchr(cama_build_info(), '\n'));
    assert_ptr_equal(cama_build_info(), cama_build_info());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_has_names),
        cmocka_unit_test(test_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
