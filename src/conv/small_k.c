/* small_k - see small_k.h. */
#include "small_k.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(CAMA_NO_CLONES) && !defined(CAMA_DOUBLE)
#include <immintrin.h>

#define MIDDLE __attribute__((target("avx2,fma")))
#define INLINE __attribute__((always_inline)) static inline
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 5")
#endif

enum { PIXELS = 4, VECTORS = 2, LANES = 8, DEPTH_MOST = 32, PATCH_MOST = 16 };

static int64_t patch_of(const cama__conv *m) { return (int64_t)m->h.taps * m->w.taps * m->big_channels; }

static bool can(const cama__conv *map)
{
    return map->patches && cama__kernel()->nr == VECTORS * LANES && __builtin_cpu_supports("avx2") &&
           __builtin_cpu_supports("fma");
}

bool cama__small_k_pays(const cama__conv *map) { return can(map) && patch_of(map) <= DEPTH_MOST; }
bool cama__small_k_patch_pays(const cama__conv *map) { return can(map) && patch_of(map) <= PATCH_MOST; }

/* One channel at four pixels; of fewer the first one stands for the rest. */
MIDDLE INLINE void add_up(const cama__small_k *s, int64_t channel, int32_t count, const real *const *pixel,
                          __m256 sum[PIXELS][VECTORS])
{
    const int64_t mr = cama__kernel()->mr;
    const real *weight = s->weights + channel / mr * s->panel_size + channel % mr;
    const real *a = pixel[0], *b = pixel[count > 1], *c = pixel[count > 2 ? 2 : 0], *d = pixel[count > 3 ? 3 : 0];
    __m256 a0 = _mm256_setzero_ps(), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0; /* in registers */
    for (int64_t k = 0; k < s->k; k++, weight += mr) {
        const __m256 factor = _mm256_broadcast_ss(weight);
        const int64_t at = k * VECTORS * LANES;
        a0 = _mm256_fmadd_ps(factor, _mm256_loadu_ps(a + at), a0);
        a1 = _mm256_fmadd_ps(factor, _mm256_loadu_ps(a + at + LANES), a1);
        b0 = _mm256_fmadd_ps(factor, _mm256_loadu_ps(b + at), b0);
        b1 = _mm256_fmadd_ps(factor, _mm256_loadu_ps(b + at + LANES), b1);
        c0 = _mm256_fmadd_ps(factor, _mm256_loadu_ps(c + at), c0);
        c1 = _mm256_fmadd_ps(factor, _mm256_loadu_ps(c + at + LANES), c1);
        d0 = _mm256_fmadd_ps(factor, _mm256_loadu_ps(d + at), d0);
        d1 = _mm256_fmadd_ps(factor, _mm256_loadu_ps(d + at + LANES), d1);
    }
    sum[0][0] = a0, sum[0][1] = a1, sum[1][0] = b0, sum[1][1] = b1;
    sum[2][0] = c0, sum[2][1] = c1, sum[3][0] = d0, sum[3][1] = d1;
}

MIDDLE INLINE __m256 finish(const cama__small_k *s, int64_t channel, __m256 x)
{
    if (s->bias != NULL) x = _mm256_add_ps(x, _mm256_broadcast_ss(s->bias + channel));
    return s->relu ? _mm256_max_ps(_mm256_setzero_ps(), x) : x; /* NaN stays */
}

MIDDLE void cama__small_k_pixels(const cama__small_k *s, int32_t count, const real *const *pixel, real *const *out)
{
    for (int64_t c = 0; c < s->channels; c++) {
        __m256 sum[PIXELS][VECTORS];
        add_up(s, c, count, pixel, sum);
        for (int32_t i = 0; i < count; i++)
            for (int v = 0; v < VECTORS; v++)
                _mm256_storeu_ps(out[i] + (c * VECTORS + v) * LANES, finish(s, c, sum[i][v]));
    }
}

/* Sixteen places, which are small whole numbers in vectors, to bytes. */
MIDDLE INLINE void store_places(const __m256i where[VECTORS], uint8_t *place)
{
    const __m256i pairs = _mm256_packs_epi32(where[0], where[1]); /* 0-3, 8-11, 4-7, 12-15 */
    const __m256i ordered = _mm256_permute4x64_epi64(pairs, 0xd8);
    _mm_storeu_si128((__m128i *)(void *)place,
                     _mm_packus_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1)));
}

/* The largest so far of two vectors, and which it was. */
typedef struct {
    __m256 value[VECTORS];
    __m256i number[VECTORS];
} largest;

