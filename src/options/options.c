/* options - values are checked against a constant table when they are set; behind each that is not stands a default. */
#include "options.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../base/mem.h"
#include "option_names.h"

typedef struct {
    bool given;
    int64_t integer;
    double number;
    char *text;
    float *vector; /* (count) */
    int64_t count;
} value;

struct cama_options {
    enum cama__verb verb;
    value values[]; /* one for each row of the verb's table */
};

/* ---- Life -------------------------------------------------------------------------------------------------------- */

int32_t cama__options_find_verb(const char *name, enum cama__verb *verb)
{
    const int32_t index = cama__option_find(cama__option_verbs(), name);
    if (index < 0) {
        char near[512];
        cama__option_hint(cama__option_verbs(), name, near, sizeof near);
        return cama__error(CAMA_E_OPTION, "there are no options for \"%.*s\"%s", OPTION_QUOTED, name, near);
    }
    *verb = (enum cama__verb)index;
    return CAMA_OK;
}

int32_t cama__options_create(enum cama__verb verb, cama_options **out)
{
    const size_t count = (size_t)cama__option_tables[verb].count;
    cama_options *options = cama__mem_alloc(1, sizeof *options + count * sizeof options->values[0]);
    if (options == NULL) return CAMA_E_MEMORY;
    options->verb = verb;
    *out = options;
    return CAMA_OK;
}

void cama__options_free(cama_options *options)
{
    if (options == NULL) return;
    for (int32_t i = 0; i < cama__option_tables[options->verb].count; i++) {
        cama__mem_free(options->values[i].text);
        cama__mem_free(options->values[i].vector);
    }
    cama__mem_free(options);
}

int32_t cama__options_check(const cama_options *options, enum cama__verb verb)
{
    if (options == NULL || options->verb == verb) return CAMA_OK;
    return cama__error(CAMA_E_OPTION, "expected options for \"%s\", got options for \"%s\"",
                       cama__option_tables[verb].name, cama__option_tables[options->verb].name);
}

/* ---- Setting ----------------------------------------------------------------------------------------------------- */

static int32_t find_key(const cama_options *options, const char *key, const cama__option **row, int32_t *index)
{
    const cama__option_names keys = cama__option_keys(options->verb);
    const int32_t found = cama__option_find(keys, key);
    if (found < 0) {
        char near[512];
        cama__option_hint(keys, key, near, sizeof near);
        return cama__error(CAMA_E_OPTION, "unknown option \"%.*s\" of \"%s\"%s", OPTION_QUOTED, key,
                           cama__option_tables[options->verb].name, near);
    }
    *row = &cama__option_tables[options->verb].rows[found];
    *index = found;
    return CAMA_OK;
}

/* The row says what was expected, the caller what came. */
static int32_t refuse(const cama_options *options, const cama__option *row, const char *got)
{
    static const char *const kinds[] = {[CAMA_TYPE_INT] = "an integer in ",
                                        [CAMA_TYPE_REAL] = "a number in ",
                                        [CAMA_TYPE_TEXT] = "a ",
                                        [CAMA_TYPE_VECTOR] = "a vector of "};
    const char *kind = row->words ? "one of " : kinds[row->type];
    return cama__error(CAMA_E_OPTION, "option \"%s\" of \"%s\": expected %s%s, got %s", row->key,
                       cama__option_tables[options->verb].name, kind, row->range, got);
}

/* False for NaN. */
static bool inside(const cama__option *row, double number)
{
    const char last = row->range[strlen(row->range) - 1];
    return (row->range[0] == '(' ? number > row->low : number >= row->low) &&
           (last == ')' ? number < row->high : number <= row->high);
}

/* Index of the word in "one|two|three", or -1. */
static int32_t word_index(const char *words, const char *word)
{
    const size_t length = strlen(word);
    for (int32_t i = 0;; i++) {
        const size_t span = strcspn(words, "|");
        if (span == length && memcmp(words, word, length) == 0) return i;
        if (words[span] == '\0') return -1;
        words += span + 1;
    }
}

