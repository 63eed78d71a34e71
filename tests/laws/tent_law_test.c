/* tent_law_test - TENT on discriminative baselines: entropy falls; scales and shifts of channels, or the last layer,
 * are what moves, and nothing else; each call begins at its source and does the same again; adapted models are files
 * like any other; a collapse is watched; options of models with latents are refused. */
#include "small.h"

enum { ROWS = 160, CLASSES = 4 };
#define DNN(text) .preset = "test", .discriminative = true, .likelihood = LIKELIHOOD_GAUSSIAN, .net = {[NET_DNN] = text}
static const cama__spec vector = {DNN("dense 9 relu | dense 8 tanh, dropout .25"), .x = {1, 1, 5}, .classes = CLASSES};
static const cama__spec image = {DNN("conv 5 3x3 relu, pool 2, tconv 3 3x3 /2 relu | dense 8 relu"), .x = {7, 6, 2},
                                 .classes = CLASSES};
static const cama__spec one_layer = {DNN("|"), .x = {1, 1, 5}, .classes = CLASSES};

static cama_session *session;

typedef struct {
    cama_model *source;
    cama_dataset *clean, *test;
} subject;

/* Trained a little; the test rows have less contrast, about one half. */
static subject begin_with(cama__spec spec, float contrast)
{
    float *x;
    int32_t *y;
    subject t = {.source = small_model(spec, 5), .clean = small_data(&spec, ROWS, 1)};
    cama_optimizer *o = small_optimizer(t.source, "lr=0.01");
    OK(small_train(session, o, t.clean, NULL, "epochs=20 batch=20"));
    cama_optimizer_free(o);
    small_arrays(&spec, ROWS, 2, &x, &y);
    for (int64_t i = 0; i < ROWS * cama__shape_size(spec.x); i++) x[i] = contrast * x[i] + (1 - contrast) / 2;
    OK(cama_dataset_from_arrays(ROWS, spec.x.h, spec.x.w, spec.x.c, CLASSES, x, NULL, 1, &t.test));
    free(x), free(y);
    return t;
}

static subject begin_subject(cama__spec spec) { return begin_with(spec, 0.5f); }

static void end_subject(subject *t)
{
    cama_model_free(t->source);
    cama_dataset_free(t->clean), cama_dataset_free(t->test);
}

static cama_model *tuned(const subject *t, const cama_model *source, const char *text, cama_report **report)
{
    cama_model *adapted = NULL;
    cama_options *options = small_options(VERB_FINETUNE, text);
    OK(cama_finetune(session, source, t->clean, t->test, options, &adapted, report));
    cama_options_free(options);
    return adapted;
}

/* The mean of sum p log p over the test rows, from what is predicted. */
static double order(const subject *t, const cama_model *model)
{
    float *p = small_floats(ROWS * CLASSES);
    double sum = 0;
    OK(small_predict(session, model, t->test, "", p));
    for (int64_t i = 0; i < ROWS * CLASSES; i++) sum += p[i] > 0 ? (double)p[i] * log((double)p[i]) / ROWS : 0;
    free(p);
    return sum;
}

/* The report has the entropy of what is predicted; probabilities are floats. */
static void test_entropy_falls(void **state)
{
    (void)state;
    static const char *const how[] = {"lr=0.01 steps=40 batch=64 check_every=0",
                                      "lr=0.01 steps=40 batch=64 check_every=0 adapt=last"};
    const cama__spec *const specs[] = {&vector, &image};
    for (int i = 0; i < 4; i++) {
        subject t = begin_subject(*specs[i / 2]);
        cama_report *report = NULL;
        cama_model *a = tuned(&t, t.source, how[i % 2], &report);
        assert_near(small_told(report, "objective_before"), order(&t, t.source), 1e-5);
        assert_near(small_told(report, "objective_after"), order(&t, a), 1e-5);
        assert_true(order(&t, a) > order(&t, t.source) + 0.05);
        assert_true(small_told(report, "steps") == 40 && small_told(report, "rolled_back") == 0);
        assert_true(small_told(report, "clean_accuracy_before") > 0.8);
        cama_report_free(report);
        cama_model_free(a), end_subject(&t);
    }
}

