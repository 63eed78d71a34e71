/* winograd - the matrices of F(m, r), when it pays, and sums of vectors. */
#include "winograd.h"

#include <math.h>
#include <string.h>

#include "../base/elementary.h"
#include "correlate_axis.h"

/* ---- the matrices ----
 *
 * A product of polynomials of m and r coefficients has n. It is known from its values at n - 1 points p and at infinity:
 * values V of the factors, the inverse of V to go back (Lagrange). F(m, r) is the transpose of that in one factor. */

/* The points that, of those tried, have the least error for each n. */
static const double points_of[WINOGRAD_POINTS + 1][WINOGRAD_POINTS - 1] = {
    [3] = {0, 1},
    [4] = {0, 1, -1},
    [5] = {0, 1, -1, 2},
    [6] = {0, 1, -1, 2, -1. / 2},
    [7] = {0, 1, -1, -5. / 2, -1. / 2, 3. / 5},
    [8] = {0, 1, -1, 2, -2, 1. / 2, -1. / 2},
    [9] = {0, 1, -1, -3, -4. / 3, -1. / 3, 1. / 2, 3. / 2},
};

/* Coefficients, lowest first, of the product of (x - p) over the finite points but `left_out`. */
static void product_of_points(const double *points, int32_t finite, int32_t left_out, double *coefficient)
{
    int32_t degree = 0;
    memset(coefficient, 0, WINOGRAD_POINTS * sizeof *coefficient);
    coefficient[0] = 1;
    for (int32_t i = 0; i < finite; i++) {
        if (i == left_out) continue;
        for (int32_t k = ++degree; k >= 0; k--)
            coefficient[k] = (k > 0 ? coefficient[k - 1] : 0) - points[i] * coefficient[k];
    }
}

static double largest(const double *a, int32_t count)
{
    double most = 0;
    for (int32_t i = 0; i < count; i++) most = fmax(most, fabs(a[i]));
    return most;
}

static double power_of_two(double x) { return exp2(round(log2(x))); }

/* One point: its rows of Bt and G and its column of At, scaled by powers of two so that none is large. */
static void set_point(cama__filter *w, const double *points, int32_t point)
{
    const int32_t n = w->points, finite = n - 1;
    double in[WINOGRAD_POINTS], tap[WINOGRAD_POINTS] = {0}, out[WINOGRAD_POINTS] = {0}, scale = 1;
    product_of_points(points, finite, point, in);
    for (int32_t i = 0; point < finite && i < finite; i++) scale *= i == point ? 1 : points[point] - points[i];
    for (int32_t k = 0; k < n; k++) in[k] /= scale;
    for (int32_t k = 0; k < w->taps; k++) tap[k] = point < finite ? pow(points[point], k) : k == w->taps - 1;
    for (int32_t k = 0; k < w->outputs; k++) out[k] = point < finite ? pow(points[point], k) : k == w->outputs - 1;
    const double of_in = power_of_two(1 / largest(in, n));
    const double of_tap = power_of_two(sqrt(largest(out, w->outputs) / (largest(tap, w->taps) * of_in)));
    for (int32_t k = 0; k < n; k++) w->in[point * n + k] = (real)(in[k] * of_in);
    for (int32_t k = 0; k < w->taps; k++) w->weights[point * w->taps + k] = (real)(tap[k] * of_tap);
    for (int32_t k = 0; k < w->outputs; k++) w->out[k * n + point] = (real)(out[k] / (of_in * of_tap));
}

void cama__filter_init(cama__filter *f, int32_t outputs, int32_t taps)
{
    *f = (cama__filter){.outputs = outputs, .taps = taps, .points = outputs + taps - 1};
    if (f->points == 1) f->in[0] = f->weights[0] = f->out[0] = 1;
    for (int32_t point = 0; f->points > 1 && point < f->points; point++) set_point(f, points_of[f->points], point);
}

/* ---- does it pay ---- */

enum { CHANNELS_LEAST = 16 };

/* Pairs of an input pixel and a tap that meet, in a line. */
static int64_t plain_products(const cama__axis *a)
{
    int64_t sum = 0;
    for (int32_t q = 0; q < a->small; q++)
        for (int32_t t = 0; t < a->taps; t++) {
            const int32_t big = q * a->stride - a->pad + t;
            sum += big >= 0 && big < a->big;
        }
    return sum;
}

/* The filter with the fewest products for `count` pixels. */
static int64_t cheapest(int32_t taps, int32_t count, cama__filter *f)
{
    int32_t best = 1;
    int64_t least = (int64_t)taps * count;
    for (int32_t m = 2; taps > 1 && m + taps - 1 <= WINOGRAD_POINTS; m++) {
        const int64_t products = (int64_t)(m + taps - 1) * ((count + m - 1) / m);
        if (products < least) least = products, best = m;
    }
    cama__filter_init(f, best, taps);
    f->count = count;
    f->tiles = (count + best - 1) / best;
    return least;
}

