/* dataset - examples are checked once, when they come in, so that every verb can trust them. Bytes stay bytes, a
 * quarter of the memory, until a batch is packed. */
#include "dataset.h"

#include <string.h>

#include "../base/elementary.h"
#include "../prob/likelihood.h"

/* ---- Checks ------------------------------------------------------------------------------------------------------ */

static int32_t check_sizes(int64_t n, cama__shape s, int32_t classes)
{
    if (s.h < 1 || s.w < 1 || s.c < 1)
        return cama__error(CAMA_E_ARGUMENT, "dataset: expected height, width and channels from 1, got %d, %d, %d", s.h,
                           s.w, s.c);
    const int64_t pixels = (int64_t)s.h * s.w;
    if (pixels > INT32_MAX / s.c)
        return cama__error(CAMA_E_ARGUMENT, "dataset: expected height * width * channels below 2^31, got %dx%dx%d", s.h,
                           s.w, s.c);
    if (n < 1) return cama__error(CAMA_E_ARGUMENT, "dataset: expected at least one example, got %lld", (long long)n);
    if (n > INT64_MAX / (int64_t)sizeof(float) / (pixels * s.c))
        return cama__error(CAMA_E_ARGUMENT, "dataset: %lld examples of %dx%dx%d are more than the address space holds",
                           (long long)n, s.h, s.w, s.c);
    if (classes < 2 || classes > CLASSES_MAX)
        return cama__error(CAMA_E_ARGUMENT, "dataset: expected 2 to %d classes, got %d", CLASSES_MAX, classes);
    return CAMA_OK;
}

static int32_t check_labels(int64_t n, const int32_t *y, int32_t classes)
{
    for (int64_t i = 0; y != NULL && i < n; i++)
        if (y[i] < 0 || y[i] >= classes)
            return cama__error(CAMA_E_DATA, "label of row %lld: expected 0 to %d, got %d", (long long)i, classes - 1,
                               y[i]);
    return CAMA_OK;
}

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Integers in the order of the floats, NaN at both ends: their minimum and maximum vectorise, floats' do not. */
static int32_t order_of(float x)
{
    const uint32_t bits = bits_of(x);
    return (int32_t)(bits >> 31 ? bits ^ 0x7fffffffu : bits);
}

