/* api_base - success of what must succeed, and a directory of one's own. Header only. */
#ifndef TESTS_API_API_BASE_H
#define TESTS_API_API_BASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cama/cama.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void must(int32_t status)
{
    if (status != CAMA_OK) fail_msg("%s: %s", cama_status_name(status), cama_last_error());
}

static char directory[512];

static inline int make_directory(const char *program)
{
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/%s_XXXXXX", base != NULL ? base : "/tmp", program);
    return mkdtemp(directory) == NULL ? -1 : 0;
}

#endif
