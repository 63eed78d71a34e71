/* proposals - views that may explain each image of a batch, and how well each does.
 *
 * m is proposed to be 0, the mean of q(m|x), the mean again after q_m has looked at the image with the first view
 * undone (the two views composed), and draws of q(m|x). ELBO(x; m) = log sum_y exp ELBO(x, y; do(m)), with z at its
 * posterior mean, decides: the weight of a proposal is softmax(ELBO / temper), the mean of q being favoured by some nats.
 * The density of the proposals is left out on purpose: with it a well-found view of many numbers loses to none. */
#ifndef CAMA_RUN_PROPOSALS_H
#define CAMA_RUN_PROPOSALS_H

#include "evaluate.h"

typedef struct {
    int32_t draws, again; /* draws of q(m|x); times that q_m looks again */
    int32_t restore;      /* rounds in which contaminated pixels are replaced (restore.h) */
    double temper, favour;
    uint64_t seed;
} cama__proposal_options;

/* One batch. Tensors are in the packed layout, `lanes` rows each. */
typedef struct {
    cama_session *session;
    const cama_model *model;
    cama__proposal_options options;
    int32_t count;                 /* proposals of each image */
    int64_t capacity, lanes, n;
    real *post, *eps;              /* (2, lanes, 2M) q(m|x), and of an image looked at again; (M) */
    real *m;                       /* (count, lanes, M) */
    real *seen;                    /* (lanes, D) scratch: an image with a view undone */
    real *encoded;                 /* (count, lanes, D) x with contaminated pixels replaced, or as it is */
    double *value, *weight;        /* (count, capacity) ELBO(x; m); weights, which sum to 1 over the proposals */
    double *probabilities;         /* (count, capacity, C) of the classes under each */
    int32_t *best;                 /* (capacity) proposal of the largest weight */
    cama__batch batch;             /* as it was given */
} cama__proposals;

int32_t cama__proposals_create(cama_session *session, const cama_model *model, const cama__proposal_options *options,
                               int64_t capacity, cama__proposals *p);
void cama__proposals_free(cama__proposals *p);

/* Proposals of a batch of at most `capacity` images, weighed. */
int32_t cama__proposals_weigh(cama__proposals *p, const cama__batch *batch);

static inline real *cama__proposals_m(const cama__proposals *p, int32_t k) { return p->m + k * p->lanes * p->model->spec.m; }
static inline real *cama__proposals_encoded(const cama__proposals *p, int32_t k)
{
    return p->encoded + k * p->lanes * cama__shape_size(p->model->spec.x);
}
/* The images (lanes, D) as proposal k sees them, restored and with its view undone. */
int32_t cama__proposals_see(cama__proposals *p, int32_t k, real *seen);
#endif
