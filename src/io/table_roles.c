/* table_roles - which column plays which part: named in lists, or found in a graph. */
#include <string.h>

#include "file.h"
#include "graph_roles.h"
#include "table_parts.h"

/* The roles that options list, in the order of the lists, and their options. */
enum { LISTS = 3 };
static const int32_t list_role[LISTS] = {ROLE_A, ROLE_C, ROLE_X};
static const char *const list_option[LISTS] = {"parents", "co_parents", "children"};

static int32_t need_column(const cama__csv *csv, const char *name, const char *why, int64_t *column)
{
    int32_t status = CAMA_OK;
    char hint[CSV_HINT];
    TRY(cama__csv_column(csv, name, column));
    if (*column < 0)
        FAIL(CAMA_E_DATA, "%s: header: expected a column \"%s\"%s, got none%s", csv->where, name, why,
             cama__csv_hint(csv, name, hint));
out:
    return status;
}

/* A column's role when a list gives it one more; a parent may be a co-parent too. */
static int32_t add_role(int8_t *role, int32_t more, const char *option, const char *name)
{
    if ((*role == ROLE_A && more == ROLE_C) || *role == ROLE_NONE) {
        *role = (int8_t)(*role == ROLE_NONE ? more : ROLE_BOTH);
        return CAMA_OK;
    }
    return cama__error(CAMA_E_OPTION, "option %s: expected \"%s\" in one role, got it as %s too", option, name,
                       *role == ROLE_TARGET ? "target"
                       : *role == ROLE_BOTH ? "parent and co-parent"
                                            : cama__role_name(*role));
}

/* role (columns) of what is given in the lists; the table's items follow the lists. */
static int32_t from_lists(cama__table *t, const cama__csv_names *ignore, int8_t *role)
{
    int32_t status = CAMA_OK;
    const char *const list[LISTS] = {t->o->parents, t->o->co_parents, t->o->children};
    cama__csv_names names = {.count = 0};
    for (int32_t i = 0; i < LISTS; i++) {
        cama__csv_names_free(&names);
        TRY(cama__csv_names_read(list[i], list_option[i], &names));
        for (int64_t k = 0; k < names.count; k++) {
            int64_t column;
            if (cama__csv_names_find(ignore, names.name[k]) >= 0) continue;
            TRY(need_column(&t->csv, names.name[k], "", &column));
            TRY(add_role(&role[column], list_role[i], list_option[i], names.name[k]));
            t->item[t->count++] = (cama__table_item){column, list_role[i], NULL};
        }
    }
out:
    cama__csv_names_free(&names);
    return status;
}

/* hidden (nodes): what option ignore leaves out. */
static void find_hidden(const cama__graph *graph, const cama__csv_names *ignore, bool *hidden)
{
    for (int64_t i = 0; i < graph->nodes; i++) hidden[i] = cama__csv_names_find(ignore, graph->name[i]) >= 0;
}

/* role (columns) from those of the nodes, and node (columns). */
static int32_t find_columns(const cama__table *t, const int8_t *node_role, int8_t *role, int64_t *node)
{
    int32_t status = CAMA_OK;
    for (int64_t i = 0; i < t->graph.nodes; i++) {
        int64_t column;
        if (node_role[i] == ROLE_NONE || node_role[i] == ROLE_TARGET) continue;
        TRY(need_column(&t->csv, t->graph.name[i], ", which the graph has (option ignore leaves it out)", &column));
        role[column] = node_role[i];
        node[column] = i;
    }
out:
    return status;
}

