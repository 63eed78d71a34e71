/* blis_test - a BLIS_ARCH_TYPE that ends the process in BLIS does not reach it, and is there again afterwards. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tensor/blis.h"
#include "tensor/kernel.h"

static void test_knows(void **state)
{
    (void)state;
    const char *none[] = {"99", "5000000000", "-2", "", "abc", "3x"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) assert_false(cama__blis_knows(none[i]));
    assert_true(cama__blis_knows(NULL));
    assert_true(cama__blis_knows("-1"));
}

/* In a child, because BLIS starts once: 0 if the kernel works, says what was ignored, and the variable is as it was. */
static int start_with(const char *value)
{
    setenv("BLIS_ARCH_TYPE", value, 1);
    const char *name = cama__kernel()->name;
    if (strstr(name, "SLOW") != NULL) return 2;
    if (strstr(name, "BLIS_ARCH_TYPE ignored") == NULL) return 3;
    return getenv("BLIS_ARCH_TYPE") != NULL && strcmp(getenv("BLIS_ARCH_TYPE"), value) == 0 ? 0 : 4;
}

static void test_survives(void **state)
{
    (void)state;
    const char *bad[] = {"99", "abc", "", "25 or so"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int status = 1;
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) _exit(start_with(bad[i]));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_knows),
        cmocka_unit_test(test_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
