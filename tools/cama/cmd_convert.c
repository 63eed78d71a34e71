/* cmd_convert - a model of images into the form with views; data into an NPY array, or images into PNG by class. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fail.h"
#include "input.h"
#include "writers/json.h"
#include "names.h"
#include "npy.h"
#include "output.h"
#include "pictures.h"
#include "saved.h"
#include "settings.h"
#include "told.h"

static const char *const verbs[] = {"csv", "model", NULL};

static int convert_model(const arguments *args)
{
    cama_model *made = NULL;
    output *out = output_open(args->output);
    cama_model *model = saved_load(args->operands.items[0]);
    cama_options *options = settings_make(args, "model", NULL);
    went(cama_model_with_views(model, options, &made));
    saved_write(made, out);
    output_commit(out);
    cama_options_free(options);
    cama_model_free(made);
    cama_model_free(model);
    return ENDED_WELL;
}

/* The numbers of a part of the data, as floats (n, width) or classes (n). */
static void write_part(output *out, const input *data, const char *part)
{
    const cama_schema *schema = cama_dataset_schema(data->data);
    int64_t n = input_rows(data->data), labelled = 0;
    int32_t h = 0, w = 0, c = 0, widths[3] = {0, 0, 0};
    went(cama_dataset_shape(data->data, NULL, &h, &w, &c, NULL, NULL));
    if (schema != NULL) went(cama_schema_sizes(schema, NULL, &widths[0], &widths[1], &widths[2], NULL));
    if (strcmp(part, "y") == 0) {
        int32_t *y = input_classes(data->data, &labelled);
        if (labelled == 0) fail("%s: expected data with labels for --part y, got none", data->path);
        npy_write(output_file(out), "<i4", 1, &n, y);
        free(y);
        return;
    }
    const int which = strcmp(part, "x") == 0 ? 0 : strcmp(part, "a") == 0 ? 1 : 2;
    const int32_t width = schema != NULL ? widths[which] : which == 0 ? h * w * c : 0;
    if (width == 0) fail("%s: expected data that have %s, got some without", data->path, part);
    float *values = room((size_t)n, (size_t)width * sizeof *values);
    went(which == 0   ? cama_dataset_read(data->data, 0, n, values, NULL)
         : which == 1 ? cama_dataset_read_causes(data->data, 0, n, values, NULL)
                      : cama_dataset_read_causes(data->data, 0, n, NULL, values));
    const int64_t flat[2] = {n, width}, image[4] = {n, h, w, c};
    npy_write(output_file(out), "<f4", h > 1 ? 4 : 2, h > 1 ? image : flat, values);
    free(values);
}

static void write_images(pictures *to, const input *data, const texts *names)
{
    int64_t labelled = 0;
    int32_t h = 0, w = 0, c = 0;
    const int64_t n = input_rows(data->data);
    went(cama_dataset_shape(data->data, NULL, &h, &w, &c, NULL, NULL));
    float *x = room((size_t)n, (size_t)(h * w * c) * sizeof *x);
    int32_t *y = input_classes(data->data, &labelled);
    went(cama_dataset_read(data->data, 0, n, x, NULL));
    pictures_write(to, data, x, y, names);
    free(y);
    free(x);
}

/* Names of the classes of data that no model names: folders, or numbers. */
static void data_names(const input *data, texts *out)
{
    int32_t classes = 0;
    went(cama_dataset_shape(data->data, NULL, NULL, NULL, NULL, &classes, NULL));
    *out = (texts){NULL, 0, 0};
    for (int32_t i = 0; i < classes; i++) {
        char *number = text_of("%d", (int)i);
        texts_add(out, (size_t)i < data->classes.count ? data->classes.items[i] : number);
        free(number);
    }
}

static int convert_data(const arguments *args)
{
    static const char *const parts[] = {"x", "a", "c", "y"};
    const char *part = args->part != NULL ? args->part : "x";
    const size_t length = strlen(args->output);
    const int is_array =
        strcmp(args->output, "-") == 0 || (length > 4 && strcmp(args->output + length - 4, ".npy") == 0);
    int known = 0;
    input data;
    texts names;
    for (int i = 0; i < 4; i++) known = known || strcmp(parts[i], part) == 0;
    if (!known) usage("--part: expected x, a, c or y, got \"%s\"", part);
    if (!is_array && args->part != NULL) usage("--part is for an NPY file: expected -o FILE.npy");
    cama_model *model = args->model != NULL ? saved_load(args->model) : NULL;
    output *array = is_array ? output_open(args->output) : NULL;
    input_read(&(request){args, args->operands.items[0], args->labels, LABELS_WANTED, model, 0}, &data);
    if (!args->quiet && !args->json) told_input(stderr, &data);
    if (is_array) {
        write_part(array, &data, part);
        output_commit(array);
    } else {
        if (cama_dataset_schema(data.data) != NULL)
            fail("%s: a table gives no images: expected -o FILE.npy", data.path);
        data_names(&data, &names);
        write_images(pictures_open(args->output), &data, &names);
        texts_free(&names);
    }
    input_free(&data);
    cama_model_free(model);
    return ENDED_WELL;
}

int run_convert(const arguments *args)
{
    if (args->output == NULL) usage("convert: expected -o PLACE, where the result goes");
    settings_check(args, verbs);
    const int status = args->views ? convert_model(args) : convert_data(args);
    if (args->json && strcmp(args->output, "-") != 0) {
        json out = {stdout, 0, 0};
        json_open(&out, NULL, '{');
        json_text(&out, "input", args->operands.items[0]);
        json_text(&out, "output", args->output);
        json_close(&out, '}');
    }
    return status;
}
