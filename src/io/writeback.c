/* writeback - in a file of its own: _GNU_SOURCE, which it needs, would give file.c another strerror_r. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* sync_file_range */
#endif
#include "writeback.h"

#include <errno.h>
#include <fcntl.h>

void cama__writeback_begin(int fd, int64_t from, int64_t size)
{
#ifdef SYNC_FILE_RANGE_WRITE
    const int before = errno;
    (void)sync_file_range(fd, from, size, SYNC_FILE_RANGE_WRITE);
    errno = before;
#else
    (void)fd, (void)from, (void)size;
#endif
}
