/* likelihood_test - values and adjoints against plain double loops, and (double build) adjoints against central
 * differences.
 *
 * Tolerances, with EPS that of the build and S the sum of the magnitudes of what is added up:
 *   Bernoulli   16 EPS S: softplus and sigmoid within 8 eps, a product, a tree of five sums
 *   Gaussian    (32 + 2 (|lv| + 16)) EPS S: exp(-lv) has the rounding of lv, made from numbers up to |lv| + 16, as
 *               relative error; S has (|x| + |mean|)^2 for the cancellation in x - mean
 *   dscale      as Gaussian, plus a sum over blocks stored in EPS: rows EPS S
 *   central differences, step h = 1e-5: 1e-6 of the slope for h^2 f''' / 6, and 4 DBL_EPSILON |f| / h for rounding. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "prob/likelihood.h"

#ifdef CAMA_DOUBLE
#define EPS DBL_EPSILON
#else
#define EPS FLT_EPSILON
#endif
#define LOG_2_PI 1.8378770664093454836

enum { X_ROWS = 160, MOST_ROWS = 160, MOST_DIMS = 100 };

static uint32_t state_of_noise = 3;
static double noise(double size)
{
    state_of_noise = state_of_noise * 1664525u + 1013904223u;
    return size * ((double)(state_of_noise >> 8) / (double)(1u << 23) - 1);
}

static size_t numbers(int64_t rows, int64_t features)
{
    return (size_t)(cama__blocks(rows) * features * cama__kernel()->nr);
}

static real *tensor(int64_t rows, int64_t features, double size)
{
    real *t = cama__mem_alloc(numbers(rows, features), sizeof *t);
    assert_non_null(t);
    for (size_t i = 0; i < numbers(rows, features); i++) t[i] = (real)noise(size);
    return t;
}

typedef struct {
    int32_t kind;
    int64_t rows, dims;
    const int32_t *x_row;
    cama__pool *pool;
    real *params, *x, scale[MOST_DIMS];
    double dlogp[MOST_ROWS];
} setup;

static double param_of(const setup *s, int64_t r, int64_t d) { return (double)s->params[cama__at(r, d, s->dims)]; }
static double x_of(const setup *s, int64_t r, int64_t d)
{
    return (double)s->x[cama__at(s->x_row != NULL ? s->x_row[r] : r, d, s->dims)];
}
static double log1p_exp_neg(double x) { return log1p(exp(-x)); }
static double softplus(double x) { return fmax(x, 0) + log1p_exp_neg(fabs(x)); }
static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double lv_of(const setup *s, int64_t d) { return -8 + softplus((double)s->scale[d] + 8); }

static void near(double got, double want, double tolerance, const char *what, int64_t r, int64_t d)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s of row %d, dimension %d: %.17g, expected %.17g within %g", what, (int)r, (int)d, got, want,
                 tolerance);
}

/* ---- The witness, one number at a time --------------------------------------------------------------------------- */

typedef struct {
    double value, size;      /* a term of logp, and of S */
    double dparam, dx, drho; /* its derivatives */
} term;

static term bernoulli(const setup *s, int64_t r, int64_t d)
{
    const double l = param_of(s, r, d), x = x_of(s, r, d);
    return (term){x * l - softplus(l), 1 + 2 * fabs(l), x - sigmoid(l), l, 0};
}

static term gaussian(const setup *s, int64_t r, int64_t d)
{
    const double lv = lv_of(s, d), iv = exp(-lv), mean = param_of(s, r, d), x = x_of(s, r, d), e = x - mean;
    const double worse = (32 + 2 * (fabs(lv) + 16)) / 16, whole = fabs(x) + fabs(mean);
    return (term){-0.5 * (e * e * iv + lv + LOG_2_PI), worse * (whole * whole * iv + fabs(lv) + 2), e * iv, -e * iv,
                  0.5 * (e * e * iv - 1) * sigmoid((double)s->scale[d] + 8)};
}

typedef term witness(const setup *s, int64_t r, int64_t d);
static witness *const witnesses[] = {bernoulli, gaussian};

/* ---- Every combination ------------------------------------------------------------------------------------------ */

typedef void check(setup *s);

static int32_t index_of[MOST_ROWS];

static const int32_t *make_index(int32_t map, int64_t rows)
{
    const int32_t nr = cama__kernel()->nr;
    for (int32_t r = 0; r < rows; r++) {
        const int32_t ways[] = {r, (r / nr ^ 1) * nr + r % nr, r / nr, (r * 37) % 23};
        index_of[r] = ways[map];
    }
    return map == 0 ? NULL : index_of;
}

