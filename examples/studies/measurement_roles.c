/* measurement_roles - which column plays which part, as printed and in measurement.json; and which co-parent the
 * queries may move. */
#include <stdio.h>
#include <string.h>

#include "measurement.h"

typedef struct {
    const char *name;
    int32_t role, kind, levels, first;
} variable;

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

/* ---- Shown ------------------------------------------------------------------------------------------------------- */

static const struct {
    int32_t role;
    const char *word, *heading;
} parts[] = {{CAMA_ROLE_PARENT, "parent", "parents a"},
             {CAMA_ROLE_CO_PARENT, "co-parent", "co-parents c"},
             {CAMA_ROLE_CHILD, "child", "children x"}};
enum { PARTS = sizeof parts / sizeof parts[0] };

static const char *const kinds[] = {
    [CAMA_KIND_CONTINUOUS] = "continuous", [CAMA_KIND_BINARY] = "binary", [CAMA_KIND_CATEGORICAL] = "categorical"};

static int is_also_a_parent(const cama_schema *schema, const variable *wanted)
{
    const int32_t count = count_variables(schema);
    for (int32_t i = 0; wanted->role == CAMA_ROLE_CO_PARENT && i < count; i++) {
        const variable v = variable_of(schema, i);
        if (v.role == CAMA_ROLE_PARENT && strcmp(v.name, wanted->name) == 0) return 1;
    }
    return 0;
}

void print_roles(const cama_schema *schema)
{
    const char *target = NULL;
    int32_t classes = 0;
    went(cama_schema_target(schema, &target));
    went(cama_schema_sizes(schema, NULL, NULL, NULL, NULL, &classes));
    printf("roles: target y: %s, %d classes\n", target, (int)classes);
    for (int part = 0; part < PARTS; part++) {
        int printed = 0;
        for (int32_t i = 0; i < count_variables(schema); i++) {
            const variable v = variable_of(schema, i);
            if (v.role != parts[part].role) continue;
            printf("%s%s%s", printed ? ", " : "       ", printed ? "" : parts[part].heading, printed ? "" : ": ");
            printf("%s", v.name);
            if (v.kind == CAMA_KIND_CATEGORICAL) printf(" (%d levels)", (int)v.levels);
            if (v.kind == CAMA_KIND_BINARY) printf(" (binary)");
            if (is_also_a_parent(schema, &v)) printf(" (also a parent)");
            printed = 1;
        }
        if (printed) putchar('\n');
    }
}

void json_roles(json *out, const cama_schema *schema)
{
    if (schema == NULL) return;
    const int32_t count = count_variables(schema);
    const char *target = NULL;
    went(cama_schema_target(schema, &target));
    json_text(out, "target", target);
    json_open(out, "variables", '[');
    for (int32_t i = 0; i < count; i++) {
        const variable v = variable_of(schema, i);
        json_open(out, NULL, '{');
        json_text(out, "name", v.name);
        for (int part = 0; part < PARTS; part++)
            if (parts[part].role == v.role) json_text(out, "role", parts[part].word);
        json_text(out, "kind", kinds[v.kind]);
        json_close(out, '}');
    }
    json_close(out, ']');
}

/* ---- The co-parent that is moved --------------------------------------------------------------------------------- */

/* Why do(name) is not answered, or NULL. */
static const char *refusal(const cama_schema *schema, const char *name)
{
    static char text[700];
    const char *confounder = NULL;
    if (cama_schema_confounder(schema, name, &confounder) != CAMA_OK) return cama_last_error();
    if (confounder == NULL) return NULL;
    snprintf(text, sizeof text,
             "do(%.200s) is not identified: by the graph %.200s, which was left out, confounds it with x", name,
             confounder);
    return text;
}

/* The one that is named, or green, or the first that may be moved. */
static int find_moved(const cama_schema *schema, const char *named, moved_cause *out)
{
    const char *const wanted = named != NULL ? named : "green";
    *out = (moved_cause){NULL, 0};
    for (int32_t i = 0; i < count_variables(schema); i++) {
        const variable v = variable_of(schema, i);
        if (v.role != CAMA_ROLE_CO_PARENT || v.kind != CAMA_KIND_CONTINUOUS) continue;
        const int is_wanted = strcmp(v.name, wanted) == 0;
        const int may_stand_in = named == NULL && out->name == NULL && refusal(schema, v.name) == NULL;
        if (is_wanted || may_stand_in) *out = (moved_cause){v.name, v.first};
    }
    return out->name != NULL;
}

const char *choose_query(const settings *set, const cama_schema *schema, moved_cause *out)
{
    const char *target = NULL, *why = NULL;
    went(cama_schema_target(schema, &target));
    if (set->query != NULL && strcmp(set->query, target) == 0)
        return "do() of the target is part of every query: name a co-parent";
    if (set->query != NULL && (why = refusal(schema, set->query)) != NULL) return why;
    if (!find_moved(schema, set->query, out))
        return set->query != NULL ? "the column is not continuous" : "no continuous co-parent may be moved";
    return (why = refusal(schema, target)) != NULL ? why : refusal(schema, out->name);
}

void check_query(const settings *set, const cama_schema *schema)
{
    moved_cause chosen;
    const char *why = set->query != NULL ? choose_query(set, schema, &chosen) : NULL;
    if (why != NULL) give_up("--query", why);
}
