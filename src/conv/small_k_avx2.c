/* small_k_avx2 - patches of few numbers, 9 or 25: a call of the micro-kernel would cost as much as what it does.
 * Here one out channel is made at four pixels at a time, with or without the max pool after it, and all of it stays
 * in registers; and, small -> big, a few numbers of a patch, which would leave rows of the kernel's tile empty. The
 * sums have the micro-kernel's order: one multiply-add after the other. */
#include "conv_algorithms.h"

#include "../base/simd.h"

#ifdef CAMA__X86_KERNELS
#include <immintrin.h>

#include "im2col_job.h"
#include "conv_pooled.h"

#define MIDDLE __attribute__((target("avx2,fma")))
#define INLINE __attribute__((always_inline)) static inline

enum { PIXELS = 4, VECTORS = 2, LANES = 8, DEPTH_MOST = 32, PATCH_MOST = 16 };

/* Sums of k numbers with weights in panels (k, MR), panel_size apart; bias (channels) or NULL. */
typedef struct {
    int64_t k, channels, panel_size;
    const real *weights, *bias;
    bool relu;
} sums;

/* ---- pixels ---- */

MIDDLE INLINE void add_up(const sums *s, int64_t channel, int32_t count, const real *const *pixel,
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

MIDDLE INLINE __m256 finish(const sums *s, int64_t channel, __m256 x)
{
    if (s->bias != NULL) x = _mm256_add_ps(x, _mm256_broadcast_ss(s->bias + channel));
    return s->relu ? _mm256_max_ps(_mm256_setzero_ps(), x) : x; /* NaN stays */
}

/* out[i] (channels, NR) of `count` pixels, at most four, whose numbers (k, NR) are at pixel[i]. */
MIDDLE static void make_pixels(const sums *s, int32_t count, const real *const *pixel, real *const *out)
{
    for (int64_t c = 0; c < s->channels; c++) {
        __m256 sum[PIXELS][VECTORS];
        add_up(s, c, count, pixel, sum);
        for (int32_t i = 0; i < count; i++)
            for (int v = 0; v < VECTORS; v++)
                _mm256_storeu_ps(out[i] + (c * VECTORS + v) * LANES, finish(s, c, sum[i][v]));
    }
}

/* Sixteen pixel numbers, which are small whole numbers in vectors, to bytes. */
MIDDLE INLINE void store_argmax(const __m256i where[VECTORS], uint8_t *argmax)
{
    const __m256i pairs = _mm256_packs_epi32(where[0], where[1]); /* 0-3, 8-11, 4-7, 12-15 */
    const __m256i ordered = _mm256_permute4x64_epi64(pairs, 0xd8);
    _mm_storeu_si128((__m128i *)(void *)argmax,
                     _mm_packus_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1)));
}

/* The largest so far of two vectors, and which it was. */
typedef struct {
    __m256 value[VECTORS];
    __m256i number[VECTORS];
} largest;

MIDDLE INLINE void compare(largest *best, const __m256 x[VECTORS], int32_t number)
{
    CAMA__UNROLL(5)
    for (int v = 0; v < VECTORS; v++) {
        const __m256 larger =
            _mm256_or_ps(_mm256_cmp_ps(x[v], best->value[v], _CMP_GT_OQ), _mm256_cmp_ps(x[v], x[v], _CMP_UNORD_Q));
        best->value[v] = _mm256_blendv_ps(best->value[v], x[v], larger);
        best->number[v] = _mm256_blendv_epi8(best->number[v], _mm256_set1_epi32(number), _mm256_castps_si256(larger));
    }
}

/* The largest of `count` pixels, in out (channels, NR), and the number, from `number`, of the first that has it. A NaN
 * is the largest. */
MIDDLE static void pool_pixels(const sums *s, int32_t count, const real *const *pixel, const uint8_t *number, real *out,
                               uint8_t *argmax)
{
    for (int64_t c = 0; c < s->channels; c++) {
        __m256 sum[PIXELS][VECTORS];
        add_up(s, c, count, pixel, sum);
        largest best = {{sum[0][0], sum[0][1]}, {_mm256_set1_epi32(number[0]), _mm256_set1_epi32(number[0])}};
        CAMA__UNROLL(5)
        for (int i = 1; i < PIXELS; i++) compare(&best, sum[i], number[i < count ? i : 0]);
        for (int32_t first = PIXELS; first < count; first += PIXELS) {
            const int32_t here = count - first < PIXELS ? count - first : PIXELS;
            add_up(s, c, here, pixel + first, sum);
            CAMA__UNROLL(5)
            for (int i = 0; i < PIXELS; i++) compare(&best, sum[i], number[first + (i < here ? i : 0)]);
        }
        for (int v = 0; v < VECTORS; v++)
            _mm256_storeu_ps(out + (c * VECTORS + v) * LANES, finish(s, c, best.value[v]));
        store_argmax(best.number, argmax + c * VECTORS * LANES);
    }
}

/* ---- to patches ---- */

enum { NUMBERS = 5 }; /* sums of two vectors at a time */

