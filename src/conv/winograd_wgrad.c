/* winograd_wgrad - the gradient of the weights by minimal filtering: the adjoint of
 *     y = At [(G w) * (Bt x)]   in w,   dw = Gt [(A dy) * (Bt x)],
 * where the product sums over tiles and rows of the batch.
 *
 * A chunk of the batch is summed into a gradient for each point, which is then gathered to taps and added: chunk by
 * chunk, so that how many are given at once changes no bit. Rows of tiles are taken one after the other. First both
 * sides are transformed to the points of h, column by column; then each point of h is a task, which transforms its
 * lines to the points of w, packs them into panels whose inner dimension is (tile, row), as in wgrad_direct.c, and
 * multiplies. */
#include <math.h>
#include <string.h>

#include "conv_geometry.h"
#include "wgrad_pack.h"
#include "winograd.h"

typedef struct {
    const cama__conv *map;
    const cama__winograd *w;
    cama__wgrad_side out, in;     /* A and B side, of the forward direction */
    int64_t blocks, chunk, first; /* first block of the chunk that is summed */
    int64_t count;                /* its blocks */
    real *dweights, *points, *out_lines, *in_lines, *scratch;
    int64_t scratch_size;
    int32_t y, in_y; /* of the row of tiles that is taken: first line of output, of input */
} job;

static int64_t pixel_of(const cama__wgrad_side *s) { return s->channels * cama__kernel()->nr; }
/* From one pixel to the next in lines of points: 16 numbers apart from where all would meet in the same sets of a
 * cache. */
static int64_t step_of(const cama__wgrad_side *s) { return cama__round_16(pixel_of(s)) + 16; }
static int64_t tap_size(const job *j) { return j->in.channels * cama__kernel()->mr; }
static int64_t size_of_point(const job *j) { return j->out.panels * tap_size(j); }
static const cama__filter *of_h(const job *j) { return &j->w->h.filter; }
static const cama__filter *of_w(const job *j) { return &j->w->w.filter; }

/* ---- lines: (point of h, block, column, channels, NR) ---- */

static int64_t lines_step(const job *j, const cama__wgrad_side *s) { return j->count * s->w * step_of(s); }

/* One column of a side, of the lines from y on that are there. A gradient behind a max pool is put back first. */
static void transform_column(const job *j, const cama__wgrad_side *s, const cama__winograd_transform *h, int32_t y,
                             int64_t block, int32_t x, real *column, real *lines)
{
    const int64_t pixel = pixel_of(s), column_step = step_of(s);
    const int32_t low = cama__most_32(0, -y), high = cama__least_32(h->size, s->h - y);
    real *to = lines + (block * s->w + x) * step_of(s);
    const real *from = s->src + (((j->first + block) * s->h + y) * s->w + x) * pixel;
    int64_t step = s->w * pixel;
    if (s->window > 0) {
        const int64_t ph = cama__ceil_div(s->h, s->window), pw = cama__ceil_div(s->w, s->window);
        for (int32_t i = low; i < high; i++) {
            const int64_t at = (((j->first + block) * ph + (y + i) / s->window) * pw + x / s->window) * pixel;
            cama__wgrad_unpool(s->src + at, s->argmax + at, (uint8_t)((y + i) % s->window * s->window + x % s->window),
                               column + i * column_step, pixel);
        }
        from = column, step = column_step;
    }
    cama__winograd_input_transform(h, low, high, false,
                                   &(cama__winograd_vectors){from, step, to, lines_step(j, s), pixel});
}

static void lines_task(void *arg, int64_t index, int32_t worker)
{
    const job *j = arg;
    const int64_t block = index / (j->in.w + j->out.w), column = index % (j->in.w + j->out.w);
    real *scratch = j->scratch + worker * j->scratch_size;
    if (column < j->in.w)
        transform_column(j, &j->in, &of_h(j)->in, j->in_y, block, (int32_t)column, scratch, j->in_lines);
    else
        transform_column(j, &j->out, &of_h(j)->out, j->y, block, (int32_t)(column - j->in.w), scratch, j->out_lines);
}

/* ---- panels of one line: (point of w, panel, tile, row, width) ---- */

