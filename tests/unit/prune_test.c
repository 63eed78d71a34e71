/* prune_test - the race between an example's arms: its rounds, what a wide and a narrow scatter let go, and what it
 * costs on weights drawn at random.
 *
 * Tolerances. Student's t: Wallace's approximation is within 6 percent of the quantiles at four normal deviations that
 * are tabulated here. |dp|: the share itself. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "logw/prune.h"

enum { ARMS = 10, K = 12 };

static void test_rounds(void **state)
{
    (void)state;
    static const int32_t want[][8] = {{1, 1},    {2, 2},       {3, 2, 3},      {4, 2, 4},
                                      {7, 2, 7}, {8, 2, 4, 8}, {10, 2, 4, 10}, {100, 2, 4, 8, 16, 32, 100}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const int32_t k = want[i][0];
        int32_t drawn = 0;
        for (int r = 1; drawn < k; r++) {
            drawn = cama__prune_round(drawn, k);
            assert_int_equal(drawn, want[i][r]);
        }
    }
    /* every k ends, and but for k = 3 no round is smaller than the one before */
    for (int32_t k = 1; k <= 100000; k += 1 + k / 7)
        for (int32_t drawn = 0, last = 0; drawn < k;) {
            const int32_t next = cama__prune_round(drawn, k);
            assert_true(next > drawn && next <= k && (next - drawn >= last || k == 3));
            last = next == k ? 0 : next - drawn;
            drawn = next;
        }
}

/* Arms at `gap` nats below the first, with D of mean -gap and deviation `spread` over the draws, first +, then -. */
static void two_draws(double gap, double spread, double *w)
{
    for (int a = 0; a < ARMS; a++)
        for (int k = 0; k < K; k++) w[a * K + k] = -90 - (a > 0) * gap + (a > 0) * (k % 2 == 0 ? spread : -spread);
}

static int32_t left(int64_t arms, int32_t drawn, const double *w, double share)
{
    bool stays[ARMS];
    int32_t seen[ARMS], count = 0;
    for (int a = 0; a < ARMS; a++) seen[a] = drawn;
    cama__prune_judge(arms, K, w, seen, share, stays);
    for (int a = 0; a < arms; a++) count += stays[a];
    assert_true(stays[0]);
    return count;
}

/* Without scatter the share alone decides, each arm's part of it. */
static void test_no_scatter(void **state)
{
    (void)state;
    double w[ARMS * K];
    const double share = 1e-5, lowest = -log(share / ARMS);
    two_draws(lowest * (1 - 1e-6), 0, w);
    assert_int_equal(left(ARMS, 2, w, share), ARMS);
    two_draws(lowest * (1 + 1e-6), 0, w);
    assert_int_equal(left(ARMS, 2, w, share), 1);
}

/* The gap that is let go: the share's, and a quantile of Student's t of (arms - 1) (draws - 1) degrees of freedom, in
 * deviations of a new D from a mean. */
static void test_margin(void **state)
{
    (void)state;
    /* quantiles of Student's t at the upper tail of four normal deviations, 3.167e-5 */
    static const struct {
        int64_t arms;
        int32_t drawn;
        double quantile;
    } cases[] = {{10, 2, 7.00}, {10, 4, 4.73}, {4, 4, 7.00}, {10, 12, 4.18}, {2, 12, 6.24}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double spread = 6, share = 1e-4, drawn = cases[i].drawn;
        const double deviation = spread * sqrt(drawn / (drawn - 1) * (1 + 1 / drawn));
        double w[ARMS * K], low = 0, high = 1000;
        for (int step = 0; step < 60; step++) {
            const double middle = (low + high) / 2;
            two_draws(middle, spread, w);
            if (left(cases[i].arms, cases[i].drawn, w, share) > 1)
                low = middle;
            else
                high = middle;
        }
        const double quantile = (low + log(share / (double)cases[i].arms)) / deviation;
        assert_near(quantile, cases[i].quantile, 0.06 * cases[i].quantile);
    }
}

/* One D that was seen above the share keeps its arm, however narrow the scatter of the others makes the margin. */
static void test_what_was_seen(void **state)
{
    (void)state;
    double w[ARMS * K];
    two_draws(400, 0, w);
    w[3 * K + 5] = w[5] - 2;
    assert_int_equal(left(ARMS, 12, w, 1e-5), 2);
}

static void test_not_finite(void **state)
{
    (void)state;
    static const double odd[] = {NAN, INFINITY, -INFINITY};
    double w[ARMS * K];
    for (int i = 0; i < 3; i++) {
        two_draws(1000, 1, w);
        assert_int_equal(left(ARMS, 4, w, 1e-5), 1);
        w[7 * K + 2] = odd[i];
        assert_int_equal(left(ARMS, 4, w, 1e-5), ARMS);
        assert_int_equal(left(ARMS, 2, w, 1e-5), 1); /* a draw that is not there yet is not looked at */
    }
}

