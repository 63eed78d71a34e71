/* table - one pass over a file's records: each is written behind the last one that was kept. Options decide what
 * happens to a record with a refused cell: an error, dropped, or kept and flagged. */
#include "table.h"

#include <inttypes.h>
#include <string.h>

#include "file.h"
#include "json.h"
#include "table_parts.h"
#include "table_read.h"

typedef struct {
    const cama_schema *schema;
    cama__dialect dialect;
    cama__csv csv;
    cama__cell_reader *from; /* (sources) the variables', then the target's if labels are read */
    int64_t sources;
    enum cama__choice_csv_policy policy[CELL_VERDICTS];
    bool partial;             /* a label may be missing */
    float *value[ROLE_COUNT]; /* (rows, width), or NULL */
    int32_t *y;               /* (rows), -1 where there is none; or NULL */
    cama__origin *origin;     /* of what is kept */
    int64_t room;             /* for refusals */
} reader;

static float *run_of(const reader *r, const cama__variable *v, int64_t to)
{
    return r->value[v->role] + to * r->schema->width[v->role] + v->first;
}

/* A parent that is a co-parent too is read once. v is NULL for the target. */
static void copy_to_twin(const reader *r, const cama__variable *v, int64_t to)
{
    if (v == NULL || v->twin < 0) return;
    memcpy(run_of(r, &r->schema->variable[v->twin], to), run_of(r, v, to), (size_t)v->levels * sizeof(float));
}

/* ---- One record ---- */

/* Writes down that a record was refused; once, for its first cell. */
static int32_t note(reader *r, int64_t row, const cama__cell_reader *from, enum cama__verdict verdict)
{
    static const int32_t reasons[CELL_VERDICTS] = {
        [CELL_MISSING] = REFUSED_MISSING, [CELL_INVALID] = REFUSED_INVALID, [CELL_UNKNOWN] = REFUSED_UNKNOWN};
    cama__origin *o = r->origin;
    cama__refusal *grown = cama__json_grow(o->refusal, o->refusals, &r->room, sizeof *grown);
    if (grown == NULL) return CAMA_E_MEMORY;
    o->refusal = grown;
    const int32_t variable = from->variable != NULL ? (int32_t)(from->variable - r->schema->variable) : -1;
    grown[o->refusals++] = (cama__refusal){row + 1, r->csv.line[row + 1], variable, reasons[verdict]};
    return CAMA_OK;
}

/* A cell that is refused: an error; or its row is not good; or it is made up and the row flagged. A label is not made
 * up: there is none then, and the row's other results stand. */
static int32_t refuse(reader *r, int64_t row, int64_t to, const cama__cell_reader *from, enum cama__verdict verdict,
                      const char *expected, bool *good)
{
    const enum cama__choice_csv_policy policy = r->policy[verdict];
    if (policy == CSV_POLICY_ERROR) return cama__csv_error(&r->csv, row, from->column, CAMA_E_DATA, expected);
    if (policy == CSV_POLICY_DROP)
        *good = false;
    else if (from->variable == NULL)
        r->y[to] = -1;
    else {
        cama__cell_fill(from->variable, run_of(r, from->variable, to));
        copy_to_twin(r, from->variable, to);
        r->origin->flag[to] = 1;
    }
    return CAMA_OK;
}

static bool label_may_miss(const reader *r, const cama__cell_reader *from)
{
    return from->variable == NULL && r->partial;
}

/* The first cell that drops the record because it is missing: nothing else of it matters then. */
static const cama__cell_reader *dropped_by(const reader *r, int64_t row)
{
    for (int64_t i = 0; r->policy[CELL_MISSING] == CSV_POLICY_DROP && i < r->sources; i++)
        if (!label_may_miss(r, &r->from[i]) && cama__cell_missing(&r->from[i], &r->csv, row)) return &r->from[i];
    return NULL;
}

