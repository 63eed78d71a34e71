/* mnist_train - the models: the published form and a CNN, trained on clean digits; the form with views, whose q(m|x) is
 * trained on simulated views of clean digits; a CNN that was trained on the very shift, with labels. */
#include <stdio.h>

#include "mnist.h"

/* ---- One call of cama_train -------------------------------------------------------------------------------------- */

typedef struct {
    const char *label, *simulate; /* the option of "train" */
    const char *schedule;         /* NULL: the default */
    int64_t epochs, seed;
} course;

static int go(example *self, cama_optimizer *optimizer, const cama_dataset *images, course how, cama_report **report)
{
    cama_options *options = NULL;
    went(cama_options_create("train", &options));
    went(cama_options_set_int(options, "epochs", how.epochs));
    went(cama_options_set_int(options, "batch", self->set.batch));
    went(cama_options_set_int(options, "seed", how.seed));
    if (how.simulate != NULL) went(cama_options_set_text(options, "simulate", how.simulate));
    if (how.schedule != NULL) went(cama_options_set_text(options, "schedule", how.schedule));
    const double seen = (double)how.epochs * (double)image_count(images);
    progress_begin(&self->bar, how.label, how.epochs > 1 ? how.epochs : 0, seen);
    const int done = went(cama_train(self->session, optimizer, images, NULL, options, report));
    progress_end(&self->bar);
    cama_options_free(options);
    return done;
}

static double seconds_of(const cama_report *report)
{
    double seconds = 0;
    went(cama_report_get(report, "seconds", 0, &seconds));
    return seconds;
}

static cama_model *fresh(const example *self, const char *preset)
{
    cama_options *options = NULL;
    cama_model *model = NULL;
    went(cama_options_create("model", &options));
    went(cama_options_set_int(options, "seed", self->set.seed));
    went(cama_model_create(preset, options, &model));
    cama_options_free(options);
    return model;
}

static cama_model *copy_of(const cama_model *model)
{
    cama_model *copy = NULL;
    went(cama_model_clone(model, &copy));
    return copy;
}

/* ---- The published form ------------------------------------------------------------------------------------------ */

/* What the finished run says about itself. */
static void read_report(results *res, const cama_report *report)
{
    int64_t epochs = 0;
    went(cama_report_count(report, "objective", &epochs));
    res->epochs = (int)(epochs < MOST_EPOCHS ? epochs : MOST_EPOCHS);
    for (int i = 0; i < res->epochs; i++) went(cama_report_get(report, "objective", i, &res->elbo[i]));
    res->train_seconds = seconds_of(report);
    went(cama_report_get(report, "examples_per_second", 0, &res->images_per_second));
}

/* Maximises ELBO(x,y,do(m=0)). A cancelled run leaves the model of its last step. */
int train_published(example *self)
{
    cama_options *options = NULL;
    cama_optimizer *optimizer = NULL;
    cama_report *report = NULL;
    if (self->set.load != NULL)
        went(cama_model_load(self->set.load, &self->model));
    else
        self->model = fresh(self, "mnist");
    if (self->set.epochs == 0) return 1;
    went(cama_options_create("optimizer", &options));
    went(cama_options_set_real(options, "lr", self->set.lr));
    went(cama_optimizer_create(self->model, options, &optimizer));
    const int done = go(self, optimizer, self->train,
                        (course){.label = "training", .epochs = self->set.epochs, .seed = self->set.seed}, &report);
    if (done) read_report(&self->res, report);
    cama_report_free(report);
    cama_optimizer_free(optimizer);
    cama_options_free(options);
    return done;
}

/* ---- Discriminative networks ------------------------------------------------------------------------------------- */

int train_cnn(example *self)
{
    cama_optimizer *optimizer = NULL;
    cama_report *report = NULL;
    if (self->set.cnn_epochs == 0) return 1;
    cama_model *cnn = fresh(self, "mnist-cnn");
    went(cama_optimizer_create(cnn, NULL, &optimizer));
    const int done =
        go(self, optimizer, self->train,
           (course){.label = "training the CNN", .epochs = self->set.cnn_epochs, .seed = self->set.seed}, &report);
    if (done) self->res.cnn_seconds = seconds_of(report);
    self->cnn = cnn;
    cama_report_free(report);
    cama_optimizer_free(optimizer);
    return done;
}

/* One pass over a fresh draw of the shift; the learning rate falls in the last one. */
static int oracle_epoch(example *self, cama_optimizer *optimizer, const char *direction, double range, int64_t epoch)
{
    cama_dataset *shifted = NULL;
    const int64_t seed = self->set.seed + 1 + epoch;
    const int last = epoch + 1 == self->set.oracle_epochs;
    char label[64];
    snprintf(label, sizeof label, "%s %.3g, CNN with labels", direction, range);
    shift_images(self->train, direction, range, seed, &shifted);
    const int done =
        go(self, optimizer, shifted,
           (course){.label = label, .schedule = last ? "cosine" : "constant", .epochs = 1, .seed = seed}, NULL);
    cama_dataset_free(shifted);
    return done;
}

/* Goes on from the clean CNN, so that few passes are enough. */
int train_oracle(example *self, const char *direction, double range, cama_model **oracle)
{
    cama_optimizer *optimizer = NULL;
    int done = 1;
    *oracle = copy_of(self->cnn);
    went(cama_optimizer_create(*oracle, NULL, &optimizer));
    for (int64_t epoch = 0; done && epoch < self->set.oracle_epochs; epoch++)
        done = oracle_epoch(self, optimizer, direction, range, epoch);
    cama_optimizer_free(optimizer);
    return done;
}

/* ---- The form with views ----------------------------------------------------------------------------------------- */

/* q(m|x) alone learns, from clean images under views that are known. */
static int simulate(example *self)
{
    cama_optimizer *optimizer = NULL;
    cama_report *report = NULL;
    self->simulated = copy_of(self->view);
    went(cama_optimizer_create(self->simulated, NULL, &optimizer));
    const int done = go(self, optimizer, self->train,
                        (course){.label = "training q(m|x) on simulated views",
                                 .simulate = "alone",
                                 .epochs = self->set.simulate_epochs,
                                 .seed = self->set.seed},
                        &report);
    if (done) self->res.simulate_seconds = seconds_of(report);
    cama_report_free(report);
    cama_optimizer_free(optimizer);
    return done;
}

int make_views(example *self)
{
    cama_options *options = NULL;
    if (!self->set.views) return 1;
    went(cama_options_create("model", &options));
    went(cama_options_set_int(options, "seed", self->set.seed));
    went(cama_model_with_views(self->model, options, &self->view));
    cama_options_free(options);
    return self->set.simulate_epochs == 0 || simulate(self);
}
