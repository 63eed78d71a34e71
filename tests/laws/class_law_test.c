/* class_law_test - classes have no order: renumbering them in the parameters, the prior and the labels renumbers
 * predictions and nothing else. Probabilities sum to one. A constant added to the log-prior of all classes changes
 * nothing.
 *
 * Tolerances. Noise is drawn for (u, k), not for a class, and a one-hot column picks a weight exactly, so
 * log-weights are permuted bit by bit; only sums over classes (in double) are taken in another order. A probability
 * is then off by some 2^-52 before it is rounded to float, which is one float's spacing at most: ONE_ROUNDING. */
#include "small.h"

static const double ONE_ROUNDING = 0x1p-23;

enum { N = 61 };

/* Class c of the original is class to[c] of the copy. */
static const int32_t to4[] = {2, 0, 3, 1}, to3[] = {1, 2, 0};

/* Columns [first, first + classes) of a weight [out, in] take their new places. */
static void permute_columns(cama_model *copy, const cama_model *model, const char *name, int64_t first,
                            const int32_t *to)
{
    const cama__param *p = cama__params_find(&model->params, name);
    assert_non_null(p);
    float *v = small_floats(p->count), *w = small_floats(p->count);
    OK(cama_model_parameter_read(model, name, p->count, v));
    memcpy(w, v, (size_t)p->count * sizeof *v);
    assert_true(first + model->spec.classes <= p->shape[1]);
    for (int64_t row = 0; row < p->shape[0]; row++)
        for (int32_t c = 0; c < model->spec.classes; c++)
            w[row * p->shape[1] + first + to[c]] = v[row * p->shape[1] + first + c];
    OK(cama_model_parameter_write(copy, name, p->count, w));
    free(v), free(w);
}

/* The first tensor that y enters in p, and its place in the join of q_z. */
static const char *y_weight(const cama_model *model)
{
    return model->net[NET_P_Y].count > 0 ? "p_y.0.weight" : "p_merge.0.weight";
}

static const cama__param *join_weight(const cama_model *model, int64_t *first)
{
    const cama__net *q_z = &model->net[NET_Q_Z];
    int32_t i = 0;
    *first = cama__shape_size(q_z->part[INFER_X].in);
    while (model->params.item[i].net != NET_Q_Z || model->params.item[i].layer != q_z->join) i++;
    return &model->params.item[i];
}

/* Rows [0, classes) of a network's last layer, whose outputs are the classes, take their new places. */
static void permute_outputs(cama_model *copy, const cama_model *model, int32_t net, const int32_t *to)
{
    for (int32_t i = 0; i < model->params.count; i++) {
        const cama__param *p = &model->params.item[i];
        if (p->net != net || p->layer != model->net[net].count - 1) continue;
        const int64_t width = p->count / model->spec.classes;
        float *v = small_floats(p->count), *w = small_floats(p->count);
        OK(cama_model_parameter_read(model, p->name, p->count, v));
        for (int32_t c = 0; c < model->spec.classes; c++)
            memcpy(w + to[c] * width, v + c * width, (size_t)width * sizeof *v);
        OK(cama_model_parameter_write(copy, p->name, p->count, w));
        free(v), free(w);
    }
}

static cama_model *permuted_model(const cama_model *model, const int32_t *to)
{
    cama_model *copy = small_clone(model);
    int64_t first = 0;
    if (model->spec.discriminative) {
        permute_outputs(copy, model, NET_DNN, to);
        return copy;
    }
    const cama__param *join = join_weight(model, &first);
    if (model->spec.a > 0) permute_outputs(copy, model, NET_P_PRIOR, to);
    permute_columns(copy, model, y_weight(model), 0, to);
    permute_columns(copy, model, join->name, first, to);
    for (int32_t c = 0; c < model->spec.classes; c++) copy->log_prior[to[c]] = model->log_prior[c];
    return copy;
}

static cama_dataset *permuted_data(const cama_dataset *d, const int32_t *to)
{
    int32_t y[N];
    int64_t row[N];
    assert_int_equal(d->n, N);
    for (int64_t i = 0; i < N; i++) y[i] = to[d->y[i]], row[i] = i;
    return small_chosen(d, row, N, y);
}

typedef struct {
    cama_session *session;
    cama_model *model[2]; /* the original and the renumbered one */
    cama_dataset *data[2];
    const int32_t *to;
} pair;

