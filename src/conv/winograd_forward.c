/* winograd_forward - the map by Winograd's algorithm, and the max pool after it.
 *
 * A task makes the rows of tiles of one block, or of a band of its lines, one after the other. Columns of input
 * pixels are transformed to the points of h. Then, for one point of h after the other, its line is transformed to
 * the points of w, the micro-kernel multiplies all panels of a point's weights by the vectors of that point, and the
 * products are gathered along w. At last the lines of all points of h are gathered to lines of output. The working
 * set is two lines and the weights of one point; it stays in cache. */
#include <math.h>
#include <string.h>

#include "conv_algorithms.h"
#include "tile_pool.h"
#include "winograd_line.h"

typedef cama__winograd_job job;
typedef cama__winograd_space space;
typedef cama__winograd_sink sink;
typedef cama__winograd_tile tile;

static const cama__filter *of_h(const job *j) { return &j->w->h.filter; }
static const cama__filter *of_w(const job *j) { return &j->w->w.filter; }

/* ---- a row of tiles ---- */

static tile row_at(const job *j, int32_t number) { return cama__winograd_tile_at(&j->w->h, number, j->in_h); }

/* Points of h that are lines of output as they stand. */
static bool makes_output(const job *j, int32_t phase)
{
    const cama__winograd_transform *t = &of_h(j)->out;
    return t->phase[phase].identity && !cama__winograd_transform_shares(t);
}

static bool makes_line(const job *j, int32_t y)
{
    for (int32_t i = 0; i < of_h(j)->out.phases; i++) {
        const cama__polyphase *s = &of_h(j)->out.phase[i];
        if (y >= s->first && (y - s->first) % s->step == 0) return makes_output(j, i);
    }
    return false;
}

static sink line_of_points(const job *j, const space *s, int32_t point)
{
    return (sink){s->out_lines + point * j->out_w * j->out_step, j->out_step, j->panels * cama__winograd_panel_step(),
                  NULL};
}

/* A line that no input meets. */
static void fill_line(const job *j, const sink *to)
{
    const cama__gather_finish none = {.least = -INFINITY}, *finish = to->finish == NULL ? &none : to->finish;
    for (int32_t x = 0; x < j->out_w; x++)
        for (int64_t i = 0; i < to->count; i++) {
            const real start = finish->start == NULL ? 0 : finish->start[i];
            to->data[x * to->step + i] = start < finish->least ? finish->least : start;
        }
}

/* Point `point` of a phase of h from the input of a block. */
static void make_point(const job *j, const tile *r, int32_t phase, int32_t point, const real *in, const space *s,
                       const sink *to)
{
    const cama__winograd_transform *h = &of_h(j)->in;
    const cama__polyphase *of = &h->phase[phase];
    const int32_t number = of->first + (point - of->point) * of->step;
    if (!cama__winograd_transform_uses(h, point, r->low, r->high))
        fill_line(j, to);
    else if (of->identity)
        cama__winograd_line(j, point, in + number * j->in_w * j->pixel, j->pixel, s, to);
    else
        cama__winograd_line(j, point, s->in_lines + point * j->in_w * j->in_step, j->in_step, s, to);
}

/* A panel of a pixel as a kernel that stores columns makes it to where it belongs. */
static void finish_panel(const job *j, int64_t panel, const real *pixel, real *out)
{
    cama__epilogue_columns(pixel, cama__tile_rows(j->out_channels, panel), cama__tile_bias(j->bias, panel), j->relu,
                           out + panel * cama__winograd_panel_step());
}

/* The same for a line of output. With a kernel that stores rows it is made where it belongs. */
static void make_output(const job *j, const tile *r, int32_t phase, int32_t point, const real *in, const space *s,
                        const cama__gather_finish *finish, real *out)
{
    const int64_t pixel = j->out_channels * cama__kernel()->nr;
    if (cama__kernel()->by_rows) {
        const sink line = {out, pixel, pixel, finish};
        make_point(j, r, phase, point, in, s, &line);
        return;
    }
    const sink line = line_of_points(j, s, point);
    make_point(j, r, phase, point, in, s, &line);
    for (int32_t x = 0; x < j->out_w; x++)
        for (int64_t panel = 0; panel < j->panels; panel++)
            finish_panel(j, panel, line.data + x * line.step + panel * cama__winograd_panel_step(), out + x * pixel);
}

