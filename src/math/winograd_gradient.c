/* winograd_gradient - the gradient of the weights by minimal filtering: the adjoint of
 *     y = At [(G w) * (Bt x)]   in w,   dw = Gt [(A dy) * (Bt x)],
 * where the product sums over tiles, lines and rows of the batch.
 *
 * As in correlate_gradient.c both sides are turned into panels whose inner dimension is (tile, row), line by line, into
 * a ring that stays in cache. The points of the transform are independent: tasks share them out, and each transforms
 * what it needs. A chunk of the batch is summed into a gradient for each point, which is then transformed and added:
 * chunk by chunk, so that how many are given at once changes no bit. */
#include "correlate_axis.h"
#include "correlate_side.h"
#include "winograd.h"

enum { RING_NUMBERS = 3 << 16 /* that stay in cache */ };

typedef struct {
    const cama__correlate *map;
    const cama__filter *w;
    side out, in;                 /* A and B side, of the forward direction */
    int64_t in_panels;            /* those that are multiplied line by line */
    int64_t merged, rest;         /* lines that share the last panel, 0 if none do, with `rest` channels each */
    int32_t groups;               /* of points */
    int64_t blocks, chunk, first; /* first block of the chunk that is summed */
    real *dweights, *points, *scratch;
    int64_t scratch_size;
} job;

static int64_t tap_size(const job *j) { return j->in.channels * cama__kernel()->mr; }
static int64_t panel_size(const job *j, int64_t columns) { return columns * j->map->h.taps * tap_size(j); }

/* Panels of a line of input that are held. */
static int64_t held_panels(const job *j) { return j->in_panels + (j->merged > 0); }

/* Points [first, last) of a task, and its lines. */
typedef struct {
    const job *j;
    int32_t first, last;
    chunk_of_blocks c;
    real *out_line, *ring, *mixed, *pixels;
    int64_t ring_line;
} share;

static int64_t tiles_step(const job *j, const side *s, int64_t rows) { return j->w->tiles * rows * s->width; }

/* ---- lines of one side: (panel, point, tile, row, width) ---- */

/* Where pixel x of line y of a block lies, as it stands or, behind a max pool, made in `made`. */
static const real *pixel_at(const side *s, int64_t block, int32_t y, int32_t x, real *made)
{
    const int64_t pixel = s->channels * cama__kernel()->nr;
    if (x < 0 || x >= s->w) return NULL;
    if (s->window == 0) return s->src + ((block * s->h + y) * s->w + x) * pixel;
    const int64_t h = ceil_div(s->h, s->window), w = ceil_div(s->w, s->window);
    const int64_t at = ((block * h + y / s->window) * w + x / s->window) * pixel;
    unpool(s->src + at, s->place + at, (uint8_t)(y % s->window * s->window + x % s->window), made, pixel);
    return made;
}

/* One tile of a block, (points, channels, NR): `count` pixels from x on, mixed by the task's rows of `matrix`. */
static void mix_tile(const share *s, const side *of, const real *matrix, int64_t block, int32_t y, int32_t x,
                     int32_t count)
{
    const int64_t pixel = of->channels * cama__kernel()->nr, step = cama__round_16(pixel);
    const real *from[WINOGRAD_POINTS];
    real *to[WINOGRAD_POINTS];
    for (int32_t i = 0; i < count; i++) from[i] = pixel_at(of, block, y, x + i, s->pixels + i * step);
    for (int32_t p = 0; p < s->last - s->first; p++) to[p] = s->mixed + p * step;
    cama__winograd_mix(matrix + s->first * count, s->last - s->first, count, from, to, pixel, false);
}

/* The mixed tile to its place in the first `panels` panels. */
static void pack_mixed(const share *s, const side *of, int64_t panels, real *dst)
{
    const int64_t pixel = cama__round_16(of->channels * cama__kernel()->nr), step = tiles_step(s->j, of, s->c.rows);
    const int32_t points = s->last - s->first;
    for (int32_t p = 0; p < points; p++)
        pack_pixel(of, (span_of_panels){0, panels}, s->mixed + p * pixel, NULL, 0, dst + p * step, points * step);
}

