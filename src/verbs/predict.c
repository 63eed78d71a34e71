/* predict - scores and Bayes-rule predictions of a dataset. */
#include <math.h>
#include <string.h>

#include "evaluate.h"
#include "predict_views.h"
#include "verbs.h"

/* Examples at once: whole groups (row_plan.h), enough to keep the threads busy. */
enum { AT_ONCE = 288 };

int32_t cama__elbo(cama_session *session, const cama_model *model, const cama_dataset *dataset, cama__elbo_kind verb,
                   const float *m0, const cama_options *options, double *values)
{
    static const char *const phases[] = {"elbo", "elbo_do", "elbo_marginal"};
    const cama__score_options given = cama__options_score(options);
    int32_t status = CAMA_OK;
    double *found = NULL;
    cama__logw_options o = {.head = verb == SCORE_ELBO_MARGINAL ? HEAD_MARGINAL : HEAD_ELBO,
                            .m = SCORE_M_DO,
                            .m0 = m0,
                            .u = (int32_t)given.m_samples,
                            .k = (int32_t)given.samples,
                            .mean_noise = given.noise == NOISE_MEAN,
                            .seed = (uint64_t)given.seed,
                            .kl_weight = 1};
    TRY(cama__dataset_check(dataset, model, verb != SCORE_ELBO_MARGINAL, "dataset"));
    if (verb != SCORE_ELBO_DO && model->spec.m > 0)
        TRY(cama__evaluate_m(model, given.m == ELBO_M_INFER ? INFER_M_INFER : INFER_M_ZERO, &o.m));
    if (o.m == SCORE_M_DO) o.u = 1;
    for (int64_t j = 0; m0 != NULL && j < model->spec.m; j++)
        if (!isfinite(m0[j]))
            FAIL(CAMA_E_DATA, "m0, element %lld: expected a finite number, got %g", (long long)j, m0[j]);
    found = cama__mem_alloc((size_t)dataset->n, sizeof *found);
    if (found == NULL) return CAMA_E_MEMORY;
    cama__session_begin(session, phases[verb]);
    TRY(cama__evaluate(session, model, &o, dataset, 0, dataset->n, true, AT_ONCE * cama__session_times(model), false,
                       found, NULL));
    memcpy(values, found, (size_t)dataset->n * sizeof *values);
out:
    cama__mem_free(found);
    return status;
}

/* As the draws of m and z say, at the m that is inferred or 0. */
static int32_t predict_score(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                             const cama__predict_options *given, enum cama__logw_m m, double *found)
{
    const cama__logw_options o = {
        .head = HEAD_BAYES,
        .m = m,
        .u = m == SCORE_M_DO ? 1 : (int32_t)given->m_samples,
        .k = (int32_t)given->samples,
        .mean_noise = given->noise == NOISE_MEAN,
        .seed = (uint64_t)given->seed,
        .kl_weight = 1,
        .prune = cama__session_prune(model, given->class_pruning)};
    return cama__evaluate(session, model, &o, dataset, 0, dataset->n, false,
                          given->batch > 0 ? given->batch : AT_ONCE * cama__session_times(model), false, NULL, found);
}

/* reader NULL: none. */
static int32_t predict(cama_session *session, const cama_model *model, const cama_model *reader,
                       const cama_dataset *dataset, const cama_options *options, float *probabilities)
{
    const cama__predict_options o = cama__options_predict(options);
    int32_t status = CAMA_OK;
    const int64_t count = dataset->n * model->spec.classes;
    double *found = NULL;
    enum cama__logw_m m = SCORE_M_DO;
    TRY(cama__dataset_check(dataset, model, false, "dataset"));
    TRY(cama__evaluate_m(model, o.m, &m));
    found = cama__mem_alloc((size_t)count, sizeof *found);
    if (found == NULL) TRY(CAMA_E_MEMORY);
    cama__session_begin(session, "predict");
    if (m == SCORE_M_INFER && cama__model_views(model))
        TRY(cama__predict_views(session, model, reader, dataset, &o, found));
    else
        TRY(predict_score(session, reader != NULL ? reader : model, dataset, &o, m, found));
    for (int64_t i = 0; i < count; i++) probabilities[i] = (float)found[i];
out:
    cama__mem_free(found);
    return status;
}

int32_t cama__predict(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                      const cama_options *options, float *probabilities)
{
    return predict(session, model, NULL, dataset, options, probabilities);
}

int32_t cama__predict_read(cama_session *session, const cama_model *model, const cama_model *reader,
                           const cama_dataset *dataset, const cama_options *options, float *probabilities)
{
    if (!cama__model_views(model) || !model->q_m_trained)
        return cama__error(CAMA_E_ARGUMENT,
                           "predict_read: expected a model with views (m_enters = view) whose q(m|x) was trained, got "
                           "\"%s\"%s",
                           model->spec.preset, cama__model_views(model) ? ", which knows no views yet" : "");
    const int32_t status = cama__reader_check(model, reader);
    return status != CAMA_OK ? status : predict(session, model, reader, dataset, options, probabilities);
}
