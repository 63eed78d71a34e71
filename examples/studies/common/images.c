/* images - what cama.h has no call for is read out, put together and made a dataset again. */
#include "images.h"

#include <stdio.h>
#include <stdlib.h>

#include "folder.h"
#include "harness.h"

const char *const shift_directions[2] = {"vertical", "horizontal"};

int64_t image_count(const cama_dataset *images)
{
    int64_t n = 0;
    went(cama_dataset_shape(images, &n, NULL, NULL, NULL, NULL, NULL));
    return n;
}

void open_idx(const char *folder, const char *prefix, int64_t limit, cama_dataset **out)
{
    char images[64], labels[64];
    snprintf(images, sizeof images, "%s-images-idx3-ubyte", prefix);
    snprintf(labels, sizeof labels, "%s-labels-idx1-ubyte", prefix);
    went(cama_dataset_from_idx(plain_or_gz(folder, images), plain_or_gz(folder, labels), 10, limit, out));
}

void first_images(const cama_dataset *images, int64_t count, cama_dataset **out)
{
    const int64_t n = image_count(images);
    went(cama_dataset_slice(images, 0, count < n ? count : n, out));
}

void shift_images(const cama_dataset *images, const char *direction, double range, int64_t seed, cama_dataset **out)
{
    cama_options *options = NULL;
    went(cama_options_create("manipulate", &options));
    went(cama_options_set_text(options, "kind", direction));
    went(cama_options_set_real(options, "range", range));
    went(cama_options_set_int(options, "seed", seed));
    went(cama_dataset_manipulate(images, options, out));
    cama_options_free(options);
}

void join_images(cama_dataset *const *parts, int count, cama_dataset **out)
{
    int32_t height = 0, width = 0, channels = 0, classes = 0;
    int64_t n = 0, first = 0;
    for (int i = 0; i < count; i++) n += image_count(parts[i]);
    went(cama_dataset_shape(parts[0], NULL, &height, &width, &channels, &classes, NULL));
    const size_t size = (size_t)height * (size_t)width * (size_t)channels;
    float *x = malloc((size_t)n * size * sizeof *x); /* (n, size) */
    int32_t *y = malloc((size_t)n * sizeof *y);
    if (x == NULL || y == NULL) give_up("images", "no memory");
    for (int i = 0; i < count; i++) {
        const int64_t own = image_count(parts[i]);
        went(cama_dataset_read(parts[i], 0, own, x + (size_t)first * size, y + first));
        first += own;
    }
    went(cama_dataset_from_arrays(n, height, width, channels, classes, x, y, 1, out));
    free(y);
    free(x);
}
