/* likelihood_draw_test - draws against the formulas of likelihood.h applied to the generator's own vectors, their
 * independence of the batch, and their statistics.
 *
 * Bounds of the statistics: five standard deviations of what is estimated from N independent rows, sqrt(p (1 - p) / N)
 * of a frequency, sqrt(var / N) of a mean, sqrt((kurtosis - 1) / N) var of a variance, 1 / sqrt(N) of a correlation. */
#include <math.h>
#include <string.h>

#include "context.h"

#include "base/rng.h"
#include "prob/likelihood.h"

#define TWO_PI 6.283185307179586476925
#define COUNT(array) ((int32_t)(sizeof(array) / sizeof *(array)))

static const uint64_t SEED = 0x123456789abcdef;

static void near(double got, double want, double tolerance, const char *what, double which)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s of %g: %.9g, expected %.9g within %g", what, which, got, want, tolerance);
}

static real *room(int64_t rows, int64_t dims)
{
    real *r = cama__mem_alloc((size_t)(cama__blocks(rows) * dims * cama__kernel()->nr), sizeof *r);
    assert_non_null(r);
    return r;
}

/* An x of every kind; the second span begins at an odd number. */
static const cama__likelihood_span mixed_spans[] = {
    {LIKELIHOOD_GAUSSIAN, 0, 3},      {LIKELIHOOD_CATEGORICAL, 3, 4},  {LIKELIHOOD_BERNOULLI, 7, 1},
    {LIKELIHOOD_STUDENT, 8, 2},       {LIKELIHOOD_CATEGORICAL, 10, 2}, {LIKELIHOOD_BERNOULLI, 12, 35},
    {LIKELIHOOD_CATEGORICAL, 47, 40},
};
enum { MIXED = 87 };
static const cama__likelihood mixed = {COUNT(mixed_spans), mixed_spans, 4.5, false, NULL, NULL};

static void fill(int64_t first, int64_t rows, real *params, real *scale)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t d = 0; d < MIXED; d++)
            params[cama__at(r, d, MIXED)] = (real)sin(7.0 * (double)(first + r) + 3.0 * (double)d);
    for (int64_t d = 0; d < MIXED; d++)
        scale[d] = (real)(cama__likelihood_kind_has_scale(d < 3 || (d > 7 && d < 10) ? LIKELIHOOD_GAUSSIAN : 0)
                              ? cos((double)d)
                              : NAN);
}

/* ---- Formulas ---------------------------------------------------------------------------------------------------- */

static double scaled(int32_t kind, double mean, double rho, double u, double v)
{
    const double lv = -8 + log1p(exp(rho + 8)), nu = mixed.nu;
    const double square = kind == LIKELIHOOD_STUDENT ? nu * (pow(u, -2 / nu) - 1) : -2 * log(u);
    return mean + exp(lv / 2) * sqrt(square) * cos(TWO_PI * v);
}

/* The probabilities of the library's own mean: what is compared with u is the same to the last bit. */
static int64_t level(const real *mean, int64_t r, const cama__likelihood_span *span, double u)
{
    double whole = 0, sum = 0;
    int64_t d = span->first;
    for (int64_t i = 0; i < span->count; i++) whole += (double)mean[cama__at(r, span->first + i, MIXED)];
    for (; d < span->first + span->count - 1; d++) {
        sum += (double)mean[cama__at(r, d, MIXED)];
        if (u * whole < sum) break;
    }
    return d;
}

static void check_row(const real *x, const real *mean, const real *scale, int64_t r, const real *u)
{
    for (int32_t i = 0; i < mixed.spans; i++) {
        const cama__likelihood_span *span = &mixed_spans[i];
        const int64_t chosen = level(mean, r, span, (double)u[2 * span->first]);
        for (int64_t d = span->first; d < span->first + span->count; d++) {
            const double got = (double)x[cama__at(r, d, MIXED)], p = (double)mean[cama__at(r, d, MIXED)];
            if (span->kind == LIKELIHOOD_BERNOULLI)
                assert_true(got == ((double)u[2 * d] < p));
            else if (span->kind == LIKELIHOOD_CATEGORICAL)
                assert_true(got == (d == chosen));
            else
                near(got, scaled(span->kind, p, (double)scale[d], (double)u[2 * d], (double)u[2 * d + 1]),
                     1e-5 * (1 + fabs(got)), "draw", (double)d);
        }
    }
}

