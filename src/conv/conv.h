/* conv - the one linear map under every layer: correlation of a big grid with taps to a small grid, its adjoint,
 * and the gradient of its weights, all on the micro-kernel in the batch-blocked layout (layout.h).
 *
 * On each axis the taps t = 0 .. taps-1 tie small coordinate q to big coordinate q * stride - pad + t:
 *     correlate:  small[q][s] = sum_t,b  W[s][t][b] big[q*stride - pad + t][b]      convolution forward; transposed
 *     conv's adjoint
 *     adjoint:    big[o][b]   = sum_t,s  W[s][t][b] small[(o + pad - t)/stride][s]  transposed conv forward;
 *     convolution's adjoint
 * Coordinates outside the grids contribute nothing: padding needs no memory and no work. A dense layer is 1x1 grids.
 *
 * Weights are A panels of the direction they serve, (panels of out channels, taps, in channels, MR): for one output
 * pixel the input of a run of adjacent taps is one contiguous B panel, so a pixel costs one kernel call for each row of
 * taps. In the adjoint direction the taps are stored so that, for each residue of the stride, ascending input pixels
 * meet ascending taps.
 *
 * Patches: when taps * big channels is small (first convolution, last transposed convolution) the big grid is gathered
 * into patches, (small pixel, taps * big channels), and the map becomes pointwise between patches and the small
 * grid. */
#ifndef CAMA_CONV_CONV_H
#define CAMA_CONV_CONV_H

#include "../tensor/layout.h"

typedef struct {
    int32_t big, small, taps, stride, pad;
} cama__axis;

typedef struct {
    cama__axis h, w;
    int32_t big_channels, small_channels;
    bool adjoint; /* the layer's forward direction: false correlates (big -> small), true is the adjoint */
    bool patches; /* decided by cama__conv_init */
} cama__conv;

/* Checks nothing: nn/ has checked the sizes. Decides patches. */
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
/* Packed weights of direction `adjoint` from those of the other direction. */
void cama__conv_transpose(cama__pool *pool, const cama__conv *map, bool adjoint, const real *other, real *weights);

/* Reals of scratch that apply needs for a number of threads. */
int64_t cama__conv_apply_work(const cama__conv *map, bool adjoint, int32_t threads);
/* out (blocks, OUT, NR) = map of in (blocks, IN, NR) [+ bias (out channels, zero-padded to a multiple of MR)] [then
 * ReLU]. bias NULL for none. Overwrites out. */
void cama__conv_apply(cama__pool *pool, const cama__conv *map, bool adjoint, const real *weights, const real *bias,
                      bool relu, int64_t blocks, const real *in, real *out, real *work);

/* Without bias and ReLU, from the packed weights of the other direction. */
int64_t cama__conv_apply_transposed_work(const cama__conv *map, bool adjoint, int32_t threads);
void cama__conv_apply_transposed(cama__pool *pool, const cama__conv *map, bool adjoint, const real *other,
                                 int64_t blocks, const real *in, real *out, real *work);

/* The same in direction correlate, then of each window x window square of pixels (nn/maxpool.h) the largest number, out
 * (blocks, pooled h, pooled w, channels, NR), and which pixel of the square it was, place (same shape). What lies
 * before the pool is never stored. */
int64_t cama__conv_pooled_work(const cama__conv *map, int32_t window, int32_t threads);
void cama__conv_apply_pooled(cama__pool *pool, const cama__conv *map, int32_t window, const real *weights,
                             const real *bias, bool relu, int64_t blocks, const real *in, real *out, uint8_t *place,
                             real *work);

/* Reals of scratch that gradient needs. */
int64_t cama__conv_wgrad_work(const cama__conv *map, int64_t blocks, int64_t chunk, int32_t threads);
/* dweights (packed for the forward direction) += sum over rows of dout times in. in and dout are input and output
 * gradient of the forward direction. Blocks are summed in chunks of `chunk` blocks, chunk after chunk: the bits depend
 * on the chunk, not on how many chunks one call sees or on the threads. */
void cama__conv_wgrad(cama__pool *pool, const cama__conv *map, int64_t blocks, int64_t chunk, const real *in,
                      const real *dout, real *dweights, real *work);

/* The same where dout is the gradient behind such a pool: a number before the pool has that of its square if place says
 * that it was the largest, zero otherwise. For maps whose forward direction is correlate. */
void cama__conv_wgrad_pooled(cama__pool *pool, const cama__conv *map, int32_t window, int64_t blocks, int64_t chunk,
                             const real *in, const real *dout, const uint8_t *place, real *dweights, real *work);

/* The witnesses: the same three on dense rows with plain loops. Weights are W[small][th][tw][big]; arrays are
 * (rows, h, w, channels). apply_naive overwrites out, gradient_naive adds to dweights. */
void cama__conv_reference_apply(const cama__conv *map, bool adjoint, const double *weights, int64_t rows,
                                const double *in, double *out);
void cama__conv_reference_wgrad(const cama__conv *map, int64_t rows, const double *big, const double *small,
                                double *dweights);
#endif
