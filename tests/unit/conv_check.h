/* correlate_check - what any way to compute the maps of conv.h has to hold to, over given geometries: agreement
 * with plain loops in double in both directions and for the gradient of the weights, max pools, the same bits on any
 * number of threads and in any number of calls. Behind every block of memory lies a page that cannot be touched. Header
 * only. */
#ifndef TESTS_UNIT_CORRELATE_CHECK_H
#define TESTS_UNIT_CORRELATE_CHECK_H

#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/rng.h"
#include "conv/conv.h"

typedef struct {
    const char *name;
    cama__conv map;
    int64_t rows;
} geometry;

#define SQUARE(big, small, taps, stride, pad)                                                                          \
    {                                                                                                                  \
        big, small, taps, stride, pad                                                                                  \
    }
/* window 1: no max pool, place and the place of a gradient NULL. */
typedef struct {
    double tolerance; /* relative to the size of the sum */
    int64_t (*apply_work)(const cama__conv *map, bool adjoint, int32_t window, int32_t threads);
    void (*apply)(cama__pool *pool, const cama__conv *map, bool adjoint, int32_t window, const real *weights,
                  const real *bias, bool relu, int64_t blocks, const real *in, real *out, uint8_t *place, real *work);
    int64_t (*gradient_work)(const cama__conv *map, int64_t blocks, int64_t chunk, int32_t threads);
    void (*gradient)(cama__pool *pool, const cama__conv *map, int32_t window, int64_t blocks, int64_t chunk,
                     const real *in, const real *dout, const uint8_t *place, real *dweights, real *work);
} map_way;

/* ---- memory: a page that holds the length, the block, which ends where its pages do, a page for nobody ---- */

static inline void *guarded_alloc(void *user, size_t bytes)
{
    (void)user;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (bytes + page - 1) / page * page;
    char *all = mmap(NULL, room + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) return NULL;
    *(size_t *)(void *)all = room + 2 * page;
    assert_int_equal(mprotect(all + page + room, page, PROT_NONE), 0);
    return all + page + room - bytes;
}

static inline void guarded_free(void *user, void *pointer)
{
    (void)user;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *all = (char *)pointer - (size_t)((uintptr_t)pointer % page) - page;
    munmap(all, *(size_t *)(void *)all);
}

static inline double *random_doubles(int64_t n, uint32_t sample)
{
    real *r = malloc((size_t)n * sizeof *r);
    double *d = malloc((size_t)n * sizeof *d);
    cama__rng_normals((cama__rng_key){.seed = 5, .sample = sample}, n, r, 1);
    for (int64_t i = 0; i < n; i++) d[i] = r[i];
    free(r);
    return d;
}

/* rows (n, F) of doubles to blocks; lanes past n get `rest`. */
static inline real *to_blocks(const double *rows, int64_t n, int64_t features, double rest)
{
    const int64_t nr = cama__kernel()->nr;
    real *b = cama__mem_alloc((size_t)(cama__blocks(n) * nr * features), sizeof *b);
    for (int64_t r = 0; r < cama__blocks(n) * nr; r++)
        for (int64_t f = 0; f < features; f++)
            b[cama__at(r, f, features)] = (real)(r < n ? rows[r * features + f] : rest);
    return b;
}

static inline real *pack_weights(const cama__conv *m, bool adjoint, const double *w)
{
    real *p = cama__mem_alloc((size_t)cama__conv_weights(m, adjoint), sizeof *p);
    for (int32_t s = 0; s < m->small_channels; s++)
        for (int32_t th = 0; th < m->h.taps; th++)
            for (int32_t tw = 0; tw < m->w.taps; tw++)
                for (int32_t b = 0; b < m->big_channels; b++)
                    p[cama__conv_weight_at(m, adjoint, th, tw, b, s)] =
                        (real)w[((s * m->h.taps + th) * m->w.taps + tw) * m->big_channels + b];
    return p;
}

