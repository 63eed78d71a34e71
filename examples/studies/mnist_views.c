/* mnist_views - a row of the table for the models with views, without and with simulated views in training: as trained,
 * fine-tuned on the shifted images without their labels, and on clean images after that. */
#include <stddef.h>

#include "mnist.h"

/* q(m|x) is untrained, so that m = 0: the model is the published form, and its reader reads the images as they are. */
static int untrained(example *self, const shift_row *row, shift_result *result)
{
    if (self->set.reader) result->view.read = result->cnn;
    return score(self, self->view, row->first, row->label, &result->view.alone, NULL);
}

/* Accuracies of a copy that was fine-tuned, on the shifted images and on clean ones. */
static int tuned_copy(example *self, const cama_model *source, const shift_row *row, view_score *finetuned,
                      double *clean, cama_model **adapted, tuned *how)
{
    const int64_t steps = source == self->simulated ? self->set.simulated_steps : self->set.view_steps;
    return finetune_on(self, source, row, steps, adapted, how) &&
           score_views(self, *adapted, row->first, row->label, finetuned) &&
           score_best(self, *adapted, self->first, row->label, clean);
}

/* Fine-tuned on this shift; nothing known of views before it, or simulated ones. */
static int tuned_views(example *self, const shift_row *row, shift_result *result)
{
    cama_model *view = NULL, *simulated = NULL;
    tuned one = {0}, other = {0};
    int done = tuned_copy(self, self->view, row, &result->view_finetuned, &result->view_clean, &view, &one);
    if (self->simulated != NULL)
        done = done && tuned_copy(self, self->simulated, row, &result->simulated_finetuned, &result->simulated_clean,
                                  &simulated, &other);
    result->view_seconds = one.seconds;
    result->view_rolled_back = one.rolled_back;
    result->simulated_seconds = other.seconds;
    result->simulated_rolled_back = other.rolled_back;
    keep_adapted(self, view, result);
    cama_model_free(simulated);
    return done;
}

int run_views(example *self, const shift_row *row, shift_result *result)
{
    if (self->view == NULL) return 1;
    return untrained(self, row, result) &&
           (self->simulated == NULL ||
            score_views(self, self->simulated, row->first, row->label, &result->simulated)) &&
           (!is_tuned(self, result) || tuned_views(self, row, result));
}
