/* proposals - views that may explain each image of a batch, and how well each does.
 *
 * m is proposed to be 0, the mean of q(m|x), the simplest view near it (whole pixels, 0 where a number is not told
 * from 0: what a sharp image asks for), its tone and blur without its place, the mean again after q_m has looked at
 * the image with the first view undone (the two views composed), and draws of the place by q(m|x), the first half of
 * them close to its mean. The weight is
 *
 *     softmax over the proposals of  ELBO(x; m) / temper - 1/2 sum over the places' numbers ((m - mean) / deviation)^2
 *
 * with ELBO(x; m) = log sum_y exp ELBO(x, y; do(m)), z at its posterior mean, and mean and deviation those of
 * q(m|x): q is the prior of a view, with 3 more for the simplest one, and the evidence is tempered. With the
 * evidence alone a digit that the frame has cut is moved back to the middle, and is another digit there. The density
 * of the proposals is left out on purpose: with it a well-found view of many numbers loses to none.
 *
 * Of an image with contaminated pixels the evidence says little. It is cleaned under q's mean in two ways
 * (restore.h), and both count alike. */
#ifndef CAMA_VERBS_PROPOSALS_H
#define CAMA_VERBS_PROPOSALS_H

#include "evaluate.h"

typedef struct {
    int32_t draws, again; /* draws of q(m|x); times that q_m looks again */
    int32_t restore;      /* rounds in which contaminated pixels are replaced (restore.h) */
    double temper;
    uint64_t seed;
} cama__proposal_options;

/* One batch. Tensors are in the packed layout, `lanes` rows each. */
typedef struct {
    cama_session *session;
    const cama_model *model;
    cama__proposal_options options;
    int32_t count; /* proposals of each image */
    int64_t capacity, lanes, n;
    real *post, *eps;       /* (2, lanes, 2M) q(m|x), and of an image looked at again; (M) */
    real *m;                /* (count, lanes, M) */
    real *seen;             /* (lanes, D) scratch: an image with a view undone */
    real *restored;         /* (2, lanes, D) x with contaminated pixels replaced, under q's mean, from two starts */
    bool *contaminated;     /* (capacity) whether any were */
    double *value, *weight; /* (count, capacity) ELBO(x; m); weights, which sum to 1 over the proposals */
    double *probabilities;  /* (count, capacity, C) of the classes under each */
    int32_t *best;          /* (capacity) proposal of the largest weight */
    cama__batch batch;      /* as it was given */
} cama__proposals;

int32_t cama__proposals_create(cama_session *session, const cama_model *model, const cama__proposal_options *options,
                               int64_t capacity, cama__proposals *p);
void cama__proposals_free(cama__proposals *p);

/* Proposals of a batch of at most `capacity` images, weighed. */
int32_t cama__proposals_weigh(cama__proposals *p, const cama__batch *batch);

static inline real *cama__proposals_m(const cama__proposals *p, int32_t k)
{
    return p->m + k * p->lanes * p->model->spec.m;
}
/* The image as the encoder reads it under proposal k: x, or x restored. */
const real *cama__proposals_encoded(const cama__proposals *p, int32_t k);
/* The images (lanes, D) as proposal k sees them, restored and with its view undone. */
int32_t cama__proposals_see(cama__proposals *p, int32_t k, real *seen);
#endif