/* The lines of all points of h, from the input of a block: those of output to out, if that is not NULL, which is the
 * first line of the row. */
static void make_lines(const job *j, const tile *r, const real *in, const space *s, const cama__gather_finish *finish,
                       real *out)
{
    const cama__winograd_transform *h = &of_h(j)->in;
    in += (int64_t)r->in * j->in_w * j->pixel;
    for (int32_t x = 0; x < j->in_w; x++)
        cama__winograd_input_transform(h, r->low, r->high, true,
                                       &(cama__winograd_vectors){in + x * j->pixel, j->in_w * j->pixel,
                                                                 s->in_lines + x * j->in_step, j->in_w * j->in_step,
                                                                 j->pixel});
    for (int32_t i = 0; i < h->phases; i++) {
        const cama__polyphase *to = &of_h(j)->out.phase[i];
        for (int32_t p = 0; p < to->points; p++) {
            const int32_t y = to->first + p * to->step;
            const sink line = line_of_points(j, s, to->point + p);
            if (out == NULL || !makes_output(j, i))
                make_point(j, r, i, to->point + p, in, s, &line);
            else if (y < r->out_high)
                make_output(j, r, i, to->point + p, in, s, finish,
                            out + y * j->out_w * j->out_channels * cama__kernel()->nr);
        }
    }
}

/* A column of the lines of output, from number `first` on, to where it goes. */
static cama__winograd_vectors column_of(const job *j, const space *s, int32_t x, int64_t first, real *to,
                                        int64_t to_step, int64_t count)
{
    return (cama__winograd_vectors){s->out_lines + x * j->out_step + first, j->out_w * j->out_step, to, to_step, count};
}

/* The lines of a column that are not made yet, panel by panel: they are in cache until they are finished. */
static void finish_column(const job *j, const tile *r, int32_t x, bool skip, const space *s, real *out)
{
    const int64_t size = cama__winograd_panel_step(), line = j->out_w * j->out_channels * cama__kernel()->nr;
    for (int64_t panel = 0; panel < j->panels; panel++) {
        const cama__winograd_vectors v = column_of(j, s, x, panel * size, s->pixels, size, size);
        cama__winograd_output_transform(&of_h(j)->out, 0, r->out_high, skip, NULL, &v);
        for (int32_t y = 0; y < r->out_high; y++)
            if (!makes_line(j, y)) finish_panel(j, panel, s->pixels + y * size, out + y * line);
    }
}

/* A row of tiles to where it belongs. */
static void make_row(const job *j, const tile *r, const real *in, const space *s, real *out)
{
    const int64_t pixel = j->out_channels * cama__kernel()->nr;
    const cama__gather_finish finish = {j->repeated_bias, 0, j->relu ? 0 : -INFINITY};
    const bool skip = !cama__winograd_transform_shares(&of_h(j)->out); /* plain lines were made */
    out += (int64_t)r->out * j->out_w * pixel;
    make_lines(j, r, in, s, &finish, out);
    for (int32_t x = 0; x < j->out_w; x++) {
        const cama__winograd_vectors v = column_of(j, s, x, 0, out + x * pixel, j->out_w * pixel, pixel);
        if (cama__kernel()->by_rows)
            cama__winograd_output_transform(&of_h(j)->out, 0, r->out_high, skip, &finish, &v);
        else
            finish_column(j, r, x, skip, s, out + x * pixel);
    }
}

/* ---- the max pool: lines of pixels as the kernel makes them, until the squares that they belong to are whole ---- */

/* The largest tile of a square of `lines` lines, of which the first is at `tile`, and which it was. */
static void largest_tile(const job *j, int32_t lines, int32_t x, const real *first, real *best, real *where)
{
    const int64_t size = cama__winograd_panel_step(), line = j->out_w * j->out_step;
    if (j->window == 2 && lines == 2 && x + 1 < j->out_w) { /* the usual case in one pass */
        cama__tile_pool_four(
            (const real *const[4]){first, first + j->out_step, first + line, first + line + j->out_step}, best, where,
            size);
        return;
    }
    memcpy(best, first, (size_t)size * sizeof *best);
    memset(where, 0, (size_t)size * sizeof *where);
    for (int32_t i = 1; i < lines * j->window; i++)
        if (x + i % j->window < j->out_w)
            cama__tile_pool_next(first + i / j->window * line + i % j->window * j->out_step, (real)i, best, where,
                                 size);
}

