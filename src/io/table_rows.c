/* table_rows - which rows of a file make the schema: those without missing or invalid cells in the columns it uses. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "decimal.h"
#include "../base/arith.h"
#include "file.h"
#include "table_parts.h"
#include "table_costume.h"
#include "table_spread.h"

static const char *cell(const cama__table *t, int64_t i, int64_t column)
{
    return cama__csv_cell(&t->csv, t->row[i], column);
}

static bool has(const cama__csv_names *names, const cama__table *t, int64_t column)
{
    return cama__csv_names_find(names, t->csv.cell[column]) >= 0;
}

/* ---- Missing ---- */

/* The first used column whose cell is missing, or -1. */
static int64_t missing_in(const cama__table *t, int64_t row)
{
    if (cama__dialect_missing(&t->dialect, cama__csv_cell(&t->csv, row, t->target))) return t->target;
    for (int64_t i = 0; i < t->count; i++) {
        const int64_t column = t->item[i].column;
        if (cama__dialect_missing(&t->dialect, cama__csv_cell(&t->csv, row, column))) return column;
    }
    return -1;
}

static int32_t leave_missing(cama__table *t)
{
    int32_t status = CAMA_OK;
    const bool drop = t->o->missing == SCHEMA_POLICY_DROP;
    for (int64_t row = 0; row < t->csv.rows; row++) {
        const int64_t column = missing_in(t, row);
        if (column >= 0 && !drop)
            TRY(cama__csv_error(&t->csv, row, column, CAMA_E_DATA,
                                *cama__csv_cell(&t->csv, row, column) == '\0'
                                    ? "a value (option missing = drop leaves out its row)"
                                    : "a value (option missing = drop leaves out its row, option missing_tokens says "
                                      "which texts are none)"));
        if (column < 0) t->row[t->rows++] = row;
    }
    if (t->rows == 0)
        FAIL(CAMA_E_DATA, "%s: expected rows without missing values, got %lld rows that all have some", t->csv.where,
             (long long)t->csv.rows);
out:
    return status;
}

/* ---- Invalid ---- */

/* The judging of one column: bad (rows) marks its invalid cells. */
typedef struct {
    cama__table *t;
    int64_t column;
    uint8_t *bad;
    double *sample; /* (SPREAD_SAMPLE) */
    bool drop;
    double centre, spread;
} judge;

static int32_t condemn(const judge *j, int64_t i, const char *expected)
{
    if (!j->drop) return cama__csv_error(&j->t->csv, j->t->row[i], j->column, CAMA_E_DATA, expected);
    j->bad[i] = 1;
    return CAMA_OK;
}

static int32_t judge_binary(const judge *j)
{
    int32_t status = CAMA_OK;
    for (int64_t i = 0; i < j->t->rows; i++) {
        double value;
        const enum cama__decimal what = cama__dialect_number(&j->t->dialect, cell(j->t, i, j->column), &value);
        if (what != DECIMAL_NUMBER || (value != 0 && value != 1))
            TRY(condemn(j, i, "0 or 1 (option binary has the column)"));
    }
out:
    return status;
}

static int32_t condemn_text(const judge *j, int64_t i)
{
    char expected[256];
    cama__costume costume;
    const char *text = cell(j->t, i, j->column);
    const bool comma = cama__costume_read(text, &costume) && costume.comma && !j->t->dialect.decimal_comma;
    snprintf(expected, sizeof expected,
             "a number, as in other lines (option %scategorical if the column holds categories, missing_tokens if it "
             "stands for no value, invalid = drop to leave out its row%s)",
             comma ? "decimal = comma, or " : "", j->t->row[i] == 0 ? ", skip_records = 1 if it is a unit" : "");
    return condemn(j, i, expected);
}

/* Cells that are no finite floats, among others that are. */
static int32_t judge_texts(judge *j, int64_t *numbers)
{
    int32_t status = CAMA_OK;
    const cama__table *t = j->t;
    int64_t first_text = -1;
    *numbers = 0;
    for (int64_t i = 0; i < t->rows; i++) {
        double value = 0;
        const enum cama__decimal what = cama__dialect_number(&t->dialect, cell(t, i, j->column), &value);
        if (what == DECIMAL_OTHER && first_text < 0) first_text = i;
        if (what == DECIMAL_NONFINITE) TRY(condemn(j, i, "a finite number"));
        *numbers += what == DECIMAL_NUMBER;
        if (what == DECIMAL_NUMBER && fabs(value) > (double)FLT_MAX)
            TRY(condemn(j, i, "a number that is finite as a float"));
    }
    if (*numbers == 0 || first_text < 0) goto out;
    j->drop = j->drop && 2 * *numbers > t->rows; /* a column of texts is not made one of numbers by a few */
    for (int64_t i = first_text; i < t->rows; i++) {
        double value;
        if (cama__dialect_number(&t->dialect, cell(t, i, j->column), &value) == DECIMAL_OTHER) TRY(condemn_text(j, i));
    }
out:
    return status;
}

