/* im2col - gathering the big grid of one block into patches, and adding patches back (col2im). */
#ifndef CAMA_CONV_IM2COL_H
#define CAMA_CONV_IM2COL_H

#include "conv.h"

/* Numbers of one column of patches, (taps_h, big channels). */
static inline int64_t cama__im2col_column(const cama__conv *map) { return (int64_t)map->h.taps * map->big_channels; }
/* Numbers of the columns that one row of the small grid meets. */
static inline int64_t cama__im2col_columns_size(const cama__conv *map)
{
    return ((int64_t)(map->w.small - 1) * map->w.stride + map->w.taps) * cama__im2col_column(map);
}
/* columns (columns, taps_h, big channels, NR) of row q of the small grid, with zeros outside the big grid. The patch
 * of small pixel qw, (taps_w, taps_h, big channels, NR), begins at column qw * stride: overlapping patches share
 * memory. */
void cama__im2col_columns(const cama__conv *map, const real *big, int32_t q, real *columns);

/* patches (small width, taps_h * taps_w * big channels, NR) of row q of the small grid from a block of the big grid. */
void cama__im2col_row(const cama__conv *map, const real *big, int32_t q, real *patches);
/* big += the patch (taps_h * taps_w * big channels, NR) of small pixel (qh, qw). */
void cama__col2im_add(const cama__conv *map, const real *patch, int32_t qh, int32_t qw, real *big);
#endif
