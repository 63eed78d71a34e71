/* mnist.h - what the parts of the example mnist share: the settings and the results. */
#ifndef EXAMPLE_MNIST_H
#define EXAMPLE_MNIST_H

#include <cama/cama.h>

#include "common/folder.h"
#include "common/harness.h"
#include "common/progress.h"

enum { MOST_SHIFTS = 32, MOST_EPOCHS = 10000 };

typedef struct {
    int64_t epochs, batch, train_limit, test_limit, samples, threads, seed;
    double lr, finetune_epochs;
    const char *data, *shifts, *load, *save, *json, *out, *convolution;
    double ranges[MOST_SHIFTS];
    int range_count;
} settings;

typedef struct {
    int direction;                                     /* index into shift_directions */
    double range, accuracy, finetuned, clean, seconds; /* clean: on unshifted test images, after fine-tuning */
    int rolled_back;
} shift_result;

typedef struct {
    int64_t train_images, test_images, threads;
    double train_seconds, images_per_second, clean_accuracy;
    int epochs;               /* that were finished */
    double elbo[MOST_EPOCHS]; /* (epochs) */
    int count;
    shift_result shifts[2 * MOST_SHIFTS];
} results;

typedef struct {
    settings set;
    results res;
    progress bar;
    cama_session *session;
    cama_dataset *train, *test;
    cama_model *model;   /* trained on clean images */
    cama_model *adapted; /* fine-tuned on one of the shifts, for the picture */
    double adapted_range;
} example;

extern const char *const shift_directions[2]; /* as the option kind of manipulate calls them */
extern const double picture_range;            /* the picture shows the vertical shift nearest to it */

/* mnist_shifts.c: the table. Each returns 0 when it was cancelled. */
int accuracy_of(example *self, const cama_model *model, const cama_dataset *dataset, const char *label,
                double *accuracy);
int run_shifts(example *self);
void shift_images(const example *self, const char *direction, double range, cama_dataset **out);

/* mnist_files.c: what is left behind in --out. */
void write_json(const example *self);
void write_svg(const example *self);
int write_grid(example *self);

#endif
