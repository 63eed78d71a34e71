/* table_schema - roles, rows, target and variables, one after the other. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "table.h"
#include "table_parts.h"

/* ---- Options ---- */

/* A column that options categorical or binary name must exist. */
static int32_t read_kinds(cama__table *t)
{
    int32_t status = CAMA_OK;
    cama__csv_names *const lists[] = {&t->categorical, &t->binary};
    static const char *const options[] = {"categorical", "binary"};
    const char *const texts[] = {t->o->categorical, t->o->binary};
    char hint[CSV_HINT];
    for (int32_t i = 0; i < 2; i++) {
        TRY(cama__csv_names_read(texts[i], options[i], lists[i]));
        for (int64_t k = 0; k < lists[i]->count; k++) {
            int64_t column;
            const char *name = lists[i]->name[k];
            TRY(cama__csv_column(&t->csv, name, &column));
            if (column < 0)
                FAIL(CAMA_E_DATA, "%s: header: expected the column \"%s\" of option %s, got none%s", t->csv.where, name,
                     options[i], cama__csv_hint(&t->csv, name, hint));
            if (i > 0 && cama__csv_names_find(lists[0], name) >= 0)
                FAIL(CAMA_E_OPTION, "option binary: expected columns that categorical has not, got \"%s\"", name);
        }
    }
out:
    return status;
}

/* ---- Variables ---- */