static int64_t offset_of(const share *s, int64_t block, int32_t tile)
{
    return tile * s->c.rows + (block - s->c.first) * cama__kernel()->nr;
}

static void pack_out(const share *s, const real *matrix, int32_t y)
{
    const job *j = s->j;
    for (int64_t block = s->c.first; block < s->c.last; block++)
        for (int32_t tile = 0; tile < j->w->tiles; tile++) {
            mix_tile(s, &j->out, matrix, block, y, tile * j->w->outputs, j->w->outputs);
            pack_mixed(s, &j->out, j->out.panels, s->out_line + offset_of(s, block, tile) * j->out.width);
        }
}

static real *in_line(const share *s, int32_t y) { return s->ring + y % s->j->map->h.taps * s->ring_line; }

/* ---- the last channels of adjacent lines, merged ----
 *
 * Where the in channels do not fill their last panel, the rest of them of several lines shares one: that of line y is
 * [x[y][rest], x[y + 1][rest], ...], which with one line of output belong to adjacent lines of taps. With 64 channels
 * and NR = 12 three lines share one panel, and five lines of taps cost 27 products in place of 30. */

static real *merged_line(const share *s, int32_t y)
{
    const int32_t points = s->last - s->first;
    return in_line(s, y) + s->j->in_panels * points * tiles_step(s->j, &s->j->in, s->c.rows);
}

/* The rest of the mixed tile of line y to where it belongs: in the panel of y, of the line before, ... */
static void pack_merged(const share *s, int32_t y, int64_t offset)
{
    const job *j = s->j;
    const int64_t nr = cama__kernel()->nr, pixel = cama__round_16(j->in.channels * nr);
    const int64_t step = tiles_step(j, &j->in, s->c.rows);
    for (int32_t i = 0; i < j->merged && i <= y; i++)
        for (int32_t p = 0; p < s->last - s->first; p++)
            cama__packed_transpose(s->mixed + p * pixel + (j->in.channels - j->rest) * nr, nr, j->rest, nr,
                                   merged_line(s, y - i) + p * step + offset * nr + i * j->rest, nr);
}

static void pack_in(const share *s, int32_t y)
{
    const job *j = s->j;
    for (int64_t block = s->c.first; block < s->c.last; block++)
        for (int32_t tile = 0; tile < j->w->tiles; tile++) {
            const int64_t offset = offset_of(s, block, tile);
            mix_tile(s, &j->in, j->w->in, block, y, tile * j->w->outputs + j->w->origin, j->w->points);
            pack_mixed(s, &j->in, j->in_panels, in_line(s, y) + offset * j->in.width);
            if (j->merged > 0) pack_merged(s, y, offset);
        }
}

/* ---- the product ---- */

/* The gradient of a point (panel, point) from in channel `in` on, at line of taps th. */
static real *gradient_at(const share *s, int64_t panel, int32_t point, int32_t th, int64_t in)
{
    const job *j = s->j;
    return j->points + panel * panel_size(j, j->w->points) +
           ((int64_t)(s->first + point) * j->map->h.taps + th) * tap_size(j) + in * cama__kernel()->mr;
}

/* The line of output with line y of input, which meets its line of taps th. */
static void add_line(const share *s, int32_t y, int32_t th)
{
    const job *j = s->j;
    const int64_t nr = cama__kernel()->nr, k = j->w->tiles * s->c.rows;
    const int64_t a_step = tiles_step(j, &j->out, s->c.rows), b_step = tiles_step(j, &j->in, s->c.rows);
    const int32_t points = s->last - s->first;
    for (int32_t p = 0; p < points; p++)
        for (int64_t in = 0; in < j->in_panels; in++)
            for (int64_t panel = 0; panel < j->out.panels; panel++)
                add_tile(k, s->out_line + (panel * points + p) * a_step, in_line(s, y) + (in * points + p) * b_step,
                         j->in.channels - in * nr, gradient_at(s, panel, p, th, in * nr));
}

