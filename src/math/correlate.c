/* correlate - the map in both directions, and with the max pool after it. */
#include "correlate.h"

#include <string.h>

#include "correlate_axis.h"
#include "correlate_patch.h"
#include "correlate_shape.h"
#include "correlate_short.h"
#include "correlate_thin.h"
#include "correlate_tile.h"

/* ---- the map ---- */

typedef struct {
    const cama__correlate *map;
    bool adjoint, relu;
    const real *weights, *bias, *in;
    real *out, *work;
    int64_t blocks, splits, work_size;
    shape s;
    int64_t in_size, out_size, panels;
    int64_t columns; /* numbers of the columns of patches that an output row meets */
    int32_t in_w, out_h, out_w;
    int32_t window; /* of the max pool that the output goes through */
    uint8_t *place;
} job;

/* Pointwise maps of single pixels (dense layers): a panel of weights stays in cache while the blocks pass. */
static void dense_task(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, panel = index / j->splits, part = index % j->splits;
    products p = {.a = j->weights + panel * panel_size(&j->s), .k = j->s.in, .count = 1};
    for (int64_t block = j->blocks * part / j->splits; block < j->blocks * (part + 1) / j->splits; block++) {
        p.b = j->in + block * j->in_size * nr;
        compute_tile(&p, panel_bias(j->bias, panel), j->relu, tile_rows(j->s.out, panel),
                     j->out + (block * j->out_size + panel * mr) * nr);
    }
}

/* The same with the weights of the other direction: a panel is turned when its turn comes, and stays in cache. */
static void dense_turned_task(void *arg, int64_t panel, int32_t worker)
{
    const job *j = arg;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr;
    real *weights = j->work + worker * j->work_size;
    cama__correlate_turn_panel(j->map, j->adjoint, j->weights, panel, weights);
    products p = {.a = weights, .k = j->s.in, .count = 1};
    for (int64_t block = 0; block < j->blocks; block++) {
        p.b = j->in + block * j->in_size * nr;
        compute_tile(&p, NULL, false, tile_rows(j->s.out, panel), j->out + (block * j->out_size + panel * mr) * nr);
    }
}

/* What makes output pixel (oh, ow), with the weights of the first panel; in: the block's. */
static products pixel_products(const job *j, const real *in, int32_t oh, int32_t ow)
{
    const cama__correlate *m = j->map;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr;
    const run h = run_of(&m->h, j->adjoint, oh), w = run_of(&m->w, j->adjoint, ow);
    products p = {.k = w.count * j->s.in, .count = w.count > 0 ? h.count : 0};
    p.a_step = m->w.taps * j->s.in * mr;
    p.b_step = (int64_t)j->in_w * j->s.in * nr;
    p.a = j->weights + ((int64_t)h.tap * m->w.taps + w.tap) * j->s.in * mr;
    p.b = in + ((int64_t)h.in * j->in_w + w.in) * j->s.in * nr;
    if (w.count == m->w.taps && w.count == j->in_w && p.count > 1) { /* rows follow each other without a gap */
        p.k *= p.count;
        p.count = 1;
    }
    return p;
}

/* The same from the columns of patches of rows of the big grid (correlate_patch.h), of which the first is for output
 * row `first`. */
static products patch_products(const job *j, const real *columns, int32_t first, int32_t oh, int32_t ow)
{
    const int64_t at = (oh - first) * j->columns + ow * j->map->w.stride * cama__patch_column(j->map);
    return (products){.a = j->weights, .b = columns + at * cama__kernel()->nr, .k = j->s.in, .count = 1};
}

/* One row of output pixels of one block. */
static void direct_task(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, block = index / j->out_h;
    const int32_t oh = (int32_t)(index % j->out_h);
    real *out = j->out + block * j->out_size * nr + (int64_t)oh * j->out_w * j->s.out * nr;
    for (int32_t ow = 0; ow < j->out_w; ow++) {
        products p = pixel_products(j, j->in + block * j->in_size * nr, oh, ow);
        for (int64_t panel = 0; panel < j->panels; panel++, p.a += panel_size(&j->s))
            compute_tile(&p, panel_bias(j->bias, panel), j->relu, tile_rows(j->s.out, panel),
                         out + (ow * j->s.out + panel * mr) * nr);
    }
}