static inline void assert_close(const map_way *way, const char *name, const char *what, double got, double want,
                                double scale)
{
    if (!(fabs(got - want) <= way->tolerance * scale)) fail_msg("%s, %s: got %g, want %g", name, what, got, want);
}

static inline void check_apply(const map_way *way, cama__pool *pool, const geometry *g, const cama__conv *m,
                               bool adjoint, const double *w)
{
    const int64_t in_size = cama__conv_in(m, adjoint), out_size = cama__conv_out(m, adjoint);
    const int64_t channels = adjoint ? m->big_channels : m->small_channels;
    double *in = random_doubles(g->rows * in_size, 2), *bias = random_doubles(channels, 3);
    double *want = malloc((size_t)(g->rows * out_size) * sizeof *want);
    cama__conv_reference_apply(m, adjoint, w, g->rows, in, want);
    real *packed_bias = cama__mem_alloc((size_t)(cama__panels(channels) * cama__kernel()->mr), sizeof *packed_bias);
    for (int64_t c = 0; c < channels; c++) packed_bias[c] = (real)bias[c];
    real *blocks = to_blocks(in, g->rows, in_size, 1), *forward = pack_weights(m, m->adjoint, w), *weights = forward;
    if (adjoint != m->adjoint) {
        const size_t count = (size_t)cama__conv_weights(m, adjoint);
        real *want_weights = pack_weights(m, adjoint, w);
        weights = cama__mem_alloc(count, sizeof *weights);
        memset(weights, 0xff, (count - 15) * sizeof *weights); /* less what rounds the whole up, which is nobody's */
        cama__conv_transpose(pool, m, adjoint, forward, weights);
        assert_memory_equal(weights, want_weights, count * sizeof *weights);
        cama__mem_free(want_weights);
    }
    real *out = cama__mem_alloc((size_t)(cama__blocks(g->rows) * cama__kernel()->nr * out_size), sizeof *out);
    real *work = cama__mem_alloc((size_t)way->apply_work(m, adjoint, 1, cama__pool_threads(pool)) + 1, sizeof *work);
    way->apply(pool, m, adjoint, 1, weights, packed_bias, true, cama__blocks(g->rows), blocks, out, NULL, work);
    for (int64_t r = 0; r < g->rows; r++)
        for (int64_t o = 0; o < out_size; o++) {
            const double sum = want[r * out_size + o] + bias[o % channels];
            assert_close(way, g->name, adjoint ? "adjoint" : "correlate", out[cama__at(r, o, out_size)],
                         sum > 0 ? sum : 0, 1 + fabs(sum));
        }
    if (weights != forward) cama__mem_free(weights);
    cama__mem_free(forward), cama__mem_free(blocks), cama__mem_free(packed_bias), cama__mem_free(out),
        cama__mem_free(work);
    free(in), free(bias), free(want);
}

static inline void check_gradient(const map_way *way, cama__pool *pool, const geometry *g, const cama__conv *m)
{
    const int64_t big_size = cama__big_size(m), small_size = cama__small_size(m);
    const int64_t count = (int64_t)m->small_channels * m->h.taps * m->w.taps * m->big_channels;
    double *big = random_doubles(g->rows * big_size, 4), *small = random_doubles(g->rows * small_size, 5);
    double *want = random_doubles(count, 6);
    real *got = pack_weights(m, m->adjoint, want); /* it adds to what is there */
    cama__conv_reference_wgrad(m, g->rows, big, small, want);
    real *b = to_blocks(big, g->rows, big_size, m->adjoint ? 0 : 1),
         *s = to_blocks(small, g->rows, small_size, m->adjoint ? 1 : 0);
    const int64_t blocks = cama__blocks(g->rows);
    real *work = cama__mem_alloc((size_t)way->gradient_work(m, blocks, 4, cama__pool_threads(pool)), sizeof *work);
    way->gradient(pool, m, 1, blocks, 4, m->adjoint ? s : b, m->adjoint ? b : s, NULL, got, work);
    const double scale = sqrt((double)g->rows * m->h.small * m->w.small) + 1;
    for (int32_t sc = 0; sc < m->small_channels; sc++)
        for (int32_t th = 0; th < m->h.taps; th++)
            for (int32_t tw = 0; tw < m->w.taps; tw++)
                for (int32_t bc = 0; bc < m->big_channels; bc++)
                    assert_close(way, g->name, "gradient", got[cama__conv_weight_at(m, m->adjoint, th, tw, bc, sc)],
                                 want[((sc * m->h.taps + th) * m->w.taps + tw) * m->big_channels + bc], scale);
    cama__mem_free(got), cama__mem_free(b), cama__mem_free(s), cama__mem_free(work);
    free(big), free(small), free(want);
}

