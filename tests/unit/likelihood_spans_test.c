/* likelihood_spans_test - the far ends of each kind, where a formula as it stands overflows or cancels.
 *
 * One row whose rho is far below the floor has lv = -8 to the last bit. Tolerance, where none is said: 1e-6 of the
 * value, which is 8 float eps: exp and log are within 2 eps each, the rest are four or five roundings. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "context.h"
#include "noise.h"

#include "prob/likelihood.h"

#ifdef CAMA_DOUBLE
#define EPS DBL_EPSILON
#else
#define EPS FLT_EPSILON
#endif
#define RELATIVE 1e-6
#define PI 3.141592653589793238462643383279502884L

enum { MOST = 5000 };

static void near(double got, long double want, double tolerance, const char *what, double which)
{
    if (!(fabsl(got - want) <= tolerance))
        fail_msg("%s of %g: %.17g, expected %.17g within %g", what, which, got, (double)want, tolerance);
}

/* One row in lane 0. */
typedef struct {
    int64_t dims;
    cama__likelihood_span span;
    cama__likelihood likelihood;
    real *params, *x, *dparams, *dx, *scale, *dscale;
    double logp;
} single;

static real *room(int64_t count)
{
    real *r = cama__mem_alloc((size_t)count, sizeof *r);
    assert_non_null(r);
    return r;
}

static void begin(single *s, int32_t kind, int64_t dims, double nu)
{
    const int64_t nr = cama__kernel()->nr;
    *s = (single){.dims = dims, .span = {kind, 0, dims}, .likelihood = {1, &s->span, nu, false}};
    s->params = room(dims * nr);
    s->x = room(dims * nr);
    s->dparams = room(dims * nr);
    s->dx = room(dims * nr);
    s->scale = room(dims);
    s->dscale = room(dims);
    for (int64_t d = 0; d < dims; d++) s->scale[d] = -1000;
}

static void end(single *s)
{
    real *all[] = {s->params, s->x, s->dparams, s->dx, s->scale, s->dscale};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) cama__mem_free(all[i]);
}

static real *at(real *tensor, int64_t d) { return tensor + d * cama__kernel()->nr; }

static void both(single *s)
{
    const double one = 1;
    memset(s->dscale, 0, (size_t)s->dims * sizeof *s->dscale);
    cama__likelihood_forward(ON(NULL), &s->likelihood, 1, s->dims, s->params, s->x, NULL, s->scale, &s->logp);
    cama__likelihood_backward(WITH_SCRATCH(NULL), &s->likelihood, 1, s->dims, s->params, s->x, NULL, s->scale, &one,
                              s->dparams, s->dx, s->dscale);
}

/* Sure pixels: no overflow, and the small loss of a right one is not lost in l - softplus(l). */
static void sure_pixels(void **state)
{
    (void)state;
    const real logits[] = {20, -20, 80, -80, 1000, -1000, 30000};
    const real pixels[] = {1, 0, 1, 0, 0, 1, 1};
    const double wants[] = {-log1p(exp(-20.0)), -log1p(exp(-20.0)), -exp(-80.0), -exp(-80.0), -1000, -1000, 0};
    single s;
    begin(&s, LIKELIHOOD_BERNOULLI, 1, 0);
    for (size_t i = 0; i < sizeof logits / sizeof *logits; i++) {
        s.params[0] = logits[i];
        s.x[0] = pixels[i];
        both(&s);
        near(s.logp, wants[i], RELATIVE * fabs(wants[i]), "logp", (double)logits[i]);
        const long double slope = pixels[i] - 1 / (1 + expl(-(long double)logits[i]));
        near((double)s.dparams[0], slope, EPS, "slope", (double)logits[i]);
    }
    end(&s);
}

static const double freedoms[] = {1e-3, 0.5, 1, 3, 30, 1e4, 1e6};
#define FREEDOMS (sizeof freedoms / sizeof *freedoms)

