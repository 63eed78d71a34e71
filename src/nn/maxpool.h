/* maxpool - the largest value of each window x window square, windows side by side; the last ones may hang over the
 * edge (ceil mode), what is outside does not count. Ties go to the first pixel in row order. */
#ifndef CAMA_NN_MAXPOOL_H
#define CAMA_NN_MAXPOOL_H

#include "../tensor/exec.h"

typedef struct {
    int32_t in_h, in_w, channels, window; /* window <= 15, so that a place in it fits a byte */
} cama__maxpool;

static inline int32_t cama__maxpool_out(int32_t in, int32_t window) { return (in + window - 1) / window; }

/* in (blocks, in_h, in_w, channels, NR) -> out (blocks, out_h, out_w, channels, NR), place (same shape): which pixel it
 * was. */
void cama__maxpool_forward(cama__pool *pool, const cama__maxpool *m, int64_t blocks, const real *in, real *out,
                           uint8_t *place);
/* din is overwritten: dout at the place it came from, zero elsewhere. */
void cama__maxpool_backward(cama__pool *pool, const cama__maxpool *m, int64_t blocks, const uint8_t *place,
                            const real *dout, real *din);
#endif
