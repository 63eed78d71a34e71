/* winograd_line - one line of points: along w it is transformed, multiplied by all panels of weights, and gathered. */
#ifndef CAMA_CONV_WINOGRAD_LINE_H
#define CAMA_CONV_WINOGRAD_LINE_H

#include "conv_geometry.h"
#include "winograd.h"

/* Tiles of a line that are made at once: their number does not grow with the line. */
enum { TILES_MOST = 16 };

typedef struct {
    const cama__conv *map;
    const cama__winograd *w;
    bool adjoint, relu;
    int32_t window, in_h, in_w, out_h, out_w, bands;
    int64_t channels, out_channels, panels; /* in channels; out */
    const real *weights, *bias, *in;        /* weights (weight point, panel, in, MR) */
    real *out, *repeated_bias, *scratch;
    uint8_t *argmax;
    int64_t pixel, in_step, out_step; /* an input pixel; from one to the next in lines of points; the same of output */
    int64_t scratch_size;
} cama__winograd_job;

/* What a worker computes in. */
typedef struct {
    real *in_lines;  /* (points h, in w), in_step apart */
    real *out_lines; /* (points h, out w), out_step apart */
    real *points;    /* (tiles of a line, points w), in_step apart */
    real *products;  /* (tiles of a line, points w), out_step apart */
    real *pixels;    /* as the kernel makes them: before a pool lines of them, otherwise a panel of a column */
} cama__winograd_space;

/* A tile of an axis: its first output and input, and which of its inputs, [low, high), and outputs are there. */
typedef struct {
    int32_t out, in, low, high, out_high;
} cama__winograd_tile;

/* Where a point of h makes a line of output, or one that is still to be gathered along h or finished (finish NULL). */
typedef struct {
    real *data;
    int64_t step, count; /* from pixel to pixel, and numbers of one */
    const cama__gather_finish *finish;
} cama__winograd_sink;

static inline int64_t cama__winograd_panel_step(void) { return (int64_t)cama__kernel()->mr * cama__kernel()->nr; }

/* Tile number `number` of an axis of so many inputs. */
cama__winograd_tile cama__winograd_tile_at(const cama__tiling *axis, int32_t number, int32_t inputs);

/* Point `point` of h: from its line of input, pixels `step` apart, to its line of output. */
void cama__winograd_line(const cama__winograd_job *j, int32_t point, const real *line, int64_t step,
                         const cama__winograd_space *s, const cama__winograd_sink *out);

#endif
