/* api_stream - the public functions of cama_stream. */
#include "../verbs/verbs.h"
#include "api_run.h"

int32_t cama_stream_create(const cama_model *source, const cama_dataset *clean, const cama_options *options,
                           const cama_options *finetune, cama_stream **out)
{
    int32_t status = CAMA_OK;
    NEED(source);
    NEED(out);
    TRY(cama__options_check(options, VERB_STREAM));
    TRY(cama__options_check(finetune, VERB_FINETUNE));
    TRY(cama__dataset_unflagged(clean, "clean"));
    TRY(cama__stream_of(source, clean, options, finetune, out));
out:
    return status;
}

int32_t cama_stream_step(cama_session *session, cama_stream *stream, const cama_dataset *batch,
                         const cama_options *predict, float *probabilities, cama_report **report)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(stream);
    NEED(batch);
    TRY(cama__options_check(predict, VERB_PREDICT));
    TRY(cama__dataset_unflagged(batch, "batch"));
    RUN(cama__stream_step(session, stream, batch, predict, probabilities, report));
out:
    return status;
}

int32_t cama_stream_model(const cama_stream *stream, cama_model **out)
{
    int32_t status = CAMA_OK;
    NEED(stream);
    NEED(out);
    TRY(cama__stream_model(stream, out));
out:
    return status;
}

void cama_stream_free(cama_stream *stream) { cama__stream_end(stream); }
