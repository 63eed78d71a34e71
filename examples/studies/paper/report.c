/* report - all figures in one HTML file that needs no network and no script: what the paper claims, what was measured,
 * the verdict, the curves and the numbers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

static const char style[] =
    ":root{color-scheme:light}*{box-sizing:border-box}"
    "body{margin:0 auto;padding:1rem;max-width:62rem;font:16px/1.5 system-ui,sans-serif;color:#1c1c1c;background:#fff}"
    "h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.2rem;margin:2.5rem 0 .5rem;border-top:1px solid #ccc;"
    "padding-top:1rem}h3{font-size:1rem;margin:1rem 0 .25rem}p{margin:.4rem 0}a{color:#0369a1}"
    ".verdict{display:inline-block;padding:.1rem .6rem;border-radius:.5rem;font-weight:bold;border:2px solid}"
    ".yes{color:#14632f}.part{color:#8a5a00}.no{color:#9a2617}.open{color:#555}"
    ".panels{display:flex;flex-wrap:wrap;gap:.5rem}.panels>figure{flex:1 1 20rem;max-width:30rem;margin:0}"
    ".panels svg,figure img{width:100%;height:auto;display:block}figure.picture{max-width:40rem;margin:0}"
    "ul.seen{list-style:none;padding:0}ul.seen li{padding:.15rem 0 .15rem 5.5rem;position:relative}"
    "ul.seen b{position:absolute;left:0}.wide{overflow-x:auto;-webkit-overflow-scrolling:touch}"
    ".bars figure{margin:0}.bars svg{display:block}"
    "table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}"
    "th,td{padding:.15rem .5rem;border-bottom:1px solid #ddd;text-align:right;white-space:nowrap}"
    "th:first-child,td:first-child{text-align:left;position:sticky;left:0;background:#fff}table.all "
    "td:first-child{white-space:normal;min-width:9rem}.small{font-size:.85rem;color:#444}"
    "@media "
    "print{body{max-width:none;padding:0;font-size:10pt}h2{break-before:page;border:0;break-after:avoid}"
    "h2.here{break-before:auto;border-top:1px solid #ccc}.panels{display:block}.panels>figure{display:inline-block;"
    "width:48%;max-width:none;margin:0 .5% 4pt}figure,table,.test,ul.seen li{break-inside:avoid}.wide{overflow:visible}"
    ".bars svg{width:100%;height:auto}table{font-size:7pt}table.all th{white-space:normal;overflow-wrap:break-word}"
    "th,td{padding:1pt 3pt;position:static!important}"
    "a{color:inherit;text-decoration:none}}";

static const char *class_of(const char *words)
{
    if (strcmp(words, "supported") == 0) return "yes";
    if (strcmp(words, "not supported") == 0) return "no";
    return strcmp(words, "not measured") == 0 ? "open" : "part";
}

static void paragraph(FILE *out, const char *head, const char *text)
{
    fprintf(out, "<p><strong>%s</strong> ", head);
    html_text(out, text);
    fprintf(out, "</p>\n");
}

/* The figure whose run gave the rows of this one: one run gives those of Figures 12 to 14. NULL: none. */
static const figure *timed(const paper *self, const figure *which)
{
    if (duration_of(self, which->name) > 0) return which;
    for (int i = 0; i < paper_figure_count; i++)
        if (paper_figures[i]->run == which->run && duration_of(self, paper_figures[i]->name) > 0)
            return paper_figures[i];
    return NULL;
}

static int is_numbered(const figure *which) { return which->name[0] >= '0' && which->name[0] <= '9'; }

static void title_of(FILE *out, const figure *which)
{
    if (is_numbered(which)) fprintf(out, "Figure %s: ", which->name);
    html_text(out, which->title);
}

/* In minutes, training of what it needed first included. */
static void time_of(FILE *out, const paper *self, const figure *which)
{
    const figure *with = timed(self, which);
    if (with == NULL)
        fputs("-", out);
    else if (with != which)
        fprintf(out, "with %s", with->name);
    else
        fprintf(out, "%.1f", duration_of(self, which->name) / 60);
}

static void summary(FILE *out, const paper *self)
{
    fprintf(out, "<div class=\"wide\"><table "
                 "class=\"all\"><thead><tr><th>figure</th><th>verdict</th><th>minutes</th></tr></thead><tbody>\n");
    for (int i = 0; i < paper_figure_count; i++) {
        const figure *which = paper_figures[i];
        verdict words = {.count = 0};
        which->judge(&self->rows[i], which->name, &words);
        const char *said = verdict_words(&words);
        fprintf(out, "<tr><td><a href=\"#figure-%s\">", which->key);
        title_of(out, which);
        fprintf(out, "</a></td><td class=\"%s\">%s</td><td>", class_of(said), said);
        time_of(out, self, which);
        fprintf(out, "</td></tr>\n");
    }
    fprintf(out, "</tbody></table></div>\n");
}

static void seen(FILE *out, const verdict *words)
{
    static const char *const marks[] = {"no", "yes", "note"};
    static const char *const classes[] = {"no", "yes", "open"};
    fprintf(out, "<ul class=\"seen\">\n");
    for (int i = 0; i < words->count; i++) {
        const int holds = words->checks[i].holds;
        fprintf(out, "<li><b class=\"%s\">%s</b>", holds < 0 ? "open" : classes[holds],
                holds < 0 ? "unknown" : marks[holds]);
        html_text(out, words->checks[i].text);
        fprintf(out, "</li>\n");
    }
    fprintf(out, "</ul>\n");
}

