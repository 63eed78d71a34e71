/* winograd_line - one line of points of the map by minimal filtering (part of winograd_forward.c): along w it is
 * spread, multiplied by all panels of weights, and gathered. */
#ifndef CAMA_CONV_WINOGRAD_LINE_H
#define CAMA_CONV_WINOGRAD_LINE_H

#include <string.h>

#include "conv_axis.h"
#include "winograd.h"

typedef struct {
    const cama__conv *map;
    const cama__winograd *w;
    bool adjoint, relu;
    int32_t window, in_h, in_w, out_h, out_w, bands;
    int64_t channels, out_channels, panels; /* in channels; out */
    const real *weights, *bias, *in;        /* weights (weight point, panel, in, MR) */
    real *out, *spread_bias, *scratch;
    uint8_t *place;
    int64_t pixel, in_step, out_step; /* an input pixel; from one to the next in lines of points; the same of output */
    int64_t scratch_size;
} job;

/* What a worker computes in. */
typedef struct {
    real *in_lines;  /* (points h, in w), in_step apart */
    real *out_lines; /* (points h, out w), out_step apart */
    real *points;    /* (tiles of a line, points w), in_step apart */
    real *products;  /* (tiles of a line, points w), out_step apart */
    real *pixels;    /* as the kernel makes them: before a pool lines of them, otherwise a panel of a column */
} space;

/* A tile of an axis: its first output and input, and which of its inputs, [low, high), and outputs are there. */
typedef struct {
    int32_t out, in, low, high, out_high;
} tile;

static int64_t panel_step(void) { return (int64_t)cama__kernel()->mr * cama__kernel()->nr; }

static const cama__filter *of_h(const job *j) { return &j->w->h.filter; }
static const cama__filter *of_w(const job *j) { return &j->w->w.filter; }

static int64_t weights_of_point(const job *j) { return j->panels * j->channels * cama__kernel()->mr; }

static tile tile_at(const cama__tiling *axis, int32_t number, int32_t inputs)
{
    tile t = {.out = number * axis->filter.out.size, .in = axis->origin + number * axis->step};
    t.low = most_32(0, -t.in), t.high = least_32(axis->filter.in.size, inputs - t.in);
    t.out_high = least_32(axis->filter.out.size, axis->outputs - t.out);
    return t;
}
static tile column_at(const job *j, int32_t number) { return tile_at(&j->w->w, number, j->in_w); }

/* The vector of point `point` of a tile: where the line was spread to, or a pixel of the line itself. */
static const real *point_of(const job *j, const tile *t, int32_t point, const real *line, int64_t step,
                            const real *points)
{
    for (int32_t i = 0; i < of_w(j)->in.strands; i++) {
        const cama__polyphase *s = &of_w(j)->in.strand[i];
        if (s->plain && point >= s->point && point < s->point + s->points)
            return line + (t->in + s->first + (point - s->point) * s->step) * step;
    }
    return points + point * j->in_step;
}

/* Where a point of h makes a line of output, or one that is still to be gathered along h or finished (finish NULL). */
typedef struct {
    real *data;
    int64_t step, count; /* from pixel to pixel, and numbers of one */
    const cama__epilogue *finish;
} sink;

/* The same for a product: if it is a pixel of the line as it stands, there. */
static bool stands(const job *j, const sink *line)
{
    return line->finish == NULL && !cama__winograd_transform_shares(&of_w(j)->out);
}
static real *product_of(const job *j, const tile *t, int32_t point, const sink *line, real *others)
{
    for (int32_t i = 0; i < of_w(j)->out.strands && stands(j, line); i++) {
        const cama__polyphase *s = &of_w(j)->out.strand[i];
        const int32_t number = s->first + (point - s->point) * s->step;
        if (s->plain && point >= s->point && point < s->point + s->points && number < t->out_high)
            return line->data + (t->out + number) * line->step;
    }
    return others + point * j->out_step;
}

enum { PIECE = 128 /* input numbers of one product: rounding grows with the length of a sum */ };

/* All panels of one point: they and the point's vector stay in the first cache. */
static void multiply_point(const job *j, const real *weights, const real *point, real *product)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t rs = kernel->by_rows ? kernel->nr : 1, cs = kernel->by_rows ? 1 : kernel->mr;
    const cama__kernel_steps steps = {j->channels * kernel->mr, 0, panel_step()};
    for (int64_t first = 0; first < j->channels; first += PIECE) {
        const int64_t k = j->channels - first < PIECE ? j->channels - first : PIECE;
        cama__kernel_run_row(j->panels, &steps, k, weights + first * kernel->mr, point + first * kernel->nr, first > 0,
                             product, rs, cs);
    }
}

/* Tiles of a line that are made at once: their number does not grow with the line. */
enum { TILES_MOST = 16 };

typedef struct {
    int32_t first, end;
} tiles;

/* A point of w of some tiles. */
static void multiply_tiles(const job *j, tiles of, const real *weights, int32_t point, const real *line, int64_t step,
                           const space *s, const sink *out)
{
    const int64_t points = of_w(j)->in.points;
    for (int32_t i = 0; i < of.end - of.first; i++) {
        const tile t = column_at(j, of.first + i);
        real *product = product_of(j, &t, point, out, s->products + i * points * j->out_step);
        if (cama__winograd_transform_uses(&of_w(j)->in, point, t.low, t.high))
            multiply_point(j, weights, point_of(j, &t, point, line, step, s->points + i * points * j->in_step),
                           product);
        else /* made of pixels beyond the edge alone */
            memset(product, 0, (size_t)(j->panels * panel_step()) * sizeof *product);
    }
}

/* Point `point` of h, some tiles of it: from its line of input, pixels `step` apart, to its line of output. */
static void make_tiles(const job *j, tiles of, int32_t point, const real *line, int64_t step, const space *s,
                       const sink *out)
{
    const cama__filter *w = of_w(j);
    const int64_t points = w->in.points, first = (int64_t)of_h(j)->weight[point] * w->weights.points;
    for (int32_t i = 0; i < of.end - of.first; i++) {
        const tile t = column_at(j, of.first + i);
        cama__winograd_input_transform(&w->in, line + t.in * step, step, t.low, t.high, true,
                                       s->points + i * points * j->in_step, j->in_step, j->pixel);
    }
    for (int32_t p = 0; p < w->in.points; p++)
        multiply_tiles(j, of, j->weights + (first + w->weight[p]) * weights_of_point(j), p, line, step, s, out);
    for (int32_t i = 0; i < of.end - of.first; i++) {
        const tile t = column_at(j, of.first + i);
        cama__winograd_output_transform(&w->out, s->products + i * points * j->out_step, j->out_step, 0, t.out_high,
                                        stands(j, out), out->finish, out->data + t.out * out->step, out->step,
                                        out->count);
    }
}

static void make_line(const job *j, int32_t point, const real *line, int64_t step, const space *s, const sink *out)
{
    tiles of = {0, 0};
    for (; of.first < j->w->w.tiles; of.first = of.end) {
        of.end = least_32(of.first + TILES_MOST, j->w->w.tiles);
        make_tiles(j, of, point, line, step, s, out);
    }
}

#endif
