/* measurement_rows - parts of a dataset: a run of rows, the rows without their labels. */
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

int64_t rows_wanted(const lab *self, int64_t n) { return self->rows > 0 && self->rows < n ? self->rows : n; }
