/* gauss - diagonal Gaussians over a latent of L dimensions: reparameterised samples, densities, KL to N(0,I), and
 * adjoints.
 *
 * Two row sets: Q rows carry the posterior, as one blocked tensor post (q_blocks, 2L, NR): features 0 .. L-1 are mu, L
 * .. 2L-1 are lv. R rows carry samples (r_blocks, L, NR); row r was drawn from the posterior of row q[r] (q NULL: the
 * same row). lv is used within [-20, 20]; outside, its gradient is zero. rows counts real rows; lanes past it get
 * zeros. Everything here is single-precision in storage; sums over L run in double. */
#ifndef CAMA_PROB_GAUSS_H
#define CAMA_PROB_GAUSS_H

#include "../base/rng.h"
#include "../tensor/rows.h"

#define CAMA__LV_BOUND 20

/* z[r] = mu[q[r]] + exp(lv[q[r]] / 2) eps[r]. eps NULL: z = mu (noise = mean). z may not alias eps. */
void cama__gauss_sample(const cama__exec *exec, int64_t rows, int64_t latent, const real *post, const int32_t *q,
                        const real *eps, real *z);

/* kl[j] = KL(N(mu_j, exp lv_j) || N(0,I)) = 1/2 sum (mu^2 + exp(lv) - lv - 1) for each of rows Q rows. */
void cama__gauss_kl(const cama__exec *exec, int64_t rows, int64_t latent, const real *post, double *kl);

/* Samples, and what they were drawn from. */
typedef struct {
    int64_t rows, latent;
    const real *post;
    const int32_t *q;
    const real *eps; /* NULL: zero */
    const real *z;
} cama__gauss_draws;

/* ratio[r] = log N(z_r; 0, I) - log N(z_r; mu, exp lv) = 1/2 sum (eps^2 + lv - z^2), lv of row q[r]. */
void cama__gauss_ratio(const cama__exec *exec, const cama__gauss_draws *d, double *ratio);

/* Adjoint of sample (+ ratio): given dz (r_blocks, L, NR) = gradient of the objective with respect to z from
 * downstream, and dratio (rows doubles, or NULL for none) with respect to ratio[r], ADD to dpost (q_blocks, 2L, NR).
 * Adds row by row in increasing r for each (q, feature), so the bits do not depend on the threads. dz may be NULL
 * (zero). */
void cama__gauss_sample_backward(const cama__exec *exec, const cama__gauss_draws *d, const real *dz,
                                 const double *dratio, real *dpost);

/* Adjoint of kl: ADD dkl[j] * dKL/d(mu, lv) to dpost. */
void cama__gauss_kl_backward(const cama__exec *exec, int64_t rows, int64_t latent, const real *post, const double *dkl,
                             real *dpost);
#endif