static void read_tensor(const cama_model *m, int32_t i, float *values)
{
    const cama__param *p = &m->params.item[i];
    cama__param_read(p, cama__model_param_net(m, p), m->theta, values);
}

/* The weight of each output is the source's times one number, which not all outputs share. Tolerance: two roundings of
 * a float. */
static void check_scaled(const cama_model *a, const cama_model *source, int32_t i)
{
    const cama__param *p = &source->params.item[i];
    const bool turned = source->net[NET_DNN].layer[p->layer].kind == LAYER_TCONV; /* (in, out, taps) */
    const int64_t outputs = p->shape[turned], taps = p->dims == 4 ? p->shape[2] * p->shape[3] : 1;
    const int64_t each = turned ? taps : p->count / outputs;
    float *now = small_floats(p->count), *before = small_floats(p->count);
    double lowest = INFINITY, highest = -INFINITY;
    read_tensor(a, i, now), read_tensor(source, i, before);
    for (int64_t o = 0; o < outputs; o++) {
        double scale = 0, largest = 0;
        for (int64_t k = 0; k < p->count; k++)
            if (k / each % outputs == o && fabs((double)before[k]) > largest) {
                largest = fabs((double)before[k]);
                scale = (double)now[k] / (double)before[k];
            }
        lowest = fmin(lowest, scale), highest = fmax(highest, scale);
        for (int64_t k = 0; k < p->count; k++)
            if (k / each % outputs == o)
                assert_near(now[k], scale * (double)before[k], 3e-7 * (fabs((double)before[k]) + 1e-3));
    }
    assert_true(lowest > 0.5 && highest < 2 && highest - lowest > 1e-5);
    free(now), free(before);
}

static bool same(const cama_model *a, const cama_model *b, int32_t i)
{
    const cama__param *p = &a->params.item[i];
    return memcmp(a->theta + p->offset, b->theta + p->offset, (size_t)p->size * sizeof(real)) == 0;
}

static void test_what_moves(void **state)
{
    (void)state;
    const cama__spec *const specs[] = {&vector, &image};
    for (int s = 0; s < 2; s++) {
        subject t = begin_subject(*specs[s]);
        cama_model *affine = tuned(&t, t.source, "lr=0.003 steps=10", NULL),
                   *last = tuned(&t, t.source, "lr=0.003 steps=10 adapt=last", NULL),
                   *none = tuned(&t, t.source, "steps=0", NULL);
        const int32_t count = t.source->params.count;
        assert_null(small_difference(none, none->theta, t.source->theta, CAMA__NET_ALL));
        for (int32_t i = 0; i < count; i++) {
            assert_true(same(affine, t.source, i) == (i >= count - 2));
            assert_true(same(last, t.source, i) == (i < count - 2));
            if (i < count - 2 && t.source->params.item[i].role == PARAM_WEIGHT) check_scaled(affine, t.source, i);
        }
        cama_model_free(affine), cama_model_free(last), cama_model_free(none);
        end_subject(&t);
    }
}

/* Episodic: a call knows nothing of earlier ones. Continual: an adapted model is a source. */
static void test_episodic_and_continual(void **state)
{
    (void)state;
    subject t = begin_subject(vector);
    cama_model *one = tuned(&t, t.source, "lr=0.003 steps=10", NULL),
               *same = tuned(&t, t.source, "lr=0.003 steps=10", NULL), *on = tuned(&t, one, "lr=0.003 steps=10", NULL);
    assert_null(small_difference(one, one->theta, same->theta, CAMA__NET_ALL));
    assert_true(order(&t, one) > order(&t, t.source) && order(&t, on) > order(&t, one));
    cama_model_free(one), cama_model_free(same), cama_model_free(on);
    end_subject(&t);
}

