/* blur - a Gaussian blur of a block's lanes, each of its own width, along y and then x, with the border's value beyond
 * the edge; and its adjoint. Width 0 leaves the image as it is, to the bit. */
#ifndef CAMA_IMAGE_BLUR_H
#define CAMA_IMAGE_BLUR_H

#include "view.h"

enum { BLUR_RADIUS = 6 }; /* pixels on either side that count */

/* width (nr lanes): |width| is the deviation of the kernel, in pixels. scratch (D, NR). out may be in. */
void cama__blur_block(cama__image image, int32_t nr, const real *width, const real *in, real *scratch, real *out);

/* Adjoint: din is overwritten, dwidth (nr), of |width|, added to. scratch (3, D, NR). */
void cama__blur_backward_block(cama__image image, int32_t nr, const real *width, const real *in, const real *dout,
                               real *scratch, real *din, real *dwidth);
/* x (D, NR), blurred by |width|, sharpened in place: rounds of z += x - blur(z), within [0, 1], from z = x (van
 * Cittert's deconvolution). Lanes of a width below BLUR_LEAST stay as they are. scratch (3, D, NR). */
#define BLUR_LEAST ((real).25)
void cama__sharpen_block(cama__image image, int32_t nr, const real *width, int32_t rounds, real *scratch, real *x);
bool cama__blur_is_nothing(int32_t nr, const real *width);
#endif
