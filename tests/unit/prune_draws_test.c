/* prune_draws_test - the rounds in which an example's draws are asked for, what is foretold of those that are not, and
 * what that costs on weights drawn at random.
 *
 * Tolerances. |dp|: the share itself. What is foretold without scatter: rounding of sums of numbers of size 1e3. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "logw/prune.h"
#include "logw/prune_draws.h"

enum { ARMS = 10, K = 20, ALL = ARMS * K, ROUND = 12 };

typedef struct {
    double full[ALL], w[ALL];
    bool drawn[ALL];
    cama__draw wanted[ALL];
    cama__draws d;
} race;

static void begin(race *r, double share)
{
    for (int i = 0; i < ALL; i++) r->w[i] = NAN, r->drawn[i] = false;
    r->d = (cama__draws){ARMS, K, r->w, r->drawn, share};
}

/* A round, whose draws are made; what is not drawn stays NaN. */
static int32_t next_round(race *r)
{
    bool before[ALL];
    memcpy(before, r->drawn, sizeof before);
    const int32_t count = cama__draws_next(&r->d, r->wanted);
    for (int32_t i = 0; i < count; i++) {
        const int at = r->wanted[i].arm * K + r->wanted[i].k;
        assert_true(!before[at] && r->drawn[at]);
        before[at] = true;
        r->w[at] = r->full[at];
    }
    assert_memory_equal(before, r->drawn, sizeof before);
    return count;
}

static int32_t run(race *r)
{
    int32_t all = 0;
    for (int32_t count = next_round(r); count > 0; count = next_round(r)) all += count;
    return all;
}

/* w of arm a and draw k: the draw's part, the same for all, less the arm's gap. */
static void additive(race *r, double gap)
{
    for (int i = 0; i < ALL; i++) r->full[i] = -900 + 17 * (i % K * 7 % K) - gap * (i / K * 3 % ARMS);
}

/* All arms, the leader, and the leader's best draw of all others, with three of the next best arm to make a round of
 * 12; without scatter the other draws are then known. */
static void test_first_rounds(void **state)
{
    (void)state;
    race r;
    additive(&r, 40);
    begin(&r, 1e-4);
    assert_int_equal(next_round(&r), ARMS);
    for (int32_t a = 0; a < ARMS; a++) assert_true(r.wanted[a].arm == a && r.wanted[a].k == 0);
    assert_int_equal(next_round(&r), K - 1);
    for (int32_t k = 1; k < K; k++) assert_true(r.wanted[k - 1].arm == 0 && r.wanted[k - 1].k == k);
    assert_int_equal(next_round(&r), ROUND);
    for (int32_t a = 1; a < ARMS; a++) assert_true(r.wanted[a - 1].arm == a && r.wanted[a - 1].k * 7 % K == K - 1);
    for (int32_t i = ARMS - 1; i < ROUND; i++) /* arm 7 is the best but the leader: the next best draws */
        assert_true(r.wanted[i].arm == 7 && r.wanted[i].k * 7 % K == K - 2 - (i - ARMS + 1));
    assert_int_equal(next_round(&r), 0);
    cama__draws_fill(&r.d);
    for (int i = 0; i < ALL; i++) assert_near(r.w[i], r.full[i], 1e-10);
}

/* Without scatter the share alone decides, each draw's part of it; a round has half of what may matter, the weightiest
 * first, or 12. */
static void test_share(void **state)
{
    (void)state;
    race r;
    for (int side = 0; side < 2; side++) {
        const double share = 1e-5, lowest = -log(share / ARMS);
        for (int i = 0; i < ALL; i++) r.full[i] = -90 - (i < K ? 0 : lowest * (side == 0 ? 1 + 1e-6 : 1 - 1e-4));
        begin(&r, share);
        for (int round = 0; round < 3; round++) assert_true(next_round(&r) > 0);
        int32_t left = side == 0 ? 0 : (ARMS - 1) * (K - 2) - (ROUND - ARMS + 1);
        while (left > 0) {
            const int32_t count = next_round(&r);
            assert_int_equal(count, left <= ROUND ? left : left / 2 > ROUND ? (left + 1) / 2 : ROUND);
            for (int32_t i = 1; i < count; i++) assert_true(r.wanted[i].most <= r.wanted[i - 1].most || left <= ROUND);
            left -= count;
        }
        assert_int_equal(next_round(&r), 0);
    }
}

/* The most that draw k of an arm is foretold to be, from the definition. */
static double most_of(const race *r, int arm, int k, int leader)
{
    double squares = 0, freedom = 0, mean = 0, fit = 0, count = 0;
    for (int a = 0; a < ARMS; a++) {
        mean = fit = count = 0;
        for (int i = 0; i < K; i++)
            if (r->drawn[a * K + i]) mean += r->full[a * K + i] - r->full[leader * K + i], count++;
        mean /= count;
        for (int i = 0; i < K; i++)
            if (r->drawn[a * K + i]) squares += pow(r->full[a * K + i] - r->full[leader * K + i] - mean, 2);
        freedom += a == leader ? 0 : count - 1;
    }
    mean = count = 0;
    for (int i = 0; i < K; i++)
        if (r->drawn[arm * K + i])
            mean += r->full[arm * K + i] - r->full[leader * K + i], fit += r->full[leader * K + i], count++;
    const double here = r->full[leader * K + k], doubt = 0.5 * fmax(0, fit / count - here);
    return here + doubt + mean / count + cama__prune_quantile(freedom) * sqrt(squares / freedom * (1 + 1 / count));
}

