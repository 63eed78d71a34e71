/* options - values checked against a constant table when they are set, and a default behind each that is not. */
#include "options.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../base/mem.h"

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

/* ---- Names: keys of a table, or the verbs ------------------------------------------------------------------------ */

/* An array of structs that begin with their name. */
typedef struct {
    const void *first;
    size_t stride;
    int32_t count;
} names;

static const char *name_at(names all, int32_t index)
{
    return *(const char *const *)(const void *)((const char *)all.first + (size_t)index * all.stride);
}

static names keys_of(enum cama__verb verb)
{
    const cama__option_table *table = &cama__option_tables[verb];
    return (names){table->rows, sizeof *table->rows, table->count};
}

static names all_verbs(void) { return (names){cama__option_tables, sizeof cama__option_tables[0], VERB_COUNT}; }

static int32_t find(names all, const char *name)
{
    for (int32_t i = 0; i < all.count; i++)
        if (strcmp(name_at(all, i), name) == 0) return i;
    return -1;
}

enum { LONGEST = 64 }; /* bytes of a user's word that are compared or quoted */

static int fold(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

/* Letters to insert, delete or replace to turn a (at most LONGEST bytes) into b, ignoring case. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[LONGEST + 1], length = strlen(a);
    for (size_t i = 0; i <= length; i++) row[i] = i;
    for (size_t j = 0; b[j] != '\0'; j++) {
        size_t diagonal = row[0];
        row[0] = j + 1;
        for (size_t i = 0; i < length; i++) {
            size_t best = diagonal + (fold(a[i]) != fold(b[j]));
            diagonal = row[i + 1];
            if (row[i] + 1 < best) best = row[i] + 1;
            if (diagonal + 1 < best) best = diagonal + 1;
            row[i + 1] = best;
        }
    }
    return row[length];
}

/* The name a user may have meant: up to a third of the letters wrong, and one more. -1 if all are further away. */
static int32_t nearest(names all, const char *word)
{
    const size_t length = strlen(word);
    if (length > LONGEST) return -1;
    size_t best = length < length / 3 + 2 ? length : length / 3 + 2;
    int32_t found = -1;
    for (int32_t i = 0; i < all.count; i++) {
        const size_t distance = edit_distance(word, name_at(all, i));
        if (distance < best) best = distance, found = i;
    }
    return found;
}

/* "; did you mean ...?", or all names where none is near. */
static void hint(names all, const char *word, char *out, size_t size)
{
    const int32_t near = nearest(all, word);
    if (near >= 0) {
        snprintf(out, size, "; did you mean \"%s\"?", name_at(all, near));
        return;
    }
    size_t used = 0;
    for (int32_t i = 0; i < all.count && used < size; i++)
        used +=
            (size_t)snprintf(out + used, size - used, "%s%s", i == 0 ? "; expected one of " : ", ", name_at(all, i));
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

int32_t cama__options_find_verb(const char *name, enum cama__verb *verb)
{
    const int32_t index = find(all_verbs(), name);
    if (index < 0) {
        char near[512];
        hint(all_verbs(), name, near, sizeof near);
        return cama__error(CAMA_E_OPTION, "there are no options for \"%.*s\"%s", LONGEST, name, near);
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

enum cama__verb cama__options_verb(const cama_options *options) { return options->verb; }

int32_t cama__options_check(const cama_options *options, enum cama__verb verb)
{
    if (options == NULL || options->verb == verb) return CAMA_OK;
    return cama__error(CAMA_E_OPTION, "expected options for \"%s\", got options for \"%s\"",
                       cama__option_tables[verb].name, cama__option_tables[options->verb].name);
}

/* ---- Setting ----------------------------------------------------------------------------------------------------- */

static int32_t find_key(const cama_options *options, const char *key, const cama__option **row, int32_t *index)
{
    const names keys = keys_of(options->verb);
    const int32_t found = find(keys, key);
    if (found < 0) {
        char near[512];
        hint(keys, key, near, sizeof near);
        return cama__error(CAMA_E_OPTION, "unknown option \"%.*s\" of \"%s\"%s", LONGEST, key,
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
    const cama__option *row;
    int32_t index, status = CAMA_OK;
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
    const cama__option *row;
    int32_t index, status = CAMA_OK;
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
    const cama__option *row;
    int32_t index, status = CAMA_OK;
    char got[LONGEST + 3];
    TRY(find_key(options, key, &row, &index));
    snprintf(got, sizeof got, "\"%.*s\"", LONGEST, text);
    if (row->type != CAMA_TYPE_TEXT || (row->words && word_index(row->range, text) < 0)) TRY(refuse(options, row, got));
    char *copy = cama__mem_text(text);
    if (copy == NULL) return CAMA_E_MEMORY;
    put(options, index, (value){.given = true, .text = copy});
out:
    return status;
}

int32_t cama__options_set_vector(cama_options *options, const char *key, const float *vector, int64_t count)
{
    const cama__option *row;
    int32_t index, status = CAMA_OK;
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
        copy = cama__mem_alloc((size_t)count, sizeof *copy);
        if (copy == NULL) return CAMA_E_MEMORY;
        memcpy(copy, vector, (size_t)count * sizeof *copy);
    }
    put(options, index, (value){.given = true, .vector = copy, .count = count});
out:
    return status;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

int32_t cama__options_expect(const cama_options *options, const char *key, int32_t type)
{
    static const char *const kinds[] = {[CAMA_TYPE_INT] = "an integer",
                                        [CAMA_TYPE_REAL] = "a real number",
                                        [CAMA_TYPE_TEXT] = "a text",
                                        [CAMA_TYPE_VECTOR] = "a vector"};
    const cama__option *row;
    int32_t index, status = CAMA_OK;
    TRY(find_key(options, key, &row, &index));
    if (row->type != type)
        FAIL(CAMA_E_OPTION, "option \"%s\" of \"%s\" is %s and was read as %s", row->key,
             cama__option_tables[options->verb].name, kinds[row->type], kinds[type]);
out:
    return status;
}

/* The row of that key and type, NULL if there is none; *set is its value if one was set, else NULL. */
static const cama__option *look_up(const cama_options *options, enum cama__verb verb, const char *key, int32_t type,
                                   const value **set)
{
    const int32_t index = find(keys_of(verb), key);
    *set = NULL;
    if (index < 0 || cama__option_tables[verb].rows[index].type != type) return NULL;
    if (options != NULL && options->verb == verb && options->values[index].given) *set = &options->values[index];
    return &cama__option_tables[verb].rows[index];
}

int64_t cama__options_int(const cama_options *options, enum cama__verb verb, const char *key)
{
    const value *set;
    const cama__option *row = look_up(options, verb, key, CAMA_TYPE_INT, &set);
    if (row == NULL) return 0;
    return set != NULL ? set->integer : (int64_t)row->number;
}

double cama__options_real(const cama_options *options, enum cama__verb verb, const char *key)
{
    const value *set;
    const cama__option *row = look_up(options, verb, key, CAMA_TYPE_REAL, &set);
    if (row == NULL) return 0;
    return set != NULL ? set->number : row->number;
}

const char *cama__options_text(const cama_options *options, enum cama__verb verb, const char *key)
{
    const value *set;
    const cama__option *row = look_up(options, verb, key, CAMA_TYPE_TEXT, &set);
    if (row == NULL) return "";
    return set != NULL ? set->text : row->fallback;
}

const float *cama__options_vector(const cama_options *options, enum cama__verb verb, const char *key, int64_t *count)
{
    const value *set;
    look_up(options, verb, key, CAMA_TYPE_VECTOR, &set);
    *count = set != NULL ? set->count : 0; /* every vector's default is empty */
    return set != NULL ? set->vector : NULL;
}

int32_t cama__options_choice(const cama_options *options, enum cama__verb verb, const char *key)
{
    const value *set;
    const cama__option *row = look_up(options, verb, key, CAMA_TYPE_TEXT, &set);
    if (row == NULL || !row->words) return 0;
    return word_index(row->range, set != NULL ? set->text : row->fallback);
}

bool cama__options_is(const cama_options *options, enum cama__verb verb, const char *key, const char *word)
{
    return strcmp(cama__options_text(options, verb, key), word) == 0;
}

bool cama__options_given(const cama_options *options, enum cama__verb verb, const char *key)
{
    const int32_t index = find(keys_of(verb), key);
    return index >= 0 && options != NULL && options->verb == verb && options->values[index].given;
}
