/* cancel_law_test - after a cancel outputs are as they were, the model is valid and at the last whole step, and work
 * goes on; when numbers stop being finite the parameters are those before the step. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "small.h"

enum { N = 61, MANY = 300 /* several batches of every verb */ };

typedef struct {
    cama_session *session;
    cama_model *model;
    cama_optimizer *optimizer;
    cama_dataset *clean, *other, *many;
} setting;

static setting prepare(cama__spec spec)
{
    setting t = {.session = small_session(2, 0),
                 .model = small_trained(spec, 6),
                 .clean = small_data(&spec, N, 41),
                 .other = small_data(&spec, N, 42),
                 .many = small_data(&spec, MANY, 43)};
    t.optimizer = small_optimizer(t.model, "lr=0.01");
    return t;
}

static void finish(setting *t)
{
    cama_optimizer_free(t->optimizer);
    cama_dataset_free(t->clean), cama_dataset_free(t->other), cama_dataset_free(t->many);
    cama_model_free(t->model);
    cama_session_free(t->session);
}

/* A callback that stops at its last call, by its answer or by cama_session_cancel. */
typedef struct {
    cama_session *session;
    int32_t calls; /* to go until the one that cancels */
    bool by_answer;
    int64_t step; /* told at the last call */
    const char *phase;
} stopper;

static int32_t stop(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    stopper *s = user;
    (void)objective;
    assert_true(step >= 1 && step <= total && seconds >= 0);
    assert_true(s->calls > 0); /* nothing is told after the cancel */
    s->step = step;
    s->phase = phase;
    if (--s->calls > 0) return 0;
    if (!s->by_answer) cama_session_cancel(s->session);
    return s->by_answer ? 1 : 0;
}

static void stop_at(setting *t, stopper *s, int32_t call, bool by_answer)
{
    *s = (stopper){.session = t->session, .calls = call, .by_answer = by_answer};
    OK(cama_session_set_progress(t->session, stop, s));
}

static void go_on(setting *t) { OK(cama_session_set_progress(t->session, NULL, NULL)); }

static void check_usable(const setting *t, const cama_model *model)
{
    float *p = small_floats(N * model->spec.classes);
    assert_true(small_finite(model));
    OK(small_predict(t->session, model, t->other, "samples=2", p));
    for (int64_t i = 0; i < N * model->spec.classes; i++) assert_true(p[i] >= 0 && p[i] <= 1);
    free(p);
}

/* A batch is an epoch, so that every step is told. Cancelled in the middle, the model is where a whole run of as
 * many steps is. */
static void check_train(cama__spec spec, int joints)
{
    for (int joint = 0; joint < joints; joint++)
        for (int by_answer = 0; by_answer < 2; by_answer++) {
            setting t = prepare(spec);
            cama_model *whole = small_clone(t.model);
            cama_optimizer *o = small_optimizer(whole, "lr=0.01");
            cama_report *report = (cama_report *)&t;
            const cama_dataset *manipulated = joint ? t.other : NULL;
            cama_options *options =
                small_options(VERB_TRAIN, "epochs=10 batch=64 schedule=constant warmup=0 kl_warmup=0");
            stopper s;
            stop_at(&t, &s, 3, by_answer);
            FAILS(CAMA_E_CANCELLED, cama_train(t.session, t.optimizer, t.clean, manipulated, options, &report));
            assert_true(report == (cama_report *)&t);
            assert_int_equal(s.step, 3);
            assert_string_equal(s.phase, "train");
            assert_int_equal(t.optimizer->steps, 3);
            go_on(&t);
            OK(small_train(t.session, o, t.clean, manipulated,
                           "epochs=3 batch=64 schedule=constant warmup=0 kl_warmup=0"));
            assert_null(small_difference(whole, whole->theta, t.model->theta, CAMA__NET_ALL));
            check_usable(&t, t.model);
            OK(small_train(t.session, t.optimizer, t.clean, manipulated, "epochs=2 batch=20"));
            assert_int_equal(t.optimizer->steps, 3 + 2 * 4);
            check_usable(&t, t.model);
            cama_options_free(options);
            cama_optimizer_free(o);
            cama_model_free(whole);
            finish(&t);
        }
}

