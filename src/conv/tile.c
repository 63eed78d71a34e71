/* tile - a tile of output from the micro-kernel to its place. */
#include "tile.h"

#include <string.h>

static inline void multiply(const cama__tile_products *p, real *c, int64_t rs, int64_t cs)
{
    for (int32_t t = 0; t < p->count; t++)
        cama__kernel_run(p->k, p->a + t * p->a_step, p->b + t * p->b_step, t > 0, c, rs, cs);
    /* Not a product of depth 0: BLIS's kernels read ahead of it, where no operand is. */
    if (p->count == 0) memset(c, 0, (size_t)(cama__kernel()->mr * cama__kernel()->nr) * sizeof *c);
}

void cama__tile_multiply(const cama__tile_products *p, real *c, int64_t rs, int64_t cs) { multiply(p, c, rs, cs); }

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

static inline void compute(const cama__tile_products *p, const real *bias, bool relu, int64_t rows, real *out)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t mr = kernel->mr, nr = kernel->nr;
    _Alignas(CAMA__ALIGN) real tile[TILE_MAX];
    real *c = kernel->by_rows && rows == mr ? out : tile;
    if (!kernel->by_rows) cama__tile_expect_write(out, (size_t)(rows * nr) * sizeof *out);
    multiply(p, c, kernel->by_rows ? nr : 1, kernel->by_rows ? 1 : mr);
    store_tile(c, bias, relu, rows, out);
}

void cama__tile_compute_panels(cama__tile_products p, int64_t panel_size, int64_t channels, const real *bias, bool relu,
                               real *out)
{
    const int64_t mr = cama__kernel()->mr, nr = cama__kernel()->nr, panels = cama__panels(channels);
    for (int64_t panel = 0; panel < panels; panel++, p.a += panel_size)
        compute(&p, cama__tile_bias(bias, panel), relu, cama__tile_rows(channels, panel), out + panel * mr * nr);
}

void cama__tile_compute_blocks(cama__tile_products p, int64_t blocks, int64_t b_step, int64_t rows, const real *bias,
                               bool relu, real *out, int64_t out_step)
{
    for (int64_t block = 0; block < blocks; block++, p.b += b_step, out += out_step) compute(&p, bias, relu, rows, out);
}

void cama__tile_store_row(const real *sums, int64_t rows, const real *bias, bool relu, real *out)
{
    const cama__kernel_info *kernel = cama__kernel();
    _Alignas(CAMA__ALIGN) real tile[TILE_MAX];
    memset(tile, 0, (size_t)(kernel->mr * kernel->nr) * sizeof *tile);
    for (int64_t i = 0; i < kernel->mr; i++) tile[kernel->by_rows ? i * kernel->nr : i] = sums[i];
    store_tile(tile, bias, relu, rows, out);
}
