/* api_values_test - models that cannot be, data with wrong sizes and values, files and buffers that hold something
 * else: refused where they come in, with outputs left as they were. */
#include "api_small.h"

#include <math.h>

static int begin(void **state) { return api_begin_small(state) == 0 ? api_make_directory("api_values_test") : -1; }

static int end(void **state)
{
    api_end_small(state);
    return rmdir(api_directory);
}

/* ---- Models that cannot be --------------------------------------------------------------------------------------- */

static void assert_not_created(const char *preset, const char *key, const char *text, int64_t number, const char *words)
{
    cama_options *options;
    cama_model *made = MARKED(cama_model);
    OK(cama_options_create("model", &options));
    if (strcmp(preset, "measurement") == 0) { /* whose sizes are open */
        if (strcmp(key, "channels") != 0) OK(cama_options_set_int(options, "channels", D));
        if (strcmp(key, "classes") != 0) OK(cama_options_set_int(options, "classes", C));
    }
    if (text != NULL)
        OK(cama_options_set_text(options, key, text));
    else
        OK(cama_options_set_int(options, key, number));
    REFUSED(CAMA_E_OPTION, words, cama_model_create(preset, options, &made));
    assert_ptr_equal(made, &api_mark);
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
    OK(cama_options_create("model", &options));
    OK(cama_options_set_int(options, "m", 0));
    OK(cama_options_set_text(options, "q_m", "dense 3"));
    REFUSED(CAMA_E_OPTION, "network q_m", cama_model_create("mnist", options, &made));
    cama_options_free(options);
}

/* ---- Data -------------------------------------------------------------------------------------------------------- */

static void test_datasets_refuse_wrong_sizes_and_values(void **state)
{
    (void)state;
    cama_dataset *d = MARKED(cama_dataset);
    int32_t labels[N] = {0, 1, 2, 0, 1}, got[N] = {7};
    float bad[N * D] = {0}, copy[N * D] = {7};
    REFUSED(CAMA_E_ARGUMENT, "", cama_dataset_from_arrays(0, 1, 1, D, C, api_x, api_y, 1, &d));
    REFUSED(CAMA_E_ARGUMENT, "", cama_dataset_from_arrays(-1, 1, 1, D, C, api_x, api_y, 1, &d));
    REFUSED(CAMA_E_ARGUMENT, "", cama_dataset_from_arrays(N, 0, 1, D, C, api_x, api_y, 1, &d));
    REFUSED(CAMA_E_ARGUMENT, "", cama_dataset_from_arrays(N, 1, 1, D, 1, api_x, api_y, 1, &d));
    REFUSED(CAMA_E_ARGUMENT, "", cama_dataset_from_arrays(INT64_MAX, 1, 1, D, C, api_x, api_y, 1, &d));
    REFUSED(CAMA_E_DATA, "row 2", cama_dataset_from_arrays(N, 1, 1, D, C, api_x, labels, 1, &d));
    bad[7] = NAN;
    REFUSED(CAMA_E_DATA, "row 2, column 1", cama_dataset_from_arrays(N, 1, 1, D, C, bad, api_y, 1, &d));
    bad[7] = -INFINITY;
    REFUSED(CAMA_E_DATA, "row 2, column 1", cama_dataset_from_arrays(N, 1, 1, D, C, bad, api_y, 0, &d));
    static const int64_t rows[][2] = {{-1, 1},        {0, N + 1}, {N, 1},        {1, INT64_MAX},
                                      {INT64_MAX, 1}, {0, -1},    {INT64_MIN, 1}};
    for (int i = 0; i < 7; i++) {
        REFUSED(CAMA_E_ARGUMENT, "rows", cama_dataset_slice(api_labelled, rows[i][0], rows[i][1], &d));
        REFUSED(CAMA_E_ARGUMENT, "rows", cama_dataset_read(api_labelled, rows[i][0], rows[i][1], copy, got));
    }
    REFUSED(CAMA_E_ARGUMENT, "no labels", cama_dataset_read(api_unlabelled, 0, 1, copy, got));
    assert_ptr_equal(d, &api_mark);
    assert_int_equal(got[0], 7);
    assert_true(copy[0] == 7);
}

