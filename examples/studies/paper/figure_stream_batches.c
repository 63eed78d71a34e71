/* figure_stream_batches - what comes in a stream: test digits, batch after batch, under manipulations that change. */
#include "figure_stream.h"

#include <stdio.h>

static const struct {
    const char *name, *direction; /* direction NULL: clean, or a manipulation of common/corrupt.h */
    const char *kind;             /* of it */
    int batches;
} stretches[] = {{"clean", NULL, NULL, 1},
                 {"vertical.3", "vertical", NULL, 3},
                 {"horizontal.3", "horizontal", NULL, 2},
                 {"rotation", NULL, "rotation-bilinear", 1},
                 {"clean", NULL, NULL, 1}};

enum { STRETCHES = sizeof stretches / sizeof *stretches };

static const double shift = .3;

/* Fewer where there are few digits. */
static int64_t batch_size(const paper *self)
{
    const int64_t most = image_count(self->test) / MOST_BATCHES;
    return self->sizes.stream_batch < most ? self->sizes.stream_batch : most;
}

static void manipulated(const paper *self, int stretch, cama_dataset **out)
{
    cama_dataset *all = NULL;
    first_images(self->test, MOST_BATCHES * batch_size(self), &all);
    if (stretches[stretch].direction != NULL)
        paper_shift(self, all, stretches[stretch].direction, shift, out);
    else if (stretches[stretch].kind != NULL)
        paper_corrupt(self, all, stretches[stretch].kind, out);
    else
        first_images(all, image_count(all), out);
    cama_dataset_free(all);
}

arrivals stream_arrive(const paper *self)
{
    arrivals out = {.count = 0};
    const int64_t size = batch_size(self), each = self->sizes.stream_each, kinds = self->sizes.stream_kinds;
    for (int s = 0; s < STRETCHES && (kinds == 0 || s < kinds); s++) {
        cama_dataset *all = NULL;
        manipulated(self, s, &all);
        for (int i = 0; i < stretches[s].batches && (each == 0 || i < each); i++) {
            went(cama_dataset_slice(all, out.count * size, size, &out.batch[out.count]));
            snprintf(out.name[out.count], sizeof out.name[0], "%d-%s", out.count + 1, stretches[s].name);
            out.count++;
        }
        cama_dataset_free(all);
    }
    return out;
}

void stream_gone(arrivals *self)
{
    for (int i = 0; i < self->count; i++) cama_dataset_free(self->batch[i]);
}
