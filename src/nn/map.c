/* map - see map.h. */
#include "map.h"

#include <string.h>

#include "../tensor/epilogue.h"
#include "../conv/small_batch.h"
#include "../conv/winograd.h"

/* ---- as many rows as there are ---- */

static const real *ready_weights(const cama__exec *work, const real *weights)
{
    for (int32_t i = 0; work->ready != NULL && i < work->ready->count; i++)
        if (work->ready->weights[i] == weights) return work->ready->transformed[i];
    return NULL;
}

static const real *transform(const cama__exec *work, const cama__conv *map, const cama__winograd *w, bool adjoint,
                             const real *weights)
{
    real *to = cama__exec_reals(work, cama__winograd_weights(map, w, adjoint));
    const size_t mark = cama__arena_mark(work->arena);
    real *scratch = cama__exec_reals(work, cama__winograd_prepare_work(map, w, adjoint, cama__exec_threads(work)));
    if (!cama__exec_measures(work)) cama__winograd_prepare(work->pool, map, w, adjoint, weights, to, scratch);
    cama__arena_release(work->arena, mark);
    return to;
}

void cama__map_prepare(const cama__exec *work, const cama__conv *map, bool adjoint, const real *weights,
                       cama__prepared *ready)
{
    cama__winograd w;
    if (ready->count == PREPARED_MOST || !work->winograd || !cama__winograd_plan(map, adjoint, &w)) return;
    ready->transformed[ready->count] = transform(work, map, &w, adjoint, weights);
    ready->weights[ready->count++] = weights;
}

static void apply_filtered(const cama__exec *work, const cama__conv *map, const cama__winograd *w, bool adjoint,
                           const cama__map_then *then, const real *weights, int64_t blocks, const real *in, real *out,
                           uint8_t *place)
{
    const int32_t threads = cama__exec_threads(work), window = then->pool == NULL ? 1 : then->pool->window;
    const real *ready = ready_weights(work, weights);
    if (ready == NULL) ready = transform(work, map, w, adjoint, weights);
    real *scratch = cama__exec_reals(work, cama__winograd_forward_work(map, w, adjoint, window, threads));
    if (!cama__exec_measures(work))
        cama__winograd_forward(work->pool, map, w, adjoint, window, ready, then->bias, then->relu, blocks, in, out,
                               place, scratch);
}

/* w NULL: the plain way. */
static void apply(const cama__exec *work, const cama__conv *map, const cama__winograd *w, bool adjoint,
                  const cama__map_then *then, const real *weights, int64_t blocks, const real *in, real *out,
                  uint8_t *place)
{
    if (w != NULL) {
        apply_filtered(work, map, w, adjoint, then, weights, blocks, in, out, place);
        return;
    }
    const int32_t threads = cama__exec_threads(work), window = then->pool == NULL ? 1 : then->pool->window;
    real *scratch = cama__exec_reals(work, window > 1 ? cama__conv_pooled_work(map, window, threads)
                                                      : cama__conv_apply_work(map, adjoint, threads));
    if (cama__exec_measures(work)) return;
    if (window > 1)
        cama__conv_apply_pooled(work->pool, map, window, weights, then->bias, then->relu, blocks, in, out, place,
                                scratch);
    else
        cama__conv_apply(work->pool, map, adjoint, weights, then->bias, then->relu, blocks, in, out, scratch);
}

/* ---- few rows: windows of the images are rows, too ---- */

static cama__grid in_grid(const cama__conv *m) { return (cama__grid){m->h.big, m->w.big, m->big_channels}; }
static cama__grid out_grid(const cama__conv *m, const cama__maxpool *pool)
{
    const int32_t window = pool == NULL ? 1 : pool->window;
    return (cama__grid){cama__maxpool_out(m->h.small, window), cama__maxpool_out(m->w.small, window),
                        m->small_channels};
}
static int64_t grid_size(cama__grid g) { return (int64_t)g.h * g.w * g.channels; }

/* A window as a map of its own: without padding, as large as its input. */
static cama__axis window_axis(const cama__axis *a, int32_t outputs)
{
    return (cama__axis){(outputs - 1) * a->stride + a->taps, outputs, a->taps, a->stride, 0};
}

