/* model_file_decode - reading a model: the reader plans the model that the metadata imply and compares the file's
 * tensors with the plan before anything is allocated for them. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "model_file.h"
#include "model_file_layout.h"
#include "safetensors.h"
#include "schema_json.h"

enum { SHAPE_TEXT = 96 };

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
                           "%s: __metadata__ %s: expected a number from %" PRId32 " to %" PRId32 ", got \"%.*s\"",
                           where, key, low, high, SHOWN(text));
    *number = (int32_t)value;
    return CAMA_OK;
}

static int32_t read_flags(const cama__safetensors *file, const char *where, bool values[FILE_FLAGS])
{
    int32_t status = CAMA_OK, value;
    for (int32_t i = 0; i < FILE_FLAGS; i++) {
        TRY(meta_number(file, where, cama__file_flag[i], 0, 1, &value));
        values[i] = value == 1;
    }
out:
    return status;
}

static int32_t read_metadata(const cama__safetensors *file, const char *where, cama__spec *spec,
                             bool values[FILE_FLAGS], cama_schema **schema)
{
    int32_t status = CAMA_OK;
    const char *text;
    for (int32_t i = 0; i < FILE_KINDS; i++) {
        TRY(meta_text(file, where, cama__file_kind[i][0], &text));
        if (strcmp(text, cama__file_kind[i][1]) != 0)
            FAIL(CAMA_E_FORMAT, "%s: __metadata__ %s: expected \"%s\", got \"%.*s\"", where, cama__file_kind[i][0],
                 cama__file_kind[i][1], SHOWN(text));
    }
    TRY(meta_text(file, where, "library_version", &text));
    TRY(meta_copy(file, where, "preset", sizeof spec->preset, spec->preset));
    for (int32_t i = 0; i < FILE_NUMBERS; i++) {
        int32_t value;
        TRY(meta_number(file, where, cama__file_number[i].key, cama__file_number[i].low, cama__file_number[i].high,
                        &value));
        memcpy((char *)spec + cama__file_number[i].offset, &value, sizeof value);
    }
    TRY(meta_text(file, where, "likelihood", &text));
    if (cama__likelihood_parse(text, &spec->likelihood) != CAMA_OK)
        FAIL(CAMA_E_FORMAT, "%s: __metadata__ likelihood: %s", where, cama_last_error());
    for (int32_t i = 0; i < NET_COUNT; i++)
        if (i != NET_C_LINEAR) TRY(meta_copy(file, where, cama__net_name[i], SPEC_TEXT, spec->net[i]));
    TRY(read_flags(file, where, values));
    spec->standardise = values[STANDARDISE];
    spec->discriminative = values[DISCRIMINATIVE];
    if (!spec->discriminative && spec->z < 1)
        FAIL(CAMA_E_FORMAT, "%s: __metadata__ z: expected a number from 1 to %d, got \"0\"", where, LATENT_MAX);
    text = cama__safetensors_meta(file, "schema");
    if (text != NULL) TRY(cama__schema_json_decode(text, (int64_t)strlen(text), where, schema));
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

static bool is_extra(const cama__extra *extras, const char *name)
{
    for (int32_t e = 0; e < EXTRAS; e++)
        if (extras[e].count > 0 && strcmp(cama__extra_name[e], name) == 0) return true;
    return false;
}

/* The file's tensors are those of a planned model and no others. */
static int32_t match_all(const cama__safetensors *file, const char *where, const cama_model *model,
                         const cama__extra *extras)
{
    const cama__params *params = &model->params;
    int32_t status = CAMA_OK, expected = params->count;
    for (int32_t i = 0; i < params->count; i++)
        TRY(match(file, where, params->item[i].name, params->item[i].dims, params->item[i].shape));
    for (int32_t e = 0; e < EXTRAS; e++)
        if (extras[e].count > 0) {
            TRY(match(file, where, cama__extra_name[e], 1, &extras[e].count));
            expected++;
        }
    for (int32_t i = 0; i < cama__safetensors_count(file); i++) {
        const char *name = cama__safetensors_at(file, i)->name;
        if (cama__params_find(params, name) == NULL && !is_extra(extras, name))
            FAIL(CAMA_E_FORMAT, "%s: tensor %s: expected only the %" PRId32 " tensors of this model, got this one too",
                 where, name, expected);
    }
out:
    return status;
}

static int32_t check_prior(const cama__safetensors *file, const char *where, const cama_model *model)
{
    const float *values = cama__safetensors_find(file, cama__extra_name[EXTRA_PRIOR])->data;
    double sum = 0;
    for (int32_t c = 0; c < model->spec.classes; c++) sum += exp((double)values[c]);
    const double tolerance = 1e-4; /* float logarithms of at most 65536 classes: each within 1e-6 of its size */
    if (sum > 1 - tolerance && sum < 1 + tolerance) return CAMA_OK;
    return cama__error(CAMA_E_FORMAT, "%s: tensor %s: expected logarithms of numbers that sum to 1, got a sum of %g",
                       where, cama__extra_name[EXTRA_PRIOR], sum);
}

