/* cmd_do - x under interventions: of every row what it would have been (a counterfactual), or the mean over rows. They
 * are asked of the graph in which y and c cause x: what moves one co-parent moves neither y nor the others. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fail.h"
#include "intervention.h"
#include "output.h"
#include "pictures.h"
#include "run.h"
#include "saved.h"
#include "settings.h"
#include "sheet.h"
#include "told.h"

enum { LEVELS = 3 };

static const char *const verbs[] = {"session", "csv", "generate", "counterfactual", NULL};

typedef struct {
    const arguments *args;
    cama_session *session;
    const cama_model *model;
    const cama_schema *schema; /* NULL: images or vectors */
    input data;
    texts names;
    intervention wanted;
    int64_t n;
    int32_t width;   /* of x */
    double *offsets; /* (width): the table's numbers are x and this */
    int32_t *y;      /* (n), -1 where not known */
    int64_t labelled;
    float *c, *x; /* (n, P), (n, width) */
} asking;

static void prepare(asking *self)
{
    int32_t count = 0;
    self->n = input_rows(self->data.data);
    self->width = (int32_t)model_number(self->model, "x");
    self->x = room((size_t)self->n, (size_t)self->width * sizeof *self->x);
    self->y = input_classes(self->data.data, &self->labelled);
    self->offsets = room((size_t)self->width, sizeof *self->offsets);
    if (self->wanted.width > 0) {
        self->c = room((size_t)self->n, (size_t)self->wanted.width * sizeof *self->c);
        went(cama_dataset_read_causes(self->data.data, 0, self->n, NULL, self->c));
        intervention_apply(&self->wanted, self->n, self->c);
    }
    if (self->schema != NULL) went(cama_schema_sizes(self->schema, &count, NULL, NULL, NULL, NULL));
    for (int32_t i = 0; i < count; i++) {
        int32_t role = 0, first = 0;
        double offset = 0;
        went(cama_schema_variable(self->schema, i, NULL, &role, NULL, NULL, &first));
        went(cama_schema_offset(self->schema, i, &offset));
        if (role == CAMA_ROLE_CHILD) self->offsets[first] = offset; /* 0 of all but continuous ones */
    }
}

static sheet sheet_of(const asking *self, FILE *out)
{
    return (sheet){.file = out,
                   .as_json = self->args->json != 0,
                   .schema = self->schema,
                   .offsets = self->offsets,
                   .width = self->width,
                   .by_row = self->args->sweep == NULL && !self->args->mean,
                   .moved = self->args->sweep};
}

static const char *class_of(const asking *self, int64_t i)
{
    const int32_t y = self->wanted.y >= 0 ? self->wanted.y : self->y[i];
    return y >= 0 ? self->names.items[y] : "";
}

/* ---- Each row ---------------------------------------------------------------------------------------------------- */

/* 0 if it was stopped. */
static int ask_rows(asking *self)
{
    int32_t *y = NULL;
    float *m = NULL;
    int any_c = 0;
    for (int32_t i = 0; i < self->wanted.width; i++) any_c = any_c || self->wanted.c_set[i];
    if (self->wanted.y >= 0) y = room((size_t)self->n, sizeof *y);
    for (int64_t i = 0; y != NULL && i < self->n; i++) y[i] = self->wanted.y;
    if (self->wanted.zero_m) m = room((size_t)self->n, (size_t)model_number(self->model, "m") * sizeof *m);
    cama_options *options = settings_make(self->args, "counterfactual", NULL);
    const int done = went(cama_counterfactual(self->session, self->model, self->data.data, y, any_c ? self->c : NULL, m,
                                              options, self->x));
    cama_options_free(options);
    free(m);
    free(y);
    return done;
}

static void put_rows(const asking *self, FILE *out)
{
    sheet all = sheet_of(self, out);
    sheet_begin(&all);
    for (int64_t i = 0; i < self->n; i++) {
        answer one = {.class_name = class_of(self, i), .x = self->x + i * self->width};
        went(cama_dataset_rows(self->data.data, i, 1, &one.row, NULL, NULL));
        sheet_add(&all, &one);
    }
    sheet_end(&all);
}

/* ---- Means ------------------------------------------------------------------------------------------------------- */

/* In place: the first row becomes the mean of all. */
static void average(asking *self)
{
    for (int32_t i = 0; i < self->width; i++) {
        double sum = 0;
        for (int64_t row = 0; row < self->n; row++) sum += (double)self->x[row * self->width + i];
        self->x[i] = (float)(sum / (double)self->n);
    }
}

