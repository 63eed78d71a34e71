/* winograd_weights - packed weights spread over the points of a filter: (panel, taps, in, MR) to (weight point, panel,
 * in, MR), so that all panels of a point lie together. */
#include "winograd.h"

typedef struct {
    const cama__conv *map;
    const cama__winograd_transform *h, *w;
    const real *plain;
    real *spread, *scratch;
    int64_t tap, point, scratch_size; /* numbers of a tap of a panel, of a point, of a worker's lines */
} job;

static void panel_task(void *arg, int64_t panel, int32_t worker)
{
    const job *j = arg;
    const int32_t lines = j->map->h.taps, columns = j->map->w.taps;
    real *along_w = j->scratch + worker * j->scratch_size; /* (taps h, points w, in, MR) */
    for (int32_t line = 0; line < lines; line++)
        cama__winograd_input_transform(j->w, j->plain + (panel * lines + line) * columns * j->tap, j->tap, 0, columns,
                                       false, along_w + line * j->w->points * j->tap, j->tap, j->tap);
    for (int32_t p = 0; p < j->w->points; p++)
        cama__winograd_input_transform(j->h, along_w + p * j->tap, j->w->points * j->tap, 0, lines, false,
                                       j->spread + p * j->point + panel * j->tap, j->w->points * j->point, j->tap);
}

static job plan(const cama__conv *map, const cama__winograd *w, bool adjoint)
{
    const int64_t in = adjoint ? map->small_channels : map->big_channels;
    const int64_t panels = cama__panels(adjoint ? map->big_channels : map->small_channels);
    job j = {.map = map, .h = &w->h.filter.weights, .w = &w->w.filter.weights, .tap = in * cama__kernel()->mr};
    j.point = panels * j.tap;
    j.scratch_size = cama__round_16(map->h.taps * j.w->points * j.tap);
    return j;
}

int64_t cama__winograd_weights(const cama__conv *map, const cama__winograd *w, bool adjoint)
{
    const job j = plan(map, w, adjoint);
    return cama__round_16(j.h->points * j.w->points * j.point);
}

int64_t cama__winograd_prepare_work(const cama__conv *map, const cama__winograd *w, bool adjoint, int32_t threads)
{
    return plan(map, w, adjoint).scratch_size * threads;
}

void cama__winograd_prepare(cama__pool *pool, const cama__conv *map, const cama__winograd *w, bool adjoint,
                            const real *weights, real *spread, real *work)
{
    job j = plan(map, w, adjoint);
    j.plain = weights, j.spread = spread, j.scratch = work;
    cama__pool_run(pool, cama__panels(adjoint ? map->big_channels : map->small_channels), panel_task, &j);
}
