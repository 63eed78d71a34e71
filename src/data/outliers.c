/* outliers - a sample of each column says that it has none, as most have; or its cells are sorted, and of all ways to
 * leave out a few at the ends the one that leaves out most decides. */
#include "outliers.h"

#include <math.h>

#include "../base/arith.h"
#include "../base/sort.h"
#include "standardise.h"

enum { LEAST_ROWS = 20, ONE_IN = 200, RANGES = 5, SAMPLE = 1024 };

typedef struct {
    const float *block; /* (n, width) */
    int64_t n, width, at;
    double *sorted; /* (n) */
} column;

static double cell(const column *c, int64_t row) { return (double)c->block[row * c->width + c->at]; }

static int by_value(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Every stride-th cell in order; how many, cells without a value left out. */
static int64_t sort_cells(const column *c, int64_t stride)
{
    int64_t count = 0;
    for (int64_t row = 0; row < c->n; row += stride)
        if (isfinite(cell(c, row))) c->sorted[count++] = cell(c, row);
    cama__sort(c->sorted, count, sizeof *c->sorted, by_value);
    return count;
}

/* Whether all cells lie within RANGES quartile distances of a sample's quartiles: the range of all but a few is not
 * less. */
static bool is_plain(const column *c)
{
    const int64_t count = sort_cells(c, cama__ceil_div(c->n, SAMPLE));
    if (count < 4) return false;
    const double low = c->sorted[count / 4], high = c->sorted[count - 1 - count / 4], far = RANGES * (high - low);
    for (int64_t row = 0; row < c->n; row++)
        if (cell(c, row) < low - far || cell(c, row) > high + far) return false;
    return true;
}

/* Whether those beyond places below and above of the sorted cells are outliers. */
static bool apart(const double *v, int64_t count, int64_t below, int64_t above)
{
    const int64_t first = below, last = count - 1 - above;
    const double far = RANGES * (v[last] - v[first]);
    return far > 0 && (below == 0 || v[first] - v[first - 1] > far) && (above == 0 || v[last + 1] - v[last] > far);
}

/* The limits within which the column has no outliers; false where it has none at all. */
static bool find_limits(const column *c, double *low, double *high)
{
    if (is_plain(c)) return false;
    const int64_t count = sort_cells(c, 1), most = cama__ceil_div(count, ONE_IN);
    const double *v = c->sorted;
    if (count < LEAST_ROWS || v[count - 1 - count / 4] <= v[count / 4]) return false;
    for (int64_t all = most; all > 0; all--)
        for (int64_t below = 0; below <= all; below++) {
            if (!apart(v, count, below, all - below)) continue;
            *low = v[below];
            *high = v[count - 1 - (all - below)];
            return true;
        }
    return false;
}

static int64_t clip(float *block, const column *c, double low, double high)
{
    int64_t clipped = 0;
    for (int64_t row = 0; row < c->n; row++) {
        float *v = &block[row * c->width + c->at];
        clipped += (double)*v < low || (double)*v > high;
        if ((double)*v < low) *v = (float)low;
        if ((double)*v > high) *v = (float)high;
    }
    return clipped;
}

int32_t cama__outliers_clip(const cama_model *model, const cama_dataset *dataset, cama_dataset **out, int64_t *cells)
{
    int32_t status = CAMA_OK;
    cama_dataset *made = NULL;
    column c = {.n = dataset->n};
    TRY(cama__mem_new(&c.sorted, dataset->n));
    for (int32_t role = 0; role < ROLE_COUNT; role++) {
        c.block = cama__dataset_block(dataset, role); /* NULL: bytes */
        c.width = cama__dataset_width(dataset, role);
        for (c.at = 0; c.block != NULL && c.at < c.width; c.at++) {
            double low, high;
            if (!cama__standardise_continuous(model, role, c.at) || !find_limits(&c, &low, &high)) continue;
            if (made == NULL) TRY(cama__dataset_slice(dataset, 0, dataset->n, true, &made));
            /* the copy is this function's own until it is given away */
            *cells += clip((float *)(uintptr_t)cama__dataset_block(made, role), &c, low, high);
        }
    }
    *out = made;
    made = NULL;
out:
    cama__dataset_free(made);
    cama__mem_free(c.sorted);
    return status;
}
