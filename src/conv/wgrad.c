/* wgrad - the gradient of the weights: for each pair of taps, a product whose inner dimension runs over
 * pixels and rows of the batch at once.
 *
 * Both sides are turned into panels whose inner dimension is (pixel, row): the out side into A panels, the in side into
 * B panels, so that the adjacent pixels of a grid line are one long inner dimension. On the big side with stride > 1
 * the columns are sorted by their residue, which makes the pixels that one tap meets adjacent as well. The product's
 * tile is added straight to the packed gradient.
 *
 * Lines of pixels are turned when they are needed and dropped when no tap needs them any more, so that what is turned
 * stays in cache. Tasks share out the gradient, and each turns its lines for itself: cheap beside multiplying. */
#include "conv_axis.h"
#include "im2col.h"
#include "wgrad_pack.h"
#include "wgrad_pooled.h"
#include "small_m.h"

enum { GRADIENT_NUMBERS = 1 << 17 /* of the gradient, that stay in cache beside the lines */ };

typedef struct {
    const cama__conv *map;
    side out, in; /* A and B side */
    int64_t blocks, chunk;
    real *dweights, *work;
    int64_t work_size, partial_size; /* of one worker; of one block's gradient from patches */
    int64_t taps, in_channels;       /* of the packed gradient */
    int64_t in_panels;               /* those that are multiplied tap by tap */
    int64_t merged, rest;            /* taps that share the last panel, 0 if none do, with `rest` channels each */
    int64_t group;                   /* out panels of a task */
    int32_t parts;                   /* tasks that share the lines of taps of a group */
    bool thin;                       /* the patches are (small_m.h) */
} job;

static chunk_of_blocks chunk_at(const job *j, int64_t first)
{
    const int64_t last = least(first + j->chunk, j->blocks);
    return (chunk_of_blocks){first, last, (last - first) * cama__kernel()->nr};
}

/* ---- the last channels of adjacent taps, merged ----
 *
 * Where the in channels do not fill their last panel, the rest of them of several adjacent taps shares one: column p of
 * it is [x[p][rest], x[p + 1][rest], ...], zero outside the grid, for p from 1 - merged on. With 64 channels and
 * NR = 12 three taps share one panel, and a line of 5 taps costs 27 products in place of 30. */

static side merged_side(const job *j)
{
    side s = j->in;
    s.w += (int32_t)j->merged - 1;
    return s;
}

static void pack_merged(const job *j, const chunk_of_blocks *c, int32_t y, real *dst)
{
    const side *in = &j->in, all = merged_side(j);
    const int64_t nr = cama__kernel()->nr, pixel = in->channels * nr;
    memset(dst, 0, (size_t)line_step(&all, c->rows) * sizeof *dst);
    for (int64_t block = c->first; block < c->last; block++)
        for (int32_t x = 0; x < in->w; x++) {
            const real *from = in->src + ((block * in->h + y) * in->w + x) * pixel + (in->channels - j->rest) * nr;
            for (int32_t i = 0; i < j->merged; i++) { /* here it is what tap t0 + i meets */
                const int64_t column = column_place(&all, x - i + (int32_t)j->merged - 1);
                cama__layout_transpose(from, nr, j->rest, nr,
                                       dst + (column * c->rows + (block - c->first) * nr) * nr + i * j->rest, nr);
            }
        }
}

/* Small coordinates that at least one of the merged taps from t0 on ties to the grid: [first, last). */
static void merged_span(const job *j, int32_t t0, int32_t *first, int32_t *last)
{
    *first = j->map->w.small, *last = 0;
    for (int32_t i = 0; i < j->merged && t0 + i < j->map->w.taps; i++) {
        int32_t w0, w1;
        small_span(&j->map->w, t0 + i, &w0, &w1);
        if (w0 < w1 && w0 < *first) *first = w0;
        if (w0 < w1 && w1 > *last) *last = w1;
    }
}