static void formulas(void **state)
{
    (void)state;
    const int64_t rows = 3 * cama__kernel()->nr + 1;
    const uint32_t first = UINT32_MAX - 5; /* wraps as any other key */
    real *x = room(rows, MIXED), *mean = room(rows, MIXED), scale[MIXED], u[2 * MIXED];
    fill(0, rows, x, scale);
    fill(0, rows, mean, scale);
    cama__likelihood_mean(ON(NULL), &mixed, rows, MIXED, mean);
    cama__likelihood_draw(ON(NULL), &mixed, rows, MIXED, scale, SEED, first, x);
    for (int64_t r = 0; r < rows; r++) {
        cama__rng_uniforms((cama__rng_key){SEED, RNG_X, 0, first + (uint32_t)r, 0}, 2 * MIXED, u, 1);
        check_row(x, mean, scale, r, u);
    }
    cama__mem_free(x);
    cama__mem_free(mean);
}

/* Any split of the rows into calls, and any threads: the same bits. */
static void batches(void **state)
{
    (void)state;
    const int64_t rows = 5 * cama__kernel()->nr + 3, steps[] = {1, 3, cama__kernel()->nr, rows};
    real *whole = room(rows, MIXED), *part = room(rows, MIXED), scale[MIXED];
    fill(0, rows, whole, scale);
    cama__likelihood_draw(ON(NULL), &mixed, rows, MIXED, scale, SEED, 77, whole);
    for (int32_t i = 0; i < COUNT(steps); i++) {
        cama__pool *pool = NULL;
        OK(cama__pool_create(1 + i % 3, &pool));
        for (int64_t first = 0; first < rows; first += steps[i]) {
            const int64_t count = rows - first < steps[i] ? rows - first : steps[i];
            fill(first, count, part, scale);
            cama__likelihood_draw(ON(pool), &mixed, count, MIXED, scale, SEED, (uint32_t)(77 + first), part);
            for (int64_t r = 0; r < count; r++)
                for (int64_t d = 0; d < MIXED; d++)
                    assert_true(part[cama__at(r, d, MIXED)] == whole[cama__at(first + r, d, MIXED)]);
        }
        cama__pool_free(pool);
    }
    cama__mem_free(whole);
    cama__mem_free(part);
}

/* ---- Statistics -------------------------------------------------------------------------------------------------- */

enum { N = 20000, WIDE = 5 };

/* x (N, WIDE): every row with the same params. */
static real *many(int32_t kind, double nu, const double *params, double rho)
{
    const cama__likelihood_span span = {kind, 0, WIDE};
    const cama__likelihood likelihood = {1, &span, nu, false, NULL, NULL};
    real *x = room(N, WIDE), scale[WIDE];
    for (int64_t d = 0; d < WIDE; d++) scale[d] = (real)rho;
    for (int64_t r = 0; r < N; r++)
        for (int64_t d = 0; d < WIDE; d++) x[cama__at(r, d, WIDE)] = (real)params[d];
    cama__likelihood_draw(ON(NULL), &likelihood, N, WIDE, scale, SEED, 0, x);
    return x;
}

static double x_of(const real *x, int64_t r, int64_t d) { return (double)x[cama__at(r, d, WIDE)]; }

static const double five_params[WIDE] = {-2, -0.5, 0, 1, 4};

static void frequencies(void **state)
{
    (void)state;
    double whole = 0;
    for (int64_t d = 0; d < WIDE; d++) whole += exp(five_params[d]);
    for (int32_t kind = 0; kind <= LIKELIHOOD_CATEGORICAL; kind += LIKELIHOOD_CATEGORICAL) {
        real *x = many(kind, 0, five_params, 0);
        for (int64_t d = 0; d < WIDE; d++) {
            double hits = 0;
            const double p = kind == 0 ? 1 / (1 + exp(-five_params[d])) : exp(five_params[d]) / whole;
            for (int64_t r = 0; r < N; r++) hits += x_of(x, r, d);
            near(hits / N, p, 5 * sqrt(p * (1 - p) / N), "frequency", (double)d);
        }
        for (int64_t r = 0; r < N; r++) {
            double sum = 0;
            for (int64_t d = 0; d < WIDE; d++) {
                assert_true(x_of(x, r, d) == 0 || x_of(x, r, d) == 1);
                sum += x_of(x, r, d);
            }
            if (kind == LIKELIHOOD_CATEGORICAL) assert_true(sum == 1);
        }
        cama__mem_free(x);
    }
}

