/* input - which format a path has, and what all of them share. */
#include "input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fail.h"
#include "npy.h"

static const struct {
    const char *name;
    void (*read)(const request *wanted, input *out);
} formats[] = {{"csv", input_table}, {"idx", input_idx}, {"npy", input_npy}, {"png", input_png}};
enum { CSV, IDX, NPY, PNG, FORMATS };

/* By what begins the file. Inside gzip nothing can be seen: IDX files keep "idx" in their names. */
static int format_of(const char *path)
{
    struct stat about;
    unsigned char begin[16] = {0};
    if (strcmp(path, "-") == 0) return CSV;
    if (stat(path, &about) != 0) fail("%s: %s", path, strerror(errno));
    if (S_ISDIR(about.st_mode)) return PNG;
    if (!S_ISREG(about.st_mode)) return CSV; /* a pipe: what is read is gone */
    FILE *in = fopen(path, "rb");
    if (in == NULL) fail("%s: %s", path, strerror(errno));
    const size_t got = fread(begin, 1, sizeof begin, in);
    fclose(in);
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    if (got >= 4 && begin[0] == 0 && begin[1] == 0 && begin[2] == 8) return IDX;
    if (got >= 2 && begin[0] == 0x1f && begin[1] == 0x8b && strstr(name, "idx") != NULL) return IDX;
    if (npy_is(begin, got)) return NPY;
    if (got >= 8 && memcmp(begin, "\x89PNG", 4) == 0)
        fail("%s: one image; expected a folder of images, with one folder inside for each class", path);
    if (got >= 9 && memcmp(begin + 4, "\0\0\0\0{", 5) == 0) fail("%s: a model (safetensors), expected data", path);
    return CSV;
}

int64_t model_number(const cama_model *model, const char *name)
{
    int64_t value = 0;
    went(cama_model_get_int(model, name, &value));
    return value;
}

/* Images and vectors have the model's shape; the library compares tables by their schema. */
static void check_shape(const request *wanted, const input *in)
{
    int32_t h = 0, w = 0, c = 0;
    went(cama_dataset_shape(in->data, NULL, &h, &w, &c, NULL, NULL));
    const int64_t height = model_number(wanted->model, "height"), width = model_number(wanted->model, "width"),
                  channels = model_number(wanted->model, "channels");
    if (h == height && w == width && c == channels) return;
    fail("%s: expected rows of %lldx%lldx%lld (height, width, channels), which the model is made for, got %dx%dx%d",
         in->path, (long long)height, (long long)width, (long long)channels, (int)h, (int)w, (int)c);
}

static void cut_to(input *in, int64_t limit)
{
    cama_dataset *part = NULL;
    if (limit == 0 || input_rows(in->data) <= limit) return;
    went(cama_dataset_slice(in->data, 0, limit, &part));
    cama_dataset_free(in->data);
    in->data = part;
}

void input_read(const request *wanted, input *out)
{
    int which = 0;
    const char *named = wanted->args->format;
    *out = (input){.path = wanted->path};
    if (named == NULL) {
        which = format_of(wanted->path);
    } else {
        while (which < FORMATS && strcmp(formats[which].name, named) != 0) which++;
        if (which == FORMATS) usage("--format: expected csv, idx, npy or png, got \"%s\"", named);
    }
    const int is_table = wanted->model != NULL && cama_model_schema(wanted->model) != NULL;
    if (wanted->model != NULL && is_table != (which == CSV))
        fail("%s: expected %s, which the model is made for, got format %s", wanted->path,
             is_table ? "a table (csv)" : "images or vectors (idx, npy, png)", formats[which].name);
    out->format = formats[which].name;
    formats[which].read(wanted, out);
    if (wanted->model != NULL && !is_table) check_shape(wanted, out);
    cut_to(out, wanted->args->limit);
}

void input_free(input *in)
{
    cama_dataset_free(in->data);
    cama_schema_free(in->schema);
    texts_free(&in->files);
    texts_free(&in->classes);
}

int64_t input_rows(const cama_dataset *data)
{
    int64_t n = 0;
    went(cama_dataset_shape(data, &n, NULL, NULL, NULL, NULL, NULL));
    return n;
}

int32_t *input_classes(const cama_dataset *data, int64_t *labelled)
{
    const int64_t n = input_rows(data);
    int32_t *y = room((size_t)n, sizeof *y);
    *labelled = 0;
    if (cama_dataset_read(data, 0, n, NULL, y) != CAMA_OK)
        for (int64_t i = 0; i < n; i++) y[i] = -1; /* there are none */
    for (int64_t i = 0; i < n; i++) *labelled += y[i] >= 0;
    return y;
}

int32_t input_class_count(const request *wanted, const int32_t *y, int64_t n)
{
    int32_t most = 1;
    if (wanted->model != NULL) return (int32_t)model_number(wanted->model, "classes");
    for (int64_t i = 0; y != NULL && i < n; i++)
        if (y[i] > most) most = y[i];
    return most + 1;
}