static float float_of(int32_t order)
{
    const uint32_t bits = order < 0 ? (uint32_t)order ^ 0x7fffffffu : (uint32_t)order;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

CAMA__CLONES
static void float_range(const float *x, int64_t count, int32_t *low, int32_t *high)
{
    int32_t least = *low, most = *high;
    for (int64_t i = 0; i < count; i++) {
        const int32_t order = order_of(x[i]);
        least = order < least ? order : least;
        most = order > most ? order : most;
    }
    *low = least;
    *high = most;
}

CAMA__CLONES
static void byte_range(const uint8_t *x, int64_t count, uint8_t *low, uint8_t *high)
{
    uint8_t least = UINT8_MAX, most = 0;
    for (int64_t i = 0; i < count; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
    }
    *low = least;
    *high = most;
}

/* Widens the range by a block (n, width). CAMA_E_DATA names the first number that is not finite. */
static int32_t check_block(const char *name, int64_t n, int64_t width, const float *block, int32_t *low, int32_t *high)
{
    for (int64_t row = 0; row < n; row++) {
        const float *x = block + row * width;
        float_range(x, width, low, high);
        if (*low > order_of(-INFINITY) && *high < order_of(INFINITY)) continue;
        int64_t column = 0;
        while (isfinite(x[column])) column++;
        const char *got = isnan(x[column]) ? "nan" : x[column] > 0 ? "inf" : "-inf"; /* libms print the sign of a NaN */
        return cama__error(CAMA_E_DATA, "%s, row %lld, column %lld: expected a finite number, got %s", name,
                           (long long)row, (long long)column, got);
    }
    return CAMA_OK;
}

/* Fills in low and high. */
static int32_t check_values(cama_dataset *d)
{
    const int64_t dims = cama__shape_size(d->shape);
    if (d->bytes != NULL) {
        uint8_t low, high;
        byte_range(d->bytes, d->n * dims, &low, &high);
        d->low = cama__dataset_pixel(low);
        d->high = cama__dataset_pixel(high);
        return CAMA_OK;
    }
    int32_t low = INT32_MAX, high = INT32_MIN;
    const int32_t status = check_block("x", d->n, dims, d->x, &low, &high);
    d->low = float_of(low);
    d->high = float_of(high);
    return status;
}

/* a and c, and what the schema says of all three. */
static int32_t check_columns(const cama_dataset *d)
{
    static const char *const names[ROLE_COUNT] = {[ROLE_A] = "a", [ROLE_C] = "c"};
    int32_t status = CAMA_OK;
    for (int32_t role = 0; d->schema != NULL && role < ROLE_COUNT; role++) {
        const float *block = cama__dataset_block(d, role);
        int32_t low = INT32_MAX, high = INT32_MIN;
        if (block == NULL) continue;
        if (role != ROLE_X) TRY(check_block(names[role], d->n, cama__dataset_width(d, role), block, &low, &high));
        TRY(cama__schema_check(d->schema, role, d->n, block));
    }
    if (d->schema != NULL && d->a != NULL && d->c != NULL) TRY(cama__schema_check_twins(d->schema, d->n, d->a, d->c));
out:
    return status;
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

/* Checks a dataset that has its arrays and moves it into a handle; the arrays are the caller's to free on failure. */
static int32_t finish(cama_dataset d, cama_dataset **out)
{
    int32_t status = CAMA_OK;
    TRY(check_labels(d.n, d.y, d.classes));
    TRY(check_values(&d));
    TRY(check_columns(&d));
    cama_dataset *dataset = cama__mem_alloc(1, sizeof *dataset);
    if (dataset == NULL) {
        status = CAMA_E_MEMORY;
        goto out;
    }
    *dataset = d;
    *out = dataset;
out:
    return status;
}

/* Frees what a dataset owns, not itself. */
static void release(const cama_dataset *d)
{
    if (d->owns_x) cama__mem_free((void *)(d->bytes != NULL ? (const void *)d->bytes : d->x));
    if (d->owns_x) cama__mem_free((void *)d->a);
    if (d->owns_x) cama__mem_free((void *)d->c);
    if (d->owns_y) cama__mem_free((void *)d->y);
    cama__mem_free(d->given);
    cama__origin_free(d->origin);
    cama__schema_free(d->schema);
}

static void *copy_of(const void *array, int64_t count, size_t size)
{
    void *copy = cama__mem_alloc((size_t)count, size);
    return copy != NULL ? memcpy(copy, array, (size_t)count * size) : NULL;
}

/* Replaces borrowed arrays by copies of them. */
static int32_t own(cama_dataset *d)
{
    const int64_t count = d->n * cama__shape_size(d->shape);
    d->owns_x = d->owns_y = true;
    const bool labelled = d->y != NULL, has_a = d->a != NULL, has_c = d->c != NULL;
    if (has_a) d->a = copy_of(d->a, d->n * d->width_a, sizeof *d->a);
    if (has_c) d->c = copy_of(d->c, d->n * d->width_c, sizeof *d->c);
    if (d->bytes != NULL)
        d->bytes = copy_of(d->bytes, count, 1);
    else
        d->x = copy_of(d->x, count, sizeof *d->x);
    if (labelled) d->y = copy_of(d->y, d->n, sizeof *d->y);
    const bool missing = (d->bytes == NULL && d->x == NULL) || (labelled && d->y == NULL) || (has_a && d->a == NULL) ||
                         (has_c && d->c == NULL);
    return missing ? CAMA_E_MEMORY : CAMA_OK;
}

int32_t cama__dataset_from_arrays(int64_t n, cama__shape shape, int32_t classes, const float *x, const int32_t *y,
                                  bool copy, cama_dataset **out)
{
    cama_dataset d = {.n = n, .shape = shape, .classes = classes, .x = x, .y = y};
    int32_t status = CAMA_OK;
    TRY(check_sizes(n, shape, classes));
    if (copy) TRY(own(&d));
    TRY(finish(d, out));
out:
    if (status != CAMA_OK) release(&d);
    return status;
}

int32_t cama__dataset_from_columns(const cama_schema *schema, int64_t n, const float *x, const float *a, const float *c,
                                   const int32_t *y, bool copy, cama_dataset **out)
{
    cama_dataset d = {.n = n,
                      .shape = {1, 1, schema->width[ROLE_X]},
                      .classes = schema->classes,
                      .x = x,
                      .a = schema->width[ROLE_A] > 0 ? a : NULL,
                      .c = schema->width[ROLE_C] > 0 ? c : NULL,
                      .y = y,
                      .width_a = schema->width[ROLE_A],
                      .width_c = schema->width[ROLE_C]};
    int32_t status = CAMA_OK;
    if (d.shape.c == 0)
        FAIL(CAMA_E_ARGUMENT, "dataset: expected a schema with at least one child of \"%s\", got none", schema->target);
    TRY(check_sizes(n, d.shape, d.classes));
    TRY(cama__schema_clone(schema, &d.schema));
    if (copy) TRY(own(&d));
    TRY(finish(d, out));
out:
    if (status != CAMA_OK) release(&d);
    return status;
}

/* What the file says of rows first .. first + count, and labels that not all of them have. */
static int32_t take_rows(const cama_dataset *from, int64_t first, int64_t count, bool labels, cama_dataset *d)
{
    const bool some = labels && from->given != NULL && d->y == NULL;
    if (some) d->given = (int32_t *)copy_of(from->given + first, count, sizeof *d->given);
    if (some && d->given == NULL) return CAMA_E_MEMORY;
    return cama__origin_slice(from->origin, first, count, &d->origin);
}

int32_t cama__dataset_with(const cama_dataset *dataset, const float *x, const float *c, cama_dataset **out)
{
    cama_dataset d = *dataset;
    int32_t status = CAMA_OK;
    d.schema = NULL;
    d.given = NULL;
    d.origin = NULL;
    d.owns_x = d.owns_y = false;
    if (x != NULL) d.x = x, d.bytes = NULL;
    if (c != NULL) d.c = c;
    if (dataset->schema != NULL) TRY(cama__schema_clone(dataset->schema, &d.schema));
    TRY(own(&d));
    if (c != NULL && d.a != NULL && d.schema != NULL)
        cama__schema_copy_twins(d.schema, d.n, d.c, (float *)(uintptr_t)d.a); /* its own copy */
    TRY(take_rows(dataset, 0, dataset->n, true, &d));
    TRY(finish(d, out));
out:
    if (status != CAMA_OK) release(&d);
    return status;
}

int32_t cama__dataset_from_bytes(int64_t n, cama__shape shape, int32_t classes, uint8_t *bytes, int32_t *y,
                                 cama_dataset **out)
{
    const cama_dataset d = {
        .n = n, .shape = shape, .classes = classes, .bytes = bytes, .y = y, .owns_x = true, .owns_y = true};
    int32_t status = CAMA_OK;
    TRY(check_sizes(n, shape, classes));
    TRY(finish(d, out));
out:
    if (status != CAMA_OK) release(&d);
    return status;
}

static bool all_known(const int32_t *given, int64_t count)
{
    int64_t i = 0;
    while (i < count && given[i] >= 0) i++;
    return i == count;
}

int32_t cama__dataset_slice(const cama_dataset *dataset, int64_t first, int64_t count, bool labels, cama_dataset **out)
{
    const int64_t dims = cama__shape_size(dataset->shape);
    cama_dataset d = {.n = count,
                      .shape = dataset->shape,
                      .classes = dataset->classes,
                      .width_a = dataset->width_a,
                      .width_c = dataset->width_c};
    int32_t status = CAMA_OK;
    if (first < 0 || count < 1 || first > dataset->n - count)
        FAIL(CAMA_E_ARGUMENT, "slice: expected at least one of the rows 0 to %lld, got %lld rows from row %lld",
             (long long)(dataset->n - 1), (long long)count, (long long)first);
    if (dataset->bytes != NULL)
        d.bytes = dataset->bytes + first * dims;
    else
        d.x = dataset->x + first * dims;
    if (dataset->a != NULL) d.a = dataset->a + first * d.width_a;
    if (dataset->c != NULL) d.c = dataset->c + first * d.width_c;
    if (labels && dataset->y != NULL) d.y = dataset->y + first;
    if (labels && dataset->given != NULL && all_known(dataset->given + first, count)) d.y = dataset->given + first;
    if (dataset->schema != NULL) TRY(cama__schema_clone(dataset->schema, &d.schema));
    TRY(own(&d));
    TRY(take_rows(dataset, first, count, labels, &d));
    TRY(finish(d, out));
out:
    if (status != CAMA_OK) release(&d);
    return status;
}

void cama__dataset_free(cama_dataset *dataset)
{
    if (dataset == NULL) return;
    release(dataset);
    cama__mem_free(dataset);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

void cama__dataset_row(const cama_dataset *dataset, int64_t row, float *x)
{
    const int64_t dims = cama__shape_size(dataset->shape);
    if (dataset->bytes == NULL) {
        memcpy(x, dataset->x + row * dims, (size_t)dims * sizeof *x);
        return;
    }
    for (int64_t d = 0; d < dims; d++) x[d] = cama__dataset_pixel(dataset->bytes[row * dims + d]);
}

int64_t cama__dataset_width(const cama_dataset *dataset, int32_t role)
{
    return role == ROLE_X ? cama__shape_size(dataset->shape) : role == ROLE_A ? dataset->width_a : dataset->width_c;
}

const float *cama__dataset_block(const cama_dataset *dataset, int32_t role)
{
    return role == ROLE_X ? dataset->x : role == ROLE_A ? dataset->a : dataset->c;
}

/* ---- Fitting a model --------------------------------------------------------------------------------------------- */

static int32_t refuse_shape(const char *what, cama__shape wanted, cama__shape got)
{
    const bool vectors = wanted.h == 1 && wanted.w == 1 && got.h == 1 && got.w == 1;
    if (vectors)
        return cama__error(CAMA_E_ARGUMENT, "%s: expected vectors of %d numbers, got %d", what, wanted.c, got.c);
    return cama__error(CAMA_E_ARGUMENT, "%s: expected images of %dx%dx%d, got %dx%dx%d", what, wanted.h, wanted.w,
                       wanted.c, got.h, got.w, got.c);
}

static int32_t refuse_value(const char *what, const cama_dataset *dataset)
{
    const int64_t dims = cama__shape_size(dataset->shape);
    int64_t i = 0;
    while (dataset->x[i] >= 0 && dataset->x[i] <= 1) i++;
    return cama__error(CAMA_E_DATA,
                       "%s: expected x in [0,1] for a bernoulli likelihood, got %.9g at row %lld, column %lld", what,
                       (double)dataset->x[i], (long long)(i / dims), (long long)(i % dims));
}

int32_t cama__dataset_check(const cama_dataset *dataset, const cama_model *model, bool labels, const char *what)
{
    const cama__spec *spec = &model->spec;
    const cama__shape wanted = spec->x, got = dataset->shape;
    if (wanted.h != got.h || wanted.w != got.w || wanted.c != got.c) return refuse_shape(what, wanted, got);
    if (dataset->width_a != spec->a || dataset->width_c != spec->c)
        return cama__error(CAMA_E_ARGUMENT, "%s: expected %d numbers of parents and %d of co-parents, got %d and %d",
                           what, spec->a, spec->c, dataset->width_a, dataset->width_c);
    if (model->schema != NULL && dataset->schema != NULL) {
        const int32_t status = cama__schema_match(model->schema, dataset->schema, what);
        if (status != CAMA_OK) return status;
    }
    if (model->schema != NULL && dataset->schema == NULL && dataset->x != NULL) {
        const int32_t status = cama__schema_check(model->schema, ROLE_X, dataset->n, dataset->x);
        if (status != CAMA_OK) return status;
    }
    if (dataset->classes != spec->classes)
        return cama__error(CAMA_E_ARGUMENT, "%s: expected %d classes, got %d", what, spec->classes, dataset->classes);
    if (labels && dataset->given != NULL)
        return cama__error(CAMA_E_ARGUMENT, "%s: expected a label of every row, got a file that has not all of them",
                           what);
    if (labels && dataset->y == NULL) return cama__error(CAMA_E_ARGUMENT, "%s: expected labels, got none", what);
    if (model->schema == NULL && !spec->discriminative && spec->likelihood == LIKELIHOOD_BERNOULLI &&
        (dataset->low < 0 || dataset->high > 1))
        return refuse_value(what, dataset);
    return CAMA_OK;
}
