/* tile - one tile of output, MR channels of one pixel for the NR rows of a block: multiplied by the micro-kernel,
 * finished with bias and ReLU, and stored. */
#ifndef CAMA_CONV_TILE_H
#define CAMA_CONV_TILE_H

#include "../tensor/epilogue.h"


/* The sum of `count` products of panels, (k, MR) of weights and (k, NR) of input. */
typedef struct {
    const real *a, *b;
    int64_t k, a_step, b_step; /* the next product is a_step, b_step further */
    int32_t count;
} cama__tile_products;

/* c (MR, NR) with strides rs, cs; zero where there is no product. */
void cama__tile_multiply(const cama__tile_products *p, real *c, int64_t rs, int64_t cs);

/* Rows of panel number `panel`, of so many out channels; its bias. */
static inline int64_t cama__tile_rows(int64_t channels, int64_t panel)
{
    const int64_t mr = cama__kernel()->mr, left = channels - panel * mr;
    return left < mr ? left : mr;
}
static inline const real *cama__tile_bias(const real *bias, int64_t panel)
{
    return bias == NULL ? NULL : bias + panel * cama__kernel()->mr;
}

/* Asks for memory that is written soon, so that it arrives while the kernel computes. */
static inline void cama__tile_expect_write(const void *to, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += CAMA__ALIGN) __builtin_prefetch((const char *)to + i, 1, 3);
}

/* Tiles multiplied, finished and stored. Of one pixel: panel after panel of the weights, panel_size apart, to out
 * (channels, NR). Of one panel: block after block of the input, b_step apart, to `rows` rows of out, out_step apart. */
void cama__tile_compute_panels(cama__tile_products p, int64_t panel_size, int64_t channels, const real *bias, bool relu,
                               real *out);
void cama__tile_compute_blocks(cama__tile_products p, int64_t blocks, int64_t b_step, int64_t rows, const real *bias,
                               bool relu, real *out, int64_t out_step);

/* Sums (MR) of a single row, finished and stored as a tile of the kernel whose other lanes were 0. */
void cama__tile_store_row(const real *sums, int64_t rows, const real *bias, bool relu, real *out);

#endif
