/* view_test - what a view is: its numbers within their bounds, the maps that follow from them, one view seen under
 * another, and the units that people are told. The maps' bilinear sampling and adjoints are in grad/image_grad_test. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"

#include "image/render.h"
#include "image/tone.h"

enum { H = 12, W = 10, C = 2, D = H * W * C };
static const cama__image image = {H, W, C};
static const double UNIT = 6;        /* pixels: half the longer side */
static const double ROUNDING = 2e-5; /* of some products of numbers of the size of an image, in single precision */

static real *tensor(int64_t rows, int64_t size)
{
    return cama__mem_alloc((size_t)(cama__blocks(rows) * cama__kernel()->nr * size), sizeof(real));
}

/* Numbers of one view, in a tensor of one row. */
static cama__view take(const real *number)
{
    cama__view view;
    real *numbers = tensor(1, VIEW_COUNT);
    for (int32_t k = 0; k < VIEW_COUNT; k++) numbers[cama__at(0, k, VIEW_COUNT)] = number[k];
    cama__view_take(image, numbers, NULL, false, 1, 0, &view);
    cama__mem_free(numbers);
    return view;
}

static void assert_number(double got, double want, const char *what)
{
    if (!(fabs(got - want) <= ROUNDING * (1 + fabs(want)))) fail_msg("%s: expected %.9g, got %.9g", what, want, got);
}

/* ---- Taking ------------------------------------------------------------------------------------------------------ */

static void test_nothing_is_the_identity(void **state)
{
    (void)state;
    const real none[VIEW_COUNT] = {0};
    const cama__view v = take(none);
    for (int32_t lane = 0; lane < v.nr; lane++) { /* those without a row too */
        assert_true(v.seen_at.yy[lane] == 1 && v.seen_at.xx[lane] == 1 && v.source_at.yy[lane] == 1);
        assert_true(v.seen_at.yx[lane] == 0 && v.seen_at.xy[lane] == 0 && v.source_at.yx[lane] == 0);
        assert_true(v.seen_at.y0[lane] == (H - 1) / 2.f && v.source_at.x0[lane] == (W - 1) / 2.f);
        assert_true(v.contrast[lane] == 1 && v.share[lane] == 0);
    }
}

static void test_bounds(void **state)
{
    (void)state;
    real far[VIEW_COUNT], less[VIEW_COUNT];
    for (int32_t k = 0; k < VIEW_COUNT; k++) far[k] = 100, less[k] = -100;
    const cama__view a = take(far), b = take(less);
    for (int32_t k = 0; k < VIEW_COUNT; k++) {
        assert_true(a.number[k][0] == cama__view_rows[k].bound);
        assert_true(b.number[k][0] == -cama__view_rows[k].bound);
    }
    assert_true(a.share[0] > 0.8f && a.share[0] < 1 && a.share[0] == b.share[0]);
}

/* Rows by index, the same for all, and one after the other. */
static void test_rows(void **state)
{
    (void)state;
    enum { ROWS = 40 };
    const int32_t nr = (int32_t)cama__kernel()->nr;
    int32_t index[ROWS];
    real *numbers = tensor(ROWS, VIEW_COUNT);
    for (int32_t r = 0; r < ROWS; r++) {
        numbers[cama__at(r, VIEW_Y, VIEW_COUNT)] = (real)r / 100;
        index[r] = (7 * r + 3) % ROWS;
    }
    for (int64_t block = 0; block < cama__blocks(ROWS); block++) {
        cama__view plain, chosen, one;
        cama__view_take(image, numbers, NULL, false, ROWS, block, &plain);
        cama__view_take(image, numbers, index, false, ROWS, block, &chosen);
        cama__view_take(image, numbers, NULL, true, ROWS, block, &one);
        for (int32_t lane = 0; lane < nr; lane++) {
            const int64_t row = block * nr + lane;
            assert_true(plain.number[VIEW_Y][lane] == (row < ROWS ? (real)row / 100 : 0));
            assert_true(chosen.number[VIEW_Y][lane] == (row < ROWS ? (real)index[row] / 100 : 0));
            assert_true(one.number[VIEW_Y][lane] == 0);
        }
    }
    cama__mem_free(numbers);
}