static void test_train(void **state)
{
    (void)state;
    check_train(small_image(), 2);
    check_train(small_table(), 2);
    check_train(small_baseline(), 1);
}

static void test_finetune(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        const bool by_answer = i % 2;
        setting t = prepare(i < 2 ? small_image() : small_baseline());
        cama_model *adapted = (cama_model *)&t, *source = small_clone(t.model);
        cama_report *report = (cama_report *)&t;
        stopper s;
        stop_at(&t, &s, 1, by_answer);
        FAILS(CAMA_E_CANCELLED, cama_finetune(t.session, t.model, t.clean, t.other, NULL, &adapted, &report));
        assert_true(adapted == (cama_model *)&t && report == (cama_report *)&t);
        assert_string_equal(s.phase, "finetune");
        assert_null(small_difference(source, source->theta, t.model->theta, CAMA__NET_ALL));
        go_on(&t);
        OK(small_finetune(t.session, t.model, t.clean, t.other, "steps=3", &adapted));
        check_usable(&t, adapted);
        cama_model_free(source), cama_model_free(adapted);
        finish(&t);
    }
}

/* ---- Verbs that fill arrays: run on `many`, in several batches, and asked to stop -------------------------------- */

typedef struct {
    float *f; /* (floats) all that a verb may write, as floats or as doubles */
    double *d;
    int64_t floats, doubles;
} outputs;

static int32_t run_predict(const setting *t, outputs *o)
{
    return cama_predict(t->session, t->model, t->many, NULL, o->f);
}
static int32_t run_elbo(const setting *t, outputs *o) { return cama_elbo(t->session, t->model, t->many, NULL, o->d); }
static int32_t run_elbo_do(const setting *t, outputs *o)
{
    return cama_elbo_do(t->session, t->model, t->many, NULL, NULL, o->d);
}
static int32_t run_marginal(const setting *t, outputs *o)
{
    return cama_elbo_marginal(t->session, t->model, t->many, NULL, o->d);
}
static int32_t run_encode(const setting *t, outputs *o)
{
    const int64_t m = t->model->spec.m, z = t->model->spec.z;
    float *const m_lv = o->f + MANY * m, *const z_mu = m_lv + MANY * m, *const z_lv = z_mu + MANY * z;
    return cama_encode(t->session, t->model, t->many, NULL, o->f, m_lv, z_mu, z_lv);
}
static int32_t run_reconstruct(const setting *t, outputs *o)
{
    return cama_reconstruct(t->session, t->model, t->many, NULL, o->f);
}
static int32_t run_generate(const setting *t, outputs *o)
{
    return cama_generate(t->session, t->model, MANY, t->many->y, t->many->c, NULL, NULL, NULL, o->f);
}
static int32_t run_counterfactual(const setting *t, outputs *o)
{
    return cama_counterfactual(t->session, t->model, t->many, NULL, NULL, NULL, NULL, o->f);
}

static const struct {
    const char *name;
    int32_t (*run)(const setting *, outputs *);
} filling[] = {{"predict", run_predict},   {"elbo", run_elbo},
               {"elbo_do", run_elbo_do},   {"elbo_marginal", run_marginal},
               {"encode", run_encode},     {"reconstruct", run_reconstruct},
               {"generate", run_generate}, {"counterfactual", run_counterfactual}};

static outputs make_outputs(const cama_model *model)
{
    outputs o = {.floats = MANY * (cama__shape_size(model->spec.x) + 2 * (int64_t)(model->spec.m + model->spec.z)),
                 .doubles = MANY};
    o.f = small_floats(o.floats);
    o.d = small_doubles(o.doubles);
    memset(o.f, 0x55, (size_t)o.floats * sizeof *o.f);
    memset(o.d, 0x55, (size_t)o.doubles * sizeof *o.d);
    return o;
}

