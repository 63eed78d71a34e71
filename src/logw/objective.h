/* objective - what is made of the log-weights w[u,c,k] of one example, and the gradient of that with respect to w.
 *
 *     OBJECTIVE_ELBO      mean over u, k of w[u,k]; one class, the label                   Eq. 3, 4
 *     OBJECTIVE_MARGINAL  log sum_c exp mean_{u,k} w[u,c,k]                                Eq. 7
 *     OBJECTIVE_BAYES     p_c = softmax_c log mean_{u,k} exp w[u,c,k]; value log p_label   Eq. 6
 *     OBJECTIVE_ODDS      the same p; value log p_label - log(1 - p_label): its gradient points where that of
 *                         log p_label does, and does not vanish when p_label rounds to 1: for attacks
 *     OBJECTIVE_ENTROPY   the same p; value sum_c p_c log p_c, the negative entropy    TENT: Wang et al. 2021, Eq. 1 */
#ifndef CAMA_LOGW_OBJECTIVE_H
#define CAMA_LOGW_OBJECTIVE_H

#include "../base/mem.h"

enum cama__objective { OBJECTIVE_ELBO, OBJECTIVE_MARGINAL, OBJECTIVE_BAYES, OBJECTIVE_ODDS, OBJECTIVE_ENTROPY };
static inline bool cama__objective_is_bayes(enum cama__objective objective)
{
    return objective == OBJECTIVE_BAYES || objective == OBJECTIVE_ODDS || objective == OBJECTIVE_ENTROPY;
}

/* w (U, C, K), replaced by `scale` times the gradient of the value with respect to w if gradient is set. work: 2 * C
 * doubles. label: for OBJECTIVE_ODDS and OBJECTIVE_BAYES, or, there, -1 (value is then log p(x), the log of the
 * normaliser). probabilities (C): of several classes, NULL if not wanted. Returns the value. */
double cama__objective_apply(enum cama__objective objective, int32_t u, int32_t c, int32_t k, double *w, int32_t label,
                             bool gradient, double scale, double *probabilities, double *work);
#endif
