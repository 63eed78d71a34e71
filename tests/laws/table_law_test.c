/* table_law_test - a model of a table is its file: loaded again it says the same bits; verbs take a table of the same
 * variables and no other; a baseline has no latents; results are in the data's units, whatever units those are. */
#include "small_pair.h"

enum { N = 61 };

/* ---- Files ------------------------------------------------------------------------------------------------------- */

enum { FLOATS = N * 4 + 3 * N * 8, DOUBLES = 2 * N };

/* Predictions, scores, and with latents the answers to questions. */
static void answer(const small_pair *t, const cama_model *model, float *f, double *d)
{
    OK(small_predict(t->session, model, t->other, "samples=3", f));
    OK(cama_elbo(t->session, model, t->other, NULL, d));
    OK(cama_elbo_marginal(t->session, model, t->other, NULL, d + N));
    if (model->spec.discriminative) return;
    OK(cama_reconstruct(t->session, model, t->other, NULL, f + N * 4));
    OK(cama_generate(t->session, model, N, t->other->y, t->other->c, NULL, NULL, NULL, f + N * 12));
    OK(cama_counterfactual(t->session, model, t->other, t->clean->y, t->clean->c, NULL, NULL, f + N * 20));
}

static cama_model *reloaded(const cama_model *model)
{
    int64_t size = 0;
    cama_model *again = NULL;
    OK(cama_model_save_memory(model, NULL, &size));
    char *file = malloc((size_t)size);
    assert_non_null(file);
    OK(cama_model_save_memory(model, file, &size));
    OK(cama_model_load_memory(file, size, &again));
    free(file);
    return again;
}

static void test_files(void **state)
{
    (void)state;
    cama__spec specs[] = {small_table(), small_table_merge(), small_baseline(), small_without_m(small_table()),
                          small_table()};
    specs[4].m_enters = M_ENTERS_AFFINE;
    for (int i = 0; i < 5; i++) {
        small_pair t = small_prepare(specs[i], N, 71);
        cama_optimizer *o = small_optimizer(t.model, "lr=0.01");
        OK(small_train(t.session, o, t.clean, specs[i].discriminative ? NULL : t.other, "epochs=2 batch=20"));
        assert_true(t.model->standardised);
        cama_model *models[] = {t.model, small_clone(t.model), reloaded(t.model)};
        float *f[3];
        double d[3][DOUBLES];
        for (int k = 0; k < 3; k++) {
            f[k] = small_floats(FLOATS);
            answer(&t, models[k], f[k], d[k]);
            assert_memory_equal(f[0], f[k], FLOATS * sizeof **f);
            assert_memory_equal(d[0], d[k], sizeof d[0]);
            free(k > 0 ? f[k] : NULL);
        }
        free(f[0]);
        const cama_schema *schema = cama_model_schema(models[2]);
        OK(cama__schema_match(t.clean->schema, schema, "file"));
        cama_model_free(models[1]), cama_model_free(models[2]);
        cama_optimizer_free(o);
        small_finish(&t);
    }
}

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

static void test_other_variables(void **state)
{
    (void)state;
    small_pair t = small_prepare(small_table(), N, 71);
    cama_schema *renamed = NULL;
    cama_dataset *data = NULL;
    float p[N * 4], x[N * 8];
    OK(cama_schema_create("y", 4, NULL, &renamed));
    for (int32_t i = 0; i < t.clean->schema->count; i++) {
        const cama__variable *v = &t.clean->schema->variable[i];
        OK(cama_schema_add(renamed, strcmp(v->name, "c3") == 0 ? "c9" : v->name, v->role, v->kind, v->levels, NULL));
    }
    OK(cama_dataset_from_columns(renamed, N, t.clean->x, t.clean->a, t.clean->c, t.clean->y, 1, &data));
    FAILS(CAMA_E_ARGUMENT, small_predict(t.session, t.model, data, "", p));
    check_said("expected variable \"c3\", got \"c9\"");
    FAILS(CAMA_E_ARGUMENT, cama_counterfactual(t.session, t.model, data, NULL, NULL, NULL, NULL, x));
    cama_optimizer *o = small_optimizer(t.model, "");
    FAILS(CAMA_E_ARGUMENT, small_train(t.session, o, data, NULL, "epochs=1"));
    assert_false(t.model->standardised);
    /* do(c) of what c cannot be */
    memcpy(x, t.clean->c, N * 4 * sizeof *x);
    x[2 * 4] = 0.5f; /* c1 is binary */
    FAILS(CAMA_E_DATA, cama_generate(t.session, t.model, N, t.clean->y, x, NULL, NULL, NULL, p));
    check_said("c1");
    FAILS(CAMA_E_DATA, cama_counterfactual(t.session, t.model, t.clean, NULL, x, NULL, NULL, p));
    FAILS(CAMA_E_ARGUMENT, cama_generate(t.session, t.model, N, t.clean->y, NULL, NULL, NULL, NULL, p));
    cama_optimizer_free(o);
    cama_dataset_free(data);
    cama_schema_free(renamed);
    small_finish(&t);
}

