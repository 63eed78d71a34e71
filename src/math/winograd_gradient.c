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
    const cama__winograd *w;
    side out, in;                 /* A and B side, of the forward direction */
    int32_t groups;               /* of points */
    int64_t blocks, chunk, first; /* first block of the chunk that is summed */
    real *dweights, *points, *scratch;
    int64_t scratch_size;
} job;

static int64_t tap_size(const job *j) { return j->in.channels * cama__kernel()->mr; }
static int64_t panel_size(const job *j, int64_t columns) { return columns * j->map->h.taps * tap_size(j); }

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

/* One tile of a block: `count` pixels from x on, mixed by the task's rows of `matrix`, turned into their panels. */
static void pack_tile(const share *s, const side *of, const real *matrix, int64_t block, int32_t y, int32_t x,
                      int32_t count, real *dst)
{
    const job *j = s->j;
    const int64_t nr = cama__kernel()->nr, pixel = round_16(of->channels * nr), step = tiles_step(j, of, s->c.rows);
    const real *from[WINOGRAD_POINTS];
    real *to[WINOGRAD_POINTS];
    for (int32_t i = 0; i < count; i++) from[i] = pixel_at(of, block, y, x + i, s->pixels + i * pixel);
    for (int32_t p = s->first; p < s->last; p++) to[p - s->first] = s->mixed + (p - s->first) * pixel;
    cama__winograd_mix(matrix + s->first * count, s->last - s->first, count, from, to, of->channels * nr, false);
    for (int32_t p = s->first; p < s->last; p++)
        pack_pixel(of, (span_of_panels){0, of->panels}, to[p - s->first], NULL, 0, dst + (p - s->first) * step,
                   (s->last - s->first) * step);
}

/* Line y of the chunk; count pixels a tile, from pixel `origin` on, `step` further each. */
static void pack_tiles(const share *s, const side *of, const real *matrix, int32_t y, int32_t origin, int32_t count,
                       real *dst)
{
    const int64_t nr = cama__kernel()->nr;
    for (int64_t block = s->c.first; block < s->c.last; block++)
        for (int32_t tile = 0; tile < s->j->w->tiles; tile++)
            pack_tile(s, of, matrix, block, y, tile * s->j->w->outputs + origin, count,
                      dst + (tile * s->c.rows + (block - s->c.first) * nr) * of->width);
}

/* ---- the product ---- */

/* Line of output q with one line of input, which meets its line of taps th. */
static void add_line(const share *s, const real *in_line, int32_t th)
{
    const job *j = s->j;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, k = j->w->tiles * s->c.rows;
    const int64_t a_step = tiles_step(j, &j->out, s->c.rows), b_step = tiles_step(j, &j->in, s->c.rows);
    const int32_t points = s->last - s->first;
    for (int32_t p = 0; p < points; p++)
        for (int64_t in = 0; in < j->in.panels; in++)
            for (int64_t panel = 0; panel < j->out.panels; panel++)
                add_tile(k, s->out_line + (panel * points + p) * a_step, in_line + (in * points + p) * b_step,
                         j->in.channels - in * nr,
                         j->points + panel * panel_size(j, j->w->points) +
                             ((s->first + p) * j->map->h.taps + th) * tap_size(j) + in * nr * mr);
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
        for (; ready < r.in + r.count; ready++)
            pack_tiles(s, &j->in, j->w->in, ready, -j->w->pad, j->w->points, s->ring + ready % h->taps * s->ring_line);
        if (r.count > 0) pack_tiles(s, &j->out, a, q, 0, j->w->outputs, s->out_line);
        for (int32_t i = 0; i < r.count; i++) add_line(s, s->ring + (r.in + i) % h->taps * s->ring_line, r.tap + i);
    }
}

static void points_task(void *arg, int64_t index, int32_t worker)
{
    const job *j = arg;
    const int64_t nr = cama__kernel()->nr, last = least(j->first + j->chunk, j->blocks);
    share s = {.j = j, .c = {j->first, last, (last - j->first) * nr}};
    s.first = (int32_t)(j->w->points * index / j->groups), s.last = (int32_t)(j->w->points * (index + 1) / j->groups);
    const int64_t points = s.last - s.first,
                  pixel = round_16((j->in.channels > j->out.channels ? j->in.channels : j->out.channels) * nr);
    s.mixed = j->scratch + worker * j->scratch_size;
    s.pixels = s.mixed + WINOGRAD_POINTS * pixel;
    s.out_line = s.pixels + WINOGRAD_POINTS * pixel;
    s.ring = s.out_line + j->out.panels * points * tiles_step(j, &j->out, s.c.rows);
    s.ring_line = j->in.panels * points * tiles_step(j, &j->in, s.c.rows);
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

static job plan(const cama__correlate *m, const cama__winograd *w, int64_t blocks, int64_t chunk, int32_t threads)
{
    const cama__kernel_info *kernel = cama__kernel();
    side big = {.channels = m->big_channels, .h = m->h.big, .w = m->w.big, .stride = 1};
    side small = {.channels = m->small_channels, .h = m->h.small, .w = m->w.small, .stride = 1};
    job j = {.map = m, .w = w, .blocks = blocks, .chunk = least(chunk, blocks)};
    j.out = m->adjoint ? big : small, j.in = m->adjoint ? small : big;
    j.out.width = kernel->mr, j.in.width = kernel->nr;
    j.out.panels = ceil_div(j.out.channels, kernel->mr), j.in.panels = ceil_div(j.in.channels, kernel->nr);
    const int64_t rows = j.chunk * kernel->nr, widest = j.in.channels > j.out.channels ? j.in.channels : j.out.channels;
    const int64_t point =
        m->h.taps * j.in.panels * tiles_step(&j, &j.in, rows) + j.out.panels * tiles_step(&j, &j.out, rows);
    const int64_t wanted = ceil_div(ceil_div(w->points * point, RING_NUMBERS), threads) * threads;
    j.groups = (int32_t)least(wanted, w->points);
    j.scratch_size =
        round_16(2 * WINOGRAD_POINTS * round_16(widest * kernel->nr) + ceil_div(w->points, j.groups) * point);
    return j;
}

int64_t cama__winograd_gradient_work(const cama__correlate *map, const cama__winograd *w, int64_t blocks, int64_t chunk,
                                     int32_t threads)
{
    const job j = plan(map, w, blocks, chunk, threads);
    return round_16(j.out.panels * panel_size(&j, w->points)) + threads * j.scratch_size;
}

void cama__winograd_gradient(cama__pool *pool, const cama__correlate *map, const cama__winograd *w, int32_t window,
                             int64_t blocks, int64_t chunk, const real *in, const real *dout, const uint8_t *place,
                             real *dweights, real *work)
{
    job j = plan(map, w, blocks, chunk, cama__pool_threads(pool));
    j.in.src = in, j.out.src = dout, j.out.place = place, j.out.window = place == NULL ? 0 : window;
    j.dweights = dweights, j.points = work, j.scratch = work + round_16(j.out.panels * panel_size(&j, w->points));
    for (j.first = 0; j.first < blocks; j.first += j.chunk) {
        cama__pool_run(pool, j.groups, points_task, &j);
        cama__pool_run(pool, j.out.panels * map->h.taps, fold_task, &j);
    }
}
