/* api_errors_test - every public function refuses NULL, another verb's options and words it does not know with the
 * right status, a message that names the function or the argument, and outputs left as they were. */
#include "api_small.h"

#include <math.h>

/* The function's own name and the argument's. */
#define NEEDS(function, argument, ...)                                                                                 \
    REFUSED(CAMA_E_ARGUMENT, #function ": expected a pointer for " #argument ", got NULL", function(__VA_ARGS__))

/* ---- NULL -------------------------------------------------------------------------------------------------------- */

static void test_null_options_and_reports(void **state)
{
    (void)state;
    cama_options *options = MARKED(cama_options);
    int32_t count = 7;
    int64_t integer = 7;
    double real = 7;
    const char *text = "seven";
    NEEDS(cama_options_create, verb, NULL, &options);
    NEEDS(cama_options_create, out, "train", NULL);
    NEEDS(cama_options_set_int, options, NULL, "range", 1);
    NEEDS(cama_options_set_int, key, api_other, NULL, 1);
    NEEDS(cama_options_set_real, options, NULL, "range", 1);
    NEEDS(cama_options_set_real, key, api_other, NULL, 1);
    NEEDS(cama_options_set_text, options, NULL, "kind", "noise");
    NEEDS(cama_options_set_text, key, api_other, NULL, "noise");
    NEEDS(cama_options_set_text, value, api_other, "kind", NULL);
    NEEDS(cama_options_set_vector, options, NULL, "columns", api_x, 1);
    NEEDS(cama_options_set_vector, key, api_other, NULL, api_x, 1);
    NEEDS(cama_options_set_vector, value, api_other, "columns", NULL, 1);
    REFUSED(CAMA_E_ARGUMENT, "cama_options_set_vector", cama_options_set_vector(api_other, "columns", api_x, -1));
    NEEDS(cama_options_get_int, options, NULL, "seed", &integer);
    NEEDS(cama_options_get_int, key, api_other, NULL, &integer);
    NEEDS(cama_options_get_int, value, api_other, "seed", NULL);
    NEEDS(cama_options_get_real, options, NULL, "range", &real);
    NEEDS(cama_options_get_real, key, api_other, NULL, &real);
    NEEDS(cama_options_get_real, value, api_other, "range", NULL);
    NEEDS(cama_options_get_text, options, NULL, "kind", &text);
    NEEDS(cama_options_get_text, key, api_other, NULL, &text);
    NEEDS(cama_options_get_text, value, api_other, "kind", NULL);
    NEEDS(cama_options_count, verb, NULL, &count);
    NEEDS(cama_options_count, count, "train", NULL);
    NEEDS(cama_options_describe, verb, NULL, 0, &text, &count, &text, &text, &text);
    NEEDS(cama_report_count, report, NULL, "steps", &integer);
    NEEDS(cama_report_count, key, api_report, NULL, &integer);
    NEEDS(cama_report_count, count, api_report, "steps", NULL);
    NEEDS(cama_report_get, report, NULL, "steps", 0, &real);
    NEEDS(cama_report_get, key, api_report, NULL, 0, &real);
    NEEDS(cama_report_get, value, api_report, "steps", 0, NULL);
    assert_ptr_equal(options, &api_mark);
    assert_int_equal(count, 7);
    assert_int_equal(integer, 7);
    assert_true(real == 7);
    assert_string_equal(text, "seven");
}

static void test_null_sessions_and_datasets(void **state)
{
    (void)state;
    cama_dataset *dataset = MARKED(cama_dataset);
    int64_t bytes = 7;
    NEEDS(cama_session_create, out, NULL, NULL);
    NEEDS(cama_session_set_progress, session, NULL, NULL, NULL);
    NEEDS(cama_session_bytes, session, NULL, &bytes);
    NEEDS(cama_session_bytes, bytes, api_session, NULL);
    NEEDS(cama_dataset_from_arrays, x, N, 1, 1, D, C, NULL, api_y, 1, &dataset);
    NEEDS(cama_dataset_from_arrays, out, N, 1, 1, D, C, api_x, api_y, 1, NULL);
    NEEDS(cama_dataset_from_idx, images_path, NULL, "labels", C, 0, &dataset);
    NEEDS(cama_dataset_from_idx, out, "images", "labels", C, 0, NULL);
    NEEDS(cama_dataset_slice, dataset, NULL, 0, 1, &dataset);
    NEEDS(cama_dataset_slice, out, api_labelled, 0, 1, NULL);
    NEEDS(cama_dataset_without_labels, dataset, NULL, &dataset);
    NEEDS(cama_dataset_without_labels, out, api_labelled, NULL);
    NEEDS(cama_dataset_manipulate, dataset, NULL, NULL, &dataset);
    NEEDS(cama_dataset_manipulate, out, api_labelled, NULL, NULL);
    NEEDS(cama_dataset_shape, dataset, NULL, &bytes, NULL, NULL, NULL, NULL, NULL);
    NEEDS(cama_dataset_read, dataset, NULL, 0, 1, api_x, NULL);
    assert_ptr_equal(dataset, &api_mark);
    assert_int_equal(bytes, 7);
}

static void test_null_models(void **state)
{
    (void)state;
    cama_model *made = MARKED(cama_model);
    int32_t dims = 7;
    int64_t number = 7, shape[4] = {7, 7, 7, 7};
    const char *text = "seven";
    float values[16] = {7};
    NEEDS(cama_model_create, preset, NULL, NULL, &made);
    NEEDS(cama_model_create, out, "mnist", NULL, NULL);
    NEEDS(cama_model_load, path, NULL, &made);
    NEEDS(cama_model_load, out, "file", NULL);
    NEEDS(cama_model_save, model, NULL, "file");
    NEEDS(cama_model_save, path, api_model, NULL);
    NEEDS(cama_model_load_memory, buffer, NULL, 100, &made);
    NEEDS(cama_model_load_memory, out, values, 4, NULL);
    NEEDS(cama_model_save_memory, model, NULL, NULL, &number);
    NEEDS(cama_model_save_memory, size, api_model, NULL, NULL);
    NEEDS(cama_model_clone, model, NULL, &made);
    NEEDS(cama_model_clone, out, api_model, NULL);
    NEEDS(cama_model_get_int, model, NULL, "z", &number);
    NEEDS(cama_model_get_int, name, api_model, NULL, &number);
    NEEDS(cama_model_get_int, value, api_model, "z", NULL);
    NEEDS(cama_model_get_text, model, NULL, "p_y", &text);
    NEEDS(cama_model_get_text, name, api_model, NULL, &text);
    NEEDS(cama_model_get_text, value, api_model, "p_y", NULL);
    NEEDS(cama_model_parameter_count, model, NULL, &dims);
    NEEDS(cama_model_parameter_count, count, api_model, NULL);
    NEEDS(cama_model_parameter_describe, model, NULL, 0, &text, &dims, shape, &number);
    NEEDS(cama_model_parameter_describe, name, api_model, 0, NULL, &dims, shape, &number);
    NEEDS(cama_model_parameter_describe, dims, api_model, 0, &text, NULL, shape, &number);
    NEEDS(cama_model_parameter_describe, shape, api_model, 0, &text, &dims, NULL, &number);
    NEEDS(cama_model_parameter_describe, count, api_model, 0, &text, &dims, shape, NULL);
    NEEDS(cama_model_parameter_read, model, NULL, "p_y.0.bias", 3, values);
    NEEDS(cama_model_parameter_read, name, api_model, NULL, 3, values);
    NEEDS(cama_model_parameter_read, values, api_model, "p_y.0.bias", 3, NULL);
    NEEDS(cama_model_parameter_write, model, NULL, "p_y.0.bias", 3, values);
    NEEDS(cama_model_parameter_write, name, api_model, NULL, 3, values);
    NEEDS(cama_model_parameter_write, values, api_model, "p_y.0.bias", 3, NULL);
    NEEDS(cama_model_set_prior, model, NULL, api_labelled);
    NEEDS(cama_model_set_prior, labelled, api_model, NULL);
    assert_ptr_equal(made, &api_mark);
    assert_int_equal(dims, 7);
    assert_int_equal(number, 7);
    assert_int_equal(shape[0], 7);
    assert_string_equal(text, "seven");
    assert_true(values[0] == 7);
}

static void test_null_verbs(void **state)
{
    (void)state;
    cama_optimizer *made = MARKED(cama_optimizer);
    cama_model *adapted = MARKED(cama_model);
    cama_dataset *attacked = MARKED(cama_dataset);
    cama_report *told = MARKED(cama_report);
    double values[N] = {7};
    float out[N * D] = {7};
    NEEDS(cama_optimizer_create, model, NULL, NULL, &made);
    NEEDS(cama_optimizer_create, out, api_model, NULL, NULL);
    NEEDS(cama_train, session, NULL, api_optimizer, api_labelled, NULL, NULL, &told);
    NEEDS(cama_train, optimizer, api_session, NULL, api_labelled, NULL, NULL, &told);
    NEEDS(cama_train, clean, api_session, api_optimizer, NULL, NULL, NULL, &told);
    NEEDS(cama_finetune, session, NULL, api_model, api_labelled, api_unlabelled, NULL, &adapted, &told);
    NEEDS(cama_finetune, source, api_session, NULL, api_labelled, api_unlabelled, NULL, &adapted, &told);
    NEEDS(cama_finetune, test, api_session, api_model, api_labelled, NULL, NULL, &adapted, &told);
    NEEDS(cama_finetune, adapted, api_session, api_model, api_labelled, api_unlabelled, NULL, NULL, &told);
    REFUSED(CAMA_E_ARGUMENT, "clean",
            cama_finetune(api_session, api_model, NULL, api_unlabelled, NULL, &adapted, &told));
    cama_stream *stream = MARKED(cama_stream), *opened = NULL;
    NEEDS(cama_stream_create, source, NULL, api_labelled, NULL, NULL, &stream);
    NEEDS(cama_stream_create, out, api_model, api_labelled, NULL, NULL, NULL);
    REFUSED(CAMA_E_ARGUMENT, "clean", cama_stream_create(api_model, NULL, NULL, NULL, &stream));
    assert_ptr_equal(stream, &api_mark);
    OK(cama_stream_create(api_model, api_labelled, NULL, NULL, &opened));
    NEEDS(cama_stream_step, session, NULL, opened, api_unlabelled, NULL, out, &told);
    NEEDS(cama_stream_step, stream, api_session, NULL, api_unlabelled, NULL, out, &told);
    NEEDS(cama_stream_step, batch, api_session, opened, NULL, NULL, out, &told);
    NEEDS(cama_stream_model, stream, NULL, &adapted);
    NEEDS(cama_stream_model, out, opened, NULL);
    cama_stream_free(opened);
    cama_stream_free(NULL);
#define SCORE_NEEDS(function, ...)                                                                                     \
    do {                                                                                                               \
        NEEDS(function, session, NULL, api_model, api_labelled, __VA_ARGS__, values);                                  \
        NEEDS(function, model, api_session, NULL, api_labelled, __VA_ARGS__, values);                                  \
        NEEDS(function, dataset, api_session, api_model, NULL, __VA_ARGS__, values);                                   \
        NEEDS(function, values, api_session, api_model, api_labelled, __VA_ARGS__, NULL);                              \
    } while (0)
    SCORE_NEEDS(cama_elbo, NULL);
    SCORE_NEEDS(cama_elbo_do, NULL, NULL);
    SCORE_NEEDS(cama_elbo_marginal, NULL);
    NEEDS(cama_predict, session, NULL, api_model, api_labelled, NULL, out);
    NEEDS(cama_predict, model, api_session, NULL, api_labelled, NULL, out);
    NEEDS(cama_predict, dataset, api_session, api_model, NULL, NULL, out);
    NEEDS(cama_predict, probabilities, api_session, api_model, api_labelled, NULL, NULL);
    NEEDS(cama_attack, session, NULL, api_model, api_labelled, NULL, &attacked);
    NEEDS(cama_attack, model, api_session, NULL, api_labelled, NULL, &attacked);
    NEEDS(cama_attack, dataset, api_session, api_model, NULL, NULL, &attacked);
    NEEDS(cama_attack, out, api_session, api_model, api_labelled, NULL, NULL);
    NEEDS(cama_attack_report, session, NULL, api_model, api_labelled, NULL, &attacked, &told);
    NEEDS(cama_attack_report, model, api_session, NULL, api_labelled, NULL, &attacked, &told);
    NEEDS(cama_attack_report, dataset, api_session, api_model, NULL, NULL, &attacked, &told);
    NEEDS(cama_attack_report, out, api_session, api_model, api_labelled, NULL, NULL, &told);
    NEEDS(cama_attack_report, report, api_session, api_model, api_labelled, NULL, &attacked, NULL);
    NEEDS(cama_encode, session, NULL, api_model, api_labelled, NULL, out, out, out, out);
    NEEDS(cama_encode, model, api_session, NULL, api_labelled, NULL, out, out, out, out);
    NEEDS(cama_encode, dataset, api_session, api_model, NULL, NULL, out, out, out, out);
    NEEDS(cama_reconstruct, session, NULL, api_model, api_labelled, NULL, out);
    NEEDS(cama_reconstruct, model, api_session, NULL, api_labelled, NULL, out);
    NEEDS(cama_reconstruct, dataset, api_session, api_model, NULL, NULL, out);
    NEEDS(cama_reconstruct, x_out, api_session, api_model, api_labelled, NULL, NULL);
    NEEDS(cama_generate, session, NULL, api_model, N, api_y, NULL, NULL, NULL, NULL, out);
    NEEDS(cama_generate, model, api_session, NULL, N, api_y, NULL, NULL, NULL, NULL, out);
    NEEDS(cama_generate, y, api_session, api_model, N, NULL, NULL, NULL, NULL, NULL, out);
    NEEDS(cama_generate, x_out, api_session, api_model, N, api_y, NULL, NULL, NULL, NULL, NULL);
    assert_ptr_equal(made, &api_mark);
    assert_ptr_equal(adapted, &api_mark);
    assert_ptr_equal(attacked, &api_mark);
    assert_ptr_equal(told, &api_mark);
    assert_true(values[0] == 7 && out[0] == 7);
}

static void test_free_and_cancel_take_null(void **state)
{
    (void)state;
    cama_options_free(NULL);
    cama_session_free(NULL);
    cama_session_cancel(NULL);
    cama_dataset_free(NULL);
    cama_model_free(NULL);
    cama_optimizer_free(NULL);
    cama_report_free(NULL);
}

/* ---- Options ----------------------------------------------------------------------------------------------------- */

static void test_options_of_another_verb(void **state)
{
    (void)state;
    cama_session *made_session = MARKED(cama_session);
    cama_model *made = MARKED(cama_model);
    cama_dataset *dataset = MARKED(cama_dataset);
    cama_optimizer *made_optimizer = MARKED(cama_optimizer);
    cama_options *train;
    cama_report *told = MARKED(cama_report);
    double values[N] = {7};
    float out[N * D] = {7};
    OK(cama_options_create("train", &train));
#define WRONG(verb, call) REFUSED(CAMA_E_OPTION, "\"" verb "\"", call)
    WRONG("session", cama_session_create(api_other, &made_session));
    WRONG("model", cama_model_create("measurement", api_other, &made));
    WRONG("manipulate", cama_dataset_manipulate(api_labelled, train, &dataset));
    WRONG("optimizer", cama_optimizer_create(api_model, api_other, &made_optimizer));
    WRONG("train", cama_train(api_session, api_optimizer, api_labelled, NULL, api_other, NULL));
    WRONG("finetune", cama_finetune(api_session, api_model, api_labelled, api_unlabelled, api_other, &made, NULL));
    cama_stream *stream = MARKED(cama_stream), *opened = NULL;
    WRONG("stream", cama_stream_create(api_model, api_labelled, api_other, NULL, &stream));
    WRONG("finetune", cama_stream_create(api_model, api_labelled, NULL, api_other, &stream));
    assert_ptr_equal(stream, &api_mark);
    OK(cama_stream_create(api_model, api_labelled, NULL, NULL, &opened));
    WRONG("predict", cama_stream_step(api_session, opened, api_unlabelled, api_other, out, NULL));
    cama_stream_free(opened);
    WRONG("score", cama_elbo(api_session, api_model, api_labelled, api_other, values));
    WRONG("score", cama_elbo_do(api_session, api_model, api_labelled, NULL, api_other, values));
    WRONG("score", cama_elbo_marginal(api_session, api_model, api_labelled, api_other, values));
    WRONG("predict", cama_predict(api_session, api_model, api_labelled, api_other, out));
    WRONG("attack", cama_attack(api_session, api_model, api_labelled, api_other, &dataset));
    WRONG("attack", cama_attack_report(api_session, api_model, api_labelled, api_other, &dataset, &told));
    WRONG("encode", cama_encode(api_session, api_model, api_labelled, api_other, out, NULL, NULL, NULL));
    WRONG("reconstruct", cama_reconstruct(api_session, api_model, api_labelled, api_other, out));
    WRONG("generate", cama_generate(api_session, api_model, N, api_y, NULL, NULL, NULL, api_other, out));
    cama_options_free(train);
    assert_ptr_equal(made_session, &api_mark);
    assert_ptr_equal(made, &api_mark);
    assert_ptr_equal(dataset, &api_mark);
    assert_ptr_equal(made_optimizer, &api_mark);
    assert_ptr_equal(told, &api_mark);
    assert_true(values[0] == 7 && out[0] == 7);
}

static void test_unknown_words(void **state)
{
    (void)state;
    cama_options *options = MARKED(cama_options);
    cama_model *made = MARKED(cama_model);
    int64_t number = 7;
    double real = 7;
    const char *text = "seven";
    REFUSED(CAMA_E_OPTION, "\"trian\"", cama_options_create("trian", &options));
    REFUSED(CAMA_E_OPTION, "\"rnage\"", cama_options_set_real(api_other, "rnage", 0.5));
    REFUSED(CAMA_E_OPTION, "range", cama_options_set_real(api_other, "range", 1.5));
    REFUSED(CAMA_E_OPTION, "kind", cama_options_set_text(api_other, "kind", "sideways"));
    REFUSED(CAMA_E_OPTION, "kind", cama_options_set_int(api_other, "kind", 1));
    REFUSED(CAMA_E_OPTION, "\"mnsit\"", cama_model_create("mnsit", NULL, &made));
    REFUSED(CAMA_E_ARGUMENT, "\"Z\"", cama_model_get_int(api_model, "Z", &number));
    REFUSED(CAMA_E_ARGUMENT, "q_m_trained", cama_model_get_int(api_model, "", &number));
    REFUSED(CAMA_E_ARGUMENT, "\"p_x\"", cama_model_get_text(api_model, "p_x", &text));
    REFUSED(CAMA_E_ARGUMENT, "\"steps_\"", cama_report_count(api_report, "steps_", &number));
    REFUSED(CAMA_E_ARGUMENT, "\"\"", cama_report_get(api_report, "", 0, &real));
    REFUSED(CAMA_E_ARGUMENT, "from 0 to 1, got 2", cama_report_get(api_report, "objective", 2, &real));
    REFUSED(CAMA_E_ARGUMENT, "from 0 to 1, got -1", cama_report_get(api_report, "objective", -1, &real));
    assert_ptr_equal(options, &api_mark);
    assert_ptr_equal(made, &api_mark);
    assert_int_equal(number, 7);
    assert_true(real == 7);
    assert_string_equal(text, "seven");
}

/* What a discriminative model does not have cannot be asked of it; and c_range needs the units of the training rows. */
static void test_options_without_a_use(void **state)
{
    (void)state;
    static const struct {
        const char *preset, *key, *word;
    } refused[] = {
        {"mnist-dnn", "z", NULL},
        {"measurement-dnn", "m", NULL},
        {"measurement-dnn", "nu", NULL},
        {"measurement-dnn", "likelihood", "student"},
        {"measurement-dnn", "m_enters", "affine"},
        {"measurement-dnn", "variance", "learned"},
        {"measurement-dnn", "c_linear", "on"},
        {"measurement-dnn", "c_range", "on"},
        {"mnist", "c_range", "on"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        cama_options *options;
        cama_model *made = MARKED(cama_model);
        OK(cama_options_create("model", &options));
        if (refused[i].word != NULL)
            OK(cama_options_set_text(options, refused[i].key, refused[i].word));
        else if (strcmp(refused[i].key, "nu") == 0)
            OK(cama_options_set_real(options, "nu", 4));
        else
            OK(cama_options_set_int(options, refused[i].key, 4));
        REFUSED(CAMA_E_OPTION, refused[i].key, cama_model_create(refused[i].preset, options, &made));
        assert_ptr_equal(made, &api_mark);
        cama_options_free(options);
    }
}

/* Plain arrays are held to the schema of the model that reads them. */
static void test_arrays_against_a_schema(void **state)
{
    (void)state;
    static const float rows[] = {1.5f, 0, 1, 0, -1, 1, 0, 1}, no_bit[] = {1.5f, 0.5f, 1, 0}, two[] = {1.5f, 1, 1, 1};
    static const struct {
        const float *x;
        const char *words;
    } refused[] = {{no_bit, "\"on\""}, {two, "\"kind\""}};
    cama_schema *schema;
    cama_model *made;
    cama_dataset *data;
    float out[2 * C] = {7};
    OK(cama_schema_create("y", C, NULL, &schema));
    OK(cama_schema_add(schema, "size", CAMA_ROLE_CHILD, CAMA_KIND_CONTINUOUS, 0, NULL));
    OK(cama_schema_add(schema, "on", CAMA_ROLE_CHILD, CAMA_KIND_BINARY, 0, NULL));
    OK(cama_schema_add(schema, "kind", CAMA_ROLE_CHILD, CAMA_KIND_CATEGORICAL, 2, NULL));
    OK(cama_model_create_for("measurement", schema, NULL, &made));
    for (int i = 0; i < 2; i++) {
        OK(cama_dataset_from_arrays(1, 1, 1, 4, C, refused[i].x, NULL, 0, &data));
        REFUSED(CAMA_E_DATA, refused[i].words, cama_predict(api_session, made, data, NULL, out));
        assert_true(out[0] == 7);
        cama_dataset_free(data);
    }
    OK(cama_dataset_from_arrays(2, 1, 1, 4, C, rows, NULL, 0, &data));
    OK(cama_predict(api_session, made, data, NULL, out));
    for (int i = 0; i < 2; i++) assert_near(out[i * C] + out[i * C + 1], 1, 1e-6f); /* rounding of two */
    cama_dataset_free(data);
    cama_model_free(made);
    cama_schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_options_and_reports),
        cmocka_unit_test(test_null_sessions_and_datasets),
        cmocka_unit_test(test_null_models),
        cmocka_unit_test(test_null_verbs),
        cmocka_unit_test(test_free_and_cancel_take_null),
        cmocka_unit_test(test_options_of_another_verb),
        cmocka_unit_test(test_unknown_words),
        cmocka_unit_test(test_options_without_a_use),
        cmocka_unit_test(test_arrays_against_a_schema),
    };
    return cmocka_run_group_tests(tests, api_begin_small, api_end_small);
}
