/* cmd_eval - how well a model does on data whose labels are known, as far as they are, and whether the data are like
 * the clean ones. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fail.h"
#include "writers/json.h"
#include "names.h"
#include "output.h"
#include "report.h"
#include "run.h"
#include "saved.h"
#include "settings.h"
#include "told.h"

static const char *const verbs[] = {"session", "csv", "predict", "score", "view", NULL};

static int by_value(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The ELBO(x) below which one twentieth of the finite ones lie; NaN without any. */
static double low_elbo(const scores *clean)
{
    int64_t count = 0;
    double *values = room((size_t)clean->n, sizeof *values);
    for (int64_t i = 0; clean->elbo != NULL && i < clean->n; i++)
        if (isfinite(clean->elbo[i])) values[count++] = clean->elbo[i];
    if (count > 1) qsort(values, (size_t)count, sizeof *values, by_value);
    const double low = count > 0 ? values[count / 20] : NAN;
    free(values);
    return low;
}

static double unlike(const scores *made, const scores *clean)
{
    const double low = low_elbo(clean);
    int64_t below = 0, count = 0;
    for (int64_t i = 0; made->elbo != NULL && i < made->n; i++) {
        count += isfinite(made->elbo[i]);
        below += isfinite(made->elbo[i]) && made->elbo[i] < low;
    }
    return isfinite(low) && count > 0 ? (double)below / (double)count : NAN;
}

/* ---- Printed ----------------------------------------------------------------------------------------------------- */

static void tell_scores(const char *path, const scores *made)
{
    double sum = 0;
    int64_t count = 0;
    for (int64_t i = 0; made->elbo != NULL && i < made->n; i++)
        if (isfinite(made->elbo[i])) {
            sum += made->elbo[i];
            count++;
        }
    printf("%s: %lld rows, %lld scored", path, (long long)made->n, (long long)made->scored);
    if (made->scored > 0)
        printf(": accuracy %.4f, log loss %.4f, calibration error %.4f", made->accuracy, made->log_loss,
               made->calibration_error);
    else
        printf(": no accuracy, for want of labels");
    if (count > 0) printf("; mean ELBO(x) %.3f", sum / (double)count);
    putchar('\n');
}

/* Columns as wide as the longest name: of "quality < 6" and "quality >= 6" the ends tell them apart. */
static void tell_confusion(const texts *names, const scores *made)
{
    enum { MOST = 12, LEAST_WIDE = 8, MOST_WIDE = 24 };
    int wide = LEAST_WIDE;
    if (made->scored == 0 || made->classes > MOST) return;
    for (int32_t c = 0; c < made->classes; c++) {
        const size_t length = strlen(names->items[c]);
        if (length > (size_t)wide) wide = length < MOST_WIDE ? (int)length : MOST_WIDE;
    }
    printf("%-*s", wide, "label");
    for (int32_t c = 0; c < made->classes; c++) printf(" %*.*s", wide, wide, names->items[c]);
    puts("   <- predicted");
    for (int32_t y = 0; y < made->classes; y++) {
        printf("%-*.*s", wide, wide, names->items[y]);
        for (int32_t c = 0; c < made->classes; c++)
            printf(" %*lld", wide, (long long)made->confusion[y * made->classes + c]);
        putchar('\n');
    }
}

static void tell(const evaluation *about)
{
    tell_scores(about->data->path, about->scored);
    tell_confusion(about->names, about->scored);
    if (about->clean != NULL) tell_scores(about->clean->path, about->clean_scored);
    if (isfinite(about->unlike))
        printf("%.1f %% of the rows have an ELBO(x) lower than 95 %% of the clean rows (5 %% if they are alike)\n",
               100 * about->unlike);
}

