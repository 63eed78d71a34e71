/* conv_tile - one tile of output, MR channels of one pixel for the NR rows of a block: multiplied, finished with
 * bias and ReLU, and stored. */
#ifndef CAMA_CONV_CONV_TILE_H
#define CAMA_CONV_CONV_TILE_H

#include <string.h>

#include "../tensor/epilogue.h"

enum { TILE_MAX = 1024 };

/* One tile: `count` products of (weights, input, k), summed, finished and stored as `rows` rows of out. */
typedef struct {
    const real *a, *b;
    int64_t k, a_step, b_step; /* the next product is a_step, b_step further */
    int32_t count;
} products;

static inline void multiply(const products *p, real *c, int64_t rs, int64_t cs)
{
    for (int32_t t = 0; t < p->count; t++)
        cama__kernel_run(p->k, p->a + t * p->a_step, p->b + t * p->b_step, t > 0, c, rs, cs);
    /* Not a product of depth 0: BLIS's kernels read ahead of it, where no operand is. */
    if (p->count == 0) memset(c, 0, (size_t)(cama__kernel()->mr * cama__kernel()->nr) * sizeof *c);
}

/* Ask for memory that is written soon, so that it arrives while the kernel computes. */
static inline void expect_write(const void *to, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += CAMA__ALIGN) __builtin_prefetch((const char *)to + i, 1, 3);
}

/* Rows of a panel's tile, of so many out channels. */
static inline int64_t tile_rows(int64_t channels, int64_t panel)
{
    const int64_t mr = cama__kernel()->mr, left = channels - panel * mr;
    return left < mr ? left : mr;
}

static inline const real *panel_bias(const real *bias, int64_t panel)
{
    return bias == NULL ? NULL : bias + panel * cama__kernel()->mr;
}

/* Bias, ReLU and the way out of a tile that lies as the kernel stores it. */
static inline void store_tile(real *tile, const real *bias, bool relu, int64_t rows, real *out)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t nr = kernel->nr;
    if (kernel->by_rows) {
        if (bias != NULL || relu) cama__epilogue_rows(tile, rows, nr, bias, relu);
        if (tile != out) memcpy(out, tile, (size_t)(rows * nr) * sizeof *out);
        return;
    }
    cama__epilogue_columns(tile, rows, bias, relu, out);
}

static inline void compute_tile(const products *p, const real *bias, bool relu, int64_t rows, real *out)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t mr = kernel->mr, nr = kernel->nr;
    _Alignas(CAMA__ALIGN) real tile[TILE_MAX];
    real *c = kernel->by_rows && rows == mr ? out : tile;
    if (!kernel->by_rows) expect_write(out, (size_t)(rows * nr) * sizeof *out);
    multiply(p, c, kernel->by_rows ? nr : 1, kernel->by_rows ? 1 : mr);
    store_tile(c, bias, relu, rows, out);
}

#endif
