/* tone - contrast and brightness of a block's lanes, p' = 1/2 + contrast (p - 1/2) + brightness within [0, 1], the same
 * undone, and the adjoints of both. What is clipped has no slope. */
#ifndef CAMA_IMAGE_TONE_H
#define CAMA_IMAGE_TONE_H

#include "view.h"

/* A mean stays this far from 0 and 1, so that no pixel is impossible and no slope
 * of its logarithm larger than 1e4. */
#define CAMA__TONE_FLOOR ((real)1e-4)

/* count numbers of nr lanes: tone, then `floor` away from 0 and 1. In place. */
void cama__tone_block(const cama__view *view, int64_t count, real floor, real *p);
/* d (gradient of the result) becomes that of p, the input; contrast and brightness of the gradient are added to. */
void cama__tone_backward_block(const cama__view *view, int64_t count, real floor, const real *p, real *d,
                               cama__view_gradient *gradient);

/* x as it was before its tone: 1/2 + (x - brightness - 1/2) / contrast within [0, 1]. In place. */
void cama__untone_block(const cama__view *view, int64_t count, real *x);
void cama__untone_backward_block(const cama__view *view, int64_t count, const real *x, real *d,
                                 cama__view_gradient *gradient);
#endif
