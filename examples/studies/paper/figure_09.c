/* figure_09 - Figure 9: disentanglement. Shifted digits under do(m=0), the m of one digit given to another, one digit
 * under the m of many places: as a picture, and as numbers. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/png.h"
#include "figure_09.h"

static const char shifted_test[] = "vertical.5-shifted", undone_test[] = "vertical.5-do(m=0)";
static const char class_test[] = "vertical.5-swapped-class", place_test[] = "vertical.5-swapped-place";
static const double range = .5;

static const struct {
    const char *model, *trained_on;
} models[2] = {{"cama", "vertical"}, {"cama-view", "clean"}};

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

/* A share of a distance that is gone, in [0,1]. */
static double share(double before, double after) { return before > 0 ? fmin(fmax(1 - after / before, 0), 1) : NAN; }

static int read_by(paper *self, const char *model, const char *trained_on, const float *x, const cama_dataset *labels,
                   row_key key)
{
    cama_dataset *images = NULL;
    int32_t height = 0, width = 0;
    const int64_t n = image_count(labels);
    went(cama_dataset_shape(labels, NULL, &height, &width, NULL, NULL, NULL));
    int32_t *y = malloc((size_t)n * sizeof *y);
    if (y == NULL) give_up("labels", "no memory");
    went(cama_dataset_read(labels, 0, n, NULL, y));
    went(cama_dataset_from_arrays(n, height, width, 1, 10, x, y, 1, &images));
    paper_say(self, "reading %s", key.direction);
    const int done = paper_point(self, paper_model(self, model, trained_on, NULL, 0), 0, images, key);
    cama_dataset_free(images);
    free(y);
    return done;
}

/* The clean CNN reads what do(m=0) gives; the DNN that knows vertical shifts what a foreign m gives. */
static int numbers(paper *self, int which, const swaps *of)
{
    const char *model = models[which].model, *trained_on = models[which].trained_on;
    double moved = 0, left = 0, apart = 0, missed = 0;
    for (int64_t i = 0; i < of->n; i++) {
        const int64_t next = (i + 1) % of->n;
        const double home = centre_row(of, of->clean, i), away = centre_row(of, of->shifted, i);
        moved += fabs(away - home);
        left += fabs(centre_row(of, of->undone, i) - home);
        apart += fabs(centre_row(of, of->shifted, next) - away);
        missed += fabs(centre_row(of, of->swapped, i) - centre_row(of, of->shifted, next));
    }
    figure_row(self, (row_key){model, trained_on, "none", undone_test, NAN, "undone"}, share(moved, left));
    figure_row(self, (row_key){model, trained_on, "none", place_test, NAN, "taken"}, share(apart, missed));
    return read_by(self, "cnn", "clean", of->undone, self->scored,
                   (row_key){model, trained_on, "none", undone_test, NAN, NULL}) &&
           read_by(self, "dnn", "vertical", of->swapped, self->scored,
                   (row_key){model, trained_on, "none", class_test, NAN, NULL});
}

/* ---- The picture: ten digits, a row for each thing that is done -------------------------------------------------- */

enum { COLUMNS = 10, PICTURE_ROWS = 7, SCALE = 3 };

static void picture(const paper *self, const swaps of[2])
{
    const size_t size = (size_t)of[0].height * (size_t)of[0].width;
    const float *rows[PICTURE_ROWS] = {of[0].shifted, of[0].undone,  of[1].undone, of[0].swapped,
                                       of[1].swapped, of[0].travels, of[1].travels};
    float *sheet = calloc((size_t)PICTURE_ROWS * COLUMNS * size, sizeof *sheet);
    if (sheet == NULL) give_up("picture", "no memory");
    const int64_t wide = of[0].n < COLUMNS ? of[0].n : COLUMNS;
    for (int r = 0; r < PICTURE_ROWS; r++)
        memcpy(sheet + (size_t)r * COLUMNS * size, rows[r], (size_t)wide * size * sizeof *sheet);
    const char *path = in_folder(self->set.out, "figure-09.png");
    if (png_grid(beside(path), sheet, PICTURE_ROWS, COLUMNS, of[0].height, of[0].width, SCALE) != 0)
        give_up(path, strerror(errno));
    replace(path);
    free(sheet);
}

