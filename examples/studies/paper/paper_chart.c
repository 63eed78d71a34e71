/* paper_chart - the curves of a figure, drawn from its rows: figure-NN.svg, and each panel by itself for the report. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "paper.h"

enum { MOST_POINTS = 32, MOST_GROUPS = 48 };

typedef struct {
    double x[MOST_POINTS], values[SVG_MOST_SERIES][MOST_POINTS];
    const char *names[MOST_GROUPS];
} points;

/* Of other tests than shifts of images the words stand for themselves. */
static const char *word_of(const char *word, const char *direction)
{
    for (int d = 0; d < 2; d++) {
        if (strcmp(direction, shift_directions[d]) != 0) continue;
        if (strcmp(word, "same") == 0) return shift_directions[d];
        if (strcmp(word, "other") == 0) return shift_directions[1 - d];
    }
    return word;
}

static row_key key_of(const line *which, const char *direction, double range)
{
    return (row_key){
        which->model,  word_of(which->trained_on, direction), word_of(which->finetuned_on, direction), direction, range,
        which->variant};
}

/* A share of 0 is the model as trained. */
static row_key key_at(const chart *of, int which, double range)
{
    row_key key = key_of(&of->lines[which], of->direction, range);
    if (of->kind == CHART_SHARES && range <= 0) key.finetuned_on = "none";
    return key;
}

static int by_size(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* What was tested, in the order of the rows. */
static int tests_of(const row_table *rows, const char *names[MOST_GROUPS])
{
    int count = 0;
    for (int i = 0; i < rows->count; i++) {
        int there = count == MOST_GROUPS;
        for (int g = 0; g < count; g++) there = there || strcmp(names[g], rows->items[i].direction) == 0;
        if (!there) names[count++] = rows->items[i].direction;
    }
    return count;
}

/* All ranges that a line of the panel has, in order. */
static int fill_x(const row_table *rows, const char *name, const chart *of, double x[MOST_POINTS])
{
    int count = 0;
    for (int r = 0; r < rows->count; r++) {
        const double range = rows->items[r].range;
        int there = !isfinite(range) || count == MOST_POINTS;
        for (int i = 0; i < count; i++) there = there || fabs(x[i] - range) < 1e-9;
        for (int l = 0; !there && l < of->line_count; l++)
            if (isfinite(rows_mean(rows, name, key_at(of, l, range), NULL, NULL))) {
                x[count++] = range;
                there = 1;
            }
    }
    qsort(x, (size_t)count, sizeof *x, by_size);
    return count;
}

static svg_panel panel_of(const row_table *rows, const char *name, const chart *of, points *room)
{
    svg_panel panel = {
        .title = of->title, .x = room->x, .x_label = of->x_label, .logarithmic = of->kind == CHART_SHARES};
    panel.count = fill_x(rows, name, of, room->x);
    for (int l = 0; l < of->line_count; l++) {
        for (int i = 0; i < panel.count; i++)
            room->values[l][i] = rows_mean(rows, name, key_at(of, l, room->x[i]), NULL, NULL);
        panel.series[l] = (svg_series){of->lines[l].label, room->values[l], NULL};
    }
    return panel;
}

/* One test after the other: "3-vertical.3" is the third, and stands above "vertical.3". */
static svg_panel steps_of(const row_table *rows, const char *name, const chart *of, points *room)
{
    svg_panel panel = {.title = of->title, .x = room->x, .x_label = of->x_label, .names = room->names};
    const int count = tests_of(rows, room->names);
    panel.count = count < MOST_POINTS ? count : MOST_POINTS;
    for (int l = 0; l < of->line_count; l++) {
        for (int i = 0; i < panel.count; i++)
            room->values[l][i] = rows_mean(rows, name, key_of(&of->lines[l], room->names[i], NAN), NULL, NULL);
        panel.series[l] = (svg_series){of->lines[l].label, room->values[l], NULL};
    }
    for (int i = 0; i < panel.count; i++) {
        const char *behind = strchr(room->names[i], '-');
        room->x[i] = i + 1;
        if (behind != NULL) room->names[i] = behind + 1;
    }
    return panel;
}

static void draw(const char *path, const char *title, const svg_panel *panels, int count)
{
    if (svg_curves(beside(path), title, "range of the shift (share of the image)", "accuracy", panels, count) != 0)
        give_up(path, strerror(errno));
    replace(path);
}

/* ---- Bars: a group for each test --------------------------------------------------------------------------------- */

static void draw_bars(const paper *self, const figure *which, const chart *of, const char *end)
{
    static double values[SVG_MOST_SERIES][MOST_GROUPS], spreads[SVG_MOST_SERIES][MOST_GROUPS];
    const char *names[MOST_GROUPS], *path = figure_path(self, which, end);
    svg_series series[SVG_MOST_SERIES] = {{0}};
    const row_table *rows = paper_rows(self, which);
    const int count = tests_of(rows, names);
    for (int l = 0; l < of->line_count; l++) {
        for (int g = 0; g < count; g++)
            values[l][g] = rows_mean(rows, which->name, key_of(&of->lines[l], names[g], NAN), &spreads[l][g], NULL);
        series[l] = (svg_series){of->lines[l].label, values[l], spreads[l]};
    }
    if (svg_bars(beside(path), of->title, "accuracy", names, count, series) != 0) give_up(path, strerror(errno));
    replace(path);
}

/* Panels of the same lines share a file; the first has the figure's name alone. */
void paper_draw(const paper *self, const figure *which)
{
    static points room[MOST_PANELS];
    svg_panel panels[MOST_PANELS];
    char end[32];
    int first = 0;
    for (int i = 0; i < which->chart_count; i++) {
        if (which->charts[i].kind == CHART_BARS) {
            draw_bars(self, which, &which->charts[i], "-panel1.svg");
            draw_bars(self, which, &which->charts[i], ".svg");
            return;
        }
        panels[i] = (which->charts[i].kind == CHART_STEPS ? steps_of : panel_of)(paper_rows(self, which), which->name,
                                                                                 &which->charts[i], &room[i]);
        svg_panel alone = panels[i];
        alone.title = "";
        snprintf(end, sizeof end, "-panel%d.svg", i + 1);
        draw(figure_path(self, which, end), panels[i].title, &alone, 1);
        if (i + 1 < which->chart_count && which->charts[i + 1].lines == which->charts[i].lines) continue;
        snprintf(end, sizeof end, first == 0 ? ".svg" : "-%d.svg", i);
        draw(figure_path(self, which, end), which->title, &panels[first], i + 1 - first);
        first = i + 1;
    }
}
