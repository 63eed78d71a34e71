/* measurement_rows - parts of a dataset: a run of rows, every n-th row, the rows without their labels. */
#include <stdlib.h>

#include "measurement.h"

int64_t rows_count(const cama_dataset *dataset)
{
    int64_t n = 0;
    went(cama_dataset_shape(dataset, &n, NULL, NULL, NULL, NULL, NULL));
    return n;
}

void rows_slice(const cama_dataset *from, int64_t first, int64_t count, cama_dataset **out)
{
    went(cama_dataset_slice(from, first, count, out));
}

void rows_unlabelled(cama_dataset **dataset)
{
    cama_dataset *bare = NULL;
    went(cama_dataset_without_labels(*dataset, &bare));
    cama_dataset_free(*dataset);
    *dataset = bare;
}

static float *floats(int64_t rows, int32_t width)
{
    float *values = width > 0 ? malloc((size_t)rows * (size_t)width * sizeof *values) : NULL;
    if (width > 0 && values == NULL) give_up("rows", "no memory");
    return values;
}

void rows_select(const cama_dataset *from, const char *wanted, cama_dataset **out)
{
    const cama_schema *schema = cama_dataset_schema(from);
    const int64_t n = rows_count(from);
    int32_t width = 0, a_width = 0, c_width = 0, labelled = 1;
    int64_t taken = 0;
    went(cama_schema_sizes(schema, NULL, &width, &a_width, &c_width, NULL));
    float *x = floats(n, width), *a = floats(n, a_width), *c = floats(n, c_width);
    int32_t *y = malloc((size_t)n * sizeof *y);
    if (y == NULL) give_up("rows", "no memory");
    rows_labels(from, y);
    for (int64_t i = 0; i < n; i++) {
        if (!wanted[i]) continue;
        went(cama_dataset_read(from, i, 1, x + taken * width, NULL));
        went(cama_dataset_read_causes(from, i, 1, a != NULL ? a + taken * a_width : NULL,
                                      c != NULL ? c + taken * c_width : NULL));
        y[taken++] = y[i];
        labelled = labelled && y[i] >= 0;
    }
    if (taken > 0) went(cama_dataset_from_columns(schema, taken, x, a, c, labelled ? y : NULL, 1, out));
    free(y);
    free(c);
    free(a);
    free(x);
}

void rows_every(const cama_dataset *from, int64_t step, int64_t at, int invert, cama_dataset **out)
{
    const int64_t n = rows_count(from);
    char *wanted = malloc((size_t)n);
    if (wanted == NULL) give_up("rows", "no memory");
    for (int64_t i = 0; i < n; i++) wanted[i] = (i % step == at) != (invert != 0);
    rows_select(from, wanted, out);
    if (*out == NULL) give_up("rows", "too few rows in the file to take a part of them");
    free(wanted);
}

void rows_labels(const cama_dataset *from, int32_t *y)
{
    const int64_t n = rows_count(from);
    if (cama_dataset_read(from, 0, n, NULL, y) == CAMA_OK) return;
    for (int64_t i = 0; i < n; i++) y[i] = -1; /* there are none */
}
