/* winograd_weights - packed weights transformed to the points of a filter: (panel, taps, in, MR) to (weight point,
 * panel, in, MR), so that all panels of a point lie together. */
#include "winograd.h"

typedef struct {
    const cama__conv *map;
    const cama__winograd_transform *h, *w;
    const real *packed;
    real *to, *scratch;
    int64_t panels, tap, point, scratch_size; /* numbers of a tap of a panel, of a point, of a worker's lines */
} job;

static void panel_task(void *arg, int64_t panel, int32_t worker)
{
    const job *j = arg;
    const int32_t lines = j->map->h.taps, columns = j->map->w.taps;
    real *along_w = j->scratch + worker * j->scratch_size; /* (taps h, points w, in, MR) */
    const real *packed = j->packed + panel * lines * columns * j->tap;
    for (int32_t line = 0; line < lines; line++)
        cama__winograd_input_transform(j->w, 0, columns, false,
                                       &(cama__winograd_vectors){.from = packed + line * columns * j->tap,
                                                                 .step = j->tap,
                                                                 .to = along_w + line * j->w->points * j->tap,
                                                                 .to_step = j->tap,
                                                                 .count = j->tap});
    for (int32_t p = 0; p < j->w->points; p++)
        cama__winograd_input_transform(j->h, 0, lines, false,
                                       &(cama__winograd_vectors){.from = along_w + p * j->tap,
                                                                 .step = j->w->points * j->tap,
                                                                 .to = j->to + p * j->point + panel * j->tap,
                                                                 .to_step = j->w->points * j->point,
                                                                 .count = j->tap});
}

static job plan(const cama__conv *map, const cama__winograd *w, bool adjoint)
{
    const int64_t in = adjoint ? map->small_channels : map->big_channels;
    job j = {.map = map, .h = &w->h.filter.weights, .w = &w->w.filter.weights, .tap = in * cama__kernel()->mr};
    j.panels = cama__panels(adjoint ? map->big_channels : map->small_channels);
    j.point = j.panels * j.tap;
    j.scratch_size = cama__round_16(map->h.taps * j.w->points * j.tap);
    return j;
}

const real *cama__winograd_prepare(const cama__exec *exec, const cama__conv *map, const cama__winograd *w, bool adjoint,
                                   const real *weights)
{
    job j = plan(map, w, adjoint);
    j.packed = weights, j.to = cama__exec_reals(exec, cama__round_16(j.h->points * j.w->points * j.point));
    const size_t mark = cama__arena_mark(exec->arena);
    j.scratch = cama__exec_reals(exec, j.scratch_size * cama__exec_threads(exec));
    cama__exec_run(exec, j.panels, panel_task, &j);
    cama__arena_release(exec->arena, mark);
    return j.to;
}
