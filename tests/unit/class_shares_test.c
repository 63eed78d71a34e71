/* class_shares_test - shares of classes that are estimated from posteriors: those of a known mixture come out, p
 * becomes Bayes' rule under them, a change within chance is none, and flagged rows do not count. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "model/model.h"
#include "verbs/class_shares.h"

enum { ROWS = 2000, CLASSES = 2 };

static double log_prior[CLASSES];
static cama_model model = {.spec = {.classes = CLASSES}, .log_prior = log_prior};
static double p[ROWS * CLASSES], truth[ROWS];

/* x ~ N(2 y, 1), y = 1 with probability `share`; p is Bayes' rule under even shares, truth under the real ones. */
static void draw(double share)
{
    log_prior[0] = log_prior[1] = log(0.5);
    for (int32_t i = 0; i < ROWS; i++) {
        real u = 0, e = 0;
        cama__rng_uniforms((cama__rng_key){1, 100, 0, (uint32_t)i, 0}, 1, &u, 1);
        cama__rng_normals((cama__rng_key){1, 101, 0, (uint32_t)i, 0}, 1, &e, 1);
        const double x = ((double)u < share ? 2 : 0) + (double)e, odds = exp(2 * x - 2);
        p[2 * i + 1] = odds / (1 + odds);
        p[2 * i] = 1 / (1 + odds);
        truth[i] = odds * share / (1 - share) / (1 + odds * share / (1 - share));
    }
}

/* The share's standard error is about .01; of p, where it is steepest, a fourth of the change in log-odds. */
static void test_shares_of_a_mixture(void **state)
{
    (void)state;
    static const double shares[] = {0.93, 0.1, 0.7};
    const cama_dataset data = {.n = ROWS};
    for (int k = 0; k < 3; k++) {
        double before = 0, after = 0;
        draw(shares[k]);
        for (int i = 0; i < ROWS; i++) before += fabs(p[2 * i + 1] - truth[i]) / ROWS;
        assert_int_equal(cama__class_shares(&model, &data, true, p), CAMA_OK);
        for (int i = 0; i < ROWS; i++) {
            after += fabs(p[2 * i + 1] - truth[i]) / ROWS;
            assert_near(p[2 * i] + p[2 * i + 1], 1, 1e-12);
        }
        assert_true(before > 0.05 && after < 0.01);
    }
}

static void test_chance_changes_nothing(void **state)
{
    (void)state;
    static double before[ROWS * CLASSES];
    const cama_dataset data = {.n = ROWS};
    draw(0.5);
    memcpy(before, p, sizeof p);
    assert_int_equal(cama__class_shares(&model, &data, true, p), CAMA_OK);
    assert_memory_equal(before, p, sizeof p);
    assert_int_equal(cama__class_shares(&model, &data, false, p), CAMA_OK);
    assert_memory_not_equal(before, p, sizeof p);
}

/* Rows that were made up say nothing: half of the rows of one class, flagged, and the shares are even. */
static void test_flagged_rows_do_not_count(void **state)
{
    (void)state;
    static uint8_t flag[ROWS];
    static double before[ROWS * CLASSES];
    cama__origin origin = {.flag = flag};
    const cama_dataset data = {.n = ROWS, .origin = &origin};
    draw(0.5);
    for (int i = 0; i < ROWS; i += 2) flag[i] = 1, p[2 * i] = 1, p[2 * i + 1] = 0;
    memcpy(before, p, sizeof p);
    assert_int_equal(cama__class_shares(&model, &data, true, p), CAMA_OK);
    assert_memory_equal(before, p, sizeof p);
    memset(flag, 0, sizeof flag);
    assert_int_equal(cama__class_shares(&model, &data, true, p), CAMA_OK);
    assert_memory_not_equal(before, p, sizeof p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shares_of_a_mixture),
                                       cmocka_unit_test(test_chance_changes_nothing),
                                       cmocka_unit_test(test_flagged_rows_do_not_count)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
