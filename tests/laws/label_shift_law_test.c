/* label_shift_law_test - where test rows differ from clean ones in p(y) alone, fine-tuning leaves p_m and q_m as
 * they are, and takes p(y) from the rows where option class_shares says so. */
#include "small.h"

enum { ROWS = 400, CLASSES = 4 };

static cama_session *session;
static cama_model *source;
static cama_dataset *clean, *shifted, *manipulated;

static cama_model *tuned(const cama_dataset *test, const char *text, cama_report **report)
{
    cama_model *adapted = NULL;
    cama_options *options = small_options(VERB_FINETUNE, text);
    OK(cama_finetune(session, source, clean, test, options, &adapted, report));
    cama_options_free(options);
    return adapted;
}

static double accuracy(const cama_model *model, const cama_dataset *test)
{
    int32_t *top = small_classes(session, model, test);
    double right = 0;
    for (int64_t i = 0; i < test->n; i++) right += top[i] == test->y[i];
    free(top);
    return right / (double)test->n;
}

static bool same_networks(const cama_model *a, const cama_model *b)
{
    return memcmp(a->theta, b->theta, (size_t)a->params.reals * sizeof *a->theta) == 0;
}

static double share_of(const cama_model *model, int32_t c) { return exp(model->log_prior[c]); }

static void test_off_leaves_the_source(void **state)
{
    (void)state;
    cama_report *report = NULL;
    cama_model *a = tuned(shifted, "", &report);
    assert_true(small_told(report, "stopped") == 6 && small_told(report, "steps") == 0 &&
                small_told(report, "changed") == 0);
    assert_true(same_networks(a, source));
    assert_memory_equal(a->log_prior, source->log_prior, CLASSES * sizeof *a->log_prior);
    cama_report_free(report);
    cama_model_free(a);
}

/* Of the test rows .85 are of class 0. */
static void test_auto_takes_the_shares(void **state)
{
    (void)state;
    cama_report *report = NULL;
    cama_model *a = tuned(shifted, "class_shares=auto", &report);
    assert_true(small_told(report, "stopped") == 6 && small_told(report, "rolled_back") == 0);
    assert_true(small_told(report, "clean_accuracy_after") == small_told(report, "clean_accuracy_before"));
    assert_true(same_networks(a, source));
    assert_near(share_of(a, 0), 0.85, 0.06);
    assert_true(accuracy(a, shifted) > accuracy(source, shifted) + 0.02);
    cama_report_free(report);
    cama_model_free(a);
}

/* A manipulation is one whatever p(y) is: auto leaves p(y), and p_m is adapted. */
static void test_auto_adapts_to_manipulations(void **state)
{
    (void)state;
    cama_report *report = NULL;
    cama_model *a = tuned(manipulated, "class_shares=auto steps=30 agreement=off", &report);
    assert_true(small_told(report, "stopped") != 6 && small_told(report, "steps") == 30);
    assert_memory_equal(a->log_prior, source->log_prior, CLASSES * sizeof *a->log_prior);
    cama_report_free(report);
    cama_model_free(a);
}

/* Both, and the file has what the model had. */
static void test_on_does_both(void **state)
{
    (void)state;
    float *p = small_floats(shifted->n * CLASSES), *q = small_floats(shifted->n * CLASSES);
    cama_model *a = tuned(shifted, "class_shares=on steps=10 check_every=0", NULL);
    cama_model *b = NULL;
    char path[] = "label_shift_law.safetensors";
    assert_near(share_of(a, 0), 0.85, 0.06);
    assert_string_equal(small_difference(a, a->theta, source->theta, ~0u) == NULL ? "none" : "some", "some");
    OK(cama_model_save(a, path));
    OK(cama_model_load(path, &b));
    remove(path);
    OK(small_predict(session, a, shifted, "", p));
    OK(small_predict(session, b, shifted, "", q));
    assert_memory_equal(p, q, (size_t)(shifted->n * CLASSES) * sizeof *p);
    free(p), free(q);
    cama_model_free(a), cama_model_free(b);
}

/* x as the classes have it, with so much noise that they overlap; the first `even` of 10 rows keep their class, the
 * others are of class 0. */
static cama_dataset *rows(int64_t n, uint64_t seed, int32_t even, float scale)
{
    const cama__spec spec = small_vector();
    float *x;
    int32_t *y;
    cama_dataset *all = NULL, *some = NULL;
    small_arrays(&spec, 8 * n, seed, &x, &y);
    for (int64_t i = 0; i < 8 * n * 5; i++) {
        real e;
        cama__rng_normals((cama__rng_key){seed, 101, 0, (uint32_t)i, 0}, 1, &e, 1);
        x[i] = scale * (x[i] + 0.25f * (float)e);
    }
    OK(cama_dataset_from_arrays(8 * n, 1, 1, 5, CLASSES, x, y, 1, &all));
    int64_t *chosen = malloc((size_t)n * sizeof *chosen), taken = 0;
    int32_t *labels = malloc((size_t)n * sizeof *labels);
    assert_true(chosen != NULL && labels != NULL);
    for (int64_t i = 0; i < 8 * n && taken < n; i++)
        if (taken % 10 < even || y[i] == 0) labels[taken] = y[i], chosen[taken++] = i;
    assert_int_equal(taken, n);
    some = small_chosen(all, chosen, n, labels);
    free(chosen), free(labels), free(x), free(y);
    cama_dataset_free(all);
    return some;
}

static int begin(void **state)
{
    (void)state;
    session = small_session(2, 0);
    clean = rows(2 * ROWS, 1, 10, 1);
    shifted = rows(ROWS, 2, 2, 1);
    manipulated = rows(ROWS, 3, 2, -1);
    source = small_model(small_vector(), 5);
    OK(cama_model_set_prior(source, clean));
    cama_optimizer *o = small_optimizer(source, "lr=0.01");
    OK(small_train(session, o, clean, NULL, "epochs=40 batch=50"));
    cama_optimizer_free(o);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama_model_free(source);
    cama_dataset_free(clean), cama_dataset_free(shifted), cama_dataset_free(manipulated);
    cama_session_free(session);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_off_leaves_the_source), cmocka_unit_test(test_auto_takes_the_shares),
        cmocka_unit_test(test_auto_adapts_to_manipulations), cmocka_unit_test(test_on_does_both)};
    return cmocka_run_group_tests(tests, begin, end);
}
