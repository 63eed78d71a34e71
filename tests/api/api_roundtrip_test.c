/* api_roundtrip_test - the life of a model seen from outside: trained, saved, loaded, cloned and adapted; whatever
 * comes back predicts the same bits. */
#include "api_images.h"

static char path[600];

static int begin(void **state)
{
    if (images_begin(state) != 0 || api_make_directory("api_roundtrip_test") != 0) return -1;
    snprintf(path, sizeof path, "%s/model.safetensors", api_directory);
    return 0;
}

static int end(void **state)
{
    images_end(state);
    unlink(path);
    return rmdir(api_directory);
}

static void train(cama_model *model)
{
    cama_optimizer *optimizer;
    cama_options *options;
    cama_report *report;
    int64_t count;
    double first, last;
    OK(cama_optimizer_create(model, NULL, &optimizer));
    OK(cama_options_create("train", &options));
    OK(cama_options_set_int(options, "epochs", 20));
    OK(cama_options_set_int(options, "batch", 16));
    OK(cama_train(images_session, optimizer, images_data, images_data, options, &report));
    OK(cama_report_count(report, "objective", &count));
    assert_int_equal(count, 20);
    OK(cama_report_get(report, "objective", 0, &first));
    OK(cama_report_get(report, "objective", 19, &last));
    assert_true(last > first);
    cama_report_free(report);
    cama_options_free(options);
    cama_optimizer_free(optimizer);
}