static inline void check_against_naive(const map_way *way, const geometry *cases, size_t count_of_cases)
{
    for (int32_t threads = 1; threads <= 3; threads += 2) {
        cama__pool *pool = NULL;
        assert_int_equal(cama__pool_create(threads, &pool), CAMA_OK);
        for (size_t i = 0; i < count_of_cases; i++) {
            cama__conv map = cases[i].map;
            cama__conv_init(&map);
            double *w = random_doubles((int64_t)map.small_channels * map.h.taps * map.w.taps * map.big_channels, 1);
            check_apply(way, pool, &cases[i], &map, false, w);
            check_apply(way, pool, &cases[i], &map, true, w);
            check_gradient(way, pool, &cases[i], &map);
            free(w);
        }
        cama__pool_free(pool);
    }
}

/* Through a max pool: the output is the largest of each square of the output before it, place names one that is, and
 * the gradient is that of the gradient put back there. */
static inline void check_pooled(const map_way *way, cama__pool *pool, const geometry *g, const cama__conv *m,
                                int32_t window)
{
    const int64_t nr = cama__kernel()->nr, blocks = cama__blocks(g->rows), in_size = cama__big_size(m);
    const int32_t ph = (m->h.small + window - 1) / window, pw = (m->w.small + window - 1) / window;
    const int32_t c = m->small_channels;
    const int64_t out_size = cama__small_size(m), pooled = (int64_t)ph * pw * c * nr, before = out_size * nr;
    const size_t count = (size_t)cama__conv_weights(m, false);
    const int32_t threads = cama__pool_threads(pool);
    double *w = random_doubles((int64_t)c * m->h.taps * m->w.taps * m->big_channels, 1),
           *rows = random_doubles(g->rows * in_size, 2), *d = random_doubles(blocks * pooled, 3);
    real *weights = pack_weights(m, false, w), *in = to_blocks(rows, g->rows, in_size, 0);
    real *bias = cama__mem_alloc((size_t)(cama__panels(c) * cama__kernel()->mr), sizeof *bias);
    for (int32_t i = 0; i < c; i++) bias[i] = (real)0.1 * (real)(i % 3 - 1);
    real *full = cama__mem_alloc((size_t)(blocks * before), sizeof *full);
    real *dfull = cama__mem_alloc((size_t)(blocks * before), sizeof *dfull);
    real *out = cama__mem_alloc((size_t)(blocks * pooled), sizeof *out);
    real *dout = cama__mem_alloc((size_t)(blocks * pooled), sizeof *dout);
    uint8_t *place = cama__mem_alloc((size_t)(blocks * pooled), 1);
    const int64_t forward = way->apply_work(m, false, window, threads),
                  gradient = way->gradient_work(m, blocks, 2, threads);
    real *work = cama__mem_alloc((size_t)(forward > gradient ? forward : gradient) + 1, sizeof *work);
    real *got = cama__mem_alloc(count, sizeof *got), *want = cama__mem_alloc(count, sizeof *want);
    way->apply(pool, m, false, 1, weights, bias, true, blocks, in, full, NULL, work);
    way->apply(pool, m, false, window, weights, bias, true, blocks, in, out, place, work);
    for (int64_t i = 0; i < blocks * pooled; i++) {
        const int64_t block = i / pooled, at = i % pooled, lane = at % nr, channel = at / nr % c;
        const int32_t y = (int32_t)(at / nr / c / pw) * window, x = (int32_t)(at / nr / c % pw) * window;
        const int32_t py = y + place[i] / window, px = x + place[i] % window;
        assert_true(place[i] < window * window && py < m->h.small && px < m->w.small);
        real largest = 0;
        for (int32_t v = y; v < y + window && v < m->h.small; v++)
            for (int32_t u = x; u < x + window && u < m->w.small; u++) {
                const real here = full[block * before + ((int64_t)(v * m->w.small + u) * c + channel) * nr + lane];
                if (here > largest) largest = here;
            }
        const int64_t source = block * before + ((int64_t)(py * m->w.small + px) * c + channel) * nr + lane;
        assert_true(out[i] == largest && full[source] == largest); /* the same sums, to the bit */
        dout[i] = dfull[source] = (real)d[i];
    }
    way->gradient(pool, m, 1, blocks, 2, in, dfull, NULL, want, work);
    way->gradient(pool, m, window, blocks, 2, in, dout, place, got, work);
    const double scale = sqrt((double)g->rows * m->h.small * m->w.small) + 1;
    for (size_t i = 0; i < count; i++) /* patches are summed in another order behind a pool */
        if (m->patches) assert_close(way, g->name, "pooled gradient", got[i], want[i], scale);
    if (!m->patches) assert_memory_equal(got, want, count * sizeof *got);
    free(w), free(rows), free(d);
    cama__mem_free(weights), cama__mem_free(in), cama__mem_free(bias), cama__mem_free(full), cama__mem_free(dfull);
    cama__mem_free(out), cama__mem_free(dout), cama__mem_free(place), cama__mem_free(work), cama__mem_free(got);
    cama__mem_free(want);
}

