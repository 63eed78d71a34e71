/* table - one pass over a file's records: each is written behind the last good one and counts if all its cells are
 * known. */
#include "table.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "../base/sort.h"
#include "decimal.h"
#include "file.h"

/* ---- Names of levels and classes ---- */

typedef struct {
    const char *name;
    int32_t index;
} entry;

static int by_name(const void *a, const void *b)
{
    const entry *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static entry *index_names(char *const *names, int32_t count)
{
    entry *entries = cama__mem_alloc((size_t)count, sizeof *entries);
    for (int32_t i = 0; entries != NULL && i < count; i++) entries[i] = (entry){names[i], i};
    if (entries != NULL) cama__sort(entries, count, sizeof *entries, by_name);
    return entries;
}

/* Index of a text, or of the number that it is written for; -1 if there is none. */
static int32_t find_name(const entry *entries, int32_t count, const char *text)
{
    char number[DECIMAL_TEXT];
    double value;
    entry wanted = {text, 0};
    int64_t at = cama__sort_find(&wanted, entries, count, sizeof wanted, by_name);
    if (at < 0 && cama__decimal_parse(text, &value) == DECIMAL_NUMBER) {
        cama__decimal_print(value + 0.0, number);
        wanted.name = number;
        at = cama__sort_find(&wanted, entries, count, sizeof wanted, by_name);
    }
    return at < 0 ? -1 : entries[at].index;
}

/* ---- One cell ---- */

typedef struct {
    const cama__variable *variable; /* NULL: the target */
    int64_t column;
    entry *names; /* (count), sorted */
    int32_t count;
} source;

typedef struct {
    const cama_schema *schema;
    cama__csv csv;
    source *from; /* (sources) the variables', then the target's if labels are read */
    int64_t sources;
    bool drop_missing, drop_unknown;
    float *value[ROLE_COUNT]; /* (rows, width), or NULL */
    int32_t *y;               /* (rows), or NULL */
} reader;

static int32_t read_number(const reader *r, int64_t row, int64_t column, double *value)
{
    const enum cama__decimal what = cama__decimal_parse(cama__csv_cell(&r->csv, row, column), value);
    if (what != DECIMAL_NUMBER) return cama__csv_error(&r->csv, row, column, CAMA_E_DATA, "a finite number");
    if (fabs(*value) > (double)FLT_MAX)
        return cama__csv_error(&r->csv, row, column, CAMA_E_DATA, "a number that is finite as a float");
    return CAMA_OK;
}

/* *known is false for a level or class that is not in the schema, where such rows are dropped. */
static int32_t read_level(const reader *r, int64_t row, const source *from, int32_t *index, bool *known)
{
    double value;
    const char *text = cama__csv_cell(&r->csv, row, from->column);
    const bool binary = from->variable != NULL && from->variable->kind == VARIABLE_BINARY;
    *index = find_name(from->names, from->count, text);
    if (*index < 0 && binary && cama__decimal_parse(text, &value) == DECIMAL_NUMBER && (value == 0 || value == 1))
        *index = (int32_t)value;
    *known = *index >= 0;
    if (*known || r->drop_unknown) return CAMA_OK;
    return cama__csv_error(&r->csv, row, from->column, CAMA_E_DATA,
                           from->variable == NULL ? "a class of the schema (option unknown = drop leaves out its row)"
                           : binary               ? "0 or 1"
                                                  : "a level of the schema (option unknown = drop leaves out its row)");
}

static int32_t read_target(const reader *r, int64_t row, const source *from, int32_t *y, bool *known)
{
    double value;
    if (r->schema->cut == NULL) return read_level(r, row, from, y, known);
    const int32_t status = read_number(r, row, from->column, &value);
    if (status != CAMA_OK) return status;
    for (*y = 0; *y < r->schema->classes - 1 && r->schema->cut[*y] <= value;) (*y)++;
    return CAMA_OK;
}

/* Place of a variable's numbers in the dataset's row `to`. */
static float *place_of(const reader *r, const cama__variable *v, int64_t to)
{
    return r->value[v->role] + to * r->schema->width[v->role] + v->first;
}

/* A parent that is a co-parent too is read once. */
static void copy_to_twin(const reader *r, const cama__variable *v, int64_t to)
{
    if (v->twin < 0) return;
    memcpy(place_of(r, &r->schema->variable[v->twin], to), place_of(r, v, to), (size_t)v->levels * sizeof(float));
}

/* run (levels) of the variable. */
static int32_t read_variable(const reader *r, int64_t row, const source *from, float *run, bool *known)
{
    double value;
    int32_t index = -1;
    if (from->variable->kind == VARIABLE_CONTINUOUS) {
        const int32_t status = read_number(r, row, from->column, &value);
        if (status == CAMA_OK) run[0] = (float)value;
        return status;
    }
    const int32_t status = read_level(r, row, from, &index, known);
    if (status != CAMA_OK || !*known) return status;
    memset(run, 0, (size_t)from->variable->levels * sizeof *run);
    if (from->variable->kind == VARIABLE_BINARY)
        run[0] = (float)index;
    else
        run[index] = 1;
    return CAMA_OK;
}

static bool is_missing(const reader *r, int64_t row, const source *from)
{
    return *cama__csv_cell(&r->csv, row, from->column) == '\0';
}

/* Record row as the dataset's row `to`; *good is false if it is to be dropped. Where an empty cell drops it, nothing
 * else of it matters. */
static int32_t read_row(const reader *r, int64_t row, int64_t to, bool *good)
{
    int32_t status = CAMA_OK;
    bool whole = true;
    for (int64_t i = 0; r->drop_missing && i < r->sources; i++) whole = whole && !is_missing(r, row, &r->from[i]);
    *good = whole;
    for (int64_t i = 0; whole && i < r->sources; i++) {
        bool known = true;
        const source *from = &r->from[i];
        const cama__variable *v = from->variable;
        if (is_missing(r, row, from))
            TRY(cama__csv_error(&r->csv, row, from->column, CAMA_E_DATA,
                                "a value (option missing = drop leaves out its row)"));
        if (v == NULL)
            TRY(read_target(r, row, from, &r->y[to], &known));
        else
            TRY(read_variable(r, row, from, place_of(r, v, to), &known));
        if (v != NULL && known) copy_to_twin(r, v, to);
        *good = *good && known;
    }
out:
    return status;
}

/* ---- The file ---- */

static int32_t add_source(reader *r, const cama__variable *v, const char *name, bool needed)
{
    int32_t status = CAMA_OK;
    source *from = &r->from[r->sources];
    TRY(cama__csv_column(&r->csv, name, &from->column));
    if (from->column < 0 && needed)
        FAIL(CAMA_E_DATA, "%s: header: expected a column \"%s\", %s of the schema, got none", r->csv.where, name,
             v != NULL ? "a variable" : "the target");
    if (from->column < 0) goto out;
    const bool cut = v == NULL && r->schema->cut != NULL;
    from->variable = v;
    from->count = v != NULL ? cama__variable_names(v) : cut ? 0 : r->schema->classes;
    if (from->count > 0) from->names = index_names(v != NULL ? v->level : r->schema->class_name, from->count);
    if (from->count > 0 && from->names == NULL) TRY(CAMA_E_MEMORY);
    r->sources++;
out:
    return status;
}

static int32_t find_sources(reader *r, const cama_options *options)
{
    int32_t status = CAMA_OK;
    const int32_t count = r->schema->count;
    r->from = cama__mem_alloc((size_t)count + 1, sizeof *r->from);
    if (r->from == NULL) TRY(CAMA_E_MEMORY);
    for (int32_t i = 0; i < count; i++) {
        const cama__variable *v = &r->schema->variable[i];
        if (v->twin < 0 || v->twin > i) TRY(add_source(r, v, v->name, true));
    }
    const int64_t causes_and_effects = r->sources;
    if (!cama__options_is(options, VERB_CSV, "labels", "none"))
        TRY(add_source(r, NULL, r->schema->target, cama__options_is(options, VERB_CSV, "labels", "require")));
    if (r->sources > causes_and_effects) {
        r->y = cama__mem_alloc(cama__file_room(r->csv.rows), sizeof *r->y);
        if (r->y == NULL) TRY(CAMA_E_MEMORY);
    }
out:
    return status;
}

static int32_t make_blocks(reader *r)
{
    for (int32_t role = 0; role < ROLE_COUNT; role++) {
        const int32_t width = r->schema->width[role];
        int64_t numbers;
        if (width == 0) continue;
        if (__builtin_mul_overflow(r->csv.rows, (int64_t)width, &numbers)) numbers = INT64_MAX;
        r->value[role] = cama__mem_alloc(cama__file_room(numbers), sizeof *r->value[role]);
        if (r->value[role] == NULL) return CAMA_E_MEMORY;
    }
    return CAMA_OK;
}

static void free_reader(reader *r)
{
    for (int32_t role = 0; role < ROLE_COUNT; role++) cama__mem_free(r->value[role]);
    for (int64_t i = 0; i < r->sources; i++) cama__mem_free(r->from[i].names);
    cama__mem_free(r->from);
    cama__mem_free(r->y);
    cama__csv_free(&r->csv);
}

int32_t cama__table_dataset(const char *path, const cama_schema *schema, const cama_options *options,
                            cama_dataset **out)
{
    int32_t status = CAMA_OK;
    int64_t n = 0;
    reader r = {.schema = schema,
                .drop_missing = cama__options_is(options, VERB_CSV, "missing", "drop"),
                .drop_unknown = cama__options_is(options, VERB_CSV, "unknown", "drop")};
    if (schema->width[ROLE_X] == 0)
        FAIL(CAMA_E_ARGUMENT, "%s: expected a schema with children of \"%s\", got none", path, schema->target);
    TRY(cama__csv_read(path, &r.csv));
    TRY(find_sources(&r, options));
    TRY(make_blocks(&r));
    for (int64_t row = 0; row < r.csv.rows; row++) {
        bool good;
        TRY(read_row(&r, row, n, &good));
        n += good;
    }
    if (n == 0)
        FAIL(CAMA_E_DATA, "%s: expected rows without missing or unknown values, got %" PRId64 " that all have some",
             path, r.csv.rows);
    TRY(cama__dataset_from_columns(schema, n, r.value[ROLE_X], r.value[ROLE_A], r.value[ROLE_C], r.y, true, out));
out:
    free_reader(&r);
    return status;
}
