/* do_law_test - which parameters a verb may move. Under do(m) the posterior of m is out of the graph: q_m has no
 * gradient and keeps its bits. Fine-tuning moves p_m and q_m, both of them, and nothing else, in a copy. A model
 * without m has no use for either. */
#include "small_pair.h"

enum { N = 61 };
static const uint32_t q_m = CAMA__NET_BIT(NET_Q_M), adapted_nets = CAMA__NET_BIT(NET_P_M) | CAMA__NET_BIT(NET_Q_M);

/* The gradient of one batch, all nets allowed to have one; laid out as theta, from cama__mem_alloc. */
static real *gradient_of(const small_pair *t, const cama__logw_options *options)
{
    real *g = cama__mem_alloc((size_t)t->model->params.reals, sizeof *g);
    cama__batch_room room = {0};
    OK(cama__batch_room_create(t->model, N, &room));
    const cama__batch batch = cama__batch_fill(&room, NULL, t->clean, NULL, 0, N, true);
    const cama__logw_sink sink = {.scale = 1, .dtheta = g, .trainable = CAMA__NET_ALL};
    OK(cama__session_logw(t->session, t->model, options, &batch, &sink));
    cama__batch_room_free(&room);
    return g;
}

/* Whether any element of a net's gradient is not zero. */
static bool moves(const cama_model *model, const real *g, int32_t net)
{
    bool any = false;
    for (int32_t i = 0; i < model->params.count; i++)
        for (int64_t k = 0; model->params.item[i].net == net && k < model->params.item[i].size; k++)
            any = any || g[model->params.item[i].offset + k] != 0;
    return any;
}

/* Every head, do(m=0) and do(m=m0): q_m's gradient is zero, not small. With m inferred it is there. */
static void test_gradient(void **state)
{
    (void)state;
    const cama__spec specs[] = {small_image(), small_vector()};
    static const float m0[] = {1, -0.5f, 2};
    for (int i = 0; i < 2; i++) {
        small_pair t = small_prepare(specs[i], N, 31);
        for (int head = 0; head < 3; head++) {
            cama__logw_options o = {
                .objective = (enum cama__objective)head, .m = SCORE_M_DO, .u = 1, .k = 2, .kl_weight = 1};
            for (int given = 0; given < 2; given++) {
                o.m0 = given ? m0 : NULL;
                real *g = gradient_of(&t, &o);
                assert_false(moves(t.model, g, NET_Q_M));
                assert_true(moves(t.model, g, NET_P_M));
                assert_true(moves(t.model, g, NET_Q_Z));
                cama__mem_free(g);
            }
            o.m0 = NULL;
            o.m = SCORE_M_INFER;
            real *g = gradient_of(&t, &o);
            assert_true(moves(t.model, g, NET_Q_M));
            cama__mem_free(g);
        }
        small_finish(&t);
    }
}

/* Training under do(m=0), and joint training with a known m0, keep q_m; joint training that infers m does not. */
static void test_train(void **state)
{
    (void)state;
    small_pair t = small_prepare(small_image(), N, 31);
    static const float m0[] = {1, -0.5f, 2};
    cama_optimizer *o = small_optimizer(t.model, "lr=0.01 weight_decay=0.1");
    real *before = small_theta(t.model);
    cama_options *known = small_options(VERB_TRAIN, "epochs=2 batch=20 warmup=0");
    OK(small_train(t.session, o, t.clean, NULL, "epochs=2 batch=20 warmup=0"));
    assert_null(small_difference(t.model, before, t.model->theta, q_m));
    assert_false(moves(t.model, o->gradient, NET_Q_M));
    assert_false(t.model->q_m_trained);
    OK(cama_options_set_vector(known, "m0", m0, 3));
    OK(cama_train(t.session, o, t.clean, t.other, known, NULL));
    assert_null(small_difference(t.model, before, t.model->theta, q_m));
    assert_false(t.model->q_m_trained);
    for (int32_t net = 0; net < NET_COUNT; net++) /* all the others were trained */
        if (net != NET_Q_M && t.model->net[net].count > 0)
            assert_non_null(small_difference(t.model, before, t.model->theta, CAMA__NET_BIT(net)));
    OK(small_train(t.session, o, t.clean, t.other, "epochs=1 batch=20"));
    assert_non_null(small_difference(t.model, before, t.model->theta, q_m));
    assert_true(t.model->q_m_trained);
    free(before);
    cama_options_free(known);
    cama_optimizer_free(o);
    small_finish(&t);
}

/* The names of a net's tensors that did not change at all. */
static void check_moved(const cama_model *model, const real *a, const real *b, int32_t net)
{
    for (int32_t i = 0; i < model->params.count; i++) {
        const cama__param *p = &model->params.item[i];
        if (p->net == net && memcmp(a + p->offset, b + p->offset, (size_t)p->size * sizeof *a) == 0)
            fail_msg("%s did not change", p->name);
    }
}

