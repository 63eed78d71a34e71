/* alloc_books - an allocator that counts its calls and what is held, and fails at the call it is told to; and what any
 * call does whose allocations fail one after the other. */
#include "alloc_books.h"

atomic_long books_calls, books_held, books_fail_at = -1;

void *books_alloc(void *user, size_t bytes)
{
    (void)user;
    void *pointer = NULL;
    if (atomic_fetch_add(&books_calls, 1) == atomic_load(&books_fail_at)) return NULL;
    if (posix_memalign(&pointer, CAMA__ALIGN, bytes) != 0) return NULL;
    atomic_fetch_add(&books_held, 1);
    return memset(pointer, 0xa5, bytes);
}

void books_free(void *user, void *pointer)
{
    (void)user;
    atomic_fetch_sub(&books_held, 1);
    free(pointer);
}

void books_begin(long failing)
{
    atomic_store(&books_calls, 0);
    atomic_store(&books_fail_at, failing);
}

long books_count(int32_t (*call)(void))
{
    books_begin(-1);
    OK(call());
    return atomic_load(&books_calls);
}

void books_fail_each(const book_call *all, size_t count, void (*check)(void))
{
    for (size_t i = 0; i < count; i++) {
        const long before = atomic_load(&books_held);
        int32_t status = CAMA_E_MEMORY;
        long failing = 0;
        for (; status != CAMA_OK; failing++) {
            books_begin(failing);
            status = all[i].call();
            books_begin(-1);
            if (atomic_load(&books_held) != before)
                fail_msg("%s, allocation %ld: %ld held, %ld before", all[i].name, failing, atomic_load(&books_held),
                         before);
            if (status != CAMA_OK && status != CAMA_E_MEMORY)
                fail_msg("%s, allocation %ld: %s, %s", all[i].name, failing, cama_status_name(status),
                         cama_last_error());
            if (status != CAMA_OK) check_said("memory");
            if (check != NULL) check();
        }
        if (failing < 2) fail_msg("%s: no allocation was made to fail", all[i].name);
    }
}
