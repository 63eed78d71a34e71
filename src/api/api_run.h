/* api_run - how public functions call through to what computes on a session. */
#ifndef CAMA_API_API_RUN_H
#define CAMA_API_API_RUN_H

#include "../verbs/session.h"
#include "api_check.h"

/* COMPUTE for a verb on the function's session, which no other verb may use meanwhile. */
#define RUN(call)                                                                                                      \
    do {                                                                                                               \
        TRY(cama__session_enter(session, __func__));                                                                   \
        const cama__fp saved = cama__fp_enter();                                                                       \
        status = (call);                                                                                               \
        cama__fp_leave(saved);                                                                                         \
        cama__session_leave(session);                                                                                  \
        if (status != CAMA_OK) goto out;                                                                               \
    } while (0)

#endif