/* One tile of one block: numbers from x on, transformed to `mixed` and packed to its place in the panels. */
static void pack_tile(const cama__wgrad_side *s, const cama__winograd_transform *w, const real *line, int32_t x,
                      real *mixed, int64_t rows, int64_t offset, real *panels)
{
    const int64_t pixel = pixel_of(s), step = step_of(s), panel = rows * s->width;
    cama__winograd_input_transform(w, cama__most_32(0, -x), cama__least_32(w->size, s->w - x), false,
                                   &(cama__winograd_vectors){line + x * step, step, mixed, step, pixel});
    for (int32_t p = 0; p < w->points; p++)
        cama__wgrad_pack_pixel(s, cama__wgrad_all_panels(s), mixed + p * step,
                               panels + p * s->panels * panel + offset * s->width, panel);
}

static int64_t rows_of(const job *j) { return j->w->w.tiles * j->count * cama__kernel()->nr; }

static void pack_tiles(const job *j, const cama__wgrad_side *s, bool is_in, const real *lines, real *mixed,
                       real *panels)
{
    const cama__tiling *w = &j->w->w;
    for (int64_t block = 0; block < j->count; block++)
        for (int32_t tile = 0; tile < w->tiles; tile++) {
            const int32_t x = is_in ? w->origin + tile * w->step : tile * w->filter.out.size;
            pack_tile(s, is_in ? &w->filter.in : &w->filter.out, lines + block * s->w * step_of(s), x, mixed,
                      rows_of(j), (tile * j->count + block) * cama__kernel()->nr, panels);
        }
}

/* ---- the product ---- */

static void multiply_point(const job *j, int64_t rows, const real *out, const real *in, real *gradient)
{
    const int64_t mr = cama__kernel()->mr, nr = cama__kernel()->nr;
    for (int64_t b = 0; b < j->in.panels; b++)
        for (int64_t a = 0; a < j->out.panels; a++)
            cama__wgrad_add_tile(rows, out + a * rows * mr, in + b * rows * nr, j->in.channels - b * nr,
                                 gradient + a * tap_size(j) + b * nr * mr);
}

static void multiply_line(const job *j, int32_t point, real *scratch)
{
    const cama__filter *w = of_w(j);
    const int64_t points = w->in.points, out_size = j->out.panels * rows_of(j) * j->out.width;
    const int64_t in_size = j->in.panels * rows_of(j) * j->in.width;
    real *out = scratch, *in = out + points * out_size, *mixed = in + points * in_size;
    real *gradient = j->points + (int64_t)of_h(j)->weight[point] * w->weights.points * size_of_point(j);
    pack_tiles(j, &j->in, true, j->in_lines + point * lines_step(j, &j->in), mixed, in);
    pack_tiles(j, &j->out, false, j->out_lines + point * lines_step(j, &j->out), mixed, out);
    for (int32_t p = 0; p < points; p++)
        multiply_point(j, rows_of(j), out + p * out_size, in + p * in_size, gradient + w->weight[p] * size_of_point(j));
}

/* Points of h that share their weights: what they add to is theirs alone. */
static void points_task(void *arg, int64_t index, int32_t worker)
{
    const job *j = arg;
    const cama__filter *h = of_h(j);
    const int32_t low = cama__most_32(0, -j->in_y), high = cama__least_32(h->in.size, j->in.h - j->in_y);
    for (int32_t point = 0; point < h->in.points; point++)
        if (h->weight[point] == index && cama__winograd_transform_uses(&h->in, point, low, high))
            multiply_line(j, point, j->scratch + worker * j->scratch_size);
}

