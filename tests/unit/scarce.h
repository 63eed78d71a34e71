/* scarce - an allocator that gives so many blocks and no more, and counts those that are out. Header only. */
#ifndef TESTS_UNIT_SCARCE_H
#define TESTS_UNIT_SCARCE_H

#include <stdlib.h>

#include "base/mem.h"

static int allocations_left, alive;

static inline void *scarce_alloc(void *user, size_t bytes)
{
    (void)user;
    void *pointer = NULL;
    if (allocations_left-- <= 0 || posix_memalign(&pointer, CAMA__ALIGN, bytes) != 0) return NULL;
    alive++;
    return pointer;
}

static inline void counted_free(void *user, void *pointer)
{
    (void)user;
    alive--;
    free(pointer);
}

static const cama__mem_hook scarce = {scarce_alloc, counted_free, NULL};

#endif