/* Record row as the dataset's row `to`; *good is false if it is dropped. */
static int32_t read_row(reader *r, int64_t row, int64_t to, bool *good)
{
    int32_t status = CAMA_OK;
    bool noted = false;
    const cama__cell_reader *missing = dropped_by(r, row);
    *good = missing == NULL;
    if (missing != NULL) TRY(note(r, row, missing, CELL_MISSING));
    r->origin->flag[to] = 0;
    for (int64_t i = 0; missing == NULL && i < r->sources; i++) {
        const cama__cell_reader *from = &r->from[i];
        const char *expected;
        float *run = from->variable != NULL ? run_of(r, from->variable, to) : NULL;
        const enum cama__verdict verdict =
            cama__cell_read(from, &r->csv, row, run, r->y != NULL ? &r->y[to] : NULL, &expected);
        if (verdict == CELL_MISSING && label_may_miss(r, from)) {
            r->y[to] = -1;
            continue;
        }
        if (verdict == CELL_GOOD) {
            copy_to_twin(r, from->variable, to);
            continue;
        }
        TRY(refuse(r, row, to, from, verdict, expected, good));
        if (!noted) TRY(note(r, row, from, verdict));
        noted = true;
    }
    r->origin->row[to] = row + 1;
    r->origin->line[to] = r->csv.line[row + 1];
out:
    return status;
}

/* ---- The file ---- */

static int32_t add_source(reader *r, const cama__variable *v, const char *name, bool needed, double extreme)
{
    int32_t status = CAMA_OK;
    char hint[CSV_HINT];
    cama__cell_reader *from = &r->from[r->sources];
    TRY(cama__csv_column(&r->csv, name, &from->column));
    if (from->column < 0 && needed)
        FAIL(CAMA_E_DATA, "%s: header: expected a column \"%s\", %s of the schema, got none%s", r->csv.where, name,
             v != NULL ? "a variable" : "the target", cama__csv_hint(&r->csv, name, hint));
    if (from->column < 0) goto out;
    const bool cut = v == NULL && r->schema->cut != NULL;
    const int32_t count = v != NULL ? cama__variable_names(v) : cut ? 0 : r->schema->classes;
    from->variable = v;
    from->schema = r->schema;
    from->extreme = extreme;
    r->sources++;
    if (count > 0) TRY(cama__names_index(v != NULL ? v->level : r->schema->class_name, count, &from->names));
out:
    return status;
}

/* Labels are read if there are any, unless they are required. */
static int32_t add_target(reader *r, enum cama__choice_labels labels)
{
    int32_t status = CAMA_OK;
    const bool required = labels == LABELS_REQUIRE;
    const int64_t before = r->sources;
    bool empty = true;
    if (labels == LABELS_NONE) goto out;
    TRY(add_source(r, NULL, r->schema->target, required, 0));
    if (r->sources == before) goto out;
    cama__cell_reader *from = &r->from[before];
    for (int64_t row = 0; empty && row < r->csv.rows; row++) empty = cama__cell_missing(from, &r->csv, row);
    if (empty && !required) {
        cama__names_free(&from->names);
        r->sources--;
        goto out;
    }
    TRY(cama__mem_new(&r->y, cama__file_room(r->csv.rows)));
out:
    return status;
}

static int32_t find_sources(reader *r, const cama__csv_options *o)
{
    int32_t status = CAMA_OK;
    const int32_t count = r->schema->count;
    TRY(cama__mem_new(&r->from, count + 1));
    for (int32_t i = 0; i < count; i++) {
        const cama__variable *v = &r->schema->variable[i];
        if (v->twin < 0 || v->twin > i) TRY(add_source(r, v, v->name, true, o->extreme));
    }
    TRY(add_target(r, o->labels));
out:
    return status;
}

