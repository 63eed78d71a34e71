/* mixed_schema - a schema with variables of every kind in every role that has them. */
#include "mixed_schema.h"

cama_schema *mixed_schema(int32_t classes)
{
    static const struct {
        const char *name;
        int32_t role, kind, levels;
    } v[] = {{"x1", ROLE_X, VARIABLE_CONTINUOUS, 0},  {"x2", ROLE_X, VARIABLE_BINARY, 0},
             {"x3", ROLE_X, VARIABLE_CONTINUOUS, 0},  {"x4", ROLE_X, VARIABLE_CATEGORICAL, 3},
             {"x5", ROLE_X, VARIABLE_CONTINUOUS, 0},  {"a1", ROLE_A, VARIABLE_CONTINUOUS, 0},
             {"a2", ROLE_A, VARIABLE_CATEGORICAL, 2}, {"c1", ROLE_C, VARIABLE_BINARY, 0},
             {"c2", ROLE_C, VARIABLE_CONTINUOUS, 0},  {"c3", ROLE_C, VARIABLE_CONTINUOUS, 0}};
    cama_schema *schema = NULL;
    OK(cama__schema_create("y", classes, NULL, NULL, &schema));
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        OK(cama__schema_add(schema, v[i].name, v[i].role, v[i].kind, v[i].levels, NULL));
    return schema;
}
