/* mnist - the main job: train deep CAMA on clean digits, then show what shifts of the test images do to its accuracy
 * before and after it was fine-tuned on them without labels. Uses cama.h alone.
 * This file reads the options and trains; mnist_shifts.c makes the table, mnist_files.c the files. */
#include "mnist.h"

#include <math.h>
#include <stdio.h>

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

static void open_data(example *self)
{
    const settings *set = &self->set;
    went(cama_dataset_from_idx(plain_or_gz(set->data, "train-images-idx3-ubyte"),
                               plain_or_gz(set->data, "train-labels-idx1-ubyte"), 10, set->train_limit, &self->train));
    went(cama_dataset_from_idx(plain_or_gz(set->data, "t10k-images-idx3-ubyte"),
                               plain_or_gz(set->data, "t10k-labels-idx1-ubyte"), 10, set->test_limit, &self->test));
    went(cama_dataset_shape(self->train, &self->res.train_images, NULL, NULL, NULL, NULL, NULL));
    went(cama_dataset_shape(self->test, &self->res.test_images, NULL, NULL, NULL, NULL, NULL));
}

static void open_model(example *self)
{
    if (self->set.load != NULL) {
        went(cama_model_load(self->set.load, &self->model));
        return;
    }
    cama_options *options = NULL;
    went(cama_options_create("model", &options));
    went(cama_options_set_int(options, "seed", self->set.seed));
    went(cama_model_create("mnist", options, &self->model));
    cama_options_free(options);
}

/* What the finished run says about itself. */
static void read_report(results *res, const cama_report *report)
{
    int64_t epochs = 0;
    went(cama_report_count(report, "objective", &epochs));
    res->epochs = (int)(epochs < MOST_EPOCHS ? epochs : MOST_EPOCHS);
    for (int i = 0; i < res->epochs; i++) went(cama_report_get(report, "objective", i, &res->elbo[i]));
    went(cama_report_get(report, "seconds", 0, &res->train_seconds));
    went(cama_report_get(report, "examples_per_second", 0, &res->images_per_second));
}

/* Maximises ELBO(x,y,do(m=0)). Returns 0 when it was cancelled; the model is then that of the last step. */
static int train(example *self)
{
    const settings *set = &self->set;
    cama_options *options = NULL;
    cama_optimizer *optimizer = NULL;
    cama_report *report = NULL;
    went(cama_options_create("optimizer", &options));
    went(cama_options_set_real(options, "lr", set->lr));
    went(cama_optimizer_create(self->model, options, &optimizer));
    cama_options_free(options);

    went(cama_options_create("train", &options));
    went(cama_options_set_int(options, "epochs", set->epochs));
    went(cama_options_set_int(options, "batch", set->batch));
    went(cama_options_set_int(options, "seed", set->seed));
    progress_begin(&self->bar, "training", set->epochs, (double)set->epochs * (double)self->res.train_images);
    const int done = went(cama_train(self->session, optimizer, self->train, NULL, options, &report));
    progress_end(&self->bar);
    if (done) read_report(&self->res, report);

    cama_report_free(report);
    cama_options_free(options);
    cama_optimizer_free(optimizer);
    return done;
}

static const char *model_path(const example *self)
{
    return self->set.save != NULL ? self->set.save : in_folder(self->set.out, "model.safetensors");
}

/* Before anything takes time. */
static void try_outputs(const example *self)
{
    output_try(model_path(self));
    output_try(self->set.json != NULL ? self->set.json : in_folder(self->set.out, "results.json"));
    output_try(in_folder(self->set.out, "accuracy.svg"));
    output_try(in_folder(self->set.out, "grid.png"));
}

static void save_model(const example *self)
{
    const char *path = model_path(self);
    went(cama_model_save(self->model, path));
    printf("model: %s\n", path);
}

static int run(example *self)
{
    printf("%lld training and %lld test images of %s, %lld threads\n", (long long)self->res.train_images,
           (long long)self->res.test_images, self->set.data, (long long)self->res.threads);
    const int trained = self->set.epochs == 0 || train(self);
    if (self->set.load == NULL || self->set.epochs > 0 || self->set.save != NULL) save_model(self);
    if (!trained) return 0;
    if (self->res.epochs > 0)
        printf("trained %d epochs in %.0f s, %.0f images/s, ELBO %.2f\n", self->res.epochs, self->res.train_seconds,
               self->res.images_per_second, self->res.elbo[self->res.epochs - 1]);
    return accuracy_of(self, self->model, self->test, "predicting", &self->res.clean_accuracy) && run_shifts(self) &&
           write_grid(self);
}

int main(int argc, char **argv)
{
    static example self;              /* large, and all zero */
    output_begin(); /* the table grows while one looks, into a pipe too */
    self.set = read_settings(argc, argv);
    self.res.clean_accuracy = NAN;
    make_folder(self.set.out);
    try_outputs(&self);
    open_data(&self);
    self.res.threads = session_threads(self.set.threads);
    self.session = session_open(self.set.threads, self.set.convolution, &self.bar);
    open_model(&self);
    const int finished = run(&self);
    write_json(&self);
    write_svg(&self);
    if (!finished) fprintf(stderr, "mnist: cancelled; what was finished is saved\n");

    session_close(self.session);
    cama_model_free(self.adapted);
    cama_model_free(self.model);
    cama_dataset_free(self.train);
    cama_dataset_free(self.test);
    return output_end() ? 1 : finished ? 0 : 130;
}
