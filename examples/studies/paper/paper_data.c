/* paper_data - the digits, opened when the first figure wants them, and shifted. */
#include <stddef.h>

#include "paper.h"

/* The sizes depend on how many digits there are. */
void paper_open(paper *self)
{
    if (self->train != NULL) return;
    self->sizes = paper_sizes_for((int)self->set.quick, 0);
    open_idx(self->set.data, "train", self->sizes.train, &self->train);
    open_idx(self->set.data, "t10k", self->sizes.test, &self->test);
    self->sizes = paper_sizes_for((int)self->set.quick, image_count(self->train));
    first_images(self->test, self->sizes.scored, &self->scored);
}

void paper_shift(const paper *self, const cama_dataset *images, const char *direction, double range, cama_dataset **out)
{
    shift_images(images, direction, range, self->seed_now, out);
}

void paper_close(paper *self)
{
    for (int i = 0; i < self->model_count; i++) cama_model_free(self->models[i].model);
    cama_dataset_free(self->scored);
    cama_dataset_free(self->test);
    cama_dataset_free(self->train);
}
