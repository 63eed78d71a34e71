/* plot - every chart is one svg element with its own frame. */
#include "plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { W = 460, H = 260, LEFT = 56, TOP = 14, BOTTOM = 44, RIGHT = 14, INNER_W = W - LEFT - RIGHT };
enum { INNER_H = H - TOP - BOTTOM, HISTOGRAM = 40, MOST_SHOWN = 30 };

static const char *const colours[] = {"#0369a1", "#c2410c"};

void plot_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *word = *text == '&'   ? "&amp;"
                           : *text == '<' ? "&lt;"
                           : *text == '>' ? "&gt;"
                           : *text == '"' ? "&quot;"
                                          : NULL;
        if (word != NULL)
            fputs(word, out);
        else
            fputc(*text, out);
    }
}

static void begin(FILE *out, int width, int height)
{
    fprintf(out, "<svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\">\n", width, height, width, height);
}

static void words(FILE *out, double x, double y, const char *anchor, const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    plot_escaped(out, text);
    fputs("</text>\n", out);
}

static void number_at(FILE *out, double x, double y, const char *anchor, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.4g", value);
    words(out, x, y, anchor, text);
}

static void box(FILE *out, double x, double y, double width, double height, const char *style)
{
    fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" %s/>\n", x, y, width, height, style);
}

static void frame(FILE *out, const char *x_label, double low, double high)
{
    box(out, LEFT, TOP, INNER_W, INNER_H, "class=\"frame\"");
    for (int i = 0; i <= 4; i++)
        number_at(out, LEFT + i * INNER_W / 4.0, TOP + INNER_H + 16, i < 4 ? "middle" : "end",
                  low + (high - low) * i / 4);
    words(out, LEFT + INNER_W / 2.0, H - 8, "middle", x_label);
}

void plot_bars(FILE *out, const char *label, char *const *names, const double *values, size_t count)
{
    const size_t shown = count < MOST_SHOWN ? count : MOST_SHOWN;
    const int row = 20, height = (int)shown * row + 40, left = 130;
    begin(out, W, height);
    for (size_t i = 0; i < shown; i++) {
        char name[64];
        const double y = 4 + (double)i * row;
        snprintf(name, sizeof name, "%.*s", 16, names[i]);
        words(out, left - 8, y + 14, "end", name);
        if (!isfinite(values[i])) continue;
        box(out, left, y + 3, values[i] * 260, 14, "fill=\"#0369a1\"");
        number_at(out, left + values[i] * 260 + 6, y + 14, "start", values[i]);
    }
    words(out, left, height - 10, "start", label);
    fputs("</svg>\n", out);
}

void plot_confusion(FILE *out, const texts *names, const scores *made)
{
    const int classes = made->classes < MOST_SHOWN ? made->classes : MOST_SHOWN, cell = classes > 12 ? 26 : 38,
              left = 110;
    const int side = classes * cell;
    begin(out, left + (side > 240 ? side : 240) + 20, side + 70);
    for (int y = 0; y < classes; y++) {
        int64_t sum = 0;
        char name[32];
        for (int c = 0; c < made->classes; c++) sum += made->confusion[y * made->classes + c];
        snprintf(name, sizeof name, "%.*s", 12, names->items[y]);
        words(out, left - 8, 24 + y * cell + cell / 2.0 + 4, "end", name);
        snprintf(name, sizeof name, "%.*s", cell / 8, names->items[y]);
        words(out, left + y * cell + cell / 2.0, 18, "middle", name);
        for (int c = 0; c < classes; c++) {
            const int64_t count = made->confusion[y * made->classes + c];
            const double share = sum > 0 ? (double)count / (double)sum : 0;
            char style[64], text[24];
            snprintf(style, sizeof style, "fill=\"#0369a1\" fill-opacity=\"%.3f\" class=\"frame\"", 0.85 * share);
            box(out, left + c * cell, 24 + y * cell, cell, cell, style);
            snprintf(text, sizeof text, "%lld", (long long)count);
            words(out, left + c * cell + cell / 2.0, 24 + y * cell + cell / 2.0 + 4, "middle", text);
        }
    }
    words(out, left, side + 48, "start", "rows: label, columns: predicted");
    fputs("</svg>\n", out);
}