/* All windows of one kind, through a map of theirs, to their places in out. */
static void apply_windows(const cama__exec *work, const cama__conv *map, const cama__conv *of_window,
                          const cama__winograd *w, const cama__small_batch *windows, const cama__map_then *then,
                          const real *weights, int64_t rows, const real *in, real *out, uint8_t *place)
{
    const int64_t all = cama__small_batch_rows(windows, rows);
    const cama__grid made = out_grid(of_window, then->pool), whole = out_grid(map, then->pool);
    const size_t mark = cama__arena_mark(work->arena);
    real *from = cama__exec_tensor(work, all, grid_size(in_grid(of_window)));
    real *to = cama__exec_tensor(work, all, grid_size(made));
    uint8_t *places =
        then->pool == NULL
            ? NULL
            : cama__arena_take(work->arena, (size_t)(cama__blocks(all) * cama__kernel()->nr), (size_t)grid_size(made));
    if (!cama__exec_measures(work)) cama__small_batch_take(windows, rows, in_grid(map), in, from);
    apply(work, of_window, w, false, then, weights, cama__blocks(all), from, to, places);
    if (!cama__exec_measures(work)) {
        cama__small_batch_put(windows, rows, whole, to, out);
        if (places != NULL) cama__small_batch_put_places(windows, rows, whole, places, place);
    }
    cama__arena_release(work->arena, mark);
}

static void clear(const cama__exec *work, int64_t rows, int64_t size, real *out, uint8_t *place)
{
    const size_t count = (size_t)(cama__blocks(rows) * cama__kernel()->nr * size);
    if (cama__exec_measures(work)) return;
    memset(out, 0, count * sizeof *out); /* lanes past the last row are finite */
    if (place != NULL) memset(place, 0, count);
}

static cama__small_batch_axis tiles_of(const cama__tiling *t)
{
    const int32_t size = t->filter.out.size;
    return (cama__small_batch_axis){t->tiles, t->origin, t->step, t->filter.in.size, 0, size, size};
}

static cama__tiling one_tile(const cama__tiling *t)
{
    return (cama__tiling){.tiles = 1, .outputs = t->filter.out.size, .filter = t->filter};
}

/* Windows of large filters overlap so much that they would be many times the image: not then. */
static bool overlap(const cama__conv *map, const cama__winograd *w)
{
    enum { TIMES_MOST = 3 };
    const int64_t h = (int64_t)w->h.tiles * w->h.filter.in.size, width = (int64_t)w->w.tiles * w->w.filter.in.size;
    return h * width > TIMES_MOST * (int64_t)(map->h.big + 2 * map->h.pad) * (map->w.big + 2 * map->w.pad);
}

/* Tiles of the filter are the windows, so that a pixel is made by the filter that makes it anyway. A pool comes
 * afterwards, because its squares do not keep to tiles, and before bias and ReLU, as it does for many rows. */
static void apply_filtered_windows(const cama__exec *work, const cama__conv *map, const cama__winograd *w,
                                   const cama__map_then *then, const real *weights, int64_t rows, const real *in,
                                   real *out, uint8_t *place)
{
    const cama__map_then bare = {NULL, false, NULL}, *first = then->pool == NULL ? then : &bare;
    const int64_t size = grid_size(out_grid(map, NULL)), nr = cama__kernel()->nr;
    const cama__small_batch windows = {tiles_of(&w->h), tiles_of(&w->w)};
    const cama__winograd of_window = {one_tile(&w->h), one_tile(&w->w)};
    cama__conv m = *map;
    m.h = window_axis(&map->h, windows.h.out_size), m.w = window_axis(&map->w, windows.w.out_size);
    real *before = then->pool == NULL ? out : cama__exec_tensor(work, rows, size);
    clear(work, rows, size, before, NULL);
    apply_windows(work, map, &m, &of_window, &windows, first, weights, rows, in, before, NULL);
    if (then->pool == NULL || cama__exec_measures(work)) return;
    cama__maxpool_forward(work->pool, then->pool, cama__blocks(rows), before, out, place);
    const cama__grid made = out_grid(map, then->pool);
    for (int64_t pixel = 0; pixel < cama__blocks(rows) * made.h * made.w; pixel++)
        cama__epilogue_rows(out + pixel * made.channels * nr, made.channels, nr, then->bias, then->relu);
}

/* Patches have no tiles: windows are as many equal ones, of whole squares of the pool, as there are lanes for. Squares
 * that hang over the edge would count what lies behind it. */
static bool plan_patches(const cama__conv *map, const cama__maxpool *pool, int64_t rows, cama__small_batch *w)
{
    const int32_t window = pool == NULL ? 1 : pool->window, nr = cama__kernel()->nr;
    int32_t best = map->h.small * map->w.small, best_h = 0, best_w = 0;
    for (int32_t i = 1; i * rows <= nr; i++) {
        const int32_t j = (int32_t)(nr / (i * rows));
        const int32_t h = cama__maxpool_out((map->h.small + i - 1) / i, window) * window;
        const int32_t width = cama__maxpool_out((map->w.small + j - 1) / j, window) * window;
        if (h * width < best) best = h * width, best_h = h, best_w = width;
    }
    if (map->h.small % window != 0 || map->w.small % window != 0 || 2 * best > map->h.small * map->w.small)
        return false;
    const int32_t each[] = {best_h, best_w};
    const cama__axis *axes[] = {&map->h, &map->w};
    cama__small_batch_axis *to[] = {&w->h, &w->w};
    for (int i = 0; i < 2; i++)
        *to[i] = (cama__small_batch_axis){.windows = (axes[i]->small + each[i] - 1) / each[i],
                                          .in = -axes[i]->pad,
                                          .in_step = each[i] * axes[i]->stride,
                                          .in_size = window_axis(axes[i], each[i]).big,
                                          .out_step = each[i] / window,
                                          .out_size = each[i] / window};
    return true;
}

