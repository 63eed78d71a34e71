/* winograd - the map of correlate.h by minimal filtering along the lines of pixels: F(m, r) makes m adjacent output
 * pixels from r taps with n = m + r - 1 multiplications in place of m r (Winograd 1980; Lavin and Gray 2016).
 *
 *     y = At [(G w) * (Bt x)]      x: n input pixels, w: r taps, y: m output pixels, * number by number
 *
 * In the batch-blocked layout (packed.h) a pixel is (channels, NR) and a tap (in channels, MR), so that the three
 * transforms are sums of long vectors, and the product is one of channels, on the micro-kernel, for each of the n
 * points. Lines of taps are summed there. Only one axis is transformed: two would save more multiplications and lose
 * that to the transforms, which here cost one part in fifteen.
 *
 * The points are few and near 1, chosen for the least error: three to nine times the rounding of the plain sum, below
 * 2e-6 of the output (tests/unit/winograd_test.c). Gradients are the adjoints of the same three transforms. */
#ifndef CAMA_MATH_WINOGRAD_H
#define CAMA_MATH_WINOGRAD_H

#include "correlate.h"

enum { WINOGRAD_POINTS = 9, WINOGRAD_FILTERS = 3 };

/* Output pixels first, first + step, ... of a line, which meet the packed taps from `tap` on. */
typedef struct {
    int32_t outputs, taps, points; /* m, r, n */
    int32_t first, step, count, tap;
    int32_t tiles;  /* groups of m of its output pixels; the last may stick out */
    int32_t origin; /* the input pixel that its first one meets first: negative within the padding */
    real in[WINOGRAD_POINTS * WINOGRAD_POINTS];      /* Bt (n, n) */
    real weights[WINOGRAD_POINTS * WINOGRAD_POINTS]; /* G (n, r) */
    real out[WINOGRAD_POINTS * WINOGRAD_POINTS];     /* At (m, n) */
} cama__filter;

/* A map's lines: one filter, or of a transposed convolution one for each remainder of the stride. */
typedef struct {
    int32_t filters;
    cama__filter filter[WINOGRAD_FILTERS];
} cama__winograd;

/* F(outputs, taps); outputs + taps - 1 at most WINOGRAD_POINTS. F(1, 1) is a product. */
void cama__filter_init(cama__filter *f, int32_t outputs, int32_t taps);

/* The cheapest filters for a direction of a map. False where the plain way is as good: a stride forward, short lines,
 * few taps or channels. */
bool cama__winograd_plan(const cama__correlate *map, bool adjoint, cama__winograd *w);
/* For the gradient of the weights, which is filtered with stride 1 only. */
bool cama__winograd_plan_gradient(const cama__correlate *map, cama__winograd *w);

/* out[i] = [out[i] +] sum_j matrix[i * columns + j] in[j] for i < rows: vectors of `count` numbers; in[j] NULL is
 * zeros. */
void cama__winograd_mix(const real *matrix, int32_t rows, int32_t columns, const real *const *in, real *const *out,
                        int64_t count, bool add);

/* As cama__correlate_apply and, with window > 1, cama__correlate_apply_pooled (place may be NULL otherwise); the
 * weights are the same packed ones. */
int64_t cama__winograd_apply_work(const cama__correlate *map, const cama__winograd *w, bool adjoint, int32_t window,
                                  int32_t threads);
void cama__winograd_apply(cama__pool *pool, const cama__correlate *map, const cama__winograd *w, bool adjoint,
                          int32_t window, const real *weights, const real *bias, bool relu, int64_t blocks,
                          const real *in, real *out, uint8_t *place, real *work);

/* As cama__correlate_gradient and, with window > 1, cama__correlate_gradient_pooled; w from
 * cama__winograd_plan_gradient. */
int64_t cama__winograd_gradient_work(const cama__correlate *map, const cama__winograd *w, int64_t blocks, int64_t chunk,
                                     int32_t threads);
void cama__winograd_gradient(cama__pool *pool, const cama__correlate *map, const cama__winograd *w, int32_t window,
                             int64_t blocks, int64_t chunk, const real *in, const real *dout, const uint8_t *place,
                             real *dweights, real *work);

#endif
