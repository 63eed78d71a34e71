/* cmd_adapt - a copy of a model, fine-tuned to data without their labels. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "fail.h"
#include "input.h"
#include "writers/json.h"
#include "names.h"
#include "output.h"
#include "run.h"
#include "saved.h"
#include "settings.h"
#include "told.h"

static const char *const verbs[] = {"session", "csv", "finetune", NULL};
static const char *const ends[] = {"after the last step",
                                   "the clean objective fell",
                                   "the predictions collapsed",
                                   "the accuracy on clean data fell",
                                   "the predicted shares moved away from those of the clean labels",
                                   "a second run, with other noise, predicts otherwise",
                                   "the shares of the classes alone are others"};
enum { ENDS = sizeof ends / sizeof *ends };

static double value_of(const cama_report *report, const char *key, int64_t index)
{
    double value = NAN;
    went(cama_report_get(report, key, index, &value));
    return value;
}

static const char *end_of(const cama_report *report)
{
    const int end = (int)value_of(report, "stopped", 0);
    return end < ENDS ? ends[end] : "for a reason that a newer library knows";
}

static void tell(FILE *out, const cama_report *report, const texts *names)
{
    fprintf(out, "adapted: %.0f steps in %.1f s, ended %s%s\n", value_of(report, "steps", 0),
            value_of(report, "seconds", 0), end_of(report),
            value_of(report, "rolled_back", 0) != 0 ? "; went back to the best state seen" : "");
    fprintf(out, "  ELBO(x) of the data: %.3f before, %.3f after\n", value_of(report, "objective_before", 0),
            value_of(report, "objective_after", 0));
    if (isfinite(value_of(report, "clean_before", 0)))
        fprintf(out, "  ELBO(x,y) of clean data: %.3f before, %.3f after\n", value_of(report, "clean_before", 0),
                value_of(report, "clean_after", 0));
    if (isfinite(value_of(report, "clean_accuracy_before", 0)))
        fprintf(out, "  accuracy on clean data: %.3f before, %.3f after\n",
                value_of(report, "clean_accuracy_before", 0), value_of(report, "clean_accuracy_after", 0));
    fprintf(out, "  predictions that changed: %.1f %%\n", 100 * value_of(report, "changed", 0));
    if (isfinite(value_of(report, "disagreement", 0)))
        fprintf(out, "  predictions on which two runs differ: %.1f %%\n", 100 * value_of(report, "disagreement", 0));
    fputs("  predicted share of each class, before and after:", out);
    for (size_t c = 0; c < names->count && c < 20; c++)
        fprintf(out, "%s %s %.2f %.2f", c > 0 ? "," : "", names->items[c],
                value_of(report, "classes_before", (int64_t)c), value_of(report, "classes_after", (int64_t)c));
    fputc('\n', out);
}

static void tell_json(FILE *file, const arguments *args, const cama_report *report, const texts *names,
                      const input *data)
{
    static const char *const numbers[] = {"steps",
                                          "seconds",
                                          "objective_before",
                                          "objective_after",
                                          "clean_before",
                                          "clean_after",
                                          "clean_accuracy_before",
                                          "clean_accuracy_after",
                                          "changed",
                                          "disagreement",
                                          "runs"};
    static const char *const shares[] = {"classes_before", "classes_after"};
    json out = {file, 0, 0};
    json_open(&out, NULL, '{');
    json_text(&out, "model", args->output);
    told_input_json(&out, "data", data);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_real(&out, numbers[i], value_of(report, numbers[i], 0));
    json_truth(&out, "rolled_back", value_of(report, "rolled_back", 0) != 0);
    json_text(&out, "ended", end_of(report));
    json_open(&out, "classes", '[');
    for (size_t c = 0; c < names->count; c++) json_text(&out, NULL, names->items[c]);
    json_close(&out, ']');
    for (int i = 0; i < 2; i++) {
        json_open(&out, shares[i], '[');
        for (size_t c = 0; c < names->count; c++) json_real(&out, NULL, value_of(report, shares[i], (int64_t)c));
        json_close(&out, ']');
    }
    json_close(&out, '}');
}

/* Without clean data nothing holds the model: alpha is 0 unless --set says otherwise. */
static cama_options *tuning(const arguments *args, const cama_model *model)
{
    enum { MOST = 16 };
    setting all[MOST] = {{NULL, NULL}};
    int count = 0;
    if (args->clean == NULL) all[count++] = (setting){"finetune.alpha", "0"};
    if (model_number(model, "height") == 1)
        for (const setting *each = recipe_rows; each->key != NULL; each++) all[count++] = *each;
    return settings_make(args, "finetune", all);
}

int run_adapt(const arguments *args)
{
    input data, clean = {.data = NULL};
    texts names;
    cama_model *adapted = NULL;
    cama_report *report = NULL;
    if (args->output == NULL) usage("adapt: expected -o FILE, where the adapted model goes");
    settings_check(args, verbs);
    output *out = output_open(args->output);
    FILE *notes = output_is_stdout(out) ? stderr : stdout;
    cama_model *model = saved_load(args->operands.items[0]);
    input_read(&(request){args, args->operands.items[1], NULL, LABELS_NONE, model, 1}, &data);
    if (args->clean != NULL)
        input_read(&(request){args, args->clean, args->clean_labels, LABELS_REQUIRED, model, 0}, &clean);
    names_of(model, &names);
    if (!args->quiet && !args->json) {
        told_input(notes, &data);
        if (clean.data != NULL) told_input(notes, &clean);
        if (clean.data == NULL)
            fputs("no --clean data: alpha is 0, and nothing holds the model to what it knew\n", notes);
        fflush(notes);
    }
    cama_session *session = run_open(args);
    cama_options *options = tuning(args, model);
    const int done = went(cama_finetune(session, model, clean.data, data.data, options, &adapted, &report));
    run_close(session);
    if (done) {
        saved_write(adapted, out);
        output_commit(out);
        if (args->json)
            tell_json(notes, args, report, &names, &data);
        else if (!args->quiet)
            tell(notes, report, &names);
    } else {
        output_drop(out);
    }
    cama_options_free(options);
    cama_report_free(report);
    cama_model_free(adapted);
    cama_model_free(model);
    texts_free(&names);
    input_free(&clean);
    input_free(&data);
    return done ? ENDED_WELL : run_ended_early(NULL);
}
