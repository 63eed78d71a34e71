/* api_errors_test - every public function refuses NULL, wrong sizes and another verb's options with the right status, a
 * message that names the function or the argument, and outputs left as they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cama/cama.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- What every test has ---- */

enum { N = 5, D = 3, C = 2, Z = 2, M = 1 };

static cama_session *session;
static cama_model *model, *without_m;
static cama_optimizer *optimizer;
static cama_dataset *labelled, *unlabelled, *narrow;
static cama_options *other; /* options of a verb that no function takes but cama_dataset_manipulate */
static cama_report *report;
static float x[N * D];
static const int32_t y[N] = {0, 1, 1, 0, 1};
static char directory[512];

static void must(int32_t status)
{
    if (status != CAMA_OK) fail_msg("%s: %s", cama_status_name(status), cama_last_error());
}

static cama_model *small_model(int64_t m)
{
    static const struct {
        const char *key, *text;
    } nets[] = {{"p_y", "dense 3 relu"},
                {"p_z", "dense 3 relu"},
                {"p_merge", "dense 4 relu, dense x"},
                {"q_z", "dense 4 relu | dense 3 relu"},
                {"p_m", "dense 3 relu"},
                {"q_m", "dense 3 relu"}};
    cama_options *options;
    cama_model *made = NULL;
    must(cama_options_create("model", &options));
    must(cama_options_set_int(options, "channels", D));
    must(cama_options_set_int(options, "classes", C));
    must(cama_options_set_int(options, "z", Z));
    must(cama_options_set_int(options, "m", m));
    for (int i = 0; i < (m > 0 ? 6 : 4); i++) must(cama_options_set_text(options, nets[i].key, nets[i].text));
    must(cama_model_create("measurement", options, &made));
    cama_options_free(options);
    return made;
}

static int begin(void **state)
{
    (void)state;
    cama_options *options;
    for (int i = 0; i < N * D; i++) x[i] = 0.25f * (float)(i % 7) - 0.5f;
    must(cama_options_create("session", &options));
    must(cama_options_set_int(options, "threads", 1));
    must(cama_session_create(options, &session));
    cama_options_free(options);
    model = small_model(M);
    without_m = small_model(0);
    must(cama_dataset_from_arrays(N, 1, 1, D, C, x, y, 0, &labelled));
    must(cama_dataset_without_labels(labelled, &unlabelled));
    must(cama_dataset_from_arrays(N, 1, 1, D - 1, C, x, y, 0, &narrow));
    must(cama_optimizer_create(model, NULL, &optimizer));
    must(cama_options_create("train", &options));
    must(cama_options_set_int(options, "epochs", 2));
    must(cama_train(session, optimizer, labelled, NULL, options, &report));
    cama_options_free(options);
    must(cama_options_create("manipulate", &other));
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/api_errors_test_XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(directory) == NULL ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    cama_report_free(report);
    cama_optimizer_free(optimizer);
    cama_dataset_free(narrow);
    cama_dataset_free(unlabelled);
    cama_dataset_free(labelled);
    cama_model_free(without_m);
    cama_model_free(model);
    cama_session_free(session);
    cama_options_free(other);
    return rmdir(directory);
}

static void assert_said(const char *words)
{
    if (strstr(cama_last_error(), words) == NULL) fail_msg("no \"%s\" in: %s", words, cama_last_error());
}

#define REFUSED(code, words, call)                                                                                     \
    do {                                                                                                               \
        assert_int_equal((call), code);                                                                                \
        assert_said(words);                                                                                            \
        assert_null(strchr(cama_last_error(), '\n'));                                                                  \
    } while (0)

