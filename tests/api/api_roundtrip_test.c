/* api_roundtrip_test - the life of a model seen from outside: created, read and written by name, trained, saved,
 * loaded, cloned and adapted; whatever comes back predicts the same bits. */
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

enum { N = 40, SIDE = 4, D = SIDE * SIDE, C = 3 };

static cama_session *session;
static cama_dataset *data;
static float x[N * D];
static int32_t y[N];
static char directory[512], path[600];

static void must(int32_t status)
{
    if (status != CAMA_OK) fail_msg("%s: %s", cama_status_name(status), cama_last_error());
}

/* An image of class c has its bright pixels in row c. */
static int begin(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) {
        y[i] = i * 7 % C;
        for (int d = 0; d < D; d++)
            x[i * D + d] = (float)((i * 31 + d * 17) % 10) / 40 + (d / SIDE == y[i] ? 0.7f : 0.05f);
    }
    must(cama_session_create(NULL, &session));
    must(cama_dataset_from_arrays(N, SIDE, SIDE, 1, C, x, y, 1, &data));
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/api_roundtrip_test_XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(directory) == NULL) return -1;
    snprintf(path, sizeof path, "%s/model.safetensors", directory);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama_dataset_free(data);
    cama_session_free(session);
    unlink(path);
    return rmdir(directory);
}

static cama_model *make(int64_t seed)
{
    static const struct {
        const char *key, *text;
    } nets[] = {{"p_y", "dense 5 relu"},
                {"p_z", "dense 4 relu,\n\tdense 3 relu"},
                {"p_m", "dense 4 relu"},
                {"p_merge", "dense 2x2x3 relu, tconv 1 3x3 /2 +1"},
                {"q_m", "conv 2 3x3 relu, pool 2, dense 5 relu"},
                {"q_z", "conv 3 3x3 relu, pool 2, dense 6 relu | dense 4 relu"}};
    static const struct {
        const char *key;
        int64_t value;
    } sizes[] = {{"height", SIDE}, {"width", SIDE}, {"classes", C}, {"z", 2}, {"m", 2}};
    cama_options *options;
    cama_model *model = NULL;
    must(cama_options_create("model", &options));
    for (int i = 0; i < 6; i++) must(cama_options_set_text(options, nets[i].key, nets[i].text));
    for (int i = 0; i < 5; i++) must(cama_options_set_int(options, sizes[i].key, sizes[i].value));
    must(cama_options_set_int(options, "seed", seed));
    must(cama_model_create("mnist", options, &model));
    cama_options_free(options);
    return model;
}

static void train(cama_model *model)
{
    cama_optimizer *optimizer;
    cama_options *options;
    cama_report *report;
    int64_t count;
    double first, last;
    must(cama_optimizer_create(model, NULL, &optimizer));
    must(cama_options_create("train", &options));
    must(cama_options_set_int(options, "epochs", 20));
    must(cama_options_set_int(options, "batch", 16));
    must(cama_train(session, optimizer, data, data, options, &report));
    must(cama_report_count(report, "objective", &count));
    assert_int_equal(count, 20);
    must(cama_report_get(report, "objective", 0, &first));
    must(cama_report_get(report, "objective", 19, &last));
    assert_true(last > first);
    cama_report_free(report);
    cama_options_free(options);
    cama_optimizer_free(optimizer);
}

static void predict(const cama_model *model, float *probabilities)
{
    must(cama_predict(session, model, data, NULL, probabilities));
    for (int i = 0; i < N; i++) {
        float sum = 0;
        for (int c = 0; c < C; c++) sum += probabilities[i * C + c];
        assert_true(fabsf(sum - 1) < 1e-5f);
    }
}

static void assert_same_predictions(const cama_model *a, const cama_model *b)
{
    float of_a[N * C], of_b[N * C];
    predict(a, of_a);
    predict(b, of_b);
    assert_memory_equal(of_a, of_b, sizeof of_a);
}

