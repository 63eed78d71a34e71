/* small_m - see small_m.h.
 *
 * A step takes THIN_CHANNELS channels of a pixel as the three vectors that they are in memory, at addresses that are
 * multiples of the vector; single channels would lie across two cache lines, which costs more than the multiplication.
 * So the other factor, a weight or a number of the patch, is repeated in memory until it fills three vectors too. */
#include "small_m.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(CAMA_NO_CLONES) && !defined(CAMA_DOUBLE)
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f"))) static
#define INLINE __attribute__((always_inline)) inline
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

enum { LANES = 16, VECTORS = THIN_STEP / LANES, FIRST = 0x0fff /* mask of the first NR lanes */ };

/* Half of the kernel's rows or more would be empty, and the weights are repeated for a good number of pixels. */
bool cama__small_m_pays(const cama__conv *map)
{
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t patch = (int64_t)map->h.taps * map->w.taps * map->big_channels;
    return map->patches && patch <= THIN_PATCH && 2 * patch <= kernel->mr && kernel->nr == THIN_NR &&
           map->small_channels % THIN_CHANNELS == 0 && map->h.small * map->w.small >= 16 &&
           __builtin_cpu_supports("avx512f");
}

/* ---- sums in registers ---- */

enum { FACTORS = 9 /* sums of three vectors at a time: 27 registers, and 30 vectors read for 27 multiply-adds */ };

/* sum i = [itself +] over the steps of x times factor i, 48 numbers each. */
typedef struct {
    int64_t steps, x_step, factor_step; /* factor i + 1 lies behind factor i */
    int64_t ahead;                      /* from x to what is read soon; may lie behind the last number */
    const real *x, *factor;
    real *to;
} products;

WIDE INLINE void load_sum(const real *from, __m512 sum[VECTORS])
{
    UNROLL
    for (int v = 0; v < VECTORS; v++) sum[v] = from == NULL ? _mm512_setzero_ps() : _mm512_loadu_ps(from + v * LANES);
}

WIDE INLINE void store_sum(const __m512 sum[VECTORS], real *to)
{
    UNROLL
    for (int v = 0; v < VECTORS; v++) _mm512_storeu_ps(to + v * LANES, sum[v]);
}

/* The sum of the four channels of three vectors, in the first NR lanes. */
WIDE INLINE __m512 fold(const __m512 sum[VECTORS])
{
    const __m512i a = _mm512_castps_si512(sum[0]), b = _mm512_castps_si512(sum[1]), c = _mm512_castps_si512(sum[2]);
    const __m512 second = _mm512_castsi512_ps(_mm512_alignr_epi32(b, a, 12));
    const __m512 third = _mm512_castsi512_ps(_mm512_alignr_epi32(c, b, 8));
    const __m512 fourth = _mm512_castsi512_ps(_mm512_alignr_epi32(c, c, 4));
    return _mm512_add_ps(_mm512_add_ps(sum[0], second), _mm512_add_ps(third, fourth));
}

WIDE INLINE void add_steps(const products *p, const int factors, __m512 sum[FACTORS][VECTORS])
{
    const real *x = p->x, *factor = p->factor;
    for (int64_t step = 0; step < p->steps; step++, x += p->x_step, factor += p->factor_step) {
        UNROLL
        for (int v = 0; v < VECTORS; v++) {
            const __m512 numbers = _mm512_loadu_ps(x + v * LANES);
            __builtin_prefetch((const void *)((uintptr_t)x + (size_t)(p->ahead + v * LANES) * sizeof *x));
            UNROLL
            for (int i = 0; i < factors; i++)
                sum[i][v] = _mm512_fmadd_ps(_mm512_loadu_ps(factor + i * THIN_STEP + v * LANES), numbers, sum[i][v]);
        }
    }
}

WIDE INLINE void run_factors(const products *p, const int factors, const bool gradient)
{
    __m512 sum[FACTORS][VECTORS];
    UNROLL
    for (int i = 0; i < factors; i++) load_sum(gradient ? p->to + i * THIN_STEP : NULL, sum[i]);
    add_steps(p, factors, sum);
    UNROLL
    for (int i = 0; i < factors; i++)
        if (gradient)
            store_sum(sum[i], p->to + i * THIN_STEP);
        else
            _mm512_mask_storeu_ps(p->to + i * THIN_NR, FIRST, fold(sum[i]));
}

/* The sums are in registers only if their number is known here. */
WIDE INLINE void run(const products *p, int64_t factors, const bool gradient)
{
    switch (factors) {
    case 1: run_factors(p, 1, gradient); break;
    case 2: run_factors(p, 2, gradient); break;
    case 3: run_factors(p, 3, gradient); break;
    case 4: run_factors(p, 4, gradient); break;
    case 5: run_factors(p, 5, gradient); break;
    case 6: run_factors(p, 6, gradient); break;
    case 7: run_factors(p, 7, gradient); break;
    case 8: run_factors(p, 8, gradient); break;
    default: run_factors(p, FACTORS, gradient);
    }
}

WIDE void multiply(const products *p, int64_t factors) { run(p, factors, false); }
WIDE void add_products(const products *p, int64_t factors) { run(p, factors, true); }

/* The numbers of a patch are taken in groups of at most FACTORS, as even as they come. */
static int64_t groups_of(int64_t patch) { return (patch + FACTORS - 1) / FACTORS; }
static int64_t start_of(int64_t patch, int64_t group) { return patch * group / groups_of(patch); }

