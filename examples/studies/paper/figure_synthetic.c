/* figure_synthetic - Figures 12 and 14: the synthetic process of the study measurement, its shifts of C and of X, and
 * children that are declared co-parents by mistake. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figure_synthetic.h"

/* ---- One run of the study for a seed ----------------------------------------------------------------------------- */

typedef struct {
    const char *model, *finetuned_on, *variant, *variant_clean;
    int treatment;
} reading;

/* Without a variant it is the form of the paper, "sensors" is the library's for measurement data. */
static const reading readings[] = {{"dnn", "none", NULL, NULL, DNN},
                                   {"cama", "none", NULL, NULL, PAPER},
                                   {"cama", "same", NULL, "clean", PAPER_TUNED},
                                   {"cama", "none", "sensors", NULL, CAMA},
                                   {"cama", "same", "sensors", "sensors-clean", TUNED}};

enum { READINGS = sizeof readings / sizeof *readings };

static void take(paper *self, const figure *into, const char *mistake, const char *direction, double at,
                 outcome by[TREATMENTS][MOST_SEEDS])
{
    self->now = into;
    for (int i = 0; i < READINGS; i++) {
        const reading *of = &readings[i];
        const outcome *one = &by[of->treatment][0];
        char variant[SHORT_TEXT] = "";
        if (mistake != NULL)
            snprintf(variant, sizeof variant, "%s%s%s", mistake, of->variant != NULL ? "-" : "",
                     of->variant != NULL ? of->variant : "");
        const row_key key = {of->model, "clean", of->finetuned_on,
                             direction, at,      mistake != NULL ? variant : of->variant};
        row_key clean = key;
        clean.variant = of->variant_clean;
        if (isfinite(one->accuracy)) figure_row(self, key, one->accuracy);
        if (isfinite(one->clean) && of->variant_clean != NULL && mistake == NULL) figure_row(self, clean, one->clean);
    }
}

/* The unshifted rows are a place on every axis. */
static void take_condition(paper *self, const study *work, condition *row)
{
    const int right = strcmp(work->key, "synthetic") == 0;
    for (int group = 0; group < SHIFT_TESTS; group++) {
        const shift_axis *axis = synthetic_axis(group);
        if (row->group != UNSHIFTED && row->group != group) continue;
        const double at = row->group == UNSHIFTED ? axis->neutral : row->at;
        if (right) take(self, &figure_12, NULL, axis->key, at, row->by);
        if (strcmp(axis->key, "x_offset") == 0) take(self, &figure_14, work->key, axis->key, at, row->by);
    }
}

static int is_known(paper *self)
{
    const figure *all[3] = {&figure_12, &figure_13, &figure_14}, *now = self->now;
    const row_key keys[3] = {{"dnn", "clean", "none", "x_offset", 3, NULL},
                             {"cama", "clean", "same", "pgd", .5, "sensors"},
                             {"cama", "clean", "same", "x_offset", 3, "mis4-sensors"}};
    int known = 0;
    for (int i = 0; i < 3; i++) {
        self->now = all[i];
        known += figure_has(self, keys[i]);
    }
    self->now = now;
    return known == 3;
}

/* The session tells the study's bar while it runs. */
void measurement_begin(paper *self, lab *bench)
{
    static const char *const few[] = {"finetune.steps=2", "paper:finetune.steps=2", "predict.samples=1",
                                      "paper:predict.samples=1"};
    static char out[4096]; /* outlives the other paths */
    snprintf(out, sizeof out, "%s", in_folder(self->set.out, "measurement"));
    *bench = (lab){.set = {.seeds = 1,
                           .synthetic_seeds = 1,
                           .seed = self->seed_now,
                           .epochs = self->sizes.rows_epochs,
                           .data = self->set.chamber,
                           .out = out},
                   .bar = {.unit = "rows", .lines = 2, .stop = self->bar.stop},
                   .session = self->session,
                   .quiet = 1,
                   .rows = self->sizes.rows,
                   .user = self};
    make_folder(bench->set.out);
    bench->studies = calloc(MOST_STUDIES, sizeof *bench->studies);
    if (bench->studies == NULL) give_up("measurement", "no memory");
    for (size_t i = 0; self->set.quick && i < sizeof few / sizeof *few; i++)
        bench->set.sets.items[bench->set.sets.count++] = few[i];
    went(cama_session_set_progress(self->session, progress_show, &bench->bar));
}

