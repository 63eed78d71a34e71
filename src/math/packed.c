/* packed - moving between rows and blocks, and the small transposes between panels of different orientation. */
#include "packed.h"

#include <string.h>

#ifdef CAMA_DOUBLE

void cama__packed_transpose(const real *src, int64_t src_ld, int64_t src_rows, int64_t src_cols, real *dst,
                            int64_t dst_ld)
{
    for (int64_t c = 0; c < src_rows; c++)
        for (int64_t r = 0; r < src_cols; r++) dst[r * dst_ld + c] = src[c * src_ld + r];
}

#else

typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));

static inline void transpose_4x4(const float *src, int64_t src_ld, float *dst, int64_t dst_ld)
{
    const quad a = *(const quad *)src, b = *(const quad *)(src + src_ld);
    const quad c = *(const quad *)(src + 2 * src_ld), d = *(const quad *)(src + 3 * src_ld);
    const quad ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const quad cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(quad *)dst = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
    *(quad *)(dst + dst_ld) = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
    *(quad *)(dst + 2 * dst_ld) = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
    *(quad *)(dst + 3 * dst_ld) = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

void cama__packed_transpose(const real *src, int64_t src_ld, int64_t src_rows, int64_t src_cols, real *dst,
                            int64_t dst_ld)
{
    const int64_t rows4 = src_rows & ~(int64_t)3, cols4 = src_cols & ~(int64_t)3;
    for (int64_t c = 0; c < rows4; c += 4) {
        for (int64_t r = 0; r < cols4; r += 4)
            transpose_4x4(src + c * src_ld + r, src_ld, dst + r * dst_ld + c, dst_ld);
        for (int64_t r = cols4; r < src_cols; r++)
            for (int64_t i = 0; i < 4; i++) dst[r * dst_ld + c + i] = src[(c + i) * src_ld + r];
    }
    for (int64_t c = rows4; c < src_rows; c++)
        for (int64_t r = 0; r < src_cols; r++) dst[r * dst_ld + c] = src[c * src_ld + r];
}

#endif

void cama__packed_from_rows(const float *src, int64_t rows, int64_t features, real *dst)
{
    const int64_t nr = cama__kernel()->nr;
    for (int64_t block = 0; block < cama__blocks(rows); block++)
        for (int64_t lane = 0; lane < nr; lane++) {
            const int64_t row = block * nr + lane;
            real *column = dst + block * features * nr + lane;
            for (int64_t f = 0; f < features; f++)
                column[f * nr] = row < rows ? (real)src[row * features + f] : (real)0;
        }
}

void cama__packed_to_rows(const real *src, int64_t rows, int64_t features, float *dst)
{
    const int64_t nr = cama__kernel()->nr;
    for (int64_t row = 0; row < rows; row++) {
        const real *column = src + (row / nr) * features * nr + row % nr;
        for (int64_t f = 0; f < features; f++) dst[row * features + f] = (float)column[f * nr];
    }
}
