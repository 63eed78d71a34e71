/* Images under a view: each step of the image room beside a slow and obvious version of it, and its adjoint beside
 * central differences, in double precision.
 *
 * Tolerance: as in logw_grad_test.c. Bilinear sampling and clipped tones have kinks; the images are smooth waves well
 * inside (0, 1), so that at h = 1e-6 no clip is crossed, and a crossed pixel edge changes the slope of one pixel of
 * hundreds: SLOPE is a few of those. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"

#include "image/blur.h"
#include "image/render.h"
#include "image/tone.h"
#include "prob/contaminated.h"

enum { H = 9, W = 7, C = 2, D = H * W * C, ROWS = 7, VIEWS = 5 };
static const double SLOPE = 2e-6;
static const cama__image image = {H, W, C};
static const int32_t view_of[ROWS] = {0, 1, 2, 3, 4, 2, 0}, x_of[ROWS] = {3, 0, 1, 2, 2, 4, 0};

static int64_t blocks_of(int64_t rows) { return cama__blocks(rows) * cama__kernel()->nr; }
static real *tensor(int64_t rows, int64_t size)
{
    return cama__mem_alloc((size_t)(blocks_of(rows) * size), sizeof(real));
}

static real *waves(int64_t rows, int64_t size, double low, double high, double phase)
{
    real *t = tensor(rows, size);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t f = 0; f < size; f++)
            t[cama__at(r, f, size)] =
                low +
                (high - low) * (.5 + .5 * sin(phase + 1.3 * (double)r + .37 * (double)f + .011 * (double)(f * f)));
    return t;
}

/* Numbers of the views: row 0 is none, the others have all numbers, of either sign. */
static real *views(void)
{
    static const double size[VIEW_COUNT] = {.4, .3, .6, .25, .2, .3, .15, .06, .9, .4};
    real *t = tensor(VIEWS, VIEW_COUNT);
    for (int64_t r = 1; r < VIEWS; r++)
        for (int32_t k = 0; k < VIEW_COUNT; k++)
            t[cama__at(r, k, VIEW_COUNT)] = size[k] * sin(2.1 * (double)r + 1.7 * k + .3);
    return t;
}

static cama__render plan(const real *numbers, real *scratch)
{
    return (cama__render){.exec = &context_alone,
                          .image = image,
                          .rows = ROWS,
                          .numbers = numbers,
                          .view = view_of,
                          .floor = CAMA__TONE_FLOOR,
                          .scratch = scratch};
}

/* ---- The slow version: one row, plain arrays, the formulas of view.h as they stand ------------------------------- */

typedef struct {
    double t[2], a[2][2], inverse[2][2];
} plain_map;

static plain_map map_of(const double *v)
{
    const double c = cos(v[VIEW_ROTATION]), s = sin(v[VIEW_ROTATION]), e = exp(v[VIEW_ZOOM_Y]), f = exp(v[VIEW_ZOOM_X]);
    plain_map m = {.t = {v[VIEW_Y], v[VIEW_X]},
                   .a = {{c * e, c * v[VIEW_SHEAR] - s * f}, {s * e, s * v[VIEW_SHEAR] + c * f}}};
    const double det = m.a[0][0] * m.a[1][1] - m.a[0][1] * m.a[1][0];
    m.inverse[0][0] = m.a[1][1] / det, m.inverse[0][1] = -m.a[0][1] / det;
    m.inverse[1][0] = -m.a[1][0] / det, m.inverse[1][1] = m.a[0][0] / det;
    return m;
}

/* The pixel (i, j, c), 0 or the border's value beyond the edge. */
static double pixel(const double *x, int i, int j, int c, bool border)
{
    if (!border && (i < 0 || j < 0 || i >= H || j >= W)) return 0;
    i = i < 0 ? 0 : i >= H ? H - 1 : i;
    j = j < 0 ? 0 : j >= W ? W - 1 : j;
    return x[(i * W + j) * C + c];
}

static double bilinear(const double *x, double y, double z, int c, bool border)
{
    const double i = floor(y), j = floor(z), a = y - i, b = z - j;
    return (1 - a) * ((1 - b) * pixel(x, (int)i, (int)j, c, border) + b * pixel(x, (int)i, (int)j + 1, c, border)) +
           a * ((1 - b) * pixel(x, (int)i + 1, (int)j, c, border) + b * pixel(x, (int)i + 1, (int)j + 1, c, border));
}

