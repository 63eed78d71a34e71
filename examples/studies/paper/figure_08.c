/* figure_08 - Figure 8: how many unlabelled digits fine-tuning wants. */
#include <math.h>

#include "paper.h"

static const double shares[] = {.01, .02, .05, .1, .2, .5, 1};
static const char shift[] = "vertical.5";
static const double range = .5;

static const struct {
    const char *model, *as, *variant;
    int read;
} forms[] = {{"cama", "cama", NULL, 0}, {"cama-view", "cama-view", NULL, 1}, {"cama-unseen", "cama-view", "unseen", 1}};

/* The column range is the share of the test digits, 0 for none. A q(m|x) that knows nothing yet has m = 0: the reader
 * reads the digits as they are. */
static int before(paper *self, int form)
{
    cama_dataset *images = NULL;
    const row_key key = {forms[form].as, "clean", "none", shift, 0, forms[form].variant};
    figure_borrow(self, &figure_07,
                  (row_key){form == 2 ? "cnn" : forms[form].as, "clean", "none", "vertical", range, NULL}, key);
    if (figure_has(self, key)) return 1;
    const cama_model *model = paper_model(self, form == 2 ? "cnn" : forms[form].model, "clean", NULL, 0);
    paper_shift(self, self->scored, "vertical", range, &images);
    paper_say(self, "%s as trained", forms[form].model);
    const int done = paper_point(self, model, form == 1, images, key);
    cama_dataset_free(images);
    return done;
}

static int after(paper *self, int form, double share)
{
    const int64_t steps[3] = {self->sizes.tune_steps, self->sizes.view_steps, self->sizes.unseen_steps};
    const int64_t n = (int64_t)ceil(share * (double)image_count(self->test));
    const tuned_copy how = {forms[form].model, "clean", "vertical", range, n, steps[form], forms[form].read};
    const tuned_test test = {
        {forms[form].as, "clean", "vertical", shift, share, forms[form].variant}, "vertical", range};
    if (share >= 1) { /* the copies of Figure 7 saw all of them */
        const row_key same = {forms[form].as, "clean", "vertical", "vertical", range, forms[form].variant};
        figure_borrow(self, &figure_07, same, test.key);
    }
    return paper_tuned(self, &how, &test, 1);
}

static int run(paper *self)
{
    paper_open(self);
    for (int form = 0; form < 3; form++) {
        if (!before(self, form)) return 0;
        for (int i = 0; i < 7; i++)
            if (!after(self, form, shares[i])) return 0;
    }
    return 1;
}

static void judge_form(const row_table *rows, const char *name, int form, const char *words, verdict *out)
{
    const char *model = forms[form].as, *variant = forms[form].variant;
    const double none = rows_mean(rows, name, (row_key){model, "clean", "none", shift, 0, variant}, NULL, NULL);
    const double some = rows_mean(rows, name, (row_key){model, "clean", "vertical", shift, .01, variant}, NULL, NULL);
    const double all = rows_mean(rows, name, (row_key){model, "clean", "vertical", shift, 1, variant}, NULL, NULL);
    if (all - none < .02) /* of no gain there are no shares */
        verdict_atleast(out, -1, 0, "%s: %.3f as trained, %.3f with 1 %%, %.3f with all: no gain to take two thirds of",
                        words, none, some, all);
    else
        verdict_atleast(
            out, (some - none) / (all - none), 2.0 / 3,
            "%s: %.3f as trained, %.3f with 1 %%, %.3f with all: 1 %% gives %.2f of the gain (wanted: two thirds)",
            words, none, some, all, (some - none) / (all - none));
}

static void judge(const row_table *rows, const char *name, verdict *out)
{
    judge_form(rows, name, 0, "published form", out);
    judge_form(rows, name, 1, "view form, simulated views in training", out);
    judge_form(rows, name, 2, "view form that never met a simulated view", out);
}

static const line lines[] = {{"CAMA, published form", "cama", "clean", "vertical", NULL},
                             {"view form", "cama-view", "clean", "vertical", NULL},
                             {"view form, no simulated views", "cama-view", "clean", "vertical", "unseen"}};

static const chart charts[] = {
    {"test: vertical shift of .5", shift, "share of the test digits, unlabelled", lines, 3, CHART_SHARES}};

const figure figure_08 = {
    .key = "08",
    .name = "8",
    .title = "How much unlabelled data fine-tuning wants",
    .claim = "1 % of the manipulated test data is enough to learn the vertical shift.",
    .how = "Vertical shifts of .5; the column range is the share of the test digits that fine-tuning sees (0: as "
           "trained). "
           "Scored on the first test digits, most of which a small share does not hold. A model that never met a "
           "simulated "
           "view has m = 0 before it is fine-tuned, and its reader is the clean CNN.",
    .seeds = 1,
    .charts = charts,
    .chart_count = 1,
    .run = run,
    .judge = judge,
};
