/* graph_numbers - a causal graph from arrays of edges: sorted, each once, and taken apart from the top to see that it
 * has no cycle. */
#include <inttypes.h>
#include <string.h>

#include "../base/sort.h"
#include "file.h"
#include "graph_roles.h"

static int by_ends(const void *a, const void *b)
{
    const cama__edge *left = a, *right = b;
    const int order = (left->from > right->from) - (left->from < right->from);
    return order != 0 ? order : (left->to > right->to) - (left->to < right->to);
}

static int32_t check_edge(int64_t nodes, int64_t edge, int32_t cause, int32_t effect)
{
    if (cause < 0 || cause >= nodes || effect < 0 || effect >= nodes)
        return cama__error(CAMA_E_ARGUMENT,
                           "graph, edge %" PRId64 ": expected nodes from 0 to %" PRId64 ", got %" PRId32 " -> %" PRId32,
                           edge, nodes - 1, cause, effect);
    if (cause == effect)
        return cama__error(CAMA_E_DATA,
                           "graph, edge %" PRId64 ": expected an edge to another node, got the cycle %" PRId32
                           " -> %" PRId32,
                           edge, cause, effect);
    return CAMA_OK;
}

/* A node on a cycle. causes > 0 marks nodes that all have a cause among them: a walk from cause to cause ends in
 * one. */
static int64_t node_on_cycle(const cama__graph *g, const int64_t *causes, int64_t *up)
{
    int64_t node = 0;
    for (int64_t i = 0; i < g->edges; i++) {
        if (causes[g->edge[i].from] == 0 || causes[g->edge[i].to] == 0) continue;
        node = g->edge[i].to;
        up[node] = g->edge[i].from;
    }
    for (int64_t i = 0; i < g->nodes; i++) node = up[node];
    return node;
}

/* Nodes whose causes are all gone go; what stays is on a cycle, or below one. */
static int32_t check_cycles(const cama__graph *g)
{
    int32_t status = CAMA_OK;
    int64_t count = 0, gone = 0;
    int64_t *causes = NULL;
    int64_t *stack = NULL;
    TRY(cama__mem_new(&causes, cama__file_room(g->nodes)));
    TRY(cama__mem_new(&stack, cama__file_room(g->nodes)));
    for (int64_t i = 0; i < g->edges; i++) causes[g->edge[i].to]++;
    for (int64_t i = 0; i < g->nodes; i++)
        if (causes[i] == 0) stack[count++] = i;
    while (count > 0) {
        const int64_t node = stack[--count];
        gone++;
        for (int64_t i = g->first[node]; i < g->first[node + 1]; i++)
            if (--causes[g->edge[i].to] == 0) stack[count++] = g->edge[i].to;
    }
    if (gone < g->nodes)
        FAIL(CAMA_E_DATA, "graph: expected a graph without cycles, got one through node %" PRId64,
             node_on_cycle(g, causes, stack));
out:
    cama__mem_free(stack);
    cama__mem_free(causes);
    return status;
}

int32_t cama__graph_of_numbers(int64_t nodes, int64_t edges, const int32_t *cause, const int32_t *effect,
                               cama__graph *out)
{
    int32_t status = CAMA_OK;
    cama__graph g = {.csv = {.where = "graph"}, .nodes = nodes};
    TRY(cama__mem_new(&g.edge, cama__file_room(edges)));
    TRY(cama__mem_new(&g.first, cama__file_room(nodes + 1)));
    for (int64_t i = 0; i < edges; i++) {
        TRY(check_edge(nodes, i, cause[i], effect[i]));
        g.edge[i] = (cama__edge){cause[i], effect[i]};
    }
    cama__sort(g.edge, edges, sizeof *g.edge, by_ends);
    for (int64_t i = 0; i < edges; i++)
        if (g.edges == 0 || by_ends(&g.edge[g.edges - 1], &g.edge[i]) != 0) g.edge[g.edges++] = g.edge[i];
    for (int64_t i = 0; i < g.edges; i++) g.first[g.edge[i].from + 1] = i + 1;
    for (int64_t i = 0; i < nodes; i++)
        if (g.first[i + 1] < g.first[i]) g.first[i + 1] = g.first[i];
    TRY(check_cycles(&g));
    *out = g;
    memset(&g, 0, sizeof g);
out:
    cama__graph_free(&g);
    return status;
}
