/* conv_check - what any way to compute the maps of conv.h has to hold to, over given geometries: agreement
 * with plain loops in double in both directions and for the gradient of the weights, max pools, the same bits on any
 * number of threads and in any number of calls. Behind every block of memory lies a page that cannot be touched. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "conv_check.h"

/* ---- memory: a page that holds the length, the block, which ends where its pages do, a page for nobody ---- */

void *conv_guarded_alloc(void *user, size_t bytes)
{
    (void)user;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (bytes + page - 1) / page * page;
    char *all = mmap(NULL, room + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) return NULL;
    *(size_t *)(void *)all = room + 2 * page;
    assert_int_equal(mprotect(all + page + room, page, PROT_NONE), 0);
    return all + page + room - bytes;
}

void conv_guarded_free(void *user, void *pointer)
{
    (void)user;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *all = (char *)pointer - (size_t)((uintptr_t)pointer % page) - page;
    munmap(all, *(size_t *)(void *)all);
}

/* ---- the table ---- */

const cama__conv_algorithm *conv_algorithm_of(const conv_way *way, const cama__conv *m, int32_t pass, bool adjoint,
                                              int32_t window)
{
    const cama__conv_case c = {m, pass, adjoint, window, way->row >= 0 || way->winograd};
    if (way->row < 0) return cama__conv_choose(&c);
    const cama__conv_algorithm *row = cama__conv_algorithm_at(way->row);
    return row->can(&c) ? row : NULL;
}

static void run_call(const cama__exec *exec, void *arg)
{
    const conv_call *c = arg;
    const size_t mark = cama__arena_mark(exec->arena);
    if (c->g != NULL)
        c->algorithm->backward_weights(exec, c->g);
    else
        (c->data ? c->algorithm->backward_data : c->algorithm->forward)(exec, c->a);
    cama__arena_release(exec->arena, mark);
}

void conv_run_forward(const conv_way *way, cama__pool *pool, const cama__conv_application *a)
{
    conv_call c = {conv_algorithm_of(way, a->map, CONV_FORWARD, a->adjoint, a->post.window), a, NULL, false};
    assert_true(context_run((cama__exec){.pool = pool, .winograd = true}, run_call, &c));
}

void conv_run_data(const conv_way *way, cama__pool *pool, const cama__conv_application *a)
{
    conv_call c = {conv_algorithm_of(way, a->map, CONV_BACKWARD_DATA, a->adjoint, 1), a, NULL, true};
    assert_true(context_run((cama__exec){.pool = pool, .winograd = true}, run_call, &c));
}

static void conv_run_weights(const conv_way *way, cama__pool *pool, const cama__conv_weight_gradient *g)
{
    conv_call c = {conv_algorithm_of(way, g->map, CONV_BACKWARD_WEIGHTS, g->map->adjoint, g->window), NULL, g, false};
    assert_true(context_run((cama__exec){.pool = pool, .winograd = true}, run_call, &c));
}

double *conv_random(int64_t n, uint32_t sample)
{
    real *r = malloc((size_t)n * sizeof *r);
    double *d = malloc((size_t)n * sizeof *d);
    cama__rng_normals((cama__rng_key){.seed = 5, .sample = sample}, n, r, 1);
    for (int64_t i = 0; i < n; i++) d[i] = r[i];
    free(r);
    return d;
}

real *conv_to_blocks(const double *rows, int64_t n, int64_t features, double rest)
{
    const int64_t nr = cama__kernel()->nr;
    real *b = cama__mem_alloc((size_t)(cama__blocks(n) * nr * features), sizeof *b);
    for (int64_t r = 0; r < cama__blocks(n) * nr; r++)
        for (int64_t f = 0; f < features; f++)
            b[cama__at(r, f, features)] = (real)(r < n ? rows[r * features + f] : rest);
    return b;
}

real *conv_pack(const cama__conv *m, bool adjoint, const double *w)
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

static void conv_assert_close(const conv_way *way, const char *name, const char *what, double got, double want,
                              double scale)
{
    if (!(fabs(got - want) <= way->tolerance * scale)) fail_msg("%s, %s: got %g, want %g", name, what, got, want);
}