static void test_file(void **state)
{
    (void)state;
    subject t = begin_subject(image);
    cama_model *a = tuned(&t, t.source, "lr=0.003 steps=10", NULL), *b = NULL;
    int64_t size = 0;
    OK(cama_model_save_memory(a, NULL, &size));
    char *file = malloc((size_t)size);
    OK(cama_model_save_memory(a, file, &size));
    OK(cama_model_load_memory(file, size, &b));
    assert_null(small_difference(a, a->theta, b->theta, CAMA__NET_ALL));
    free(file);
    cama_model_free(a), cama_model_free(b);
    end_subject(&t);
}

/* One class for all rows has no entropy: at this rate the last layer finds that where rows are hard to tell apart. */
#define WILD "adapt=last lr=1 steps=100 check_every=10 clean_tolerance=1 share_tolerance=1 tolerance=1000000 "

static void test_collapse_is_watched(void **state)
{
    (void)state;
    subject t = begin_with(vector, 0.3f);
    cama_report *free_run = NULL, *watched = NULL;
    cama_model *a = tuned(&t, t.source, WILD "min_classes=0", &free_run), *b = tuned(&t, t.source, WILD, &watched);
    double largest = 0, share = 0;
    for (int32_t c = 0; c < CLASSES; c++) {
        OK(cama_report_get(free_run, "classes_after", c, &share));
        largest = share > largest ? share : largest;
    }
    assert_true(largest > 0.9 && small_told(free_run, "stopped") == 0);
    assert_true(small_told(watched, "stopped") == 2 && small_told(watched, "rolled_back") == 1);
    cama_report_free(free_run), cama_report_free(watched);
    cama_model_free(a), cama_model_free(b);
    end_subject(&t);
}

/* With alpha, log p(y|x) of clean rows counts too, and wants them; without, no clean rows are needed. */
static void test_clean_term(void **state)
{
    (void)state;
    subject t = begin_subject(vector);
    cama_model *a = NULL, *b = tuned(&t, t.source, "lr=0.01 steps=40 check_every=0", NULL), *c = NULL;
    cama_report *report = NULL;
    FAILS(CAMA_E_ARGUMENT, small_finetune(session, t.source, NULL, t.test, "alpha=0.5", &a));
    OK(small_finetune(session, t.source, NULL, t.test, "lr=0.01 steps=40 check_every=0", &a));
    assert_null(small_difference(a, a->theta, b->theta, CAMA__NET_ALL));
    c = tuned(&t, t.source, "lr=0.01 steps=40 alpha=0.9 check_every=0", &report);
    assert_non_null(small_difference(c, c->theta, b->theta, CAMA__NET_ALL));
    assert_true(small_told(report, "clean_after") > small_told(report, "clean_before"));
    cama_report_free(report);
    cama_model_free(a), cama_model_free(b), cama_model_free(c);
    end_subject(&t);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const latent[] = {"samples=2",         "m_samples=2", "clean_term=zero", "noise=mean",
                                         "class_pruning=0.0", "proposals=0", "simulate=0",      "view_temper=5"};
    subject t = begin_subject(vector);
    cama_model *adapted = NULL, *single = small_model(one_layer, 3), *generative = small_model(small_vector(), 3);
    for (size_t i = 0; i < sizeof latent / sizeof *latent; i++) {
        FAILS(CAMA_E_ARGUMENT, small_finetune(session, t.source, t.clean, t.test, latent[i], &adapted));
        check_said("expected it unset");
    }
    FAILS(CAMA_E_ARGUMENT, small_finetune(session, generative, t.clean, t.test, "adapt=last", &adapted));
    FAILS(CAMA_E_ARGUMENT, small_finetune(session, single, t.clean, t.test, "", &adapted));
    check_said("expected last");
    assert_null(adapted);
    OK(small_finetune(session, single, t.clean, t.test, "adapt=last steps=2", &adapted));
    cama_model_free(adapted), cama_model_free(single), cama_model_free(generative);
    end_subject(&t);
}

static int begin(void **state)
{
    (void)state;
    session = small_session(2, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama_session_free(session);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_entropy_falls),
                                       cmocka_unit_test(test_what_moves),
                                       cmocka_unit_test(test_episodic_and_continual),
                                       cmocka_unit_test(test_file),
                                       cmocka_unit_test(test_collapse_is_watched),
                                       cmocka_unit_test(test_clean_term),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, begin, end);
}
