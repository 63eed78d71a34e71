/* objective_test - the reductions of log-weights against their definitions in long double, at sizes where
 * exponentiating a likelihood gives zero: log-weights of images are about -10^2 to -10^5, and exp(-746) is no
 * double.
 *
 * Tolerances. Values: sums of at most a few dozen doubles of size |w|, so |w| * 2^-48. Gradients against central
 * differences of step h: h^2 f''' / 6 with third derivatives below 1, and rounding |w| 2^-52 / h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "logw/objective.h"

enum { MOST = 512 };

typedef struct {
    int32_t u, c, k;
} shape;
static const shape shapes[] = {{1, 3, 1}, {1, 4, 6}, {3, 2, 1}, {2, 5, 7}, {1, 1, 5}, {4, 10, 3}};
static const double levels[] = {0, -90, -1e5, 1e5};
enum { SHAPES = sizeof shapes / sizeof *shapes, LEVELS = sizeof levels / sizeof *levels };

static int64_t size_of(shape s) { return (int64_t)s.u * s.c * s.k; }

/* Normals of standard deviation `spread` about a level. */
static void draw(shape s, double level, double spread, uint32_t what, double *w)
{
    real v[MOST];
    cama__rng_normals((cama__rng_key){.seed = 8, .stream = 80, .sample = what}, size_of(s), v, 1);
    for (int64_t i = 0; i < size_of(s); i++) w[i] = level + spread * (double)v[i];
}

static double at(shape s, const double *w, int32_t u, int32_t c, int32_t k) { return w[(u * s.c + c) * s.k + k]; }

/* ---- The definitions, in long double; the largest number is taken out, by hand ----------------------------------- */

static long double log_sum(const long double *v, int32_t n)
{
    long double top = v[0], sum = 0;
    for (int32_t i = 1; i < n; i++) top = fmaxl(top, v[i]);
    for (int32_t i = 0; i < n; i++) sum += expl(v[i] - top);
    return top + logl(sum);
}

static long double level_of(enum cama__objective objective, shape s, const double *w, int32_t c)
{
    long double v[MOST], sum = 0;
    int32_t n = 0;
    for (int32_t u = 0; u < s.u; u++)
        for (int32_t k = 0; k < s.k; k++) v[n] = at(s, w, u, c, k), sum += v[n++];
    return cama__objective_is_bayes(objective) ? log_sum(v, n) - logl(n) : sum / n;
}

static double value_of(enum cama__objective objective, shape s, const double *w, int32_t label, double *p)
{
    long double v[MOST], others[MOST];
    int32_t n = 0;
    for (int32_t c = 0; c < s.c; c++) {
        v[c] = level_of(objective, s, w, c);
        if (c != label) others[n++] = v[c];
    }
    const long double total = log_sum(v, s.c);
    for (int32_t c = 0; p != NULL && c < s.c; c++) p[c] = (double)expl(v[c] - total);
    if (objective == OBJECTIVE_ODDS) return (double)(v[label] - log_sum(others, n));
    long double order = 0;
    for (int32_t c = 0; c < s.c; c++) order += expl(v[c] - total) * (v[c] - total);
    if (objective == OBJECTIVE_ENTROPY) return (double)order;
    return (double)(objective == OBJECTIVE_BAYES && label >= 0 ? v[label] - total : total);
}

/* What the objective makes of a copy of w. */
static double apply(enum cama__objective objective, shape s, const double *w, int32_t label, double *p)
{
    double copy[MOST], work[2 * MOST];
    memcpy(copy, w, (size_t)size_of(s) * sizeof *w);
    memset(work, 0xff, sizeof work);
    const double value = cama__objective_apply(objective, s.u, s.c, s.k, copy, label, false, 1, p, work);
    assert_memory_equal(copy, w, (size_t)size_of(s) * sizeof *w); /* no gradient: w stays */
    return value;
}

/* ---- The tests --------------------------------------------------------------------------------------------------- */

static const enum cama__objective objectives[] = {OBJECTIVE_ELBO, OBJECTIVE_MARGINAL, OBJECTIVE_BAYES, OBJECTIVE_ODDS,
                                                  OBJECTIVE_ENTROPY};
enum { HEADS = 5 };

