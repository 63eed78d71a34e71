/* small_batch - images of few rows, cut into windows that become rows of their own.
 *
 * A block of the layout has NR lanes, and one image fills one of them. Windows of it, each with the pixels around that
 * its output meets, are images too, smaller ones without padding: with them the lanes are full, and what is computed
 * for a pixel is the same sum in the same order. */
#ifndef CAMA_CONV_SMALL_BATCH_H
#define CAMA_CONV_SMALL_BATCH_H

#include "../tensor/layout.h"

/* Along one axis: so many windows; the first begins at input `in` (negative within the padding) and makes output from
 * `out` on, the next one is a step further. The last may stick out. */
typedef struct {
    int32_t windows, in, in_step, in_size, out, out_step, out_size;
} cama__small_batch_axis;

typedef struct {
    cama__small_batch_axis h, w;
} cama__small_batch;

/* Grids of images: pixels and channels. */
typedef struct {
    int32_t h, w, channels;
} cama__grid;

/* Rows that the windows of `rows` images are: (row, window of h, window of w). */
static inline int64_t cama__small_batch_rows(const cama__small_batch *w, int64_t rows)
{
    return rows * w->h.windows * w->w.windows;
}

/* to (blocks of windows, in_size h, in_size w, channels, NR) from images in (blocks, grid, NR); zero outside. */
void cama__small_batch_take(const cama__small_batch *w, int64_t rows, cama__grid grid, const real *in, real *to);

/* The outputs (blocks of windows, out_size h, out_size w, channels, NR) to where they lie in images out (blocks, grid,
 * NR); other lanes and pixels stay as they are. The same for the bytes of a max pool. */
void cama__small_batch_put(const cama__small_batch *w, int64_t rows, cama__grid grid, const real *from, real *out);
void cama__small_batch_put_places(const cama__small_batch *w, int64_t rows, cama__grid grid, const uint8_t *from,
                                  uint8_t *out);
#endif
