/* report - the page, section by section. */
#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "plot.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>cama eval</title>\n<style>\n"
    "body{font:15px/1.5 sans-serif;max-width:62em;margin:2em auto;padding:0 1em;color:#222;background:#fff}\n"
    "h1{font-size:1.4em}h2{font-size:1.1em;margin-top:2em}svg text{font:12px sans-serif;fill:#222}\n"
    "svg{max-width:100%;height:auto}.frame{fill:none;stroke:#bbb}rect.frame[fill]{fill:#0369a1}.even{stroke:#999;"
    "stroke-dasharray:4 3}\ntable{border-collapse:collapse}td,th{border:1px solid #ccc;padding:.2em "
    ".7em;text-align:right}"
    "td:first-child,th:first-child{text-align:left;overflow-wrap:anywhere}\n</style>\n</head>\n<body>\n";

static void heading(FILE *out, const char *text, const char *note)
{
    fputs("<h2>", out);
    plot_escaped(out, text);
    fputs("</h2>\n<p>", out);
    plot_escaped(out, note);
    fputs("</p>\n", out);
}

static void cell(FILE *out, double value)
{
    if (isfinite(value))
        fprintf(out, "<td>%.4g</td>", value);
    else
        fputs("<td>-</td>", out);
}

/* A path without its folders: what a legend has room for. */
static const char *name_of(const input *data)
{
    const char *slash = strrchr(data->path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : data->path;
}

static double mean_elbo(const scores *made)
{
    double sum = 0;
    int64_t count = 0;
    for (int64_t i = 0; made->elbo != NULL && i < made->n; i++)
        if (isfinite(made->elbo[i])) {
            sum += made->elbo[i];
            count++;
        }
    return count > 0 ? sum / (double)count : NAN;
}

static void summary_row(FILE *out, const input *data, const scores *made)
{
    fputs("<tr><td>", out);
    plot_escaped(out, data->path);
    fprintf(out, "</td><td>%lld</td><td>%lld</td>", (long long)made->n, (long long)made->scored);
    cell(out, made->accuracy);
    cell(out, made->log_loss);
    cell(out, made->calibration_error);
    cell(out, mean_elbo(made));
    fputs("</tr>\n", out);
}

static void summary(FILE *out, const evaluation *about)
{
    fputs("<h1>Evaluation of ", out);
    plot_escaped(out, about->model);
    fputs("</h1>\n<table>\n<tr><th>data</th><th>rows</th><th>scored</th><th>accuracy</th><th>log loss</th>"
          "<th>calibration error</th><th>mean ELBO(x)</th></tr>\n",
          out);
    summary_row(out, about->data, about->scored);
    if (about->clean != NULL) summary_row(out, about->clean, about->clean_scored);
    fputs("</table>\n", out);
    if (isfinite(about->unlike))
        fprintf(out,
                "<p>%.1f %% of the rows have an ELBO(x) lower than 95 %% of the clean rows (5 %% if they are alike)."
                "</p>\n",
                100 * about->unlike);
}

static void accuracies(FILE *out, const evaluation *about)
{
    const scores *made = about->scored;
    double *values = room((size_t)made->classes, sizeof *values);
    for (int32_t c = 0; c < made->classes; c++) {
        int64_t sum = 0;
        for (int32_t k = 0; k < made->classes; k++) sum += made->confusion[c * made->classes + k];
        values[c] = sum > 0 ? (double)made->confusion[c * made->classes + c] / (double)sum : NAN;
    }
    heading(out, "Accuracy of each class", "The share of the rows of a class that are predicted as it.");
    plot_bars(out, "accuracy", about->names->items, values, (size_t)made->classes);
    free(values);
}

static void elbos(FILE *out, const evaluation *about)
{
    heading(out, "ELBO(x), in nats",
            "A lower bound of log p(x): low where rows are unlike those the model was trained on. If the new data lie "
            "lower "
            "than the clean ones, they were manipulated in a way the model has not adapted to.");
    const sample data = {name_of(about->data), about->scored->elbo, about->scored->n};
    const int both = about->clean != NULL;
    const sample clean = {both ? name_of(about->clean) : NULL, both ? about->clean_scored->elbo : NULL,
                          both ? about->clean_scored->n : 0};
    plot_histogram(out, "ELBO(x)", &data, both ? &clean : NULL);
}

static double *column_of(const seen *views, int32_t index)
{
    double *values = room(views != NULL ? (size_t)views->n : 0, sizeof *values);
    for (int64_t i = 0; views != NULL && i < views->n; i++) values[i] = (double)views->mean[i * views->count + index];
    return values;
}

static void views(FILE *out, const evaluation *about)
{
    heading(out, "Views", "What was done to the images, as the model sees it.");
    for (int32_t v = 0; v < about->views->count; v++) {
        const char *unit = NULL;
        const char *name = seen_name(v, &unit, NULL);
        char *label = text_of("%s (%s)", name, unit);
        double *values = column_of(about->views, v), *clean = column_of(about->clean_views, v);
        const int both = about->clean_views != NULL;
        const sample data = {name_of(about->data), values, about->views->n};
        const sample other = {both ? name_of(about->clean) : NULL, clean, both ? about->clean_views->n : 0};
        plot_histogram(out, label, &data, both ? &other : NULL);
        free(clean);
        free(values);
        free(label);
    }
}

void report_write(FILE *out, const evaluation *about)
{
    fputs(head, out);
    summary(out, about);
    if (about->scored->scored > 0) {
        accuracies(out, about);
        heading(out, "Confusion", "Counts of rows by their label and the class that is predicted.");
        plot_confusion(out, about->names, about->scored);
        heading(out, "Calibration",
                "On the dashed line, what is predicted with a probability p is right in a share p of the rows.");
        plot_calibration(out, about->scored);
    }
    if (about->scored->elbo != NULL) elbos(out, about);
    if (about->views != NULL) views(out, about);
    fprintf(out, "<p>cama %s</p>\n</body>\n</html>\n", cama_version_string());
}
