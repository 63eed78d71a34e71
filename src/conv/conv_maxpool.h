/* conv_maxpool - the max pool of a square of tiles, as the kernel makes them: the largest of each number, and
 * which tile it was of. */
#ifndef CAMA_CONV_CONV_MAXPOOL_H
#define CAMA_CONV_CONV_MAXPOOL_H

#include "../base/elementary.h"
#include "conv_tile.h"

CAMA__CLONES static void keep_larger(const real *tile, real here, real *best, real *where, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const bool larger = tile[i] > best[i] || tile[i] != tile[i]; /* a NaN wins, and stays */
        best[i] = larger ? tile[i] : best[i];
        where[i] = larger ? here : where[i];
    }
}

/* The same of four tiles at once, with places 0 to 3. */
CAMA__CLONES static inline void largest_of_four(const real *a, const real *b, const real *c, const real *d,
                                                real *restrict best, real *restrict where, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const real x[4] = {a[i], b[i], c[i], d[i]};
        real largest = x[0], place = 0;
        for (int here = 1; here < 4; here++) {
            const bool larger = x[here] > largest || x[here] != x[here];
            largest = larger ? x[here] : largest;
            place = larger ? (real)here : place;
        }
        best[i] = largest;
        where[i] = place;
    }
}

CAMA__CLONES static void store_places(const real *where, int64_t n, uint8_t *place)
{
    for (int64_t i = 0; i < n; i++) place[i] = (uint8_t)where[i];
}

/* Bias and ReLU ascend, so they may wait until the largest of the square is known. */
static void finish_pooled(real *best, real *where, const real *bias, bool relu, int64_t rows, real *out, uint8_t *place)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t mr = kernel->mr, nr = kernel->nr;
    _Alignas(CAMA__ALIGN) real turned[TILE_MAX];
    if (kernel->by_rows) {
        cama__epilogue_rows(best, rows, nr, bias, relu);
        memcpy(out, best, (size_t)(rows * nr) * sizeof *out);
        store_places(where, rows * nr, place);
        return;
    }
    cama__epilogue_columns(best, rows, bias, relu, out);
    cama__layout_transpose(where, mr, nr, rows, turned, nr);
    store_places(turned, rows * nr, place);
}

#endif