/* One panel: from points to taps. */
static void fold_task(void *arg, int64_t panel, int32_t worker)
{
    const job *j = arg;
    const cama__winograd_transform *h = &of_h(j)->weights, *w = &of_w(j)->weights;
    const int64_t tap = tap_size(j), point = size_of_point(j);
    const int32_t lines = j->map->h.taps, columns = j->map->w.taps;
    const real *from = j->points + panel * tap;
    real *along_w = j->scratch + worker * j->scratch_size;                   /* (taps h, points w, in, MR) */
    memset(along_w, 0, (size_t)(lines * w->points * tap) * sizeof *along_w); /* taps that meet nothing have no phase */
    for (int32_t p = 0; p < w->points; p++)
        cama__winograd_output_transform(h, 0, lines, false, NULL,
                                        &(cama__winograd_vectors){from + p * point, w->points * point,
                                                                  along_w + p * tap, w->points * tap, tap});
    for (int32_t line = 0; line < lines; line++) {
        real *to = j->dweights + (panel * lines + line) * columns * tap;
        cama__winograd_output_transform(
            w, 0, columns, false, &(cama__gather_finish){to, tap, -INFINITY},
            &(cama__winograd_vectors){along_w + line * w->points * tap, tap, to, tap, tap});
    }
}

/* ---- entry ---- */

static job plan(const cama__conv *m, const cama__winograd *w, int64_t blocks, int64_t chunk)
{
    const cama__kernel_info *kernel = cama__kernel();
    cama__wgrad_side big = {.channels = m->big_channels, .h = m->h.big, .w = m->w.big, .stride = 1};
    cama__wgrad_side small = {.channels = m->small_channels, .h = m->h.small, .w = m->w.small, .stride = 1};
    job j = {.map = m, .w = w, .blocks = blocks, .chunk = cama__least(chunk, blocks)};
    j.out = m->adjoint ? big : small, j.in = m->adjoint ? small : big;
    j.out.width = kernel->mr, j.in.width = kernel->nr;
    j.out.panels = cama__ceil_div(j.out.channels, kernel->mr), j.in.panels = cama__ceil_div(j.in.channels, kernel->nr);
    j.count = j.chunk;
    const cama__filter *h = of_h(&j), *along = of_w(&j);
    const int64_t widest = step_of(&j.in) > step_of(&j.out) ? step_of(&j.in) : step_of(&j.out);
    const int64_t wanted[] = {along->in.points *
                                  (rows_of(&j) * (j.out.panels * kernel->mr + j.in.panels * kernel->nr) + widest),
                              h->out.size * widest, m->h.taps * along->weights.points * tap_size(&j)};
    for (int i = 0; i < 3; i++)
        if (cama__round_16(wanted[i]) > j.scratch_size) j.scratch_size = cama__round_16(wanted[i]);
    return j;
}

static int64_t points_size(const job *j)
{
    return cama__round_16((int64_t)of_h(j)->weights.points * of_w(j)->weights.points * size_of_point(j));
}
static int64_t lines_size(const job *j, const cama__wgrad_side *s)
{
    return cama__round_16(of_h(j)->in.points * j->chunk * s->w * step_of(s));
}

void cama__winograd_wgrad(const cama__exec *exec, const cama__conv_weight_gradient *g)
{
    cama__winograd w;
    const int64_t blocks = cama__blocks(g->rows);
    cama__winograd_plan_wgrad(g->map, &w);
    job j = plan(g->map, &w, blocks, g->chunk);
    j.in.src = g->in, j.out.src = g->dout, j.dweights = g->dweights;
    if (g->window > 1) j.out.argmax = g->argmax, j.out.window = g->window;
    j.points = cama__exec_reals(exec, points_size(&j));
    j.in_lines = cama__exec_reals(exec, lines_size(&j, &j.in));
    j.out_lines = cama__exec_reals(exec, lines_size(&j, &j.out));
    j.scratch = cama__exec_reals(exec, cama__exec_threads(exec) * j.scratch_size);
    for (j.first = 0; j.first < blocks; j.first += j.chunk) {
        j.count = cama__least(j.chunk, blocks - j.first);
        cama__exec_zero(exec, j.points, points_size(&j));
        for (int32_t row = 0; row < w.h.tiles; row++) {
            j.y = row * w.h.filter.out.size, j.in_y = w.h.origin + row * w.h.step;
            cama__exec_run(exec, j.count * (j.in.w + j.out.w), lines_task, &j);
            cama__exec_run(exec, w.h.filter.weights.points, points_task, &j);
        }
        cama__exec_run(exec, j.out.panels, fold_task, &j);
    }
}
