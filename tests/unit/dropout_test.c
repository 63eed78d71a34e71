/* dropout_test - what is dropped is a function of (seed, step, example, layer) and happens as often as the rate says;
 * what stays is divided by 1 - rate, and without keys nothing happens. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"

#include "base/rng.h"
#include "base/threads.h"
#include "nn/dropout.h"

enum { F = 37, N = 300, LAYER = 3 };
static uint32_t examples[N];

typedef struct {
    real *in, *out;
    uint8_t *kept;
    int64_t blocks, count;
} pass;

static double number_at(int64_t example, int64_t f) { return 1 + (double)((example * 31 + f * 7) % 17); }

/* The rows of keys, which are `examples` from keys.example on. */
static pass forward(cama__pool *pool, const cama__dropout_keys *keys, double rate, int32_t layer, int64_t n)
{
    pass p = {.blocks = cama__blocks(n)};
    p.count = p.blocks * cama__kernel()->nr * F;
    p.in = cama__mem_alloc((size_t)p.count, sizeof(real)), p.out = cama__mem_alloc((size_t)p.count, sizeof(real));
    p.kept = cama__mem_alloc((size_t)p.count, 1);
    for (int64_t r = 0; r < n; r++)
        for (int64_t f = 0; f < F; f++)
            p.in[cama__at(r, f, F)] =
                (real)number_at(keys != NULL && keys->example != NULL ? keys->example[r] : (uint32_t)r, f);
    for (int64_t i = 0; i < p.count; i++) p.out[i] = NAN, p.kept[i] = 77;
    cama__dropout_forward(&(cama__exec){.pool = pool, .dropout = keys}, rate, layer, n, F, p.in, p.out, p.kept);
    return p;
}

static void release(pass *p) { cama__mem_free(p->in), cama__mem_free(p->out), cama__mem_free(p->kept); }

static cama__dropout_keys keys_of(uint64_t seed, uint32_t step)
{
    for (uint32_t i = 0; i < N; i++) examples[i] = 1000 + 3 * i;
    return (cama__dropout_keys){.seed = seed, .step = step, .example = examples, .n = N};
}

/* A count of n draws of probability p is within five standard deviations, sqrt(n p (1-p)). */
static void expect_share(double count, double n, double p)
{
    if (fabs(count - n * p) > 5 * sqrt(n * p * (1 - p)) + 1e-9) fail_msg("%g of %g, expected %g", count, n, n * p);
}

static void test_frequencies(void **state)
{
    (void)state;
    static const double rates[] = {0, 0.1, 0.25, 0.5, 0.9};
    for (int i = 0; i < 5; i++) {
        const cama__dropout_keys keys = keys_of(5, 9);
        pass p = forward(NULL, &keys, rates[i], LAYER, N);
        double dropped = 0, of_feature[F] = {0};
        for (int64_t r = 0; r < N; r++) {
            double of_row = 0;
            for (int64_t f = 0; f < F; f++) of_row += p.kept[cama__at(r, f, F)] == 0;
            for (int64_t f = 0; f < F; f++) of_feature[f] += p.kept[cama__at(r, f, F)] == 0;
            expect_share(of_row, F, rates[i]);
            dropped += of_row;
        }
        for (int64_t f = 0; f < F; f++) expect_share(of_feature[f], N, rates[i]);
        expect_share(dropped, (double)N * F, rates[i]);
        release(&p);
    }
}

static void test_what_stays(void **state)
{
    (void)state;
    const cama__dropout_keys keys = keys_of(5, 9);
    pass p = forward(NULL, &keys, 0.25, LAYER, N);
    const real scale = (real)(1 / 0.75);
    for (int64_t r = 0; r < N; r++)
        for (int64_t f = 0; f < F; f++) {
            const int64_t at = cama__at(r, f, F);
            assert_true(p.kept[at] <= 1);
            assert_true(p.out[at] == (p.kept[at] ? p.in[at] * scale : 0));
        }
    real *din = cama__mem_alloc((size_t)p.count, sizeof *din);
    cama__dropout_backward(&(cama__exec){.dropout = &keys}, 0.25, N, F, p.kept, p.in, din);
    assert_memory_equal(din, p.out, (size_t)p.count * sizeof *din); /* the same linear map */
    cama__mem_free(din);
    release(&p);
}