static inline void check_through_pools(const map_way *way, const geometry *cases, size_t count_of_cases)
{
    for (int32_t threads = 1; threads <= 3; threads += 2) {
        cama__pool *pool = NULL;
        assert_int_equal(cama__pool_create(threads, &pool), CAMA_OK);
        for (size_t i = 0; i < count_of_cases; i++) {
            cama__conv map = cases[i].map;
            if (map.adjoint) continue;
            cama__conv_init(&map);
            for (int32_t window = 2; window <= 4; window += 2) check_pooled(way, pool, &cases[i], &map, window);
        }
        cama__pool_free(pool);
    }
}

/* Rows that are alike come out alike, to the bit: what is computed for a row does not depend on its lane. */
static inline void check_lanes_of(const map_way *way, const geometry *g, const cama__conv *m, bool adjoint)
{
    const int64_t nr = cama__kernel()->nr;
    const int64_t in_size = cama__conv_in(m, adjoint), out_size = cama__conv_out(m, adjoint);
    double *w = random_doubles((int64_t)m->small_channels * m->h.taps * m->w.taps * m->big_channels, 1);
    double *rows = random_doubles(nr * in_size, 2);
    for (int64_t r = 1; r < nr; r++) memcpy(rows + r * in_size, rows, (size_t)in_size * sizeof *rows);
    real *weights = pack_weights(m, adjoint, w), *in = to_blocks(rows, nr, in_size, 0);
    real *out = cama__mem_alloc((size_t)(nr * out_size), sizeof *out);
    real *work = cama__mem_alloc((size_t)way->apply_work(m, adjoint, 1, 1) + 1, sizeof *work);
    way->apply(NULL, m, adjoint, 1, weights, NULL, false, 1, in, out, NULL, work);
    for (int64_t i = 0; i < nr * out_size; i++)
        if (out[i] != out[i / nr * nr]) fail_msg("%s: lane %d differs", g->name, (int)(i % nr));
    cama__mem_free(weights), cama__mem_free(in), cama__mem_free(out), cama__mem_free(work);
    free(w), free(rows);
}

