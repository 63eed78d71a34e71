/* alloc_books - an allocator that counts its calls and what is held, and fails at the call it is told to; and what any
 * call does whose allocations fail one after the other. */
#ifndef TESTS_SUPPORT_ALLOC_BOOKS_H
#define TESTS_SUPPORT_ALLOC_BOOKS_H

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "check.h"

extern atomic_long books_calls, books_held, books_fail_at; /* fail_at: number of the call that fails; -1: none */

void *books_alloc(void *user, size_t bytes);
void books_free(void *user, void *pointer);
void books_begin(long failing);

#define TRY_CALL(call)                                                                                                 \
    do {                                                                                                               \
        status = (call);                                                                                               \
        if (status != CAMA_OK) goto out;                                                                               \
    } while (0)

long books_count(int32_t (*call)(void));

typedef struct {
    const char *name;
    int32_t (*call)(void); /* gives back all it took, whether it fails or not */
} book_call;

/* Makes each allocation of each call fail in its turn; check (NULL: none) looks at what has to be as before. */
void books_fail_each(const book_call *all, size_t count, void (*check)(void));

#endif
