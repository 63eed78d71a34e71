/* one_row - a panel of 6 as one vector (AVX2), a panel of 32 as two (AVX-512): the panels of BLIS's kernels. Weights
 * are read once and stay in no cache: what limits it is the memory that they come from. */
#include "one_row.h"

#include "../base/simd.h"

#ifdef CAMA__X86_KERNELS
#include <immintrin.h>

enum { NARROW = 6, WIDE = 32, LANES = 8, WIDE_LANES = 16 };

#define MIDDLE __attribute__((target("avx2,fma")))
#define LARGE __attribute__((target("avx512f")))

/* The numbers of a panel of 6, in a vector of 8: nothing is read behind the last panel. */
MIDDLE static inline __m256 six(const real *from)
{
    return _mm256_maskload_ps(from, _mm256_setr_epi32(-1, -1, -1, -1, -1, -1, 0, 0));
}

/* Where panel i begins; of one that is not there, the first. */
static const real *panel_at(const cama__one_row *r, int32_t count, int32_t i)
{
    return r->a + (i < count ? i * r->panel : 0);
}

MIDDLE static void sums_narrow(const cama__one_row *r, int32_t count, real *sums)
{
    const real *a = panel_at(r, count, 0), *b = panel_at(r, count, 1), *c = panel_at(r, count, 2),
               *d = panel_at(r, count, 3), *x = r->b;
    __m256 s[ONE_ROW_PANELS] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
    for (int64_t k = 0; k < r->k; k++, x += r->step) {
        const __m256 factor = _mm256_broadcast_ss(x);
        s[0] = _mm256_fmadd_ps(factor, six(a + k * NARROW), s[0]);
        s[1] = _mm256_fmadd_ps(factor, six(b + k * NARROW), s[1]);
        s[2] = _mm256_fmadd_ps(factor, six(c + k * NARROW), s[2]);
        s[3] = _mm256_fmadd_ps(factor, six(d + k * NARROW), s[3]);
    }
    for (int32_t i = 0; i < count; i++) {
        real all[LANES];
        _mm256_storeu_ps(all, s[i]);
        for (int32_t m = 0; m < NARROW; m++) sums[i * NARROW + m] = all[m];
    }
}

LARGE static void sums_wide(const cama__one_row *r, int32_t count, real *sums)
{
    const real *const panel[ONE_ROW_PANELS] = {panel_at(r, count, 0), panel_at(r, count, 1), panel_at(r, count, 2),
                                               panel_at(r, count, 3)};
    const real *x = r->b;
    __m512 low[ONE_ROW_PANELS], high[ONE_ROW_PANELS];
    CAMA__UNROLL(4)
    for (int i = 0; i < ONE_ROW_PANELS; i++) low[i] = high[i] = _mm512_setzero_ps();
    for (int64_t k = 0; k < r->k; k++, x += r->step) {
        const __m512 factor = _mm512_set1_ps(*x);
        CAMA__UNROLL(4)
        for (int i = 0; i < ONE_ROW_PANELS; i++) {
            low[i] = _mm512_fmadd_ps(factor, _mm512_loadu_ps(panel[i] + k * WIDE), low[i]);
            high[i] = _mm512_fmadd_ps(factor, _mm512_loadu_ps(panel[i] + k * WIDE + WIDE_LANES), high[i]);
        }
    }
    for (int32_t i = 0; i < count; i++) {
        _mm512_storeu_ps(sums + i * WIDE, low[i]);
        _mm512_storeu_ps(sums + i * WIDE + WIDE_LANES, high[i]);
    }
}

bool cama__one_row_can(int64_t mr)
{
    if (mr == WIDE) return __builtin_cpu_supports("avx512f");
    return mr == NARROW && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

void cama__one_row_sums(int64_t mr, const cama__one_row *r, int32_t count, real *sums)
{
    if (mr == WIDE)
        sums_wide(r, count, sums);
    else
        sums_narrow(r, count, sums);
}

#else

bool cama__one_row_can(int64_t mr)
{
    (void)mr;
    return false;
}

void cama__one_row_sums(int64_t mr, const cama__one_row *r, int32_t count, real *sums)
{
    (void)mr, (void)r, (void)count, (void)sums;
}

#endif
