/* paper_json - figure-NN.json: what was claimed, how it was measured, the verdict and its numbers, and the rows. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "paper.h"
#include "writers/json.h"

static void json_rows(json *out, const row_table *rows)
{
    json_open(out, "rows", '[');
    for (int i = 0; i < rows->count; i++) {
        const result_row *one = &rows->items[i];
        json_open(out, NULL, '{');
        json_text(out, "figure", one->figure);
        json_text(out, "model", one->model);
        json_text(out, "trained_on", one->trained_on);
        json_text(out, "finetuned_on", one->finetuned_on);
        json_text(out, "test_direction", one->direction);
        json_real(out, "range", one->range);
        json_int(out, "seed", one->seed);
        json_real(out, "accuracy", one->accuracy);
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void json_verdict(json *out, const verdict *words)
{
    json_text(out, "verdict", verdict_words(words));
    json_open(out, "seen", '[');
    for (int i = 0; i < words->count; i++) {
        const int holds = words->checks[i].holds;
        json_open(out, NULL, '{');
        json_text(out, "holds", holds == 1 ? "yes" : holds == 0 ? "no" : holds < 0 ? "not measured" : "note");
        json_text(out, "what", words->checks[i].text);
        json_close(out, '}');
    }
    json_close(out, ']');
}

void paper_json(const paper *self, const figure *which)
{
    const char *path = figure_path(self, which, ".json");
    const row_table *rows = paper_rows(self, which);
    char data[128];
    verdict words = {.count = 0};
    FILE *file = fopen(beside(path), "w");
    if (file == NULL) give_up(path, strerror(errno));
    json out = {.file = file};
    which->judge(rows, which->name, &words);
    json_open(&out, NULL, '{');
    json_text(&out, "figure", which->name);
    json_text(&out, "title", which->title);
    json_text(&out, "claim", which->claim);
    json_text(&out, "how", which->how);
    paper_data_words(self, data, sizeof data);
    json_text(&out, "data", data);
    json_text(&out, "build", cama_build_info());
    json_real(&out, "seconds", duration_of(self, which->name));
    json_verdict(&out, &words);
    json_rows(&out, rows);
    json_close(&out, '}');
    const int failed = ferror(file);
    if (fclose(file) != 0 || failed) give_up(path, strerror(errno));
    replace(path);
}