static void conv_check_apply(const conv_way *way, cama__pool *pool, const conv_geometry *g, const cama__conv *m,
                             bool adjoint, const double *w)
{
    if (conv_algorithm_of(way, m, CONV_FORWARD, adjoint, 1) == NULL) return;
    const int64_t in_size = cama__conv_in(m, adjoint), out_size = cama__conv_out(m, adjoint);
    const int64_t channels = adjoint ? m->big_channels : m->small_channels;
    double *in = conv_random(g->rows * in_size, 2), *bias = conv_random(channels, 3);
    double *want = malloc((size_t)(g->rows * out_size) * sizeof *want);
    cama__conv_reference_apply(m, adjoint, w, g->rows, in, want);
    real *packed_bias = cama__mem_alloc((size_t)(cama__panels(channels) * cama__kernel()->mr), sizeof *packed_bias);
    for (int64_t c = 0; c < channels; c++) packed_bias[c] = (real)bias[c];
    real *blocks = conv_to_blocks(in, g->rows, in_size, 1), *forward = conv_pack(m, m->adjoint, w), *weights = forward;
    if (adjoint != m->adjoint) {
        const size_t count = (size_t)cama__conv_weights(m, adjoint);
        real *want_weights = conv_pack(m, adjoint, w);
        weights = cama__mem_alloc(count, sizeof *weights);
        memset(weights, 0xff, (count - 15) * sizeof *weights); /* less what rounds the whole up, which is nobody's */
        cama__conv_transpose(ON(pool), m, adjoint, forward, weights);
        assert_memory_equal(weights, want_weights, count * sizeof *weights);
        cama__mem_free(want_weights);
    }
    real *out = cama__mem_alloc((size_t)(cama__blocks(g->rows) * cama__kernel()->nr * out_size), sizeof *out);
    conv_run_forward(
        way, pool, &(cama__conv_application){m, adjoint, {packed_bias, true, 1}, weights, g->rows, blocks, out, NULL});
    for (int64_t r = 0; r < g->rows; r++)
        for (int64_t o = 0; o < out_size; o++) {
            const double sum = want[r * out_size + o] + bias[o % channels];
            conv_assert_close(way, g->name, adjoint ? "adjoint" : "correlate", out[cama__at(r, o, out_size)],
                              sum > 0 ? sum : 0, 1 + fabs(sum));
        }
    if (weights != forward) cama__mem_free(weights);
    cama__mem_free(forward), cama__mem_free(blocks), cama__mem_free(packed_bias), cama__mem_free(out);
    free(in), free(bias), free(want);
}

static void conv_check_gradient(const conv_way *way, cama__pool *pool, const conv_geometry *g, const cama__conv *m)
{
    if (conv_algorithm_of(way, m, CONV_BACKWARD_WEIGHTS, m->adjoint, 1) == NULL) return;
    const int64_t big_size = cama__big_size(m), small_size = cama__small_size(m);
    const int64_t count = (int64_t)m->small_channels * m->h.taps * m->w.taps * m->big_channels;
    double *big = conv_random(g->rows * big_size, 4), *small = conv_random(g->rows * small_size, 5);
    double *want = conv_random(count, 6);
    real *got = conv_pack(m, m->adjoint, want); /* it adds to what is there */
    cama__conv_reference_wgrad(m, g->rows, big, small, want);
    real *b = conv_to_blocks(big, g->rows, big_size, m->adjoint ? 0 : 1),
         *s = conv_to_blocks(small, g->rows, small_size, m->adjoint ? 1 : 0);
    conv_run_weights(
        way, pool, &(cama__conv_weight_gradient){m, 1, g->rows, 4, m->adjoint ? s : b, m->adjoint ? b : s, NULL, got});
    const double scale = sqrt((double)g->rows * m->h.small * m->w.small) + 1;
    for (int32_t sc = 0; sc < m->small_channels; sc++)
        for (int32_t th = 0; th < m->h.taps; th++)
            for (int32_t tw = 0; tw < m->w.taps; tw++)
                for (int32_t bc = 0; bc < m->big_channels; bc++)
                    conv_assert_close(way, g->name, "gradient",
                                      got[cama__conv_weight_at(m, m->adjoint, th, tw, bc, sc)],
                                      want[((sc * m->h.taps + th) * m->w.taps + tw) * m->big_channels + bc], scale);
    cama__mem_free(got), cama__mem_free(b), cama__mem_free(s);
    free(big), free(small), free(want);
}

void conv_check_reference(const conv_way *way, const conv_geometry *cases, size_t count_of_cases)
{
    for (int32_t threads = 1; threads <= 3; threads += 2) {
        cama__pool *pool = NULL;
        assert_int_equal(cama__pool_create(threads, &pool), CAMA_OK);
        for (size_t i = 0; i < count_of_cases; i++) {
            cama__conv map = cases[i].map;
            cama__conv_init(&map);
            double *w = conv_random((int64_t)map.small_channels * map.h.taps * map.w.taps * map.big_channels, 1);
            conv_check_apply(way, pool, &cases[i], &map, false, w);
            conv_check_apply(way, pool, &cases[i], &map, true, w);
            conv_check_gradient(way, pool, &cases[i], &map);
            free(w);
        }
        cama__pool_free(pool);
    }
}