static void check_finetune(small_pair *t, const char *options)
{
    cama_model *adapted = NULL, *source = small_clone(t->model);
    OK(small_finetune(t->session, t->model, t->clean, t->other, options, &adapted));
    assert_null(small_difference(source, source->theta, t->model->theta, CAMA__NET_ALL));
    assert_int_equal(source->q_m_trained, t->model->q_m_trained);
    assert_memory_equal(source->log_prior, t->model->log_prior, (size_t)source->spec.classes * sizeof(double));
    const char *moved = small_difference(source, source->theta, adapted->theta, ~adapted_nets);
    if (moved != NULL) fail_msg("%s: %s changed", options, moved);
    assert_memory_equal(source->log_prior, adapted->log_prior, (size_t)source->spec.classes * sizeof(double));
    check_moved(source, source->theta, adapted->theta, NET_P_M);
    check_moved(source, source->theta, adapted->theta, NET_Q_M);
    assert_true(adapted->q_m_trained);
    assert_true(small_finite(adapted));
    cama_model_free(source), cama_model_free(adapted);
}

/* A source with q_m untrained, where fine-tuning begins with a settled q_m, and one with q_m trained. */
static void test_finetune(void **state)
{
    (void)state;
    const cama__spec specs[] = {small_image(), small_vector(), small_table(), small_table_merge()};
    for (int i = 0; i < 4; i++)
        for (int trained = 0; trained < 2; trained++) {
            small_pair t = small_prepare(specs[i], N, 31);
            static const int64_t counts[] = {40, 10, 25, 3};
            cama__model_set_prior(t.model, counts);
            t.model->q_m_trained = trained;
            check_finetune(&t, "lr=0.01 steps=5 check_every=0 batch=40");
            check_finetune(&t, "lr=0.01 steps=5 check_every=0 alpha=0");
            check_finetune(&t, "lr=0.01 steps=5 check_every=0 alpha=1");
            check_finetune(&t, "lr=0.01 steps=5 check_every=0 clean_term=zero samples=2 m_samples=2");
            small_finish(&t);
        }
}

/* Where m says how x was read, a fine-tuned model is under do(m=0) the model that it came from, bit by bit. */
static void test_finetuned_readings(void **state)
{
    (void)state;
    cama__spec specs[] = {small_table(), small_table()};
    specs[1].m_enters = M_ENTERS_AFFINE;
    for (int i = 0; i < 2; i++) {
        small_pair t = small_prepare(specs[i], N, 31);
        float p[2][N * 4], x[2][N * 8];
        double v[2][N];
        cama_model *adapted = NULL;
        OK(small_finetune(t.session, t.model, t.clean, t.other, "lr=0.01 steps=5 check_every=0", &adapted));
        const cama_model *models[] = {t.model, adapted};
        for (int k = 0; k < 2; k++) {
            OK(small_predict(t.session, models[k], t.other, "m=zero samples=3", p[k]));
            OK(cama_elbo_do(t.session, models[k], t.other, NULL, NULL, v[k]));
            OK(cama_generate(t.session, models[k], N, t.other->y, t.other->c, NULL, NULL, NULL, x[k]));
        }
        assert_memory_equal(p[0], p[1], sizeof p[0]);
        assert_memory_equal(v[0], v[1], sizeof v[0]);
        assert_memory_equal(x[0], x[1], sizeof x[0]);
        OK(small_predict(t.session, adapted, t.other, "m=infer samples=3", p[1]));
        assert_memory_not_equal(p[0], p[1], sizeof p[0]);
        cama_model_free(adapted);
        small_finish(&t);
    }
}

/* Training under do(m=0) never touches p_m where it gives readings, nor the linear effect of c once it is learned. */
static void test_train_readings(void **state)
{
    (void)state;
    small_pair t = small_prepare(small_table(), N, 31);
    const uint32_t kept = CAMA__NET_BIT(NET_P_M) | CAMA__NET_BIT(NET_C_LINEAR) | q_m;
    cama_optimizer *o = small_optimizer(t.model, "lr=0.01 weight_decay=0.1");
    real *before = small_theta(t.model);
    OK(small_train(t.session, o, t.clean, NULL, "epochs=2 batch=20 warmup=0"));
    assert_true(t.model->standardised);
    assert_null(small_difference(t.model, before, t.model->theta, kept));
    for (int32_t net = 0; net < NET_COUNT; net++)
        if (!(kept & CAMA__NET_BIT(net)) && t.model->net[net].count > 0)
            assert_non_null(small_difference(t.model, before, t.model->theta, CAMA__NET_BIT(net)));
    const float mean = t.model->mean[0];
    OK(small_train(t.session, o, t.other, t.clean, "epochs=1 batch=20 warmup=0"));
    assert_non_null(small_difference(t.model, before, t.model->theta, CAMA__NET_BIT(NET_P_M)));
    assert_null(small_difference(t.model, before, t.model->theta, CAMA__NET_BIT(NET_C_LINEAR)));
    assert_true(t.model->mean[0] == mean); /* units are learned once */
    free(before);
    cama_optimizer_free(o);
    small_finish(&t);
}