/* ---- forward ---- */

/* Four weights, each for NR lanes: three vectors. */
WIDE INLINE void repeat_four(const real *w, int64_t step, real *to)
{
    const __m512 a = _mm512_set1_ps(w[0]), b = _mm512_set1_ps(w[step]), c = _mm512_set1_ps(w[2 * step]),
                 d = _mm512_set1_ps(w[3 * step]);
    _mm512_storeu_ps(to, _mm512_mask_blend_ps(0xf000, a, b));
    _mm512_storeu_ps(to + LANES, _mm512_mask_blend_ps(0xff00, b, c));
    _mm512_storeu_ps(to + 2 * LANES, _mm512_mask_blend_ps(0xfff0, c, d));
}

WIDE void repeat_weights(const real *panel, int64_t mr, int64_t patch, int64_t k, real *weights)
{
    for (int64_t first = 0; first < k; first += THIN_CHANNELS)
        for (int64_t i = 0; i < patch; i++, weights += THIN_STEP) repeat_four(panel + first * mr + i, mr, weights);
}

void cama__small_m_repeat_weights(const real *panel, int64_t patch, int64_t k, real *weights)
{
    repeat_weights(panel, cama__kernel()->mr, patch, k, weights);
}

void cama__small_m_multiply(const real *weights, int64_t patch, int64_t k, const real *in, real *to)
{
    products p = {.steps = k / THIN_CHANNELS,
                  .x = in,
                  .x_step = THIN_STEP,
                  .ahead = k * THIN_NR,
                  .factor_step = patch * THIN_STEP};
    for (int64_t group = 0; group < groups_of(patch); group++) {
        const int64_t first = start_of(patch, group);
        p.factor = weights + first * THIN_STEP;
        p.to = to + first * THIN_NR;
        multiply(&p, start_of(patch, group + 1) - first);
    }
}

/* ---- gradient of the weights ---- */

WIDE void repeat_lanes(const real *from, int64_t count, real *to)
{
    const __m512i lane0 = _mm512_set_epi32(3, 2, 1, 0, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i lane1 = _mm512_set_epi32(7, 6, 5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6, 5, 4);
    const __m512i lane2 = _mm512_set_epi32(11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 11, 10, 9, 8);
    for (int64_t i = 0; i < count; i++, from += THIN_NR, to += THIN_STEP) {
        const __m512 x = _mm512_maskz_loadu_ps(FIRST, from);
        _mm512_storeu_ps(to, _mm512_permutexvar_ps(lane0, x));
        _mm512_storeu_ps(to + LANES, _mm512_permutexvar_ps(lane1, x));
        _mm512_storeu_ps(to + 2 * LANES, _mm512_permutexvar_ps(lane2, x));
    }
}

void cama__small_m_repeat_patches(const real *from, int64_t patch, int64_t count, real *patches)
{
    repeat_lanes(from, count * patch, patches);
}

void cama__small_m_add_products(const real *patches, int64_t patch, int64_t channels, int64_t count, const real *in,
                                real *sums)
{
    products p = {.steps = count, .ahead = THIN_STEP, .x_step = channels * THIN_NR, .factor_step = patch * THIN_STEP};
    for (int64_t four = 0; four < channels / THIN_CHANNELS; four++)
        for (int64_t group = 0; group < groups_of(patch); group++) {
            const int64_t first = start_of(patch, group);
            p.x = in + four * THIN_STEP;
            p.factor = patches + first * THIN_STEP;
            p.to = sums + (four * patch + first) * THIN_STEP;
            add_products(&p, start_of(patch, group + 1) - first);
        }
}

WIDE real sum_of_lanes(const real *from) { return _mm512_reduce_add_ps(_mm512_maskz_loadu_ps(FIRST, from)); }

void cama__small_m_reduce(const real *sums, int64_t patch, int64_t channels, real *panel)
{
    const int64_t mr = cama__kernel()->mr;
    for (int64_t c = 0; c < channels; c++)
        for (int64_t i = 0; i < patch; i++)
            panel[c * mr + i] =
                sum_of_lanes(sums + (c / THIN_CHANNELS * patch + i) * THIN_STEP + c % THIN_CHANNELS * THIN_NR);
}

#else /* it never pays, and nothing calls the rest */

bool cama__small_m_pays(const cama__conv *map)
{
    (void)map;
    return false;
}

void cama__small_m_repeat_weights(const real *panel, int64_t patch, int64_t k, real *weights)
{
    (void)panel, (void)patch, (void)k, (void)weights;
}

void cama__small_m_multiply(const real *weights, int64_t patch, int64_t k, const real *in, real *to)
{
    (void)weights, (void)patch, (void)k, (void)in, (void)to;
}

void cama__small_m_repeat_patches(const real *from, int64_t patch, int64_t count, real *patches)
{
    (void)from, (void)patch, (void)count, (void)patches;
}

void cama__small_m_add_products(const real *patches, int64_t patch, int64_t channels, int64_t count, const real *in,
                                real *sums)
{
    (void)patches, (void)patch, (void)channels, (void)count, (void)in, (void)sums;
}

void cama__small_m_reduce(const real *sums, int64_t patch, int64_t channels, real *panel)
{
    (void)sums, (void)patch, (void)channels, (void)panel;
}

#endif
