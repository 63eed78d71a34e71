/* validation_law_test - training that holds rows out: the model ends in the best state, exactly; the run stops when
 * patience is spent; rows that are held out are not trained on; log p(y|x) is trained where it should be. */
#include "small.h"

enum { ROWS = 60 };
#define PLAIN "batch=8 warmup=0 kl_warmup=0 schedule=constant label_weight=1 seed=3 "

static cama_session *session;

/* Trains a new model; *report may be NULL. */
static cama_model *run(const cama_dataset *data, const char *text, cama_report **report)
{
    cama_model *model = small_model(small_vector(), 5);
    cama_optimizer *o = small_optimizer(model, "lr=0.05");
    cama_options *options = small_options(VERB_TRAIN, text);
    OK(cama_train(session, o, data, NULL, options, report));
    cama_options_free(options);
    cama_optimizer_free(o);
    return model;
}

static double told(const cama_report *report, const char *key, int64_t index)
{
    double value = NAN;
    OK(cama_report_get(report, key, index, &value));
    return value;
}

static void test_the_best_state_is_kept(void **state)
{
    (void)state;
    const cama__spec spec = small_vector();
    cama_dataset *data = small_data(&spec, ROWS, 1);
    cama_report *report = NULL, *last = NULL;
    char text[200];
    cama_model *long_run = run(data, PLAIN "epochs=30 validation=0.25 patience=0", &report);
    const int64_t best = (int64_t)told(report, "best_epoch", 0);
    assert_true(best >= 1 && best < 30); /* at this rate it is not the last */
    for (int64_t e = 0; e < 30; e++)
        assert_true(told(report, "validation", e) + told(report, "validation_label", e) <=
                    told(report, "validation", best - 1) + told(report, "validation_label", best - 1));
    snprintf(text, sizeof text, PLAIN "epochs=%d validation=0.25 patience=0", (int)best);
    cama_model *short_run = run(data, text, &last);
    assert_int_equal((int64_t)told(last, "best_epoch", 0), best);
    assert_null(small_difference(long_run, long_run->theta, short_run->theta, CAMA__NET_ALL));
    cama_report_free(report), cama_report_free(last);
    cama_model_free(long_run), cama_model_free(short_run);
    cama_dataset_free(data);
}

static void test_patience_ends_the_run(void **state)
{
    (void)state;
    const cama__spec spec = small_vector();
    cama_dataset *data = small_data(&spec, ROWS, 1);
    cama_report *report = NULL;
    cama_model *model = run(data, PLAIN "epochs=300 validation=0.25 patience=3", &report);
    const double epochs = told(report, "epochs", 0);
    assert_true(epochs < 300 && epochs == told(report, "best_epoch", 0) + 3);
    assert_true(told(report, "steps", 0) == epochs * 6); /* 45 rows in batches of 8 */
    int64_t count = 0;
    OK(cama_report_count(report, "validation_accuracy", &count));
    assert_int_equal(count, (int64_t)epochs);
    cama_report_free(report);
    cama_model_free(model);
    cama_dataset_free(data);
}

/* The accuracy that the report has for the best epoch is that of the model which the run ends in, on the rows held out,
 * under do(m=0) at the means of q. */
static void test_accuracy_is_that_of_prediction(void **state)
{
    (void)state;
    const cama__spec spec = small_vector();
    cama_dataset *data = small_data(&spec, ROWS, 1);
    cama_report *report = NULL;
    int64_t order[ROWS], right = 0;
    int32_t labels[ROWS - 45];
    cama__rng_permutation((cama__rng_key){3, RNG_SHUFFLE, 1, RNG_NO_EXAMPLE, 0}, ROWS, order);
    for (int i = 45; i < ROWS; i++) labels[i - 45] = data->y[order[i]];
    cama_dataset *held = small_chosen(data, order + 45, ROWS - 45, labels);
    cama_model *model = run(data, PLAIN "epochs=30 validation=0.25 patience=0", &report);
    float *p = small_floats((ROWS - 45) * spec.classes);
    OK(small_predict(session, model, held, "m=zero noise=mean samples=1", p));
    for (int i = 0; i < ROWS - 45; i++) {
        int32_t top = 0;
        for (int32_t c = 1; c < spec.classes; c++)
            if (p[i * spec.classes + c] > p[i * spec.classes + top]) top = c;
        right += top == labels[i];
    }
    const int64_t best = (int64_t)told(report, "best_epoch", 0);
    assert_near(told(report, "validation_accuracy", best - 1), (double)right / (ROWS - 45), 1e-9);
    assert_true(right > (ROWS - 45) / spec.classes + 2); /* above chance, so that another class would be seen */
    free(p);
    cama_report_free(report);
    cama_model_free(model);
    cama_dataset_free(held), cama_dataset_free(data);
}

/* With the best state out of play (one epoch), other labels of the rows held out change nothing. */
static void test_held_out_rows_teach_nothing(void **state)
{
    (void)state;
    const cama__spec spec = small_vector();
    cama_dataset *data = small_data(&spec, ROWS, 1), *other = small_data(&spec, ROWS, 1);
    int64_t order[ROWS];
    cama__rng_permutation((cama__rng_key){3, RNG_SHUFFLE, 1, RNG_NO_EXAMPLE, 0}, ROWS, order);
    int32_t *y = (int32_t *)(uintptr_t)other->y;
    for (int i = 45; i < ROWS; i++) y[order[i]] = (y[order[i]] + 1) % spec.classes;
    cama_model *a = run(data, PLAIN "epochs=1 validation=0.25", NULL);
    cama_model *b = run(other, PLAIN "epochs=1 validation=0.25", NULL);
    assert_null(small_difference(a, a->theta, b->theta, CAMA__NET_ALL));
    cama_model *c = run(other, PLAIN "epochs=1", NULL);
    assert_non_null(small_difference(a, a->theta, c->theta, CAMA__NET_ALL));
    cama_model_free(a), cama_model_free(b), cama_model_free(c);
    cama_dataset_free(data), cama_dataset_free(other);
}

static void test_label_weight_is_trained(void **state)
{
    (void)state;
    const cama__spec spec = small_vector();
    cama_dataset *data = small_data(&spec, ROWS, 1);
    cama_report *with = NULL, *without = NULL;
    int64_t count = 0;
    cama_model *a = run(data, "epochs=40 label_weight=5", &with), *b = run(data, "epochs=40 label_weight=0", &without);
    assert_true(told(with, "label", 39) > told(with, "label", 0));
    assert_true(told(with, "objective", 39) < told(without, "objective", 39)); /* the ELBO alone, in both */
    assert_int_equal(cama_report_count(without, "label", &count), CAMA_E_ARGUMENT);
    cama_report_free(with), cama_report_free(without);
    cama_model_free(a), cama_model_free(b);
    cama_dataset_free(data);
}

static int begin(void **state)
{
    (void)state;
    return cama_session_create(NULL, &session) == CAMA_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    cama_session_free(session);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_best_state_is_kept), cmocka_unit_test(test_patience_ends_the_run),
        cmocka_unit_test(test_accuracy_is_that_of_prediction), cmocka_unit_test(test_held_out_rows_teach_nothing),
        cmocka_unit_test(test_label_weight_is_trained)};
    return cmocka_run_group_tests(tests, begin, end);
}
