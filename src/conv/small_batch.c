/* small_batch - see small_batch.h. */
#include "small_batch.h"

#include <string.h>

/* Pixel (y, x) of window number `row` of those of `w`, and where it lies in the images. */
typedef struct {
    int64_t window, image; /* offsets of channel 0, lane included */
    bool inside;
} pair;

static pair pair_at(const cama__small_batch *w, bool in, int64_t row, int32_t y, int32_t x, cama__grid grid)
{
    const int32_t i = (int32_t)(row / w->w.windows % w->h.windows), j = (int32_t)(row % w->w.windows);
    const int32_t h = in ? w->h.in_size : w->h.out_size, width = in ? w->w.in_size : w->w.out_size;
    const int32_t to_y = (in ? w->h.in + i * w->h.in_step : w->h.out + i * w->h.out_step) + y;
    const int32_t to_x = (in ? w->w.in + j * w->w.in_step : w->w.out + j * w->w.out_step) + x;
    pair p = {.inside = to_y >= 0 && to_y < grid.h && to_x >= 0 && to_x < grid.w};
    p.window = cama__at(row, ((int64_t)y * width + x) * grid.channels, (int64_t)h * width * grid.channels);
    if (p.inside)
        p.image = cama__at(row / w->w.windows / w->h.windows, ((int64_t)to_y * grid.w + to_x) * grid.channels,
                           (int64_t)grid.h * grid.w * grid.channels);
    return p;
}

void cama__small_batch_take(const cama__small_batch *w, int64_t rows, cama__grid grid, const real *in, real *to)
{
    const int64_t nr = cama__kernel()->nr, all = cama__small_batch_rows(w, rows);
    memset(to, 0, (size_t)(cama__blocks(all) * nr * w->h.in_size * w->w.in_size * grid.channels) * sizeof *to);
    for (int64_t row = 0; row < all; row++)
        for (int32_t i = 0; i < w->h.in_size * w->w.in_size; i++) {
            const pair p = pair_at(w, true, row, i / w->w.in_size, i % w->w.in_size, grid);
            for (int32_t c = 0; p.inside && c < grid.channels; c++) to[p.window + c * nr] = in[p.image + c * nr];
        }
}

void cama__small_batch_put(const cama__small_batch *w, int64_t rows, cama__grid grid, const real *from, real *out)
{
    const int64_t nr = cama__kernel()->nr;
    for (int64_t row = 0; row < cama__small_batch_rows(w, rows); row++)
        for (int32_t i = 0; i < w->h.out_size * w->w.out_size; i++) {
            const pair p = pair_at(w, false, row, i / w->w.out_size, i % w->w.out_size, grid);
            for (int32_t c = 0; p.inside && c < grid.channels; c++) out[p.image + c * nr] = from[p.window + c * nr];
        }
}

void cama__small_batch_put_places(const cama__small_batch *w, int64_t rows, cama__grid grid, const uint8_t *from,
                                  uint8_t *out)
{
    const int64_t nr = cama__kernel()->nr;
    for (int64_t row = 0; row < cama__small_batch_rows(w, rows); row++)
        for (int32_t i = 0; i < w->h.out_size * w->w.out_size; i++) {
            const pair p = pair_at(w, false, row, i / w->w.out_size, i % w->w.out_size, grid);
            for (int32_t c = 0; p.inside && c < grid.channels; c++) out[p.image + c * nr] = from[p.window + c * nr];
        }
}
