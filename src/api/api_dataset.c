/* api_dataset - the public cama_dataset_ functions; here the two files of an IDX pair become one dataset. */
#include <inttypes.h>
#include <string.h>

#include "../io/idx.h"
#include "../data/dataset.h"
#include "../data/manipulate.h"
#include "api_check.h"

int32_t cama_dataset_from_arrays(int64_t n, int32_t height, int32_t width, int32_t channels, int32_t classes,
                                 const float *x, const int32_t *y, int32_t copy, cama_dataset **out)
{
    int32_t status = CAMA_OK;
    const cama__shape shape = {height, width, channels};
    NEED(x);
    NEED(out);
    TRY(cama__dataset_from_arrays(n, shape, classes, x, y, copy != 0, out));
out:
    return status;
}

/* Labels as numbers; *y belongs to the caller. */
static int32_t read_labels(const char *path, int64_t limit, int64_t n, int32_t **y)
{
    int32_t status = CAMA_OK;
    cama__idx labels = {0};
    TRY(cama__idx_read(path, 1, limit, &labels));
    if (labels.shape[0] != n)
        FAIL(CAMA_E_FORMAT, "%s: expected %" PRId64 " labels, one for each image, got %" PRId64, path, n,
             labels.shape[0]);
    TRY(cama__mem_new(y, n));
    for (int64_t i = 0; i < n; i++) (*y)[i] = labels.data[i];
out:
    cama__idx_free(&labels);
    return status;
}

int32_t cama_dataset_from_idx(const char *images_path, const char *labels_path, int32_t classes, int64_t limit,
                              cama_dataset **out)
{
    int32_t status = CAMA_OK;
    int32_t *y = NULL;
    cama__idx images = {0};
    NEED(images_path);
    NEED(out);
    if (limit < 0) FAIL(CAMA_E_ARGUMENT, "%s: expected a limit of at least 0, got %" PRId64, __func__, limit);
    TRY(cama__idx_read(images_path, 3, limit, &images));
    if (images.shape[1] > INT32_MAX || images.shape[2] > INT32_MAX)
        FAIL(CAMA_E_FORMAT, "%s: expected images of less than 2^31 pixels a side, got %" PRId64 "x%" PRId64,
             images_path, images.shape[1], images.shape[2]);
    if (labels_path != NULL) TRY(read_labels(labels_path, limit, images.shape[0], &y));
    const cama__shape shape = {(int32_t)images.shape[1], (int32_t)images.shape[2], 1};
    status = cama__dataset_from_bytes(images.shape[0], shape, classes, images.data, y, out);
    images.data = NULL; /* both are the dataset's now, or freed */
    y = NULL;
out:
    cama__idx_free(&images);
    cama__mem_free(y);
    return status;
}

int32_t cama_dataset_slice(const cama_dataset *dataset, int64_t first, int64_t count, cama_dataset **out)
{
    int32_t status = CAMA_OK;
    NEED(dataset);
    NEED(out);
    TRY(cama__dataset_slice(dataset, first, count, true, out));
out:
    return status;
}

int32_t cama_dataset_without_labels(const cama_dataset *dataset, cama_dataset **out)
{
    int32_t status = CAMA_OK;
    NEED(dataset);
    NEED(out);
    TRY(cama__dataset_slice(dataset, 0, dataset->n, false, out));
out:
    return status;
}

int32_t cama_dataset_manipulate(const cama_dataset *dataset, const cama_options *options, cama_dataset **out)
{
    int32_t status = CAMA_OK;
    NEED(dataset);
    NEED(out);
    TRY(cama__options_check(options, VERB_MANIPULATE));
    COMPUTE(cama__manipulate(dataset, options, out));
out:
    return status;
}

int32_t cama_dataset_from_columns(const cama_schema *schema, int64_t n, const float *x, const float *a, const float *c,
                                  const int32_t *y, int32_t copy, cama_dataset **out)
{
    int32_t status = CAMA_OK;
    NEED(schema);
    NEED(x);
    NEED(out);
    if (schema->width[ROLE_A] > 0) NEED(a);
    if (schema->width[ROLE_C] > 0) NEED(c);
    TRY(cama__dataset_from_columns(schema, n, &(cama__columns){{x, a, c}, y}, copy != 0, out));
out:
    return status;
}

int32_t cama_dataset_from_columns_with(const cama_schema *schema, int64_t n, const float *x, const float *a,
                                       const float *c, const int32_t *y, int32_t copy, const cama_options *options,
                                       cama_dataset **out)
{
    int32_t status = CAMA_OK;
    NEED(schema);
    NEED(x);
    NEED(out);
    if (schema->width[ROLE_A] > 0) NEED(a);
    if (schema->width[ROLE_C] > 0) NEED(c);
    TRY(cama__options_check(options, VERB_COLUMNS));
    const cama__columns_options o = cama__options_columns(options);
    const cama__columns columns = {{x, a, c}, y};
    TRY(o.missing == COLUMNS_MISSING_KEEP ? cama__dataset_from_cells(schema, n, &columns, copy != 0, out)
                                          : cama__dataset_from_columns(schema, n, &columns, copy != 0, out));
out:
    return status;
}

