/* mnist.h - what the parts of the example mnist share: the settings, the models and the results. */
#ifndef EXAMPLE_MNIST_H
#define EXAMPLE_MNIST_H

#include <cama/cama.h>

#include "common/folder.h"
#include "common/harness.h"
#include "common/images.h"
#include "common/progress.h"
#include "common/tune.h"

enum { MOST_SHIFTS = 32, MOST_EPOCHS = 10000 };

typedef struct {
    int64_t epochs, batch, train_limit, test_limit, samples, threads, seed;
    int64_t cnn_epochs, oracle_epochs, simulate_epochs, view_steps, simulated_steps, view_images, view_draws, views,
        reader;
    double lr, finetune_epochs;
    const char *data, *shifts, *finetune_shifts, *load, *save, *json, *out, *convolution;
    double ranges[MOST_SHIFTS], tuned[MOST_SHIFTS]; /* tuned: where models are fine-tuned */
    int range_count, tuned_count;
} settings;

/* An accuracy of a model with views: with the clean CNN as its reader, and by itself. NaN: not measured. */
typedef struct {
    double read, alone;
} view_score;

/* One shift of the test images. The published form is scored on all of them, and once more on those that the models
 * with views are scored on (first_*); so are the networks. */
typedef struct {
    int direction;                                     /* index into shift_directions */
    double range, accuracy, finetuned, clean, seconds; /* clean: on unshifted test images, after fine-tuning */
    int rolled_back;
    double cnn, oracle, first_accuracy, first_finetuned;
    view_score view, view_finetuned, simulated, simulated_finetuned; /* as trained, and fine-tuned */
    double view_clean, simulated_clean; /* clean images after fine-tuning, with the reader where there is one */
    double view_seconds, simulated_seconds;
    int view_rolled_back, simulated_rolled_back;
} shift_result;

typedef struct {
    int64_t train_images, test_images, view_images, threads;
    double train_seconds, images_per_second, clean_accuracy;
    double clean_first, clean_cnn; /* the published form and the CNN, on the images of the models with views */
    view_score clean_simulated;
    double cnn_seconds, simulate_seconds, seconds; /* seconds: of the whole run */
    int epochs;                                    /* that were finished */
    double elbo[MOST_EPOCHS];                      /* (epochs) */
    int count;
    shift_result shifts[2 * MOST_SHIFTS];
} results;

typedef struct {
    settings set;
    results res;
    progress bar;
    cama_session *session;
    cama_dataset *train, *test, *first; /* first: the test images that the models with views are scored on */
    cama_model *model;                  /* the published form, trained on clean images */
    cama_model *cnn;                    /* a discriminative network, trained on clean images */
    cama_model *view;                   /* the model in the form with views, q(m|x) untrained */
    cama_model *simulated;              /* the same, q(m|x) trained on simulated views of clean images */
    cama_model *adapted;                /* view, fine-tuned on one of the shifts, for the pictures */
    double adapted_range;
} example;

/* The test images under one shift: all of them, the first of them, all without labels. */
typedef struct {
    const char *direction;
    cama_dataset *images, *first, *unlabelled;
    char label[48];
} shift_row;

extern const double picture_range; /* the pictures show the vertical shift nearest to it */

/* mnist_options.c */
settings read_settings(int argc, char **argv);

/* mnist_data.c */
void open_data(example *self);

/* mnist_train.c: the models. Each returns 0 when it was cancelled. */
int train_published(example *self);
int train_cnn(example *self);
int train_oracle(example *self, const char *direction, double range, cama_model **oracle);
int make_views(example *self);

/* mnist_scores.c: accuracies. Each returns 0 when it was cancelled. */
int score(example *self, const cama_model *model, const cama_dataset *images, const char *label, double *all,
          double *first);
int score_views(example *self, const cama_model *model, const cama_dataset *images, const char *label,
                view_score *accuracy);
int score_best(example *self, const cama_model *model, const cama_dataset *images, const char *label,
               double *accuracy); /* with the reader where there is one */

/* mnist_shifts.c: the table, row by row; mnist_views.c: the part of a row for the models with views. Each returns 0
 * when it was cancelled. */
int run_shifts(example *self);
int is_tuned(const example *self, const shift_result *result); /* models are fine-tuned on this shift */
int finetune_on(example *self, const cama_model *source, const shift_row *row, int64_t steps, cama_model **adapted,
                tuned *how);
void keep_adapted(example *self, cama_model *adapted, const shift_result *result);
int run_views(example *self, const shift_row *row, shift_result *result);

/* mnist_print.c: what is told on the way. */
void print_trained(const example *self);
void print_clean(const example *self);
void print_head(const example *self);
void print_row(const shift_result *row);
double best_of(view_score accuracy); /* with the reader where there is one */

/* mnist_json.c, mnist_curves.c, mnist_picture.c, mnist_displacement.c: what is left behind in --out. */
void write_json(const example *self);
void write_curves(const example *self);
int write_grid(const example *self);
int write_displacement(const example *self);

#endif
