/* svg_scatter - points on a square frame. */
#include "svg_scatter.h"

#include <math.h>

#include "svg_card.h"

typedef struct {
    double left, limit;
} plane;

static double at_x(plane p, double x) { return p.left + (fmin(fmax(x / p.limit, -1), 1) + 1) / 2 * SVG_PANEL_W; }

static double at_y(plane p, double y) { return SVG_TOP + (1 - fmin(fmax(y / p.limit, -1), 1)) / 2 * SVG_PANEL_H; }

static void line(FILE *out, plane p, double x1, double y1, double x2, double y2, const char *style)
{
    fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", at_x(p, x1), at_y(p, y1), at_x(p, x2),
            at_y(p, y2), style);
}

/* Five numbers on each axis, grid lines through them, and the diagonal. */
static void axes(FILE *out, plane p, const char *title, const char *x_label, int with_numbers)
{
    char number[32];
    svg_words(out, p.left + SVG_PANEL_W / 2.0, SVG_TOP - 12, "panel", title);
    for (int i = -2; i <= 2; i++) {
        const double value = i / 2.0 * p.limit;
        line(out, p, -p.limit, value, p.limit, value, "class=\"grid\"");
        line(out, p, value, -p.limit, value, p.limit, "class=\"grid\"");
        snprintf(number, sizeof number, "%.3g", value);
        svg_words(out, at_x(p, value), SVG_TOP + SVG_PANEL_H + 18, "x", number);
        if (with_numbers) svg_words(out, p.left - 8, at_y(p, value) + 4, "y", number);
    }
    line(out, p, -p.limit, -p.limit, p.limit, p.limit, "stroke=\"#475569\" stroke-dasharray=\"5 4\"");
    svg_words(out, p.left + SVG_PANEL_W / 2.0, SVG_TOP + SVG_PANEL_H + 40, "x", x_label);
}

int svg_scatter(const char *path, const char *title, const char *x_label, const char *y_label, double limit,
                const svg_cloud *clouds, int count)
{
    const int width = SVG_LEFT + count * SVG_PANEL_W + (count - 1) * SVG_GAP + SVG_RIGHT;
    FILE *out = svg_begin(path, width, SVG_TOP, title, y_label);
    if (out == NULL) return -1;
    for (int c = 0; c < count; c++) {
        const plane p = {SVG_LEFT + c * (SVG_PANEL_W + SVG_GAP), limit};
        axes(out, p, clouds[c].title, x_label, c == 0);
        for (int i = 0; i < clouds[c].count; i++)
            if (isfinite(clouds[c].x[i]) && isfinite(clouds[c].y[i]))
                fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"#0369a1\" fill-opacity=\"0.5\"/>\n",
                        at_x(p, clouds[c].x[i]), at_y(p, clouds[c].y[i]));
    }
    return svg_end(out);
}
