/* api_model_test - a new model seen from outside: what it says it is, the sizes of the presets, what the seed decides,
 * its parameters read and written by name. */
#include "api_images.h"

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
    cama_model *model = images_model(1);
    const char *text;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int64_t value;
        OK(cama_model_get_int(model, numbers[i].name, &value));
        assert_int_equal(value, numbers[i].value);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        OK(cama_model_get_text(model, texts[i].name, &text));
        assert_string_equal(text, texts[i].text);
    }
    OK(cama_model_get_text(model, "summary", &text));
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
        OK(cama_model_create(presets[i].preset, NULL, &model));
        for (int k = 0; k < 4; k++) OK(cama_model_get_int(model, names[k], &got[k]));
        assert_memory_equal(got, &presets[i].x, sizeof got);
        OK(cama_model_save_memory(model, NULL, &size));
        void *buffer = malloc((size_t)size);
        OK(cama_model_save_memory(model, buffer, &size));
        OK(cama_model_load_memory(buffer, size, &back));
        images_same_parameters(model, back);
        cama_model_free(back);
        cama_model_free(model);
        free(buffer);
    }
}

static void test_the_seed_makes_the_model(void **state)
{
    (void)state;
    int64_t count;
    cama_model *a = images_model(1), *b = images_model(1), *c = images_model(2);
    images_same_parameters(a, b);
    float *of_a = images_read_all(a, &count), *of_c = images_read_all(c, &count);
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
    cama_model *model = images_model(1), *copy = images_model(2);
    int32_t tensors;
    int64_t marked = 0;
    OK(cama_model_parameter_count(model, &tensors));
    for (int32_t i = 0; i < tensors; i++) {
        const char *name;
        int32_t dims;
        int64_t shape[4], count, product = 1;
        OK(cama_model_parameter_describe(model, i, &name, &dims, shape, &count));
        for (int32_t d = 0; d < dims; d++) product *= shape[d];
        assert_int_equal(count, product);
        marked += strcmp(name, "p_merge.1.weight") == 0 && dims == 4 && shape[0] == 3 && shape[1] == 1 && shape[2] == 3;
        float *values = calloc((size_t)count, sizeof *values), *back = calloc((size_t)count, sizeof *back);
        assert_true(count < 20011); /* a prime: no number comes twice, so each shows that it has a place of its own */
        for (int64_t k = 0; k < count; k++) values[k] = (float)((i * 977 + k * 7919) % 20011) / 20011 - 0.5f;
        OK(cama_model_parameter_write(model, name, count, values));
        OK(cama_model_parameter_read(model, name, count, back));
        assert_memory_equal(values, back, (size_t)count * sizeof *values);
        OK(cama_model_parameter_write(copy, name, count, values));
        free(values);
        free(back);
    }
    assert_int_equal(marked, 1);
    images_same_parameters(model, copy);
    images_same_predictions(model, copy);
    cama_model_free(model);
    cama_model_free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_model_says_what_it_is),
        cmocka_unit_test(test_presets),
        cmocka_unit_test(test_the_seed_makes_the_model),
        cmocka_unit_test(test_parameters_by_name),
    };
    return cmocka_run_group_tests(tests, images_begin, images_end);
}
