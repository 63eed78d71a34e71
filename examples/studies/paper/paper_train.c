/* paper_train - one call of cama_train behind a bar; new models; shifted copies of the training images. */
#include <stddef.h>

#include "paper.h"

int paper_train(paper *self, cama_model *model, const cama_dataset *images, course how)
{
    cama_options *options = NULL;
    cama_optimizer *optimizer = NULL;
    went(cama_optimizer_create(model, NULL, &optimizer));
    went(cama_options_create("train", &options));
    went(cama_options_set_int(options, "epochs", how.epochs));
    went(cama_options_set_int(options, "batch", 64));
    went(cama_options_set_int(options, "seed", self->seed_now));
    if (how.simulate != NULL) went(cama_options_set_text(options, "simulate", how.simulate));
    progress_begin(&self->bar, how.label, how.epochs, (double)how.epochs * (double)image_count(images));
    const int done = went(cama_train(self->session, optimizer, images, how.manipulated, options, NULL));
    progress_end(&self->bar);
    cama_options_free(options);
    cama_optimizer_free(optimizer);
    return done;
}

cama_model *paper_fresh(const paper *self, const char *preset, int64_t m)
{
    cama_options *options = NULL;
    cama_model *model = NULL;
    went(cama_options_create("model", &options));
    went(cama_options_set_int(options, "seed", self->seed_now));
    if (m >= 0) went(cama_options_set_int(options, "m", m));
    went(cama_model_create(preset, options, &model));
    cama_options_free(options);
    return model;
}

/* Draws of training, apart from that of the tests, which has the seed itself. */
void paper_draws(const paper *self, const char *direction, double range, int64_t draws, cama_dataset **out)
{
    enum { MOST = 16, TRAINING = 1000000 };
    cama_dataset *parts[MOST] = {NULL};
    const int count = draws < MOST ? (int)draws : MOST;
    for (int i = 0; i < count; i++)
        shift_images(self->train, direction, range, TRAINING + self->seed_now * MOST + i, &parts[i]);
    join_images(parts, count, out);
    for (int i = 0; i < count; i++) cama_dataset_free(parts[i]);
}
