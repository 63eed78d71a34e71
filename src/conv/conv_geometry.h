/* conv_geometry - along one axis: which input coordinates and which packed taps meet an output coordinate; and the
 * product that the packed weights of a direction serve. */
#ifndef CAMA_CONV_CONV_GEOMETRY_H
#define CAMA_CONV_CONV_GEOMETRY_H

#include "../base/arith.h"
#include "conv.h"

/* Adjacent input coordinates and packed taps that meet one output coordinate. */
typedef struct {
    int32_t in, tap, count;
} cama__tap_run;

/* Without regard to where the input ends, and cut at its ends. */
cama__tap_run cama__axis_run_at(const cama__axis *axis, bool adjoint, int32_t out);
cama__tap_run cama__axis_run(const cama__axis *axis, bool adjoint, int32_t out);

/* Where a direction keeps a tap. The adjoint sorts taps by their residue of the stride; within one, taps descend. */
int32_t cama__axis_tap_place(const cama__axis *axis, bool adjoint, int32_t tap);

/* Small coordinates whose tap falls inside the big grid: [*first, *last). */
void cama__axis_small_span(const cama__axis *axis, int32_t tap, int32_t *first, int32_t *last);

static inline bool cama__axis_is_pixel(const cama__axis *axis)
{
    return axis->small == 1 && axis->big == 1 && axis->taps == 1;
}

/* The product that the packed weights serve. With im2col, taps and big channels are one inner dimension. */
typedef struct {
    int64_t taps, in, out; /* taps, in channels, out channels */
} cama__product_shape;

cama__product_shape cama__product_shape_of(const cama__conv *map, bool adjoint);
static inline int64_t cama__panel_size(const cama__product_shape *s) { return s->taps * s->in * cama__kernel()->mr; }

#endif