/* Through a max pool: the output is the largest of each square of the output before it, place names one that is, and
 * the gradient is that of the gradient put back there. */
static const conv_way any_way = {0, -1, false};

static void check_pooled(const conv_way *way, cama__pool *pool, const conv_geometry *g, const cama__conv *m,
                         int32_t window)
{
    const bool forward = conv_algorithm_of(way, m, CONV_FORWARD, false, window) != NULL;
    const bool backward = conv_algorithm_of(way, m, CONV_BACKWARD_WEIGHTS, false, window) != NULL;
    const conv_way *way_before = conv_algorithm_of(way, m, CONV_FORWARD, false, 1) != NULL ? way : &any_way;
    const conv_way *weights_before =
        conv_algorithm_of(way, m, CONV_BACKWARD_WEIGHTS, false, 1) != NULL ? way : &any_way;
    if (!forward && !backward) return;
    const int64_t nr = cama__kernel()->nr, blocks = cama__blocks(g->rows), in_size = cama__big_size(m);
    const int32_t ph = (m->h.small + window - 1) / window, pw = (m->w.small + window - 1) / window;
    const int32_t c = m->small_channels;
    const int64_t out_size = cama__small_size(m), pooled = (int64_t)ph * pw * c * nr, before = out_size * nr;
    const size_t count = (size_t)cama__conv_weights(m, false);
    double *w = conv_random((int64_t)c * m->h.taps * m->w.taps * m->big_channels, 1),
           *rows = conv_random(g->rows * in_size, 2), *d = conv_random(blocks * pooled, 3);
    real *weights = conv_pack(m, false, w), *in = conv_to_blocks(rows, g->rows, in_size, 0);
    real *bias = cama__mem_alloc((size_t)(cama__panels(c) * cama__kernel()->mr), sizeof *bias);
    for (int32_t i = 0; i < c; i++) bias[i] = (real)0.1 * (real)(i % 3 - 1);
    real *full = cama__mem_alloc((size_t)(blocks * before), sizeof *full);
    real *dfull = cama__mem_alloc((size_t)(blocks * before), sizeof *dfull);
    real *out = cama__mem_alloc((size_t)(blocks * pooled), sizeof *out);
    real *dout = cama__mem_alloc((size_t)(blocks * pooled), sizeof *dout);
    uint8_t *place = cama__mem_alloc((size_t)(blocks * pooled), 1);
    real *got = cama__mem_alloc(count, sizeof *got), *want = cama__mem_alloc(count, sizeof *want);
    cama__conv_application a = {m, false, {bias, true, 1}, weights, blocks * nr, in, full, NULL};
    conv_run_forward(way_before, pool, &a);
    a.post.window = window, a.out = out, a.argmax = place;
    conv_run_forward(forward ? way : &any_way, pool, &a);
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
    cama__conv_weight_gradient d_of = {m, 1, blocks * nr, 2, in, dfull, NULL, want};
    conv_run_weights(weights_before, pool, &d_of);
    d_of.window = window, d_of.dout = dout, d_of.argmax = place, d_of.dweights = got;
    conv_run_weights(backward ? way : &any_way, pool, &d_of);
    const double scale = sqrt((double)g->rows * m->h.small * m->w.small) + 1;
    for (size_t i = 0; i < count; i++) /* patches are summed in another order behind a pool */
        if (m->im2col) conv_assert_close(way, g->name, "pooled gradient", got[i], want[i], scale);
    if (!m->im2col) assert_memory_equal(got, want, count * sizeof *got);
    free(w), free(rows), free(d);
    cama__mem_free(weights), cama__mem_free(in), cama__mem_free(bias), cama__mem_free(full), cama__mem_free(dfull);
    cama__mem_free(out), cama__mem_free(dout), cama__mem_free(place), cama__mem_free(got);
    cama__mem_free(want);
}

