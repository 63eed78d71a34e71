/* alloc_books - an allocator that counts its calls and what is held, and fails at the call it is told to. Header
 * only. */
#ifndef TESTS_LAWS_ALLOC_BOOKS_H
#define TESTS_LAWS_ALLOC_BOOKS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static atomic_long calls, held, fail_at = -1; /* fail_at: number of the call that fails; -1: none */

static void *book_alloc(void *user, size_t bytes)
{
    (void)user;
    void *pointer = NULL;
    if (atomic_fetch_add(&calls, 1) == atomic_load(&fail_at)) return NULL;
    if (posix_memalign(&pointer, CAMA__ALIGN, bytes) != 0) return NULL;
    atomic_fetch_add(&held, 1);
    return memset(pointer, 0xa5, bytes);
}

static void book_free(void *user, void *pointer)
{
    (void)user;
    atomic_fetch_sub(&held, 1);
    free(pointer);
}

static void begin_counting(long failing)
{
    atomic_store(&calls, 0);
    atomic_store(&fail_at, failing);
}

static void must(int32_t status)
{
    if (status != CAMA_OK) fail_msg("%s: %s", cama_status_name(status), cama_last_error());
}

#define TRY_CALL(call)                                                                                                 \
    do {                                                                                                               \
        status = (call);                                                                                               \
        if (status != CAMA_OK) goto out;                                                                               \
    } while (0)

static long count_calls(int32_t (*call)(void))
{
    begin_counting(-1);
    must(call());
    return atomic_load(&calls);
}

#endif
