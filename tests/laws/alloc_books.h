/* alloc_books - an allocator that counts its calls and what is held, and fails at the call it is told to; and what any
 * call does whose allocations fail one after the other. Header only. */
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

static inline void *book_alloc(void *user, size_t bytes)
{
    (void)user;
    void *pointer = NULL;
    if (atomic_fetch_add(&calls, 1) == atomic_load(&fail_at)) return NULL;
    if (posix_memalign(&pointer, CAMA__ALIGN, bytes) != 0) return NULL;
    atomic_fetch_add(&held, 1);
    return memset(pointer, 0xa5, bytes);
}

static inline void book_free(void *user, void *pointer)
{
    (void)user;
    atomic_fetch_sub(&held, 1);
    free(pointer);
}

static inline void begin_counting(long failing)
{
    atomic_store(&calls, 0);
    atomic_store(&fail_at, failing);
}

static inline void must(int32_t status)
{
    if (status != CAMA_OK) fail_msg("%s: %s", cama_status_name(status), cama_last_error());
}

#define TRY_CALL(call)                                                                                                 \
    do {                                                                                                               \
        status = (call);                                                                                               \
        if (status != CAMA_OK) goto out;                                                                               \
    } while (0)

static inline long count_calls(int32_t (*call)(void))
{
    begin_counting(-1);
    must(call());
    return atomic_load(&calls);
}

typedef struct {
    const char *name;
    int32_t (*call)(void); /* gives back all it took, whether it fails or not */
} book_call;

/* Makes each allocation of each call fail in its turn; check (NULL: none) looks at what has to be as before. */
static inline void fail_each_allocation(const book_call *all, size_t count, void (*check)(void))
{
    for (size_t i = 0; i < count; i++) {
        const long before = atomic_load(&held);
        int32_t status = CAMA_E_MEMORY;
        long failing = 0;
        for (; status != CAMA_OK; failing++) {
            begin_counting(failing);
            status = all[i].call();
            begin_counting(-1);
            if (atomic_load(&held) != before)
                fail_msg("%s, allocation %ld: %ld held, %ld before", all[i].name, failing, atomic_load(&held), before);
            if (status != CAMA_OK && status != CAMA_E_MEMORY)
                fail_msg("%s, allocation %ld: %s, %s", all[i].name, failing, cama_status_name(status),
                         cama_last_error());
            if (status != CAMA_OK) assert_non_null(strstr(cama_last_error(), "memory"));
            if (check != NULL) check();
        }
        if (failing < 2) fail_msg("%s: no allocation was made to fail", all[i].name);
    }
}

#endif