MIDDLE INLINE void add_numbers(const int numbers, const real *const *weight, int64_t k, const real *in, real *to)
{
    const int64_t mr = cama__kernel()->mr;
    __m256 sum[NUMBERS][VECTORS];
    CAMA__UNROLL(5)
    for (int i = 0; i < numbers; i++) sum[i][0] = sum[i][1] = _mm256_setzero_ps();
    for (int64_t at = 0; at < k; at++, in += VECTORS * LANES) {
        const __m256 first = _mm256_loadu_ps(in), second = _mm256_loadu_ps(in + LANES);
        CAMA__UNROLL(5)
        for (int i = 0; i < numbers; i++) {
            const __m256 factor = _mm256_broadcast_ss(weight[i] + at * mr);
            sum[i][0] = _mm256_fmadd_ps(factor, first, sum[i][0]);
            sum[i][1] = _mm256_fmadd_ps(factor, second, sum[i][1]);
        }
    }
    CAMA__UNROLL(5)
    for (int i = 0; i < numbers; i++, to += VECTORS * LANES) {
        _mm256_storeu_ps(to, sum[i][0]);
        _mm256_storeu_ps(to + LANES, sum[i][1]);
    }
}

/* A patch of few numbers: to (patch, NR) of one pixel in (k, NR), without bias. */
MIDDLE static void make_patch(const real *weights, int64_t panel_size, int64_t patch, int64_t k, const real *in,
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

/* ---- tasks ---- */

static sums sums_of(const cama__conv_job *j)
{
    return (sums){j->s.in, j->s.out, cama__panel_size(&j->s), j->weights, j->post.bias, j->post.relu};
}

/* A line of output from its columns of patches, four pixels at a time. */
static void line_task(void *arg, int64_t index, int32_t worker)
{
    const cama__conv_job *j = arg;
    const sums s = sums_of(j);
    const int64_t nr = cama__kernel()->nr, block = index / j->out_h;
    const int32_t oh = (int32_t)(index % j->out_h);
    real *columns = j->scratch + worker * j->scratch_size;
    real *out = j->out + block * j->out_size * nr + (int64_t)oh * j->out_w * j->s.out * nr;
    cama__im2col_lines(j, j->in + block * j->in_size * nr, oh, oh + 1, columns);
    for (int32_t ow = 0; ow < j->out_w; ow += PIXELS) {
        const int32_t count = cama__least_32(PIXELS, j->out_w - ow);
        const real *pixel[PIXELS];
        real *to[PIXELS];
        for (int32_t i = 0; i < count; i++) {
            pixel[i] = cama__im2col_pixel(j, columns, oh, oh, ow + i).b;
            to[i] = out + (ow + i) * j->s.out * nr;
        }
        make_pixels(&s, count, pixel, to);
    }
}

/* All channels of a square. */
static void pool_square(const cama__conv_job *j, const cama__pool_square *q, real *out, uint8_t *argmax)
{
    const sums s = sums_of(j);
    const real *pixel[WINDOW_MAX * WINDOW_MAX];
    uint8_t number[WINDOW_MAX * WINDOW_MAX];
    int32_t count = 0;
    for (int32_t y = q->row; y < q->end; y++)
        for (int32_t x = q->column; x < q->last; x++) {
            number[count] = (uint8_t)((y - q->row) * j->post.window + x - q->column);
            pixel[count++] = cama__im2col_pixel(j, q->columns, q->row, y, x).b;
        }
    pool_pixels(&s, count, pixel, number, out, argmax);
}

static void pooled_task(void *arg, int64_t index, int32_t worker)
{
    const cama__conv_job *j = arg;
    const int64_t pixel = j->s.out * cama__kernel()->nr;
    const int32_t columns = cama__conv_pooled_columns(j);
    real *gathered = j->scratch + worker * j->scratch_size;
    const cama__pool_square line = cama__conv_pooled_square(j, index, 0, gathered);
    cama__im2col_lines(j, line.in, line.row, line.end, gathered);
    for (int32_t column = 0; column < columns; column++) {
        const cama__pool_square q = cama__conv_pooled_square(j, index, column, gathered);
        pool_square(j, &q, j->out + (index * columns + column) * pixel, j->argmax + (index * columns + column) * pixel);
    }
}

/* A block of the big grid. */
static void block_task(void *arg, int64_t block, int32_t worker)
{
    const cama__conv_job *j = arg;
    const cama__conv *m = j->map;
    const int64_t nr = cama__kernel()->nr;
    real *patch = j->scratch + worker * j->scratch_size, *out = j->out + block * j->out_size * nr;
    cama__im2col_start_block(j, out);
    for (int32_t q = 0; q < m->h.small * m->w.small; q++) {
        make_patch(j->weights, cama__panel_size(&j->s), j->s.out, j->s.in,
                   j->in + (block * j->in_size + q * j->s.in) * nr, patch);
        cama__col2im_add(m, patch, q / m->w.small, q % m->w.small, out);
    }
    cama__im2col_finish_block(j, out);
}

/* ---- the row of the table ---- */

static bool can(const cama__conv_case *c)
{
    const cama__conv *m = c->map;
    const int64_t patch = (int64_t)m->h.taps * m->w.taps * m->big_channels;
    return c->pass != CONV_BACKWARD_WEIGHTS && m->im2col && patch <= (c->adjoint ? PATCH_MOST : DEPTH_MOST) &&
           cama__kernel()->nr == VECTORS * LANES && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static void forward(const cama__exec *exec, const cama__conv_application *a)
{
    cama__conv_job j = cama__conv_job_of(a);
    if (a->adjoint) {
        cama__conv_job_take_scratch(exec, &j, j.s.out * cama__kernel()->nr);
        cama__exec_run(exec, j.blocks, block_task, &j);
        return;
    }
    cama__im2col_use_columns(exec, &j, a->post.window);
    cama__conv_pooled_run(exec, &j, line_task, pooled_task);
}

static void backward_data(const cama__exec *exec, const cama__conv_application *a)
{
    cama__conv_forward_transposed(exec, &cama__conv_small_k, a);
}

const cama__conv_algorithm cama__conv_small_k = {"small_k_avx2", can, forward, backward_data, NULL};

#endif
