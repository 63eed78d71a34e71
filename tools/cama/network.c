/* network - tables and vectors have the library's presets; images of sizes that no preset has get networks of the same
 * kind, halved until a side is small, as in the Python package. See network.h. */
#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "settings.h"

enum { LEAST_SIDE = 8, SMALLEST = 4, MOST_HALVINGS = 4, LARGE = 400, TEXT = 1024, PLAN_ROOM = 16 };

typedef struct {
    int32_t height, width, channels, classes;
} shape;

/* Options "model" that fit the data; those of the command line come after them. */
typedef struct {
    setting of[PLAN_ROOM + 1];
    texts words; /* keys and values */
    int count;
} plan;

static void put(plan *options, const char *key, const char *value)
{
    char *whole = text_of("model.%s", key);
    texts_add(&options->words, whole);
    texts_add(&options->words, value);
    free(whole);
    options->of[options->count++] =
        (setting){options->words.items[options->words.count - 2], options->words.items[options->words.count - 1]};
}

static void put_number(plan *options, const char *key, int64_t value)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)value);
    put(options, key, number);
}

/* The transposed convolution from half of a size to it: 2 in - 1 with a kernel of 3, 2 in with one of 4 or "+1". */
static void put_up(char *text, int channels, int32_t height, int32_t width, const char *rest)
{
    const int even_h = height % 2 == 0, even_w = width % 2 == 0;
    const size_t used = strlen(text);
    if (even_h == even_w)
        snprintf(text + used, TEXT - used, ", tconv %d 3x3 /2%s%s", channels, even_h ? " +1" : "", rest);
    else
        snprintf(text + used, TEXT - used, ", tconv %d %dx%d /2%s", channels, even_h ? 4 : 3, even_w ? 4 : 3, rest);
}

static void describe_images(plan *options, shape of)
{
    int32_t sizes[MOST_HALVINGS + 2][2] = {{of.height, of.width}};
    int count = 1;
    for (; count <= MOST_HALVINGS + 1; count++) {
        const int32_t *last = sizes[count - 1];
        if ((last[0] < last[1] ? last[0] : last[1]) <= SMALLEST || count > MOST_HALVINGS) break;
        sizes[count][0] = (last[0] + 1) / 2;
        sizes[count][1] = (last[1] + 1) / 2;
    }
    const int large = of.height * of.width >= LARGE, maps = large ? 64 : 32, wide = large ? 500 : 200;
    char two[TEXT], four[TEXT], merge[TEXT], down[TEXT] = "", infer[2 * TEXT];
    snprintf(two, TEXT, "dense %d relu, dense %d relu", wide, wide);
    snprintf(four, TEXT, "dense %d relu, dense %d relu, dense %d relu, dense %d relu", wide, wide, wide, wide);
    snprintf(merge, TEXT, "dense %dx%dx%d relu", (int)sizes[count - 1][0], (int)sizes[count - 1][1], maps);
    for (int i = count - 2; i >= 1; i--) put_up(merge, maps, sizes[i][0], sizes[i][1], " relu");
    if (count > 1) put_up(merge, of.channels, of.height, of.width, "");
    for (int i = 1; i < count; i++) {
        const size_t used = strlen(down);
        snprintf(down + used, TEXT - used, "conv %d 3x3 relu, pool 2, ", maps);
    }
    put_number(options, "z", large ? 64 : 16);
    put_number(options, "m", large ? 32 : 16);
    put(options, "p_y", two);
    put(options, "p_z", two);
    put(options, "p_m", four);
    put(options, "p_merge", merge);
    snprintf(infer, sizeof infer, "%sdense %d relu", down, wide);
    put(options, "q_m", infer);
    snprintf(infer, sizeof infer, "%sdense %d relu | dense %d relu", down, wide, wide);
    put(options, "q_z", infer);
}

/* Options that fit images; the preset's own networks where it is made for the size. */
static const char *fit_images(plan *options, shape of, const char *preset)
{
    const int as_mnist = of.height == 28 && of.width == 28 && of.channels == 1;
    const int as_cifar = of.height == 32 && of.width == 32 && of.channels == 3;
    put_number(options, "height", of.height);
    put_number(options, "width", of.width);
    put_number(options, "channels", of.channels);
    put_number(options, "classes", of.classes);
    if (preset != NULL) return preset;
    if (as_mnist || as_cifar) return as_mnist ? "mnist" : "cifar";
    if (of.height >= LEAST_SIDE && of.width >= LEAST_SIDE) {
        describe_images(options, of);
        return "mnist";
    }
    fail("images of %dx%d: expected sides of at least %d, or --preset and --set model.p_merge=... (docs/networks.md)",
         (int)of.height, (int)of.width, (int)LEAST_SIDE);
}

/* Numbers outside of [0,1] are no probabilities of pixels. */
static int is_in_unit(const cama_dataset *data, int64_t numbers)
{
    float *x = room((size_t)numbers, sizeof *x);
    int inside = 1;
    for (int64_t row = 0; row < input_rows(data) && inside; row++) {
        went(cama_dataset_read(data, row, 1, x, NULL));
        for (int64_t i = 0; i < numbers; i++) inside = inside && x[i] >= 0 && x[i] <= 1;
    }
    free(x);
    return inside;
}

/* Returns the preset. */
static const char *fit(const arguments *args, const input *data, plan *options)
{
    shape of;
    const char *preset = args->preset;
    went(cama_dataset_shape(data->data, NULL, &of.height, &of.width, &of.channels, &of.classes, NULL));
    if (of.height == 1 && of.width == 1) {
        put_number(options, "channels", of.channels);
        put_number(options, "classes", of.classes);
        return preset != NULL ? preset : "measurement";
    }
    preset = fit_images(options, of, preset);
    if (!is_in_unit(data->data, (int64_t)of.height * of.width * of.channels) && strstr(preset, "nn") == NULL) {
        put(options, "likelihood", "gaussian");
        put(options, "standardise", "on");
    }
    return preset;
}

static cama_model *create_for_arrays(const arguments *args, const input *data)
{
    cama_model *model = NULL;
    plan wanted = {.count = 0};
    const char *preset = fit(args, data, &wanted);
    cama_options *options = settings_make(args, "model", wanted.of);
    went(cama_model_create(preset, options, &model));
    if (data->classes.count >= 2) went(cama_model_set_class_names(model, (const char *const *)data->classes.items));
    cama_options_free(options);
    texts_free(&wanted.words);
    return model;
}

static cama_model *create_for_table(const arguments *args, const cama_schema *schema)
{
    cama_model *model = NULL;
    int32_t co_parents = 0;
    went(cama_schema_sizes(schema, NULL, NULL, NULL, &co_parents, NULL));
    const char *preset = args->preset != NULL ? args->preset : co_parents > 0 ? "measurement-sensors" : "measurement";
    cama_options *options = settings_make(args, "model", NULL);
    went(cama_model_create_for(preset, schema, options, &model));
    cama_options_free(options);
    return model;
}

cama_model *network_create(const arguments *args, const input *data)
{
    const cama_schema *schema = cama_dataset_schema(data->data);
    return schema != NULL ? create_for_table(args, schema) : create_for_arrays(args, data);
}
