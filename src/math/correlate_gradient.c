/* correlate_gradient - the gradient of the weights: for each pair of taps, a product whose inner dimension runs over
 * pixels and rows of the batch at once.
 *
 * Both sides are first turned into panels whose inner dimension is (pixel, row): the out side into A panels, the in
 * side into B panels, so that the adjacent pixels of a grid row are one long inner dimension. On the big side with
 * stride > 1 the columns are sorted by their residue, which makes the pixels that one tap meets adjacent as well. The
 * product's tile is stored straight into the packed gradient. */
#include <string.h>

#include "correlate_patch.h"

enum { TILE_MAX = 1024 };

static inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static inline int64_t round_16(int64_t a) { return (a + 15) / 16 * 16; } /* keeps what follows aligned to 64 bytes */

/* ---- a side of the product, packed ---- */

typedef struct {
    const real *src; /* (blocks, h, w, channels, NR) */
    real *dst;       /* (chunks) of (channel panels, h, w, rows of the chunk, width) */
    int64_t channels, panels, width;
    int32_t h, w, stride; /* columns are stored by residue of stride */
    int64_t chunk;        /* blocks of one chunk */
} side;

static inline int64_t side_block(const side *s) { return s->panels * s->width * s->h * s->w * cama__kernel()->nr; }

/* Position of column x when columns are sorted by residue. */
static inline int64_t column_place(const side *s, int32_t x)
{
    int64_t start = 0;
    for (int32_t r = 0; r < x % s->stride; r++) start += (s->w - r + s->stride - 1) / s->stride;
    return start + x / s->stride;
}

/* Turn one pixel (channels, NR) into its place in each panel: (NR, width), zero-filled past the last channel. */
static void pack_pixel(const real *src, int64_t channels, int64_t width, real *dst, int64_t panel_step)
{
    const int64_t nr = cama__kernel()->nr;
    for (int64_t first = 0; first < channels; first += width, dst += panel_step) {
        const int64_t rows = channels - first < width ? channels - first : width;
        cama__packed_transpose(src + first * nr, nr, rows, nr, dst, width);
        for (int64_t lane = 0; rows < width && lane < nr; lane++)
            memset(dst + lane * width + rows, 0, (size_t)(width - rows) * sizeof *dst);
    }
}

typedef struct {
    const cama__correlate *map;
    side out, in; /* A and B side */
    int64_t blocks, chunk;
    real *dweights, *work;
    int64_t work_size, partial_size;
    int64_t taps, in_channels; /* of the packed gradient */
} job;

static void pack_block(const side *s, int64_t blocks, int64_t block)
{
    const int64_t nr = cama__kernel()->nr, first = block / s->chunk * s->chunk;
    const int64_t rows = (blocks - first < s->chunk ? blocks - first : s->chunk) * nr; /* of this block's chunk */
    const int64_t row_step = s->w * rows * s->width, panel_step = s->h * row_step;
    for (int32_t y = 0; y < s->h; y++)
        for (int32_t x = 0; x < s->w; x++)
            pack_pixel(s->src + ((block * s->h + y) * s->w + x) * s->channels * nr, s->channels, s->width,
                       s->dst + first * side_block(s) + y * row_step +
                           (column_place(s, x) * rows + (block - first) * nr) * s->width,
                       panel_step);
}

static void pack_task(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    pack_block(index % 2 ? &j->in : &j->out, j->blocks, index / 2);
}

/* ---- the product ---- */

/* A tile of the gradient; one that sticks out past the last in channel goes through memory of its own. */
static void add_tile(int64_t k, const real *a, const real *b, int64_t columns, real *dweights)
{
    const int64_t mr = cama__kernel()->mr, nr = cama__kernel()->nr;
    _Alignas(CAMA__ALIGN) real tile[TILE_MAX];
    if (columns >= nr) {
        cama__kernel_run(k, a, b, true, dweights, 1, mr);
        return;
    }
    cama__kernel_run(k, a, b, false, tile, 1, mr);
    for (int64_t i = 0; i < columns * mr; i++) dweights[i] += tile[i];
}

/* Small coordinates whose tap t falls inside the big grid: [first, last). */
static void span(const cama__axis *a, int32_t tap, int32_t *first, int32_t *last)
{
    const int32_t shift = tap - a->pad; /* big = q * stride + shift */
    *first = shift < 0 ? (-shift + a->stride - 1) / a->stride : 0;
    *last = a->big > shift ? (a->big - 1 - shift) / a->stride + 1 : 0;
    if (*last > a->small) *last = a->small;
}