/* Labels that make sense for an objective and a shape: -1 where none is needed. OBJECTIVE_ELBO has one class. */
static bool fits(enum cama__objective objective, shape s, int32_t label)
{
    if (objective == OBJECTIVE_ELBO) return s.c == 1 && label == -1;
    if (objective == OBJECTIVE_ODDS) return s.c > 1 && label >= 0;
    return objective == OBJECTIVE_BAYES || label == -1;
}

static void test_values(void **state)
{
    (void)state;
    int32_t compared = 0;
    for (int h = 0; h < HEADS; h++)
        for (int i = 0; i < SHAPES; i++)
            for (int l = 0; l < LEVELS; l++)
                for (int32_t label = -1; label < shapes[i].c; label++) {
                    if (!fits(objectives[h], shapes[i], label)) continue;
                    double w[MOST], p[MOST], want_p[MOST], sum = 0;
                    draw(shapes[i], levels[l], 3, (uint32_t)(100 * i + l), w);
                    const double want = value_of(objectives[h], shapes[i], w, label, want_p);
                    const double got = apply(objectives[h], shapes[i], w, label, p), size = 1 + fabs(levels[l]);
                    assert_true(isfinite(got));
                    assert_near(got, want, size * 0x1p-48);
                    for (int32_t c = 0; c < shapes[i].c; c++) {
                        assert_near(p[c], want_p[c], size * 0x1p-48);
                        assert_true(p[c] > 0);
                        sum += p[c];
                    }
                    assert_near(sum, 1, size * 0x1p-48);
                    compared++;
                }
    assert_true(compared > 100);
}

/* The trap: exp of a likelihood. Everything underflows to 0 / 0, or only the best class survives; differences are
 * what counts. */
static void test_no_exp_of_likelihoods(void **state)
{
    (void)state;
    const shape s = {1, 3, 2};
    const double w[] = {-1e5, -1e5, -1e5 - log(2), -1e5 - log(2), -1e5 - 2000, -1e5 - 2000};
    double p[3];
    const double value = apply(OBJECTIVE_BAYES, s, w, 1, p);
    assert_near(value, log(1.0 / 3), 1e-9);
    assert_near(p[0], 2.0 / 3, 1e-9);
    assert_near(p[1], 1.0 / 3, 1e-9);
    assert_true(p[2] == 0);
    /* the log of a probability that is zero as a number is still the right one */
    assert_near(apply(OBJECTIVE_BAYES, s, w, 2, p), -2000 + log(2.0 / 3), 1e-9);
    assert_near(apply(OBJECTIVE_ODDS, s, w, 2, p), -2000 - log(1.5), 1e-9);
    assert_near(apply(OBJECTIVE_MARGINAL, s, w, -1, p), -1e5 + log(1.5), 1e-9);
}

/* Samples enter as a mean of exp in Bayes' rule and as a mean in the ELBOs: one bad sample costs log K, or nearly
 * everything. */
static void test_bad_sample(void **state)
{
    (void)state;
    const shape s = {1, 2, 4};
    const double w[] = {-100, -100, -100, -5000, -110, -110, -110, -110};
    double p[2];
    assert_near(apply(OBJECTIVE_BAYES, s, w, -1, p), -100 + log(0.75 + exp(-10)), 1e-12 * 100);
    assert_true(p[0] > 0.999);
    assert_near(apply(OBJECTIVE_MARGINAL, s, w, -1, p), -110, 1e-9); /* (-300 - 5000) / 4 is far below */
    assert_true(p[0] == 0 && p[1] == 1);
}