static void pictures(FILE *out, const paper *self, const figure *which)
{
    char end[32];
    const int bars = which->chart_count > 0 && which->charts[0].kind == CHART_BARS;
    fprintf(out, "<div class=\"%s\">\n", bars ? "wide bars" : "panels");
    for (int i = 0; i < which->chart_count; i++) {
        snprintf(end, sizeof end, "-panel%d.svg", i + 1);
        fprintf(out, "<figure>");
        html_file(out, figure_path(self, which, end));
        fprintf(out, "</figure>\n");
    }
    fprintf(out, "</div>\n");
    if (which->picture == NULL) return;
    fprintf(out, "<figure class=\"picture\"><img alt=\"");
    html_text(out, which->title);
    fprintf(out, "\" src=\"");
    html_png(out, in_folder(self->set.out, which->picture));
    fprintf(out, "\"></figure>\n");
}

static void section(FILE *out, const paper *self, int place)
{
    const figure *which = paper_figures[place];
    const row_table *rows = &self->rows[place];
    verdict words = {.count = 0};
    fprintf(out, "<h2 id=\"figure-%s\"%s>", which->key, place == 0 || rows->count == 0 ? " class=\"here\"" : "");
    title_of(out, which);
    fprintf(out, "</h2>\n");
    paragraph(out, "The paper claims:", which->claim);
    paragraph(out, "Here:", which->how);
    if (rows->count == 0) {
        const char *why = which->missing != NULL ? which->missing(self) : NULL;
        paragraph(out, "Not measured:", why != NULL ? why : "yet.");
        return;
    }
    which->judge(rows, which->name, &words);
    fprintf(out, "<p>The verdict, from the numbers: <span class=\"verdict %s\">%s</span></p>\n",
            class_of(verdict_words(&words)), verdict_words(&words));
    seen(out, &words);
    pictures(out, self, which);
    report_tables(out, rows);
    fprintf(out, "<p class=\"small\">%d seed%s; minutes, training of what it needed first included: ", rows_seeds(rows),
            rows_seeds(rows) == 1 ? "" : "s");
    time_of(out, self, which);
    fprintf(out, "; all rows: figure-%s.csv; <a href=\"#settings\">settings</a>.</p>\n", which->key);
}

static void settings(FILE *out, const paper *self)
{
    const paper_sizes *s = &self->sizes;
    char data[128];
    fprintf(out, "<h2 id=\"settings\">Settings</h2>\n<p>");
    html_text(out, cama_build_info());
    fprintf(out, "; %lld threads. Digits: ", (long long)session_threads(self->set.threads));
    paper_data_words(self, data, sizeof data);
    html_text(out, data);
    if (self->test_count > 0)
        fprintf(out, ", of which models beside views are scored on the first %lld",
                (long long)(s->scored < self->test_count ? s->scored : self->test_count));
    fprintf(
        out,
        ".</p>\n<p>Epochs: DNN %lld, CNN %lld, oracle %lld more under the shift, CAMA %lld, q(m|x) on simulated views "
        "%lld, with shifted digits beside %lld (views %lld). Fine-tuning steps: published form %lld, views %lld, views "
        "that met no simulated one %lld. Predictions: %lld draws of z, one of m; of views %lld draws among those "
        "proposed. Batches of 64; all other options are the library's defaults, and the same in all figures. The "
        "defaults of fine-tuning and its steps were settled with accuracies on shifted test digits in view "
        "(docs/finetuning.md), so that its numbers are somewhat optimistic; nothing was chosen for this report. Models "
        "of a single seed on few hundred digits differ by chance by .02 and more.</p>\n",
        (long long)s->dnn_epochs, (long long)s->cnn_epochs, (long long)s->oracle_epochs, (long long)s->cama_epochs,
        (long long)s->simulate_epochs, (long long)s->augment_epochs, (long long)s->augment_view_epochs,
        (long long)s->tune_steps, (long long)s->view_steps, (long long)s->unseen_steps, (long long)s->samples,
        (long long)s->view_draws);
}

void paper_report(const paper *self)
{
    char path[4096]; /* outlives the paths of what it shows */
    snprintf(path, sizeof path, "%s", in_folder(self->set.out, "report.html"));
    FILE *out = fopen(beside(path), "w");
    if (out == NULL) give_up(path, strerror(errno));
    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<title>A causal view on robustness: every figure</title>\n<style>%s</style>\n</head>\n<body>\n"
            "<h1>Every experiment of \"A Causal View on Robustness of Neural Networks\"</h1>\n"
            "<p>Zhang, Zhang and Li, NeurIPS 2020, measured with libcama beside baselines. A verdict follows from the "
            "numbers under it. <em>Published</em> is the form of the model in the paper; in the <em>view form</em> "
            "(model cama-view) m says how an image was seen.</p>\n",
            style);
    if (self->set.quick)
        fprintf(out, "<p><strong>A quick run: few digits and steps. Its numbers mean nothing.</strong></p>\n");
    summary(out, self);
    for (int i = 0; i < paper_figure_count; i++) section(out, self, i);
    settings(out, self);
    fprintf(out, "</body>\n</html>\n");
    const int failed = ferror(out);
    if (fclose(out) != 0 || failed) give_up(path, strerror(errno));
    replace(path);
}
