/* writeback - asking the system to begin with what it would otherwise do at the end. */
#ifndef CAMA_IO_WRITEBACK_H
#define CAMA_IO_WRITEBACK_H

#include <stdint.h>

/* Bytes [from, from + size) of a file are complete and may go to the disk while others are written. A hint: nothing is
 * waited for, and nothing is safe before fsync. Leaves errno alone. */
void cama__writeback_begin(int fd, int64_t from, int64_t size);

#endif
