/* model_file - one table of the metadata's numbers serves writer and reader; the reader plans the model that the
 * metadata imply and compares the file's tensors with the plan before anything is allocated for them. */
#include "model_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../prob/likelihood.h"
#include "file.h"
#include "safetensors.h"

static const char prior_name[] = "prior.log_prob";

enum { SHAPE_TEXT = 96 };

/* Keys whose values are fixed: they say what kind of file this is. */
static const char *const kinds[][2] = {{"format", "cama"}, {"format_version", "1"}};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* Keys of numbers in the spec. The limits keep the product of the sizes of x far inside int64_t. */
static const struct {
    const char *key;
    size_t offset; /* of an int32_t in cama__spec */
    int32_t low, high;
} numbers[] = {
    {"height", offsetof(cama__spec, x.h), 1, 65536},   {"width", offsetof(cama__spec, x.w), 1, 65536},
    {"channels", offsetof(cama__spec, x.c), 1, X_MAX}, {"classes", offsetof(cama__spec, classes), 2, CLASSES_MAX},
    {"z", offsetof(cama__spec, z), 1, LATENT_MAX},     {"m", offsetof(cama__spec, m), 0, LATENT_MAX},
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

/* ---- Writing ---- */

/* The kinds, library_version, preset, numbers, likelihood, networks, q_m_trained. */
enum { PAIRS = KINDS + 2 + NUMBERS + 1 + NET_COUNT + 1 };

typedef struct {
    const char *text[2 * PAIRS + 1]; /* key, value, ..., NULL */
    char number[NUMBERS][16];
    int32_t used;
} metadata;

static void put(metadata *meta, const char *key, const char *value)
{
    meta->text[meta->used++] = key;
    meta->text[meta->used++] = value;
}

static void put_metadata(metadata *meta, const cama_model *model)
{
    const cama__spec *spec = &model->spec;
    for (int32_t i = 0; i < KINDS; i++) put(meta, kinds[i][0], kinds[i][1]);
    put(meta, "library_version", cama_version_string());
    put(meta, "preset", spec->preset);
    for (int32_t i = 0; i < NUMBERS; i++) {
        int32_t value;
        memcpy(&value, (const char *)spec + numbers[i].offset, sizeof value);
        snprintf(meta->number[i], sizeof meta->number[i], "%" PRId32, value);
        put(meta, numbers[i].key, meta->number[i]);
    }
    put(meta, "likelihood", cama__likelihood_name(spec->likelihood));
    for (int32_t i = 0; i < NET_COUNT; i++) put(meta, cama__net_name[i], spec->net[i]);
    put(meta, "q_m_trained", model->q_m_trained ? "1" : "0");
}

/* Tensors (count + 1) and their numbers, parameter by parameter. */
static void put_tensors(const cama_model *model, cama__tensor *tensors, float *values)
{
    const cama__params *params = &model->params;
    for (int32_t i = 0; i < params->count; i++) {
        const cama__param *p = &params->item[i];
        cama__param_read(p, cama__model_param_net(model, p), model->theta, values);
        tensors[i] = (cama__tensor){.name = p->name, .dims = p->dims, .data = values};
        memcpy(tensors[i].shape, p->shape, sizeof p->shape);
        values += p->count;
    }
    for (int32_t c = 0; c < model->spec.classes; c++) values[c] = (float)model->log_prior[c];
    tensors[params->count] =
        (cama__tensor){.name = prior_name, .dims = 1, .shape = {model->spec.classes}, .data = values};
}

int32_t cama__model_file_encode(const cama_model *model, void **buffer, int64_t *size)
{
    int32_t status = CAMA_OK;
    const int32_t count = model->params.count;
    int64_t total = model->spec.classes;
    metadata meta = {.used = 0};
    for (int32_t i = 0; i < count; i++) total += model->params.item[i].count;
    cama__tensor *tensors = cama__mem_alloc((size_t)count + 1, sizeof *tensors);
    float *values = cama__mem_alloc(cama__file_room(total), sizeof *values);
    if (tensors == NULL || values == NULL) TRY(CAMA_E_MEMORY);
    put_tensors(model, tensors, values);
    put_metadata(&meta, model);
    TRY(cama__safetensors_encode(tensors, count + 1, meta.text, buffer, size));
out:
    cama__mem_free(values);
    cama__mem_free(tensors);
    return status;
}

int32_t cama__model_file_save(const cama_model *model, const char *path)
{
    int32_t status = CAMA_OK;
    void *buffer = NULL;
    int64_t size = 0;
    TRY(cama__model_file_encode(model, &buffer, &size));
    TRY(cama__file_write(path, buffer, size));
out:
    cama__mem_free(buffer);
    return status;
}

/* ---- Reading ---- */

static int32_t meta_text(const cama__safetensors *file, const char *where, const char *key, const char **value)
{
    *value = cama__safetensors_meta(file, key);
    if (*value != NULL) return CAMA_OK;
    return cama__error(CAMA_E_FORMAT, "%s: expected the key %s in __metadata__, got a file without", where, key);
}

static int32_t meta_copy(const cama__safetensors *file, const char *where, const char *key, size_t room, char *to)
{
    const char *value;
    const int32_t status = meta_text(file, where, key, &value);
    if (status != CAMA_OK) return status;
    const size_t size = strlen(value) + 1;
    if (size > room)
        return cama__error(CAMA_E_FORMAT, "%s: __metadata__ %s: expected at most %zu characters, got %zu", where, key,
                           room - 1, size - 1);
    memcpy(to, value, size);
    return CAMA_OK;
}

/* Decimal digits without sign, space or leading zeros. */
static int32_t meta_number(const cama__safetensors *file, const char *where, const char *key, int32_t low, int32_t high,
                           int32_t *number)
{
    const char *text;
    const int32_t status = meta_text(file, where, key, &text);
    if (status != CAMA_OK) return status;
    const size_t digits = strspn(text, "0123456789");
    int64_t value = -1;
    if (digits >= 1 && digits <= 9 && text[digits] == '\0' && (text[0] != '0' || digits == 1)) {
        value = 0;
        for (size_t i = 0; i < digits; i++) value = value * 10 + (text[i] - '0');
    }
    if (value < low || value > high)
        return cama__error(CAMA_E_FORMAT,
                           "%s: __metadata__ %s: expected a number from %" PRId32 " to %" PRId32 ", got \"%.40s\"",
                           where, key, low, high, text);
    *number = (int32_t)value;
    return CAMA_OK;
}

static int32_t read_metadata(const cama__safetensors *file, const char *where, cama__spec *spec, bool *q_m_trained)
{
    int32_t status = CAMA_OK, trained;
    const char *text;
    for (int32_t i = 0; i < KINDS; i++) {
        TRY(meta_text(file, where, kinds[i][0], &text));
        if (strcmp(text, kinds[i][1]) != 0)
            FAIL(CAMA_E_FORMAT, "%s: __metadata__ %s: expected \"%s\", got \"%.40s\"", where, kinds[i][0], kinds[i][1],
                 text);
    }
    TRY(meta_text(file, where, "library_version", &text));
    TRY(meta_copy(file, where, "preset", sizeof spec->preset, spec->preset));
    for (int32_t i = 0; i < NUMBERS; i++) {
        int32_t value;
        TRY(meta_number(file, where, numbers[i].key, numbers[i].low, numbers[i].high, &value));
        memcpy((char *)spec + numbers[i].offset, &value, sizeof value);
    }
    TRY(meta_text(file, where, "likelihood", &text));
    if (cama__likelihood_parse(text, &spec->likelihood) != CAMA_OK)
        FAIL(CAMA_E_FORMAT, "%s: __metadata__ likelihood: %s", where, cama_last_error());
    for (int32_t i = 0; i < NET_COUNT; i++) TRY(meta_copy(file, where, cama__net_name[i], SPEC_TEXT, spec->net[i]));
    TRY(meta_number(file, where, "q_m_trained", 0, 1, &trained));
    *q_m_trained = trained == 1;
out:
    return status;
}

static const char *shape_text(int32_t dims, const int64_t *shape, char text[SHAPE_TEXT])
{
    int used = snprintf(text, SHAPE_TEXT, "[");
    for (int32_t i = 0; i < dims; i++)
        used += snprintf(text + used, SHAPE_TEXT - (size_t)used, "%s%" PRId64, i > 0 ? "," : "", shape[i]);
    snprintf(text + used, SHAPE_TEXT - (size_t)used, "]");
    return text;
}

static int32_t match(const cama__safetensors *file, const char *where, const char *name, int32_t dims,
                     const int64_t *shape)
{
    char expected[SHAPE_TEXT], got[SHAPE_TEXT];
    const cama__tensor *tensor = cama__safetensors_find(file, name);
    if (tensor == NULL)
        return cama__error(CAMA_E_FORMAT, "%s: tensor %s: expected shape %s, got a file without it", where, name,
                           shape_text(dims, shape, expected));
    if (tensor->dims != dims || memcmp(tensor->shape, shape, (size_t)dims * sizeof *shape) != 0)
        return cama__error(CAMA_E_FORMAT, "%s: tensor %s: expected shape %s, got %s", where, name,
                           shape_text(dims, shape, expected), shape_text(tensor->dims, tensor->shape, got));
    return CAMA_OK;
}

/* The file's tensors are those of a planned model and no others. */
static int32_t match_all(const cama__safetensors *file, const char *where, const cama_model *model)
{
    int32_t status = CAMA_OK;
    const cama__params *params = &model->params;
    const int64_t classes = model->spec.classes;
    for (int32_t i = 0; i < params->count; i++)
        TRY(match(file, where, params->item[i].name, params->item[i].dims, params->item[i].shape));
    TRY(match(file, where, prior_name, 1, &classes));
    for (int32_t i = 0; i < cama__safetensors_count(file); i++) {
        const char *name = cama__safetensors_at(file, i)->name;
        if (cama__params_find(params, name) == NULL && strcmp(name, prior_name) != 0)
            FAIL(CAMA_E_FORMAT, "%s: tensor %s: expected only the %" PRId32 " tensors of this model, got this one too",
                 where, name, params->count + 1);
    }
out:
    return status;
}

static int32_t take_prior(const cama__safetensors *file, const char *where, cama_model *model)
{
    const float *values = cama__safetensors_find(file, prior_name)->data;
    double sum = 0;
    for (int32_t c = 0; c < model->spec.classes; c++) {
        model->log_prior[c] = values[c];
        sum += exp(model->log_prior[c]);
    }
    const double tolerance = 1e-4; /* float logarithms of at most 65536 classes: each within 1e-6 of its size */
    if (sum > 1 - tolerance && sum < 1 + tolerance) return CAMA_OK;
    return cama__error(CAMA_E_FORMAT, "%s: tensor %s: expected logarithms of numbers that sum to 1, got a sum of %g",
                       where, prior_name, sum);
}

int32_t cama__model_file_decode(const void *buffer, int64_t size, const char *where, cama_model **out)
{
    int32_t status = CAMA_OK;
    cama__safetensors *file = NULL;
    cama_model *model = NULL;
    cama__spec spec = {.preset = ""};
    bool q_m_trained = false;
    TRY(cama__safetensors_decode(buffer, size, where, &file));
    TRY(read_metadata(file, where, &spec, &q_m_trained));
    status = cama__model_plan(&spec, &model);
    if (status == CAMA_E_OPTION) FAIL(CAMA_E_FORMAT, "%s: __metadata__: %s", where, cama_last_error());
    TRY(status);
    TRY(match_all(file, where, model));
    TRY(cama__model_allocate(model));
    for (int32_t i = 0; i < model->params.count; i++) {
        const cama__param *p = &model->params.item[i];
        const float *values = cama__safetensors_find(file, p->name)->data;
        cama__param_write(p, cama__model_param_net(model, p), model->theta, values);
    }
    TRY(take_prior(file, where, model));
    model->q_m_trained = q_m_trained;
    *out = model;
    model = NULL;
out:
    cama__model_free(model);
    cama__safetensors_free(file);
    return status;
}

int32_t cama__model_file_load(const char *path, cama_model **out)
{
    int32_t status = CAMA_OK;
    void *buffer = NULL;
    int64_t size = 0;
    const int64_t limit = ((int64_t)1 << 33) + CAMA__HEADER_MOST; /* 2^31 parameters, param.c's most, and a header */
    TRY(cama__file_read(path, false, limit, &buffer, &size));
    TRY(cama__model_file_decode(buffer, size, path, out));
out:
    cama__mem_free(buffer);
    return status;
}