/* The largest of each square of `lines` lines of pixels. */
static void store_pooled(const job *j, int32_t lines, const real *pixels, real *out, uint8_t *argmax)
{
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr;
    _Alignas(CAMA__ALIGN) real best[TILE_MAX], where[TILE_MAX];
    for (int32_t x = 0; x < j->out_w; x += j->window)
        for (int64_t panel = 0; panel < j->panels; panel++) {
            const int64_t at = (x / j->window * j->out_channels + panel * mr) * nr;
            largest_tile(j, lines, x, pixels + x * j->out_step + panel * cama__winograd_panel_step(), best, where);
            cama__tile_pool_store(best, where, cama__tile_bias(j->bias, panel), j->relu,
                                  cama__tile_rows(j->out_channels, panel), out + at, argmax + at);
        }
}

/* Lines [first, last) of a block, pooled. */
static void pool_lines(const job *j, int64_t block, int32_t first, int32_t last, const real *in, const space *s)
{
    const int32_t each = of_h(j)->out.size, rows = (j->out_h + j->window - 1) / j->window;
    const int64_t columns = (j->out_w + j->window - 1) / j->window;
    const int64_t row = columns * j->out_channels * cama__kernel()->nr, line = j->out_w * j->out_step;
    int32_t begin = first, end = first; /* lines that are there */
    for (int32_t y = first / each; end < last; y++) {
        const tile r = row_at(j, y);
        make_lines(j, &r, in, s, NULL, NULL);
        for (int32_t x = 0; x < j->out_w; x++) {
            const cama__winograd_vectors v =
                column_of(j, s, x, 0, s->pixels + (r.out - begin) * line + x * j->out_step, line,
                          j->panels * cama__winograd_panel_step());
            cama__winograd_output_transform(&of_h(j)->out, cama__most_32(0, first - r.out),
                                            cama__least_32(r.out_high, last - r.out), false, NULL, &v);
        }
        end = cama__least_32(last, (y + 1) * each);
        int32_t done = begin;
        while (done < last && cama__least_32(done + j->window, last) <= end) {
            const int32_t next = cama__least_32(done + j->window, last);
            const int64_t at = (block * rows + done / j->window) * row;
            store_pooled(j, next - done, s->pixels + (done - begin) * line, j->out + at, j->argmax + at);
            done = next;
        }
        memmove(s->pixels, s->pixels + (done - begin) * line, (size_t)((end - done) * line) * sizeof *s->pixels);
        begin = done;
    }
}

/* ---- tasks ---- */

static int32_t rows_of_output(const job *j)
{
    return j->window == 1 ? j->w->h.tiles : (j->out_h + j->window - 1) / j->window;
}

/* Numbers of each piece of a worker's space. */
typedef struct {
    int64_t in_lines, out_lines, points, products, pixels;
} sizes;

static sizes sizes_of(const job *j)
{
    const cama__filter *h = of_h(j), *w = of_w(j);
    const int64_t points = (int64_t)cama__least_32(j->w->w.tiles, TILES_MOST) * w->in.points;
    const bool plain = h->in.phases == 1 && h->in.phase[0].identity; /* lines of input are the points as they stand */
    return (sizes){.in_lines = plain ? 0 : h->in.points * j->in_w * j->in_step,
                   .out_lines = h->in.points * j->out_w * j->out_step,
                   .points = points * j->in_step,
                   .products = points * j->out_step,
                   .pixels = j->window > 1 ? (h->out.size + j->window) * j->out_w * j->out_step
                                           : cama__round_16(h->out.size * cama__winograd_panel_step())};
}

