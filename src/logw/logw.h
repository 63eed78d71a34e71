/* logw - the one forward (rows -> log-weights w) and the one backward (dw -> dtheta and dx) under every verb.
 *
 *     w[i,u,c,k] = log p(x_i|y_c,c_i,z,m) + log p(y_c|a_i)
 *                  + [log p(z) - log q(z|x_i,y_c,m,a_i,c_i)] + [log p(m) - log q(m|x_i)]            (Eq. 9, 10)
 *
 * with m = mu_m + exp(lv_m/2) eps_m and z likewise; in the ELBOs each bracket is its closed form -KL(q||N(0,I)), and
 * under do(m = m0) the last one is absent. log p(x) is in the data's units (model.h, log_scale). A discriminative
 * model has w[i,c] = log p(y_c|x_i,a_i,c_i) instead, with U = K = 1 (logw_discriminative.c). What depends on x alone
 * runs on B rows, p_y on C, p_m on B U (or one under do(m)), q_z's head on B U C and the rest on all B U C K rows,
 * tile by tile (row_plan.h). */
#ifndef CAMA_LOGW_LOGW_H
#define CAMA_LOGW_LOGW_H

#include "objective.h"
#include "../model/model.h"
#include "row_plan.h"

/* m is fixed for all, drawn from q(m|x), or given for each example (the batch's m; U = 1, and no bracket of m). */
enum cama__logw_m { SCORE_M_DO, SCORE_M_INFER, SCORE_M_GIVEN };

typedef struct {
    enum cama__objective objective; /* OBJECTIVE_ELBO uses the labels' class only, the others all classes */
    enum cama__logw_m m;
    const float *m0; /* (M) under SCORE_M_DO; NULL for 0 */
    int32_t u, k;    /* samples of m (1 under SCORE_M_DO) and of z */
    bool mean_noise; /* eps = 0 */
    bool prior_z;    /* z = 0, the mean of its prior, whatever x is; with mean_noise, forward alone */
    double temper;   /* log-weights are divided by it before the objective; 0: 1 */
    bool dropout;    /* of a discriminative model: training */
    uint64_t seed;
    uint32_t step;
    double kl_weight; /* of the KL terms in the gradient; values are always those with weight 1. OBJECTIVE_BAYES: 1 */
    double prune; /* share of the sum over u, c that pruned draws may cost (prune.h), not with temper; 0: none are */
    /* Most examples at once, and most rows: of a pass that keeps what a backward needs, and of one that goes forward
     * alone. Rounded; they never change a result. */
    int64_t image_tile, row_tile, forward_tile;
} cama__logw_options;

typedef struct {
    int64_t n;
    const real *x;           /* (blocks, D, NR), in standard units */
    const real *observed;    /* (blocks, D, NR) 1, or 0 where x is missing (data/missing.h); NULL: all is there */
    const real *a, *c;       /* (blocks, A, NR), (blocks, P, NR); NULL where the model has none */
    const real *m;           /* (blocks, M, NR): SCORE_M_GIVEN */
    const real *encoded;     /* (blocks, D, NR) what q_z reads in place of x, or NULL: x; gradients stop at it */
    const int32_t *y;        /* (n) or NULL: needed by OBJECTIVE_ELBO */
    const uint32_t *example; /* (n) keys of the noise, or NULL: RNG_NO_EXAMPLE for all */
} cama__batch;

/* What is wanted; any pointer may be NULL. With dtheta, dx or dc, the gradient of scale * (sum of values over the
 * batch) is taken. */
typedef struct {
    double *value;         /* (n) the value of the objective */
    double *probabilities; /* (n, C); of several classes */
    double *w;             /* (n, U, C or 1, K) */
    double scale;
    const double *weight; /* (n) times scale, for each example; NULL: 1 */
    real *dtheta;         /* like theta; added to, for the nets in `trainable` */
    uint32_t trainable;   /* CAMA__NET_BIT(...) */
    real *dx, *dc;        /* (blocks, D, NR), (blocks, P, NR), overwritten */
    real *dm;             /* (blocks, M, NR), overwritten: SCORE_M_GIVEN */
    /* (blocks, D, NR), overwritten: the mean of p(x|.) over the posterior of the class (OBJECTIVE_MARGINAL). No
     * gradient is taken beside it. */
    real *mean;
} cama__logw_sink;

/* Runs, or measures when the work's arena has no memory. */
void cama__logw_run(const cama__exec *exec, const cama_model *model, const cama__logw_options *options,
                    const cama__batch *batch, const cama__logw_sink *sink);

/* The causes of n rows; tensors are blocked, in standard units. */
typedef struct {
    const int32_t *y;  /* (n) */
    const real *a, *c; /* (n, A), (n, P), or NULL where the model has none */
    const real *m;     /* (n, M), or NULL for do(m=0) */
    bool given;        /* m was given, not inferred: a row of zeros is do(m=0) too */
} cama__latent;

/* What is inferred of rows under their causes; NULL: not wanted. */
typedef struct {
    uint64_t seed;
    bool mean_noise; /* z at its posterior mean; otherwise drawn as in training, with sample 0 and step 0 */
    real *seen;      /* (n, D) x as the networks see it */
    real *post_z;    /* (n, 2Z) q(z|x,y,m,a,c) */
    real *z;         /* (n, Z) */
} cama__encoding;

/* The passes of cama__logw_run for one row an example, up to what encode, reconstruct, generate and counterfactual
 * need. The batch gives x, observed, encoded and example, its causes l: z of what is seen; p(x|l, z): params (n,
 * outputs) of what is seen; and from what is seen back to x (values in place; of what p(x|.) says of continuous
 * numbers). */
void cama__logw_encode(const cama__exec *exec, const cama_model *model, const cama__batch *batch, const cama__latent *l,
                       const cama__encoding *out);
void cama__logw_decode(const cama__exec *exec, const cama_model *model, int64_t n, const cama__latent *l, const real *z,
                       real *params);
void cama__logw_unsee(const cama__exec *exec, const cama_model *model, int64_t n, const cama__latent *l, real *values);

/* q(m|x): post_m (n, 2M). */
void cama__logw_infer_m(const cama__exec *exec, const cama_model *model, int64_t n, const real *x, real *post_m);
/* The views (n, VIEW_COUNT) of n rows of m, of a model in which m enters as one. */
void cama__logw_view_numbers(const cama__exec *exec, const cama_model *model, int64_t n, const real *m, real *numbers);
/* n images under views m (n, M) with the views undone, and their blur in `sharpen` rounds: for readers other than
 * q_z. */
void cama__logw_look(const cama__exec *exec, const cama_model *model, int64_t n, const real *m, int32_t sharpen,
                     const real *x, real *seen);
#endif
