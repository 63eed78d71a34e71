/* correlate_patch - gathering the big grid into patches (im2col) and adding patches back (col2im), for one block. */
#ifndef CAMA_MATH_CORRELATE_PATCH_H
#define CAMA_MATH_CORRELATE_PATCH_H

#include "correlate.h"

/* patches (small width, taps_h * taps_w * big channels, NR) of row q of the small grid from a block of the big grid. */
void cama__patch_row(const cama__correlate *map, const real *big, int32_t q, real *patches);
/* big += the patch (taps_h * taps_w * big channels, NR) of small pixel (qh, qw). */
void cama__patch_add(const cama__correlate *map, const real *patch, int32_t qh, int32_t qw, real *big);
#endif
