/* winograd_apply - the map by minimal filtering, and the max pool after it.
 *
 * A task goes down the lines of output of one block, or a band of them. Each line of input is transformed when it is
 * first met and kept while taps meet it, in a ring of as many lines as one row of (pooled) output needs: so transformed
 * numbers never leave the cache. For a panel of output channels a line of output is made tile by tile: the products of
 * its points, summed over the lines of taps by the kernel, then their transform. */
#include <string.h>

#include "correlate_axis.h"
#include "correlate_tile.h"
#include "winograd.h"

typedef struct {
    const cama__correlate *map;
    const cama__winograd *w;
    bool adjoint, relu;
    int32_t window, in_h, in_w, out_h, out_w, ring, bands;
    int64_t channels, out_channels, panels; /* in channels; out */
    const real *plain, *bias, *in;
    real *out, *weights, *scratch;
    uint8_t *place;
    int64_t line_size, scratch_size; /* a transformed line; what a worker needs */
} job;

static inline int64_t round_16(int64_t a) { return (a + 15) / 16 * 16; }

/* ---- weights: (panel, tap line, tap, in, MR) to (panel, point, tap line, in, MR) ---- */

static int64_t panel_size(const job *j, int64_t columns)
{
    return columns * j->map->h.taps * j->channels * cama__kernel()->mr;
}

static void weights_task(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const int32_t lines = j->map->h.taps, line = (int32_t)(index % lines), taps = j->w->taps, points = j->w->points;
    const int64_t panel = index / lines, tap = j->channels * cama__kernel()->mr;
    const real *in[WINOGRAD_POINTS];
    real *out[WINOGRAD_POINTS];
    for (int32_t t = 0; t < taps; t++) in[t] = j->plain + panel * panel_size(j, taps) + (line * taps + t) * tap;
    for (int32_t p = 0; p < points; p++) out[p] = j->weights + panel * panel_size(j, points) + (p * lines + line) * tap;
    cama__winograd_mix(j->w->weights, points, taps, in, out, tap, false);
}

/* ---- lines ---- */

/* Line y of the input of a block to (point, tile, channels, NR). */
static void transform_line(const job *j, const real *in, int32_t y, real *line)
{
    const int64_t pixel = j->channels * cama__kernel()->nr;
    for (int32_t tile = 0; tile < j->w->tiles; tile++) {
        const real *from[WINOGRAD_POINTS];
        real *to[WINOGRAD_POINTS];
        for (int32_t i = 0; i < j->w->points; i++) {
            const int32_t x = tile * j->w->outputs - j->w->pad + i;
            from[i] = x >= 0 && x < j->in_w ? in + ((int64_t)y * j->in_w + x) * pixel : NULL;
            to[i] = line + ((int64_t)i * j->w->tiles + tile) * pixel;
        }
        cama__winograd_mix(j->w->in, j->w->points, j->w->points, from, to, pixel, false);
    }
}

/* One tile of output line y: the products of its points, then its pixels, MR x NR numbers each. */
static void make_tile(const job *j, const real *ring, int64_t panel, const run *h, int32_t tile, real *pixels)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t mr = kernel->mr, nr = kernel->nr, pixel = j->channels * nr, tap = j->channels * mr;
    const int64_t rs = kernel->by_rows ? nr : 1, cs = kernel->by_rows ? 1 : mr;
    const int32_t left = j->out_w - tile * j->w->outputs;
    _Alignas(CAMA__ALIGN) real at_point[WINOGRAD_POINTS * TILE_MAX];
    const real *from[WINOGRAD_POINTS];
    real *to[WINOGRAD_POINTS];
    for (int32_t p = 0; p < j->w->points; p++) {
        const real *a = j->weights + panel * panel_size(j, j->w->points) + (p * j->map->h.taps + h->tap) * tap;
        const real *b = ring + ((int64_t)p * j->w->tiles + tile) * pixel;
        for (int32_t i = 0; i < h->count; i++)
            cama__kernel_run(j->channels, a + i * tap, b + (h->in + i) % j->ring * j->line_size, i > 0,
                             at_point + p * mr * nr, rs, cs);
        from[p] = h->count > 0 ? at_point + p * mr * nr : NULL;
    }
    for (int32_t i = 0; i < j->w->outputs; i++) to[i] = pixels + i * mr * nr;
    cama__winograd_mix(j->w->out, least_32(j->w->outputs, left), j->w->points, from, to, mr * nr, false);
}

/* ---- rows of output ---- */

static void store_line(const job *j, int64_t panel, real *pixels, real *out)
{
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, rest = j->out_channels - panel * mr;
    const real *bias = j->bias == NULL ? NULL : j->bias + panel * mr;
    for (int32_t x = 0; x < j->out_w; x++)
        store_tile(pixels + x * mr * nr, bias, j->relu, rest < mr ? rest : mr,
                   out + (x * j->out_channels + panel * mr) * nr);
}

