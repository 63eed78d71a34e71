/* warp - four corners and their weights are found once for each pixel; channels are sampled with them, and scattered
 * to by the adjoint. */
#include "warp.h"

#include "../base/elementary.h"

/* The four pixels around the place that one target pixel is read at, in each lane: number 0 of pixel (y0, x0) is at[0],
 * then (y0, x1), (y1, x0), (y1, x1). */
typedef struct {
    int32_t at[4][CAMA__LANES];
    real inside[4][CAMA__LANES];                     /* 0 where the pixel lies beyond an edge of zeros */
    real fy[CAMA__LANES], fx[CAMA__LANES];           /* shares of y1 and x1 */
    real moves_y[CAMA__LANES], moves_x[CAMA__LANES]; /* 0 where the border's value holds still */
} corners;

static inline int32_t within(int32_t v, int32_t most) { return v < 0 ? 0 : v > most ? most : v; }

/* A place along one axis: cut to where it cannot matter any more, then its pixel below and the share of the next. Of a
 * place that is not a number the share is none either. */
static inline int32_t cut(real place, int32_t most, bool border, real *share, real *moves)
{
    const real low = border ? 0 : -2, high = (real)most + (border ? 0 : 1);
    const bool beyond = place < low || place > high;
    const real kept = place >= low ? place <= high ? place : high : low;
    int32_t below = (int32_t)(kept + 4) - 4; /* rounds down: kept + 4 is positive */
    below = border && below == most && most > 0 ? most - 1 : below;
    *share = (kept - (real)below) + (place - place);
    *moves = beyond ? 0 : 1;
    return below;
}

static inline void find(cama__image m, int32_t nr, const cama__affine *a, bool border, int32_t i, int32_t j, corners *k)
{
    const real di = (real)i - (real)(m.h - 1) / 2, dj = (real)j - (real)(m.w - 1) / 2;
    for (int32_t l = 0; l < nr; l++) {
        const real y = a->y0[l] + (a->yy[l] * di + a->yx[l] * dj), x = a->x0[l] + (a->xy[l] * di + a->xx[l] * dj);
        const int32_t y0 = cut(y, m.h - 1, border, &k->fy[l], &k->moves_y[l]);
        const int32_t x0 = cut(x, m.w - 1, border, &k->fx[l], &k->moves_x[l]);
        const int32_t ya = within(y0, m.h - 1), yb = within(y0 + 1, m.h - 1), xa = within(x0, m.w - 1),
                      xb = within(x0 + 1, m.w - 1);
        const bool ya_in = ya == y0, yb_in = yb == y0 + 1, xa_in = xa == x0, xb_in = xb == x0 + 1;
        k->at[0][l] = (ya * m.w + xa) * m.c * nr + l;
        k->at[1][l] = (ya * m.w + xb) * m.c * nr + l;
        k->at[2][l] = (yb * m.w + xa) * m.c * nr + l;
        k->at[3][l] = (yb * m.w + xb) * m.c * nr + l;
        k->inside[0][l] = border || (ya_in && xa_in) ? 1 : 0;
        k->inside[1][l] = border || (ya_in && xb_in) ? 1 : 0;
        k->inside[2][l] = border || (yb_in && xa_in) ? 1 : 0;
        k->inside[3][l] = border || (yb_in && xb_in) ? 1 : 0;
    }
}

CAMA__CLONES static void sample(cama__image m, int32_t nr, const cama__affine *map, bool border,
                                const real *restrict in, real *restrict out)
{
    corners k;
    for (int32_t i = 0; i < m.h; i++)
        for (int32_t j = 0; j < m.w; j++) {
            find(m, nr, map, border, i, j, &k);
            for (int32_t c = 0; c < m.c; c++, out += nr)
                for (int32_t l = 0; l < nr; l++) {
                    const int32_t o = c * nr;
                    const real a = in[k.at[0][l] + o] * k.inside[0][l], b = in[k.at[1][l] + o] * k.inside[1][l],
                               d = in[k.at[2][l] + o] * k.inside[2][l], e = in[k.at[3][l] + o] * k.inside[3][l];
                    const real top = a + k.fx[l] * (b - a), bottom = d + k.fx[l] * (e - d);
                    out[l] = top + k.fy[l] * (bottom - top);
                }
        }
}

void cama__warp_block(cama__image image, int32_t nr, const cama__affine *map, enum cama__warp_edge edge, const real *in,
                      real *out)
{
    sample(image, nr, map, edge == WARP_BORDER, in, out);
}

/* Slopes of the sampled value along y and x, times its gradient, to the map. */
static inline void to_map(cama__image m, int32_t nr, int32_t i, int32_t j, const real *dy, const real *dx,
                          cama__affine *d)
{
    const real di = (real)i - (real)(m.h - 1) / 2, dj = (real)j - (real)(m.w - 1) / 2;
    for (int32_t l = 0; l < nr; l++) {
        d->y0[l] += dy[l];
        d->x0[l] += dx[l];
        d->yy[l] += di * dy[l];
        d->yx[l] += dj * dy[l];
        d->xy[l] += di * dx[l];
        d->xx[l] += dj * dx[l];
    }
}

/* One pixel's corners: adds slopes of its channels to dy and dx, and its shares to din. */
static inline void pixel_backward(const corners *k, int32_t nr, int32_t c, const real *in, const real *dout, real *din,
                                  real *dy, real *dx)
{
    for (int32_t l = 0; l < nr; l++) {
        const int32_t o = c * nr;
        const real g = dout[o + l], fy = k->fy[l], fx = k->fx[l];
        const real a = in[k->at[0][l] + o] * k->inside[0][l], b = in[k->at[1][l] + o] * k->inside[1][l],
                   d = in[k->at[2][l] + o] * k->inside[2][l], e = in[k->at[3][l] + o] * k->inside[3][l];
        const real top = b - a, bottom = e - d;
        dy[l] += g * k->moves_y[l] * ((d + fx * bottom) - (a + fx * top));
        dx[l] += g * k->moves_x[l] * (top + fy * (bottom - top));
        if (din == NULL) continue;
        din[k->at[0][l] + o] += g * (1 - fy) * (1 - fx) * k->inside[0][l];
        din[k->at[1][l] + o] += g * (1 - fy) * fx * k->inside[1][l];
        din[k->at[2][l] + o] += g * fy * (1 - fx) * k->inside[2][l];
        din[k->at[3][l] + o] += g * fy * fx * k->inside[3][l];
    }
}

void cama__warp_backward_block(cama__image image, int32_t nr, const cama__affine *map, enum cama__warp_edge edge,
                               const real *in, const real *dout, real *din, cama__affine *dmap)
{
    corners k;
    for (int32_t i = 0; i < image.h; i++)
        for (int32_t j = 0; j < image.w; j++) {
            real dy[CAMA__LANES] = {0}, dx[CAMA__LANES] = {0};
            find(image, nr, map, edge == WARP_BORDER, i, j, &k);
            for (int32_t c = 0; c < image.c; c++)
                pixel_backward(&k, nr, c, in, dout + ((int64_t)i * image.w + j) * image.c * nr, din, dy, dx);
            if (dmap != NULL) to_map(image, nr, i, j, dy, dx, dmap);
        }
}
