/* paper - every experiment of "A Causal View on Robustness of Neural Networks" (Zhang, Zhang and Li, 2020) beside
 * baselines, in one report. Uses cama.h alone.
 * This file says what follows what; paper_figures.c lists the figures, figure_*.c have one each. */
#include "paper.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/output.h"

static void read_results(paper *self)
{
    for (int i = 0; i < paper_figure_count; i++) rows_read(&self->rows[i], figure_path(self, paper_figures[i], ".csv"));
    durations_read(self);
    digits_read(self);
}

/* All that an earlier run left is shown, whatever this one adds. */
static void write_all(const paper *self)
{
    for (int i = 0; i < paper_figure_count; i++) {
        if (self->rows[i].count == 0) continue;
        paper_draw(self, paper_figures[i]);
        paper_json(self, paper_figures[i]);
    }
    paper_report(self);
}

static int run_seeds(paper *self, const figure *which)
{
    const int64_t seeds = self->set.seeds > 0 ? self->set.seeds : self->set.quick ? 1 : which->seeds;
    for (int64_t s = 0; s < seeds; s++) {
        self->seed_now = self->set.seed + s;
        if (!which->run(self)) return 0;
    }
    return 1;
}

static int run_figure(paper *self, const figure *which)
{
    const char *why = which->missing != NULL ? which->missing(self) : NULL;
    if (why != NULL) {
        printf("figure %s: skipped: %s\n", which->name, why);
        return 1;
    }
    self->now = which;
    const double begun = seconds_now();
    const int before = paper_rows(self, which)->count, done = run_seeds(self, which);
    const int added = paper_rows(self, which)->count - before;
    if (added > 0) duration_add(self, which->name, seconds_now() - begun);
    write_all(self);
    verdict words = {.count = 0};
    which->judge(paper_rows(self, which), which->name, &words);
    printf("figure %s: %d rows, %d of them new: %s\n", which->name, before + added, added, verdict_words(&words));
    return done;
}

static int run_figures(paper *self)
{
    int chosen = 0;
    for (int i = 0; i < paper_figure_count; i++) {
        if (!figure_chosen(self, paper_figures[i])) continue;
        chosen++;
        if (!run_figure(self, paper_figures[i])) return 0;
    }
    return chosen;
}

static void check_figure(const paper *self)
{
    for (int i = 0; i < paper_figure_count; i++)
        if (figure_chosen(self, paper_figures[i])) return;
    char why[256];
    int used = snprintf(why, sizeof why, "wants one of");
    for (int i = 0; i < paper_figure_count; i++)
        used += snprintf(why + used, sizeof why - (size_t)used, " %s", paper_figures[i]->name);
    snprintf(why + used, sizeof why - (size_t)used, ", got '%s'", self->set.figure);
    give_up("--figure", why);
}

int main(int argc, char **argv)
{
    static paper self; /* large, and all zero */
    static row_table rows[64];
    self.rows = rows;
    output_begin();
    self.set = paper_read(argc, argv);
    check_figure(&self);
    make_folder(self.set.out);
    make_folder(in_folder(self.set.out, "models"));
    output_try(in_folder(self.set.out, "report.html"));
    settings_check(&self);
    read_results(&self);
    self.sizes = paper_sizes_for((int)self.set.quick, self.train_count);
    self.session = session_open(self.set.threads, NULL, &self.bar);
    const int finished = run_figures(&self);
    printf("report: %s\n", in_folder(self.set.out, "report.html"));
    if (!finished) fprintf(stderr, "paper: cancelled; what was finished is saved, and the next run goes on there\n");
    session_close(self.session);
    for (int i = 0; i < paper_figure_count; i++) rows_free(&self.rows[i]);
    paper_close(&self);
    return output_end() ? 1 : finished ? 0 : 130;
}
