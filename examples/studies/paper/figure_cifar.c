/* figure_cifar - the appendix's task: airplanes against frogs of CIFAR-10, under shifts and attacks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "paper.h"

enum { SIDE = 32, CHANNELS = 3, PLANE = SIDE * SIDE, BYTES = 1 + CHANNELS * PLANE, AIRPLANE = 0, FROG = 6 };

/* ---- The data ---------------------------------------------------------------------------------------------------- */

/* The standard files, or two of such records whose labels are 0 and 1: train.bin and test.bin. */
static const char *const standard[] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                                       "data_batch_5.bin"};

static cama_dataset *train, *test;

static int there(const char *folder, const char *name)
{
    char packed[64];
    snprintf(packed, sizeof packed, "%s.gz", name);
    return access(in_folder(folder, name), R_OK) == 0 || access(in_folder(folder, packed), R_OK) == 0;
}

/* Records of a label and three planes; airplanes and frogs become 0 and 1, others are passed over. Returns how many. */
static int64_t read_records(const char *path, int frog, int64_t most, float *x, int32_t *y)
{
    unsigned char bytes[BYTES];
    int64_t n = 0;
    gzFile in = gzopen(path, "rb");
    if (in == NULL) give_up(path, strerror(errno));
    for (;;) {
        const int got = gzread(in, bytes, BYTES);
        if (got == 0 || n == most) break;
        if (got != BYTES) give_up(path, "expected records of 3073 bytes, got a file that ends within one");
        if (bytes[0] > 9) give_up(path, "expected labels of 0 to 9, got another byte");
        if (bytes[0] != AIRPLANE && bytes[0] != frog) continue;
        for (int p = 0; p < PLANE; p++)
            for (int c = 0; c < CHANNELS; c++)
                x[(n * PLANE + p) * CHANNELS + c] = (float)bytes[1 + c * PLANE + p] / 255;
        y[n++] = bytes[0] == frog;
    }
    gzclose(in);
    return n;
}

static void open_records(const char *folder, const char *const *names, int count, int frog, int64_t most,
                         cama_dataset **out)
{
    int64_t n = 0;
    float *x = malloc((size_t)most * PLANE * CHANNELS * sizeof *x); /* (most, 32, 32, 3) */
    int32_t *y = malloc((size_t)most * sizeof *y);
    if (x == NULL || y == NULL) give_up(folder, "no memory");
    for (int i = 0; i < count; i++)
        n += read_records(plain_or_gz(folder, names[i]), frog, most - n, x + n * PLANE * CHANNELS, y + n);
    if (n == 0) give_up(folder, "expected images of both classes, got none");
    went(cama_dataset_from_arrays(n, SIDE, SIDE, CHANNELS, 2, x, y, 1, out));
    free(y);
    free(x);
}

static void open_both(const paper *self)
{
    static const char *const own[] = {"train.bin", "test.bin"}, *const standard_test[] = {"test_batch.bin"};
    const char *folder = self->set.cifar;
    const int is_standard = there(folder, standard[0]), frog = is_standard ? FROG : 1;
    if (train != NULL) return;
    open_records(folder, is_standard ? standard : own, is_standard ? 5 : 1, frog, self->sizes.cifar_images, &train);
    open_records(folder, is_standard ? standard_test : own + 1, 1, frog, self->sizes.scored, &test);
}

static const char *missing(const paper *self)
{
    return self->set.cifar == NULL ? "no data: give the folder of CIFAR-10's binary files with --cifar" : NULL;
}

/* ---- The models -------------------------------------------------------------------------------------------------- */

static cama_model *fresh(const paper *self, const char *preset)
{
    cama_options *options = NULL;
    cama_model *model = NULL;
    went(cama_options_create("model", &options));
    went(cama_options_set_int(options, "seed", self->seed_now));
    went(cama_options_set_int(options, "height", SIDE));
    went(cama_options_set_int(options, "width", SIDE));
    went(cama_options_set_int(options, "channels", CHANNELS));
    went(cama_options_set_int(options, "classes", 2));
    went(cama_model_create(preset, options, &model));
    cama_options_free(options);
    return model;
}

static int make_cnn(paper *self, cama_model **out)
{
    *out = fresh(self, "mnist-cnn");
    return paper_train(self, *out, train, (course){.label = "CIFAR, CNN", .epochs = self->sizes.cifar_epochs});
}

static int make_cama(paper *self, cama_model **out)
{
    *out = fresh(self, "cifar");
    return paper_train(self, *out, train, (course){.label = "CIFAR, CAMA", .epochs = self->sizes.cifar_epochs});
}

static int make_view(paper *self, cama_model **out)
{
    const cama_model *clean = paper_model_by(self, "cifar-cama", make_cama);
    if (clean == NULL) return 0;
    went(cama_model_with_views(clean, NULL, out));
    return paper_train(
        self, *out, train,
        (course){.label = "CIFAR, simulated views", .simulate = "alone", .epochs = self->sizes.cifar_epochs});
}

static const struct {
    const char *file, *model;
    train_model *make;
    int generative;
} models[] = {
    {"cifar-cnn", "cnn", make_cnn, 0}, {"cifar-cama", "cama", make_cama, 1}, {"cifar-view", "cama-view", make_view, 1}};

enum { MODELS = sizeof models / sizeof *models, SHIFTS = 4, EPS = 3 };

static const double shifts[SHIFTS] = {0, .1, .2, .3}, radii[EPS] = {.01, .02, .05};