bool cama__winograd_plan(const cama__correlate *map, bool adjoint, cama__winograd *w)
{
    const cama__axis *a = &map->w;
    const int32_t width = adjoint ? a->big : a->small, stride = a->stride;
    int64_t products = 0;
    if (map->patches || a->taps < 2 || stride > a->taps || stride > (adjoint ? WINOGRAD_FILTERS : 1)) return false;
    if (map->big_channels < CHANNELS_LEAST || map->small_channels < CHANNELS_LEAST || width < stride) return false;
    w->filters = stride;
    for (int32_t first = 0; first < stride; first++) {
        const run unclipped = run_at(a, adjoint, first);
        cama__filter *f = &w->filter[first];
        if (unclipped.count >= WINOGRAD_POINTS) return false;
        products += cheapest(unclipped.count, (width - first + stride - 1) / stride, f);
        f->first = first, f->step = stride, f->tap = unclipped.tap, f->origin = unclipped.in;
    }
    return products <= plain_products(a) * 4 / 5; /* the transforms cost, too */
}

bool cama__winograd_plan_gradient(const cama__correlate *map, cama__winograd *w)
{
    return map->w.stride == 1 && map->h.stride == 1 && cama__winograd_plan(map, map->adjoint, w);
}

/* ---- sums of vectors ---- */

typedef real span __attribute__((vector_size(16 * sizeof(real)), aligned(sizeof(real)), may_alias));
enum { SPAN = 16, SPANS = 8 /* chains that are added to at once: what one processor has under way */ };

typedef struct {
    const real *matrix;
    int32_t rows, columns;
    const real *const *in;
    real *const *out;
    bool add;
} mixing;

#define INLINE __attribute__((always_inline)) static inline

/* `spans` spans from number `at` on, of each row. */
INLINE void mix_at(const mixing *m, int64_t at, const int spans)
{
    for (int32_t i = 0; i < m->rows; i++) {
        span sum[SPANS], *to = (span *)(m->out[i] + at);
        for (int s = 0; s < spans; s++) sum[s] = m->add ? to[s] : (span){0};
        for (int32_t j = 0; j < m->columns; j++) {
            const real factor = m->matrix[i * m->columns + j];
            if (factor == 0 || m->in[j] == NULL) continue;
            const span *from = (const span *)(m->in[j] + at);
            for (int s = 0; s < spans; s++) sum[s] += factor * from[s];
        }
        for (int s = 0; s < spans; s++) to[s] = sum[s];
    }
}

CAMA__CLONES static void mix_plain(const mixing *m, int64_t count)
{
    int64_t at = 0;
    for (; at + SPAN * SPANS <= count; at += SPAN * SPANS) mix_at(m, at, SPANS);
    for (; at + SPAN <= count; at += SPAN) mix_at(m, at, 1);
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(CAMA_NO_CLONES) && !defined(CAMA_DOUBLE)
#include <immintrin.h>

/* The same with multiply-add in one: half the instructions. (Contraction is off for all other code, whose results would
 * depend on the compiler.) */
__attribute__((target("avx512f"))) INLINE void mix_at_wide(const mixing *m, int64_t at, const int spans)
{
    for (int32_t i = 0; i < m->rows; i++) {
        __m512 sum[SPANS];
        float *to = m->out[i] + at;
        for (int s = 0; s < spans; s++) sum[s] = m->add ? _mm512_loadu_ps(to + s * SPAN) : _mm512_setzero_ps();
        for (int32_t j = 0; j < m->columns; j++) {
            const float factor = m->matrix[i * m->columns + j];
            if (factor == 0 || m->in[j] == NULL) continue;
            const float *from = m->in[j] + at;
            const __m512 factors = _mm512_set1_ps(factor);
            for (int s = 0; s < spans; s++) sum[s] = _mm512_fmadd_ps(factors, _mm512_loadu_ps(from + s * SPAN), sum[s]);
        }
        for (int s = 0; s < spans; s++) _mm512_storeu_ps(to + s * SPAN, sum[s]);
    }
}

__attribute__((target("avx512f"))) static void mix_wide(const mixing *m, int64_t count)
{
    int64_t at = 0;
    for (; at + SPAN * SPANS <= count; at += SPAN * SPANS) mix_at_wide(m, at, SPANS);
    for (; at + SPAN <= count; at += SPAN) mix_at_wide(m, at, 1);
}

static inline bool wide(void) { return __builtin_cpu_supports("avx512f"); }
#else
static inline bool wide(void) { return false; }
#define mix_wide mix_plain
#endif

void cama__winograd_mix(const real *matrix, int32_t rows, int32_t columns, const real *const *in, real *const *out,
                        int64_t count, bool add)
{
    const mixing m = {matrix, rows, columns, in, out, add};
    (wide() ? mix_wide : mix_plain)(&m, count); /* as many as whole spans hold */
    for (int64_t at = count - count % SPAN; at < count; at++)
        for (int32_t i = 0; i < rows; i++) {
            real sum = add ? out[i][at] : 0;
            for (int32_t j = 0; j < columns; j++) sum += in[j] == NULL ? 0 : matrix[i * columns + j] * in[j][at];
            out[i][at] = sum;
        }
}
