/* dataset - examples are checked once, when they come in, so that every verb can trust them. Bytes stay bytes, a
 * quarter of the memory, until a batch is packed. */
#include "dataset.h"

#include <math.h>
#include <string.h>

#include "../base/elementary.h"

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

/* The same of x where cells may be missing, which are counted. */
static int32_t check_known(cama_dataset *d, int64_t dims, int32_t *low, int32_t *high)
{
    int32_t status = CAMA_OK;
    d->missing = 0;
    for (int64_t i = 0; i < d->n * dims; i++) {
        const bool missing = isnan(d->x[i]);
        d->missing += missing;
        if (!missing && !isfinite(d->x[i]))
            FAIL(CAMA_E_DATA, "x, row %lld, column %lld: expected a finite number, or NaN where it is missing, got %s",
                 (long long)(i / dims), (long long)(i % dims), d->x[i] > 0 ? "inf" : "-inf");
        float_range(d->x + i, !missing, low, high);
    }
    if (d->missing == d->n * dims) *low = *high = order_of(0);
out:
    return status;
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
    const int32_t status = d->keeps_missing ? check_known(d, dims, &low, &high)
                                            : check_block("x", d->n, dims, d->x, &low, &high);
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
    cama_dataset *dataset = NULL;
    TRY(cama__mem_new(&dataset, 1));
    *dataset = d;
    *out = dataset;
out:
    return status;
}

/* Frees what a dataset owns, not itself. */
static void release(const cama_dataset *d)
{
    for (int32_t role = 0; d->owns_x && role < ROLE_COUNT; role++) cama__mem_free((void *)d->block[role]);
    if (d->owns_x) cama__mem_free((void *)d->bytes);
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

/* Replaces *array (count) by a copy of it, or by NULL if there is no memory; NULL stays. */
static int32_t copy_array(const void **array, int64_t count, size_t size)
{
    if (*array == NULL) return CAMA_OK;
    *array = copy_of(*array, count, size);
    return cama__mem_got(*array);
}

/* Replaces borrowed arrays by copies of them; on failure what is left is owned or NULL. */
static int32_t own(cama_dataset *d)
{
    const cama_dataset from = *d;
    const void *bytes = from.bytes, *y = from.y, *block;
    int32_t status = CAMA_OK;
    d->owns_x = d->owns_y = true;
    d->bytes = NULL;
    d->y = NULL;
    for (int32_t role = 0; role < ROLE_COUNT; role++) d->block[role] = NULL;
    for (int32_t role = 0; role < ROLE_COUNT; role++) {
        block = from.block[role];
        TRY(copy_array(&block, from.n * cama__dataset_width(&from, role), sizeof *from.block[role]));
        d->block[role] = block;
    }
    TRY(copy_array(&bytes, from.n * cama__shape_size(from.shape), 1));
    d->bytes = bytes;
    TRY(copy_array(&y, from.n, sizeof *from.y));
    d->y = y;
out:
    return status;
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

static int32_t from_columns(const cama_schema *schema, int64_t n, const cama__columns *columns, bool missing, bool copy,
                            cama_dataset **out)
{
    cama_dataset d = {.n = n,
                      .shape = {1, 1, schema->width[ROLE_X]},
                      .classes = schema->classes,
                      .y = columns->y,
                      .keeps_missing = missing,
                      .width_a = schema->width[ROLE_A],
                      .width_c = schema->width[ROLE_C]};
    int32_t status = CAMA_OK;
    for (int32_t role = 0; role < ROLE_COUNT; role++)
        d.block[role] = schema->width[role] > 0 ? columns->block[role] : NULL;
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

int32_t cama__dataset_from_columns(const cama_schema *schema, int64_t n, const cama__columns *columns, bool copy,
                                   cama_dataset **out)
{
    return from_columns(schema, n, columns, false, copy, out);
}

int32_t cama__dataset_from_cells(const cama_schema *schema, int64_t n, const cama__columns *columns, bool copy,
                                 cama_dataset **out)
{
    return from_columns(schema, n, columns, true, copy, out);
}

/* The origin of rows first .. first + count, and their labels where not all of them have one. */
static int32_t take_rows(const cama_dataset *from, int64_t first, int64_t count, bool labels, cama_dataset *d)
{
    const bool some = labels && from->given != NULL && d->y == NULL;
    int32_t status = CAMA_OK;
    if (some) {
        d->given = copy_of(from->given + first, count, sizeof *d->given);
        TRY(cama__mem_got(d->given));
    }
    TRY(cama__origin_slice(from->origin, first, count, &d->origin));
out:
    return status;
}

int32_t cama__dataset_with(const cama_dataset *dataset, const float *x, const float *c, cama_dataset **out)
{
    cama_dataset d = *dataset, *made = NULL;
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
    TRY(finish(d, &made));
    if (made->missing != dataset->missing) {
        cama__dataset_free(made);
        return cama__error(CAMA_E_DATA, "x: expected finite numbers in all cells that are not missing, got nan");
    }
    *out = made;
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
    cama_dataset d = {.n = count,
                      .shape = dataset->shape,
                      .classes = dataset->classes,
                      .width_a = dataset->width_a,
                      .width_c = dataset->width_c,
                      .keeps_missing = dataset->keeps_missing};
    int32_t status = CAMA_OK;
    if (first < 0 || count < 1 || first > dataset->n - count)
        FAIL(CAMA_E_ARGUMENT, "slice: expected at least one of the rows 0 to %lld, got %lld rows from row %lld",
             (long long)(dataset->n - 1), (long long)count, (long long)first);
    for (int32_t role = 0; role < ROLE_COUNT; role++)
        if (dataset->block[role] != NULL)
            d.block[role] = dataset->block[role] + first * cama__dataset_width(dataset, role);
    if (dataset->bytes != NULL) d.bytes = dataset->bytes + first * cama__shape_size(dataset->shape);
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
    const int64_t width[ROLE_COUNT] = {
        [ROLE_X] = cama__shape_size(dataset->shape), [ROLE_A] = dataset->width_a, [ROLE_C] = dataset->width_c};
    return width[role];
}

const float *cama__dataset_block(const cama_dataset *dataset, int32_t role) { return dataset->block[role]; }
