/* contaminated - log p(x | mean image) of a row whose pixels are, with probability `share`, anything at all:
 *
 *     sum over numbers of log[ (1 - share) p^x (1 - p)^(1-x) + share / 2 ]
 *
 * with p in (0,1) and x in [0,1]; with share 0 it is the Bernoulli likelihood. Each row has its own share. 1/2 is the
 * least that any x has under its own best p, so what is anything never explains a pixel better than the right mean. */
#ifndef CAMA_PROB_CONTAMINATED_H
#define CAMA_PROB_CONTAMINATED_H

#include "../tensor/rows.h"

typedef struct {
    int64_t rows, dims;
    const real *mean, *x; /* (rows, D), (., D) in the packed layout */
    const int32_t *x_row; /* (rows) row of x, or NULL: the same row */
    const real *share;    /* (rows), padded to whole blocks */
} cama__contaminated;

void cama__contaminated_forward(const cama__exec *exec, const cama__contaminated *c, double *logp);

/* Given dlogp (rows): dmean (rows, D; may be mean), dx of each row's x (rows, D; NULL: not wanted) and dshare (rows),
 * each overwritten. Lanes past rows get zeros. */
void cama__contaminated_backward(const cama__exec *exec, const cama__contaminated *c, const double *dlogp, real *dmean,
                                 real *dx, double *dshare);

/* out (rows, D): each number of x replaced by the mean as far as it is contaminated, (1 - r) x + r mean with r the
 * posterior probability that it is anything. */
void cama__contaminated_restore(const cama__exec *exec, const cama__contaminated *c, real *out);
#endif
