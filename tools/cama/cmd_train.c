/* cmd_train - a new model, or one that goes on, and its file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fail.h"
#include "input.h"
#include "writers/json.h"
#include "network.h"
#include "output.h"
#include "run.h"
#include "saved.h"
#include "settings.h"
#include "told.h"

typedef struct {
    const arguments *args;
    input data, manipulated;
    cama_model *model;
    double objective, seconds, converged;
    int64_t outliers; /* cells that were clipped */
    int64_t epochs;
} training;

static const char *const verbs[] = {"session", "schema", "csv", "model", "optimizer", "train", NULL};

static void read_all(training *self)
{
    const arguments *args = self->args;
    if (args->from != NULL) self->model = saved_load(args->from);
    input_read(&(request){args, args->operands.items[0], args->labels, LABELS_REQUIRED, self->model, 0}, &self->data);
    if (self->model == NULL) self->model = network_create(args, &self->data);
    if (args->manipulated != NULL)
        input_read(&(request){args, args->manipulated, args->manipulated_labels, LABELS_REQUIRED, self->model, 0},
                   &self->manipulated);
}

static void tell(const training *self)
{
    const cama_schema *schema = self->data.schema != NULL ? self->data.schema : cama_model_schema(self->model);
    const char *preset = NULL;
    if (self->args->quiet || self->args->json) return;
    FILE *out = strcmp(self->args->output, "-") == 0 ? stderr : stdout;
    told_input(out, &self->data);
    if (schema != NULL) told_schema(out, schema);
    if (self->args->manipulated != NULL) told_input(out, &self->manipulated);
    went(cama_model_get_text(self->model, "preset", &preset));
    fprintf(out, "model: %s, %lld parameters\n", preset, (long long)model_number(self->model, "parameters"));
    fflush(out);
}

/* The first training of a model sets p(y) to the labels' frequencies, where y has no parents. */
static void learn_prior(const training *self)
{
    if (self->args->from != NULL || model_number(self->model, "a") > 0 || model_number(self->model, "discriminative"))
        return;
    went(cama_model_set_prior(self->model, self->data.data));
}

/* 0 if it was stopped. */
static int learn(training *self)
{
    cama_optimizer *optimizer = NULL;
    cama_report *report = NULL;
    int64_t count = 0;
    cama_session *session = run_open(self->args);
    cama_options *options = settings_make(self->args, "optimizer", NULL);
    went(cama_optimizer_create(self->model, options, &optimizer));
    cama_options_free(options);
    options = settings_make(self->args, "train", NULL);
    const int done = went(cama_train(session, optimizer, self->data.data, self->manipulated.data, options, &report));
    if (done) {
        went(cama_report_count(report, "objective", &count));
        went(cama_report_get(report, "objective", count - 1, &self->objective));
        went(cama_report_get(report, "seconds", 0, &self->seconds));
        went(cama_report_get(report, "converged", 0, &self->converged));
        double outliers = 0;
        went(cama_report_get(report, "outliers", 0, &outliers));
        self->outliers = (int64_t)outliers;
        self->epochs = count;
    }
    cama_report_free(report);
    cama_options_free(options);
    cama_optimizer_free(optimizer);
    run_close(session);
    return done;
}

static void tell_end(const training *self)
{
    if (self->args->json) {
        const cama_schema *schema = self->data.schema != NULL ? self->data.schema : cama_model_schema(self->model);
        json out = {strcmp(self->args->output, "-") == 0 ? stderr : stdout, 0, 0};
        json_open(&out, NULL, '{');
        json_text(&out, "model", self->args->output);
        told_input_json(&out, "data", &self->data);
        if (schema != NULL) told_schema_json(&out, schema);
        json_int(&out, "parameters", model_number(self->model, "parameters"));
        json_int(&out, "epochs", self->epochs);
        json_real(&out, "objective", self->objective);
        json_real(&out, "seconds", self->seconds);
        json_truth(&out, "converged", self->converged != 0);
        json_int(&out, "outliers", self->outliers);
        json_close(&out, '}');
    } else if (!self->args->quiet) {
        fprintf(strcmp(self->args->output, "-") == 0 ? stderr : stdout,
                "trained: %lld epochs in %.1f s, objective %.3f nats%s\n", (long long)self->epochs, self->seconds,
                self->objective, self->converged != 0 ? "" : "; it had not converged: train longer");
        if (self->outliers > 0)
            fprintf(strcmp(self->args->output, "-") == 0 ? stderr : stdout,
                    "  %lld cells far beyond the range of their column's others were taken for the nearest of them "
                    "(--set outliers=keep leaves them)\n",
                    (long long)self->outliers);
    }
}

int run_train(const arguments *args)
{
    training self = {.args = args};
    if (args->output == NULL) usage("train: expected -o FILE, where the model goes");
    settings_check(args, verbs);
    output *out = output_open(args->output);
    read_all(&self);
    tell(&self);
    learn_prior(&self);
    const int done = learn(&self);
    char *kept = text_of("%s.stopped", args->output);
    saved_write(self.model, out);
    if (done) {
        output_commit(out);
        tell_end(&self);
    } else {
        output_commit_as(out, kept);
    }
    const int status = done ? ENDED_WELL : run_ended_early(strcmp(args->output, "-") == 0 ? "standard output" : kept);
    free(kept);
    cama_model_free(self.model);
    input_free(&self.data);
    input_free(&self.manipulated);
    return status;
}
