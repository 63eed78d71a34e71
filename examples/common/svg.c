/* svg - written by hand: a white card, one frame with grid lines for each panel, polylines or bars, a legend. */
#include "svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PANEL_W = 300, PANEL_H = 240, LEFT = 64, TOP = 78, GAP = 36, BOTTOM = 56, RIGHT = 24, LETTER_W = 8, BAR = 15 };

static const char *const colours[SVG_MOST_SERIES] = {"#9a3412", "#0369a1", "#15803d", "#a16207", "#7e22ce", "#475569"};
static const char *const dashes[SVG_MOST_SERIES] = {"5 4", "none", "none", "2 3", "8 3", "1 3"};

typedef struct {
    double left, width, low, high; /* of the panel; range of x */
} frame;

static double at_x(frame f, double x)
{
    return f.left + (f.high > f.low ? (x - f.low) / (f.high - f.low) : 0.5) * f.width;
}

static double at_y(double y) { return TOP + (1 - y) * PANEL_H; }

static void escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *word = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : NULL;
        if (word != NULL)
            fputs(word, out);
        else
            fputc(*text, out);
    }
}

static void words(FILE *out, double x, double y, const char *style, const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, style);
    escaped(out, text);
    fputs("</text>\n", out);
}

static void grid(FILE *out, frame f, int with_numbers)
{
    for (int i = 0; i <= 5; i++) {
        const double y = at_y(i / 5.0);
        fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"grid\"/>\n", f.left, y,
                f.left + f.width, y);
        if (with_numbers)
            fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"y\">%.1f</text>\n", f.left - 8, y + 4, i / 5.0);
    }
}

static void axes(FILE *out, frame f, const svg_panel *panel, const char *x_label, int with_numbers)
{
    words(out, f.left + f.width / 2, TOP - 12, "panel", panel->title);
    grid(out, f, with_numbers);
    for (int i = 0; i < panel->count; i++)
        fprintf(out, "<text x=\"%.1f\" y=\"%d\" class=\"x\">%.3g</text>\n", at_x(f, panel->x[i]), TOP + PANEL_H + 18,
                panel->x[i]);
    words(out, f.left + f.width / 2, TOP + PANEL_H + 40, "x", x_label);
}

static void curve(FILE *out, frame f, const svg_panel *panel, int which)
{
    const svg_series *series = &panel->series[which];
    fprintf(out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2.5\" stroke-dasharray=\"%s\" points=\"",
            colours[which], dashes[which]);
    for (int i = 0; i < panel->count; i++)
        if (isfinite(series->values[i])) fprintf(out, "%.1f,%.1f ", at_x(f, panel->x[i]), at_y(series->values[i]));
    fprintf(out, "\"/>\n");
    for (int i = 0; i < panel->count; i++) {
        if (!isfinite(series->values[i])) continue;
        fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"><title>", at_x(f, panel->x[i]),
                at_y(series->values[i]), colours[which]);
        escaped(out, series->label);
        fprintf(out, ", %.3g: %.4f</title></circle>\n", panel->x[i], series->values[i]);
    }
}

static int series_count(const svg_series *series)
{
    int count = 0;
    while (count < SVG_MOST_SERIES && series[count].label != NULL) count++;
    return count;
}

/* Side by side above the panels, each as wide as its words. */
static void legend(FILE *out, const svg_series *series, int bars)
{
    const int y = TOP - 38, mark = bars ? 20 : 38;
    double x = LEFT;
    for (int i = 0; i < series_count(series); i++) {
        if (bars)
            fprintf(out, "<rect x=\"%.1f\" y=\"%d\" width=\"14\" height=\"12\" fill=\"%s\"/>\n", x, y - 11, colours[i]);
        else
            fprintf(out,
                    "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2.5\" "
                    "stroke-dasharray=\"%s\"/>\n",
                    x, y - 4, x + 30, y - 4, colours[i], dashes[i]);
        words(out, x + mark, y, "key", series[i].label);
        x += mark + LETTER_W * (double)strlen(series[i].label) + 16;
    }
}

static FILE *begin(const char *path, int width, const char *title, const char *y_label)
{
    const int height = TOP + PANEL_H + BOTTOM;
    FILE *out = fopen(path, "w");
    if (out == NULL) return NULL;
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n"
            "<style>text{font:13px sans-serif;fill:#222}.title{font-size:16px;font-weight:bold}"
            ".panel,.x{text-anchor:middle}.panel{font-weight:bold}.y{text-anchor:end}.grid{stroke:#ddd}</style>\n"
            "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
            width, height, width, height, width, height);
    words(out, LEFT, 22, "title", title);
    fprintf(out, "<text transform=\"translate(18 %d) rotate(-90)\" text-anchor=\"middle\">", TOP + PANEL_H / 2);
    escaped(out, y_label);
    fputs("</text>\n", out);
    return out;
}

static int end(FILE *out)
{
    fprintf(out, "</svg>\n");
    const int failed = ferror(out);
    return fclose(out) != 0 || failed ? -1 : 0;
}

int svg_curves(const char *path, const char *title, const char *x_label, const char *y_label, const svg_panel *panels,
               int count)
{
    const int width = LEFT + count * PANEL_W + (count - 1) * GAP + RIGHT;
    FILE *out = begin(path, width, title, y_label);
    if (out == NULL) return -1;
    if (count > 0) legend(out, panels[0].series, 0);
    for (int p = 0; p < count; p++) {
        const int points = panels[p].count;
        const frame f = {LEFT + p * (PANEL_W + GAP), PANEL_W, points > 0 ? panels[p].x[0] : 0,
                         points > 0 ? panels[p].x[points - 1] : 1};
        axes(out, f, &panels[p], panels[p].x_label != NULL ? panels[p].x_label : x_label, p == 0);
        for (int i = 0; i < series_count(panels[p].series); i++) curve(out, f, &panels[p], i);
    }
    return end(out);
}

static void bar(FILE *out, const svg_series *series, int which, int group, const char *name, double left)
{
    const double value = series->values[group], spread = series->spread != NULL ? series->spread[group] : 0;
    if (!isfinite(value)) return;
    fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"%s\"><title>", left, at_y(value),
            BAR - 2, value * PANEL_H, colours[which]);
    escaped(out, name);
    fputs(", ", out);
    escaped(out, series->label);
    fprintf(out, ": %.4f</title></rect>\n", value);
    if (spread > 0)
        fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#222\"/>\n",
                left + (BAR - 2) / 2.0, at_y(fmin(value + spread, 1)), left + (BAR - 2) / 2.0,
                at_y(fmax(value - spread, 0)));
}

int svg_bars(const char *path, const char *title, const char *y_label, const char *const *names, int count,
             const svg_series *series)
{
    const int each = series_count(series);
    int group_w = each * BAR + 24;
    for (int g = 0; g < count; g++)
        if ((int)strlen(names[g]) * LETTER_W > group_w) group_w = (int)strlen(names[g]) * LETTER_W;
    const int plot = count * group_w > 2 * PANEL_W ? count * group_w : 2 * PANEL_W, width = LEFT + plot + RIGHT;
    FILE *out = begin(path, width, title, y_label);
    if (out == NULL) return -1;
    legend(out, series, 1);
    grid(out, (frame){LEFT, plot, 0, 1}, 1);
    for (int g = 0; g < count; g++) {
        const double middle = LEFT + (g + 0.5) * plot / count;
        for (int i = 0; i < each; i++) bar(out, &series[i], i, g, names[g], middle + (i - each / 2.0) * BAR);
        words(out, middle, TOP + PANEL_H + 18, "x", names[g]);
    }
    return end(out);
}
