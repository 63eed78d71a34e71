/* views_stop_law_test - a verb of views that does not finish leaves everything usable: after a cancel the outputs are
 * as they were and the model at the last whole step; parameters that are not finite are told, not followed; and a
 * session may be used in a child after fork(). */
#include <sys/wait.h>
#include <unistd.h>

#include "fork_safe.h"
#include "small_views.h"

enum { N = 300 /* several batches of every verb */, C = 3, SECONDS = 20 };

typedef struct {
    cama_session *session;
    cama_model *model, *reader;
    cama_dataset *clean, *many;
} setting;

static setting prepare(void)
{
    const cama__spec spec = small_view();
    return (setting){.session = small_session(2, 0),
                     .model = small_viewing(6),
                     .reader = small_model(small_view_reader(), 3),
                     .clean = small_data(&spec, 61, 41),
                     .many = small_data(&spec, N, 42)};
}

static void finish(setting *t)
{
    cama_dataset_free(t->clean), cama_dataset_free(t->many);
    cama_model_free(t->model), cama_model_free(t->reader);
    cama_session_free(t->session);
}

/* ---- Cancelled --------------------------------------------------------------------------------------------------- */

/* A callback that stops at its last call, by its answer or by cama_session_cancel. */
typedef struct {
    cama_session *session;
    int32_t calls; /* to go until the one that cancels */
    bool by_answer;
    char phase[32];
    int64_t step, total;
} stopper;

static int32_t stop(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    stopper *s = user;
    (void)objective, (void)seconds;
    assert_true(s->calls > 0); /* nothing is told after the cancel */
    snprintf(s->phase, sizeof s->phase, "%s", phase);
    s->step = step, s->total = total;
    if (--s->calls > 0) return 0;
    if (!s->by_answer) cama_session_cancel(s->session);
    return s->by_answer ? 1 : 0;
}

typedef struct {
    float a[N * VIEW_COUNT], b[N * VIEW_COUNT];
    cama_dataset *seen;
} outputs;

static int32_t run_predict(const setting *t, outputs *o)
{
    return small_predict(t->session, t->model, t->many, "samples=2", o->a);
}
static int32_t run_read(const setting *t, outputs *o)
{
    return small_read(t->session, t->model, t->reader, t->many, "", o->a);
}
static int32_t run_views(const setting *t, outputs *o)
{
    return small_views(t->session, t->model, t->many, "", o->a, o->b);
}
static int32_t run_see(const setting *t, outputs *o) { return small_see(t->session, t->model, t->many, "", &o->seen); }

static const struct {
    const char *phase;
    int32_t (*run)(const setting *, outputs *);
} filling[] = {{"predict", run_predict}, {"predict", run_read}, {"views", run_views}, {"see", run_see}};

static void test_filling_verbs(void **state)
{
    (void)state;
    static outputs o, untouched;
    setting t = prepare();
    memset(&untouched, 0x55, sizeof untouched);
    for (size_t i = 0; i < sizeof filling / sizeof *filling; i++)
        for (int by_answer = 0; by_answer < 2; by_answer++) {
            stopper s = {.session = t.session, .calls = 1, .by_answer = by_answer};
            memcpy(&o, &untouched, sizeof o);
            OK(cama_session_set_progress(t.session, stop, &s));
            FAILS(CAMA_E_CANCELLED, filling[i].run(&t, &o));
            assert_string_equal(s.phase, filling[i].phase);
            assert_true(s.step > 0 && s.step < N && s.total == N);
            assert_memory_equal(&o, &untouched, sizeof o);
            OK(cama_session_set_progress(t.session, NULL, NULL));
            OK(filling[i].run(&t, &o)); /* an old cancel does not last */
            assert_memory_not_equal(&o, &untouched, sizeof o);
            if (filling[i].run == run_see) cama_dataset_free(o.seen);
        }
    finish(&t);
}

