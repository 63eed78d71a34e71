/* tile_pool - the maximum of tiles, in the order that the kernel stores them. */
#include "tile_pool.h"

#include <string.h>

#include "../base/elementary.h"

CAMA__CLONES void cama__tile_pool_next(const real *tile, real number, real *best, real *where, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const bool larger = tile[i] > best[i] || tile[i] != tile[i]; /* a NaN wins, and stays */
        best[i] = larger ? tile[i] : best[i];
        where[i] = larger ? number : where[i];
    }
}

CAMA__CLONES static void largest_of_four(const real *a, const real *b, const real *c, const real *d,
                                         real *restrict best, real *restrict where, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const real x[4] = {a[i], b[i], c[i], d[i]};
        real largest = x[0], from = 0;
        for (int here = 1; here < 4; here++) {
            const bool larger = x[here] > largest || x[here] != x[here];
            largest = larger ? x[here] : largest;
            from = larger ? (real)here : from;
        }
        best[i] = largest;
        where[i] = from;
    }
}

void cama__tile_pool_four(const real *const tile[4], real *best, real *where, int64_t n)
{
    largest_of_four(tile[0], tile[1], tile[2], tile[3], best, where, n);
}

CAMA__CLONES static void store_argmax(const real *where, int64_t n, uint8_t *argmax)
{
    for (int64_t i = 0; i < n; i++) argmax[i] = (uint8_t)where[i];
}

void cama__tile_pool_store(real *best, real *where, const real *bias, bool relu, int64_t rows, real *out,
                           uint8_t *argmax)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t mr = kernel->mr, nr = kernel->nr;
    _Alignas(CAMA__ALIGN) real transposed[TILE_MAX];
    if (kernel->by_rows) {
        cama__epilogue_rows(best, rows, nr, bias, relu);
        memcpy(out, best, (size_t)(rows * nr) * sizeof *out);
        store_argmax(where, rows * nr, argmax);
        return;
    }
    cama__epilogue_columns(best, rows, bias, relu, out);
    cama__layout_transpose(where, mr, nr, rows, transposed, nr);
    store_argmax(transposed, rows * nr, argmax);
}
