/* svg - written by hand: a white card, one frame with grid lines for each panel, two polylines, a legend. */
#include "svg.h"

#include <stdio.h>

enum { PANEL_W = 300, PANEL_H = 240, LEFT = 64, TOP = 78, GAP = 36, BOTTOM = 56, RIGHT = 24 };

static const char *const colours[2] = {"#9a3412", "#0369a1"};
static const char *const dashes[2] = {"5 4", "none"};

typedef struct {
    double left, low, high; /* of the panel; range of x */
} frame;

static double at_x(frame f, double x)
{
    return f.left + (f.high > f.low ? (x - f.low) / (f.high - f.low) : 0.5) * PANEL_W;
}

static double at_y(double y) { return TOP + (1 - y) * PANEL_H; }

static void axes(FILE *out, frame f, const svg_panel *panel, const char *x_label, int with_numbers)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%d\" class=\"panel\">%s</text>\n", f.left + PANEL_W / 2.0, TOP - 12,
            panel->title);
    for (int i = 0; i <= 5; i++) {
        const double y = at_y(i / 5.0);
        fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"grid\"/>\n", f.left, y,
                f.left + PANEL_W, y);
        if (with_numbers)
            fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"y\">%.1f</text>\n", f.left - 8, y + 4, i / 5.0);
    }
    for (int i = 0; i < panel->count; i++)
        fprintf(out, "<text x=\"%.1f\" y=\"%d\" class=\"x\">%.3g</text>\n", at_x(f, panel->x[i]), TOP + PANEL_H + 18,
                panel->x[i]);
    fprintf(out, "<text x=\"%.1f\" y=\"%d\" class=\"x\">%s</text>\n", f.left + PANEL_W / 2.0, TOP + PANEL_H + 40,
            x_label);
}

static void curve(FILE *out, frame f, const svg_panel *panel, int which)
{
    const double *values = panel->series[which].values;
    fprintf(out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2.5\" stroke-dasharray=\"%s\" points=\"",
            colours[which], dashes[which]);
    for (int i = 0; i < panel->count; i++) fprintf(out, "%.1f,%.1f ", at_x(f, panel->x[i]), at_y(values[i]));
    fprintf(out, "\"/>\n");
    for (int i = 0; i < panel->count; i++)
        fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"><title>%s, %.3g: %.4f</title></circle>\n",
                at_x(f, panel->x[i]), at_y(values[i]), colours[which], panel->series[which].label, panel->x[i],
                values[i]);
}

static void legend(FILE *out, const svg_panel *panel)
{
    for (int i = 0; i < 2; i++) {
        const int x = LEFT + i * 250, y = TOP - 38;
        fprintf(out,
                "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2.5\" "
                "stroke-dasharray=\"%s\"/>\n<text x=\"%d\" y=\"%d\">%s</text>\n",
                x, y - 4, x + 30, y - 4, colours[i], dashes[i], x + 38, y, panel->series[i].label);
    }
}

int svg_curves(const char *path, const char *title, const char *x_label, const char *y_label, const svg_panel *panels,
               int count)
{
    const int width = LEFT + count * PANEL_W + (count - 1) * GAP + RIGHT, height = TOP + PANEL_H + BOTTOM;
    FILE *out = fopen(path, "w");
    if (out == NULL) return -1;

    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n"
            "<style>text{font:13px sans-serif;fill:#222}.title{font-size:16px;font-weight:bold}"
            ".panel,.x{text-anchor:middle}.panel{font-weight:bold}.y{text-anchor:end}.grid{stroke:#ddd}</style>\n"
            "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
            "<text x=\"%d\" y=\"22\" class=\"title\">%s</text>\n"
            "<text transform=\"translate(18 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n",
            width, height, width, height, width, height, LEFT, title, TOP + PANEL_H / 2, y_label);
    if (count > 0) legend(out, &panels[0]);
    for (int p = 0; p < count; p++) {
        const int points = panels[p].count;
        const frame f = {LEFT + p * (PANEL_W + GAP), points > 0 ? panels[p].x[0] : 0,
                         points > 0 ? panels[p].x[points - 1] : 1};
        axes(out, f, &panels[p], x_label, p == 0);
        for (int i = 0; i < 2; i++) curve(out, f, &panels[p], i);
    }
    fprintf(out, "</svg>\n");
    const int failed = ferror(out);
    return fclose(out) != 0 || failed ? -1 : 0;
}
