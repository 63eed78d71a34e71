/* mnist_data - the images: as the files have them, and the first of them. */
#include "mnist.h"

const double picture_range = 0.3;

void open_data(example *self)
{
    const settings *set = &self->set;
    results *res = &self->res;
    open_idx(set->data, "train", set->train_limit, &self->train);
    open_idx(set->data, "t10k", set->test_limit, &self->test);
    res->train_images = image_count(self->train);
    res->test_images = image_count(self->test);
    const int64_t wanted = set->view_images;
    res->view_images = wanted > 0 && wanted < res->test_images ? wanted : res->test_images;
    first_images(self->test, res->view_images, &self->first);
}