/* All parameters one after the other; *count of them. */
static float *read_all(const cama_model *model, int64_t *count)
{
    int32_t tensors;
    int64_t at = 0;
    must(cama_model_get_int(model, "parameters", count));
    float *values = calloc((size_t)*count, sizeof *values);
    must(cama_model_parameter_count(model, &tensors));
    for (int32_t i = 0; i < tensors; i++) {
        const char *name;
        int32_t dims;
        int64_t shape[4], size;
        must(cama_model_parameter_describe(model, i, &name, &dims, shape, &size));
        must(cama_model_parameter_read(model, name, size, values + at));
        at += size;
    }
    assert_int_equal(at, *count);
    return values;
}

static void assert_same_parameters(const cama_model *a, const cama_model *b)
{
    int64_t count, count_b;
    float *of_a = read_all(a, &count), *of_b = read_all(b, &count_b);
    assert_int_equal(count, count_b);
    assert_memory_equal(of_a, of_b, (size_t)count * sizeof *of_a);
    free(of_a);
    free(of_b);
}

/* ---- Tests ---- */

static void test_a_model_says_what_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"height", SIDE}, {"width", SIDE}, {"channels", 1}, {"x", D},
                   {"classes", C},   {"z", 2},        {"m", 2},        {"q_m_trained", 0}};
    static const struct {
        const char *name, *text;
    } texts[] = {{"preset", "mnist"},
                 {"likelihood", "bernoulli"},
                 {"p_y", "dense 5 relu"},
                 {"p_z", "dense 4 relu,  dense 3 relu"},
                 {"q_m", "conv 2 3x3 relu, pool 2, dense 5 relu"}};
    cama_model *model = make(1);
    const char *text;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int64_t value;
        must(cama_model_get_int(model, numbers[i].name, &value));
        assert_int_equal(value, numbers[i].value);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        must(cama_model_get_text(model, texts[i].name, &text));
        assert_string_equal(text, texts[i].text);
    }
    must(cama_model_get_text(model, "summary", &text));
    int lines = 1;
    for (const char *at = text; *at; at++) lines += *at == '\n';
    assert_int_equal(lines, 1 + 6);
    cama_model_free(model);
}

static void test_presets(void **state)
{
    (void)state;
    static const struct {
        const char *preset;
        int64_t x, classes, z, m;
    } presets[] = {{"mnist", 784, 10, 64, 32}, {"cifar", 3072, 10, 128, 64}};
    for (int i = 0; i < 2; i++) {
        cama_model *model, *back;
        int64_t got[4], size = 0;
        static const char *const names[] = {"x", "classes", "z", "m"};
        must(cama_model_create(presets[i].preset, NULL, &model));
        for (int k = 0; k < 4; k++) must(cama_model_get_int(model, names[k], &got[k]));
        assert_memory_equal(got, &presets[i].x, sizeof got);
        must(cama_model_save_memory(model, NULL, &size));
        void *buffer = malloc((size_t)size);
        must(cama_model_save_memory(model, buffer, &size));
        must(cama_model_load_memory(buffer, size, &back));
        assert_same_parameters(model, back);
        cama_model_free(back);
        cama_model_free(model);
        free(buffer);
    }
}

static void test_the_seed_makes_the_model(void **state)
{
    (void)state;
    int64_t count;
    cama_model *a = make(1), *b = make(1), *c = make(2);
    assert_same_parameters(a, b);
    float *of_a = read_all(a, &count), *of_c = read_all(c, &count);
    int64_t same = 0, zero = 0;
    for (int64_t i = 0; i < count; i++) {
        same += of_a[i] == of_c[i];
        zero += of_a[i] == 0;
    }
    assert_int_equal(same, zero); /* the biases alone */
    assert_true(zero < count / 4);
    free(of_a);
    free(of_c);
    cama_model_free(a);
    cama_model_free(b);
    cama_model_free(c);
}

