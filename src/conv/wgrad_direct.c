/* wgrad_direct - any map: for each pair of taps, a product whose inner dimension runs over pixels and rows of the batch
 * at once.
 *
 * Both sides are transposed into panels whose inner dimension is (pixel, row): the out side into A panels, the in side
 * into B panels, so that the adjacent pixels of a grid line are one long inner dimension. On the big side with
 * stride > 1 the columns are sorted by their residue, which makes the pixels that one tap meets adjacent as well. The
 * product's tile is added straight to the packed gradient.
 *
 * Lines of pixels are packed when they are needed and dropped when no tap needs them any more, so that what is packed
 * stays in cache. Tasks share out the gradient, and each packs its lines for itself: cheap beside multiplying. */
#include <string.h>

#include "conv_geometry.h"
#include "tile.h"
#include "wgrad.h"

enum { GRADIENT_NUMBERS = 1 << 17 /* of the gradient, that stay in cache beside the lines */ };

typedef struct {
    const cama__conv_weight_gradient *g;
    cama__wgrad_sides s;
    int64_t blocks, taps;
    int64_t in_panels;    /* those that are multiplied tap by tap */
    int64_t merged, rest; /* taps that share the last panel, 0 if none do, with `rest` channels each */
    int64_t group;        /* out panels of a task */
    int32_t parts;        /* tasks that share the lines of taps of a group */
    real *scratch;
    int64_t scratch_size; /* of one worker */
} job;

/* ---- the last channels of adjacent taps, merged ----
 *
 * Where the in channels do not fill their last panel, the rest of them of several adjacent taps shares one: column p of
 * it is [x[p][rest], x[p + 1][rest], ...], zero outside the grid, for p from 1 - merged on. With 64 channels and
 * NR = 12 three taps share one panel, and a line of 5 taps costs 27 products in place of 30. */

static cama__wgrad_side merged_side(const job *j)
{
    cama__wgrad_side s = j->s.in;
    s.w += (int32_t)j->merged - 1;
    return s;
}

static void pack_merged(const job *j, const cama__wgrad_chunk *c, int32_t y, real *dst)
{
    const cama__wgrad_side *in = &j->s.in, all = merged_side(j);
    const int64_t nr = cama__kernel()->nr, pixel = in->channels * nr;
    memset(dst, 0, (size_t)cama__wgrad_line_step(&all, c->rows) * sizeof *dst);
    for (int64_t block = c->first; block < c->last; block++)
        for (int32_t x = 0; x < in->w; x++) {
            const real *from = in->src + ((block * in->h + y) * in->w + x) * pixel + (in->channels - j->rest) * nr;
            for (int32_t i = 0; i < j->merged; i++) { /* here it is what tap t0 + i meets */
                const int64_t column = cama__wgrad_column(&all, x - i + (int32_t)j->merged - 1);
                cama__layout_transpose(from, nr, j->rest, nr,
                                       dst + (column * c->rows + (block - c->first) * nr) * nr + i * j->rest, nr);
            }
        }
}

/* Small coordinates that at least one of the merged taps from t0 on ties to the grid: [first, last). */
static void merged_span(const job *j, int32_t t0, int32_t *first, int32_t *last)
{
    *first = j->g->map->w.small, *last = 0;
    for (int32_t i = 0; i < j->merged && t0 + i < j->g->map->w.taps; i++) {
        int32_t w0, w1;
        cama__axis_small_span(&j->g->map->w, t0 + i, &w0, &w1);
        if (w0 < w1 && w0 < *first) *first = w0;
        if (w0 < w1 && w1 > *last) *last = w1;
    }
}

