/* map - the linear map of a layer (conv/conv.h), by the way that is best for it: plainly, by minimal filtering,
 * or, where rows are few, of windows of the images. Ways are a matter of sizes and of the session; of a row's sums none
 * but minimal filtering changes a bit. */
#ifndef CAMA_NN_MAP_H
#define CAMA_NN_MAP_H

#include "../conv/conv.h"
#include "maxpool.h"

/* What a map is followed by. */
typedef struct {
    const real *bias; /* zero-padded to whole panels, or NULL */
    bool relu;
    const cama__maxpool *pool; /* NULL: none; otherwise out is pooled and place is written */
} cama__map_then;

/* Transforms the weights of a direction for all applications to come with `ready`; they stay in the arena, below what
 * is released. Nothing to do for a map that is not filtered. */
void cama__map_prepare(const cama__exec *work, const cama__conv *map, bool adjoint, const real *weights,
                       cama__prepared *ready);

/* out from in, in direction adjoint or not, with the packed weights of that direction. Scratch comes from the arena and
 * goes back. */
void cama__map_apply(const cama__exec *work, const cama__conv *map, bool adjoint, const cama__map_then *then,
                     const real *weights, int64_t rows, const real *in, real *out, uint8_t *place);

/* The gradient of the input of the forward direction, from its weights. */
void cama__map_backward(const cama__exec *work, const cama__conv *map, const real *weights, int64_t rows,
                        const real *dout, real *din);

/* Added to dweights, chunk by chunk; pool NULL, or the one behind which dout and place are. */
void cama__map_gradient(const cama__exec *work, const cama__conv *map, const cama__maxpool *pool, int64_t rows,
                        int64_t chunk, const real *in, const real *dout, const uint8_t *place, real *dweights);
#endif
