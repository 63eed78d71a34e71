/* wgrad_pooled - see wgrad_pooled.h.
 *
 * The grid is turned so that the numbers of one row of the batch lie side by side, in columns that overlapping patches
 * share (im2col.h): a patch is then a run of memory. A channel's sums stay in registers while the rows of the
 * batch pass. */
#include "wgrad_pooled.h"

#include <string.h>

#include "conv_axis.h"
#include "im2col.h"

enum {
    WINDOW_MAX = 15, /* nn/maxpool.h */
    STEP = 16,       /* sums are held in multiples of it; what they hold past the end of a patch is dropped */
    HELD_MOST = 2 * STEP
};

/* One square of pixels for the rows of a block. */
typedef struct {
    const real *lanes; /* row 0's part of the turned grid, from the square's first patch on */
    int64_t lane_step, nr;
    const int32_t *offset; /* from there to the patch of each place in the square */
    const real *d;
    const uint8_t *place;
} square;

/* One definition for each width of the processor's registers, `size` bytes, as code for one cannot be had from another.
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
            const real d = s->d[row], *patch = lane + s->offset[s->place[row]];                                        \
            for (int i = 0; i < count / LANES; i++) held[i] += d * *(const name *)(patch + i * LANES);                 \
        }                                                                                                              \
        for (int i = 0; i < count / LANES; i++) *(name *)(sums + first + i * LANES) = held[i];                         \
    }                                                                                                                  \
    target static void add_##name(square s, int64_t channels, int64_t length, real *sums)                              \
    {                                                                                                                  \
        for (int64_t c = 0; c < channels; c++, s.d += s.nr, s.place += s.nr, sums += length) {                         \
            int64_t first = 0;                                                                                         \
            for (; first + HELD_MOST <= length; first += HELD_MOST) hold_##name(&s, first, HELD_MOST, sums);           \
            if (first < length) hold_##name(&s, first, STEP, sums);                                                    \
        }                                                                                                              \
    }

DEFINE_ADD(narrow, 16, )

typedef void add_square(square s, int64_t channels, int64_t length, real *sums);

#if defined(__x86_64__) && defined(__GNUC__) && !defined(CAMA_NO_CLONES)
DEFINE_ADD(middle, 32, __attribute__((target("avx2"))))
DEFINE_ADD(wide, 64, __attribute__((target("avx512f"))))

static add_square *choose_add(void)
{
    return __builtin_cpu_supports("avx512f") ? add_wide : __builtin_cpu_supports("avx2") ? add_middle : add_narrow;
}
#else
static add_square *choose_add(void) { return add_narrow; }
#endif

static inline int64_t up_to(int64_t step, int64_t n) { return (n + step - 1) / step * step; }

typedef struct {
    int64_t column, length;     /* numbers of one column of patches; of the sums of a channel */
    int64_t columns, lane_step; /* numbers of a line of patches for one row; from one row's to the next */
    int64_t line_step, sums;    /* from a line of turned patches to the next; sums of all channels */
    int32_t pooled_h, pooled_w, window;
} sizes;

static sizes sizes_of(const cama__conv *m, int32_t window)
{
    const int64_t nr = cama__kernel()->nr;
    sizes s = {.column = cama__im2col_column(m), .columns = cama__im2col_columns_size(m), .window = window};
    s.length = up_to(STEP, m->w.taps * s.column);
    s.lane_step = up_to(STEP, s.columns);
    s.line_step = nr * s.lane_step + STEP; /* the last patch is read past its end */
    s.sums = m->small_channels * s.length;
    s.pooled_h = (m->h.small + window - 1) / window;
    s.pooled_w = (m->w.small + window - 1) / window;
    return s;
}

int64_t cama__wgrad_pooled_work(const cama__conv *map)
{
    const sizes s = sizes_of(map, 1);
    const int32_t lines = map->h.small < WINDOW_MAX ? map->h.small : WINDOW_MAX;
    return s.sums + lines * s.line_step + up_to(STEP, s.columns * cama__kernel()->nr);
}

/* Line q of patches, each row's numbers side by side. */
static void turn_line(const cama__conv *m, const sizes *s, const real *big, int32_t q, real *line, real *columns)
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
                    for (int32_t i = 0; i < least_32(mr, m->small_channels - c); i++) to[i] = from[i * s->length];
                }
}

void cama__wgrad_pooled_block(const cama__conv *map, int32_t window, const real *big, const real *d,
                              const uint8_t *place, real *dweights, real *work)
{
    const sizes s = sizes_of(map, window);
    const int64_t nr = cama__kernel()->nr, pixel = map->small_channels * nr, step = map->w.stride * s.column;
    real *sums = work, *lines = sums + s.sums, *columns = lines + least_32(window, map->h.small) * s.line_step;
    add_square *add = choose_add();
    int32_t offset[WINDOW_MAX * WINDOW_MAX];
    for (int32_t i = 0; i < window * window; i++) offset[i] = (int32_t)(i / window * s.line_step + i % window * step);
    memset(sums, 0, (size_t)s.sums * sizeof *sums);
    for (int32_t y = 0; y < s.pooled_h; y++) {
        for (int32_t q = y * window; q < least_32((y + 1) * window, map->h.small); q++)
            turn_line(map, &s, big, q, lines + (q - y * window) * s.line_step, columns);
        for (int32_t x = 0; x < s.pooled_w; x++, d += pixel, place += pixel)
            add((square){lines + x * window * step, s.lane_step, nr, offset, d, place}, map->small_channels, s.length,
                sums);
    }
    store_sums(map, &s, sums, dweights);
}