/* Taps (th, t0) and the next ones: their parts of the tile go to their own places. */
static void add_merged(const job *j, int64_t rows, const real *a, const real *b, int32_t th, int32_t t0, real *dweights)
{
    const cama__conv *m = j->g->map;
    const cama__wgrad_side all = merged_side(j);
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, count = j->rest * mr;
    int32_t w0, w1;
    _Alignas(CAMA__ALIGN) real tile[TILE_MAX];
    merged_span(j, t0, &w0, &w1);
    if (w1 <= w0) return;
    const int64_t column = cama__wgrad_column(&all, w0 * m->w.stride - m->w.pad + t0 + (int32_t)j->merged - 1);
    cama__kernel_run((w1 - w0) * rows, a + w0 * rows * mr, b + column * rows * nr, false, tile, 1, mr);
    for (int32_t i = 0; i < j->merged && t0 + i < m->w.taps; i++) {
        real *d = dweights + cama__conv_weight_at(m, false, th, t0 + i, (int32_t)(j->s.in.channels - j->rest), 0);
        for (int64_t k = 0; k < count; k++) d[k] += tile[i * count + k];
    }
}

/* What one task works on: some panels of the gradient, some lines of taps, and the lines of pixels packed for them. */
typedef struct {
    const job *j;
    cama__panel_span out, in;
    int32_t th0, th1, ring; /* ring: lines of the big side that are held; line y lies in place y % ring */
    real *small, *big;
    int64_t big_line;
} share;

/* One line of taps th with one line q of small pixels. */
static void add_line(const share *s, const cama__wgrad_chunk *c, int32_t q, int32_t th)
{
    const job *j = s->j;
    const cama__conv *m = j->g->map;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, rows = c->rows;
    const int64_t a_step = cama__wgrad_line_step(&j->s.out, rows), b_step = cama__wgrad_line_step(&j->s.in, rows);
    const int64_t panel_size = j->taps * j->s.in.channels * mr;
    const cama__wgrad_side *small = m->adjoint ? &j->s.in : &j->s.out, *big = m->adjoint ? &j->s.out : &j->s.in;
    const real *big_line = s->big + (q * m->h.stride - m->h.pad + th) % s->ring * s->big_line;
    for (int32_t tw = 0; tw < m->w.taps; tw++) {
        int32_t w0, w1;
        cama__axis_small_span(&m->w, tw, &w0, &w1);
        if (w1 <= w0) continue;
        const real *at_small = s->small + w0 * rows * small->width;
        const real *at_big = big_line + cama__wgrad_column(big, w0 * m->w.stride - m->w.pad + tw) * rows * big->width;
        const real *a = m->adjoint ? at_big : at_small, *b = m->adjoint ? at_small : at_big;
        const int64_t tap = cama__conv_weight_at(m, m->adjoint, th, tw, 0, 0); /* of panel 0, in channel 0 */
        for (int64_t in = 0; in < j->in_panels; in++)
            for (int64_t panel = s->out.first; panel < s->out.last; panel++)
                cama__wgrad_add_tile((w1 - w0) * rows, a + (panel - s->out.first) * a_step, b + in * b_step,
                                     j->s.in.channels - in * nr,
                                     j->g->dweights + panel * panel_size + tap + in * nr * mr);
    }
    for (int32_t t0 = 0; j->merged > 0 && t0 < m->w.taps; t0 += (int32_t)j->merged)
        for (int64_t panel = s->out.first; panel < s->out.last; panel++)
            add_merged(j, rows, s->small + (panel - s->out.first) * a_step, big_line + j->in_panels * b_step, th, t0,
                       j->g->dweights + panel * panel_size);
}

/* One chunk: down the lines of the small side, with the lines of the big side that its taps meet. */
static void add_chunk(const share *s, const cama__wgrad_chunk *c)
{
    const job *j = s->j;
    const cama__axis *h = &j->g->map->h;
    const bool adjoint = j->g->map->adjoint;
    const cama__wgrad_side *small = adjoint ? &j->s.in : &j->s.out, *big = adjoint ? &j->s.out : &j->s.in;
    int32_t packed = 0; /* lines of the big side before this one are packed, or not needed */
    for (int32_t q = 0; q < h->small; q++) {
        const int32_t origin = q * h->stride - h->pad, end = (int32_t)cama__least(h->big, origin + s->th1);
        if (packed < origin + s->th0) packed = origin + s->th0;
        if (end <= 0 || origin + s->th0 >= h->big) continue;
        for (; packed < end; packed++) {
            real *line = s->big + packed % s->ring * s->big_line;
            cama__wgrad_pack_line(big, adjoint ? s->out : s->in, c, packed, line);
            if (j->merged > 0) pack_merged(j, c, packed, line + cama__wgrad_line_size(&j->s.in, j->in_panels, c->rows));
        }
        cama__wgrad_pack_line(small, adjoint ? s->in : s->out, c, q, s->small);
        for (int32_t th = s->th0; th < s->th1; th++)
            if (origin + th >= 0 && origin + th < h->big) add_line(s, c, q, th);
    }
}

