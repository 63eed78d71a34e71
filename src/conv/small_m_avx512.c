/* small_m_avx512 - the map between patches and the small grid where a patch has so few numbers that most rows of the
 * micro-kernel's tile would stay empty (the last transposed convolution: 9 numbers for 32 rows). The vectors lie along
 * channels and rows instead, as the small grid is stored, and nothing is transposed.
 *
 * A step takes CHANNELS channels of a pixel as the three vectors that they are in memory, at addresses that are
 * multiples of the vector; single channels would lie across two cache lines, which costs more than the multiplication.
 * So the other factor, a weight or a number of the patch, is repeated in memory until it fills three vectors too. */
#include "conv_algorithms.h"

#include "../base/simd.h"

#ifdef CAMA__X86_KERNELS
#include <immintrin.h>
#include <string.h>

#include "im2col_job.h"
#include "wgrad.h"

#define WIDE __attribute__((target("avx512f"))) static
#define INLINE __attribute__((always_inline)) inline

enum {
    NR = 12,
    CHANNELS = 4,         /* what one step takes: */
    STEP = CHANNELS * NR, /* 48 numbers, three vectors of 16 */
    PATCH_MOST = 16,      /* numbers of a patch */
    LANES = 16,
    VECTORS = STEP / LANES,
    FIRST = 0x0fff /* mask of the first NR lanes */
};

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
    CAMA__UNROLL(16)
    for (int v = 0; v < VECTORS; v++) sum[v] = from == NULL ? _mm512_setzero_ps() : _mm512_loadu_ps(from + v * LANES);
}

WIDE INLINE void store_sum(const __m512 sum[VECTORS], real *to)
{
    CAMA__UNROLL(16)
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
        CAMA__UNROLL(16)
        for (int v = 0; v < VECTORS; v++) {
            const __m512 numbers = _mm512_loadu_ps(x + v * LANES);
            __builtin_prefetch((const void *)((uintptr_t)x + (size_t)(p->ahead + v * LANES) * sizeof *x));
            CAMA__UNROLL(16)
            for (int i = 0; i < factors; i++)
                sum[i][v] = _mm512_fmadd_ps(_mm512_loadu_ps(factor + i * STEP + v * LANES), numbers, sum[i][v]);
        }
    }
}

