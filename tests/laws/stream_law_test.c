/* stream_law_test - adaptation batch after batch: a step is fine-tuning from the source, from where the last batch
 * left the model, or from that drawn back, and a prediction with the result, to the bit; a manipulation that changes
 * is told, and adaptation begins anew; a step that fails leaves the stream as it was; no bit depends on threads or
 * tiles. */
#include "small.h"

enum { ROWS = 150, BATCH = 60, BATCHES = 3, CLASSES = 4 };
#define WILD "steps=12 batch=20 clean_batch=20 lr=0.05 check_every=0"
#define HOW "agreement=off steps=12 batch=20 clean_batch=20 check_every=4 lr=0.01"

static cama_session *session;
static cama_model *source, *informed, *baseline; /* informed: its q_m counts as trained */
static cama_dataset *clean, *batches[BATCHES];

static cama_stream *opened(const cama_model *of, const char *text, const char *how)
{
    cama_stream *s = NULL;
    cama_options *options = small_options(VERB_STREAM, text), *finetune = small_options(VERB_FINETUNE, how);
    OK(cama_stream_create(of, clean, options, finetune, &s));
    cama_options_free(options), cama_options_free(finetune);
    return s;
}

static cama_model *model_of(const cama_stream *s)
{
    cama_model *m = NULL;
    OK(cama_stream_model(s, &m));
    return m;
}

static cama_model *tuned(const cama_model *from, const cama_dataset *batch)
{
    cama_model *m = NULL;
    OK(small_finetune(session, from, clean, batch, HOW, &m));
    return m;
}

static void expect_same(const cama_model *a, const cama_model *b, const char *what)
{
    const char *difference = small_difference(a, a->theta, b->theta, CAMA__NET_ALL);
    if (difference != NULL) fail_msg("%s: %s differs", what, difference);
    assert_true(a->q_m_trained == b->q_m_trained);
}

/* One step, its probabilities and its report. */
static void step(cama_stream *s, int i, float *p, cama_report **report)
{
    OK(cama_stream_step(session, s, batches[i], NULL, p, report));
}

/* Whoever begins at the source each time, or never lets go, does what cama_finetune does; probabilities are those of
 * cama_predict with the model that the stream then has. */
static void check_steps(const cama_model *of, bool keep)
{
    cama_stream *s = opened(of, keep ? "start=keep restart=0" : "start=reset", HOW);
    cama_model *want = small_clone(of), *have = model_of(s);
    float *p = small_floats(BATCH * CLASSES), *q = small_floats(BATCH * CLASSES);
    expect_same(have, of, "before the first batch");
    for (int i = 0; i < BATCHES; i++) {
        cama_report *report = NULL;
        step(s, i, p, &report);
        cama_model *next = tuned(keep ? want : of, batches[i]);
        cama_model_free(want), cama_model_free(have);
        want = next, have = model_of(s);
        expect_same(have, want, keep ? "keep" : "reset");
        OK(small_predict(session, want, batches[i], "", q));
        assert_memory_equal(p, q, BATCH * CLASSES * sizeof *p);
        assert_true(small_told(report, "batches") == (keep ? i + 1 : 1));
        assert_true(small_told(report, "steps") == 12);
        cama_report_free(report);
    }
    free(p), free(q);
    cama_model_free(want), cama_model_free(have);
    cama_stream_free(s);
}

static void test_steps_are_fine_tuning(void **state)
{
    (void)state;
    const cama_model *const of[] = {source, informed, baseline};
    for (int i = 0; i < 6; i++) check_steps(of[i / 2], i % 2 == 1);
}

/* Between 0, which is keep, and 1, which is the source, a step begins on the line. */
static void test_drift(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        static const char *const text[] = {"start=drift drift=0 restart=0", "start=drift drift=0.25 restart=0",
                                           "start=drift drift=1 restart=0"};
        cama_stream *s = opened(informed, text[i], WILD);
        step(s, 0, NULL, NULL);
        cama_model *before = model_of(s);
        assert_non_null(small_difference(before, before->theta, informed->theta, CAMA__NET_ALL));
        step(s, 0, NULL, NULL);
        cama_model *after = model_of(s);
        cama_model *line = small_clone(before);
        const real back = (real)(i == 0 ? 0 : i == 1 ? 0.25 : 1);
        for (int64_t k = 0; k < line->params.reals; k++)
            if (line->theta[k] != informed->theta[k])
                line->theta[k] = (1 - back) * line->theta[k] + back * informed->theta[k];
        cama_model *want = NULL;
        OK(small_finetune(session, line, clean, batches[0], WILD, &want));
        expect_same(after, want, text[i]);
        cama_model_free(before), cama_model_free(after), cama_model_free(line), cama_model_free(want);
        cama_stream_free(s);
    }
}

