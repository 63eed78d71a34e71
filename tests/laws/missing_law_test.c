/* missing_law_test - rows of which cells of x are missing. A data set that may have them and has none is like any
 * other, to the bit; a row is predicted the same alone and among others, by any number of threads; every verb has an
 * answer for it, and what is filled in is the model's. That the likelihood leaves out the right terms is
 * missing_sum_test's. */
#include "small_pair.h"

enum { N = 61, X = 8, CLASSES = 4 };

/* The dataset with cells taken out: none of every third row, all of row 4; x4 (numbers 3 to 5) as a whole. */
static cama_dataset *take_cells(const cama_dataset *d, bool some)
{
    float *x = small_floats(N * X);
    cama_dataset *out = NULL;
    cama_options *options = small_options(VERB_COLUMNS, "missing=keep");
    memcpy(x, d->x, N * X * sizeof *x);
    for (int64_t i = 0; some && i < N; i++)
        for (int64_t k = 0; k < X; k++) {
            const int64_t variable = k >= 3 && k <= 5 ? 3 : k;
            if (i == 4 || (i % 3 != 0 && (i * 5 + variable * 3) % 7 < 2)) x[i * X + k] = NAN;
        }
    OK(cama_dataset_from_columns_with(d->schema, N, x, d->a, d->c, d->y, 1, options, &out));
    cama_options_free(options);
    free(x);
    return out;
}

static bool is_whole(const cama_dataset *d, int64_t row)
{
    bool whole = true;
    for (int64_t k = 0; k < X; k++) whole = whole && !isnan(d->x[row * X + k]);
    return whole;
}

typedef struct {
    float p[N * CLASSES], marginal[N * CLASSES], x[N * X];
    double elbo[N], elbo_x[N];
} answers;

static void ask(cama_session *session, const cama_model *model, const cama_dataset *d, answers *to)
{
    OK(small_predict(session, model, d, "samples=3", to->p));
    OK(small_predict(session, model, d, "m=infer m_samples=2", to->marginal));
    OK(cama_elbo(session, model, d, NULL, to->elbo));
    OK(cama_elbo_marginal(session, model, d, NULL, to->elbo_x));
    OK(cama_reconstruct(session, model, d, NULL, to->x));
}

static cama_model *trained(cama__spec spec, const cama_dataset *clean, int32_t threads, const char *options)
{
    cama_model *model = small_model(spec, 4);
    cama_session *session = small_session(threads, threads == 1 ? 0 : 48);
    cama_optimizer *o = small_optimizer(model, "lr=0.01");
    OK(small_train(session, o, clean, NULL, options));
    cama_optimizer_free(o);
    cama_session_free(session);
    return model;
}

static void expect_same_theta(const cama_model *a, const cama_model *b, bool same)
{
    const char *differs = small_difference(a, a->theta, b->theta, CAMA__NET_ALL);
    if (same && differs != NULL) fail_msg("%s differs", differs);
    if (!same && differs == NULL) fail_msg("expected other parameters, got the same");
    if (!same) return;
    const size_t numbers = (size_t)(a->spec.a + a->spec.c + X);
    assert_memory_equal(a->mean, b->mean, numbers * sizeof *a->mean);
    assert_memory_equal(a->scale, b->scale, numbers * sizeof *a->scale);
}

static void test_nothing_missing(void **state)
{
    (void)state;
    small_pair t = small_prepare(small_table(), N, 71);
    cama_dataset *same = take_cells(t.clean, false);
    int64_t count = -1;
    OK(cama_dataset_missing(same, &count));
    assert_int_equal(count, 0);
    cama_model *one = trained(t.model->spec, t.clean, 2, "epochs=2 batch=20"),
               *two = trained(t.model->spec, same, 2, "epochs=2 batch=20");
    static answers a[2];
    expect_same_theta(one, two, true);
    ask(t.session, one, t.clean, &a[0]);
    ask(t.session, two, same, &a[1]);
    assert_memory_equal(&a[0], &a[1], sizeof a[0]);
    cama_model_free(one), cama_model_free(two);
    cama_dataset_free(same);
    small_finish(&t);
}

