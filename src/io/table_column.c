/* table_column - what the cells of one column are, over the rows that are kept. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "../base/sort.h"
#include "decimal.h"
#include "file.h"
#include "table.h"

static const char *cell(const cama__table *t, int64_t i, int64_t column)
{
    return cama__csv_cell(&t->csv, t->row[i], column);
}

static int32_t cell_error(const cama__table *t, int64_t i, int64_t column, const char *expected)
{
    return cama__csv_error(&t->csv, t->row[i], column, CAMA_E_DATA, expected);
}

int32_t cama__table_survey_column(const cama__table *t, int64_t column, cama__table_survey *out)
{
    int32_t status = CAMA_OK;
    cama__table_survey s = {.wholes = true, .low = INFINITY, .high = -INFINITY};
    int64_t numbers = 0, first_text = -1;
    for (int64_t i = 0; i < t->rows; i++) {
        double value;
        const enum cama__decimal what = cama__decimal_parse(cell(t, i, column), &value);
        if (what == DECIMAL_OTHER && first_text < 0) first_text = i;
        if (what == DECIMAL_NONFINITE) TRY(cell_error(t, i, column, "a finite number"));
        if (what != DECIMAL_NUMBER) continue;
        if (fabs(value) > (double)FLT_MAX) TRY(cell_error(t, i, column, "a number that is finite as a float"));
        numbers++;
        s.wholes = s.wholes && value == floor(value);
        s.low = fminf(s.low, (float)value);
        s.high = fmaxf(s.high, (float)value);
    }
    if (numbers > 0 && first_text >= 0)
        TRY(cell_error(t, first_text, column, "a number, as in other lines (or the column in option categorical)"));
    s.numbers = numbers > 0;
    *out = s;
out:
    return status;
}

int32_t cama__table_check_binary(const cama__table *t, int64_t column)
{
    int32_t status = CAMA_OK;
    for (int64_t i = 0; i < t->rows; i++) {
        double value;
        const enum cama__decimal what = cama__decimal_parse(cell(t, i, column), &value);
        if (what != DECIMAL_NUMBER || (value != 0 && value != 1))
            TRY(cell_error(t, i, column, "0 or 1 (option binary has the column)"));
    }
out:
    return status;
}

/* ---- Levels ---- */

typedef struct {
    const char *text; /* NULL: the value */
    double value;
} level;

static int by_level(const void *a, const void *b)
{
    const level *left = a, *right = b;
    if (left->text != NULL && right->text != NULL) return strcmp(left->text, right->text);
    if (left->text != NULL || right->text != NULL) return left->text != NULL ? 1 : -1;
    return (left->value > right->value) - (left->value < right->value);
}

/* The different ones of items (count), at their beginning and in order. */
static int64_t unique(level *items, int64_t count)
{
    int64_t kept = 0;
    cama__sort(items, count, sizeof *items, by_level);
    for (int64_t i = 0; i < count; i++) {
        if (kept == 0 || by_level(&items[kept - 1], &items[i]) != 0) items[kept++] = items[i];
    }
    return kept;
}

static int32_t make_names(const level *items, cama__table_levels *made)
{
    made->name = cama__mem_alloc((size_t)made->count, sizeof *made->name);
    made->text = cama__mem_alloc((size_t)made->count, DECIMAL_TEXT);
    if (made->name == NULL || made->text == NULL) return CAMA_E_MEMORY;
    for (int32_t i = 0; i < made->count; i++) {
        char *text = made->text + (size_t)i * DECIMAL_TEXT;
        if (items[i].text == NULL) cama__decimal_print(items[i].value, text);
        made->name[i] = items[i].text != NULL ? items[i].text : text;
    }
    return CAMA_OK;
}

int32_t cama__table_levels_find(const cama__table *t, int64_t column, cama__table_levels *out)
{
    int32_t status = CAMA_OK;
    cama__table_levels made = {.count = 0};
    level *items = cama__mem_alloc(cama__file_room(t->rows), sizeof *items);
    if (items == NULL) TRY(CAMA_E_MEMORY);
    for (int64_t i = 0; i < t->rows; i++) {
        double value = 0;
        const char *text = cell(t, i, column);
        const bool number = cama__decimal_parse(text, &value) == DECIMAL_NUMBER;
        items[i] = (level){number ? NULL : text, value + 0.0}; /* -0 becomes 0 */
    }
    const int64_t count = unique(items, t->rows);
    if (count > LEVELS_MAX)
        FAIL(CAMA_E_DATA, "%s: column \"%s\": expected at most %d different levels, got %lld", t->csv.where,
             t->csv.cell[column], LEVELS_MAX, (long long)count);
    made.count = (int32_t)count;
    TRY(make_names(items, &made));
    *out = made;
    memset(&made, 0, sizeof made);
out:
    cama__table_levels_free(&made);
    cama__mem_free(items);
    return status;
}

void cama__table_levels_free(cama__table_levels *levels)
{
    cama__mem_free(levels->name);
    cama__mem_free(levels->text);
    memset(levels, 0, sizeof *levels);
}
