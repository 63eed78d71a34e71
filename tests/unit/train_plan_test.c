/* train_plan_test - steps, batch and warm-up follow from the number of rows where the user has not set them; what
 * was set stays; and curves that still rise are told from those that have come to rest. */
#include <math.h>

#include "check.h"
#include "verbs/train_plan.h"
#include "verbs/validation.h"

static cama_model of_vectors = {.spec = {.x = {1, 1, 4}, .classes = 3}};
static cama_model of_images = {.spec = {.x = {28, 28, 1}, .classes = 10}};

static cama__train_plan plan(const cama_model *model, const cama_options *options, int64_t n)
{
    const cama__train_options o = cama__options_train(options);
    return cama__train_plan_make(model, &o, n);
}

static int64_t ceiling(int64_t n, int64_t part) { return (n + part - 1) / part; }

static void test_rows_decide(void **state)
{
    (void)state;
    static const int64_t rows[] = {1, 5, 32, 112, 426, 1347, 4095, 4096, 8000, 60000};
    for (int i = 0; i < 10; i++) {
        const int64_t n = rows[i], most = n < 32 ? n : n < 4096 ? 32 : 128;
        const cama__train_plan p = plan(&of_vectors, NULL, n);
        assert_int_equal(p.o.batch, most);
        assert_int_equal(p.total, p.o.epochs * ceiling(n, most));
        assert_true(p.o.epochs >= 20 && p.total >= 800);
        assert_true(p.total >= 1500 || p.o.epochs >= 60);
        assert_true(p.o.epochs == 20 || p.total - ceiling(n, most) < 1500); /* no epoch more than that */
        assert_true(p.o.epochs <= 60 || p.total - ceiling(n, most) < 800);
        assert_int_equal(p.o.warmup, p.total < 1000 ? p.total / 10 : 100);
        const cama__train_plan q = plan(&of_images, NULL, n);
        assert_true(q.o.batch == (n < 64 ? n : 64) && q.total >= 1000 && q.o.epochs >= 10);
    }
}

/* From 800 rows on 60 passes are 1,500 steps: what has so many is learned as it was. */
static void test_few_rows_are_gone_through_sixty_times(void **state)
{
    (void)state;
    assert_int_equal(plan(&of_vectors, NULL, 480).o.epochs, 60);
    assert_int_equal(plan(&of_vectors, NULL, 112).o.epochs, 200); /* 800 steps */
    assert_int_equal(plan(&of_vectors, NULL, 2).total, 800);
    assert_int_equal(plan(&of_vectors, NULL, 768).o.epochs, 60);
    assert_int_equal(plan(&of_vectors, NULL, 800).total, 1500);
    assert_int_equal(plan(&of_vectors, NULL, 4095).o.epochs, 20);
    assert_true(plan(&of_images, NULL, 100).total >= 1000);
}

/* One dense layer that reads x: more steps; a second layer makes it a network like others. */
static void test_a_logistic_regression_takes_more_steps(void **state)
{
    (void)state;
    cama_model baseline = of_vectors;
    baseline.spec.discriminative = true;
    baseline.net[NET_DNN].count = 1;
    assert_true(plan(&baseline, NULL, 300).total >= 5000 && plan(&baseline, NULL, 300).total < 5000 + 10);
    baseline.net[NET_DNN].count = 2;
    assert_true(plan(&baseline, NULL, 300).total < 1500 + 10);
    assert_true(plan(&baseline, NULL, 300).ridge == 0 && plan(&of_vectors, NULL, 300).ridge == 0);
}

/* Of the mean objective it falls with the rows. */
static void test_a_logistic_regression_has_a_penalty(void **state)
{
    (void)state;
    cama_model baseline = of_vectors;
    baseline.spec.discriminative = true;
    baseline.net[NET_DNN].count = 1;
    assert_near(plan(&baseline, NULL, 300).ridge, 1. / 300, 1e-12);
    assert_near(plan(&baseline, NULL, 4095).ridge, 1. / 4095, 1e-12);
    assert_true(plan(&baseline, NULL, 4096).ridge == 0);
}

static void test_what_was_set_stays(void **state)
{
    (void)state;
    cama_options *options = NULL;
    assert_int_equal(cama__options_create(VERB_TRAIN, &options), CAMA_OK);
    assert_int_equal(cama__options_set_int(options, "epochs", 10), CAMA_OK); /* the table's default, but set */
    cama__train_plan p = plan(&of_vectors, options, 100);
    assert_true(p.o.epochs == 10 && p.o.batch == 32 && p.total == 40 && p.o.warmup == 4);
    assert_int_equal(cama__options_set_int(options, "batch", 64), CAMA_OK);
    assert_int_equal(cama__options_set_int(options, "warmup", 100), CAMA_OK);
    p = plan(&of_vectors, options, 100);
    assert_true(p.o.epochs == 10 && p.o.batch == 64 && p.total == 20 && p.o.warmup == 100);
    cama__options_free(options);
}

static void test_label_weight(void **state)
{
    (void)state;
    cama_model baseline = of_vectors;
    baseline.spec.discriminative = true;
    assert_true(plan(&of_vectors, NULL, 10).o.label_weight == 2);
    assert_true(plan(&of_images, NULL, 10).o.label_weight == 0);
    assert_true(plan(&baseline, NULL, 10).o.label_weight == 0);
}

static void test_rates(void **state)
{
    (void)state;
    const cama__train_plan p = plan(&of_vectors, NULL, 1000);
    assert_near(cama__train_plan_rate(&p, 0), 0.01, 1e-12); /* the first of 100 steps of a rise */
    assert_near(cama__train_plan_rate(&p, p.total), p.o.lr_final, 1e-12);
    assert_true(cama__train_plan_kl(&p, 0) == 0 && cama__train_plan_kl(&p, p.total / 2) == 1);
}

static void test_curves(void **state)
{
    (void)state;
    double rises[80], rests[80], noise[80];
    for (int i = 0; i < 80; i++) {
        rises[i] = i;
        rests[i] = -exp(-i / 5.);
        noise[i] = i % 2 + 0.001 * i;
    }
    assert_false(cama__validation_settled(rises, 80, .1));
    assert_true(cama__validation_settled(rests, 80, .1));
    assert_true(cama__validation_settled(noise, 80, .1));      /* what it rises is less than its scatter */
    assert_false(cama__validation_settled(rests + 40, 7, .1)); /* too short to tell */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows_decide),
                                       cmocka_unit_test(test_few_rows_are_gone_through_sixty_times),
                                       cmocka_unit_test(test_a_logistic_regression_takes_more_steps),
                                       cmocka_unit_test(test_a_logistic_regression_has_a_penalty),
                                       cmocka_unit_test(test_what_was_set_stays),
                                       cmocka_unit_test(test_label_weight), cmocka_unit_test(test_rates),
                                       cmocka_unit_test(test_curves)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