/* ---- The tests --------------------------------------------------------------------------------------------------- */

static int attacked(paper *self, const cama_model *model, double eps, cama_dataset **out)
{
    cama_options *options = NULL;
    went(cama_options_create("attack", &options));
    went(cama_options_set_text(options, "method", "fgsm"));
    went(cama_options_set_real(options, "eps", eps));
    went(cama_options_set_int(options, "seed", self->seed_now));
    progress_begin(&self->bar, self->label, 0, 0);
    const int done = went(cama_attack(self->session, model, test, options, out));
    progress_end(&self->bar);
    cama_options_free(options);
    return done;
}

static int test_images(paper *self, const cama_model *model, const char *how, double strength, cama_dataset **out)
{
    if (strcmp(how, "fgsm") == 0) return attacked(self, model, strength, out);
    shift_images(test, how, strength, self->seed_now, out);
    return 1;
}

static int tune(paper *self, const cama_model *model, const cama_dataset *images, cama_model **adapted)
{
    cama_dataset *digits = self->train; /* the clean images of fine-tuning are these here */
    self->train = train;
    const int done = paper_tune(self, model, images, self->sizes.view_steps, adapted);
    self->train = digits;
    return done;
}

static int at(paper *self, int which, const char *how, double strength)
{
    cama_dataset *images = NULL;
    cama_model *adapted = NULL;
    const row_key key = {models[which].model, "clean", "none", how, strength, NULL};
    row_key after = key;
    after.finetuned_on = how;
    const int wanted = models[which].generative && strength > 0;
    if (figure_has(self, key) && (!wanted || figure_has(self, after))) return 1;
    const cama_model *model = paper_model_by(self, models[which].file, models[which].make);
    if (model == NULL) return 0;
    paper_say(self, "CIFAR, %s, %s %g", models[which].model, how, strength);
    int done = test_images(self, model, how, strength, &images) && paper_point(self, model, 0, images, key);
    if (done && wanted) done = tune(self, model, images, &adapted) && paper_point(self, adapted, 0, images, after);
    cama_model_free(adapted);
    cama_dataset_free(images);
    return done;
}

static int run(paper *self)
{
    open_both(self);
    for (int which = 0; which < MODELS; which++) {
        for (int i = 0; i < SHIFTS; i++)
            if (!at(self, which, "vertical", shifts[i])) return 0;
        for (int i = 0; i < EPS; i++)
            if (!at(self, which, "fgsm", radii[i])) return 0;
    }
    cama_dataset_free(train);
    cama_dataset_free(test);
    train = test = NULL;
    return 1;
}

/* ---- The verdict ------------------------------------------------------------------------------------------------- */

static double mean_of(const row_table *rows, const char *name, const char *model, const char *tuned, const char *how,
                      const double *strengths, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += rows_mean(rows, name, (row_key){model, "clean", tuned, how, strengths[i], NULL}, NULL, NULL) / count;
    return sum;
}

static void judge(const row_table *rows, const char *name, verdict *out)
{
    for (int i = 0; i < 2; i++) {
        const char *how = i == 0 ? "vertical" : "fgsm";
        const double *list = i == 0 ? shifts + 1 : radii;
        const double cnn = mean_of(rows, name, "cnn", "none", how, list, 3);
        for (int which = 1; which < MODELS; which++) {
            const double before = mean_of(rows, name, models[which].model, "none", how, list, 3);
            const double after = mean_of(rows, name, models[which].model, how, how, list, 3);
            verdict_atleast(out, before, cnn, "%s, %s, mean over strengths: %.3f as trained, the CNN %.3f",
                            models[which].model, how, before, cnn);
            verdict_atleast(out, after, before, "%s, %s: %.3f fine-tuned, %.3f as trained", models[which].model, how,
                            after, before);
        }
    }
}

static const line shifted[] = {{"CNN", "cnn", "clean", "none", NULL},
                               {"CAMA", "cama", "clean", "none", NULL},
                               {"CAMA fine-tuned", "cama", "clean", "vertical", NULL},
                               {"views", "cama-view", "clean", "none", NULL},
                               {"views fine-tuned", "cama-view", "clean", "vertical", NULL}};

static const line fooled[] = {{"CNN", "cnn", "clean", "none", NULL},
                              {"CAMA", "cama", "clean", "none", NULL},
                              {"CAMA fine-tuned", "cama", "clean", "fgsm", NULL},
                              {"views", "cama-view", "clean", "none", NULL},
                              {"views fine-tuned", "cama-view", "clean", "fgsm", NULL}};

static const chart charts[] = {{"airplane or frog, vertical shift", "vertical", NULL, shifted, 5, CHART_LINES},
                               {"airplane or frog, FGSM", "fgsm", "eps", fooled, 5, CHART_LINES}};

const figure figure_cifar = {
    .key = "cifar",
    .name = "cifar",
    .title = "Appendix: airplanes and frogs of CIFAR-10",
    .claim = "On a binary task of natural images CAMA is more robust than a CNN without fine-tuning, and more so with "
             "it; the "
             "clean accuracy does not suffer.",
    .how = "Presets cifar, in the published form and with views (no reader), and the CNN of the digits' preset; few "
           "images, to "
           "stay in time. FGSM by each model's own gradient; fine-tuned copies are scored on the images that were made "
           "against their source.",
    .seeds = 1,
    .charts = charts,
    .chart_count = 2,
    .missing = missing,
    .run = run,
    .judge = judge,
};
