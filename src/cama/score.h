/* score - the one forward (rows -> log-weights w) and the one backward (dw -> dtheta and dx) under every verb.
 *
 *     w[i,u,c,k] = log p(x_i|y_c,z,m) + log p(y_c) + [log p(z) - log q(z|x_i,y_c,m)] + [log p(m) - log q(m|x_i)]
 *
 * with m = mu_m + exp(lv_m/2) eps_m and z likewise; in the ELBOs each bracket is its closed form -KL(q||N(0,I)), and
 * under do(m = m0) the last one is absent. What depends on x alone runs on B rows, p_y on C, p_m on B U (or one under
 * do(m)), q_z's head on B U C and the rest on all B U C K rows, tile by tile (rowplan.h). */
#ifndef CAMA_CAMA_SCORE_H
#define CAMA_CAMA_SCORE_H

#include "head.h"
#include "model.h"
#include "rowplan.h"

enum cama__score_m { SCORE_M_DO, SCORE_M_INFER };

typedef struct {
    enum cama__head head; /* HEAD_ELBO uses the labels' class only, the others all classes */
    enum cama__score_m m;
    const float *m0; /* (M) under SCORE_M_DO; NULL for 0 */
    int32_t u, k;    /* samples of m (1 under SCORE_M_DO) and of z */
    bool mean_noise; /* eps = 0 */
    uint64_t seed;
    uint32_t step;
    double kl_weight; /* of the KL terms in the gradient; values are always those with weight 1. HEAD_BAYES: 1 */
    int64_t image_tile, row_tile; /* most examples and most rows at once; rounded, never changing a result */
} cama__score_options;

typedef struct {
    int64_t n;
    const real *x;           /* (blocks, D, NR) */
    const int32_t *y;        /* (n) or NULL: needed by HEAD_ELBO */
    const uint32_t *example; /* (n) keys of the noise, or NULL: RNG_NO_EXAMPLE for all */
} cama__batch;

/* What is wanted; any pointer may be NULL. With dtheta or dx, the gradient of scale * (sum of values over the batch) is
 * taken. */
typedef struct {
    double *value;         /* (n) the head's value */
    double *probabilities; /* (n, C); HEAD_BAYES and HEAD_MARGINAL */
    double *w;             /* (n, U, C or 1, K) */
    double scale;
    real *dtheta;       /* like theta; added to, for the nets in `trainable` */
    uint32_t trainable; /* CAMA__NET_BIT(...) */
    real *dx;           /* (blocks, D, NR), overwritten */
} cama__score_sink;

/* Runs, or measures when the work's arena has no memory. */
void cama__score_run(const cama__work *work, const cama_model *model, const cama__score_options *options,
                     const cama__batch *batch, const cama__score_sink *sink);

/* The forward passes that encode, reconstruct and generate need, on a batch (M = 0: no m; m (rows, M) blocked):
 * post_m (n rows, 2M), post_z (n rows, 2Z) for the classes y, x_mean (n rows, D) from z, m and classes. */
void cama__score_infer_m(const cama__work *work, const cama_model *model, int64_t n, const real *x, real *post_m);
void cama__score_infer_z(const cama__work *work, const cama_model *model, int64_t n, const real *x, const int32_t *y,
                         const real *m, real *post_z);
void cama__score_decode(const cama__work *work, const cama_model *model, int64_t n, const int32_t *y, const real *z,
                        const real *m, real *x_mean);
#endif
