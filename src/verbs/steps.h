/* steps - one optimization step of training and fine-tuning. An objective is a table of terms, each a weighted mean
 * over a stream of examples; a step adds their gradients and moves the trained networks. The loops over steps are in
 * train.c and finetune.c. */
#ifndef CAMA_VERBS_STEPS_H
#define CAMA_VERBS_STEPS_H

#include "evaluate.h"
#include "optim.h"
#include "tent.h"

/* The rows of a dataset, pass after pass, each in a new order (or always in the dataset's). */
typedef struct {
    const cama_dataset *dataset;
    uint64_t seed;
    bool shuffle;
    int64_t first, count; /* rows [first, first + count) take part */
    const int64_t *rows;  /* or those of this list, at these places; NULL: none */
    int64_t *order, cursor, pass;
} cama__stream;
int32_t cama__stream_create(const cama_dataset *dataset, int64_t first, int64_t count, uint64_t seed, bool shuffle,
                            cama__stream *stream);
void cama__stream_free(cama__stream *stream);
/* The next `most` rows of the pass, fewer at its end; *rows points into the stream. */
int64_t cama__stream_next(cama__stream *stream, int64_t most, const int64_t **rows);

typedef struct cama__term cama__term;
typedef struct cama__steps cama__steps;

/* The kinds of terms: adds to the optimizer's gradient that of scale * (sum over the batch), for the nets of
 * `trainable` in the term, and writes each example's value. */
typedef int32_t cama__term_add(cama__steps *steps, cama__term *term, const cama__batch *batch, double scale,
                               double *values);
cama__term_add cama__term_logw;       /* the score under the term's options */
cama__term_add cama__term_views;      /* log q(m|x) of simulated views (simulate.h): trains q_m alone */
cama__term_add cama__term_importance; /* the score under draws of m, by importance (term_importance.c) */
cama__term_add cama__term_proposals;  /* the same under proposals of a trained q_m (term_proposals.c) */

struct cama__term {
    const char *name; /* for messages: "clean", "manipulated", "test", "views", "label" */
    cama__term_add *add;
    cama__stream stream;
    cama__batch_room room;
    cama__logw_options options; /* step and kl_weight are set by the loop */
    uint32_t trainable;         /* nets that it trains; the others have no gradient of it */
    int32_t proposals;          /* draws of m of the last two kinds */
    double temper;              /* of cama__term_proposals (proposals.h) */
    double drop;                /* share of its examples' cells of x that a step takes out (data/missing.h) */
    double weight;              /* of the mean over its examples in the objective */
    bool apart;                 /* trained beside the objective: its value is no part of it */
    double mean;                /* of its examples' values in the last step */
    int64_t batch;
    const int64_t *taken; /* rows of the last batch, in the stream */
    int64_t examples;     /* as many */
    void *room_for; /* what the term's kind keeps between steps, so that a step allocates nothing; freed by: */
    void (*room_free)(void *);
};

enum { TERMS_MAX = 4 };
struct cama__steps {
    cama_session *session;
    cama_optimizer *optimizer;
    uint32_t trainable;
    int32_t terms;
    cama__term term[TERMS_MAX];
    cama__tent *tent; /* what is stepped in theta's place, or NULL; freed with the rest */
    double *values;   /* (largest batch) */
    real *m;          /* (largest batch, M): the draws that p_m is trained on (weighted_m.h) */
};

int32_t cama__steps_prepare(cama__steps *steps); /* rooms and values, once terms are set */
void cama__steps_free(cama__steps *steps);       /* streams, rooms, values, tent */
/* One step at learning rate lr * factor. *objective is the weighted sum of the terms' means, *examples the first term's
 * batch. CAMA_E_NONFINITE names step, term and network; theta is then as before. */
int32_t cama__steps_take(cama__steps *steps, double factor, double kl_weight, double *objective, int64_t *examples);
#endif
