/* conv_shape - the product that the packed weights of a direction serve. Part of conv.c and
 * conv_weights.c. */
#ifndef CAMA_CONV_CONV_SHAPE_H
#define CAMA_CONV_CONV_SHAPE_H

#include "conv.h"

/* The product that the packed weights serve: with patches, taps and big channels are one pointwise dimension. */
typedef struct {
    int64_t taps, in, out; /* taps, in channels, out channels */
} shape;

static inline shape shape_of(const cama__conv *m, bool adjoint)
{
    const int64_t taps = (int64_t)m->h.taps * m->w.taps;
    const int64_t big = m->patches ? taps * m->big_channels : m->big_channels;
    return (shape){m->patches ? 1 : taps, adjoint ? m->small_channels : big, adjoint ? big : m->small_channels};
}

static inline int64_t panel_size(const shape *s) { return s->taps * s->in * cama__kernel()->mr; }

/* One panel of the weights of a direction, (taps, in, MR), from all those of the other. */
void cama__conv_transpose_panel(const cama__conv *map, bool adjoint, const real *other, int64_t panel, real *dst);

#endif
