/* mem - every byte of the library passes through one hook; sizes are multiplied only where overflow is checked. */
#define _DEFAULT_SOURCE /* madvise */
#include "mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Memory that comes from the system page by page can cost more for its pages than for what is done with it, so a large
 * block asks for huge ones. Advice only: nothing is lost where it is not taken. */
static void advise(void *pointer, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    enum { HUGE_PAGE = 1 << 21, PAGE = 1 << 12 };
    const size_t before = (uintptr_t)pointer % PAGE; /* advice begins at a page */
    if (bytes >= HUGE_PAGE) madvise((char *)pointer - before, before + bytes, MADV_HUGEPAGE);
#else
    (void)pointer, (void)bytes;
#endif
}

static void *default_alloc(void *user, size_t bytes)
{
    (void)user;
    void *pointer = NULL;
    if (posix_memalign(&pointer, CAMA__ALIGN, bytes) != 0) return NULL;
    advise(pointer, bytes);
    return pointer;
}

static void default_free(void *user, void *pointer)
{
    (void)user;
    free(pointer);
}

static const cama__mem_hook default_hook = {default_alloc, default_free, NULL};
static cama__mem_hook hook = {default_alloc, default_free, NULL};

void cama__mem_set_hook(const cama__mem_hook *wanted) { hook = wanted != NULL ? *wanted : default_hook; }

/* count * size rounded up to whole cache lines; false if that does not fit in size_t. */
static bool padded_size(size_t count, size_t size, size_t *bytes)
{
    const size_t limit = SIZE_MAX - (CAMA__ALIGN - 1);
    if (size != 0 && count > limit / size) return false;
    *bytes = (count * size + (CAMA__ALIGN - 1)) & ~(size_t)(CAMA__ALIGN - 1);
    return true;
}

/* BLIS's micro-kernels load one step ahead: up to 128 bytes past the end of a panel, which may end a block. */
enum { SPARE = 256 };

/* Without zeroing; *bytes is what there is. */
static void *take(size_t count, size_t size, size_t *bytes)
{
    if (!padded_size(count, size, bytes)) {
        cama__error(CAMA_E_MEMORY, "memory: %zu items of %zu bytes are more than the address space holds", count, size);
        return NULL;
    }
    void *pointer = *bytes > SIZE_MAX - SPARE ? NULL : hook.alloc(hook.user, *bytes + SPARE);
    if (pointer == NULL)
        cama__error(CAMA_E_MEMORY, "memory: %zu bytes wanted (%zu items of %zu), none to be had", *bytes, count, size);
    *bytes += SPARE;
    return pointer;
}

void *cama__mem_alloc(size_t count, size_t size)
{
    size_t bytes;
    void *pointer = take(count, size, &bytes);
    return pointer != NULL ? memset(pointer, 0, bytes) : NULL;
}

void *cama__mem_room(size_t bytes)
{
    size_t padded;
    return take(bytes, 1, &padded);
}

void cama__mem_free(void *pointer)
{
    if (pointer != NULL) hook.free(hook.user, pointer);
}

char *cama__mem_text(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = cama__mem_alloc(size, 1);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

void *cama__arena_take(cama__arena *arena, size_t count, size_t size)
{
    const size_t room = arena->base != NULL ? arena->size : SIZE_MAX;
    size_t bytes;
    if (!padded_size(count, size, &bytes) || arena->used > room || bytes > room - arena->used) {
        arena->overflow = true;
        return NULL;
    }
    char *piece = arena->base != NULL ? arena->base + arena->used : NULL;
    arena->used += bytes;
    if (arena->used > arena->peak) arena->peak = arena->used;
    return piece;
}
