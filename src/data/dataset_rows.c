/* dataset_rows - what a file says of a dataset's rows, and what that means for results: a flagged row has none. */
#include <math.h>

#include "dataset.h"

int32_t cama__dataset_describe(cama_dataset *dataset, int32_t *given, cama__origin *origin)
{
    for (int64_t i = 0; given != NULL && i < dataset->n; i++) {
        if (given[i] >= -1 && given[i] < dataset->classes) continue;
        const int32_t got = given[i];
        cama__mem_free(given);
        cama__origin_free(origin);
        return cama__error(CAMA_E_DATA, "label of row %lld: expected -1 to %d, got %d", (long long)i,
                           dataset->classes - 1, got);
    }
    dataset->given = given;
    dataset->origin = origin;
    return CAMA_OK;
}

static const uint8_t *flags_of(const cama_dataset *dataset)
{
    return dataset->origin != NULL ? dataset->origin->flag : NULL;
}

int32_t cama__dataset_unflagged(const cama_dataset *dataset, const char *what)
{
    const uint8_t *flag = dataset != NULL ? flags_of(dataset) : NULL;
    for (int64_t i = 0; flag != NULL && i < dataset->n; i++) {
        if (!flag[i]) continue;
        return cama__error(CAMA_E_DATA,
                           "%s: expected rows of which no cell was refused, got row %lld of the file (line %lld), "
                           "which is flagged (= drop instead of flag leaves such rows out)",
                           what, (long long)dataset->origin->row[i], (long long)dataset->origin->line[i]);
    }
    return CAMA_OK;
}

void cama__dataset_blank(const cama_dataset *dataset, int64_t width, float *values)
{
    const uint8_t *flag = flags_of(dataset);
    for (int64_t i = 0; flag != NULL && values != NULL && i < dataset->n; i++)
        for (int64_t k = 0; flag[i] && k < width; k++) values[i * width + k] = NAN;
}

void cama__dataset_blank_scores(const cama_dataset *dataset, double *values)
{
    const uint8_t *flag = flags_of(dataset);
    for (int64_t i = 0; flag != NULL && i < dataset->n; i++)
        if (flag[i]) values[i] = NAN;
}
