/* table_levels - the different values of a column, and whether they are levels at all. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../base/sort.h"
#include "file.h"
#include "table_parts.h"
#include "table_costume.h"

enum { FEW = 5 };                /* so many different cells, and more than half of all, are not taken for levels */
#define EXACT 9007199254740992.0 /* below, neighbouring integers are different doubles */

static const char *cell(const cama__table *t, int64_t i, int64_t column)
{
    return cama__csv_cell(&t->csv, t->row[i], column);
}

/* ---- What is no level ---- */

/* All cells are numbers in one costume: *expected says which number was, and which options read it as it is. */
static bool in_costume(const cama__table *t, int64_t column, const char **expected)
{
    cama__costume first, other;
    bool comma = !t->dialect.decimal_comma;
    if (!cama__costume_read(cell(t, 0, column), &first)) return false;
    for (int64_t i = 0; i < t->rows; i++) {
        if (!cama__costume_read(cell(t, i, column), &other) || !cama__costume_same(&first, &other)) return false;
        comma = comma && other.comma;
    }
    *expected = comma ? "a number (option decimal = comma reads a decimal comma, option categorical says that the column "
                        "holds categories)"
                : first.otherwise ? "a decimal number, no fraction, time of day or hexadecimal number (option "
                                    "categorical says that the column holds categories)"
                                  : "a number without unit, percent sign or divided thousands (option categorical says "
                                    "that the column holds categories)";
    return true;
}

static int32_t refuse(const cama__table *t, int64_t column, const char *expected)
{
    return cama__csv_error(&t->csv, t->row[0], column, CAMA_E_DATA, expected);
}

/* distinct: how many different cells the column has. */
static int32_t check_undeclared(const cama__table *t, int64_t column, int64_t distinct)
{
    const char *costume;
    char expected[192];
    if (in_costume(t, column, &costume)) return refuse(t, column, costume);
    if (distinct < FEW || 2 * distinct <= t->rows) return CAMA_OK;
    snprintf(expected, sizeof expected,
             "a number, or a category that comes again (%" PRId64 " of %" PRId64
             " cells differ; option categorical says that the column holds categories)",
             distinct, t->rows);
    return refuse(t, column, expected);
}

/* ---- Levels ---- */

typedef struct {
    const char *text;
    double value;
    bool number, by_value;
} level;

static int by_level(const void *a, const void *b)
{
    const level *left = a, *right = b;
    if (left->number != right->number) return left->number ? -1 : 1;
    if (left->number && left->value != right->value) return left->value > right->value ? 1 : -1;
    return left->by_value && right->by_value ? 0 : strcmp(left->text, right->text);
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
        if (items[i].by_value) cama__decimal_print(items[i].value, text);
        made->name[i] = items[i].by_value ? text : items[i].text;
    }
    return CAMA_OK;
}

int32_t cama__table_levels_find(const cama__table *t, int64_t column, bool by_value, bool declared,
                                cama__table_levels *out)
{
    int32_t status = CAMA_OK;
    cama__table_levels made = {.count = 0};
    level *items = NULL;
    TRY(cama__mem_new(&items, cama__file_room(t->rows)));
    for (int64_t i = 0; i < t->rows; i++) {
        double value = 0;
        const char *text = cell(t, i, column);
        const bool number = cama__dialect_number(&t->dialect, text, &value) == DECIMAL_NUMBER;
        const bool exact = number && value > -EXACT && value < EXACT;
        items[i] = (level){text, value + 0.0 /* -0 becomes 0 */, number, by_value && exact};
    }
    const int64_t count = unique(items, t->rows);
    if (!declared && !by_value) TRY(check_undeclared(t, column, count));
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
