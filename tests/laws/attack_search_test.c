/* attack_search_test - the Square Attack, restarts and noise of attacks: what is found stays in ball and box, is never
 * weaker for more runs, and depends on nothing but the row, the model, the options and the seed; and the report says
 * what predictions say. */
#include "attack_setup.h"

static cama_options *square_options(const char *norm, int64_t queries)
{
    cama_options *o = attack_options("square", norm);
    attack_set_int(o, "queries", queries);
    return o;
}

static double *values_of(const cama_report *r, const char *key, int64_t count)
{
    double *v = cama__mem_alloc((size_t)count, sizeof *v);
    int64_t given = -1;
    OK(cama_report_count(r, key, &given));
    assert_int_equal(given, count);
    for (int64_t i = 0; i < count; i++) OK(cama_report_get(r, key, i, &v[i]));
    return v;
}

static double value_of(const cama_report *r, const char *key)
{
    double v = NAN;
    OK(cama_report_get(r, key, 0, &v));
    return v;
}

static cama_report *reported(cama_options *o, cama_dataset **out)
{
    cama_report *report = NULL;
    *out = NULL;
    OK(cama__attack(attack_session, attack_model, attack_dataset, o, out, &report));
    cama__options_free(o);
    return report;
}

static double way_of(int32_t norm, const cama_dataset *out, int64_t row)
{
    return (norm == 0 ? attack_distance_linf : attack_distance_l2)(out, attack_dataset, row);
}

/* p(y|x) (N, C) of cama_predict, seed 11 and a draw of each. */
static float *predictions(const cama_dataset *d)
{
    cama_options *o = NULL;
    float *p = cama__mem_alloc((size_t)d->n * CLASSES, sizeof *p);
    OK(cama__options_create(VERB_PREDICT, &o));
    attack_set_int(o, "samples", 1);
    attack_set_int(o, "m_samples", 1);
    attack_set_int(o, "seed", 11);
    OK(cama__predict(attack_session, attack_model, d, o, p));
    cama__options_free(o);
    return p;
}

static bool is_wrong(const float *p, int32_t label)
{
    int32_t best = 0;
    for (int32_t c = 1; c < CLASSES; c++) best = p[c] > p[best] ? c : best;
    return best != label;
}

/* ---- The search -------------------------------------------------------------------------------------------------- */

/* Both norms, with a box that cuts and a mask: never outside, masked pixels to the bit, to some avail. */
static void test_ball_and_box(void **state)
{
    (void)state;
    float mask[DIMS];
    for (int64_t j = 0; j < DIMS; j++) mask[j] = j % 3 != 1;
    for (int32_t k = 0; k < 4; k++) {
        const double eps = k % 2 == 0 ? 0.1 : 0.5;
        cama_options *o = square_options(attack_norms[k % 2], 60);
        attack_set_real(o, "eps", eps);
        attack_set_real(o, "low", 0.02);
        attack_set_real(o, "high", 0.98);
        if (k / 2 == 1) OK(cama__options_set_vector(o, "mask", mask, DIMS));
        cama_dataset *out = attacked_once(attack_model, attack_dataset, o);
        double farthest = 0;
        for (int64_t i = 0; i < N; i++) {
            const double way = way_of(k % 2, out, i);
            assert_true(way <= eps + ROUNDING);
            farthest = way > farthest ? way : farthest;
        }
        assert_true(farthest > 0.7 * eps);
        assert_true(out->low >= 0.02f && out->high <= 0.98f);
        for (int64_t j = 0; j < N * DIMS; j++)
            if (k / 2 == 1 && mask[j % DIMS] == 0) assert_true(out->x[j] == attack_dataset->x[j]);
        assert_true(attack_hardness(attack_model, out) > attack_hardness(attack_model, attack_dataset) + 0.3);
        cama__dataset_free(out);
    }
}

/* All labels are right before; few survive, fewer the longer the search. */
static void test_accuracy_falls(void **state)
{
    (void)state;
    static const int64_t queries[] = {1, 20, 300};
    for (int32_t k = 0; k < 2; k++) {
        double last = 1;
        for (int32_t q = 0; q < 3; q++) {
            cama_dataset *out = NULL;
            cama_options *o = square_options(attack_norms[k], queries[q]);
            attack_set_real(o, "eps", k == 0 ? 0.2 : 0.8);
            cama_report *r = reported(o, &out);
            const double after = value_of(r, "accuracy_after");
            print_message("square %s, %d queries: accuracy %.3f\n", attack_norms[k], (int)queries[q], after);
            assert_true(value_of(r, "accuracy_before") == 1 && after <= last);
            last = after;
            cama__report_free(r);
            cama__dataset_free(out);
        }
        assert_true(last < 0.3);
    }
}

