/* winograd_line - the tiles of one line, some of them at a time. */
#include "winograd_line.h"

#include <string.h>

typedef cama__winograd_job job;
typedef cama__winograd_space space;
typedef cama__winograd_sink sink;
typedef cama__winograd_tile tile;

static const cama__filter *of_h(const job *j) { return &j->w->h.filter; }
static const cama__filter *of_w(const job *j) { return &j->w->w.filter; }

static int64_t weights_of_point(const job *j) { return j->panels * j->channels * cama__kernel()->mr; }

cama__winograd_tile cama__winograd_tile_at(const cama__tiling *axis, int32_t number, int32_t inputs)
{
    cama__winograd_tile t = {.out = number * axis->filter.out.size, .in = axis->origin + number * axis->step};
    t.low = cama__most_32(0, -t.in), t.high = cama__least_32(axis->filter.in.size, inputs - t.in);
    t.out_high = cama__least_32(axis->filter.out.size, axis->outputs - t.out);
    return t;
}
static tile column_at(const job *j, int32_t number) { return cama__winograd_tile_at(&j->w->w, number, j->in_w); }

/* The vector of point `point` of a tile: where the line was transformed to, or a pixel of the line itself. */
static const real *point_of(const job *j, const tile *t, int32_t point, const real *line, int64_t step,
                            const real *points)
{
    for (int32_t i = 0; i < of_w(j)->in.phases; i++) {
        const cama__polyphase *s = &of_w(j)->in.phase[i];
        if (s->identity && point >= s->point && point < s->point + s->points)
            return line + (t->in + s->first + (point - s->point) * s->step) * step;
    }
    return points + point * j->in_step;
}

/* The same for a product: if it is a pixel of the line as it stands, there. */
static bool stands(const job *j, const sink *line)
{
    return line->finish == NULL && !cama__winograd_transform_shares(&of_w(j)->out);
}
static real *product_of(const job *j, const tile *t, int32_t point, const sink *line, real *others)
{
    for (int32_t i = 0; i < of_w(j)->out.phases && stands(j, line); i++) {
        const cama__polyphase *s = &of_w(j)->out.phase[i];
        const int32_t number = s->first + (point - s->point) * s->step;
        if (s->identity && point >= s->point && point < s->point + s->points && number < t->out_high)
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
    const cama__kernel_steps steps = {j->channels * kernel->mr, 0, cama__winograd_panel_step()};
    for (int64_t first = 0; first < j->channels; first += PIECE) {
        const int64_t k = j->channels - first < PIECE ? j->channels - first : PIECE;
        cama__kernel_run_row(j->panels, &steps, k, weights + first * kernel->mr, point + first * kernel->nr, first > 0,
                             product, rs, cs);
    }
}

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
            memset(product, 0, (size_t)(j->panels * cama__winograd_panel_step()) * sizeof *product);
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
        cama__winograd_input_transform(
            &w->in, t.low, t.high, true,
            &(cama__winograd_vectors){line + t.in * step, step, s->points + i * points * j->in_step, j->in_step,
                                      j->pixel});
    }
    for (int32_t p = 0; p < w->in.points; p++)
        multiply_tiles(j, of, j->weights + (first + w->weight[p]) * weights_of_point(j), p, line, step, s, out);
    for (int32_t i = 0; i < of.end - of.first; i++) {
        const tile t = column_at(j, of.first + i);
        cama__winograd_output_transform(
            &w->out, 0, t.out_high, stands(j, out), out->finish,
            &(cama__winograd_vectors){s->products + i * points * j->out_step, j->out_step,
                                      out->data + t.out * out->step, out->step, out->count});
    }
}

void cama__winograd_line(const job *j, int32_t point, const real *line, int64_t step, const space *s, const sink *out)
{
    tiles of = {0, 0};
    for (; of.first < j->w->w.tiles; of.first = of.end) {
        of.end = cama__least_32(of.first + TILES_MOST, j->w->w.tiles);
        make_tiles(j, of, point, line, step, s, out);
    }
}
