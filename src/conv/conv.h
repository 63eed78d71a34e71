/* conv - the one linear map under every layer: convolution, transposed convolution, and the dense layer as 1x1 grids,
 * with their gradients, on the micro-kernel in the batch-blocked layout (layout.h).
 *
 * What deep learning calls a convolution is a correlation: taps are not flipped. On each axis the taps
 * t = 0 .. taps-1 tie coordinate q of the small grid to coordinate q * stride - pad + t of the big grid:
 *     forward of a convolution, backward-data of a transposed one:
 *         small[q][s] = sum_t,b  W[s][t][b] big[q*stride - pad + t][b]
 *     its adjoint: forward of a transposed convolution, backward-data of a convolution:
 *         big[o][b]   = sum_t,s  W[s][t][b] small[(o + pad - t)/stride][s]
 * Coordinates outside the grids contribute nothing: padding needs no memory and no work.
 *
 * Weights are A panels of the direction they serve, (panels of out channels, taps, in channels, MR): for one output
 * pixel the input of a run of adjacent taps is one contiguous B panel, so a pixel costs one kernel call for each row of
 * taps. In the adjoint direction taps are sorted by their residue of the stride, so that ascending input pixels meet
 * ascending taps.
 *
 * Which algorithm computes a map is decided by a table, conv_algorithms.h. It depends on shapes, on the processor and
 * on the settings in the context alone. All but Winograd give the same bits. */
#ifndef CAMA_CONV_CONV_H
#define CAMA_CONV_CONV_H

#include "maxpool.h"

typedef struct {
    int32_t big, small, taps, stride, pad;
} cama__axis;

typedef struct {
    cama__axis h, w;
    int32_t big_channels, small_channels;
    bool adjoint; /* the layer's forward direction: false big -> small (convolution), true small -> big (transposed) */
    bool im2col;  /* taps * big channels is small: weights are packed as one product of patches; set by conv_init */
} cama__conv;

/* Checks nothing: nn/ has checked the sizes. Decides im2col. */
void cama__conv_init(cama__conv *map);

static inline int64_t cama__big_size(const cama__conv *m) { return (int64_t)m->h.big * m->w.big * m->big_channels; }
static inline int64_t cama__small_size(const cama__conv *m)
{
    return (int64_t)m->h.small * m->w.small * m->small_channels;
}
/* Numbers per row that go in and come out, in direction adjoint or not. */
static inline int64_t cama__conv_in(const cama__conv *m, bool adjoint)
{
    return adjoint ? cama__small_size(m) : cama__big_size(m);
}
static inline int64_t cama__conv_out(const cama__conv *m, bool adjoint)
{
    return adjoint ? cama__big_size(m) : cama__small_size(m);
}

/* Reals in the packed weights of one direction, padding included (a multiple of 16). */
int64_t cama__conv_weights(const cama__conv *map, bool adjoint);
/* Place of the weight that ties (big channel, small channel) at tap (th, tw) in the packed weights of a direction. */
int64_t cama__conv_weight_at(const cama__conv *map, bool adjoint, int32_t th, int32_t tw, int32_t big_channel,
                             int32_t small_channel);
/* Packed weights of direction `adjoint` from those of the other direction; and one panel of them, (taps, in, MR). */
void cama__conv_transpose(const cama__exec *exec, const cama__conv *map, bool adjoint, const real *other,
                          real *weights);
void cama__conv_transpose_panel(const cama__conv *map, bool adjoint, const real *other, int64_t panel, real *dst);

/* What follows the sum: bias, ReLU, and the max pool of each window x window square. Bias and ReLU ascend, so the pool
 * may come first. What lies before the pool is never stored. */
typedef struct {
    const real *bias; /* (out channels), zero-padded to whole panels; NULL: none */
    bool relu;
    int32_t window; /* 1: no pool. A pool needs the direction big -> small */
} cama__conv_post;

/* One direction of a map applied to rows. */
typedef struct {
    const cama__conv *map;
    bool adjoint;
    cama__conv_post post;
    const real *weights; /* packed for this direction; in backward-data for the other, the map's forward direction */
    int64_t rows;
    const real *in;  /* (blocks, IN, NR) */
    real *out;       /* (blocks, OUT, NR), overwritten; behind a pool (blocks, pooled h, pooled w, channels, NR) */
    uint8_t *argmax; /* shape of out: which pixel of its square; NULL without a pool */
} cama__conv_application;

/* The gradient of the weights: dweights (packed for the forward direction) += sum over rows of dout times in. Blocks
 * are summed chunk after chunk: the bits depend on the chunk, not on how many chunks one call sees or on the
 * threads. */
typedef struct {
    const cama__conv *map;
    int32_t window; /* 1, or that of the max pool behind which dout and argmax are */
    int64_t rows, chunk;
    const real *in, *dout; /* input and output gradient of the forward direction */
    const uint8_t *argmax;
    real *dweights;
} cama__conv_weight_gradient;

/* The reference: the same three on dense rows with plain loops. Weights are W[small][th][tw][big]; arrays are
 * (rows, h, w, channels). apply overwrites out, wgrad adds to dweights. */
void cama__conv_reference_apply(const cama__conv *map, bool adjoint, const double *weights, int64_t rows,
                                const double *in, double *out);
void cama__conv_reference_wgrad(const cama__conv *map, int64_t rows, const double *big, const double *small,
                                double *dweights);
#endif
