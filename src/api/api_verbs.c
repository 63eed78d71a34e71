/* api_verbs - the public functions that compute: they refuse NULL and another verb's options, then call src/verbs. */
#include <inttypes.h>

#include "../verbs/verbs.h"
#include "api_run.h"

int32_t cama_optimizer_create(cama_model *model, const cama_options *options, cama_optimizer **out)
{
    int32_t status = CAMA_OK;
    NEED(model);
    NEED(out);
    TRY(cama__options_check(options, VERB_OPTIMIZER));
    TRY(cama__optimizer_create(model, options, out));
out:
    return status;
}

void cama_optimizer_free(cama_optimizer *optimizer) { cama__optimizer_free(optimizer); }

int32_t cama_train(cama_session *session, cama_optimizer *optimizer, const cama_dataset *clean,
                   const cama_dataset *manipulated, const cama_options *options, cama_report **report)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(optimizer);
    NEED(clean);
    TRY(cama__options_check(options, VERB_TRAIN));
    TRY(cama__dataset_unflagged(clean, "clean"));
    TRY(cama__dataset_unflagged(manipulated, "manipulated"));
    RUN(cama__train(session, optimizer, clean, manipulated, options, report));
out:
    return status;
}

int32_t cama_finetune(cama_session *session, const cama_model *source, const cama_dataset *clean,
                      const cama_dataset *test, const cama_options *options, cama_model **adapted, cama_report **report)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(source);
    NEED(test);
    NEED(adapted);
    TRY(cama__options_check(options, VERB_FINETUNE));
    TRY(cama__dataset_unflagged(clean, "clean"));
    TRY(cama__dataset_unflagged(test, "test"));
    RUN(cama__finetune(session, source, clean, test, options, adapted, report));
out:
    return status;
}

int32_t cama_elbo(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                  const cama_options *options, double *values)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(model);
    NEED(dataset);
    NEED(values);
    TRY(cama__options_check(options, VERB_SCORE));
    RUN(cama__elbo(session, model, dataset, SCORE_ELBO, NULL, options, values));
    cama__dataset_blank_scores(dataset, values);
out:
    return status;
}

int32_t cama_elbo_do(cama_session *session, const cama_model *model, const cama_dataset *dataset, const float *m0,
                     const cama_options *options, double *values)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(model);
    NEED(dataset);
    NEED(values);
    TRY(cama__options_check(options, VERB_SCORE));
    RUN(cama__elbo(session, model, dataset, SCORE_ELBO_DO, m0, options, values));
    cama__dataset_blank_scores(dataset, values);
out:
    return status;
}

int32_t cama_elbo_marginal(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                           const cama_options *options, double *values)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(model);
    NEED(dataset);
    NEED(values);
    TRY(cama__options_check(options, VERB_SCORE));
    RUN(cama__elbo(session, model, dataset, SCORE_ELBO_MARGINAL, NULL, options, values));
    cama__dataset_blank_scores(dataset, values);
out:
    return status;
}

int32_t cama_predict(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                     const cama_options *options, float *probabilities)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(model);
    NEED(dataset);
    NEED(probabilities);
    TRY(cama__options_check(options, VERB_PREDICT));
    RUN(cama__predict(session, model, dataset, options, probabilities));
    cama__dataset_blank(dataset, model->spec.classes, probabilities);
out:
    return status;
}

int32_t cama_attack(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                    const cama_options *options, cama_dataset **out)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(model);
    NEED(dataset);
    NEED(out);
    TRY(cama__options_check(options, VERB_ATTACK));
    TRY(cama__dataset_unflagged(dataset, "dataset"));
    RUN(cama__attack(session, model, dataset, options, out, NULL));
out:
    return status;
}

int32_t cama_attack_report(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                           const cama_options *options, cama_dataset **out, cama_report **report)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(model);
    NEED(dataset);
    NEED(out);
    NEED(report);
    TRY(cama__options_check(options, VERB_ATTACK));
    TRY(cama__dataset_unflagged(dataset, "dataset"));
    RUN(cama__attack(session, model, dataset, options, out, report));
out:
    return status;
}

int32_t cama_encode(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                    const cama_options *options, float *m_mu, float *m_lv, float *z_mu, float *z_lv)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(model);
    NEED(dataset);
    TRY(cama__options_check(options, VERB_ENCODE));
    RUN(cama__encode(session, model, dataset, options, &(cama__posteriors){m_mu, m_lv, z_mu, z_lv}));
    cama__dataset_blank(dataset, model->spec.m, m_mu);
    cama__dataset_blank(dataset, model->spec.m, m_lv);
    cama__dataset_blank(dataset, model->spec.z, z_mu);
    cama__dataset_blank(dataset, model->spec.z, z_lv);
out:
    return status;
}

int32_t cama_reconstruct(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                         const cama_options *options, float *x_out)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(model);
    NEED(dataset);
    NEED(x_out);
    TRY(cama__options_check(options, VERB_RECONSTRUCT));
    RUN(cama__reconstruct(session, model, dataset, options, x_out));
    cama__dataset_blank(dataset, cama__shape_size(model->spec.x), x_out);
out:
    return status;
}

int32_t cama_counterfactual(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                            const int32_t *y_new, const float *c_new, const float *m_new, const cama_options *options,
                            float *x_out)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(model);
    NEED(dataset);
    NEED(x_out);
    TRY(cama__options_check(options, VERB_COUNTERFACTUAL));
    const cama__given given = {.y = y_new, .c = c_new, .m = m_new};
    RUN(cama__counterfactual(session, model, dataset, &given, options, x_out));
    cama__dataset_blank(dataset, cama__shape_size(model->spec.x), x_out);
out:
    return status;
}

int32_t cama_generate(cama_session *session, const cama_model *model, int64_t n, const int32_t *y, const float *c,
                      const float *z, const float *m, const cama_options *options, float *x_out)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(model);
    NEED(y);
    NEED(x_out);
    if (n < 0) FAIL(CAMA_E_ARGUMENT, "%s: expected n of at least 0, got %" PRId64, __func__, n);
    TRY(cama__options_check(options, VERB_GENERATE));
    RUN(cama__generate(session, model, n, &(cama__given){y, c, z, m}, options, x_out));
out:
    return status;
}
