/* Small batches, whose images are cut into tiles that take the lanes, get the same bits as many rows, with and
 * without a max pool, for each way that a map can be computed, and the same places in the pool. */
#include "conv_check.h"

#include "conv/conv_passes.h"

enum { MANY = 61 };

static const struct {
    const char *name;
    cama__conv map;
    int32_t window;
    bool cut; /* whether few rows are computed in another way */
} cases[] = {
    {"patches, pool", {SQUARE(28, 28, 5, 1, 2), SQUARE(28, 28, 5, 1, 2), 1, 64, false, false}, 2, true},
    {"patches", {SQUARE(28, 28, 3, 1, 1), SQUARE(20, 20, 3, 1, 1), 3, 20, false, false}, 1, true},
    {"patches, stride 2, odd", {SQUARE(15, 8, 3, 2, 1), SQUARE(27, 13, 5, 2, 1), 1, 17, false, false}, 1, true},
    {"patches, pool of 3", {SQUARE(14, 14, 3, 1, 1), SQUARE(17, 16, 2, 1, 0), 2, 16, false, false}, 3, false},
    {"filtered, two kinds of tiles, pool",
     {SQUARE(14, 14, 5, 1, 2), SQUARE(14, 14, 5, 1, 2), 64, 64, false, false},
     2,
     true},
    {"filtered", {SQUARE(14, 14, 3, 1, 1), SQUARE(28, 28, 3, 1, 1), 17, 40, false, false}, 1, true},
    {"filtered, one tile", {SQUARE(7, 7, 3, 1, 1), SQUARE(7, 7, 3, 1, 1), 32, 16, false, false}, 2, false},
    {"filtered, stride 2", {SQUARE(28, 14, 3, 2, 1), SQUARE(28, 14, 3, 2, 1), 16, 24, false, false}, 1, true},
    {"filtered, stride 2, pool of 3", {SQUARE(13, 7, 5, 2, 2), SQUARE(13, 7, 5, 2, 2), 17, 31, false, false}, 3, true},
    {"filtered, windows that overlap",
     {SQUARE(18, 18, 8, 1, 3), SQUARE(18, 18, 8, 1, 3), 16, 16, false, false},
     1,
     false},
    {"plain", {SQUARE(9, 9, 3, 1, 1), SQUARE(9, 9, 3, 1, 1), 12, 12, false, false}, 2, false},
    {"dense", {SQUARE(1, 1, 1, 1, 0), SQUARE(1, 1, 1, 1, 0), 50, 70, false, false}, 1, false},
    {"transposed", {SQUARE(14, 7, 3, 2, 1), SQUARE(14, 7, 3, 2, 1), 16, 16, true, false}, 1, false},
};

typedef struct {
    const cama__conv *map;
    cama__maxpool pool;
    bool pooled;
    const real *weights, *bias, *in;
    real *out;
    uint8_t *place;
    int64_t rows;
} run;

static void apply(const cama__exec *exec, void *arg)
{
    const run *r = arg;
    const cama__conv_post post = {r->bias, true, r->pooled ? r->pool.window : 1};
    cama__conv_forward(
        exec, &(cama__conv_application){r->map, r->map->adjoint, post, r->weights, r->rows, r->in, r->out, r->place});
}

static size_t bytes_of(run r, int64_t rows)
{
    r.rows = rows;
    return context_measure((cama__exec){.winograd = true}, apply, &r);
}

static void run_measured(run *r) { assert_true(context_run((cama__exec){.winograd = true}, apply, r)); }

static int64_t lanes(int64_t rows) { return cama__blocks(rows) * cama__kernel()->nr; }

static void check(const cama__conv *m, size_t number)
{
    const bool adjoint = m->adjoint;
    const int32_t window = cases[number].window;
    const int64_t in = cama__conv_in(m, adjoint), channels = adjoint ? m->big_channels : m->small_channels;
    const int64_t h = ((adjoint ? m->h.big : m->h.small) + window - 1) / window;
    const int64_t w = ((adjoint ? m->w.big : m->w.small) + window - 1) / window, out = h * w * channels;
    double *weights = conv_random((int64_t)m->small_channels * m->h.taps * m->w.taps * m->big_channels, 1);
    double *x = conv_random(MANY * in, 2);
    run r = {.map = m, .pooled = window > 1, .weights = conv_pack(m, adjoint, weights)};
    real *bias = cama__mem_alloc((size_t)(cama__panels(channels) * cama__kernel()->mr), sizeof *bias);
    for (int64_t c = 0; c < channels; c++)
        bias[c] = (real)(c % 7 == 3 ? 1e5 : 0.1 * (double)(c % 5 - 2)); /* 1e5: ties */
    r.bias = bias;
    r.pool = (cama__maxpool){m->h.small, m->w.small, (int32_t)channels, window};
    real *want = cama__mem_alloc((size_t)(lanes(MANY) * out), sizeof *want);
    uint8_t *places = cama__mem_alloc((size_t)(lanes(MANY) * out), 1);
    real *all = conv_to_blocks(x, MANY, in, 0);
    r.rows = MANY, r.in = all, r.out = want, r.place = r.pooled ? places : NULL;
    run_measured(&r);
    if (cama__kernel()->nr >= 8) assert_int_equal(bytes_of(r, 1) != bytes_of(r, cama__kernel()->nr), cases[number].cut);
    for (int64_t rows = 1; rows <= cama__kernel()->nr; rows += rows == 1 ? 2 : 5) {
        real *few = conv_to_blocks(x, rows, in, 0), *got = cama__mem_alloc((size_t)(lanes(rows) * out), sizeof *got);
        uint8_t *place = cama__mem_alloc((size_t)(lanes(rows) * out), 1);
        memset(got, 0xff, (size_t)(lanes(rows) * out) * sizeof *got);
        r.rows = rows, r.in = few, r.out = got, r.place = r.pooled ? place : NULL;
        run_measured(&r);
        for (int64_t row = 0; row < lanes(rows); row++)
            for (int64_t f = 0; f < out; f++) {
                const real value = got[cama__at(row, f, out)];
                if (row >= rows)
                    assert_true(isfinite(value));
                else if (value != want[cama__at(row, f, out)])
                    fail_msg("%s, %d rows: row %d, number %d: got %.9g, among many %.9g", cases[number].name, (int)rows,
                             (int)row, (int)f, (double)value, (double)want[cama__at(row, f, out)]);
                else if (r.pooled && place[cama__at(row, f, out)] != places[cama__at(row, f, out)])
                    fail_msg("%s, %d rows: row %d, number %d is of another pixel", cases[number].name, (int)rows,
                             (int)row, (int)f);
            }
        cama__mem_free(few), cama__mem_free(got), cama__mem_free(place);
    }
    cama__mem_free((void *)(uintptr_t)r.weights), cama__mem_free(bias), cama__mem_free(want), cama__mem_free(places);
    cama__mem_free(all);
    free(weights), free(x);
}

static void test_few_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cama__conv map = cases[i].map;
        cama__conv_init(&map);
        check(&map, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_few_rows)};
    cama__mem_set_hook(&(cama__mem_hook){.alloc = conv_guarded_alloc, .free = conv_guarded_free});
    return cmocka_run_group_tests(tests, NULL, NULL);
}
