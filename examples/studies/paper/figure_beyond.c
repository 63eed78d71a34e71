/* figure_beyond - beyond the paper's shifts: other manipulations, a model without m, fine-tuning on very few images. */
#include <math.h>
#include <string.h>

#include "paper.h"

/* ---- Manipulations ----------------------------------------------------------------------------------------------- */

static const char *const kinds[] = {"rotation-bilinear", "zoom-bilinear", "shear-bilinear", "contrast",
                                    "brightness",        "salt-pepper",   "stripes",        "patch"};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- Models ------------------------------------------------------------------------------------------------------ */

/* Fine-tuned on the manipulated images themselves, without labels, where tuned is set. Of the CNN that is TENT. */
static const struct {
    const char *model, *as;
    int read, tuned;
} models[] = {
    {"dnn", "dnn", 0, 0},   {"cnn", "cnn", 0, 0},   {"cnn", "cnn-tent", 0, 1},        {"cvae", "cvae", 0, 0},
    {"cama", "cama", 0, 0}, {"cama", "cama", 0, 1}, {"cama-view", "cama-view", 1, 0}, {"cama-view", "cama-view", 1, 1}};

enum { MODELS = sizeof models / sizeof *models };

static int at(paper *self, int which, const char *kind)
{
    cama_dataset *images = NULL;
    cama_model *adapted = NULL;
    const row_key key = {models[which].as, "clean", models[which].tuned ? "same" : "none", kind, NAN, NULL};
    if (figure_has(self, key)) return 1;
    const cama_model *model = paper_model(self, models[which].model, "clean", NULL, 0);
    if (model == NULL) return 0;
    paper_corrupt(self, self->scored, kind, &images);
    paper_say(self, "%s on %s", models[which].as, kind);
    const int64_t steps = models[which].read ? self->sizes.view_steps : self->sizes.tune_steps;
    int done = !models[which].tuned || paper_tune(self, model, images, steps, &adapted);
    done = done && paper_point(self, adapted != NULL ? adapted : model, models[which].read, images, key);
    cama_model_free(adapted);
    cama_dataset_free(images);
    return done;
}

/* ---- Few images -------------------------------------------------------------------------------------------------- */

static const struct {
    int64_t count;
    const char *variant;
} few[] = {{1, "1-image"}, {8, "8-images"}, {32, "32-images"}};

static const struct {
    const char *model, *as;
    int read;
} adapting[] = {{"cama", "cama", 0}, {"cama-view", "cama-view", 1}};

static const char few_test[] = "vertical.3";

static int with_few(paper *self, int which)
{
    cama_dataset *images = NULL;
    const row_key before = {adapting[which].as, "clean", "none", few_test, NAN, NULL};
    const int64_t steps = adapting[which].read ? self->sizes.view_steps : self->sizes.tune_steps;
    int done = 1;
    figure_borrow(self, &figure_07, (row_key){adapting[which].as, "clean", "none", "vertical", .3, NULL}, before);
    paper_say(self, "%s as trained", adapting[which].as);
    paper_shift(self, self->scored, "vertical", .3, &images);
    if (!figure_has(self, before))
        done = paper_point(self, paper_model(self, adapting[which].model, "clean", NULL, 0), adapting[which].read,
                           images, before);
    for (int i = 0; done && i < 3; i++) {
        const tuned_copy how = {adapting[which].model, "clean", "vertical",          .3,
                                few[i].count,          steps,   adapting[which].read};
        const tuned_test test = {{adapting[which].as, "clean", "same", few_test, NAN, few[i].variant}, "vertical", .3};
        done = paper_tuned(self, &how, &test, 1);
    }
    cama_dataset_free(images);
    return done;
}

static int run(paper *self)
{
    paper_open(self);
    const int kind_count = self->sizes.kinds > 0 && self->sizes.kinds < KINDS ? (int)self->sizes.kinds : KINDS;
    for (int k = 0; k < kind_count; k++)
        for (int which = 0; which < MODELS; which++)
            if (!at(self, which, kinds[k])) return 0;
    return with_few(self, 0) && with_few(self, 1);
}

/* ---- The verdict ------------------------------------------------------------------------------------------------- */