/* Kind of a column; levels only of a categorical one. */
static int32_t find_kind(const cama__table *t, int64_t column, int32_t *kind, cama__table_survey *survey,
                         cama__table_levels *levels)
{
    int32_t status = CAMA_OK;
    char what[NAME_MAX_BYTES + 16];
    const char *name = t->csv.cell[column];
    const bool binary = cama__csv_names_find(&t->binary, name) >= 0;
    const bool categorical = cama__csv_names_find(&t->categorical, name) >= 0;
    cama__table_survey_column(t, column, survey);
    *kind = binary ? VARIABLE_BINARY : categorical || !survey->numbers ? VARIABLE_CATEGORICAL : VARIABLE_CONTINUOUS;
    if (*kind != VARIABLE_CATEGORICAL) goto out;
    TRY(cama__table_levels_find(t, column, false, categorical, levels));
    snprintf(what, sizeof what, "column \"%.*s\"", SHOWN(name));
    TRY(cama__table_check_size(&t->csv, what, t->rows, levels->count));
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
    if (t->o->constants == CONSTANTS_DROP) goto out;
    if (item->role == ROLE_X)
        FAIL(CAMA_E_DATA,
             "%s: column \"%s\": a child that never varies cannot be learned from, got \"%.*s\" on every line (option "
             "constants = drop leaves it out)",
             t->csv.where, name, SHOWN(value));
    if (t->o->constants == CONSTANTS_ERROR)
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

/* The offset that is subtracted from the numbers of a column so that floats distinguish them; 0 where none is needed. A
 * float has 24 bits: numbers whose range has fewer than STEPS of their steps are counted from the lowest. */
static double offset_of(const cama__table_survey *s)
{
    enum { STEPS = 1 << 14 };
    const double largest = fmax(fabs(s->low), fabs(s->high)), step = largest / (1 << 23);
    return (s->high - s->low) / step < STEPS && s->low < s->high ? s->low : 0;
}

/* A column that varies has to vary as floats, too. */
static int32_t check_floats(const cama__table *t, int64_t column, const cama__table_survey *s)
{
    const double offset = offset_of(s);
    if ((float)(s->low - offset) < (float)(s->high - offset)) return CAMA_OK;
    return cama__error(CAMA_E_DATA,
                       "%s: column \"%s\": expected numbers that are told apart as floats, got %.9g to %.9g (in "
                       "another unit)",
                       t->csv.where, t->csv.cell[column], s->low, s->high);
}

static int32_t add_as(const cama__table *t, const cama__table_item *item, int32_t kind, int32_t levels,
                      const char *const *names, cama_schema *schema)
{
    int32_t status = CAMA_OK;
    const char *name = t->csv.cell[item->column];
    TRY(cama__table_as_data(t, cama__schema_add(schema, name, item->role, kind, levels, names)));
    if (item->confounder != NULL)
        TRY(cama__table_as_data(t, cama__schema_confound(schema, schema->count - 1, item->confounder)));
out:
    return status;
}

/* The same variable in its other role. */
static int32_t add_twin(const cama__table *t, const cama__table_item *item, const cama__variable *twin,
                        cama_schema *schema)
{
    const double offset = twin->offset, centre = twin->centre, spread = twin->spread;
    const int32_t status = add_as(t, item, twin->kind, twin->levels, (const char *const *)twin->level, schema);
    if (status != CAMA_OK) return status;
    cama__variable *added = &schema->variable[schema->count - 1]; /* twin may have moved */
    added->offset = offset, added->centre = centre, added->spread = spread;
    return CAMA_OK;
}

static int32_t add_variable(const cama__table *t, int64_t which, cama_schema *schema)
{
    const cama__table_item *item = &t->item[which];
    int32_t status = CAMA_OK, kind;
    bool stays = true;
    cama__table_survey survey;
    cama__table_levels levels = {.count = 0};
    const cama__variable *twin = cama__schema_find(schema, t->csv.cell[item->column]);
    if (twin != NULL) /* a parent that is a co-parent too: its column was looked through */
        return add_twin(t, item, twin, schema);
    TRY(find_kind(t, item->column, &kind, &survey, &levels));
    const bool varies = kind == VARIABLE_CATEGORICAL ? levels.count > 1 : survey.low < survey.high;
    if (varies && kind == VARIABLE_CONTINUOUS) TRY(check_floats(t, item->column, &survey));
    if (!varies) TRY(judge_constant(t, item, kind, &stays));
    if (!stays) goto out;
    TRY(add_as(t, item, kind, levels.count, levels.name, schema));
    if (kind == VARIABLE_CONTINUOUS) {
        cama__variable *added = &schema->variable[schema->count - 1];
        added->centre = t->place[which].centre;
        added->spread = t->place[which].spread;
        added->offset = offset_of(&survey);
    }
out:
    cama__table_levels_free(&levels);
    return status;
}

static void free_table(cama__table *t)
{
    cama__csv_names_free(&t->categorical);
    cama__csv_names_free(&t->binary);
    cama__mem_free(t->item);
    cama__mem_free(t->place);
    cama__mem_free(t->row);
    cama__graph_free(&t->graph);
    cama__csv_free(&t->csv);
    cama__dialect_free(&t->dialect);
}

int32_t cama__table_schema_of(const cama__source *from, const cama_options *options, cama_schema **out)
{
    int32_t status = CAMA_OK;
    const cama__schema_options o = cama__options_schema(options);
    cama__table t = {.o = &o};
    cama_schema *schema = NULL;
    TRY(cama__dialect_read(&o.dialect, &t.dialect));
    TRY(cama__csv_load(from, &t.dialect, &t.csv));
    TRY(cama__table_roles(&t));
    TRY(read_kinds(&t));
    TRY(cama__table_choose_rows(&t));
    TRY(cama__table_target(&t, &schema));
    for (int64_t i = 0; i < t.count; i++) TRY(add_variable(&t, i, schema));
    if (t.confounder != NULL) TRY(cama__table_as_data(&t, cama__schema_confound(schema, -1, t.confounder)));
    if (schema->width[ROLE_X] == 0)
        FAIL(CAMA_E_DATA, "%s: expected a child of \"%s\" that varies, got children of one value each", t.csv.where,
             schema->target);
    TRY(cama__table_left_out(&t, schema));
    *out = schema;
    schema = NULL;
out:
    cama__schema_free(schema);
    free_table(&t);
    return status;
}

int32_t cama__table_schema(const char *path, const cama_options *options, cama_schema **out)
{
    return cama__table_schema_of(&(cama__source){path, NULL, 0}, options, out);
}