static int32_t make_blocks(reader *r)
{
    int32_t status = CAMA_OK;
    int64_t all = 0;
    for (int32_t role = 0; role < ROLE_COUNT; role++) all += r->schema->width[role];
    TRY(cama__table_check_size(&r->csv, "schema", r->csv.rows, all));
    for (int32_t role = 0; role < ROLE_COUNT; role++) {
        const int32_t width = r->schema->width[role];
        int64_t numbers;
        if (width == 0) continue;
        if (__builtin_mul_overflow(r->csv.rows, (int64_t)width, &numbers)) numbers = INT64_MAX;
        TRY(cama__mem_new(&r->value[role], cama__file_room(numbers)));
    }
    cama__origin *o = r->origin = cama__mem_alloc(1, sizeof *o);
    TRY(cama__mem_got(o));
    TRY(cama__mem_new(&o->row, cama__file_room(r->csv.rows)));
    TRY(cama__mem_new(&o->line, cama__file_room(r->csv.rows)));
    TRY(cama__mem_new(&o->flag, cama__file_room(r->csv.rows)));
out:
    return status;
}

static void free_reader(reader *r)
{
    for (int32_t role = 0; role < ROLE_COUNT; role++) cama__mem_free(r->value[role]);
    for (int64_t i = 0; i < r->sources; i++) cama__names_free(&r->from[i].names);
    cama__mem_free(r->from);
    cama__mem_free(r->y);
    cama__origin_free(r->origin);
    cama__csv_free(&r->csv);
    cama__dialect_free(&r->dialect);
}

static int32_t read_options(reader *r, const cama__csv_options *o)
{
    r->policy[CELL_MISSING] = o->missing;
    r->policy[CELL_INVALID] = o->invalid;
    r->policy[CELL_UNKNOWN] = o->unknown;
    r->partial = o->labels == LABELS_PARTIAL;
    return cama__dialect_read(&o->dialect, &r->dialect);
}

/* The dataset of the first n rows, which takes over what the file says of them. */
static int32_t make_dataset(reader *r, int64_t n, cama_dataset **out)
{
    int32_t status = CAMA_OK;
    cama_dataset *made = NULL;
    int64_t known = 0, flagged = 0;
    for (int64_t i = 0; i < n; i++) {
        known += r->y != NULL && r->y[i] >= 0;
        flagged += r->origin->flag[i];
    }
    const cama__columns columns = {{r->value[ROLE_X], r->value[ROLE_A], r->value[ROLE_C]}, known == n ? r->y : NULL};
    TRY(cama__dataset_from_columns(r->schema, n, &columns, true, &made));
    r->origin->n = n;
    if (flagged == 0) {
        cama__mem_free(r->origin->flag);
        r->origin->flag = NULL;
    }
    int32_t *given = known > 0 && known < n ? r->y : NULL;
    if (given != NULL) r->y = NULL;
    cama__origin *origin = r->origin;
    r->origin = NULL;
    TRY(cama__dataset_describe(made, given, origin));
    *out = made;
    made = NULL;
out:
    cama__dataset_free(made);
    return status;
}

int32_t cama__table_dataset_of(const cama__source *from, const cama_schema *schema, const cama_options *options,
                               cama_dataset **out)
{
    const cama__csv_options o = cama__options_csv(options);
    int32_t status = CAMA_OK;
    int64_t n = 0;
    reader r = {.schema = schema};
    if (schema->width[ROLE_X] == 0)
        FAIL(CAMA_E_ARGUMENT, "%s: expected a schema with children of \"%s\", got none", from->where, schema->target);
    TRY(read_options(&r, &o));
    TRY(cama__csv_load(from, &r.dialect, &r.csv));
    TRY(find_sources(&r, &o));
    TRY(make_blocks(&r));
    for (int64_t row = 0; row < r.csv.rows; row++) {
        bool good;
        TRY(read_row(&r, row, n, &good));
        n += good;
    }
    if (n == 0)
        FAIL(CAMA_E_DATA,
             "%s: expected rows without missing, invalid or unknown values, got %" PRId64 " that all have some",
             from->where, r.csv.rows);
    TRY(make_dataset(&r, n, out));
out:
    free_reader(&r);
    return status;
}

int32_t cama__table_dataset(const char *path, const cama_schema *schema, const cama_options *options,
                            cama_dataset **out)
{
    return cama__table_dataset_of(&(cama__source){path, NULL, 0}, schema, options, out);
}
