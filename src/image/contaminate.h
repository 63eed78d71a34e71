/* contaminate - pixels of an image replaced by anything: scattered pixels, lines, a patch, stripes along the sides, or
 * blots; of any brightness. What a simulated view does to a clean image where its contamination is not 0. */
#ifndef CAMA_IMAGE_CONTAMINATE_H
#define CAMA_IMAGE_CONTAMINATE_H

#include "../base/rng.h"
#include "view.h"

/* x: number (i, j, c) at x[((i W + j) C + c) * step]; changed in place. u: the noise's key, whose samples from `sample`
 * on are used. mask (H W): scratch. Returns the share of pixels that were replaced. */
double cama__contaminate(cama__image image, cama__rng_key key, int64_t step, real *x, real *mask);
#endif
