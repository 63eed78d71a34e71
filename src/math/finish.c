/* finish - see finish.h. */
#include "finish.h"

#include "../base/elementary.h"

CAMA__CLONES void cama__finish_rows(real *rows, int64_t count, int64_t nr, const real *bias, bool relu)
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
    cama__packed_transpose(tile + first, mr, nr, rows - first, out + first * nr, nr);
    cama__finish_rows(out + first * nr, rows - first, nr, bias == NULL ? NULL : bias + first, relu);
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(CAMA_NO_CLONES) && !defined(CAMA_DOUBLE)
#include <immintrin.h>

/* Twelve lanes, as BLIS's AVX-512 kernel has them: four channels are three vectors of output without a gap. Bias and
 * ReLU meet the columns, where they are whole vectors too. */
enum { LANES = 12, CHANNELS = 4 };

#define WIDE __attribute__((target("avx512f"), always_inline)) static inline

/* Four channels of columns j, j + 4, j + 8 and j again, finished. */
WIDE __m512 four_columns(const float *from, int64_t mr, __m512 bias, __m512 least)
{
    __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(from));
    v = _mm512_insertf32x4(v, _mm_loadu_ps(from + 4 * mr), 1);
    v = _mm512_insertf32x4(v, _mm_loadu_ps(from + 8 * mr), 2);
    v = _mm512_insertf32x4(v, _mm_loadu_ps(from), 3);
    return _mm512_max_ps(least, _mm512_add_ps(v, bias)); /* of a number and NaN the second */
}

WIDE __m512 low_pairs(__m512 a, __m512 b)
{
    return _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}
WIDE __m512 high_pairs(__m512 a, __m512 b)
{
    return _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}

WIDE void turn_four(const float *from, int64_t mr, __m512 bias, __m512 least, float *out)
{
    const __m512i middle = _mm512_set_epi32(23, 22, 21, 20, 19, 18, 17, 16, 11, 10, 9, 8, 7, 6, 5, 4);
    const __m512i end = _mm512_set_epi32(27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 11, 10, 9, 8);
    const __m512 a = four_columns(from, mr, bias, least), b = four_columns(from + mr, mr, bias, least);
    const __m512 c = four_columns(from + 2 * mr, mr, bias, least), d = four_columns(from + 3 * mr, mr, bias, least);
    const __m512 ab = _mm512_unpacklo_ps(a, b), cd = _mm512_unpacklo_ps(c, d);
    const __m512 ab_high = _mm512_unpackhi_ps(a, b), cd_high = _mm512_unpackhi_ps(c, d);
    /* Lanes of a channel: 0 to 11, and 0 to 3 again. */
    const __m512 first = low_pairs(ab, cd), second = high_pairs(ab, cd);
    const __m512 third = low_pairs(ab_high, cd_high), fourth = high_pairs(ab_high, cd_high);
    _mm512_storeu_ps(out, _mm512_mask_blend_ps(0xf000, first, second));
    _mm512_storeu_ps(out + 16, _mm512_permutex2var_ps(second, middle, third));
    _mm512_storeu_ps(out + 32, _mm512_permutex2var_ps(third, end, fourth));
}

__attribute__((target("avx512f"))) static void turn_wide(const float *tile, int64_t mr, int64_t rows, const float *bias,
                                                         bool relu, float *out)
{
    const __m512 least = _mm512_set1_ps(relu ? 0 : -INFINITY);
    for (int64_t r = 0; r < rows; r += CHANNELS) {
        const __m512 start = bias == NULL ? _mm512_set1_ps(-0.f) : _mm512_broadcast_f32x4(_mm_loadu_ps(bias + r));
        turn_four(tile + r, mr, start, least, out + r * LANES);
    }
}

void cama__finish_columns(const real *tile, int64_t rows, const real *bias, bool relu, real *out)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t wide = kernel->nr == LANES && __builtin_cpu_supports("avx512f") ? rows / CHANNELS * CHANNELS : 0;
    if (wide > 0) turn_wide(tile, kernel->mr, wide, bias, relu, out);
    turn(tile, wide, rows, bias, relu, out);
}

#else

void cama__finish_columns(const real *tile, int64_t rows, const real *bias, bool relu, real *out)
{
    turn(tile, 0, rows, bias, relu, out);
}

#endif
