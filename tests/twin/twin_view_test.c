/* twin_view_test - images under a view against PyTorch's sampling and autograd (view.py): mean images, seen images, the
 * share of contaminated pixels and log p, and the gradients of each with respect to what it is made of.
 *
 * Tolerances: largest difference over the largest value of a record. In double both sides round some hundred terms; in
 * single precision a place in pixels is off by 1e-6, which a slope of up to 1 for each pixel, and for gradients a ratio
 * of slopes, carries to the result. */

#include "context.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "image/render.h"
#include "image/tone.h"
#include "prob/contaminated.h"

static const double tolerance_value = sizeof(real) == sizeof(double) ? 1e-12 : 5e-6;
static const double tolerance_gradient = sizeof(real) == sizeof(double) ? 1e-10 : 2e-4;

static twin_file file;
static cama__image image;
static int64_t rows, size;
static int32_t compared;

static const twin_record *find(const char *name)
{
    const twin_record *r = twin_find(&file, "%s", name);
    if (r == NULL) fail_msg("view.twin: no record %s", name);
    return r;
}

static real *tensor(int64_t features)
{
    return cama__mem_alloc((size_t)(cama__blocks(rows) * cama__kernel()->nr * features), sizeof(real));
}

/* A record (rows, features) in the packed layout. */
static real *packed(const char *name, int64_t features)
{
    const twin_record *r = find(name);
    real *t = tensor(features);
    assert_int_equal(r->count, rows * features);
    for (int64_t i = 0; i < r->count; i++) t[cama__at(i / features, i % features, features)] = (real)r->values[i];
    compared++; /* looked at */
    return t;
}

/* From row `first` on; the places of row 0, whole pixels, are kinks of bilinear sampling. */
static void compare(const char *name, const real *got, int64_t features, int64_t first, double tolerance)
{
    const twin_record *r = find(name);
    double most = 0, away = 0;
    assert_int_equal(r->count, rows * features);
    for (int64_t i = first * features; i < r->count; i++) {
        const double want = r->values[i],
                     here = fabs((double)got[cama__at(i / features, i % features, features)] - want);
        most = fabs(want) > most ? fabs(want) : most;
        away = here > away || here != here ? here : away;
    }
    if (!(away <= tolerance * most)) fail_msg("%s: a difference of %g, values up to %g", name, away, most);
    compared++;
}

static int begin(void **state)
{
    (void)state;
    const char *why = NULL;
    if (twin_load("tests/twin/fixtures/view.twin", &file, &why) != 0) fail_msg("view.twin: %s", why);
    const double *s = find("sizes")->values;
    rows = (int64_t)s[0];
    image = (cama__image){(int32_t)s[1], (int32_t)s[2], (int32_t)s[3]};
    size = cama__image_size(image);
    return 0;
}

static int end(void **state)
{
    (void)state;
    twin_free(&file);
    return 0;
}

static cama__render plan(const real *numbers, real *scratch)
{
    return (cama__render){.exec = &context_alone,
                          .image = image,
                          .rows = rows,
                          .numbers = numbers,
                          .edge = WARP_BORDER,
                          .floor = CAMA__TONE_FLOOR,
                          .scratch = scratch};
}

static void test_mean_images(void **state)
{
    (void)state;
    real *numbers = packed("numbers", VIEW_COUNT), *logits = packed("logits", size), *weight = packed("weight", size),
         *mean = tensor(size), *d = tensor(size), *dnumbers = tensor(VIEW_COUNT),
         *scratch = tensor(RENDER_SCRATCH * size);
    const cama__render r = plan(numbers, scratch);
    cama__render_forward(&r, true, logits, mean);
    compare("mean", mean, size, 0, tolerance_value);
    cama__render_backward(&r, true, logits, weight, NULL, d, dnumbers);
    compare("grad.mean.logits", d, size, 0, tolerance_gradient);
    compare("grad.mean.numbers", dnumbers, VIEW_COUNT, 1, tolerance_gradient);
    cama__mem_free(numbers), cama__mem_free(logits), cama__mem_free(weight), cama__mem_free(mean), cama__mem_free(d);
    cama__mem_free(dnumbers), cama__mem_free(scratch);
}

static void test_seen_images(void **state)
{
    (void)state;
    real *numbers = packed("numbers", VIEW_COUNT), *x = packed("x", size), *weight = packed("weight", size),
         *seen = tensor(size), *d = tensor(size), *dnumbers = tensor(VIEW_COUNT),
         *scratch = tensor(RENDER_SCRATCH * size);
    const cama__render r = plan(numbers, scratch);
    cama__look_forward(&r, x, NULL, seen);
    compare("seen", seen, size, 0, tolerance_value);
    cama__look_backward(&r, x, NULL, weight, d, dnumbers);
    compare("grad.seen.x", d, size, 0, tolerance_gradient);
    compare("grad.seen.numbers", dnumbers, VIEW_COUNT, 1, tolerance_gradient);
    cama__mem_free(numbers), cama__mem_free(x), cama__mem_free(weight), cama__mem_free(seen), cama__mem_free(d);
    cama__mem_free(dnumbers), cama__mem_free(scratch);
}

static void test_log_density(void **state)
{
    (void)state;
    real *numbers = packed("numbers", VIEW_COUNT), *x = packed("x", size), *logits = packed("logits", size),
         *mean = tensor(size), *share = tensor(1), *dmean = tensor(size), *dx = tensor(size), *d = tensor(size),
         *dnumbers = tensor(VIEW_COUNT), *scratch = tensor(RENDER_SCRATCH * size), *values = tensor(1);
    const int64_t lanes = cama__blocks(rows) * cama__kernel()->nr;
    double *log_p = cama__mem_alloc((size_t)(3 * lanes), sizeof *log_p), *one = log_p + lanes, *dshare = one + lanes;
    const cama__render r = plan(numbers, scratch);
    cama__render_forward(&r, true, logits, mean);
    cama__render_shares(&r, share);
    compare("share", share, 1, 0, tolerance_value);
    const cama__contaminated c = {.rows = rows, .dims = size, .mean = mean, .x = x, .share = share};
    cama__contaminated_forward(ON(NULL), &c, log_p);
    for (int64_t i = 0; i < rows; i++) values[i] = (real)log_p[i], one[i] = 1;
    compare("log_p", values, 1, 0, tolerance_value);
    cama__contaminated_backward(ON(NULL), &c, one, dmean, dx, dshare);
    compare("grad.log_p.x", dx, size, 0, tolerance_gradient);
    cama__render_backward(&r, true, logits, dmean, dshare, d, dnumbers);
    compare("grad.log_p.logits", d, size, 0, tolerance_gradient);
    compare("grad.log_p.numbers", dnumbers, VIEW_COUNT, 1, tolerance_gradient);
    cama__mem_free(numbers), cama__mem_free(x), cama__mem_free(logits), cama__mem_free(mean), cama__mem_free(share);
    cama__mem_free(dmean), cama__mem_free(dx), cama__mem_free(d), cama__mem_free(dnumbers), cama__mem_free(scratch);
    cama__mem_free(values), cama__mem_free(log_p);
}

/* Every record but the sizes was looked at: numbers, x, logits and weight by several. */
static void test_all_were_compared(void **state)
{
    (void)state;
    assert_int_equal(file.count, 16);
    assert_int_equal(compared, 3 * 3 + 3 + 3 + 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mean_images), cmocka_unit_test(test_seen_images),
                                       cmocka_unit_test(test_log_density), cmocka_unit_test(test_all_were_compared)};
    return cmocka_run_group_tests(tests, begin, end);
}
