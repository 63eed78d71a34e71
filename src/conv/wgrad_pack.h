/* wgrad_pack - one side of the gradient's product: a grid, or the gradient behind a max pool, turned into panels
 * line by line; and
 * the tile that a product adds to. Part of wgrad.c and winograd_wgrad.c. */
#ifndef CAMA_CONV_WGRAD_PACK_H
#define CAMA_CONV_WGRAD_PACK_H

#include <string.h>

#include "../base/elementary.h"
#include "../tensor/layout.h"

enum { TILE_MAX = 1024 };

static inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

typedef struct {
    const real *src; /* (blocks, h, w, channels, NR) */
    int64_t channels, panels, width;
    int32_t h, w, stride; /* columns are stored by residue of stride */
    int32_t window;       /* 0, or src is the gradient behind a max pool, a number for each window x window square */
    const uint8_t *place;
    bool padded; /* what lies past the last channel of a panel is zero already */
} side;

/* Position of column x when columns are sorted by residue. */
static inline int64_t column_place(const side *s, int32_t x)
{
    int64_t start = 0;
    for (int32_t r = 0; r < x % s->stride; r++) start += (s->w - r + s->stride - 1) / s->stride;
    return start + x / s->stride;
}

/* The gradient before a max pool, of the pixel that `here` is in its square. */
CAMA__CLONES static void unpool(const real *restrict d, const uint8_t *restrict place, uint8_t here,
                                real *restrict pixel, int64_t n)
{
    for (int64_t i = 0; i < n; i++) pixel[i] = place[i] == here ? d[i] : 0;
}

/* Panels [first, last) of a side. */
typedef struct {
    int64_t first, last;
} span_of_panels;

/* Turn one pixel (channels, NR) into its place in each panel: (NR, width), with zeros past the last channel. */
static void pack_pixel(const side *s, span_of_panels panels, const real *src, const uint8_t *place, uint8_t here,
                       real *dst, int64_t panel_step)
{
    const int64_t nr = cama__kernel()->nr, width = s->width;
    _Alignas(CAMA__ALIGN) real pixel[TILE_MAX];
    for (int64_t panel = panels.first; panel < panels.last; panel++, dst += panel_step) {
        const int64_t first = panel * width, rows = least(width, s->channels - first);
        const real *from = src + first * nr;
        if (place != NULL) {
            unpool(from, place + first * nr, here, pixel, rows * nr);
            from = pixel;
        }
        cama__layout_transpose(from, nr, rows, nr, dst, width);
        for (int64_t lane = 0; !s->padded && rows < width && lane < nr; lane++)
            for (int64_t i = rows; i < width; i++) dst[lane * width + i] = 0;
    }
}

/* The same for pixel (y, x) of a block. */
static inline void pack_pixel_at(const side *s, span_of_panels panels, int64_t block, int32_t y, int32_t x, real *dst,
                                 int64_t panel_step)
{
    const int64_t pixel = s->channels * cama__kernel()->nr;
    const int32_t window = s->window == 0 ? 1 : s->window;
    const int64_t h = ceil_div(s->h, window), w = ceil_div(s->w, window);
    const int64_t at = ((block * h + y / window) * w + x / window) * pixel;
    pack_pixel(s, panels, s->src + at, s->window == 0 ? NULL : s->place + at,
               (uint8_t)(y % window * window + x % window), dst, panel_step);
}

/* Some blocks of the batch, which are summed by one call of the kernel. */
typedef struct {
    int64_t first, last, rows;
} chunk_of_blocks;

static inline int64_t line_step(const side *s, int64_t rows) { return s->w * rows * s->width; }
static inline int64_t line_size(const side *s, int64_t panels, int64_t rows) { return panels * line_step(s, rows); }

/* Line y of the blocks: (panels, w, rows, width). */
static inline void pack_line(const side *s, span_of_panels panels, const chunk_of_blocks *c, int32_t y, real *dst)
{
    const int64_t nr = cama__kernel()->nr;
    for (int64_t block = c->first; block < c->last; block++)
        for (int32_t x = 0; x < s->w; x++)
            pack_pixel_at(s, panels, block, y, x,
                          dst + (column_place(s, x) * c->rows + (block - c->first) * nr) * s->width,
                          line_step(s, c->rows));
}

/* A tile of the gradient; one that sticks out past the last in channel goes through memory of its own. */
static inline void add_tile(int64_t k, const real *a, const real *b, int64_t columns, real *dweights)
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

#endif