WIDE INLINE void run_factors(const products *p, const int factors, const bool gradient)
{
    __m512 sum[FACTORS][VECTORS];
    CAMA__UNROLL(16)
    for (int i = 0; i < factors; i++) load_sum(gradient ? p->to + i * STEP : NULL, sum[i]);
    add_steps(p, factors, sum);
    CAMA__UNROLL(16)
    for (int i = 0; i < factors; i++)
        if (gradient)
            store_sum(sum[i], p->to + i * STEP);
        else
            _mm512_mask_storeu_ps(p->to + i * NR, FIRST, fold(sum[i]));
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

/* Weights of the first panel (k, MR) to (k / CHANNELS, patch, CHANNELS, NR), each repeated for the lanes. */
WIDE void repeat_weights(const real *panel, int64_t mr, int64_t patch, int64_t k, real *weights)
{
    for (int64_t first = 0; first < k; first += CHANNELS)
        for (int64_t i = 0; i < patch; i++, weights += STEP) repeat_four(panel + first * mr + i, mr, weights);
}

/* to (patch, NR) = weights times in (k, NR), for one pixel. */
static void multiply_pixel(const real *weights, int64_t patch, int64_t k, const real *in, real *to)
{
    products p = {.steps = k / CHANNELS, .x = in, .x_step = STEP, .ahead = k * NR, .factor_step = patch * STEP};
    for (int64_t group = 0; group < groups_of(patch); group++) {
        const int64_t first = start_of(patch, group);
        p.factor = weights + first * STEP;
        p.to = to + first * NR;
        multiply(&p, start_of(patch, group + 1) - first);
    }
}

/* A block of the big grid. Its weights are repeated by each worker for itself. */
static void block_task(void *arg, int64_t block, int32_t worker)
{
    const cama__conv_job *j = arg;
    const cama__conv *m = j->map;
    const int64_t patch = j->s.out, k = j->s.in;
    const real *in = j->in + block * j->in_size * NR;
    real *weights = j->scratch + worker * j->scratch_size, *out = j->out + block * j->out_size * NR;
    _Alignas(CAMA__ALIGN) real numbers[PATCH_MOST * NR];
    repeat_weights(j->weights, cama__kernel()->mr, patch, k, weights);
    cama__im2col_start_block(j, out);
    for (int32_t q = 0; q < m->h.small * m->w.small; q++) {
        multiply_pixel(weights, patch, k, in + q * k * NR, numbers);
        cama__col2im_add(m, numbers, q / m->w.small, q % m->w.small, out);
    }
    cama__im2col_finish_block(j, out);
}

static void forward(const cama__exec *exec, const cama__conv_application *a)
{
    cama__conv_job j = cama__conv_job_of(a);
    cama__conv_job_take_scratch(exec, &j, j.s.out * j.s.in * NR);
    cama__exec_run(exec, j.blocks, block_task, &j);
}

static void backward_data(const cama__exec *exec, const cama__conv_application *a)
{
    cama__conv_forward_transposed(exec, &cama__conv_small_m, a);
}

/* ---- gradient of the weights: the sums of each lane of a block first ---- */

/* Numbers (count, NR) to (count, CHANNELS, NR). */
WIDE void repeat_lanes(const real *from, int64_t count, real *to)
{
    const __m512i lane0 = _mm512_set_epi32(3, 2, 1, 0, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i lane1 = _mm512_set_epi32(7, 6, 5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6, 5, 4);
    const __m512i lane2 = _mm512_set_epi32(11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 11, 10, 9, 8);
    for (int64_t i = 0; i < count; i++, from += NR, to += STEP) {
        const __m512 x = _mm512_maskz_loadu_ps(FIRST, from);
        _mm512_storeu_ps(to, _mm512_permutexvar_ps(lane0, x));
        _mm512_storeu_ps(to + LANES, _mm512_permutexvar_ps(lane1, x));
        _mm512_storeu_ps(to + 2 * LANES, _mm512_permutexvar_ps(lane2, x));
    }
}

/* sums (channels / CHANNELS, patch, CHANNELS, NR) += patches times in (count, channels, NR), lane by lane. */
static void add_pixels(const real *patches, int64_t patch, int64_t channels, int64_t count, const real *in, real *sums)
{
    products p = {.steps = count, .ahead = STEP, .x_step = channels * NR, .factor_step = patch * STEP};
    for (int64_t four = 0; four < channels / CHANNELS; four++)
        for (int64_t group = 0; group < groups_of(patch); group++) {
            const int64_t first = start_of(patch, group);
            p.x = in + four * STEP;
            p.factor = patches + first * STEP;
            p.to = sums + (four * patch + first) * STEP;
            add_products(&p, start_of(patch, group + 1) - first);
        }
}

WIDE real sum_of_lanes(const real *from) { return _mm512_reduce_add_ps(_mm512_maskz_loadu_ps(FIRST, from)); }

/* panel (channels, MR) = the sums, each over its lanes; the rest of the panel stays. */
static void reduce(const real *sums, int64_t patch, int64_t channels, real *panel)
{
    const int64_t mr = cama__kernel()->mr;
    for (int64_t c = 0; c < channels; c++)
        for (int64_t i = 0; i < patch; i++)
            panel[c * mr + i] = sum_of_lanes(sums + (c / CHANNELS * patch + i) * STEP + c % CHANNELS * NR);
}

/* The pixels of a line are taken by so many, whose repeated patches stay in cache. */
enum { PIXELS = 16 };

static int64_t patch_of(const cama__conv *m) { return (int64_t)m->h.taps * m->w.taps * m->big_channels; }

/* Scratch of a worker: patches of a line, then of some pixels, repeated, then the sums. */
static int64_t line_size(const cama__conv *m) { return cama__round_16(m->w.small * patch_of(m) * NR); }
static int64_t repeated_size(const cama__conv *m) { return PIXELS * patch_of(m) * STEP; }
static int64_t sums_size(const cama__conv *m) { return patch_of(m) * m->small_channels * NR; }

/* The patches of a line and the line of the small grid. */
static void add_line(const cama__conv *m, const real *line, const real *small, real *repeated, real *sums)
{
    const int64_t patch = patch_of(m), channels = m->small_channels, w = m->w.small;
    for (int64_t x = 0; x < w; x += PIXELS) {
        const int64_t count = cama__least(PIXELS, w - x);
        repeat_lanes(line + x * patch * NR, count * patch, repeated);
        add_pixels(repeated, patch, channels, count, small + x * channels * NR, sums);
    }
}

static void gradient_of_block(const cama__conv_weight_gradient *g, int64_t block, real *gradient, real *scratch)
{
    const cama__conv *m = g->map;
    real *line = scratch, *repeated = line + line_size(m), *sums = repeated + repeated_size(m);
    memset(sums, 0, (size_t)sums_size(m) * sizeof *sums);
    memset(gradient, 0, (size_t)cama__conv_weights(m, true) * sizeof *gradient);
    for (int32_t q = 0; q < m->h.small; q++) {
        cama__im2col_row(m, g->dout + block * cama__big_size(m) * NR, q, line);
        add_line(m, line, g->in + (block * m->h.small + q) * m->w.small * m->small_channels * NR, repeated, sums);
    }
    reduce(sums, patch_of(m), m->small_channels, gradient);
}

static void backward_weights(const cama__exec *exec, const cama__conv_weight_gradient *g)
{
    const cama__conv *m = g->map;
    cama__wgrad_by_blocks(exec, g, line_size(m) + repeated_size(m) + sums_size(m), gradient_of_block);
}

/* ---- the row of the table ---- */

/* Half of the kernel's rows or more would be empty, and the weights are repeated for a good number of pixels. */
static bool can(const cama__conv_case *c)
{
    const cama__conv *m = c->map;
    const cama__kernel_info *kernel = cama__kernel();
    return c->adjoint && m->im2col && patch_of(m) <= PATCH_MOST && 2 * patch_of(m) <= kernel->mr && kernel->nr == NR &&
           m->small_channels % CHANNELS == 0 && m->h.small * m->w.small >= 16 && __builtin_cpu_supports("avx512f");
}

const cama__conv_algorithm cama__conv_small_m = {"small_m_avx512", can, forward, backward_data, backward_weights};

#endif