/* The line of output with the merged rest of `lines` lines of input from y on. */
static void add_merged(const share *s, int32_t y, int32_t th, int32_t lines)
{
    const job *j = s->j;
    const int64_t count = j->rest * cama__kernel()->mr, mr = cama__kernel()->mr, k = j->w->tiles * s->c.rows;
    const int64_t a_step = tiles_step(j, &j->out, s->c.rows), b_step = tiles_step(j, &j->in, s->c.rows);
    const int32_t points = s->last - s->first;
    _Alignas(CAMA__ALIGN) real tile[TILE_MAX];
    for (int32_t p = 0; p < points; p++)
        for (int64_t panel = 0; panel < j->out.panels; panel++) {
            cama__kernel_run(k, s->out_line + (panel * points + p) * a_step, merged_line(s, y) + p * b_step, false,
                             tile, 1, mr);
            for (int32_t i = 0; i < lines; i++) {
                real *to = gradient_at(s, panel, p, th + i, j->in.channels - j->rest);
                for (int64_t n = 0; n < count; n++) to[n] += tile[i * count + n];
            }
        }
}

static void clear_points(const share *s)
{
    const job *j = s->j;
    const int64_t point = panel_size(j, 1);
    for (int64_t panel = 0; panel < j->out.panels; panel++)
        memset(j->points + panel * panel_size(j, j->w->points) + s->first * point, 0,
               (size_t)((s->last - s->first) * point) * sizeof *j->points);
}

static void sum_chunk(const share *s)
{
    const job *j = s->j;
    const cama__axis *h = &j->map->h;
    real a[WINOGRAD_POINTS * WINOGRAD_POINTS]; /* A (n, m) */
    for (int32_t i = 0; i < j->w->points * j->w->outputs; i++)
        a[i] = j->w->out[i % j->w->outputs * j->w->points + i / j->w->outputs];
    int32_t ready = 0;
    clear_points(s);
    for (int32_t q = 0; q < j->out.h; q++) {
        const run r = run_of(h, j->map->adjoint, q);
        if (ready < r.in) ready = r.in;
        for (; ready < r.in + r.count; ready++) pack_in(s, ready);
        if (r.count > 0) pack_out(s, a, q);
        for (int32_t i = 0; i < r.count; i++) add_line(s, r.in + i, r.tap + i);
        for (int32_t i = 0; j->merged > 0 && i < r.count; i += (int32_t)j->merged)
            add_merged(s, r.in + i, r.tap + i, (int32_t)least(j->merged, r.count - i));
    }
}

static void points_task(void *arg, int64_t index, int32_t worker)
{
    const job *j = arg;
    const int64_t nr = cama__kernel()->nr, last = least(j->first + j->chunk, j->blocks);
    share s = {.j = j, .c = {j->first, last, (last - j->first) * nr}};
    s.first = (int32_t)(j->w->points * index / j->groups), s.last = (int32_t)(j->w->points * (index + 1) / j->groups);
    const int64_t points = s.last - s.first,
                  pixel = cama__round_16((j->in.channels > j->out.channels ? j->in.channels : j->out.channels) * nr);
    s.mixed = j->scratch + worker * j->scratch_size;
    s.pixels = s.mixed + WINOGRAD_POINTS * pixel;
    s.out_line = s.pixels + WINOGRAD_POINTS * pixel;
    s.ring = s.out_line + j->out.panels * points * tiles_step(j, &j->out, s.c.rows);
    s.ring_line = held_panels(j) * points * tiles_step(j, &j->in, s.c.rows);
    sum_chunk(&s);
}

