/* table_schema - roles, rows, target and variables, one after the other. */
#include <string.h>

#include "file.h"
#include "table.h"

int32_t cama__table_as_data(const cama__table *t, int32_t status)
{
    if (status != CAMA_E_ARGUMENT) return status;
    return cama__error(CAMA_E_DATA, "%s: %s", t->csv.where, cama_last_error());
}

/* ---- Options ---- */

/* Whoever names a column for its kind means one that is there. */
static int32_t read_kinds(cama__table *t)
{
    int32_t status = CAMA_OK;
    cama__csv_names *const lists[] = {&t->categorical, &t->binary};
    static const char *const options[] = {"categorical", "binary"};
    for (int32_t i = 0; i < 2; i++) {
        TRY(cama__csv_names_read(cama__options_text(t->options, VERB_SCHEMA, options[i]), options[i], lists[i]));
        for (int64_t k = 0; k < lists[i]->count; k++) {
            int64_t column;
            const char *name = lists[i]->name[k];
            TRY(cama__csv_column(&t->csv, name, &column));
            if (column < 0)
                FAIL(CAMA_E_DATA, "%s: header: expected the column \"%s\" of option %s, got none", t->csv.where, name,
                     options[i]);
            if (i > 0 && cama__csv_names_find(lists[0], name) >= 0)
                FAIL(CAMA_E_OPTION, "option binary: expected columns that categorical has not, got \"%s\"", name);
        }
    }
out:
    return status;
}

/* ---- Rows ---- */

/* The first used column whose cell is empty, or -1. */
static int64_t missing_in(const cama__table *t, int64_t row)
{
    if (*cama__csv_cell(&t->csv, row, t->target) == '\0') return t->target;
    for (int64_t i = 0; i < t->count; i++) {
        if (*cama__csv_cell(&t->csv, row, t->item[i].column) == '\0') return t->item[i].column;
    }
    return -1;
}

static int32_t choose_rows(cama__table *t)
{
    int32_t status = CAMA_OK;
    const bool drop = cama__options_is(t->options, VERB_SCHEMA, "missing", "drop");
    t->row = cama__mem_alloc(cama__file_room(t->csv.rows), sizeof *t->row);
    if (t->row == NULL) TRY(CAMA_E_MEMORY);
    for (int64_t row = 0; row < t->csv.rows; row++) {
        const int64_t column = missing_in(t, row);
        if (column >= 0 && !drop)
            TRY(cama__csv_error(&t->csv, row, column, CAMA_E_DATA,
                                "a value (option missing = drop leaves out its row)"));
        if (column < 0) t->row[t->rows++] = row;
    }
    if (t->rows == 0)
        FAIL(CAMA_E_DATA, "%s: expected rows without missing values, got %lld rows that all have some", t->csv.where,
             (long long)t->csv.rows);
out:
    return status;
}

/* ---- Variables ---- */

/* Kind of a column; levels only of a categorical one. */
static int32_t find_kind(const cama__table *t, int64_t column, int32_t *kind, bool *varies, cama__table_levels *levels)
{
    int32_t status = CAMA_OK;
    const char *name = t->csv.cell[column];
    cama__table_survey survey = {.numbers = false};
    const bool binary = cama__csv_names_find(&t->binary, name) >= 0;
    const bool categorical = cama__csv_names_find(&t->categorical, name) >= 0;
    if (binary) TRY(cama__table_check_binary(t, column));
    if (!categorical) TRY(cama__table_survey_column(t, column, &survey));
    *kind = binary ? VARIABLE_BINARY : survey.numbers ? VARIABLE_CONTINUOUS : VARIABLE_CATEGORICAL;
    if (*kind == VARIABLE_CATEGORICAL) TRY(cama__table_levels_find(t, column, levels));
    *varies = *kind == VARIABLE_CATEGORICAL ? levels->count > 1 : survey.low < survey.high;
out:
    return status;
}

/* A column that never varies: may it stay? */
static int32_t judge_constant(const cama__table *t, const cama__table_item *item, int32_t kind, bool *stays)
{
    int32_t status = CAMA_OK;
    const char *name = t->csv.cell[item->column], *value = cama__csv_cell(&t->csv, t->row[0], item->column);
    const char *role = cama__role_name(item->role);
    *stays = false;
    if (cama__options_is(t->options, VERB_SCHEMA, "constants", "drop")) goto out;
    if (item->role == ROLE_X)
        FAIL(CAMA_E_DATA,
             "%s: column \"%s\": a child that never varies cannot be learned from, got \"%.*s\" on every line (option "
             "constants = drop leaves it out)",
             t->csv.where, name, SHOWN(value));
    if (cama__options_is(t->options, VERB_SCHEMA, "constants", "error"))
        FAIL(CAMA_E_DATA,
             "%s: column \"%s\": expected a %s that varies (option constants = error), got \"%.*s\" on every line",
             t->csv.where, name, role, SHOWN(value));
    if (kind == VARIABLE_CATEGORICAL)
        FAIL(CAMA_E_DATA,
             "%s: column \"%s\": expected a categorical %s of at least 2 levels, got \"%.*s\" on every line (option "
             "constants = drop leaves it out)",
             t->csv.where, name, role, SHOWN(value));
    *stays = true;
out:
    return status;
}

static int32_t add_variable(const cama__table *t, const cama__table_item *item, cama_schema *schema)
{
    int32_t status = CAMA_OK, kind;
    bool varies, stays = true;
    cama__table_levels levels = {.count = 0};
    TRY(find_kind(t, item->column, &kind, &varies, &levels));
    if (!varies) TRY(judge_constant(t, item, kind, &stays));
    if (stays)
        TRY(cama__table_as_data(
            t, cama__schema_add(schema, t->csv.cell[item->column], item->role, kind, levels.count, levels.name)));
out:
    cama__table_levels_free(&levels);
    return status;
}

static void free_table(cama__table *t)
{
    cama__csv_names_free(&t->categorical);
    cama__csv_names_free(&t->binary);
    cama__mem_free(t->item);
    cama__mem_free(t->row);
    cama__csv_free(&t->csv);
}

int32_t cama__table_schema(const char *path, const cama_options *options, cama_schema **out)
{
    int32_t status = CAMA_OK;
    cama__table t = {.options = options};
    cama_schema *schema = NULL;
    TRY(cama__csv_read(path, &t.csv));
    TRY(cama__table_roles(&t));
    TRY(read_kinds(&t));
    TRY(choose_rows(&t));
    TRY(cama__table_target(&t, &schema));
    for (int64_t i = 0; i < t.count; i++) TRY(add_variable(&t, &t.item[i], schema));
    if (schema->width[ROLE_X] == 0)
        FAIL(CAMA_E_DATA, "%s: expected a child of \"%s\" that varies, got children of one value each", path,
             schema->target);
    *out = schema;
    schema = NULL;
out:
    cama__schema_free(schema);
    free_table(&t);
    return status;
}