static int ask_mean(asking *self, const int32_t *y)
{
    cama_options *options = settings_make(self->args, "generate", NULL);
    const int done = went(cama_generate(self->session, self->model, self->n, y, self->c, NULL, NULL, options, self->x));
    cama_options_free(options);
    if (done) average(self);
    return done;
}

static int put_mean(asking *self, FILE *out)
{
    int32_t *y = room((size_t)self->n, sizeof *y);
    for (int64_t i = 0; i < self->n; i++) {
        y[i] = self->wanted.y >= 0 ? self->wanted.y : self->y[i];
        if (y[i] < 0)
            fail("%s: expected labels, or do() of the target, for --mean, got a row without", self->data.path);
    }
    const int done = ask_mean(self, y);
    free(y);
    if (!done) return 0;
    sheet all = sheet_of(self, out);
    sheet_begin(&all);
    sheet_add(&all,
              &(answer){.class_name = self->wanted.y >= 0 ? self->names.items[self->wanted.y] : "", .x = self->x});
    sheet_end(&all);
    return 1;
}

/* The lowest, the mean and the highest number of a column of c. */
static void levels_of(const asking *self, int32_t place, double levels[LEVELS])
{
    double sum = 0;
    levels[0] = INFINITY;
    levels[2] = -INFINITY;
    for (int64_t i = 0; i < self->n; i++) {
        const double value = (double)self->c[i * self->wanted.width + place];
        levels[0] = fmin(levels[0], value);
        levels[2] = fmax(levels[2], value);
        sum += value;
    }
    levels[1] = sum / (double)self->n;
}

static int put_sweep(asking *self, FILE *out)
{
    double levels[LEVELS], offset = 0;
    int done = 1;
    const int32_t place = intervention_place(self->model, self->args->sweep, &offset);
    int32_t *y = room((size_t)self->n, sizeof *y);
    levels_of(self, place, levels);
    sheet all = sheet_of(self, out);
    sheet_begin(&all);
    for (size_t k = 0; done && k < self->names.count; k++)
        for (int level = 0; done && level < LEVELS; level++) {
            if (self->wanted.y >= 0 && (size_t)self->wanted.y != k) continue;
            for (int64_t i = 0; i < self->n; i++) {
                y[i] = (int32_t)k;
                self->c[i * self->wanted.width + place] = (float)levels[level];
            }
            done = ask_mean(self, y);
            if (!done) break;
            sheet_add(&all, &(answer){0, self->names.items[k], levels[level] + offset, offset, self->x});
        }
    sheet_end(&all);
    free(y);
    return done;
}

/* ---- The run ----------------------------------------------------------------------------------------------------- */

static int answer_table(asking *self, FILE *out)
{
    if (self->args->sweep != NULL) return put_sweep(self, out);
    if (self->args->mean) return put_mean(self, out);
    if (!ask_rows(self)) return 0;
    put_rows(self, out);
    return 1;
}

static int ask(asking *self)
{
    output *out = self->schema != NULL ? output_open(self->args->output) : NULL;
    pictures *images = self->schema == NULL ? pictures_open(self->args->output) : NULL;
    self->session = run_open(self->args);
    const int done = self->schema != NULL ? answer_table(self, output_file(out)) : ask_rows(self);
    run_close(self->session);
    if (!done) {
        output_drop(out);
        pictures_drop(images);
    } else if (images != NULL) {
        pictures_write(images, &self->data, self->x, self->labelled == self->n ? self->y : NULL, &self->names);
    } else {
        output_commit(out);
    }
    return done;
}

int run_do(const arguments *args)
{
    asking self = {.args = args};
    const int over_rows = args->mean || args->sweep != NULL;
    settings_check(args, verbs);
    cama_model *model = saved_load(args->operands.items[0]);
    self.model = model;
    self.schema = cama_model_schema(model);
    if (over_rows && self.schema == NULL) usage("--mean and --sweep are for tables");
    if (self.schema == NULL && args->output == NULL) usage("do: expected -o PLACE, a folder of PNG or FILE.npy");
    names_of(model, &self.names);
    intervention_read(args, model, &self.names, &self.wanted);
    if (self.wanted.set == 0 && args->sweep == NULL)
        usage("do: expected NAME=VALUE behind the data, or --sweep COLUMN");
    input_read(&(request){args, args->operands.items[1], args->labels, LABELS_WANTED, model, over_rows}, &self.data);
    if (!args->quiet && !args->json) told_input(stderr, &self.data);
    prepare(&self);
    const int done = ask(&self);
    free(self.x);
    free(self.c);
    free(self.y);
    free(self.offsets);
    intervention_free(&self.wanted);
    texts_free(&self.names);
    input_free(&self.data);
    cama_model_free(model);
    return done ? ENDED_WELL : run_ended_early(NULL);
}
