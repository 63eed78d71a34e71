/* corrupt_test - the manipulations that robustness is measured under: they stay in [0,1], are functions of (seed, kind,
 * image) alone, and do what their strength says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "corrupt.h"

enum { SIDE = 28, PIXELS = SIDE * SIDE, IMAGES = 200 };

/* Strokes of other grey values and places: a ring of another radius, centre and brightness in each. */
static void draw(float *images)
{
    for (int i = 0; i < IMAGES; i++)
        for (int r = 0; r < SIDE; r++)
            for (int c = 0; c < SIDE; c++) {
                const double away = hypot(r - 13.5 - i % 3, c - 13.5 + i % 5) - (4 + i % 4);
                images[i * PIXELS + r * SIDE + c] = corrupt_bounded((1.7 - fabs(away)) * (0.6 + 0.1 * (i % 5)));
            }
}

static float clean[IMAGES * PIXELS], some[IMAGES * PIXELS], other[IMAGES * PIXELS];

static const corrupt_kind *kind_named(const char *name)
{
    for (int k = 0; k < corrupt_kind_count; k++)
        if (strcmp(corrupt_kinds[k].name, name) == 0) return &corrupt_kinds[k];
    fail_msg("no kind %s", name);
    return NULL;
}

static void apply(const char *name)
{
    draw(clean);
    corrupt_images(kind_named(name), 3, 0, IMAGES, SIDE, SIDE, clean, some);
}

static void test_all_stay_in_bounds_and_change_something(void **state)
{
    (void)state;
    draw(clean);
    for (int k = 0; k < corrupt_kind_count; k++) {
        int changed = 0;
        corrupt_images(&corrupt_kinds[k], 3, 0, IMAGES, SIDE, SIDE, clean, some);
        for (int i = 0; i < IMAGES * PIXELS; i++) {
            if (!(some[i] >= 0 && some[i] <= 1)) fail_msg("%s: %g", corrupt_kinds[k].name, (double)some[i]);
            changed += some[i] != clean[i];
        }
        if (changed < IMAGES * 8) fail_msg("%s changes %d pixels", corrupt_kinds[k].name, changed);
    }
}

/* Alone and among others an image becomes the same; another seed makes another of what is drawn. */
static void test_an_image_depends_on_seed_kind_and_place(void **state)
{
    (void)state;
    draw(clean);
    for (int k = 0; k < corrupt_kind_count; k++) {
        const corrupt_kind *kind = &corrupt_kinds[k];
        corrupt_images(kind, 3, 0, IMAGES, SIDE, SIDE, clean, some);
        corrupt_images(kind, 3, 57, 1, SIDE, SIDE, clean + 57 * PIXELS, other);
        assert_memory_equal(some + 57 * PIXELS, other, PIXELS * sizeof *other);
        const char *const nothing_drawn[] = {"contrast", "brightness", "blur", "edges"};
        int drawn = 1;
        for (int i = 0; i < 4; i++) drawn = drawn && strcmp(kind->name, nothing_drawn[i]) != 0;
        corrupt_images(kind, 4, 0, IMAGES, SIDE, SIDE, clean, other);
        assert_int_equal(memcmp(some, other, sizeof some) != 0, drawn);
    }
}

static void test_tone(void **state)
{
    (void)state;
    apply("contrast");
    for (int i = 0; i < IMAGES; i++) {
        double before = 0, after = 0;
        for (int p = 0; p < PIXELS; p++) before += (double)clean[i * PIXELS + p], after += (double)some[i * PIXELS + p];
        assert_float_equal(after, before, 1e-3); /* the mean stays: single precision's rounding of 784 pixels */
        const int dark = i * PIXELS, light = i * PIXELS + 14 * SIDE;
        for (int p = 0; p < SIDE; p++)
            assert_float_equal(some[light + p] - some[dark], 0.3f * (clean[light + p] - clean[dark]), 1e-6);
    }
    apply("brightness");
    for (int i = 0; i < IMAGES * PIXELS; i++)
        assert_float_equal(some[i], clean[i] + 0.5f > 1 ? 1 : clean[i] + 0.5f, 1e-7);
}

/* Images of one grey value. */
static void apply_to_grey(const char *name, float value)
{
    for (int i = 0; i < IMAGES * PIXELS; i++) clean[i] = value;
    corrupt_images(kind_named(name), 3, 0, IMAGES, SIDE, SIDE, clean, some);
}

/* 17 % in equal parts: of 156,800 pixels a share of .085 scatters by .0007; five deviations. */
static void test_salt_and_pepper_has_its_share(void **state)
{
    (void)state;
    int black = 0, white = 0;
    apply_to_grey("salt-pepper", 0.5f);
    for (int i = 0; i < IMAGES * PIXELS; i++) black += some[i] == 0, white += some[i] == 1;
    assert_float_equal(black / (double)(IMAGES * PIXELS), 0.085, 0.0035);
    assert_float_equal(white / (double)(IMAGES * PIXELS), 0.085, 0.0035);
}

