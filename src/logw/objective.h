/* objective - what is made of the log-weights w[u,c,k] of one example, and the gradient of that with respect to w.
 *
 *     HEAD_ELBO      mean over u, k of w[u,k]                                        Eq. 3, 4   (one class: the label)
 *     HEAD_MARGINAL  log sum_c exp mean_{u,k} w[u,c,k]                               Eq. 7
 *     HEAD_BAYES     p_c = softmax_c log mean_{u,k} exp w[u,c,k]; value log p_label   Eq. 6
 *     HEAD_ODDS      the same p; value log p_label - log(1 - p_label), whose gradient points where that of log p_label
 *                    does and does not vanish when p_label rounds to 1: for attacks */
#ifndef CAMA_LOGW_OBJECTIVE_H
#define CAMA_LOGW_OBJECTIVE_H

#include "../base/mem.h"

enum cama__objective { HEAD_ELBO, HEAD_MARGINAL, HEAD_BAYES, HEAD_ODDS };
static inline bool cama__objective_is_bayes(enum cama__objective head)
{
    return head == HEAD_BAYES || head == HEAD_ODDS;
}

/* w (U, C, K), replaced by `scale` times the gradient of the value with respect to w if gradient is set. work: 2 * C
 * doubles. label: for HEAD_ODDS and HEAD_BAYES, or, there, -1 (value is then log p(x), the log of the normaliser).
 * probabilities (C): HEAD_BAYES and HEAD_MARGINAL, NULL if not wanted. Returns the value. */
double cama__objective_apply(enum cama__objective head, int32_t u, int32_t c, int32_t k, double *w, int32_t label,
                             bool gradient, double scale, double *probabilities, double *work);
#endif