int32_t cama_dataset_missing(const cama_dataset *dataset, int64_t *count)
{
    int32_t status = CAMA_OK;
    NEED(dataset);
    NEED(count);
    *count = dataset->missing;
out:
    return status;
}

const cama_schema *cama_dataset_schema(const cama_dataset *dataset) { return dataset == NULL ? NULL : dataset->schema; }

void cama_dataset_free(cama_dataset *dataset) { cama__dataset_free(dataset); }

static int32_t check_rows(const cama_dataset *dataset, int64_t first, int64_t count, const char *where)
{
    if (first >= 0 && count >= 0 && first <= dataset->n && count <= dataset->n - first) return CAMA_OK;
    return cama__error(CAMA_E_ARGUMENT,
                       "%s: expected rows among 0 to %" PRId64 ", got %" PRId64 " rows from row %" PRId64, where,
                       dataset->n - 1, count, first);
}

int32_t cama_dataset_shape(const cama_dataset *dataset, int64_t *n, int32_t *height, int32_t *width, int32_t *channels,
                           int32_t *classes, int32_t *labelled)
{
    int32_t status = CAMA_OK;
    NEED(dataset);
    if (n != NULL) *n = dataset->n;
    if (height != NULL) *height = dataset->shape.h;
    if (width != NULL) *width = dataset->shape.w;
    if (channels != NULL) *channels = dataset->shape.c;
    if (classes != NULL) *classes = dataset->classes;
    if (labelled != NULL) *labelled = dataset->y != NULL;
out:
    return status;
}

int32_t cama_dataset_read_causes(const cama_dataset *dataset, int64_t first, int64_t count, float *a, float *c)
{
    int32_t status = CAMA_OK;
    NEED(dataset);
    TRY(check_rows(dataset, first, count, __func__));
    if ((a != NULL && dataset->a == NULL) || (c != NULL && dataset->c == NULL))
        FAIL(CAMA_E_ARGUMENT, "%s: expected %s = NULL, since this dataset has none", __func__,
             a != NULL && dataset->a == NULL ? "a" : "c");
    if (a != NULL) memcpy(a, dataset->a + first * dataset->width_a, (size_t)(count * dataset->width_a) * sizeof *a);
    if (c != NULL) memcpy(c, dataset->c + first * dataset->width_c, (size_t)(count * dataset->width_c) * sizeof *c);
out:
    return status;
}

int32_t cama_dataset_rows(const cama_dataset *dataset, int64_t first, int64_t count, int64_t *row, int64_t *line,
                          int32_t *flagged)
{
    int32_t status = CAMA_OK;
    NEED(dataset);
    TRY(check_rows(dataset, first, count, __func__));
    const cama__origin *from = dataset->origin;
    for (int64_t i = 0; i < count; i++) {
        if (row != NULL) row[i] = from != NULL ? from->row[first + i] : first + i + 1;
        if (line != NULL) line[i] = from != NULL ? from->line[first + i] : 0;
        if (flagged != NULL) flagged[i] = from != NULL && from->flag != NULL ? from->flag[first + i] : 0;
    }
out:
    return status;
}

int32_t cama_dataset_refused_count(const cama_dataset *dataset, int64_t *count)
{
    int32_t status = CAMA_OK;
    NEED(dataset);
    NEED(count);
    *count = dataset->origin != NULL ? dataset->origin->refusals : 0;
out:
    return status;
}

int32_t cama_dataset_refused(const cama_dataset *dataset, int64_t index, int64_t *row, int64_t *line,
                             const char **column, const char **reason)
{
    static const char *const reasons[REFUSED_REASONS] = {
        [REFUSED_MISSING] = "missing", [REFUSED_INVALID] = "invalid", [REFUSED_UNKNOWN] = "unknown"};
    int32_t status = CAMA_OK;
    NEED(dataset);
    const int64_t count = dataset->origin != NULL ? dataset->origin->refusals : 0;
    if (index < 0 || index >= count)
        FAIL(CAMA_E_ARGUMENT, "%s: expected an index of one of %" PRId64 " refused rows, got %" PRId64, __func__, count,
             index);
    const cama__refusal *found = &dataset->origin->refusal[index];
    const cama_schema *schema = dataset->schema;
    if (row != NULL) *row = found->row;
    if (line != NULL) *line = found->line;
    if (column != NULL) *column = found->variable < 0 ? schema->target : schema->variable[found->variable].name;
    if (reason != NULL) *reason = reasons[found->reason];
out:
    return status;
}

int32_t cama_dataset_read(const cama_dataset *dataset, int64_t first, int64_t count, float *x, int32_t *y)
{
    int32_t status = CAMA_OK;
    NEED(dataset);
    TRY(check_rows(dataset, first, count, __func__));
    const int32_t *labels = dataset->given != NULL ? dataset->given : dataset->y;
    if (y != NULL && labels == NULL)
        FAIL(CAMA_E_ARGUMENT, "%s: expected y = NULL, since this dataset has no labels", __func__);
    const int64_t dims = cama__shape_size(dataset->shape);
    for (int64_t i = 0; x != NULL && i < count; i++) cama__dataset_row(dataset, first + i, x + i * dims);
    if (y != NULL) memcpy(y, labels + first, (size_t)count * sizeof *y);
out:
    return status;
}
