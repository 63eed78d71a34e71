/* elementary_test - the inline elementary functions against libm in long double, over every exponent and sign.
 *
 * Tolerances. exp and log promise 2 ulp. The others are built from one exp (2 ulp), one quotient and a few roundings,
 * less than 8 eps: 1e-6 in float. sincos_2pi promises an absolute 3e-7 in float; in double the rounding of 2 pi u
 * dominates, 2 eps of an angle up to 2 pi. Below the smallest normal number results may be flushed to zero: there only
 * |error| <= MIN counts. */

#include "base/elementary.h"
#include "check.h"

#ifdef CAMA_DOUBLE
#define EPS DBL_EPSILON
#define SMALLEST DBL_MIN
#define RELATIVE (8 * DBL_EPSILON)
#define CIRCLE (16 * DBL_EPSILON)
#else
#define EPS FLT_EPSILON
#define SMALLEST FLT_MIN
#define RELATIVE 1e-6
#define CIRCLE 3e-7
#endif

typedef struct {
    const char *name;
    real (*ours)(real);
    long double (*witness)(long double);
    double tolerance; /* relative, times 2^exponent of the witness if ulps */
    bool ulps;
    double low, high; /* dense range */
    bool all;         /* also every bit pattern of a float, sampled */
} function;

static real ours_exp(real x) { return cama__exp(x); }
static real ours_log(real x) { return cama__log(x); }
static real ours_log1p(real x) { return cama__log1p(x); }
static real ours_log1p_exp_neg(real x) { return cama__log1p_exp_neg(x); }
static real ours_softplus(real x) { return cama__softplus(x); }
static real ours_sigmoid(real x) { return cama__sigmoid(x); }

static long double exact_log1p_exp_neg(long double x) { return log1pl(expl(-x)); }
static long double exact_softplus(long double x) { return x > 0 ? x + log1pl(expl(-x)) : log1pl(expl(x)); }
static long double exact_sigmoid(long double x) { return x > 0 ? 1 / (1 + expl(-x)) : expl(x) / (1 + expl(x)); }

static const function functions[] = {
    {"exp", ours_exp, expl, 2 * EPS, true, -88, 89, true},
    {"log", ours_log, logl, 2 * EPS, true, 1e-3, 4, true},
    {"log1p", ours_log1p, log1pl, RELATIVE, false, 0, 4, true},
    {"log1p_exp_neg", ours_log1p_exp_neg, exact_log1p_exp_neg, RELATIVE, false, 0, 90, false},
    {"softplus", ours_softplus, exact_softplus, RELATIVE, false, -90, 90, true},
    {"sigmoid", ours_sigmoid, exact_sigmoid, RELATIVE, false, -90, 90, true},
};
#define FUNCTIONS (sizeof functions / sizeof *functions)

/* Error as a fraction of what is allowed. */
static double badness(const function *f, real x)
{
    const long double want = f->witness((long double)x);
    const real got = f->ours(x);
    if (isnan(want)) return isnan(got) ? 0 : INFINITY;
    if (isinf((real)want) || isinf(got)) return (real)want == got ? 0 : INFINITY;
    const long double error = fabsl((long double)got - want);
    if (fabsl(want) < 1.0001L * SMALLEST) return error <= 1.0001L * SMALLEST ? 0 : INFINITY;
    int exponent = 0;
    (void)frexpl(want, &exponent);
    const long double scale = f->ulps ? ldexpl(0.5L, exponent) : fabsl(want);
    return (double)(error / (scale * f->tolerance));
}

static void check(const function *f, real x, double *worst)
{
    const double bad = badness(f, x);
    if (bad > *worst) *worst = bad;
    if (!(bad <= 1)) fail_msg("%s(%.9g) = %.9g, %.3g times the tolerance", f->name, (double)x, (double)f->ours(x), bad);
}

static void dense(void **state)
{
    (void)state;
    for (size_t i = 0; i < FUNCTIONS; i++) {
        const function *f = &functions[i];
        const int64_t n = 400000;
        double worst = 0;
        for (int64_t j = 0; j <= n; j++) check(f, (real)(f->low + (f->high - f->low) * (double)j / (double)n), &worst);
        print_message("%-14s dense: %.2f of the tolerance\n", f->name, worst);
    }
}

static void every_exponent(void **state)
{
    (void)state;
    for (size_t i = 0; i < FUNCTIONS; i++) {
        const function *f = &functions[i];
        double worst = 0;
        if (!f->all) continue;
        for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 7919) {
            const uint32_t word = (uint32_t)bits;
            float x;
            memcpy(&x, &word, sizeof x);
            if (f->ours == ours_log1p && x < 0) continue; /* promised from 0 on */
            check(f, (real)x, &worst);
        }
        print_message("%-14s bits:  %.2f of the tolerance\n", f->name, worst);
    }
}

