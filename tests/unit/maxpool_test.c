/* maxpool_test - windows side by side, hanging over the edge, ties, and the way back, against plain loops over
 * dense images. No tolerance: numbers are chosen and moved. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"

#include "base/rng.h"
#include "conv/maxpool.h"

enum { GUARD = 16 };

typedef struct {
    cama__maxpool m;
    int64_t rows;
} subject;

static const subject subjects[] = {{{4, 4, 3, 2}, 5},  {{5, 7, 2, 2}, 13}, {{1, 1, 4, 2}, 3},    {{7, 3, 1, 3}, 30},
                                   {{14, 9, 5, 4}, 7}, {{2, 9, 3, 15}, 2}, {{16, 15, 2, 15}, 12}};

static int64_t in_size(const cama__maxpool *m) { return (int64_t)m->in_h * m->in_w * m->channels; }
static int64_t out_size(const cama__maxpool *m)
{
    return (int64_t)cama__maxpool_out(m->in_h, m->window) * cama__maxpool_out(m->in_w, m->window) * m->channels;
}

static int64_t lanes(int64_t rows) { return cama__blocks(rows) * cama__kernel()->nr; }

/* Few different values: ties are common. */
static real *draw(int64_t rows, int64_t features, uint32_t what, double levels)
{
    const int64_t n = lanes(rows) * features;
    real *v = cama__mem_alloc((size_t)n, sizeof *v);
    cama__rng_uniforms((cama__rng_key){.seed = 3, .stream = 61, .sample = what}, n, v, 1);
    for (int64_t i = 0; levels > 0 && i < n; i++) v[i] = (real)(floor((double)v[i] * levels) - levels / 2);
    return v;
}

/* Feature of the input pixel that the output feature of a row is taken from: the largest, the first of equals in
 * row order. */
static int64_t source(const cama__maxpool *m, const real *in, int64_t row, int64_t out)
{
    const int32_t out_w = cama__maxpool_out(m->in_w, m->window), channel = (int32_t)(out % m->channels);
    const int32_t oh = (int32_t)(out / m->channels / out_w), ow = (int32_t)(out / m->channels % out_w);
    int64_t best = -1;
    for (int32_t h = oh * m->window; h < (oh + 1) * m->window && h < m->in_h; h++)
        for (int32_t w = ow * m->window; w < (ow + 1) * m->window && w < m->in_w; w++) {
            const int64_t f = ((int64_t)h * m->in_w + w) * m->channels + channel;
            if (best < 0 || in[cama__at(row, f, in_size(m))] > in[cama__at(row, best, in_size(m))]) best = f;
        }
    return best;
}

static void check(const subject *s, cama__pool *pool, double levels, uint32_t what)
{
    const cama__maxpool *m = &s->m;
    const int64_t ins = in_size(m), outs = out_size(m), all = lanes(s->rows);
    real *in = draw(s->rows, ins, what, levels), *dout = draw(s->rows, outs, what + 1, 0);
    real *out = cama__mem_alloc((size_t)(all * outs + GUARD), sizeof *out),
         *din = cama__mem_alloc((size_t)(all * ins + GUARD), sizeof *din);
    real *want = cama__mem_alloc((size_t)(all * ins), sizeof *want);
    uint8_t *place = cama__mem_alloc((size_t)(all * outs + GUARD), 1);
    for (int64_t i = 0; i < all * outs + GUARD; i++) out[i] = 99, place[i] = 0xee;
    for (int64_t i = 0; i < all * ins + GUARD; i++) din[i] = NAN;
    for (int64_t i = 0; i < GUARD; i++) din[all * ins + i] = 99;
    cama__maxpool_forward(ON(pool), m, s->rows, in, out, place);
    cama__maxpool_backward(ON(pool), m, s->rows, place, dout, din);
    for (int64_t r = 0; r < all; r++) /* padding lanes are images like others */
        for (int64_t f = 0; f < outs; f++) {
            const int64_t from = source(m, in, r, f);
            assert_true(out[cama__at(r, f, outs)] == in[cama__at(r, from, ins)]);
            want[cama__at(r, from, ins)] += dout[cama__at(r, f, outs)];
        }
    for (int64_t i = 0; i < all * ins; i++) assert_true(din[i] == want[i]);
    for (int64_t i = 0; i < GUARD; i++)
        assert_true(out[all * outs + i] == 99 && place[all * outs + i] == 0xee && din[all * ins + i] == 99);
    cama__mem_free(in), cama__mem_free(dout), cama__mem_free(out), cama__mem_free(din), cama__mem_free(want),
        cama__mem_free(place);
}

static void test_pooling(void **state)
{
    (void)state;
    cama__pool *pool = NULL;
    OK(cama__pool_create(3, &pool));
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        for (int shared = 0; shared < 2; shared++) {
            check(&subjects[i], shared ? pool : NULL, 0, (uint32_t)(10 * i));
            check(&subjects[i], shared ? pool : NULL, 4, (uint32_t)(10 * i + 3)); /* ties, negative numbers */
            check(&subjects[i], shared ? pool : NULL, 1, (uint32_t)(10 * i + 6)); /* all equal */
        }
    cama__pool_free(pool);
}

static void test_sizes(void **state)
{
    (void)state;
    assert_int_equal(cama__maxpool_out(28, 2), 14);
    assert_int_equal(cama__maxpool_out(7, 2), 4);
    assert_int_equal(cama__maxpool_out(1, 2), 1);
    assert_int_equal(cama__maxpool_out(15, 15), 1);
    assert_int_equal(cama__maxpool_out(16, 15), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sizes), cmocka_unit_test(test_pooling)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
