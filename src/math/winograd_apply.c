/* winograd_apply - the map by minimal filtering, and the max pool after it.
 *
 * A task goes down the lines of output of one block, or a band of them. Each line of input is transformed when it is
 * first met and held while taps meet it, so that transformed numbers never leave the cache. For a panel of output
 * channels a line of output is made tile by tile: the products of its points, summed over the lines of taps by the
 * kernel, then their transform. */
#include <string.h>

#include "correlate_axis.h"
#include "correlate_tile.h"
#include "winograd.h"

typedef struct {
    const cama__correlate *map;
    const cama__winograd *w;
    bool adjoint, relu;
    int32_t window, in_h, in_w, out_h, out_w, lines, bands; /* lines of input that are held */
    int64_t channels, out_channels, panels;                 /* in channels; out */
    const real *plain, *bias, *in;
    real *out, *weights, *scratch;
    uint8_t *place;
    int64_t held_size, scratch_size; /* held lines; what a worker needs */
    /* of the filters before: points, and places in a held line, one for each point of each tile */
    int32_t points[WINOGRAD_FILTERS + 1], places[WINOGRAD_FILTERS + 1];
} job;

/* ---- weights: (panel, tap line, tap, in, MR) to (panel, point, tap line, in, MR), the filters' points in turn ---- */

static int64_t panel_size(const job *j, int64_t columns)
{
    return columns * j->map->h.taps * j->channels * cama__kernel()->mr;
}

static int64_t weights_size(const job *j)
{
    return cama__round_16(j->panels * panel_size(j, j->points[j->w->filters]));
}

static real *weights_at(const job *j, int64_t panel, int32_t filter, int32_t point, int32_t line)
{
    const int64_t column = (int64_t)(j->points[filter] + point) * j->map->h.taps + line;
    return j->weights + panel * panel_size(j, j->points[j->w->filters]) + column * j->channels * cama__kernel()->mr;
}

static void weights_task(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const int32_t lines = j->map->h.taps, line = (int32_t)(index % lines), taps = j->map->w.taps;
    const int64_t panel = index / lines, tap = j->channels * cama__kernel()->mr;
    const real *plain = j->plain + panel * panel_size(j, taps) + line * taps * tap, *in[WINOGRAD_POINTS];
    real *out[WINOGRAD_POINTS];
    for (int32_t i = 0; i < j->w->filters; i++) {
        const cama__filter *f = &j->w->filter[i];
        for (int32_t t = 0; t < f->taps; t++) in[t] = plain + (f->tap + t) * tap;
        for (int32_t p = 0; p < f->points; p++) out[p] = weights_at(j, panel, i, p, line);
        cama__winograd_mix(f->weights, f->points, f->taps, in, out, tap, false);
    }
}

/* ---- lines of input ---- */

enum {
    HELD_NUMBERS = 5 << 16, /* that stay in cache beside the weights of a point */
    PIECE = 128             /* input numbers of one product: rounding grows with the length of a sum */
};

/* Lines of input, transformed: (place, line, channels, NR), where a place is a point of a tile of a filter: so the lines
 * of taps of a product follow each other. Lines [first, end) of the image are held. */
typedef struct {
    real *data;
    int32_t first, end;
} held;

static real *held_at(const job *j, const held *h, int32_t place, int32_t y)
{
    return h->data + ((int64_t)place * j->lines + y - h->first) * j->channels * cama__kernel()->nr;
}

static inline int32_t place_of(const job *j, int32_t filter, int32_t point, int32_t tile)
{
    return j->places[filter] + point * j->w->filter[filter].tiles + tile;
}

/* Forget the lines before y. */
static void move_up(const job *j, held *h, int32_t y)
{
    const size_t left = (size_t)((h->end - y) * j->channels * cama__kernel()->nr) * sizeof *h->data;
    for (int32_t place = 0; y > h->first && left > 0 && place < j->places[j->w->filters]; place++)
        memmove(held_at(j, h, place, h->first), held_at(j, h, place, y), left);
    h->first = y;
}

static void transform_tile(const job *j, const real *line, int32_t y, int32_t filter, int32_t tile, const held *h)
{
    const cama__filter *f = &j->w->filter[filter];
    const int64_t pixel = j->channels * cama__kernel()->nr;
    const real *from[WINOGRAD_POINTS];
    real *to[WINOGRAD_POINTS];
    for (int32_t i = 0; i < f->points; i++) {
        const int32_t x = f->origin + tile * f->outputs + i;
        from[i] = x >= 0 && x < j->in_w ? line + x * pixel : NULL;
        to[i] = held_at(j, h, place_of(j, filter, i, tile), y);
    }
    cama__winograd_mix(f->in, f->points, f->points, from, to, pixel, false);
}

