/* wgrad_pooled - the gradient of the weights behind a max pool, for maps by patches.
 *
 * Of each square of pixels one has a gradient, so three in four products of a 2 x 2 pool would be with zero. Here each
 * number of the gradient behind the pool meets the one patch that it belongs to, which is as many operations in all as
 * there are such numbers times the length of a patch, and nothing is put back to its place or turned before it. */
#ifndef CAMA_CONV_WGRAD_POOLED_H
#define CAMA_CONV_WGRAD_POOLED_H

#include "conv.h"

/* Reals of scratch that a block needs, whatever the window. */
int64_t cama__wgrad_pooled_work(const cama__conv *map);
/* dweights (packed for the direction correlate), overwritten: that of one block. big is the block's input; d, place
 * (pooled h, pooled w, channels, NR) are its gradient behind the pool and the places of the maxima. */
void cama__wgrad_pooled_block(const cama__conv *map, int32_t window, const real *big, const real *d,
                              const uint8_t *place, real *dweights, real *work);
#endif