static cama__short short_sums(const job *j)
{
    return (cama__short){j->s.in, j->s.out, panel_size(&j->s), j->weights, j->bias, j->relu};
}

/* A line of output from its columns of patches, four pixels at a time. */
static void short_line(const job *j, const real *columns, int32_t oh, real *out)
{
    enum { PIXELS = 4 };
    const cama__short sums = short_sums(j);
    for (int32_t ow = 0; ow < j->out_w; ow += PIXELS) {
        const int32_t count = least_32(PIXELS, j->out_w - ow);
        const real *pixel[PIXELS];
        real *to[PIXELS];
        for (int32_t i = 0; i < count; i++) {
            pixel[i] = patch_products(j, columns, oh, oh, ow + i).b;
            to[i] = out + (ow + i) * j->s.out * cama__kernel()->nr;
        }
        cama__short_pixels(&sums, count, pixel, to);
    }
}

/* One row of small pixels of one block, from the patches of the big grid. */
static void patch_task(void *arg, int64_t index, int32_t worker)
{
    const job *j = arg;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, block = index / j->out_h;
    const int32_t oh = (int32_t)(index % j->out_h);
    real *columns = j->work + worker * j->work_size;
    cama__patch_columns(j->map, j->in + block * j->in_size * nr, oh, columns);
    real *out = j->out + block * j->out_size * nr + (int64_t)oh * j->out_w * j->s.out * nr;
    if (cama__short_pays(j->map)) {
        short_line(j, columns, oh, out);
        return;
    }
    for (int32_t ow = 0; ow < j->out_w; ow++) {
        products p = patch_products(j, columns, oh, oh, ow);
        for (int64_t panel = 0; panel < j->panels; panel++, p.a += panel_size(&j->s))
            compute_tile(&p, panel_bias(j->bias, panel), j->relu, tile_rows(j->s.out, panel),
                         out + (ow * j->s.out + panel * mr) * nr);
    }
}

/* ---- the map and the max pool after it ---- */

/* Output pixels [row, end) x [column, last), at most a square of the pool, and what they are made from. */
typedef struct {
    const real *in, *columns; /* the block's; of patches, from line `row` on */
    int32_t row, end, column, last;
} square;

/* A panel of the square: its largest tile and which it was. */
static void largest_tile(const job *j, const square *s, int64_t panel, int64_t rs, int64_t cs, real *best, real *where)
{
    const int64_t size = cama__kernel()->mr * cama__kernel()->nr;
    _Alignas(CAMA__ALIGN) real tile[TILE_MAX];
    for (int32_t y = s->row; y < s->end; y++)
        for (int32_t x = s->column; x < s->last; x++) {
            products p = j->map->patches ? patch_products(j, s->columns, s->row, y, x) : pixel_products(j, s->in, y, x);
            const int32_t here = (y - s->row) * j->window + x - s->column;
            p.a += panel * panel_size(&j->s);
            multiply(&p, here == 0 ? best : tile, rs, cs);
            if (here == 0)
                memset(where, 0, (size_t)size * sizeof *where);
            else
                keep_larger(tile, (real)here, best, where, size);
        }
}

/* The same of four pixels, two by two, from patches: the largest is sought in one pass, when all four tiles are
 * there. */
static void largest_of_patches(const job *j, const square *s, int64_t panel, int64_t rs, int64_t cs, real *best,
                               real *where)
{
    const int64_t nr = cama__kernel()->nr, size = cama__kernel()->mr * nr;
    const int64_t right = j->map->w.stride * cama__patch_column(j->map) * nr, below = j->columns * nr;
    const products first = patch_products(j, s->columns, s->row, s->row, s->column);
    const real *a = first.a + panel * panel_size(&j->s);
    _Alignas(CAMA__ALIGN) real tiles[4 * TILE_MAX];
    for (int32_t i = 0; i < 4; i++)
        cama__kernel_run(first.k, a, first.b + i / 2 * below + i % 2 * right, false, tiles + i * size, rs, cs);
    largest_of_four(tiles, tiles + size, tiles + 2 * size, tiles + 3 * size, best, where, size);
}

