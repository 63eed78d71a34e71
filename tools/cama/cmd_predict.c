/* cmd_predict - the class of every row, by the file's own row numbers and the classes' names. */
#include <stdio.h>
#include <stdlib.h>

#include "writers/csv.h"
#include "commands.h"
#include "fail.h"
#include "input.h"
#include "writers/json.h"
#include "names.h"
#include "output.h"
#include "run.h"
#include "saved.h"
#include "scores.h"
#include "settings.h"
#include "told.h"

static const char *const verbs[] = {"session", "csv", "predict", NULL};

static int64_t row_of(const input *data, int64_t i)
{
    int64_t row = 0;
    went(cama_dataset_rows(data->data, i, 1, &row, NULL, NULL));
    return row;
}

static void write_csv(FILE *out, const input *data, const texts *names, const scores *made)
{
    fputs(data->files.count > 0 ? "row,file,class,probability" : "row,class,probability", out);
    for (int32_t c = 0; c < made->classes; c++) {
        char *heading = text_of("p(%s)", names->items[c]);
        fputc(',', out);
        csv_text(out, heading);
        free(heading);
    }
    fputc('\n', out);
    for (int64_t i = 0; i < made->n; i++) {
        const int32_t best = scores_best(made, i);
        fprintf(out, "%lld,", (long long)row_of(data, i));
        if (data->files.count > 0) {
            csv_text(out, data->files.items[i]);
            fputc(',', out);
        }
        if (best >= 0) csv_text(out, names->items[best]);
        fputc(',', out);
        if (best >= 0) csv_number(out, made->p[i * made->classes + best], 6);
        for (int32_t c = 0; c < made->classes; c++) {
            fputc(',', out);
            csv_number(out, made->p[i * made->classes + c], 6);
        }
        fputc('\n', out);
    }
}

static void write_row(json *out, const input *data, const texts *names, const scores *made, int64_t i)
{
    const int32_t best = scores_best(made, i);
    json_open(out, NULL, '{');
    json_int(out, "row", row_of(data, i));
    if (data->files.count > 0) json_text(out, "file", data->files.items[i]);
    json_text(out, "class", best >= 0 ? names->items[best] : NULL);
    if (best >= 0) {
        json_open(out, "probabilities", '[');
        for (int32_t c = 0; c < made->classes; c++) json_real(out, NULL, made->p[i * made->classes + c]);
        json_close(out, ']');
    }
    json_close(out, '}');
}

static void write_json(FILE *file, const input *data, const texts *names, const scores *made)
{
    json out = {file, 0, 0};
    json_open(&out, NULL, '{');
    told_input_json(&out, "data", data);
    json_open(&out, "classes", '[');
    for (int32_t c = 0; c < made->classes; c++) json_text(&out, NULL, names->items[c]);
    json_close(&out, ']');
    json_open(&out, "rows", '[');
    for (int64_t i = 0; i < made->n; i++) write_row(&out, data, names, made, i);
    json_close(&out, ']');
    json_close(&out, '}');
}

int run_predict(const arguments *args)
{
    input data;
    texts names;
    scores made;
    settings_check(args, verbs);
    output *out = output_open(args->output);
    cama_model *model = saved_load(args->operands.items[0]);
    cama_model *reader = args->reader != NULL ? saved_load(args->reader) : NULL;
    input_read(&(request){args, args->operands.items[1], NULL, LABELS_NONE, model, 0}, &data);
    if (!args->quiet && !args->json) told_input(stderr, &data);
    names_of(model, &names);
    cama_session *session = run_open(args);
    const int done = scores_predict(args, session, model, reader, &data, &made);
    run_close(session);
    if (done) {
        if (args->json)
            write_json(output_file(out), &data, &names, &made);
        else
            write_csv(output_file(out), &data, &names, &made);
        output_commit(out);
    } else {
        output_drop(out);
    }
    scores_free(&made);
    texts_free(&names);
    input_free(&data);
    cama_model_free(reader);
    cama_model_free(model);
    return done ? ENDED_WELL : run_ended_early(NULL);
}
