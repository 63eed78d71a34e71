/* fork_safe - a test waits before fork() where a sanitizer asks for it. */
#include "fork_safe.h"

#include <time.h>

void let_workers_start(void)
{
#if defined(__SANITIZE_ADDRESS__)
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
#endif
}
