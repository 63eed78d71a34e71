/* fork_safe - when a test may fork. */
#ifndef TESTS_SUPPORT_FORK_SAFE_H
#define TESTS_SUPPORT_FORK_SAFE_H

#include <time.h>

/* gcc 12's AddressSanitizer does not hold the lock of its allocator over fork(). A worker that is still starting, and
 * allocates, would leave it locked in the child: it is given time. glibc's malloc needs none. */
static inline void let_workers_start(void)
{
#if defined(__SANITIZE_ADDRESS__)
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
#endif
}

#endif
