/* winograd - the maps of conv.h by Winograd's minimal filtering: F(m, r) makes m adjacent output pixels of a line
 * from r taps with n = m + r - 1 multiplications in place of m r (Winograd 1980; Lavin and Gray 2016).
 *
 *     y = At [(G w) * (Bt x)]      x: n input pixels, w: r taps, y: m output pixels, * number by number
 *
 * Both axes are filtered, one within the other: a tile of m x m pixels takes n x n products in place of (m r)^2. In
 * the batch-blocked layout (layout.h) a pixel is (channels, NR) and a tap (in channels, MR), so that the three
 * transforms are sums of long vectors (winograd_transform.h), and the product is one of channels, on the
 * micro-kernel, for each of the n x n points.
 *
 * A strided axis is split into its polyphase components, one filter for each residue of the stride. For a transposed
 * convolution each component makes output pixels of its own; for a strided convolution each consumes taps and input
 * pixels of its own. A component with one tap needs no transform.
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

/* One component F(m, r) as the three matrices; m + r - 1 at most POINTS_MAX. */
void cama__polyphase_init(int32_t outputs, int32_t taps, cama__polyphase *in, cama__polyphase *weights,
                          cama__polyphase *out);

/* The filters for a direction of a map. False where other algorithms are as good: one pixel, few taps or channels. pays
 * says the same without making the filters. */
bool cama__winograd_plan(const cama__conv *map, bool adjoint, cama__winograd *w);
bool cama__winograd_pays(const cama__conv *map, bool adjoint);
/* For the gradient of the weights, which takes more: those of the map's forward direction. */
bool cama__winograd_plan_wgrad(const cama__conv *map, cama__winograd *w);
bool cama__winograd_pays_wgrad(const cama__conv *map);

/* The packed weights of a direction, transformed to the points, in memory from the arena that stays taken: once for any
 * number of applications. */
const real *cama__winograd_prepare(const cama__exec *exec, const cama__conv *map, const cama__winograd *w, bool adjoint,
                                   const real *weights);

/* cama__conv_forward by the filters w; weights that the context has prepared are not transformed again. */
void cama__winograd_forward(const cama__exec *exec, const cama__conv_application *a, const cama__winograd *w);
void cama__winograd_wgrad(const cama__exec *exec, const cama__conv_weight_gradient *g);

#endif
