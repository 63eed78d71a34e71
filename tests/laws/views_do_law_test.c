/* views_do_law_test - what views leave alone: a model taken into the form with views predicts under do(m=0) as the one
 * that it came from; training under do(m=0) moves neither p_m nor q_m, simulated views train q_m and nothing else,
 * beside the rest or alone, and fine-tuning p_m and q_m. A run in two calls is the run in one. */
#include "small_pair.h"
#include "small_views.h"

enum { N = 61, C = 3 };
static const uint32_t p_m = CAMA__NET_BIT(NET_P_M), q_m = CAMA__NET_BIT(NET_Q_M);

/* Rounding of log-weights of about 100, of which a softmax takes differences. */
static const float rounding = 2e-4f;

static void check_taken(const small_pair *t, const cama_model *source, const char *options)
{
    cama_model *view = NULL;
    float p[2][N * C];
    double v[2][N], w[2][N];
    cama_options *o = small_options(VERB_SCORE, "samples=2 m=zero");
    OK(cama_model_with_views(source, NULL, &view));
    OK(small_predict(t->session, source, t->other, options, p[0]));
    OK(small_predict(t->session, view, t->other, options, p[1]));
    for (int i = 0; i < N * C; i++) assert_near(p[0][i], p[1][i], rounding);
    OK(cama_elbo_do(t->session, source, t->other, NULL, o, v[0]));
    OK(cama_elbo_do(t->session, view, t->other, NULL, o, v[1]));
    OK(cama_elbo_marginal(t->session, source, t->other, o, w[0]));
    OK(cama_elbo_marginal(t->session, view, t->other, o, w[1]));
    for (int i = 0; i < N; i++) {
        assert_near(v[0][i], v[1][i], 1e-5 * fabs(v[0][i]));
        assert_near(w[0][i], w[1][i], 1e-5 * fabs(w[0][i]));
    }
    cama_options_free(o);
    cama_model_free(view);
}

/* With m trained, untrained, and without m; the options are those under which the source says do(m=0) too. */
static void test_taken(void **state)
{
    (void)state;
    small_pair t = small_prepare(small_view_source(), N, 31);
    cama_optimizer *o = small_optimizer(t.model, "lr=0.01");
    cama_model *without = small_model(small_without_m(small_view_source()), 5);
    check_taken(&t, without, "samples=3");
    OK(small_train(t.session, o, t.clean, NULL, "epochs=2 batch=20 warmup=0"));
    check_taken(&t, t.model, "samples=3");
    OK(small_train(t.session, o, t.clean, t.other, "epochs=2 batch=20 warmup=0"));
    assert_true(t.model->q_m_trained);
    check_taken(&t, t.model, "samples=3 m=zero");
    cama_optimizer_free(o);
    cama_model_free(without);
    small_finish(&t);
}

/* ---- Training ---------------------------------------------------------------------------------------------------- */

static small_pair prepare(void)
{
    small_pair t = small_prepare(small_view(), N, 31);
    small_wake_views(t.model);
    return t;
}

/* The model after calls of train, NULL ends. */
static cama_model *trained(const small_pair *t, const cama_dataset *manipulated, const char *const *calls)
{
    cama_model *model = small_clone(t->model);
    cama_optimizer *o = small_optimizer(model, "lr=0.01 weight_decay=0.1");
    for (int i = 0; calls[i] != NULL; i++) OK(small_train(t->session, o, t->clean, manipulated, calls[i]));
    cama_optimizer_free(o);
    return model;
}
#define CALLS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void check_same(const cama_model *a, const cama_model *b, uint32_t nets)
{
    const char *name = small_difference(a, a->theta, b->theta, nets);
    if (name != NULL) fail_msg("%s differs", name);
}

/* The last bias of p_m is taken off again with p_m(0): it may stand still. */
static void check_all_moved(const cama_model *a, const cama_model *b, uint32_t nets)
{
    for (int32_t i = 0; i < a->params.count; i++) {
        const cama__param *p = &a->params.item[i];
        const size_t bytes = (size_t)p->size * sizeof(real);
        if (strcmp(p->name, "p_m.1.bias") != 0 && (nets & CAMA__NET_BIT(p->net)) &&
            memcmp(a->theta + p->offset, b->theta + p->offset, bytes) == 0)
            fail_msg("%s did not change", p->name);
    }
}