static void band_task(void *arg, int64_t index, int32_t worker)
{
    const job *j = arg;
    const int64_t block = index / j->bands, band = index % j->bands, rows = rows_of_output(j);
    const int32_t first = (int32_t)(rows * band / j->bands), last = (int32_t)(rows * (band + 1) / j->bands);
    const sizes size = sizes_of(j);
    space s = {.in_lines = j->scratch + worker * j->scratch_size};
    s.out_lines = s.in_lines + size.in_lines, s.points = s.out_lines + size.out_lines;
    s.products = s.points + size.points, s.pixels = s.products + size.products;
    const real *in = j->in + block * j->in_h * j->in_w * j->pixel;
    if (j->window > 1) {
        pool_lines(j, block, first * j->window, cama__least_32(last * j->window, j->out_h), in, &s);
        return;
    }
    for (int32_t y = first; y < last; y++) {
        const tile r = row_at(j, y);
        make_row(j, &r, in, &s, j->out + block * j->out_h * j->out_w * j->out_channels * cama__kernel()->nr);
    }
}

/* ---- entry ---- */

static job plan(const cama__conv *map, const cama__winograd *w, bool adjoint, int32_t window)
{
    const cama__kernel_info *kernel = cama__kernel();
    job j = {.map = map, .w = w, .adjoint = adjoint, .window = window};
    j.in_h = adjoint ? map->h.small : map->h.big, j.in_w = adjoint ? map->w.small : map->w.big;
    j.out_h = adjoint ? map->h.big : map->h.small, j.out_w = adjoint ? map->w.big : map->w.small;
    j.channels = adjoint ? map->small_channels : map->big_channels;
    j.out_channels = adjoint ? map->big_channels : map->small_channels;
    j.panels = cama__panels(j.out_channels);
    j.pixel = j.channels * kernel->nr;
    /* 16 numbers apart from where all of a line would meet in the same sets of a cache */
    j.in_step = cama__round_16(j.pixel) + 16;
    j.out_step = cama__round_16(j.panels * cama__winograd_panel_step()) + 16;
    const sizes size = sizes_of(&j);
    j.scratch_size = size.in_lines + size.out_lines + size.points + size.products + size.pixels;
    return j;
}

/* The bias of each number, as a kernel that stores rows makes them. */
static void repeat_bias_task(void *arg, int64_t panel, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const int64_t size = cama__winograd_panel_step();
    for (int64_t i = panel * size; i < (panel + 1) * size; i++) j->repeated_bias[i] = j->bias[i / cama__kernel()->nr];
}

static const real *prepared(const cama__exec *exec, const cama__conv_application *a, const cama__winograd *w)
{
    for (int32_t i = 0; exec->prepared != NULL && i < exec->prepared->count; i++)
        if (exec->prepared->weights[i] == a->weights) return exec->prepared->transformed[i];
    return cama__winograd_prepare(exec, a->map, w, a->adjoint, a->weights);
}

void cama__winograd_forward(const cama__exec *exec, const cama__conv_application *a, const cama__winograd *w)
{
    const int32_t threads = cama__exec_threads(exec);
    const int64_t blocks = cama__blocks(a->rows), tasks = threads == 1 ? 1 : 4 * threads;
    job j = plan(a->map, w, a->adjoint, a->post.window);
    j.weights = prepared(exec, a, w), j.bias = a->post.bias, j.relu = a->post.relu;
    j.in = a->in, j.out = a->out, j.argmax = a->argmax;
    j.bands = cama__least_32((int32_t)((tasks + blocks - 1) / blocks), rows_of_output(&j));
    if (j.bias != NULL) {
        j.repeated_bias = cama__exec_reals(exec, cama__round_16(j.panels * cama__winograd_panel_step()));
        cama__exec_run(exec, j.panels, repeat_bias_task, &j);
    }
    j.scratch = cama__exec_reals(exec, threads * j.scratch_size);
    cama__exec_run(exec, blocks * j.bands, band_task, &j);
}

/* ---- the row of the table ---- */

static bool can(const cama__conv_case *c)
{
    if (!c->winograd) return false;
    return c->pass == CONV_BACKWARD_WEIGHTS ? cama__winograd_pays_wgrad(c->map)
                                            : cama__winograd_pays(c->map, c->adjoint);
}

static void forward(const cama__exec *exec, const cama__conv_application *a)
{
    cama__winograd w;
    cama__winograd_plan(a->map, a->adjoint, &w);
    cama__winograd_forward(exec, a, &w);
}

static void backward_data(const cama__exec *exec, const cama__conv_application *a)
{
    cama__conv_forward_transposed(exec, &cama__conv_winograd, a);
}

const cama__conv_algorithm cama__conv_winograd = {"winograd", can, forward, backward_data, cama__winograd_wgrad};