/* An example never becomes less hard than it was, and queries after the model was fooled are none. */
static void test_never_weaker_than_clean(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 2; k++) {
        cama_dataset *out = NULL;
        cama_report *r = reported(square_options(attack_norms[k], 30), &out);
        double *before = values_of(r, "odds_before", N), *after = values_of(r, "odds_after", N);
        double *success = values_of(r, "success", N);
        for (int64_t i = 0; i < N; i++) assert_true(success[i] == 1 || after[i] <= before[i]);
        cama__mem_free(before);
        cama__mem_free(after);
        cama__mem_free(success);
        cama__report_free(r);
        cama__dataset_free(out);
    }
}

static void test_deterministic(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 2; k++) {
        cama_options *o = square_options(attack_norms[k], 12);
        attack_set_int(o, "restarts", 2);
        attack_is_deterministic(o);
    }
}

/* ---- Restarts ---------------------------------------------------------------------------------------------------- */

/* More runs never leave an example stronger off, and each example has the rows of one of them. */
static void test_restarts(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 4; k++) {
        double *last_success = NULL, *last_odds = NULL, later = 0;
        for (int32_t restarts = 1; restarts <= 4; restarts++) {
            cama_dataset *out = NULL;
            cama_options *o = attack_options(k < 2 ? "pgd" : "square", attack_norms[k % 2]);
            attack_set_int(o, "steps", 2);
            attack_set_int(o, "queries", 6);
            attack_set_int(o, "restarts", restarts);
            cama_report *r = reported(o, &out);
            double *success = values_of(r, "success", N), *odds = values_of(r, "odds_after", N);
            double *from = values_of(r, "restart", N);
            for (int64_t i = 0; i < N; i++) {
                later += from[i] > 0;
                assert_true(from[i] < restarts);
                if (last_success == NULL) continue;
                assert_true(success[i] >= last_success[i]);
                assert_true(success[i] > last_success[i] || odds[i] <= last_odds[i]);
            }
            cama__mem_free(last_success);
            cama__mem_free(last_odds);
            cama__mem_free(from);
            last_success = success;
            last_odds = odds;
            cama__report_free(r);
            cama__dataset_free(out);
        }
        assert_true(later > N / 4);
        cama__mem_free(last_success);
        cama__mem_free(last_odds);
    }
}

/* ---- Expectation over noise -------------------------------------------------------------------------------------- */

static cama_dataset *pgd_with(int64_t draws, int64_t redraw, const char *noise)
{
    cama_options *o = attack_options("pgd", "linf");
    attack_set_int(o, "draws", draws);
    attack_set_int(o, "redraw", redraw);
    attack_set_text(o, "noise", noise);
    return attacked_once(attack_model, attack_dataset, o);
}

static void compare(cama_dataset *a, cama_dataset *b, bool same)
{
    const size_t size = N * DIMS * sizeof *a->x;
    assert_true((memcmp(a->x, b->x, size) == 0) == same);
    cama__dataset_free(a);
    cama__dataset_free(b);
}

/* One draw is plain PGD; without noise neither draws nor fresh ones matter (the sum of four equal gradients has their
 * sign), and with noise both do. */
static void test_draws(void **state)
{
    (void)state;
    compare(pgd_with(1, 0, "sample"), attacked_once(attack_model, attack_dataset, attack_options("pgd", "linf")), true);
    compare(pgd_with(1, 0, "mean"), pgd_with(4, 0, "mean"), true);
    compare(pgd_with(1, 0, "mean"), pgd_with(1, 1, "mean"), true);
    compare(pgd_with(1, 0, "sample"), pgd_with(4, 0, "sample"), false);
    compare(pgd_with(1, 0, "sample"), pgd_with(1, 1, "sample"), false);
}

/* Against predictions with other noise than the attack's, more draws are stronger. */
static void test_expectation(void **state)
{
    (void)state;
    double hardness[2] = {0};
    for (int32_t k = 0; k < 2; k++) {
        cama_options *o = attack_options("pgd", "linf");
        attack_set_int(o, "draws", k == 0 ? 1 : 8);
        attack_set_int(o, "redraw", k);
        attack_set_int(o, "seed", 1000); /* attack_hardness has 11 */
        cama_dataset *out = attacked_once(attack_model, attack_dataset, o);
        hardness[k] = attack_hardness(attack_model, out);
        cama__dataset_free(out);
    }
    print_message("-log p(y|x) under other noise: one draw %.3f, eight fresh ones %.3f\n", hardness[0], hardness[1]);
    assert_true(hardness[1] > hardness[0]);
}

/* ---- The report -------------------------------------------------------------------------------------------------- */

