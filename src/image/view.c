/* view - the table of a view's numbers, the affine maps that they make and their adjoint, and maps composed. */
#include "view.h"

#include <string.h>

#include "../base/elementary.h"

static const real pi = (real)3.14159265358979323846;

const cama__view_row cama__view_rows[VIEW_COUNT] = {
    [VIEW_Y] = {"y", "pixels", (real).5, 2},
    [VIEW_X] = {"x", "pixels", (real).5, 2},
    [VIEW_ROTATION] = {"rotation", "degrees", (real).5, 4},
    [VIEW_ZOOM_Y] = {"zoom_y", "factor", (real).25, (real)1.5},
    [VIEW_ZOOM_X] = {"zoom_x", "factor", (real).25, (real)1.5},
    [VIEW_SHEAR] = {"shear", "pixels per pixel", (real).25, (real)1.5},
    [VIEW_CONTRAST] = {"contrast", "factor", (real).6, (real)2.5},
    [VIEW_BRIGHTNESS] = {"brightness", "share of the range", (real).3, (real)1.5},
    [VIEW_BLUR] = {"blur", "pixels", 1, (real)2.5},
    [VIEW_CONTAMINATION] = {"contamination", "share of the pixels", (real).35, (real)1.5},
};

/* Half the longer side: the unit of positions, in pixels. */
static real unit_of(cama__image image) { return (real)(image.h > image.w ? image.h : image.w) / 2; }

static real size_of(real v) { return v < 0 ? -v : v; }

/* sine and cosine of an angle in radians. */
static void turn(real angle, real *sine, real *cosine)
{
    const real u = angle / (2 * pi);
    cama__sincos_2pi(u - (real)floor((double)u), sine, cosine);
}

/* One lane's A = R S and its inverse S^-1 R^T. */
typedef struct {
    real sine, cosine, zoom_y, zoom_x, shear; /* zooms as factors */
} linear;

static linear linear_of(const cama__view *v, int32_t lane)
{
    linear l = {.zoom_y = cama__exp(v->number[VIEW_ZOOM_Y][lane]),
                .zoom_x = cama__exp(v->number[VIEW_ZOOM_X][lane]),
                .shear = v->number[VIEW_SHEAR][lane]};
    turn(v->number[VIEW_ROTATION][lane], &l.sine, &l.cosine);
    return l;
}

static void set_maps(cama__view *v, int32_t lane)
{
    const linear l = linear_of(v, lane);
    const real unit = unit_of(v->image), ci = (real)(v->image.h - 1) / 2, cj = (real)(v->image.w - 1) / 2;
    const real y = v->number[VIEW_Y][lane] * unit, x = v->number[VIEW_X][lane] * unit;
    cama__affine *a = &v->seen_at, *b = &v->source_at;
    a->yy[lane] = l.cosine * l.zoom_y;
    a->yx[lane] = l.cosine * l.shear - l.sine * l.zoom_x;
    a->xy[lane] = l.sine * l.zoom_y;
    a->xx[lane] = l.sine * l.shear + l.cosine * l.zoom_x;
    a->y0[lane] = ci + y;
    a->x0[lane] = cj + x;
    const real s00 = 1 / l.zoom_y, s11 = 1 / l.zoom_x, s01 = -l.shear * s00 * s11;
    b->yy[lane] = s00 * l.cosine - s01 * l.sine;
    b->yx[lane] = s00 * l.sine + s01 * l.cosine;
    b->xy[lane] = -s11 * l.sine;
    b->xx[lane] = s11 * l.cosine;
    b->y0[lane] = ci - (b->yy[lane] * y + b->yx[lane] * x);
    b->x0[lane] = cj - (b->xy[lane] * y + b->xx[lane] * x);
}