static inline void check_lanes(const map_way *way, const geometry *cases, size_t count_of_cases)
{
    for (size_t i = 0; i < count_of_cases; i++) {
        cama__conv map = cases[i].map;
        cama__conv_init(&map);
        check_lanes_of(way, &cases[i], &map, false);
        check_lanes_of(way, &cases[i], &map, true);
    }
}

/* The same bits on any number of threads, which share the gradient out differently. */
static inline void check_threads(const map_way *way, const geometry *cases, size_t count_of_cases)
{
    for (size_t i = 0; i < count_of_cases; i++) {
        cama__conv m = cases[i].map;
        cama__conv_init(&m);
        const int64_t blocks = 5, chunk = 2, rows = blocks * cama__kernel()->nr;
        const int64_t in_size = cama__conv_in(&m, m.adjoint), out_size = cama__conv_out(&m, m.adjoint);
        double *in = random_doubles(rows * in_size, 7), *out = random_doubles(rows * out_size, 8);
        real *in_blocks = to_blocks(in, rows, in_size, 0), *out_blocks = to_blocks(out, rows, out_size, 0);
        const size_t count = (size_t)cama__conv_weights(&m, m.adjoint);
        real *one = cama__mem_alloc(count, sizeof *one);
        for (int32_t threads = 1; threads <= 9; threads += 2) {
            cama__pool *pool = NULL;
            assert_int_equal(cama__pool_create(threads, &pool), CAMA_OK);
            const int64_t size = way->gradient_work(&m, blocks, chunk, threads);
            real *here = cama__mem_alloc(count, sizeof *here), *to = threads == 1 ? one : here;
            real *work = cama__mem_alloc((size_t)size, sizeof *work);
            way->gradient(pool, &m, 1, blocks, chunk, in_blocks, out_blocks, NULL, to, work);
            assert_memory_equal(to, one, count * sizeof *one);
            cama__mem_free(here), cama__mem_free(work);
            cama__pool_free(pool);
        }
        cama__mem_free(in_blocks), cama__mem_free(out_blocks), cama__mem_free(one);
        free(in), free(out);
    }
}

/* The same bits however many blocks one call sees, if it sees whole chunks. */
static inline void check_chunks(const map_way *way, const geometry *cases, size_t count_of_cases)
{
    for (size_t i = 0; i < count_of_cases; i++) {
        cama__conv m = cases[i].map;
        cama__conv_init(&m);
        const int64_t blocks = 5, chunk = 2, nr = cama__kernel()->nr, rows = blocks * nr;
        const int64_t in_size = cama__conv_in(&m, m.adjoint), out_size = cama__conv_out(&m, m.adjoint);
        double *in = random_doubles(rows * in_size, 7), *out = random_doubles(rows * out_size, 8);
        real *in_blocks = to_blocks(in, rows, in_size, 0), *out_blocks = to_blocks(out, rows, out_size, 0);
        const size_t count = (size_t)cama__conv_weights(&m, m.adjoint);
        real *once = cama__mem_alloc(count, sizeof *once), *parts = cama__mem_alloc(count, sizeof *parts);
        real *work = cama__mem_alloc((size_t)way->gradient_work(&m, blocks, chunk, 1), sizeof *work);
        way->gradient(NULL, &m, 1, blocks, chunk, in_blocks, out_blocks, NULL, once, work);
        for (int64_t b = 0; b < blocks; b += chunk)
            way->gradient(NULL, &m, 1, b + chunk < blocks ? chunk : blocks - b, chunk, in_blocks + b * nr * in_size,
                          out_blocks + b * nr * out_size, NULL, parts, work);
        assert_memory_equal(once, parts, count * sizeof *once);
        cama__mem_free(in_blocks), cama__mem_free(out_blocks), cama__mem_free(once), cama__mem_free(parts),
            cama__mem_free(work);
        free(in), free(out);
    }
}

#endif
