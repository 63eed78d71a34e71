/* winograd_transform - sums of long vectors, compiled once for each vector width; the widest that runs is taken. */
#include "winograd_transform.h"

#include <math.h>

#define INLINE __attribute__((always_inline)) static inline
/* Not under sanitizers: checks in all that is unrolled would take the compiler minutes. */
#ifdef __has_feature
#define CHECKED __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define CHECKED 1
#else
#define CHECKED 0
#endif
#if CHECKED
#define UNROLL
#elif defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 9")
#endif

enum { PIECE = 512 }; /* numbers of a vector that are taken at once */

static const real zeros[PIECE];

/* Numbers [low, high) of a phase from its points; start NULL: as they are. */
typedef struct {
    const real *from;
    int64_t step;
    int32_t low, high;
    const real *start;
    int64_t start_step;
    real least, *to;
    int64_t to_step, count;
} gathering;

/* ---- for every processor: 16 bytes at a time, and one number ---- */

typedef real narrow __attribute__((vector_size(16), aligned(sizeof(real)), may_alias));
typedef __typeof__((narrow){0} < (narrow){0}) narrow_mask;

static inline narrow larger(narrow a, narrow b)
{
    const narrow_mask first = a > b;
    return (narrow)(((narrow_mask)a & first) | ((narrow_mask)b & ~first));
}

#define VEC narrow
#define WIDTH (16 / (int)sizeof(real))
#define LOAD(p) (*(const narrow *)(p))
#define STORE(p, v) (*(narrow *)(p) = (v))
#define SET(x) ((real)(x) - (narrow){0})
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define MADD(a, b, c) ((a) * (b) + (c))
#define LARGER(a, b) larger(a, b)
#define NAME(name) name##_narrow
#define TARGET
#include "winograd_vector.inc"

#define VEC real
#define WIDTH 1
#define LOAD(p) (*(p))
#define STORE(p, v) (*(p) = (v))
#define SET(x) ((real)(x))
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define MADD(a, b, c) ((a) * (b) + (c))
#define LARGER(a, b) ((a) > (b) ? (a) : (b))
#define NAME(name) name##_by_1
#define TARGET
#include "winograd_vector.inc"

/* What is left of a vector goes number by number, with the same bits: they do not depend on where a number lies. */
typedef struct way {
    int32_t width;
    void (*spread)(const cama__polyphase *s, const real *const *from, real *to, int64_t step, int64_t count);
    void (*gather)(const cama__polyphase *s, const gathering *g);
    const struct way *rest;
} way;

static const way by_1 = {1, spread_by_1, gather_by_1, NULL};
static const way any = {16 / sizeof(real), spread_narrow, gather_narrow, &by_1};

/* ---- the same with multiply-add in one: half the instructions. (Contraction is off for all other code, whose results
 * would depend on the compiler.) ---- */

#if defined(__x86_64__) && defined(__GNUC__) && !defined(CAMA_NO_CLONES) && !defined(CAMA_DOUBLE)
#include <immintrin.h>

#define VEC __m256
#define WIDTH 8
#define LOAD(p) _mm256_loadu_ps(p)
#define STORE(p, v) _mm256_storeu_ps(p, v)
#define SET(x) _mm256_set1_ps(x)
#define ADD(a, b) _mm256_add_ps(a, b)
#define SUB(a, b) _mm256_sub_ps(a, b)
#define MADD(a, b, c) _mm256_fmadd_ps(a, b, c)
#define LARGER(a, b) _mm256_max_ps(a, b)
#define NAME(name) name##_by_8
#define TARGET __attribute__((target("avx2,fma")))
#include "winograd_vector.inc"

#define VEC __m512
#define WIDTH 16
#define LOAD(p) _mm512_loadu_ps(p)
#define STORE(p, v) _mm512_storeu_ps(p, v)
#define SET(x) _mm512_set1_ps(x)
#define ADD(a, b) _mm512_add_ps(a, b)
#define SUB(a, b) _mm512_sub_ps(a, b)
#define MADD(a, b, c) _mm512_fmadd_ps(a, b, c)
#define LARGER(a, b) _mm512_max_ps(a, b)
#define NAME(name) name##_by_16
#define TARGET __attribute__((target("avx512f")))
#include "winograd_vector.inc"

#define VEC real
#define WIDTH 1
#define LOAD(p) (*(p))
#define STORE(p, v) (*(p) = (v))
#define SET(x) (x)
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define MADD(a, b, c) __builtin_fmaf(a, b, c)
#define LARGER(a, b) ((a) > (b) ? (a) : (b))
#define NAME(name) name##_fused
#define TARGET __attribute__((target("avx2,fma")))
#include "winograd_vector.inc"

