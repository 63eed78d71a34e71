/* told - the schema and the input, as lines and as JSON. */
#include "told.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

typedef struct {
    const char *name;
    int32_t role, kind, levels, first;
} variable;

static const struct {
    int32_t role;
    const char *word, *heading;
} parts[] = {{CAMA_ROLE_PARENT, "parent", "parents a"},
             {CAMA_ROLE_CO_PARENT, "co-parent", "co-parents c"},
             {CAMA_ROLE_CHILD, "child", "children x"}};
enum { PARTS = sizeof parts / sizeof *parts };

static const char *const kinds[] = {
    [CAMA_KIND_CONTINUOUS] = "continuous", [CAMA_KIND_BINARY] = "binary", [CAMA_KIND_CATEGORICAL] = "categorical"};

static variable variable_of(const cama_schema *schema, int32_t index)
{
    variable v = {NULL, 0, 0, 0, 0};
    went(cama_schema_variable(schema, index, &v.name, &v.role, &v.kind, &v.levels, &v.first));
    return v;
}

static int32_t count_variables(const cama_schema *schema)
{
    int32_t count = 0;
    went(cama_schema_sizes(schema, &count, NULL, NULL, NULL, NULL));
    return count;
}

static int is_also_a_parent(const cama_schema *schema, const variable *wanted)
{
    for (int32_t i = 0; wanted->role == CAMA_ROLE_CO_PARENT && i < count_variables(schema); i++) {
        const variable v = variable_of(schema, i);
        if (v.role == CAMA_ROLE_PARENT && strcmp(v.name, wanted->name) == 0) return 1;
    }
    return 0;
}

static double offset_of(const cama_schema *schema, int32_t index)
{
    double offset = 0;
    went(cama_schema_offset(schema, index, &offset));
    return offset;
}

/* Why do() of a variable (index; -1: of the target) is not answered, or NULL. */
static const char *confounder_of(const cama_schema *schema, const char *name)
{
    const char *confounder = NULL;
    return cama_schema_confounder(schema, name, &confounder) == CAMA_OK ? confounder : NULL;
}

/* ---- For people -------------------------------------------------------------------------------------------------- */

static void tell_variable(FILE *out, const cama_schema *schema, int32_t index, const variable *v)
{
    fprintf(out, "%s (%s", v->name, kinds[v->kind]);
    if (v->kind == CAMA_KIND_CATEGORICAL) fprintf(out, ", %d levels", (int)v->levels);
    if (is_also_a_parent(schema, v)) fputs(", also a parent", out);
    if (offset_of(schema, index) != 0) fprintf(out, ", less %.15g", offset_of(schema, index));
    if (v->role == CAMA_ROLE_CO_PARENT && confounder_of(schema, v->name) != NULL)
        fprintf(out, ", no do(): confounded by %s", confounder_of(schema, v->name));
    fputc(')', out);
}

static void tell_left_out(FILE *out, const cama_schema *schema)
{
    int32_t count = 0;
    went(cama_schema_left_out_count(schema, &count));
    for (int32_t i = 0; i < count; i++) {
        const char *name = NULL, *reason = NULL;
        went(cama_schema_left_out(schema, i, &name, &reason));
        fprintf(out, "%s%s (%s)", i > 0 ? ", " : "  left out: ", name, reason);
    }
    if (count > 0) fputc('\n', out);
}

void told_schema(FILE *out, const cama_schema *schema)
{
    const char *target = NULL, *name = NULL;
    int32_t classes = 0;
    went(cama_schema_target(schema, &target));
    went(cama_schema_sizes(schema, NULL, NULL, NULL, NULL, &classes));
    fprintf(out, "  target y: %s, %d classes:", target, (int)classes);
    for (int32_t i = 0; i < classes && i < 20; i++) {
        went(cama_schema_class_name(schema, i, &name));
        fprintf(out, "%s %s", i > 0 ? "," : "", name);
    }
    if (classes > 20) fputs(", ...", out);
    if (confounder_of(schema, target) != NULL)
        fprintf(out, " (no do(): confounded by %s)", confounder_of(schema, target));
    fputc('\n', out);
    for (int part = 0; part < PARTS; part++) {
        int printed = 0;
        for (int32_t i = 0; i < count_variables(schema); i++) {
            const variable v = variable_of(schema, i);
            if (v.role != parts[part].role) continue;
            fprintf(out, "%s%s%s", printed ? ", " : "  ", printed ? "" : parts[part].heading, printed ? "" : ": ");
            tell_variable(out, schema, i, &v);
            printed = 1;
        }
        if (printed) fputc('\n', out);
    }
    tell_left_out(out, schema);
}

static void tell_refused(FILE *out, const input *in)
{
    enum { SHOWN = 5 };
    int64_t count = 0;
    went(cama_dataset_refused_count(in->data, &count));
    if (count == 0) return;
    fprintf(out, "%s: %lld rows with a cell that was refused:", in->path, (long long)count);
    for (int64_t i = 0; i < count && i < SHOWN; i++) {
        int64_t row = 0, line = 0;
        const char *column = NULL, *reason = NULL;
        went(cama_dataset_refused(in->data, i, &row, &line, &column, &reason));
        fprintf(out, "%s row %lld (line %lld), %s, %s", i > 0 ? ";" : "", (long long)row, (long long)line, column,
                reason);
    }
    fprintf(out, "%s\n", count > SHOWN ? "; ..." : "");
}

/* Missing cells of children that were kept: how many of each, in the schema's order; NULL: none. The caller's to
 * free. */
