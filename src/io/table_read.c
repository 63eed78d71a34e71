/* table_read - levels are found by sorted indices of their texts and of their numbers; every cell gets a verdict. */
#include "table_read.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "../base/sort.h"
#include "table_spread.h"

#define EXACT 9007199254740992.0 /* below, neighbouring integers are different doubles */

struct cama__name_entry {
    const char *name;
    double value;
    int32_t index;
};

/* ---- Names of levels and classes ---- */

static int by_text(const void *a, const void *b)
{
    const struct cama__name_entry *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static int by_value(const void *a, const void *b)
{
    const struct cama__name_entry *left = a, *right = b;
    return (left->value > right->value) - (left->value < right->value);
}

static bool exact_number(enum cama__decimal what, double value)
{
    return what == DECIMAL_NUMBER && value > -EXACT && value < EXACT;
}

int32_t cama__names_index(char *const *names, int32_t count, cama__names *out)
{
    int32_t status = CAMA_OK;
    cama__names made = {.count = count};
    TRY(cama__mem_new(&made.by_text, count));
    TRY(cama__mem_new(&made.by_value, count));
    for (int32_t i = 0; i < count; i++) {
        double value = 0;
        const bool number = exact_number(cama__decimal_parse(names[i], &value), value);
        made.by_text[i] = (struct cama__name_entry){names[i], value, i};
        if (number) made.by_value[made.numbers++] = made.by_text[i];
    }
    cama__sort(made.by_text, count, sizeof *made.by_text, by_text);
    cama__sort(made.by_value, made.numbers, sizeof *made.by_value, by_value);
    *out = made;
    memset(&made, 0, sizeof made);
out:
    cama__names_free(&made);
    return status;
}

void cama__names_free(cama__names *names)
{
    cama__mem_free(names->by_text);
    cama__mem_free(names->by_value);
    memset(names, 0, sizeof *names);
}

static int64_t find_text(const cama__names *names, const char *text)
{
    const struct cama__name_entry wanted = {text, 0, 0};
    return cama__sort_find(&wanted, names->by_text, names->count, sizeof wanted, by_text);
}

bool cama__names_has(const cama__names *names, const char *text) { return find_text(names, text) >= 0; }

/* Index of a text, or of the only level that is the number it is written for; -1 if there is none. */
static int32_t find_name(const cama__names *names, const cama__dialect *dialect, const char *text)
{
    struct cama__name_entry wanted = {text, 0, 0};
    int64_t at = find_text(names, text);
    if (at >= 0) return names->by_text[at].index;
    if (!exact_number(cama__dialect_number(dialect, text, &wanted.value), wanted.value)) return -1;
    at = cama__sort_find(&wanted, names->by_value, names->numbers, sizeof wanted, by_value);
    if (at < 0) return -1;
    const bool before = at > 0 && by_value(&names->by_value[at - 1], &wanted) == 0;
    const bool behind = at + 1 < names->numbers && by_value(&names->by_value[at + 1], &wanted) == 0;
    return before || behind ? -1 : names->by_value[at].index;
}

/* ---- Cells ---- */

bool cama__cell_missing(const cama__cell_reader *from, const cama__csv *csv, int64_t row)
{
    if (from->column < 0) return true;
    const char *text = cama__csv_cell(csv, row, from->column);
    return cama__dialect_missing(csv->dialect, text) &&
           (*text == '\0' || from->names.count == 0 || !cama__names_has(&from->names, text));
}

static enum cama__verdict read_number(const cama__csv *csv, const char *text, double *value, const char **expected)
{
    *expected = "a finite number (option invalid = drop leaves out its row, flag keeps it without results)";
    if (cama__dialect_number(csv->dialect, text, value) != DECIMAL_NUMBER) return CELL_INVALID;
    return CELL_GOOD;
}

static enum cama__verdict read_continuous(const cama__cell_reader *from, const cama__csv *csv, const char *text,
                                          float *run, const char **expected)
{
    const cama__variable *v = from->variable;
    double value;
    if (read_number(csv, text, &value, expected) != CELL_GOOD) return CELL_INVALID;
    *expected = "a number that is finite as a float (option invalid = drop leaves out its row, flag keeps it without "
                "results)";
    if (fabs(value - v->offset) > (double)FLT_MAX) return CELL_INVALID;
    *expected = "a number nearer to those of the schema's file (option extreme says how far it may be, invalid = drop "
                "leaves out its row, flag keeps it without results)";
    if (cama__spread_extreme(value, v->centre, v->spread, from->extreme)) return CELL_INVALID;
    run[0] = (float)(value - v->offset);
    return CELL_GOOD;
}

static enum cama__verdict read_level(const cama__cell_reader *from, const cama__csv *csv, const char *text,
                                     int32_t *index, const char **expected)
{
    double value;
    const bool binary = from->variable != NULL && from->variable->kind == VARIABLE_BINARY;
    *index = find_name(&from->names, csv->dialect, text);
    if (*index < 0 && binary && cama__dialect_number(csv->dialect, text, &value) == DECIMAL_NUMBER &&
        (value == 0 || value == 1))
        *index = (int32_t)value;
    *expected = from->variable == NULL ? "a class of the schema (option unknown = drop leaves out its row)"
                : binary               ? "0 or 1"
                                       : "a level of the schema (option unknown = drop leaves out its row)";
    return *index >= 0 ? CELL_GOOD : CELL_UNKNOWN;
}

static enum cama__verdict read_label(const cama__cell_reader *from, const cama__csv *csv, const char *text, int32_t *y,
                                     const char **expected)
{
    const cama_schema *schema = from->schema;
    double value;
    if (schema->cut == NULL) return read_level(from, csv, text, y, expected);
    if (read_number(csv, text, &value, expected) != CELL_GOOD) return CELL_INVALID;
    for (*y = 0; *y < schema->classes - 1 && schema->cut[*y] <= value;) (*y)++;
    return CELL_GOOD;
}

enum cama__verdict cama__cell_read(const cama__cell_reader *from, const cama__csv *csv, int64_t row, float *run,
                                   int32_t *y, const char **expected)
{
    const char *text = from->column < 0 ? "" : cama__csv_cell(csv, row, from->column);
    const cama__variable *v = from->variable;
    int32_t index = -1;
    *expected = *text == '\0' ? "a value (option missing = drop leaves out its row)"
                              : "a value (option missing = drop leaves out its row, option missing_tokens says which "
                                "texts are none)";
    if (cama__cell_missing(from, csv, row)) return CELL_MISSING;
    if (v == NULL) return read_label(from, csv, text, y, expected);
    if (v->kind == VARIABLE_CONTINUOUS) return read_continuous(from, csv, text, run, expected);
    const enum cama__verdict verdict = read_level(from, csv, text, &index, expected);
    if (verdict != CELL_GOOD) return verdict;
    memset(run, 0, (size_t)v->levels * sizeof *run);
    if (v->kind == VARIABLE_BINARY)
        run[0] = (float)index;
    else
        run[index] = 1;
    return CELL_GOOD;
}

void cama__cell_impute(const cama__variable *v, float *run)
{
    memset(run, 0, (size_t)v->levels * sizeof *run);
    if (v->kind == VARIABLE_CATEGORICAL)
        run[(int32_t)v->typical] = 1;
    else
        run[0] = (float)(v->typical - v->offset);
}

void cama__cell_fill(const cama__variable *v, float *run)
{
    memset(run, 0, (size_t)v->levels * sizeof *run);
    if (v->kind == VARIABLE_CONTINUOUS) run[0] = (float)(v->centre - v->offset);
    if (v->kind == VARIABLE_CATEGORICAL) run[0] = 1;
}