static void test_baseline_has_no_latents(void **state)
{
    (void)state;
    small_pair t = small_prepare(small_baseline(), N, 71);
    float out[N * 8];
    cama_model *adapted = NULL;
    FAILS(CAMA_E_ARGUMENT, cama_encode(t.session, t.model, t.clean, NULL, NULL, NULL, out, NULL));
    FAILS(CAMA_E_ARGUMENT, cama_reconstruct(t.session, t.model, t.clean, NULL, out));
    FAILS(CAMA_E_ARGUMENT, cama_generate(t.session, t.model, N, t.clean->y, t.clean->c, NULL, NULL, NULL, out));
    FAILS(CAMA_E_ARGUMENT, cama_counterfactual(t.session, t.model, t.clean, NULL, NULL, NULL, NULL, out));
    FAILS(CAMA_E_ARGUMENT, small_finetune(t.session, t.model, t.clean, t.other, "m_samples=2", &adapted));
    FAILS(CAMA_E_ARGUMENT, cama_model_set_prior(t.model, t.clean));
    FAILS(CAMA_E_ARGUMENT, small_predict(t.session, t.model, t.clean, "m=infer", out));
    assert_null(adapted);
    small_finish(&t);
}

/* A model with parents has the network p(y|a) for its prior. */
static void test_prior(void **state)
{
    (void)state;
    small_pair t = small_prepare(small_table(), N, 71);
    double *before = small_doubles(4);
    memcpy(before, t.model->log_prior, 4 * sizeof *before);
    FAILS(CAMA_E_ARGUMENT, cama_model_set_prior(t.model, t.clean));
    assert_memory_equal(before, t.model->log_prior, 4 * sizeof *before);
    free(before);
    small_finish(&t);
}

/* ---- Dropout ----------------------------------------------------------------------------------------------------- */

/* Prediction drops nothing: samples and seed change no bit. Training does: its seed changes where it leads. */
static void test_dropout(void **state)
{
    (void)state;
    small_pair t = small_prepare(small_baseline(), N, 71);
    cama_model *one = small_clone(t.model), *same = small_clone(t.model), *two = small_clone(t.model);
    cama_model *const models[] = {one, same, two};
    float p[2][N * 4];
    OK(small_predict(t.session, t.model, t.clean, "seed=1", p[0]));
    OK(small_predict(t.session, t.model, t.clean, "seed=2 batch=7", p[1]));
    assert_memory_equal(p[0], p[1], sizeof p[0]);
    for (int i = 0; i < 3; i++) {
        cama_optimizer *o = small_optimizer(models[i], "lr=0.01");
        OK(small_train(t.session, o, t.clean, NULL,
                       i < 2 ? "epochs=1 shuffle=0 batch=61 seed=1" : "epochs=1 shuffle=0 batch=61 seed=2"));
        cama_optimizer_free(o);
    }
    assert_null(small_difference(one, one->theta, same->theta, CAMA__NET_ALL));
    assert_non_null(small_difference(one, one->theta, two->theta, CAMA__NET_ALL));
    for (int i = 0; i < 3; i++) cama_model_free(models[i]);
    small_finish(&t);
}

/* ---- Units ------------------------------------------------------------------------------------------------------- */

/* Children in other units, u' = 4 u (a power of two: units' bits are the same): predictions keep their bits, scores go
 * down by the sum of the logs of the factors, and counterfactuals are in the new units. */
static void test_units(void **state)
{
    (void)state;
    static const int columns[] = {0, 2, 6, 7}; /* what is continuous */
    small_pair t = small_prepare(small_table(), N, 71);
    cama_dataset *scaled[2];
    cama_model *models[] = {t.model, small_clone(t.model)};
    const cama_dataset *data[2][2] = {{t.clean, t.other}, {NULL, NULL}};
    float p[2][N * 4], x[2][N * 8];
    double v[2][N];
    for (int k = 0; k < 2; k++) {
        float *moved = small_floats(N * 8);
        memcpy(moved, data[0][k]->x, N * 8 * sizeof *moved);
        for (int i = 0; i < N; i++)
            for (int j = 0; j < 4; j++) moved[i * 8 + columns[j]] *= 4;
        OK(cama__dataset_with(data[0][k], moved, NULL, &scaled[k]));
        data[1][k] = scaled[k];
        free(moved);
    }
    for (int k = 0; k < 2; k++) {
        cama_optimizer *o = small_optimizer(models[k], "lr=0.01");
        OK(small_train(t.session, o, data[k][0], NULL, "epochs=2 batch=20"));
        OK(small_predict(t.session, models[k], data[k][1], "", p[k]));
        OK(cama_elbo_marginal(t.session, models[k], data[k][1], NULL, v[k]));
        OK(cama_counterfactual(t.session, models[k], data[k][1], NULL, t.clean->c, NULL, NULL, x[k]));
        cama_optimizer_free(o);
    }
    assert_null(small_difference(t.model, models[0]->theta, models[1]->theta, CAMA__NET_ALL));
    assert_memory_equal(p[0], p[1], sizeof p[0]);
    for (int i = 0; i < N; i++) assert_near(v[0][i] - v[1][i], 4 * log(4), 1e-9);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < 4; j++) assert_true(4 * x[0][i * 8 + columns[j]] == x[1][i * 8 + columns[j]]);
    cama_model_free(models[1]);
    cama_dataset_free(scaled[0]), cama_dataset_free(scaled[1]);
    small_finish(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_files),
                                       cmocka_unit_test(test_other_variables),
                                       cmocka_unit_test(test_baseline_has_no_latents),
                                       cmocka_unit_test(test_prior),
                                       cmocka_unit_test(test_dropout),
                                       cmocka_unit_test(test_units)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
