/* api_graph - roles of a causal graph that is not in a file. */
#include <inttypes.h>
#include <string.h>

#include "../io/file.h"
#include "../io/graph_roles.h"
#include "api_check.h"

static int32_t check_target(const cama__graph *g, int32_t target, const bool *hidden)
{
    if (hidden[target])
        return cama__error(CAMA_E_ARGUMENT, "graph: expected a target that is not hidden, got node %" PRId32, target);
    if (g->first[target] == g->first[target + 1])
        return cama__error(CAMA_E_DATA, "graph: expected children of the target, got node %" PRId32 ", which has none",
                           target);
    return CAMA_OK;
}

/* The bits that cama.h promises. */
static int32_t bits_of(int8_t role)
{
    static const int32_t bits[] = {[ROLE_X] = 1 << CAMA_ROLE_CHILD,
                                   [ROLE_A] = 1 << CAMA_ROLE_PARENT,
                                   [ROLE_C] = 1 << CAMA_ROLE_CO_PARENT,
                                   [ROLE_TARGET] = 0,
                                   [ROLE_BOTH] = 1 << CAMA_ROLE_PARENT | 1 << CAMA_ROLE_CO_PARENT};
    return role == ROLE_NONE ? 0 : bits[role];
}

int32_t cama_graph_roles(int32_t nodes, int64_t edges, const int32_t *cause, const int32_t *effect, int32_t target,
                         const int32_t *hidden, int32_t *roles, int32_t *confounders)
{
    int32_t status = CAMA_OK;
    cama__graph g = {.nodes = 0};
    bool *is_hidden = NULL;
    int8_t *role = NULL;
    int64_t *confounder = NULL;
    NEED(roles);
    if (nodes < 1) FAIL(CAMA_E_ARGUMENT, "%s: expected at least one node, got %" PRId32, __func__, nodes);
    if (edges < 0) FAIL(CAMA_E_ARGUMENT, "%s: expected edges of at least 0, got %" PRId64, __func__, edges);
    if (edges > 0) NEED(cause);
    if (edges > 0) NEED(effect);
    if (target < 0 || target >= nodes)
        FAIL(CAMA_E_ARGUMENT, "%s: expected a target from 0 to %" PRId32 ", got %" PRId32, __func__, nodes - 1, target);
    TRY(cama__graph_of_numbers(nodes, edges, cause, effect, &g));
    TRY(cama__mem_new(&is_hidden, nodes));
    TRY(cama__mem_new(&role, nodes));
    TRY(cama__mem_new(&confounder, nodes));
    for (int32_t i = 0; i < nodes; i++) is_hidden[i] = hidden != NULL && hidden[i] != 0;
    TRY(check_target(&g, target, is_hidden));
    TRY(cama__graph_roles_of(&g, target, is_hidden, role, confounder));
    for (int32_t i = 0; i < nodes; i++) roles[i] = bits_of(role[i]);
    for (int32_t i = 0; confounders != NULL && i < nodes; i++) confounders[i] = (int32_t)confounder[i];
out:
    cama__mem_free(confounder);
    cama__mem_free(role);
    cama__mem_free(is_hidden);
    cama__graph_free(&g);
    return status;
}
