/* mnist_shifts - the table: for each shift of the test images, the accuracies of the networks, of the trained models,
 * and of copies of these that were fine-tuned on the shifted images without their labels (Eq. 8). */
#include <math.h>
#include <stdio.h>

#include "mnist.h"

/* ---- One row ----------------------------------------------------------------------------------------------------- */

static void open_shift(const example *self, shift_row *row, const shift_result *result)
{
    row->direction = shift_directions[result->direction];
    snprintf(row->label, sizeof row->label, "%s %.3g", row->direction, result->range);
    shift_images(self->test, row->direction, result->range, self->set.seed, &row->images);
    first_images(row->images, self->res.view_images, &row->first);
    went(cama_dataset_without_labels(row->images, &row->unlabelled));
}

static void close_shift(shift_row *row)
{
    cama_dataset_free(row->unlabelled);
    cama_dataset_free(row->first);
    cama_dataset_free(row->images);
}

/* The floor, and the ceiling. A shift by nothing needs no other network. */
static int networks(example *self, const shift_row *row, shift_result *result)
{
    cama_model *oracle = NULL;
    if (self->cnn == NULL) return 1;
    if (!score(self, self->cnn, row->first, row->label, &result->cnn, NULL)) return 0;
    if (result->range == 0) result->oracle = result->cnn;
    if (result->range == 0 || self->set.oracle_epochs == 0) return 1;
    const int done = train_oracle(self, row->direction, result->range, &oracle) &&
                     score(self, oracle, row->first, row->label, &result->oracle, NULL);
    cama_model_free(oracle);
    return done;
}

/* ---- Fine-tuning ------------------------------------------------------------------------------------------------- */

int is_tuned(const example *self, const shift_result *result)
{
    for (int i = 0; i < self->set.tuned_count; i++)
        if (self->set.tuned[i] == result->range) return 1;
    return 0;
}

/* A copy of a model, adapted to images whose labels it never sees. Options that are not set are those for its form. */
int finetune_on(example *self, const cama_model *source, const shift_row *row, int64_t steps, cama_model **adapted,
                tuned *how)
{
    cama_options *options = NULL;
    went(cama_options_create("finetune", &options));
    went(cama_options_set_int(options, "steps", steps));
    went(cama_options_set_text(options, "agreement", "off")); /* one run, as in the paper */
    went(cama_options_set_int(options, "seed", self->set.seed));
    progress_begin(&self->bar, row->label, 0, 0);
    const int done = tune(&self->bar, self->session, source, self->train, row->unlabelled, options, adapted, how);
    cama_options_free(options);
    return done;
}

/* Keeps the copy that suits the pictures, frees the other. */
void keep_adapted(example *self, cama_model *adapted, const shift_result *result)
{
    const double distance = fabs(result->range - picture_range);
    if (adapted != NULL && result->direction == 0 &&
        (self->adapted == NULL || distance < fabs(self->adapted_range - picture_range))) {
        cama_model *other = self->adapted;
        self->adapted = adapted;
        self->adapted_range = result->range;
        adapted = other;
    }
    cama_model_free(adapted);
}

/* ---- The published form ------------------------------------------------------------------------------------------ */

/* Passes over the test images, and what comes of them. */
static int tuned_published(example *self, const shift_row *row, shift_result *result)
{
    enum { BATCH = 64 }; /* of the option's default */
    cama_model *adapted = NULL;
    tuned how = {0};
    const int64_t steps = (int64_t)ceil(self->set.finetune_epochs * (double)self->res.test_images / BATCH);
    const int done = finetune_on(self, self->model, row, steps, &adapted, &how) &&
                     score(self, adapted, row->images, row->label, &result->finetuned, &result->first_finetuned) &&
                     score(self, adapted, self->test, row->label, &result->clean, NULL);
    result->seconds = how.seconds;
    result->rolled_back = how.rolled_back;
    if (self->view == NULL)
        keep_adapted(self, adapted, result);
    else
        cama_model_free(adapted);
    return done;
}

static int published(example *self, const shift_row *row, shift_result *result)
{
    return score(self, self->model, row->images, row->label, &result->accuracy, &result->first_accuracy) &&
           (!is_tuned(self, result) || tuned_published(self, row, result));
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

static shift_result empty_row(int direction, double range)
{
    const view_score none = {NAN, NAN};
    return (shift_result){.direction = direction,
                          .range = range,
                          .accuracy = NAN,
                          .finetuned = NAN,
                          .clean = NAN,
                          .cnn = NAN,
                          .oracle = NAN,
                          .first_accuracy = NAN,
                          .first_finetuned = NAN,
                          .view = none,
                          .view_finetuned = none,
                          .simulated = none,
                          .simulated_finetuned = none,
                          .view_clean = NAN,
                          .simulated_clean = NAN};
}

static int measure(example *self, shift_result *result)
{
    shift_row row = {0};
    open_shift(self, &row, result);
    const int done = networks(self, &row, result) && published(self, &row, result) && run_views(self, &row, result);
    close_shift(&row);
    return done;
}

/* A shift by nothing is the same in every direction. */
static const shift_result *same_as(const results *res, double range)
{
    for (int i = 0; i < res->count; i++)
        if (range == 0 && res->shifts[i].range == 0) return &res->shifts[i];
    return NULL;
}

int run_shifts(example *self)
{
    results *res = &self->res;
    print_clean(self);
    if (self->set.range_count > 0) print_head(self);
    for (int direction = 0; direction < 2; direction++)
        for (int i = 0; i < self->set.range_count; i++) {
            const double range = self->set.ranges[i];
            const shift_result *known = same_as(res, range);
            shift_result result = known != NULL ? *known : empty_row(direction, range);
            result.direction = direction;
            if (known == NULL && !measure(self, &result)) return 0;
            print_row(&result);
            res->shifts[res->count++] = result;
        }
    return 1;
}
