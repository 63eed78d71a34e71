/* tile_pool - max pooling over the micro-kernel's output tiles: the elementwise maximum of the tiles of one square of
 * pixels, and its argmax, the number of the pixel in the square. A NaN is the largest. */
#ifndef CAMA_CONV_TILE_POOL_H
#define CAMA_CONV_TILE_POOL_H

#include "tile.h"

/* best, where (MR * NR): the maximum so far and the pixel, as a real, that it is from. */
void cama__tile_pool_next(const real *tile, real number, real *best, real *where, int64_t n);
/* All four tiles of a 2 x 2 square at once, pixels 0 to 3. */
void cama__tile_pool_four(const real *const tile[4], real *best, real *where, int64_t n);

/* To `rows` rows of out and argmax, with bias and ReLU, which ascend and so may wait until the maximum is known. Best
 * and where are destroyed. */
void cama__tile_pool_store(real *best, real *where, const real *bias, bool relu, int64_t rows, real *out,
                           uint8_t *argmax);
#endif