void cama__view_take(cama__image image, const real *numbers, const int32_t *index, bool one, int64_t rows,
                     int64_t block, cama__view *view)
{
    const int32_t nr = (int32_t)cama__kernel()->nr;
    memset(view, 0, sizeof *view);
    view->image = image;
    view->nr = nr;
    for (int32_t lane = 0; lane < nr; lane++) {
        const int64_t row = block * nr + lane, at = one ? 0 : index != NULL && row < rows ? index[row] : row;
        for (int32_t k = 0; row < rows && k < VIEW_COUNT; k++) {
            const real v = numbers[cama__at(at, k, VIEW_COUNT)], bound = cama__view_rows[k].bound;
            view->number[k][lane] = v > bound ? bound : v < -bound ? -bound : v;
        }
        const real amount = view->number[VIEW_CONTAMINATION][lane];
        view->contrast[lane] = cama__exp(view->number[VIEW_CONTRAST][lane]);
        view->share[lane] = 1 - cama__exp(-amount * amount);
        set_maps(view, lane);
    }
}

/* To rotation, zooms, shear and position from seen_at: A = R S, offset t. */
static void from_seen(const cama__view *v, const cama__affine *g, int32_t lane, real *d)
{
    const linear l = linear_of(v, lane);
    const real unit = unit_of(v->image);
    const real ds00 = l.cosine * g->yy[lane] + l.sine * g->xy[lane],
               ds01 = l.cosine * g->yx[lane] + l.sine * g->xx[lane],
               ds11 = -l.sine * g->yx[lane] + l.cosine * g->xx[lane];
    d[VIEW_Y] += unit * g->y0[lane];
    d[VIEW_X] += unit * g->x0[lane];
    d[VIEW_ZOOM_Y] += l.zoom_y * ds00;
    d[VIEW_ZOOM_X] += l.zoom_x * ds11;
    d[VIEW_SHEAR] += ds01;
    d[VIEW_ROTATION] += -v->seen_at.xy[lane] * g->yy[lane] - v->seen_at.xx[lane] * g->yx[lane] +
                        v->seen_at.yy[lane] * g->xy[lane] + v->seen_at.yx[lane] * g->xx[lane];
}

/* The same from source_at: B = A^-1 = S^-1 R^T, offset -B t. */
static void from_source(const cama__view *v, const cama__affine *g, int32_t lane, real *d)
{
    const linear l = linear_of(v, lane);
    const cama__affine *b = &v->source_at;
    const real unit = unit_of(v->image);
    const real y = v->number[VIEW_Y][lane] * unit, x = v->number[VIEW_X][lane] * unit;
    const real yy = g->yy[lane] - g->y0[lane] * y, yx = g->yx[lane] - g->y0[lane] * x,
               xy = g->xy[lane] - g->x0[lane] * y, xx = g->xx[lane] - g->x0[lane] * x;
    const real s00 = 1 / l.zoom_y, s11 = 1 / l.zoom_x, s01 = -l.shear * s00 * s11;
    const real ds00 = yy * l.cosine + yx * l.sine, ds01 = -yy * l.sine + yx * l.cosine,
               ds11 = -xy * l.sine + xx * l.cosine;
    d[VIEW_Y] -= unit * (b->yy[lane] * g->y0[lane] + b->xy[lane] * g->x0[lane]);
    d[VIEW_X] -= unit * (b->yx[lane] * g->y0[lane] + b->xx[lane] * g->x0[lane]);
    d[VIEW_ZOOM_Y] -= s00 * ds00 + s01 * ds01;
    d[VIEW_ZOOM_X] -= s11 * ds11 + s01 * ds01;
    d[VIEW_SHEAR] -= s00 * s11 * ds01;
    d[VIEW_ROTATION] += -b->yx[lane] * yy + b->yy[lane] * yx - b->xx[lane] * xy + b->xy[lane] * xx;
}

