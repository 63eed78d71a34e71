/* epilogue - bias and ReLU of rows as they are, and of columns that are transposed on the way. */
#include "epilogue.h"

#include "../base/elementary.h"

CAMA__CLONES void cama__epilogue_rows(real *rows, int64_t count, int64_t nr, const real *bias, bool relu)
{
    if (bias != NULL && relu) { /* the usual case in one pass */
        for (int64_t i = 0; i < count; i++) {
            const real of_row = bias[i];
            for (int64_t j = 0; j < nr; j++) {
                const real x = rows[i * nr + j] + of_row;
                rows[i * nr + j] = x < 0 ? 0 : x; /* NaN stays */
            }
        }
        return;
    }
    for (int64_t i = 0; i < count && bias != NULL; i++) {
        const real of_row = bias[i];
        for (int64_t j = 0; j < nr; j++) rows[i * nr + j] += of_row;
    }
    if (relu)
        for (int64_t i = 0; i < count * nr; i++) rows[i] = rows[i] < 0 ? 0 : rows[i];
}

static void turn(const real *tile, int64_t first, int64_t rows, const real *bias, bool relu, real *out)
{
    const int64_t mr = cama__kernel()->mr, nr = cama__kernel()->nr;
    if (first == rows) return;
    cama__layout_transpose(tile + first, mr, nr, rows - first, out + first * nr, nr);
    cama__epilogue_rows(out + first * nr, rows - first, nr, bias == NULL ? NULL : bias + first, relu);
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(CAMA_NO_CLONES) && !defined(CAMA_DOUBLE)
#include <immintrin.h>

#include "transpose_avx512.inc"

/* Twelve lanes, as BLIS's AVX-512 kernel has them: rows of 16 channels are twelve vectors of output without a gap, of
 * four quads each. Bias and ReLU meet the columns, where they are whole vectors too. */
enum { LANES = 12, CHANNELS = 16, QUADS = LANES / 4 };

#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 4")
#endif

/* Transposes four columns: quad[i * QUADS] receives the four lanes of channels i, i + 4, i + 8 and i + 12. */
CAMA__WIDE void turn_columns(const float *from, int64_t mr, __m512 bias, __m512 least, __m512 *quad)
{
    __m512 column[4], row[4];
    UNROLL for (int i = 0; i < 4; i++) /* of a number and NaN the maximum is the second */
        column[i] = _mm512_max_ps(least, _mm512_add_ps(_mm512_loadu_ps(from + i * mr), bias));
    cama__transpose_quads(column, row);
    UNROLL for (int i = 0; i < 4; i++) quad[i * QUADS] = row[i];
}

/* Quads of four vectors that follow each other in out, for every fourth channel. */
CAMA__WIDE void store_quads(const __m512 *quad, float *out)
{
    const __m512 ab = _mm512_shuffle_f32x4(quad[0], quad[1], 0x44), cd = _mm512_shuffle_f32x4(quad[2], quad[3], 0x44);
    const __m512 ab_high = _mm512_shuffle_f32x4(quad[0], quad[1], 0xee);
    const __m512 cd_high = _mm512_shuffle_f32x4(quad[2], quad[3], 0xee);
    _mm512_storeu_ps(out, _mm512_shuffle_f32x4(ab, cd, 0x88));
    _mm512_storeu_ps(out + 4 * LANES, _mm512_shuffle_f32x4(ab, cd, 0xdd));
    _mm512_storeu_ps(out + 8 * LANES, _mm512_shuffle_f32x4(ab_high, cd_high, 0x88));
    _mm512_storeu_ps(out + 12 * LANES, _mm512_shuffle_f32x4(ab_high, cd_high, 0xdd));
}

__attribute__((target("avx512f"))) static void turn_wide(const float *tile, int64_t mr, int64_t rows, const float *bias,
                                                         bool relu, float *out)
{
    const __m512 least = _mm512_set1_ps(relu ? 0 : -INFINITY);
    for (int64_t r = 0; r < rows; r += CHANNELS) {
        const __m512 start = bias == NULL ? _mm512_set1_ps(-0.f) : _mm512_loadu_ps(bias + r);
        __m512 quad[4 * QUADS];
        UNROLL for (int q = 0; q < QUADS; q++) turn_columns(tile + r + 4 * q * mr, mr, start, least, quad + q);
        UNROLL for (int i = 0; i < QUADS; i++) store_quads(quad + 4 * i, out + r * LANES + 16 * i);
    }
}

void cama__epilogue_columns(const real *tile, int64_t rows, const real *bias, bool relu, real *out)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t wide = kernel->nr == LANES && __builtin_cpu_supports("avx512f") ? rows / CHANNELS * CHANNELS : 0;
    if (wide > 0) turn_wide(tile, kernel->mr, wide, bias, relu, out);
    turn(tile, wide, rows, bias, relu, out);
}

#else

void cama__epilogue_columns(const real *tile, int64_t rows, const real *bias, bool relu, real *out)
{
    turn(tile, 0, rows, bias, relu, out);
}

#endif
