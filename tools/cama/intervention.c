/* intervention - "name = value" looked up among the causes of a schema. */
#include "intervention.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"

typedef struct {
    const char *name;
    int32_t index, role, kind, levels, first;
} variable;

/* The co-parent of that name; index -1 if there is none. */
static variable find_co_parent(const cama_schema *schema, const char *name)
{
    int32_t count = 0;
    went(cama_schema_sizes(schema, &count, NULL, NULL, NULL, NULL));
    for (int32_t i = 0; i < count; i++) {
        variable v = {NULL, i, 0, 0, 0, 0};
        went(cama_schema_variable(schema, i, &v.name, &v.role, &v.kind, &v.levels, &v.first));
        if (v.role == CAMA_ROLE_CO_PARENT && strcmp(v.name, name) == 0) return v;
    }
    return (variable){NULL, -1, 0, 0, 0, 0};
}

static void set_level(const cama_schema *schema, const variable *v, const char *value, intervention *out)
{
    const int32_t count = v->kind == CAMA_KIND_BINARY ? 2 : v->levels;
    for (int32_t level = 0; level < count; level++) {
        const char *name = NULL;
        went(cama_schema_level_name(schema, v->index, level, &name));
        if (strcmp(name, value) != 0) continue;
        if (v->kind == CAMA_KIND_BINARY) out->c[v->first] = (float)level;
        for (int32_t i = 0; v->kind == CAMA_KIND_CATEGORICAL && i < v->levels; i++)
            out->c[v->first + i] = i == level ? 1.0f : 0.0f;
        return;
    }
    usage("do(%s = %s): expected a level of \"%s\", got none of that name", v->name, value, v->name);
}

static void set_number(const cama_schema *schema, const variable *v, const char *value, intervention *out)
{
    double offset = 0;
    char *end = NULL;
    const double number = strtod(value, &end);
    if (end == value || *end != '\0') usage("do(%s = %s): expected a number", v->name, value);
    went(cama_schema_offset(schema, v->index, &offset));
    out->c[v->first] = (float)(number - offset);
}

static void set_co_parent(const cama_schema *schema, const char *name, const char *value, intervention *out)
{
    const char *confounder = NULL;
    const variable v = find_co_parent(schema, name);
    if (v.index < 0) { /* the library says why not */
        if (cama_schema_confounder(schema, name, &confounder) == CAMA_OK) usage("do(%s): expected a co-parent", name);
        usage("%s", cama_last_error());
    }
    if (v.kind == CAMA_KIND_CONTINUOUS)
        set_number(schema, &v, value, out);
    else
        set_level(schema, &v, value, out);
    for (int32_t i = 0; i < v.levels; i++) out->c_set[v.first + i] = 1;
}

static void set_one(const char *text, const cama_schema *schema, const texts *names, intervention *out)
{
    const char *equals = strchr(text, '='), *target = "y";
    if (equals == NULL || equals == text) usage("expected NAME=VALUE, got \"%s\"", text);
    char *name = text_of("%.*s", (int)(equals - text), text);
    if (schema != NULL) went(cama_schema_target(schema, &target));
    if (strcmp(name, target) == 0) {
        out->y = names_find(names, equals + 1);
        if (out->y < 0)
            usage("do(%s = %s): expected a class, as %s, got none of that name", name, equals + 1, names->items[0]);
    } else if (strcmp(name, "m") == 0 && (schema == NULL || find_co_parent(schema, name).index < 0)) {
        if (strcmp(equals + 1, "0") != 0) usage("do(m = %s): expected 0", equals + 1);
        out->zero_m = 1;
    } else if (schema != NULL) {
        set_co_parent(schema, name, equals + 1, out);
    } else {
        usage("do(%s): images and vectors have y and m alone", name);
    }
    out->set++;
    free(name);
}

void intervention_read(const arguments *args, const cama_model *model, const texts *names, intervention *out)
{
    *out = (intervention){.y = -1, .width = (int32_t)model_number(model, "c")};
    out->c = room((size_t)out->width, sizeof *out->c);
    out->c_set = room((size_t)out->width, 1);
    for (size_t i = 2; i < args->operands.count; i++)
        set_one(args->operands.items[i], cama_model_schema(model), names, out);
}

void intervention_free(intervention *made)
{
    free(made->c);
    free(made->c_set);
}

void intervention_apply(const intervention *made, int64_t n, float *c)
{
    for (int64_t i = 0; i < n; i++)
        for (int32_t k = 0; k < made->width; k++)
            if (made->c_set[k]) c[i * made->width + k] = made->c[k];
}

int32_t intervention_place(const cama_model *model, const char *name, double *offset)
{
    const char *confounder = NULL;
    const cama_schema *schema = cama_model_schema(model);
    const variable v = find_co_parent(schema, name);
    if (v.index < 0 && cama_schema_confounder(schema, name, &confounder) != CAMA_OK) usage("%s", cama_last_error());
    if (v.index < 0) usage("do(%s): expected a co-parent; every class is asked about by itself", name);
    if (v.kind != CAMA_KIND_CONTINUOUS) usage("--sweep %s: expected a continuous co-parent", name);
    went(cama_schema_offset(schema, v.index, offset));
    return v.first;
}