static void scores_json(json *out, const char *key, const scores *made)
{
    json_open(out, key, '{');
    json_int(out, "rows", made->n);
    json_int(out, "scored", made->scored);
    json_real(out, "accuracy", made->accuracy);
    json_real(out, "log_loss", made->log_loss);
    json_real(out, "calibration_error", made->calibration_error);
    json_open(out, "confusion", '[');
    for (int32_t y = 0; y < made->classes; y++) {
        json_open(out, NULL, '[');
        for (int32_t c = 0; c < made->classes; c++) json_int(out, NULL, made->confusion[y * made->classes + c]);
        json_close(out, ']');
    }
    json_close(out, ']');
    json_open(out, "elbo", '[');
    for (int64_t i = 0; made->elbo != NULL && i < made->n; i++) json_real(out, NULL, made->elbo[i]);
    json_close(out, ']');
    json_close(out, '}');
}

static void views_json(json *out, const char *key, const seen *views)
{
    if (views == NULL) return;
    json_open(out, key, '{');
    for (int32_t v = 0; v < views->count; v++) {
        double sum = 0;
        for (int64_t i = 0; i < views->n; i++) sum += (double)views->mean[i * views->count + v];
        json_real(out, seen_name(v, NULL, NULL), sum / (double)views->n);
    }
    json_close(out, '}');
}

static void tell_json(const evaluation *about)
{
    json out = {stdout, 0, 0};
    json_open(&out, NULL, '{');
    told_input_json(&out, "input", about->data);
    json_open(&out, "classes", '[');
    for (size_t c = 0; c < about->names->count; c++) json_text(&out, NULL, about->names->items[c]);
    json_close(&out, ']');
    scores_json(&out, "data", about->scored);
    if (about->clean != NULL) scores_json(&out, "clean", about->clean_scored);
    json_real(&out, "unlike_clean", about->unlike);
    views_json(&out, "mean_view", about->views);
    views_json(&out, "mean_view_clean", about->clean_views);
    json_close(&out, '}');
}

/* ---- The run ----------------------------------------------------------------------------------------------------- */

typedef struct {
    input data;
    scores scored;
    seen views;
} part;

static void read_part(const arguments *args, const cama_model *model, const char *path, const char *labels, part *out)
{
    input_read(&(request){args, path, labels, LABELS_WANTED, model, 0}, &out->data);
    if (!args->quiet && !args->json) told_input(stdout, &out->data);
}

static int run_part(const arguments *args, cama_session *session, const cama_model *model, const cama_model *reader,
                    int has_views, part *out)
{
    return scores_make(args, session, model, reader, &out->data, &out->scored) &&
           (!has_views || seen_find(args, session, model, &out->data, &out->views));
}

static void free_part(part *used)
{
    scores_free(&used->scored);
    seen_free(&used->views);
    input_free(&used->data);
}

int run_eval(const arguments *args)
{
    part data = {.scored = {0}}, clean = {.scored = {0}};
    texts names;
    settings_check(args, verbs);
    output *page = args->report != NULL ? output_open(args->report) : NULL;
    const char *path = args->operands.items[0];
    cama_model *model = saved_load(path), *reader = args->reader != NULL ? saved_load(args->reader) : NULL;
    const int has_clean = args->clean != NULL, has_views = seen_is_possible(path, model);
    read_part(args, model, args->operands.items[1], args->labels, &data);
    if (has_clean) read_part(args, model, args->clean, args->clean_labels, &clean);
    names_of(model, &names);
    fflush(stdout);
    cama_session *session = run_open(args);
    const int done = run_part(args, session, model, reader, has_views, &data) &&
                     (!has_clean || run_part(args, session, model, reader, has_views, &clean));
    run_close(session);
    if (done) {
        const evaluation about = {path,
                                  &names,
                                  &data.data,
                                  has_clean ? &clean.data : NULL,
                                  &data.scored,
                                  has_clean ? &clean.scored : NULL,
                                  has_views ? &data.views : NULL,
                                  has_views && has_clean ? &clean.views : NULL,
                                  has_clean ? unlike(&data.scored, &clean.scored) : NAN};
        if (page != NULL) {
            report_write(output_file(page), &about);
            output_commit(page);
        }
        if (args->json)
            tell_json(&about);
        else
            tell(&about);
    } else {
        output_drop(page);
    }
    free_part(&data);
    free_part(&clean);
    texts_free(&names);
    cama_model_free(reader);
    cama_model_free(model);
    return done ? ENDED_WELL : run_ended_early(NULL);
}
