/* resume_law_test - training is a function of data, options, seed and the steps taken so far: the same seed gives
 * the same bits, another seed others; a run in two calls is the run in one; every example counts, those of the
 * last, incomplete batch too. */
#include "small.h"

enum { N = 45, BATCH = 20 }; /* batches of 20, 20 and 5 */

typedef struct {
    cama_session *session;
    cama__spec spec;
    cama_dataset *clean, *other;
} setting;

static setting prepare(cama__spec spec)
{
    return (setting){small_session(2, 0), spec, small_data(&spec, N, 51), small_data(&spec, N, 52)};
}

static void finish(setting *t)
{
    cama_dataset_free(t->clean), cama_dataset_free(t->other);
    cama_session_free(t->session);
}

/* The model after the calls of train with the given options, NULL ends. */
static cama_model *trained(const setting *t, const cama_dataset *clean, const cama_dataset *manipulated,
                           const char *const *calls)
{
    cama_model *model = small_model(t->spec, 1);
    cama_optimizer *o = small_optimizer(model, "lr=0.005");
    for (int i = 0; calls[i] != NULL; i++) OK(small_train(t->session, o, clean, manipulated, calls[i]));
    cama_optimizer_free(o);
    return model;
}

static bool same(cama_model *a, cama_model *b)
{
    const bool equal = small_difference(a, a->theta, b->theta, CAMA__NET_ALL) == NULL;
    cama_model_free(a), cama_model_free(b);
    return equal;
}

#define CALLS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_seed(void **state)
{
    (void)state;
    const cama__spec specs[] = {small_image(), small_vector()};
    for (int i = 0; i < 2; i++) {
        setting t = prepare(specs[i]);
        const char *const *one = CALLS("epochs=2 batch=20 seed=1"), *const *two = CALLS("epochs=2 batch=20 seed=2");
        assert_true(same(trained(&t, t.clean, NULL, one), trained(&t, t.clean, NULL, one)));
        assert_true(same(trained(&t, t.clean, t.other, one), trained(&t, t.clean, t.other, one)));
        assert_false(same(trained(&t, t.clean, NULL, one), trained(&t, t.clean, NULL, two)));
        /* noise alone, order alone */
        assert_false(same(trained(&t, t.clean, NULL, CALLS("epochs=2 batch=20 shuffle=0 seed=1")),
                          trained(&t, t.clean, NULL, CALLS("epochs=2 batch=20 shuffle=0 seed=2"))));
        assert_false(same(trained(&t, t.clean, NULL, CALLS("epochs=2 batch=20 noise=mean seed=1")),
                          trained(&t, t.clean, NULL, CALLS("epochs=2 batch=20 noise=mean seed=2"))));
        assert_true(same(trained(&t, t.clean, NULL, CALLS("epochs=2 batch=20 shuffle=0 noise=mean seed=1")),
                         trained(&t, t.clean, NULL, CALLS("epochs=2 batch=20 shuffle=0 noise=mean seed=2"))));
        finish(&t);
    }
}

/* Nothing of a call but Adam's moments and the numbers of its steps and epochs matters to the next. */
static void test_two_calls(void **state)
{
    (void)state;
    const char *const *whole = CALLS("epochs=3 batch=20 shuffle=0 schedule=constant warmup=0 kl_warmup=0");
    const char *const *parts = CALLS("epochs=1 batch=20 shuffle=0 schedule=constant warmup=0 kl_warmup=0",
                                     "epochs=2 batch=20 shuffle=0 schedule=constant warmup=0 kl_warmup=0");
    const char *const *shuffled = CALLS("epochs=3 batch=20 schedule=constant warmup=0 kl_warmup=0");
    const char *const *shuffled_parts = CALLS("epochs=1 batch=20 schedule=constant warmup=0 kl_warmup=0",
                                              "epochs=2 batch=20 schedule=constant warmup=0 kl_warmup=0");
    setting t = prepare(small_image());
    assert_true(same(trained(&t, t.clean, NULL, whole), trained(&t, t.clean, NULL, parts)));
    /* each epoch has an order of its own, over calls as within one */
    assert_true(same(trained(&t, t.clean, NULL, shuffled), trained(&t, t.clean, NULL, shuffled_parts)));
    assert_true(same(trained(&t, t.clean, t.other, whole), trained(&t, t.clean, t.other, parts)));
    /* a fresh optimizer has neither: not the same */
    cama_model *model = small_model(t.spec, 1);
    for (int i = 0; i < 2; i++) {
        cama_optimizer *o = small_optimizer(model, "lr=0.005");
        OK(small_train(t.session, o, t.clean, NULL, parts[i]));
        cama_optimizer_free(o);
    }
    assert_false(same(trained(&t, t.clean, NULL, whole), model));
    finish(&t);
}

/* Two steps on the same examples draw different noise: with a learning rate that moves nothing, their gradients
 * differ, unless there is no noise. */