/* The tails: (nu+1)/2 log(1 + q/nu) and its slopes for q from 1e-6 to 1e12. The density at the peak is taken off. */
static void tails(void **state)
{
    (void)state;
    for (size_t i = 0; i < FREEDOMS; i++) {
        const long double nu = freedoms[i], iv = expl(8);
        single s;
        begin(&s, LIKELIHOOD_STUDENT, 1, freedoms[i]);
        both(&s);
        const double peak = s.logp;
        for (double q = 1e-6; q < 2e12; q *= 1.7) {
            s.x[0] = (real)sqrt(q * exp(-8));
            both(&s);
            const long double e = s.x[0], exact = e * e * iv, fall = (nu + 1) / 2 * log1pl(exact / nu);
            const long double slope = (nu + 1) * e * iv / (nu + exact), grow = (nu + 1) * exact / (nu + exact) / 2;
            near(s.logp - peak, -fall, RELATIVE * (double)fall + 4 * DBL_EPSILON * (fabs(peak) + 1), "tail", q);
            near((double)s.dparams[0], slope, RELATIVE * (double)slope, "slope", q);
            near((double)s.dx[0], -slope, RELATIVE * (double)slope, "slope of x", q);
            s.scale[0] = -8; /* there d lv / d rho is a half */
            both(&s);
            const long double less = expl(8 - logl(2)), wide = e * e * less;
            const long double want = ((nu + 1) * wide / (nu + wide) - 1) / 4;
            near((double)s.dscale[0], want, 16 * EPS * (1 + (double)fabsl(want) + (double)grow), "slope of rho", q);
            s.scale[0] = -1000;
        }
        end(&s);
    }
}

/* log of the density at the peak for lv = 0, as the library has it. */
static double peak_of(double nu)
{
    single s;
    begin(&s, LIKELIHOOD_STUDENT, 1, nu);
    both(&s);
    const double peak = s.logp - 4;
    end(&s);
    return peak;
}

/* Against densities known in closed form, the exact recurrence p(nu + 2) / p(nu) = (nu + 1) / sqrt(nu (nu + 2)) up to a
 * million, and lgamma in long double where it does not cancel. */
static void peaks(void **state)
{
    (void)state;
    const long double known[] = {1 / PI, 1 / (2 * sqrtl(2)), 2 / (PI * sqrtl(3)), 0.375L, 8 / (3 * PI * sqrtl(5))};
    for (int32_t i = 0; i < 5; i++) near(peak_of(i + 1), logl(known[i]), 1e-14, "peak", i + 1);
    long double sum = 0; /* log of the product of (nu + 1) / nu */
    for (int32_t nu = 1; nu < 1000000; nu += 2) {
        if ((nu & (nu + 1)) == 0 || nu == 999999) near(peak_of(nu), sum - logl(PI) - logl(nu) / 2, 1e-14, "peak", nu);
        sum += log1pl(1 / (long double)nu);
    }
    for (double nu = 1e-12; nu < 1e4; nu *= 1.3) {
        const long double want = lgammal(((long double)nu + 1) / 2) - lgammal(nu / 2) - logl(nu * PI) / 2;
        near(peak_of(nu), want, 1e-14 * fmax(1, (double)fabsl(want)), "peak", nu);
    }
}

/* nu = 1e6 differs from the gaussian by q/2 + q^2/4 + 1/4 over nu at most, besides rounding. */
static void gaussian_limit(void **state)
{
    (void)state;
    enum { D = 40 };
    single t, g;
    begin(&t, LIKELIHOOD_STUDENT, D, 1e6);
    begin(&g, LIKELIHOOD_GAUSSIAN, D, 0);
    double bound = 0;
    for (int64_t d = 0; d < D; d++) {
        *at(t.params, d) = *at(g.params, d) = (real)noise(3);
        *at(t.x, d) = *at(g.x, d) = (real)noise(1);
        t.scale[d] = g.scale[d] = (real)noise(2);
        const double e = (double)*at(t.x, d) - (double)*at(t.params, d);
        const double q = e * e * exp(-(-8 + log1p(exp((double)t.scale[d] + 8))));
        bound += (q / 2 + q * q / 4 + 0.25) / 1e6 + 16 * EPS * q;
    }
    both(&t);
    both(&g);
    assert_true(bound < 0.1 && t.logp != g.logp);
    near(t.logp, g.logp, bound, "logp", 0);
    for (int64_t d = 0; d < D; d++) {
        const double slope = (double)*at(g.dparams, d), most = 1e-3 * fabs(slope);
        near((double)*at(t.dparams, d), slope, most, "slope", (double)d);
        near((double)t.dscale[d], g.dscale[d], 1e-3 * (1 + fabs((double)g.dscale[d])), "slope of rho", (double)d);
    }
    end(&t);
    end(&g);
}

