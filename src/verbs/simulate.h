/* simulate - clean images under known views: an m for each, x as it would have been seen under do(m), and what q(m|x)
 * has to find. The views are drawn from a wide mixture (simulate.c) whose parts were chosen on clean data. */
#ifndef CAMA_VERBS_SIMULATE_H
#define CAMA_VERBS_SIMULATE_H

#include "../base/rng.h"
#include "../logw/logw.h"

/* The keys of the noise of n rows: seed, step, and the example of each row (n), or NULL for its place in the batch. */
typedef struct {
    int64_t n;
    const uint32_t *example;
    uint64_t seed;
    uint32_t step;
} cama__simulated_rows;

/* m (n, M) and out (n, D) from x (n, D), in the packed layout. */
void cama__simulate(const cama__exec *exec, const cama_model *model, const cama__simulated_rows *rows, const real *x,
                    real *m, real *out);
#endif
