/* prune_law_test - classes and draws of m without further draws of z: what is computed has the same bits as without
 * pruning, what is not stands for what was seen, and the loss is below the share; off, or with draws too few to leave
 * one out, it is today's prediction to the bit. That a pruned prediction does not depend on batch, tiles and threads is
 * said here too. */
#include "small.h"

enum { N = 62, U = 2, K = 12 };

typedef struct {
    cama_session *session;
    cama_model *model;
    cama_dataset *data;
    int64_t classes;
} setting;

/* The biases of a net's last layer, of `count` numbers: values from `first` on are put in their place. */
static void write_biases(cama_model *model, int32_t net, int64_t count, int64_t first, const float *values)
{
    enum { MOST = 64 };
    const cama__params *p = &model->params;
    const char *name = NULL;
    float bias[MOST];
    for (int32_t i = 0; i < p->count; i++)
        if (p->item[i].net == net && p->item[i].dims == 1 && p->item[i].count == count) name = p->item[i].name;
    assert_true(name != NULL && count <= MOST);
    OK(cama_model_parameter_read(model, name, count, bias));
    memcpy(bias + first, values, (size_t)(count - first) * sizeof *bias);
    OK(cama_model_parameter_write(model, name, count, bias));
}

/* A model to which classes differ by many nats, and draws of one class by few: posteriors of a deviation of exp(-3). */
static setting set_up(cama__spec spec)
{
    static const float narrow[] = {-6, -6, -6, -6, -6, -6}, prior[] = {0, -9, -18, -27, -36, -45};
    setting t = {.session = small_session(2, 0), .model = small_trained(spec, 3), .data = small_data(&spec, N, 5)};
    t.classes = spec.classes;
    assert_true(spec.z <= 6 && spec.m <= 6 && spec.classes <= 6);
    write_biases(t.model, NET_Q_Z, 2 * spec.z, spec.z, narrow);
    write_biases(t.model, NET_Q_M, 2 * spec.m, spec.m, narrow);
    if (spec.a > 0) write_biases(t.model, NET_P_PRIOR, spec.classes, 0, prior);
    for (int32_t c = 0; c < spec.classes; c++) t.model->log_prior[c] = (double)prior[c];
    return t;
}

static void tear_down(setting *t)
{
    cama_dataset_free(t->data);
    cama_model_free(t->model);
    cama_session_free(t->session);
}

/* The log-weights (N, u, C, K) under a share. */
static double *weights(const setting *t, enum cama__objective objective, int32_t u, double share)
{
    double *w = small_doubles((int64_t)N * u * t->classes * K);
    const cama__logw_options o = {
        .objective = objective, .m = SCORE_M_INFER, .u = u, .k = K, .seed = 9, .kl_weight = 1, .prune = share};
    cama__batch_room room;
    OK(cama__batch_room_create(t->model, N, &room));
    const cama__batch batch = cama__batch_fill(&room, t->session->pool, t->data, NULL, 0, N, false);
    const cama__logw_sink sink = {.w = w};
    OK(cama__session_logw(t->session, t->model, &o, &batch, &sink));
    cama__batch_room_free(&room);
    return w;
}

static double level(enum cama__objective objective, int32_t count, const double *w)
{
    double top = -INFINITY, mean = 0;
    for (int32_t k = 0; k < count; k++) top = fmax(top, w[k]);
    for (int32_t k = 0; k < count; k++) mean += (objective == OBJECTIVE_BAYES ? exp(w[k] - top) : w[k]) / count;
    return objective == OBJECTIVE_BAYES ? top + log(mean) : mean;
}

/* How many draws of an arm have the bits of all draws; the others have to be the level of these. */
static int32_t check_arm(enum cama__objective objective, const double *want, const double *got)
{
    enum { ROUNDS = 4 };
    static const int32_t rounds[ROUNDS] = {2, 4, K, K};
    int32_t seen = 0;
    while (seen < K && got[seen] == want[seen]) seen++;
    assert_true(seen == rounds[0] || seen == rounds[1] || seen == rounds[2]);
    for (int32_t k = seen; k < K; k++) {
        assert_true(got[k] == got[seen]);
        assert_near(got[k], level(objective, seen, want), 1e-9 * fabs(got[k]));
    }
    return seen;
}

/* Best of an example's arms, whose draws are all there. */
static int64_t best_arm(const setting *t, enum cama__objective objective, const double *w)
{
    int64_t best = 0;
    for (int64_t a = 1; a < U * t->classes; a++)
        if (level(objective, K, w + a * K) > level(objective, K, w + best * K)) best = a;
    return best;
}

