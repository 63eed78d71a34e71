/* api_images - small images, models of them with every kind of layer, and what makes two models the same. */
#include "api_images.h"

cama_session *images_session;
cama_dataset *images_data;
float images_x[N * D];
static int32_t images_y[N];

int images_begin(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) {
        images_y[i] = i * 7 % C;
        for (int d = 0; d < D; d++)
            images_x[i * D + d] = (float)((i * 31 + d * 17) % 10) / 40 + (d / SIDE == images_y[i] ? 0.7f : 0.05f);
    }
    OK(cama_session_create(NULL, &images_session));
    OK(cama_dataset_from_arrays(N, SIDE, SIDE, 1, C, images_x, images_y, 1, &images_data));
    return 0;
}

int images_end(void **state)
{
    (void)state;
    cama_dataset_free(images_data);
    cama_session_free(images_session);
    return 0;
}

cama_model *images_model(int64_t seed)
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
    OK(cama_options_create("model", &options));
    for (int i = 0; i < 6; i++) OK(cama_options_set_text(options, nets[i].key, nets[i].text));
    for (int i = 0; i < 5; i++) OK(cama_options_set_int(options, sizes[i].key, sizes[i].value));
    OK(cama_options_set_int(options, "seed", seed));
    OK(cama_model_create("mnist", options, &model));
    cama_options_free(options);
    return model;
}

void images_predict(const cama_model *model, float *probabilities)
{
    OK(cama_predict(images_session, model, images_data, NULL, probabilities));
    for (int i = 0; i < N; i++) {
        float sum = 0;
        for (int c = 0; c < C; c++) sum += probabilities[i * C + c];
        assert_near(sum, 1, 1e-5f);
    }
}

void images_same_predictions(const cama_model *a, const cama_model *b)
{
    float of_a[N * C], of_b[N * C];
    images_predict(a, of_a);
    images_predict(b, of_b);
    assert_memory_equal(of_a, of_b, sizeof of_a);
}

float *images_read_all(const cama_model *model, int64_t *count)
{
    int32_t tensors;
    int64_t at = 0;
    OK(cama_model_get_int(model, "parameters", count));
    float *values = calloc((size_t)*count, sizeof *values);
    OK(cama_model_parameter_count(model, &tensors));
    for (int32_t i = 0; i < tensors; i++) {
        const char *name;
        int32_t dims;
        int64_t shape[4], size;
        OK(cama_model_parameter_describe(model, i, &name, &dims, shape, &size));
        OK(cama_model_parameter_read(model, name, size, values + at));
        at += size;
    }
    assert_int_equal(at, *count);
    return values;
}

void images_same_parameters(const cama_model *a, const cama_model *b)
{
    int64_t count, count_b;
    float *of_a = images_read_all(a, &count), *of_b = images_read_all(b, &count_b);
    assert_int_equal(count, count_b);
    assert_memory_equal(of_a, of_b, (size_t)count * sizeof *of_a);
    free(of_a);
    free(of_b);
}
