/* model_file - writing a model: one table of the metadata's numbers (model_file_layout.h) serves writer and reader. */
#include "model_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../base/version.h"
#include "file.h"
#include "model_file_layout.h"
#include "safetensors.h"
#include "schema_json.h"

/* The kinds, library_version, preset, numbers, likelihood, networks (but c_linear, which is a number: it is there or
 * not), flags, schema, class_names. */
enum { PAIRS = FILE_KINDS + 2 + FILE_NUMBERS + 1 + NET_COUNT + FILE_FLAGS + 2 };

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

static void put_metadata(metadata *meta, const cama_model *model, const char *schema, const char *names)
{
    const cama__spec *spec = &model->spec;
    const bool values[FILE_FLAGS] = {model->q_m_trained, spec->standardise, model->standardised, spec->discriminative};
    for (int32_t i = 0; i < FILE_KINDS; i++) put(meta, cama__file_kind[i][0], cama__file_kind[i][1]);
    put(meta, "library_version", CAMA__VERSION);
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
    if (names != NULL) put(meta, "class_names", names);
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

typedef struct {
    const cama_model *model;
    cama__extra extras[EXTRAS];
    int32_t present[EXTRAS]; /* those the model has, in the order of their tensors, which follow the parameters */
    int32_t count;           /* of all tensors */
} contents;

/* Tensors (params.count + EXTRAS), without their numbers. */
static void put_tensors(contents *all, cama__tensor *tensors)
{
    const cama__params *params = &all->model->params;
    for (int32_t i = 0; i < params->count; i++) {
        const cama__param *p = &params->item[i];
        tensors[i] = (cama__tensor){.name = p->name, .dims = p->dims};
        memcpy(tensors[i].shape, p->shape, sizeof p->shape);
    }
    all->count = params->count;
    for (int32_t e = 0; e < EXTRAS; e++) {
        if (all->extras[e].count == 0) continue;
        all->present[all->count - params->count] = e;
        tensors[all->count++] = (cama__tensor){.name = cama__extra_name[e], .dims = 1, .shape = {all->extras[e].count}};
    }
}

/* A cama__tensor_fill. */
static void fill(void *user, int32_t i, float *values)
{
    const contents *all = user;
    const cama_model *model = all->model;
    if (i < model->params.count) {
        const cama__param *p = &model->params.item[i];
        cama__param_read(p, cama__model_param_net(model, p), model->theta, values);
        return;
    }
    const int32_t e = all->present[i - model->params.count];
    for (int64_t k = 0; k < all->extras[e].count; k++) values[k] = extra_value(model, e, k);
}

int32_t cama__model_file_encode(const cama_model *model, void **buffer, int64_t *size)
{
    int32_t status = CAMA_OK;
    metadata meta = {.used = 0};
    contents all = {.model = model};
    char *schema = NULL, *names = NULL;
    cama__tensor *tensors = NULL;
    TRY(cama__mem_new(&tensors, model->params.count + EXTRAS));
    if (model->schema != NULL) TRY(cama__schema_json_encode(model->schema, &schema));
    if (model->names != NULL) TRY(cama__schema_json_encode(model->names, &names));
    put_metadata(&meta, model, schema, names);
    cama__extras_list(model, model->standardised, all.extras);
    put_tensors(&all, tensors);
    TRY(cama__safetensors_encode_filled(tensors, all.count, meta.text, fill, &all, buffer, size));
out:
    cama__mem_free(names);
    cama__mem_free(schema);
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