static void transform_line(const job *j, const real *in, int32_t y, const held *h)
{
    const real *line = in + (int64_t)y * j->in_w * j->channels * cama__kernel()->nr;
    for (int32_t filter = 0; filter < j->w->filters; filter++)
        for (int32_t tile = 0; tile < j->w->filter[filter].tiles; tile++) transform_tile(j, line, y, filter, tile, h);
}

/* ---- a tile of the line of output that meets lines `of`: products of its points, then its pixels ---- */

static void multiply_point(const job *j, const held *h, const real *a, const run *of, int32_t place, real *product)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t rs = kernel->by_rows ? kernel->nr : 1, cs = kernel->by_rows ? 1 : kernel->mr;
    const int32_t piece = most_32(1, (int32_t)(PIECE / j->channels));
    for (int32_t i = 0; i < of->count; i += piece)
        cama__kernel_run(j->channels * least_32(piece, of->count - i), a + i * j->channels * kernel->mr,
                         held_at(j, h, place, of->in + i), i > 0, product, rs, cs);
}

static inline int32_t pixels_of(const cama__filter *f, int32_t tile)
{
    return least_32(f->outputs, f->count - tile * f->outputs);
}
static inline int32_t first_pixel(const cama__filter *f, int32_t tile)
{
    return f->first + f->step * tile * f->outputs;
}

/* Its pixels, MR x NR numbers each, `step` numbers apart. */
static void make_tile(const job *j, const held *h, int64_t panel, const run *of, int32_t filter, int32_t tile,
                      real *pixels, int64_t step)
{
    const cama__filter *f = &j->w->filter[filter];
    const int64_t size = cama__kernel()->mr * cama__kernel()->nr;
    _Alignas(CAMA__ALIGN) real at_point[WINOGRAD_POINTS * TILE_MAX];
    const real *from[WINOGRAD_POINTS];
    real *to[WINOGRAD_POINTS];
    for (int32_t i = 0; i < f->outputs; i++) to[i] = pixels + i * step;
    for (int32_t p = 0; p < f->points; p++) {
        real *product = f->points == 1 ? to[0] : at_point + p * size;
        multiply_point(j, h, weights_at(j, panel, filter, p, of->tap), of, place_of(j, filter, p, tile), product);
        from[p] = of->count > 0 ? product : NULL;
    }
    if (f->points > 1 || of->count == 0)
        cama__winograd_mix(f->out, pixels_of(f, tile), f->points, from, to, size, false);
}

/* ---- rows of output ---- */

/* A tile at a time, while it is in the first cache. */
static void make_line(const job *j, const held *h, int64_t panel, const run *of, real *pixels, real *out)
{
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, rows = tile_rows(j->out_channels, panel);
    for (int32_t filter = 0; filter < j->w->filters; filter++)
        for (int32_t tile = 0; tile < j->w->filter[filter].tiles; tile++) {
            const cama__filter *f = &j->w->filter[filter];
            real *to = out + (first_pixel(f, tile) * j->out_channels + panel * mr) * nr;
            const int64_t step = f->step * j->out_channels * nr;
            for (int32_t i = 0; i < pixels_of(f, tile); i++)
                expect_write(to + i * step, (size_t)(rows * nr) * sizeof *to);
            make_tile(j, h, panel, of, filter, tile, pixels, mr * nr);
            for (int32_t i = 0; i < pixels_of(f, tile); i++)
                store_tile(pixels + i * mr * nr, panel_bias(j->bias, panel), j->relu, rows, to + i * step);
        }
}

/* All pixels of a line side by side, for the pool. */
static void make_pixels(const job *j, const held *h, int64_t panel, const run *of, real *pixels)
{
    const int64_t size = cama__kernel()->mr * cama__kernel()->nr;
    for (int32_t filter = 0; filter < j->w->filters; filter++)
        for (int32_t tile = 0; tile < j->w->filter[filter].tiles; tile++) {
            const cama__filter *f = &j->w->filter[filter];
            make_tile(j, h, panel, of, filter, tile, pixels + first_pixel(f, tile) * size, f->step * size);
        }
}