/* Taps (th, t0) and the next ones: their parts of the tile go to their own places. */
static void add_merged(const job *j, int64_t rows, const real *a, const real *b, int32_t th, int32_t t0, real *dweights)
{
    const cama__conv *m = j->map;
    const side all = merged_side(j);
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, count = j->rest * mr;
    int32_t w0, w1;
    _Alignas(CAMA__ALIGN) real tile[TILE_MAX];
    merged_span(j, t0, &w0, &w1);
    if (w1 <= w0) return;
    const int64_t column = column_place(&all, w0 * m->w.stride - m->w.pad + t0 + (int32_t)j->merged - 1);
    cama__kernel_run((w1 - w0) * rows, a + w0 * rows * mr, b + column * rows * nr, false, tile, 1, mr);
    for (int32_t i = 0; i < j->merged && t0 + i < m->w.taps; i++) {
        real *d = dweights + cama__conv_weight_at(m, false, th, t0 + i, (int32_t)(j->in.channels - j->rest), 0);
        for (int64_t k = 0; k < count; k++) d[k] += tile[i * count + k];
    }
}

/* What one task works on: some panels of the gradient, some lines of taps, and the lines of pixels packed for them. */
typedef struct {
    const job *j;
    span_of_panels out, in;
    int32_t th0, th1, ring; /* ring: lines of the big side that are held; line y lies in place y % ring */
    real *small, *big;
    int64_t big_line;
} share;

/* One line of taps th with one line q of small pixels. */
static void add_line(const share *s, const chunk_of_blocks *c, int32_t q, int32_t th)
{
    const job *j = s->j;
    const cama__conv *m = j->map;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, rows = c->rows;
    const int64_t a_step = line_step(&j->out, rows), b_step = line_step(&j->in, rows);
    const int64_t panel_size = j->taps * j->in_channels * mr;
    const side *small = m->adjoint ? &j->in : &j->out, *big = m->adjoint ? &j->out : &j->in;
    const real *big_line = s->big + (q * m->h.stride - m->h.pad + th) % s->ring * s->big_line;
    for (int32_t tw = 0; tw < m->w.taps; tw++) {
        int32_t w0, w1;
        small_span(&m->w, tw, &w0, &w1);
        if (w1 <= w0) continue;
        const real *at_small = s->small + w0 * rows * small->width;
        const real *at_big = big_line + column_place(big, w0 * m->w.stride - m->w.pad + tw) * rows * big->width;
        const real *a = m->adjoint ? at_big : at_small, *b = m->adjoint ? at_small : at_big;
        const int64_t tap = cama__conv_weight_at(m, m->adjoint, th, tw, 0, 0); /* of panel 0, in channel 0 */
        for (int64_t in = 0; in < j->in_panels; in++)
            for (int64_t panel = s->out.first; panel < s->out.last; panel++)
                add_tile((w1 - w0) * rows, a + (panel - s->out.first) * a_step, b + in * b_step,
                         j->in_channels - in * nr, j->dweights + panel * panel_size + tap + in * nr * mr);
    }
    for (int32_t t0 = 0; j->merged > 0 && t0 < m->w.taps; t0 += (int32_t)j->merged)
        for (int64_t panel = s->out.first; panel < s->out.last; panel++)
            add_merged(j, rows, s->small + (panel - s->out.first) * a_step, big_line + j->in_panels * b_step, th, t0,
                       j->dweights + panel * panel_size);
}

/* One chunk: down the lines of the small side, with the lines of the big side that its taps meet. */
static void add_chunk(const share *s, const chunk_of_blocks *c)
{
    const job *j = s->j;
    const cama__axis *h = &j->map->h;
    const bool adjoint = j->map->adjoint;
    const side *small = adjoint ? &j->in : &j->out, *big = adjoint ? &j->out : &j->in;
    int32_t packed = 0; /* lines of the big side before this one are packed, or not needed */
    for (int32_t q = 0; q < h->small; q++) {
        const int32_t origin = q * h->stride - h->pad, end = (int32_t)least(h->big, origin + s->th1);
        if (packed < origin + s->th0) packed = origin + s->th0;
        if (end <= 0 || origin + s->th0 >= h->big) continue;
        for (; packed < end; packed++) {
            real *line = s->big + packed % s->ring * s->big_line;
            pack_line(big, adjoint ? s->out : s->in, c, packed, line);
            if (j->merged > 0) pack_merged(j, c, packed, line + line_size(&j->in, j->in_panels, c->rows));
        }
        pack_line(small, adjoint ? s->in : s->out, c, q, s->small);
        for (int32_t th = s->th0; th < s->th1; th++)
            if (origin + th >= 0 && origin + th < h->big) add_line(s, c, q, th);
    }
}

