/* small_m - the map between patches and the small grid where a patch has so few numbers that most rows of the
 * micro-kernel's tile would stay empty (the last transposed convolution: 9 numbers for 32 rows). Here the vectors lie
 * along channels and rows instead, as the small grid is stored, and nothing is turned. Part of conv.c and
 * wgrad.c. */
#ifndef CAMA_CONV_SMALL_M_H
#define CAMA_CONV_SMALL_M_H

#include "conv.h"

enum {
    THIN_NR = 12,
    THIN_CHANNELS = 4,                   /* what one step takes: */
    THIN_STEP = THIN_CHANNELS * THIN_NR, /* 48 numbers, three vectors of 16 */
    THIN_PATCH = 16                      /* most numbers of a patch */
};

/* Pays for this map, on this processor, with this kernel. False wherever the rest must not be called. */
bool cama__small_m_pays(const cama__conv *map);

/* Forward. Weights of the first panel (k, MR) to (k / THIN_CHANNELS, patch, THIN_CHANNELS, NR), each repeated for the
 * lanes; then to (patch, NR) = weights times in (k, NR), for one pixel. */
void cama__small_m_repeat_weights(const real *panel, int64_t patch, int64_t k, real *weights);
void cama__small_m_multiply(const real *weights, int64_t patch, int64_t k, const real *in, real *to);

/* Gradient. Patches (count, patch, NR) to (count, patch, THIN_CHANNELS, NR); then
 * sums (channels / THIN_CHANNELS, patch, THIN_CHANNELS, NR) += patches times in (count, channels, NR), lane by lane. */
void cama__small_m_repeat_patches(const real *from, int64_t patch, int64_t count, real *patches);
void cama__small_m_add_products(const real *patches, int64_t patch, int64_t channels, int64_t count, const real *in,
                                real *sums);
/* panel (channels, MR) = the sums, each over its lanes; the rest of the panel stays. */
void cama__small_m_reduce(const real *sums, int64_t patch, int64_t channels, real *panel);
#endif
