/* api_views_test - the functions of models with views: what they refuse and in which words, what they leave untouched,
 * and the table of a view's numbers. */
#include "api_views.h"

/* The function's own name and the argument's. */
#define NEEDS(function, argument, ...)                                                                                 \
    REFUSED(CAMA_E_ARGUMENT, #function ": expected a pointer for " #argument ", got NULL", function(__VA_ARGS__))

static void test_null(void **state)
{
    (void)state;
    cama_model *view = views_make_trained(), *reader = views_make(READER), *made = MARKED(cama_model);
    cama_dataset *seen = MARKED(cama_dataset);
    float out[N * V] = {7};
    NEEDS(cama_model_with_views, source, NULL, NULL, &made);
    NEEDS(cama_model_with_views, out, view, NULL, NULL);
    NEEDS(cama_view_count, count, NULL);
    NEEDS(cama_views, session, NULL, view, views_data, NULL, out, out);
    NEEDS(cama_views, model, views_session, NULL, views_data, NULL, out, out);
    NEEDS(cama_views, dataset, views_session, view, NULL, NULL, out, out);
    NEEDS(cama_see, session, NULL, view, views_data, NULL, &seen);
    NEEDS(cama_see, model, views_session, NULL, views_data, NULL, &seen);
    NEEDS(cama_see, dataset, views_session, view, NULL, NULL, &seen);
    NEEDS(cama_see, seen, views_session, view, views_data, NULL, NULL);
    NEEDS(cama_predict_read, session, NULL, view, reader, views_data, NULL, out);
    NEEDS(cama_predict_read, model, views_session, NULL, reader, views_data, NULL, out);
    NEEDS(cama_predict_read, reader, views_session, view, NULL, views_data, NULL, out);
    NEEDS(cama_predict_read, dataset, views_session, view, reader, NULL, NULL, out);
    NEEDS(cama_predict_read, probabilities, views_session, view, reader, views_data, NULL, NULL);
    assert_ptr_equal(made, &api_mark);
    assert_ptr_equal(seen, &api_mark);
    assert_true(out[0] == 7);
    cama_model_free(view), cama_model_free(reader);
}

/* Every verb of views refuses such a model, each with its own word and these. */
static void refuse_all(const cama_model *model, const char *words)
{
    cama_model *reader = views_make(READER);
    cama_dataset *seen = MARKED(cama_dataset);
    float out[N * V] = {7};
    REFUSED(CAMA_E_ARGUMENT, words, cama_views(views_session, model, views_data, NULL, out, out));
    check_said("views:");
    REFUSED(CAMA_E_ARGUMENT, words, cama_see(views_session, model, views_data, NULL, &seen));
    check_said("see:");
    REFUSED(CAMA_E_ARGUMENT, words, cama_predict_read(views_session, model, reader, views_data, NULL, out));
    check_said("predict_read:");
    assert_ptr_equal(seen, &api_mark);
    assert_true(out[0] == 7);
    cama_model_free(reader);
}

static void test_wrong_models(void **state)
{
    (void)state;
    cama_model *merge = views_make(MERGE), *reader = views_make(READER), *untrained = views_make(VIEW);
    refuse_all(merge, "\"mnist\"");
    refuse_all(reader, "\"mnist-cnn\"");
    refuse_all(untrained, "knows no views yet");
    cama_model_free(merge), cama_model_free(reader), cama_model_free(untrained);
}

static void test_wrong_datasets(void **state)
{
    (void)state;
    const cama_dataset *const wrong[] = {views_other_shape, views_beyond};
    cama_model *view = views_make_trained(), *reader = views_make(READER);
    cama_dataset *seen = MARKED(cama_dataset);
    float out[N * V] = {7};
    for (int i = 0; i < 2; i++) {
        const int32_t status = i == 0 ? CAMA_E_ARGUMENT : CAMA_E_DATA;
        REFUSED(status, "dataset", cama_views(views_session, view, wrong[i], NULL, out, out));
        REFUSED(status, "dataset", cama_see(views_session, view, wrong[i], NULL, &seen));
        REFUSED(status, "dataset", cama_predict_read(views_session, view, reader, wrong[i], NULL, out));
    }
    assert_ptr_equal(seen, &api_mark);
    assert_true(out[0] == 7);
    cama_model_free(view), cama_model_free(reader);
}

/* A reader that does not fit is refused whether or not a view is inferred for it. */
static void test_wrong_readers(void **state)
{
    (void)state;
    cama_model *view = views_make_trained();
    struct {
        cama_model *reader;
        const char *words;
    } wrong[] = {{views_make(MERGE), "expected a discriminative model, got \"mnist\""},
                 {views_make((views_recipe){"mnist-cnn", NULL, 0, C + 2, SIDE}),
                  "3 classes as the model's, got 6x6x1 and 5 classes"},
                 {views_make((views_recipe){"mnist-cnn", NULL, 0, C, SIDE + 2}), "got 8x8x1 and 3 classes"}};
    static const char *const ms[] = {"auto", "infer", "zero"};
    float out[N * 8] = {7};
    for (int i = 0; i < 3; i++) {
        for (int m = 0; m < 3; m++) {
            cama_options *o = views_option("predict", "m", ms[m]);
            REFUSED(CAMA_E_ARGUMENT, wrong[i].words,
                    cama_predict_read(views_session, view, wrong[i].reader, views_data, o, out));
            cama_options_free(o);
        }
        cama_model_free(wrong[i].reader);
    }
    assert_true(out[0] == 7);
    cama_model_free(view);
}

static void test_wrong_options(void **state)
{
    (void)state;
    cama_model *view = views_make_trained(), *reader = views_make(READER), *merge = views_make(MERGE),
               *made = MARKED(cama_model);
    cama_dataset *seen = MARKED(cama_dataset);
    cama_options *other;
    float out[N * V] = {7};
    OK(cama_options_create("manipulate", &other));
    REFUSED(CAMA_E_OPTION, "\"model\"", cama_model_with_views(merge, other, &made));
    REFUSED(CAMA_E_OPTION, "\"view\"", cama_views(views_session, view, views_data, other, out, out));
    REFUSED(CAMA_E_OPTION, "\"view\"", cama_see(views_session, view, views_data, other, &seen));
    REFUSED(CAMA_E_OPTION, "\"predict\"", cama_predict_read(views_session, view, reader, views_data, other, out));
    cama_options_free(other);
    OK(cama_options_create("view", &other));
    REFUSED(CAMA_E_OPTION, "view_draws", cama_options_set_int(other, "view_draws", -1));
    REFUSED(CAMA_E_OPTION, "view_temper", cama_options_set_real(other, "view_temper", 0));
    REFUSED(CAMA_E_OPTION, "\"view\"", cama_predict_read(views_session, view, reader, views_data, other, out));
    cama_options_free(other);
    assert_ptr_equal(made, &api_mark);
    assert_ptr_equal(seen, &api_mark);
    assert_true(out[0] == 7);
    cama_model_free(view), cama_model_free(reader), cama_model_free(merge);
}

static void refuse_training(cama_model *model, const cama_dataset *manipulated, const char *simulate, const char *words)
{
    cama_optimizer *optimizer;
    cama_options *o = views_option("train", "simulate", simulate);
    OK(cama_optimizer_create(model, NULL, &optimizer));
    REFUSED(CAMA_E_OPTION, words, cama_train(views_session, optimizer, views_data, manipulated, o, NULL));
    cama_optimizer_free(optimizer);
    cama_options_free(o);
}

static void test_options_of_training(void **state)
{
    (void)state;
    cama_model *view = views_make(VIEW), *merge = views_make(MERGE), *reader = views_make(READER);
    refuse_training(merge, NULL, "also", "expected off for a model without views");
    refuse_training(merge, NULL, "alone", "got \"alone\"");
    refuse_training(reader, NULL, "also", "without views");
    refuse_training(view, views_data, "alone", "expected off or also with manipulated examples");
    cama_model_free(view), cama_model_free(merge), cama_model_free(reader);
}

/* What cannot have views says why. */
static void test_models_that_cannot_be_made(void **state)
{
    (void)state;
    cama_model *made = MARKED(cama_model);
    const views_recipe few = {"mnist-view", NULL, V - 1, C, SIDE}, thin = {"mnist-view", NULL, V, C, 1};
    REFUSED(CAMA_E_OPTION, "at least 10 numbers, got 9", views_create(&few, &made));
    REFUSED(CAMA_E_OPTION, "expects images, got x of 1x1x1", views_create(&thin, &made));
    cama_options *o = views_option("model", "likelihood", "gaussian");
    REFUSED(CAMA_E_OPTION, "expects likelihood bernoulli, got gaussian", cama_model_create("mnist-view", o, &made));
    cama_options_free(o);
    assert_ptr_equal(made, &api_mark);
}

static void test_models_that_cannot_be_taken(void **state)
{
    (void)state;
    cama_model *made = MARKED(cama_model), *source[3] = {views_make(VIEW), views_make(READER), NULL};
    cama_options *o;
    cama_schema *schema;
    OK(cama_schema_create("y", C, NULL, &schema));
    OK(cama_schema_add(schema, "size", CAMA_ROLE_CHILD, CAMA_KIND_CONTINUOUS, 0, NULL));
    OK(cama_model_create_for("measurement", schema, NULL, &source[2]));
    for (int i = 0; i < 3; i++) {
        REFUSED(CAMA_E_ARGUMENT, "model with views: expected a generative model of images whose m enters p_merge",
                cama_model_with_views(source[i], NULL, &made));
        cama_model_free(source[i]);
    }
    OK(cama_options_create("model", &o));
    OK(cama_options_set_int(o, "channels", 5));
    OK(cama_options_set_int(o, "classes", C));
    OK(cama_model_create("measurement", o, &source[0]));
    REFUSED(CAMA_E_OPTION, "m_enters = view expects images", cama_model_with_views(source[0], NULL, &made));
    assert_ptr_equal(made, &api_mark);
    cama_model_free(source[0]);
    cama_options_free(o);
    cama_schema_free(schema);
}

/* ---- What a view is ---------------------------------------------------------------------------------------------- */

static void test_describe(void **state)
{
    (void)state;
    int32_t count = 0, factors = 0;
    const char *name = NULL, *unit = NULL, *before[32];
    double none = 7;
    OK(cama_view_count(&count));
    assert_int_equal(count, V);
    for (int32_t i = 0; i < count; i++) {
        OK(cama_view_describe(i, &name, &unit, &none));
        assert_true(strlen(name) > 0 && strlen(unit) > 0);
        for (int32_t k = 0; k < i; k++) assert_string_not_equal(name, before[k]);
        before[i] = name; /* the library's, and lasts */
        assert_true(none == (strcmp(unit, "factor") == 0 ? 1 : 0));
        factors += strcmp(unit, "factor") == 0;
    }
    assert_int_equal(factors, 3);
    OK(cama_view_describe(0, NULL, NULL, NULL));
    OK(cama_view_describe(0, &name, &unit, NULL));
    assert_string_equal(name, "y");
    assert_string_equal(unit, "pixels");
    REFUSED(CAMA_E_ARGUMENT, "expected an index from 0 to 9, got -1", cama_view_describe(-1, &name, &unit, &none));
    REFUSED(CAMA_E_ARGUMENT, "got 10", cama_view_describe(V, &name, &unit, &none));
    assert_string_equal(name, "y");
}

/* Either output may be left out; labels are ignored; finite, within what a person can mean. */
static void test_views(void **state)
{
    (void)state;
    cama_model *view = views_make_trained();
    float mean[N * V], deviation[N * V], one[N * V];
    OK(cama_views(views_session, view, views_data, NULL, mean, deviation));
    for (int i = 0; i < N * V; i++) assert_true(isfinite(mean[i]) && deviation[i] >= 0);
    OK(cama_views(views_session, view, views_data, NULL, one, NULL));
    assert_memory_equal(one, mean, sizeof mean);
    OK(cama_views(views_session, view, views_data, NULL, NULL, one));
    assert_memory_equal(one, deviation, sizeof mean);
    OK(cama_views(views_session, view, views_data, NULL, NULL, NULL));
    OK(cama_views(views_session, view, views_unlabelled, NULL, one, NULL));
    assert_memory_equal(one, mean, sizeof mean);
    cama_model_free(view);
}

static void test_see(void **state)
{
    (void)state;
    cama_model *view = views_make_trained();
    cama_dataset *seen, *again;
    float rows[N * D], other[N * D];
    int32_t labels[N];
    OK(cama_see(views_session, view, views_data, NULL, &seen));
    views_read(seen, rows, labels);
    assert_memory_equal(labels, views_y, sizeof views_y);
    for (int i = 0; i < N * D; i++) assert_true(rows[i] >= 0 && rows[i] <= 1);
    OK(cama_see(views_session, view, views_unlabelled, NULL, &again));
    views_read(again, other, NULL);
    assert_memory_equal(other, rows, sizeof rows);
    cama_dataset_free(seen), cama_dataset_free(again);
    cama_model_free(view);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

/* reader_weight 0 is the model's own prediction, m = zero the reader's of the images as they are. */
static void test_predict_read(void **state)
{
    (void)state;
    cama_model *view = views_make_trained(), *reader = views_make(READER);
    cama_options *o;
    float read[N * C], own[N * C], alone[N * C];
    views_train(reader, NULL);
    OK(cama_predict_read(views_session, view, reader, views_data, NULL, read));
    for (int i = 0; i < N; i++) {
        float sum = 0;
        for (int c = 0; c < C; c++) sum += read[i * C + c];
        assert_near(sum, 1, 1e-5f);
    }
    OK(cama_options_create("predict", &o));
    OK(cama_options_set_real(o, "reader_weight", 0));
    OK(cama_predict(views_session, view, views_data, o, own));
    OK(cama_predict_read(views_session, view, reader, views_data, o, alone));
    assert_memory_equal(alone, own, sizeof own);
    assert_memory_not_equal(read, own, sizeof own);
    cama_options_free(o);
    o = views_option("predict", "m", "zero");
    OK(cama_predict(views_session, reader, views_data, NULL, own));
    OK(cama_predict_read(views_session, view, reader, views_data, o, alone));
    assert_memory_equal(alone, own, sizeof own);
    cama_options_free(o);
    cama_model_free(view), cama_model_free(reader);
}

/* A reader that learned the units of its images reads what is seen in them: with proposals that see the images as they
 * are and q_m at the prior's mean (a view of nothing), it says what it says of the images. */
static void test_a_reader_with_units(void **state)
{
    (void)state;
    cama_model *view = views_make(VIEW), *reader = views_make((views_recipe){"measurement-dnn", NULL, 0, C, SIDE}),
               *settled = NULL;
    cama_options *o, *f;
    int64_t standardised = 0;
    float read[N * C], own[N * C];
    views_train(reader, NULL);
    OK(cama_model_get_int(reader, "standardised", &standardised));
    assert_int_equal(standardised, 1);
    OK(cama_options_create("finetune", &f));
    OK(cama_options_set_int(f, "steps", 0)); /* q_m becomes p(m), and p_m stays */
    OK(cama_finetune(views_session, view, views_data, views_data, f, &settled, NULL));
    OK(cama_options_create("predict", &o));
    OK(cama_options_set_int(o, "view_draws", 0));
    OK(cama_options_set_int(o, "restore", 0));
    OK(cama_predict_read(views_session, settled, reader, views_data, o, read));
    OK(cama_predict(views_session, reader, views_data, NULL, own));
    for (int i = 0; i < N * C; i++) assert_near(read[i], own[i], 1e-5f); /* rounding of tone and warp */
    cama_options_free(o), cama_options_free(f);
    cama_model_free(view), cama_model_free(reader), cama_model_free(settled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_wrong_models),
        cmocka_unit_test(test_wrong_datasets),
        cmocka_unit_test(test_wrong_readers),
        cmocka_unit_test(test_wrong_options),
        cmocka_unit_test(test_options_of_training),
        cmocka_unit_test(test_models_that_cannot_be_made),
        cmocka_unit_test(test_models_that_cannot_be_taken),
        cmocka_unit_test(test_describe),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_see),
        cmocka_unit_test(test_predict_read),
        cmocka_unit_test(test_a_reader_with_units),
    };
    return cmocka_run_group_tests(tests, views_begin, views_end);
}
