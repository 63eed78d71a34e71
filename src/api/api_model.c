/* api_model - the public cama_model_ functions: creation from a preset and options, files, and what a model says of
 * itself (its parameters: api_parameters.c). */
#include <inttypes.h>
#include <string.h>

#include "../io/model_file.h"
#include "../prob/likelihood.h"
#include "../data/dataset.h"
#include "api_check.h"

/* ---- Creation ---------------------------------------------------------------------------------------------------- */

/* Sizes of a model, and the option that sets each: the value in force is the preset's where the option is `unset`. */
#define FROM_OPTION(key, member, unset)                                                                                \
    {                                                                                                                  \
#key, offsetof(cama__spec, member), offsetof(cama__model_options, key),                                        \
            offsetof(cama__model_options, key##_given), unset                                                          \
    }
static const struct {
    const char *key;
    size_t offset;        /* of an int32_t in cama__spec */
    size_t option, given; /* of an int64_t and a bool in cama__model_options */
    int64_t unset;
} sizes[] = {
    FROM_OPTION(height, x.h, 0),
    FROM_OPTION(width, x.w, 0),
    FROM_OPTION(channels, x.c, 0),
    FROM_OPTION(classes, classes, 0),
    FROM_OPTION(z, z, -1),
    FROM_OPTION(m, m, -1),
    {"a", offsetof(cama__spec, a), 0, 0, 0},
    {"c", offsetof(cama__spec, c), 0, 0, 0},
};
enum { SIZES = sizeof sizes / sizeof *sizes, OPTION_SIZES = 6 }; /* a and c come from a schema, not from options */

static int32_t size_of(const cama__spec *spec, int32_t index)
{
    int32_t value;
    memcpy(&value, (const char *)spec + sizes[index].offset, sizeof value);
    return value;
}

/* A description of one line: tabs and line ends become spaces. */
static int32_t set_net(cama__spec *spec, int32_t number, const char *text)
{
    const size_t length = strlen(text);
    if (length == 0) return CAMA_OK;
    if (length >= SPEC_TEXT)
        return cama__error(CAMA_E_OPTION, "network %s: expected a description of at most %d characters, got %zu",
                           cama__net_name[number], SPEC_TEXT - 1, length);
    if (spec->m == 0 && !spec->discriminative && (number == NET_P_M || number == NET_Q_M))
        return cama__error(CAMA_E_OPTION, "network %s: expected no description with m = 0, got \"%.*s\"",
                           cama__net_name[number], SHOWN(text));
    if (spec->discriminative != (number == NET_DNN) || number == NET_C_LINEAR)
        return cama__error(CAMA_E_OPTION,
                           "network %s: expected no description, which preset \"%s\" does not have, "
                           "got \"%.*s\"",
                           cama__net_name[number], spec->preset, SHOWN(text));
    for (size_t i = 0; i <= length; i++) spec->net[number][i] = text[i] == '\t' || text[i] == '\n' ? ' ' : text[i];
    return CAMA_OK;
}

static bool size_given(const cama__model_options *o, int32_t index)
{
    return *(const bool *)((const char *)o + sizes[index].given);
}

static void set_size(cama__spec *spec, const cama__model_options *o, int32_t index)
{
    int64_t value;
    memcpy(&value, (const char *)o + sizes[index].option, sizeof value);
    const int32_t size = (int32_t)value;
    if (value != sizes[index].unset) memcpy((char *)spec + sizes[index].offset, &size, sizeof size);
}

/* An option that this model cannot use is refused, not ignored. */
static int32_t check_overrides(const cama__spec *spec, const cama_schema *schema, const cama__model_options *o)
{
    cama__spec taken = *spec;
    if (schema != NULL) cama__spec_take(&taken, schema);
    for (int32_t i = 0; i < OPTION_SIZES; i++)
        if (size_of(&taken, i) != size_of(spec, i) && size_given(o, i))
            return cama__error(CAMA_E_OPTION,
                               "option \"%s\" of \"model\": expected it unset or %d, as in the schema, got %d",
                               sizes[i].key, size_of(&taken, i), size_of(spec, i));
    const struct {
        const char *key;
        bool given;
    } latents[] = {{"z", o->z_given},
                   {"m", o->m_given},
                   {"likelihood", o->likelihood_given},
                   {"nu", o->nu_given},
                   {"m_enters", o->m_enters_given},
                   {"variance", o->variance_given},
                   {"c_linear", o->c_linear_given},
                   {"c_range", o->c_range_given}};
    for (size_t i = 0; spec->discriminative && i < sizeof latents / sizeof *latents; i++)
        if (latents[i].given)
            return cama__error(CAMA_E_OPTION,
                               "option \"%s\" of \"model\": expected it unset, got it with the discriminative "
                               "preset \"%s\"",
                               latents[i].key, spec->preset);
    if (o->c_range == TOGGLE_ON && !spec->standardise)
        return cama__error(CAMA_E_OPTION, "option \"c_range\" of \"model\": expected a model that learns its units "
                                          "(standardise = on), got one that does not");
    return CAMA_OK;
}

static int32_t set_nets(cama__spec *spec, const cama__model_options *o)
{
    const char *const text[NET_COUNT] = {
        [NET_P_PRIOR] = o->p_prior, [NET_P_Y] = o->p_y, [NET_P_Z] = o->p_z, [NET_P_M] = o->p_m, [NET_P_C] = o->p_c,
        [NET_P_MERGE] = o->p_merge, [NET_Q_M] = o->q_m, [NET_Q_Z] = o->q_z, [NET_DNN] = o->dnn, [NET_C_LINEAR] = "",
    };
    int32_t status = CAMA_OK;
    for (int32_t i = 0; i < NET_COUNT; i++) TRY(set_net(spec, i, text[i]));
out:
    return status;
}

/* schema NULL: none. */
static int32_t override(cama__spec *spec, const cama_schema *schema, const cama__model_options *o)
{
    int32_t status = CAMA_OK;
    for (int32_t i = 0; i < OPTION_SIZES; i++) set_size(spec, o, i);
    if (o->likelihood != LIKELIHOOD_IS_PRESET) spec->likelihood = (int32_t)o->likelihood - 1;
    if (o->standardise != TOGGLE_PRESET) spec->standardise = o->standardise == TOGGLE_ON;
    if (o->m_enters != M_ENTERS_AS_PRESET) spec->m_enters = (int32_t)o->m_enters - 1;
    if (o->variance != VARIANCE_PRESET) spec->variance = o->variance == VARIANCE_NETWORK;
    if (o->c_linear != TOGGLE_PRESET) spec->c_linear = o->c_linear == TOGGLE_ON;
    if (o->c_range != TOGGLE_PRESET) spec->c_range = o->c_range == TOGGLE_ON;
    if (o->c_clip != -1 && o->c_clip != 0 && o->c_clip < 1e-30)
        FAIL(CAMA_E_OPTION, "option \"c_clip\" of \"model\": expected -1, 0 or a number from 1e-30, got %g", o->c_clip);
    if (o->c_clip >= 0) spec->c_clip = (float)o->c_clip;
    spec->nu = (float)o->nu; /* what a file can hold */
    TRY(set_nets(spec, o));
    TRY(check_overrides(spec, schema, o));
out:
    return status;
}

static int32_t create(const char *preset, const cama_schema *schema, const cama_options *options, cama_model **out)
{
    int32_t status = CAMA_OK;
    cama__spec spec;
    cama_model *model = NULL;
    TRY(cama__options_check(options, VERB_MODEL));
    TRY(cama__spec_preset(preset, &spec));
    const cama__model_options o = cama__options_model(options);
    TRY(override(&spec, schema, &o));
    if (schema != NULL) cama__spec_take(&spec, schema);
    TRY(cama__model_build(&spec, schema, &model));
    TRY(cama__model_init(model, (uint64_t)o.seed, o.output_scale));
    *out = model;
    model = NULL;
out:
    cama__model_free(model);
    return status;
}

int32_t cama_model_create(const char *preset, const cama_options *options, cama_model **out)
{
    int32_t status = CAMA_OK;
    NEED(preset);
    NEED(out);
    TRY(create(preset, NULL, options, out));
out:
    return status;
}

int32_t cama_model_create_for(const char *preset, const cama_schema *schema, const cama_options *options,
                              cama_model **out)
{
    int32_t status = CAMA_OK;
    NEED(preset);
    NEED(schema);
    NEED(out);
    if (schema->width[ROLE_X] == 0)
        FAIL(CAMA_E_ARGUMENT, "%s: expected a schema with at least one child of \"%s\", got none", __func__,
             schema->target);
    if (strncmp(preset, "measurement", strlen("measurement")) != 0)
        FAIL(CAMA_E_ARGUMENT,
             "%s: expected preset \"measurement\", \"measurement-sensors\", \"measurement-dnn\" or "
             "\"measurement-logistic\", got \"%.*s\"",
             __func__, SHOWN(preset));
    TRY(create(preset, schema, options, out));
out:
    return status;
}

const cama_schema *cama_model_schema(const cama_model *model) { return model == NULL ? NULL : model->schema; }

int32_t cama_model_clone(const cama_model *model, cama_model **out)
{
    int32_t status = CAMA_OK;
    NEED(model);
    NEED(out);
    TRY(cama__model_clone(model, out));
out:
    return status;
}

void cama_model_free(cama_model *model) { cama__model_free(model); }

/* ---- Files ------------------------------------------------------------------------------------------------------- */

int32_t cama_model_load(const char *path, cama_model **out)
{
    int32_t status = CAMA_OK;
    NEED(path);
    NEED(out);
    TRY(cama__model_file_load(path, out));
out:
    return status;
}

int32_t cama_model_verify(const char *path)
{
    int32_t status = CAMA_OK;
    NEED(path);
    TRY(cama__model_file_verify(path));
out:
    return status;
}

int32_t cama_model_save(const cama_model *model, const char *path)
{
    int32_t status = CAMA_OK;
    NEED(model);
    NEED(path);
    TRY(cama__model_file_save(model, path));
out:
    return status;
}

int32_t cama_model_load_memory(const void *buffer, int64_t size, cama_model **out)
{
    int32_t status = CAMA_OK;
    NEED(buffer);
    NEED(out);
    if (size < 0) FAIL(CAMA_E_ARGUMENT, "%s: expected a size of at least 0, got %" PRId64, __func__, size);
    TRY(cama__model_file_decode(buffer, size, "memory", out));
out:
    return status;
}

int32_t cama_model_save_memory(const cama_model *model, void *buffer, int64_t *size)
{
    int32_t status = CAMA_OK;
    void *file = NULL;
    int64_t needed = 0;
    NEED(model);
    NEED(size);
    TRY(cama__model_file_encode(model, &file, &needed));
    if (buffer != NULL) {
        if (*size < needed)
            FAIL(CAMA_E_ARGUMENT, "%s: expected room for %" PRId64 " bytes, got %" PRId64, __func__, needed, *size);
        memcpy(buffer, file, (size_t)needed);
    }
    *size = needed;
out:
    cama__mem_free(file);
    return status;
}

/* ---- What a model says of itself --------------------------------------------------------------------------------- */

static int64_t count_parameters(const cama_model *model)
{
    int64_t count = 0;
    for (int32_t i = 0; i < model->params.count; i++) count += model->params.item[i].count;
    return count;
}

int32_t cama_model_get_int(const cama_model *model, const char *name, int64_t *value)
{
    int32_t status = CAMA_OK;
    NEED(model);
    NEED(name);
    NEED(value);
    for (int32_t i = 0; i < SIZES; i++)
        if (strcmp(name, sizes[i].key) == 0) {
            *value = size_of(&model->spec, i);
            goto out;
        }
    const struct {
        const char *name;
        int64_t value;
    } others[] = {{"x", cama__shape_size(model->spec.x)},
                  {"parameters", count_parameters(model)},
                  {"q_m_trained", model->q_m_trained},
                  {"standardised", model->standardised},
                  {"discriminative", model->spec.discriminative}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i].name) == 0) {
            *value = others[i].value;
            goto out;
        }
    FAIL(CAMA_E_ARGUMENT,
         "%s: expected height, width, channels, x, a, c, classes, z, m, parameters, q_m_trained, standardised or "
         "discriminative, got \"%.*s\"",
         __func__, SHOWN(name));
