/* small_base - what calls are expected to say, options as text, sessions: the first part of small.h. */
#ifndef TESTS_LAWS_SMALL_BASE_H
#define TESTS_LAWS_SMALL_BASE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "options/options.h"
#include "base/rng.h"
#include "prob/likelihood.h"
#include "verbs/evaluate.h"
#include "verbs/optim.h"
#include "verbs/verbs.h"

/* ---- Status ------------------------------------------------------------------------------------------------------ */

static inline void small_status(int32_t got, int32_t want, const char *call, const char *file, int line)
{
    if (got == want) return;
    print_error("%s: expected %s, got %s: %s\n", call, cama_status_name(want), cama_status_name(got),
                cama_last_error());
    _fail(file, line);
}
#define OK(call) small_status((call), CAMA_OK, #call, __FILE__, __LINE__)
#define FAILS(status, call) small_status((call), (status), #call, __FILE__, __LINE__)

/* ---- Options ----------------------------------------------------------------------------------------------------- */

static inline void small_set(cama_options *o, enum cama__verb verb, const char *key, const char *value)
{
    const cama__option_table *table = &cama__option_tables[verb];
    int32_t i = 0;
    while (i < table->count && strcmp(table->rows[i].key, key) != 0) i++;
    if (i == table->count) fail_msg("\"%s\" has no option \"%s\"", table->name, key);
    switch (table->rows[i].type) {
    case CAMA_TYPE_INT: OK(cama_options_set_int(o, key, strtoll(value, NULL, 10))); break;
    case CAMA_TYPE_REAL: OK(cama_options_set_real(o, key, strtod(value, NULL))); break;
    default: OK(cama_options_set_text(o, key, value)); break;
    }
}

/* Options of a verb from "key=value key=value". */
static inline cama_options *small_options(enum cama__verb verb, const char *text)
{
    char copy[512], *at = copy;
    cama_options *o = NULL;
    OK(cama_options_create(cama__option_tables[verb].name, &o));
    assert_true(strlen(text) < sizeof copy);
    strcpy(copy, text);
    while (*at != '\0') {
        char *end = at + strcspn(at, " "), *value = at + strcspn(at, "=");
        const bool more = *end != '\0';
        assert_true(value < end);
        *end = *value = '\0';
        small_set(o, verb, at, value + 1);
        at = more ? end + 1 : end;
    }
    return o;
}

static inline cama_session *small_session(int32_t threads, int64_t tile_rows)
{
    cama_session *s = NULL;
    OK(cama__session_create(threads, tile_rows, 0, &s));
    return s;
}

#endif
