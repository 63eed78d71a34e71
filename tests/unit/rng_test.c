/* rng_test - Philox against its published answers, the vectorised numbers against the formulas of rng.h written out in
 * double precision, and moments against bounds derived from their variance.
 * A statistic that should be standard normal is accepted within Z_BOUND; a right generator exceeds 5 with probability
 * 6e-7, and the seeds are fixed, so the tests either pass always or never. */

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"

#define Z_BOUND 5.0
#ifdef CAMA_DOUBLE
#define REAL_EPSILON DBL_EPSILON
#else
#define REAL_EPSILON FLT_EPSILON
#endif

enum { COUNT = 1 << 18 };

typedef void draw(cama__rng_key key, int64_t n, real *out, int64_t stride);

static const cama__rng_key some_key = {UINT64_C(0x0123456789abcdef), RNG_Z, 17, 4711, 99};

static real *numbers(int64_t n) { return cama__mem_alloc((size_t)n, sizeof(real)); }

/* ---- Philox ------------------------------------------------------------------------------------------------------ */

static void test_philox_known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], answer[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t out[4];
        cama__rng_philox(known[i].counter, known[i].key, out);
        assert_memory_equal(out, known[i].answer, sizeof out);
    }
}

/* ---- The formulas of rng.h, one number at a time ----------------------------------------------------------------- */

static void block_words(cama__rng_key key, int64_t block, uint32_t x[4])
{
    const uint32_t seed[2] = {(uint32_t)key.seed, (uint32_t)(key.seed >> 32)};
    const uint32_t counter[4] = {key.stream << 24 | (uint32_t)(block % (1 << 24)), key.sample,
                                 key.example - (uint32_t)(block >> 24), key.step};
    cama__rng_philox(counter, seed, x);
}

static double unit(uint32_t word) { return ((word >> 9) + 0.5) / 8388608.0; }

static double plain_uniform(cama__rng_key key, int64_t i)
{
    uint32_t x[4];
    block_words(key, i / 4, x);
    return unit(x[i % 4]);
}

static double plain_normal(cama__rng_key key, int64_t i, double *radius)
{
    uint32_t x[4];
    block_words(key, i / 4, x);
    const int64_t pair = i % 4 / 2 * 2;
    const double angle = 2 * 3.14159265358979323846 * unit(x[pair + 1]);
    *radius = sqrt(-2 * log(unit(x[pair])));
    return *radius * (i % 2 == 0 ? cos(angle) : sin(angle));
}

/* Keys with every field in use, and with every field at its ends. */
static const cama__rng_key keys[] = {
    {UINT64_C(0x0123456789abcdef), RNG_Z, 17, 4711, 99},
    {0, RNG_Z, 0, 0, 0},
    {UINT64_MAX, RNG_DROPOUT, UINT32_MAX, RNG_NO_EXAMPLE, UINT32_MAX},
    {UINT64_C(1) << 32, RNG_INIT, 3, RNG_NO_EXAMPLE, 0},
};

static void test_uniforms_are_the_formula(void **state)
{
    (void)state;
    real u[1000];
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        cama__rng_uniforms(keys[k], 1000, u, 1);
        for (int64_t i = 0; i < 1000; i++) assert_true((double)u[i] == plain_uniform(keys[k], i));
    }
}

/* Error in units of epsilon, relative to the radius: log within 4 ulp, halved by the root, and the root's own rounding
 * are 3 at most; sine or cosine 4; the product 1/2. */
static void test_normals_are_the_formula(void **state)
{
    (void)state;
    enum { N = 20000 };
    real *normal = numbers(N);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        cama__rng_normals(keys[k], N, normal, 1);
        for (int64_t i = 0; i < N; i++) {
            double radius;
            const double expected = plain_normal(keys[k], i, &radius);
            assert_near(normal[i], expected, 7.5 * REAL_EPSILON * radius);
        }
    }
    cama__mem_free(normal);
}

/* A vector of more than 2^26 numbers: stride 0 keeps the last one only. */
static void test_long_vector_does_not_run_into_the_next_stream(void **state)
{
    (void)state;
    const int64_t last = (INT64_C(1) << 26) + 5;
    cama__rng_key next = some_key;
    real number = 0;
    cama__rng_uniforms(some_key, last + 1, &number, 0);
    assert_true((double)number == plain_uniform(some_key, last));
    next.stream++;
    assert_true((double)number != plain_uniform(next, 5));
}

