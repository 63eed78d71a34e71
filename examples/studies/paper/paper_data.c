/* paper_data - the digits, opened when the first figure wants them, shifted, and manipulated in other ways. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/corrupt.h"
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
    self->train_count = image_count(self->train);
    self->test_count = image_count(self->test);
    digits_write(self);
}

/* "60,000" */
static void grouped(int64_t count, char out[32])
{
    if (count < 1000)
        snprintf(out, 32, "%d", (int)count);
    else
        snprintf(out, 32, "%lld,%03d", (long long)(count / 1000), (int)(count % 1000));
}

void paper_data_words(const paper *self, char *out, size_t room)
{
    char train[32], test[32];
    const char *part = strcmp(self->set.data, EXAMPLE_DATA) == 0 ? "the embedded part of MNIST" : "MNIST";
    grouped(self->train_count, train);
    grouped(self->test_count, test);
    if (self->train_count == 0)
        snprintf(out, room, "%s", part);
    else
        snprintf(out, room, "%s, %s training and %s test digits", part, train, test);
}

void paper_shift(const paper *self, const cama_dataset *images, const char *direction, double range, cama_dataset **out)
{
    shift_images(images, direction, range, self->seed_now, out);
}

static const corrupt_kind *kind_named(const char *name)
{
    for (int i = 0; i < corrupt_kind_count; i++)
        if (strcmp(corrupt_kinds[i].name, name) == 0) return &corrupt_kinds[i];
    give_up(name, "no manipulation of this name");
    return NULL;
}

void paper_corrupt(const paper *self, const cama_dataset *images, const char *kind, cama_dataset **out)
{
    int32_t height = 0, width = 0;
    const int64_t n = image_count(images);
    went(cama_dataset_shape(images, NULL, &height, &width, NULL, NULL, NULL));
    const size_t numbers = (size_t)n * (size_t)height * (size_t)width;
    float *x = malloc(2 * numbers * sizeof *x); /* (2, n, height, width): before and after */
    int32_t *y = malloc((size_t)n * sizeof *y);
    if (x == NULL || y == NULL) give_up(kind, "no memory");
    went(cama_dataset_read(images, 0, n, x, y));
    corrupt_images(kind_named(kind), (uint64_t)self->seed_now, 0, n, height, width, x, x + numbers);
    went(cama_dataset_from_arrays(n, height, width, 1, 10, x + numbers, y, 1, out));
    free(y);
    free(x);
}

void paper_close(paper *self)
{
    for (int i = 0; i < self->model_count; i++) cama_model_free(self->models[i].model);
    cama_dataset_free(self->scored);
    cama_dataset_free(self->test);
    cama_dataset_free(self->train);
}