void cama__view_backward(const cama__view *view, const cama__view_gradient *gradient, real *d)
{
    for (int32_t lane = 0; lane < view->nr; lane++) {
        real each[VIEW_COUNT] = {0};
        const real amount = view->number[VIEW_CONTAMINATION][lane];
        from_seen(view, &gradient->seen_at, lane, each);
        from_source(view, &gradient->source_at, lane, each);
        each[VIEW_CONTRAST] = view->contrast[lane] * gradient->contrast[lane];
        each[VIEW_BRIGHTNESS] = gradient->brightness[lane];
        each[VIEW_BLUR] = view->number[VIEW_BLUR][lane] < 0 ? -gradient->blur[lane] : gradient->blur[lane];
        each[VIEW_CONTAMINATION] = 2 * amount * (1 - view->share[lane]) * gradient->share[lane];
        for (int32_t k = 0; k < VIEW_COUNT; k++)
            d[k * view->nr + lane] = size_of(view->number[k][lane]) >= cama__view_rows[k].bound ? 0 : each[k];
    }
}

void cama__view_tell(cama__image image, int32_t number, double value, double deviation, double *told,
                     double *told_deviation)
{
    const double bound = (double)cama__view_rows[number].bound, v = value > bound    ? bound
                                                                    : value < -bound ? -bound
                                                                                     : value;
    double factor = 1;
    *told = v;
    switch (number) {
    case VIEW_Y:
    case VIEW_X:
        factor = (double)unit_of(image);
        *told = v * factor;
        break;
    case VIEW_ROTATION:
        factor = 180 / (double)pi;
        *told = v * factor;
        break;
    case VIEW_ZOOM_Y:
    case VIEW_ZOOM_X:
    case VIEW_CONTRAST: *told = factor = exp(v); break;
    case VIEW_BLUR: *told = fabs(v); break;
    case VIEW_CONTAMINATION:
        *told = -expm1(-v * v);
        factor = fabs(2 * v) * exp(-v * v);
        break;
    default: break;
    }
    *told_deviation = factor * deviation;
}

/* A = A_outer A_inner and t = t_outer + A_outer t_inner, taken apart into R S again. */
static void compose_places(const real *outer, const real *inner, real *both)
{
    const real *const v[2] = {outer, inner};
    real a[2][2][2];
    for (int32_t i = 0; i < 2; i++) {
        real s, c;
        turn(v[i][VIEW_ROTATION], &s, &c);
        const real y = cama__exp(v[i][VIEW_ZOOM_Y]), x = cama__exp(v[i][VIEW_ZOOM_X]), k = v[i][VIEW_SHEAR];
        a[i][0][0] = c * y, a[i][0][1] = c * k - s * x;
        a[i][1][0] = s * y, a[i][1][1] = s * k + c * x;
    }
    double p[2][2];
    for (int32_t i = 0; i < 2; i++) {
        for (int32_t j = 0; j < 2; j++) p[i][j] = (double)(a[0][i][0] * a[1][0][j] + a[0][i][1] * a[1][1][j]);
        both[VIEW_Y + i] = outer[VIEW_Y + i] + a[0][i][0] * inner[VIEW_Y] + a[0][i][1] * inner[VIEW_X];
    }
    const double length = sqrt(p[0][0] * p[0][0] + p[1][0] * p[1][0]), c = p[0][0] / length, s = p[1][0] / length;
    both[VIEW_ROTATION] = (real)atan2(p[1][0], p[0][0]);
    both[VIEW_ZOOM_Y] = (real)log(length);
    both[VIEW_SHEAR] = (real)(c * p[0][1] + s * p[1][1]);
    both[VIEW_ZOOM_X] = (real)log(c * p[1][1] - s * p[0][1]);
}

void cama__view_compose(const real *outer, const real *inner, real *both)
{
    const real factor = cama__exp(outer[VIEW_CONTRAST]);
    real to[VIEW_COUNT];
    compose_places(outer, inner, to);
    to[VIEW_CONTRAST] = outer[VIEW_CONTRAST] + inner[VIEW_CONTRAST];
    to[VIEW_BRIGHTNESS] = outer[VIEW_BRIGHTNESS] + factor * inner[VIEW_BRIGHTNESS];
    to[VIEW_BLUR] = (real)sqrt((double)(outer[VIEW_BLUR] * outer[VIEW_BLUR] + inner[VIEW_BLUR] * inner[VIEW_BLUR]));
    to[VIEW_CONTAMINATION] = outer[VIEW_CONTAMINATION];
    memcpy(both, to, sizeof to);
}