/* Rows of a manipulation: every number of x times `factor` plus `offset`. */
static cama_dataset *moved(const cama__spec *spec, uint64_t seed, float factor, float offset)
{
    float *x;
    int32_t *y;
    cama_dataset *d = NULL;
    small_arrays(spec, BATCH, seed, &x, &y);
    for (int64_t i = 0; i < BATCH * 5; i++) x[i] = factor * x[i] + offset;
    OK(cama_dataset_from_arrays(BATCH, 1, 1, 5, CLASSES, x, y, 1, &d));
    free(x), free(y);
    return d;
}

static double right(const float *p, const cama_dataset *d)
{
    int64_t count = 0;
    for (int64_t i = 0; i < BATCH; i++) {
        int32_t top = 0;
        for (int32_t c = 1; c < CLASSES; c++)
            if (p[i * CLASSES + c] > p[i * CLASSES + top]) top = c;
        count += top == d->y[i];
    }
    return (double)count / BATCH;
}

/* Twice lifted, twice lowered, twice lifted: a restart at each change and at no other batch, and then as many right
 * as the source has, but for chance: two standard errors of a share of BATCH near one half. */
static void test_changes_are_told(void **state)
{
    (void)state;
    static const float offset[] = {0.5f, 0.5f, -0.5f, -0.5f, 0.5f, 0.5f};
    const cama__spec spec = small_vector();
    cama_stream *s = opened(source, "", "lr=0.01 steps=150 check_every=0"), *never = opened(source, "restart=0", HOW);
    float *p = small_floats(BATCH * CLASSES), *q = small_floats(BATCH * CLASSES);
    for (int i = 0; i < 6; i++) {
        cama_dataset *d = moved(&spec, (uint64_t)(20 + i), 1, offset[i]);
        cama_report *report = NULL, *other = NULL;
        OK(cama_stream_step(session, s, d, NULL, p, &report));
        OK(cama_stream_step(session, never, d, NULL, NULL, &other));
        OK(small_predict(session, source, d, "", q));
        const bool changed = i == 2 || i == 4;
        if ((small_told(report, "restart") == 1) != changed)
            fail_msg("batch %d: restart %g, ELBO(x) %g by the source, %g as it is", i, small_told(report, "restart"),
                     small_told(report, "objective_source"), small_told(report, "objective_kept"));
        assert_true(small_told(report, "batches") == (i % 2 == 0 ? 1 : 2));
        assert_true(small_told(other, "restart") == 0 && small_told(other, "batches") == i + 1);
        if (i == 0) assert_true(small_told(report, "objective_source") == small_told(report, "objective_kept"));
        if (changed) assert_true(small_told(report, "objective_source") > small_told(report, "objective_kept"));
        assert_true(right(p, d) >= right(q, d) - 2 * 0.5 / sqrt(BATCH));
        cama_report_free(report), cama_report_free(other);
        cama_dataset_free(d);
    }
    free(p), free(q);
    cama_stream_free(s), cama_stream_free(never);
}

static int32_t stop(void *user, const char *phase, int64_t at, int64_t total, double objective, double seconds)
{
    (void)phase, (void)at, (void)total, (void)objective, (void)seconds;
    return --*(int *)user < 0;
}

/* A step that is refused or cancelled is as if it had not been. */
static void test_failures_leave_no_trace(void **state)
{
    (void)state;
    const cama__spec other = small_wide();
    cama_dataset *wrong = small_data(&other, 10, 3);
    cama_stream *s = opened(source, "start=keep", HOW), *t = opened(source, "start=keep", HOW);
    cama_options *infer = small_options(VERB_PREDICT, "class_shares=on"), *options = small_options(VERB_SCORE, "");
    float *p = small_floats(BATCH * CLASSES);
    cama_report *report = NULL;
    for (int i = 0; i < BATCHES; i++) {
        int calls = 0;
        p[0] = 7;
        FAILS(CAMA_E_ARGUMENT, cama_stream_step(session, s, wrong, NULL, p, &report));
        FAILS(CAMA_E_OPTION, cama_stream_step(session, s, batches[i], options, p, &report));
        OK(cama_session_set_progress(session, stop, &calls));
        FAILS(CAMA_E_CANCELLED, cama_stream_step(session, s, batches[i], NULL, p, &report));
        calls = 1; /* the last step of adaptation, and then the prediction */
        FAILS(CAMA_E_CANCELLED, cama_stream_step(session, s, batches[i], NULL, p, &report));
        OK(cama_session_set_progress(session, NULL, NULL));
        assert_true(p[0] == 7 && report == NULL);
        step(s, i, NULL, NULL), step(t, i, NULL, NULL);
        cama_model *a = model_of(s), *b = model_of(t);
        expect_same(a, b, "after failures");
        cama_model_free(a), cama_model_free(b);
    }
    OK(cama_stream_step(session, s, batches[0], infer, p, NULL));
    free(p);
    cama_options_free(infer), cama_options_free(options);
    cama_stream_free(s), cama_stream_free(t);
    cama_dataset_free(wrong);
}