void measurement_end(paper *self, lab *bench)
{
    went(cama_session_set_progress(self->session, progress_show, &self->bar));
    for (int i = 0; i < bench->count; i++) study_free(&bench->studies[i]);
    free(bench->studies);
}

int synthetic_run(paper *self)
{
    static lab bench; /* large */
    const figure *now = self->now;
    if (is_known(self)) return 1;
    measurement_begin(self, &bench);
    bench.also = TREATMENT(PAPER) | TREATMENT(PAPER_TUNED);
    bench.visitor = attack_rows;
    const int done = run_synthetic(&bench);
    for (int i = 0; done && i < bench.count; i++)
        for (int c = 0; c < bench.studies[i].count; c++)
            take_condition(self, &bench.studies[i], &bench.studies[i].conditions[c]);
    self->now = now;
    measurement_end(self, &bench);
    return done;
}

/* ---- Figure 12 --------------------------------------------------------------------------------------------------- */

static const char *const forms[2] = {NULL, "sensors"};
static const char *const form_words[2] = {"published form", "form for sensors"};

static double cama_at(const row_table *rows, const char *name, const char *finetuned_on, const char *direction,
                      double at, const char *variant)
{
    return rows_mean(rows, name, (row_key){"cama", "clean", finetuned_on, direction, at, variant}, NULL, NULL);
}

static double dnn_at(const row_table *rows, const char *name, const char *direction, double at)
{
    return rows_mean(rows, name, (row_key){"dnn", "clean", "none", direction, at, NULL}, NULL, NULL);
}

/* Places on the axes, the ends of the two charts. */
static const double offsets[] = {-3, -2, 2, 3};

/* The smallest lead over the DNN. */
static double least_lead(const row_table *rows, const char *name, const char *finetuned_on, const char *direction,
                         const char *variant)
{
    double least = NAN;
    for (int i = 0; i < 4; i++)
        least = fmin(least, cama_at(rows, name, finetuned_on, direction, offsets[i], variant) -
                                dnn_at(rows, name, direction, offsets[i]));
    return least;
}

/* The largest loss on clean rows of copies fine-tuned on shifted X. */
static double clean_loss(const row_table *rows, const char *name, const char *variant, const char *clean)
{
    const double before = cama_at(rows, name, "none", "x_offset", 0, variant);
    double worst = NAN;
    for (int i = 0; i < 4; i++)
        worst = fmin(worst, cama_at(rows, name, "same", "x_offset", offsets[i], clean) - before);
    return worst;
}

static void judge_12(const row_table *rows, const char *name, verdict *out)
{
    static const char *const clean[2] = {"clean", "sensors-clean"};
    for (int f = 0; f < 2; f++) {
        const double c = least_lead(rows, name, "none", "c_all", forms[f]);
        const double x = least_lead(rows, name, "none", "x_offset", forms[f]);
        const double tuned = least_lead(rows, name, "same", "x_offset", forms[f]);
        const double loss = clean_loss(rows, name, forms[f], clean[f]);
        verdict_atleast(out, c, 0, "%s, all of C shifted by 2 and 3, up and down: at worst %+.3f against the DNN",
                        form_words[f], c);
        verdict_atleast(out, x, 0, "%s, X moved by 2 and 3: at worst %+.3f against the DNN, as trained", form_words[f],
                        x);
        verdict_atleast(out, tuned, fmax(x, 0), "%s, the same after fine-tuning: at worst %+.3f against the DNN",
                        form_words[f], tuned);
        verdict_atleast(out, loss, -.02, "%s, clean rows after that: at worst %+.3f", form_words[f], loss);
    }
}

static const line lines_12[] = {{"DNN", "dnn", "clean", "none", NULL},
                                {"CAMA", "cama", "clean", "none", NULL},
                                {"CAMA fine-tuned", "cama", "clean", "same", NULL},
                                {"its clean test", "cama", "clean", "same", "clean"},
                                {"sensors", "cama", "clean", "none", "sensors"},
                                {"sensors fine-tuned", "cama", "clean", "same", "sensors"},
                                {"its clean test", "cama", "clean", "same", "sensors-clean"}};

static const char deviations[] = "shift (standard deviations)";

