/* wgrad_pooled - the gradient of the weights behind a max pool, for maps by im2col.
 *
 * Of each square of pixels one has a gradient, so three in four products of a 2 x 2 pool would be with zero. Here each
 * number of the gradient behind the pool meets the one patch that it belongs to: as many operations in all as there are
 * such numbers times the length of a patch, and nothing is put back to its place or packed before it.
 *
 * The grid is transposed so that the numbers of one row of the batch lie side by side, in columns that overlapping
 * patches share (im2col.h): a patch is then a run of memory. A channel's sums stay in registers while the rows of the
 * batch pass. */
#include <string.h>

#include "../base/simd.h"
#include "conv_algorithms.h"
#include "conv_geometry.h"
#include "im2col.h"
#include "wgrad.h"

enum {
    STEP = 16, /* sums are held in multiples of it; what they hold past the end of a patch is dropped */
    HELD_MOST = 2 * STEP
};

/* One square of pixels for the rows of a block. */
typedef struct {
    const real *lanes; /* row 0's part of the transposed grid, from the square's first patch on */
    int64_t lane_step, nr;
    const int32_t *offset; /* from there to the patch of each pixel of the square */
    const real *d;
    const uint8_t *argmax;
} square;

/* Instantiated once for each vector width (`size` bytes).
 * hold_NAME: adds d times the patch of each row to the sums of one channel, `count` numbers of it, a constant, from
 * `first` on. add_NAME: for all channels, the whole patch. */
#define DEFINE_ADD(name, size, target)                                                                                 \
    typedef real name __attribute__((vector_size(size), aligned(sizeof(real)), may_alias));                            \
    target __attribute__((always_inline)) static inline void hold_##name(const square *s, int64_t first, int count,    \
                                                                         real *sums)                                   \
    {                                                                                                                  \
        enum { LANES = size / sizeof(real) };                                                                          \
        name held[HELD_MOST / LANES];                                                                                  \
        const real *lane = s->lanes + first;                                                                           \
        for (int i = 0; i < count / LANES; i++) held[i] = *(const name *)(sums + first + i * LANES);                   \
        for (int64_t row = 0; row < s->nr; row++, lane += s->lane_step) {                                              \
            const real d = s->d[row], *patch = lane + s->offset[s->argmax[row]];                                       \
            for (int i = 0; i < count / LANES; i++) held[i] += d * *(const name *)(patch + i * LANES);                 \
        }                                                                                                              \
        for (int i = 0; i < count / LANES; i++) *(name *)(sums + first + i * LANES) = held[i];                         \
    }                                                                                                                  \
    target static void add_##name(square s, int64_t channels, int64_t length, real *sums)                              \
    {                                                                                                                  \
        for (int64_t c = 0; c < channels; c++, s.d += s.nr, s.argmax += s.nr, sums += length) {                        \
            int64_t first = 0;                                                                                         \
            for (; first + HELD_MOST <= length; first += HELD_MOST) hold_##name(&s, first, HELD_MOST, sums);           \
            if (first < length) hold_##name(&s, first, STEP, sums);                                                    \
        }                                                                                                              \
    }

DEFINE_ADD(narrow, 16, )

typedef void add_square(square s, int64_t channels, int64_t length, real *sums);

#ifdef CAMA__X86
DEFINE_ADD(middle, 32, __attribute__((target("avx2"))))
DEFINE_ADD(wide, 64, __attribute__((target("avx512f"))))

static add_square *choose_add(void)
{
    return __builtin_cpu_supports("avx512f") ? add_wide : __builtin_cpu_supports("avx2") ? add_middle : add_narrow;
}
#else
static add_square *choose_add(void) { return add_narrow; }
#endif

typedef struct {
    int64_t column, length;            /* numbers of one column of patches; of the sums of a channel */
    int64_t columns, lane_step;        /* numbers of a line of patches for one row; from one row's to the next */
    int64_t line_step, sums;           /* from a line of transposed patches to the next; sums of all channels */
    int32_t pooled_h, pooled_w, lines; /* lines: of patches, that a square meets */
} sizes;

