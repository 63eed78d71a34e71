/* layout - moving between rows and blocks, and the small transposes between panels of different orientation. */
#include "layout.h"

#include <string.h>

#ifdef CAMA_DOUBLE

void cama__layout_transpose(const real *src, int64_t src_ld, int64_t src_rows, int64_t src_cols, real *dst,
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

/* Two rows to pairs. */
static void transpose_pair(const float *src, int64_t src_ld, int64_t cols4, float *dst, int64_t dst_ld)
{
    for (int64_t r = 0; r < cols4; r += 4, src += 4, dst += 4 * dst_ld) {
        const quad a = *(const quad *)src, b = *(const quad *)(src + src_ld);
        const quad low = __builtin_shufflevector(a, b, 0, 4, 1, 5), high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
        memcpy(dst, &low, 2 * sizeof *dst);
        memcpy(dst + dst_ld, (const float *)&low + 2, 2 * sizeof *dst);
        memcpy(dst + 2 * dst_ld, &high, 2 * sizeof *dst);
        memcpy(dst + 3 * dst_ld, (const float *)&high + 2, 2 * sizeof *dst);
    }
}

/* Rows [first_row, src_rows) and, of the rows before, columns [first_col, src_cols): number by number. */
static void transpose_rest(const float *src, int64_t src_ld, int64_t first_row, int64_t src_rows, int64_t first_col,
                           int64_t src_cols, float *dst, int64_t dst_ld)
{
    for (int64_t r = first_col; r < src_cols; r++)
        for (int64_t c = 0; c < first_row; c++) dst[r * dst_ld + c] = src[c * src_ld + r];
    for (int64_t c = first_row; c < src_rows; c++)
        for (int64_t r = 0; r < src_cols; r++) dst[r * dst_ld + c] = src[c * src_ld + r];
}

static void transpose_plain(const float *src, int64_t src_ld, int64_t rows4, int64_t cols4, float *dst, int64_t dst_ld)
{
    for (int64_t c = 0; c < rows4; c += 4)
        for (int64_t r = 0; r < cols4; r += 4)
            transpose_4x4(src + c * src_ld + r, src_ld, dst + r * dst_ld + c, dst_ld);
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(CAMA_NO_CLONES)
#include <immintrin.h>

#include "transpose_avx512.inc"

/* Quads of `quads` rows, row_step apart, side by side. */
CAMA__WIDE __m512 load_quads(const float *src, int64_t row_step, int quads)
{
    __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(src));
    if (quads > 1) v = _mm512_insertf32x4(v, _mm_loadu_ps(src + row_step), 1);
    if (quads > 2) v = _mm512_insertf32x4(v, _mm_loadu_ps(src + 2 * row_step), 2);
    if (quads > 3) v = _mm512_insertf32x4(v, _mm_loadu_ps(src + 3 * row_step), 3);
    return v;
}

/* 4 * quads rows: four columns become four rows of full width. */
CAMA__WIDE void transpose_strip(const float *src, int64_t src_ld, int quads, int64_t cols4, float *dst, int64_t dst_ld)
{
    const __mmask16 mask = (__mmask16)((1u << (4 * quads)) - 1);
    for (int64_t r = 0; r < cols4; r += 4, src += 4, dst += 4 * dst_ld) {
        __m512 column[4], row[4];
        for (int i = 0; i < 4; i++) column[i] = load_quads(src + i * src_ld, 4 * src_ld, quads);
        cama__transpose_quads(column, row);
        for (int i = 0; i < 4; i++) _mm512_mask_storeu_ps(dst + i * dst_ld, mask, row[i]);
    }
}

__attribute__((target("avx512f"))) static void transpose_wide(const float *src, int64_t src_ld, int64_t rows4,
                                                              int64_t cols4, float *dst, int64_t dst_ld)
{
    int64_t c = 0;
    for (; c + 16 <= rows4; c += 16) transpose_strip(src + c * src_ld, src_ld, 4, cols4, dst + c, dst_ld);
    switch (rows4 - c) {
    case 12: transpose_strip(src + c * src_ld, src_ld, 3, cols4, dst + c, dst_ld); break;
    case 8: transpose_strip(src + c * src_ld, src_ld, 2, cols4, dst + c, dst_ld); break;
    case 4: transpose_strip(src + c * src_ld, src_ld, 1, cols4, dst + c, dst_ld); break;
    default: break;
    }
}

#define MIDDLE __attribute__((target("avx2"), always_inline)) static inline

/* Eight rows and columns: quarters are exchanged while they are loaded, then each half is two 4x4 transposes. */
MIDDLE void transpose_8x8(const float *src, int64_t src_ld, float *dst, int64_t dst_ld)
{
    __m256 row[8];
    for (int i = 0; i < 4; i++) {
        row[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(src + i * src_ld)),
                                      _mm_loadu_ps(src + (i + 4) * src_ld), 1);
        row[i + 4] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(src + i * src_ld + 4)),
                                          _mm_loadu_ps(src + (i + 4) * src_ld + 4), 1);
    }
    for (int i = 0; i < 8; i += 4, dst += 4 * dst_ld) {
        const __m256 ab = _mm256_unpacklo_ps(row[i], row[i + 1]), cd = _mm256_unpacklo_ps(row[i + 2], row[i + 3]);
        const __m256 ab_high = _mm256_unpackhi_ps(row[i], row[i + 1]);
        const __m256 cd_high = _mm256_unpackhi_ps(row[i + 2], row[i + 3]);
        _mm256_storeu_ps(dst, _mm256_shuffle_ps(ab, cd, 0x44));
        _mm256_storeu_ps(dst + dst_ld, _mm256_shuffle_ps(ab, cd, 0xee));
        _mm256_storeu_ps(dst + 2 * dst_ld, _mm256_shuffle_ps(ab_high, cd_high, 0x44));
        _mm256_storeu_ps(dst + 3 * dst_ld, _mm256_shuffle_ps(ab_high, cd_high, 0xee));
    }
}

