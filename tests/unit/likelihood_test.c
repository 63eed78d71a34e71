/* likelihood_test - values and adjoints against plain loops in long double, number by number: each kind alone and kinds
 * mixed in one x, aligned, constant and mixed row maps, ragged blocks, and what must not change a bit.
 *
 * Tolerances, with EPS that of the build and S the sum of the magnitudes of what is added up:
 *   bernoulli    16 EPS S: softplus and sigmoid within 8 eps, a product, a tree of five sums
 *   gaussian     (32 + 2 (|lv| + 16)) EPS S: exp(-lv) has the rounding of lv, made from numbers up to |lv| + 16, as
 *                relative error; S has (|x| + |mean|)^2 for the cancellation in x - mean
 *   student      as gaussian, with the slope of log(1 + q / nu) instead of that of q
 *   categorical  16 EPS S: exp(l - high), of arguments down to -8, is off by 8 eps of it and 2 ulp, a sum of such and
 *                its log by as much; S has a 2 for it
 *   dscale       as gaussian, plus a sum over blocks stored in EPS: rows EPS S. */
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
#define PI 3.141592653589793238462643383279502884L
#define LOG_2_PI logl(2 * PI)

enum { X_ROWS = 160, MOST_ROWS = 160, MOST_DIMS = 100 };

typedef struct {
    cama__likelihood likelihood;
    int64_t rows, dims;
    const int32_t *x_row;
    cama__pool *pool;
    real *params, *x, scale[MOST_DIMS];
    double dlogp[MOST_ROWS];
} setup;

static long double param_of(const setup *s, int64_t r, int64_t d) { return s->params[cama__at(r, d, s->dims)]; }
static long double x_of(const setup *s, int64_t r, int64_t d)
{
    return s->x[cama__at(s->x_row != NULL ? s->x_row[r] : r, d, s->dims)];
}
static long double softplus(long double x) { return fmaxl(x, 0) + log1pl(expl(-fabsl(x))); }
static long double sigmoid(long double x) { return 1 / (1 + expl(-x)); }
static long double lv_of(const setup *s, int64_t d) { return -8 + softplus((long double)s->scale[d] + 8); }

static void near(double got, long double exact, long double allowed, const char *what, int64_t r, int64_t d)
{
    const double want = (double)exact, tolerance = (double)allowed;
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s of row %d, dimension %d: %.17g, expected %.17g within %g", what, (int)r, (int)d, got, want,
                 tolerance);
}

/* ---- The witness, one number at a time --------------------------------------------------------------------------- */

typedef struct {
    long double value, size;      /* a term of logp, and of S */
    long double dparam, dx, drho; /* its derivatives */
    long double mean;
} term;

static term bernoulli(const setup *s, int64_t r, int64_t d, const cama__likelihood_span *span)
{
    const long double l = param_of(s, r, d), x = x_of(s, r, d);
    (void)span;
    return (term){x * l - softplus(l), 1 + 2 * fabsl(l), x - sigmoid(l), l, 0, sigmoid(l)};
}

static term gaussian(const setup *s, int64_t r, int64_t d, const cama__likelihood_span *span)
{
    const long double lv = lv_of(s, d), iv = expl(-lv), mean = param_of(s, r, d), x = x_of(s, r, d), e = x - mean;
    const long double worse = (32 + 2 * (fabsl(lv) + 16)) / 16, whole = fabsl(x) + fabsl(mean);
    (void)span;
    return (term){-(e * e * iv + lv + LOG_2_PI) / 2,
                  worse * (whole * whole * iv + fabsl(lv) + 2),
                  e * iv,
                  -e * iv,
                  (e * e * iv - 1) / 2 * sigmoid((long double)s->scale[d] + 8),
                  mean};
}

static term student(const setup *s, int64_t r, int64_t d, const cama__likelihood_span *span)
{
    const long double lv = lv_of(s, d), iv = expl(-lv), mean = param_of(s, r, d), x = x_of(s, r, d), e = x - mean;
    const long double nu = s->likelihood.nu, below = nu + e * e * iv, log1p_q = logl(below / nu);
    const long double worse = (32 + 2 * (fabsl(lv) + 16)) / 16, whole = fabsl(x) + fabsl(mean);
    const long double norm = lgammal((nu + 1) / 2) - lgammal(nu / 2) - logl(nu * PI) / 2;
    (void)span;
    return (term){norm - lv / 2 - (nu + 1) / 2 * log1p_q,
                  worse * ((nu + 1) * (whole * whole * iv / below + log1p_q / 2) + fabsl(lv) + 2),
                  (nu + 1) * e * iv / below,
                  -(nu + 1) * e * iv / below,
                  ((nu + 1) * e * e * iv / below - 1) / 2 * sigmoid((long double)s->scale[d] + 8),
                  mean};
}