static int64_t in_line(const job *j, int64_t rows)
{
    const cama__wgrad_side all = merged_side(j);
    return cama__wgrad_line_size(&j->s.in, j->in_panels, rows) +
           (j->merged > 0 ? cama__wgrad_line_step(&all, rows) : 0);
}

static void product_task(void *arg, int64_t index, int32_t worker)
{
    const job *j = arg;
    const int64_t first = index / j->parts * j->group, part = index % j->parts;
    const int32_t taps = j->g->map->h.taps;
    share s = {.j = j, .out = {first, cama__least(first + j->group, j->s.out.panels)}, .in = {0, j->in_panels}};
    s.th0 = (int32_t)(taps * part / j->parts), s.th1 = (int32_t)(taps * (part + 1) / j->parts);
    s.ring = s.th1 - s.th0;
    s.small = j->scratch + worker * j->scratch_size;
    for (int64_t block = 0; block < j->blocks; block += j->g->chunk) {
        const cama__wgrad_chunk c = cama__wgrad_chunk_at(j->blocks, j->g->chunk, block);
        const int64_t out = cama__wgrad_line_size(&j->s.out, s.out.last - s.out.first, c.rows), in = in_line(j, c.rows);
        s.big_line = j->g->map->adjoint ? out : in;
        s.big = s.small + (j->g->map->adjoint ? in : out);
        add_chunk(&s, &c);
    }
}

/* Tasks: about two for each thread where there are as many lines of taps, and no more of the gradient in one than stays
 * in cache. */
static void share_out(job *j, int32_t threads)
{
    const int64_t panel = j->taps * j->s.in.channels * cama__kernel()->mr, wanted = threads == 1 ? 1 : 2 * threads;
    const int64_t most = panel < GRADIENT_NUMBERS ? GRADIENT_NUMBERS / panel : 1, even = j->s.out.panels / wanted;
    j->group = even > most ? most : even < 1 ? 1 : even;
    j->parts =
        (int32_t)cama__least(j->g->map->h.taps, cama__ceil_div(wanted, cama__ceil_div(j->s.out.panels, j->group)));
}

static job job_of(const cama__conv_weight_gradient *g, int32_t threads)
{
    const cama__conv *m = g->map;
    job j = {.g = g, .s = cama__wgrad_sides_of(g), .blocks = cama__blocks(g->rows)};
    const int64_t nr = cama__kernel()->nr;
    j.taps = (int64_t)m->h.taps * m->w.taps;
    j.in_panels = j.s.in.panels;
    j.rest = j.s.in.channels % nr;
    if (!m->adjoint && j.rest > 0 && m->w.taps > 1 && nr / j.rest > 1) {
        j.merged = cama__least(nr / j.rest, m->w.taps);
        j.in_panels--;
    }
    share_out(&j, threads);
    const int64_t rows = cama__least(j.blocks, g->chunk) * nr, lines = cama__ceil_div(m->h.taps, j.parts);
    const int64_t out = cama__wgrad_line_size(&j.s.out, j.group, rows), in = in_line(&j, rows);
    j.scratch_size = cama__round_16(m->adjoint ? out * lines + in : out + in * lines);
    return j;
}

void cama__wgrad_direct(const cama__exec *exec, const cama__conv_weight_gradient *g)
{
    job j = job_of(g, cama__exec_threads(exec));
    j.scratch = cama__exec_reals(exec, j.scratch_size * cama__exec_threads(exec));
    cama__exec_run(exec, cama__ceil_div(j.s.out.panels, j.group) * j.parts, product_task, &j);
}