static int32_t check_range(const cama__safetensors *file, const char *where, const cama_model *model)
{
    const float *low = cama__safetensors_find(file, cama__extra_name[EXTRA_LOW])->data,
                *high = cama__safetensors_find(file, cama__extra_name[EXTRA_HIGH])->data;
    for (int64_t j = 0; j < model->spec.c; j++) {
        if (!(low[j] <= high[j]))
            return cama__error(CAMA_E_FORMAT, "%s: tensor %s: expected at most %s's %g, got %g at index %" PRId64,
                               where, cama__extra_name[EXTRA_LOW], cama__extra_name[EXTRA_HIGH], (double)high[j],
                               (double)low[j], j);
    }
    return CAMA_OK;
}

/* Finite as all tensors are; scales are positive. */
static int32_t check_standard(const cama__safetensors *file, const char *where, const cama__extra *scale,
                              const cama_model *model)
{
    const float *values = cama__safetensors_find(file, cama__extra_name[EXTRA_SCALE])->data;
    for (int64_t i = 0; i < scale->count; i++)
        if (!(values[i] > 0))
            return cama__error(CAMA_E_FORMAT, "%s: tensor %s: expected positive numbers, got %g at index %" PRId64,
                               where, cama__extra_name[EXTRA_SCALE], (double)values[i], i);
    return model->spec.c_range ? check_range(file, where, model) : CAMA_OK;
}

static void take_standard(const cama__safetensors *file, const cama__extra *scale, cama_model *model)
{
    const size_t bytes = (size_t)scale->count * sizeof(float);
    memcpy(model->mean, cama__safetensors_find(file, cama__extra_name[EXTRA_MEAN])->data, bytes);
    memcpy(model->scale, cama__safetensors_find(file, cama__extra_name[EXTRA_SCALE])->data, bytes);
    cama__model_standardised(model);
    for (int64_t j = 0; model->spec.c_range && j < model->spec.c; j++) {
        model->c_low[j] = cama__safetensors_find(file, cama__extra_name[EXTRA_LOW])->data[j];
        model->c_high[j] = cama__safetensors_find(file, cama__extra_name[EXTRA_HIGH])->data[j];
    }
}

/* A real of the spec stands in a tensor, exact: it is needed to plan. */
static int32_t take_real(const cama__safetensors *file, const char *where, const char *name, float least, double *value)
{
    const int64_t one = 1;
    const int32_t status = match(file, where, name, 1, &one);
    if (status != CAMA_OK) return status;
    const float *got = cama__safetensors_find(file, name)->data;
    if (!(*got >= least && *got <= 1e6f))
        return cama__error(CAMA_E_FORMAT, "%s: tensor %s: expected a number in [%g, 1e6], got %g", where, name,
                           (double)least, (double)*got);
    *value = *got;
    return CAMA_OK;
}

static int32_t take_reals(const cama__safetensors *file, const char *where, cama__spec *spec)
{
    int32_t status = CAMA_OK;
    if (!spec->discriminative && spec->likelihood == LIKELIHOOD_STUDENT)
        TRY(take_real(file, where, cama__extra_name[EXTRA_NU], 0.01f, &spec->nu));
    if (cama__safetensors_find(file, cama__extra_name[EXTRA_CLIP]) != NULL)
        TRY(take_real(file, where, cama__extra_name[EXTRA_CLIP], 1e-30f, &spec->c_clip));
out:
    return status;
}

/* Names of the classes of a model without a schema, if the file has them. */
static int32_t take_names(const cama__safetensors *file, const char *where, cama_model *model)
{
    int32_t status = CAMA_OK;
    const char *text = cama__safetensors_meta(file, "class_names");
    if (text == NULL) goto out;
    if (model->schema != NULL)
        FAIL(CAMA_E_FORMAT, "%s: __metadata__: expected one of schema and class_names, got both", where);
    TRY(cama__schema_json_decode(text, (int64_t)strlen(text), where, &model->names));
    if (model->names->classes != model->spec.classes || model->names->count > 0)
        FAIL(CAMA_E_FORMAT, "%s: __metadata__ class_names: expected the names of %" PRId32 " classes, got %" PRId32,
             where, model->spec.classes, model->names->classes);
out:
    return status;
}

