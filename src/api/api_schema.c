/* api_schema - the public cama_schema_ functions, and the dataset that a schema reads from a file. */
#include <inttypes.h>
#include <string.h>

#include "../io/table.h"
#include "api_check.h"

int32_t cama_schema_create(const char *target, int32_t classes, const char *const *class_names, cama_schema **out)
{
    int32_t status = CAMA_OK;
    NEED(target);
    NEED(out);
    TRY(cama__schema_create(target, classes, class_names, NULL, out));
out:
    return status;
}

int32_t cama_schema_add(cama_schema *schema, const char *name, int32_t role, int32_t kind, int32_t levels,
                        const char *const *level_names)
{
    int32_t status = CAMA_OK;
    NEED(schema);
    NEED(name);
    TRY(cama__schema_add(schema, name, role, kind, levels, level_names));
out:
    return status;
}

int32_t cama_schema_from_csv(const char *path, const cama_options *options, cama_schema **out)
{
    int32_t status = CAMA_OK;
    NEED(path);
    NEED(out);
    TRY(cama__options_check(options, VERB_SCHEMA));
    TRY(cama__table_schema(path, options, out));
out:
    return status;
}

int32_t cama_dataset_from_csv(const char *path, const cama_schema *schema, const cama_options *options,
                              cama_dataset **out)
{
    int32_t status = CAMA_OK;
    NEED(path);
    NEED(schema);
    NEED(out);
    TRY(cama__options_check(options, VERB_CSV));
    TRY(cama__table_dataset(path, schema, options, out));
out:
    return status;
}

static int32_t check_bytes(const char *function, int64_t size)
{
    if (size >= 0) return CAMA_OK;
    return cama__error(CAMA_E_ARGUMENT, "%s: expected a size of at least 0, got %" PRId64, function, size);
}

int32_t cama_schema_from_csv_memory(const char *name, const void *data, int64_t size, const cama_options *options,
                                    cama_schema **out)
{
    int32_t status = CAMA_OK;
    NEED(name);
    NEED(data);
    NEED(out);
    TRY(check_bytes(__func__, size));
    TRY(cama__options_check(options, VERB_SCHEMA));
    TRY(cama__table_schema_of(&(cama__source){name, data, size}, options, out));
out:
    return status;
}

int32_t cama_dataset_from_csv_memory(const char *name, const void *data, int64_t size, const cama_schema *schema,
                                     const cama_options *options, cama_dataset **out)
{
    int32_t status = CAMA_OK;
    NEED(name);
    NEED(data);
    NEED(schema);
    NEED(out);
    TRY(check_bytes(__func__, size));
    TRY(cama__options_check(options, VERB_CSV));
    TRY(cama__table_dataset_of(&(cama__source){name, data, size}, schema, options, out));
out:
    return status;
}

void cama_schema_free(cama_schema *schema) { cama__schema_free(schema); }

int32_t cama_schema_sizes(const cama_schema *schema, int32_t *variables, int32_t *x, int32_t *a, int32_t *c,
                          int32_t *classes)
{
    int32_t status = CAMA_OK;
    NEED(schema);
    if (variables != NULL) *variables = schema->count;
    if (x != NULL) *x = schema->width[ROLE_X];
    if (a != NULL) *a = schema->width[ROLE_A];
    if (c != NULL) *c = schema->width[ROLE_C];
    if (classes != NULL) *classes = schema->classes;
out:
    return status;
}

static int32_t check_index(const char *function, const char *what, int32_t index, int32_t count)
{
    if (index >= 0 && index < count) return CAMA_OK;
    return cama__error(CAMA_E_ARGUMENT, "%s: expected an index of one of %" PRId32 " %s, got %" PRId32, function, count,
                       what, index);
}

