/* im2col - gathering the big grid into patches and adding patches back. */
#include "im2col.h"

#include <string.h>

#include "../base/elementary.h"

/* Taps [first, last) of an axis fall inside the big grid for small coordinate q. */
typedef struct {
    int32_t origin, first, last;
} window;

static window window_of(const cama__axis *a, int32_t q)
{
    window v = {q * a->stride - a->pad, 0, a->taps};
    if (v.origin < 0) v.first = -v.origin < a->taps ? -v.origin : a->taps;
    if (v.origin + a->taps > a->big) v.last = a->big - v.origin;
    if (v.last < v.first) v.last = v.first;
    return v;
}

/* A few numbers: the call of memcpy would cost more than the copy. */
static inline void copy_pixel(const real *from, int64_t n, real *to)
{
    for (int64_t i = 0; i < n; i++) to[i] = from[i];
}

void cama__im2col_columns(const cama__conv *map, const real *big, int32_t q, real *columns)
{
    const int64_t nr = cama__kernel()->nr, pixel = map->big_channels * nr, column = map->h.taps * pixel;
    const window h = window_of(&map->h, q);
    const int32_t count = (map->w.small - 1) * map->w.stride + map->w.taps;
    if (h.first > 0 || h.last < map->h.taps) memset(columns, 0, (size_t)(count * column) * sizeof *columns);
    for (int32_t i = 0; i < count; i++, columns += column) {
        const int32_t x = i - map->w.pad;
        if (x < 0 || x >= map->w.big) {
            memset(columns, 0, (size_t)column * sizeof *columns);
            continue;
        }
        for (int32_t t = h.first; t < h.last; t++)
            copy_pixel(big + ((int64_t)(h.origin + t) * map->w.big + x) * pixel, pixel, columns + t * pixel);
    }
}

void cama__im2col_row(const cama__conv *map, const real *big, int32_t q, real *patches)
{
    const int64_t pixel = map->big_channels * (int64_t)cama__kernel()->nr, row = map->w.taps * pixel;
    const window h = window_of(&map->h, q);
    for (int32_t qw = 0; qw < map->w.small; qw++) {
        const window w = window_of(&map->w, qw);
        real *patch = patches + qw * map->h.taps * row;
        if (h.first > 0 || h.last < map->h.taps || w.first > 0 || w.last < map->w.taps)
            memset(patch, 0, (size_t)(map->h.taps * row) * sizeof *patch);
        for (int32_t t = h.first; t < h.last; t++)
            memcpy(patch + t * row + w.first * pixel,
                   big + ((int64_t)(h.origin + t) * map->w.big + w.origin + w.first) * pixel,
                   (size_t)((w.last - w.first) * pixel) * sizeof *patch);
    }
}

CAMA__CLONES static void add(const real *restrict from, int64_t count, real *restrict to)
{
    for (int64_t i = 0; i < count; i++) to[i] += from[i];
}

void cama__col2im_add(const cama__conv *map, const real *patch, int32_t qh, int32_t qw, real *big)
{
    const int64_t pixel = map->big_channels * (int64_t)cama__kernel()->nr;
    const window h = window_of(&map->h, qh), w = window_of(&map->w, qw);
    for (int32_t t = h.first; t < h.last; t++)
        add(patch + ((int64_t)t * map->w.taps + w.first) * pixel, (w.last - w.first) * pixel,
            big + ((int64_t)(h.origin + t) * map->w.big + w.origin + w.first) * pixel);
}
