/* mnist_files - what the run leaves behind: results as JSON, accuracy curves as SVG, a picture of digits as PNG. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/png.h"
#include "common/svg.h"
#include "mnist.h"

enum { DIGITS = 10, SCALE = 2 };

/* ---- Results ---------------------------------------------------------------------------------------------------- */

static double worst_clean(const results *res)
{
    double worst = NAN;
    for (int i = 0; i < res->count; i++) worst = fmin(worst, res->shifts[i].clean); /* fmin passes over NaN */
    return worst;
}

static void json_shifts(json *out, const results *res)
{
    json_open(out, "shifts", '[');
    for (int i = 0; i < res->count; i++) {
        const shift_result *shift = &res->shifts[i];
        json_open(out, NULL, '{');
        json_text(out, "direction", shift_directions[shift->direction]);
        json_real(out, "range", shift->range);
        json_real(out, "accuracy", shift->accuracy);
        json_real(out, "accuracy_finetuned", shift->finetuned);
        json_real(out, "clean_after_finetune", shift->clean);
        json_real(out, "finetune_seconds", shift->seconds);
        json_int(out, "rolled_back", shift->rolled_back);
        json_close(out, '}');
    }
    json_close(out, ']');
}

void write_json(const example *self)
{
    const settings *set = &self->set;
    const results *res = &self->res;
    const char *path = set->json != NULL ? set->json : in_folder(set->out, "results.json");
    json out = {.file = fopen(path, "w")};
    if (out.file == NULL) give_up(path, strerror(errno));
    json_open(&out, NULL, '{');
    json_text(&out, "library", cama_version_string());
    json_text(&out, "build", cama_build_info());
    json_int(&out, "train_images", res->train_images);
    json_int(&out, "test_images", res->test_images);
    json_int(&out, "epochs", res->epochs);
    json_int(&out, "batch", set->batch);
    json_real(&out, "lr", set->lr);
    json_int(&out, "samples", set->samples);
    json_real(&out, "finetune_epochs", set->finetune_epochs);
    json_int(&out, "seed", set->seed);
    json_int(&out, "threads", res->threads);
    json_real(&out, "train_seconds", res->train_seconds);
    json_real(&out, "train_images_per_second", res->images_per_second);
    json_open(&out, "elbo", '[');
    for (int i = 0; i < res->epochs; i++) json_real(&out, NULL, res->elbo[i]);
    json_close(&out, ']');
    json_real(&out, "final_elbo", res->epochs > 0 ? res->elbo[res->epochs - 1] : NAN);
    json_real(&out, "clean_accuracy", res->clean_accuracy);
    json_real(&out, "clean_accuracy_after_finetune", worst_clean(res));
    json_shifts(&out, res);
    json_close(&out, '}');
    const int failed = ferror(out.file);
    if (fclose(out.file) != 0 || failed) give_up(path, strerror(errno));
    printf("results: %s\n", path);
}

/* ---- Curves ----------------------------------------------------------------------------------------------------- */

void write_svg(const example *self)
{
    const results *res = &self->res;
    static double x[2][MOST_SHIFTS], source[2][MOST_SHIFTS], finetuned[2][MOST_SHIFTS];
    svg_panel panels[2];
    if (res->count == 0) return;
    for (int direction = 0; direction < 2; direction++)
        panels[direction] = (svg_panel){.title = direction == 0 ? "vertical shift" : "horizontal shift",
                                        .x = x[direction],
                                        .series = {{"trained on clean images", source[direction], NULL},
                                                   {"then fine-tuned, no labels", finetuned[direction], NULL}}};
    for (int i = 0; i < res->count; i++) {
        const shift_result *shift = &res->shifts[i];
        const int direction = shift->direction, at = panels[direction].count++;
        x[direction][at] = shift->range;
        source[direction][at] = shift->accuracy;
        finetuned[direction][at] = shift->finetuned;
    }
    const char *path = in_folder(self->set.out, "accuracy.svg");
    if (svg_curves(path, "Accuracy on shifted test images", "range of the shift (share of the image)", "accuracy",
                   panels, 2) != 0)
        give_up(path, strerror(errno));
    printf("curves: %s\n", path);
}

/* ---- Picture ---------------------------------------------------------------------------------------------------- */

/* The first image of each digit, digits in order. */
static void find_digits(const example *self, int64_t rows[DIGITS])
{
    const int64_t n = self->res.test_images;
    int32_t *labels = malloc((size_t)n * sizeof *labels);
    if (labels == NULL) give_up("picture", "no memory");
    went(cama_dataset_read(self->test, 0, n, NULL, labels));
    for (int digit = 0; digit < DIGITS; digit++) {
        int64_t row = 0;
        while (row < n && labels[row] != digit) row++;
        rows[digit] = row < n ? row : digit % n; /* a very short test set may lack a digit */
    }
    free(labels);
}

/* Copies the chosen images of a dataset to x (DIGITS, height*width) and makes an unlabelled dataset of them. */
static void take_digits(const cama_dataset *from, const int64_t rows[DIGITS], int32_t height, int32_t width, float *x,
                        cama_dataset **out)
{
    for (int i = 0; i < DIGITS; i++)
        went(cama_dataset_read(from, rows[i], 1, x + (size_t)i * (size_t)(height * width), NULL));
    went(cama_dataset_from_arrays(DIGITS, height, width, 1, DIGITS, x, NULL, 1, out));
}

static int reconstruct(const example *self, const cama_model *model, const cama_dataset *digits, const char *m,
                       float *x)
{
    cama_options *options = NULL;
    went(cama_options_create("reconstruct", &options));
    went(cama_options_set_text(options, "m", m));
    went(cama_options_set_int(options, "seed", self->set.seed));
    const int done = went(cama_reconstruct(self->session, model, digits, options, x));
    cama_options_free(options);
    return done;
}

int write_grid(example *self)
{
    const cama_model *adapted = self->adapted != NULL ? self->adapted : self->model;
    cama_dataset *shifted = NULL, *digits = NULL, *shifted_digits = NULL;
    int64_t rows[DIGITS];
    int32_t height = 0, width = 0;
    went(cama_dataset_shape(self->test, NULL, &height, &width, NULL, NULL, NULL));
    const size_t line = (size_t)DIGITS * (size_t)(height * width);
    float *images = malloc(4 * line * sizeof *images); /* (4, DIGITS, height, width) */
    if (images == NULL) give_up("picture", "no memory");

    find_digits(self, rows);
    take_digits(self->test, rows, height, width, images, &digits);
    shift_images(self, shift_directions[0], self->adapted != NULL ? self->adapted_range : picture_range, &shifted);
    take_digits(shifted, rows, height, width, images + 2 * line, &shifted_digits);
    const int done = reconstruct(self, self->model, digits, "same", images + line) &&
                     reconstruct(self, adapted, shifted_digits, "zero", images + 3 * line);
    const char *path = in_folder(self->set.out, "grid.png");
    if (done && png_grid(path, images, 4, DIGITS, height, width, SCALE) != 0) give_up(path, strerror(errno));
    if (done) printf("picture: %s\n", path);

    cama_dataset_free(shifted_digits);
    cama_dataset_free(shifted);
    cama_dataset_free(digits);
    free(images);
    return done;
}