static void test_simulate(void **state)
{
    (void)state;
    small_pair t = prepare();
    cama_model *off = trained(&t, NULL, CALLS("epochs=2 batch=20 seed=5")),
               *also = trained(&t, NULL, CALLS("epochs=2 batch=20 seed=5 simulate=also")),
               *alone = trained(&t, NULL, CALLS("epochs=2 batch=20 seed=5 simulate=alone"));
    check_same(off, t.model, p_m | q_m);
    assert_false(off->q_m_trained);
    check_same(also, off, ~q_m);
    check_all_moved(also, off, q_m);
    check_same(alone, t.model, ~q_m);
    check_all_moved(alone, t.model, q_m);
    assert_true(also->q_m_trained && alone->q_m_trained);
    for (int32_t net = 0; net < NET_COUNT; net++) /* all the others were trained */
        if (!((p_m | q_m) & CAMA__NET_BIT(net)) && t.model->net[net].count > 0)
            assert_non_null(small_difference(off, off->theta, t.model->theta, CAMA__NET_BIT(net)));
    cama_model_free(off), cama_model_free(also), cama_model_free(alone);
    small_finish(&t);
}

/* Beside manipulated examples: with a known m0, p_m is trained and q_m by the views alone. */
static void test_simulate_and_manipulated(void **state)
{
    (void)state;
    static const float m0[VIEW_COUNT + 2] = {.5f, -.2f, .3f};
    small_pair t = prepare();
    cama_model *of[3];
    for (int i = 0; i < 3; i++) {
        cama_options *o = small_options(VERB_TRAIN, i == 0 ? "epochs=2 batch=20" : "epochs=2 batch=20 simulate=also");
        if (i < 2) OK(cama_options_set_vector(o, "m0", m0, VIEW_COUNT + 2));
        of[i] = small_clone(t.model);
        cama_optimizer *optimizer = small_optimizer(of[i], "lr=0.01");
        OK(cama_train(t.session, optimizer, t.clean, t.other, o, NULL));
        cama_optimizer_free(optimizer);
        cama_options_free(o);
    }
    check_same(of[0], t.model, q_m);
    check_all_moved(of[0], t.model, p_m);
    check_same(of[1], of[0], ~q_m);
    check_all_moved(of[1], of[0], q_m);
    check_all_moved(of[2], of[1], p_m | q_m); /* m inferred */
    for (int i = 0; i < 3; i++) cama_model_free(of[i]);
    small_finish(&t);
}

/* The report's objective is that of the model of the images: views stand beside it; alone they are it. */
static void test_report(void **state)
{
    (void)state;
    static const char *const words[] = {"epochs=2 batch=20 simulate=off", "epochs=2 batch=20 simulate=also",
                                        "epochs=2 batch=20 simulate=alone"};
    double objective[3][2];
    small_pair t = prepare();
    for (int i = 0; i < 3; i++) {
        cama_model *model = small_clone(t.model);
        cama_optimizer *optimizer = small_optimizer(model, "lr=0.01");
        cama_options *o = small_options(VERB_TRAIN, words[i]);
        cama_report *report = NULL;
        OK(cama_train(t.session, optimizer, t.clean, NULL, o, &report));
        for (int e = 0; e < 2; e++) OK(cama_report_get(report, "objective", e, &objective[i][e]));
        cama_report_free(report);
        cama_options_free(o);
        cama_optimizer_free(optimizer);
        cama_model_free(model);
    }
    assert_memory_equal(objective[0], objective[1], sizeof objective[0]);
    assert_memory_not_equal(objective[0], objective[2], sizeof objective[0]);
    assert_true(objective[2][1] > objective[2][0]); /* it learns */
    small_finish(&t);
}

static void test_two_calls(void **state)
{
    (void)state;
    static const char *const words[] = {"also", "alone"};
    small_pair t = prepare();
    for (int i = 0; i < 2; i++) {
        char once[128], twice[128], other[160];
        snprintf(once, sizeof once, "epochs=1 batch=20 schedule=constant warmup=0 kl_warmup=0 simulate=%s", words[i]);
        snprintf(twice, sizeof twice, "epochs=2 batch=20 schedule=constant warmup=0 kl_warmup=0 simulate=%s", words[i]);
        snprintf(other, sizeof other, "%s seed=1", twice);
        cama_model *whole = trained(&t, NULL, CALLS(twice)), *parts = trained(&t, NULL, CALLS(once, once)),
                   *another = trained(&t, NULL, CALLS(other));
        check_same(whole, parts, CAMA__NET_ALL);
        assert_non_null(small_difference(whole, whole->theta, another->theta, q_m));
        cama_model_free(whole), cama_model_free(parts), cama_model_free(another);
    }
    small_finish(&t);
}

