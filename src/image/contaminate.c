/* contaminate - a mask for each kind of contamination, and what stands in place of the pixels under it. */
#include "contaminate.h"

#include <string.h>

enum { CHOICES = 32, GRID = 9 }; /* uniforms that choose; side of the grid of blots */

typedef struct {
    cama__image image;
    cama__rng_key key;
    const real *u; /* (CHOICES) */
    real *mask;    /* (H, W) 1 where a pixel is replaced */
} job;

/* A whole number from low to high. */
static int32_t whole(real u, double low, double high) { return (int32_t)(low + (double)u * (high - low + 1)); }

static void fill(const job *j, int32_t i0, int32_t i1, int32_t j0, int32_t j1)
{
    for (int32_t i = i0 < 0 ? 0 : i0; i < i1 && i < j->image.h; i++)
        for (int32_t k = j0 < 0 ? 0 : j0; k < j1 && k < j->image.w; k++) j->mask[i * j->image.w + k] = 1;
}

static void scatter(const job *j)
{
    const int64_t pixels = (int64_t)j->image.h * j->image.w;
    const real rate = (real).4 * j->u[0];
    cama__rng_uniforms(j->key, pixels, j->mask, 1);
    for (int64_t p = 0; p < pixels; p++) j->mask[p] = j->mask[p] < rate ? 1 : 0;
}

/* One to three lines, across or down, one or two pixels wide. */
static void lines(const job *j)
{
    const int32_t h = j->image.h, w = j->image.w, count = whole(j->u[0], 1, 3);
    for (int32_t k = 0; k < count; k++) {
        const real *u = j->u + 1 + 3 * k;
        const bool across = u[0] < (real).5;
        const int32_t at = whole(u[1], 0, (across ? h : w) - 1), width = whole(u[2], 1, 2);
        fill(j, across ? at : 0, across ? at + width : h, across ? 0 : at, across ? w : at + width);
    }
}

static void patch(const job *j)
{
    const int32_t h = j->image.h, w = j->image.w;
    const int32_t dh = whole(j->u[0], h / 7., h / 2.5), dw = whole(j->u[1], w / 7., w / 2.5);
    const int32_t at_h = whole(j->u[2], 0, h - dh), at_w = whole(j->u[3], 0, w - dw);
    fill(j, at_h, at_h + dh, at_w, at_w + dw);
}

/* One side of the image, or two that face each other. */
static void stripes(const job *j)
{
    const int32_t h = j->image.h, w = j->image.w;
    const bool across = j->u[0] < (real).5, both = j->u[1] < (real).5, first = both || j->u[2] < (real).5;
    const int32_t width = whole(j->u[3], (across ? h : w) / 9., (across ? h : w) / 3.5);
    if (first) fill(j, 0, across ? width : h, 0, across ? w : width);
    if (both || !first) fill(j, across ? h - width : 0, h, across ? 0 : w - width, w);
}

/* A coarse grid of normals, interpolated, above a threshold. */
static void blots(const job *j)
{
    const int32_t h = j->image.h, w = j->image.w;
    real grid[GRID * GRID];
    const real threshold = (real).5 + (real).8 * j->u[0];
    cama__rng_normals(j->key, GRID * GRID, grid, 1);
    for (int32_t i = 0; i < h; i++)
        for (int32_t k = 0; k < w; k++) {
            const double y = (double)i * (GRID - 1) / h, x = (double)k * (GRID - 1) / w;
            const int32_t y0 = (int32_t)y, x0 = (int32_t)x;
            const double fy = y - y0, fx = x - x0;
            const real *g = grid + y0 * GRID + x0;
            const double v = (1 - fy) * ((1 - fx) * (double)g[0] + fx * (double)g[1]) +
                             fy * ((1 - fx) * (double)g[GRID] + fx * (double)g[GRID + 1]);
            j->mask[i * w + k] = v > (double)threshold ? 1 : 0;
        }
}

/* What stands in place of a pixel v; r is its own uniform. */
enum { FILL_ANY, FILL_SALT, FILL_WHITE, FILL_INVERSE, FILL_BLACK };
static real replaced(int32_t how, real v, real r)
{
    const real by[] = {r, r < (real).5 ? 0 : 1, 1, 1 - v, 0};
    return by[how];
}

double cama__contaminate(cama__image image, cama__rng_key key, int64_t step, real *x, real *mask)
{
    static void (*const kinds[])(const job *) = {scatter, lines, patch, stripes, blots};
    const int64_t pixels = (int64_t)image.h * image.w;
    real u[CHOICES];
    double count = 0;
    cama__rng_uniforms(key, CHOICES, u, 1);
    key.sample++;
    const job j = {image, key, u, mask};
    memset(mask, 0, (size_t)pixels * sizeof *mask);
    kinds[whole(u[CHOICES - 1], 0, 4)](&j);
    const real how = u[CHOICES - 2];
    const int32_t with = how < (real).15 ? FILL_BLACK : whole((how - (real).15) / (real).85, FILL_ANY, FILL_INVERSE);
    key.sample++;
    for (int64_t p = 0; p < pixels; p++) {
        if (mask[p] == 0) continue;
        real r;
        count++;
        cama__rng_uniforms((cama__rng_key){key.seed, key.stream, key.sample + (uint32_t)p, key.example, key.step}, 1,
                           &r, 1);
        for (int32_t c = 0; c < image.c; c++)
            x[(p * image.c + c) * step] = replaced(with, x[(p * image.c + c) * step], r);
    }
    return count / (double)pixels;
}
