/* conv_weights - packed weights: where each lies, and those of one direction from those of the other. */
#include <string.h>

#include "conv_geometry.h"

/* im2col pays while the gathered row stays cheap beside the multiplication. */
enum { PATCH_MAX = 64 };

void cama__conv_init(cama__conv *map)
{
    const int64_t taps = (int64_t)map->h.taps * map->w.taps;
    map->im2col = taps > 1 && taps * map->big_channels <= PATCH_MAX;
}

int64_t cama__conv_weights(const cama__conv *map, bool adjoint)
{
    const cama__product_shape s = cama__product_shape_of(map, adjoint);
    return cama__round_16(cama__panels(s.out) * cama__panel_size(&s));
}

int64_t cama__conv_weight_at(const cama__conv *map, bool adjoint, int32_t th, int32_t tw, int32_t big_channel,
                             int32_t small_channel)
{
    const cama__product_shape s = cama__product_shape_of(map, adjoint);
    const int64_t mr = cama__kernel()->mr, natural = (int64_t)th * map->w.taps + tw;
    const int64_t big = map->im2col ? natural * map->big_channels + big_channel : big_channel;
    const int64_t tap = map->im2col ? 0
                                    : (int64_t)cama__axis_tap_place(&map->h, adjoint, th) * map->w.taps +
                                          cama__axis_tap_place(&map->w, adjoint, tw);
    const int64_t out = adjoint ? big : small_channel, in = adjoint ? small_channel : big;
    return out / mr * cama__panel_size(&s) + (tap * s.in + in) * mr + out % mr;
}

/* For each tap, MR x MR blocks of the other direction, transposed. */
void cama__conv_transpose_panel(const cama__conv *m, bool adjoint, const real *other, int64_t panel, real *dst)
{
    const int64_t mr = cama__kernel()->mr;
    const cama__product_shape to = cama__product_shape_of(m, adjoint), from = cama__product_shape_of(m, !adjoint);
    const int64_t rows = to.out - panel * mr < mr ? to.out - panel * mr : mr;
    if (rows < mr) memset(dst, 0, (size_t)cama__panel_size(&to) * sizeof *dst);
    for (int64_t tap = 0; tap < to.taps; tap++) {
        const int32_t th = (int32_t)(tap / m->w.taps), tw = (int32_t)(tap % m->w.taps);
        const int64_t here =
            m->im2col ? 0
                      : cama__axis_tap_place(&m->h, adjoint, th) * m->w.taps + cama__axis_tap_place(&m->w, adjoint, tw);
        const int64_t there = m->im2col ? 0
                                        : cama__axis_tap_place(&m->h, !adjoint, th) * m->w.taps +
                                              cama__axis_tap_place(&m->w, !adjoint, tw);
        for (int64_t in = 0; in < to.in; in += mr) {
            const int64_t columns = to.in - in < mr ? to.in - in : mr;
            cama__layout_transpose(other + in / mr * cama__panel_size(&from) + (there * from.in + panel * mr) * mr, mr,
                                   rows, columns, dst + (here * to.in + in) * mr, mr);
        }
    }
}

typedef struct {
    const cama__conv *map;
    bool adjoint;
    const real *other;
    real *weights;
} job;

static void transpose_task(void *arg, int64_t panel, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const cama__product_shape to = cama__product_shape_of(j->map, j->adjoint);
    cama__conv_transpose_panel(j->map, j->adjoint, j->other, panel, j->weights + panel * cama__panel_size(&to));
}

void cama__conv_transpose(const cama__exec *exec, const cama__conv *map, bool adjoint, const real *other, real *weights)
{
    job j = {map, adjoint, other, weights};
    const cama__product_shape to = cama__product_shape_of(map, adjoint);
    cama__exec_run(exec, cama__panels(to.out), transpose_task, &j);
}
