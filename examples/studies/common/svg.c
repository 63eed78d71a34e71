/* svg - written by hand: a white card, one frame with grid lines for each panel, polylines or bars, a legend. */
#include "svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "svg_card.h"

enum { LETTER_W = 8, TITLE_W = 10, LINE_H = 18, BAR = 15 }; /* of letters: at most, on average */

static const char *const colours[SVG_MOST_SERIES] = {"#9a3412", "#0369a1", "#15803d", "#a16207",
                                                     "#7e22ce", "#475569", "#be185d", "#0f766e"};
static const char *const dashes[SVG_MOST_SERIES] = {"5 4", "none", "none", "2 3", "8 3", "1 3", "none", "6 2"};

typedef struct {
    double left, width, top, low, high; /* of the panel; range of places */
} frame;

static double at_x(frame f, double x)
{
    return f.left + (f.high > f.low ? (x - f.low) / (f.high - f.low) : 0.5) * f.width;
}

static double at_y(frame f, double y) { return f.top + (1 - y) * SVG_PANEL_H; }

static void grid(FILE *out, frame f, int with_numbers)
{
    for (int i = 0; i <= 5; i++) {
        const double y = at_y(f, i / 5.0);
        fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"grid\"/>\n", f.left, y,
                f.left + f.width, y);
        if (with_numbers)
            fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"y\">%.1f</text>\n", f.left - 8, y + 4, i / 5.0);
    }
}

/* Of a point, on the axis: 0 has no logarithm, and stands half a power of ten before the first number that has. */
static double place(const svg_panel *panel, int which)
{
    if (!panel->logarithmic) return panel->x[which];
    int first = which;
    while (first + 1 < panel->count && panel->x[first] <= 0) first++;
    return panel->x[first] > 0 ? log10(panel->x[first]) - (first > which ? 0.5 : 0) : 0;
}

/* Whether a point and the next are of one kind. */
static int parted(const svg_panel *panel, int which)
{
    if (panel->names != NULL) return strcmp(panel->names[which], panel->names[which + 1]) != 0;
    return panel->logarithmic && panel->x[which] <= 0;
}

/* A line between points of different kinds; a name in the middle of those of one, by turns higher and lower. */
static void parts(FILE *out, frame f, const svg_panel *panel)
{
    for (int i = 0, first = 0, low = 0; i < panel->count; i++) {
        const int last = i + 1 == panel->count;
        if (!last && !parted(panel, i)) continue;
        const double left = at_x(f, place(panel, first)), right = at_x(f, place(panel, i));
        if (panel->names != NULL)
            svg_words(out, (left + right) / 2, at_y(f, 0) + (low ? 48 : 34), "x", panel->names[i]);
        first = i + 1;
        low = !low;
        if (last) break;
        const double middle = (right + at_x(f, place(panel, first))) / 2;
        fprintf(out,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#999\" stroke-dasharray=\"2 3\"/>\n",
                middle, f.top, middle, at_y(f, 0));
    }
}

static void axes(FILE *out, frame f, const svg_panel *panel, const char *x_label, int with_numbers)
{
    svg_words(out, f.left + f.width / 2, f.top - 12, "panel", panel->title);
    grid(out, f, with_numbers);
    for (int i = 0; i < panel->count; i++)
        fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"x\">%.3g</text>\n", at_x(f, place(panel, i)), at_y(f, 0) + 18,
                panel->x[i]);
    parts(out, f, panel);
    if (panel->names == NULL) svg_words(out, f.left + f.width / 2, at_y(f, 0) + 40, "x", x_label);
}

static void curve(FILE *out, frame f, const svg_panel *panel, int which)
{
    const svg_series *series = &panel->series[which];
    fprintf(out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2.5\" stroke-dasharray=\"%s\" points=\"",
            colours[which], dashes[which]);
    for (int i = 0; i < panel->count; i++)
        if (isfinite(series->values[i]))
            fprintf(out, "%.1f,%.1f ", at_x(f, place(panel, i)), at_y(f, series->values[i]));
    fprintf(out, "\"/>\n");
    for (int i = 0; i < panel->count; i++) {
        if (!isfinite(series->values[i])) continue;
        fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"><title>", at_x(f, place(panel, i)),
                at_y(f, series->values[i]), colours[which]);
        svg_escaped(out, series->label);
        fprintf(out, ", %.3g: %.4f</title></circle>\n", panel->x[i], series->values[i]);
    }
}

static int series_count(const svg_series *series)
{
    int count = 0;
    while (count < SVG_MOST_SERIES && series[count].label != NULL) count++;
    return count;
}