static void test_without_keys(void **state)
{
    (void)state;
    pass p = forward(NULL, NULL, 0.5, LAYER, N);
    assert_memory_equal(p.out, p.in, (size_t)p.count * sizeof *p.in);
    real *din = cama__mem_alloc((size_t)p.count, sizeof *din);
    cama__dropout_backward(ON(NULL), 0.5, N, F, p.kept, p.in, din);
    assert_memory_equal(din, p.in, (size_t)p.count * sizeof *din);
    cama__mem_free(din);
    release(&p);
}

static void expect_same_row(const pass *a, int64_t row_a, const pass *b, int64_t row_b)
{
    for (int64_t f = 0; f < F; f++) {
        assert_int_equal(a->kept[cama__at(row_a, f, F)], b->kept[cama__at(row_b, f, F)]);
        assert_true(a->out[cama__at(row_a, f, F)] == b->out[cama__at(row_b, f, F)]);
    }
}

/* An example's mask does not depend on its row, its batch or the threads. */
static void test_same_example(void **state)
{
    (void)state;
    uint32_t turned[N];
    cama__pool *pool = NULL;
    const cama__dropout_keys keys = keys_of(5, 9);
    cama__dropout_keys other = keys, few = keys;
    for (int i = 0; i < N; i++) turned[i] = examples[N - 1 - i];
    other.example = turned;
    few.example = examples + 100;
    few.n = 7;
    OK(cama__pool_create(3, &pool));
    pass a = forward(NULL, &keys, 0.25, LAYER, N), b = forward(pool, &other, 0.25, LAYER, N),
         c = forward(NULL, &few, 0.25, LAYER, 7);
    for (int64_t r = 0; r < N; r++) expect_same_row(&a, r, &b, N - 1 - r);
    for (int64_t r = 0; r < 7; r++) expect_same_row(&a, 100 + r, &c, r);
    release(&a), release(&b), release(&c);
    cama__pool_free(pool);
}

/* How many numbers of the rows two masks have in common. */
static double agreement(const pass *a, const pass *b, int64_t shift)
{
    double same = 0;
    for (int64_t r = 0; r < N - shift; r++)
        for (int64_t f = 0; f < F; f++) same += a->kept[cama__at(r, f, F)] == b->kept[cama__at(r + shift, f, F)];
    return same;
}

/* Another seed, step, layer or example is independent: equal with probability p^2 + (1-p)^2 = 1/2. */
static void test_other_keys(void **state)
{
    (void)state;
    const cama__dropout_keys keys = keys_of(5, 9), seed = keys_of(6, 9), step = keys_of(5, 10);
    pass a = forward(NULL, &keys, 0.5, LAYER, N), s = forward(NULL, &seed, 0.5, LAYER, N),
         t = forward(NULL, &step, 0.5, LAYER, N), l = forward(NULL, &keys, 0.5, LAYER + 1, N);
    expect_share(agreement(&a, &s, 0), (double)N * F, 0.5);
    expect_share(agreement(&a, &t, 0), (double)N * F, 0.5);
    expect_share(agreement(&a, &l, 0), (double)N * F, 0.5);
    expect_share(agreement(&a, &a, 1), (double)(N - 1) * F, 0.5);
    release(&a), release(&s), release(&t), release(&l);
}

/* Keys without examples: one mask for all. */
static void test_no_examples(void **state)
{
    (void)state;
    const cama__dropout_keys keys = {.seed = 1, .step = 2, .n = 9};
    pass p = forward(NULL, &keys, 0.5, LAYER, 9);
    for (int64_t r = 1; r < 9; r++)
        for (int64_t f = 0; f < F; f++) assert_int_equal(p.kept[cama__at(0, f, F)], p.kept[cama__at(r, f, F)]);
    release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_frequencies),  cmocka_unit_test(test_what_stays),
                                       cmocka_unit_test(test_without_keys), cmocka_unit_test(test_same_example),
                                       cmocka_unit_test(test_other_keys),   cmocka_unit_test(test_no_examples)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