/* Weights that make |log p(x)| so large that log 2 is lost in it, and at last infinite. */
static void test_extreme_weights_give_probabilities_or_an_error(void **state)
{
    (void)state;
    cama_model *model = images_model(1);
    int32_t tensors, refused = 0;
    OK(cama_model_parameter_count(model, &tensors));
    for (float size = 1; size < 1e30f; size *= 10) {
        float probabilities[N * C] = {7};
        for (int32_t i = 0; i < tensors; i++) {
            const char *name;
            int32_t dims;
            int64_t shape[4], count;
            OK(cama_model_parameter_describe(model, i, &name, &dims, shape, &count));
            float *values = calloc((size_t)count, sizeof *values);
            for (int64_t k = 0; k < count; k++) values[k] = size;
            OK(cama_model_parameter_write(model, name, count, values));
            free(values);
        }
        const int32_t status = cama_predict(images_session, model, images_data, NULL, probabilities);
        if (status == CAMA_OK) {
            images_predict(model, probabilities);
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
    cama_model *model = images_model(1), *loaded, *from_memory, *clone;
    int64_t size = 0, room, trained;
    OK(cama_model_set_prior(model, images_data));
    train(model);
    OK(cama_model_save(model, path));
    OK(cama_model_load(path, &loaded));
    OK(cama_model_get_int(loaded, "q_m_trained", &trained));
    assert_int_equal(trained, 1);

    OK(cama_model_save_memory(model, NULL, &size));
    room = size + 64;
    char *buffer = malloc((size_t)room);
    memset(buffer + size, 0x5a, 64);
    OK(cama_model_save_memory(model, buffer, &room));
    assert_int_equal(room, size);
    for (int i = 0; i < 64; i++) assert_int_equal(buffer[size + i], 0x5a);
    OK(cama_model_load_memory(buffer, size, &from_memory));
    FILE *file = fopen(path, "rb");
    char *bytes = malloc((size_t)size + 1);
    assert_int_equal(fread(bytes, 1, (size_t)size + 1, file), size);
    assert_memory_equal(bytes, buffer, (size_t)size);
    fclose(file);

    OK(cama_model_clone(model, &clone));
    const cama_model *const copies[] = {loaded, from_memory, clone};
    for (int i = 0; i < 3; i++) {
        images_same_parameters(model, copies[i]);
        images_same_predictions(model, copies[i]);
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
    cama_model *model = images_model(1), *clone, *witness = images_model(1);
    OK(cama_model_clone(model, &clone));
    train(clone);
    images_same_parameters(model, witness);
    cama_model_free(model); /* nothing is shared */
    float probabilities[N * C];
    images_predict(clone, probabilities);
    cama_model_free(clone);
    cama_model_free(witness);
}

static void test_the_prior_counts(void **state)
{
    (void)state;
    static const int32_t ones[N] = {0};
    cama_dataset *all_zero;
    cama_model *model = images_model(1), *uniform = images_model(1), *back;
    double values[2][N];
    OK(cama_dataset_from_arrays(N, SIDE, SIDE, 1, C, images_x, ones, 1, &all_zero));
    OK(cama_model_set_prior(model, all_zero));
    OK(cama_model_save(model, path));
    OK(cama_model_load(path, &back));
    OK(cama_elbo(images_session, uniform, all_zero, NULL, values[0]));
    OK(cama_elbo(images_session, back, all_zero, NULL, values[1]));
    for (int i = 0; i < N; i++) /* log p(y = 0): (40 + 1) / (40 + 3) instead of 1 / 3 */
        assert_near(values[1][i] - values[0][i], log(41.0 / 43.0 * 3), 1e-6);
    images_same_predictions(model, back);
    cama_model_free(back);
    cama_model_free(uniform);
    cama_model_free(model);
    cama_dataset_free(all_zero);
}

static void test_adapted_models_are_models(void **state)
{
    (void)state;
    cama_model *model = images_model(1), *adapted, *back;
    cama_dataset *unlabelled;
    cama_options *options;
    cama_report *report;
    int64_t count, size = 0;
    double value;
    train(model);
    OK(cama_dataset_without_labels(images_data, &unlabelled));
    OK(cama_options_create("finetune", &options));
    OK(cama_options_set_int(options, "steps", 4));
    OK(cama_options_set_int(options, "check_every", 2));
    OK(cama_finetune(images_session, model, images_data, unlabelled, options, &adapted, &report));
    OK(cama_report_count(report, "classes_after", &count));
    assert_int_equal(count, C);
    OK(cama_report_get(report, "rolled_back", 0, &value));
    assert_true(value == 0 || value == 1);
    OK(cama_model_save_memory(adapted, NULL, &size));
    void *buffer = malloc((size_t)size);
    OK(cama_model_save_memory(adapted, buffer, &size));
    OK(cama_model_load_memory(buffer, size, &back));
    images_same_predictions(adapted, back);
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
    cama_model *model = images_model(1);
    cama_optimizer *optimizer;
    cama_options *options;
    int64_t step = 0, bytes;
    OK(cama_optimizer_create(model, NULL, &optimizer));
    OK(cama_options_create("train", &options));
    OK(cama_options_set_int(options, "batch", 65536)); /* an epoch is a step, and each epoch's end is told */
    OK(cama_session_set_progress(images_session, stop_at_three, &step));
    assert_int_equal(cama_train(images_session, optimizer, images_data, NULL, options, NULL), CAMA_E_CANCELLED);
    assert_int_equal(step, 3);
    OK(cama_session_set_progress(images_session, NULL, NULL));
    cama_session_cancel(images_session); /* nothing runs: no effect on later verbs */
    OK(cama_train(images_session, optimizer, images_data, NULL, options, NULL));
    assert_int_equal(step, 3);
    OK(cama_session_bytes(images_session, &bytes));
    assert_true(bytes > 0);
    cama_options_free(options);
    cama_optimizer_free(optimizer);
    cama_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extreme_weights_give_probabilities_or_an_error),
        cmocka_unit_test(test_trained_models_come_back),
        cmocka_unit_test(test_a_clone_goes_its_own_way),
        cmocka_unit_test(test_the_prior_counts),
        cmocka_unit_test(test_adapted_models_are_models),
        cmocka_unit_test(test_progress_can_cancel_and_the_session_goes_on),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
