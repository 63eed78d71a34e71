/* harm_law_test - the watch over fine-tuning tells harm from change: the accuracy on clean rows, whose labels are
 * known, shares of classes that move away from those of the clean labels, and a tolerance that scales with the clean
 * ELBO. */
#include "small.h"

enum { ROWS = 300, CLASSES = 4 };

static cama_session *session;
static cama_model *source;
static cama_dataset *clean, *test;

static double distance(const cama_report *report, const char *key)
{
    double sum = 0, share = 0, clean_share[CLASSES] = {0};
    for (int64_t i = 0; i < ROWS; i++) clean_share[clean->y[i]] += 1. / ROWS;
    for (int32_t c = 0; c < CLASSES; c++) {
        OK(cama_report_get(report, key, c, &share));
        sum += fabs(share - clean_share[c]) / 2;
    }
    return sum;
}

static cama_model *tuned(const char *text, cama_report **report)
{
    cama_model *adapted = NULL;
    cama_options *options = small_options(VERB_FINETUNE, text);
    OK(cama_finetune(session, source, clean, test, options, &adapted, report));
    cama_options_free(options);
    return adapted;
}

/* The share of rows whose predicted class is not the source's. */
static double changes(const cama_model *adapted)
{
    int32_t *before = small_classes(session, source, test), *after = small_classes(session, adapted, test);
    int64_t changed = 0;
    for (int64_t i = 0; i < ROWS; i++) changed += before[i] != after[i];
    free(before), free(after);
    return (double)changed / ROWS;
}

/* The clean term hardly counts. */
#define WILD "alpha=0.001 lr=0.1 steps=60 check_every=10 min_classes=0 agreement=off "

/* At this rate q_m and p_m ruin the clean rows; with no tolerance for that the source comes back, and says why. */
static void test_clean_accuracy_is_watched(void **state)
{
    (void)state;
    cama_report *free_run = NULL, *watched = NULL;
    cama_model *a = tuned(WILD "tolerance=1000000 clean_tolerance=1 share_tolerance=1", &free_run);
    cama_model *b = tuned(WILD "tolerance=1000000 share_tolerance=1", &watched);
    assert_true(small_told(free_run, "stopped") == 0);
    assert_true(small_told(free_run, "clean_accuracy_after") < small_told(free_run, "clean_accuracy_before") - 0.2);
    assert_true(small_told(watched, "stopped") == 3 && small_told(watched, "rolled_back") == 1);
    assert_true(small_told(watched, "clean_accuracy_after") >= small_told(watched, "clean_accuracy_before") - 0.05);
    cama_report_free(free_run), cama_report_free(watched);
    cama_model_free(a), cama_model_free(b);
}

/* What the report says of changed predictions is what prediction does, but for the draws. */
static void test_changes_are_told(void **state)
{
    (void)state;
    cama_report *report = NULL;
    cama_model *a = tuned(WILD "tolerance=1000000 clean_tolerance=1 share_tolerance=1", &report);
    assert_near(small_told(report, "changed"), changes(a), 0.1);
    assert_above(changes(a), 0.1);
    cama_report_free(report);
    cama_model_free(a);
}

/* Shares of classes that move away from those of the clean labels end the run. */
static void test_drift_is_watched(void **state)
{
    (void)state;
    cama_report *free_run = NULL, *watched = NULL;
    cama_model *a = tuned(WILD "tolerance=1000000 clean_tolerance=1 share_tolerance=1", &free_run);
    cama_model *b = tuned(WILD "tolerance=1000000 clean_tolerance=1 share_tolerance=0.05", &watched);
    assert_true(distance(free_run, "classes_after") > distance(free_run, "classes_before") + 0.05);
    assert_true(small_told(watched, "stopped") == 4 && small_told(watched, "rolled_back") == 1);
    assert_true(small_told(watched, "changed") == 0 && changes(b) == 0); /* not at the brink of the tolerance */
    cama_report_free(free_run), cama_report_free(watched);
    cama_model_free(a), cama_model_free(b);
}

/* Classes drift by degrees: the best state without drift is at the brink, and is none to go back to. */
static void test_drift_goes_back_to_the_source(void **state)
{
    (void)state;
    cama_report *early = NULL, *late = NULL;
    cama_model *a =
        tuned(WILD "lr=0.003 check_every=2 steps=4 tolerance=1000000 clean_tolerance=1 share_tolerance=0.05", &early);
    cama_model *b =
        tuned(WILD "lr=0.003 check_every=2 patience=1 tolerance=1000000 clean_tolerance=1 share_tolerance=0.05", &late);
    assert_true(small_told(early, "stopped") == 0 && changes(a) > 0);
    assert_true(small_told(late, "stopped") == 4 && small_told(late, "changed") == 0 && changes(b) == 0);
    cama_report_free(early), cama_report_free(late);
    cama_model_free(a), cama_model_free(b);
}

/* x in other units is the same to the default tolerance, which counts standard errors; five nats are not. */
static void test_tolerance_scales(void **state)
{
    (void)state;
    cama_report *report = NULL;
    cama_model *a = tuned(WILD "clean_tolerance=1 share_tolerance=1", &report);
    assert_true(small_told(report, "stopped") == 1);
    cama_report_free(report);
    cama_model_free(a);
    a = tuned(WILD "tolerance=100000 clean_tolerance=1 share_tolerance=1", &report);
    assert_true(small_told(report, "stopped") == 0);
    cama_report_free(report);
    cama_model_free(a);
}

/* Rows of little contrast, half of which are taken for another class. */
static cama_dataset *moved(const cama__spec *spec)
{
    float *x;
    int32_t *y;
    cama_dataset *d = NULL;
    small_arrays(spec, ROWS, 2, &x, &y);
    for (int64_t i = 0; i < ROWS * 5; i++) x[i] = 0.3f * x[i] + 0.2f;
    OK(cama_dataset_from_arrays(ROWS, 1, 1, 5, CLASSES, x, NULL, 1, &d));
    free(x), free(y);
    return d;
}

static int begin(void **state)
{
    (void)state;
    const cama__spec spec = small_vector();
    session = small_session(2, 0);
    clean = small_data(&spec, ROWS, 1);
    test = moved(&spec);
    source = small_model(spec, 5);
    cama_optimizer *o = small_optimizer(source, "lr=0.01");
    OK(small_train(session, o, clean, NULL, "epochs=60 batch=30"));
    cama_optimizer_free(o);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama_model_free(source);
    cama_dataset_free(clean), cama_dataset_free(test);
    cama_session_free(session);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_clean_accuracy_is_watched),
                                       cmocka_unit_test(test_changes_are_told), cmocka_unit_test(test_drift_is_watched),
                                       cmocka_unit_test(test_drift_goes_back_to_the_source),
                                       cmocka_unit_test(test_tolerance_scales)};
    return cmocka_run_group_tests(tests, begin, end);
}
