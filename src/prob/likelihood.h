/* likelihood - log p(x | parameters) of one row, summed over the D numbers of x, and its adjoint.
 *
 * x is a run of spans, each of one kind: bernoulli, gaussian or student for any number of x's numbers, categorical for
 * the one-hot numbers of one variable. params (blocks, D, NR) comes out of p_merge: logits (bernoulli, categorical) or
 * means. x (x_blocks, D, NR) holds observations; row r is judged against the observation of row x_row[r] (NULL: the
 * same row). Gaussian and student have a scale that is learned per number: scale (D) holds rho, lv_d = floor +
 * softplus(rho_d - floor) with floor = CAMA__LIKELIHOOD_FLOOR, and exp(lv) is the variance of the gaussian, the squared
 * scale of the student. Numbers of the other kinds leave their rho unused, its gradient 0.
 * With `variance`, params is (blocks, 2D, NR): behind the D locations stand D numbers s, one for each of x, and
 * cama__likelihood_spread(s) is added to lv (gaussian, student; the others leave theirs unused).
 * Missing numbers of x (observed, below) are marginalised: their terms are left out, constants and gradients with them.
 * A categorical span is there as a whole or not at all.
 * Sums over D: tiles of 32 terms in `real` (pairwise, in a fixed tree), those sums in double, in feature order, lane by
 * lane: a row's result does not depend on its neighbours. */
#ifndef CAMA_PROB_LIKELIHOOD_H
#define CAMA_PROB_LIKELIHOOD_H

#include <math.h>

#include "likelihood_kind.h"

#define CAMA__LIKELIHOOD_FLOOR (-8)
#define CAMA__LIKELIHOOD_SPREAD 10 /* s adds this much at most */

/* lv of rho: bounded below, and nearly rho above. */
static inline real cama__likelihood_log_variance(real rho)
{
    return CAMA__LIKELIHOOD_FLOOR + cama__softplus(rho - CAMA__LIKELIHOOD_FLOOR);
}

/* What s adds to lv. */
static inline double cama__likelihood_spread(double s)
{
    return CAMA__LIKELIHOOD_SPREAD * tanh(s / CAMA__LIKELIHOOD_SPREAD);
}

typedef struct {
    int32_t kind;
    int64_t first, count; /* numbers of x; of a categorical span: the levels of one variable */
} cama__likelihood_span;

typedef struct {
    int32_t spans;
    const cama__likelihood_span *span; /* in order, without gaps, together D numbers */
    double nu;                         /* degrees of freedom of student spans */
    bool variance;                     /* params hold additions to lv too */
    /* Of one call: observed (x_blocks, D, NR) is 1 for a number of x that is there and 0 for one that is missing, of
     * which x holds any finite number; row r's are those of row observed_row[r] (NULL: the same row). NULL: all are. */
    const real *observed;
    const int32_t *observed_row;
} cama__likelihood;
static inline int64_t cama__likelihood_outputs(const cama__likelihood *l, int64_t dims)
{
    return l->variance ? 2 * dims : dims;
}

static inline bool cama__likelihood_kind_has_scale(int32_t kind)
{
    return kind == LIKELIHOOD_GAUSSIAN || kind == LIKELIHOOD_STUDENT;
}
bool cama__likelihood_has_scale(const cama__likelihood *likelihood); /* any span */

/* logp[r] for r < rows, the sum over the spans of
 *     bernoulli    x l - softplus(l)
 *     gaussian     -1/2 ((x-mean)^2 exp(-lv) + lv + log 2 pi)
 *     student      lgamma((nu+1)/2) - lgamma(nu/2) - 1/2 (log(nu pi) + lv) - (nu+1)/2 log(1 + (x-mean)^2 exp(-lv) / nu)
 *     categorical  sum x l - logsumexp(l) sum x        (x one-hot: sum x = 1) */
void cama__likelihood_forward(const cama__exec *exec, const cama__likelihood *likelihood, int64_t rows, int64_t dims,
                              const real *params, const real *x, const int32_t *x_row, const real *scale, double *logp);

/* Given dlogp (rows): dparams (like params) is overwritten (it may be the same memory as params); dx (blocks, D, NR),
 * NULL if not wanted, is overwritten with the gradient for each ROW's observation (the caller reduces rows to
 * observations); dscale (D), NULL if not wanted, is added to, block by block in order. Lanes past rows get zeros.
 * With dscale the context needs an arena for scratch. */
void cama__likelihood_backward(const cama__exec *exec, const cama__likelihood *likelihood, int64_t rows, int64_t dims,
                               const real *params, const real *x, const int32_t *x_row, const real *scale,
                               const double *dlogp, real *dparams, real *dx, real *dscale);

/* The mean of p(x|.) from params, in place: sigmoid (bernoulli), softmax (categorical), nothing (gaussian, student). */
void cama__likelihood_mean(const cama__exec *exec, const cama__likelihood *likelihood, int64_t rows, int64_t dims,
                           real *params);

/* A draw from p(x|.) from params, in place: 0 or 1, one-hot, or a number. Row r's noise is keyed by (seed, RNG_X,
 * first + r): it does not depend on the batch. Of that key's uniforms (rng.h; sample and step 0), number d has u =
 * number 2d and v = number 2d + 1:
 *     bernoulli    1 if u < sigmoid(l)
 *     categorical  the first level whose cumulated probability is above u of the span's first number
 *     gaussian     mean + exp(lv/2) sqrt(-2 log u) cos(2 pi v)
 *     student      mean + exp(lv/2) sqrt(nu (u^(-2/nu) - 1)) cos(2 pi v) (Bailey 1994) */
void cama__likelihood_draw(const cama__exec *exec, const cama__likelihood *likelihood, int64_t rows, int64_t dims,
                           const real *scale, uint64_t seed, uint32_t first, real *params);
#endif