static term categorical(const setup *s, int64_t r, int64_t d, const cama__likelihood_span *span)
{
    const long double l = param_of(s, r, d), x = x_of(s, r, d);
    long double sum = 0, mass = 0;
    for (int64_t i = span->first; i < span->first + span->count; i++) {
        sum += expl(param_of(s, r, i));
        mass += x_of(s, r, i);
    }
    const long double log_p = l - logl(sum), p = expl(log_p);
    return (term){x * log_p, fabsl(x) * (2 - 2 * log_p) + 2 * mass * p, x - p * mass, log_p, 0, p};
}

typedef term witness(const setup *s, int64_t r, int64_t d, const cama__likelihood_span *span);
static witness *const witnesses[] = {bernoulli, gaussian, student, categorical};

static const cama__likelihood_span *span_of(const setup *s, int64_t d)
{
    const cama__likelihood_span *span = s->likelihood.span;
    while (d >= span->first + span->count) span++;
    return span;
}

static term exact(const setup *s, int64_t r, int64_t d)
{
    const cama__likelihood_span *span = span_of(s, d);
    return witnesses[span->kind](s, r, d, span);
}

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

/* Kind and count, up to the first count of 0. */
static const int32_t layouts[][5][2] = {
    {{LIKELIHOOD_BERNOULLI, 1}},
    {{LIKELIHOOD_BERNOULLI, 32}},
    {{LIKELIHOOD_BERNOULLI, 100}},
    {{LIKELIHOOD_GAUSSIAN, 1}},
    {{LIKELIHOOD_GAUSSIAN, 10}},
    {{LIKELIHOOD_GAUSSIAN, 100}},
    {{LIKELIHOOD_STUDENT, 1}},
    {{LIKELIHOOD_STUDENT, 32}},
    {{LIKELIHOOD_STUDENT, 100}},
    {{LIKELIHOOD_CATEGORICAL, 1}},
    {{LIKELIHOOD_CATEGORICAL, 2}},
    {{LIKELIHOOD_CATEGORICAL, 32}},
    {{LIKELIHOOD_CATEGORICAL, 100}},
    {{LIKELIHOOD_GAUSSIAN, 3},
     {LIKELIHOOD_CATEGORICAL, 4},
     {LIKELIHOOD_BERNOULLI, 1},
     {LIKELIHOOD_STUDENT, 2},
     {LIKELIHOOD_CATEGORICAL, 2}},
    {{LIKELIHOOD_STUDENT, 33}, {LIKELIHOOD_CATEGORICAL, 35}, {LIKELIHOOD_GAUSSIAN, 31}, {LIKELIHOOD_BERNOULLI, 1}},
};

static void run(check *one_case, const int32_t (*layout)[2], int64_t rows, int32_t map, int32_t threads)
{
    setup s = {.rows = rows, .x_row = make_index(map, rows)};
    cama__likelihood_span span[5];
    int32_t spans = 0;
    for (; spans < 5 && layout[spans][1] > 0; spans++) {
        span[spans] = (cama__likelihood_span){layout[spans][0], s.dims, layout[spans][1]};
        s.dims += layout[spans][1];
    }
    s.likelihood = (cama__likelihood){spans, span, 3.5, false, NULL, NULL};
    OK(cama__pool_create(threads, &s.pool));
    s.params = noise_tensor(rows, s.dims, 4);
    s.x = noise_tensor(X_ROWS, s.dims, 1);
    for (size_t i = 0; i < noise_numbers(X_ROWS, s.dims); i++)
        s.x[i] = s.x[i] > 0 ? s.x[i] : 0; /* half of them black */
    for (int64_t d = 0; d < s.dims; d++) {
        s.scale[d] = (real)(d == 0 ? -20 : noise(4));
        if (!cama__likelihood_kind_has_scale(span_of(&s, d)->kind)) s.scale[d] = (real)NAN; /* unused */
    }
    for (int64_t r = 0; r < rows; r++) s.dlogp[r] = noise(1);
    one_case(&s);
    cama__mem_free(s.params);
    cama__mem_free(s.x);
    cama__pool_free(s.pool);
}