/* All that a planned model needs is there, and can be. */
static int32_t check_tensors(const cama__safetensors *file, const char *where, bool standardised,
                             const cama_model *model)
{
    int32_t status = CAMA_OK;
    cama__extra extras[EXTRAS];
    cama__extras_list(model, standardised, extras);
    TRY(match_all(file, where, model, extras));
    TRY(check_prior(file, where, model));
    if (standardised) TRY(check_standard(file, where, &extras[EXTRAS - 1], model));
out:
    return status;
}

static int32_t take_tensors(const cama__safetensors *file, const char *where, bool standardised, cama_model *model)
{
    int32_t status = CAMA_OK;
    cama__extra extras[EXTRAS];
    TRY(check_tensors(file, where, standardised, model));
    cama__extras_list(model, standardised, extras);
    TRY(cama__model_allocate(model));
    for (int32_t i = 0; i < model->params.count; i++) {
        const cama__param *p = &model->params.item[i];
        const float *values = cama__safetensors_find(file, p->name)->data;
        cama__param_write(p, cama__model_param_net(model, p), model->theta, values);
    }
    const float *prior = cama__safetensors_find(file, cama__extra_name[EXTRA_PRIOR])->data;
    for (int32_t c = 0; c < model->spec.classes; c++) model->log_prior[c] = prior[c];
    if (standardised) take_standard(file, &extras[EXTRAS - 1], model);
out:
    return status;
}

/* The file is as it was written, but for the order of what is in it. */
static int32_t confirm(const cama__safetensors *file, const char *where, bool standardised, const cama_model *model)
{
    int32_t status = CAMA_OK, count = model->params.count;
    const char *keys[FILE_KEYS + 1];
    cama__extra extras[EXTRAS];
    const char **names = cama__mem_alloc((size_t)count + EXTRAS, sizeof *names);
    if (names == NULL) TRY(CAMA_E_MEMORY);
    cama__extras_list(model, standardised, extras);
    for (int32_t i = 0; i < count; i++) names[i] = model->params.item[i].name;
    for (int32_t e = 0; e < EXTRAS; e++)
        if (extras[e].count > 0) names[count++] = cama__extra_name[e];
    cama__file_keys(keys);
    TRY(cama__safetensors_confirm(file, where, names, count, keys));
out:
    cama__mem_free(names);
    return status;
}

static int32_t decode(const void *buffer, int64_t size, const char *where, bool only_plan, cama_model **out)
{
    int32_t status = CAMA_OK;
    cama__safetensors *file = NULL;
    cama_model *model = NULL;
    cama_schema *schema = NULL;
    cama__spec spec = {.preset = ""};
    bool values[FILE_FLAGS];
    TRY(cama__safetensors_decode_again(buffer, size, where, &file));
    TRY(read_metadata(file, where, &spec, values, &schema));
    TRY(take_reals(file, where, &spec));
    status = cama__model_plan(&spec, schema, &model);
    if (status == CAMA_E_OPTION) FAIL(CAMA_E_FORMAT, "%s: __metadata__: %s", where, cama_last_error());
    TRY(status);
    TRY(take_names(file, where, model));
    TRY(only_plan ? check_tensors(file, where, values[STANDARDISED], model)
                  : take_tensors(file, where, values[STANDARDISED], model));
    TRY(confirm(file, where, values[STANDARDISED], model));
    model->q_m_trained = values[Q_M_TRAINED];
    *out = model;
    model = NULL;
out:
    cama__schema_free(schema);
    cama__model_free(model);
    cama__safetensors_free(file);
    return status;
}

int32_t cama__model_file_decode(const void *buffer, int64_t size, const char *where, cama_model **out)
{
    return decode(buffer, size, where, false, out);
}

int32_t cama__model_file_check(const void *buffer, int64_t size, const char *where)
{
    cama_model *plan = NULL;
    const int32_t status = decode(buffer, size, where, true, &plan);
    cama__model_free(plan);
    return status;
}

static int32_t read_file(const char *path, void **buffer, int64_t *size)
{
    const int64_t limit = ((int64_t)1 << 33) + CAMA__HEADER_MOST; /* 2^31 parameters, param.c's most, and a header */
    return cama__file_read(path, false, limit, buffer, size);
}

int32_t cama__model_file_load(const char *path, cama_model **out)
{
    int32_t status = CAMA_OK;
    void *buffer = NULL;
    int64_t size = 0;
    TRY(read_file(path, &buffer, &size));
    TRY(cama__model_file_decode(buffer, size, path, out));
out:
    cama__mem_free(buffer);
    return status;
}

int32_t cama__model_file_verify(const char *path)
{
    int32_t status = CAMA_OK;
    void *buffer = NULL;
    int64_t size = 0;
    TRY(read_file(path, &buffer, &size));
    TRY(cama__model_file_check(buffer, size, path));
out:
    cama__mem_free(buffer);
    return status;
}