int32_t cama_schema_variable(const cama_schema *schema, int32_t index, const char **name, int32_t *role, int32_t *kind,
                             int32_t *levels, int32_t *first)
{
    int32_t status = CAMA_OK;
    NEED(schema);
    TRY(check_index(__func__, "variables", index, schema->count));
    const cama__variable *v = &schema->variable[index];
    if (name != NULL) *name = v->name;
    if (role != NULL) *role = v->role;
    if (kind != NULL) *kind = v->kind;
    if (levels != NULL) *levels = v->levels;
    if (first != NULL) *first = v->first;
out:
    return status;
}

/* Why a schema has no do() of a name. */
static int32_t refuse_do(const cama_schema *schema, const char *name)
{
    const cama__variable *v = cama__schema_find(schema, name);
    return cama__error(CAMA_E_ARGUMENT, "do(%s): expected the target \"%s\" or a co-parent, got %s", name,
                       schema->target,
                       v == NULL           ? "no variable of that name"
                       : v->role == ROLE_X ? "a child, which is an effect"
                                           : "a parent alone, which acts on x through the target");
}

enum { THE_TARGET = -1 };

/* Index of the co-parent of that name, or THE_TARGET. */
static int32_t find_cause(const cama_schema *schema, const char *name, int32_t *index)
{
    *index = THE_TARGET;
    if (strcmp(name, schema->target) == 0) return CAMA_OK;
    for (*index = 0; *index < schema->count; (*index)++) {
        const cama__variable *v = &schema->variable[*index];
        if (v->role == ROLE_C && strcmp(v->name, name) == 0) return CAMA_OK;
    }
    return refuse_do(schema, name);
}

int32_t cama_schema_confounder(const cama_schema *schema, const char *name, const char **confounder)
{
    int32_t status = CAMA_OK, index;
    NEED(schema);
    NEED(name);
    NEED(confounder);
    TRY(find_cause(schema, name, &index));
    *confounder = index == THE_TARGET ? schema->confounder : schema->variable[index].confounder;
out:
    return status;
}

int32_t cama_schema_set_confounder(cama_schema *schema, const char *name, const char *confounder)
{
    int32_t status = CAMA_OK, index;
    NEED(schema);
    NEED(name);
    NEED(confounder);
    TRY(find_cause(schema, name, &index));
    TRY(cama__schema_confound(schema, index, confounder));
out:
    return status;
}

int32_t cama_schema_level_name(const cama_schema *schema, int32_t variable, int32_t level, const char **name)
{
    int32_t status = CAMA_OK;
    NEED(schema);
    NEED(name);
    TRY(check_index(__func__, "variables", variable, schema->count));
    const cama__variable *v = &schema->variable[variable];
    TRY(check_index(__func__, "levels", level, cama__variable_names(v)));
    *name = v->level[level];
out:
    return status;
}

int32_t cama_schema_offset(const cama_schema *schema, int32_t variable, double *offset)
{
    int32_t status = CAMA_OK;
    NEED(schema);
    NEED(offset);
    TRY(check_index(__func__, "variables", variable, schema->count));
    *offset = schema->variable[variable].offset;
out:
    return status;
}

int32_t cama_schema_left_out_count(const cama_schema *schema, int32_t *count)
{
    int32_t status = CAMA_OK;
    NEED(schema);
    NEED(count);
    *count = schema->left_out_count;
out:
    return status;
}

int32_t cama_schema_left_out(const cama_schema *schema, int32_t index, const char **column, const char **reason)
{
    int32_t status = CAMA_OK;
    NEED(schema);
    TRY(check_index(__func__, "columns that were left out", index, schema->left_out_count));
    if (column != NULL) *column = schema->left_out[index].column;
    if (reason != NULL) *reason = schema->left_out[index].reason;
out:
    return status;
}

int32_t cama_schema_class_name(const cama_schema *schema, int32_t class_index, const char **name)
{
    int32_t status = CAMA_OK;
    NEED(schema);
    NEED(name);
    TRY(check_index(__func__, "classes", class_index, schema->classes));
    *name = schema->class_name[class_index];
out:
    return status;
}

int32_t cama_schema_target(const cama_schema *schema, const char **name)
{
    int32_t status = CAMA_OK;
    NEED(schema);
    NEED(name);
    *name = schema->target;
out:
    return status;
}
