/* graph - a causal graph from a CSV file of edges. */
#ifndef CAMA_IO_GRAPH_H
#define CAMA_IO_GRAPH_H

#include "../model/schema.h"
#include "csv.h"

typedef struct {
    int64_t from, to; /* nodes */
} cama__edge;

typedef struct {
    cama__csv csv;
    int64_t nodes, edges;
    const char **name; /* (nodes), sorted by bytes */
    cama__edge *edge;  /* (edges), sorted, each once */
    int64_t *first;    /* (nodes + 1): edge[first[i] .. first[i + 1]) leave node i */
} cama__graph;

/* The edges of a file in any format of graph_formats.h; an edge that comes again is ignored. CAMA_E_FORMAT for a file
 * that is none of them; CAMA_E_DATA names the line of an edge without a name or from a
 * variable to itself, or the variables of a cycle, "a -> b -> a". */
int32_t cama__graph_read(const char *path, cama__graph *out);
void cama__graph_free(cama__graph *graph); /* also of a zeroed one */

/* Node of that name, or -1. */
int64_t cama__graph_find(const cama__graph *graph, const char *name);

#endif