static void check_weights(const char *name, cama__spec spec, enum cama__objective objective)
{
    setting t = set_up(spec);
    double *want = weights(&t, objective, U, 0), *got = weights(&t, objective, U, 1e-3);
    const int64_t arms = U * t.classes;
    int64_t computed = 0;
    for (int64_t i = 0; i < N; i++) {
        const int64_t best = best_arm(&t, objective, want + i * arms * K);
        for (int64_t a = 0; a < arms; a++) {
            const int32_t seen = check_arm(objective, want + (i * arms + a) * K, got + (i * arms + a) * K);
            if (a == best && seen < K) fail_msg("%s: the best arm of row %d has %d draws", name, (int)i, (int)seen);
            computed += seen;
        }
    }
    print_message("%s: %d%% of the draws are computed\n", name, (int)(100 * computed / (N * arms * K)));
    assert_true(computed < N * arms * K * 9 / 10);
    free(want), free(got);
    tear_down(&t);
}

static void test_weights(void **state)
{
    (void)state;
    check_weights("image", small_image(), OBJECTIVE_BAYES);
    check_weights("filtered image", small_filtered(), OBJECTIVE_BAYES);
    check_weights("vector", small_vector(), OBJECTIVE_BAYES);
    check_weights("table", small_table(), OBJECTIVE_BAYES);
    check_weights("image, ELBO(x)", small_image(), OBJECTIVE_MARGINAL);
}

/* ---- One draw of m: draw by draw ---- */

static bool same_bits(const double *want, const double *got)
{
    return memcmp(want, got, K * sizeof *want) == 0;
}

/* The best of the arms whose draws are all there. */
static int64_t leader_of(const setting *t, const double *want, const double *got)
{
    int64_t best = -1;
    for (int64_t a = 0; a < t->classes; a++)
        if (same_bits(want + a * K, got + a * K) &&
            (best < 0 || level(OBJECTIVE_BAYES, K, want + a * K) > level(OBJECTIVE_BAYES, K, want + best * K)))
            best = a;
    assert_true(best >= 0);
    return best;
}

/* How many draws have the bits of all draws; the others are the leader's, and the mean of the differences from it. */
static int32_t check_draws(const double *want, const double *got, const double *leader)
{
    int32_t seen = 0;
    double mean = 0;
    for (int32_t k = 0; k < K; k++)
        if (got[k] == want[k]) mean += want[k] - leader[k], seen++;
    assert_true(seen >= 2);
    for (int32_t k = 0; k < K; k++)
        if (got[k] != want[k]) assert_near(got[k], leader[k] + mean / seen, 1e-9 * fabs(got[k]));
    return seen;
}

static void check_draws_of(const char *name, cama__spec spec)
{
    setting t = set_up(spec);
    double *want = weights(&t, OBJECTIVE_BAYES, 1, 0), *got = weights(&t, OBJECTIVE_BAYES, 1, 1e-3);
    int64_t computed = 0;
    for (int64_t i = 0; i < N; i++) {
        const double *w = want + i * t.classes * K, *v = got + i * t.classes * K;
        const int64_t leader = leader_of(&t, w, v);
        for (int64_t a = 0; a < t.classes; a++) computed += check_draws(w + a * K, v + a * K, w + leader * K);
    }
    print_message("%s: %d%% of the draws are computed\n", name, (int)(100 * computed / (N * t.classes * K)));
    assert_true(computed < N * t.classes * K * 9 / 10);
    free(want), free(got);
    tear_down(&t);
}

static void test_draws(void **state)
{
    (void)state;
    check_draws_of("image", small_image());
    check_draws_of("filtered image", small_filtered());
    check_draws_of("vector", small_vector());
    check_draws_of("table", small_table());
}

/* ---- Predictions ---- */

typedef struct {
    int32_t threads;
    int64_t tile_rows;
    const char *batch;
} place;

/* Networks that are large enough for verbs to prune (session.h). */
static cama__spec wide(cama__spec spec)
{
    strcpy(spec.net[NET_P_Z], "dense 8192 relu");
    return spec;
}

static const place places[] = {{1, 0, ""}, {1, 1, " batch=1"}, {2, 37, " batch=7"}, {3, 500, " batch=49"}};

static void predicted(const setting *t, const place *at, const char *options, float *p)
{
    char text[128];
    cama_session *session = small_session(at->threads, at->tile_rows);
    snprintf(text, sizeof text, "%s%s", options, at->batch);
    OK(small_predict(session, t->model, t->data, text, p));
    cama_session_free(session);
}