static void test_parameters_by_name(void **state)
{
    (void)state;
    cama_model *model = make(1), *copy = make(2);
    int32_t tensors;
    int64_t marked = 0;
    must(cama_model_parameter_count(model, &tensors));
    for (int32_t i = 0; i < tensors; i++) {
        const char *name;
        int32_t dims;
        int64_t shape[4], count, product = 1;
        must(cama_model_parameter_describe(model, i, &name, &dims, shape, &count));
        for (int32_t d = 0; d < dims; d++) product *= shape[d];
        assert_int_equal(count, product);
        marked += strcmp(name, "p_merge.1.weight") == 0 && dims == 4 && shape[0] == 3 && shape[1] == 1 && shape[2] == 3;
        float *values = calloc((size_t)count, sizeof *values), *back = calloc((size_t)count, sizeof *back);
        assert_true(count < 20011); /* a prime: no number comes twice, so each shows that it has a place of its own */
        for (int64_t k = 0; k < count; k++) values[k] = (float)((i * 977 + k * 7919) % 20011) / 20011 - 0.5f;
        must(cama_model_parameter_write(model, name, count, values));
        must(cama_model_parameter_read(model, name, count, back));
        assert_memory_equal(values, back, (size_t)count * sizeof *values);
        must(cama_model_parameter_write(copy, name, count, values));
        free(values);
        free(back);
    }
    assert_int_equal(marked, 1);
    assert_same_parameters(model, copy);
    assert_same_predictions(model, copy);
    cama_model_free(model);
    cama_model_free(copy);
}

/* Weights that make |log p(x)| so large that log 2 is lost in it, and at last infinite. */
static void test_extreme_weights_give_probabilities_or_an_error(void **state)
{
    (void)state;
    cama_model *model = make(1);
    int32_t tensors, refused = 0;
    must(cama_model_parameter_count(model, &tensors));
    for (float size = 1; size < 1e30f; size *= 10) {
        float probabilities[N * C] = {7};
        for (int32_t i = 0; i < tensors; i++) {
            const char *name;
            int32_t dims;
            int64_t shape[4], count;
            must(cama_model_parameter_describe(model, i, &name, &dims, shape, &count));
            float *values = calloc((size_t)count, sizeof *values);
            for (int64_t k = 0; k < count; k++) values[k] = size;
            must(cama_model_parameter_write(model, name, count, values));
            free(values);
        }
        const int32_t status = cama_predict(session, model, data, NULL, probabilities);
        if (status == CAMA_OK) {
            predict(model, probabilities);
            continue;
        }
        assert_int_equal(status, CAMA_E_NONFINITE);
        assert_true(probabilities[0] == 7);
        refused++;
    }
    assert_true(refused > 0);
    cama_model_free(model);
}

static void test_trained_models_come_back(void **state)
{
    (void)state;
    cama_model *model = make(1), *loaded, *from_memory, *clone;
    int64_t size = 0, room, trained;
    must(cama_model_set_prior(model, data));
    train(model);
    must(cama_model_save(model, path));
    must(cama_model_load(path, &loaded));
    must(cama_model_get_int(loaded, "q_m_trained", &trained));
    assert_int_equal(trained, 1);

    must(cama_model_save_memory(model, NULL, &size));
    room = size + 64;
    char *buffer = malloc((size_t)room);
    memset(buffer + size, 0x5a, 64);
    must(cama_model_save_memory(model, buffer, &room));
    assert_int_equal(room, size);
    for (int i = 0; i < 64; i++) assert_int_equal(buffer[size + i], 0x5a);
    must(cama_model_load_memory(buffer, size, &from_memory));
    FILE *file = fopen(path, "rb");
    char *bytes = malloc((size_t)size + 1);
    assert_int_equal(fread(bytes, 1, (size_t)size + 1, file), size);
    assert_memory_equal(bytes, buffer, (size_t)size);
    fclose(file);

    must(cama_model_clone(model, &clone));
    const cama_model *const copies[] = {loaded, from_memory, clone};
    for (int i = 0; i < 3; i++) {
        assert_same_parameters(model, copies[i]);
        assert_same_predictions(model, copies[i]);
    }
    free(bytes);
    free(buffer);
    cama_model_free(clone);
    cama_model_free(from_memory);
    cama_model_free(loaded);
    cama_model_free(model);
}

static void test_a_clone_goes_its_own_way(void **state)
{
    (void)state;
    cama_model *model = make(1), *clone, *witness = make(1);
    must(cama_model_clone(model, &clone));
    train(clone);
    assert_same_parameters(model, witness);
    cama_model_free(model); /* nothing is shared */
    float probabilities[N * C];
    predict(clone, probabilities);
    cama_model_free(clone);
    cama_model_free(witness);
}

