/* mnist_scores - accuracies: of the published form and of the networks, on all images and on the first of them; of the
 * models with views, by themselves and with the clean CNN as their reader. */
#include <math.h>
#include <stdlib.h>

#include "common/accuracy.h"
#include "mnist.h"

/* What a row of images is predicted with, and what comes out. */
typedef struct {
    int64_t n;
    int32_t classes;
    float *probabilities; /* (n, classes) */
    int32_t *labels;      /* (n) */
} sheet;

static sheet sheet_of(const cama_dataset *images)
{
    sheet out = {.n = image_count(images)};
    went(cama_dataset_shape(images, NULL, NULL, NULL, NULL, &out.classes, NULL));
    out.probabilities = malloc((size_t)out.n * (size_t)out.classes * sizeof *out.probabilities);
    out.labels = malloc((size_t)out.n * sizeof *out.labels);
    if (out.probabilities == NULL || out.labels == NULL) give_up("predicting", "no memory");
    went(cama_dataset_read(images, 0, out.n, NULL, out.labels));
    return out;
}

static void sheet_free(sheet *self)
{
    free(self->labels);
    free(self->probabilities);
}

static double share_right(const sheet *self, int64_t count)
{
    int64_t right = 0;
    for (int64_t i = 0; i < count; i++)
        right += most_likely(self->probabilities + i * self->classes, self->classes) == self->labels[i];
    return (double)right / (double)count;
}

static cama_options *predict_options(const example *self)
{
    cama_options *options = NULL;
    went(cama_options_create("predict", &options));
    went(cama_options_set_int(options, "samples", self->set.samples));
    went(cama_options_set_int(options, "view_draws", self->set.view_draws));
    went(cama_options_set_int(options, "seed", self->set.seed));
    return options;
}

int score(example *self, const cama_model *model, const cama_dataset *images, const char *label, double *all,
          double *first)
{
    sheet out = sheet_of(images);
    cama_options *options = predict_options(self);
    const int64_t few = self->res.view_images < out.n ? self->res.view_images : out.n;
    progress_begin(&self->bar, label, 0, (double)out.n);
    const int done = went(cama_predict(self->session, model, images, options, out.probabilities));
    progress_end(&self->bar);
    if (done && all != NULL) *all = share_right(&out, out.n);
    if (done && first != NULL) *first = share_right(&out, few);
    cama_options_free(options);
    sheet_free(&out);
    return done;
}

static int score_read(example *self, const cama_model *model, const cama_dataset *images, const char *label,
                      double *accuracy)
{
    sheet out = sheet_of(images);
    cama_options *options = predict_options(self);
    progress_begin(&self->bar, label, 0, (double)out.n);
    const int done = went(cama_predict_read(self->session, model, self->cnn, images, options, out.probabilities));
    progress_end(&self->bar);
    if (done) *accuracy = share_right(&out, out.n);
    cama_options_free(options);
    sheet_free(&out);
    return done;
}

static int has_reader(const example *self) { return self->set.reader && self->cnn != NULL; }

int score_best(example *self, const cama_model *model, const cama_dataset *images, const char *label, double *accuracy)
{
    if (has_reader(self)) return score_read(self, model, images, label, accuracy);
    return score(self, model, images, label, accuracy, NULL);
}

int score_views(example *self, const cama_model *model, const cama_dataset *images, const char *label,
                view_score *accuracy)
{
    return score(self, model, images, label, &accuracy->alone, NULL) &&
           (!has_reader(self) || score_read(self, model, images, label, &accuracy->read));
}
