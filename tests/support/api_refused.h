/* api_refused - a refusal: the right status, a message of one line with the right words, outputs untouched. */
#ifndef TESTS_SUPPORT_API_REFUSED_H
#define TESTS_SUPPORT_API_REFUSED_H

#include "api_base.h"

#define REFUSED(code, words, call)                                                                                     \
    do {                                                                                                               \
        assert_int_equal((call), code);                                                                                \
        check_said(words);                                                                                             \
        assert_null(strchr(cama_last_error(), '\n'));                                                                  \
    } while (0)

/* An output that must not change: a pointer to here. */
extern char api_mark;
#define MARKED(type) ((type *)(void *)&api_mark)

#endif
