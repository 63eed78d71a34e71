/* check - cmocka with what it wants included before it, and checks that say what they saw. */
#ifndef TESTS_SUPPORT_CHECK_H
#define TESTS_SUPPORT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cama/cama.h>
#include <cmocka.h>

/* |got - want| <= tolerance; a NaN is near nothing. Prints all three, and the expressions, when it fails. */
#define assert_near(got, want, tolerance)                                                                              \
    check_near((double)(got), (double)(want), (double)(tolerance), #got, #want, __FILE__, __LINE__)
void check_near(double got, double want, double tolerance, const char *got_text, const char *want_text,
                const char *file, int line);

/* got > bound; a NaN is not. Prints both. */
#define assert_above(got, bound) check_above((double)(got), (double)(bound), #got, __FILE__, __LINE__)
void check_above(double got, double bound, const char *got_text, const char *file, int line);

/* A call that has to succeed, or to fail with that status: prints the library's message otherwise. */
#define OK(call) check_status((call), CAMA_OK, #call, __FILE__, __LINE__)
#define FAILS(status, call) check_status((call), (status), #call, __FILE__, __LINE__)
void check_status(int32_t got, int32_t want, const char *call, const char *file, int line);

/* The message of the last failure has these words; the status, and all of the message. */
#define check_said(words) check_said_at((words), __FILE__, __LINE__)
#define check_error(call, status, message) check_error_at((call), (status), (message), __FILE__, __LINE__)
void check_said_at(const char *words, const char *file, int line);
void check_error_at(int32_t got, int32_t want, const char *message, const char *file, int line);

#endif
