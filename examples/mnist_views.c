/* mnist_views - a row of the table for the models with views, without and with simulated views in training: as trained,
 * fine-tuned on the shifted images without their labels, and on clean images after that. */
#include <math.h>

#include "mnist.h"

/* Accuracies of one of them: as trained, fine-tuned, on clean images after it. */
static int view_model(example *self, const cama_model *source, const shift *row, view_score *trained,
                      view_score *finetuned, view_score *clean, cama_model **adapted, tuned *how)
{
    enum { BATCH = 16 };
    return score_views(self, source, row->first, row->label, trained) &&
           finetune_on(self, source, row, self->set.view_steps, BATCH, adapted, how) &&
           score_views(self, *adapted, row->first, row->label, finetuned) &&
           score_views(self, *adapted, self->first, row->label, clean);
}

int run_views(example *self, const shift *row, shift_result *result)
{
    cama_model *view = NULL, *simulated = NULL;
    tuned one = {0}, other = {0};
    if (self->view == NULL) return 1;
    const int done = view_model(self, self->view, row, &result->view, &result->view_finetuned, &result->view_clean,
                                &view, &one) &&
                     (self->simulated == NULL ||
                      view_model(self, self->simulated, row, &result->simulated, &result->simulated_finetuned,
                                 &result->simulated_clean, &simulated, &other));
    result->view_seconds = one.seconds;
    result->view_rolled_back = one.rolled_back;
    result->simulated_seconds = other.seconds;
    result->simulated_rolled_back = other.rolled_back;
    keep_adapted(self, view, result);
    cama_model_free(simulated);
    return done;
}