/* The margin: a quantile of Student's t in deviations of a new D, and the half of what the leader fits worse. The race
 * goes to the draws of the largest first. */
static void test_margin(void **state)
{
    (void)state;
    race r, before;
    real v[ALL];
    cama__rng_normals((cama__rng_key){.seed = 3, .stream = 81}, ALL, v, 1);
    for (int i = 0; i < ALL; i++) r.full[i] = -90 - (i < K ? 0 : 14) + 6 * (double)v[i % K] + 3 * (double)v[i];
    begin(&r, 1e-4);
    for (int round = 0; round < 3; round++) assert_true(next_round(&r) > 0);
    int leader = 0;
    for (int a = 0; a < ARMS; a++) leader = r.drawn[a * K + 1] && r.drawn[a * K + 2] && r.drawn[a * K + 3] ? a : leader;
    before = r;
    const int32_t count = next_round(&r);
    assert_true(count > ROUND);
    double least = INFINITY;
    for (int32_t i = 0; i < count; i++) {
        const double most = most_of(&before, r.wanted[i].arm, r.wanted[i].k, leader);
        assert_near(r.wanted[i].most, most, 1e-9);
        least = fmin(least, most);
    }
    for (int i = 0; i < ALL; i++)
        if (!r.drawn[i]) assert_true(most_of(&before, i / K, i % K, leader) <= least + 1e-9);
}

static void posterior(const double *w, double *p)
{
    double top = -INFINITY, sum = 0;
    for (int i = 0; i < ALL; i++) top = fmax(top, w[i]);
    for (int a = 0; a < ARMS; a++) p[a] = 0;
    for (int i = 0; i < ALL; i++) sum += exp(w[i] - top), p[i / K] += exp(w[i] - top);
    for (int a = 0; a < ARMS; a++) p[a] /= sum;
}

/* p of the whole race and of one that fills what it left out; the largest change. */
static double lost(race *r)
{
    double p[ARMS], q[ARMS], most = 0;
    cama__draws_fill(&r->d);
    posterior(r->full, p);
    posterior(r->w, q);
    for (int a = 0; a < ARMS; a++) most = fabs(p[a] - q[a]) >= most ? fabs(p[a] - q[a]) : most;
    return most;
}

/* The first draw may mislead: the arm that leads then has all draws, and is not believed to be the best. */
static void test_wrong_leader(void **state)
{
    (void)state;
    const double share = 1e-4;
    race r;
    additive(&r, 4);
    r.full[7 * K] += 60;
    begin(&r, share);
    const int32_t computed = run(&r);
    for (int k = 0; k < K; k++) assert_true(r.drawn[7 * K + k]);
    assert_true(computed < ALL);
    assert_true(lost(&r) < share);
    double p[ARMS];
    posterior(r.w, p);
    for (int a = 1; a < ARMS; a++) assert_true(p[a] < p[0]);
}

static void test_not_finite(void **state)
{
    (void)state;
    static const double odd[] = {NAN, INFINITY, -INFINITY};
    race r;
    for (int i = 0; i < 3; i++) {
        additive(&r, 40);
        r.full[4 * K] = odd[i];
        begin(&r, 1e-4);
        assert_int_equal(run(&r), ALL);
        cama__draws_fill(&r.d); /* nothing to fill */
        assert_memory_equal(r.w, r.full, sizeof r.w);
    }
}

/* Normal w: of draws, alike for all arms, and of each arm's own; gaps of up to 30 deviations of the latter. */
static void test_race_of_normals(void **state)
{
    (void)state;
    enum { RACES = 3000 };
    const double share = 1e-4;
    int64_t computed = 0;
    for (uint32_t number = 0; number < RACES; number++) {
        race r;
        real v[ALL], common[K], gap[ARMS];
        cama__rng_normals((cama__rng_key){.seed = 4, .stream = 81, .sample = number}, ALL, v, 1);
        cama__rng_normals((cama__rng_key){.seed = 6, .stream = 81, .sample = number}, K, common, 1);
        cama__rng_uniforms((cama__rng_key){.seed = 5, .stream = 81, .sample = number}, ARMS, gap, 1);
        for (int i = 0; i < ALL; i++)
            r.full[i] = -120 + 12 * (double)common[i % K] + 4 * ((double)v[i] - 30 * (double)gap[i / K]);
        begin(&r, share);
        computed += run(&r);
        const double change = lost(&r);
        if (!(change < share)) fail_msg("race %u: dp = %g", (unsigned)number, change);
    }
    print_message("%d%% of the draws are computed\n", (int)(100 * computed / ((int64_t)RACES * ALL)));
    assert_true(computed < (int64_t)RACES * ALL / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_first_rounds), cmocka_unit_test(test_share),
                                       cmocka_unit_test(test_margin),       cmocka_unit_test(test_wrong_leader),
                                       cmocka_unit_test(test_not_finite),   cmocka_unit_test(test_race_of_normals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