static double score(const row_table *rows, const char *name, const char *model, const char *finetuned_on,
                    const char *test, const char *variant)
{
    return rows_mean(rows, name, (row_key){model, "clean", finetuned_on, test, NAN, variant}, NULL, NULL);
}

static double mean_of(const row_table *rows, const char *name, const char *model, const char *finetuned_on)
{
    double sum = 0;
    for (int k = 0; k < KINDS; k++) sum += score(rows, name, model, finetuned_on, kinds[k], NULL) / KINDS;
    return sum;
}

static void judge(const row_table *rows, const char *name, verdict *out)
{
    const double dnn = mean_of(rows, name, "dnn", "none"), cnn = mean_of(rows, name, "cnn", "none");
    const double cvae = mean_of(rows, name, "cvae", "none"), tent = mean_of(rows, name, "cnn-tent", "same");
    const double trained = mean_of(rows, name, "cama", "none"), tuned = mean_of(rows, name, "cama", "same");
    const double views = mean_of(rows, name, "cama-view", "none"),
                 views_tuned = mean_of(rows, name, "cama-view", "same");
    verdict_atleast(out, tuned, dnn,
                    "mean over the manipulations: published form %.3f as trained, %.3f fine-tuned, DNN %.3f", trained,
                    tuned, dnn);
    verdict_atleast(out, tuned, cnn, "the same beside a CNN: %.3f fine-tuned, CNN %.3f", tuned, cnn);
    verdict_note(out, "the CNN under TENT: %.3f, as trained %.3f", tent, cnn);
    verdict_atleast(out, views_tuned, cnn,
                    "view form, read by the CNN: %.3f as trained, %.3f fine-tuned, the CNN itself %.3f", views,
                    views_tuned, cnn);
    verdict_atleast(out, tuned - cvae, by_chance,
                    "M = 0 (no manipulation in the model): %.3f, the published form fine-tuned %.3f (wanted: .02 more)",
                    cvae, tuned);
    for (int i = 0; i < 2; i++) {
        const char *model = adapting[i].as;
        const double before = score(rows, name, model, "none", few_test, NULL);
        double least = NAN;
        for (int f = 0; f < 3; f++) least = fmin(least, score(rows, name, model, "same", few_test, few[f].variant));
        verdict_atleast(out, least, before - by_chance,
                        "%s at vertical .3, fine-tuned on 1, 8, 32 images: %.3f, %.3f, %.3f, as "
                        "trained %.3f (wanted: no harm, .02 less at most)",
                        model, score(rows, name, model, "same", few_test, few[0].variant),
                        score(rows, name, model, "same", few_test, few[1].variant),
                        score(rows, name, model, "same", few_test, few[2].variant), before);
    }
}

static const line lines[] = {{"DNN", "dnn", "clean", "none", NULL},
                             {"CNN", "cnn", "clean", "none", NULL},
                             {"CNN, TENT", "cnn-tent", "clean", "same", NULL},
                             {"M = 0", "cvae", "clean", "none", NULL},
                             {"CAMA", "cama", "clean", "none", NULL},
                             {"CAMA fine-tuned", "cama", "clean", "same", NULL},
                             {"views", "cama-view", "clean", "none", NULL},
                             {"views fine-tuned", "cama-view", "clean", "same", NULL}};

static const chart charts[] = {
    {"Other manipulations, all models trained on clean digits", NULL, NULL, lines, 8, CHART_BARS}};

const figure figure_beyond = {
    .key = "beyond",
    .name = "beyond",
    .title = "Beyond the paper: other manipulations, no m, few images",
    .claim = "nothing here; it tests shifts. By its view fine-tuning learns any manipulation that is none of y and z.",
    .how = "Rotation up to 60 degrees, zoom .6 to 1.5, shear up to .4, contrast .3, brightness +.5, salt and pepper on "
           "17 % of "
           "the pixels, stripes that invert half of the image, a patch of 8x8 pixels (occlusion). Fine-tuning sees the "
           "scored "
           "digits without labels. M = 0 is the published form without m, a conditional VAE. The last lines are "
           "fine-tuned on "
           "1, 8 and 32 digits under vertical shifts of .3.",
    .seeds = 1,
    .charts = charts,
    .chart_count = 1,
    .run = run,
    .judge = judge,
};
