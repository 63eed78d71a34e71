/* transpose_avx512 - 4x4 transposes side by side in the 128-bit lanes of AVX-512 vectors. For files that have
 * included immintrin.h where they may use it. */
#ifndef CAMA_TENSOR_TRANSPOSE_AVX512_H
#define CAMA_TENSOR_TRANSPOSE_AVX512_H

#define CAMA__WIDE __attribute__((target("avx512f"), always_inline)) static inline

/* Low or high halves of the 8-byte pairs of a and b. */
CAMA__WIDE __m512 cama__low_pairs(__m512 a, __m512 b)
{
    return _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}
CAMA__WIDE __m512 cama__high_pairs(__m512 a, __m512 b)
{
    return _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}

/* In each lane: number i of column j becomes number j of row i. */
CAMA__WIDE void cama__transpose_quads(const __m512 column[4], __m512 row[4])
{
    const __m512 low = _mm512_unpacklo_ps(column[0], column[1]), high = _mm512_unpackhi_ps(column[0], column[1]);
    const __m512 low_next = _mm512_unpacklo_ps(column[2], column[3]);
    const __m512 high_next = _mm512_unpackhi_ps(column[2], column[3]);
    row[0] = cama__low_pairs(low, low_next), row[1] = cama__high_pairs(low, low_next);
    row[2] = cama__low_pairs(high, high_next), row[3] = cama__high_pairs(high, high_next);
}
#endif
