/* table_target - the classes of y: levels, or the intervals between cuts of a number. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../base/sort.h"
#include "decimal.h"
#include "file.h"
#include "table_parts.h"

enum { WHOLE_LEVELS = 20 }; /* so many different integers are taken for classes without being asked */

/* ---- Levels ---- */

static int32_t from_levels(const cama__table *t, const char *name, bool by_value, bool declared, cama_schema **out)
{
    int32_t status = CAMA_OK;
    cama__table_levels levels = {.count = 0};
    TRY(cama__table_levels_find(t, t->target, by_value, declared, &levels));
    if (levels.count < 2)
        FAIL(CAMA_E_DATA, "%s: target \"%s\": expected at least 2 classes, got \"%.*s\" on every line", t->csv.where,
             name, SHOWN(levels.name[0]));
    TRY(cama__table_as_data(t, cama__schema_create(name, levels.count, levels.name, NULL, out)));
out:
    cama__table_levels_free(&levels);
    return status;
}

static int32_t from_wholes(const cama__table *t, const char *name, const cama__table_survey *survey, cama_schema **out)
{
    int32_t status = CAMA_OK;
    cama__table_levels levels = {.count = 0};
    if (!survey->wholes)
        FAIL(CAMA_E_OPTION,
             "target \"%s\": expected option cuts or quantiles for numbers that are not all integers, got neither",
             name);
    TRY(cama__table_levels_find(t, t->target, true, false, &levels));
    if (levels.count > WHOLE_LEVELS)
        FAIL(CAMA_E_OPTION,
             "target \"%s\": expected option cuts, quantiles or categorical for more than %d different integers, got "
             "none for %" PRId32,
             name, WHOLE_LEVELS, levels.count);
    TRY(from_levels(t, name, true, false, out));
out:
    cama__table_levels_free(&levels);
    return status;
}

/* ---- Cuts ---- */

/* values (rows) of the target, which are numbers. */
static void read_values(const cama__table *t, double *values)
{
    for (int64_t i = 0; i < t->rows; i++)
        (void)cama__dialect_number(&t->dialect, cama__csv_cell(&t->csv, t->row[i], t->target), &values[i]);
}

