/* small_base - options as text, sessions: the first part of small.h. */
#include "small_base.h"

/* ---- Options ----------------------------------------------------------------------------------------------------- */

static void small_set(cama_options *o, enum cama__verb verb, const char *key, const char *value)
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

cama_options *small_options(enum cama__verb verb, const char *text)
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

cama_session *small_session(int32_t threads, int64_t tile_rows)
{
    cama_session *s = NULL;
    OK(cama__session_create(threads, tile_rows, 0, &s));
    return s;
}