static void test_gradients(void **state)
{
    (void)state;
    const double h = 1e-4, scale = 0.7;
    int32_t compared = 0;
    for (int n = 0; n < HEADS; n++)
        for (int i = 0; i < SHAPES; i++)
            for (int l = 0; l < LEVELS; l++)
                for (int32_t label = -1; label < shapes[i].c; label++) {
                    if (!fits(objectives[n], shapes[i], label)) continue;
                    double w[MOST], g[MOST], work[2 * MOST], sum = 0;
                    draw(shapes[i], levels[l], 1, (uint32_t)(100 * i + l + 50), w);
                    memcpy(g, w, sizeof g);
                    cama__objective_apply(objectives[n], shapes[i].u, shapes[i].c, shapes[i].k, g, label, true, scale,
                                          NULL, work);
                    const double tolerance = h * h + (1 + fabs(levels[l])) * 0x1p-49 / h;
                    for (int64_t j = 0; j < size_of(shapes[i]); j++) {
                        const double before = w[j];
                        w[j] = before + h;
                        const double up = apply(objectives[n], shapes[i], w, label, NULL);
                        w[j] = before - h;
                        const double down = apply(objectives[n], shapes[i], w, label, NULL);
                        w[j] = before;
                        assert_near(g[j], scale * (up - down) / (2 * h), tolerance);
                        sum += g[j];
                        compared++;
                    }
                    /* adding a constant to all: p does not change, log p(x) moves by it */
                    const bool ratio = objectives[n] == OBJECTIVE_ODDS || objectives[n] == OBJECTIVE_ENTROPY ||
                                       (objectives[n] == OBJECTIVE_BAYES && label >= 0);
                    assert_near(sum, ratio ? 0 : scale, (1 + fabs(levels[l])) * 0x1p-46);
                }
    assert_true(compared > 1000);
}

/* Where p_label has rounded to 1 the gradient of log p is nothing; that of the odds still points the way. */
static void test_odds_do_not_saturate(void **state)
{
    (void)state;
    const shape s = {1, 3, 2};
    const double w[] = {-100, -101, -900, -901, -950, -951};
    double g[6], o[6], work[6];
    memcpy(g, w, sizeof g), memcpy(o, w, sizeof o);
    cama__objective_apply(OBJECTIVE_BAYES, 1, 3, 2, g, 0, true, 1, NULL, work);
    cama__objective_apply(OBJECTIVE_ODDS, s.u, s.c, s.k, o, 0, true, 1, NULL, work);
    for (int i = 0; i < 6; i++) assert_true(g[i] == 0);
    assert_near(o[0] + o[1], 1, 1e-12);
    assert_near(o[2] + o[3] + 1, 0, 1e-12);
    assert_near(o[4], 0, 1e-12);
}

/* Classes that are certain have no entropy, equal ones log C; a class that rounds to nothing is no NaN. */
static void test_entropy_at_its_ends(void **state)
{
    (void)state;
    double certain[] = {-100, -2000, -INFINITY}, work[6];
    const double equal[] = {-7, -7, -7};
    assert_near(apply(OBJECTIVE_ENTROPY, (shape){1, 3, 1}, equal, -1, NULL), -log(3), 1e-14);
    assert_true(cama__objective_apply(OBJECTIVE_ENTROPY, 1, 3, 1, certain, -1, false, 1, NULL, work) == 0);
    const double value = cama__objective_apply(OBJECTIVE_ENTROPY, 1, 2, 1, certain, -1, true, 1, NULL, work);
    assert_true(value == 0 && certain[0] == 0 && certain[1] == 0);
}

/* NaN and infinities come out, they are not hidden: verbs look for them in what objectives return. */
static void test_not_finite(void **state)
{
    (void)state;
    for (int h = 1; h < HEADS; h++)
        for (int j = 0; j < 6; j++) {
            double w[] = {-1, -2, -3, -4, -5, -6}, p[3];
            w[j] = NAN;
            const double value =
                apply(objectives[h], (shape){1, 3, 2}, w, objectives[h] == OBJECTIVE_MARGINAL ? -1 : 0, p);
            assert_false(isfinite(value) && isfinite(p[0]) && isfinite(p[1]) && isfinite(p[2]));
        }
    double p[1];
    const double elbo[] = {-1, NAN, -3};
    assert_true(isnan(apply(OBJECTIVE_ELBO, (shape){1, 1, 3}, elbo, -1, p)));
    /* a sample of weight zero is a number like any other in Bayes' rule */
    const double w[] = {-INFINITY, -2, -3, -4};
    double q[2];
    assert_near(apply(OBJECTIVE_BAYES, (shape){1, 2, 2}, w, 0, q), log(exp(-2) / (exp(-2) + exp(-3) + exp(-4))), 1e-14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_values),
                                       cmocka_unit_test(test_no_exp_of_likelihoods),
                                       cmocka_unit_test(test_bad_sample),
                                       cmocka_unit_test(test_gradients),
                                       cmocka_unit_test(test_odds_do_not_saturate),
                                       cmocka_unit_test(test_entropy_at_its_ends),
                                       cmocka_unit_test(test_not_finite)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
