/* measurement - deep CAMA on tables with a causal graph: a synthetic process and a real machine (docs/measurement.md).
 * Models are trained on clean rows, scored under interventions, fine-tuned without labels, and compared with a
 * discriminative network. For tables of one's own there is the program cama (docs/cama.md).
 * This file reads the options and orders the parts; measurement.h says what the others do. */
#include "measurement.h"

#include "common/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static settings read_settings(int argc, char **argv)
{
    settings set = {.seeds = 3, .synthetic_seeds = 1, .part = "all", .data = EXAMPLE_CHAMBER, .out = "out/measurement"};
    args_option table[] = {
        {"part", ARGS_TEXT, &set.part, 0, 0, "NAME", "synthetic, chamber or all", 0},
        {"data", ARGS_TEXT, &set.data, 0, 0, "DIR", "chamber: dag.csv and uniform_*.csv, plain or .gz", 0},
        {"query", ARGS_TEXT, &set.query, 0, 0, "COLUMN", "co-parent of the do() queries; else green, or the first", 0},
        {"seeds", ARGS_INT, &set.seeds, 1, MOST_SEEDS, "N", "models of measured tables, seeds S to S+N-1", 0},
        {"synthetic-seeds", ARGS_INT, &set.synthetic_seeds, 1, MOST_SEEDS, "N", "the same of the synthetic part", 0},
        {"seed", ARGS_INT, &set.seed, 0, 9007199254740000.0, "S", "first seed of parameters, noise and order", 0},
        {"epochs", ARGS_INT, &set.epochs, 0, 1000000, "N", "of every training; 0: each recipe's own", 0},
        {"set", ARGS_TEXTS, &set.sets, 0, 0, "KEY=VALUE", "a library option, [RECIPE:]VERB.KEY=VALUE; repeatable", 0},
        {"threads", ARGS_INT, &set.threads, 0, 256, "N", "threads; 0: one for each processor", 0},
        {"out", ARGS_TEXT, &set.out, 0, 0, "DIR", "folder for numbers, results and figures", 0},
    };
    args_read(argc, argv, "measurement [OPTION...]: deep CAMA on tables with a causal graph, under interventions.",
              table, (int)(sizeof table / sizeof table[0]));
    return set;
}

static const struct {
    const char *name;
    int (*run[2])(lab *self);
} parts[] = {
    {"all", {run_synthetic, run_chamber}},
    {"synthetic", {run_synthetic, NULL}},
    {"chamber", {run_chamber, NULL}},
};

static int run_parts(lab *self)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(parts[i].name, self->set.part) != 0) continue;
        return parts[i].run[0](self) && (parts[i].run[1] == NULL || parts[i].run[1](self));
    }
    give_up("--part", "wants synthetic, chamber or all");
    return 0;
}

/* Before anything takes time. */
static void try_outputs(const lab *self)
{
    static const char *const names[] = {"measurement.csv", "measurement.json", "queries.csv", "fig12a.svg",
                                        "fig12b.svg",      "fig14.svg",        "chamber.svg"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) output_try(in_folder(self->set.out, names[i]));
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
    static lab self;
    output_begin();
    self.set = read_settings(argc, argv);
    self.studies = calloc(MOST_STUDIES, sizeof *self.studies);
    if (self.studies == NULL) give_up("measurement", "no memory");
    recipe_check_sets(&self);
    make_folder(self.set.out);
    try_outputs(&self);
    self.bar = (progress){.unit = "rows", .lines = 2};
    self.session = session_open(self.set.threads, NULL, &self.bar);

    const double begun = seconds_now();
    const int finished = run_parts(&self);
    self.seconds = seconds_now() - begun;
    printf("\n%.0f s in all\n", self.seconds);
    write_csv(&self);
    write_json(&self);
    write_figures(&self);
    if (!finished) fprintf(stderr, "measurement: cancelled; what was finished is saved\n");

    for (int i = 0; i < self.count; i++) study_free(&self.studies[i]);
    free(self.studies);
    session_close(self.session);
    return output_end() ? 1 : finished ? 0 : 130;
}
