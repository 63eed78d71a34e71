/* standardise - one pass over each column. Numbers that are not continuous have mean 0 and scale 1, so that undoing
 * needs no exceptions. */
#include "standardise.h"

#include <math.h>

bool cama__standardise_continuous(const cama_model *model, int32_t role, int64_t at)
{
    if (role == ROLE_X) return model->reads[at];
    return model->schema == NULL || cama__schema_at(model->schema, role, (int32_t)at)->kind == VARIABLE_CONTINUOUS;
}

/* One column of a role's block, in double and in one pass (Welford). */
static void learn_column(const cama_dataset *dataset, int32_t role, int64_t column, float *mean, float *scale)
{
    const float *block = cama__dataset_block(dataset, role); /* NULL: bytes */
    const int64_t n = dataset->n, width = cama__dataset_width(dataset, role);
    double m = 0, square = 0;
    int64_t known = 0;
    for (int64_t i = 0; i < n; i++) {
        const int64_t at = i * width + column;
        const double v = block != NULL ? block[at] : cama__dataset_pixel(dataset->bytes[at]), away = v - m;
        if (isnan(v)) continue; /* a missing cell */
        m += away / (double)++known;
        square += away * (v - m);
    }
    const double deviation = known > 0 ? sqrt(square / (double)known) : 0;
    *mean = (float)m;
    *scale = (float)deviation > 0 ? (float)deviation : 1;
}

/* The limits of c, in standard units; those that a clip has set already stay where they are narrower. */
static void learn_range(cama_model *model, const cama_dataset *dataset)
{
    const int64_t width = model->spec.c, place = cama__model_place(model, ROLE_C);
    for (int64_t j = 0; j < width; j++) {
        float least = dataset->c[j], most = dataset->c[j];
        for (int64_t i = 1; i < dataset->n; i++) {
            const float v = dataset->c[i * width + j];
            least = v < least ? v : least;
            most = v > most ? v : most;
        }
        const real mean = (real)model->mean[place + j], scale = (real)model->scale[place + j];
        const real low = (real)(float)((least - mean) / scale), high = (real)(float)((most - mean) / scale);
        /* a range that lies beyond the clip becomes its edge */
        if (low > model->c_low[j]) model->c_low[j] = low < model->c_high[j] ? low : model->c_high[j];
        if (high < model->c_high[j]) model->c_high[j] = high > model->c_low[j] ? high : model->c_low[j];
    }
}

void cama__standardise_learn(cama_model *model, const cama_dataset *dataset)
{
    for (int32_t role = 0; role < ROLE_COUNT; role++) {
        const int64_t width = cama__model_width(model, role), place = cama__model_place(model, role);
        for (int64_t d = 0; d < width; d++)
            if (cama__standardise_continuous(model, role, d))
                learn_column(dataset, role, d, &model->mean[place + d], &model->scale[place + d]);
    }
    if (model->spec.c_range) learn_range(model, dataset);
    cama__model_standardised(model);
}

void cama__standardise_undo(const cama_model *model, int32_t role, int64_t n, float *values)
{
    const int64_t width = cama__model_width(model, role), place = cama__model_place(model, role);
    if (!model->standardised) return;
    for (int64_t i = 0; i < n; i++)
        for (int64_t d = 0; d < width; d++)
            values[i * width + d] = values[i * width + d] * model->scale[place + d] + model->mean[place + d];
}
