/* wgrad - gradients of the weights by products whose inner dimension runs over pixels and rows of the batch at once:
 * one function for each row of the table that has no file of its own, and what they share. */
#ifndef CAMA_CONV_WGRAD_H
#define CAMA_CONV_WGRAD_H

#include "conv.h"
#include "wgrad_pack.h"

void cama__wgrad_dense(const cama__exec *exec, const cama__conv_weight_gradient *g);
void cama__wgrad_im2col(const cama__exec *exec, const cama__conv_weight_gradient *g);
void cama__wgrad_direct(const cama__exec *exec, const cama__conv_weight_gradient *g);

/* The sides of the product: gradient of the output (A panels) and input (B panels) of the forward direction. */
typedef struct {
    cama__wgrad_side out, in;
} cama__wgrad_sides;
cama__wgrad_sides cama__wgrad_sides_of(const cama__conv_weight_gradient *g);

/* Sums where each block makes a small gradient of its own: task writes gradient (cama__conv_weights of the forward
 * direction), with scratch_size reals of scratch. They are added to dweights in the order of the blocks. */
typedef void cama__wgrad_block(const cama__conv_weight_gradient *g, int64_t block, real *gradient, real *scratch);
void cama__wgrad_by_blocks(const cama__exec *exec, const cama__conv_weight_gradient *g, int64_t scratch_size,
                           cama__wgrad_block *block);

#endif