static void test_short_vector_begins_the_long_one(void **state)
{
    (void)state;
    static draw *const draws[] = {cama__rng_normals, cama__rng_uniforms};
    enum { LONG = 300 };
    real whole[LONG], part[LONG + 1];
    for (size_t d = 0; d < 2; d++) {
        draws[d](some_key, LONG, whole, 1);
        for (int64_t n = 0; n <= LONG; n++) {
            part[n] = -77;
            draws[d](some_key, n, part, 1);
            assert_memory_equal(part, whole, (size_t)n * sizeof(real));
            assert_true(part[n] == -77); /* nothing past the end */
        }
    }
}

static void test_stride(void **state)
{
    (void)state;
    static draw *const draws[] = {cama__rng_normals, cama__rng_uniforms};
    enum { N = 150, STRIDE = 16 };
    real dense[N], strided[N * STRIDE];
    for (size_t d = 0; d < 2; d++) {
        draws[d](some_key, N, dense, 1);
        for (int i = 0; i < N * STRIDE; i++) strided[i] = -77;
        draws[d](some_key, N, strided, STRIDE);
        for (int i = 0; i < N * STRIDE; i++)
            assert_true(strided[i] == (i % STRIDE == 0 ? dense[i / STRIDE] : (real)-77));
    }
}

/* ---- Distribution ------------------------------------------------------------------------------------------------ */

/* z-score of the mean of f(x) whose expectation and variance are known. */
static double mean_score(const real *x, int64_t n, int power, double expectation, double variance)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += pow((double)x[i], power) - expectation;
    return sum / sqrt((double)n * variance);
}

static void test_moments_of_normals(void **state)
{
    (void)state;
    real *x = numbers(COUNT);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        cama__rng_normals(keys[k], COUNT, x, 1);
        assert_near(mean_score(x, COUNT, 1, 0, 1), 0, Z_BOUND);
        assert_near(mean_score(x, COUNT, 2, 1, 2), 0, Z_BOUND);
        assert_near(mean_score(x, COUNT, 3, 0, 15), 0, Z_BOUND);
        assert_near(mean_score(x, COUNT, 4, 3, 96), 0, Z_BOUND);
    }
    cama__mem_free(x);
}

/* Chi-square over equal cells, standardised: (chi2 - (cells - 1)) / sqrt(2 (cells - 1)). */
static double cell_score(const int64_t *counts, int cells, int64_t n)
{
    double chi2 = 0;
    const double expected = (double)n / cells;
    for (int i = 0; i < cells; i++) chi2 += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
    return (chi2 - (cells - 1)) / sqrt(2.0 * (cells - 1));
}

static void test_cells_of_uniforms_and_normals(void **state)
{
    (void)state;
    enum { CELLS = 256 };
    real *x = numbers(COUNT);
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        for (int normal = 0; normal < 2; normal++) {
            int64_t counts[CELLS] = {0};
            (normal ? cama__rng_normals : cama__rng_uniforms)(keys[k], COUNT, x, 1);
            for (int64_t i = 0; i < COUNT; i++) {
                const double u = normal ? 0.5 * erfc(-(double)x[i] * 0.70710678118654752) : (double)x[i];
                assert_true(u > 0 && u < 1);
                counts[(int)(u * CELLS)]++;
            }
            assert_near(cell_score(counts, CELLS, COUNT), 0, Z_BOUND);
        }
    }
    cama__mem_free(x);
}

/* Correlation of n products of independent standard normals, and of their squares (of which the variance is 2). */
static void assert_independent(const real *a, const real *b, int64_t n)
{
    double product = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) {
        const double p = (double)a[i], q = (double)b[i];
        product += p * q;
        squares += (p * p - 1) * (q * q - 1);
    }
    assert_near(product / sqrt((double)n), 0, Z_BOUND);
    assert_near(squares / sqrt(4.0 * (double)n), 0, Z_BOUND);
}

static void test_neighbouring_keys_are_independent(void **state)
{
    (void)state;
    cama__rng_key near[8];
    for (int i = 0; i < 8; i++) near[i] = some_key;
    near[0].seed += 1;
    near[1].seed ^= UINT64_C(1) << 32;
    near[2].stream = RNG_M;
    near[3].sample += 1;
    near[4].example += 1;
    near[5].step += 1;
    near[6].sample = some_key.example, near[6].example = some_key.sample; /* fields changed over */
    near[7].example = some_key.step, near[7].step = some_key.example;
    real *a = numbers(COUNT), *b = numbers(COUNT);
    cama__rng_normals(some_key, COUNT, a, 1);
    for (int i = 0; i < 8; i++) {
        cama__rng_normals(near[i], COUNT, b, 1);
        assert_independent(a, b, COUNT);
    }
    for (int64_t lag = 1; lag <= 8; lag++) assert_independent(a, a + lag, COUNT - lag);
    for (int64_t lag = 16; lag <= 128; lag *= 2) assert_independent(a, a + lag, COUNT - lag);
    cama__mem_free(a);
    cama__mem_free(b);
}

