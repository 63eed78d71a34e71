/* paper_score - accuracies of models by themselves and with the clean CNN as their reader, and copies that were
 * fine-tuned on images without their labels. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/accuracy.h"
#include "common/tune.h"
#include "paper.h"

void paper_say(paper *self, const char *format, ...)
{
    va_list list;
    const int used =
        snprintf(self->label, sizeof self->label, "figure %s, seed %lld: ", self->now != NULL ? self->now->name : "",
                 (long long)self->seed_now);
    va_start(list, format);
    if (used > 0 && used < (int)sizeof self->label)
        vsnprintf(self->label + used, sizeof self->label - (size_t)used, format, list);
    va_end(list);
}

static cama_options *predict_options(const paper *self)
{
    cama_options *options = NULL;
    went(cama_options_create("predict", &options));
    went(cama_options_set_int(options, "samples", self->sizes.samples));
    went(cama_options_set_int(options, "view_draws", self->sizes.view_draws));
    went(cama_options_set_int(options, "seed", self->seed_now));
    return options;
}

int paper_score(paper *self, const cama_model *model, const cama_dataset *images, double *accuracy)
{
    cama_options *options = predict_options(self);
    progress_begin(&self->bar, self->label, 0, (double)image_count(images));
    const int done = accuracy_measure(self->session, model, images, options, accuracy);
    progress_end(&self->bar);
    cama_options_free(options);
    return done;
}

int paper_score_read(paper *self, const cama_model *model, const cama_dataset *images, double *accuracy)
{
    const cama_model *reader = paper_model(self, "cnn", "clean", NULL, 0);
    if (reader == NULL) return 0;
    cama_options *options = predict_options(self);
    progress_begin(&self->bar, self->label, 0, (double)image_count(images));
    const int done = accuracy_measure_read(self->session, model, reader, images, options, accuracy);
    progress_end(&self->bar);
    cama_options_free(options);
    return done;
}

int paper_tune(paper *self, const cama_model *source, const cama_dataset *images, int64_t steps, cama_model **adapted)
{
    cama_options *options = NULL;
    cama_dataset *unlabelled = NULL;
    tuned how = {0};
    went(cama_options_create("finetune", &options));
    went(cama_options_set_int(options, "steps", steps));
    went(cama_options_set_text(options, "agreement", "off")); /* one run, as in the paper */
    went(cama_options_set_int(options, "seed", self->seed_now));
    went(cama_dataset_without_labels(images, &unlabelled));
    progress_begin(&self->bar, self->label, 0, 0);
    const int done = tune(&self->bar, self->session, source, self->train, unlabelled, options, adapted, &how);
    cama_dataset_free(unlabelled);
    cama_options_free(options);
    return done;
}

int paper_point(paper *self, const cama_model *model, int read, const cama_dataset *images, row_key key)
{
    double accuracy = 0;
    if (model == NULL) return 0;
    if (figure_has(self, key)) return 1;
    if (!(read ? paper_score_read : paper_score)(self, model, images, &accuracy)) return 0;
    figure_row(self, key, accuracy);
    return 1;
}
