/* activation_test - each function against libm, its derivative against the formula in the input, the bias and its
 * gradient.
 *
 * Tolerances. A function that is an elementary function of x plus O(1) operations is off by a few units in the last
 * place of the largest number on the way, which is at most 1 + |x|: VALUE = 8 units of it. tanh as 2 sigmoid(2x) -
 * 1 and elu as exp(x) - 1 lose relative, not absolute accuracy near 0. Derivatives are functions of outputs: the
 * same bound. Bias gradients are sums of n numbers in float: n units of the sum of sizes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"

#include "base/rng.h"
#include "nn/activation.h"

#ifdef CAMA_DOUBLE
static const double UNIT = 0x1p-53;
#else
static const double UNIT = 0x1p-24;
#endif

static double value(int32_t kind, double x)
{
    switch (kind) {
    case ACTIVATION_RELU: return x > 0 ? x : 0;
    case ACTIVATION_LEAKY: return x > 0 ? x : 0.01 * x;
    case ACTIVATION_TANH: return tanh(x);
    case ACTIVATION_SIGMOID: return 1 / (1 + exp(-x));
    case ACTIVATION_ELU: return x > 0 ? x : expm1(x);
    case ACTIVATION_SOFTPLUS: return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
    default: return x;
    }
}

static double derivative(int32_t kind, double x)
{
    switch (kind) {
    case ACTIVATION_RELU: return x > 0;
    case ACTIVATION_LEAKY: return x > 0 ? 1 : 0.01;
    case ACTIVATION_TANH: return 1 - tanh(x) * tanh(x);
    case ACTIVATION_SIGMOID: return 1 / (1 + exp(-x)) / (1 + exp(x));
    case ACTIVATION_ELU: return x > 0 ? 1 : exp(x);
    case ACTIVATION_SOFTPLUS: return 1 / (1 + exp(-x));
    default: return 1;
    }
}

static void test_names(void **state)
{
    (void)state;
    static const char *const names[] = {"", "relu", "leaky", "tanh", "sigmoid", "elu", "softplus"};
    for (int32_t k = 0; k < ACTIVATION_KINDS; k++) {
        assert_string_equal(cama__activation_name(k), names[k]);
        if (k > 0) assert_int_equal(cama__activation_find(names[k], strlen(names[k])), k);
    }
    assert_int_equal(cama__activation_find("relux", 4), ACTIVATION_RELU);
    assert_int_equal(cama__activation_find("relux", 5), -1);
    assert_int_equal(cama__activation_find("rel", 3), -1);
    assert_int_equal(cama__activation_find("", 0), -1); /* none has no name that can be written */
}

static real *fill(int64_t n, uint32_t what, double size)
{
    real *v = cama__mem_alloc((size_t)n, sizeof *v);
    cama__rng_normals((cama__rng_key){.seed = 4, .stream = 62, .sample = what}, n, v, 1);
    for (int64_t i = 0; i < n; i++) v[i] = (real)(size * (double)v[i]);
    return v;
}

/* x of all sizes, by a grid of values in one block. */
static void test_values(void **state)
{
    (void)state;
    const int64_t nr = cama__kernel()->nr, channels = 40, n = channels * nr;
    for (int32_t kind = 0; kind < ACTIVATION_KINDS; kind++)
        for (double size = 1e-3; size < 1e4; size *= 10) {
            real *x = fill(n, 1, size), *y = fill(n, 1, size), *d = fill(n, 2, 1), *d0 = fill(n, 2, 1);
            x[0] = y[0] = 0;
            cama__activation_forward(ON(NULL), kind, 1, 1, channels, NULL, y);
            cama__activation_backward(ON(NULL), kind, 1, 1, channels, y, d, NULL);
            for (int64_t i = 0; i < n; i++) {
                const double at = (double)x[i], bound = 8 * UNIT * (1 + fabs(at));
                if (!(fabs((double)y[i] - value(kind, at)) <= bound))
                    fail_msg("%s(%.9g) = %.9g, got %.9g", cama__activation_name(kind), at, value(kind, at),
                             (double)y[i]);
                /* at 0 the rectifiers have a kink, where the derivative from below is meant */
                if (!(fabs((double)d[i] - (double)d0[i] * derivative(kind, at)) <= bound * (1 + fabs((double)d0[i]))))
                    fail_msg("%s'(%.9g) = %.9g, got %.9g", cama__activation_name(kind), at, derivative(kind, at),
                             (double)(d[i] / d0[i]));
            }
            cama__mem_free(x), cama__mem_free(y), cama__mem_free(d), cama__mem_free(d0);
        }
}

