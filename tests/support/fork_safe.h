/* fork_safe - when a test may fork. */
#ifndef TESTS_SUPPORT_FORK_SAFE_H
#define TESTS_SUPPORT_FORK_SAFE_H

/* gcc 12's AddressSanitizer does not hold the lock of its allocator over fork(). A worker that is still starting, and
 * allocates, would leave it locked in the child: it is given time. glibc's malloc needs none. */
void let_workers_start(void);

#endif