/* The function's own name and the argument's. */
#define NEEDS(function, argument, ...)                                                                                 \
    REFUSED(CAMA_E_ARGUMENT, #function ": expected a pointer for " #argument ", got NULL", function(__VA_ARGS__))

/* An output that must not change: a pointer to here. */
static char mark;
#define MARKED(type) ((type *)(void *)&mark)

/* ---- NULL ---- */

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
    NEEDS(cama_options_set_int, key, other, NULL, 1);
    NEEDS(cama_options_set_real, options, NULL, "range", 1);
    NEEDS(cama_options_set_real, key, other, NULL, 1);
    NEEDS(cama_options_set_text, options, NULL, "kind", "noise");
    NEEDS(cama_options_set_text, key, other, NULL, "noise");
    NEEDS(cama_options_set_text, value, other, "kind", NULL);
    NEEDS(cama_options_set_vector, options, NULL, "columns", x, 1);
    NEEDS(cama_options_set_vector, key, other, NULL, x, 1);
    NEEDS(cama_options_set_vector, value, other, "columns", NULL, 1);
    REFUSED(CAMA_E_ARGUMENT, "cama_options_set_vector", cama_options_set_vector(other, "columns", x, -1));
    NEEDS(cama_options_get_int, options, NULL, "seed", &integer);
    NEEDS(cama_options_get_int, key, other, NULL, &integer);
    NEEDS(cama_options_get_int, value, other, "seed", NULL);
    NEEDS(cama_options_get_real, options, NULL, "range", &real);
    NEEDS(cama_options_get_real, key, other, NULL, &real);
    NEEDS(cama_options_get_real, value, other, "range", NULL);
    NEEDS(cama_options_get_text, options, NULL, "kind", &text);
    NEEDS(cama_options_get_text, key, other, NULL, &text);
    NEEDS(cama_options_get_text, value, other, "kind", NULL);
    NEEDS(cama_options_count, verb, NULL, &count);
    NEEDS(cama_options_count, count, "train", NULL);
    NEEDS(cama_options_describe, verb, NULL, 0, &text, &count, &text, &text, &text);
    NEEDS(cama_report_count, report, NULL, "steps", &integer);
    NEEDS(cama_report_count, key, report, NULL, &integer);
    NEEDS(cama_report_count, count, report, "steps", NULL);
    NEEDS(cama_report_get, report, NULL, "steps", 0, &real);
    NEEDS(cama_report_get, key, report, NULL, 0, &real);
    NEEDS(cama_report_get, value, report, "steps", 0, NULL);
    assert_ptr_equal(options, &mark);
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
    NEEDS(cama_session_bytes, bytes, session, NULL);
    NEEDS(cama_dataset_from_arrays, x, N, 1, 1, D, C, NULL, y, 1, &dataset);
    NEEDS(cama_dataset_from_arrays, out, N, 1, 1, D, C, x, y, 1, NULL);
    NEEDS(cama_dataset_from_idx, images_path, NULL, "labels", C, 0, &dataset);
    NEEDS(cama_dataset_from_idx, out, "images", "labels", C, 0, NULL);
    NEEDS(cama_dataset_slice, dataset, NULL, 0, 1, &dataset);
    NEEDS(cama_dataset_slice, out, labelled, 0, 1, NULL);
    NEEDS(cama_dataset_without_labels, dataset, NULL, &dataset);
    NEEDS(cama_dataset_without_labels, out, labelled, NULL);
    NEEDS(cama_dataset_manipulate, dataset, NULL, NULL, &dataset);
    NEEDS(cama_dataset_manipulate, out, labelled, NULL, NULL);
    NEEDS(cama_dataset_shape, dataset, NULL, &bytes, NULL, NULL, NULL, NULL, NULL);
    NEEDS(cama_dataset_read, dataset, NULL, 0, 1, x, NULL);
    assert_ptr_equal(dataset, &mark);
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
    NEEDS(cama_model_save, path, model, NULL);
    NEEDS(cama_model_load_memory, buffer, NULL, 100, &made);
    NEEDS(cama_model_load_memory, out, values, 4, NULL);
    NEEDS(cama_model_save_memory, model, NULL, NULL, &number);
    NEEDS(cama_model_save_memory, size, model, NULL, NULL);
    NEEDS(cama_model_clone, model, NULL, &made);
    NEEDS(cama_model_clone, out, model, NULL);
    NEEDS(cama_model_get_int, model, NULL, "z", &number);
    NEEDS(cama_model_get_int, name, model, NULL, &number);
    NEEDS(cama_model_get_int, value, model, "z", NULL);
    NEEDS(cama_model_get_text, model, NULL, "p_y", &text);
    NEEDS(cama_model_get_text, name, model, NULL, &text);
    NEEDS(cama_model_get_text, value, model, "p_y", NULL);
    NEEDS(cama_model_parameter_count, model, NULL, &dims);
    NEEDS(cama_model_parameter_count, count, model, NULL);
    NEEDS(cama_model_parameter_describe, model, NULL, 0, &text, &dims, shape, &number);
    NEEDS(cama_model_parameter_describe, name, model, 0, NULL, &dims, shape, &number);
    NEEDS(cama_model_parameter_describe, dims, model, 0, &text, NULL, shape, &number);
    NEEDS(cama_model_parameter_describe, shape, model, 0, &text, &dims, NULL, &number);
    NEEDS(cama_model_parameter_describe, count, model, 0, &text, &dims, shape, NULL);
    NEEDS(cama_model_parameter_read, model, NULL, "p_y.0.bias", 3, values);
    NEEDS(cama_model_parameter_read, name, model, NULL, 3, values);
    NEEDS(cama_model_parameter_read, values, model, "p_y.0.bias", 3, NULL);
    NEEDS(cama_model_parameter_write, model, NULL, "p_y.0.bias", 3, values);
    NEEDS(cama_model_parameter_write, name, model, NULL, 3, values);
    NEEDS(cama_model_parameter_write, values, model, "p_y.0.bias", 3, NULL);
    NEEDS(cama_model_set_prior, model, NULL, labelled);
    NEEDS(cama_model_set_prior, labelled, model, NULL);
    assert_ptr_equal(made, &mark);
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
    NEEDS(cama_optimizer_create, out, model, NULL, NULL);
    NEEDS(cama_train, session, NULL, optimizer, labelled, NULL, NULL, &told);
    NEEDS(cama_train, optimizer, session, NULL, labelled, NULL, NULL, &told);
    NEEDS(cama_train, clean, session, optimizer, NULL, NULL, NULL, &told);
    NEEDS(cama_finetune, session, NULL, model, labelled, unlabelled, NULL, &adapted, &told);
    NEEDS(cama_finetune, source, session, NULL, labelled, unlabelled, NULL, &adapted, &told);
    NEEDS(cama_finetune, test, session, model, labelled, NULL, NULL, &adapted, &told);
    NEEDS(cama_finetune, adapted, session, model, labelled, unlabelled, NULL, NULL, &told);
    REFUSED(CAMA_E_ARGUMENT, "clean", cama_finetune(session, model, NULL, unlabelled, NULL, &adapted, &told));
#define SCORE_NEEDS(function, ...)                                                                                     \
    do {                                                                                                               \
        NEEDS(function, session, NULL, model, labelled, __VA_ARGS__, values);                                          \
        NEEDS(function, model, session, NULL, labelled, __VA_ARGS__, values);                                          \
        NEEDS(function, dataset, session, model, NULL, __VA_ARGS__, values);                                           \
        NEEDS(function, values, session, model, labelled, __VA_ARGS__, NULL);                                          \
    } while (0)
    SCORE_NEEDS(cama_elbo, NULL);
    SCORE_NEEDS(cama_elbo_do, NULL, NULL);
    SCORE_NEEDS(cama_elbo_marginal, NULL);
    NEEDS(cama_predict, session, NULL, model, labelled, NULL, out);
    NEEDS(cama_predict, model, session, NULL, labelled, NULL, out);
    NEEDS(cama_predict, dataset, session, model, NULL, NULL, out);
    NEEDS(cama_predict, probabilities, session, model, labelled, NULL, NULL);
    NEEDS(cama_attack, session, NULL, model, labelled, NULL, &attacked);
    NEEDS(cama_attack, model, session, NULL, labelled, NULL, &attacked);
    NEEDS(cama_attack, dataset, session, model, NULL, NULL, &attacked);
    NEEDS(cama_attack, out, session, model, labelled, NULL, NULL);
    NEEDS(cama_encode, session, NULL, model, labelled, NULL, out, out, out, out);
    NEEDS(cama_encode, model, session, NULL, labelled, NULL, out, out, out, out);
    NEEDS(cama_encode, dataset, session, model, NULL, NULL, out, out, out, out);
    NEEDS(cama_reconstruct, session, NULL, model, labelled, NULL, out);
    NEEDS(cama_reconstruct, model, session, NULL, labelled, NULL, out);
    NEEDS(cama_reconstruct, dataset, session, model, NULL, NULL, out);
    NEEDS(cama_reconstruct, x_out, session, model, labelled, NULL, NULL);
    NEEDS(cama_generate, session, NULL, model, N, y, NULL, NULL, NULL, NULL, out);
    NEEDS(cama_generate, model, session, NULL, N, y, NULL, NULL, NULL, NULL, out);
    NEEDS(cama_generate, y, session, model, N, NULL, NULL, NULL, NULL, NULL, out);
    NEEDS(cama_generate, x_out, session, model, N, y, NULL, NULL, NULL, NULL, NULL);
    assert_ptr_equal(made, &mark);
    assert_ptr_equal(adapted, &mark);
    assert_ptr_equal(attacked, &mark);
    assert_ptr_equal(told, &mark);
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

/* ---- Options ---- */

static void test_options_of_another_verb(void **state)
{
    (void)state;
    cama_session *made_session = MARKED(cama_session);
    cama_model *made = MARKED(cama_model);
    cama_dataset *dataset = MARKED(cama_dataset);
    cama_optimizer *made_optimizer = MARKED(cama_optimizer);
    cama_options *train;
    double values[N] = {7};
    float out[N * D] = {7};
    must(cama_options_create("train", &train));
#define WRONG(verb, call) REFUSED(CAMA_E_OPTION, "\"" verb "\"", call)
    WRONG("session", cama_session_create(other, &made_session));
    WRONG("model", cama_model_create("measurement", other, &made));
    WRONG("manipulate", cama_dataset_manipulate(labelled, train, &dataset));
    WRONG("optimizer", cama_optimizer_create(model, other, &made_optimizer));
    WRONG("train", cama_train(session, optimizer, labelled, NULL, other, NULL));
    WRONG("finetune", cama_finetune(session, model, labelled, unlabelled, other, &made, NULL));
    WRONG("score", cama_elbo(session, model, labelled, other, values));
    WRONG("score", cama_elbo_do(session, model, labelled, NULL, other, values));
    WRONG("score", cama_elbo_marginal(session, model, labelled, other, values));
    WRONG("predict", cama_predict(session, model, labelled, other, out));
    WRONG("attack", cama_attack(session, model, labelled, other, &dataset));
    WRONG("encode", cama_encode(session, model, labelled, other, out, NULL, NULL, NULL));
    WRONG("reconstruct", cama_reconstruct(session, model, labelled, other, out));
    WRONG("generate", cama_generate(session, model, N, y, NULL, NULL, NULL, other, out));
    cama_options_free(train);
    assert_ptr_equal(made_session, &mark);
    assert_ptr_equal(made, &mark);
    assert_ptr_equal(dataset, &mark);
    assert_ptr_equal(made_optimizer, &mark);
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
    REFUSED(CAMA_E_OPTION, "\"rnage\"", cama_options_set_real(other, "rnage", 0.5));
    REFUSED(CAMA_E_OPTION, "range", cama_options_set_real(other, "range", 1.5));
    REFUSED(CAMA_E_OPTION, "kind", cama_options_set_text(other, "kind", "sideways"));
    REFUSED(CAMA_E_OPTION, "kind", cama_options_set_int(other, "kind", 1));
    REFUSED(CAMA_E_OPTION, "\"mnsit\"", cama_model_create("mnsit", NULL, &made));
    REFUSED(CAMA_E_ARGUMENT, "\"Z\"", cama_model_get_int(model, "Z", &number));
    REFUSED(CAMA_E_ARGUMENT, "q_m_trained", cama_model_get_int(model, "", &number));
    REFUSED(CAMA_E_ARGUMENT, "\"p_x\"", cama_model_get_text(model, "p_x", &text));
    REFUSED(CAMA_E_ARGUMENT, "\"steps_\"", cama_report_count(report, "steps_", &number));
    REFUSED(CAMA_E_ARGUMENT, "\"\"", cama_report_get(report, "", 0, &real));
    REFUSED(CAMA_E_ARGUMENT, "from 0 to 1, got 2", cama_report_get(report, "objective", 2, &real));
    REFUSED(CAMA_E_ARGUMENT, "from 0 to 1, got -1", cama_report_get(report, "objective", -1, &real));
    assert_ptr_equal(options, &mark);
    assert_ptr_equal(made, &mark);
    assert_int_equal(number, 7);
    assert_true(real == 7);
    assert_string_equal(text, "seven");
}

/* ---- Models that cannot be ---- */

static void assert_not_created(const char *preset, const char *key, const char *text, int64_t number, const char *words)
{
    cama_options *options;
    cama_model *made = MARKED(cama_model);
    must(cama_options_create("model", &options));
    if (strcmp(preset, "measurement") == 0) { /* whose sizes are open */
        if (strcmp(key, "channels") != 0) must(cama_options_set_int(options, "channels", D));
        if (strcmp(key, "classes") != 0) must(cama_options_set_int(options, "classes", C));
    }
    if (text != NULL)
        must(cama_options_set_text(options, key, text));
    else
        must(cama_options_set_int(options, key, number));
    REFUSED(CAMA_E_OPTION, words, cama_model_create(preset, options, &made));
    assert_ptr_equal(made, &mark);
    cama_options_free(options);
}

static void test_models_that_cannot_be_built(void **state)
{
    (void)state;
    static char long_text[2000];
    memset(long_text, ' ', sizeof long_text - 1);
    assert_not_created("measurement", "channels", NULL, 0, "channels");
    assert_not_created("measurement", "classes", NULL, 0, "classes");
    assert_not_created("measurement", "classes", NULL, 1, "2 to 65536 classes, got 1");
    assert_not_created("measurement", "z", NULL, 0, "z = 0");
    assert_not_created("mnist", "height", NULL, 30, "network p_merge: expected its output to be x, 30x28x1");
    assert_not_created("mnist", "channels", NULL, 1000000, "expected x of at most 16777216 numbers, got 28x28x1000000");
    assert_not_created("measurement", "p_y", "dense", 0, "network p_y, layer 1");
    assert_not_created("measurement", "q_z", "dense 3", 0, "network q_z");
    assert_not_created("measurement", "p_z", long_text, 0, "network p_z: expected a description of at most 1023");
    assert_not_created("cifar", "q_m", "conv 3 3x3 rleu", 0, "network q_m, layer 1");
}

static void test_m_networks_need_m(void **state)
{
    (void)state;
    cama_options *options;
    cama_model *made = MARKED(cama_model);
    must(cama_options_create("model", &options));
    must(cama_options_set_int(options, "m", 0));
    must(cama_options_set_text(options, "q_m", "dense 3"));
    REFUSED(CAMA_E_OPTION, "network q_m", cama_model_create("mnist", options, &made));
    cama_options_free(options);
}

/* ---- Sizes and values ---- */

static void test_datasets_refuse_wrong_sizes_and_values(void **state)
{
    (void)state;
    cama_dataset *d = MARKED(cama_dataset);
    int32_t labels[N] = {0, 1, 2, 0, 1}, got[N] = {7};
    float bad[N * D] = {0}, copy[N * D] = {7};
    REFUSED(CAMA_E_ARGUMENT, "", cama_dataset_from_arrays(0, 1, 1, D, C, x, y, 1, &d));
    REFUSED(CAMA_E_ARGUMENT, "", cama_dataset_from_arrays(-1, 1, 1, D, C, x, y, 1, &d));
    REFUSED(CAMA_E_ARGUMENT, "", cama_dataset_from_arrays(N, 0, 1, D, C, x, y, 1, &d));
    REFUSED(CAMA_E_ARGUMENT, "", cama_dataset_from_arrays(N, 1, 1, D, 1, x, y, 1, &d));
    REFUSED(CAMA_E_ARGUMENT, "", cama_dataset_from_arrays(INT64_MAX, 1, 1, D, C, x, y, 1, &d));
    REFUSED(CAMA_E_DATA, "row 2", cama_dataset_from_arrays(N, 1, 1, D, C, x, labels, 1, &d));
    bad[7] = NAN;
    REFUSED(CAMA_E_DATA, "row 2, column 1", cama_dataset_from_arrays(N, 1, 1, D, C, bad, y, 1, &d));
    bad[7] = -INFINITY;
    REFUSED(CAMA_E_DATA, "row 2, column 1", cama_dataset_from_arrays(N, 1, 1, D, C, bad, y, 0, &d));
    static const int64_t rows[][2] = {{-1, 1},        {0, N + 1}, {N, 1},        {1, INT64_MAX},
                                      {INT64_MAX, 1}, {0, -1},    {INT64_MIN, 1}};
    for (int i = 0; i < 7; i++) {
        REFUSED(CAMA_E_ARGUMENT, "rows", cama_dataset_slice(labelled, rows[i][0], rows[i][1], &d));
        REFUSED(CAMA_E_ARGUMENT, "rows", cama_dataset_read(labelled, rows[i][0], rows[i][1], copy, got));
    }
    REFUSED(CAMA_E_ARGUMENT, "no labels", cama_dataset_read(unlabelled, 0, 1, copy, got));
    assert_ptr_equal(d, &mark);
    assert_int_equal(got[0], 7);
    assert_true(copy[0] == 7);
}

static const char *file_in_directory(const char *name)
{
    static char path[2][600];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", directory, name);
    return path[turn];
}

static void write_idx(const char *path, const char *header, size_t header_size, const char *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(header, 1, header_size, file), header_size);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void test_idx_files_that_do_not_match(void **state)
{
    (void)state;
    static const char images_head[] = "\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02";
    static const char labels_head[] = "\0\0\x08\x01\0\0\0\x03";
    const char *images = file_in_directory("images"), *labels = file_in_directory("labels");
    cama_dataset *d = MARKED(cama_dataset);
    write_idx(images, images_head, 16, "\x00\x33\xff\x66", 4);
    write_idx(labels, labels_head, 8, "\x01\x00\x01", 3);
    REFUSED(CAMA_E_FORMAT, labels, cama_dataset_from_idx(images, labels, 2, 0, &d));
    REFUSED(CAMA_E_FORMAT, "expected 2 labels", cama_dataset_from_idx(images, labels, 2, 0, &d));
    REFUSED(CAMA_E_FORMAT, labels, cama_dataset_from_idx(labels, images, 2, 0, &d));
    REFUSED(CAMA_E_ARGUMENT, "limit", cama_dataset_from_idx(images, labels, 2, -1, &d));
    REFUSED(CAMA_E_ARGUMENT, "classes", cama_dataset_from_idx(images, NULL, 1, 0, &d));
    REFUSED(CAMA_E_IO, directory, cama_dataset_from_idx(directory, NULL, 2, 0, &d));
    write_idx(labels, labels_head, 7, "\x02\x01\x03", 3);
    REFUSED(CAMA_E_DATA, "row 1", cama_dataset_from_idx(images, labels, 2, 0, &d));
    assert_ptr_equal(d, &mark);

    float pixels[4];
    int32_t got[2], height, width, channels;
    write_idx(labels, labels_head, 7, "\x02\x01\x00", 3);
    must(cama_dataset_from_idx(images, labels, 2, 0, &d));
    must(cama_dataset_shape(d, NULL, &height, &width, &channels, NULL, NULL));
    assert_int_equal(height, 1);
    assert_int_equal(width, 2);
    assert_int_equal(channels, 1);
    must(cama_dataset_read(d, 0, 2, pixels, got));
    assert_true(pixels[0] == 0 && pixels[1] == 0.2f && pixels[2] == 1 && pixels[3] == 0.4f);
    assert_int_equal(got[0], 1);
    assert_int_equal(got[1], 0);
    cama_dataset_free(d);
    unlink(images);
    unlink(labels);
}

static void test_parameters_refuse_wrong_sizes_and_values(void **state)
{
    (void)state;
    const char *name = "none";
    int32_t dims = 7, count;
    int64_t shape[4] = {7}, size = 7;
    float values[9] = {0, 1, 2, 3, 4, 5}, before[9] = {0}, after[9] = {0};
    must(cama_model_parameter_count(model, &count));
    REFUSED(CAMA_E_ARGUMENT, "got -1", cama_model_parameter_describe(model, -1, &name, &dims, shape, &size));
    REFUSED(CAMA_E_ARGUMENT, "index", cama_model_parameter_describe(model, count, &name, &dims, shape, &size));
    assert_string_equal(name, "none");
    assert_true(dims == 7 && shape[0] == 7 && size == 7);
    must(cama_model_parameter_read(model, "p_y.0.weight", 6, before));
    REFUSED(CAMA_E_ARGUMENT, "\"p_y.9.weight\"", cama_model_parameter_read(model, "p_y.9.weight", 6, after));
    REFUSED(CAMA_E_ARGUMENT, "expected 6 numbers, got 5", cama_model_parameter_read(model, "p_y.0.weight", 5, after));
    REFUSED(CAMA_E_ARGUMENT, "expected 6 numbers, got 7", cama_model_parameter_write(model, "p_y.0.weight", 7, values));
    REFUSED(CAMA_E_ARGUMENT, "\"q_x\"", cama_model_parameter_write(model, "q_x", 7, values));
    assert_true(after[0] == 0);
    static const float wrong[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        values[4] = wrong[i];
        REFUSED(CAMA_E_DATA, "tensor p_y.0.weight", cama_model_parameter_write(model, "p_y.0.weight", 6, values));
        assert_said("index 4");
    }
    must(cama_model_parameter_read(model, "p_y.0.weight", 6, after));
    assert_memory_equal(before, after, sizeof before);
}

static void test_files_and_buffers(void **state)
{
    (void)state;
    cama_model *made = MARKED(cama_model);
    const char *nowhere = file_in_directory("no/model");
    int64_t size = 0;
    must(cama_model_save_memory(model, NULL, &size));
    char *buffer = calloc(1, (size_t)size);
    int64_t room = size - 1;
    REFUSED(CAMA_E_ARGUMENT, "cama_model_save_memory: expected room for", cama_model_save_memory(model, buffer, &room));
    assert_int_equal(room, size - 1);
    assert_int_equal(buffer[0], 0);
    must(cama_model_save_memory(model, buffer, &size));
    REFUSED(CAMA_E_ARGUMENT, "cama_model_load_memory", cama_model_load_memory(buffer, -1, &made));
    REFUSED(CAMA_E_FORMAT, "memory: ", cama_model_load_memory(buffer, size - 1, &made));
    REFUSED(CAMA_E_FORMAT, "memory: ", cama_model_load_memory(buffer, 0, &made));
    REFUSED(CAMA_E_IO, nowhere, cama_model_load(nowhere, &made));
    REFUSED(CAMA_E_IO, directory, cama_model_save(model, nowhere));
    REFUSED(CAMA_E_IO, directory, cama_model_load(directory, &made));
    assert_ptr_equal(made, &mark);
    free(buffer);
}

static void test_verbs_refuse_what_does_not_fit_the_model(void **state)
{
    (void)state;
    cama_model *adapted = MARKED(cama_model);
    cama_dataset *attacked = MARKED(cama_dataset);
    double values[N] = {7};
    float out[N * D] = {7}, bad[N * Z];
    const int32_t labels[N] = {0, 1, C, 0, 1};
    REFUSED(CAMA_E_ARGUMENT, "expected vectors of 3", cama_train(session, optimizer, narrow, NULL, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "labels", cama_train(session, optimizer, unlabelled, NULL, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "manipulated", cama_train(session, optimizer, labelled, narrow, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "test", cama_finetune(session, model, labelled, narrow, NULL, &adapted, NULL));
    REFUSED(CAMA_E_ARGUMENT, "M = 0", cama_finetune(session, without_m, labelled, unlabelled, NULL, &adapted, NULL));
    REFUSED(CAMA_E_ARGUMENT, "labels", cama_elbo(session, model, unlabelled, NULL, values));
    REFUSED(CAMA_E_ARGUMENT, "labels", cama_elbo_do(session, model, unlabelled, NULL, NULL, values));
    REFUSED(CAMA_E_ARGUMENT, "expected vectors", cama_elbo_marginal(session, model, narrow, NULL, values));
    REFUSED(CAMA_E_ARGUMENT, "expected vectors", cama_predict(session, model, narrow, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "labels", cama_attack(session, model, unlabelled, NULL, &attacked));
    REFUSED(CAMA_E_ARGUMENT, "expected vectors", cama_encode(session, model, narrow, NULL, out, NULL, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "m_mu", cama_encode(session, without_m, labelled, NULL, out, NULL, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "expected vectors", cama_reconstruct(session, model, narrow, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "-1", cama_generate(session, model, -1, y, NULL, NULL, NULL, NULL, out));
    REFUSED(CAMA_E_DATA, "row 2", cama_generate(session, model, N, labels, NULL, NULL, NULL, NULL, out));
    for (int i = 0; i < N * Z; i++) bad[i] = i == 3 ? NAN : 0;
    REFUSED(CAMA_E_DATA, "z, element 3", cama_generate(session, model, N, y, NULL, bad, NULL, NULL, out));
    REFUSED(CAMA_E_DATA, "m, element 3", cama_generate(session, model, N, y, NULL, NULL, bad, NULL, out));
    REFUSED(CAMA_E_DATA, "m0", cama_elbo_do(session, model, labelled, bad + 3, NULL, values));
    REFUSED(CAMA_E_ARGUMENT, "labels", cama_model_set_prior(model, unlabelled));
    assert_ptr_equal(adapted, &mark);
    assert_ptr_equal(attacked, &mark);
    assert_true(values[0] == 7 && out[0] == 7);
}

static int32_t stop(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    (void)user, (void)phase, (void)step, (void)total, (void)objective, (void)seconds;
    return 1;
}

/* More examples than are computed at once, so that some are done when the verb is cancelled. */
static void test_cancelled_verbs_touch_no_output(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    static float many[MANY * D], out[MANY * D];
    static double values[MANY];
    static int32_t labels[MANY];
    cama_dataset *large;
    must(cama_dataset_from_arrays(MANY, 1, 1, D, C, many, labels, 0, &large));
    must(cama_session_set_progress(session, stop, NULL));
#define CANCELLED(call)                                                                                                \
    do {                                                                                                               \
        values[0] = out[0] = 7;                                                                                        \
        assert_int_equal((call), CAMA_E_CANCELLED);                                                                    \
        if (values[0] != 7 || out[0] != 7) fail_msg("written to although cancelled: %s", #call);                       \
    } while (0)
    CANCELLED(cama_predict(session, model, large, NULL, out));
    CANCELLED(cama_elbo(session, model, large, NULL, values));
    CANCELLED(cama_elbo_do(session, model, large, NULL, NULL, values));
    CANCELLED(cama_elbo_marginal(session, model, large, NULL, values));
    CANCELLED(cama_encode(session, model, large, NULL, out, NULL, NULL, NULL));
    CANCELLED(cama_encode(session, model, large, NULL, NULL, NULL, NULL, out));
    CANCELLED(cama_reconstruct(session, model, large, NULL, out));
    CANCELLED(cama_generate(session, model, MANY, labels, NULL, NULL, NULL, NULL, out));
    must(cama_session_set_progress(session, NULL, NULL));
    cama_dataset_free(large);
}

static void test_classes_must_agree(void **state)
{
    (void)state;
    cama_dataset *three = NULL;
    float out[N * D] = {7};
    must(cama_dataset_from_arrays(N, 1, 1, D, 3, x, y, 0, &three));
    REFUSED(CAMA_E_ARGUMENT, "2 classes", cama_predict(session, model, three, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "2 classes", cama_model_set_prior(model, three));
    cama_dataset_free(three);
}

static void test_status_has_names(void **state)
{
    (void)state;
    assert_string_equal(cama_status_name(CAMA_OK), "CAMA_OK");
    assert_string_equal(cama_status_name(CAMA_E_SYSTEM), "CAMA_E_SYSTEM");
    assert_string_equal(cama_status_name(99), "CAMA_E_UNKNOWN");
}

static void test_version(void **state)
{
    (void)state;
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", CAMA_VERSION_MAJOR, CAMA_VERSION_MINOR, CAMA_VERSION_PATCH);
    assert_string_equal(cama_version_string(), text);
    assert_int_equal(cama_version(), 10000 * CAMA_VERSION_MAJOR + 100 * CAMA_VERSION_MINOR + CAMA_VERSION_PATCH);
    assert_non_null(strstr(cama_build_info(), text));
    assert_null(strchr(cama_build_info(), '\n'));
    assert_ptr_equal(cama_build_info(), cama_build_info());
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
        cmocka_unit_test(test_models_that_cannot_be_built),
        cmocka_unit_test(test_m_networks_need_m),
        cmocka_unit_test(test_datasets_refuse_wrong_sizes_and_values),
        cmocka_unit_test(test_idx_files_that_do_not_match),
        cmocka_unit_test(test_parameters_refuse_wrong_sizes_and_values),
        cmocka_unit_test(test_files_and_buffers),
        cmocka_unit_test(test_verbs_refuse_what_does_not_fit_the_model),
        cmocka_unit_test(test_cancelled_verbs_touch_no_output),
        cmocka_unit_test(test_classes_must_agree),
        cmocka_unit_test(test_status_has_names),
        cmocka_unit_test(test_version),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