/* The same from the graph; the items follow the file's columns. */
static int32_t from_graph(cama__table *t, const cama__csv_names *ignore, int8_t *role)
{
    int32_t status = CAMA_OK;
    const cama__graph *graph = &t->graph;
    int8_t *node_role = NULL;
    bool *hidden = NULL;
    int64_t *confounder = NULL;
    int64_t *node = NULL;
    TRY(cama__mem_new(&node_role, cama__file_room(graph->nodes)));
    TRY(cama__mem_new(&hidden, cama__file_room(graph->nodes)));
    TRY(cama__mem_new(&confounder, cama__file_room(graph->nodes)));
    TRY(cama__mem_new(&node, cama__file_room(t->csv.columns)));
    find_hidden(graph, ignore, hidden);
    TRY(cama__graph_roles(graph, t->csv.cell[t->target], hidden, node_role, confounder));
    TRY(find_columns(t, node_role, role, node));
    for (int64_t i = 0; i < t->csv.columns; i++) {
        for (int32_t k = 0; k < LISTS; k++) {
            const bool has = role[i] == list_role[k] || (role[i] == ROLE_BOTH && list_role[k] != ROLE_X);
            if (!has) continue;
            const int64_t why = list_role[k] == ROLE_C ? confounder[node[i]] : -1;
            t->item[t->count++] = (cama__table_item){i, list_role[k], why < 0 ? NULL : graph->name[why]};
        }
    }
    const int64_t why = confounder[cama__graph_find(graph, t->csv.cell[t->target])];
    t->confounder = why < 0 ? NULL : graph->name[why];
out:
    cama__mem_free(node);
    cama__mem_free(confounder);
    cama__mem_free(hidden);
    cama__mem_free(node_role);
    return status;
}

/* A name in option ignore must exist: as a column, or as an unobserved variable of the graph. */
static int32_t check_ignore(const cama__table *t, const cama__csv_names *ignore)
{
    int32_t status = CAMA_OK;
    for (int64_t i = 0; i < ignore->count; i++) {
        int64_t column;
        TRY(cama__csv_column(&t->csv, ignore->name[i], &column));
        if (column < 0 && cama__graph_find(&t->graph, ignore->name[i]) < 0)
            FAIL(CAMA_E_OPTION, "option ignore: expected names of columns or of the graph's variables, got \"%s\"",
                 ignore->name[i]);
        if (column == t->target)
            FAIL(CAMA_E_OPTION, "option ignore: expected names other than the target's, got \"%s\"", ignore->name[i]);
    }
out:
    return status;
}

static int32_t check_options(const cama__schema_options *o)
{
    int32_t status = CAMA_OK;
    const char *const list[LISTS] = {o->parents, o->co_parents, o->children};
    const bool dag = *o->dag != '\0';
    if (*o->target == '\0') FAIL(CAMA_E_OPTION, "option target: expected the name of a column, got none");
    for (int32_t i = 0; i < LISTS && dag; i++) {
        if (*list[i] != '\0')
            FAIL(CAMA_E_OPTION, "option %s: expected no list together with option dag, which gives the roles",
                 list_option[i]);
    }
    if (!dag && *o->children == '\0')
        FAIL(CAMA_E_OPTION, "option children: expected names of columns, or option dag, got neither");
out:
    return status;
}

static bool has_child(const cama__table *t)
{
    for (int64_t i = 0; i < t->count; i++) {
        if (t->item[i].role == ROLE_X) return true;
    }
    return false;
}

int32_t cama__table_roles(cama__table *t)
{
    int32_t status = CAMA_OK;
    const char *target = t->o->target;
    const char *dag = t->o->dag;
    int8_t *role = NULL;
    cama__csv_names ignore = {.count = 0};
    TRY(check_options(t->o));
    TRY(need_column(&t->csv, target, ", the target", &t->target));
    TRY(cama__csv_names_read(t->o->ignore, "ignore", &ignore));
    if (*dag != '\0') TRY(cama__graph_read(dag, &t->graph));
    TRY(check_ignore(t, &ignore));

    role = cama__mem_alloc(cama__file_room(t->csv.columns), 1);
    t->item = cama__mem_alloc(cama__file_room(t->csv.columns), 2 * sizeof *t->item);
    TRY(cama__mem_got(role));
    TRY(cama__mem_got(t->item));
    memset(role, ROLE_NONE, (size_t)t->csv.columns);
    role[t->target] = ROLE_TARGET;
    TRY(*dag != '\0' ? from_graph(t, &ignore, role) : from_lists(t, &ignore, role));
    if (!has_child(t))
        FAIL(CAMA_E_DATA, "%s: expected children of the target \"%s\" that option ignore does not leave out, got none",
             t->csv.where, target);
out:
    cama__csv_names_free(&ignore);
    cama__mem_free(role);
    return status;
}