typedef struct {
    int32_t kind;
    double nu, within; /* P(|t| < 1) */
} family;

static const family families[] = {
    {LIKELIHOOD_GAUSSIAN, 0, 0.682689492137086}, {LIKELIHOOD_STUDENT, 1, 0.5},
    {LIKELIHOOD_STUDENT, 2, 0.577350269189626},  {LIKELIHOOD_STUDENT, 3, 0.608997781044226},
    {LIKELIHOOD_STUDENT, 9, 0.656563604},        {LIKELIHOOD_STUDENT, 1e6, 0.682689250},
};

/* Mean, variance (where the fourth moment is there), quantile, sign; numbers and rows beside each other. */
static void check_numbers(const real *x, const family *f, double sd)
{
    const bool moments = f->kind == LIKELIHOOD_GAUSSIAN || f->nu > 8;
    const double var = f->kind == LIKELIHOOD_GAUSSIAN ? 1 : f->nu / (f->nu - 2);
    const double kurtosis = f->kind == LIKELIHOOD_GAUSSIAN ? 3 : 3 + 6 / (f->nu - 4);
    for (int64_t d = 0; d < WIDE; d++) {
        double mean = 0, square = 0, within = 0, above = 0, beside = 0, below = 0;
        for (int64_t r = 0; r < N; r++) {
            const double t = (x_of(x, r, d) - five_params[d]) / sd;
            mean += t / N;
            square += t * t / N;
            within += (fabs(t) < 1) / (double)N;
            above += (t > 0) / (double)N;
            beside += t * (x_of(x, r, (d + 1) % WIDE) - five_params[(d + 1) % WIDE]) / sd / N;
            below += t * (x_of(x, (r + 1) % N, d) - five_params[d]) / sd / N;
        }
        near(within, f->within, 5 * sqrt(f->within * (1 - f->within) / N), "within", f->nu);
        near(above, 0.5, 2.5 / sqrt(N), "sign", f->nu);
        if (!moments) continue;
        near(mean, 0, 5 * sqrt(var / N), "mean", f->nu);
        near(square, var, 5 * var * sqrt((kurtosis - 1) / N), "variance", f->nu);
        near(beside, 0, 5 * var / sqrt(N), "product of neighbours", f->nu);
        near(below, 0, 5 * var / sqrt(N), "product of rows", f->nu);
    }
}

static void moments(void **state)
{
    (void)state;
    for (int32_t i = 0; i < COUNT(families); i++) {
        real *x = many(families[i].kind, families[i].nu, five_params, 1.5);
        check_numbers(x, &families[i], exp((-8 + log1p(exp(9.5))) / 2));
        cama__mem_free(x);
    }
}

/* A level that cannot be is never drawn, one that must be always; the largest nu is the gaussian to 1e-4. */
static void ends(void **state)
{
    (void)state;
    const double sure[WIDE] = {-1e4, -1e4, 1e4, -1e4, -1e4}, last[WIDE] = {-200, -200, -200, -200, 0};
    const double none[WIDE] = {0};
    real *a = many(LIKELIHOOD_CATEGORICAL, 0, sure, 0), *b = many(LIKELIHOOD_CATEGORICAL, 0, last, 0);
    real *t = many(LIKELIHOOD_STUDENT, 1e6, none, 0), *g = many(LIKELIHOOD_GAUSSIAN, 0, none, 0);
    for (int64_t r = 0; r < N; r++) {
        assert_true(x_of(a, r, 2) == 1 && x_of(b, r, 4) == 1);
        for (int64_t d = 0; d < WIDE; d++) near(x_of(t, r, d), x_of(g, r, d), 1e-4, "limit", (double)r);
    }
    cama__mem_free(a);
    cama__mem_free(b);
    cama__mem_free(t);
    cama__mem_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formulas), cmocka_unit_test(batches), cmocka_unit_test(frequencies),
        cmocka_unit_test(moments),  cmocka_unit_test(ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
