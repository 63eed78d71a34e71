/* api_model - the public cama_model_ functions: creation from a preset and options, files, and what a model says of
 * itself (its parameters: api_parameters.c). */
#include <inttypes.h>
#include <string.h>

#include "../io/model_file.h"
#include "../prob/likelihood.h"
#include "../data/dataset.h"
#include "api_check.h"

/* ---- Creation ---------------------------------------------------------------------------------------------------- */

/* Sizes that options may set; the value in force is the preset's when it is `unset`. */
static const struct {
    const char *key;
    size_t offset; /* of an int32_t in cama__spec */
} sizes[] = {
    {"height", offsetof(cama__spec, x.h)},   {"width", offsetof(cama__spec, x.w)},
    {"channels", offsetof(cama__spec, x.c)}, {"classes", offsetof(cama__spec, classes)},
    {"z", offsetof(cama__spec, z)},          {"m", offsetof(cama__spec, m)},
    {"a", offsetof(cama__spec, a)},          {"c", offsetof(cama__spec, c)},
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

/* What is set for a model that does not have it is a mistake, not a wish to pass over. */
static int32_t check_wishes(const cama__spec *spec, const cama_schema *schema, const cama_options *options)
{
    cama__spec taken = *spec;
    if (schema != NULL) cama__spec_take(&taken, schema);
    for (int32_t i = 0; i < OPTION_SIZES; i++)
        if (size_of(&taken, i) != size_of(spec, i) && cama__options_given(options, VERB_MODEL, sizes[i].key))
            return cama__error(CAMA_E_OPTION,
                               "option \"%s\" of \"model\": expected it unset or %d, as in the schema, got %d",
                               sizes[i].key, size_of(&taken, i), size_of(spec, i));
    static const char *const latents[] = {"z", "m", "likelihood", "nu", "m_enters", "variance", "c_linear", "c_range"};
    for (size_t i = 0; spec->discriminative && i < sizeof latents / sizeof *latents; i++)
        if (cama__options_given(options, VERB_MODEL, latents[i]))
            return cama__error(CAMA_E_OPTION,
                               "option \"%s\" of \"model\": expected it unset, got it with the discriminative "
                               "preset \"%s\"",
                               latents[i], spec->preset);
    if (cama__options_is(options, VERB_MODEL, "c_range", "on") && !spec->standardise)
        return cama__error(CAMA_E_OPTION, "option \"c_range\" of \"model\": expected a model that learns its units "
                                          "(standardise = on), got one that does not");
    return CAMA_OK;
}

/* schema NULL: none. */
static int32_t override(cama__spec *spec, const cama_schema *schema, const cama_options *options)
{
    int32_t status = CAMA_OK;
    for (int32_t i = 0; i < OPTION_SIZES; i++) {
        const bool latent = sizes[i].offset == offsetof(cama__spec, z) || sizes[i].offset == offsetof(cama__spec, m);
        const int32_t value = (int32_t)cama__options_int(options, VERB_MODEL, sizes[i].key);
        if (value != (latent ? -1 : 0)) memcpy((char *)spec + sizes[i].offset, &value, sizeof value);
    }
    if (!cama__options_is(options, VERB_MODEL, "likelihood", "preset"))
        TRY(cama__likelihood_parse(cama__options_text(options, VERB_MODEL, "likelihood"), &spec->likelihood));
    if (!cama__options_is(options, VERB_MODEL, "standardise", "preset"))
        spec->standardise = cama__options_is(options, VERB_MODEL, "standardise", "on");
    if (!cama__options_is(options, VERB_MODEL, "m_enters", "preset"))
        spec->m_enters = cama__options_choice(options, VERB_MODEL, "m_enters") - 1;
    if (!cama__options_is(options, VERB_MODEL, "variance", "preset"))
        spec->variance = cama__options_is(options, VERB_MODEL, "variance", "network");
    if (!cama__options_is(options, VERB_MODEL, "c_linear", "preset"))
        spec->c_linear = cama__options_is(options, VERB_MODEL, "c_linear", "on");
    if (!cama__options_is(options, VERB_MODEL, "c_range", "preset"))
        spec->c_range = cama__options_is(options, VERB_MODEL, "c_range", "on");
    const double clip = cama__options_real(options, VERB_MODEL, "c_clip");
    if (clip != -1 && clip != 0 && clip < 1e-30)
        FAIL(CAMA_E_OPTION, "option \"c_clip\" of \"model\": expected -1, 0 or a number from 1e-30, got %g", clip);
    if (clip >= 0) spec->c_clip = (float)clip;
    spec->nu = (float)cama__options_real(options, VERB_MODEL, "nu"); /* what a file can hold */
    for (int32_t i = 0; i < NET_COUNT; i++)
        if (i != NET_C_LINEAR) TRY(set_net(spec, i, cama__options_text(options, VERB_MODEL, cama__net_name[i])));
    TRY(check_wishes(spec, schema, options));
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
    TRY(override(&spec, schema, options));
    if (schema != NULL) cama__spec_take(&spec, schema);
    TRY(cama__model_build(&spec, schema, &model));
    TRY(cama__model_init(model, (uint64_t)cama__options_int(options, VERB_MODEL, "seed"),
                         cama__options_real(options, VERB_MODEL, "output_scale")));
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
             "%s: expected preset \"measurement\", \"measurement-sensors\" or \"measurement-dnn\", got \"%.*s\"",
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
        FAIL(CAMA_E_ARGUMENT, "%s: expected a model without a schema, got one whose schema names the classes", __func__);
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
    counts = cama__mem_alloc((size_t)labelled->classes, sizeof *counts);
    if (counts == NULL) TRY(CAMA_E_MEMORY);
    for (int64_t i = 0; i < labelled->n; i++) counts[labelled->y[i]]++;
    cama__model_set_prior(model, counts);
out:
    cama__mem_free(counts);
    return status;
}