static void test_threads(void **state)
{
    (void)state;
    static const struct {
        int32_t threads;
        int64_t tile;
    } kinds[] = {{1, 0}, {3, 48}, {2, 1000}};
    cama_session *const before = session;
    cama_model *first = NULL;
    float *p[2] = {small_floats(BATCH * CLASSES), small_floats(BATCH * CLASSES)};
    for (int k = 0; k < 3; k++) {
        session = small_session(kinds[k].threads, kinds[k].tile);
        cama_stream *s = opened(source, "start=drift", HOW);
        for (int i = 0; i < BATCHES; i++) step(s, i, p[k > 0], NULL);
        cama_model *m = model_of(s);
        if (first != NULL) expect_same(m, first, "threads");
        assert_memory_equal(p[0], p[k > 0], BATCH * CLASSES * sizeof(float));
        if (first == NULL)
            first = m;
        else
            cama_model_free(m);
        cama_stream_free(s);
        cama_session_free(session);
    }
    session = before;
    cama_model_free(first);
    free(p[0]), free(p[1]);
}

/* What a step would refuse is refused before the first. */
static void test_refused_at_once(void **state)
{
    (void)state;
    cama_model *without = small_model(small_without_m(small_vector()), 2);
    cama_options *adapt = small_options(VERB_FINETUNE, "adapt=last"), *all = small_options(VERB_FINETUNE, "alpha=0");
    cama_stream *s = NULL;
    FAILS(CAMA_E_ARGUMENT, cama_stream_create(without, clean, NULL, NULL, &s));
    FAILS(CAMA_E_ARGUMENT, cama_stream_create(source, NULL, NULL, NULL, &s));
    FAILS(CAMA_E_ARGUMENT, cama_stream_create(source, clean, NULL, adapt, &s));
    FAILS(CAMA_E_OPTION, cama_stream_create(source, clean, adapt, NULL, &s));
    assert_null(s);
    OK(cama_stream_create(source, NULL, NULL, all, &s));
    step(s, 0, NULL, NULL);
    cama_stream_free(s);
    cama_options_free(adapt), cama_options_free(all);
    cama_model_free(without);
}

static cama_model *trained(cama__spec spec)
{
    cama_model *m = small_model(spec, 5);
    cama_optimizer *o = small_optimizer(m, "lr=0.01");
    OK(small_train(session, o, clean, NULL, "epochs=60 batch=30"));
    cama_optimizer_free(o);
    return m;
}

static int begin(void **state)
{
    (void)state;
    const cama__spec spec = small_vector();
    cama__spec dnn = spec;
    dnn.discriminative = true;
    snprintf(dnn.net[NET_DNN], SPEC_TEXT, "| dense 9 tanh, dropout .1");
    session = small_session(2, 0);
    clean = small_data(&spec, ROWS, 1);
    source = trained(spec), baseline = trained(dnn);
    informed = small_clone(source);
    cama__model_settle_q_m(informed);
    for (int i = 0; i < BATCHES; i++) batches[i] = moved(&spec, (uint64_t)(10 + i), 1 - 0.2f * (float)i, 0.3f);
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i < BATCHES; i++) cama_dataset_free(batches[i]);
    cama_model_free(source), cama_model_free(informed), cama_model_free(baseline);
    cama_dataset_free(clean);
    cama_session_free(session);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_steps_are_fine_tuning),
                                       cmocka_unit_test(test_drift),
                                       cmocka_unit_test(test_changes_are_told),
                                       cmocka_unit_test(test_failures_leave_no_trace),
                                       cmocka_unit_test(test_threads),
                                       cmocka_unit_test(test_refused_at_once)};
    return cmocka_run_group_tests(tests, begin, end);
}
