/* winograd - the map of conv.h by minimal filtering: F(m, r) makes m adjacent output pixels of a line from r taps
 * with n = m + r - 1 multiplications in place of m r (Winograd 1980; Lavin and Gray 2016).
 *
 *     y = At [(G w) * (Bt x)]      x: n input pixels, w: r taps, y: m output pixels, * number by number
 *
 * Both axes are filtered, one within the other: a tile of m x m pixels takes n x n products in place of (m r)^2. In
 * the batch-blocked layout (layout.h) a pixel is (channels, NR) and a tap (in channels, MR), so that the three
 * transforms are sums of long vectors (winograd_transform.h), and the product is one of channels, on the
 * micro-kernel, for each of the n x n points.
 *
 * With a stride an axis has one filter for each remainder, side by side: of a transposed convolution each makes
 * pixels of its own, of a convolution with a stride each takes some of the taps and pixels. Those of one tap
 * multiply pixels as they are.
 *
 * The points are small fractions, p beside -p, chosen for the least error; what that comes to is measured in
 * tests/unit/winograd_test.c. Gradients are the adjoints of the same three transforms. */
#ifndef CAMA_CONV_WINOGRAD_H
#define CAMA_CONV_WINOGRAD_H

#include "conv.h"
#include "winograd_transform.h"

/* The filters of an axis over one tile. */
typedef struct {
    cama__winograd_transform in, weights, out; /* Bt (points, inputs), G (weight points, taps), A (points, outputs) */
    int32_t weight[AXIS_MAX];                  /* of each point: points of a filter of one tap share theirs */
} cama__filter;

/* An axis in equal tiles, of which the last may stick out. */
typedef struct {
    int32_t tiles, outputs; /* outputs of the whole axis */
    int32_t origin, step;   /* the input that a tile meets first: origin + step * its number */
    cama__filter filter;
} cama__tiling;

typedef struct {
    cama__tiling h, w;
} cama__winograd;

/* One strand F(m, r) as the three matrices; m + r - 1 at most POINTS_MAX. */
void cama__strand_init(int32_t outputs, int32_t taps, cama__polyphase *in, cama__polyphase *weights,
                       cama__polyphase *out);

/* The filters for a direction of a map. False where the plain way is as good: one pixel, few taps or channels. */
bool cama__winograd_plan(const cama__conv *map, bool adjoint, cama__winograd *w);
/* For the gradient of the weights, which takes more: those of the map's forward direction. */
bool cama__winograd_plan_wgrad(const cama__conv *map, cama__winograd *w);

/* The packed weights of a direction, spread over the points: once for any number of applications. */
int64_t cama__winograd_weights(const cama__conv *map, const cama__winograd *w, bool adjoint);
int64_t cama__winograd_prepare_work(const cama__conv *map, const cama__winograd *w, bool adjoint, int32_t threads);
void cama__winograd_prepare(cama__pool *pool, const cama__conv *map, const cama__winograd *w, bool adjoint,
                            const real *weights, real *spread, real *work);

/* As cama__conv_apply and, with window > 1, cama__conv_apply_pooled (place may be NULL otherwise), with
 * weights that were spread. */
int64_t cama__winograd_forward_work(const cama__conv *map, const cama__winograd *w, bool adjoint, int32_t window,
                                    int32_t threads);
void cama__winograd_forward(cama__pool *pool, const cama__conv *map, const cama__winograd *w, bool adjoint,
                            int32_t window, const real *spread, const real *bias, bool relu, int64_t blocks,
                            const real *in, real *out, uint8_t *place, real *work);

/* As cama__conv_wgrad and, with window > 1, cama__conv_wgrad_pooled; w from
 * cama__winograd_plan_wgrad. */
int64_t cama__winograd_wgrad_work(const cama__conv *map, const cama__winograd *w, int64_t blocks, int64_t chunk,
                                  int32_t threads);
void cama__winograd_wgrad(cama__pool *pool, const cama__conv *map, const cama__winograd *w, int32_t window,
                          int64_t blocks, int64_t chunk, const real *in, const real *dout, const uint8_t *place,
                          real *dweights, real *work);

#endif
