/* identify - the schema names the confounder, and the message says what would have to be observed. */
#include "identify.h"

#include <string.h>

static int32_t refuse(const char *verb, const char *name, const char *confounder)
{
    return cama__error(CAMA_E_ARGUMENT,
                       "%s: expected a do() that the roles identify, got do(%s): by the graph \"%s\", which was left "
                       "out, confounds it with x (option unidentified = answer takes p(x|%s,.) instead)",
                       verb, name, confounder, name);
}

int32_t cama__identify_y(const cama_model *model, const char *verb)
{
    const cama_schema *schema = model->schema;
    if (schema == NULL || schema->confounder == NULL) return CAMA_OK;
    return refuse(verb, schema->target, schema->confounder);
}

int32_t cama__identify_c(const cama_model *model, const cama_dataset *dataset, const float *c_new, const char *verb)
{
    const cama_schema *schema = model->schema;
    for (int32_t i = 0; schema != NULL && i < schema->count; i++) {
        const cama__variable *v = &schema->variable[i];
        if (v->role != ROLE_C || v->confounder == NULL) continue;
        for (int64_t row = 0; row < dataset->n; row++) {
            const int64_t at = row * schema->width[ROLE_C] + v->first;
            if (memcmp(dataset->c + at, c_new + at, (size_t)v->levels * sizeof *c_new) != 0)
                return refuse(verb, v->name, v->confounder);
        }
    }
    return CAMA_OK;
}
