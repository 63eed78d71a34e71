/* api_check - what public functions do before they call through: refuse NULL by name. For functions with an
 * `int32_t status` and a label `out:`. */
#ifndef CAMA_API_API_CHECK_H
#define CAMA_API_API_CHECK_H

#include <stddef.h>

#include "../options/options.h"
#include "../base/threads.h"

#define NEED(pointer)                                                                                                  \
    do {                                                                                                               \
        if ((pointer) == NULL) FAIL(CAMA_E_ARGUMENT, "%s: expected a pointer for %s, got NULL", __func__, #pointer);   \
    } while (0)

/* TRY for a call that computes on this thread: denormals count as zero until it returns. */
#define COMPUTE(call)                                                                                                  \
    do {                                                                                                               \
        const cama__fp saved = cama__fp_enter();                                                                       \
        status = (call);                                                                                               \
        cama__fp_leave(saved);                                                                                         \
        if (status != CAMA_OK) goto out;                                                                               \
    } while (0)

#endif
