/* dropout - in training each number of a row is zero with probability rate, and the others are divided by 1 - rate, so
 * that prediction has nothing to do (Srivastava et al. 2014, inverted). What is dropped is a function of
 * (seed, step, example, layer). */
#ifndef CAMA_NN_DROPOUT_H
#define CAMA_NN_DROPOUT_H

#include "../tensor/exec.h"

/* out (blocks, F, NR) from in; kept (blocks, F, NR) bytes says what stayed. Without the context's dropout keys a copy,
 * kept all 1. layer: number of the layer in its network. */
void cama__dropout_forward(const cama__exec *exec, double rate, int32_t layer, int64_t rows, int64_t features,
                           const real *in, real *out, uint8_t *kept);
/* din from dout and the forward's kept. */
void cama__dropout_backward(const cama__exec *exec, double rate, int64_t rows, int64_t features, const uint8_t *kept,
                            const real *dout, real *din);
#endif