/* Short vectors of many examples and samples are what the model draws: pool them. */
static void test_short_vectors_together(void **state)
{
    (void)state;
    enum { LENGTH = 5, VECTORS = 40000 };
    real *x = numbers(LENGTH * VECTORS);
    for (int v = 0; v < VECTORS; v++) {
        cama__rng_key key = some_key;
        key.example = (uint32_t)v / 8;
        key.sample = (uint32_t)v % 8;
        cama__rng_normals(key, LENGTH, x + (int64_t)v * LENGTH, 1);
    }
    assert_near(mean_score(x, LENGTH * VECTORS, 1, 0, 1), 0, Z_BOUND);
    assert_near(mean_score(x, LENGTH * VECTORS, 2, 1, 2), 0, Z_BOUND);
    for (int64_t lag = 1; lag <= 8; lag++) {
        assert_independent(x, x + lag * LENGTH, (VECTORS - lag) * LENGTH);
        assert_independent(x, x + lag, VECTORS * LENGTH - lag);
    }
    cama__mem_free(x);
}

/* ---- Permutations ------------------------------------------------------------------------------------------------ */

static void test_permutation_is_the_formula(void **state)
{
    (void)state;
#if defined(__SIZEOF_INT128__)
    __extension__ typedef unsigned __int128 wide;
    enum { N = 3000 };
    int64_t expected[N], got[N];
    cama__rng_key key = {5, RNG_SHUFFLE, 0, RNG_NO_EXAMPLE, 12};
    for (int64_t i = 0; i < N; i++) expected[i] = i;
    for (int64_t i = N - 1; i >= 1; i--) {
        uint32_t x[4];
        block_words(key, i, x);
        const uint64_t word = (uint64_t)x[0] << 32 | x[1];
        const int64_t j = (int64_t)((wide)word * (wide)(i + 1) >> 64), moved = expected[i];
        expected[i] = expected[j];
        expected[j] = moved;
    }
    cama__rng_permutation(key, N, got);
    assert_memory_equal(got, expected, sizeof got);
#endif
}

static void test_permutation_holds_each_number_once(void **state)
{
    (void)state;
    enum { MOST = 100 };
    int64_t order[MOST + 1];
    for (int64_t n = 0; n <= MOST; n++) {
        bool seen[MOST] = {false};
        cama__rng_key key = {7, RNG_SHUFFLE, 0, RNG_NO_EXAMPLE, (uint32_t)n};
        order[n] = -5;
        cama__rng_permutation(key, n, order);
        for (int64_t i = 0; i < n; i++) {
            assert_in_range(order[i], 0, n - 1);
            assert_false(seen[order[i]]);
            seen[order[i]] = true;
        }
        assert_int_equal(order[n], -5);
    }
}

static void test_permutations_are_equally_likely(void **state)
{
    (void)state;
    enum { N = 5, ORDERS = 120, DRAWS = 24000 };
    int64_t counts[ORDERS] = {0};
    for (uint32_t epoch = 0; epoch < DRAWS; epoch++) {
        int64_t order[N];
        int rank = 0; /* Lehmer code */
        cama__rng_permutation((cama__rng_key){7, RNG_SHUFFLE, 0, RNG_NO_EXAMPLE, epoch}, N, order);
        for (int i = 0; i < N; i++) {
            int smaller = 0;
            for (int j = i + 1; j < N; j++) smaller += order[j] < order[i];
            rank = rank * (N - i) + smaller;
        }
        counts[rank]++;
    }
    assert_near(cell_score(counts, ORDERS, DRAWS), 0, Z_BOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox_known_answers),
        cmocka_unit_test(test_uniforms_are_the_formula),
        cmocka_unit_test(test_normals_are_the_formula),
        cmocka_unit_test(test_long_vector_does_not_run_into_the_next_stream),
        cmocka_unit_test(test_short_vector_begins_the_long_one),
        cmocka_unit_test(test_stride),
        cmocka_unit_test(test_moments_of_normals),
        cmocka_unit_test(test_cells_of_uniforms_and_normals),
        cmocka_unit_test(test_neighbouring_keys_are_independent),
        cmocka_unit_test(test_short_vectors_together),
        cmocka_unit_test(test_permutation_is_the_formula),
        cmocka_unit_test(test_permutation_holds_each_number_once),
        cmocka_unit_test(test_permutations_are_equally_likely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