static pair make_pair(cama__spec spec, const int32_t *to)
{
    pair p = {.session = small_session(2, 0), .to = to};
    static const int64_t counts[] = {40, 10, 25, 3};
    p.model[0] = small_trained(spec, 8);
    cama__model_set_prior(p.model[0], counts);
    p.model[1] = permuted_model(p.model[0], to);
    p.data[0] = small_data(&spec, N, 21);
    p.data[1] = permuted_data(p.data[0], to);
    return p;
}

static void free_pair(pair *p)
{
    for (int i = 0; i < 2; i++) cama_model_free(p->model[i]), cama_dataset_free(p->data[i]);
    cama_session_free(p->session);
}

static void check_predictions(const pair *p, const char *options)
{
    const int64_t classes = p->model[0]->spec.classes;
    float *v[2];
    double moved = 0;
    for (int i = 0; i < 2; i++) {
        v[i] = small_floats(N * classes);
        OK(small_predict(p->session, p->model[i], p->data[i], options, v[i]));
    }
    for (int64_t i = 0; i < N; i++) {
        double sum = 0;
        for (int64_t c = 0; c < classes; c++) {
            const float a = v[0][i * classes + c], b = v[1][i * classes + p->to[c]];
            if (!(fabs((double)a - b) <= ONE_ROUNDING))
                fail_msg("%s: row %d, class %d: %.9g, renumbered %.9g", options, (int)i, (int)c, a, b);
            moved += fabs((double)a - v[1][i * classes + c]);
            assert_true(a >= 0 && a <= 1);
            sum += a;
        }
        /* each of the C terms was rounded to float: half a spacing of at most 2^-24 each */
        assert_near(sum, 1, (double)classes * 0x1p-25 + 0x1p-50);
    }
    assert_true(moved > 0.1); /* the renumbering is not without effect */
    free(v[0]), free(v[1]);
}

/* One class: no sum over classes, but for the one in log p(y|a), whose rounding is that of a number of order one. */
static void check_same(const pair *p, const double *a, const double *b)
{
    if (p->model[0]->spec.a == 0) assert_memory_equal(a, b, N * sizeof *a);
    for (int i = 0; i < N; i++) assert_near(a[i], b[i], 0x1p-48 * (1 + fabs(a[i])));
}

static void check_scores(const pair *p)
{
    cama_options *o = small_options(VERB_SCORE, "samples=2 m_samples=2 seed=5");
    double v[2][N];
    for (int i = 0; i < 2; i++) OK(cama_elbo(p->session, p->model[i], p->data[i], o, v[i]));
    check_same(p, v[0], v[1]);
    for (int i = 0; i < 2; i++) OK(cama_elbo_do(p->session, p->model[i], p->data[i], NULL, o, v[i]));
    check_same(p, v[0], v[1]);
    for (int i = 0; i < 2; i++) OK(cama_elbo_marginal(p->session, p->model[i], p->data[i], o, v[i]));
    for (int i = 0; i < N; i++) assert_near(v[0][i], v[1][i], 0x1p-48 * fabs(v[0][i]));
    cama_options_free(o);
}

/* Gradients of one step, as PyTorch sees them. Sums over the examples of a class run in the same order under any
 * number; sums over classes, in float, are off by (C - 1) roundings of terms of the size of the largest, which the
 * tensor's norm bounds. */
static int64_t renumbered_output(const pair *p, const cama__param *q, int64_t k)
{
    const cama_model *model = p->model[0];
    const int64_t width = q->count / model->spec.classes;
    const bool outputs = q->net == NET_P_PRIOR && q->layer == model->net[NET_P_PRIOR].count - 1;
    return outputs ? p->to[k / width] * width + k % width : k;
}