static void run(check *one_case, int32_t kind, int64_t rows, int64_t dims, int32_t map, int32_t threads)
{
    setup s = {.kind = kind, .rows = rows, .dims = dims, .x_row = make_index(map, rows)};
    assert_int_equal(cama__pool_create(threads, &s.pool), CAMA_OK);
    s.params = tensor(rows, dims, 4);
    s.x = tensor(X_ROWS, dims, 1);
    for (size_t i = 0; i < numbers(X_ROWS, dims); i++) s.x[i] = s.x[i] > 0 ? s.x[i] : 0; /* half of them black */
    for (int64_t d = 0; d < dims; d++) s.scale[d] = (real)(d == 0 ? -20 : noise(4));
    for (int64_t r = 0; r < rows; r++) s.dlogp[r] = noise(1);
    one_case(&s);
    cama__mem_free(s.params);
    cama__mem_free(s.x);
    cama__pool_free(s.pool);
}

static void over_all(check *one_case)
{
    const int64_t nr = cama__kernel()->nr, rows[] = {1, nr, 3 * nr + 1}, dims[] = {1, 10, 32, MOST_DIMS};
    for (int32_t kind = 0; kind < 2; kind++)
        for (int32_t map = 0; map < 4; map++)
            for (size_t i = 0; i < 3; i++)
                for (size_t d = 0; d < 4; d++) run(one_case, kind, rows[i], dims[d], map, 1 + map % 3);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------ */

static void check_forward(setup *s)
{
    double logp[MOST_ROWS + 1];
    logp[s->rows] = 77;
    cama__likelihood_forward(s->pool, s->kind, s->rows, s->dims, s->params, s->x, s->x_row, s->scale, logp);
    for (int64_t r = 0; r < s->rows; r++) {
        double want = 0, size = 0;
        for (int64_t d = 0; d < s->dims; d++) {
            const term t = witnesses[s->kind](s, r, d);
            want += t.value;
            size += t.size;
        }
        near(logp[r], want, 16 * EPS * size, "logp", r, -1);
    }
    assert_true(logp[s->rows] == 77);
}

static void check_dscale(const setup *s, const real *dscale, double before)
{
    for (int64_t d = 0; d < s->dims; d++) {
        double want = before, size = fabs(before);
        for (int64_t r = 0; r < s->rows; r++) {
            const term t = witnesses[s->kind](s, r, d);
            want += s->dlogp[r] * t.drho;
            size += fabs(s->dlogp[r]) * t.size;
        }
        near((double)dscale[d], want, (16 + (double)s->rows) * EPS * size, "dscale", -1, d);
    }
}

static void check_backward(setup *s)
{
    real *dparams = tensor(s->rows, s->dims, 1), *dx = tensor(s->rows, s->dims, 1), dscale[MOST_DIMS];
    real *work = cama__mem_alloc((size_t)cama__likelihood_work(s->rows, s->dims), sizeof *work);
    for (int64_t d = 0; d < s->dims; d++) dscale[d] = (real)0.25;
    /* The lanes past rows come out as zeros whatever is there. */
    for (int64_t r = s->rows; r < cama__blocks(s->rows) * cama__kernel()->nr; r++)
        for (int64_t d = 0; d < s->dims; d++) s->params[cama__at(r, d, s->dims)] = (real)NAN;
    cama__likelihood_backward(s->pool, s->kind, s->rows, s->dims, s->params, s->x, s->x_row, s->scale, s->dlogp,
                              dparams, dx, dscale, work);
    for (int64_t r = 0; r < cama__blocks(s->rows) * cama__kernel()->nr; r++)
        for (int64_t d = 0; d < s->dims; d++) {
            const int64_t i = cama__at(r, d, s->dims);
            if (r >= s->rows) {
                assert_true(dparams[i] == 0 && dx[i] == 0);
                continue;
            }
            const term t = witnesses[s->kind](s, r, d);
            const double w = s->dlogp[r], slack = s->kind == LIKELIHOOD_GAUSSIAN ? exp(-lv_of(s, d)) : 1;
            const double tolerance = 16 * EPS * fabs(w) * (t.size + slack * 8);
            near((double)dparams[i], w * t.dparam, tolerance, "dparams", r, d);
            near((double)dx[i], w * t.dx, tolerance, "dx", r, d);
        }
    check_dscale(s, dscale, 0.25);
    cama__mem_free(dparams);
    cama__mem_free(dx);
    cama__mem_free(work);
}

/* In place, without dx and dscale, with other threads: the same bits. */
static void check_bits(setup *s)
{
    const size_t bytes = numbers(s->rows, s->dims) * sizeof(real);
    real *want = tensor(s->rows, s->dims, 1), *got = tensor(s->rows, s->dims, 1), *dx = tensor(s->rows, s->dims, 1);
    real *dx_want = tensor(s->rows, s->dims, 1), scale[2][MOST_DIMS] = {{0}}, *work;
    double logp[2][MOST_ROWS];
    work = cama__mem_alloc((size_t)cama__likelihood_work(s->rows, s->dims), sizeof *work);
    cama__likelihood_forward(NULL, s->kind, s->rows, s->dims, s->params, s->x, s->x_row, s->scale, logp[0]);
    cama__likelihood_backward(NULL, s->kind, s->rows, s->dims, s->params, s->x, s->x_row, s->scale, s->dlogp, want,
                              dx_want, scale[0], work);
    for (int32_t threads = 1; threads <= 3; threads++) {
        cama__pool *pool = NULL;
        assert_int_equal(cama__pool_create(threads, &pool), CAMA_OK);
        memset(scale[1], 0, sizeof scale[1]);
        memcpy(got, s->params, bytes);
        cama__likelihood_forward(pool, s->kind, s->rows, s->dims, got, s->x, s->x_row, s->scale, logp[1]);
        cama__likelihood_backward(pool, s->kind, s->rows, s->dims, got, s->x, s->x_row, s->scale, s->dlogp, got, dx,
                                  scale[1], work);
        assert_memory_equal(got, want, bytes);
        assert_memory_equal(dx, dx_want, bytes);
        assert_memory_equal(scale[1], scale[0], sizeof scale[0]);
        assert_memory_equal(logp[1], logp[0], (size_t)s->rows * sizeof **logp);
        memset(got, 0, bytes);
        cama__likelihood_backward(pool, s->kind, s->rows, s->dims, s->params, s->x, s->x_row, s->scale, s->dlogp, got,
                                  NULL, NULL, NULL);
        assert_memory_equal(got, want, bytes);
        cama__pool_free(pool);
    }
    cama__mem_free(want);
    cama__mem_free(got);
    cama__mem_free(dx);
    cama__mem_free(dx_want);
    cama__mem_free(work);
}

/* A row's logp is the same alone, in lane 0, as among its neighbours. */
static void check_alone(setup *s)
{
    double logp[MOST_ROWS], alone;
    real *params = tensor(1, s->dims, 1);
    cama__likelihood_forward(NULL, s->kind, s->rows, s->dims, s->params, s->x, s->x_row, s->scale, logp);
    for (int32_t r = 0; r < s->rows; r += 3) {
        const int32_t x_row = s->x_row != NULL ? s->x_row[r] : r;
        for (int64_t d = 0; d < s->dims; d++) params[cama__at(0, d, s->dims)] = s->params[cama__at(r, d, s->dims)];
        cama__likelihood_forward(NULL, s->kind, 1, s->dims, params, s->x, &x_row, s->scale, &alone);
        assert_true(alone == logp[r]);
    }
    cama__mem_free(params);
}

static double objective(const setup *s)
{
    double logp[MOST_ROWS], sum = 0;
    cama__likelihood_forward(NULL, s->kind, s->rows, s->dims, s->params, s->x, s->x_row, s->scale, logp);
    for (int64_t r = 0; r < s->rows; r++) sum += s->dlogp[r] * logp[r];
    return sum;
}

static void check_slope(const setup *s, real *number, double got, const char *what, int64_t r, int64_t d)
{
    const double h = 1e-5;
    const real kept = *number;
    *number = (real)((double)kept + h);
    const double up = objective(s);
    *number = (real)((double)kept - h);
    const double down = objective(s);
    *number = kept;
    near(got, (up - down) / (2 * h), 1e-6 * (1 + fabs(got)) + 4 * DBL_EPSILON * fabs(up) / h, what, r, d);
}

static void check_differences(setup *s)
{
    real *dparams = tensor(s->rows, s->dims, 1), *dx = tensor(s->rows, s->dims, 1), dscale[MOST_DIMS] = {0};
    real *work = cama__mem_alloc((size_t)cama__likelihood_work(s->rows, s->dims), sizeof *work);
    cama__likelihood_backward(NULL, s->kind, s->rows, s->dims, s->params, s->x, s->x_row, s->scale, s->dlogp, dparams,
                              dx, dscale, work);
    for (int64_t d = 0; d < s->dims; d += 1 + s->dims / 9) {
        for (int64_t r = 0; r < s->rows; r += 2) {
            const int64_t i = cama__at(r, d, s->dims);
            check_slope(s, &s->params[i], (double)dparams[i], "dparams", r, d);
        }
        for (int64_t j = 0; j < 40; j++) { /* the caller's part: rows reduced to observations */
            double sum = 0;
            for (int64_t r = 0; r < s->rows; r++)
                sum += (s->x_row != NULL ? s->x_row[r] : r) == j ? (double)dx[cama__at(r, d, s->dims)] : 0;
            check_slope(s, &s->x[cama__at(j, d, s->dims)], sum, "dx", j, d);
        }
        if (cama__likelihood_has_scale(s->kind)) check_slope(s, &s->scale[d], (double)dscale[d], "dscale", 0, d);
    }
    cama__mem_free(dparams);
    cama__mem_free(dx);
    cama__mem_free(work);
}

static void check_mean(setup *s)
{
    real *mean = tensor(s->rows, s->dims, 1);
    memcpy(mean, s->params, numbers(s->rows, s->dims) * sizeof *mean);
    cama__likelihood_mean(s->pool, s->kind, s->rows, s->dims, mean);
    for (int64_t r = 0; r < s->rows; r++)
        for (int64_t d = 0; d < s->dims; d++) {
            const double p = param_of(s, r, d), want = s->kind == LIKELIHOOD_BERNOULLI ? sigmoid(p) : p;
            near((double)mean[cama__at(r, d, s->dims)], want, 8 * EPS * fabs(want), "mean", r, d);
        }
    cama__mem_free(mean);
}

static void forward(void **state) { (void)state, over_all(check_forward); }
static void backward(void **state) { (void)state, over_all(check_backward); }
static void bits(void **state) { (void)state, over_all(check_bits); }
static void alone(void **state) { (void)state, over_all(check_alone); }
static void mean(void **state) { (void)state, over_all(check_mean); }

static void differences(void **state)
{
    (void)state;
#ifdef CAMA_DOUBLE
    over_all(check_differences);
#else
    (void)check_differences;
    skip();
#endif
}

/* Sure pixels: no overflow, and the small loss of a right one is not lost in l - softplus(l). */
static void extremes(void **state)
{
    (void)state;
    const real logits[] = {20, -20, 80, -80, 1000, -1000, 30000};
    const real pixels[] = {1, 0, 1, 0, 0, 1, 1};
    const double wants[] = {-log1p(exp(-20.0)), -log1p(exp(-20.0)), -exp(-80.0), -exp(-80.0), -1000, -1000, 0};
    real *params = tensor(1, 1, 1), *x = tensor(1, 1, 1), *dparams = tensor(1, 1, 1);
    for (size_t i = 0; i < sizeof logits / sizeof *logits; i++) {
        double logp = 9;
        const double one = 1;
        params[0] = logits[i];
        x[0] = pixels[i];
        cama__likelihood_forward(NULL, LIKELIHOOD_BERNOULLI, 1, 1, params, x, NULL, NULL, &logp);
        near(logp, wants[i], 1e-6 * fabs(wants[i]), "extreme logp", (int64_t)i, 0);
        cama__likelihood_backward(NULL, LIKELIHOOD_BERNOULLI, 1, 1, params, x, NULL, NULL, &one, dparams, NULL, NULL,
                                  NULL);
        near((double)dparams[0], (double)pixels[i] - sigmoid((double)logits[i]), EPS, "extreme slope", (int64_t)i, 0);
    }
    cama__mem_free(params);
    cama__mem_free(x);
    cama__mem_free(dparams);
}

static void names(void **state)
{
    (void)state;
    int32_t kind = -1;
    assert_int_equal(cama__likelihood_parse("gaussian", &kind), CAMA_OK);
    assert_int_equal(kind, LIKELIHOOD_GAUSSIAN);
    assert_int_equal(cama__likelihood_parse(cama__likelihood_name(LIKELIHOOD_BERNOULLI), &kind), CAMA_OK);
    assert_int_equal(kind, LIKELIHOOD_BERNOULLI);
    kind = 5;
    assert_int_equal(cama__likelihood_parse("poisson", &kind), CAMA_E_OPTION);
    assert_int_equal(kind, 5);
    assert_non_null(strstr(cama_last_error(), "bernoulli"));
    assert_non_null(strstr(cama_last_error(), "gaussian"));
    assert_non_null(strstr(cama_last_error(), "poisson"));
    assert_int_equal(cama__likelihood_parse(NULL, &kind), CAMA_E_OPTION);
    assert_true(cama__likelihood_has_scale(LIKELIHOOD_GAUSSIAN) && !cama__likelihood_has_scale(LIKELIHOOD_BERNOULLI));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward), cmocka_unit_test(backward),    cmocka_unit_test(bits),     cmocka_unit_test(alone),
        cmocka_unit_test(mean),    cmocka_unit_test(differences), cmocka_unit_test(extremes), cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