static const char *file_in_directory(const char *name)
{
    static char path[2][600];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", api_directory, name);
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
    REFUSED(CAMA_E_IO, api_directory, cama_dataset_from_idx(api_directory, NULL, 2, 0, &d));
    write_idx(labels, labels_head, 7, "\x02\x01\x03", 3);
    REFUSED(CAMA_E_DATA, "row 1", cama_dataset_from_idx(images, labels, 2, 0, &d));
    assert_ptr_equal(d, &api_mark);

    float pixels[4];
    int32_t got[2], height, width, channels;
    write_idx(labels, labels_head, 7, "\x02\x01\x00", 3);
    OK(cama_dataset_from_idx(images, labels, 2, 0, &d));
    OK(cama_dataset_shape(d, NULL, &height, &width, &channels, NULL, NULL));
    assert_int_equal(height, 1);
    assert_int_equal(width, 2);
    assert_int_equal(channels, 1);
    OK(cama_dataset_read(d, 0, 2, pixels, got));
    assert_true(pixels[0] == 0 && pixels[1] == 0.2f && pixels[2] == 1 && pixels[3] == 0.4f);
    assert_int_equal(got[0], 1);
    assert_int_equal(got[1], 0);
    cama_dataset_free(d);
    unlink(images);
    unlink(labels);
}

/* ---- Parameters and files of models ------------------------------------------------------------------------------ */

static void test_parameters_refuse_wrong_sizes_and_values(void **state)
{
    (void)state;
    const char *name = "none";
    int32_t dims = 7, count;
    int64_t shape[4] = {7}, size = 7;
    float values[9] = {0, 1, 2, 3, 4, 5}, before[9] = {0}, after[9] = {0};
    OK(cama_model_parameter_count(api_model, &count));
    REFUSED(CAMA_E_ARGUMENT, "got -1", cama_model_parameter_describe(api_model, -1, &name, &dims, shape, &size));
    REFUSED(CAMA_E_ARGUMENT, "index", cama_model_parameter_describe(api_model, count, &name, &dims, shape, &size));
    assert_string_equal(name, "none");
    assert_true(dims == 7 && shape[0] == 7 && size == 7);
    OK(cama_model_parameter_read(api_model, "p_y.0.weight", 6, before));
    REFUSED(CAMA_E_ARGUMENT, "\"p_y.9.weight\"", cama_model_parameter_read(api_model, "p_y.9.weight", 6, after));
    REFUSED(CAMA_E_ARGUMENT, "expected 6 numbers, got 5",
            cama_model_parameter_read(api_model, "p_y.0.weight", 5, after));
    REFUSED(CAMA_E_ARGUMENT, "expected 6 numbers, got 7",
            cama_model_parameter_write(api_model, "p_y.0.weight", 7, values));
    REFUSED(CAMA_E_ARGUMENT, "\"q_x\"", cama_model_parameter_write(api_model, "q_x", 7, values));
    assert_true(after[0] == 0);
    static const float wrong[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        values[4] = wrong[i];
        REFUSED(CAMA_E_DATA, "tensor p_y.0.weight", cama_model_parameter_write(api_model, "p_y.0.weight", 6, values));
        check_said("index 4");
    }
    OK(cama_model_parameter_read(api_model, "p_y.0.weight", 6, after));
    assert_memory_equal(before, after, sizeof before);
}

static void test_files_and_buffers(void **state)
{
    (void)state;
    cama_model *made = MARKED(cama_model);
    const char *nowhere = file_in_directory("no/model");
    int64_t size = 0;
    OK(cama_model_save_memory(api_model, NULL, &size));
    char *buffer = calloc(1, (size_t)size);
    int64_t room = size - 1;
    REFUSED(CAMA_E_ARGUMENT, "cama_model_save_memory: expected room for",
            cama_model_save_memory(api_model, buffer, &room));
    assert_int_equal(room, size - 1);
    assert_int_equal(buffer[0], 0);
    OK(cama_model_save_memory(api_model, buffer, &size));
    REFUSED(CAMA_E_ARGUMENT, "cama_model_load_memory", cama_model_load_memory(buffer, -1, &made));
    REFUSED(CAMA_E_FORMAT, "memory: ", cama_model_load_memory(buffer, size - 1, &made));
    REFUSED(CAMA_E_FORMAT, "memory: ", cama_model_load_memory(buffer, 0, &made));
    REFUSED(CAMA_E_IO, nowhere, cama_model_load(nowhere, &made));
    REFUSED(CAMA_E_IO, api_directory, cama_model_save(api_model, nowhere));
    REFUSED(CAMA_E_IO, api_directory, cama_model_load(api_directory, &made));
    assert_ptr_equal(made, &api_mark);
    free(buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models_that_cannot_be_built),
        cmocka_unit_test(test_m_networks_need_m),
        cmocka_unit_test(test_datasets_refuse_wrong_sizes_and_values),
        cmocka_unit_test(test_idx_files_that_do_not_match),
        cmocka_unit_test(test_parameters_refuse_wrong_sizes_and_values),
        cmocka_unit_test(test_files_and_buffers),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