/* One row of taps th of one out panel, over all chunks and rows of small pixels. */
static void product_task(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const cama__correlate *m = j->map;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, panel = index / m->h.taps;
    const int32_t th = (int32_t)(index % m->h.taps);
    const side *small = m->adjoint ? &j->in : &j->out, *big = m->adjoint ? &j->out : &j->in;
    const int64_t small_panel = m->adjoint ? 0 : panel, big_panel = m->adjoint ? panel : 0;
    int32_t h0, h1, w0, w1;
    span(&m->h, th, &h0, &h1);
    for (int64_t first = 0; first < j->blocks; first += j->chunk) {
        const int64_t rows = (j->blocks - first < j->chunk ? j->blocks - first : j->chunk) * nr;
        for (int32_t q = h0; q < h1; q++)
            for (int32_t tw = 0; tw < m->w.taps; tw++) {
                span(&m->w, tw, &w0, &w1);
                if (w1 <= w0) continue;
                const int32_t bh = q * m->h.stride - m->h.pad + th, bw = w0 * m->w.stride - m->w.pad + tw;
                const real *s = small->dst + first * side_block(small) +
                                (((small_panel * small->h + q) * small->w + w0) * rows) * small->width;
                const real *b = big->dst + first * side_block(big) +
                                (((big_panel * big->h + bh) * big->w + column_place(big, bw)) * rows) * big->width;
                const real *a_side = m->adjoint ? b : s, *b_side = m->adjoint ? s : b;
                const int64_t in_step = (int64_t)j->in.h * j->in.w * rows * nr;
                const int64_t tap =
                    cama__correlate_weight_at(m, m->adjoint, th, tw, 0, 0); /* of panel 0, in channel 0 */
                real *d = j->dweights + panel * j->taps * j->in_channels * mr + tap;
                for (int64_t in = 0; in < j->in.panels; in++)
                    add_tile((w1 - w0) * rows, a_side, b_side + in * in_step, j->in_channels - in * nr,
                             d + in * nr * mr);
            }
    }
}

/* ---- patches: each block makes its own small gradient; they are added up in order ---- */

static void patch_block(void *arg, int64_t block, int32_t worker)
{
    const job *j = arg;
    const cama__correlate *m = j->map;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, w = m->w.small;
    const int64_t patch = (int64_t)m->h.taps * m->w.taps * m->big_channels;
    real *rows = j->work + worker * j->work_size, *a = rows + round_16(w * patch * nr);
    real *b = a + round_16(w * nr * j->out.panels * mr), *sum = j->out.dst + block * j->partial_size;
    memset(sum, 0, (size_t)j->partial_size * sizeof *sum);
    const real *big = (m->adjoint ? j->out.src : j->in.src) + block * cama__big_size(m) * nr;
    const real *small = (m->adjoint ? j->in.src : j->out.src) + block * cama__small_size(m) * nr;
    for (int32_t q = 0; q < m->h.small; q++) {
        cama__patch_row(m, big, q, rows);
        const real *line = small + q * w * m->small_channels * nr;
        for (int64_t x = 0; x < w; x++) {
            const real *patch_x = rows + x * patch * nr, *small_x = line + x * m->small_channels * nr;
            pack_pixel(m->adjoint ? patch_x : small_x, j->out.channels, mr, a + x * nr * mr, w * nr * mr);
            pack_pixel(m->adjoint ? small_x : patch_x, j->in.channels, nr, b + x * nr * nr, w * nr * nr);
        }
        for (int64_t p = 0; p < j->out.panels; p++)
            for (int64_t in = 0; in < j->in.panels; in++)
                add_tile(w * nr, a + p * w * nr * mr, b + in * w * nr * nr, j->in_channels - in * nr,
                         sum + (p * j->in_channels + in * nr) * mr);
    }
}

static void add_patches(const job *j)
{
    const int64_t count = j->out.panels * j->in_channels * cama__kernel()->mr;
    for (int64_t block = 0; block < j->blocks; block++) {
        const real *sum = j->out.dst + block * j->partial_size;
        for (int64_t i = 0; i < count; i++) j->dweights[i] += sum[i];
    }
}

/* ---- entry ---- */

static job plan(const cama__correlate *m, int64_t blocks, int64_t chunk)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t taps = (int64_t)m->h.taps * m->w.taps, mr = kernel->mr, nr = kernel->nr;
    const int64_t big_channels = m->patches ? taps * m->big_channels : m->big_channels;
    side big = {.channels = big_channels, .h = m->h.big, .w = m->w.big, .stride = m->w.stride, .chunk = chunk};
    side small = {.channels = m->small_channels, .h = m->h.small, .w = m->w.small, .stride = 1, .chunk = chunk};
    job j = {
        .map = m, .out = m->adjoint ? big : small, .in = m->adjoint ? small : big, .blocks = blocks, .chunk = chunk};
    j.out.width = mr;
    j.in.width = nr;
    j.out.panels = ceil_div(j.out.channels, mr);
    j.in.panels = ceil_div(j.in.channels, nr);
    j.taps = m->patches ? 1 : taps;
    j.in_channels = j.in.channels;
    j.partial_size = round_16(j.out.panels * mr * j.in_channels);
    j.work_size = round_16(m->w.small * big_channels * nr) + round_16(m->w.small * nr * j.out.panels * mr) +
                  round_16(m->w.small * nr * j.in.panels * nr);
    return j;
}

int64_t cama__correlate_gradient_work(const cama__correlate *map, int64_t blocks, int32_t threads)
{
    const job j = plan(map, blocks, 1);
    if (map->patches) return j.partial_size * blocks + j.work_size * threads;
    return blocks * side_block(&j.out) + blocks * side_block(&j.in);
}

void cama__correlate_gradient(cama__pool *pool, const cama__correlate *map, int64_t blocks, int64_t chunk,
                              const real *in, const real *dout, real *dweights, real *work)
{
    job j = plan(map, blocks, chunk);
    j.dweights = dweights;
    j.out.src = dout;
    j.in.src = in;
    j.out.dst = work;
    if (map->patches) {
        j.work = work + j.partial_size * blocks;
        cama__pool_run(pool, blocks, patch_block, &j);
        add_patches(&j);
        return;
    }
    j.in.dst = work + blocks * side_block(&j.out);
    cama__pool_run(pool, blocks * 2, pack_task, &j);
    cama__pool_run(pool, j.out.panels * map->h.taps, product_task, &j);
}