out:
    return status;
}

int32_t cama_model_get_text(const cama_model *model, const char *name, const char **value)
{
    int32_t status = CAMA_OK;
    NEED(model);
    NEED(name);
    NEED(value);
    for (int32_t i = 0; i < NET_COUNT; i++)
        if (strcmp(name, cama__net_name[i]) == 0) {
            *value = model->spec.net[i];
            goto out;
        }
    if (strcmp(name, "preset") == 0)
        *value = model->spec.preset;
    else if (strcmp(name, "likelihood") == 0)
        *value = cama__likelihood_name(model->spec.likelihood);
    else if (strcmp(name, "summary") == 0)
        *value = model->summary;
    else
        FAIL(CAMA_E_ARGUMENT, "%s: expected preset, likelihood, summary or the name of a network, got \"%.*s\"",
             __func__, SHOWN(name));
out:
    return status;
}

int32_t cama_model_set_class_names(cama_model *model, const char *const *names)
{
    int32_t status = CAMA_OK;
    cama_schema *made = NULL;
    NEED(model);
    NEED(names);
    if (model->schema != NULL)
        FAIL(CAMA_E_ARGUMENT, "%s: expected a model without a schema, got one whose schema names the classes",
             __func__);
    TRY(cama__schema_create(NULL, model->spec.classes, names, NULL, &made));
    cama__schema_free(model->names);
    model->names = made;
out:
    return status;
}