void conv_check_pools(const conv_way *way, const conv_geometry *cases, size_t count_of_cases)
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
static void check_lanes_of(const conv_way *way, const conv_geometry *g, const cama__conv *m, bool adjoint)
{
    if (conv_algorithm_of(way, m, CONV_FORWARD, adjoint, 1) == NULL) return;
    const int64_t nr = cama__kernel()->nr;
    const int64_t in_size = cama__conv_in(m, adjoint), out_size = cama__conv_out(m, adjoint);
    double *w = conv_random((int64_t)m->small_channels * m->h.taps * m->w.taps * m->big_channels, 1);
    double *rows = conv_random(nr * in_size, 2);
    for (int64_t r = 1; r < nr; r++) memcpy(rows + r * in_size, rows, (size_t)in_size * sizeof *rows);
    real *weights = conv_pack(m, adjoint, w), *in = conv_to_blocks(rows, nr, in_size, 0);
    real *out = cama__mem_alloc((size_t)(nr * out_size), sizeof *out);
    conv_run_forward(way, NULL, &(cama__conv_application){m, adjoint, {NULL, false, 1}, weights, nr, in, out, NULL});
    for (int64_t i = 0; i < nr * out_size; i++)
        if (out[i] != out[i / nr * nr]) fail_msg("%s: lane %d differs", g->name, (int)(i % nr));
    cama__mem_free(weights), cama__mem_free(in), cama__mem_free(out);
    free(w), free(rows);
}

void conv_check_lanes(const conv_way *way, const conv_geometry *cases, size_t count_of_cases)
{
    for (size_t i = 0; i < count_of_cases; i++) {
        cama__conv map = cases[i].map;
        cama__conv_init(&map);
        check_lanes_of(way, &cases[i], &map, false);
        check_lanes_of(way, &cases[i], &map, true);
    }
}

void conv_check_threads(const conv_way *way, const conv_geometry *cases, size_t count_of_cases)
{
    for (size_t i = 0; i < count_of_cases; i++) {
        cama__conv m = cases[i].map;
        cama__conv_init(&m);
        if (conv_algorithm_of(way, &m, CONV_BACKWARD_WEIGHTS, m.adjoint, 1) == NULL) continue;
        const int64_t blocks = 5, chunk = 2, rows = blocks * cama__kernel()->nr;
        const int64_t in_size = cama__conv_in(&m, m.adjoint), out_size = cama__conv_out(&m, m.adjoint);
        double *in = conv_random(rows * in_size, 7), *out = conv_random(rows * out_size, 8);
        real *in_blocks = conv_to_blocks(in, rows, in_size, 0), *out_blocks = conv_to_blocks(out, rows, out_size, 0);
        const size_t count = (size_t)cama__conv_weights(&m, m.adjoint);
        real *one = cama__mem_alloc(count, sizeof *one);
        for (int32_t threads = 1; threads <= 9; threads += 2) {
            cama__pool *pool = NULL;
            assert_int_equal(cama__pool_create(threads, &pool), CAMA_OK);
            real *here = cama__mem_alloc(count, sizeof *here), *to = threads == 1 ? one : here;
            conv_run_weights(way, pool,
                             &(cama__conv_weight_gradient){&m, 1, rows, chunk, in_blocks, out_blocks, NULL, to});
            assert_memory_equal(to, one, count * sizeof *one);
            cama__mem_free(here);
            cama__pool_free(pool);
        }
        cama__mem_free(in_blocks), cama__mem_free(out_blocks), cama__mem_free(one);
        free(in), free(out);
    }
}

void conv_check_chunks(const conv_way *way, const conv_geometry *cases, size_t count_of_cases)
{
    for (size_t i = 0; i < count_of_cases; i++) {
        cama__conv m = cases[i].map;
        cama__conv_init(&m);
        if (conv_algorithm_of(way, &m, CONV_BACKWARD_WEIGHTS, m.adjoint, 1) == NULL) continue;
        const int64_t blocks = 5, chunk = 2, nr = cama__kernel()->nr, rows = blocks * nr;
        const int64_t in_size = cama__conv_in(&m, m.adjoint), out_size = cama__conv_out(&m, m.adjoint);
        double *in = conv_random(rows * in_size, 7), *out = conv_random(rows * out_size, 8);
        real *in_blocks = conv_to_blocks(in, rows, in_size, 0), *out_blocks = conv_to_blocks(out, rows, out_size, 0);
        const size_t count = (size_t)cama__conv_weights(&m, m.adjoint);
        real *once = cama__mem_alloc(count, sizeof *once), *parts = cama__mem_alloc(count, sizeof *parts);
        cama__conv_weight_gradient g = {&m, 1, rows, chunk, in_blocks, out_blocks, NULL, once};
        conv_run_weights(way, NULL, &g);
        for (int64_t b = 0; b < blocks; b += chunk) {
            g.rows = (b + chunk < blocks ? chunk : blocks - b) * nr, g.dweights = parts;
            g.in = in_blocks + b * nr * in_size, g.dout = out_blocks + b * nr * out_size;
            conv_run_weights(way, NULL, &g);
        }
        assert_memory_equal(once, parts, count * sizeof *once);
        cama__mem_free(in_blocks), cama__mem_free(out_blocks), cama__mem_free(once), cama__mem_free(parts);
        free(in), free(out);
    }
}
