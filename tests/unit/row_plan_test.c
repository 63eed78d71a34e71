/* row_plan_test - for many sizes and tiles: every (i, u, c, k) has one row and one only, every row looks at the rows
 * that belong to it, runs follow each other without a gap, and the rows that are summed together are the same
 * whatever the tile. No tolerance. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "logw/row_plan.h"

typedef struct {
    int64_t n;
    int32_t u, c, k;
    int64_t most; /* rows of a tile */
} kind;

/* What is seen on a walk over R rows (or, with k = 1, Q rows). */
typedef struct {
    int64_t *place; /* of each (i, u, c, k), where it came in the walk; -1 before */
    int64_t *chunk; /* of each (i, u, c, k), the number of the sum that it is part of */
    int64_t seen, chunks, rows;
} walk;

static void fail_at(const kind *s, const char *what, int64_t a, int64_t b)
{
    fail_msg("n = %d, u = %d, c = %d, k = %d, tile of %d rows: %s (%d, %d)", (int)s->n, s->u, s->c, s->k, (int)s->most,
             what, (int)a, (int)b);
}

static walk walk_of(const kind *s)
{
    const size_t all = (size_t)(s->n * s->u * s->c * s->k);
    walk w = {.place = malloc(all * sizeof *w.place), .chunk = malloc(all * sizeof *w.chunk)};
    assert_true(w.place != NULL && w.chunk != NULL);
    for (size_t i = 0; i < all; i++) w.place[i] = w.chunk[i] = -1;
    return w;
}

static void free_walk(walk *w) { free(w->place), free(w->chunk); }

/* Whether x and m of a row are the rows of its example and sample. m_of holds the M row of each (i, u), -1 before. */
static void check_row(const kind *s, const cama__row_plan *p, const cama__row *r, int64_t *m_of, int64_t *owner)
{
    if (r->x < 0 || r->x >= cama__row_plan_x(p)) fail_at(s, "x row out of range", r->x, cama__row_plan_x(p));
    if (r->m < 0 || r->m >= cama__row_plan_m(p)) fail_at(s, "m row out of range", r->m, cama__row_plan_m(p));
    if (r->u < 0 || r->u >= s->u || r->c < 0 || r->c >= s->c || r->k < 0 || r->k >= s->k)
        fail_at(s, "u, c or k out of range", r->u, r->c);
    if (r->example < 0) { /* padding looks at padding: what is finite and has no gradient */
        if (r->x < s->n) fail_at(s, "a padding lane looks at example", r->x, r->example);
        return;
    }
    if (r->x != r->example || r->example >= s->n) fail_at(s, "x row is not the example", r->x, r->example);
    const int64_t iu = r->example * s->u + r->u;
    if (m_of[iu] < 0) {
        if (owner[r->m] >= 0) fail_at(s, "an m row has two owners", r->m, owner[r->m]);
        m_of[iu] = r->m;
        owner[r->m] = iu;
    }
    if (m_of[iu] != r->m) fail_at(s, "m row changes", m_of[iu], r->m);
}

/* All rows of an R run (a Q run with q NULL and per_cell_k = 1). */
static void visit(const kind *s, const cama__row_plan *p, const cama__run *run, int32_t per_cell_k, const cama__run *q,
                  walk *w, int64_t *m_of, int64_t *owner)
{
    const int64_t nr = cama__kernel()->nr;
    if (run->rows < 1 || run->chunk < 1) fail_at(s, "an empty run", run->rows, run->chunk);
    for (int64_t row = 0; row < run->rows; row++) {
        const cama__row r = cama__row_plan_row(p, run, per_cell_k, q, row);
        check_row(s, p, &r, m_of, owner);
        if (q != NULL) {
            const cama__row of = cama__row_plan_row(p, q, 1, NULL, r.q);
            if (r.q < 0 || r.q >= q->rows) fail_at(s, "q row out of range", r.q, q->rows);
            if (of.example != r.example || of.x != r.x || of.u != r.u || of.c != r.c)
                fail_at(s, "q row is another's", row, r.q);
        }
        if (r.example < 0) continue;
        const int64_t at = ((r.example * s->u + r.u) * s->c + r.c) * per_cell_k + r.k;
        if (w->place[at] >= 0) fail_at(s, "a row comes twice", at, w->place[at]);
        w->place[at] = w->seen++;
        w->chunk[at] = w->chunks + row / nr / run->chunk;
    }
    w->chunks += (cama__blocks(run->rows) + run->chunk - 1) / run->chunk;
    w->rows += run->rows;
}

