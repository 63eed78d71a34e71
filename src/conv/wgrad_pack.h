/* wgrad_pack - one side of the product of a weight gradient: a grid, or the gradient behind a max pool, transposed into
 * panels line by line; and the tile that a product adds to. */
#ifndef CAMA_CONV_WGRAD_PACK_H
#define CAMA_CONV_WGRAD_PACK_H

#include "../base/arith.h"
#include "../tensor/layout.h"

typedef struct {
    const real *src; /* (blocks, h, w, channels, NR) */
    int64_t channels, panels, width;
    int32_t h, w, stride; /* columns are stored by residue of stride */
    int32_t window;       /* 0, or src is the gradient behind a max pool, a number for each window x window square */
    const uint8_t *argmax;
    bool padded; /* what lies past the last channel of a panel is zero already */
} cama__wgrad_side;

/* Panels [first, last) of a side. */
typedef struct {
    int64_t first, last;
} cama__panel_span;
static inline cama__panel_span cama__wgrad_all_panels(const cama__wgrad_side *s)
{
    return (cama__panel_span){0, s->panels};
}

/* Some blocks of the batch, which are summed by one call of the kernel, and their rows. */
typedef struct {
    int64_t first, last, rows;
} cama__wgrad_chunk;
/* The chunk of at most `chunk` blocks that begins at block `first`. */
cama__wgrad_chunk cama__wgrad_chunk_at(int64_t blocks, int64_t chunk, int64_t first);

/* Position of column x when columns are sorted by residue. */
int64_t cama__wgrad_column(const cama__wgrad_side *s, int32_t x);

/* Reals of a line of one panel, (w, rows, width), and of some panels. */
static inline int64_t cama__wgrad_line_step(const cama__wgrad_side *s, int64_t rows) { return s->w * rows * s->width; }
static inline int64_t cama__wgrad_line_size(const cama__wgrad_side *s, int64_t panels, int64_t rows)
{
    return panels * cama__wgrad_line_step(s, rows);
}

/* The gradient before a max pool, of the pixel that is number `here` in its square. */
void cama__wgrad_unpool(const real *d, const uint8_t *argmax, uint8_t here, real *pixel, int64_t n);

/* One pixel (channels, NR), which lies at src, into its place in each panel: (NR, width), with zeros past the last
 * channel. */
void cama__wgrad_pack_pixel(const cama__wgrad_side *s, cama__panel_span panels, const real *src, real *dst,
                            int64_t panel_step);
/* The same for pixel (y, x) of a block of the side, whose gradient may lie behind a max pool. */
void cama__wgrad_pack_pixel_at(const cama__wgrad_side *s, cama__panel_span panels, int64_t block, int32_t y, int32_t x,
                               real *dst, int64_t panel_step);
/* Line y of the blocks: (panels, w, rows, width). */
void cama__wgrad_pack_line(const cama__wgrad_side *s, cama__panel_span panels, const cama__wgrad_chunk *c, int32_t y,
                           real *dst);

/* A tile of the gradient += a product of depth k; one that sticks out past the last of `columns` in channels goes
 * through memory of its own. */
void cama__wgrad_add_tile(int64_t k, const real *a, const real *b, int64_t columns, real *dweights);

#endif