/* seen_at and source_at are each other's inverse. */
static void test_inverse(void **state)
{
    (void)state;
    const real number[VIEW_COUNT] = {.3f, -.2f, .7f, .2f, -.3f, .25f};
    const cama__view v = take(number);
    const cama__affine *a = &v.seen_at, *b = &v.source_at;
    const double ci = (H - 1) / 2., cj = (W - 1) / 2.;
    for (int i = 0; i < H; i += 3)
        for (int j = 0; j < W; j += 3) {
            const double y = a->y0[0] + a->yy[0] * (i - ci) + a->yx[0] * (j - cj);
            const double x = a->x0[0] + a->xy[0] * (i - ci) + a->xx[0] * (j - cj);
            assert_number(b->y0[0] + b->yy[0] * (y - ci) + b->yx[0] * (x - cj), i, "y");
            assert_number(b->x0[0] + b->xy[0] * (y - ci) + b->xx[0] * (x - cj), j, "x");
        }
}

/* ---- One view under another -------------------------------------------------------------------------------------- */

static void test_composed_maps(void **state)
{
    (void)state;
    static const real views[][VIEW_COUNT] = {{.3f, -.2f, .7f, .2f, -.3f, .25f},
                                             {-.1f, .25f, -1.9f, -.15f, .1f, -.4f},
                                             {0, 0, 3, .5f, .5f, 0},
                                             {.5f, .5f, 0, 0, 0, 0},
                                             {0}};
    enum { VIEWS = sizeof views / sizeof *views };
    const double ci = (H - 1) / 2., cj = (W - 1) / 2.;
    for (int p = 0; p < VIEWS * VIEWS; p++) {
        real both[VIEW_COUNT];
        cama__view_compose(views[p / VIEWS], views[p % VIEWS], both);
        const cama__view o = take(views[p / VIEWS]), i = take(views[p % VIEWS]), b = take(both);
        const cama__affine *outer = &o.seen_at, *inner = &i.seen_at, *all = &b.seen_at;
        for (int corner = 0; corner < 4; corner++) { /* a place of what is seen at last, and where x is read for it */
            const double dy = (corner / 2 ? 1 : -1) * ci, dx = (corner % 2 ? 1 : -1) * cj;
            const double y = inner->y0[0] + inner->yy[0] * dy + inner->yx[0] * dx - ci;
            const double x = inner->x0[0] + inner->xy[0] * dy + inner->xx[0] * dx - cj;
            assert_number(all->y0[0] + all->yy[0] * dy + all->yx[0] * dx,
                          outer->y0[0] + outer->yy[0] * y + outer->yx[0] * x, "composed y");
            assert_number(all->x0[0] + all->xy[0] * dy + all->xx[0] * dx,
                          outer->x0[0] + outer->xy[0] * y + outer->xx[0] * x, "composed x");
        }
    }
}

static void look(const real *number, const real *x, real *seen)
{
    real *numbers = tensor(1, VIEW_COUNT), *scratch = tensor(1, RENDER_SCRATCH * D);
    for (int32_t k = 0; k < VIEW_COUNT; k++) numbers[cama__at(0, k, VIEW_COUNT)] = number[k];
    const cama__render r = {.exec = &context_alone, .image = image, .rows = 1, .numbers = numbers, .scratch = scratch};
    cama__look_forward(&r, x, NULL, seen);
    cama__mem_free(numbers), cama__mem_free(scratch);
}

