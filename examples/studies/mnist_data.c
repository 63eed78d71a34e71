/* mnist_data - the images: as the files have them, the first of them, shifted. */
#include <stdlib.h>

#include "mnist.h"

const char *const shift_directions[2] = {"vertical", "horizontal"};

const double picture_range = 0.3;

int64_t image_count(const cama_dataset *images)
{
    int64_t n = 0;
    went(cama_dataset_shape(images, &n, NULL, NULL, NULL, NULL, NULL));
    return n;
}

void first_images(const cama_dataset *images, int64_t count, cama_dataset **out)
{
    int32_t height = 0, width = 0, channels = 0, classes = 0;
    went(cama_dataset_shape(images, NULL, &height, &width, &channels, &classes, NULL));
    float *x = malloc((size_t)count * (size_t)height * (size_t)width * (size_t)channels * sizeof *x);
    int32_t *y = malloc((size_t)count * sizeof *y);
    if (x == NULL || y == NULL) give_up("images", "no memory");
    went(cama_dataset_read(images, 0, count, x, y));
    went(cama_dataset_from_arrays(count, height, width, channels, classes, x, y, 1, out));
    free(y);
    free(x);
}

void open_data(example *self)
{
    const settings *set = &self->set;
    results *res = &self->res;
    went(cama_dataset_from_idx(plain_or_gz(set->data, "train-images-idx3-ubyte"),
                               plain_or_gz(set->data, "train-labels-idx1-ubyte"), 10, set->train_limit, &self->train));
    went(cama_dataset_from_idx(plain_or_gz(set->data, "t10k-images-idx3-ubyte"),
                               plain_or_gz(set->data, "t10k-labels-idx1-ubyte"), 10, set->test_limit, &self->test));
    res->train_images = image_count(self->train);
    res->test_images = image_count(self->test);
    const int64_t wanted = set->view_images;
    res->view_images = wanted > 0 && wanted < res->test_images ? wanted : res->test_images;
    first_images(self->test, res->view_images, &self->first);
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
