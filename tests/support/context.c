/* context - execution contexts for tests: threads alone, with scratch, or measured first and then run in exactly the
 * memory that was counted, as a session does. */
#include "context.h"

const cama__exec context_alone = {.pool = NULL};

cama__arena *context_scratch(void)
{
    static _Alignas(64) char bytes[1 << 20];
    static cama__arena arena;
    arena = (cama__arena){.base = bytes, .size = sizeof bytes};
    memset(bytes, 0xff, sizeof bytes);
    return &arena;
}

size_t context_measure(cama__exec settings, context_task *task, void *arg)
{
    cama__arena nothing = {.base = NULL};
    settings.arena = &nothing;
    task(&settings, arg);
    return nothing.peak;
}

bool context_run(cama__exec settings, context_task *task, void *arg)
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
