/* figure_01 - Figure 1: a discriminative network, trained on clean, vertically and horizontally shifted digits. */
#include "paper.h"

static const char *const trained[] = {"clean", "vertical", "horizontal"};

static int at(paper *self, const char *direction, double range)
{
    cama_dataset *images = NULL;
    int done = 1;
    paper_shift(self, self->test, direction, range, &images);
    for (int i = 0; done && i < 3; i++) {
        const row_key key = {"dnn", trained[i], "none", direction, range, NULL};
        paper_say(self, "DNN on %s %g", direction, range);
        done =
            figure_has(self, key) || paper_point(self, paper_model(self, "dnn", trained[i], NULL, 0), 0, images, key);
    }
    cama_dataset_free(images);
    return done;
}

static int run(paper *self)
{
    paper_open(self);
    for (int d = 0; d < 2; d++)
        for (int i = 0; i < self->sizes.tested.count; i++)
            if (!at(self, shift_directions[d], self->sizes.tested.at[i])) return 0;
    return 1;
}

static void judge(const row_table *rows, const char *name, verdict *out)
{
    for (int d = 0; d < 2; d++) {
        const char *direction = shift_directions[d];
        const double clean = rows_mean(rows, name, (row_key){"dnn", "clean", "none", direction, .5, NULL}, NULL, NULL);
        const double seen = rows_mean(rows, name, (row_key){"dnn", direction, "none", direction, .5, NULL}, NULL, NULL);
        const double unseen =
            rows_mean(rows, name, (row_key){"dnn", shift_directions[1 - d], "none", direction, .5, NULL}, NULL, NULL);
        verdict_atleast(out, .35, clean, "trained on clean digits, %s shifts of .5: %.3f (wanted: below .35)",
                        direction, clean);
        verdict_atleast(out, seen, clean,
                        "trained on %s shifts, tested on them at .5: %.3f, against %.3f of clean training", direction,
                        seen, clean);
        verdict_atleast(
            out, clean - unseen, by_chance,
            "trained on %s shifts, tested on %s ones at .5: %.3f, against %.3f of clean training (the paper: "
            "worse; wanted: by .02)",
            shift_directions[1 - d], direction, unseen, clean);
    }
}

static const line lines[] = {{"DNN, clean", "dnn", "clean", "none", NULL},
                             {"DNN, vertical shifts", "dnn", "vertical", "none", NULL},
                             {"DNN, horizontal shifts", "dnn", "horizontal", "none", NULL}};

static const chart charts[] = {{"test: vertical shift", "vertical", NULL, lines, 3, CHART_LINES},
                               {"test: horizontal shift", "horizontal", NULL, lines, 3, CHART_LINES}};

const figure figure_01 = {
    .key = "01",
    .name = "1",
    .title = "Discriminative networks under shifts",
    .claim = "A DNN trained on clean MNIST digits fails on shifted ones. Shifted digits in training help against that "
             "shift and make generalisation to the other one worse.",
    .how =
        "The preset mnist-dnn, trained on clean digits, and on clean digits beside digits shifted by up to .5 of the "
        "image (half of each batch); scored on all test digits.",
    .seeds = 3,
    .charts = charts,
    .chart_count = 2,
    .run = run,
    .judge = judge,
};
