/* wgrad_pack - pixels and lines of a side, transposed into panels. */
#include "wgrad_pack.h"

#include <string.h>

#include "../base/elementary.h"
#include "tile.h"

cama__wgrad_chunk cama__wgrad_chunk_at(int64_t blocks, int64_t chunk, int64_t first)
{
    const int64_t last = cama__least(first + chunk, blocks);
    return (cama__wgrad_chunk){first, last, (last - first) * cama__kernel()->nr};
}

int64_t cama__wgrad_column(const cama__wgrad_side *s, int32_t x)
{
    int64_t start = 0;
    for (int32_t r = 0; r < x % s->stride; r++) start += (s->w - r + s->stride - 1) / s->stride;
    return start + x / s->stride;
}

CAMA__CLONES static void unpool(const real *restrict d, const uint8_t *restrict argmax, uint8_t here,
                                real *restrict pixel, int64_t n)
{
    for (int64_t i = 0; i < n; i++) pixel[i] = argmax[i] == here ? d[i] : 0;
}

void cama__wgrad_unpool(const real *d, const uint8_t *argmax, uint8_t here, real *pixel, int64_t n)
{
    unpool(d, argmax, here, pixel, n);
}

/* One panel of a pixel, whose `rows` channels lie at from. */
static void pack_panel(const cama__wgrad_side *s, const real *from, int64_t rows, real *dst)
{
    const int64_t nr = cama__kernel()->nr, width = s->width;
    cama__layout_transpose(from, nr, rows, nr, dst, width);
    for (int64_t lane = 0; !s->padded && rows < width && lane < nr; lane++)
        for (int64_t i = rows; i < width; i++) dst[lane * width + i] = 0;
}

void cama__wgrad_pack_pixel(const cama__wgrad_side *s, cama__panel_span panels, const real *src, real *dst,
                            int64_t panel_step)
{
    const int64_t nr = cama__kernel()->nr;
    for (int64_t panel = panels.first; panel < panels.last; panel++, dst += panel_step) {
        const int64_t first = panel * s->width;
        pack_panel(s, src + first * nr, cama__least(s->width, s->channels - first), dst);
    }
}

/* The same behind a max pool: zero but where the pixel was the largest of its square. */
static void pack_unpooled(const cama__wgrad_side *s, cama__panel_span panels, int64_t at, uint8_t here, real *dst,
                          int64_t panel_step)
{
    const int64_t nr = cama__kernel()->nr;
    _Alignas(CAMA__ALIGN) real pixel[TILE_MAX];
    for (int64_t panel = panels.first; panel < panels.last; panel++, dst += panel_step) {
        const int64_t first = panel * s->width, rows = cama__least(s->width, s->channels - first);
        unpool(s->src + at + first * nr, s->argmax + at + first * nr, here, pixel, rows * nr);
        pack_panel(s, pixel, rows, dst);
    }
}

void cama__wgrad_pack_pixel_at(const cama__wgrad_side *s, cama__panel_span panels, int64_t block, int32_t y, int32_t x,
                               real *dst, int64_t panel_step)
{
    const int64_t pixel = s->channels * cama__kernel()->nr;
    if (s->window == 0) {
        cama__wgrad_pack_pixel(s, panels, s->src + ((block * s->h + y) * s->w + x) * pixel, dst, panel_step);
        return;
    }
    const int64_t h = cama__ceil_div(s->h, s->window), w = cama__ceil_div(s->w, s->window);
    const int64_t at = ((block * h + y / s->window) * w + x / s->window) * pixel;
    pack_unpooled(s, panels, at, (uint8_t)(y % s->window * s->window + x % s->window), dst, panel_step);
}

void cama__wgrad_pack_line(const cama__wgrad_side *s, cama__panel_span panels, const cama__wgrad_chunk *c, int32_t y,
                           real *dst)
{
    const int64_t nr = cama__kernel()->nr;
    for (int64_t block = c->first; block < c->last; block++)
        for (int32_t x = 0; x < s->w; x++)
            cama__wgrad_pack_pixel_at(s, panels, block, y, x,
                                      dst + (cama__wgrad_column(s, x) * c->rows + (block - c->first) * nr) * s->width,
                                      cama__wgrad_line_step(s, c->rows));
}

void cama__wgrad_add_tile(int64_t k, const real *a, const real *b, int64_t columns, real *dweights)
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
