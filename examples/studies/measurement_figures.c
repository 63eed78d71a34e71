/* measurement_figures - the paper's Figures 12 (a), 12 (b) and 14 for the synthetic process, bars for measurements. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/svg.h"
#include "measurement.h"

enum { MOST_POINTS = 16, PANELS = 2 };

typedef struct {
    double x[MOST_POINTS], values[SVG_MOST_SERIES][MOST_POINTS];
} points;

static void drawn(const char *path, int status)
{
    if (status != 0) give_up(path, strerror(errno));
    printf("figure: %s\n", path);
}

/* ---- Curves ------------------------------------------------------------------------------------------------------ */

/* The conditions of a test in the order of their axis, the unshifted one among them. Returns how many. */
static int conditions_of(const study *work, int group, const condition *found[MOST_POINTS])
{
    int count = 0;
    for (int i = 0; i < work->count; i++) {
        const condition *row = &work->conditions[i];
        if ((row->group != group && row->group != UNSHIFTED) || count == MOST_POINTS) continue;
        int place = count++;
        const double at = row->group == UNSHIFTED ? synthetic_axis(group)->neutral : row->at;
        for (; place > 0; place--) {
            const condition *before = found[place - 1];
            const double other = before->group == UNSHIFTED ? synthetic_axis(group)->neutral : before->at;
            if (other <= at) break;
            found[place] = before;
        }
        found[place] = row;
    }
    return count;
}

static void fill_series(const study *work, int group, const column *shown, double *x, double *values)
{
    const condition *found[MOST_POINTS];
    const int count = conditions_of(work, group, found);
    for (int i = 0; i < count; i++) {
        x[i] = found[i]->group == UNSHIFTED ? synthetic_axis(group)->neutral : found[i]->at;
        values[i] = column_of(work, found[i], shown).mean;
    }
}

static const column *column_named(const char *key)
{
    for (int i = 0; i < column_count; i++)
        if (strcmp(columns[i].key, key) == 0) return &columns[i];
    return &columns[0];
}

typedef struct {
    const char *label, *study, *column;
} line;

static svg_panel panel_of(const lab *self, const char *title, int group, const line *lines, int count, points *room)
{
    const condition *found[MOST_POINTS];
    svg_panel panel = {.title = title, .x = room->x, .x_label = synthetic_axis(group)->axis};
    int used = 0;
    for (int i = 0; i < count; i++) {
        const study *work = find_study(self, lines[i].study);
        if (work == NULL) continue;
        panel.count = conditions_of(work, group, found);
        fill_series(work, group, column_named(lines[i].column), room->x, room->values[used]);
        panel.series[used] = (svg_series){lines[i].label, room->values[used], NULL};
        used++;
    }
    return panel;
}

static void draw_shift(const lab *self, const char *file, const char *title, int first_group)
{
    static const line lines[] = {{"DNN", "synthetic", "dnn"},
                                 {"CAMA", "synthetic", "cama"},
                                 {"CAMA fine-tuned", "synthetic", "cama_finetuned"},
                                 {"its clean test", "synthetic", "clean_after_finetune"}};
    static points room[PANELS];
    svg_panel panels[PANELS];
    for (int i = 0; i < PANELS; i++)
        panels[i] = panel_of(self, synthetic_axis(first_group + i)->title, first_group + i, lines,
                             (int)(sizeof lines / sizeof lines[0]), &room[i]);
    const char *path = in_folder(self->set.out, file);
    drawn(path, svg_curves(path, title, "", "accuracy", panels, PANELS));
}

static void draw_mistakes(const lab *self, const char *file, const char *title, int group)
{
    static const line before[] = {{"DNN", "synthetic", "dnn"},
                                  {"CAMA", "synthetic", "cama"},
                                  {"mis1", "mis1", "cama"},
                                  {"mis2", "mis2", "cama"},
                                  {"mis4", "mis4", "cama"}};
    static const line after[] = {{"DNN", "synthetic", "dnn"},
                                 {"CAMA", "synthetic", "cama_finetuned"},
                                 {"mis1", "mis1", "cama_finetuned"},
                                 {"mis2", "mis2", "cama_finetuned"},
                                 {"mis4", "mis4", "cama_finetuned"}};
    static points room[PANELS];
    const int count = (int)(sizeof before / sizeof before[0]);
    const svg_panel panels[PANELS] = {panel_of(self, "as trained", group, before, count, &room[0]),
                                      panel_of(self, "fine-tuned, no labels", group, after, count, &room[1])};
    const char *path = in_folder(self->set.out, file);
    drawn(path, svg_curves(path, title, "", "accuracy", panels, PANELS));
}

/* ---- Bars -------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *label, *key;
} bars[] = {{"DNN", "dnn"},
            {"CAMA", "cama"},
            {"CAMA fine-tuned", "cama_finetuned"},
            {"its clean test", "clean_after_finetune"},
            {"M = 0", "cama_m0"}}; /* the curves' order and so their colours */

enum { BARS = sizeof bars / sizeof bars[0] };

/* The clean rows are the first group; what is fine-tuned has no bar there. */
static void draw_bars(const lab *self, const study *work, const char *file)
{
    const int groups = work->count + 1;
    static const char *names[MOST_CONDITIONS + 1];
    static double values[BARS][MOST_CONDITIONS + 1], spreads[BARS][MOST_CONDITIONS + 1];
    svg_series series[SVG_MOST_SERIES] = {{0}};
    for (int g = 0; g < groups; g++) names[g] = g == 0 ? "clean" : work->conditions[g - 1].name;
    for (int b = 0; b < (int)BARS; b++) {
        for (int g = 0; g < groups; g++) {
            const summary value = column_of(work, g == 0 ? NULL : &work->conditions[g - 1], column_named(bars[b].key));
            values[b][g] = value.mean;
            spreads[b][g] = value.spread;
        }
        series[b] = (svg_series){bars[b].label, values[b], spreads[b]};
    }
    const char *path = in_folder(self->set.out, file);
    drawn(path, svg_bars(path, work->title, "accuracy", names, groups, series));
}

void write_figures(const lab *self)
{
    const study *chamber = find_study(self, "chamber");
    if (find_study(self, "synthetic") != NULL) {
        draw_shift(self, "fig12a.svg", "Co-parents C shifted, X follows (Figure 12 a)", 0);
        draw_shift(self, "fig12b.svg", "Children X shifted alone (Figure 12 b)", 2);
        draw_mistakes(self, "fig14.svg", "Children declared co-parents by mistake, X shifted (Figure 14)", 2);
    }
    if (chamber != NULL) draw_bars(self, chamber, "chamber.svg");
}