/* One line of taps of one panel: from points to taps. */
static void fold_task(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const int32_t lines = j->map->h.taps, line = (int32_t)(index % lines), taps = j->w->taps, points = j->w->points;
    const int64_t panel = index / lines, tap = tap_size(j);
    const real *in[WINOGRAD_POINTS];
    real *out[WINOGRAD_POINTS], turned[WINOGRAD_POINTS * WINOGRAD_POINTS]; /* Gt (r, n) */
    for (int32_t i = 0; i < taps * points; i++) turned[i] = j->w->weights[i % points * taps + i / points];
    for (int32_t p = 0; p < points; p++) in[p] = j->points + panel * panel_size(j, points) + (p * lines + line) * tap;
    for (int32_t t = 0; t < taps; t++) out[t] = j->dweights + panel * panel_size(j, taps) + (line * taps + t) * tap;
    cama__winograd_mix(turned, taps, points, in, out, tap, true);
}

/* ---- entry ---- */

static job plan(const cama__correlate *m, const cama__filter *w, int64_t blocks, int64_t chunk, int32_t threads)
{
    const cama__kernel_info *kernel = cama__kernel();
    side big = {.channels = m->big_channels, .h = m->h.big, .w = m->w.big, .stride = 1};
    side small = {.channels = m->small_channels, .h = m->h.small, .w = m->w.small, .stride = 1};
    job j = {.map = m, .w = w, .blocks = blocks, .chunk = least(chunk, blocks)};
    j.out = m->adjoint ? big : small, j.in = m->adjoint ? small : big;
    j.out.width = kernel->mr, j.in.width = kernel->nr;
    j.out.panels = ceil_div(j.out.channels, kernel->mr), j.in.panels = ceil_div(j.in.channels, kernel->nr);
    j.in_panels = j.in.panels;
    j.rest = j.in.channels % kernel->nr;
    if (j.rest > 0 && least(kernel->nr / j.rest, m->h.taps) > 1) {
        j.merged = least(kernel->nr / j.rest, m->h.taps);
        j.in_panels--;
    }
    const int64_t rows = j.chunk * kernel->nr, widest = j.in.channels > j.out.channels ? j.in.channels : j.out.channels;
    const int64_t point =
        m->h.taps * held_panels(&j) * tiles_step(&j, &j.in, rows) + j.out.panels * tiles_step(&j, &j.out, rows);
    const int64_t wanted = ceil_div(ceil_div(w->points * point, RING_NUMBERS), threads) * threads;
    j.groups = (int32_t)least(wanted, w->points);
    j.scratch_size = cama__round_16(2 * WINOGRAD_POINTS * cama__round_16(widest * kernel->nr) +
                                    ceil_div(w->points, j.groups) * point);
    return j;
}

int64_t cama__winograd_gradient_work(const cama__correlate *map, const cama__winograd *w, int64_t blocks, int64_t chunk,
                                     int32_t threads)
{
    const job j = plan(map, &w->filter[0], blocks, chunk, threads);
    return cama__round_16(j.out.panels * panel_size(&j, j.w->points)) + threads * j.scratch_size;
}

void cama__winograd_gradient(cama__pool *pool, const cama__correlate *map, const cama__winograd *w, int32_t window,
                             int64_t blocks, int64_t chunk, const real *in, const real *dout, const uint8_t *place,
                             real *dweights, real *work)
{
    job j = plan(map, &w->filter[0], blocks, chunk, cama__pool_threads(pool));
    j.in.src = in, j.out.src = dout, j.out.place = place, j.out.window = place == NULL ? 0 : window;
    j.dweights = dweights, j.points = work,
    j.scratch = work + cama__round_16(j.out.panels * panel_size(&j, j.w->points));
    for (j.first = 0; j.first < blocks; j.first += j.chunk) {
        cama__pool_run(pool, j.groups, points_task, &j);
        cama__pool_run(pool, j.out.panels * map->h.taps, fold_task, &j);
    }
}
