/* graph_roles - which part each node of a causal graph plays for a target y, so that p(y|a) p(x|y,c) gives y's
 * probability given all of them, and which do() these parts can answer (docs/model.md, "Roles"). */
#ifndef CAMA_IO_GRAPH_ROLES_H
#define CAMA_IO_GRAPH_ROLES_H

#include "graph.h"

/* Beside the roles of a variable. ROLE_BOTH: ROLE_A and ROLE_C. */
enum { ROLE_NONE = -1, ROLE_TARGET = ROLE_COUNT, ROLE_BOTH };

/* role (nodes), of what is not hidden (hidden (nodes), or NULL for none; never the target):
 *   x  y's children, and the children's other parents that descend from y
 *   a  what y depends on given all others of a and c; where nothing is hidden, y's parents
 *   c  what x depends on given y and all others of a and c; where nothing is hidden and x has children alone, the
 *      children's other parents, y's parents among them
 * a and c are chosen among y's parents and the children's other parents that do not descend from y. So y does not
 * depend on c given a, nor x on a given y and c.
 * confounder (nodes): for the target and each node of c, a cause of the node, or of what do(node) holds, that is in
 * neither a nor c and through which p(x|do(node),.) differs from p(x|node,.); -1 where do(node) is answered, and for
 * all other nodes. do(node) holds what of y and of c descends from the node.
 * CAMA_E_DATA if the target is not in the graph or has no children. */
int32_t cama__graph_roles(const cama__graph *graph, const char *target, const bool *hidden, int8_t *role,
                          int64_t *confounder);
/* The same of a node that has children; names are not asked for. */
int32_t cama__graph_roles_of(const cama__graph *graph, int64_t y, const bool *hidden, int8_t *role,
                             int64_t *confounder);

/* A graph whose nodes are numbers, without names: edges cause[i] -> effect[i], as often as they like. CAMA_E_ARGUMENT
 * names the edge of a number that is no node; CAMA_E_DATA that of a node to itself, or a node on a cycle. Freed by
 * cama__graph_free. */
int32_t cama__graph_of_numbers(int64_t nodes, int64_t edges, const int32_t *cause, const int32_t *effect,
                               cama__graph *out);

#endif