static void edges(void **state)
{
    (void)state;
    const real inf = (real)INFINITY, nan = (real)NAN;
    assert_true(cama__exp(0) == 1 && cama__exp(inf) == inf && cama__exp(-inf) == 0 && isnan(cama__exp(nan)));
    assert_true(cama__log(1) == 0 && cama__log(0) == -inf && cama__log((real)-0.0) == -inf && cama__log(inf) == inf);
    assert_true(isnan(cama__log(-1)) && isnan(cama__log(-inf)) && isnan(cama__log(nan)));
    assert_true(cama__softplus(inf) == inf && cama__softplus(-inf) == 0 && isnan(cama__softplus(nan)));
    assert_true(cama__log1p(0) == 0 && cama__log1p(inf) == inf && isnan(cama__log1p(nan)));
    assert_true(cama__log1p_exp_neg(inf) == 0 && isnan(cama__log1p_exp_neg(nan)));
    assert_true(cama__sigmoid(inf) == 1 && cama__sigmoid(-inf) == 0 && isnan(cama__sigmoid(nan)));
    assert_true(cama__sigmoid(0) == (real)0.5);
    double worst = 0; /* the neighbours of where float exp turns to 0 and to infinity */
    const float around[] = {-87.33654f, 88.72283f, 0.34657359f, -0.34657359f};
    for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
        float up = around[i], down = around[i];
        for (int j = 0; j < 1000; j++, up = nextafterf(up, 200), down = nextafterf(down, -200)) {
            check(&functions[0], (real)up, &worst);
            check(&functions[0], (real)down, &worst);
        }
    }
}

static void circle(void **state)
{
    (void)state;
    const long double two_pi = 6.283185307179586476925286766559L;
    const int64_t n = 1 << 20; /* the uniforms of the generator among them, and both ends */
    double worst = 0;
    for (int64_t j = 0; j <= n; j++) {
        const real u = (real)((double)j / (double)n);
        real s = 9, c = 9;
        cama__sincos_2pi(u, &s, &c);
        const double es = (double)fabsl((long double)s - sinl(two_pi * (long double)u));
        const double ec = (double)fabsl((long double)c - cosl(two_pi * (long double)u));
        worst = fmax(worst, fmax(es, ec));
        if (!(es <= CIRCLE && ec <= CIRCLE)) fail_msg("sincos_2pi(%.9g): errors %g %g", (double)u, es, ec);
    }
    print_message("sincos_2pi     %.2f of the tolerance\n", worst / CIRCLE);
}

/* The vectorised clones give the bits of the plain functions. */
CAMA__CLONES static void many(int64_t n, const real *restrict x, real *restrict out /* (6, n) */)
{
    for (int64_t i = 0; i < n; i++) out[i] = cama__exp(x[i]);
    for (int64_t i = 0; i < n; i++) out[n + i] = cama__log(x[i]);
    for (int64_t i = 0; i < n; i++) out[2 * n + i] = cama__softplus(x[i]);
    for (int64_t i = 0; i < n; i++) out[3 * n + i] = cama__sigmoid(x[i]);
    for (int64_t i = 0; i < n; i++) out[4 * n + i] = cama__log1p_exp_neg(x[i]);
    for (int64_t i = 0; i < n; i++) out[5 * n + i] = cama__log1p(x[i]);
}

static bool same(real a, real b) { return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0; }

static void vectors(void **state)
{
    (void)state;
    enum { N = 2051 };
    static real x[N], out[6 * N];
    for (int64_t i = 0; i < N; i++) x[i] = (real)(0.1 * (double)(i - N / 2));
    x[3] = (real)NAN;
    x[4] = (real)INFINITY;
    x[5] = -(real)INFINITY;
    many(N, x, out);
    for (int64_t i = 0; i < N; i++) {
        volatile real one = x[i]; /* keeps this loop scalar */
        assert_true(same(out[i], cama__exp(one)) && same(out[N + i], cama__log(one)));
        assert_true(same(out[2 * N + i], cama__softplus(one)) && same(out[3 * N + i], cama__sigmoid(one)));
        assert_true(same(out[4 * N + i], cama__log1p_exp_neg(one)) && same(out[5 * N + i], cama__log1p(one)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense),  cmocka_unit_test(every_exponent), cmocka_unit_test(edges),
        cmocka_unit_test(circle), cmocka_unit_test(vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
