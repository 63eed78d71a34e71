/* tone - one elementwise function with slope and offset serves tone, its inverse and both adjoints. */
#include "tone.h"

#include "../base/elementary.h"

static const real half = (real).5;

/* out = low + (1 - 2 low) clip(1/2 + factor (in - 1/2) + offset), in each lane; without a tone `in` keeps its bits. */
CAMA__CLONES static void forward(int64_t count, int32_t nr, const real *restrict factor, const real *restrict offset,
                                 real low, real *restrict p)
{
    for (int64_t f = 0; f < count; f++)
        for (int32_t l = 0; l < nr; l++) {
            const real in = p[f * nr + l], toned = half + factor[l] * (in - half) + offset[l];
            real v = factor[l] == 1 && offset[l] == 0 ? in : toned;
            v = v < 0 ? 0 : v;
            v = v > 1 ? 1 : v;
            p[f * nr + l] = low + (1 - 2 * low) * v;
        }
}

/* Adjoint: d becomes that of the input, sums over the features go to dfactor and doffset. */
CAMA__CLONES static void backward(int64_t count, int32_t nr, const real *restrict factor, const real *restrict offset,
                                  real low, const real *restrict p, real *restrict d, real *restrict dfactor,
                                  real *restrict doffset)
{
    for (int64_t f = 0; f < count; f++)
        for (int32_t l = 0; l < nr; l++) {
            const real away = p[f * nr + l] - half, v = half + factor[l] * away + offset[l];
            const real g = v < 0 || v > 1 ? 0 : (1 - 2 * low) * d[f * nr + l];
            dfactor[l] += away * g;
            doffset[l] += g;
            d[f * nr + l] = factor[l] * g;
        }
}

void cama__tone_block(const cama__view *view, int64_t count, real floor, real *p)
{
    forward(count, view->nr, view->contrast, view->number[VIEW_BRIGHTNESS], floor, p);
}

void cama__tone_backward_block(const cama__view *view, int64_t count, real floor, const real *p, real *d,
                               cama__view_gradient *gradient)
{
    backward(count, view->nr, view->contrast, view->number[VIEW_BRIGHTNESS], floor, p, d, gradient->contrast,
             gradient->brightness);
}

/* The inverse has factor 1 / contrast and offset -brightness / contrast. */
static void inverse(const cama__view *view, real *factor, real *offset)
{
    for (int32_t l = 0; l < view->nr; l++) {
        factor[l] = 1 / view->contrast[l];
        offset[l] = -view->number[VIEW_BRIGHTNESS][l] * factor[l];
    }
}

void cama__untone_block(const cama__view *view, int64_t count, real *x)
{
    real factor[CAMA__LANES] = {0}, offset[CAMA__LANES] = {0};
    inverse(view, factor, offset);
    forward(count, view->nr, factor, offset, 0, x);
}

void cama__untone_backward_block(const cama__view *view, int64_t count, const real *x, real *d,
                                 cama__view_gradient *gradient)
{
    real factor[CAMA__LANES] = {0}, offset[CAMA__LANES] = {0}, dfactor[CAMA__LANES] = {0}, doffset[CAMA__LANES] = {0};
    inverse(view, factor, offset);
    backward(count, view->nr, factor, offset, 0, x, d, dfactor, doffset);
    for (int32_t l = 0; l < view->nr; l++) {
        const real total = dfactor[l] - view->number[VIEW_BRIGHTNESS][l] * doffset[l];
        gradient->contrast[l] -= factor[l] * factor[l] * total;
        gradient->brightness[l] -= factor[l] * doffset[l];
    }
}
