/* paper_tuned - a fine-tuned copy is made only where one of its accuracies is not known yet, and goes when they are. */
#include <stddef.h>
#include <string.h>

#include "paper.h"

static void tune_images(const paper *self, const tuned_copy *how, cama_dataset **out)
{
    cama_dataset *first = NULL, *parts[2] = {NULL, NULL};
    first_images(self->test, how->count > 0 ? how->count : image_count(self->test), &first);
    if (strcmp(how->finetuned_on, "both") != 0) {
        paper_shift(self, first, how->finetuned_on, how->range, out);
    } else {
        for (int i = 0; i < 2; i++) paper_shift(self, first, shift_directions[i], how->range, &parts[i]);
        join_images(parts, 2, out);
    }
    for (int i = 0; i < 2; i++) cama_dataset_free(parts[i]);
    cama_dataset_free(first);
}

static int make(paper *self, const tuned_copy *how, cama_model **adapted)
{
    cama_dataset *images = NULL;
    const cama_model *source = paper_model(self, how->model, how->trained_on, NULL, 0);
    if (source == NULL) return 0;
    tune_images(self, how, &images);
    paper_say(self, "%s fine-tuned on %s %g", how->model, how->finetuned_on, how->range);
    const int done = paper_tune(self, source, images, how->steps, adapted);
    cama_dataset_free(images);
    return done;
}

static int test(paper *self, const tuned_copy *how, const cama_model *adapted, const tuned_test *on)
{
    cama_dataset *images = NULL;
    if (figure_has(self, on->key)) return 1;
    if (on->direction != NULL)
        paper_shift(self, self->scored, on->direction, on->range, &images);
    const int done = paper_point(self, adapted, how->read, images != NULL ? images : self->scored, on->key);
    cama_dataset_free(images);
    return done;
}

int paper_tuned(paper *self, const tuned_copy *how, const tuned_test *tests, int count)
{
    cama_model *adapted = NULL;
    int known = 0;
    for (int i = 0; i < count; i++) known += figure_has(self, tests[i].key);
    if (known == count) return 1;
    int done = make(self, how, &adapted);
    for (int i = 0; done && i < count; i++) done = test(self, how, adapted, &tests[i]);
    cama_model_free(adapted);
    return done;
}