static void apply_patch_windows(const cama__exec *work, const cama__conv *map, const cama__small_batch *windows,
                                const cama__map_then *then, const real *weights, int64_t rows, const real *in,
                                real *out, uint8_t *place)
{
    const int32_t window = then->pool == NULL ? 1 : then->pool->window;
    cama__conv m = *map;
    m.h = window_axis(&map->h, windows->h.out_size * window), m.w = window_axis(&map->w, windows->w.out_size * window);
    clear(work, rows, grid_size(out_grid(map, then->pool)), out, place);
    apply_windows(work, map, &m, NULL, windows, then, weights, rows, in, out, place);
}

/* ---- entry ---- */

static bool few(int64_t rows) { return 2 * rows <= cama__kernel()->nr; }

void cama__map_apply(const cama__exec *work, const cama__conv *map, bool adjoint, const cama__map_then *then,
                     const real *weights, int64_t rows, const real *in, real *out, uint8_t *place)
{
    const size_t mark = cama__arena_mark(work->arena);
    cama__winograd w;
    cama__small_batch windows;
    const bool filtered = work->winograd && cama__winograd_plan(map, adjoint, &w);
    const bool cut = few(rows) && !adjoint && !work->whole;
    if (cut && filtered && w.h.tiles * w.w.tiles > 1 && !overlap(map, &w))
        apply_filtered_windows(work, map, &w, then, weights, rows, in, out, place);
    else if (cut && map->patches && plan_patches(map, then->pool, rows, &windows))
        apply_patch_windows(work, map, &windows, then, weights, rows, in, out, place);
    else
        apply(work, map, filtered ? &w : NULL, adjoint, then, weights, cama__blocks(rows), in, out, place);
    cama__arena_release(work->arena, mark);
}

void cama__map_backward(const cama__exec *work, const cama__conv *map, const real *weights, int64_t rows,
                        const real *dout, real *din)
{
    const bool adjoint = !map->adjoint;
    const size_t mark = cama__arena_mark(work->arena);
    cama__winograd w;
    if (work->winograd && cama__winograd_plan(map, adjoint, &w)) {
        real *turned = cama__exec_reals(work, cama__conv_weights(map, adjoint));
        if (!cama__exec_measures(work)) cama__conv_transpose(work->pool, map, adjoint, weights, turned);
        apply(work, map, &w, adjoint, &(cama__map_then){NULL, false, NULL}, turned, cama__blocks(rows), dout, din,
              NULL);
    } else {
        const int64_t size = cama__conv_apply_transposed_work(map, adjoint, cama__exec_threads(work));
        real *scratch = cama__exec_reals(work, size);
        if (!cama__exec_measures(work))
            cama__conv_apply_transposed(work->pool, map, adjoint, weights, cama__blocks(rows), dout, din, scratch);
    }
    cama__arena_release(work->arena, mark);
}

void cama__map_gradient(const cama__exec *work, const cama__conv *map, const cama__maxpool *pool, int64_t rows,
                        int64_t chunk, const real *in, const real *dout, const uint8_t *place, real *dweights)
{
    const int32_t threads = cama__exec_threads(work), window = pool == NULL ? 1 : pool->window;
    const int64_t blocks = cama__blocks(rows);
    const size_t mark = cama__arena_mark(work->arena);
    cama__winograd w;
    const bool winograd = work->winograd && cama__winograd_plan_wgrad(map, &w);
    real *scratch = cama__exec_reals(work, winograd ? cama__winograd_wgrad_work(map, &w, blocks, chunk, threads)
                                                    : cama__conv_wgrad_work(map, blocks, chunk, threads));
    if (!cama__exec_measures(work)) {
        if (winograd)
            cama__winograd_wgrad(work->pool, map, &w, window, blocks, chunk, in, dout, pool == NULL ? NULL : place,
                                 dweights, scratch);
        else if (pool != NULL)
            cama__conv_wgrad_pooled(work->pool, map, window, blocks, chunk, in, dout, place, dweights, scratch);
        else
            cama__conv_wgrad(work->pool, map, blocks, chunk, in, dout, dweights, scratch);
    }
    cama__arena_release(work->arena, mark);
}
