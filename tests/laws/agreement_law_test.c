/* agreement_law_test - a second run of fine-tuning, with other noise, has to predict as the first: where it does the
 * first run's bits are returned, where it does not the model predicts as its source. */
#include "small.h"

enum { ROWS = 300, CLASSES = 4 };

static cama_session *session;
static cama_model *source;
static cama_dataset *clean;

static cama_model *tuned(const cama_dataset *test, const char *text, cama_report **report)
{
    cama_model *adapted = NULL;
    cama_options *options = small_options(VERB_FINETUNE, text);
    OK(cama_finetune(session, source, clean, test, options, &adapted, report));
    cama_options_free(options);
    return adapted;
}

/* x in other units. */
static cama_dataset *rows(float scale)
{
    const cama__spec spec = small_vector();
    float *x;
    int32_t *y;
    cama_dataset *d = NULL;
    small_arrays(&spec, ROWS, 2, &x, &y);
    for (int64_t i = 0; i < ROWS * 5; i++) x[i] = scale * x[i] + 0.2f;
    OK(cama_dataset_from_arrays(ROWS, 1, 1, 5, CLASSES, x, NULL, 1, &d));
    free(x), free(y);
    return d;
}

static double apart(const cama_model *a, const cama_model *b, const cama_dataset *test)
{
    int32_t *of_a = small_classes(session, a, test), *of_b = small_classes(session, b, test);
    int64_t count = 0;
    for (int64_t i = 0; i < ROWS; i++) count += of_a[i] != of_b[i];
    free(of_a), free(of_b);
    return (double)count / ROWS;
}

static bool same(const cama_model *a, const cama_model *b)
{
    return memcmp(a->theta, b->theta, (size_t)a->params.reals * sizeof *a->theta) == 0;
}

#define FREE "steps=60 tolerance=1000000 clean_tolerance=1 share_tolerance=1 min_classes=0 "

static void test_runs_that_agree(void **state)
{
    (void)state;
    cama_report *both = NULL, *one = NULL;
    cama_dataset *test = rows(0.8f);
    cama_model *a = tuned(test, FREE "seed=3", &both);
    cama_model *b = tuned(test, FREE "seed=3 agreement=off", &one);
    cama_model *c = tuned(test, FREE "seed=1000006 agreement=off" /* the second run of seed 3 */, NULL);
    assert_true(small_told(both, "runs") == 2 && small_told(both, "stopped") == 0 &&
                small_told(both, "rolled_back") == 0);
    assert_true(small_told(one, "runs") == 1 && isnan(small_told(one, "disagreement")));
    assert_true(same(a, b) && !same(a, c));
    assert_near(small_told(both, "disagreement"), apart(b, c, test), 0.05); /* other draws of m and z */
    cama_report_free(both), cama_report_free(one);
    cama_model_free(a), cama_model_free(b), cama_model_free(c);
    cama_dataset_free(test);
}

/* Signs that are turned can be explained in more ways than one, and each run finds its own. */
static void test_runs_that_disagree(void **state)
{
    (void)state;
    cama_report *both = NULL, *one = NULL;
    cama_dataset *test = rows(-1);
    cama_model *a = tuned(test, FREE "lr=0.03 seed=3", &both);
    cama_model *b = tuned(test, FREE "lr=0.03 seed=3 agreement=off", &one);
    assert_true(small_told(one, "stopped") == 0 && apart(b, source, test) > 0.1);
    assert_true(small_told(both, "stopped") == 5 && small_told(both, "rolled_back") == 1 &&
                small_told(both, "changed") == 0);
    assert_true(same(a, source) && apart(a, source, test) == 0);
    cama_report_free(both), cama_report_free(one);
    cama_model_free(a), cama_model_free(b);
    cama_dataset_free(test);
}

/* Progress counts the steps of all runs, upwards. */
static int count_steps(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    (void)phase, (void)objective, (void)seconds;
    int64_t *seen = user;
    assert_true(step > seen[0] && step <= total);
    seen[0] = step;
    seen[1] = total;
    return 0;
}

static void test_progress(void **state)
{
    (void)state;
    int64_t seen[2] = {0, 0};
    cama_dataset *test = rows(0.8f);
    OK(cama_session_set_progress(session, count_steps, seen));
    cama_model *a = tuned(test, FREE "seed=3", NULL);
    OK(cama_session_set_progress(session, NULL, NULL));
    assert_true(seen[0] == 120 && seen[1] == 120);
    cama_model_free(a);
    cama_dataset_free(test);
}

static int begin(void **state)
{
    (void)state;
    const cama__spec spec = small_vector();
    session = small_session(2, 0);
    clean = small_data(&spec, ROWS, 1);
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
    cama_dataset_free(clean);
    cama_session_free(session);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_runs_that_agree),
                                       cmocka_unit_test(test_runs_that_disagree), cmocka_unit_test(test_progress)};
    return cmocka_run_group_tests(tests, begin, end);
}