/* q in units of half the longer side about the centre: a place in pixels and back. */
static double to_unit(int i, int side) { return (i + .5 - side / 2.) * 2 / H; }
static double to_pixel(double u, int side) { return u * H / 2 + side / 2. - .5; }

static void plain_warp(const double *x, const plain_map *m, bool seen, double *out)
{
    for (int i = 0; i < H; i++)
        for (int j = 0; j < W; j++)
            for (int c = 0; c < C; c++) {
                const double q[2] = {to_unit(i, H), to_unit(j, W)};
                const double d[2] = {q[0] - m->t[0], q[1] - m->t[1]};
                double p[2];
                for (int k = 0; k < 2; k++)
                    p[k] = seen ? m->a[k][0] * q[0] + m->a[k][1] * q[1] + m->t[k]
                                : m->inverse[k][0] * d[0] + m->inverse[k][1] * d[1];
                out[(i * W + j) * C + c] = bilinear(x, to_pixel(p[0], H), to_pixel(p[1], W), c, !seen);
            }
}

static void plain_blur(double *x, double width)
{
    double from[D], weight[2 * BLUR_RADIUS + 1];
    for (int axis = 0; axis < 2 && fabs(width) > .05; axis++) {
        double sum = 0;
        for (int k = -BLUR_RADIUS; k <= BLUR_RADIUS; k++)
            sum += weight[k + BLUR_RADIUS] = exp(-k * k / (2 * width * width));
        memcpy(from, x, sizeof from);
        for (int p = 0; p < D; p++) {
            const int i = p / C / W, j = p / C % W;
            x[p] = 0;
            for (int k = -BLUR_RADIUS; k <= BLUR_RADIUS; k++)
                x[p] += weight[k + BLUR_RADIUS] / sum *
                        pixel(from, axis == 0 ? i + k : i, axis == 1 ? j + k : j, p % C, true);
        }
    }
}

static double clip(double v) { return v < 0 ? 0 : v > 1 ? 1 : v; }

static void plain_render(const double *logits, const double *v, double *mean)
{
    double p[D];
    const plain_map m = map_of(v);
    for (int i = 0; i < D; i++) p[i] = 1 / (1 + exp(-logits[i]));
    plain_warp(p, &m, false, mean);
    plain_blur(mean, v[VIEW_BLUR]);
    for (int i = 0; i < D; i++)
        mean[i] = 1e-4 + (1 - 2e-4) * clip(.5 + exp(v[VIEW_CONTRAST]) * (mean[i] - .5) + v[VIEW_BRIGHTNESS]);
}

static void plain_look(const double *x, const double *v, double *seen)
{
    double p[D];
    const plain_map m = map_of(v);
    for (int i = 0; i < D; i++) p[i] = clip(.5 + (x[i] - v[VIEW_BRIGHTNESS] - .5) / exp(v[VIEW_CONTRAST]));
    plain_warp(p, &m, true, seen);
}

static void take_row(const real *t, int64_t row, int64_t size, double *out)
{
    for (int64_t f = 0; f < size; f++) out[f] = t[cama__at(row, f, size)];
}

static void expect_rows(const char *what, const real *got, void (*slow)(const double *, const double *, double *),
                        const real *in, const int32_t *in_row, const real *numbers)
{
    for (int64_t r = 0; r < ROWS; r++) {
        double x[D], v[VIEW_COUNT], want[D];
        take_row(in, in_row != NULL ? in_row[r] : r, D, x);
        take_row(numbers, view_of[r], VIEW_COUNT, v);
        slow(x, v, want);
        for (int64_t f = 0; f < D; f++)
            if (!(fabs(got[cama__at(r, f, D)] - want[f]) < 1e-12))
                fail_msg("%s, row %d, number %d: got %.15g, expected %.15g", what, (int)r, (int)f,
                         got[cama__at(r, f, D)], want[f]);
    }
}

/* Views as they stand in the model, and small ones, where tones stay inside (0, 1). */
static void test_slow_version(void **state)
{
    (void)state;
    real *scratch = tensor(1, RENDER_SCRATCH * D), *out = tensor(ROWS, D), *numbers = views(),
         *logits = waves(ROWS, D, -9, 9, 0), *x = waves(ROWS, D, 0, 1, 1);
    const cama__render r = plan(numbers, scratch);
    for (int scale = 1; scale <= 3; scale++) {
        cama__render_forward(&r, true, logits, out);
        expect_rows("render", out, plain_render, logits, NULL, numbers);
        cama__look_forward(&r, x, x_of, out);
        expect_rows("look", out, plain_look, x, x_of, numbers);
        for (int64_t i = 0; i < blocks_of(VIEWS) * VIEW_COUNT; i++) numbers[i] *= 1.4;
    }
    cama__mem_free(scratch), cama__mem_free(out), cama__mem_free(numbers), cama__mem_free(logits), cama__mem_free(x);
}

