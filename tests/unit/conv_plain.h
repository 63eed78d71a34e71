/* correlate_plain - the way of conv.h, for conv_check.h. Header only. */
#ifndef TESTS_UNIT_CORRELATE_PLAIN_H
#define TESTS_UNIT_CORRELATE_PLAIN_H

#include "conv_check.h"

static inline int64_t plain_work(const cama__conv *map, bool adjoint, int32_t window, int32_t threads)
{
    return window > 1 ? cama__conv_pooled_work(map, window, threads) : cama__conv_apply_work(map, adjoint, threads);
}

static inline void plain_apply(cama__pool *pool, const cama__conv *map, bool adjoint, int32_t window,
                               const real *weights, const real *bias, bool relu, int64_t blocks, const real *in,
                               real *out, uint8_t *place, real *work)
{
    if (window > 1)
        cama__conv_apply_pooled(pool, map, window, weights, bias, relu, blocks, in, out, place, work);
    else
        cama__conv_apply(pool, map, adjoint, weights, bias, relu, blocks, in, out, work);
}

static inline void plain_gradient(cama__pool *pool, const cama__conv *map, int32_t window, int64_t blocks,
                                  int64_t chunk, const real *in, const real *dout, const uint8_t *place, real *dweights,
                                  real *work)
{
    if (window > 1)
        cama__conv_wgrad_pooled(pool, map, window, blocks, chunk, in, dout, place, dweights, work);
    else
        cama__conv_wgrad(pool, map, blocks, chunk, in, dout, dweights, work);
}

static const map_way plain = {
    .tolerance = sizeof(real) == sizeof(double) ? 1e-11 : 7e-4,
    .apply_work = plain_work,
    .apply = plain_apply,
    .gradient_work = cama__conv_wgrad_work,
    .gradient = plain_gradient,
};

#endif