static int64_t count_changed(int64_t count, const float *a, const float *b, double share)
{
    int64_t changed = 0;
    for (int64_t i = 0; i < count; i++) {
        changed += a[i] != b[i];
        if (!(fabs((double)a[i] - (double)b[i]) < share)) fail_msg("p = %g and, pruned, %g", a[i], b[i]);
    }
    return changed;
}

static void check_predictions(const char *name, cama__spec spec, int32_t m_samples)
{
    setting t = set_up(spec);
    const int64_t count = N * t.classes;
    const size_t bytes = (size_t)count * sizeof(float);
    float *off = small_floats(count), *on = small_floats(count), *got = small_floats(count);
    char all[64], pruned[64];
    snprintf(all, sizeof all, "samples=12 m_samples=%d class_pruning=0", (int)m_samples);
    snprintf(pruned, sizeof pruned, "samples=12 m_samples=%d class_pruning=0.001", (int)m_samples);
    predicted(&t, places, all, off);
    predicted(&t, places, pruned, on);
    if (count_changed(count, off, on, 1e-3) == 0) fail_msg("%s: nothing was pruned", name);
    for (size_t i = 1; i < sizeof places / sizeof *places; i++) {
        predicted(&t, &places[i], pruned, got);
        if (memcmp(on, got, bytes) != 0) fail_msg("%s: a pruned prediction depends on its place %d", name, (int)i);
        predicted(&t, &places[i], all, got);
        assert_memory_equal(off, got, bytes);
    }
    for (int k = 1; k <= 2; k++) { /* all draws are in the first round */
        predicted(&t, places, k == 1 ? "samples=1 class_pruning=0" : "samples=2 class_pruning=0", off);
        predicted(&t, places, k == 1 ? "samples=1 class_pruning=0.01" : "samples=2 class_pruning=0.01", on);
        assert_memory_equal(off, on, bytes);
    }
    free(off), free(on), free(got);
    tear_down(&t);
}

static void test_predictions(void **state)
{
    (void)state;
    for (int32_t m_samples = 1; m_samples <= 2; m_samples++) {
        check_predictions("image", wide(small_image()), m_samples);
        check_predictions("table", wide(small_table()), m_samples);
    }
}

/* Small networks: a draw costs less than the race. */
static void test_small_networks(void **state)
{
    (void)state;
    setting t = set_up(small_vector());
    const int64_t count = N * t.classes;
    float *off = small_floats(count), *on = small_floats(count);
    predicted(&t, places, "samples=12 m_samples=2 class_pruning=0", off);
    predicted(&t, places, "samples=12 m_samples=2 class_pruning=0.01", on);
    assert_memory_equal(off, on, (size_t)count * sizeof *on);
    free(off), free(on);
    tear_down(&t);
}

/* ---- Fine-tuning ---- */

static cama_model *finetuned(const setting *t, const place *at, const char *more)
{
    cama_session *session = small_session(at->threads, at->tile_rows);
    cama_model *adapted = NULL;
    char text[128];
    snprintf(text, sizeof text, "lr=0.003 steps=3 batch=24 clean_batch=16 samples=12 m_samples=2 %s", more);
    OK(small_finetune(session, t->model, t->data, t->data, text, &adapted));
    cama_session_free(session);
    return adapted;
}

/* With the share that the backward pass leaves out anyway, no step is another one but for rounding: a parameter whose
 * gradient is rounding alone may go another way, because Adam's first steps are as long as the learning rate whatever
 * the gradient is; these are few. */
static void test_finetuning(void **state)
{
    (void)state;
    setting t = set_up(wide(small_image()));
    cama_model *off = finetuned(&t, places, "class_pruning=0"), *on = finetuned(&t, places, "class_pruning=1e-8");
    cama_model *more = finetuned(&t, places, "class_pruning=0.01"), *other;
    other = finetuned(&t, &places[2], "class_pruning=0.01");
    const int64_t count = off->params.reals;
    int64_t far = 0, moved = 0;
    for (int64_t i = 0; i < count; i++) {
        far += fabs((double)(off->theta[i] - on->theta[i])) > 1e-5;
        moved += off->theta[i] != t.model->theta[i];
    }
    assert_true(moved > 0 && far * 100 < moved);
    assert_memory_not_equal(more->theta, off->theta, (size_t)count * sizeof(real)); /* it is in force */
    assert_memory_equal(more->theta, other->theta, (size_t)count * sizeof(real));
    cama_model_free(off), cama_model_free(on), cama_model_free(more), cama_model_free(other);
    tear_down(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_weights), cmocka_unit_test(test_draws),
                                       cmocka_unit_test(test_predictions), cmocka_unit_test(test_small_networks),
                                       cmocka_unit_test(test_finetuning)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
