/* simulate - clean images under known views: an m for each, x as it would have been seen under do(m), and what q(m|x)
 * has to find. The views are drawn from a wide mixture (simulate.c) whose parts were chosen on clean data. */
#ifndef CAMA_VERBS_SIMULATE_H
#define CAMA_VERBS_SIMULATE_H

#include "../base/rng.h"
#include "../logw/logw.h"

/* m (n, M) and out (n, D) from x (n, D), in the packed layout; example (n) keys the noise beside seed and step. */
void cama__simulate(const cama__exec *exec, const cama_model *model, int64_t n, const uint32_t *example, uint64_t seed,
                    uint32_t step, const real *x, real *m, real *out);
#endif
