/* mnist_shifts - the table: for each shift of the test images, the accuracy of the trained model and of a copy of it
 * that was fine-tuned on the shifted images without their labels (Eq. 8). */
#include <math.h>
#include <stdio.h>

#include "common/accuracy.h"
#include "common/tune.h"
#include "mnist.h"

const char *const shift_directions[2] = {"vertical", "horizontal"};

const double picture_range = 0.3;

int accuracy_of(example *self, const cama_model *model, const cama_dataset *dataset, const char *label,
                double *accuracy)
{
    int64_t n = 0;
    cama_options *options = NULL;
    went(cama_dataset_shape(dataset, &n, NULL, NULL, NULL, NULL, NULL));
    went(cama_options_create("predict", &options));
    went(cama_options_set_int(options, "samples", self->set.samples));
    went(cama_options_set_int(options, "seed", self->set.seed));
    progress_begin(&self->bar, label, 0, (double)n);
    const int done = accuracy_measure(self->session, model, dataset, options, accuracy);
    progress_end(&self->bar);
    cama_options_free(options);
    return done;
}

void shift_images(const example *self, const char *direction, double range, cama_dataset **out)
{
    cama_options *options = NULL;
    went(cama_options_create("manipulate", &options));
    went(cama_options_set_text(options, "kind", direction));
    went(cama_options_set_real(options, "range", range));
    went(cama_options_set_int(options, "seed", self->set.seed));
    went(cama_dataset_manipulate(self->test, options, out));
    cama_options_free(options);
}

/* A copy of the trained model, adapted to images whose labels it never sees. */
static int finetune(example *self, const cama_dataset *shifted, const char *label, cama_model **adapted,
                    shift_result *result)
{
    cama_options *options = NULL;
    cama_dataset *unlabelled = NULL;
    tuned how = {0};
    int64_t batch = 0;
    went(cama_dataset_without_labels(shifted, &unlabelled));
    went(cama_options_create("finetune", &options));
    went(cama_options_get_int(options, "batch", &batch));
    const double images = self->set.finetune_epochs * (double)self->res.test_images;
    const int64_t steps = (int64_t)ceil(images / (double)batch);
    went(cama_options_set_int(options, "steps", steps));
    went(cama_options_set_int(options, "seed", self->set.seed));
    progress_begin(&self->bar, label, 0, (double)(steps * batch));
    const int done = tune(&self->bar, self->session, self->model, self->train, unlabelled, options, adapted, &how);
    result->seconds = how.seconds;
    result->rolled_back = how.rolled_back;
    cama_options_free(options);
    cama_dataset_free(unlabelled);
    return done;
}

/* Keeps the copy that suits the picture, frees the other. */
static void keep_or_free(example *self, cama_model *adapted, const shift_result *result)
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

static int one_shift(example *self, shift_result *result)
{
    const char *direction = shift_directions[result->direction];
    cama_dataset *shifted = NULL;
    cama_model *adapted = NULL;
    char label[64];
    snprintf(label, sizeof label, "%s %.3g", direction, result->range);
    shift_images(self, direction, result->range, &shifted);
    const int done = accuracy_of(self, self->model, shifted, label, &result->accuracy) &&
                     finetune(self, shifted, label, &adapted, result) &&
                     accuracy_of(self, adapted, shifted, label, &result->finetuned) &&
                     accuracy_of(self, adapted, self->test, label, &result->clean);
    keep_or_free(self, adapted, result);
    cama_dataset_free(shifted);
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
    printf("accuracy on clean test images: %.4f\n", res->clean_accuracy);
    if (self->set.range_count > 0)
        printf("\nshift of the test images   trained   fine-tuned   clean after it   seconds\n");
    for (int direction = 0; direction < 2; direction++)
        for (int i = 0; i < self->set.range_count; i++) {
            const double range = self->set.ranges[i];
            const shift_result *known = same_as(res, range);
            shift_result result = known != NULL ? *known : (shift_result){.range = range};
            result.direction = direction;
            if (known == NULL && !one_shift(self, &result)) return 0;
            printf("%-12s%-15.3g%7.4f%13.4f%17.4f%10.1f%s\n", shift_directions[direction], range, result.accuracy,
                   result.finetuned, result.clean, result.seconds, result.rolled_back ? "  rolled back" : "");
            res->shifts[res->count++] = result;
        }
    return 1;
}