__attribute__((target("avx2"))) static void transpose_middle(const float *src, int64_t src_ld, int64_t rows4,
                                                             int64_t cols4, float *dst, int64_t dst_ld)
{
    const int64_t rows8 = rows4 & ~(int64_t)7, cols8 = cols4 & ~(int64_t)7;
    for (int64_t c = 0; c < rows8; c += 8)
        for (int64_t r = 0; r < cols8; r += 8)
            transpose_8x8(src + c * src_ld + r, src_ld, dst + r * dst_ld + c, dst_ld);
    if (rows8 < rows4) transpose_plain(src + rows8 * src_ld, src_ld, 4, cols4, dst + rows8, dst_ld);
    if (cols8 < cols4) transpose_plain(src + cols8, src_ld, rows8, 4, dst + cols8 * dst_ld, dst_ld);
}

static inline bool wide(void) { return __builtin_cpu_supports("avx512f"); }
static inline bool middle(void) { return __builtin_cpu_supports("avx2"); }
#else
static inline bool wide(void) { return false; }
static inline bool middle(void) { return false; }
#define transpose_wide transpose_plain
#define transpose_middle transpose_plain
#endif

void cama__layout_transpose(const real *src, int64_t src_ld, int64_t src_rows, int64_t src_cols, real *dst,
                            int64_t dst_ld)
{
    const int64_t cols4 = src_cols & ~(int64_t)3;
    int64_t rows4 = src_rows & ~(int64_t)3;
    if (wide())
        transpose_wide(src, src_ld, rows4, cols4, dst, dst_ld);
    else if (middle())
        transpose_middle(src, src_ld, rows4, cols4, dst, dst_ld);
    else
        transpose_plain(src, src_ld, rows4, cols4, dst, dst_ld);
    if (src_rows - rows4 >= 2 && cols4 == src_cols) {
        transpose_pair(src + rows4 * src_ld, src_ld, cols4, dst + rows4, dst_ld);
        rows4 += 2;
    }
    if (rows4 < src_rows || cols4 < src_cols)
        transpose_rest(src, src_ld, rows4, src_rows, cols4, src_cols, dst, dst_ld);
}

#endif

void cama__layout_from_rows(const float *src, int64_t rows, int64_t features, real *dst)
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

void cama__layout_to_rows(const real *src, int64_t rows, int64_t features, float *dst)
{
    const int64_t nr = cama__kernel()->nr;
    for (int64_t row = 0; row < rows; row++) {
        const real *column = src + (row / nr) * features * nr + row % nr;
        for (int64_t f = 0; f < features; f++) dst[row * features + f] = (float)column[f * nr];
    }
}