static void mark(FILE *out, double x, int y, int which, int bars)
{
    if (bars)
        fprintf(out, "<rect x=\"%.1f\" y=\"%d\" width=\"14\" height=\"12\" fill=\"%s\"/>\n", x, y - 11, colours[which]);
    else
        fprintf(out,
                "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2.5\" "
                "stroke-dasharray=\"%s\"/>\n",
                x, y - 4, x + 30, y - 4, colours[which], dashes[which]);
}

/* Side by side above the panels, each as wide as its words, on as many lines as that takes. Returns the height of the
 * lines after the first; out NULL: nothing is drawn. */
static int legend(FILE *out, const svg_series *series, int bars, int width)
{
    const int mark_w = bars ? 20 : 38;
    int y = SVG_TOP - 38;
    double x = SVG_LEFT;
    for (int i = 0; i < series_count(series); i++) {
        const double wide = mark_w + LETTER_W * (double)strlen(series[i].label) + 16;
        if (x > SVG_LEFT && x + wide > width) {
            x = SVG_LEFT;
            y += LINE_H;
        }
        if (out != NULL) mark(out, x, y, i, bars);
        if (out != NULL) svg_words(out, x + mark_w, y, "key", series[i].label);
        x += wide;
    }
    return y - (SVG_TOP - 38);
}

int svg_curves(const char *path, const char *title, const char *x_label, const char *y_label, const svg_panel *panels,
               int count)
{
    const int panels_w = count * SVG_PANEL_W + (count - 1) * SVG_GAP, title_w = TITLE_W * (int)strlen(title);
    const int width = SVG_LEFT + (panels_w > title_w ? panels_w : title_w) + SVG_RIGHT;
    const int top = SVG_TOP + (count > 0 ? legend(NULL, panels[0].series, 0, width) : 0);
    FILE *out = svg_begin(path, width, top, title, y_label);
    if (out == NULL) return -1;
    if (count > 0) legend(out, panels[0].series, 0, width);
    for (int p = 0; p < count; p++) {
        const int points = panels[p].count;
        const frame f = {SVG_LEFT + p * (SVG_PANEL_W + SVG_GAP), SVG_PANEL_W, top,
                         points > 0 ? place(&panels[p], 0) : 0, points > 0 ? place(&panels[p], points - 1) : 1};
        axes(out, f, &panels[p], panels[p].x_label != NULL ? panels[p].x_label : x_label, p == 0);
        for (int i = 0; i < series_count(panels[p].series); i++) curve(out, f, &panels[p], i);
    }
    return svg_end(out);
}

static void bar(FILE *out, frame f, const svg_series *series, int which, int group, const char *name, double left)
{
    const double value = series->values[group], spread = series->spread != NULL ? series->spread[group] : 0;
    if (!isfinite(value)) return;
    fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"%s\"><title>", left, at_y(f, value),
            BAR - 2, value * SVG_PANEL_H, colours[which]);
    svg_escaped(out, name);
    fputs(", ", out);
    svg_escaped(out, series->label);
    fprintf(out, ": %.4f</title></rect>\n", value);
    if (spread > 0)
        fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#222\"/>\n",
                left + (BAR - 2) / 2.0, at_y(f, fmin(value + spread, 1)), left + (BAR - 2) / 2.0,
                at_y(f, fmax(value - spread, 0)));
}

int svg_bars(const char *path, const char *title, const char *y_label, const char *const *names, int count,
             const svg_series *series)
{
    const int each = series_count(series);
    int group_w = each * BAR + 24;
    for (int g = 0; g < count; g++)
        if ((int)strlen(names[g]) * LETTER_W > group_w) group_w = (int)strlen(names[g]) * LETTER_W;
    const int plot = count * group_w > 2 * SVG_PANEL_W ? count * group_w : 2 * SVG_PANEL_W;
    const int width = SVG_LEFT + plot + SVG_RIGHT, top = SVG_TOP + legend(NULL, series, 1, width);
    const frame f = {SVG_LEFT, plot, top, 0, 1};
    FILE *out = svg_begin(path, width, top, title, y_label);
    if (out == NULL) return -1;
    legend(out, series, 1, width);
    grid(out, f, 1);
    for (int g = 0; g < count; g++) {
        const double middle = SVG_LEFT + (g + 0.5) * plot / count;
        for (int i = 0; i < each; i++) bar(out, f, &series[i], i, g, names[g], middle + (i - each / 2.0) * BAR);
        svg_words(out, middle, at_y(f, 0) + 18, "x", names[g]);
    }
    return svg_end(out);
}