/* Looking at what was looked at is looking once under both views: moved by whole pixels, and in tone. */
static void test_composed_images(void **state)
{
    (void)state;
    const real outer[VIEW_COUNT] = {2 / 6.f, -1 / 6.f, [VIEW_CONTRAST] = -.3f, [VIEW_BRIGHTNESS] = .1f},
               inner[VIEW_COUNT] = {-3 / 6.f, 2 / 6.f, [VIEW_CONTRAST] = .2f, [VIEW_BRIGHTNESS] = -.05f};
    real both[VIEW_COUNT], *x = tensor(1, D), *a = tensor(1, D), *b = tensor(1, D), *once = tensor(1, D);
    double variation = 0;
    for (int f = 0; f < D; f++) { /* beyond three pixels of the edges there is nothing */
        const int i = f / C / W, j = f / C % W;
        const bool inside = i > 3 && i < H - 4 && j > 3 && j < W - 4;
        x[cama__at(0, f, D)] = inside ? (real)(.5 + .15 * sin(1.3 * f)) : .5f;
    }
    cama__view_compose(outer, inner, both);
    look(outer, x, a);
    look(inner, a, b);
    look(both, x, once);
    for (int i = 4; i < H - 4; i++) /* where neither read beyond an edge */
        for (int k = 4 * C; k < (W - 4) * C; k++) {
            const int f = i * W * C + k;
            assert_number((double)once[cama__at(0, f, D)], (double)b[cama__at(0, f, D)], "seen");
            variation += fabs((double)once[cama__at(0, f, D)] - (double)x[cama__at(0, f, D)]);
        }
    assert_true(variation > 1); /* it is another image */
    cama__mem_free(x), cama__mem_free(a), cama__mem_free(b), cama__mem_free(once);
}

static void test_composed_rest(void **state)
{
    (void)state;
    const real a[VIEW_COUNT] = {[VIEW_BLUR] = 3, [VIEW_CONTAMINATION] = .4f}, b[VIEW_COUNT] = {[VIEW_BLUR] = -4};
    real both[VIEW_COUNT], none[VIEW_COUNT] = {0};
    cama__view_compose(a, b, both);
    assert_number((double)both[VIEW_BLUR], 5, "blur"); /* variances add up */
    assert_true(both[VIEW_CONTAMINATION] == a[VIEW_CONTAMINATION]);
    cama__view_compose(none, none, both);
    assert_memory_equal(both, none, sizeof none);
    memcpy(both, a, sizeof a);
    cama__view_compose(both, b, both); /* into one of them */
    assert_number((double)both[VIEW_BLUR], 5, "blur");
}

/* ---- Units ------------------------------------------------------------------------------------------------------- */

static void check_told(int32_t number, double value, double want, double want_deviation)
{
    double told, deviation;
    cama__view_tell(image, number, value, .1, &told, &deviation);
    assert_number(told, want, cama__view_rows[number].name);
    assert_number(deviation, want_deviation, cama__view_rows[number].unit);
}

static void test_told(void **state)
{
    (void)state;
    check_told(VIEW_Y, .5, .5 * UNIT, .1 * UNIT);
    check_told(VIEW_X, -1, -UNIT, .1 * UNIT);
    check_told(VIEW_Y, 3, 2 * UNIT, .1 * UNIT); /* its bound */
    check_told(VIEW_ROTATION, acos(-1.) / 2, 90, 18 / acos(-1.));
    check_told(VIEW_ZOOM_Y, log(2.), 2, .2);
    check_told(VIEW_ZOOM_X, -log(2.), .5, .05);
    check_told(VIEW_SHEAR, .3, .3, .1);
    check_told(VIEW_CONTRAST, log(.5), .5, .05);
    check_told(VIEW_BRIGHTNESS, -.2, -.2, .1);
    check_told(VIEW_BLUR, -1.5, 1.5, .1); /* a width */
    check_told(VIEW_CONTAMINATION, -.5, 1 - exp(-.25), exp(-.25) * .1);
}

/* What is told of the share of pixels is the share that the likelihood has. */
static void test_told_share(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        const real number[VIEW_COUNT] = {[VIEW_CONTAMINATION] = (real).1 * (real)(i - 10)};
        const cama__view v = take(number);
        double told, deviation;
        cama__view_tell(image, VIEW_CONTAMINATION, (double)number[VIEW_CONTAMINATION], 0, &told, &deviation);
        assert_number((double)v.share[0], told, "share");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_the_identity),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_inverse),
        cmocka_unit_test(test_composed_maps),
        cmocka_unit_test(test_composed_images),
        cmocka_unit_test(test_composed_rest),
        cmocka_unit_test(test_told),
        cmocka_unit_test(test_told_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