/* When the stop rule ends a run at once, the copy is the source with its q_m settled; a rollback never touches
 * other nets. */
static void test_rollback(void **state)
{
    (void)state;
    small_pair t = small_prepare(small_vector(), N, 31);
    t.model->q_m_trained = true;
    cama_options *o = small_options(VERB_FINETUNE, "lr=5 steps=20 check_every=1 tolerance=0 min_classes=1 alpha=0.9 "
                                                   "agreement=off");
    cama_model *adapted = NULL;
    cama_report *report = NULL;
    double back = 0, steps = 0;
    OK(cama_finetune(t.session, t.model, t.clean, t.other, o, &adapted, &report));
    OK(cama_report_get(report, "rolled_back", 0, &back));
    OK(cama_report_get(report, "steps", 0, &steps));
    assert_true(back == 1);
    assert_true(steps < 20);
    assert_null(small_difference(t.model, t.model->theta, adapted->theta, ~adapted_nets));
    if (steps == 1) assert_null(small_difference(t.model, t.model->theta, adapted->theta, CAMA__NET_ALL));
    cama_options_free(o);
    cama_report_free(report);
    cama_model_free(adapted);
    small_finish(&t);
}

/* M = 0, a conditional VAE: everything but fine-tuning. */
static void check_without_m(cama__spec spec)
{
    small_pair t = small_prepare(small_without_m(spec), N, 31);
    const int64_t size = cama__shape_size(spec.x), classes = spec.classes;
    cama_optimizer *o = small_optimizer(t.model, "");
    cama_model *adapted = NULL, *again = NULL;
    cama_dataset *attacked = NULL;
    cama_options *free_box =
        small_options(VERB_ATTACK, spec.likelihood == LIKELIHOOD_BERNOULLI ? "steps=2" : "steps=2 low=1 high=0");
    float *x = small_floats(N * size), *p = small_floats(N * classes), *q = small_floats(N * classes),
          *z = small_floats((int64_t)N * spec.z);
    double v[N], w[N];
    OK(small_train(t.session, o, t.clean, NULL, "epochs=1 batch=20"));
    OK(small_train(t.session, o, t.clean, t.other, "epochs=1 batch=20"));
    assert_false(t.model->q_m_trained);
    OK(small_predict(t.session, t.model, t.other, "", p));
    FAILS(CAMA_E_ARGUMENT, small_predict(t.session, t.model, t.other, "m=infer", q));
    OK(cama_elbo(t.session, t.model, t.other, NULL, v));
    OK(cama_elbo_do(t.session, t.model, t.other, NULL, NULL, w));
    assert_memory_equal(v, w, sizeof v); /* there is no m to do anything with */
    OK(cama_elbo_marginal(t.session, t.model, t.other, NULL, v));
    OK(cama_encode(t.session, t.model, t.other, NULL, NULL, NULL, z, NULL));
    FAILS(CAMA_E_ARGUMENT, cama_encode(t.session, t.model, t.other, NULL, x, NULL, NULL, NULL));
    OK(cama_reconstruct(t.session, t.model, t.other, NULL, x));
    OK(cama_generate(t.session, t.model, N, t.other->y, t.other->c, z, NULL, NULL, x));
    OK(cama_attack(t.session, t.model, t.clean, free_box, &attacked));
    FAILS(CAMA_E_ARGUMENT, small_finetune(t.session, t.model, t.clean, t.other, "", &adapted));
    assert_null(adapted);
    check_said("M = 0");
    int64_t bytes = 0;
    OK(cama_model_save_memory(t.model, NULL, &bytes));
    char *file = malloc((size_t)bytes);
    OK(cama_model_save_memory(t.model, file, &bytes));
    OK(cama_model_load_memory(file, bytes, &again));
    OK(small_predict(t.session, again, t.other, "", q));
    assert_memory_equal(p, q, (size_t)(N * classes) * sizeof *p);
    free(file), free(x), free(p), free(q), free(z);
    cama_options_free(free_box);
    cama_dataset_free(attacked);
    cama_optimizer_free(o);
    cama_model_free(again);
    small_finish(&t);
}

static void test_without_m(void **state)
{
    (void)state;
    check_without_m(small_image());
    check_without_m(small_vector());
    check_without_m(small_table_merge());
    check_without_m(small_table());
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gradient),       cmocka_unit_test(test_train),
                                       cmocka_unit_test(test_finetune),       cmocka_unit_test(test_finetuned_readings),
                                       cmocka_unit_test(test_train_readings), cmocka_unit_test(test_rollback),
                                       cmocka_unit_test(test_without_m)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
