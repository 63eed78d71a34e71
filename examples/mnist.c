/* mnist - the main job: train deep CAMA on clean digits, then show what shifts of the test images do to its accuracy
 * before and after it was fine-tuned on them without labels. Uses cama.h alone.
 * This file reads the options and says what follows what; mnist_train.c makes the models, mnist_shifts.c the table. */
#include "mnist.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "common/args.h"
#include "common/output.h"

enum { EPOCHS = 1 }; /* its place in the table */

static settings read_settings(int argc, char **argv)
{
    settings set = {.epochs = 20,
                    .batch = 64,
                    .samples = 5,
                    .lr = 1e-3,
                    .finetune_epochs = 4,
                    .cnn_epochs = 8,
                    .oracle_epochs = 3,
                    .simulate_epochs = 20,
                    .view_steps = 60,
                    .view_images = 500,
                    .views = 1,
                    .reader = 1,
                    .data = EXAMPLE_DATA,
                    .shifts = "0,.1,.2,.3,.4,.5",
                    .out = "out/mnist"};
    args_option table[] = {
        {"data", ARGS_TEXT, &set.data, 0, 0, "DIR", "folder with the four MNIST files, plain or .gz", 0},
        {"epochs", ARGS_INT, &set.epochs, 0, MOST_EPOCHS, "N", "passes over the training images; 0: as they are", 0},
        {"batch", ARGS_INT, &set.batch, 1, 65536, "N", "images in a training step", 0},
        {"lr", ARGS_REAL, &set.lr, 1e-9, 10, "X", "learning rate", 0},
        {"train-limit", ARGS_INT, &set.train_limit, 0, 1e9, "N", "use the first N training images; 0: all", 0},
        {"test-limit", ARGS_INT, &set.test_limit, 0, 1e9, "N", "use the first N test images; 0: all", 0},
        {"samples", ARGS_INT, &set.samples, 1, 100000, "K", "draws of z for each class in a prediction", 0},
        {"finetune-epochs", ARGS_REAL, &set.finetune_epochs, 0, 1e6, "X", "passes over the shifted test images", 0},
        {"views", ARGS_INT, &set.views, 0, 1, "0|1", "the form with views too; 0: the published form alone", 0},
        {"simulate-epochs", ARGS_INT, &set.simulate_epochs, 0, MOST_EPOCHS, "N",
         "passes in which q(m|x) learns from simulated views; 0: none", 0},
        {"view-steps", ARGS_INT, &set.view_steps, 1, 1000000, "N", "fine-tuning steps, of 16 images, with views", 0},
        {"view-images", ARGS_INT, &set.view_images, 0, 1e9, "N", "score views on the first N test images; 0: all", 0},
        {"cnn-epochs", ARGS_INT, &set.cnn_epochs, 0, MOST_EPOCHS, "N", "passes of the clean CNN; 0: no CNN", 0},
        {"oracle-epochs", ARGS_INT, &set.oracle_epochs, 0, 1000, "N",
         "passes of the CNN over labelled shifted training images; 0: none", 0},
        {"reader", ARGS_INT, &set.reader, 0, 1, "0|1", "1: the CNN reads images with their view undone, too", 0},
        {"shifts", ARGS_TEXT, &set.shifts, 0, 0, "LIST", "ranges, a share of the image; '' for none", 0},
        {"threads", ARGS_INT, &set.threads, 0, 256, "N", "threads; 0: one for each processor", 0},
        {"convolution", ARGS_TEXT, &set.convolution, 0, 0, "HOW", "winograd, or direct for the least rounding", 0},
        {"seed", ARGS_INT, &set.seed, 0, 9007199254740992.0, "N", "seed of parameters, noise, order and shifts", 0},
        {"load", ARGS_TEXT, &set.load, 0, 0, "FILE", "start from this model; without --epochs it is not trained", 0},
        {"save", ARGS_TEXT, &set.save, 0, 0, "FILE", "the model, instead of model.safetensors in --out", 0},
        {"json", ARGS_TEXT, &set.json, 0, 0, "FILE", "the results, instead of results.json in --out", 0},
        {"out", ARGS_TEXT, &set.out, 0, 0, "DIR", "folder for model, results, curves and picture", 0},
    };
    args_read(argc, argv, "mnist [OPTION...]: trains deep CAMA, shifts the test images, fine-tunes without labels.",
              table, (int)(sizeof table / sizeof table[0]));
    if (set.load != NULL && !table[EPOCHS].given) set.epochs = 0;
    set.range_count = args_list(set.shifts, 0, 1, set.ranges, MOST_SHIFTS);
    if (set.range_count < 0) give_up("--shifts", "wants at most 32 numbers in [0,1], separated by commas");
    return set;
}