/* Huge inputs saturate or pass; nothing overflows. */
static void test_extremes(void **state)
{
    (void)state;
    const int64_t nr = cama__kernel()->nr;
    static const double huge[] = {1e30, -1e30, 200, -200};
    for (int32_t kind = 0; kind < ACTIVATION_KINDS; kind++)
        for (int i = 0; i < 4; i++) {
            real *y = fill(nr, 1, 0), *d = fill(nr, 1, 0);
            for (int64_t j = 0; j < nr; j++) y[j] = (real)huge[i], d[j] = 1;
            cama__activation_forward(ON(NULL), kind, 1, 1, 1, NULL, y);
            cama__activation_backward(ON(NULL), kind, 1, 1, 1, y, d, NULL);
            const double want = value(kind, huge[i]);
            assert_true(isfinite(y[0]) && isfinite(d[0]));
            assert_near(y[0], want, 8 * UNIT * (1 + fabs(want)));
            assert_near(d[0], huge[i] > 0 ? derivative(kind, 200) : derivative(kind, -200), 8 * UNIT);
            cama__mem_free(y), cama__mem_free(d);
        }
}

/* A bias for each channel, the same for all pixels and lanes; its gradient is the sum over both, added. */
static void check_bias(int32_t kind, int64_t blocks, int64_t pixels, int64_t channels, cama__pool *pool)
{
    const int64_t nr = cama__kernel()->nr, n = blocks * pixels * channels * nr;
    real *x = fill(n, 5, 1), *y = fill(n, 5, 1), *bias = fill(channels, 6, 1), *d = fill(n, 7, 1),
         *before = fill(n, 7, 1);
    real *dbias = fill(channels, 8, 1), *old = fill(channels, 8, 1);
    cama__activation_forward(ON(pool), kind, blocks, pixels, channels, bias, y);
    cama__activation_backward(WITH_SCRATCH(pool), kind, blocks, pixels, channels, y, d, dbias);
    for (int64_t c = 0; c < channels; c++) {
        double sum = (double)old[c], sizes = fabs(sum);
        for (int64_t at = 0; at < n; at++) {
            if (at / nr % channels != c) continue;
            const double v = (double)(real)(x[at] + bias[c]); /* one rounding, as in the loop */
            assert_near(y[at], value(kind, v), 8 * UNIT * (1 + fabs(v)));
            assert_near(d[at], (double)before[at] * derivative(kind, v),
                        8 * UNIT * (1 + fabs(v)) * (1 + fabs((double)before[at])));
            sum += (double)d[at];
            sizes += fabs((double)d[at]);
        }
        assert_near(dbias[c], sum, (double)(blocks * pixels * nr + 1) * UNIT * sizes);
    }
    cama__mem_free(x), cama__mem_free(y), cama__mem_free(bias), cama__mem_free(d), cama__mem_free(before);
    cama__mem_free(dbias), cama__mem_free(old);
}

static void test_bias(void **state)
{
    (void)state;
    cama__pool *pool = NULL;
    OK(cama__pool_create(3, &pool));
    for (int32_t kind = 0; kind < ACTIVATION_KINDS; kind++)
        for (int64_t blocks = 1; blocks <= 9; blocks += 4)
            for (int64_t pixels = 1; pixels <= 6; pixels += 5)
                check_bias(kind, blocks, pixels, 7, blocks > 4 ? pool : NULL);
    cama__pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_values),
                                       cmocka_unit_test(test_extremes), cmocka_unit_test(test_bias)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
