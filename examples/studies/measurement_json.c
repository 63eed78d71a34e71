/* measurement_json - measurement.json: settings, seconds, and of every study the mean and spread over its seeds. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "writers/json.h"
#include "measurement.h"

const study *find_study(const lab *self, const char *key)
{
    for (int i = 0; i < self->count; i++)
        if (strcmp(self->studies[i].key, key) == 0) return &self->studies[i];
    return NULL;
}

/* ---- Settings ---------------------------------------------------------------------------------------------------- */

static void json_recipe(json *out, int which)
{
    json_open(out, recipes[which].name, '{');
    json_text(out, "preset", recipes[which].preset);
    for (int part = 0; part < 2 && recipes[which].parts[part] != NULL; part++)
        for (const setting *each = recipes[which].parts[part]; each->key != NULL; each++)
            json_text(out, each->key, each->value);
    json_close(out, '}');
}

static void json_settings(json *out, const lab *self)
{
    const settings *set = &self->set;
    json_open(out, "settings", '{');
    json_text(out, "part", set->part);
    json_int(out, "seed", set->seed);
    json_int(out, "seeds", set->seeds);
    json_int(out, "synthetic_seeds", set->synthetic_seeds);
    json_int(out, "threads", session_threads(set->threads));
    if (set->epochs > 0) json_int(out, "epochs", set->epochs);
    json_open(out, "set", '[');
    for (int i = 0; i < set->sets.count; i++) json_text(out, NULL, set->sets.items[i]);
    json_close(out, ']');
    json_open(out, "recipes", '{');
    for (int which = 0; which < RECIPES; which++) json_recipe(out, which);
    json_close(out, '}');
    json_close(out, '}');
}

/* ---- Results ----------------------------------------------------------------------------------------------------- */

static void json_columns(json *out, const study *work, const condition *row, int spread)
{
    for (int i = 0; i < column_count; i++) {
        if (!column_shown(work, &columns[i]) || (row == NULL && treatments[columns[i].treatment].rows != 0)) continue;
        const summary value = column_of(work, row, &columns[i]);
        json_real(out, columns[i].key, spread ? value.spread : value.mean);
    }
}

/* "dnn_clean", "cama_clean", ...: what the models that are not fine-tuned reach on the clean test rows. */
static void json_clean(json *out, const study *work)
{
    char key[64];
    for (int i = 0; i < column_count; i++) {
        if (!column_shown(work, &columns[i]) || treatments[columns[i].treatment].rows != 0) continue;
        snprintf(key, sizeof key, "%s_clean", columns[i].key);
        json_real(out, key, column_of(work, NULL, &columns[i]).mean);
    }
}

static int rolled_back(const study *work, const condition *row)
{
    int count = 0;
    for (int s = 0; s < work->seeds; s++) count += row->by[TUNED][s].rolled_back;
    return count;
}

static void json_condition(json *out, const study *work, const condition *row, int is_shift)
{
    json_open(out, NULL, '{');
    json_text(out, "name", row->name);
    if (is_shift) json_text(out, "test", row->group == UNSHIFTED ? "unshifted" : synthetic_axis(row->group)->key);
    if (is_shift) json_real(out, "at", row->at);
    json_columns(out, work, row, 0);
    json_clean(out, work);
    json_real(out, "finetune_seconds", row->by[TUNED][0].seconds);
    json_int(out, "rolled_back", rolled_back(work, row));
    if (work->seeds > 1) {
        json_open(out, "spread", '{');
        json_columns(out, work, row, 1);
        json_close(out, '}');
    }
    json_close(out, '}');
}

static void json_seconds(json *out, const study *work)
{
    json_open(out, "train_seconds", '{');
    for (int which = 0; which < RECIPES; which++)
        if (work->train_seconds[which][0] > 0) json_real(out, recipes[which].name, work->train_seconds[which][0]);
    json_close(out, '}');
}

static void json_study(json *out, const study *work, const char *rows_key, int is_shift)
{
    json_text(out, "title", work->title);
    json_int(out, "train_rows", work->train_rows);
    json_int(out, "clean_rows", work->clean_rows);
    json_int(out, "seeds", work->seeds);
    json_roles(out, cama_dataset_schema(work->train));
    json_seconds(out, work);
    json_open(out, "clean", '{');
    json_columns(out, work, NULL, 0);
    json_close(out, '}');
    json_open(out, rows_key, '[');
    for (int i = 0; i < work->count; i++) json_condition(out, work, &work->conditions[i], is_shift);
    json_close(out, ']');
}

/* The measured table's interventions stand at the top, where whoever compares files looks for them. */
static void json_interventions(json *out, const study *work)
{
    json_open(out, "interventions", '[');
    for (int i = 0; work != NULL && i < work->count; i++) json_condition(out, work, &work->conditions[i], 0);
    json_close(out, ']');
}

void write_json(const lab *self)
{
    const char *path = in_folder(self->set.out, "measurement.json");
    const study *measured = find_study(self, "chamber");
    json out = {.file = fopen(path, "w")};
    if (out.file == NULL) give_up(path, strerror(errno));
    json_open(&out, NULL, '{');
    json_text(&out, "library", cama_version_string());
    json_text(&out, "build", cama_build_info());
    json_real(&out, "seconds", self->seconds);
    json_settings(&out, self);
    json_interventions(&out, measured);
    json_open(&out, "studies", '{');
    for (int i = 0; i < self->count; i++) {
        const study *work = &self->studies[i];
        json_open(&out, work->key, '{');
        json_study(&out, work, work == measured ? "interventions" : "conditions", work != measured);
        json_close(&out, '}');
    }
    json_close(&out, '}');
    json_close(&out, '}');
    const int failed = ferror(out.file);
    if (fclose(out.file) != 0 || failed) give_up(path, strerror(errno));
    printf("results: %s\n", path);
}
