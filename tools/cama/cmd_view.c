/* cmd_view - what was done to each image, as a model with views sees it, and the images with that undone. */
#include <stdio.h>
#include <stdlib.h>

#include "writers/csv.h"
#include "commands.h"
#include "fail.h"
#include "writers/json.h"
#include "names.h"
#include "pictures.h"
#include "run.h"
#include "saved.h"
#include "seen.h"
#include "settings.h"
#include "told.h"

static const char *const verbs[] = {"session", "view", NULL};

static int64_t row_of(const input *data, int64_t i)
{
    int64_t row = 0;
    went(cama_dataset_rows(data->data, i, 1, &row, NULL, NULL));
    return row;
}

/* CSV: a column for each number of a view, its unit in the heading, and how sure the model is of it. */
static void tell(const input *data, const seen *views)
{
    fputs(data->files.count > 0 ? "row,file" : "row", stdout);
    for (int32_t v = 0; v < views->count; v++) {
        const char *unit = NULL;
        const char *name = seen_name(v, &unit, NULL);
        char *heading = text_of("%s (%s)", name, unit), *spread = text_of("%s +-", name);
        putchar(',');
        csv_text(stdout, heading);
        putchar(',');
        csv_text(stdout, spread);
        free(spread);
        free(heading);
    }
    putchar('\n');
    for (int64_t i = 0; i < views->n; i++) {
        printf("%lld", (long long)row_of(data, i));
        if (data->files.count > 0) {
            putchar(',');
            csv_text(stdout, data->files.items[i]);
        }
        for (int32_t v = 0; v < views->count; v++) {
            putchar(',');
            csv_number(stdout, (double)views->mean[i * views->count + v], 4);
            putchar(',');
            csv_number(stdout, (double)views->deviation[i * views->count + v], 2);
        }
        putchar('\n');
    }
}

static void tell_json(const input *data, const seen *views)
{
    json out = {stdout, 0, 0};
    json_open(&out, NULL, '{');
    told_input_json(&out, "data", data);
    json_open(&out, "numbers", '[');
    for (int32_t v = 0; v < views->count; v++) {
        const char *unit = NULL;
        double none = 0;
        json_open(&out, NULL, '{');
        json_text(&out, "name", seen_name(v, &unit, &none));
        json_text(&out, "unit", unit);
        json_real(&out, "none", none);
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_open(&out, "rows", '[');
    for (int64_t i = 0; i < views->n; i++) {
        json_open(&out, NULL, '{');
        json_int(&out, "row", row_of(data, i));
        if (data->files.count > 0) json_text(&out, "file", data->files.items[i]);
        json_open(&out, "view", '[');
        for (int32_t v = 0; v < views->count; v++) json_real(&out, NULL, (double)views->mean[i * views->count + v]);
        json_close(&out, ']');
        json_open(&out, "deviation", '[');
        for (int32_t v = 0; v < views->count; v++)
            json_real(&out, NULL, (double)views->deviation[i * views->count + v]);
        json_close(&out, ']');
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_close(&out, '}');
}

/* 0 if it was stopped. */
static int restore(const arguments *args, cama_session *session, const cama_model *model, const input *data,
                   const texts *names, pictures *to)
{
    cama_dataset *restored = NULL;
    int64_t labelled = 0;
    cama_options *options = settings_make(args, "view", NULL);
    const int done = went(cama_see(session, model, data->data, options, &restored));
    if (done) {
        const int64_t n = input_rows(restored);
        float *x = room((size_t)n, (size_t)model_number(model, "x") * sizeof *x);
        int32_t *y = input_classes(data->data, &labelled);
        went(cama_dataset_read(restored, 0, n, x, NULL));
        pictures_write(to, data, x, y, names);
        free(y);
        free(x);
    }
    cama_dataset_free(restored);
    cama_options_free(options);
    return done;
}

int run_view(const arguments *args)
{
    input data;
    texts names;
    seen views;
    settings_check(args, verbs);
    cama_model *model = saved_load(args->operands.items[0]);
    if (!seen_is_possible(args->operands.items[0], model))
        fail("%s: expected a model with views whose q(m|x) was trained, got another (cama convert --views, then cama "
             "train "
             "--from it with --set simulate=alone, or cama adapt)",
             args->operands.items[0]);
    pictures *to = args->restored != NULL ? pictures_open(args->restored) : NULL;
    input_read(&(request){args, args->operands.items[1], args->labels, LABELS_WANTED, model, 0}, &data);
    if (!args->quiet && !args->json) told_input(stderr, &data);
    names_of(model, &names);
    cama_session *session = run_open(args);
    const int done = seen_find(args, session, model, &data, &views) &&
                     (to == NULL || restore(args, session, model, &data, &names, to));
    run_close(session);
    if (!done) {
        pictures_drop(to);
    } else if (args->json) {
        tell_json(&data, &views);
    } else {
        tell(&data, &views);
    }
    seen_free(&views);
    texts_free(&names);
    input_free(&data);
    cama_model_free(model);
    return done ? ENDED_WELL : run_ended_early(NULL);
}