MIDDLE INLINE void compare(largest *best, const __m256 x[VECTORS], int32_t number)
{
    UNROLL
    for (int v = 0; v < VECTORS; v++) {
        const __m256 larger =
            _mm256_or_ps(_mm256_cmp_ps(x[v], best->value[v], _CMP_GT_OQ), _mm256_cmp_ps(x[v], x[v], _CMP_UNORD_Q));
        best->value[v] = _mm256_blendv_ps(best->value[v], x[v], larger);
        best->number[v] = _mm256_blendv_epi8(best->number[v], _mm256_set1_epi32(number), _mm256_castps_si256(larger));
    }
}

MIDDLE void cama__small_k_largest(const cama__small_k *s, int32_t count, const real *const *pixel,
                                  const uint8_t *number, real *out, uint8_t *place)
{
    for (int64_t c = 0; c < s->channels; c++) {
        __m256 sum[PIXELS][VECTORS];
        add_up(s, c, count, pixel, sum);
        largest best = {{sum[0][0], sum[0][1]}, {_mm256_set1_epi32(number[0]), _mm256_set1_epi32(number[0])}};
        UNROLL
        for (int i = 1; i < PIXELS; i++) compare(&best, sum[i], number[i < count ? i : 0]);
        for (int32_t first = PIXELS; first < count; first += PIXELS) {
            const int32_t here = count - first < PIXELS ? count - first : PIXELS;
            add_up(s, c, here, pixel + first, sum);
            UNROLL
            for (int i = 0; i < PIXELS; i++) compare(&best, sum[i], number[first + (i < here ? i : 0)]);
        }
        for (int v = 0; v < VECTORS; v++)
            _mm256_storeu_ps(out + (c * VECTORS + v) * LANES, finish(s, c, best.value[v]));
        store_places(best.number, place + c * VECTORS * LANES);
    }
}

/* ---- to patches ---- */

enum { NUMBERS = 5 }; /* sums of two vectors at a time */

MIDDLE INLINE void add_numbers(const int numbers, const real *const *weight, int64_t k, const real *in, real *to)
{
    const int64_t mr = cama__kernel()->mr;
    __m256 sum[NUMBERS][VECTORS];
    UNROLL
    for (int i = 0; i < numbers; i++) sum[i][0] = sum[i][1] = _mm256_setzero_ps();
    for (int64_t at = 0; at < k; at++, in += VECTORS * LANES) {
        const __m256 first = _mm256_loadu_ps(in), second = _mm256_loadu_ps(in + LANES);
        UNROLL
        for (int i = 0; i < numbers; i++) {
            const __m256 factor = _mm256_broadcast_ss(weight[i] + at * mr);
            sum[i][0] = _mm256_fmadd_ps(factor, first, sum[i][0]);
            sum[i][1] = _mm256_fmadd_ps(factor, second, sum[i][1]);
        }
    }
    UNROLL
    for (int i = 0; i < numbers; i++, to += VECTORS * LANES) {
        _mm256_storeu_ps(to, sum[i][0]);
        _mm256_storeu_ps(to + LANES, sum[i][1]);
    }
}

MIDDLE void cama__small_k_patch(const real *weights, int64_t panel_size, int64_t patch, int64_t k, const real *in,
                                real *to)
{
    const int64_t mr = cama__kernel()->mr, groups = (patch + NUMBERS - 1) / NUMBERS;
    for (int64_t group = 0; group < groups; group++) {
        const int64_t first = patch * group / groups, count = patch * (group + 1) / groups - first;
        const real *weight[NUMBERS];
        for (int64_t i = 0; i < count; i++) weight[i] = weights + (first + i) / mr * panel_size + (first + i) % mr;
        real *here = to + first * VECTORS * LANES;
        switch (count) { /* the sums are in registers only if their number is known here */
        case 1: add_numbers(1, weight, k, in, here); break;
        case 2: add_numbers(2, weight, k, in, here); break;
        case 3: add_numbers(3, weight, k, in, here); break;
        case 4: add_numbers(4, weight, k, in, here); break;
        default: add_numbers(NUMBERS, weight, k, in, here);
        }
    }
}

#else /* it never pays, and nothing calls the rest */

bool cama__small_k_pays(const cama__conv *map)
{
    (void)map;
    return false;
}

void cama__small_k_pixels(const cama__small_k *s, int32_t count, const real *const *pixel, real *const *out)
{
    (void)s, (void)count, (void)pixel, (void)out;
}

void cama__small_k_largest(const cama__small_k *s, int32_t count, const real *const *pixel, const uint8_t *number,
                           real *out, uint8_t *place)
{
    (void)s, (void)count, (void)pixel, (void)number, (void)out, (void)place;
}

bool cama__small_k_patch_pays(const cama__conv *map)
{
    (void)map;
    return false;
}

void cama__small_k_patch(const real *weights, int64_t panel_size, int64_t patch, int64_t k, const real *in, real *to)
{
    (void)weights, (void)panel_size, (void)patch, (void)k, (void)in, (void)to;
}

#endif