/* An arm that left after two draws that were alike comes back when more draws of the others show how they scatter; what
 * it did not draw is not looked at. */
static void test_coming_back(void **state)
{
    (void)state;
    double w[ARMS * K];
    bool stays[ARMS];
    int32_t seen[ARMS];
    two_draws(60, 0, w);
    assert_int_equal(left(ARMS, 2, w, 1e-5), 1);
    for (int a = 0; a < ARMS; a++) {
        seen[a] = a < 4 ? 4 : 2;
        for (int k = 2; k < K; k++) w[a * K + k] = a < 4 ? w[a * K] + (a > 0) * (k % 2 == 0 ? 25 : -25) : NAN;
    }
    cama__prune_judge(ARMS, K, w, seen, 1e-5, stays);
    for (int a = 0; a < ARMS; a++) assert_true(stays[a]);
}

static void test_fill(void **state)
{
    (void)state;
    double w[4] = {-1e5, -1e5 + log(3), 7, 8};
    cama__prune_fill(4, 2, true, w);
    for (int k = 2; k < 4; k++) assert_near(w[k], -1e5 + log(2), 1e-10);
    cama__prune_fill(4, 4, true, w);
    assert_true(w[0] == -1e5);
    w[0] = 1, w[1] = 4;
    cama__prune_fill(4, 2, false, w);
    assert_true(w[2] == 2.5 && w[3] == 2.5);
}

static void softmax_of_levels(const double *w, double *p)
{
    double level[ARMS], top = -INFINITY, sum = 0;
    for (int a = 0; a < ARMS; a++) {
        double most = -INFINITY, mean = 0;
        for (int k = 0; k < K; k++) most = fmax(most, w[a * K + k]);
        for (int k = 0; k < K; k++) mean += exp(w[a * K + k] - most) / K;
        level[a] = most + log(mean);
        top = fmax(top, level[a]);
    }
    for (int a = 0; a < ARMS; a++) sum += p[a] = exp(level[a] - top);
    for (int a = 0; a < ARMS; a++) p[a] /= sum;
}

/* Arms with normal D of one deviation, gaps of up to 30 of them: a whole race loses less than the share, and not for
 * nothing. */
static void test_race_of_normals(void **state)
{
    (void)state;
    enum { RACES = 3000 };
    const double share = 1e-4;
    int64_t computed = 0;
    for (uint32_t race = 0; race < RACES; race++) {
        real v[ARMS * K], u[ARMS];
        double w[ARMS * K], full[ARMS * K], p[ARMS], q[ARMS];
        int32_t seen[ARMS];
        bool stays[ARMS];
        const cama__rng_key key = {.seed = 4, .stream = 81, .sample = race};
        cama__rng_normals(key, ARMS * K, v, 1);
        cama__rng_uniforms((cama__rng_key){.seed = 5, .stream = 81, .sample = race}, ARMS, u, 1);
        for (int i = 0; i < ARMS * K; i++) {
            w[i] = full[i] = -120 + 8 * ((double)v[i] - 30 * (double)u[i / K]);
            if (i % K >= 2) w[i] = NAN; /* what is not drawn is not looked at */
        }
        bool more = true;
        for (int a = 0; a < ARMS; a++) stays[a] = true, seen[a] = 0;
        for (int32_t target = 0; more;) {
            target = cama__prune_round(target, K);
            for (int a = 0; a < ARMS; a++) {
                if (!stays[a] || seen[a] == K) continue;
                memcpy(w + a * K, full + a * K, (size_t)target * sizeof *w);
                computed += target - seen[a];
                seen[a] = target;
            }
            more = false;
            cama__prune_judge(ARMS, K, w, seen, share, stays);
            for (int a = 0; a < ARMS; a++) more = more || (stays[a] && seen[a] < K);
        }
        for (int a = 0; a < ARMS; a++) cama__prune_fill(K, seen[a], true, w + a * K);
        softmax_of_levels(full, p);
        softmax_of_levels(w, q);
        for (int a = 0; a < ARMS; a++)
            if (!(fabs(p[a] - q[a]) < share)) fail_msg("race %u: dp = %g", (unsigned)race, q[a] - p[a]);
    }
    assert_true(computed < RACES * ARMS * K * 3 / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rounds),     cmocka_unit_test(test_no_scatter),
                                       cmocka_unit_test(test_margin),     cmocka_unit_test(test_what_was_seen),
                                       cmocka_unit_test(test_not_finite), cmocka_unit_test(test_coming_back),
                                       cmocka_unit_test(test_fill),       cmocka_unit_test(test_race_of_normals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