/* The walk of the score: runs of Q cells, and in each the runs of R cells. */
static void take_walk(const kind *s, walk *q_walk, walk *r_walk)
{
    cama__row_plan p;
    cama__row_plan_init(&p, s->n, s->u, s->c, s->k);
    int64_t *m_of = malloc((size_t)(s->n * s->u) * sizeof *m_of),
            *owner = malloc((size_t)cama__row_plan_m(&p) * sizeof *owner);
    for (int64_t i = 0; i < s->n * s->u; i++) m_of[i] = -1;
    for (int64_t i = 0; i < cama__row_plan_m(&p); i++) owner[i] = -1;
    const kind qs = {s->n, s->u, s->c, 1, s->most};
    int64_t q_next = 0, r_next = 0;
    cama__run q = cama__row_plan_q_run(&p, 0, s->most);
    for (; q.count > 0; q = cama__row_plan_q_run(&p, q.first + q.count, s->most)) {
        if (q.first != q_next) fail_at(s, "a gap between runs of Q cells", q_next, q.first);
        q_next = q.first + q.count;
        visit(&qs, &p, &q, 1, NULL, q_walk, m_of, owner);
        cama__run r = cama__row_plan_r_run(&p, &q, q.first * s->k, s->most);
        for (; r.count > 0; r = cama__row_plan_r_run(&p, &q, r.first + r.count, s->most)) {
            if (r.first != r_next) fail_at(s, "a gap between runs of R cells", r_next, r.first);
            r_next = r.first + r.count;
            visit(s, &p, &r, s->k, &q, r_walk, m_of, owner);
        }
        if (r_next != q_next * s->k) fail_at(s, "R cells of a Q run left out", r_next, q_next * s->k);
    }
    for (int64_t i = 0; i < s->n * s->u; i++)
        if (m_of[i] < 0) fail_at(s, "an (i, u) without rows", i, 0);
    free(m_of), free(owner);
}

static void check_complete(const kind *s, const walk *w, int32_t k)
{
    const int64_t all = s->n * s->u * s->c * k;
    if (w->seen != all) fail_at(s, "rows seen, and those there are", w->seen, all);
}

/* The same order and the same sums as another walk's. */
static void check_same(const kind *s, const walk *a, const walk *b, int32_t k, const char *what)
{
    const int64_t all = s->n * s->u * s->c * k;
    for (int64_t at = 0; at < all; at++) {
        if (a->place[at] != b->place[at]) fail_at(s, what, a->place[at], b->place[at]);
        if (a->chunk[at] != b->chunk[at]) fail_at(s, what, a->chunk[at], b->chunk[at]);
    }
}

static void check_sizes(int64_t n, int32_t u, int32_t c, int32_t k)
{
    static const int64_t tiles[] = {1, 13, 48, 100, 192, 480, 1000};
    const kind whole = {n, u, c, k, (int64_t)1 << 40};
    walk q = walk_of(&(kind){n, u, c, 1, 0}), r = walk_of(&whole);
    take_walk(&whole, &q, &r);
    check_complete(&whole, &q, 1);
    check_complete(&whole, &r, k);
    for (size_t t = 0; t < sizeof tiles / sizeof *tiles; t++) {
        const kind s = {n, u, c, k, tiles[t]};
        walk q2 = walk_of(&(kind){n, u, c, 1, 0}), r2 = walk_of(&s);
        take_walk(&s, &q2, &r2);
        check_complete(&s, &q2, 1);
        check_complete(&s, &r2, k);
        check_same(&s, &q, &q2, 1, "the tile changes the order or the sums of Q rows");
        check_same(&s, &r, &r2, k, "the tile changes the order or the sums of R rows");
        free_walk(&q2), free_walk(&r2);
    }
    free_walk(&q), free_walk(&r);
}

