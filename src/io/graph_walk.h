/* graph_walk - what a causal graph says of its nodes: who descends from whom, and who is connected with whom once some
 * are given (d-separation). */
#ifndef CAMA_IO_GRAPH_WALK_H
#define CAMA_IO_GRAPH_WALK_H

#include "graph.h"

typedef struct {
    const cama__graph *graph; /* borrowed */
    int64_t *in;              /* (edges): places of the edges in graph->edge, sorted by where they lead */
    int64_t *first;           /* (nodes + 1): in[first[i] .. first[i + 1]) lead to node i */
    uint8_t *seen;            /* (nodes) */
    int64_t *stack;           /* (2 nodes) */
} cama__graph_walk;

int32_t cama__graph_walk_create(const cama__graph *graph, cama__graph_walk *out);
void cama__graph_walk_free(cama__graph_walk *walk); /* also of a zeroed one */

/* below (nodes): whether a directed path leads from the node to it; the node itself is not below. */
void cama__graph_walk_below(cama__graph_walk *walk, int64_t node, bool *below);

/* The sets of a question, bits of set (nodes). The edges that leave WALK_CUT nodes are taken out of the graph. */
enum { WALK_GIVEN = 1, WALK_TO = 2, WALK_CUT = 4 };
/* Whether the node, which is not given, is connected with a WALK_TO node when the WALK_GIVEN ones are given: false
 * means d-separated. */
bool cama__graph_walk_meets(cama__graph_walk *walk, int64_t node, const uint8_t *set);

#endif