static void check_gradient(const pair *p)
{
    const cama_model *model = p->model[0];
    int64_t first = 0;
    const char *y = y_weight(model), *join = join_weight(model, &first)->name;
    cama_optimizer *o[2];
    for (int i = 0; i < 2; i++) {
        o[i] = small_optimizer(p->model[i], "lr=1e-6");
        OK(small_train(p->session, o[i], p->data[i], p->data[i], "epochs=1 batch=61 samples=2 kl_warmup=0"));
    }
    for (int32_t t = 0; t < model->params.count; t++) {
        const cama__param *q = &model->params.item[t];
        const cama__net *net = cama__model_param_net(model, q);
        if (q->net == NET_C_LINEAR) continue; /* never trained */
        const bool renumbered = strcmp(q->name, y) == 0 || strcmp(q->name, join) == 0;
        const int64_t from = strcmp(q->name, y) == 0 ? 0 : first, in = q->dims > 1 ? q->shape[1] : 1;
        float *g[2];
        double norm = 0;
        for (int i = 0; i < 2; i++) {
            g[i] = small_floats(q->count);
            cama__param_read(q, net, o[i]->gradient, g[i]);
        }
        for (int64_t k = 0; k < q->count; k++) norm += (double)g[0][k] * g[0][k];
        for (int64_t k = 0; k < q->count; k++) {
            const int64_t c = k % in - from;
            const int64_t k2 =
                renumbered && c >= 0 && c < model->spec.classes ? k - c + p->to[c] : renumbered_output(p, q, k);
            if (!(fabs((double)g[0][k] - g[1][k2]) <= 16 * 0x1p-24 * sqrt(norm)))
                fail_msg("gradient of %s, element %d: %.9g, renumbered %.9g", q->name, (int)k, g[0][k], g[1][k2]);
        }
        assert_true(norm > 0);
        free(g[0]), free(g[1]);
    }
    cama_optimizer_free(o[0]), cama_optimizer_free(o[1]);
}

static void test_renumbering(void **state)
{
    (void)state;
    const cama__spec specs[] = {small_image(), small_vector(),      small_without_m(small_vector()),
                                small_table(), small_table_merge(), small_without_m(small_table())};
    const int32_t *const orders[] = {to3, to4, to4, to4, to4, to4};
    for (int i = 0; i < 6; i++) {
        pair p = make_pair(specs[i], orders[i]);
        check_predictions(&p, "m=zero samples=3");
        if (specs[i].m > 0) check_predictions(&p, "m=infer m_samples=2 samples=3");
        check_scores(&p);
        check_gradient(&p);
        free_pair(&p);
    }
}

static void test_renumbered_baseline(void **state)
{
    (void)state;
    pair p = make_pair(small_baseline(), to4);
    check_predictions(&p, "");
    free_pair(&p);
}

/* p(y|x) is a ratio: the constant cancels, up to the rounding of log-weights of about 2^5 with a constant of 2^10
 * added. */
static void test_prior_constant(void **state)
{
    (void)state;
    pair p = make_pair(small_image(), to3);
    const int64_t classes = p.model[0]->spec.classes;
    cama_model *shifted = small_clone(p.model[0]);
    float *a = small_floats(N * classes), *b = small_floats(N * classes);
    double marginal[2][N];
    for (int64_t c = 0; c < classes; c++) shifted->log_prior[c] += 1024;
    OK(small_predict(p.session, p.model[0], p.data[0], "m=infer samples=3", a));
    OK(small_predict(p.session, shifted, p.data[0], "m=infer samples=3", b));
    for (int64_t i = 0; i < N * classes; i++) assert_near(a[i], b[i], ONE_ROUNDING);
    OK(cama_elbo_marginal(p.session, p.model[0], p.data[0], NULL, marginal[0]));
    OK(cama_elbo_marginal(p.session, shifted, p.data[0], NULL, marginal[1]));
    for (int64_t i = 0; i < N; i++)
        assert_near(marginal[1][i] - marginal[0][i], 1024, 0x1p-40); /* and moves ELBO(x) by itself */
    free(a), free(b);
    cama_model_free(shifted);
    free_pair(&p);
}

/* With one class far ahead, no probability is NaN, negative or above one. */
static void test_extreme_prior(void **state)
{
    (void)state;
    pair p = make_pair(small_vector(), to4);
    float v[N * 4];
    static const double ahead[] = {-1e5, 0, -40, 1e5};
    for (int c = 0; c < 4; c++) p.model[0]->log_prior[c] = ahead[c];
    OK(small_predict(p.session, p.model[0], p.data[0], "samples=2", v));
    for (int i = 0; i < N; i++) {
        assert_true(v[4 * i + 3] == 1);
        for (int c = 0; c < 3; c++) assert_true(v[4 * i + c] == 0);
    }
    free_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_renumbering), cmocka_unit_test(test_renumbered_baseline),
                                       cmocka_unit_test(test_prior_constant), cmocka_unit_test(test_extreme_prior)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