/* All channels of a square of short sums. */
static void short_square(const job *j, const square *s, real *out, uint8_t *place)
{
    enum { PIXELS_MOST = 15 * 15 }; /* nn/maxpool.h */
    const cama__short sums = short_sums(j);
    const real *pixel[PIXELS_MOST];
    uint8_t number[PIXELS_MOST];
    int32_t count = 0;
    for (int32_t y = s->row; y < s->end; y++)
        for (int32_t x = s->column; x < s->last; x++) {
            number[count] = (uint8_t)((y - s->row) * j->window + x - s->column);
            pixel[count++] = patch_products(j, s->columns, s->row, y, x).b;
        }
    cama__short_largest(&sums, count, pixel, number, out, place);
}

/* One row of pooled pixels of one block: no pixel before the pool leaves the cache. */
static void pooled_task(void *arg, int64_t index, int32_t worker)
{
    const job *j = arg;
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t nr = kernel->nr, mr = kernel->mr, rs = kernel->by_rows ? nr : 1, cs = kernel->by_rows ? 1 : mr;
    const int32_t window = j->window, rows = (j->out_h + window - 1) / window, row = (int32_t)(index % rows) * window;
    const int32_t columns = (j->out_w + window - 1) / window, end = least_32(row + window, j->out_h);
    const real *in = j->in + index / rows * j->in_size * nr;
    real *patches = j->work + worker * j->work_size;
    _Alignas(CAMA__ALIGN) real best[TILE_MAX], where[TILE_MAX];
    for (int32_t y = row; j->map->patches && y < end; y++)
        cama__patch_columns(j->map, in, y, patches + (y - row) * j->columns * nr);
    for (int32_t column = 0; column < columns; column++) {
        const square s = {in, patches, row, end, column * window, least_32((column + 1) * window, j->out_w)};
        if (cama__short_pays(j->map)) {
            const int64_t at = (index * columns + column) * j->s.out * nr;
            short_square(j, &s, j->out + at, j->place + at);
            continue;
        }
        const bool four = j->map->patches && window == 2 && s.end - s.row == 2 && s.last - s.column == 2;
        for (int64_t panel = 0; panel < j->panels; panel++) {
            const int64_t at = ((index * columns + column) * j->s.out + panel * mr) * nr;
            const int64_t count = tile_rows(j->s.out, panel) * nr;
            expect_write(j->out + at, (size_t)count * sizeof *j->out);
            expect_write(j->place + at, (size_t)count);
            (four ? largest_of_patches : largest_tile)(j, &s, panel, rs, cs, best, where);
            finish_pooled(best, where, panel_bias(j->bias, panel), j->relu, tile_rows(j->s.out, panel), j->out + at,
                          j->place + at);
        }
    }
}

/* ---- adding patches to the big grid ---- */

/* The patch of small pixel q of a block, by the micro-kernel. */
static void make_patch(const job *j, const real *in, int32_t q, real *patch)
{
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr;
    products p = {.a = j->weights, .b = in + q * j->s.in * nr, .k = j->s.in, .count = 1};
    if (cama__short_patch_pays(j->map)) {
        cama__short_patch(p.a, panel_size(&j->s), j->s.out, p.k, p.b, patch);
        return;
    }
    for (int64_t panel = 0; panel < j->panels; panel++, p.a += panel_size(&j->s))
        compute_tile(&p, NULL, false, tile_rows(j->s.out, panel), patch + panel * mr * nr);
}

CAMA__CLONES static void fill_pixels(real *out, int64_t pixels, int64_t channels, int64_t nr, const real *bias)
{
    for (int64_t i = 0; i < pixels; i++)
        for (int64_t c = 0; c < channels; c++)
            for (int64_t lane = 0; lane < nr; lane++) *out++ = bias[c];
}