int32_t cama_model_class_name(const cama_model *model, int32_t class_index, const char **name)
{
    int32_t status = CAMA_OK;
    NEED(model);
    NEED(name);
    if (class_index < 0 || class_index >= model->spec.classes)
        FAIL(CAMA_E_ARGUMENT, "%s: expected an index of one of %" PRId32 " classes, got %" PRId32, __func__,
             model->spec.classes, class_index);
    const cama_schema *names = model->schema != NULL ? model->schema : model->names;
    *name = names != NULL ? names->class_name[class_index] : NULL;
out:
    return status;
}

int32_t cama_model_set_prior(cama_model *model, const cama_dataset *labelled)
{
    int32_t status = CAMA_OK;
    int64_t *counts = NULL;
    NEED(model);
    NEED(labelled);
    if (labelled->classes != model->spec.classes)
        FAIL(CAMA_E_ARGUMENT, "%s: expected a dataset of %" PRId32 " classes, got %" PRId32, __func__,
             model->spec.classes, labelled->classes);
    if (model->spec.a > 0 || model->spec.discriminative)
        FAIL(CAMA_E_ARGUMENT, "%s: expected a model whose p(y) is a table, got one with %s", __func__,
             model->spec.discriminative ? "p(y|x) alone" : "the network p(y|a)");
    TRY(cama__dataset_unflagged(labelled, "labelled"));
    if (labelled->y == NULL) FAIL(CAMA_E_ARGUMENT, "%s: expected a dataset with labels, got one without", __func__);
    if (model->schema != NULL && labelled->schema != NULL)
        TRY(cama__schema_match_target(model->schema, labelled->schema, __func__));
    TRY(cama__mem_new(&counts, labelled->classes));
    for (int64_t i = 0; i < labelled->n; i++) counts[labelled->y[i]]++;
    cama__model_set_prior(model, counts);
out:
    cama__mem_free(counts);
    return status;
}