/* Numbers that lie far from all others. */
static int32_t judge_extremes(judge *j, int64_t numbers)
{
    int32_t status = CAMA_OK;
    const cama__table *t = j->t;
    const double times = t->o->extreme;
    const int64_t stride = cama__ceil_div(numbers, SPREAD_SAMPLE);
    int64_t count = 0, at = 0;
    for (int64_t i = 0; i < t->rows; i++) {
        double value;
        if (j->bad[i] || cama__dialect_number(&t->dialect, cell(t, i, j->column), &value) != DECIMAL_NUMBER) continue;
        if (at++ % stride == 0) j->sample[count++] = value;
    }
    cama__spread_find(j->sample, count, &j->centre, &j->spread);
    for (int64_t i = 0; i < t->rows; i++) {
        double value;
        if (j->bad[i] || cama__dialect_number(&t->dialect, cell(t, i, j->column), &value) != DECIMAL_NUMBER) continue;
        if (cama__spread_extreme(value, j->centre, j->spread, times))
            TRY(condemn(j, i,
                        "a number nearer to the others (option extreme says how far it may be, invalid = drop leaves "
                        "out its row)"));
    }
out:
    return status;
}

static int32_t judge_column(judge *j, int64_t column)
{
    int32_t status = CAMA_OK;
    int64_t numbers;
    j->column = column;
    j->centre = j->spread = 0;
    j->drop = j->t->o->invalid == SCHEMA_POLICY_DROP;
    if (has(&j->t->categorical, j->t, column)) goto out;
    if (has(&j->t->binary, j->t, column)) {
        TRY(judge_binary(j));
        goto out;
    }
    TRY(judge_texts(j, &numbers));
    if (numbers > 0) TRY(judge_extremes(j, numbers));
out:
    return status;
}

static int32_t leave_invalid(cama__table *t)
{
    int32_t status = CAMA_OK;
    int64_t kept = 0;
    judge j = {.t = t,
               .bad = cama__mem_alloc(cama__file_room(t->rows), 1),
               .sample = cama__mem_alloc(SPREAD_SAMPLE, sizeof *j.sample)};
    TRY(cama__mem_got(j.bad));
    TRY(cama__mem_got(j.sample));
    TRY(judge_column(&j, t->target));
    for (int64_t i = 0; i < t->count; i++) {
        TRY(judge_column(&j, t->item[i].column));
        t->place[i] = (cama__table_place){j.centre, j.spread};
    }
    for (int64_t i = 0; i < t->rows; i++)
        if (!j.bad[i]) t->row[kept++] = t->row[i];
    if (kept == 0)
        FAIL(CAMA_E_DATA, "%s: expected rows without invalid cells, got %lld rows that all have some", t->csv.where,
             (long long)t->rows);
    t->rows = kept;
out:
    cama__mem_free(j.sample);
    cama__mem_free(j.bad);
    return status;
}

int32_t cama__table_choose_rows(cama__table *t)
{
    int32_t status = CAMA_OK;
    TRY(cama__mem_new(&t->row, cama__file_room(t->csv.rows)));
    TRY(cama__mem_new(&t->place, cama__file_room(t->count)));
    TRY(leave_missing(t));
    TRY(leave_invalid(t));
out:
    return status;
}

/* ---- Survey ---- */

void cama__table_survey_column(const cama__table *t, int64_t column, cama__table_survey *out)
{
    cama__table_survey s = {.numbers = true, .wholes = true, .low = INFINITY, .high = -INFINITY};
    for (int64_t i = 0; i < t->rows; i++) {
        double value;
        const bool number = cama__dialect_number(&t->dialect, cell(t, i, column), &value) == DECIMAL_NUMBER;
        s.numbers = s.numbers && number;
        if (!number) continue;
        s.wholes = s.wholes && value == floor(value);
        s.low = fmin(s.low, value);
        s.high = fmax(s.high, value);
    }
    *out = s;
}
