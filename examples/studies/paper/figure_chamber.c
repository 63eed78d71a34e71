/* figure_chamber - beyond the paper: a real machine under interventions, the study measurement's causal chamber. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "figure_synthetic.h"

static const struct {
    int treatment;
    const char *model, *finetuned_on, *variant;
} readings[] = {{DNN, "dnn", "none", NULL},          {PAPER, "cama", "none", NULL},
                {PAPER_TUNED, "cama", "same", NULL}, {CAMA, "cama", "none", "sensors"},
                {TUNED, "cama", "same", "sensors"},  {CAMA_M0, "cvae", "none", "sensors"}};

enum { READINGS = sizeof readings / sizeof *readings };

static void take(paper *self, const char *test, outcome by[TREATMENTS][MOST_SEEDS])
{
    for (int i = 0; i < READINGS; i++) {
        const double accuracy = by[readings[i].treatment][0].accuracy;
        const row_key key = {readings[i].model, "clean", readings[i].finetuned_on, test, NAN, readings[i].variant};
        if (isfinite(accuracy)) figure_row(self, key, accuracy);
    }
}

static int run(paper *self)
{
    static lab bench; /* large */
    if (figure_has(self, (row_key){"dnn", "clean", "none", "none", NAN, NULL})) return 1;
    measurement_begin(self, &bench);
    const int done = run_chamber(&bench);
    if (done) {
        study *work = &bench.studies[0];
        for (int c = 0; c < work->count; c++) take(self, work->conditions[c].name, work->conditions[c].by);
        take(self, "none", work->clean_by); /* last: it says that all are there */
    }
    measurement_end(self, &bench);
    return done;
}

/* The lowest accuracy under an intervention. */
static double lowest(const row_table *rows, const char *name, int reading)
{
    double least = NAN;
    for (int i = 0; i < rows->count; i++) {
        const char *test = rows->items[i].direction;
        if (strcmp(test, "none") == 0) continue;
        least = fmin(least, rows_mean(rows, name,
                                      (row_key){readings[reading].model, "clean", readings[reading].finetuned_on, test,
                                                NAN, readings[reading].variant},
                                      NULL, NULL));
    }
    return least;
}

static void judge(const row_table *rows, const char *name, verdict *out)
{
    const double dnn = lowest(rows, name, 0);
    static const char *const words[READINGS] = {"",
                                                "published form, as trained",
                                                "published form, fine-tuned",
                                                "form for sensors, as trained",
                                                "form for sensors, fine-tuned",
                                                "form for sensors, M = 0"};
    for (int i = 1; i < READINGS; i++) {
        const double least = lowest(rows, name, i);
        verdict_atleast(out, least, dnn, "%s: lowest accuracy under an intervention %.3f, the DNN's %.3f", words[i],
                        least, dnn);
    }
}

static const line lines[] = {{"DNN", "dnn", "clean", "none", NULL},
                             {"CAMA", "cama", "clean", "none", NULL},
                             {"CAMA fine-tuned", "cama", "clean", "same", NULL},
                             {"sensors", "cama", "clean", "none", "sensors"},
                             {"sensors fine-tuned", "cama", "clean", "same", "sensors"},
                             {"sensors, M = 0", "cvae", "clean", "none", "sensors"}};

static const chart charts[] = {{"Causal chamber: interventions", NULL, NULL, lines, 6, CHART_BARS}};

const figure figure_chamber = {
    .key = "chamber",
    .name = "chamber",
    .title = "Beyond the paper: a real machine under interventions",
    .claim = "nothing here; it has no measured data with a known causal graph. Its view predicts that CAMA is more "
             "robust than "
             "a DNN where co-parents or sensors are intervened on.",
    .how =
        "A causal chamber's light sensors (docs/measurement.md): trained on undisturbed rows, half of the rows of each "
        "intervention fine-tuned on without labels, the other half scored; none: undisturbed rows.",
    .seeds = 2,
    .charts = charts,
    .chart_count = 1,
    .run = run,
    .judge = judge,
};