static const way *fastest(void)
{
    static const way fused = {1, spread_fused, gather_fused, NULL};
    static const way by_8 = {8, spread_by_8, gather_by_8, &fused};
    static const way by_16 = {16, spread_by_16, gather_by_16, &fused};
    if (__builtin_cpu_supports("avx512f")) return &by_16;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &by_8 : &any;
}
#else
static const way *fastest(void) { return &any; }
#endif

/* ---- an axis ---- */

/* Of the numbers [low, high) of an axis those of a phase. */
static void find_range(const cama__polyphase *s, int32_t *low, int32_t *high)
{
    *low = *low <= s->first ? 0 : (*low - s->first + s->step - 1) / s->step;
    *high = *high <= s->first ? 0 : (*high - s->first + s->step - 1) / s->step;
    if (*high > s->size) *high = s->size;
}

bool cama__winograd_transform_uses(const cama__winograd_transform *t, int32_t point, int32_t low, int32_t high)
{
    int32_t i = t->phases - 1;
    while (point < t->phase[i].point) i--;
    const cama__polyphase *s = &t->phase[i];
    const int32_t row = point - s->point;
    bool uses = false;
    find_range(s, &low, &high);
    for (int32_t k = low; k < high; k++) uses = uses || (s->identity ? k == row : s->matrix[row * POINTS_MAX + k] != 0);
    return uses;
}

/* The numbers [first, first + count) of all vectors. */
static void spread_piece(const cama__polyphase *s, const cama__winograd_vectors *v, int32_t low, int32_t high,
                         int64_t first, int64_t count)
{
    const way *fast = fastest();
    const int64_t rest = count % fast->width;
    const real *number[POINTS_MAX];
    for (int32_t j = 0; j < s->points; j++)
        number[j] = j >= low && j < high ? v->from + first + (s->first + j * s->step) * v->step : zeros;
    real *to = v->to + first + s->point * v->to_step;
    fast->spread(s, number, to, v->to_step, count - rest);
    for (int32_t j = 0; j < s->points; j++) number[j] += count - rest;
    if (rest > 0) fast->rest->spread(s, number, to + count - rest, v->to_step, rest);
}

void cama__winograd_input_transform(const cama__winograd_transform *t, int32_t low, int32_t high, bool skip_identity,
                                    const cama__winograd_vectors *v)
{
    for (int32_t i = 0; i < t->phases; i++) {
        const cama__polyphase *s = &t->phase[i];
        int32_t first = low, last = high;
        find_range(s, &first, &last);
        for (int64_t at = 0; at < v->count && !(s->identity && skip_identity); at += PIECE)
            spread_piece(s, v, first, last, at, v->count - at < PIECE ? v->count - at : PIECE);
    }
}

static void gather_piece(const cama__polyphase *s, gathering g)
{
    const way *fast = fastest();
    const int64_t rest = g.count % fast->width;
    g.count -= rest;
    fast->gather(s, &g);
    if (rest == 0) return;
    g.from += g.count, g.to += g.count, g.start += g.start == NULL ? 0 : g.count, g.count = rest;
    fast->rest->gather(s, &g);
}

void cama__winograd_output_transform(const cama__winograd_transform *t, int32_t low, int32_t high, bool skip_identity,
                                     const cama__gather_finish *finish, const cama__winograd_vectors *v)
{
    const bool shares = cama__winograd_transform_shares(t);
    for (int32_t i = 0; i < t->phases; i++) {
        const cama__polyphase *s = &t->phase[i];
        cama__gather_finish f = finish == NULL ? (cama__gather_finish){.least = -INFINITY} : *finish;
        if (shares && i > 0) f.start = v->to, f.step = v->to_step;
        if (shares && i < t->phases - 1) f.least = -INFINITY;
        gathering g = {
            .low = low, .high = high, .step = v->step, .to_step = s->step * v->to_step, .least = f.least};
        find_range(s, &g.low, &g.high);
        g.start_step = s->step * f.step;
        for (int64_t at = 0; at < v->count && !(s->identity && skip_identity); at += PIECE) {
            g.from = v->from + s->point * v->step + at, g.to = v->to + s->first * v->to_step + at;
            g.start = f.start != NULL ? f.start + s->first * f.step + at : isinf(f.least) ? NULL : zeros;
            g.count = v->count - at < PIECE ? v->count - at : PIECE;
            gather_piece(s, g);
        }
    }
}