static int64_t in_line(const job *j, int64_t rows)
{
    const side all = merged_side(j);
    return line_size(&j->in, j->in_panels, rows) + (j->merged > 0 ? line_step(&all, rows) : 0);
}

static void product_task(void *arg, int64_t index, int32_t worker)
{
    const job *j = arg;
    const int64_t first = index / j->parts * j->group, part = index % j->parts;
    const int32_t taps = j->map->h.taps;
    share s = {.j = j, .out = {first, least(first + j->group, j->out.panels)}, .in = {0, j->in_panels}};
    s.th0 = (int32_t)(taps * part / j->parts), s.th1 = (int32_t)(taps * (part + 1) / j->parts);
    s.ring = s.th1 - s.th0;
    s.small = j->work + worker * j->work_size;
    for (int64_t block = 0; block < j->blocks; block += j->chunk) {
        const chunk_of_blocks c = chunk_at(j, block);
        const int64_t out = line_size(&j->out, s.out.last - s.out.first, c.rows), in = in_line(j, c.rows);
        s.big_line = j->map->adjoint ? out : in;
        s.big = s.small + (j->map->adjoint ? in : out);
        add_chunk(&s, &c);
    }
}

/* ---- grids of one pixel (dense layers): a chunk is one line, and all chunks are packed once for all panels ---- */

static void pack_dense(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const int64_t nr = cama__kernel()->nr, block = index / 2, out_size = j->out.panels * j->out.width * nr;
    const side *s = index % 2 ? &j->in : &j->out;
    const chunk_of_blocks c = chunk_at(j, block / j->chunk * j->chunk);
    real *dst = index % 2 ? j->work + j->blocks * out_size : j->work;
    pack_pixel_at(s, (span_of_panels){0, s->panels}, block, 0, 0,
                  dst + (c.first * s->panels * nr + (block - c.first) * nr) * s->width, line_step(s, c.rows));
}

/* One out panel: each tile of the gradient is finished before the next one is begun. */
static void dense_task(void *arg, int64_t panel, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr;
    const real *a = j->work, *b = j->work + j->blocks * j->out.panels * mr * nr;
    for (int64_t in = 0; in < j->in.panels; in++)
        for (int64_t first = 0; first < j->blocks; first += j->chunk) {
            const chunk_of_blocks c = chunk_at(j, first);
            add_tile(c.rows, a + (first * nr * j->out.panels + panel * c.rows) * mr,
                     b + (first * nr * j->in.panels + in * c.rows) * nr, j->in_channels - in * nr,
                     j->dweights + (panel * j->in_channels + in * nr) * mr);
        }
}

/* ---- patches: each block makes its own small gradient; they are added up in order ---- */

static void patch_block(void *arg, int64_t block, int32_t worker)
{
    const job *j = arg;
    const cama__conv *m = j->map;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, w = m->w.small;
    const int64_t patch = (int64_t)m->h.taps * m->w.taps * m->big_channels;
    real *rows = j->work + j->blocks * j->partial_size + worker * j->work_size,
         *a = rows + cama__round_16(w * patch * nr);
    real *b = a + cama__round_16(w * nr * j->out.panels * mr), *sum = j->work + block * j->partial_size;
    memset(sum, 0, (size_t)j->partial_size * sizeof *sum);
    memset(a, 0, (size_t)(j->work_size - (a - rows)) * sizeof *a); /* stays past the last channels of both sides */
    const real *big = (m->adjoint ? j->out.src : j->in.src) + block * cama__big_size(m) * nr;
    const side *patch_side = m->adjoint ? &j->out : &j->in, *small_side = m->adjoint ? &j->in : &j->out;
    real *patch_to = m->adjoint ? a : b, *small_to = m->adjoint ? b : a;
    for (int32_t q = 0; q < m->h.small; q++) {
        cama__im2col_row(m, big, q, rows);
        for (int32_t x = 0; x < w; x++) {
            pack_pixel(patch_side, (span_of_panels){0, patch_side->panels}, rows + x * patch * nr, NULL, 0,
                       patch_to + x * nr * patch_side->width, w * nr * patch_side->width);
            pack_pixel_at(small_side, (span_of_panels){0, small_side->panels}, block, q, x,
                          small_to + x * nr * small_side->width, w * nr * small_side->width);
        }
        for (int64_t p = 0; p < j->out.panels; p++)
            for (int64_t in = 0; in < j->in.panels; in++)
                add_tile(w * nr, a + p * w * nr * mr, b + in * w * nr * nr, j->in_channels - in * nr,
                         sum + (p * j->in_channels + in * nr) * mr);
    }
}

