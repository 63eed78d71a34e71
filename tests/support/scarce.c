/* scarce - an allocator that gives so many blocks and no more, and counts those that are out. */
#include "scarce.h"

int scarce_left, scarce_alive;

static void *scarce_alloc(void *user, size_t bytes)
{
    (void)user;
    void *pointer = NULL;
    if (scarce_left-- <= 0 || posix_memalign(&pointer, CAMA__ALIGN, bytes) != 0) return NULL;
    scarce_alive++;
    return pointer;
}

static void scarce_free(void *user, void *pointer)
{
    (void)user;
    scarce_alive--;
    free(pointer);
}

const cama__mem_hook scarce = {scarce_alloc, scarce_free, NULL};
