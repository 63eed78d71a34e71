/* extreme - one pass over the rows. Squares of a million are far from the end of a float; no column that a model was
 * trained on holds such a number, and what is beyond 1e19 has no square in a float. */
#include "extreme.h"

#include <math.h>
#include <stdio.h>

static const double far = 1e6;

typedef struct {
    int32_t role;
    int64_t row, column;
    double away, value, mean; /* away: in standard deviations */
} furthest;

static void look(const cama_model *model, const cama_dataset *dataset, int32_t role, int64_t row, furthest *found)
{
    const float *block = cama__dataset_block(dataset, role); /* NULL: bytes, or none */
    const int64_t width = cama__dataset_width(dataset, role), place = cama__model_place(model, role);
    for (int64_t j = 0; block != NULL && j < width; j++) {
        const double value = (double)block[row * width + j], mean = (double)model->mean[place + j],
                     away = fabs(value - mean) / (double)model->scale[place + j];
        if (away > found->away) *found = (furthest){role, row, j, away, value, mean};
    }
}

bool cama__extreme_tell(const cama_model *model, const cama_dataset *dataset, const int64_t *row, int64_t n,
                        char text[EXTREME_TEXT])
{
    static const char *const names[ROLE_COUNT] = {[ROLE_X] = "x", [ROLE_A] = "a", [ROLE_C] = "c"};
    furthest found = {.away = 0};
    for (int64_t i = 0; i < n; i++)
        for (int32_t role = 0; role < ROLE_COUNT; role++) look(model, dataset, role, row[i], &found);
    if (found.away < far) return false;
    snprintf(text, EXTREME_TEXT, "%s, row %lld, column %lld: expected a number near %.3g, got %g", names[found.role],
             (long long)found.row, (long long)found.column, found.mean, found.value);
    return true;
}