static void test_noise_of_steps(void **state)
{
    (void)state;
    static const char *const calls[] = {"epochs=1 batch=45 shuffle=0 kl_warmup=0",
                                        "epochs=1 batch=45 shuffle=0 kl_warmup=0 noise=mean"};
    for (int quiet = 0; quiet < 2; quiet++) {
        setting t = prepare(small_image());
        cama_model *model = small_model(t.spec, 1);
        cama_optimizer *o = small_optimizer(model, "lr=1e-30");
        real *before = small_theta(model), *first = malloc((size_t)model->params.reals * sizeof *first);
        OK(small_train(t.session, o, t.clean, NULL, calls[quiet]));
        memcpy(first, o->gradient, (size_t)model->params.reals * sizeof *first);
        OK(small_train(t.session, o, t.clean, NULL, calls[quiet]));
        assert_null(small_difference(model, before, model->theta, CAMA__NET_ALL));
        assert_int_equal(small_difference(model, first, o->gradient, CAMA__NET_ALL) == NULL, quiet);
        free(before), free(first);
        cama_optimizer_free(o);
        cama_model_free(model);
        finish(&t);
    }
}

/* What an example does to a run of one epoch, in the order of the dataset. */
static void check_example(const setting *t, int64_t row, bool matters)
{
    const int64_t size = cama__shape_size(t->spec.x);
    float *x = small_floats(N * size);
    cama_dataset *changed = NULL;
    memcpy(x, t->clean->x, (size_t)(N * size) * sizeof *x);
    for (int64_t f = 0; f < size; f++) x[row * size + f] = 1 - x[row * size + f];
    OK(cama_dataset_from_arrays(N, t->spec.x.h, t->spec.x.w, t->spec.x.c, t->spec.classes, x, t->clean->y, 1,
                                &changed));
    const char *const *once = CALLS("epochs=1 batch=20 shuffle=0");
    const bool equal = same(trained(t, t->clean, NULL, once), trained(t, changed, NULL, once));
    if (equal == matters) fail_msg("row %d: expected it to %s", (int)row, matters ? "matter" : "be left out");
    free(x);
    cama_dataset_free(changed);
}

static void test_last_batch(void **state)
{
    (void)state;
    setting t = prepare(small_image());
    for (int64_t row = 0; row < N; row += 4) check_example(&t, row, true);
    check_example(&t, N - 1, true);
    /* the last step is a step of its own: without its examples the run is another */
    cama_dataset *full = small_slice(t.clean, 0, 2 * BATCH);
    const char *const *once = CALLS("epochs=1 batch=20 shuffle=0 schedule=constant warmup=0 kl_warmup=0");
    cama_model *without = trained(&t, full, NULL, once), *with = trained(&t, t.clean, NULL, once);
    assert_false(same(without, with));
    cama_dataset_free(full);
    finish(&t);
}

static int32_t cancel_at(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    (void)phase, (void)total, (void)objective, (void)seconds;
    return step >= *(const int64_t *)user;
}

/* Cancelled after the last step of an epoch, and called again: as if it had not been. */
static void test_cancelled_between_epochs(void **state)
{
    (void)state;
    setting t = prepare(small_vector());
    int64_t last = 2 * 3;
    cama_model *whole =
                   trained(&t, t.clean, t.other, CALLS("epochs=3 batch=20 schedule=constant warmup=0 kl_warmup=0")),
               *model = small_model(t.spec, 1);
    cama_optimizer *o = small_optimizer(model, "lr=0.005");
    OK(cama_session_set_progress(t.session, cancel_at, &last));
    FAILS(CAMA_E_CANCELLED,
          small_train(t.session, o, t.clean, t.other, "epochs=3 batch=20 schedule=constant warmup=0 kl_warmup=0"));
    OK(cama_session_set_progress(t.session, NULL, NULL));
    assert_true(o->steps == 6 && o->epochs == 2);
    OK(small_train(t.session, o, t.clean, t.other, "epochs=1 batch=20 schedule=constant warmup=0 kl_warmup=0"));
    cama_optimizer_free(o);
    assert_true(same(whole, model));
    finish(&t);
}

/* Steps, epochs and the objective of each epoch are what was done. */
static void test_report(void **state)
{
    (void)state;
    setting t = prepare(small_vector());
    cama_model *model = small_model(t.spec, 1);
    cama_optimizer *o = small_optimizer(model, "lr=0.01");
    cama_options *options = small_options(VERB_TRAIN, "epochs=30 batch=20 warmup=0 kl_warmup=0");
    cama_report *report = NULL;
    double steps, epochs, first, last;
    int64_t count = 0;
    OK(cama_train(t.session, o, t.clean, NULL, options, &report));
    OK(cama_report_get(report, "steps", 0, &steps));
    OK(cama_report_get(report, "epochs", 0, &epochs));
    OK(cama_report_count(report, "objective", &count));
    OK(cama_report_get(report, "objective", 0, &first));
    OK(cama_report_get(report, "objective", count - 1, &last));
    assert_true(steps == 90 && epochs == 30 && count == 30 && o->steps == 90);
    assert_true(last > first + 0.5); /* it learns */
    cama_report_free(report);
    cama_options_free(options);
    cama_optimizer_free(o);
    cama_model_free(model);
    finish(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_seed),
                                       cmocka_unit_test(test_two_calls),
                                       cmocka_unit_test(test_noise_of_steps),
                                       cmocka_unit_test(test_last_batch),
                                       cmocka_unit_test(test_cancelled_between_epochs),
                                       cmocka_unit_test(test_report)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
