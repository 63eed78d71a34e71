/* input_idx - a file of images and one of labels, as MNIST comes. */
#include <stdlib.h>

#include "fail.h"
#include "input.h"

enum { BYTES = 256 }; /* classes that labels of one byte can name */

void input_idx(const request *wanted, input *out)
{
    const int read_labels = wanted->labels != LABELS_NONE && wanted->labels_path != NULL;
    int64_t labelled = 0;
    if (wanted->labels == LABELS_REQUIRED && wanted->labels_path == NULL)
        usage("%s: IDX images have their classes in a file of their own: expected --labels FILE", wanted->path);
    went(cama_dataset_from_idx(wanted->path, read_labels ? wanted->labels_path : NULL, BYTES, wanted->args->limit,
                               &out->data));
    int32_t *y = input_classes(out->data, &labelled);
    const int32_t classes = input_class_count(wanted, y, input_rows(out->data));
    free(y);
    cama_dataset_free(out->data);
    out->data = NULL;
    went(cama_dataset_from_idx(wanted->path, read_labels ? wanted->labels_path : NULL, classes, wanted->args->limit,
                               &out->data));
}
