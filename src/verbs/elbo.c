/* elbo - the ELBO of each example: with its label, under do(m), or with y summed out. */
#include <math.h>
#include <string.h>

#include "evaluate.h"
#include "verbs.h"

int32_t cama__elbo(cama_session *session, const cama_model *model, const cama_dataset *dataset, cama__elbo_kind verb,
                   const float *m0, const cama_options *options, double *values)
{
    static const char *const phases[] = {"elbo", "elbo_do", "elbo_marginal"};
    const cama__score_options given = cama__options_score(options);
    int32_t status = CAMA_OK;
    double *found = NULL;
    cama__logw_options o = {.objective = verb == SCORE_ELBO_MARGINAL ? OBJECTIVE_MARGINAL : OBJECTIVE_ELBO,
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
    TRY(cama__mem_new(&found, dataset->n));
    cama__session_begin(session, phases[verb]);
    const cama__evaluation all = {
        .n = dataset->n, .keyed = true, .at_once = cama__evaluate_at_once(model), .value = found};
    TRY(cama__evaluate(session, model, &o, dataset, &all));
    memcpy(values, found, (size_t)dataset->n * sizeof *values);
out:
    cama__mem_free(found);
    return status;
}