static void free_outputs(outputs *o) { free(o->f), free(o->d); }

static bool same_outputs(const outputs *a, const outputs *b)
{
    return memcmp(a->f, b->f, (size_t)a->floats * sizeof *a->f) == 0 &&
           memcmp(a->d, b->d, (size_t)a->doubles * sizeof *a->d) == 0;
}

static void check_filling_verbs(cama__spec spec)
{
    setting t = prepare(spec);
    for (size_t i = 0; i < sizeof filling / sizeof *filling; i++) {
        outputs whole = make_outputs(t.model), untouched = make_outputs(t.model), o = make_outputs(t.model);
        go_on(&t);
        OK(filling[i].run(&t, &whole));
        assert_false(same_outputs(&whole, &untouched));
        for (int by_answer = 0; by_answer < 2; by_answer++) {
            stopper s;
            stop_at(&t, &s, 1, by_answer);
            FAILS(CAMA_E_CANCELLED, filling[i].run(&t, &o));
            assert_string_equal(s.phase, filling[i].name);
            if (!same_outputs(&o, &untouched)) fail_msg("%s: cancelled, and its outputs were touched", filling[i].name);
        }
        go_on(&t);
        OK(filling[i].run(&t, &o)); /* an old cancel does not last */
        assert_true(same_outputs(&o, &whole));
        free_outputs(&whole), free_outputs(&untouched), free_outputs(&o);
    }
    finish(&t);
}

static void test_filling_verbs(void **state)
{
    (void)state;
    check_filling_verbs(small_image());
    check_filling_verbs(small_table());
}

static void test_attack(void **state)
{
    (void)state;
    setting t = prepare(small_image());
    cama_dataset *out = (cama_dataset *)&t;
    stopper s;
    stop_at(&t, &s, 1, true);
    FAILS(CAMA_E_CANCELLED, cama_attack(t.session, t.model, t.many, NULL, &out));
    assert_true(out == (cama_dataset *)&t);
    cama_report *report = (cama_report *)&t;
    stop_at(&t, &s, 1, true);
    FAILS(CAMA_E_CANCELLED, cama_attack_report(t.session, t.model, t.many, NULL, &out, &report));
    assert_true(out == (cama_dataset *)&t && report == (cama_report *)&t);
    finish(&t);
}

/* ---- From another thread ----------------------------------------------------------------------------------------- */

typedef struct {
    cama_session *session;
    atomic_bool over;
} canceller;

static void *cancel_until_over(void *arg)
{
    canceller *c = arg;
    while (!atomic_load(&c->over)) {
        nanosleep(&(struct timespec){0, 2000000}, NULL);
        cama_session_cancel(c->session);
    }
    return NULL;
}

/* A run that would take days. */
static void test_other_thread(void **state)
{
    (void)state;
    setting t = prepare(small_image());
    canceller c = {.session = t.session};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_until_over, &c), 0);
    const int32_t status = small_train(t.session, t.optimizer, t.clean, t.other, "epochs=1000000 batch=20");
    atomic_store(&c.over, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(status, CAMA_E_CANCELLED);
    check_usable(&t, t.model);
    finish(&t);
}

/* Asked to stop while nothing runs: no effect on later verbs. */
static void test_cancel_before(void **state)
{
    (void)state;
    setting t = prepare(small_vector());
    cama_session_cancel(t.session);
    OK(small_train(t.session, t.optimizer, t.clean, NULL, "epochs=1"));
    cama_session_cancel(t.session);
    check_usable(&t, t.model);
    finish(&t);
}

/* ---- Numbers that are not finite --------------------------------------------------------------------------------- */

static void expect_message(const char *a, const char *b)
{
    if (strstr(cama_last_error(), a) == NULL || strstr(cama_last_error(), b) == NULL)
        fail_msg("expected \"%s\" and \"%s\" in: %s", a, b, cama_last_error());
}

