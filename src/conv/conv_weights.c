/* conv_weights - packed weights: where each lies, and those of one direction from those of the other. */
#include <string.h>

#include "conv_axis.h"
#include "conv_shape.h"

/* Patches pay while the gathered row stays cheap beside the multiplication. */
enum { PATCH_MAX = 64 };

void cama__conv_init(cama__conv *map)
{
    const int64_t taps = (int64_t)map->h.taps * map->w.taps;
    map->patches = taps > 1 && taps * map->big_channels <= PATCH_MAX;
}

int64_t cama__conv_weights(const cama__conv *map, bool adjoint)
{
    const shape s = shape_of(map, adjoint);
    return cama__round_16(cama__panels(s.out) * panel_size(&s));
}

int64_t cama__conv_weight_at(const cama__conv *map, bool adjoint, int32_t th, int32_t tw, int32_t big_channel,
                             int32_t small_channel)
{
    const shape s = shape_of(map, adjoint);
    const int64_t mr = cama__kernel()->mr, natural = (int64_t)th * map->w.taps + tw;
    const int64_t big = map->patches ? natural * map->big_channels + big_channel : big_channel;
    const int64_t tap =
        map->patches ? 0 : (int64_t)tap_place(&map->h, adjoint, th) * map->w.taps + tap_place(&map->w, adjoint, tw);
    const int64_t out = adjoint ? big : small_channel, in = adjoint ? small_channel : big;
    return out / mr * panel_size(&s) + (tap * s.in + in) * mr + out % mr;
}

/* One panel of the turned weights: for each tap, MR x MR blocks of the other direction, transposed. */
void cama__conv_transpose_panel(const cama__conv *m, bool adjoint, const real *other, int64_t panel, real *dst)
{
    const int64_t mr = cama__kernel()->mr;
    const shape to = shape_of(m, adjoint), from = shape_of(m, !adjoint);
    const int64_t rows = to.out - panel * mr < mr ? to.out - panel * mr : mr;
    if (rows < mr) memset(dst, 0, (size_t)panel_size(&to) * sizeof *dst);
    for (int64_t tap = 0; tap < to.taps; tap++) {
        const int32_t th = (int32_t)(tap / m->w.taps), tw = (int32_t)(tap % m->w.taps);
        const int64_t here = m->patches ? 0 : tap_place(&m->h, adjoint, th) * m->w.taps + tap_place(&m->w, adjoint, tw);
        const int64_t there =
            m->patches ? 0 : tap_place(&m->h, !adjoint, th) * m->w.taps + tap_place(&m->w, !adjoint, tw);
        for (int64_t in = 0; in < to.in; in += mr) {
            const int64_t columns = to.in - in < mr ? to.in - in : mr;
            cama__layout_transpose(other + in / mr * panel_size(&from) + (there * from.in + panel * mr) * mr, mr, rows,
                                   columns, dst + (here * to.in + in) * mr, mr);
        }
    }
}

typedef struct {
    const cama__conv *map;
    bool adjoint;
    const real *other;
    real *weights;
} turning;

static void turn_task(void *arg, int64_t panel, int32_t worker)
{
    (void)worker;
    const turning *t = arg;
    const shape to = shape_of(t->map, t->adjoint);
    cama__conv_transpose_panel(t->map, t->adjoint, t->other, panel, t->weights + panel * panel_size(&to));
}

void cama__conv_transpose(cama__pool *pool, const cama__conv *map, bool adjoint, const real *other, real *weights)
{
    turning t = {map, adjoint, other, weights};
    const shape to = shape_of(map, adjoint);
    cama__pool_run(pool, cama__panels(to.out), turn_task, &t);
}
