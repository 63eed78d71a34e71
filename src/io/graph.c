/* graph - nodes are the sorted names, edges sorted pairs of nodes, and the search for cycles keeps its own stack. */
#include "graph.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../base/sort.h"
#include "file.h"
#include "graph_formats.h"

/* ---- Reading ---- */

static int32_t find_columns(const cama__csv *csv, int64_t column[2])
{
    int32_t status = CAMA_OK;
    static const char *const wanted[2] = {"source", "target"};
    for (int32_t i = 0; i < 2; i++) {
        TRY(cama__csv_column(csv, wanted[i], &column[i]));
        if (column[i] < 0)
            FAIL(CAMA_E_FORMAT, "%s: header: expected a column \"%s\" of the graph's edges, got none", csv->where,
                 wanted[i]);
    }
out:
    return status;
}

static int32_t check_edges(const cama__csv *csv, const int64_t column[2])
{
    int32_t status = CAMA_OK;
    for (int64_t row = 0; row < csv->rows; row++) {
        const char *ends[2];
        for (int32_t i = 0; i < 2; i++) {
            ends[i] = cama__csv_cell(csv, row, column[i]);
            if (*ends[i] == '\0') TRY(cama__csv_error(csv, row, column[i], CAMA_E_DATA, "the name of a variable"));
        }
        if (strcmp(ends[0], ends[1]) == 0)
            FAIL(CAMA_E_DATA, "%s: line %" PRId64 ": expected an edge to another variable, got the cycle %s -> %s",
                 csv->where, csv->line[row + 1], ends[0], ends[1]);
    }
out:
    return status;
}

/* The names at the ends of all edges, sorted, each once. */
static int32_t make_nodes(cama__graph *g, const int64_t column[2])
{
    int32_t status = CAMA_OK;
    const int64_t ends = 2 * g->csv.rows;
    TRY(cama__mem_new(&g->name, cama__file_room(ends)));
    for (int64_t i = 0; i < ends; i++) g->name[i] = cama__csv_cell(&g->csv, i / 2, column[i % 2]);
    cama__sort(g->name, ends, sizeof *g->name, cama__sort_texts);
    for (int64_t i = 0; i < ends; i++) {
        if (g->nodes == 0 || strcmp(g->name[g->nodes - 1], g->name[i]) != 0) g->name[g->nodes++] = g->name[i];
    }
out:
    return status;
}

static int by_ends(const void *a, const void *b)
{
    const cama__edge *left = a, *right = b;
    const int order = (left->from > right->from) - (left->from < right->from);
    return order != 0 ? order : (left->to > right->to) - (left->to < right->to);
}

static int32_t make_edges(cama__graph *g, const int64_t column[2])
{
    int32_t status = CAMA_OK;
    TRY(cama__mem_new(&g->edge, cama__file_room(g->csv.rows)));
    TRY(cama__mem_new(&g->first, cama__file_room(g->nodes + 1)));
    for (int64_t row = 0; row < g->csv.rows; row++) {
        g->edge[row].from = cama__graph_find(g, cama__csv_cell(&g->csv, row, column[0]));
        g->edge[row].to = cama__graph_find(g, cama__csv_cell(&g->csv, row, column[1]));
    }
    cama__sort(g->edge, g->csv.rows, sizeof *g->edge, by_ends);
    for (int64_t row = 0; row < g->csv.rows; row++) {
        if (g->edges == 0 || by_ends(&g->edge[g->edges - 1], &g->edge[row]) != 0) g->edge[g->edges++] = g->edge[row];
    }
    for (int64_t i = 0; i < g->edges; i++) g->first[g->edge[i].from + 1] = i + 1;
    for (int64_t i = 0; i < g->nodes; i++) {
        if (g->first[i + 1] < g->first[i]) g->first[i + 1] = g->first[i];
    }
out:
    return status;
}

/* ---- Cycles ---- */

/* The walk: node on the way, and the next edge to follow from it. */
typedef struct {
    int64_t node, edge;
} stop;

static int32_t cycle_error(const cama__graph *g, const stop *way, int64_t length, int64_t node)
{
    char text[512];
    size_t used = 0;
    int64_t at = 0;
    while (way[at].node != node) at++;
    for (; at <= length; at++) {
        const char *name = g->name[at < length ? way[at].node : node];
        if (used + strlen(name) + 16 > sizeof text) {
            snprintf(text + used, sizeof text - used, "...");
            break;
        }
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", name, at < length ? " -> " : "");
    }
    return cama__error(CAMA_E_DATA, "%s: expected a graph without cycles, got %s", g->csv.where, text);
}

/* Depth first from every node that was not seen; what is on the way may not be met again. */
static int32_t check_cycles(const cama__graph *g)
{
    int32_t status = CAMA_OK;
    enum { UNSEEN, ON_THE_WAY, DONE };
    uint8_t *state = NULL;
    stop *way = NULL;
    TRY(cama__mem_new(&state, cama__file_room(g->nodes)));
    TRY(cama__mem_new(&way, cama__file_room(g->nodes)));
    for (int64_t root = 0; root < g->nodes; root++) {
        int64_t length = 0;
        if (state[root] == UNSEEN) way[length++] = (stop){root, g->first[root]};
        while (length > 0) {
            stop *top = &way[length - 1];
            state[top->node] = ON_THE_WAY;
            if (top->edge == g->first[top->node + 1]) {
                state[top->node] = DONE;
                length--;
                continue;
            }
            const int64_t next = g->edge[top->edge++].to;
            if (state[next] == ON_THE_WAY) TRY(cycle_error(g, way, length, next));
            if (state[next] == UNSEEN) way[length++] = (stop){next, g->first[next]};
        }
    }
out:
    cama__mem_free(way);
    cama__mem_free(state);
    return status;
}

int32_t cama__graph_read(const char *path, cama__graph *out)
{
    int32_t status = CAMA_OK;
    int64_t column[2];
    cama__graph g = {.nodes = 0};
    TRY(cama__graph_edges_read(path, &g.csv));
    TRY(find_columns(&g.csv, column));
    TRY(check_edges(&g.csv, column));
    TRY(make_nodes(&g, column));
    TRY(make_edges(&g, column));
    TRY(check_cycles(&g));
    *out = g;
    memset(&g, 0, sizeof g);
out:
    cama__graph_free(&g);
    return status;
}

void cama__graph_free(cama__graph *graph)
{
    cama__mem_free(graph->name);
    cama__mem_free(graph->edge);
    cama__mem_free(graph->first);
    cama__csv_free(&graph->csv);
    memset(graph, 0, sizeof *graph);
}

/* ---- Asking ---- */

int64_t cama__graph_find(const cama__graph *graph, const char *name)
{
    return cama__sort_find(&name, graph->name, graph->nodes, sizeof *graph->name, cama__sort_texts);
}
