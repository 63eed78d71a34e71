/* api_refused - a refusal: the right status, a message of one line with the right words, outputs untouched. Header
 * only. */
#ifndef TESTS_API_API_REFUSED_H
#define TESTS_API_API_REFUSED_H

#include "api_base.h"

static inline void assert_said(const char *words)
{
    if (strstr(cama_last_error(), words) == NULL) fail_msg("no \"%s\" in: %s", words, cama_last_error());
}

#define REFUSED(code, words, call)                                                                                     \
    do {                                                                                                               \
        assert_int_equal((call), code);                                                                                \
        assert_said(words);                                                                                            \
        assert_null(strchr(cama_last_error(), '\n'));                                                                  \
    } while (0)

/* An output that must not change: a pointer to here. */
static char mark;
#define MARKED(type) ((type *)(void *)&mark)

#endif