/* The same behind a max pool, without the zeros. */
static void sparse_block(void *arg, int64_t block, int32_t worker)
{
    const job *j = arg;
    const cama__conv *m = j->map;
    const int64_t nr = cama__kernel()->nr, h = ceil_div(m->h.small, j->out.window);
    const int64_t at = block * h * ceil_div(m->w.small, j->out.window) * m->small_channels * nr;
    cama__wgrad_pooled_block(m, j->out.window, j->in.src + block * cama__big_size(m) * nr, j->out.src + at,
                             j->out.place + at, j->work + block * j->partial_size,
                             j->work + j->blocks * j->partial_size + worker * j->work_size);
}

/* ---- thin patches: the sums of each lane of a block first ---- */

/* The pixels of a line are taken by so many, whose repeated patches stay in cache. */
enum { THIN_RUN = 16 };

/* Scratch of a worker: patches of a line, then of a run, repeated, then the sums. */
static int64_t thin_line_size(const job *j) { return cama__round_16(j->map->w.small * j->out.channels * THIN_NR); }
static int64_t thin_run_size(const job *j) { return THIN_RUN * j->out.channels * THIN_STEP; }
static int64_t thin_sums_size(const job *j) { return j->out.channels * j->in.channels * THIN_NR; }

/* The patches of a line and the line of the small side. */
static void add_thin_line(const job *j, const real *line, const real *small, real *stretch, real *sums)
{
    const int64_t patch = j->out.channels, channels = j->in.channels, w = j->map->w.small;
    for (int64_t x = 0; x < w; x += THIN_RUN) {
        const int64_t count = least(THIN_RUN, w - x);
        cama__small_m_repeat_patches(line + x * patch * THIN_NR, patch, count, stretch);
        cama__small_m_add_products(stretch, patch, channels, count, small + x * channels * THIN_NR, sums);
    }
}

static void thin_block(void *arg, int64_t block, int32_t worker)
{
    const job *j = arg;
    const cama__conv *m = j->map;
    real *line = j->work + j->blocks * j->partial_size + worker * j->work_size, *stretch = line + thin_line_size(j);
    real *sums = stretch + thin_run_size(j), *panel = j->work + block * j->partial_size;
    memset(sums, 0, (size_t)thin_sums_size(j) * sizeof *sums);
    memset(panel, 0, (size_t)j->partial_size * sizeof *panel);
    for (int32_t q = 0; q < m->h.small; q++) {
        cama__im2col_row(m, j->out.src + block * cama__big_size(m) * THIN_NR, q, line);
        add_thin_line(j, line, j->in.src + (block * m->h.small + q) * m->w.small * j->in.channels * THIN_NR, stretch,
                      sums);
    }
    cama__small_m_reduce(sums, j->out.channels, j->in.channels, panel);
}

static void add_patches(const job *j)
{
    const int64_t count = j->out.panels * j->in_channels * cama__kernel()->mr;
    for (int64_t block = 0; block < j->blocks; block++) {
        const real *sum = j->work + block * j->partial_size;
        for (int64_t i = 0; i < count; i++) j->dweights[i] += sum[i];
    }
}

/* ---- entry ---- */

/* A wider kernel on a grid of one pixel is not: it has weights that never meet a pixel. */
static bool is_dense(const cama__conv *m) { return is_pixel(&m->h) && is_pixel(&m->w); }

/* Tasks: about two for each thread where there are as many lines of taps, and no more of the gradient in one than stays
 * in cache. */
static void share_out(job *j, int32_t threads)
{
    const int64_t panel = j->taps * j->in_channels * cama__kernel()->mr, wanted = threads == 1 ? 1 : 2 * threads;
    const int64_t most = panel < GRADIENT_NUMBERS ? GRADIENT_NUMBERS / panel : 1, even = j->out.panels / wanted;
    j->group = even > most ? most : even < 1 ? 1 : even;
    j->parts = (int32_t)least(j->map->h.taps, ceil_div(wanted, ceil_div(j->out.panels, j->group)));
}

