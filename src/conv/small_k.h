/* small_k - the map from patches of few numbers, 9 or 25: a call of the micro-kernel would cost as much as what
 * it does. Here one out channel is made at four pixels at a time, with or without the max pool after it, and all of it
 * stays in registers; and, in the other direction, a few numbers of a patch, which would leave rows of the kernel's
 * tile empty. The sums have the micro-kernel's order: one multiply-add after the other. Part of conv.c. */
#ifndef CAMA_CONV_SMALL_K_H
#define CAMA_CONV_SMALL_K_H

#include "conv.h"

/* Pays for this map, on this processor, with this kernel. False wherever the rest must not be called. */
bool cama__small_k_pays(const cama__conv *map);

/* Sums of k numbers with weights in panels (k, MR), panel_size apart; bias (channels) or NULL. */
typedef struct {
    int64_t k, channels, panel_size;
    const real *weights, *bias;
    bool relu;
} cama__small_k;

/* out[i] (channels, NR) of `count` pixels, at most four, whose numbers (k, NR) are at pixel[i]. */
void cama__small_k_pixels(const cama__small_k *s, int32_t count, const real *const *pixel, real *const *out);

/* The largest of `count` pixels, in out (channels, NR), and the number, from `number`, of the first that has it. A NaN
 * is the largest. */
void cama__small_k_largest(const cama__small_k *s, int32_t count, const real *const *pixel, const uint8_t *number,
                           real *out, uint8_t *place);

/* The other direction, to patches of few numbers: to (patch, NR) of one pixel in (k, NR), without bias. */
bool cama__small_k_patch_pays(const cama__conv *map);
void cama__small_k_patch(const real *weights, int64_t panel_size, int64_t patch, int64_t k, const real *in, real *to);
#endif