/* Sharpening brings a blurred image nearer to what it was, and leaves lanes without a blur as they are. */
static void test_sharpen(void **state)
{
    (void)state;
    const int32_t nr = (int32_t)cama__kernel()->nr;
    real *clean = waves(1, D, .2, .8, 0), *x = tensor(1, D), *scratch = tensor(1, 3 * D), width[CAMA__LANES];
    double before = 0, after = 0;
    for (int32_t l = 0; l < nr; l++) width[l] = l % 2 == 0 ? .9 : 0;
    for (int64_t i = 0; i < D * nr; i++) clean[i] = clean[i / nr * nr];
    cama__blur_block(image, nr, width, clean, scratch, x);
    for (int64_t i = 0; i < D * nr; i++) before += fabs(x[i] - clean[i]);
    cama__sharpen_block(image, nr, width, 10, scratch, x);
    for (int64_t i = 0; i < D * nr; i++) {
        after += fabs(x[i] - clean[i]);
        if (i % nr % 2 == 1) assert_true(x[i] == clean[i]);
    }
    assert_true(before > 0 && after < .6 * before);
    cama__mem_free(clean), cama__mem_free(x), cama__mem_free(scratch);
}

/* ---- Adjoints ---------------------------------------------------------------------------------------------------- */

static double dot(const real *a, const real *b, int64_t rows, int64_t size)
{
    double sum = 0;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t f = 0; f < size; f++) sum += a[cama__at(r, f, size)] * b[cama__at(r, f, size)];
    return sum;
}

typedef struct {
    cama__render r;
    real *numbers, *in, *out, *weight; /* the objective: weight . out, plus the shares, weighed by the row's number */
    bool look, logits;
} problem;

static double value(problem *p)
{
    double sum = 0;
    real share[4 * CAMA__LANES];
    if (p->look)
        cama__look_forward(&p->r, p->in, x_of, p->out);
    else
        cama__render_forward(&p->r, p->logits, p->in, p->out);
    cama__render_shares(&p->r, share);
    for (int r = 0; r < ROWS && !p->look; r++) sum += (r + 1) * share[r];
    return sum + dot(p->weight, p->out, ROWS, D);
}

static void expect_slope(problem *p, const char *what, real *at, const real *direction, int64_t n, double got)
{
    const double h = 1e-6;
    double side[2];
    for (int k = 0; k < 2; k++) {
        for (int64_t i = 0; i < n; i++) at[i] += (k ? -h : h) * direction[i];
        side[k] = value(p);
        for (int64_t i = 0; i < n; i++) at[i] -= (k ? -h : h) * direction[i];
    }
    const double want = (side[0] - side[1]) / (2 * h);
    if (!(fabs(got - want) <= SLOPE * (1 + fabs(want))))
        fail_msg("%s%s: gradient gives %.9g, differences %.9g", p->look ? "look, " : "render, ", what, got, want);
}

/* Each number of a view on its own, then the image. */
static void check_adjoint(problem *p)
{
    const int64_t x_rows = p->look ? 5 : ROWS;
    real *din = tensor(ROWS, D), *dnumbers = tensor(ROWS, VIEW_COUNT), *all = tensor(VIEWS, VIEW_COUNT),
         *direction = tensor(VIEWS, VIEW_COUNT), *dx = tensor(ROWS, D), *along = waves(x_rows, D, -.1, .1, 2);
    double dshare[ROWS];
    for (int r = 0; r < ROWS; r++) dshare[r] = r + 1;
    if (p->look)
        cama__look_backward(&p->r, p->in, x_of, p->weight, din, dnumbers);
    else
        cama__render_backward(&p->r, p->logits, p->in, p->weight, dshare, din, dnumbers);
    cama__rows_scatter_add(ON(NULL), ROWS, VIEW_COUNT, dnumbers, view_of, all);
    cama__rows_scatter_add(ON(NULL), ROWS, D, din, p->look ? x_of : (const int32_t[]){0, 1, 2, 3, 4, 5, 6}, dx);
    for (int32_t k = 0; k < VIEW_COUNT; k++) {
        for (int64_t r = 0; r < VIEWS; r++)
            for (int32_t f = 0; f < VIEW_COUNT; f++)
                direction[cama__at(r, f, VIEW_COUNT)] = f == k && r > 0 ? cos((double)r) : 0;
        expect_slope(p, cama__view_rows[k].name, p->numbers, direction, blocks_of(VIEWS) * VIEW_COUNT,
                     dot(direction, all, VIEWS, VIEW_COUNT));
    }
    expect_slope(p, "image", p->in, along, blocks_of(x_rows) * D, dot(along, dx, x_rows, D));
    cama__mem_free(din), cama__mem_free(dnumbers), cama__mem_free(all), cama__mem_free(direction), cama__mem_free(dx);
    cama__mem_free(along);
}

