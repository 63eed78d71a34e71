/* warp - images read at moved places: bilinear sampling of a block's lanes, each at its own affine map, and its
 * adjoint. Images are blocks (D, NR) of the packed layout, features (height, width, channel). */
#ifndef CAMA_IMAGE_WARP_H
#define CAMA_IMAGE_WARP_H

#include "view.h"

/* out(q) = in(map q). out may not alias in. */
void cama__warp_block(cama__image image, int32_t nr, const cama__affine *map, enum cama__warp_edge edge, const real *in,
                      real *out);

/* Adjoint: din (NULL: not wanted) and dmap (NULL likewise) are added to. */
void cama__warp_backward_block(cama__image image, int32_t nr, const cama__affine *map, enum cama__warp_edge edge,
                               const real *in, const real *dout, real *din, cama__affine *dmap);
#endif
