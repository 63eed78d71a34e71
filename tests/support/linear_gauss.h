/* linear_gauss - a linear-Gaussian CAMA, in the library's own model class, whose likelihoods are known in closed
 * form:
 *
 *     x = W_y y + W_z z + W_m m + b + noise,  noise ~ N(0, S), S diagonal; z, m ~ N(0, I); y one-hot with prior p(y)
 *
 * p_y, p_z and p_m are empty, p_merge is "dense x", q_m is "" and q_z is "|": each a single linear layer. Then
 *
 *     log p(x,y|do(m)) = log p(y) + log N(x; W_y y + W_m m + b, S + W_z W_z')
 *     log p(x,y)       = log p(y) + log N(x; W_y y + b,         S + W_z W_z' + W_m W_m')
 *
 * The posteriors that the networks can express have diagonal covariances, and q(m|x) does not see y. So the columns
 * of W_z are made orthogonal under S^-1, those of W_m under T^-1 with T = S + W_z W_z', and those of W_y orthogonal
 * to W_m under T^-1; W_z and W_m remain oblique to each other. Then the exact posteriors are linear with constant
 * diagonal variances,
 *
 *     p(z|x,y,m): variance 1 / (1 + w' S^-1 w), mean = variance * w' S^-1 (x - W_y y - W_m m - b), w a column of W_z
 *     p(m|x):     variance 1 / (1 + w' T^-1 w), mean = variance * w' T^-1 (x - b),                 w a column of W_m */
#ifndef TESTS_SUPPORT_LINEAR_GAUSS_H
#define TESTS_SUPPORT_LINEAR_GAUSS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "prob/likelihood.h"
#include "verbs/evaluate.h"
#include "verbs/verbs.h"

#ifdef CAMA_DOUBLE
#define ORACLE_UNIT 0x1p-53
#else
#define ORACLE_UNIT 0x1p-24
#endif

enum { D = 6, Z = 2, M = 2, C = 3, N = 40 };

/* The model's numbers, columns first: w[j] is a column of D. */
typedef struct {
    double wy[C][D], wz[Z][D], wm[M][D], b[D], rho[D], s[D]; /* s: variances of the noise */
    double zvar[Z], mvar[M];                                 /* of the exact posteriors */
    double t_inverse[D][D];                                  /* (S + W_z W_z')^-1 */
    double log_prior[C];
    float x[N][D];
    int32_t y[N];
} oracle_truth;

/* ---- Linear algebra of a few dimensions -------------------------------------------------------------------------- */

double oracle_dot(const double *a, const double *b);
void oracle_apply(double a[D][D], const double *v, double *out);
double oracle_product(double a[D][D], const double *u, const double *v);

/* ---- The truth --------------------------------------------------------------------------------------------------- */

void oracle_make_truth(oracle_truth *t);
void oracle_residual(const oracle_truth *t, int i, int c, const float *m, double *r);

extern const double oracle_log_2pi;

/* log p(x_i, y = c), or under do(m). */
double oracle_log_joint(const oracle_truth *t, int i, int c, const float *m, bool given);
double oracle_log_sum(const double *v, int n);

/* log p(x_i), or under do(m). */
double oracle_log_evidence(const oracle_truth *t, int i, const float *m, bool given);

/* ---- The model --------------------------------------------------------------------------------------------------- */

/* How q departs from the exact posterior: means are moved by so many standard deviations, variances multiplied. */
typedef struct {
    double z_shift, z_factor, m_shift, m_factor;
} oracle_error;

extern const oracle_error oracle_exact;
extern const oracle_error oracle_wrong; /* wider than the truth: importance weights have a variance */

cama_model *oracle_make_model(oracle_truth *t, const oracle_error *e);

#endif
