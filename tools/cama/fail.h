/* fail - every way in which the program gives up: one line on stderr, and its exit status. */
#ifndef TOOL_FAIL_H
#define TOOL_FAIL_H

#include <stdint.h>

#if defined(__GNUC__)
#define TOOL_PRINTF(at) __attribute__((format(printf, at, at + 1)))
#else
#define TOOL_PRINTF(at)
#endif

/* The subcommand, for messages; NULL: none. */
void fail_of(const char *subcommand);

/* "cama: ...", status 1. */
_Noreturn void fail(const char *format, ...) TOOL_PRINTF(1);

/* The same, and where to read on; status 2. */
_Noreturn void usage(const char *format, ...) TOOL_PRINTF(1);

/* 1 for CAMA_OK, 0 for CAMA_E_CANCELLED; anything else fails with the library's message, which names file, line and
 * column where there are any. */
int went(int32_t status);

#endif
