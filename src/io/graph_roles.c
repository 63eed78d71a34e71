/* graph_roles - parents, children, the children's other parents: that is all where the graph is whole. Where something
 * is hidden, or an effect of y is in x without being a child, d-separation settles what a and c need, and which do()
 * can be answered. */
#include "graph_roles.h"

#include <string.h>

#include "file.h"
#include "graph_walk.h"

typedef struct {
    const cama__graph *graph;
    int64_t y;
    const bool *hidden;                  /* (nodes) or NULL */
    int8_t *role;                        /* (nodes) */
    bool *mark;                          /* (4 nodes): all of them, */
    bool *child, *cause, *of_y, *of_one; /* candidates of a and c are causes; below y, below another node */
    uint8_t *set;                        /* (nodes), of a question to the walk */
    cama__graph_walk walk;
    bool partial; /* d-separation has something to settle */
} finding;

static bool is_hidden(const finding *f, int64_t node) { return f->hidden != NULL && f->hidden[node]; }

static bool in_c(const finding *f, int64_t node) { return f->role[node] == ROLE_C || f->role[node] == ROLE_BOTH; }

/* ---- The local rule ---------------------------------------------------------------------------------------------- */

static void find_x(finding *f)
{
    const cama__graph *g = f->graph;
    for (int64_t i = 0; i < g->nodes; i++) {
        f->role[i] = i == f->y ? ROLE_TARGET : ROLE_NONE;
        f->partial = f->partial || is_hidden(f, i);
    }
    for (int64_t i = g->first[f->y]; i < g->first[f->y + 1]; i++) {
        const int64_t to = g->edge[i].to;
        f->child[to] = !is_hidden(f, to);
        if (f->child[to]) f->role[to] = ROLE_X;
    }
    for (int64_t i = 0; i < g->edges; i++) {
        const cama__edge *e = &g->edge[i];
        if (!f->child[e->to] || !f->of_y[e->from] || f->child[e->from] || is_hidden(f, e->from)) continue;
        f->role[e->from] = ROLE_X;
        f->partial = true;
    }
}

static void add_cause(finding *f, int64_t node, int8_t role)
{
    if (is_hidden(f, node)) return;
    f->cause[node] = true;
    f->role[node] = f->role[node] == ROLE_NONE || f->role[node] == role ? role : ROLE_BOTH;
}

static void find_causes(finding *f)
{
    const cama__graph *g = f->graph;
    for (int64_t i = 0; i < g->edges; i++) {
        const cama__edge *e = &g->edge[i];
        if (e->to == f->y) add_cause(f, e->from, ROLE_A);
        if (f->child[e->to] && e->from != f->y && !f->of_y[e->from]) add_cause(f, e->from, ROLE_C);
    }
}

/* ---- What a and c need ------------------------------------------------------------------------------------------- */

/* Does what is asked for depend on the node, given all other candidates, and y unless it is asked for? */
static bool depends(finding *f, int64_t node, int8_t asked)
{
    for (int64_t i = 0; i < f->graph->nodes; i++) {
        const bool given = (f->cause[i] && i != node) || (i == f->y && asked != ROLE_TARGET);
        f->set[i] = given ? WALK_GIVEN : f->role[i] == asked ? WALK_TO : 0;
    }
    return cama__graph_walk_meets(&f->walk, node, f->set);
}

/* The set of all candidates on which something depends given the others is the smallest that separates it from the
 * rest: d-separation has the intersection property. */
static void settle_causes(finding *f)
{
    for (int64_t i = 0; i < f->graph->nodes; i++) {
        if (!f->cause[i]) continue;
        const bool a = depends(f, i, ROLE_TARGET), c = depends(f, i, ROLE_X);
        f->role[i] = a && c ? ROLE_BOTH : a ? ROLE_A : c ? ROLE_C : ROLE_NONE;
    }
}

/* ---- What do() can be answered ----------------------------------------------------------------------------------- */

/* do(node) holds what of y and c descends from the node. So p(x|do(node),.) is p(x|y,c) if no cause of any of these
 * leads to x on another way, given the rest of y and c: rule 2 of do-calculus. */
static int64_t find_confounder(finding *f, int64_t node)
{
    const cama__graph *g = f->graph;
    cama__graph_walk_below(&f->walk, node, f->of_one);
    for (int64_t i = 0; i < g->nodes; i++) {
        const bool held = in_c(f, i) || i == f->y;
        f->set[i] = f->role[i] == ROLE_X ? WALK_TO : 0;
        if (held) f->set[i] = i == node || f->of_one[i] ? WALK_CUT : WALK_GIVEN;
    }
    for (int64_t i = 0; i < g->edges; i++) {
        const cama__edge *e = &g->edge[i];
        if ((f->set[e->to] & WALK_CUT) == 0 || (f->set[e->from] & (WALK_CUT | WALK_GIVEN)) != 0) continue;
        if (cama__graph_walk_meets(&f->walk, e->from, f->set)) return e->from;
    }
    return -1;
}

/* ---- All together ------------------------------------------------------------------------------------------------ */

static int32_t find_target(const cama__graph *graph, const char *target, int64_t *y)
{
    *y = cama__graph_find(graph, target);
    if (*y < 0)
        return cama__error(CAMA_E_DATA, "%s: expected an edge of the target \"%s\", got a graph without it",
                           graph->csv.where, target);
    if (graph->first[*y] == graph->first[*y + 1])
        return cama__error(CAMA_E_DATA, "%s: expected children of the target \"%s\", got a graph in which it has none",
                           graph->csv.where, target);
    return CAMA_OK;
}

int32_t cama__graph_roles(const cama__graph *graph, const char *target, const bool *hidden, int8_t *role,
                          int64_t *confounder)
{
    int64_t y;
    const int32_t status = find_target(graph, target, &y);
    return status != CAMA_OK ? status : cama__graph_roles_of(graph, y, hidden, role, confounder);
}

int32_t cama__graph_roles_of(const cama__graph *graph, int64_t y, const bool *hidden, int8_t *role, int64_t *confounder)
{
    int32_t status = CAMA_OK;
    finding f = {.graph = graph, .y = y, .hidden = hidden, .role = role};
    TRY(cama__graph_walk_create(graph, &f.walk));
    TRY(cama__mem_new(&f.mark, cama__file_room(4 * graph->nodes)));
    TRY(cama__mem_new(&f.set, cama__file_room(graph->nodes)));
    f.child = f.mark;
    f.cause = f.mark + graph->nodes;
    f.of_y = f.mark + 2 * graph->nodes;
    f.of_one = f.mark + 3 * graph->nodes;
    cama__graph_walk_below(&f.walk, f.y, f.of_y);
    find_x(&f);
    find_causes(&f);
    if (f.partial) settle_causes(&f);
    for (int64_t i = 0; i < graph->nodes; i++) {
        const bool asked = f.partial && (i == f.y || in_c(&f, i));
        confounder[i] = asked ? find_confounder(&f, i) : -1;
    }
out:
    cama__graph_walk_free(&f.walk);
    cama__mem_free(f.mark);
    cama__mem_free(f.set);
    return status;
}