/* ---- Fine-tuning ------------------------------------------------------------------------------------------------- */

/* nets: what is adapted. */
static void check_finetune(const small_pair *t, const cama_dataset *clean, uint32_t nets, const char *options)
{
    cama_model *adapted = NULL, *source = small_clone(t->model);
    float p[2][N * C], x[2][N * 144];
    OK(small_finetune(t->session, t->model, clean, t->other, options, &adapted));
    check_same(source, t->model, CAMA__NET_ALL);
    check_same(adapted, source, ~nets);
    check_all_moved(adapted, source, nets);
    assert_true(adapted->q_m_trained && small_finite(adapted));
    const cama_model *const models[] = {source, adapted};
    for (int i = 0; i < 2; i++) { /* under do(m=0) it is the model that it came from, bit by bit */
        OK(small_predict(t->session, models[i], t->other, "m=zero samples=2", p[i]));
        OK(cama_generate(t->session, models[i], N, t->other->y, NULL, NULL, NULL, NULL, x[i]));
    }
    assert_memory_equal(p[0], p[1], sizeof p[0]);
    assert_memory_equal(x[0], x[1], sizeof x[0]);
    cama_model_free(source), cama_model_free(adapted);
}

static void test_finetune(void **state)
{
    (void)state;
    for (int q_m_trained = 0; q_m_trained < 2; q_m_trained++) {
        small_pair t = prepare();
        t.model->q_m_trained = q_m_trained;
        const uint32_t nets = q_m_trained ? q_m : p_m | q_m; /* of views that q_m knows p_m stays */
        check_finetune(&t, t.clean, nets, "lr=0.01 steps=4 check_every=0 batch=40");
        check_finetune(&t, t.clean, nets, "lr=0.01 steps=4 check_every=0 batch=20 alpha=0 samples=2");
        check_finetune(&t, t.clean, nets, "lr=0.01 steps=4 check_every=0 alpha=1 clean_batch=30");
        check_finetune(&t, t.clean, nets, "lr=0.01 steps=4 check_every=0 alpha=1 simulate=0 clean_batch=30");
        check_finetune(&t, t.clean, nets, "lr=0.01 steps=4 check_every=0 clean_term=zero simulate=0.5");
        check_finetune(&t, t.clean, p_m | q_m, "lr=0.01 steps=4 check_every=0 proposals=0 simulate=0 m_samples=2");
        check_finetune(&t, NULL, nets, "lr=0.01 steps=4 check_every=0 alpha=0 proposals=3");
        small_finish(&t);
    }
}

/* Nothing of a run but its options, data and seed. */
static void test_finetune_again(void **state)
{
    (void)state;
    static const char *const options[] = {
        "lr=0.01 steps=5 batch=25 check_every=2 seed=3", "lr=0.01 steps=5 batch=25 check_every=2 seed=3",
        "lr=0.01 steps=5 batch=25 check_every=2 seed=4", "lr=0.01 steps=5 batch=25 check_every=2 seed=3 simulate=0",
        "lr=0.01 steps=5 batch=25 check_every=2 seed=3 proposals=9"};
    cama_model *adapted[5] = {NULL};
    small_pair t = prepare();
    t.model->q_m_trained = true;
    for (int i = 0; i < 5; i++) OK(small_finetune(t.session, t.model, t.clean, t.other, options[i], &adapted[i]));
    check_same(adapted[0], adapted[1], CAMA__NET_ALL);
    for (int i = 2; i < 5; i++) assert_non_null(small_difference(t.model, adapted[0]->theta, adapted[i]->theta, q_m));
    for (int i = 0; i < 5; i++) cama_model_free(adapted[i]);
    small_finish(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_taken),
                                       cmocka_unit_test(test_simulate),
                                       cmocka_unit_test(test_simulate_and_manipulated),
                                       cmocka_unit_test(test_report),
                                       cmocka_unit_test(test_two_calls),
                                       cmocka_unit_test(test_finetune),
                                       cmocka_unit_test(test_finetune_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
