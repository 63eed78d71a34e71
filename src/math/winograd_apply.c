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

/* ---- lines of input ---- */

enum {
    HELD_NUMBERS = 5 << 16, /* that stay in cache beside the weights of a point */
    PIECE = 128             /* input numbers of one product: rounding grows with the length of a sum */
};

/* Lines of input, transformed: (point, tile, line, channels, NR), so that the lines of taps of a product follow each
 * other. Lines [first, end) of the image are held. */
typedef struct {
    real *data;
    int32_t first, end;
} held;

static real *held_at(const job *j, const held *h, int32_t point, int32_t tile, int32_t y)
{
    const int64_t pixel = j->channels * cama__kernel()->nr;
    return h->data + (((int64_t)point * j->w->tiles + tile) * j->lines + y - h->first) * pixel;
}

/* Forget the lines before y. */
static void move_up(const job *j, held *h, int32_t y)
{
    const size_t left = (size_t)((h->end - y) * j->channels * cama__kernel()->nr) * sizeof *h->data;
    for (int32_t p = 0; y > h->first && p < j->w->points; p++)
        for (int32_t tile = 0; left > 0 && tile < j->w->tiles; tile++)
            memmove(held_at(j, h, p, tile, h->first), held_at(j, h, p, tile, y), left);
    h->first = y;
}

static void transform_line(const job *j, const real *in, int32_t y, const held *h)
{
    const int64_t pixel = j->channels * cama__kernel()->nr;
    for (int32_t tile = 0; tile < j->w->tiles; tile++) {
        const real *from[WINOGRAD_POINTS];
        real *to[WINOGRAD_POINTS];
        for (int32_t i = 0; i < j->w->points; i++) {
            const int32_t x = tile * j->w->outputs - j->w->pad + i;
            from[i] = x >= 0 && x < j->in_w ? in + ((int64_t)y * j->in_w + x) * pixel : NULL;
            to[i] = held_at(j, h, i, tile, y);
        }
        cama__winograd_mix(j->w->in, j->w->points, j->w->points, from, to, pixel, false);
    }
}

/* One tile of the line of output that meets lines `of`: the products of its points, then its pixels, MR x NR numbers
 * each. */
static void make_tile(const job *j, const held *h, int64_t panel, const run *of, int32_t tile, real *pixels)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t mr = kernel->mr, nr = kernel->nr, tap = j->channels * mr;
    const int64_t rs = kernel->by_rows ? nr : 1, cs = kernel->by_rows ? 1 : mr;
    const int32_t left = j->out_w - tile * j->w->outputs, piece = most_32(1, (int32_t)(PIECE / j->channels));
    _Alignas(CAMA__ALIGN) real at_point[WINOGRAD_POINTS * TILE_MAX];
    const real *from[WINOGRAD_POINTS];
    real *to[WINOGRAD_POINTS];
    for (int32_t p = 0; p < j->w->points; p++) {
        const real *a = j->weights + panel * panel_size(j, j->w->points) + (p * j->map->h.taps + of->tap) * tap;
        from[p] = of->count > 0 ? at_point + p * mr * nr : NULL;
        for (int32_t i = 0; i < of->count; i += piece)
            cama__kernel_run(j->channels * least_32(piece, of->count - i), a + i * tap,
                             held_at(j, h, p, tile, of->in + i), i > 0, at_point + p * mr * nr, rs, cs);
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

/* One row of (pooled) output. */
static void make_row(const job *j, int64_t block, int32_t row, const held *h, real *pixels)
{
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, line = (int64_t)j->w->tiles * j->w->outputs;
    const int32_t first = row * j->window, lines = least_32(j->window, j->out_h - first);
    const int32_t columns = (j->out_w + j->window - 1) / j->window;
    const int64_t at = (block * rows_of_output(j) + row) * columns * j->out_channels * nr;
    for (int64_t panel = 0; panel < j->panels; panel++) {
        for (int32_t y = 0; y < lines; y++) {
            const run of = run_of(&j->map->h, j->adjoint, first + y);
            for (int32_t tile = 0; tile < j->w->tiles; tile++)
                make_tile(j, h, panel, &of, tile, pixels + (y * line + tile * j->w->outputs) * mr * nr);
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
    const int64_t line = (int64_t)w->points * w->tiles * j.channels * kernel->nr;
    j.lines = least_32(j.in_h, most_32(map->h.taps + window - 1, (int32_t)(HELD_NUMBERS / line)));
    j.held_size = round_16(j.lines * line);
    j.scratch_size = round_16(j.held_size + (int64_t)window * w->tiles * w->outputs * kernel->mr * kernel->nr);
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
