/* figure_09_swaps - m and z of shifted digits are inferred, exchanged, and made images again. */
#include "figure_09.h"

#include <stdlib.h>
#include <string.h>

static size_t numbers(const swaps *self) { return (size_t)self->n * (size_t)self->height * (size_t)self->width; }

static float *room(size_t count)
{
    float *made = calloc(count > 0 ? count : 1, sizeof *made);
    if (made == NULL) give_up("images", "no memory");
    return made;
}

double centre_row(const swaps *self, const float *images, int64_t which)
{
    const float *x = images + (size_t)which * (size_t)self->height * (size_t)self->width;
    double mass = 0, sum = 0;
    for (int r = 0; r < self->height; r++)
        for (int c = 0; c < self->width; c++) {
            mass += (double)x[r * self->width + c];
            sum += r * (double)x[r * self->width + c];
        }
    return mass > 0 ? sum / mass : self->height / 2.0;
}

static int undo(paper *self, const cama_model *model, const cama_dataset *shifted, swaps *out)
{
    cama_options *options = NULL;
    went(cama_options_create("reconstruct", &options));
    went(cama_options_set_text(options, "m", "zero"));
    went(cama_options_set_text(options, "infer_m", "infer"));
    const int done = went(cama_reconstruct(self->session, model, shifted, options, out->undone));
    cama_options_free(options);
    return done;
}

/* Posterior means of m (n, M) and z (n, Z), given the labels. */
typedef struct {
    int64_t m_size, z_size;
    float *m, *z;
    int32_t *y; /* (n) */
} codes;

static int encode(paper *self, const cama_model *model, const cama_dataset *shifted, codes *out)
{
    const int64_t n = image_count(shifted);
    cama_options *options = NULL;
    went(cama_model_get_int(model, "m", &out->m_size));
    went(cama_model_get_int(model, "z", &out->z_size));
    out->m = room((size_t)(n * out->m_size));
    out->z = room((size_t)(n * out->z_size));
    out->y = malloc((size_t)n * sizeof *out->y);
    if (out->y == NULL) give_up("labels", "no memory");
    went(cama_dataset_read(shifted, 0, n, NULL, out->y));
    went(cama_options_create("encode", &options));
    went(cama_options_set_text(options, "m", "infer"));
    const int done = went(cama_encode(self->session, model, shifted, options, out->m, NULL, out->z, NULL));
    cama_options_free(options);
    return done;
}

static void codes_free(codes *self)
{
    free(self->y);
    free(self->z);
    free(self->m);
}

static int swap(paper *self, const cama_model *model, const codes *of, swaps *out)
{
    float *m = room((size_t)(out->n * of->m_size));
    for (int64_t i = 0; i < out->n; i++)
        memcpy(m + i * of->m_size, of->m + (i + 1) % out->n * of->m_size, (size_t)of->m_size * sizeof *m);
    const int done = went(cama_generate(self->session, model, out->n, of->y, NULL, of->z, m, NULL, out->swapped));
    free(m);
    return done;
}

/* The place-th of ten digits, by how far down they are. */
static int64_t by_height(const swaps *self, int64_t place)
{
    for (int64_t i = 0; i < self->n; i++) {
        int64_t above = 0;
        for (int64_t j = 0; j < self->n; j++) {
            const double a = centre_row(self, self->shifted, i), b = centre_row(self, self->shifted, j);
            above += b < a || (b <= a && j < i);
        }
        if (above == place) return i;
    }
    return 0;
}

static int travel(paper *self, const cama_model *model, const codes *of, swaps *out)
{
    enum { STEPS = 10 };
    const int64_t steps = out->n < STEPS ? out->n : STEPS;
    float *m = room((size_t)(out->n * of->m_size)), *z = room((size_t)(out->n * of->z_size));
    int32_t *y = malloc((size_t)out->n * sizeof *y);
    if (y == NULL) give_up("labels", "no memory");
    for (int64_t i = 0; i < steps; i++) {
        const int64_t from = by_height(out, i * (out->n - 1) / (steps > 1 ? steps - 1 : 1));
        memcpy(m + i * of->m_size, of->m + from * of->m_size, (size_t)of->m_size * sizeof *m);
        memcpy(z + i * of->z_size, of->z, (size_t)of->z_size * sizeof *z);
        y[i] = of->y[0];
    }
    const int done = went(cama_generate(self->session, model, steps, y, NULL, z, m, NULL, out->travels));
    free(y);
    free(z);
    free(m);
    return done;
}

int swaps_make(paper *self, const cama_model *model, double range, swaps *out)
{
    cama_dataset *shifted = NULL, *unlabelled = NULL;
    codes of = {0};
    if (model == NULL) return 0;
    out->n = image_count(self->scored);
    went(cama_dataset_shape(self->scored, NULL, &out->height, &out->width, NULL, NULL, NULL));
    float **const all[] = {&out->clean, &out->shifted, &out->undone, &out->swapped, &out->travels};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) *all[i] = room(numbers(out));
    paper_shift(self, self->scored, "vertical", range, &shifted);
    went(cama_dataset_without_labels(shifted, &unlabelled));
    went(cama_dataset_read(self->scored, 0, out->n, out->clean, NULL));
    went(cama_dataset_read(shifted, 0, out->n, out->shifted, NULL));
    paper_say(self, "do(m=0), and m exchanged");
    progress_begin(&self->bar, self->label, 0, 0);
    const int done = undo(self, model, unlabelled, out) && encode(self, model, shifted, &of) &&
                     swap(self, model, &of, out) && travel(self, model, &of, out);
    progress_end(&self->bar);
    codes_free(&of);
    cama_dataset_free(unlabelled);
    cama_dataset_free(shifted);
    return done;
}

void swaps_free(swaps *self)
{
    free(self->travels);
    free(self->swapped);
    free(self->undone);
    free(self->shifted);
    free(self->clean);
    *self = (swaps){.n = 0};
}
