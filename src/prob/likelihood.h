/* likelihood - log p(x | parameters) of one row, summed over the D numbers of x, and its adjoint.
 *
 * params (blocks, D, NR) comes out of p_merge: logits (Bernoulli) or means (Gaussian). x (x_blocks, D, NR) holds
 * observations; row r is judged against the observation of row x_row[r] (NULL: the same row). The Gaussian's variance
 * is learned per dimension: scale (D) holds rho, and lv_d = floor + softplus(rho_d - floor) with floor =
 * CAMA__LIKELIHOOD_FLOOR. Sums over D: tiles of 32 terms in `real` (pairwise, in a fixed tree), those sums in double,
 * in feature order, lane by lane: a row's result does not depend on its neighbours. */
#ifndef CAMA_PROB_LIKELIHOOD_H
#define CAMA_PROB_LIKELIHOOD_H

#include "../math/rows.h"

enum cama__likelihood_kind { LIKELIHOOD_BERNOULLI = 0, LIKELIHOOD_GAUSSIAN = 1 };
#define CAMA__LIKELIHOOD_FLOOR (-8)

const char *cama__likelihood_name(int32_t kind);                 /* "bernoulli", "gaussian" */
int32_t cama__likelihood_parse(const char *name, int32_t *kind); /* CAMA_E_OPTION with the known names */
static inline bool cama__likelihood_has_scale(int32_t kind) { return kind == LIKELIHOOD_GAUSSIAN; }

/* logp[r] for r < rows. Bernoulli: sum x l - softplus(l). Gaussian: -1/2 sum (x-mean)^2 exp(-lv) + lv + log 2 pi. */
void cama__likelihood_forward(cama__pool *pool, int32_t kind, int64_t rows, int64_t dims, const real *params,
                              const real *x, const int32_t *x_row, const real *scale, double *logp);

/* Given dlogp (rows): dparams (blocks, D, NR) is overwritten (it may be the same memory as params); dx (blocks, D, NR),
 * NULL if not wanted, is overwritten with the gradient for each ROW's observation (the caller reduces rows to
 * observations); dscale (D), NULL if not wanted, is added to, block by block in order. Lanes past rows get zeros. work
 * needs cama__likelihood_work(rows, dims) reals when dscale is wanted. */
int64_t cama__likelihood_work(int64_t rows, int64_t dims);
void cama__likelihood_backward(cama__pool *pool, int32_t kind, int64_t rows, int64_t dims, const real *params,
                               const real *x, const int32_t *x_row, const real *scale, const double *dlogp,
                               real *dparams, real *dx, real *dscale, real *work);

/* The mean of p(x|.) from params, in place: sigmoid for Bernoulli, nothing for Gaussian. */
void cama__likelihood_mean(cama__pool *pool, int32_t kind, int64_t rows, int64_t dims, real *params);
#endif
