/* predict_views - what predictions of models with views have in common: proposals for each batch of a dataset. */
#ifndef CAMA_VERBS_PREDICT_VIEWS_H
#define CAMA_VERBS_PREDICT_VIEWS_H

#include "proposals.h"

cama__proposal_options cama__proposal_options_of(const cama__proposing_options *o, int64_t seed);

enum { PROPOSALS_AT_ONCE = 144 }; /* rows of a batch at most */

/* A pass over the first n rows of a dataset. */
typedef struct {
    cama_session *session;
    const cama_model *model;
    const cama__proposal_options *options;
    const cama_dataset *dataset;
    int64_t n;
    bool quiet; /* no progress is reported */
} cama__proposals_pass;

/* task(p, first, arg) for each batch, its proposals weighed; first is its first row. */
typedef int32_t cama__proposals_task(cama__proposals *p, int64_t first, void *arg);
int32_t cama__proposals_each(const cama__proposals_pass *pass, cama__proposals_task *task, void *arg);

/* Mean and spread over the first n images of a dataset of their views as q(m|x) has them at its mean, in a person's
 * units: mean (VIEW_COUNT), spread (VIEW_COUNT). Of a model whose q_m was not trained: no view, and no spread. */
int32_t cama__views_summary(cama_session *session, const cama_model *model, const cama_dataset *dataset, int64_t n,
                            double *mean, double *spread);

/* CAMA_E_ARGUMENT if reader is no discriminative model of the model's x, a, c and classes. */
int32_t cama__reader_check(const cama_model *model, const cama_model *reader);
/* probabilities (n, C) of a dataset that fits the model; reader: one that was checked, or NULL; quiet: no progress is
 * reported. */
int32_t cama__predict_views(cama_session *session, const cama_model *model, const cama_model *reader,
                            const cama_dataset *dataset, const cama__predict_options *o, bool quiet,
                            double *probabilities);
#endif
