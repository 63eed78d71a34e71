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

enum { ARMS = 10, K = 20, ALL = ARMS * K };

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

/* All arms, the leader, and the leader's best draw of all others; without scatter the other draws are then known. */
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
    assert_int_equal(next_round(&r), ARMS - 1);
    for (int32_t a = 1; a < ARMS; a++) assert_true(r.wanted[a - 1].arm == a && r.wanted[a - 1].k * 7 % K == K - 1);
    assert_int_equal(next_round(&r), 0);
    cama__draws_fill(&r.d);
    for (int i = 0; i < ALL; i++) assert_near(r.w[i], r.full[i], 1e-10);
}

/* Without scatter the share alone decides, each draw's part of it; a round has half of what may matter, the weightiest
 * first, or 12. */
static void test_share(void **state)
{
    (void)state;
    enum { ROUND = 12 };
    race r;
    for (int side = 0; side < 2; side++) {
        const double share = 1e-5, lowest = -log(share / ARMS);
        for (int i = 0; i < ALL; i++) r.full[i] = -90 - (i < K ? 0 : lowest * (side == 0 ? 1 + 1e-6 : 1 - 1e-4));
        begin(&r, share);
        for (int round = 0; round < 3; round++) assert_true(next_round(&r) > 0);
        int32_t left = side == 0 ? 0 : (ARMS - 1) * (K - 2);
        while (left > 0) {
            const int32_t count = next_round(&r);
            assert_int_equal(count, left <= ROUND ? left : left / 2 > ROUND ? (left + 1) / 2 : ROUND);
            for (int32_t i = 1; i < count; i++) assert_true(r.wanted[i].most <= r.wanted[i - 1].most || left <= ROUND);
            left -= count;
        }
        assert_int_equal(next_round(&r), 0);
    }
}

/* The margin: what is asked for first is foretold by the leader's draw, the mean of D, and a quantile of Student's t in
 * deviations of a new D. */
static void test_margin(void **state)
{
    (void)state;
    race r;
    for (int i = 0; i < ALL; i++) r.full[i] = -90 - (i < K ? 0 : 10) - (i % K == 0 ? 0 : 5);
    for (int a = 1; a < ARMS; a++) r.full[a * K + 1] += 6;
    r.full[1] += 1; /* the leader's best but one: of all others the second draw. D: -10 and -5 */
    begin(&r, 1e-4);
    for (int round = 0; round < 3; round++) assert_true(next_round(&r) > 0);
    assert_true(next_round(&r) > 0);
    const double deviation = sqrt((ARMS - 1) * 12.5 / (ARMS - 1) * 1.5);
    assert_near(r.wanted[0].most, -95 - 7.5 + cama__prune_quantile(ARMS - 1) * deviation, 1e-9);
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