/* The largest of each square of `lines` lines of pixels. */
static void store_pooled(const job *j, int64_t panel, int32_t lines, real *pixels, real *out, uint8_t *place)
{
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr;
    _Alignas(CAMA__ALIGN) real where[TILE_MAX];
    for (int32_t x = 0; x < j->out_w; x += j->window) {
        real *best = pixels + x * mr * nr;
        memset(where, 0, (size_t)(mr * nr) * sizeof *where);
        for (int32_t i = 1; i < lines * j->window; i++) {
            const int32_t y = i / j->window, column = x + i % j->window;
            if (column < j->out_w)
                keep_larger(pixels + (y * j->out_w + column) * mr * nr, (real)i, best, where, mr * nr);
        }
        const int64_t at = (x / j->window * j->out_channels + panel * mr) * nr;
        finish_pooled(best, where, panel_bias(j->bias, panel), j->relu, tile_rows(j->out_channels, panel), out + at,
                      place + at);
    }
}

static int32_t rows_of_output(const job *j) { return (j->out_h + j->window - 1) / j->window; }

/* One row of (pooled) output. */
static void make_row(const job *j, int64_t block, int32_t row, const held *h, real *pixels)
{
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr;
    const int32_t first = row * j->window, lines = least_32(j->window, j->out_h - first);
    const int32_t columns = (j->out_w + j->window - 1) / j->window;
    const int64_t at = (block * rows_of_output(j) + row) * columns * j->out_channels * nr;
    for (int64_t panel = 0; panel < j->panels; panel++) {
        for (int32_t y = 0; y < lines; y++) {
            const run of = run_of(&j->map->h, j->adjoint, first + y);
            if (j->window == 1)
                make_line(j, h, panel, &of, pixels, j->out + at);
            else
                make_pixels(j, h, panel, &of, pixels + y * j->out_w * mr * nr);
        }
        if (j->window > 1) store_pooled(j, panel, lines, pixels, j->out + at, j->place + at);
    }
}

static void band_task(void *arg, int64_t index, int32_t worker)
{
    const job *j = arg;
    const int64_t block = index / j->bands, band = index % j->bands, rows = rows_of_output(j);
    held h = {.data = j->scratch + worker * j->scratch_size};
    const real *in = j->in + block * j->in_h * j->in_w * j->channels * cama__kernel()->nr;
    for (int32_t row = (int32_t)(rows * band / j->bands); row < (int32_t)(rows * (band + 1) / j->bands); row++) {
        const int32_t last = least_32((row + 1) * j->window, j->out_h) - 1;
        const run top = run_of(&j->map->h, j->adjoint, row * j->window), low = run_of(&j->map->h, j->adjoint, last);
        const int32_t end = least_32(low.in + low.count, j->in_h);
        if (h.end < top.in) h.first = h.end = top.in;
        if (end - h.first > j->lines) move_up(j, &h, top.in);
        for (; h.end < end; h.end++) transform_line(j, in, h.end, &h);
        make_row(j, block, row, &h, h.data + j->held_size);
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
    for (int32_t i = 0; i < w->filters; i++) {
        j.points[i + 1] = j.points[i] + w->filter[i].points;
        j.places[i + 1] = j.places[i] + w->filter[i].points * w->filter[i].tiles;
    }
    const int64_t line = j.places[w->filters] * j.channels * kernel->nr;
    j.lines = least_32(j.in_h, most_32(map->h.taps + window - 1, (int32_t)(HELD_NUMBERS / line)));
    j.held_size = cama__round_16(j.lines * line);
    const int32_t pixels = window > 1 ? window * j.out_w : WINOGRAD_POINTS;
    j.scratch_size = cama__round_16(j.held_size + (int64_t)pixels * kernel->mr * kernel->nr);
    return j;
}

int64_t cama__winograd_apply_work(const cama__correlate *map, const cama__winograd *w, bool adjoint, int32_t window,
                                  int32_t threads)
{
    const job j = plan(map, w, adjoint, window);
    return weights_size(&j) + threads * j.scratch_size;
}

void cama__winograd_apply(cama__pool *pool, const cama__correlate *map, const cama__winograd *w, bool adjoint,
                          int32_t window, const real *weights, const real *bias, bool relu, int64_t blocks,
                          const real *in, real *out, uint8_t *place, real *work)
{
    const int64_t tasks = cama__pool_threads(pool) == 1 ? 1 : 4 * cama__pool_threads(pool);
    job j = plan(map, w, adjoint, window);
    j.plain = weights, j.bias = bias, j.relu = relu, j.in = in, j.out = out, j.place = place;
    j.weights = work, j.scratch = work + weights_size(&j);
    j.bands = least_32((int32_t)((tasks + blocks - 1) / blocks), rows_of_output(&j));
    cama__pool_run(pool, j.panels * map->h.taps, weights_task, &j);
    cama__pool_run(pool, blocks * j.bands, band_task, &j);
}