/* A block before the first patch is added: the bias. */
static void start_block(const job *j, real *out)
{
    const int64_t nr = cama__kernel()->nr, channels = j->map->big_channels;
    if (j->bias == NULL)
        memset(out, 0, (size_t)(j->out_size * nr) * sizeof *out);
    else
        fill_pixels(out, j->out_size / channels, channels, nr, j->bias);
}

/* A whole block: the patches of each small pixel are computed and added where they lie on the big grid. */
static void unpatch_task(void *arg, int64_t block, int32_t worker)
{
    const job *j = arg;
    const cama__correlate *m = j->map;
    const int64_t nr = cama__kernel()->nr;
    real *patch = j->work + worker * j->work_size, *out = j->out + block * j->out_size * nr;
    start_block(j, out);
    for (int32_t q = 0; q < m->h.small * m->w.small; q++) {
        make_patch(j, j->in + block * j->in_size * nr, q, patch);
        cama__patch_add(m, patch, q / m->w.small, q % m->w.small, out);
    }
    if (j->relu) cama__finish_rows(out, j->out_size, nr, NULL, true);
}

/* The same where patches are thin. */
static void unpatch_thin_task(void *arg, int64_t block, int32_t worker)
{
    const job *j = arg;
    const cama__correlate *m = j->map;
    const int64_t nr = cama__kernel()->nr, patch = j->s.out, k = j->s.in;
    const real *in = j->in + block * j->in_size * nr;
    real *weights = j->work + worker * j->work_size, *out = j->out + block * j->out_size * nr;
    _Alignas(CAMA__ALIGN) real numbers[THIN_PATCH * THIN_NR];
    cama__thin_repeat_weights(j->weights, patch, k, weights);
    start_block(j, out);
    for (int32_t q = 0; q < m->h.small * m->w.small; q++) {
        cama__thin_multiply(weights, patch, k, in + q * k * nr, numbers);
        cama__patch_add(m, numbers, q / m->w.small, q % m->w.small, out);
    }
    if (j->relu) cama__finish_rows(out, j->out_size, nr, NULL, true);
}

static int64_t worker_scratch(const cama__correlate *m, int32_t lines)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t patch = (int64_t)m->h.taps * m->w.taps * m->big_channels;
    const int64_t gathered = lines * m->w.small * (patch + kernel->mr);
    const int64_t weights = cama__thin_pays(m) ? patch * m->small_channels : 0;
    return m->patches ? cama__round_16((gathered > weights ? gathered : weights) * kernel->nr) : 0;
}

/* Columns of patches of some lines of the small grid, and what the kernel may read ahead. */
static int64_t columns_scratch(const cama__correlate *m, int32_t lines)
{
    const cama__kernel_info *kernel = cama__kernel();
    return m->patches ? cama__round_16((lines * cama__patch_columns_size(m) + kernel->mr) * kernel->nr) : 0;
}

/* Columns of patches hold the taps of a column one after the other, weights those of a line. */
static const real *weights_by_columns(const cama__correlate *m, const real *weights, real *to)
{
    const int32_t mr = cama__kernel()->mr, channels = m->big_channels;
    const size_t pixel = (size_t)(channels * mr) * sizeof *to;
    real *next = to;
    for (int32_t out = 0; out < m->small_channels; out += mr)
        for (int32_t tw = 0; tw < m->w.taps; tw++)
            for (int32_t th = 0; th < m->h.taps; th++, next += channels * mr)
                memcpy(next, weights + cama__correlate_weight_at(m, false, th, tw, 0, out), pixel);
    return to;
}

int64_t cama__correlate_apply_work(const cama__correlate *map, bool adjoint, int32_t threads)
{
    if (adjoint) return worker_scratch(map, 1) * threads;
    return cama__correlate_pooled_work(map, 1, threads);
}

int64_t cama__correlate_pooled_work(const cama__correlate *map, int32_t window, int32_t threads)
{
    return map->patches ? columns_scratch(map, window) * threads + cama__correlate_weights(map, false) : 0;
}

