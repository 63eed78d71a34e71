/* model_file - writing a model: one table of the metadata's numbers (model_file_layout.h) serves writer and reader. */
#include "model_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "model_file_layout.h"
#include "safetensors.h"
#include "schema_json.h"

/* The kinds, library_version, preset, numbers, likelihood, networks (but c_linear, which is a number: it is there or
 * not), flags, schema. */
enum { PAIRS = FILE_KINDS + 2 + FILE_NUMBERS + 1 + NET_COUNT + FILE_FLAGS + 1 };

typedef struct {
    const char *text[2 * PAIRS + 1]; /* key, value, ..., NULL */
    char number[FILE_NUMBERS][16];
    int32_t used;
} metadata;

static void put(metadata *meta, const char *key, const char *value)
{
    meta->text[meta->used++] = key;
    meta->text[meta->used++] = value;
}

static void put_metadata(metadata *meta, const cama_model *model, const char *schema)
{
    const cama__spec *spec = &model->spec;
    const bool values[FILE_FLAGS] = {model->q_m_trained, spec->standardise, model->standardised, spec->discriminative};
    for (int32_t i = 0; i < FILE_KINDS; i++) put(meta, cama__file_kind[i][0], cama__file_kind[i][1]);
    put(meta, "library_version", cama_version_string());
    put(meta, "preset", spec->preset);
    for (int32_t i = 0; i < FILE_NUMBERS; i++) {
        int32_t value;
        memcpy(&value, (const char *)spec + cama__file_number[i].offset, sizeof value);
        snprintf(meta->number[i], sizeof meta->number[i], "%" PRId32, value);
        put(meta, cama__file_number[i].key, meta->number[i]);
    }
    put(meta, "likelihood", cama__likelihood_name(spec->likelihood));
    for (int32_t i = 0; i < NET_COUNT; i++)
        if (i != NET_C_LINEAR) put(meta, cama__net_name[i], spec->net[i]);
    for (int32_t i = 0; i < FILE_FLAGS; i++) put(meta, cama__file_flag[i], values[i] ? "1" : "0");
    if (schema != NULL) put(meta, "schema", schema);
}

static float extra_value(const cama_model *model, int32_t which, int64_t i)
{
    switch (which) {
    case EXTRA_PRIOR: return (float)model->log_prior[i];
    case EXTRA_NU: return (float)model->spec.nu;
    case EXTRA_CLIP: return (float)model->spec.c_clip;
    case EXTRA_LOW: return (float)model->c_low[i];
    case EXTRA_HIGH: return (float)model->c_high[i];
    case EXTRA_MEAN: return model->mean[i];
    default: return model->scale[i];
    }
}

/* Tensors (count + EXTRAS) and their numbers, parameter by parameter; how many there are. */
static int32_t put_tensors(const cama_model *model, const cama__extra *extras, cama__tensor *tensors, float *values)
{
    const cama__params *params = &model->params;
    int32_t used = params->count;
    for (int32_t i = 0; i < params->count; i++) {
        const cama__param *p = &params->item[i];
        cama__param_read(p, cama__model_param_net(model, p), model->theta, values);
        tensors[i] = (cama__tensor){.name = p->name, .dims = p->dims, .data = values};
        memcpy(tensors[i].shape, p->shape, sizeof p->shape);
        values += p->count;
    }
    for (int32_t e = 0; e < EXTRAS; e++) {
        if (extras[e].count == 0) continue;
        for (int64_t i = 0; i < extras[e].count; i++) values[i] = extra_value(model, e, i);
        tensors[used++] =
            (cama__tensor){.name = cama__extra_name[e], .dims = 1, .shape = {extras[e].count}, .data = values};
        values += extras[e].count;
    }
    return used;
}

int32_t cama__model_file_encode(const cama_model *model, void **buffer, int64_t *size)
{
    int32_t status = CAMA_OK;
    const int32_t count = model->params.count;
    int64_t total = 0;
    metadata meta = {.used = 0};
    cama__extra extras[EXTRAS];
    char *schema = NULL;
    cama__extras_list(model, model->standardised, extras);
    for (int32_t i = 0; i < count; i++) total += model->params.item[i].count;
    for (int32_t e = 0; e < EXTRAS; e++) total += extras[e].count;
    cama__tensor *tensors = cama__mem_alloc((size_t)count + EXTRAS, sizeof *tensors);
    float *values = cama__mem_alloc(cama__file_room(total), sizeof *values);
    if (tensors == NULL || values == NULL) TRY(CAMA_E_MEMORY);
    if (model->schema != NULL) TRY(cama__schema_json_encode(model->schema, &schema));
    put_metadata(&meta, model, schema);
    TRY(cama__safetensors_encode(tensors, put_tensors(model, extras, tensors, values), meta.text, buffer, size));
out:
    cama__mem_free(schema);
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