/* Puts a value in place of the one before, and frees what that owned. */
static void put(cama_options *options, int32_t index, value new)
{
    value *place = &options->values[index];
    cama__mem_free(place->text);
    cama__mem_free(place->vector);
    *place = new;
}

int32_t cama__options_set_int(cama_options *options, const char *key, int64_t integer)
{
    const cama__option *row = NULL;
    int32_t index = 0, status = CAMA_OK;
    char got[32];
    TRY(find_key(options, key, &row, &index));
    snprintf(got, sizeof got, "%" PRId64, integer);
    const bool is_int = row->type == CAMA_TYPE_INT, is_real = row->type == CAMA_TYPE_REAL;
    /* Integers are compared as such: beyond 2^53 a double would round them back into the range. */
    if (is_int && integer >= (int64_t)row->low && integer <= (int64_t)row->high)
        put(options, index, (value){.given = true, .integer = integer});
    else if (is_real && inside(row, (double)integer))
        put(options, index, (value){.given = true, .number = (double)integer});
    else
        TRY(refuse(options, row, got));
out:
    return status;
}

int32_t cama__options_set_real(cama_options *options, const char *key, double number)
{
    const cama__option *row = NULL;
    int32_t index = 0, status = CAMA_OK;
    char got[64];
    TRY(find_key(options, key, &row, &index));
    snprintf(got, sizeof got, "%s%.15g", row->type == CAMA_TYPE_REAL ? "" : "the real number ", number);
    if (row->type != CAMA_TYPE_REAL || !inside(row, number)) TRY(refuse(options, row, got));
    put(options, index, (value){.given = true, .number = number});
out:
    return status;
}

int32_t cama__options_set_text(cama_options *options, const char *key, const char *text)
{
    const cama__option *row = NULL;
    int32_t index = 0, status = CAMA_OK;
    char got[OPTION_QUOTED + 3];
    TRY(find_key(options, key, &row, &index));
    snprintf(got, sizeof got, "\"%.*s\"", OPTION_QUOTED, text);
    if (row->type != CAMA_TYPE_TEXT || (row->words && word_index(row->range, text) < 0)) TRY(refuse(options, row, got));
    char *copy = cama__mem_text(text);
    TRY(cama__mem_got(copy));
    put(options, index, (value){.given = true, .text = copy});
out:
    return status;
}

int32_t cama__options_set_vector(cama_options *options, const char *key, const float *vector, int64_t count)
{
    const cama__option *row = NULL;
    int32_t index = 0, status = CAMA_OK;
    char got[64];
    float *copy = NULL;
    TRY(find_key(options, key, &row, &index));
    snprintf(got, sizeof got, "a vector of %" PRId64 " numbers", count);
    if (row->type != CAMA_TYPE_VECTOR) TRY(refuse(options, row, got));
    for (int64_t i = 0; i < count; i++) {
        if (inside(row, vector[i]) && (!row->whole || vector[i] == floorf(vector[i]))) continue;
        snprintf(got, sizeof got, "%.9g at index %" PRId64, (double)vector[i], i);
        TRY(refuse(options, row, got));
    }
    if (count > 0) {
        TRY(cama__mem_new(&copy, count));
        memcpy(copy, vector, (size_t)count * sizeof *copy);
    }
    put(options, index, (value){.given = true, .vector = copy, .count = count});
out:
    return status;
}

/* ---- Reading by key ---------------------------------------------------------------------------------------------- */

/* The value of a verb's row if one was set, else NULL. */
static const value *value_set(const cama_options *options, enum cama__verb verb, int32_t index)
{
    if (options == NULL || options->verb != verb || !options->values[index].given) return NULL;
    return &options->values[index];
}

static int64_t int_of(const cama__option *row, const value *set)
{
    return set != NULL ? set->integer : (int64_t)row->number;
}

static double real_of(const cama__option *row, const value *set) { return set != NULL ? set->number : row->number; }

static const char *text_of(const cama__option *row, const value *set)
{
    return set != NULL ? set->text : row->fallback;
}

