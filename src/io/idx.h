/* idx - the IDX files of MNIST and its like: a magic number 00 00 TYPE DIMS, the sizes as big-endian 32-bit numbers,
 * and the numbers themselves. Unsigned bytes (type 08) only; plain or gzip'd, as the content tells, not the name. */
#ifndef CAMA_IO_IDX_H
#define CAMA_IO_IDX_H

#include "../base/mem.h"

#define CAMA__IDX_DIMS 4

typedef struct {
    int32_t dims;
    int64_t shape[CAMA__IDX_DIMS]; /* shape[0] after limit */
    uint8_t *data;                 /* dense, row-major */
} cama__idx;

/* Read path, which must have dims_wanted (1 to 4) dimensions of at least 1 and at most 2^40 bytes. limit > 0 keeps the
 * first limit items (0: all of them), but the file must still be whole: CAMA_E_FORMAT if it is truncated, longer than
 * its sizes say, corrupt or of another kind. Sizes are compared with what the file can hold before memory is taken. */
int32_t cama__idx_read(const char *path, int32_t dims_wanted, int64_t limit, cama__idx *out);
void cama__idx_free(cama__idx *idx); /* also for a zeroed one; leaves it zeroed */

#endif
