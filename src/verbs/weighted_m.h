/* weighted_m - the gradients of weighted draws of m: of sum share log q(m|x) for q_m, and of sum share ELBO(x; m) for
 * p_m. What the terms that propose views have in common. */
#ifndef CAMA_VERBS_WEIGHTED_M_H
#define CAMA_VERBS_WEIGHTED_M_H

#include "steps.h"

/* Draw k of example i: m at m + k m_step (lanes, M), share[k share_step + i]; the shares of an example sum to 1. */
typedef struct {
    int32_t count;
    const real *m;
    int64_t m_step;
    const double *share;
    int64_t share_step;
} cama__weighted_m;

/* Adds scale times both sums over the batch to the optimizer's gradient. For p_m one draw is taken, with the
 * probability of its share. */
int32_t cama__weighted_m_train(cama__steps *steps, cama__term *term, const cama__batch *batch,
                               const cama__weighted_m *weighted, double scale);
#endif
