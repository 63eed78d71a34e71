/* table_roles - which column plays which part: named in lists, or the Markov blanket of a graph. */
#include <string.h>

#include "file.h"
#include "graph.h"
#include "table.h"

static const struct {
    const char *option;
    int32_t role;
} lists[] = {{"parents", ROLE_A}, {"co_parents", ROLE_C}, {"children", ROLE_X}};
enum { LISTS = sizeof lists / sizeof *lists };

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

/* role (columns) of what is given in the lists; the table's items follow the lists. */
static int32_t from_lists(cama__table *t, const cama__csv_names *ignore, int8_t *role)
{
    int32_t status = CAMA_OK;
    cama__csv_names names = {.count = 0};
    for (int32_t i = 0; i < LISTS; i++) {
        cama__csv_names_free(&names);
        const char *option = lists[i].option;
        TRY(cama__csv_names_read(cama__options_text(t->options, VERB_SCHEMA, option), option, &names));
        for (int64_t k = 0; k < names.count; k++) {
            int64_t column;
            if (cama__csv_names_find(ignore, names.name[k]) >= 0) continue;
            TRY(need_column(&t->csv, names.name[k], "", &column));
            if (role[column] != ROLE_NONE)
                FAIL(CAMA_E_OPTION, "option %s: expected \"%s\" in one role, got it as %s too", option, names.name[k],
                     role[column] == ROLE_TARGET ? "target" : cama__role_name(role[column]));
            role[column] = (int8_t)lists[i].role;
            t->item[t->count++] = (cama__table_item){column, lists[i].role};
        }
    }
out:
    cama__csv_names_free(&names);
    return status;
}

/* The same from the graph; the items follow the file's columns. */
static int32_t from_graph(cama__table *t, const cama__csv_names *ignore, const cama__graph *graph, int8_t *role)
{
    int32_t status = CAMA_OK;
    int8_t *node_role = cama__mem_alloc(cama__file_room(graph->nodes), 1);
    if (node_role == NULL) TRY(CAMA_E_MEMORY);
    TRY(cama__graph_blanket(graph, t->csv.cell[t->target], node_role));
    for (int64_t i = 0; i < graph->nodes; i++) {
        int64_t column;
        if (node_role[i] == ROLE_NONE || node_role[i] == ROLE_TARGET) continue;
        if (cama__csv_names_find(ignore, graph->name[i]) >= 0) continue;
        TRY(need_column(&t->csv, graph->name[i], ", which the graph has (option ignore leaves it out)", &column));
        role[column] = node_role[i];
    }
    for (int64_t i = 0; i < t->csv.columns; i++) {
        if (role[i] != ROLE_NONE && role[i] != ROLE_TARGET) t->item[t->count++] = (cama__table_item){i, role[i]};
    }
out:
    cama__mem_free(node_role);
    return status;
}

/* What is left out must be there: in the file, or unobserved in the graph. */
static int32_t check_ignore(const cama__table *t, const cama__csv_names *ignore, const cama__graph *graph)
{
    int32_t status = CAMA_OK;
    for (int64_t i = 0; i < ignore->count; i++) {
        int64_t column;
        TRY(cama__csv_column(&t->csv, ignore->name[i], &column));
        if (column < 0 && cama__graph_find(graph, ignore->name[i]) < 0)
            FAIL(CAMA_E_OPTION, "option ignore: expected names of columns or of the graph's variables, got \"%s\"",
                 ignore->name[i]);
        if (column == t->target)
            FAIL(CAMA_E_OPTION, "option ignore: expected names other than the target's, got \"%s\"", ignore->name[i]);
    }
out:
    return status;
}

static int32_t check_options(const cama_options *options, const char *target, const char *dag)
{
    int32_t status = CAMA_OK;
    if (*target == '\0') FAIL(CAMA_E_OPTION, "option target: expected the name of a column, got none");
    for (int32_t i = 0; i < LISTS && *dag != '\0'; i++) {
        if (*cama__options_text(options, VERB_SCHEMA, lists[i].option) != '\0')
            FAIL(CAMA_E_OPTION, "option %s: expected no list together with option dag, which gives the roles",
                 lists[i].option);
    }
    if (*dag == '\0' && *cama__options_text(options, VERB_SCHEMA, "children") == '\0')
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
    const char *target = cama__options_text(t->options, VERB_SCHEMA, "target");
    const char *dag = cama__options_text(t->options, VERB_SCHEMA, "dag");
    int8_t *role = NULL;
    cama__csv_names ignore = {.count = 0};
    cama__graph graph = {.nodes = 0};
    TRY(check_options(t->options, target, dag));
    TRY(need_column(&t->csv, target, ", the target", &t->target));
    TRY(cama__csv_names_read(cama__options_text(t->options, VERB_SCHEMA, "ignore"), "ignore", &ignore));
    if (*dag != '\0') TRY(cama__graph_read(dag, &graph));
    TRY(check_ignore(t, &ignore, &graph));

    role = cama__mem_alloc(cama__file_room(t->csv.columns), 1);
    t->item = cama__mem_alloc(cama__file_room(t->csv.columns), sizeof *t->item);
    if (role == NULL || t->item == NULL) TRY(CAMA_E_MEMORY);
    memset(role, ROLE_NONE, (size_t)t->csv.columns);
    role[t->target] = ROLE_TARGET;
    TRY(*dag != '\0' ? from_graph(t, &ignore, &graph, role) : from_lists(t, &ignore, role));
    if (!has_child(t))
        FAIL(CAMA_E_DATA, "%s: expected children of the target \"%s\" that option ignore does not leave out, got none",
             t->csv.where, target);
out:
    cama__graph_free(&graph);
    cama__csv_names_free(&ignore);
    cama__mem_free(role);
    return status;
}
