/* blur - two passes of a separable kernel, one along each axis; backward is the transposed pass and the kernel's
 * derivative. */
#include "blur.h"

#include <string.h>

#include "../base/elementary.h"

enum { TAPS = 2 * BLUR_RADIUS + 1 };

/* Weights of the taps in each lane, and their derivatives with respect to |width|. */
typedef struct {
    real weight[TAPS][CAMA__LANES], slope[TAPS][CAMA__LANES];
} taps;

/* One axis of an image: `count` places `step` numbers apart, on `lines` lines. */
typedef struct {
    int64_t count, step, lines, line_step, inner;
} axis;

static axis axis_y(cama__image m, int32_t nr) { return (axis){m.h, (int64_t)m.w * m.c * nr, 1, 0, (int64_t)m.w * m.c}; }
static axis axis_x(cama__image m, int32_t nr)
{
    return (axis){m.w, (int64_t)m.c * nr, m.h, (int64_t)m.w * m.c * nr, m.c};
}

bool cama__blur_is_nothing(int32_t nr, const real *width)
{
    for (int32_t l = 0; l < nr; l++)
        if (width[l] != 0) return false;
    return true;
}

static void set_taps(int32_t nr, const real *width, taps *t)
{
    for (int32_t l = 0; l < nr; l++) {
        const real s = width[l] < 0 ? -width[l] : width[l];
        real sum = 0, second = 0;
        for (int32_t k = 0; k < TAPS; k++) {
            const real away = (real)(k - BLUR_RADIUS), square = away * away;
            t->weight[k][l] = square == 0 ? 1 : s < (real).05 ? 0 : cama__exp(-square / (2 * s * s));
            sum += t->weight[k][l];
            second += square * t->weight[k][l];
        }
        for (int32_t k = 0; k < TAPS; k++) {
            const real away = (real)(k - BLUR_RADIUS), square = away * away;
            t->weight[k][l] /= sum;
            t->slope[k][l] = s < (real).05 ? 0 : t->weight[k][l] * (square - second / sum) / (s * s * s);
        }
    }
}

static inline int64_t clamp(int64_t i, int64_t count) { return i < 0 ? 0 : i >= count ? count - 1 : i; }

CAMA__CLONES static void add_weighted(int64_t inner, int32_t nr, const real *restrict weight, const real *restrict in,
                                      real *restrict out)
{
    for (int64_t f = 0; f < inner; f++)
        for (int32_t l = 0; l < nr; l++) out[f * nr + l] += weight[l] * in[f * nr + l];
}

CAMA__CLONES static void add_products(int64_t inner, int32_t nr, const real *restrict a, const real *restrict b,
                                      real *restrict sum)
{
    for (int64_t f = 0; f < inner; f++)
        for (int32_t l = 0; l < nr; l++) sum[l] += a[f * nr + l] * b[f * nr + l];
}

/* out = in blurred along an axis; or, backwards, its adjoint. out is overwritten. */
static void pass(const axis *a, int32_t nr, const taps *t, bool backward, int64_t size, const real *in, real *out)
{
    memset(out, 0, (size_t)size * sizeof *out);
    for (int64_t line = 0; line < a->lines; line++)
        for (int64_t i = 0; i < a->count; i++)
            for (int32_t k = 0; k < TAPS; k++) {
                const int64_t from = line * a->line_step + clamp(i + k - BLUR_RADIUS, a->count) * a->step;
                const int64_t to = line * a->line_step + i * a->step;
                add_weighted(a->inner, nr, t->weight[k], in + (backward ? to : from), out + (backward ? from : to));
            }
}

/* Gradient of the weights of one pass, and with it of the width. */
static void width_backward(const axis *a, int32_t nr, const taps *t, const real *in, const real *dout, real *dwidth)
{
    for (int32_t k = 0; k < TAPS; k++) {
        real dweight[CAMA__LANES] = {0};
        for (int64_t line = 0; line < a->lines; line++)
            for (int64_t i = 0; i < a->count; i++)
                add_products(a->inner, nr, in + line * a->line_step + clamp(i + k - BLUR_RADIUS, a->count) * a->step,
                             dout + line * a->line_step + i * a->step, dweight);
        for (int32_t l = 0; l < nr; l++) dwidth[l] += t->slope[k][l] * dweight[l];
    }
}

void cama__blur_block(cama__image image, int32_t nr, const real *width, const real *in, real *scratch, real *out)
{
    const int64_t size = cama__image_size(image) * nr;
    taps t;
    if (cama__blur_is_nothing(nr, width)) {
        if (out != in) memcpy(out, in, (size_t)size * sizeof *out);
        return;
    }
    const axis y = axis_y(image, nr), x = axis_x(image, nr);
    set_taps(nr, width, &t);
    pass(&y, nr, &t, false, size, in, scratch);
    pass(&x, nr, &t, false, size, scratch, out);
}

void cama__blur_backward_block(cama__image image, int32_t nr, const real *width, const real *in, const real *dout,
                               real *scratch, real *din, real *dwidth)
{
    const int64_t size = cama__image_size(image) * nr;
    real *half = scratch, *dhalf = scratch + size;
    taps t;
    if (cama__blur_is_nothing(nr, width)) {
        if (din != dout) memcpy(din, dout, (size_t)size * sizeof *din);
        return;
    }
    const axis y = axis_y(image, nr), x = axis_x(image, nr);
    set_taps(nr, width, &t);
    pass(&y, nr, &t, false, size, in, half);
    pass(&x, nr, &t, true, size, dout, dhalf);
    width_backward(&x, nr, &t, half, dout, dwidth);
    width_backward(&y, nr, &t, in, dhalf, dwidth);
    pass(&y, nr, &t, true, size, dhalf, din);
}

void cama__sharpen_block(cama__image image, int32_t nr, const real *width, int32_t rounds, real *scratch, real *x)
{
    const int64_t size = cama__image_size(image) * nr;
    real *z = scratch, *blurred = scratch + size, *rest = scratch + 2 * size, used[CAMA__LANES];
    for (int32_t l = 0; l < nr; l++) used[l] = (width[l] < 0 ? -width[l] : width[l]) < BLUR_LEAST ? 0 : width[l];
    if (rounds == 0 || cama__blur_is_nothing(nr, used)) return;
    memcpy(z, x, (size_t)size * sizeof *z);
    for (int32_t r = 0; r < rounds; r++) {
        cama__blur_block(image, nr, used, z, rest, blurred);
        for (int64_t i = 0; i < size; i++) {
            const real v = z[i] + (x[i] - blurred[i]);
            z[i] = v < 0 ? 0 : v > 1 ? 1 : v;
        }
    }
    memcpy(x, z, (size_t)size * sizeof *x);
}