/* The largest of each square of `lines` lines of pixels, line_pixels apart. */
static void store_pooled(const job *j, int64_t panel, int32_t lines, int64_t line_pixels, real *pixels, real *out,
                         uint8_t *place)
{
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, rest = j->out_channels - panel * mr;
    const real *bias = j->bias == NULL ? NULL : j->bias + panel * mr;
    _Alignas(CAMA__ALIGN) real where[TILE_MAX];
    for (int32_t x = 0; x < j->out_w; x += j->window) {
        real *best = pixels + x * mr * nr;
        memset(where, 0, (size_t)(mr * nr) * sizeof *where);
        for (int32_t i = 1; i < lines * j->window; i++) {
            const int32_t y = i / j->window, column = x + i % j->window;
            if (column < j->out_w)
                keep_larger(pixels + (y * line_pixels + column) * mr * nr, (real)i, best, where, mr * nr);
        }
        const int64_t at = (x / j->window * j->out_channels + panel * mr) * nr;
        finish_pooled(best, where, bias, j->relu, rest < mr ? rest : mr, out + at, place + at);
    }
}

static int32_t rows_of_output(const job *j) { return (j->out_h + j->window - 1) / j->window; }

/* One row of (pooled) output from the lines of the ring. */
static void make_row(const job *j, int64_t block, int32_t row, const real *ring, real *pixels)
{
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, line = (int64_t)j->w->tiles * j->w->outputs;
    const int32_t first = row * j->window, lines = least_32(j->window, j->out_h - first);
    const int32_t columns = (j->out_w + j->window - 1) / j->window;
    const int64_t at = (block * rows_of_output(j) + row) * columns * j->out_channels * nr;
    for (int64_t panel = 0; panel < j->panels; panel++) {
        for (int32_t y = 0; y < lines; y++) {
            const run h = run_of(&j->map->h, j->adjoint, first + y);
            for (int32_t tile = 0; tile < j->w->tiles; tile++)
                make_tile(j, ring, panel, &h, tile, pixels + (y * line + tile * j->w->outputs) * mr * nr);
        }
        if (j->window > 1)
            store_pooled(j, panel, lines, line, pixels, j->out + at, j->place + at);
        else
            store_line(j, panel, pixels, j->out + at);
    }
}

static void band_task(void *arg, int64_t index, int32_t worker)
{
    const job *j = arg;
    const int64_t block = index / j->bands, band = index % j->bands, rows = rows_of_output(j);
    real *ring = j->scratch + worker * j->scratch_size, *pixels = ring + j->ring * j->line_size;
    const real *in = j->in + block * j->in_h * j->in_w * j->channels * cama__kernel()->nr;
    int32_t ready = 0; /* lines of input before this one are transformed, or not needed */
    for (int32_t row = (int32_t)(rows * band / j->bands); row < (int32_t)(rows * (band + 1) / j->bands); row++) {
        const int32_t last = least_32((row + 1) * j->window, j->out_h) - 1;
        const run first = run_of(&j->map->h, j->adjoint, row * j->window), end = run_of(&j->map->h, j->adjoint, last);
        if (ready < first.in) ready = first.in;
        for (; ready < least_32(end.in + end.count, j->in_h); ready++)
            transform_line(j, in, ready, ring + ready % j->ring * j->line_size);
        make_row(j, block, row, ring, pixels);
    }
}

/* ---- entry ---- */

static job plan(const cama__correlate *map, const cama__winograd *w, bool adjoint, int32_t window)
{
    const cama__kernel_info *kernel = cama__kernel();
    job j = {.map = map, .w = w, .adjoint = adjoint, .window = window};
    j.in_h = adjoint ? map->h.small : map->h.big, j.in_w = adjoint ? map->w.small : map->w.big;
    j.out_h = adjoint ? map->h.big : map->h.small, j.out_w = adjoint ? map->w.big : map->w.small;
    j.channels = adjoint ? map->small_channels : map->big_channels;
    j.out_channels = adjoint ? map->big_channels : map->small_channels;
    j.panels = cama__panels(j.out_channels);
    j.ring = map->h.taps + window - 1;
    j.line_size = round_16((int64_t)w->points * w->tiles * j.channels * kernel->nr);
    j.scratch_size = round_16(j.ring * j.line_size + (int64_t)window * w->tiles * w->outputs * kernel->mr * kernel->nr);
    return j;
}

int64_t cama__winograd_apply_work(const cama__correlate *map, const cama__winograd *w, bool adjoint, int32_t window,
                                  int32_t threads)
{
    const job j = plan(map, w, adjoint, window);
    return round_16(j.panels * panel_size(&j, w->points)) + threads * j.scratch_size;
}

void cama__winograd_apply(cama__pool *pool, const cama__correlate *map, const cama__winograd *w, bool adjoint,
                          int32_t window, const real *weights, const real *bias, bool relu, int64_t blocks,
                          const real *in, real *out, uint8_t *place, real *work)
{
    const int64_t tasks = cama__pool_threads(pool) == 1 ? 1 : 4 * cama__pool_threads(pool);
    job j = plan(map, w, adjoint, window);
    j.plain = weights, j.bias = bias, j.relu = relu, j.in = in, j.out = out, j.place = place;
    j.weights = work, j.scratch = work + round_16(j.panels * panel_size(&j, w->points));
    j.bands = least_32((int32_t)((tasks + blocks - 1) / blocks), rows_of_output(&j));
    cama__pool_run(pool, j.panels * map->h.taps, weights_task, &j);
    cama__pool_run(pool, blocks * j.bands, band_task, &j);
}