/* Training, predictions and ELBOs: the same bits for any threads and tiles; whole rows are not touched by others. */
static void check_bits(cama__spec spec)
{
    small_pair t = small_prepare(spec, N, 71);
    cama_dataset *some = take_cells(t.clean, true), *row = NULL;
    cama_session *alone = small_session(1, 0);
    cama_model *one = trained(spec, some, 1, "epochs=2 batch=20 drop_cells=0.3"),
               *two = trained(spec, some, 2, "epochs=2 batch=20 drop_cells=0.3"),
               *other = trained(spec, some, 2, "epochs=2 batch=20 drop_cells=0.3 seed=2"),
               *kept = trained(spec, some, 2, "epochs=2 batch=20");
    static answers all, whole;
    expect_same_theta(one, two, true);
    expect_same_theta(one, other, false);
    expect_same_theta(one, kept, false);
    ask(t.session, one, some, &all);
    ask(alone, one, t.clean, &whole);
    for (int64_t i = 0; i < N; i++) {
        float p[CLASSES];
        OK(cama_dataset_slice(some, i, 1, &row));
        OK(small_predict(alone, one, row, "m=infer m_samples=2", p));
        assert_memory_equal(p, all.marginal + i * CLASSES, sizeof p);
        const bool same = memcmp(p, whole.marginal + i * CLASSES, sizeof p) == 0 && all.elbo[i] == whole.elbo[i] &&
                          all.elbo_x[i] == whole.elbo_x[i];
        assert_int_equal(same, is_whole(some, i));
        cama_dataset_free(row);
    }
    cama_model *const models[] = {one, two, other, kept};
    for (int i = 0; i < 4; i++) cama_model_free(models[i]);
    cama_session_free(alone);
    cama_dataset_free(some);
    small_finish(&t);
}

static void test_bits(void **state)
{
    (void)state;
    cama__spec affine = small_table();
    affine.m_enters = M_ENTERS_AFFINE;
    check_bits(small_table());
    check_bits(small_table_merge());
    check_bits(affine);
}

/* Of a row of which nothing is known p(y|x) is p(y|a), if the draws of z do not tell classes apart: with no cell of x
 * every class has the same likelihood, 1. */
static void test_nothing_known(void **state)
{
    (void)state;
    small_pair t = small_prepare(small_table(), N, 71);
    cama_dataset *some = take_cells(t.clean, true), *row = NULL;
    double value = 0;
    float p[CLASSES];
    cama_options *options = small_options(VERB_SCORE, "noise=mean");
    OK(cama_dataset_slice(some, 4, 1, &row));
    for (int32_t i = 0; i < t.model->params.count; i++) { /* q(z|.) is the prior */
        const cama__param *q = &t.model->params.item[i];
        for (int64_t k = 0; q->net == NET_Q_Z && k < q->size; k++) t.model->theta[q->offset + k] = 0;
    }
    OK(cama_elbo_do(t.session, t.model, row, NULL, options, &value));
    OK(small_predict(t.session, t.model, row, "m=zero", p));
    assert_true(value < 0);
    assert_near(exp(value), (double)p[row->y[0]], 1e-5); /* roundings of float */
    cama_options_free(options);
    cama_dataset_free(row), cama_dataset_free(some);
    small_finish(&t);
}

/* Units are those of the cells that are there. */
static void test_units(void **state)
{
    (void)state;
    small_pair t = small_prepare(small_table(), N, 71);
    cama_dataset *some = take_cells(t.clean, true);
    cama_model *model = trained(t.model->spec, some, 2, "epochs=1");
    static const int64_t continuous[] = {0, 2, 6, 7};
    for (int k = 0; k < 4; k++) {
        double sum = 0, square = 0, n = 0;
        for (int64_t i = 0; i < N; i++) {
            const double v = (double)some->x[i * X + continuous[k]];
            if (!isnan(v)) sum += v, square += v * v, n++;
        }
        assert_true(n < N - 3);
        assert_near((double)model->mean[continuous[k]], sum / n, 1e-5);
        assert_near((double)model->scale[continuous[k]], sqrt(square / n - sum / n * sum / n), 1e-4);
    }
    cama_model_free(model);
    cama_dataset_free(some);
    small_finish(&t);
}

/* Nothing is changed: what is there comes back (5e-3: a model's gain is exp of a float), what is missing as the
 * reconstruction has it. */
