/* schema - the words for roles and kinds, and what is found in a schema. */
#include "schema.h"

#include <string.h>

const char *cama__role_name(int32_t role)
{
    static const char *const names[] = {[ROLE_X] = "child", [ROLE_A] = "parent", [ROLE_C] = "co-parent"};
    return role >= 0 && role < ROLE_COUNT ? names[role] : "no role";
}

const char *cama__kind_name(int32_t kind)
{
    static const char *const names[] = {
        [VARIABLE_CONTINUOUS] = "continuous", [VARIABLE_BINARY] = "binary", [VARIABLE_CATEGORICAL] = "categorical"};
    return kind >= VARIABLE_CONTINUOUS && kind <= VARIABLE_CATEGORICAL ? names[kind] : "no kind";
}

void cama__variable_free(cama__variable *variable)
{
    cama__mem_free(variable->name);
    cama__mem_free(variable->level);
    cama__mem_free(variable->confounder);
}

void cama__schema_free(cama_schema *schema)
{
    if (schema == NULL) return;
    for (int32_t i = 0; i < schema->count; i++) cama__variable_free(&schema->variable[i]);
    for (int32_t i = 0; i < schema->left_out_count; i++) cama__mem_free(schema->left_out[i].column);
    cama__mem_free(schema->left_out);
    cama__mem_free(schema->variable);
    cama__mem_free(schema->cut);
    cama__mem_free(schema->class_name);
    cama__mem_free(schema->confounder);
    cama__mem_free(schema->target);
    cama__mem_free(schema);
}

const cama__variable *cama__schema_find(const cama_schema *schema, const char *name)
{
    for (int32_t i = 0; i < schema->count; i++) {
        if (strcmp(schema->variable[i].name, name) == 0) return &schema->variable[i];
    }
    return NULL;
}

const cama__variable *cama__schema_at(const cama_schema *schema, int32_t role, int32_t at)
{
    for (int32_t i = 0; i < schema->count; i++) {
        const cama__variable *v = &schema->variable[i];
        if (v->role == role && at >= v->first && at < v->first + v->levels) return v;
    }
    return NULL;
}