static int64_t *missing_of(const input *in)
{
    const cama_schema *schema = cama_dataset_schema(in->data);
    int64_t missing = 0, n = 0;
    int32_t width = 0;
    went(cama_dataset_missing(in->data, &missing));
    if (missing == 0 || schema == NULL) return NULL;
    went(cama_dataset_shape(in->data, &n, NULL, NULL, &width, NULL, NULL));
    int64_t *count = room((size_t)count_variables(schema) + 1, sizeof *count);
    float *x = room((size_t)width, sizeof *x);
    for (int32_t i = 0; i < count_variables(schema); i++) count[i] = 0;
    for (int64_t row = 0; row < n; row++) {
        went(cama_dataset_read(in->data, row, 1, x, NULL));
        for (int32_t i = 0; i < count_variables(schema); i++) {
            const variable v = variable_of(schema, i);
            count[i] += v.role == CAMA_ROLE_CHILD && isnan(x[v.first]);
        }
    }
    free(x);
    return count;
}

static void tell_missing(FILE *out, const input *in)
{
    const cama_schema *schema = cama_dataset_schema(in->data);
    int64_t *count = missing_of(in), all = 0;
    int lacking = 0;
    if (count == NULL) return;
    for (int32_t i = 0; i < count_variables(schema); i++) all += count[i];
    fprintf(out, "%s: %lld missing cells are left out of the likelihood", in->path, (long long)all);
    for (int32_t i = 0; i < count_variables(schema); i++)
        if (count[i] == input_rows(in->data))
            fprintf(out, "%s %s", lacking++ ? "," : "; no value at all of", variable_of(schema, i).name);
    fputc('\n', out);
    free(count);
}

void told_input(FILE *out, const input *in)
{
    int32_t h = 0, w = 0, c = 0, classes = 0;
    int64_t n = 0, labelled = 0;
    went(cama_dataset_shape(in->data, &n, &h, &w, &c, &classes, NULL));
    free(input_classes(in->data, &labelled));
    fprintf(out, "%s: %s, %lld rows", in->path, in->format, (long long)n);
    if (cama_dataset_schema(in->data) == NULL) fprintf(out, " of %dx%dx%d", (int)h, (int)w, (int)c);
    fprintf(out, labelled == n ? ", labelled" : labelled == 0 ? ", no labels" : ", %lld labelled", (long long)labelled);
    fputc('\n', out);
    if (in->left_out > 0)
        fprintf(out, "%s: %lld files that are no .png were left out\n", in->path, (long long)in->left_out);
    tell_refused(out, in);
    tell_missing(out, in);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void variable_json(json *out, const cama_schema *schema, int32_t index)
{
    const variable v = variable_of(schema, index);
    json_open(out, NULL, '{');
    json_text(out, "name", v.name);
    for (int part = 0; part < PARTS; part++)
        if (parts[part].role == v.role) json_text(out, "role", parts[part].word);
    json_text(out, "kind", kinds[v.kind]);
    json_int(out, "numbers", v.levels);
    json_int(out, "first", v.first);
    if (v.kind != CAMA_KIND_CONTINUOUS) {
        json_open(out, "levels", '[');
        for (int32_t level = 0; level < (v.kind == CAMA_KIND_BINARY ? 2 : v.levels); level++) {
            const char *name = NULL;
            went(cama_schema_level_name(schema, index, level, &name));
            json_text(out, NULL, name);
        }
        json_close(out, ']');
    }
    if (offset_of(schema, index) != 0) json_real(out, "offset", offset_of(schema, index));
    if (v.role == CAMA_ROLE_CO_PARENT && confounder_of(schema, v.name) != NULL)
        json_text(out, "confounder", confounder_of(schema, v.name));
    json_close(out, '}');
}

void told_schema_json(json *out, const cama_schema *schema)
{
    const char *target = NULL;
    int32_t left_out = 0;
    went(cama_schema_target(schema, &target));
    json_text(out, "target", target);
    if (confounder_of(schema, target) != NULL) json_text(out, "confounder", confounder_of(schema, target));
    json_open(out, "variables", '[');
    for (int32_t i = 0; i < count_variables(schema); i++) variable_json(out, schema, i);
    json_close(out, ']');
    went(cama_schema_left_out_count(schema, &left_out));
    json_open(out, "left_out", '[');
    for (int32_t i = 0; i < left_out; i++) {
        const char *name = NULL, *reason = NULL;
        went(cama_schema_left_out(schema, i, &name, &reason));
        json_open(out, NULL, '{');
        json_text(out, "column", name);
        json_text(out, "reason", reason);
        json_close(out, '}');
    }
    json_close(out, ']');
}

void told_input_json(json *out, const char *key, const input *in)
{
    int64_t refused = 0, labelled = 0, missing = 0;
    free(input_classes(in->data, &labelled));
    json_open(out, key, '{');
    json_text(out, "path", in->path);
    json_text(out, "format", in->format);
    json_int(out, "rows", input_rows(in->data));
    json_int(out, "labelled", labelled);
    json_int(out, "files_left_out", in->left_out);
    went(cama_dataset_refused_count(in->data, &refused));
    went(cama_dataset_missing(in->data, &missing));
    json_int(out, "missing", missing);
    json_open(out, "refused", '[');
    for (int64_t i = 0; i < refused; i++) {
        int64_t row = 0, line = 0;
        const char *column = NULL, *reason = NULL;
        went(cama_dataset_refused(in->data, i, &row, &line, &column, &reason));
        json_open(out, NULL, '{');
        json_int(out, "row", row);
        json_int(out, "line", line);
        json_text(out, "column", column);
        json_text(out, "reason", reason);
        json_close(out, '}');
    }
    json_close(out, ']');
    json_close(out, '}');
}