static void over_all(check *one_case)
{
    const int64_t nr = cama__kernel()->nr, rows[] = {1, nr, 3 * nr + 1};
    for (size_t layout = 0; layout < sizeof layouts / sizeof *layouts; layout++)
        for (int32_t map = 0; map < 4; map++)
            for (size_t i = 0; i < 3; i++) run(one_case, layouts[layout], rows[i], map, 1 + map % 3);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------ */

static void call_forward(const setup *s, cama__pool *pool, const real *params, double *logp)
{
    cama__likelihood_forward(ON(pool), &s->likelihood, s->rows, s->dims, params, s->x, s->x_row, s->scale, logp);
}

static void call_backward(const setup *s, cama__pool *pool, const real *params, real *dparams, real *dx, real *dscale)
{
    cama__likelihood_backward(WITH_SCRATCH(pool), &s->likelihood, s->rows, s->dims, params, s->x, s->x_row, s->scale,
                              s->dlogp, dparams, dx, dscale);
}

static void check_forward(setup *s)
{
    double logp[MOST_ROWS + 1];
    logp[s->rows] = 77;
    call_forward(s, s->pool, s->params, logp);
    for (int64_t r = 0; r < s->rows; r++) {
        long double want = 0, size = 0;
        for (int64_t d = 0; d < s->dims; d++) {
            const term t = exact(s, r, d);
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
        long double want = before, size = fabs(before);
        for (int64_t r = 0; r < s->rows; r++) {
            const term t = exact(s, r, d);
            want += s->dlogp[r] * t.drho;
            size += cama__likelihood_kind_has_scale(span_of(s, d)->kind) ? fabs(s->dlogp[r]) * t.size : 0;
        }
        near((double)dscale[d], want, (16 + (double)s->rows) * EPS * size * (size > fabs(before)), "dscale", -1, d);
    }
}

static void check_backward(setup *s)
{
    real *dparams = noise_tensor(s->rows, s->dims, 1), *dx = noise_tensor(s->rows, s->dims, 1), dscale[MOST_DIMS];
    for (int64_t d = 0; d < s->dims; d++) dscale[d] = (real)0.25;
    /* The lanes past rows come out as zeros whatever is there. */
    for (int64_t r = s->rows; r < cama__blocks(s->rows) * cama__kernel()->nr; r++)
        for (int64_t d = 0; d < s->dims; d++) s->params[cama__at(r, d, s->dims)] = (real)NAN;
    call_backward(s, s->pool, s->params, dparams, dx, dscale);
    for (int64_t r = 0; r < cama__blocks(s->rows) * cama__kernel()->nr; r++)
        for (int64_t d = 0; d < s->dims; d++) {
            const int64_t i = cama__at(r, d, s->dims);
            if (r >= s->rows) {
                assert_true(dparams[i] == 0 && dx[i] == 0);
                continue;
            }
            const term t = exact(s, r, d);
            const long double w = s->dlogp[r];
            const long double slack = isnan(s->scale[d]) ? 1 : expl(-lv_of(s, d));
            const long double tolerance = 16 * EPS * fabsl(w) * (t.size + slack * 8);
            near((double)dparams[i], w * t.dparam, tolerance, "dparams", r, d);
            near((double)dx[i], w * t.dx, tolerance, "dx", r, d);
        }
    check_dscale(s, dscale, 0.25);
    cama__mem_free(dparams);
    cama__mem_free(dx);
}

/* In place, without dx and dscale, with other threads: the same bits. */
static void check_bits(setup *s)
{
    const size_t bytes = noise_numbers(s->rows, s->dims) * sizeof(real);
    real *want = noise_tensor(s->rows, s->dims, 1), *got = noise_tensor(s->rows, s->dims, 1),
         *dx = noise_tensor(s->rows, s->dims, 1);
    real *dx_want = noise_tensor(s->rows, s->dims, 1), scale[2][MOST_DIMS] = {{0}};
    double logp[2][MOST_ROWS];
    call_forward(s, NULL, s->params, logp[0]);
    call_backward(s, NULL, s->params, want, dx_want, scale[0]);
    for (int32_t threads = 1; threads <= 3; threads++) {
        cama__pool *pool = NULL;
        OK(cama__pool_create(threads, &pool));
        memset(scale[1], 0, sizeof scale[1]);
        memcpy(got, s->params, bytes);
        call_forward(s, pool, got, logp[1]);
        call_backward(s, pool, got, got, dx, scale[1]);
        assert_memory_equal(got, want, bytes);
        assert_memory_equal(dx, dx_want, bytes);
        assert_memory_equal(scale[1], scale[0], sizeof scale[0]);
        assert_memory_equal(logp[1], logp[0], (size_t)s->rows * sizeof **logp);
        memset(got, 0, bytes);
        call_backward(s, pool, s->params, got, NULL, NULL);
        assert_memory_equal(got, want, bytes);
        cama__pool_free(pool);
    }
    cama__mem_free(want);
    cama__mem_free(got);
    cama__mem_free(dx);
    cama__mem_free(dx_want);
}

/* A row's logp is the same alone, in lane 0, as among its neighbours. */
static void check_alone(setup *s)
{
    double logp[MOST_ROWS], alone;
    real *params = noise_tensor(1, s->dims, 1);
    call_forward(s, NULL, s->params, logp);
    for (int32_t r = 0; r < s->rows; r += 3) {
        const int32_t x_row = s->x_row != NULL ? s->x_row[r] : r;
        for (int64_t d = 0; d < s->dims; d++) params[cama__at(0, d, s->dims)] = s->params[cama__at(r, d, s->dims)];
        cama__likelihood_forward(ON(NULL), &s->likelihood, 1, s->dims, params, s->x, &x_row, s->scale, &alone);
        assert_true(alone == logp[r]);
    }
    cama__mem_free(params);
}

static void check_mean(setup *s)
{
    real *mean = noise_tensor(s->rows, s->dims, 1);
    memcpy(mean, s->params, noise_numbers(s->rows, s->dims) * sizeof *mean);
    cama__likelihood_mean(ON(s->pool), &s->likelihood, s->rows, s->dims, mean);
    for (int64_t r = 0; r < s->rows; r++)
        for (int64_t d = 0; d < s->dims; d++) {
            const long double want = exact(s, r, d).mean;
            near((double)mean[cama__at(r, d, s->dims)], want, 24 * EPS * fabsl(want), "mean", r, d);
        }
    cama__mem_free(mean);
}

static void forward(void **state) { (void)state, over_all(check_forward); }
static void backward(void **state) { (void)state, over_all(check_backward); }
static void bits(void **state) { (void)state, over_all(check_bits); }
static void alone(void **state) { (void)state, over_all(check_alone); }
static void mean(void **state) { (void)state, over_all(check_mean); }

static void names(void **state)
{
    (void)state;
    const char *const words[] = {"bernoulli", "gaussian", "student"};
    int32_t kind = -1;
    for (int32_t i = 0; i < 3; i++) {
        OK(cama__likelihood_parse(words[i], &kind));
        assert_int_equal(kind, i);
        assert_string_equal(cama__likelihood_name(i), words[i]);
    }
    assert_string_equal(cama__likelihood_name(LIKELIHOOD_CATEGORICAL), "categorical");
    assert_string_equal(cama__likelihood_name(4), "unknown");
    kind = 5;
    assert_int_equal(cama__likelihood_parse("categorical", &kind), CAMA_E_OPTION); /* a whole x cannot be */
    assert_int_equal(cama__likelihood_parse("poisson", &kind), CAMA_E_OPTION);
    assert_int_equal(kind, 5);
    for (int32_t i = 0; i < 3; i++) check_said(words[i]);
    check_said("poisson");
    assert_int_equal(cama__likelihood_parse(NULL, &kind), CAMA_E_OPTION);
}

static void scales(void **state)
{
    (void)state;
    const cama__likelihood_span span[] = {{LIKELIHOOD_BERNOULLI, 0, 3},
                                          {LIKELIHOOD_CATEGORICAL, 3, 4},
                                          {LIKELIHOOD_STUDENT, 7, 2},
                                          {LIKELIHOOD_GAUSSIAN, 9, 1}};
    assert_false(cama__likelihood_has_scale(&(cama__likelihood){0, span, 1, false, NULL, NULL}));
    assert_false(cama__likelihood_has_scale(&(cama__likelihood){2, span, 1, false, NULL, NULL}));
    assert_true(cama__likelihood_has_scale(&(cama__likelihood){3, span, 1, false, NULL, NULL}));
    assert_true(cama__likelihood_has_scale(&(cama__likelihood){1, span + 3, 1, false, NULL, NULL}));
}

int main(void)
{
    noise_state = 3;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward), cmocka_unit_test(backward), cmocka_unit_test(bits),   cmocka_unit_test(alone),
        cmocka_unit_test(mean),    cmocka_unit_test(names),    cmocka_unit_test(scales),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
