/* mnist_picture - grid.png: digits, their reconstructions, the digits shifted, and the shifted ones put back: the view
 * that a model with views finds is undone, which is do(m=0). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/png.h"
#include "mnist.h"

enum { DIGITS = 10, SCALE = 2, MOST_LINES = 5 };

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

/* The images with the view undone that the model finds. */
static int put_back(const example *self, const cama_model *model, const cama_dataset *digits, float *x)
{
    cama_dataset *seen = NULL;
    const int done = went(cama_see(self->session, model, digits, NULL, &seen));
    if (done) went(cama_dataset_read(seen, 0, DIGITS, x, NULL));
    cama_dataset_free(seen);
    return done;
}

/* Without models with views: what the published form makes of do(m=0). Returns how many lines it made, 0 when it was
 * cancelled. */
static int lines_put_back(const example *self, const cama_dataset *digits, size_t line, float *x)
{
    const cama_model *const models[2] = {self->adapted, self->simulated};
    int count = 0;
    if (self->view == NULL)
        return reconstruct(self, self->adapted != NULL ? self->adapted : self->model, digits, "zero", x);
    for (int i = 0; i < 2; i++)
        if (models[i] != NULL && !put_back(self, models[i], digits, x + (size_t)count++ * line)) return 0;
    return count;
}

int write_grid(const example *self)
{
    cama_dataset *shifted = NULL, *digits = NULL, *shifted_digits = NULL;
    int64_t rows[DIGITS];
    int32_t height = 0, width = 0;
    if (self->view != NULL && self->adapted == NULL && self->simulated == NULL) return 1; /* none learnt to put back */
    went(cama_dataset_shape(self->test, NULL, &height, &width, NULL, NULL, NULL));
    const size_t line = (size_t)DIGITS * (size_t)(height * width);
    float *images = malloc(MOST_LINES * line * sizeof *images); /* (MOST_LINES, DIGITS, height, width) */
    if (images == NULL) give_up("picture", "no memory");

    find_digits(self, rows);
    take_digits(self->test, rows, height, width, images, &digits);
    shift_images(self->test, shift_directions[0], self->adapted != NULL ? self->adapted_range : picture_range,
                 self->set.seed, &shifted);
    take_digits(shifted, rows, height, width, images + 2 * line, &shifted_digits);
    const int more = reconstruct(self, self->model, digits, "same", images + line)
                         ? lines_put_back(self, shifted_digits, line, images + 3 * line)
                         : 0;
    const char *path = in_folder(self->set.out, "grid.png");
    if (more > 0 && png_grid(path, images, 3 + more, DIGITS, height, width, SCALE) != 0) give_up(path, strerror(errno));
    if (more > 0) printf("picture: %s\n", path);

    cama_dataset_free(shifted_digits);
    cama_dataset_free(shifted);
    cama_dataset_free(digits);
    free(images);
    return more > 0;
}
