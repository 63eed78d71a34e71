/* layout - the batch-blocked layout every activation is stored in.
 *
 * A tensor of R rows with F features is (blocks, F, NR): NR consecutive rows lie innermost, so that the features of one
 * block are a B panel of the micro-kernel as they stand. Feature order of an image is (height, width, channel).
 * Lanes past the last row hold finite numbers and zero gradients. */
#ifndef CAMA_TENSOR_LAYOUT_H
#define CAMA_TENSOR_LAYOUT_H

#include "../base/threads.h"
#include "kernel.h"

static inline int64_t cama__blocks(int64_t rows)
{
    const int64_t nr = cama__kernel()->nr;
    return (rows + nr - 1) / nr;
}
static inline int64_t cama__panels(int64_t features)
{
    const int64_t mr = cama__kernel()->mr;
    return (features + mr - 1) / mr;
}
/* Reals up to a multiple of 16: what follows stays aligned to CAMA__ALIGN. */
static inline int64_t cama__round_16(int64_t reals) { return (reals + 15) / 16 * 16; }
/* Offset of (row, feature) in a tensor of F features. */
static inline int64_t cama__at(int64_t row, int64_t feature, int64_t features)
{
    const int64_t nr = cama__kernel()->nr;
    return ((row / nr) * features + feature) * nr + row % nr;
}

/* dst[r * dst_ld + c] = src[c * src_ld + r] for c < src_rows, r < src_cols: 4x4 shuffles where sizes allow. */
void cama__layout_transpose(const real *src, int64_t src_ld, int64_t src_rows, int64_t src_cols, real *dst,
                            int64_t dst_ld);

/* Rows of floats (rows, features) to blocks and back. Pack zero-fills the lanes past the last row. */
void cama__layout_from_rows(const float *src, int64_t rows, int64_t features, real *dst);
void cama__layout_to_rows(const real *src, int64_t rows, int64_t features, float *dst);
#endif
