/* mnist - the main job: train deep CAMA on clean digits, then show what shifts of the test images do to its accuracy
 * before and after it was fine-tuned on them without labels. Uses cama.h alone.
 * This file says what follows what; mnist_options.c reads the options, mnist_train.c makes the models, mnist_shifts.c
 * the table. */
#include "mnist.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "common/output.h"
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

/* The published form first: the others are measured beside it or made of it. Each is saved as soon as it is trained. */
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
