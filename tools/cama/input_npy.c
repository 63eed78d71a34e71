/* input_npy - arrays of images (n, height, width[, channels]) or of vectors (n, numbers), and of labels (n). Bytes are
 * pixels of 0 to 255; other numbers are taken as they are. */
#include <math.h>
#include <stdlib.h>

#include "fail.h"
#include "input.h"
#include "npy.h"

static int32_t *read_labels(const char *path, int64_t limit, int64_t n)
{
    npy_array array;
    npy_read(path, limit, &array);
    if (array.dims != 1) fail("%s: expected labels (n), got %d dimensions", path, array.dims);
    if (array.count != n)
        fail("%s: expected %lld labels, one for each row, got %lld", path, (long long)n, (long long)array.count);
    int32_t *y = room((size_t)n, sizeof *y);
    for (int64_t i = 0; i < n; i++) {
        const double value = array.values[i];
        if (!(value >= 0 && value < 65536 && value == floor(value)))
            fail("%s: row %lld: expected a class from 0 to 65535, got %g", path, (long long)i + 1, value);
        y[i] = (int32_t)value;
    }
    npy_free(&array);
    return y;
}

/* Height, width and channels of a row; one of flat numbers has the model's shape where it has as many. */
static void shape_of(const request *wanted, const npy_array *array, int32_t shape[3])
{
    static const char *const names[] = {"height", "width", "channels"};
    int64_t sizes[3] = {1, 1, array->dims == 2 ? array->shape[1] : 1};
    if (array->dims >= 3) {
        sizes[0] = array->shape[1];
        sizes[1] = array->shape[2];
        sizes[2] = array->dims == 4 ? array->shape[3] : 1;
    }
    if (array->dims == 2 && wanted->model != NULL && model_number(wanted->model, "x") == array->shape[1])
        for (int i = 0; i < 3; i++) sizes[i] = model_number(wanted->model, names[i]);
    for (int i = 0; i < 3; i++) {
        if (sizes[i] > 1 << 24) fail("%s: expected rows of at most 2^24 numbers, got more", wanted->path);
        shape[i] = (int32_t)sizes[i];
    }
}

void input_npy(const request *wanted, input *out)
{
    npy_array array;
    int32_t shape[3], *y = NULL;
    if (wanted->labels == LABELS_REQUIRED && wanted->labels_path == NULL)
        usage("%s: arrays have their classes in a file of their own: expected --labels FILE.npy", wanted->path);
    npy_read(wanted->path, wanted->args->limit, &array);
    shape_of(wanted, &array, shape);
    const int64_t n = array.shape[0];
    if (wanted->labels != LABELS_NONE && wanted->labels_path != NULL)
        y = read_labels(wanted->labels_path, wanted->args->limit, n);
    float *x = room((size_t)array.count, sizeof *x);
    const int is_pixels = array.kind == 'u' && array.bytes == 1;
    for (int64_t i = 0; i < array.count; i++) x[i] = (float)(is_pixels ? array.values[i] / 255 : array.values[i]);
    npy_free(&array);
    const int32_t classes = input_class_count(wanted, y, n);
    if (cama_dataset_from_arrays(n, shape[0], shape[1], shape[2], classes, x, y, 1, &out->data) != CAMA_OK)
        fail("%s: %s", wanted->path, cama_last_error());
    free(x);
    free(y);
}