static int all_known(const paper *self)
{
    int known = figure_has(self, (row_key){"cnn", "clean", "none", shifted_test, NAN, NULL});
    for (int i = 0; i < 2; i++)
        known += figure_has(self, (row_key){models[i].model, models[i].trained_on, "none", class_test, NAN, NULL});
    return known == 3;
}

static int run(paper *self)
{
    swaps of[2] = {{.n = 0}, {.n = 0}};
    int done = 1;
    paper_open(self);
    if (all_known(self)) return 1;
    for (int i = 0; done && i < 2; i++)
        done = swaps_make(self, paper_model(self, models[i].model, models[i].trained_on, NULL, 0), range, &of[i]) &&
               numbers(self, i, &of[i]);
    done = done && read_by(self, "cnn", "clean", of[0].shifted, self->scored,
                           (row_key){"cnn", "clean", "none", shifted_test, NAN, NULL});
    if (done && self->seed_now == self->set.seed) picture(self, of);
    for (int i = 0; i < 2; i++) swaps_free(&of[i]);
    return done;
}

/* ---- The verdict ------------------------------------------------------------------------------------------------- */

static void judge(const row_table *rows, const char *name, verdict *out)
{
    static const char *const words[2] = {"published form, trained with vertical shifts",
                                         "view form, q(m|x) trained on simulated views"};
    const double floor = rows_mean(rows, name, (row_key){"cnn", "clean", "none", shifted_test, NAN, NULL}, NULL, NULL);
    for (int i = 0; i < 2; i++) {
        const char *model = models[i].model, *on = models[i].trained_on;
        const double undone =
            rows_mean(rows, name, (row_key){model, on, "none", undone_test, NAN, "undone"}, NULL, NULL);
        const double read = rows_mean(rows, name, (row_key){model, on, "none", undone_test, NAN, NULL}, NULL, NULL);
        const double taken = rows_mean(rows, name, (row_key){model, on, "none", place_test, NAN, "taken"}, NULL, NULL);
        const double kept = rows_mean(rows, name, (row_key){model, on, "none", class_test, NAN, NULL}, NULL, NULL);
        verdict_atleast(out, undone, .5, "%s: do(m=0) undoes %.2f of the displacement (wanted: half)", words[i],
                        undone);
        verdict_atleast(out, read, floor,
                        "%s: a clean CNN reads %.3f of the shifted digits under do(m=0), %.3f as they are", words[i],
                        read, floor);
        verdict_atleast(out, taken, .5,
                        "%s: given another digit's m, a digit goes %.2f of the way to its place (wanted: half)",
                        words[i], taken);
        verdict_atleast(out, kept, .5, "%s: and keeps its class for a DNN that knows shifts in %.3f (wanted: half)",
                        words[i], kept);
    }
}

const figure figure_09 = {
    .key = "09",
    .name = "9",
    .title = "Disentanglement: the same digit under another m",
    .claim = "Under do(m=0) shifted digits keep their identity and move to the centre: z holds the style, m the shift.",
    .how = "Vertical shifts of .5. Rows from the top: shifted digits; under do(m=0), published form, then view form; z "
           "and y "
           "with the m of the next digit, published, view; the first digit's z and y under the m of digits further and "
           "further "
           "down, published, view. Published form: trained with vertical shifts (Figure 10); view form: clean digits "
           "alone. "
           "undone and taken are shares of a distance, measured between centres of mass.",
    .seeds = 1,
    .picture = "figure-09.png",
    .run = run,
    .judge = judge,
};
