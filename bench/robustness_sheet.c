/* robustness_sheet - a contact sheet: one row of the first test images for each manipulation. */
#include <stdlib.h>

#include "common/png.h"
#include "robustness.h"

enum { COLUMNS = 16, SCALE = 2 };

void write_sheet(const cama_dataset *test, const char *path)
{
    int count;
    int32_t height, width, channels;
    const manipulation *list = manipulations(&count);
    went(cama_dataset_shape(test, NULL, &height, &width, &channels, NULL, NULL));
    const size_t row = (size_t)COLUMNS * (size_t)height * (size_t)width;
    float *images = calloc((size_t)count * row, sizeof *images);
    if (images == NULL) give_up("--sheet", "no memory");
    cama_dataset *some = first_of(test, COLUMNS);
    for (int i = 0; i < count; i++) {
        cama_dataset *seen = manipulated(some, &list[i], 0);
        went(cama_dataset_read(seen, 0, count_of(seen), images + (size_t)i * row, NULL));
        cama_dataset_free(seen);
    }
    cama_dataset_free(some);
    if (channels != 1 || png_grid(path, images, count, COLUMNS, height, width, SCALE) != 0)
        give_up(path, "it cannot be written");
    free(images);
}