static void test_report(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 6; k++) {
        static const char *const methods[] = {"fgsm", "pgd", "square"};
        cama_dataset *out = NULL, *plain = NULL;
        cama_report *r = reported(attack_options(methods[k / 2], attack_norms[k % 2]), &out);
        double *wrong = values_of(r, "wrong_before", N), *success = values_of(r, "success", N);
        double *odds = values_of(r, "odds_after", N), *away = values_of(r, "distance", N), right = 0;
        float *p = predictions(attack_dataset), *q = predictions(out);
        for (int64_t i = 0; i < N; i++) {
            const double p_y = q[i * CLASSES + out->y[i]];
            assert_true((wrong[i] == 1) == is_wrong(p + i * CLASSES, out->y[i]));
            assert_true((success[i] == 1) == is_wrong(q + i * CLASSES, out->y[i]));
            assert_near(1 / (1 + exp(-odds[i])), p_y, 1e-6); /* p is a float */
            assert_near(away[i], way_of(k % 2, out, i), 1e-9);
            right += success[i] == 0;
        }
        assert_true(value_of(r, "accuracy_after") == right / N);
        plain = attacked_once(attack_model, attack_dataset, attack_options(methods[k / 2], attack_norms[k % 2]));
        assert_memory_equal(plain->x, out->x, N * DIMS * sizeof *out->x); /* the report changes nothing */
        cama__mem_free(wrong);
        cama__mem_free(success);
        cama__mem_free(odds);
        cama__mem_free(away);
        cama__mem_free(p);
        cama__mem_free(q);
        cama__report_free(r);
        cama__dataset_free(plain);
        cama__dataset_free(out);
    }
}

/* What one model's attack found is a dataset for another one. */
static void test_transfer(void **state)
{
    (void)state;
    cama_model *other = attack_build(0);
    OK(cama__model_init(other, 8, 1.5));
    cama_dataset *d = attack_sample(other, 60, 0, 1), *out = NULL;
    cama_options *o = attack_options("pgd", "linf");
    attack_set_real(o, "eps", 0.2);
    out = attacked_once(attack_model, d, o);
    assert_true(attack_hardness(other, out) > attack_hardness(other, d));
    cama__dataset_free(out);
    cama__dataset_free(d);
    cama__model_free(other);
}

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

static void refuse(cama_options *o, const char *message)
{
    cama_dataset *out = (cama_dataset *)&message;
    cama_report *report = (cama_report *)&message;
    assert_int_equal(cama__attack(attack_session, attack_model, attack_dataset, o, &out, &report), CAMA_E_OPTION);
    assert_string_equal(cama_last_error(), message);
    assert_ptr_equal(out, &message);
    assert_ptr_equal(report, &message);
    cama__options_free(o);
}

static void test_refusals(void **state)
{
    (void)state;
    cama_options *o = attack_options("fgsm", "linf");
    attack_set_int(o, "restarts", 3);
    refuse(o, "option \"restarts\" of \"attack\": expected 1 for fgsm, which has no random start, got 3");
    o = attack_options("pgd", "linf");
    attack_set_int(o, "restarts", 2);
    attack_set_int(o, "random_start", 0);
    refuse(o, "option \"restarts\" of \"attack\": expected 1 with random_start = 0, got 2");
    o = attack_options("square", "linf");
    FAILS(CAMA_E_OPTION, cama__options_set_int(o, "queries", 0));
    FAILS(CAMA_E_OPTION, cama__options_set_real(o, "square_share", 0));
    FAILS(CAMA_E_OPTION, cama__options_set_int(o, "redraw", 2));
    cama__options_free(o);
}

static int32_t stop(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    int64_t *told = user;
    (void)objective;
    (void)seconds;
    assert_string_equal(phase, "attack");
    assert_true(step <= total);
    told[0] = step;
    told[1] = total;
    return told[2] != 0;
}

static void test_progress_and_cancel(void **state)
{
    (void)state;
    int64_t told[3] = {0};
    cama_options *o = square_options("linf", 5);
    cama_dataset *out = NULL;
    attack_set_int(o, "restarts", 3);
    attack_session->progress = stop;
    attack_session->user = told;
    out = attacked(attack_model, attack_dataset, o);
    assert_true(told[0] == 30 && told[1] == 30); /* two batches, five queries, three runs */
    cama__dataset_free(out);
    told[2] = 1;
    out = NULL;
    assert_int_equal(cama__attack(attack_session, attack_model, attack_dataset, o, &out, NULL), CAMA_E_CANCELLED);
    assert_null(out);
    attack_session->progress = NULL;
    attack_session->user = NULL;
    cama__options_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ball_and_box),
                                       cmocka_unit_test(test_accuracy_falls),
                                       cmocka_unit_test(test_never_weaker_than_clean),
                                       cmocka_unit_test(test_deterministic),
                                       cmocka_unit_test(test_restarts),
                                       cmocka_unit_test(test_draws),
                                       cmocka_unit_test(test_expectation),
                                       cmocka_unit_test(test_report),
                                       cmocka_unit_test(test_transfer),
                                       cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_progress_and_cancel)};
    return cmocka_run_group_tests(tests, attack_set_up, attack_tear_down);
}