static sizes sizes_of(const cama__conv *m, int32_t window)
{
    const int64_t nr = cama__kernel()->nr;
    sizes s = {.column = cama__im2col_column(m),
               .columns = cama__im2col_columns_size(m),
               .lines = cama__least_32(window, m->h.small)};
    s.length = cama__round_up(m->w.taps * s.column, STEP);
    s.lane_step = cama__round_up(s.columns, STEP);
    s.line_step = nr * s.lane_step + STEP; /* the last patch is read past its end */
    s.sums = m->small_channels * s.length;
    s.pooled_h = (m->h.small + window - 1) / window;
    s.pooled_w = (m->w.small + window - 1) / window;
    return s;
}

/* Line q of patches, each row's numbers side by side. */
static void transpose_line(const cama__conv *m, const sizes *s, const real *big, int32_t q, real *line, real *columns)
{
    const int64_t nr = cama__kernel()->nr;
    cama__im2col_columns(m, big, q, columns);
    cama__layout_transpose(columns, nr, s->columns, nr, line, s->lane_step);
    for (int64_t lane = 0; lane < nr; lane++)
        memset(line + lane * s->lane_step + s->columns, 0, (size_t)(s->lane_step - s->columns) * sizeof *line);
    memset(line + nr * s->lane_step, 0, STEP * sizeof *line);
}

/* The sums (channels, taps w, taps h, big channels) as packed weights, whose taps are in the order h, w. */
static void store_sums(const cama__conv *m, const sizes *s, const real *sums, real *dweights)
{
    const int32_t mr = cama__kernel()->mr;
    memset(dweights, 0, (size_t)cama__conv_weights(m, false) * sizeof *dweights);
    for (int32_t c = 0; c < m->small_channels; c += mr)
        for (int32_t th = 0; th < m->h.taps; th++)
            for (int32_t tw = 0; tw < m->w.taps; tw++)
                for (int32_t b = 0; b < m->big_channels; b++) {
                    const real *from = sums + c * s->length + tw * s->column + th * m->big_channels + b;
                    real *to = dweights + cama__conv_weight_at(m, false, th, tw, b, c);
                    for (int32_t i = 0; i < cama__least_32(mr, m->small_channels - c); i++) to[i] = from[i * s->length];
                }
}

static void gradient_of_block(const cama__conv_weight_gradient *g, int64_t block, real *gradient, real *scratch)
{
    const cama__conv *m = g->map;
    const sizes s = sizes_of(m, g->window);
    const int64_t nr = cama__kernel()->nr, pixel = m->small_channels * nr, step = m->w.stride * s.column;
    const real *big = g->in + block * cama__big_size(m) * nr, *d = g->dout + block * s.pooled_h * s.pooled_w * pixel;
    const uint8_t *argmax = g->argmax + block * s.pooled_h * s.pooled_w * pixel;
    real *sums = scratch, *lines = sums + s.sums, *columns = lines + s.lines * s.line_step;
    add_square *add = choose_add();
    int32_t offset[WINDOW_MAX * WINDOW_MAX];
    for (int32_t i = 0; i < g->window * g->window; i++)
        offset[i] = (int32_t)(i / g->window * s.line_step + i % g->window * step);
    memset(sums, 0, (size_t)s.sums * sizeof *sums);
    for (int32_t y = 0; y < s.pooled_h; y++) {
        for (int32_t q = y * g->window; q < cama__least_32((y + 1) * g->window, m->h.small); q++)
            transpose_line(m, &s, big, q, lines + (q - y * g->window) * s.line_step, columns);
        for (int32_t x = 0; x < s.pooled_w; x++, d += pixel, argmax += pixel)
            add((square){lines + x * g->window * step, s.lane_step, nr, offset, d, argmax}, m->small_channels, s.length,
                sums);
    }
    store_sums(m, &s, sums, gradient);
}

static void backward_weights(const cama__exec *exec, const cama__conv_weight_gradient *g)
{
    const sizes s = sizes_of(g->map, g->window);
    cama__wgrad_by_blocks(exec, g,
                          s.sums + s.lines * s.line_step + cama__round_up(s.columns * cama__kernel()->nr, STEP),
                          gradient_of_block);
}

static bool can(const cama__conv_case *c)
{
    return c->pass == CONV_BACKWARD_WEIGHTS && c->map->im2col && c->window > 1;
}

const cama__conv_algorithm cama__conv_im2col_pooled = {"im2col_pooled", can, NULL, NULL, backward_weights};