static void test_the_prior_counts(void **state)
{
    (void)state;
    static const int32_t ones[N] = {0};
    cama_dataset *all_zero;
    cama_model *model = make(1), *uniform = make(1), *back;
    double values[2][N];
    must(cama_dataset_from_arrays(N, SIDE, SIDE, 1, C, x, ones, 1, &all_zero));
    must(cama_model_set_prior(model, all_zero));
    must(cama_model_save(model, path));
    must(cama_model_load(path, &back));
    must(cama_elbo(session, uniform, all_zero, NULL, values[0]));
    must(cama_elbo(session, back, all_zero, NULL, values[1]));
    for (int i = 0; i < N; i++) /* log p(y = 0): (40 + 1) / (40 + 3) instead of 1 / 3 */
        assert_true(fabs(values[1][i] - values[0][i] - log(41.0 / 43.0 * 3)) < 1e-6);
    assert_same_predictions(model, back);
    cama_model_free(back);
    cama_model_free(uniform);
    cama_model_free(model);
    cama_dataset_free(all_zero);
}

static void test_adapted_models_are_models(void **state)
{
    (void)state;
    cama_model *model = make(1), *adapted, *back;
    cama_dataset *unlabelled;
    cama_options *options;
    cama_report *report;
    int64_t count, size = 0;
    double value;
    train(model);
    must(cama_dataset_without_labels(data, &unlabelled));
    must(cama_options_create("finetune", &options));
    must(cama_options_set_int(options, "steps", 4));
    must(cama_options_set_int(options, "check_every", 2));
    must(cama_finetune(session, model, data, unlabelled, options, &adapted, &report));
    must(cama_report_count(report, "classes_after", &count));
    assert_int_equal(count, C);
    must(cama_report_get(report, "rolled_back", 0, &value));
    assert_true(value == 0 || value == 1);
    must(cama_model_save_memory(adapted, NULL, &size));
    void *buffer = malloc((size_t)size);
    must(cama_model_save_memory(adapted, buffer, &size));
    must(cama_model_load_memory(buffer, size, &back));
    assert_same_predictions(adapted, back);
    free(buffer);
    cama_model_free(back);
    cama_model_free(adapted);
    cama_model_free(model);
    cama_report_free(report);
    cama_options_free(options);
    cama_dataset_free(unlabelled);
}

static int32_t stop_at_three(void *user, const char *phase, int64_t step, int64_t total, double objective,
                             double seconds)
{
    (void)phase, (void)total, (void)objective, (void)seconds;
    *(int64_t *)user = step;
    return step >= 3;
}

static void test_progress_can_cancel_and_the_session_goes_on(void **state)
{
    (void)state;
    cama_model *model = make(1);
    cama_optimizer *optimizer;
    cama_options *options;
    int64_t step = 0, bytes;
    must(cama_optimizer_create(model, NULL, &optimizer));
    must(cama_options_create("train", &options));
    must(cama_options_set_int(options, "batch", 65536)); /* an epoch is a step, and each epoch's end is told */
    must(cama_session_set_progress(session, stop_at_three, &step));
    assert_int_equal(cama_train(session, optimizer, data, NULL, options, NULL), CAMA_E_CANCELLED);
    assert_int_equal(step, 3);
    must(cama_session_set_progress(session, NULL, NULL));
    cama_session_cancel(session); /* nothing runs: no effect on later verbs */
    must(cama_train(session, optimizer, data, NULL, options, NULL));
    assert_int_equal(step, 3);
    must(cama_session_bytes(session, &bytes));
    assert_true(bytes > 0);
    cama_options_free(options);
    cama_optimizer_free(optimizer);
    cama_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_model_says_what_it_is),
        cmocka_unit_test(test_presets),
        cmocka_unit_test(test_the_seed_makes_the_model),
        cmocka_unit_test(test_parameters_by_name),
        cmocka_unit_test(test_extreme_weights_give_probabilities_or_an_error),
        cmocka_unit_test(test_trained_models_come_back),
        cmocka_unit_test(test_a_clone_goes_its_own_way),
        cmocka_unit_test(test_the_prior_counts),
        cmocka_unit_test(test_adapted_models_are_models),
        cmocka_unit_test(test_progress_can_cancel_and_the_session_goes_on),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