/* The row of a key, and its value if one was set. */
static int32_t look_up(const cama_options *options, const char *key, int32_t type, const cama__option **row,
                       const value **set)
{
    static const char *const kinds[] = {[CAMA_TYPE_INT] = "an integer",
                                        [CAMA_TYPE_REAL] = "a real number",
                                        [CAMA_TYPE_TEXT] = "a text",
                                        [CAMA_TYPE_VECTOR] = "a vector"};
    int32_t index = 0, status = CAMA_OK;
    TRY(find_key(options, key, row, &index));
    if ((*row)->type != type)
        FAIL(CAMA_E_OPTION, "option \"%s\" of \"%s\" is %s and was read as %s", (*row)->key,
             cama__option_tables[options->verb].name, kinds[(*row)->type], kinds[type]);
    *set = value_set(options, options->verb, index);
out:
    return status;
}

int32_t cama__options_get_int(const cama_options *options, const char *key, int64_t *out)
{
    const cama__option *row = NULL;
    const value *set = NULL;
    const int32_t status = look_up(options, key, CAMA_TYPE_INT, &row, &set);
    if (status == CAMA_OK) *out = int_of(row, set);
    return status;
}

int32_t cama__options_get_real(const cama_options *options, const char *key, double *out)
{
    const cama__option *row = NULL;
    const value *set = NULL;
    const int32_t status = look_up(options, key, CAMA_TYPE_REAL, &row, &set);
    if (status == CAMA_OK) *out = real_of(row, set);
    return status;
}

int32_t cama__options_get_text(const cama_options *options, const char *key, const char **out)
{
    const cama__option *row = NULL;
    const value *set = NULL;
    const int32_t status = look_up(options, key, CAMA_TYPE_TEXT, &row, &set);
    if (status == CAMA_OK) *out = text_of(row, set);
    return status;
}

/* ---- Reading as a struct ----------------------------------------------------------------------------------------- */

/* The rows of a verb in their order. */
typedef struct {
    const cama_options *options;
    enum cama__verb verb;
    int32_t next;
} cursor;

static const cama__option *next_row(cursor *c, const value **set, bool *given)
{
    *set = value_set(c->options, c->verb, c->next);
    *given = *set != NULL;
    return &cama__option_tables[c->verb].rows[c->next++];
}

static int64_t next_int(cursor *c, bool *given)
{
    const value *set;
    const cama__option *row = next_row(c, &set, given);
    return int_of(row, set);
}

static double next_real(cursor *c, bool *given)
{
    const value *set;
    const cama__option *row = next_row(c, &set, given);
    return real_of(row, set);
}

static const char *next_text(cursor *c, bool *given)
{
    const value *set;
    const cama__option *row = next_row(c, &set, given);
    return text_of(row, set);
}

static int32_t next_word(cursor *c, bool *given)
{
    const value *set;
    const cama__option *row = next_row(c, &set, given);
    return word_index(row->range, text_of(row, set));
}

/* Every vector's default is empty. */
static cama__numbers next_numbers(cursor *c, bool *given)
{
    const value *set;
    next_row(c, &set, given);
    return set != NULL ? (cama__numbers){set->vector, set->count} : (cama__numbers){NULL, 0};
}

#define GROUP_OF(name, rows)                                                                                           \
    static void read_##name(cursor *c, cama__##name##_options *o) { rows }
#define VERB(name, NAME)                                                                                               \
    cama__##name##_options cama__options_##name(const cama_options *options)                                           \
    {                                                                                                                  \
        cama__##name##_options read, *o = &read;                                                                       \
        cursor first = {options, VERB_##NAME, 0}, *c = &first;
#define END(name)                                                                                                      \
    return read;                                                                                                       \
    }
#define INT(key, value, low, high, help) o->key = next_int(c, &o->key##_given);
#define REAL(key, value, left, low, high, right, help) o->key = next_real(c, &o->key##_given);
#define WORD(key, value, choice, help) o->key = (enum cama__choice_##choice)next_word(c, &o->key##_given);
#define TEXT(key, value, what, help) o->key = next_text(c, &o->key##_given);
#define NUMBERS(key, low, high, help) o->key = next_numbers(c, &o->key##_given);
#define WHOLES(key, low, high, help) NUMBERS(key, low, high, help)
#define GROUP(name, rows) read_##name(c, &o->name);
#include "option_rows.inc"