/* A batch is an epoch, so that every step is told: cancelled, the model is where a run of as many steps is. */
static void test_train(void **state)
{
    (void)state;
    static const char *const words[] = {"also", "alone"};
    for (int i = 0; i < 2; i++) {
        setting t = prepare();
        char whole[128], longer[128];
        cama_model *copy = small_clone(t.model);
        cama_optimizer *a = small_optimizer(t.model, "lr=0.01"), *b = small_optimizer(copy, "lr=0.01");
        stopper s = {.session = t.session, .calls = 3};
        snprintf(whole, sizeof whole, "epochs=3 batch=64 schedule=constant warmup=0 kl_warmup=0 simulate=%s", words[i]);
        snprintf(longer, sizeof longer, "epochs=9 batch=64 schedule=constant warmup=0 kl_warmup=0 simulate=%s",
                 words[i]);
        OK(cama_session_set_progress(t.session, stop, &s));
        FAILS(CAMA_E_CANCELLED, small_train(t.session, a, t.clean, NULL, longer));
        OK(cama_session_set_progress(t.session, NULL, NULL));
        OK(small_train(t.session, b, t.clean, NULL, whole));
        assert_null(small_difference(copy, copy->theta, t.model->theta, CAMA__NET_ALL));
        cama_optimizer_free(a), cama_optimizer_free(b);
        cama_model_free(copy);
        finish(&t);
    }
}

static void test_finetune(void **state)
{
    (void)state;
    setting t = prepare();
    cama_model *adapted = (cama_model *)&t, *source = small_clone(t.model);
    stopper s = {.session = t.session, .calls = 1, .by_answer = true};
    OK(cama_session_set_progress(t.session, stop, &s));
    FAILS(CAMA_E_CANCELLED, small_finetune(t.session, t.model, t.clean, t.many, "proposals=2", &adapted));
    assert_true(adapted == (cama_model *)&t);
    assert_null(small_difference(source, source->theta, t.model->theta, CAMA__NET_ALL));
    OK(cama_session_set_progress(t.session, NULL, NULL));
    cama_model_free(source);
    finish(&t);
}

/* ---- Not finite -------------------------------------------------------------------------------------------------- */

static void check_bad(const char *tensor, real bad)
{
    static outputs o, untouched;
    setting t = prepare();
    const cama__param *p = cama__params_find(&t.model->params, tensor);
    cama_optimizer *optimizer = small_optimizer(t.model, "");
    cama_model *adapted = NULL;
    memset(&untouched, 0x55, sizeof untouched);
    memcpy(&o, &untouched, sizeof o);
    t.model->theta[p->offset] = bad;
    real *before = small_theta(t.model);
    FAILS(CAMA_E_NONFINITE, run_predict(&t, &o));
    check_said("row 0");
    FAILS(CAMA_E_NONFINITE, small_train(t.session, optimizer, t.clean, NULL, "epochs=1 batch=20 simulate=also"));
    FAILS(CAMA_E_NONFINITE, small_finetune(t.session, t.model, t.clean, t.many, "steps=2", &adapted));
    assert_null(adapted);
    assert_memory_equal(&o, &untouched, sizeof o);
    assert_null(small_difference(t.model, before, t.model->theta, CAMA__NET_ALL));
    free(before);
    cama_optimizer_free(optimizer);
    finish(&t);
}

/* In the model of the images, in q_m and in p_m. */
static void test_bad_parameters(void **state)
{
    (void)state;
    check_bad("p_merge.0.weight", NAN);
    check_bad("p_merge.0.weight", INFINITY);
    check_bad("q_z.2.bias", NAN);
}

/* Views of a q_m or p_m that is not finite: nothing is told that is not a number. */
static void test_bad_views(void **state)
{
    (void)state;
    static const char *const tensors[] = {"q_m.2.bias", "p_m.1.weight"};
    static outputs o, untouched;
    memset(&untouched, 0x55, sizeof untouched);
    for (int i = 0; i < 2; i++) {
        setting t = prepare();
        t.model->theta[cama__params_find(&t.model->params, tensors[i])->offset] = NAN;
        memcpy(&o, &untouched, sizeof o);
        FAILS(CAMA_E_NONFINITE, run_views(&t, &o));
        FAILS(CAMA_E_NONFINITE, run_see(&t, &o));
        FAILS(CAMA_E_NONFINITE, run_predict(&t, &o));
        FAILS(CAMA_E_NONFINITE, run_read(&t, &o));
        assert_memory_equal(&o, &untouched, sizeof o);
        finish(&t);
    }
}