/* Black stays black. Elsewhere the mean stays, and the variance is a fifth of it: at .2, where one count is expected
 * and six are cut off once in 1,700 times, which takes less than .0002 off both. Bounds: that and five deviations. */
static void test_poisson(void **state)
{
    (void)state;
    const double n = IMAGES * PIXELS;
    double mean = 0, square = 0;
    apply("poisson");
    for (int i = 0; i < IMAGES * PIXELS; i++)
        if (clean[i] == 0) assert_true(some[i] == 0);
    apply_to_grey("poisson", 0.2f);
    for (int i = 0; i < IMAGES * PIXELS; i++) mean += (double)some[i] / n;
    for (int i = 0; i < IMAGES * PIXELS; i++) square += pow((double)some[i] - mean, 2) / n;
    assert_float_equal(mean, 0.2, 2e-4 + 5 * sqrt(0.04 / n));
    assert_float_equal(square, 0.04, 2e-4 + 5 * sqrt(3 * 0.04 * 0.04 / n)); /* a count of mean 1 has kurtosis 4 */
}

/* A patch is 64 pixels of one value; stripes inverted twice are the image. */
static void test_patch_and_stripes(void **state)
{
    (void)state;
    apply_to_grey("patch", 0.5f);
    for (int i = 0; i < IMAGES; i++) {
        int black = 0, white = 0;
        for (int p = 0; p < PIXELS; p++) black += some[i * PIXELS + p] == 0, white += some[i * PIXELS + p] == 1;
        assert_int_equal(black + white, 64);
        assert_true(black == 0 || white == 0);
    }
    apply("stripes");
    corrupt_images(kind_named("stripes"), 3, 0, IMAGES, SIDE, SIDE, some, other);
    for (int i = 0; i < IMAGES * PIXELS; i++) assert_float_equal(other[i], clean[i], 1e-6);
}

/* Centre of mass, and spread about it. */
static void moments(const float *x, double *down, double *right, double *spread)
{
    double mass = 0, square = 0;
    *down = *right = 0;
    for (int p = 0; p < PIXELS; p++)
        mass += (double)x[p], *down += (double)x[p] * (p / SIDE), *right += (double)x[p] * (p % SIDE);
    *down /= mass, *right /= mass;
    for (int p = 0; p < PIXELS; p++) square += (double)x[p] * (pow(p / SIDE - *down, 2) + pow(p % SIDE - *right, 2));
    *spread = sqrt(square / mass);
}

/* A ring about the centre of the image stays there; rotation keeps its size, zoom has factors of .6 to 1.5. */
static void test_geometry_keeps_the_centre(void **state)
{
    (void)state;
    const char *const sampling[2] = {"bilinear", "bicubic"};
    for (int s = 0; s < 2; s++) {
        char name[32];
        double down, right, before, after, least = 9, most = 0;
        snprintf(name, sizeof name, "rotation-%s", sampling[s]);
        apply(name);
        moments(clean, &down, &right, &before); /* image 0 is centred */
        for (int i = 0; i < IMAGES; i += 60) {  /* and these have its centre and radius */
            moments(some + i * PIXELS, &down, &right, &after);
            assert_float_equal(down, 13.5, 0.05);
            assert_float_equal(right, 13.5, 0.05);
            assert_float_equal(after / before, 1, 0.03);
        }
        snprintf(name, sizeof name, "zoom-%s", sampling[s]);
        draw(clean);
        for (int i = 1; i < IMAGES; i++) memcpy(clean + i * PIXELS, clean, PIXELS * sizeof *clean);
        corrupt_images(kind_named(name), 3, 0, IMAGES, SIDE, SIDE, clean, some);
        for (int i = 0; i < IMAGES; i++) {
            moments(some + i * PIXELS, &down, &right, &after);
            assert_float_equal(down, 13.5, 0.2);
            least = fmin(least, after / before), most = fmax(most, after / before);
        }
        assert_float_equal(least, 0.6, 0.06);
        assert_float_equal(most, 1.5, 0.06);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_stay_in_bounds_and_change_something),
        cmocka_unit_test(test_an_image_depends_on_seed_kind_and_place),
        cmocka_unit_test(test_salt_and_pepper_has_its_share),
        cmocka_unit_test(test_tone),
        cmocka_unit_test(test_poisson),
        cmocka_unit_test(test_patch_and_stripes),
        cmocka_unit_test(test_geometry_keeps_the_centre),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
