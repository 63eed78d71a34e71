/* verbs - what can be done with a model and a dataset: one function for each public verb, with arguments already
 * checked for NULL and options already checked to be the verb's. Everything else is checked here. */
#ifndef CAMA_VERBS_VERBS_H
#define CAMA_VERBS_VERBS_H

#include "../options/options.h"
#include "dataset_check.h"
#include "report.h"
#include "session.h"

typedef enum { SCORE_ELBO, SCORE_ELBO_DO, SCORE_ELBO_MARGINAL } cama__elbo_kind;

int32_t cama__elbo(cama_session *session, const cama_model *model, const cama_dataset *dataset, cama__elbo_kind verb,
                   const float *m0, const cama_options *options, double *values);
int32_t cama__predict(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                      const cama_options *options, float *probabilities);
int32_t cama__predict_read(cama_session *session, const cama_model *model, const cama_model *reader,
                           const cama_dataset *dataset, const cama_options *options, float *probabilities);
int32_t cama__views(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                    const cama_options *options, float *mean, float *deviation);
int32_t cama__see(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                  const cama_options *options, cama_dataset **out);
/* report: NULL where it is not wanted. */
int32_t cama__attack(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                     const cama_options *options, cama_dataset **out, cama_report **report);
/* The results of encode; NULL: not wanted. */
typedef struct {
    float *m_mu, *m_lv; /* (n, M) */
    float *z_mu, *z_lv; /* (n, Z) */
} cama__posteriors;
int32_t cama__encode(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                     const cama_options *options, const cama__posteriors *out);
int32_t cama__reconstruct(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                          const cama_options *options, float *x_out);
/* Causes and latents of n rows in the data's units; NULL: not given. */
typedef struct {
    const int32_t *y;       /* (n) */
    const float *c, *z, *m; /* (n, P), (n, Z), (n, M) */
} cama__given;
int32_t cama__generate(cama_session *session, const cama_model *model, int64_t n, const cama__given *given,
                       const cama_options *options, float *x_out);
/* given: the causes under do(); z is inferred. */
int32_t cama__counterfactual(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                             const cama__given *given, const cama_options *options, float *x_out);
int32_t cama__optimizer_create(cama_model *model, const cama_options *options, cama_optimizer **out);
void cama__optimizer_free(cama_optimizer *optimizer);
int32_t cama__train(cama_session *session, cama_optimizer *optimizer, const cama_dataset *clean,
                    const cama_dataset *manipulated, const cama_options *options, cama_report **report);
int32_t cama__finetune(cama_session *session, const cama_model *source, const cama_dataset *clean,
                       const cama_dataset *test, const cama_options *options, cama_model **adapted,
                       cama_report **report);
/* Whether options and clean examples are such as fine-tuning this source wants. */
int32_t cama__finetune_check(const cama_model *source, const cama_dataset *clean,
                             const cama__finetune_options *options);
/* What is adapted to what: from `start`, the source or an adapted copy of it, by whose state the watch judges; what the
 * options leave open follows from the source. */
typedef struct {
    const cama_model *source, *start;
    const cama_dataset *clean, *test; /* clean may be NULL */
} cama__adaptation;
/* Fine-tuning within a verb that has begun. */
int32_t cama__finetune_from(cama_session *session, const cama__adaptation *a, const cama__finetune_options *options,
                            cama_model **adapted, cama_report **report);
int32_t cama__stream_of(const cama_model *source, const cama_dataset *clean, const cama_options *options,
                        const cama_options *finetune, cama_stream **out);
int32_t cama__stream_step(cama_session *session, cama_stream *stream, const cama_dataset *batch,
                          const cama_options *predict, float *probabilities, cama_report **report);
int32_t cama__stream_model(const cama_stream *stream, cama_model **out);
void cama__stream_end(cama_stream *stream);
#endif