static void test_adjoints(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        problem p = {.numbers = views(), .out = tensor(ROWS, D), .weight = waves(ROWS, D, -1, 1, 4)};
        real *scratch = tensor(1, RENDER_SCRATCH * D);
        p.look = kind == 2, p.logits = kind == 0;
        p.in = kind == 0 ? waves(ROWS, D, -1, 1, 0) : waves(ROWS, D, .3, .7, 0);
        p.r = plan(p.numbers, scratch);
        check_adjoint(&p);
        cama__mem_free(p.numbers), cama__mem_free(p.out), cama__mem_free(p.weight), cama__mem_free(scratch);
        cama__mem_free(p.in);
    }
}

/* ---- Contamination ----------------------------------------------------------------------------------------------- */

static void set_shares(real *share)
{
    for (int r = 0; r < ROWS; r++) share[r] = r % 3 == 0 ? 0 : .07 * r;
}

static double log_mixture(double x, double p, double share)
{
    return log((1 - share) * pow(p, x) * pow(1 - p, 1 - x) + share / 2);
}

static void test_contaminated(void **state)
{
    (void)state;
    const double h = 1e-6;
    real *mean = waves(ROWS, D, .02, .98, 0), *x = waves(ROWS, D, 0, 1, 2), *share = tensor(ROWS, 1);
    real *dmean = tensor(ROWS, D), *dx = tensor(ROWS, D), *out = tensor(ROWS, D);
    double logp[ROWS], dlogp[ROWS], dshare[ROWS];
    cama__contaminated c = {.rows = ROWS, .dims = D, .mean = mean, .x = x, .x_row = x_of, .share = share};
    set_shares(share);
    for (int r = 0; r < ROWS; r++) dlogp[r] = 1 + .3 * r;
    cama__contaminated_forward(ON(NULL), &c, logp);
    cama__contaminated_backward(ON(NULL), &c, dlogp, dmean, dx, dshare);
    cama__contaminated_restore(ON(NULL), &c, out);
    for (int r = 0; r < ROWS; r++) {
        double sum = 0, slope = 0;
        for (int f = 0; f < D; f++) {
            const double p = mean[cama__at(r, f, D)], v = x[cama__at(x_of[r], f, D)], s = share[r];
            sum += log_mixture(v, p, s);
            slope += s > 0 ? (log_mixture(v, p, s + h) - log_mixture(v, p, s - h)) / (2 * h) : 0;
            const double want_mean = (log_mixture(v, p + h, s) - log_mixture(v, p - h, s)) / (2 * h);
            const double want_x = (log_mixture(v + h, p, s) - log_mixture(v - h, p, s)) / (2 * h);
            const double any = s / 2 / exp(log_mixture(v, p, s));
            assert_near(dmean[cama__at(r, f, D)], dlogp[r] * want_mean, SLOPE * (1 + fabs(want_mean)));
            assert_near(dx[cama__at(r, f, D)], dlogp[r] * want_x, SLOPE * (1 + fabs(want_x)));
            assert_near(out[cama__at(r, f, D)], (1 - any) * v + any * p, 1e-12);
        }
        assert_near(logp[r], sum, 1e-10);
        if (share[r] > 0) assert_near(dshare[r], dlogp[r] * slope, SLOPE * (1 + fabs(slope)));
    }
    cama__mem_free(mean), cama__mem_free(x), cama__mem_free(share), cama__mem_free(dmean), cama__mem_free(dx);
    cama__mem_free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_slow_version), cmocka_unit_test(test_sharpen),
                                       cmocka_unit_test(test_adjoints), cmocka_unit_test(test_contaminated)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