/* An image of which no view says anything finite, beyond those that the monitor looks at: the step that meets it is
 * refused, in the last and smaller batch too. */
static void test_an_image_that_cannot_be(void **state)
{
    (void)state;
    cama__spec spec = small_view();
    strcpy(spec.net[NET_Q_Z], "dense 6 relu | dense 7 elu");
    const int64_t size = cama__shape_size(spec.x);
    cama_model *model = small_trained(spec, 6), *adapted = NULL;
    cama_session *session = small_session(2, 0);
    model->q_m_trained = false; /* views from nothing: draws, and not proposals of which one sees an empty image */
    cama_dataset *test = NULL;
    float *x, *w = small_floats(6 * size);
    int32_t *y;
    small_arrays(&spec, N, 3, &x, &y);
    memset(x, 0, (size_t)(N * size) * sizeof *x);
    for (int64_t d = 0; d < size; d++) x[(N - 1) * size + d] = 1;
    cama__model_settle_q_m(model); /* black stays black under the views that it proposes */
    const cama__param *p = cama__params_find(&model->params, "q_z.0.weight");
    cama__param_read(p, &model->net[NET_Q_Z], model->theta, w);
    for (int64_t d = 0; d < size; d++) w[d] = 3e38f;
    cama__param_write(p, &model->net[NET_Q_Z], model->theta, w);
    OK(cama_dataset_from_arrays(N, spec.x.h, spec.x.w, spec.x.c, spec.classes, x, y, 1, &test));
    FAILS(CAMA_E_NONFINITE,
          small_finetune(session, model, NULL, test, "alpha=0 batch=64 steps=5 check_every=0 proposals=4", &adapted));
    check_said("finite objective of the test examples");
    assert_null(adapted);
    free(x), free(y), free(w);
    cama_dataset_free(test);
    cama_model_free(model);
    cama_session_free(session);
}

/* ---- In a child -------------------------------------------------------------------------------------------------- */

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NO_NEW_THREADS_IN_CHILD
#endif
#endif
#if defined(__SANITIZE_THREAD__) /* ThreadSanitizer does not allow new threads in a child */
#define NO_NEW_THREADS_IN_CHILD
#endif

static void test_fork(void **state)
{
    (void)state;
    static float mine[N * C], childs[N * C];
    setting t = prepare();
    int ends[2];
#ifdef NO_NEW_THREADS_IN_CHILD
    cama_session_free(t.session);
    t.session = small_session(1, 0);
#endif
    OK(small_read(t.session, t.model, t.reader, t.many, "reader_weight=0.5", mine));
    assert_int_equal(pipe(ends), 0);
    let_workers_start();
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(SECONDS);
        cama_dataset *few = small_slice(t.many, 0, 40);
        cama_optimizer *o = small_optimizer(t.model, "");
        bool good = small_read(t.session, t.model, t.reader, t.many, "reader_weight=0.5", childs) == CAMA_OK;
        good = good && write(ends[1], childs, sizeof childs) == (ssize_t)sizeof childs;
        good = good && small_train(t.session, o, few, NULL, "epochs=1 batch=20 simulate=also") == CAMA_OK;
        _exit(good ? 0 : 1);
    }
    close(ends[1]);
    for (size_t got = 0; got < sizeof childs;) {
        const ssize_t more = read(ends[0], (char *)childs + got, sizeof childs - got);
        if (more <= 0) break;
        got += (size_t)more;
    }
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_memory_equal(mine, childs, sizeof mine);
    finish(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_filling_verbs),
                                       cmocka_unit_test(test_train),
                                       cmocka_unit_test(test_finetune),
                                       cmocka_unit_test(test_bad_parameters),
                                       cmocka_unit_test(test_bad_views),
                                       cmocka_unit_test(test_fork),
                                       cmocka_unit_test(test_an_image_that_cannot_be)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
