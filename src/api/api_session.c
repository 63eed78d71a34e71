/* api_session - the public cama_session_ functions. */
#include "../verbs/session.h"
#include "api_check.h"

int32_t cama_session_create(const cama_options *options, cama_session **out)
{
    int32_t status = CAMA_OK;
    NEED(out);
    TRY(cama__options_check(options, VERB_SESSION));
    const cama__session_options o = cama__options_session(options);
    TRY(cama__session_create((int32_t)o.threads, o.tile_rows, o.memory_limit, out));
    (*out)->winograd = o.convolution == CONVOLUTION_WINOGRAD;
out:
    return status;
}

void cama_session_free(cama_session *session) { cama__session_free(session); }

int32_t cama_session_set_progress(cama_session *session, cama_progress callback, void *user)
{
    int32_t status = CAMA_OK;
    NEED(session);
    session->progress = callback;
    session->user = user;
out:
    return status;
}

void cama_session_cancel(cama_session *session)
{
    if (session != NULL) atomic_store(&session->cancelled, 1);
}

int32_t cama_session_bytes(const cama_session *session, int64_t *bytes)
{
    int32_t status = CAMA_OK;
    NEED(session);
    NEED(bytes);
    *bytes = (int64_t)session->arena.size;
out:
    return status;
}
