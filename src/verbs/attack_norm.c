/* attack_norm - how an example moves in its ball: the radius holds for each number (linf), or for all numbers that may
 * change, those of x and of c together (l2). */
#include <math.h>

#include "../base/rng.h"
#include "attack_ball.h"

typedef cama__attack_ball ball;
typedef cama__attack_part part;
typedef cama__attack_example example;

/* The key's sample. */
enum { DRAW_START = 0, DRAW_RADIUS = 1, DRAW_START_C = 2 };

static cama__rng_key key_of(const ball *b, uint32_t row, uint32_t run, uint32_t draw)
{
    return (cama__rng_key){b->seed, RNG_ATTACK, draw, row, run};
}

static uint32_t draw_of(const part *p) { return p->role == ROLE_X ? DRAW_START : DRAW_START_C; }

static double clamp(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

/* ---- The maximum norm -------------------------------------------------------------------------------------------- */

static void start_linf(const ball *b, uint32_t row, uint32_t run, const example *e)
{
    for (int32_t k = 0; k < b->parts; k++) {
        const part *p = &b->part[k];
        real *x = e->x[k];
        cama__rng_uniforms(key_of(b, row, run, draw_of(p)), p->width, x, e->stride);
        for (int64_t i = 0; i < p->width * e->stride; i += e->stride)
            x[i] = e->clean[k][i] + (real)(b->eps * (2 * x[i] - 1));
    }
}

static void step_linf(const ball *b, const example *e)
{
    for (int32_t k = 0; k < b->parts; k++) {
        const real *clean = e->clean[k], *gradient = e->gradient[k];
        real *x = e->x[k];
        for (int64_t i = 0; i < b->part[k].width * e->stride; i += e->stride) {
            const double up = gradient[i] > 0 ? b->step : gradient[i] < 0 ? -b->step : 0;
            x[i] = (real)clamp(x[i] + up, clean[i] - b->eps, clean[i] + b->eps);
        }
    }
}

/* ---- The Euclidean norm ------------------------------------------------------------------------------------------ */

/* |a - c| over the numbers that may change; c NULL: |a|. */
static double distance(const ball *b, int64_t stride, const real *const *a, const real *const *c)
{
    double sum = 0;
    for (int32_t k = 0; k < b->parts; k++) {
        const part *p = &b->part[k];
        for (int64_t d = 0; d < p->width; d++) {
            const double away = (double)a[k][d * stride] - (c != NULL ? (double)c[k][d * stride] : 0);
            if (p->free[d]) sum += away * away;
        }
    }
    return sqrt(sum);
}

/* A normal vector has no preferred direction; the share of a ball of n dimensions within radius r is r^n. */
static void start_l2(const ball *b, uint32_t row, uint32_t run, const example *e)
{
    real u;
    for (int32_t k = 0; k < b->parts; k++)
        cama__rng_normals(key_of(b, row, run, draw_of(&b->part[k])), b->part[k].width, e->x[k], e->stride);
    cama__rng_uniforms(key_of(b, row, run, DRAW_RADIUS), 1, &u, 1);
    const double length = distance(b, e->stride, (const real *const *)e->x, NULL);
    const double scale = length > 0 ? b->eps * pow((double)u, 1.0 / (double)b->changeable) / length : 0;
    for (int32_t k = 0; k < b->parts; k++)
        for (int64_t i = 0; i < b->part[k].width * e->stride; i += e->stride)
            e->x[k][i] = (real)(e->clean[k][i] + scale * e->x[k][i]);
}

static void step_l2(const ball *b, const example *e)
{
    const double length = distance(b, e->stride, e->gradient, NULL), scale = length > 0 ? b->step / length : 0;
    for (int32_t k = 0; k < b->parts; k++)
        for (int64_t i = 0; i < b->part[k].width * e->stride; i += e->stride)
            e->x[k][i] += (real)(scale * e->gradient[k][i]);
    const double away = distance(b, e->stride, (const real *const *)e->x, e->clean);
    for (int32_t k = 0; away > b->eps && k < b->parts; k++)
        for (int64_t i = 0; i < b->part[k].width * e->stride; i += e->stride)
            e->x[k][i] = (real)(e->clean[k][i] + b->eps / away * ((double)e->x[k][i] - e->clean[k][i]));
}

const cama__attack_norm cama__attack_norms[] = {{start_linf, step_linf}, {start_l2, step_l2}};

/* ---- The box ----------------------------------------------------------------------------------------------------- */

void cama__attack_confine(const ball *b, const example *e)
{
    for (int32_t k = 0; k < b->parts; k++) {
        const part *p = &b->part[k];
        for (int64_t d = 0; d < p->width; d++) {
            const int64_t i = d * e->stride;
            e->x[k][i] = p->free[d] ? (real)clamp(e->x[k][i], p->lower[d], p->upper[d]) : e->clean[k][i];
        }
    }
}
