/* conv_job - what conv.c and conv_pooled.c share: a direction of the map in the shape that its tasks
 * take, and what the micro-kernel multiplies for one output pixel. */
#ifndef CAMA_CONV_CONV_JOB_H
#define CAMA_CONV_CONV_JOB_H

#include <string.h>

#include "conv.h"
#include "conv_axis.h"
#include "im2col.h"
#include "conv_shape.h"
#include "small_k.h"
#include "conv_tile.h"

typedef struct {
    const cama__conv *map;
    bool adjoint, relu;
    const real *weights, *bias, *in;
    real *out, *work;
    int64_t blocks, splits, work_size;
    shape s;
    int64_t in_size, out_size, panels;
    int64_t columns; /* numbers of the columns of patches that an output row meets */
    int32_t in_w, out_h, out_w;
    int32_t window; /* of the max pool that the output goes through */
    uint8_t *place;
} job;

static inline job plan(const cama__conv *map, bool adjoint)
{
    const cama__axis *h = &map->h, *w = &map->w;
    job j = {.map = map,
             .adjoint = adjoint,
             .s = shape_of(map, adjoint),
             .in_size = cama__conv_in(map, adjoint),
             .out_size = cama__conv_out(map, adjoint),
             .in_w = adjoint ? w->small : w->big,
             .out_h = adjoint ? h->big : h->small,
             .out_w = adjoint ? w->big : w->small};
    j.panels = cama__panels(j.s.out);
    j.columns = map->patches && !adjoint ? cama__im2col_columns_size(map) : 0;
    return j;
}

/* What makes output pixel (oh, ow), with the weights of the first panel; in: the block's. */
static inline products pixel_products(const job *j, const real *in, int32_t oh, int32_t ow)
{
    const cama__conv *m = j->map;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr;
    const run h = run_of(&m->h, j->adjoint, oh), w = run_of(&m->w, j->adjoint, ow);
    products p = {.k = w.count * j->s.in, .count = w.count > 0 ? h.count : 0};
    p.a_step = m->w.taps * j->s.in * mr;
    p.b_step = (int64_t)j->in_w * j->s.in * nr;
    p.a = j->weights + ((int64_t)h.tap * m->w.taps + w.tap) * j->s.in * mr;
    p.b = in + ((int64_t)h.in * j->in_w + w.in) * j->s.in * nr;
    if (w.count == m->w.taps && w.count == j->in_w && p.count > 1) { /* rows follow each other without a gap */
        p.k *= p.count;
        p.count = 1;
    }
    return p;
}

/* The same from the columns of patches of rows of the big grid (im2col.h), of which the first is for output
 * row `first`. */
static inline products patch_products(const job *j, const real *columns, int32_t first, int32_t oh, int32_t ow)
{
    const int64_t at = (oh - first) * j->columns + ow * j->map->w.stride * cama__im2col_column(j->map);
    return (products){.a = j->weights, .b = columns + at * cama__kernel()->nr, .k = j->s.in, .count = 1};
}

static inline cama__small_k short_sums(const job *j)
{
    return (cama__small_k){j->s.in, j->s.out, panel_size(&j->s), j->weights, j->bias, j->relu};
}

/* ---- patches: columns of them, and the weights in their order ---- */

/* Columns of patches of some lines of the small grid, and what the kernel may read ahead. */
static inline int64_t columns_scratch(const cama__conv *m, int32_t lines)
{
    const cama__kernel_info *kernel = cama__kernel();
    return m->patches ? cama__round_16((lines * cama__im2col_columns_size(m) + kernel->mr) * kernel->nr) : 0;
}

/* Columns of patches hold the taps of a column one after the other, weights those of a line. */
static inline const real *weights_by_columns(const cama__conv *m, const real *weights, real *to)
{
    const int32_t mr = cama__kernel()->mr, channels = m->big_channels;
    const size_t pixel = (size_t)(channels * mr) * sizeof *to;
    real *next = to;
    for (int32_t out = 0; out < m->small_channels; out += mr)
        for (int32_t tw = 0; tw < m->w.taps; tw++)
            for (int32_t th = 0; th < m->h.taps; th++, next += channels * mr)
                memcpy(next, weights + cama__conv_weight_at(m, false, th, tw, 0, out), pixel);
    return to;
}

/* Patches in the direction correlate: the weights in the order of the columns, then the columns of each worker. */
static inline void use_columns(job *j, int32_t lines, real *work)
{
    j->weights = weights_by_columns(j->map, j->weights, work);
    j->work = work + cama__conv_weights(j->map, false);
    j->work_size = columns_scratch(j->map, lines);
}

#endif