static void save(const cama_model *model, const char *path, const char *what)
{
    went(cama_model_save(model, path));
    printf("%s: %s\n", what, path);
}

static const char *model_path(const example *self)
{
    return self->set.save != NULL ? self->set.save : in_folder(self->set.out, "model.safetensors");
}

/* Before anything takes time. */
static void try_outputs(const example *self)
{
    static const char *const names[] = {"accuracy.svg", "cnn.safetensors", "displacement.svg", "grid.png",
                                        "view.safetensors"};
    output_try(model_path(self));
    output_try(self->set.json != NULL ? self->set.json : in_folder(self->set.out, "results.json"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) output_try(in_folder(self->set.out, names[i]));
}

static void save_published(const example *self)
{
    const settings *set = &self->set;
    if (self->model == NULL || (set->load != NULL && set->epochs == 0 && set->save == NULL)) return;
    save(self->model, model_path(self), "model");
}

/* The published form first: the others are measured beside it, or made of it. Each is saved as soon as it is trained. */
static int train(example *self)
{
    const char *out = self->set.out;
    const int done = train_published(self);
    save_published(self);
    if (!done || !train_cnn(self)) return 0;
    if (self->cnn != NULL) save(self->cnn, in_folder(out, "cnn.safetensors"), "CNN");
    if (!make_views(self)) return 0;
    if (self->simulated != NULL) save(self->simulated, in_folder(out, "view.safetensors"), "model with views");
    return 1;
}

static int score_clean(example *self)
{
    results *res = &self->res;
    return score(self, self->model, self->test, "predicting", &res->clean_accuracy, &res->clean_first) &&
           (self->cnn == NULL || score(self, self->cnn, self->first, "predicting", &res->clean_cnn, NULL)) &&
           (self->simulated == NULL ||
            score_views(self, self->simulated, self->first, "predicting", &res->clean_simulated));
}

static int run(example *self)
{
    printf("%lld training and %lld test images of %s, %lld threads\n", (long long)self->res.train_images,
           (long long)self->res.test_images, self->set.data, (long long)self->res.threads);
    if (!train(self)) return 0;
    print_trained(self);
    return score_clean(self) && run_shifts(self) && write_grid(self) && write_displacement(self);
}

static double now(void)
{
    struct timespec time = {0};
    timespec_get(&time, TIME_UTC);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void close_example(example *self)
{
    session_close(self->session);
    cama_model *const models[] = {self->adapted, self->simulated, self->view, self->cnn, self->model};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) cama_model_free(models[i]);
    cama_dataset_free(self->first);
    cama_dataset_free(self->test);
    cama_dataset_free(self->train);
}

int main(int argc, char **argv)
{
    static example self; /* large, and all zero */
    output_begin();      /* the table grows while one looks, into a pipe too */
    self.set = read_settings(argc, argv);
    const double began = now();
    self.res.clean_accuracy = self.res.clean_first = self.res.clean_cnn = NAN;
    self.res.clean_simulated = (view_score){NAN, NAN};
    make_folder(self.set.out);
    try_outputs(&self);
    open_data(&self);
    self.res.threads = session_threads(self.set.threads);
    self.session = session_open(self.set.threads, self.set.convolution, &self.bar);
    const int finished = run(&self);
    self.res.seconds = now() - began;
    write_json(&self);
    write_curves(&self);
    if (finished) printf("%.0f s in all\n", self.res.seconds);
    if (!finished) fprintf(stderr, "mnist: cancelled; what was finished is saved\n");
    close_example(&self);
    return output_end() ? 1 : finished ? 0 : 130;
}