static void check_bad_parameter(setting *t, const char *tensor, real bad)
{
    const cama__param *p = cama__params_find(&t->model->params, tensor);
    assert_non_null(p);
    t->model->theta[p->offset] = bad;
    real *before = small_theta(t->model);
    const int64_t steps = t->optimizer->steps;
    char step[32];
    snprintf(step, sizeof step, "step %d", (int)steps);
    outputs o = make_outputs(t->model), untouched = make_outputs(t->model);
    cama_model *adapted = NULL;
    FAILS(CAMA_E_NONFINITE, small_train(t->session, t->optimizer, t->clean, t->other, "epochs=2 batch=20 warmup=0"));
    expect_message(step, isfinite(bad) ? "before the step" : "objective of the clean examples");
    assert_null(small_difference(t->model, before, t->model->theta, CAMA__NET_ALL));
    assert_int_equal(t->optimizer->steps, steps);
    if (!isfinite(bad)) {
        FAILS(CAMA_E_NONFINITE, small_finetune(t->session, t->model, t->clean, t->other, "steps=2", &adapted));
        assert_null(adapted);
        FAILS(CAMA_E_NONFINITE, run_predict(t, &o));
        FAILS(CAMA_E_NONFINITE, run_elbo(t, &o));
        FAILS(CAMA_E_NONFINITE, run_marginal(t, &o));
        expect_message("row 0", "finite");
        assert_true(same_outputs(&o, &untouched));
    }
    free(before);
    free_outputs(&o), free_outputs(&untouched);
}

static void test_bad_parameters(void **state)
{
    (void)state;
    setting t = prepare(small_vector());
    OK(small_train(t.session, t.optimizer, t.clean, t.other, "epochs=2 batch=20"));
    check_bad_parameter(&t, "p_merge.1.bias", NAN);
    finish(&t);
    t = prepare(small_image());
    check_bad_parameter(&t, "p_merge.0.weight", INFINITY);
    finish(&t);
    /* the objective is finite, in double; its gradient, or the square of it, is not */
    t = prepare(small_vector());
    check_bad_parameter(&t, "p_merge.1.bias", (real)1e19);
    expect_message("expected a finite gradient", "squares are too large for a float");
    finish(&t);
}

/* A learning rate that no option allows: the first step is taken, the second cannot be. The callback keeps the
 * state of the last good step. */
typedef struct {
    const cama_model *model;
    real *kept;
    int64_t step;
} keeper;

static int32_t keep(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    keeper *k = user;
    (void)phase, (void)total, (void)objective, (void)seconds;
    memcpy(k->kept, k->model->theta, (size_t)k->model->params.reals * sizeof *k->kept);
    k->step = step;
    return 0;
}

static void test_learning_rate(void **state)
{
    (void)state;
    const cama__spec specs[] = {small_image(), small_vector()};
    for (int i = 0; i < 2; i++) {
        setting t = prepare(specs[i]);
        keeper k = {.model = t.model, .kept = small_theta(t.model)};
        char step[32];
        t.optimizer->lr = 1e10;
        OK(cama_session_set_progress(t.session, keep, &k));
        const int32_t status =
            small_train(t.session, t.optimizer, t.clean, NULL, "epochs=50 batch=64 warmup=0 schedule=constant");
        assert_int_equal(status, CAMA_E_NONFINITE);
        assert_true(k.step >= 1);
        assert_int_equal(t.optimizer->steps, k.step);
        snprintf(step, sizeof step, "step %d", (int)k.step);
        expect_message(step, "parameters are those before the step");
        assert_null(small_difference(t.model, k.kept, t.model->theta, CAMA__NET_ALL));
        assert_true(small_finite(t.model));
        free(k.kept);
        finish(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_train),          cmocka_unit_test(test_finetune),
                                       cmocka_unit_test(test_filling_verbs),  cmocka_unit_test(test_attack),
                                       cmocka_unit_test(test_other_thread),   cmocka_unit_test(test_cancel_before),
                                       cmocka_unit_test(test_bad_parameters), cmocka_unit_test(test_learning_rate)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
