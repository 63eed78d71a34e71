/* graph_walk - one walk over edges in both directions, on its own stack; it passes a node at most once for each
 * direction in which it was entered, so that a question costs nodes + edges. */
#include "graph_walk.h"

#include <string.h>

#include "file.h"

/* ---- Life -------------------------------------------------------------------------------------------------------- */

int32_t cama__graph_walk_create(const cama__graph *graph, cama__graph_walk *out)
{
    int32_t status = CAMA_OK;
    cama__graph_walk w = {.graph = graph};
    TRY(cama__mem_new(&w.in, cama__file_room(graph->edges)));
    TRY(cama__mem_new(&w.first, cama__file_room(graph->nodes + 2)));
    TRY(cama__mem_new(&w.seen, cama__file_room(graph->nodes)));
    TRY(cama__mem_new(&w.stack, cama__file_room(2 * graph->nodes)));
    for (int64_t i = 0; i < graph->edges; i++) w.first[graph->edge[i].to + 2]++; /* counting sort, one place ahead */
    for (int64_t i = 1; i < graph->nodes + 2; i++) w.first[i] += w.first[i - 1];
    for (int64_t i = 0; i < graph->edges; i++) w.in[w.first[graph->edge[i].to + 1]++] = i;
    *out = w;
    memset(&w, 0, sizeof w);
out:
    cama__graph_walk_free(&w);
    return status;
}

void cama__graph_walk_free(cama__graph_walk *walk)
{
    cama__mem_free(walk->in);
    cama__mem_free(walk->first);
    cama__mem_free(walk->seen);
    cama__mem_free(walk->stack);
    memset(walk, 0, sizeof *walk);
}

/* ---- Below ------------------------------------------------------------------------------------------------------- */

void cama__graph_walk_below(cama__graph_walk *w, int64_t node, bool *below)
{
    const cama__graph *g = w->graph;
    int64_t count = 0;
    memset(below, 0, (size_t)g->nodes * sizeof *below);
    w->stack[count++] = node;
    while (count > 0) {
        const int64_t at = w->stack[--count];
        for (int64_t i = g->first[at]; i < g->first[at + 1]; i++) {
            const int64_t next = g->edge[i].to;
            if (below[next]) continue;
            below[next] = true;
            w->stack[count++] = next;
        }
    }
}

/* ---- Connected --------------------------------------------------------------------------------------------------- */

/* Flags of a node: given, an ancestor of a given one, and the directions in which it was entered. */
enum { OPENS = 1, FROM_BELOW = 2, FROM_ABOVE = 4 };

/* Nodes that are given, and all that lead to them: a collider among these is open. */
static void mark_openers(cama__graph_walk *w, const uint8_t *set)
{
    const cama__graph *g = w->graph;
    int64_t count = 0;
    for (int64_t i = 0; i < g->nodes; i++) {
        w->seen[i] = (set[i] & WALK_GIVEN) != 0 ? OPENS : 0;
        if (w->seen[i] != 0) w->stack[count++] = i;
    }
    while (count > 0) {
        const int64_t at = w->stack[--count];
        for (int64_t i = w->first[at]; i < w->first[at + 1]; i++) {
            const int64_t cause = g->edge[w->in[i]].from;
            if ((set[cause] & WALK_CUT) != 0 || w->seen[cause] != 0) continue;
            w->seen[cause] = OPENS;
            w->stack[count++] = cause;
        }
    }
}

/* A node of the way with the direction it is entered from, as 2 * node + (from above). */
static void enter(cama__graph_walk *w, int64_t *count, int64_t node, int32_t from)
{
    if ((w->seen[node] & from) != 0) return;
    w->seen[node] = (uint8_t)(w->seen[node] | from);
    w->stack[(*count)++] = 2 * node + (from == FROM_ABOVE);
}

bool cama__graph_walk_meets(cama__graph_walk *w, int64_t node, const uint8_t *set)
{
    const cama__graph *g = w->graph;
    int64_t count = 0;
    mark_openers(w, set);
    enter(w, &count, node, FROM_BELOW); /* as if a child had sent us: to parents and children alike */
    while (count > 0) {
        const int64_t top = w->stack[--count], at = top / 2;
        const bool from_above = top % 2 != 0, given = (set[at] & WALK_GIVEN) != 0;
        if (!given && (set[at] & WALK_TO) != 0) return true;
        const bool up = from_above ? (w->seen[at] & OPENS) != 0 : !given; /* a collider opens, another node closes */
        const bool down = !given && (set[at] & WALK_CUT) == 0;
        for (int64_t i = w->first[at]; up && i < w->first[at + 1]; i++) {
            const int64_t cause = g->edge[w->in[i]].from;
            if ((set[cause] & WALK_CUT) == 0) enter(w, &count, cause, FROM_BELOW);
        }
        for (int64_t i = g->first[at]; down && i < g->first[at + 1]; i++) enter(w, &count, g->edge[i].to, FROM_ABOVE);
    }
    return false;
}
