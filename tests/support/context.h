/* context - execution contexts for tests: threads alone, with scratch, or measured first and then run in exactly the
 * memory that was counted, as a session does. */
#ifndef TESTS_SUPPORT_CONTEXT_H
#define TESTS_SUPPORT_CONTEXT_H

#include <string.h>

#include "check.h"
#include "tensor/exec.h"

/* Computes on a pool (NULL: the caller), without scratch. */
#define ON(threads) (&(cama__exec){.pool = (threads)})

/* The same with a megabyte of scratch, which the next context takes again. */
#define WITH_SCRATCH(threads) (&(cama__exec){.pool = (threads), .arena = context_scratch()})

/* The caller alone, for structures that keep a context. */
extern const cama__exec context_alone;

cama__arena *context_scratch(void);

typedef void context_task(const cama__exec *exec, void *arg);

/* Bytes that a task takes under these settings. */
size_t context_measure(cama__exec settings, context_task *task, void *arg);

/* Runs it in that many, which are filled with NaN; false if it took more, or did not give all back. */
bool context_run(cama__exec settings, context_task *task, void *arg);

#endif