/* Two levels, x the first: right by a margin, wrong by one, near zero and where logits are large. */
static void sure_levels(void **state)
{
    (void)state;
    const double logits[][2] = {{0, -20},    {20, 0},     {1e4, 9980}, {-9980, -1e4}, {0, 20},
                                {9980, 1e4}, {-1e4, 1e4}, {1e4, -1e4}, {1e4, 1e4},    {0, 0}};
    single s;
    begin(&s, LIKELIHOOD_CATEGORICAL, 2, 0);
    for (size_t i = 0; i < sizeof logits / sizeof *logits; i++) {
        const double margin = logits[i][0] - logits[i][1];
        const double want = margin > 0 ? -log1p(exp(-margin)) : margin - log1p(exp(margin));
        *at(s.params, 0) = (real)logits[i][0];
        *at(s.params, 1) = (real)logits[i][1];
        *at(s.x, 0) = 1;
        *at(s.x, 1) = 0;
        both(&s);
        near(s.logp, want, RELATIVE * fabs(want), "logp", margin);
        near((double)*at(s.dparams, 0), 1 / (1 + exp(margin)), EPS, "slope", margin);
        near((double)*at(s.dparams, 1), -1 / (1 + exp(margin)), EPS, "slope", margin);
        near((double)*at(s.dx, 0), want, RELATIVE * fabs(want), "slope of x", margin);
        near((double)*at(s.dx, 1), want - margin, RELATIVE * fabs(want - margin), "slope of x", margin);
    }
    end(&s);
}

/* Thousands of levels: equal, and with logits up to 1e4; the probabilities are p and sum to 1. */
static void many_levels(void **state)
{
    (void)state;
    single s;
    begin(&s, LIKELIHOOD_CATEGORICAL, MOST, 0);
    const int64_t hit = 4321;
    *at(s.x, hit) = 1;
    for (int32_t size = 0; size < 4; size++) {
        const double sizes[] = {0, 1, 10, 1e4};
        long double sum = 0, high = -INFINITY, total = 0;
        for (int64_t d = 0; d < MOST; d++) {
            *at(s.params, d) = (real)noise(sizes[size]);
            high = fmaxl(high, *at(s.params, d));
        }
        for (int64_t d = 0; d < MOST; d++) sum += expl(*at(s.params, d) - high);
        both(&s);
        const long double want = *at(s.params, hit) - high - logl(sum);
        near(s.logp, want, RELATIVE * (double)fabsl(want), "logp", sizes[size]);
        for (int64_t d = 0; d < MOST; d++) {
            const long double log_p = *at(s.params, d) - high - logl(sum), p = expl(log_p);
            near((double)*at(s.dx, d), log_p, RELATIVE * (double)fabsl(log_p), "slope of x", (double)d);
            const double most = 32 * EPS * (double)p + EPS * (d == hit) + FLT_MIN; /* exp is 0 below FLT_MIN */
            near((double)*at(s.dparams, d), (d == hit) - p, most, "slope", (double)d);
        }
        cama__likelihood_mean(ON(NULL), &s.likelihood, 1, MOST, s.params);
        for (int64_t d = 0; d < MOST; d++) total += *at(s.params, d);
        near((double)total, 1, 32 * EPS, "sum of probabilities", sizes[size]);
    }
    end(&s);
}

/* A logit that is no number is not hidden. */
static void not_a_number(void **state)
{
    (void)state;
    single s;
    begin(&s, LIKELIHOOD_CATEGORICAL, 3, 0);
    *at(s.x, 0) = 1;
    for (int64_t d = 0; d < 3; d++) {
        for (int64_t i = 0; i < 3; i++) *at(s.params, i) = i == d ? (real)NAN : (real)i;
        both(&s);
        assert_true(isnan(s.logp) && isnan(*at(s.dparams, 0)) && isnan(*at(s.dparams, 2)));
    }
    end(&s);
}

int main(void)
{
    noise_state = 3;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sure_pixels),  cmocka_unit_test(tails),       cmocka_unit_test(peaks),
        cmocka_unit_test(sure_levels),  cmocka_unit_test(many_levels), cmocka_unit_test(gaussian_limit),
        cmocka_unit_test(not_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
