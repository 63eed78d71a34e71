/* dropout - in training each number of a row is zero with probability rate, and the others are divided by 1 - rate, so
 * that prediction has nothing to do (Srivastava et al. 2014, inverted). What is dropped is a function of (seed, step,
 * example, layer). */
#ifndef CAMA_NN_DROPOUT_H
#define CAMA_NN_DROPOUT_H

#include "../tensor/exec.h"

/* out (blocks, F, NR) from in; kept (blocks, F, NR) bytes says what stayed. keys NULL: a copy, kept all 1. layer:
 * number of the layer in its network. */
void cama__dropout_forward(cama__pool *pool, const cama__dropout_keys *keys, double rate, int32_t layer, int64_t blocks,
                           int64_t features, const real *in, real *out, uint8_t *kept);
/* din from dout and the forward's kept. */
void cama__dropout_backward(cama__pool *pool, double rate, bool dropped, int64_t blocks, int64_t features,
                            const uint8_t *kept, const real *dout, real *din);
#endif