static job plan(const cama__conv *m, int64_t blocks, int64_t chunk, int32_t threads)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t taps = (int64_t)m->h.taps * m->w.taps, mr = kernel->mr, nr = kernel->nr;
    const int64_t big_channels = m->patches ? taps * m->big_channels : m->big_channels;
    side big = {.channels = big_channels, .h = m->h.big, .w = m->w.big, .stride = m->w.stride};
    side small = {.channels = m->small_channels, .h = m->h.small, .w = m->w.small, .stride = 1};
    job j = {
        .map = m, .out = m->adjoint ? big : small, .in = m->adjoint ? small : big, .blocks = blocks, .chunk = chunk};
    j.out.padded = j.in.padded = m->patches;
    j.out.width = mr;
    j.in.width = nr;
    j.out.panels = ceil_div(j.out.channels, mr);
    j.in.panels = ceil_div(j.in.channels, nr);
    j.taps = m->patches ? 1 : taps;
    j.in_channels = j.in.channels;
    j.partial_size = cama__round_16(j.out.panels * mr * j.in_channels);
    j.in_panels = j.in.panels;
    j.rest = j.in.channels % nr;
    if (!m->adjoint && !m->patches && j.rest > 0 && m->w.taps > 1 && nr / j.rest > 1) {
        j.merged = least(nr / j.rest, m->w.taps);
        j.in_panels--;
    }
    share_out(&j, threads);
    const int64_t rows = least(blocks, chunk) * nr, lines = ceil_div(m->h.taps, j.parts);
    j.thin = m->adjoint && cama__small_m_pays(m);
    if (j.thin) {
        j.work_size = thin_line_size(&j) + thin_run_size(&j) + thin_sums_size(&j);
    } else if (m->patches) {
        const int64_t dense = cama__round_16(m->w.small * big_channels * nr) +
                              cama__round_16(m->w.small * nr * j.out.panels * mr) +
                              cama__round_16(m->w.small * nr * j.in.panels * nr);
        const int64_t sparse = m->adjoint ? 0 : cama__wgrad_pooled_work(m);
        j.work_size = dense > sparse ? dense : sparse;
    } else {
        j.work_size = cama__round_16(line_size(&j.out, j.group, rows) * (m->adjoint ? lines : 1) +
                                     in_line(&j, rows) * (m->adjoint ? 1 : lines));
    }
    return j;
}

int64_t cama__conv_wgrad_work(const cama__conv *map, int64_t blocks, int64_t chunk, int32_t threads)
{
    const job j = plan(map, blocks, chunk, threads);
    const int64_t nr = cama__kernel()->nr;
    if (map->patches) return j.partial_size * blocks + j.work_size * threads;
    if (is_dense(map)) return blocks * nr * (j.out.panels * j.out.width + j.in.panels * j.in.width);
    return j.work_size * threads;
}

static void compute(cama__pool *pool, job *j, const real *in, const real *dout, real *dweights, real *work)
{
    j->dweights = dweights;
    j->out.src = dout;
    j->in.src = in;
    j->work = work;
    if (j->map->patches) {
        cama__task *block = j->thin ? thin_block : j->out.window > 0 ? sparse_block : patch_block;
        cama__pool_run(pool, j->blocks, block, j);
        add_patches(j);
    } else if (is_dense(j->map)) {
        cama__pool_run(pool, j->blocks * 2, pack_dense, j);
        cama__pool_run(pool, j->out.panels, dense_task, j);
    } else {
        cama__pool_run(pool, ceil_div(j->out.panels, j->group) * j->parts, product_task, j);
    }
}

void cama__conv_wgrad(cama__pool *pool, const cama__conv *map, int64_t blocks, int64_t chunk, const real *in,
                      const real *dout, real *dweights, real *work)
{
    job j = plan(map, blocks, chunk, cama__pool_threads(pool));
    compute(pool, &j, in, dout, dweights, work);
}

void cama__conv_wgrad_pooled(cama__pool *pool, const cama__conv *map, int32_t window, int64_t blocks, int64_t chunk,
                             const real *in, const real *dout, const uint8_t *place, real *dweights, real *work)
{
    job j = plan(map, blocks, chunk, cama__pool_threads(pool));
    j.out.window = window;
    j.out.place = place;
    compute(pool, &j, in, dout, dweights, work);
}
