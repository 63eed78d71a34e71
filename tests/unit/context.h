/* context - execution contexts for tests: threads alone, with scratch, or measured first and then run in exactly the
 * memory that was counted, as a session does. */
#ifndef TESTS_UNIT_CONTEXT_H
#define TESTS_UNIT_CONTEXT_H

#include <stddef.h>
#include <string.h>

#include "tensor/exec.h"

/* Computes on a pool (NULL: the caller), without scratch. */
#define ON(threads) (&(cama__exec){.pool = (threads)})

/* The same with a megabyte of scratch, which the next context takes again. */
#define WITH_SCRATCH(threads) (&(cama__exec){.pool = (threads), .arena = context_scratch()})

/* The caller alone, for structures that keep a context. */
static const cama__exec context_alone = {.pool = NULL};

static inline cama__arena *context_scratch(void)
{
    static _Alignas(64) char bytes[1 << 20];
    static cama__arena arena;
    arena = (cama__arena){.base = bytes, .size = sizeof bytes};
    memset(bytes, 0xff, sizeof bytes);
    return &arena;
}

typedef void context_task(const cama__exec *exec, void *arg);

/* Bytes that a task takes under these settings. */
static inline size_t context_measure(cama__exec settings, context_task *task, void *arg)
{
    cama__arena nothing = {.base = NULL};
    settings.arena = &nothing;
    task(&settings, arg);
    return nothing.peak;
}

/* Runs it in that many, which are filled with NaN; false if it took more, or did not give all back. */
static inline bool context_run(cama__exec settings, context_task *task, void *arg)
{
    const size_t bytes = context_measure(settings, task, arg);
    char *base = cama__mem_alloc(bytes + 1, 1);
    memset(base, 0xff, bytes);
    cama__arena arena = {.base = base, .size = bytes};
    settings.arena = &arena;
    task(&settings, arg);
    cama__mem_free(base);
    return !arena.overflow && arena.used == 0;
}

#endif
