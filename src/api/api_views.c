/* api_views - the public functions of models in which m enters as a view of the image. */
#include <inttypes.h>

#include "../model/model_views.h"
#include "../verbs/verbs.h"
#include "api_run.h"

int32_t cama_model_with_views(const cama_model *source, const cama_options *options, cama_model **out)
{
    int32_t status = CAMA_OK;
    NEED(source);
    NEED(out);
    TRY(cama__options_check(options, VERB_MODEL));
    TRY(cama__model_with_views(source, (uint64_t)cama__options_model(options).seed, out));
out:
    return status;
}

int32_t cama_view_count(int32_t *count)
{
    int32_t status = CAMA_OK;
    NEED(count);
    *count = VIEW_COUNT;
out:
    return status;
}

int32_t cama_view_describe(int32_t index, const char **name, const char **unit, double *none)
{
    int32_t status = CAMA_OK;
    double told = 0, deviation;
    if (index < 0 || index >= VIEW_COUNT)
        FAIL(CAMA_E_ARGUMENT, "%s: expected an index from 0 to %d, got %" PRId32, __func__, VIEW_COUNT - 1, index);
    cama__view_tell((cama__image){2, 2, 1}, index, 0, 0, &told, &deviation);
    if (name != NULL) *name = cama__view_rows[index].name;
    if (unit != NULL) *unit = cama__view_rows[index].unit;
    if (none != NULL) *none = told;
out:
    return status;
}

int32_t cama_views(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                   const cama_options *options, float *mean, float *deviation)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(model);
    NEED(dataset);
    TRY(cama__options_check(options, VERB_VIEW));
    RUN(cama__views(session, model, dataset, options, mean, deviation));
out:
    return status;
}

int32_t cama_see(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                 const cama_options *options, cama_dataset **seen)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(model);
    NEED(dataset);
    NEED(seen);
    TRY(cama__options_check(options, VERB_VIEW));
    RUN(cama__see(session, model, dataset, options, seen));
out:
    return status;
}

int32_t cama_predict_read(cama_session *session, const cama_model *model, const cama_model *reader,
                          const cama_dataset *dataset, const cama_options *options, float *probabilities)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(model);
    NEED(reader);
    NEED(dataset);
    NEED(probabilities);
    TRY(cama__options_check(options, VERB_PREDICT));
    RUN(cama__predict_read(session, model, reader, dataset, options, probabilities));
out:
    return status;
}