static const chart charts_12[] = {{"C: 4 of 8 co-parents, X follows", "c_half", deviations, lines_12, 7, CHART_LINES},
                                  {"C: all 8 co-parents, X follows", "c_all", deviations, lines_12, 7, CHART_LINES},
                                  {"X: 4 of 16 children moved", "x_offset", deviations, lines_12, 7, CHART_LINES},
                                  {"X: 4 of 16 children scaled", "x_scale", "factor", lines_12, 7, CHART_LINES}};

const figure figure_12 = {
    .key = "12",
    .name = "12",
    .title = "Measurement data: shifts of causes and of effects",
    .claim = "Where co-parents C are shifted and X follows, CAMA hardly suffers and the DNN drops. Where X alone is "
             "shifted, "
             "CAMA is more robust as trained, more so fine-tuned, and keeps its clean accuracy.",
    .how = "The synthetic process of the study measurement (the paper's own is not published); shifts up and down. Of "
           "each "
           "condition half of the rows is fine-tuned on without labels, the other half scored. Variant sensors: the "
           "library's form for measured columns.",
    .seeds = 2,
    .charts = charts_12,
    .chart_count = 4,
    .run = synthetic_run,
    .judge = judge_12,
};

/* ---- Figure 14 --------------------------------------------------------------------------------------------------- */

static const char *const mistakes[2][4] = {{"synthetic", "mis1", "mis2", "mis4"},
                                           {"synthetic-sensors", "mis1-sensors", "mis2-sensors", "mis4-sensors"}};

static double mean_over_offsets(const row_table *rows, const char *name, const char *finetuned_on, const char *variant)
{
    double sum = 0;
    for (int i = 0; i < 4; i++) sum += cama_at(rows, name, finetuned_on, "x_offset", offsets[i], variant) / 4;
    return sum;
}

static void judge_14(const row_table *rows, const char *name, verdict *out)
{
    double dnn = 0;
    for (int i = 0; i < 4; i++)
        dnn +=
            rows_mean(rows, name, (row_key){"dnn", "clean", "none", "x_offset", offsets[i], "synthetic"}, NULL, NULL) /
            4;
    for (int f = 0; f < 2; f++) {
        double by[4];
        for (int m = 0; m < 4; m++) by[m] = mean_over_offsets(rows, name, "same", mistakes[f][m]);
        verdict_atleast(out, by[0], by[3],
                        "%s, fine-tuned, mean over X moved by 2 and 3, up and down: %.3f with the right graph, "
                        "%.3f, %.3f, %.3f with 1, 2, 4 mistakes (the paper: mistakes cost)",
                        form_words[f], by[0], by[1], by[2], by[3]);
        verdict_atleast(out, by[2], dnn, "%s with 2 mistakes: %.3f, the DNN %.3f", form_words[f], by[2], dnn);
    }
}

static const line lines_14[2][5] = {{{"DNN", "dnn", "clean", "none", "synthetic"},
                                     {"right graph", "cama", "clean", "same", "synthetic"},
                                     {"mis1", "cama", "clean", "same", "mis1"},
                                     {"mis2", "cama", "clean", "same", "mis2"},
                                     {"mis4", "cama", "clean", "same", "mis4"}},
                                    {{"DNN", "dnn", "clean", "none", "synthetic"},
                                     {"right graph", "cama", "clean", "same", "synthetic-sensors"},
                                     {"mis1", "cama", "clean", "same", "mis1-sensors"},
                                     {"mis2", "cama", "clean", "same", "mis2-sensors"},
                                     {"mis4", "cama", "clean", "same", "mis4-sensors"}}};

static const chart charts_14[] = {
    {"published form, fine-tuned", "x_offset", deviations, lines_14[0], 5, CHART_LINES},
    {"form for sensors, fine-tuned", "x_offset", deviations, lines_14[1], 5, CHART_LINES}};

const figure figure_14 = {
    .key = "14",
    .name = "14",
    .title = "Measurement data: mis-specified graphs",
    .claim =
        "Children that are declared co-parents by mistake cost accuracy; with few mistakes CAMA stays more robust than "
        "the DNN.",
    .how =
        "The process and the moved X of Figure 12; 1, 2 or 4 of the 16 children are declared co-parents (mis1, mis2, "
        "mis4), every other one of them among those that move.",
    .seeds = 2,
    .charts = charts_14,
    .chart_count = 2,
    .run = synthetic_run,
    .judge = judge_14,
};