static int by_value(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* count names of room bytes each: "y < 1", "1 <= y < 2", "y >= 2". */
static void name_classes(const char *y, const double *cuts, int32_t count, char *text, size_t room, const char **names)
{
    char low[DECIMAL_TEXT], high[DECIMAL_TEXT];
    for (int32_t i = 0; i < count; i++) {
        char *to = text + (size_t)i * room;
        if (i > 0) cama__decimal_print(cuts[i - 1], low);
        if (i < count - 1) cama__decimal_print(cuts[i], high);
        if (i == 0)
            snprintf(to, room, "%s < %s", y, high);
        else if (i == count - 1)
            snprintf(to, room, "%s >= %s", y, low);
        else
            snprintf(to, room, "%s <= %s < %s", low, y, high);
        names[i] = to;
    }
}

/* values (rows) ascend. */
static int32_t check_classes(const cama__table *t, const double *values, const double *cuts, int32_t classes,
                             const char *const *names)
{
    int64_t at = 0;
    for (int32_t i = 0; i < classes; i++) {
        const int64_t first = at;
        while (at < t->rows && (i == classes - 1 || values[at] < cuts[i])) at++;
        if (at == first)
            return cama__error(CAMA_E_DATA, "%s: target \"%s\": expected values in each class, got none with %s",
                               t->csv.where, t->csv.cell[t->target], names[i]);
    }
    return CAMA_OK;
}

static int32_t from_cuts(const cama__table *t, const char *name, const double *values, const double *cuts,
                         int32_t classes, cama_schema **out)
{
    int32_t status = CAMA_OK;
    const size_t room = strlen(name) + 2 * DECIMAL_TEXT + 16;
    char *text = cama__mem_alloc((size_t)classes, room);
    const char **names = cama__mem_alloc((size_t)classes, sizeof *names);
    TRY(cama__mem_got(text));
    TRY(cama__mem_got(names));
    name_classes(name, cuts, classes, text, room, names);
    TRY(check_classes(t, values, cuts, classes, names));
    TRY(cama__table_as_data(t, cama__schema_create(name, classes, names, cuts, out)));
out:
    cama__mem_free(names);
    cama__mem_free(text);
    return status;
}

/* Option cuts as it was meant. */
static int32_t given_cuts(const float *given, int64_t count, double *cuts)
{
    for (int64_t i = 0; i < count; i++) {
        cuts[i] = cama__decimal_meant(given[i]);
        if (i > 0 && cuts[i] <= cuts[i - 1]) {
            return cama__error(CAMA_E_OPTION, "option cuts: expected ascending numbers, got %.9g after %.9g", cuts[i],
                               cuts[i - 1]);
        }
    }
    return CAMA_OK;
}

/* The values that begin each of count + 1 parts of equal size. */
static int32_t quantile_cuts(const cama__table *t, const double *values, int64_t count, double *cuts)
{
    for (int64_t i = 0; i < count; i++) {
        const int64_t parts = count + 1, whole = t->rows / parts, rest = t->rows % parts;
        cuts[i] = values[(i + 1) * whole + (i + 1) * rest / parts];
        if (cuts[i] > (i > 0 ? cuts[i - 1] : values[0])) continue;
        return cama__error(CAMA_E_DATA,
                           "%s: target \"%s\": expected values that differ from one of %" PRId64
                           " quantiles to the next, got %.9g in two of them",
                           t->csv.where, t->csv.cell[t->target], parts, cuts[i]);
    }
    return CAMA_OK;
}

static int32_t from_numbers(const cama__table *t, const char *name, const float *given, int64_t count,
                            cama_schema **out)
{
    int32_t status = CAMA_OK;
    double *values = NULL;
    double *cuts = NULL;
    TRY(cama__mem_new(&values, cama__file_room(t->rows)));
    TRY(cama__mem_new(&cuts, cama__file_room(count)));
    if (count >= LEVELS_MAX)
        FAIL(CAMA_E_OPTION, "option cuts: expected at most %d numbers, got %" PRId64, LEVELS_MAX - 1, count);
    read_values(t, values);
    cama__sort(values, t->rows, sizeof *values, by_value);
    TRY(given != NULL ? given_cuts(given, count, cuts) : quantile_cuts(t, values, count, cuts));
    TRY(from_cuts(t, name, values, cuts, (int32_t)count + 1, out));
out:
    cama__mem_free(cuts);
    cama__mem_free(values);
    return status;
}

int32_t cama__table_target(const cama__table *t, cama_schema **out)
{
    int32_t status = CAMA_OK;
    const char *name = t->csv.cell[t->target];
    const float *cuts = t->o->cuts.at;
    const int64_t count = t->o->cuts.count, quantiles = t->o->quantiles;
    const bool binary = cama__csv_names_find(&t->binary, name) >= 0;
    const bool levels = binary || cama__csv_names_find(&t->categorical, name) >= 0;
    cama__table_survey survey;
    if ((count > 0) + (quantiles > 0) + levels > 1)
        FAIL(CAMA_E_OPTION,
             "target \"%s\": expected one of the options cuts, quantiles, categorical and binary, got more", name);
    if (quantiles == 1) FAIL(CAMA_E_OPTION, "option quantiles: expected at least 2, or 0 for none, got 1");
    if (levels) {
        TRY(from_levels(t, name, binary, true, out));
        goto out;
    }
    cama__table_survey_column(t, t->target, &survey);
    const bool cut = count > 0 || quantiles > 0;
    if (cut && !survey.numbers)
        FAIL(CAMA_E_DATA, "%s: target \"%s\": expected numbers for option %s, got texts", t->csv.where, name,
             count > 0 ? "cuts" : "quantiles");
    if (cut)
        TRY(from_numbers(t, name, cuts, count > 0 ? count : quantiles - 1, out));
    else
        TRY(survey.numbers ? from_wholes(t, name, &survey, out) : from_levels(t, name, false, false, out));
out:
    return status;
}