static job plan(const cama__correlate *map, bool adjoint)
{
    const cama__axis *h = &map->h, *w = &map->w;
    job j = {.map = map,
             .adjoint = adjoint,
             .s = shape_of(map, adjoint),
             .in_size = cama__correlate_in(map, adjoint),
             .out_size = cama__correlate_out(map, adjoint),
             .in_w = adjoint ? w->small : w->big,
             .out_h = adjoint ? h->big : h->small,
             .out_w = adjoint ? w->big : w->small};
    j.panels = cama__panels(j.s.out);
    j.columns = map->patches && !adjoint ? cama__patch_columns_size(map) : 0;
    return j;
}

/* Patches in the direction correlate: the weights in the order of the columns, then the columns of each worker. */
static void use_columns(job *j, int32_t lines, real *work)
{
    j->weights = weights_by_columns(j->map, j->weights, work);
    j->work = work + cama__correlate_weights(j->map, false);
    j->work_size = columns_scratch(j->map, lines);
}

enum { PANELS_TO_SHARE = 8 /* so many tasks are enough for the threads */ };

static bool is_dense(const job *j) { return !j->map->patches && j->out_h * j->out_w == 1 && j->s.taps == 1; }

void cama__correlate_apply(cama__pool *pool, const cama__correlate *map, bool adjoint, const real *weights,
                           const real *bias, bool relu, int64_t blocks, const real *in, real *out, real *work)
{
    job j = plan(map, adjoint);
    j.weights = weights, j.bias = bias, j.relu = relu, j.blocks = blocks;
    j.in = in, j.out = out, j.work = work, j.work_size = worker_scratch(map, 1);
    if (map->patches && adjoint) {
        cama__pool_run(pool, blocks, cama__thin_pays(map) ? unpatch_thin_task : unpatch_task, &j);
    } else if (map->patches) {
        use_columns(&j, 1, work);
        cama__pool_run(pool, blocks * j.out_h, patch_task, &j);
    } else if (is_dense(&j)) {
        j.splits = j.panels >= PANELS_TO_SHARE ? 1 : blocks < 4 ? 1 : 4;
        cama__pool_run(pool, j.panels * j.splits, dense_task, &j);
    } else {
        cama__pool_run(pool, blocks * j.out_h, direct_task, &j);
    }
}

int64_t cama__correlate_apply_turned_work(const cama__correlate *map, bool adjoint, int32_t threads)
{
    const job j = plan(map, adjoint);
    return is_dense(&j) && j.panels >= PANELS_TO_SHARE
               ? cama__round_16(panel_size(&j.s)) * threads
               : cama__correlate_weights(map, adjoint) + cama__correlate_apply_work(map, adjoint, threads);
}

void cama__correlate_apply_turned(cama__pool *pool, const cama__correlate *map, bool adjoint, const real *other,
                                  int64_t blocks, const real *in, real *out, real *work)
{
    job j = plan(map, adjoint);
    if (is_dense(&j) && j.panels >= PANELS_TO_SHARE) {
        j.weights = other, j.blocks = blocks, j.in = in, j.out = out, j.work = work;
        j.work_size = cama__round_16(panel_size(&j.s));
        cama__pool_run(pool, j.panels, dense_turned_task, &j);
        return;
    }
    cama__correlate_turn(pool, map, adjoint, other, work);
    cama__correlate_apply(pool, map, adjoint, work, NULL, false, blocks, in, out,
                          work + cama__correlate_weights(map, adjoint));
}

void cama__correlate_apply_pooled(cama__pool *pool, const cama__correlate *map, int32_t window, const real *weights,
                                  const real *bias, bool relu, int64_t blocks, const real *in, real *out,
                                  uint8_t *place, real *work)
{
    job j = plan(map, false);
    j.weights = weights, j.bias = bias, j.relu = relu, j.blocks = blocks, j.window = window;
    j.in = in, j.out = out, j.place = place;
    if (map->patches) use_columns(&j, window, work);
    cama__pool_run(pool, blocks * ((j.out_h + window - 1) / window), pooled_task, &j);
}