void plot_calibration(FILE *out, const scores *made)
{
    begin(out, W, H);
    frame(out, "probability of the predicted class (line: share that is right)", 0, 1);
    fprintf(out, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" class=\"even\"/>\n", LEFT, TOP + INNER_H,
            LEFT + INNER_W, TOP);
    for (int i = 0; i <= 4; i++) number_at(out, LEFT - 6, TOP + INNER_H * (1 - i / 4.0) + 4, "end", i / 4.0);
    fputs("<polyline fill=\"none\" stroke=\"#c2410c\" stroke-width=\"2\" points=\"", out);
    for (int b = 0; b < BINS; b++) {
        if (made->bin_count[b] == 0) continue;
        const double n = (double)made->bin_count[b];
        fprintf(out, "%.1f,%.1f ", LEFT + made->bin_sure[b] / n * INNER_W,
                TOP + (1 - (double)made->bin_right[b] / n) * INNER_H);
    }
    fputs("\"/>\n", out);
    for (int b = 0; b < BINS; b++) {
        if (made->bin_count[b] == 0) continue;
        const double n = (double)made->bin_count[b];
        fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"#c2410c\"><title>%lld rows</title></circle>\n",
                LEFT + made->bin_sure[b] / n * INNER_W, TOP + (1 - (double)made->bin_right[b] / n) * INNER_H,
                3 + 6 * sqrt(n / (double)(made->scored > 0 ? made->scored : 1)), (long long)made->bin_count[b]);
    }
    fputs("</svg>\n", out);
}

/* ---- Histograms -------------------------------------------------------------------------------------------------- */

static int by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The finite ones, in order; *count of them. The caller's. */
static double *sorted(const double *values, int64_t n, int64_t *count)
{
    double *made = room((size_t)n, sizeof *made);
    *count = 0;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(values[i])) made[(*count)++] = values[i];
    if (*count > 1) qsort(made, (size_t)*count, sizeof *made, by_value);
    return made;
}

static void bars(FILE *out, const double *values, int64_t n, double low, double high, double tallest,
                 const char *colour)
{
    int64_t counts[HISTOGRAM] = {0};
    char style[64];
    for (int64_t i = 0; i < n; i++) {
        const double at = high > low ? (values[i] - low) / (high - low) * HISTOGRAM : 0;
        counts[at < 0 ? 0 : at >= HISTOGRAM ? HISTOGRAM - 1 : (int)at]++;
    }
    snprintf(style, sizeof style, "fill=\"%s\" fill-opacity=\"0.5\"", colour);
    for (int b = 0; b < HISTOGRAM; b++) {
        const double share = (double)counts[b] / (double)n, height = share / tallest * INNER_H;
        const double width = (double)INNER_W / HISTOGRAM;
        if (counts[b] > 0)
            box(out, LEFT + b * width, TOP + INNER_H - fmin(height, INNER_H), width, fmin(height, INNER_H), style);
    }
}

static double peak(const double *values, int64_t n, double low, double high)
{
    int64_t counts[HISTOGRAM] = {0}, most = 0;
    for (int64_t i = 0; i < n; i++) {
        const double at = high > low ? (values[i] - low) / (high - low) * HISTOGRAM : 0;
        const int b = at < 0 ? 0 : at >= HISTOGRAM ? HISTOGRAM - 1 : (int)at;
        if (++counts[b] > most) most = counts[b];
    }
    return n > 0 ? (double)most / (double)n : 0;
}

/* The axis ends where a hundredth of a sample lies beyond: single far values do not flatten the rest. */
void plot_histogram(FILE *out, const char *label, const sample *one, const sample *other)
{
    const sample *const both[2] = {one, other};
    int64_t count[2] = {0, 0};
    double *all[2] = {NULL, NULL};
    for (int s = 0; s < 2; s++)
        if (both[s] != NULL) all[s] = sorted(both[s]->values, both[s]->n, &count[s]);
    double low = INFINITY, high = -INFINITY, tallest = 0;
    for (int s = 0; s < 2; s++) {
        if (count[s] == 0) continue;
        low = fmin(low, all[s][count[s] / 100]);
        high = fmax(high, all[s][count[s] - 1 - count[s] / 100]);
    }
    begin(out, W, H);
    if (low <= high) {
        frame(out, label, low, high);
        for (int s = 0; s < 2; s++) tallest = fmax(tallest, peak(all[s], count[s], low, high));
        for (int s = 0; s < 2; s++) {
            if (count[s] == 0) continue;
            bars(out, all[s], count[s], low, high, tallest, colours[s]);
            fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"10\" height=\"10\" fill=\"%s\" fill-opacity=\"0.5\"/>\n",
                    LEFT + 8, TOP + 8 + 16 * s, colours[s]);
            words(out, LEFT + 24, TOP + 17 + 16 * s, "start", both[s]->name);
        }
    }
    fputs("</svg>\n", out);
    free(all[0]);
    free(all[1]);
}
