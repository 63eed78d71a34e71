/* predict - p(y|x) by Bayes' rule over log-weights: Eq. 6, or of a model with views the mean over proposed views; a
 * discriminative reader may have its part in it. */
#include "class_shares.h"
#include "evaluate.h"
#include "predict_seen.h"
#include "predict_views.h"
#include "train_plan.h"
#include "verbs.h"

/* Where m is inferred one draw of it that all examples share is a matter of luck; small networks can have more. */
static int32_t draws_of_m(const cama_model *model, const cama__predict_options *given)
{
    enum { DRAWS = 4 };
    return given->m_samples_given || cama__train_plan_images(model) ? (int32_t)given->m_samples : DRAWS;
}

/* As the draws of m and z say, at the m that is inferred or 0. */
static int32_t predict_score(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                             const cama__predict_options *given, enum cama__logw_m m, double *found)
{
    const cama__logw_options o = {.objective = OBJECTIVE_BAYES,
                                  .m = m,
                                  .u = m == SCORE_M_DO ? 1 : draws_of_m(model, given),
                                  .k = (int32_t)given->samples,
                                  .mean_noise = given->noise == NOISE_MEAN,
                                  .seed = (uint64_t)given->seed,
                                  .kl_weight = 1,
                                  .prune = cama__session_prune(model, given->class_pruning)};
    const cama__evaluation all = {.n = dataset->n,
                                  .at_once = given->batch > 0 ? given->batch : cama__evaluate_at_once(model),
                                  .probabilities = found};
    return cama__evaluate(session, model, &o, dataset, &all);
}

/* The model's own prediction, pooled with what the reader makes of the rows with m undone. */
static int32_t predict_seen(cama_session *session, const cama_model *model, const cama_model *reader,
                            const cama_dataset *dataset, const cama__predict_options *o, enum cama__logw_m m,
                            double *found)
{
    static const double weight_of_tables = 0.5;
    const double weight = o->reader_weight_given ? o->reader_weight : weight_of_tables;
    const int32_t status = predict_score(session, model, dataset, o, m, found);
    if (status != CAMA_OK) return status;
    return cama__predict_seen(session, model, reader, dataset, m == SCORE_M_INFER, weight, found);
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
    if (o.class_shares == CLASS_SHARES_ON && model->spec.a > 0)
        FAIL(CAMA_E_OPTION,
             "option \"class_shares\" of \"predict\": expected off or auto for a model with parents, whose "
             "p(y|a) says how classes are shared, got \"on\"");
    TRY(cama__mem_new(&found, count));
    cama__session_begin(session, "predict");
    if (m == SCORE_M_INFER && cama__model_views(model))
        TRY(cama__predict_views(session, model, reader, dataset, &o, false, found));
    else if (reader != NULL && cama__predict_seen_can(model))
        TRY(predict_seen(session, model, reader, dataset, &o, m, found));
    else
        TRY(predict_score(session, reader != NULL ? reader : model, dataset, &o, m, found));
    if (o.class_shares != CLASS_SHARES_OFF && model->spec.a == 0)
        TRY(cama__class_shares(model, dataset, o.class_shares == CLASS_SHARES_AUTO, found));
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
    const bool views = cama__model_views(model);
    if (views ? !model->q_m_trained : !cama__predict_seen_can(model))
        return cama__error(CAMA_E_ARGUMENT,
                           "predict_read: expected a generative model of vectors or a table, or one with views "
                           "(m_enters = view) whose q(m|x) was trained, got \"%s\"%s",
                           model->spec.preset, views ? ", which knows no views yet" : "");
    const int32_t status = cama__reader_check(model, reader);
    return status != CAMA_OK ? status : predict(session, model, reader, dataset, options, probabilities);
}