static void test_all_rows(void **state)
{
    (void)state;
    const int64_t nr = cama__kernel()->nr, group = GROUP_BLOCKS * nr;
    const int64_t counts[] = {1,          2,
                              nr - 1,     nr,
                              nr + 1,     2 * nr + 3,
                              group - 1,  group,
                              group + 1,  group + nr - 1,
                              group + nr, 2 * group + 2 * nr + 5,
                              3 * group};
    static const int32_t shapes[][3] = {{1, 1, 1}, {1, 1, 4}, {1, 3, 1}, {2, 1, 1}, {2, 3, 2}, {1, 10, 1}, {3, 2, 5}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        for (size_t j = 0; j < sizeof shapes / sizeof *shapes; j++)
            if (counts[i] > 0) check_sizes(counts[i], shapes[j][0], shapes[j][1], shapes[j][2]);
}

/* X and M rows hold every example with whole blocks, and no more than one block's lanes beside. */
static void test_sets(void **state)
{
    (void)state;
    const int64_t nr = cama__kernel()->nr;
    for (int64_t n = 1; n <= 5 * GROUP_BLOCKS * nr; n++)
        for (int32_t u = 1; u <= 3; u++) {
            cama__row_plan p;
            cama__row_plan_init(&p, n, u, 2, 1);
            assert_int_equal(cama__row_plan_x(&p), cama__blocks(n) * nr);
            assert_int_equal(cama__row_plan_m(&p), cama__blocks(n) * nr * u);
            assert_int_equal(p.full * p.group + p.rest, n);
        }
}

/* Tiles are no larger than asked for, unless a single unit of cells is: a cell, or four blocks of packed ones. */
static void test_tile_sizes(void **state)
{
    (void)state;
    const int64_t nr = cama__kernel()->nr, group = GROUP_BLOCKS * nr;
    static const int64_t tiles[] = {1, 100, 480, 5000};
    for (int64_t n = 1; n <= 2 * group + 7; n += 5)
        for (size_t t = 0; t < sizeof tiles / sizeof *tiles; t++) {
            cama__row_plan p;
            cama__row_plan_init(&p, n, 2, 5, 3);
            cama__run q = cama__row_plan_q_run(&p, 0, tiles[t]);
            for (; q.count > 0; q = cama__row_plan_q_run(&p, q.first + q.count, tiles[t])) {
                const int64_t lanes = q.first >= p.full * 10 ? p.rest_lanes : group;
                const int64_t unit = lanes % nr != 0 ? group * lanes : lanes;
                const int64_t room = tiles[t] / 3 > unit ? tiles[t] / 3 : unit;
                assert_true(q.rows <= room);
                cama__run r = cama__row_plan_r_run(&p, &q, q.first * 3, tiles[t]);
                for (; r.count > 0; r = cama__row_plan_r_run(&p, &q, r.first + r.count, tiles[t]))
                    assert_true(r.rows <= (tiles[t] > unit ? tiles[t] : unit));
            }
        }
}

/* In a full group a block is consecutive examples of one cell, beginning at a block of X: no copy is needed. */
static void test_blocks_are_aligned(void **state)
{
    (void)state;
    const int64_t nr = cama__kernel()->nr;
    cama__row_plan p;
    cama__row_plan_init(&p, 2 * GROUP_BLOCKS * nr + 3, 2, 3, 2);
    const int64_t cells = 2 * 2 * 3 * 2;
    cama__run q = cama__row_plan_q_run(&p, 0, 1 << 20), r = cama__row_plan_r_run(&p, &q, 0, 1 << 20);
    assert_int_equal(r.rows, cells * GROUP_BLOCKS * nr);
    for (int64_t row = 0; row < r.rows; row++) {
        const cama__row first = cama__row_plan_row(&p, &r, 2, &q, row / nr * nr),
                        here = cama__row_plan_row(&p, &r, 2, &q, row);
        assert_int_equal(first.x % nr, 0);
        assert_int_equal(first.m % nr, 0);
        assert_int_equal(first.q % nr, 0);
        assert_int_equal(here.x - first.x, row % nr);
        assert_int_equal(here.m - first.m, row % nr);
        assert_int_equal(here.q - first.q, row % nr);
        assert_true(here.u == first.u && here.c == first.c && here.k == first.k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_rows), cmocka_unit_test(test_sets),
                                       cmocka_unit_test(test_tile_sizes), cmocka_unit_test(test_blocks_are_aligned)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
