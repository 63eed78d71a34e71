/* model_file_layout - the tables: a row for each number of the metadata, names of flags and of the tensors beside the
 * parameters. */
#include "model_file_layout.h"

#include <stddef.h>

const char *const cama__file_kind[FILE_KINDS][2] = {{"format", "cama"}, {"format_version", "1"}};

const cama__file_number_row cama__file_number[FILE_NUMBERS] = {
    {"height", offsetof(cama__spec, x.h), 1, SIDE_MAX},
    {"width", offsetof(cama__spec, x.w), 1, SIDE_MAX},
    {"channels", offsetof(cama__spec, x.c), 1, X_MAX},
    {"classes", offsetof(cama__spec, classes), 2, CLASSES_MAX},
    {"z", offsetof(cama__spec, z), 0, LATENT_MAX},
    {"m", offsetof(cama__spec, m), 0, LATENT_MAX},
    {"a", offsetof(cama__spec, a), 0, X_MAX},
    {"c", offsetof(cama__spec, c), 0, X_MAX},
    {"m_enters", offsetof(cama__spec, m_enters), 0, M_ENTERS_VIEW},
    {"variance", offsetof(cama__spec, variance), 0, 1},
    {"c_linear", offsetof(cama__spec, c_linear), 0, 1},
    {"c_range", offsetof(cama__spec, c_range), 0, 1},
};

const char *const cama__file_flag[FILE_FLAGS] = {"q_m_trained", "standardise", "standardised", "discriminative"};

const char *const cama__extra_name[EXTRAS] = {
    [EXTRA_PRIOR] = "prior.log_prob", [EXTRA_NU] = "likelihood.nu",  [EXTRA_CLIP] = "c_clip",
    [EXTRA_LOW] = "c_range.low",      [EXTRA_HIGH] = "c_range.high", [EXTRA_MEAN] = "standard.mean",
    [EXTRA_SCALE] = "standard.scale",
};

void cama__file_keys(const char *keys[FILE_KEYS + 1])
{
    int32_t used = 0;
    for (int32_t i = 0; i < FILE_KINDS; i++) keys[used++] = cama__file_kind[i][0];
    keys[used++] = "library_version";
    keys[used++] = "preset";
    for (int32_t i = 0; i < FILE_NUMBERS; i++) keys[used++] = cama__file_number[i].key;
    keys[used++] = "likelihood";
    for (int32_t i = 0; i < NET_COUNT; i++)
        if (i != NET_C_LINEAR) keys[used++] = cama__net_name[i];
    for (int32_t i = 0; i < FILE_FLAGS; i++) keys[used++] = cama__file_flag[i];
    keys[used++] = "schema";
    keys[used++] = "class_names";
    keys[used] = NULL;
}

void cama__extras_list(const cama_model *model, bool standardised, cama__extra extras[EXTRAS])
{
    const int64_t units = standardised ? cama__model_place(model, ROLE_C) + model->spec.c : 0;
    const bool nu = !model->spec.discriminative && model->spec.likelihood == LIKELIHOOD_STUDENT;
    extras[EXTRA_PRIOR].count = model->spec.classes;
    extras[EXTRA_NU].count = nu;
    extras[EXTRA_CLIP].count = model->spec.c_clip > 0;
    extras[EXTRA_LOW].count = extras[EXTRA_HIGH].count = standardised && model->spec.c_range ? model->spec.c : 0;
    extras[EXTRA_MEAN].count = extras[EXTRA_SCALE].count = units;
}