static void test_filled_in(void **state)
{
    (void)state;
    small_pair t = small_prepare(small_table(), N, 71);
    cama_dataset *some = take_cells(t.clean, true);
    cama_model *model = trained(t.model->spec, some, 2, "epochs=2 batch=20"), *adapted = NULL;
    float x[N * X], mean[N * X], z[N * 3], lv[N * 3];
    cama_options *options = small_options(VERB_RECONSTRUCT, "m=same");
    OK(cama_counterfactual(t.session, model, some, NULL, NULL, NULL, NULL, x));
    OK(cama_reconstruct(t.session, model, some, options, mean));
    OK(cama_encode(t.session, model, some, NULL, NULL, NULL, z, lv));
    for (int64_t i = 0; i < N * X; i++) {
        const bool continuous = i % X == 0 || i % X == 2 || i % X > 5;
        assert_true(isfinite(x[i]) && isfinite(mean[i]));
        if (!continuous) continue;
        const double want = (double)(isnan(some->x[i]) ? mean[i] : some->x[i]);
        assert_near((double)x[i], want, 5e-3 * (1 + fabs(want)));
    }
    OK(small_finetune(t.session, model, t.clean, some, "steps=6 check_every=2", &adapted));
    OK(small_predict(t.session, adapted, some, "", x));
    cama_model_free(model), cama_model_free(adapted);
    cama_options_free(options);
    cama_dataset_free(some);
    small_finish(&t);
}

static void test_baseline(void **state)
{
    (void)state;
    small_pair t = small_prepare(small_baseline(), N, 71);
    cama_dataset *some = take_cells(t.clean, true);
    cama_model *model = trained(t.model->spec, some, 2, "epochs=2 batch=20");
    float p[N * CLASSES];
    OK(small_predict(t.session, model, some, "", p));
    for (int64_t i = 0; i < N * CLASSES; i++) assert_true(isfinite(p[i]));
    cama_model_free(model);
    cama_dataset_free(some);
    small_finish(&t);
}

/* An offset moves what is there by what is there. */
static void test_manipulated(void **state)
{
    (void)state;
    small_pair t = small_prepare(small_table(), N, 71);
    cama_dataset *some = take_cells(t.clean, true), *moved = NULL, *attacked = NULL;
    cama_options *options = small_options(VERB_MANIPULATE, "kind=offset amount=2");
    OK(cama_dataset_manipulate(some, options, &moved));
    assert_int_equal(moved->missing, some->missing);
    for (int64_t i = 0; i < N; i++) assert_true(isnan(some->x[i * X]) || moved->x[i * X] > some->x[i * X]);
    FAILS(CAMA_E_DATA, cama_attack(t.session, t.model, some, NULL, &attacked));
    check_said("attack: x, row 1, column 1: expected a number, got a missing cell, the first of ");
    assert_null(attacked);
    cama_options_free(options);
    cama_dataset_free(moved), cama_dataset_free(some);
    small_finish(&t);
}

/* NaN is an error unless it is asked for, and always in a and c; half of a categorical variable is no missing cell. */
static void test_refused(void **state)
{
    (void)state;
    small_pair t = small_prepare(small_table(), N, 71);
    const cama_dataset *d = t.clean;
    cama_dataset *out = NULL;
    cama_options *keep = small_options(VERB_COLUMNS, "missing=keep");
    float *x = small_floats(N * X), a[N * 3], c[N * 4];
    memcpy(x, d->x, N * X * sizeof *x), memcpy(a, d->a, sizeof a), memcpy(c, d->c, sizeof c);
    x[2 * X + 1] = NAN;
    check_error(cama_dataset_from_columns_with(d->schema, N, x, a, c, d->y, 1, NULL, &out), CAMA_E_DATA,
                "x, row 2, column 1: expected a finite number, got nan");
    x[3 * X + 4] = NAN;
    FAILS(CAMA_E_DATA, cama_dataset_from_columns_with(d->schema, N, x, a, c, d->y, 1, keep, &out));
    check_said("\"x4\"");
    x[3 * X + 4] = INFINITY;
    check_error(cama_dataset_from_columns_with(d->schema, N, x, a, c, d->y, 1, keep, &out), CAMA_E_DATA,
                "x, row 3, column 4: expected a finite number, or NaN where it is missing, got inf");
    x[3 * X + 4] = d->x[3 * X + 4];
    c[5 * 4 + 2] = NAN;
    check_error(cama_dataset_from_columns_with(d->schema, N, x, a, c, d->y, 1, keep, &out), CAMA_E_DATA,
                "c, row 5, column 2: expected a finite number, got nan");
    c[5 * 4 + 2] = 0, a[7 * 3] = NAN;
    check_error(cama_dataset_from_columns_with(d->schema, N, x, a, c, d->y, 1, keep, &out), CAMA_E_DATA,
                "a, row 7, column 0: expected a finite number, got nan");
    assert_null(out);
    cama_options_free(keep);
    free(x);
    small_finish(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_missing), cmocka_unit_test(test_bits),      cmocka_unit_test(test_nothing_known),
        cmocka_unit_test(test_units),           cmocka_unit_test(test_filled_in), cmocka_unit_test(test_baseline),
        cmocka_unit_test(test_manipulated),     cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
