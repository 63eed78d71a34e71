/* measurement_study - one study: for every seed, train the models on clean rows, then, for every condition, score them
 * as they are and fine-tuned on its unlabelled rows. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/accuracy.h"
#include "common/tune.h"
#include "measurement.h"

const treatment treatments[TREATMENTS] = {
    [DNN] = {RECIPE_DNN, 0, 0, 0},
    [CAMA] = {RECIPE_CAMA, 0, CAMA_READ, 0},
    [CAMA_M0] = {RECIPE_M0, 0, 0, 0},
    [TUNED] = {RECIPE_CAMA, ALL_ROWS, TUNED_READ, 0},
    [TUNED_100] = {RECIPE_CAMA, 100, 0, 0},
    [TUNED_10] = {RECIPE_CAMA, 10, 0, 0},
    [PAPER] = {RECIPE_PAPER, 0, 0, 0},
    [PAPER_TUNED] = {RECIPE_PAPER, ALL_ROWS, 0, 0},
    [LOGISTIC] = {RECIPE_LOGISTIC, 0, 0, 0},
    [CAMA_READ] = {RECIPE_CAMA, 0, 0, 1},
    [TUNED_READ] = {RECIPE_CAMA, ALL_ROWS, 0, 1},
};

/* ---- Making a study ---------------------------------------------------------------------------------------------- */

static void forget(outcome by[TREATMENTS][MOST_SEEDS])
{
    for (int t = 0; t < TREATMENTS; t++)
        for (int s = 0; s < MOST_SEEDS; s++) by[t][s] = (outcome){NAN, NAN, NAN, 0};
}

study *study_begin(lab *self, const char *key, const char *title, uint32_t made, int64_t seeds)
{
    if (self->count == MOST_STUDIES) give_up(title, "too many studies");
    study *work = &self->studies[self->count++];
    *work = (study){.key = key, .title = title, .treatments = made, .seeds = (int)seeds};
    work->conditions = malloc(MOST_CONDITIONS * sizeof *work->conditions);
    if (work->conditions == NULL) give_up(title, "no memory");
    forget(work->clean_by);
    return work;
}

condition *study_add(study *work, const char *name, int group, double at)
{
    if (work->count == MOST_CONDITIONS) give_up(name, "too many conditions, 128 at most");
    condition *row = &work->conditions[work->count++];
    *row = (condition){.group = group, .at = at};
    snprintf(row->name, sizeof row->name, "%s", name);
    forget(row->by);
    return row;
}

void study_free(study *work)
{
    for (int i = 0; i < work->count; i++) {
        cama_dataset_free(work->conditions[i].adapt);
        cama_dataset_free(work->conditions[i].score);
    }
    cama_dataset_free(work->train);
    cama_dataset_free(work->clean);
    cama_model_free(work->kept);
    free(work->conditions);
}

/* ---- Training ---------------------------------------------------------------------------------------------------- */

/* p(y) follows the labels where y has no parents. */
static void learn_prior(cama_model *model, const cama_dataset *train)
{
    int64_t parents = 0, discriminative = 0;
    went(cama_model_get_int(model, "a", &parents));
    went(cama_model_get_int(model, "discriminative", &discriminative));
    if (parents == 0 && !discriminative) went(cama_model_set_prior(model, train));
}

static cama_model *new_model(const lab *self, const study *work, int which, int64_t seed)
{
    cama_model *model = NULL;
    cama_options *options = recipe_options(self, which, "model", seed);
    went(cama_model_create_for(recipes[which].preset, cama_dataset_schema(work->train), options, &model));
    cama_options_free(options);
    learn_prior(model, work->train);
    return model;
}

static int train(lab *self, const study *work, int which, int64_t seed, cama_model *model, double *seconds)
{
    cama_optimizer *optimizer = NULL;
    cama_report *report = NULL;
    int64_t epochs = 0, count = 0;
    double last = 0;
    cama_options *options = recipe_options(self, which, "optimizer", seed);
    went(cama_optimizer_create(model, options, &optimizer));
    cama_options_free(options);
    options = recipe_options(self, which, "train", seed);
    went(cama_options_get_int(options, "epochs", &epochs));
    progress_begin(&self->bar, recipes[which].name, epochs, (double)epochs * (double)work->train_rows);
    const int done = went(cama_train(self->session, optimizer, work->train, NULL, options, &report));
    progress_end(&self->bar);
    if (done) {
        went(cama_report_count(report, "objective", &count));
        went(cama_report_get(report, "objective", count - 1, &last));
        went(cama_report_get(report, "seconds", 0, seconds));
        if (!self->quiet)
            fprintf(stderr, "%s, seed %lld: %s trained in %.1f s, objective %.3f\n", work->key, (long long)seed,
                    recipes[which].name, *seconds, last);
    }
    cama_report_free(report);
    cama_options_free(options);
    cama_optimizer_free(optimizer);
    return done;
}

static int is_trained(const study *work, int which)
{
    for (int t = 0; t < TREATMENTS; t++)
        if ((work->treatments & TREATMENT(t)) && treatments[t].recipe == which) return 1;
    return 0;
}

static int train_models(lab *self, study *work, int s, cama_model *models[RECIPES])
{
    const int64_t seed = self->set.seed + s;
    for (int which = 0; which < RECIPES; which++) {
        if (!is_trained(work, which)) continue;
        models[which] = new_model(self, work, which, seed);
        if (!train(self, work, which, seed, models[which], &work->train_seconds[which][s])) return 0;
    }
    return 1;
}

/* ---- Scoring and fine-tuning ------------------------------------------------------------------------------------- */

typedef struct {
    int recipe;
    int64_t seed;
    const cama_model *model, *reader; /* reader NULL: none */
    const char *label;
} scored;

static int score(lab *self, const scored *of, const cama_dataset *rows, double *accuracy)
{
    if (rows == NULL) return 1;
    cama_options *options = recipe_options(self, of->recipe, "predict", of->seed);
    progress_begin(&self->bar, of->label, 0, (double)rows_count(rows));
    const int done = accuracy_measure_read(self->session, of->model, of->reader, rows, options, accuracy);
    progress_end(&self->bar);
    cama_options_free(options);
    return done;
}

/* A copy of the model, adapted to the first rows of the condition, all of them at most. */
static int adapt(lab *self, const study *work, const condition *row, const treatment *how, int64_t seed,
                 const cama_model *source, cama_model **adapted, outcome *result)
{
    const int64_t n = rows_count(row->adapt), used = how->rows < n ? how->rows : n;
    cama_dataset *rows = NULL;
    tuned run = {0};
    rows_slice(row->adapt, 0, used, &rows);
    cama_options *options = recipe_options(self, how->recipe, "finetune", seed);
    progress_begin(&self->bar, row->name, 0, 0);
    const int done = tune(&self->bar, self->session, source, work->train, rows, options, adapted, &run);
    result->seconds = run.seconds;
    result->rolled_back = run.rolled_back;
    cama_options_free(options);
    cama_dataset_free(rows);
    return done;
}

/* Of the treatments that are read; number 0, which stands for none, is not. */
static int is_read(const study *work, int t) { return t != 0 && (work->treatments & TREATMENT(t)); }

static int treat(lab *self, const study *work, condition *row, int t, int s, cama_model *const models[RECIPES])
{
    const treatment *how = &treatments[t];
    const int64_t seed = self->set.seed + s;
    const cama_model *source = models[how->recipe];
    outcome *result = &row->by[t][s], *read = &row->by[how->read][s];
    const int is_tuned = how->rows != 0, has_reader = is_read(work, how->read);
    cama_model *adapted = NULL;
    if (is_tuned && row->adapt == NULL) return 1; /* nothing to learn from */
    if (is_tuned && !adapt(self, work, row, how, seed, source, &adapted, result)) return 0;
    const scored alone = {how->recipe, seed, is_tuned ? adapted : source, NULL, row->name},
                 both = {how->recipe, seed, alone.model, models[RECIPE_LOGISTIC], row->name};
    int done = score(self, &alone, row->score, &result->accuracy) &&
               (!is_tuned || score(self, &alone, work->clean, &result->clean));
    if (has_reader) {
        read->seconds = result->seconds;
        read->rolled_back = result->rolled_back;
        done = done && score(self, &both, row->score, &read->accuracy) &&
               (!is_tuned || score(self, &both, work->clean, &read->clean));
    }
    cama_model_free(adapted);
    return done;
}

static int run_condition(lab *self, const study *work, condition *row, int s, cama_model *const models[RECIPES])
{
    for (int t = 0; t < TREATMENTS; t++)
        if ((work->treatments & TREATMENT(t)) && !treatments[t].is_read && !treat(self, work, row, t, s, models))
            return 0;
    if (self->quiet) return 1;
    fprintf(stderr, "%s, seed %lld: %s", work->key, (long long)(self->set.seed + s), row->name);
    for (int t = DNN; t <= TUNED; t++)
        if (isfinite(row->by[t][s].accuracy)) {
            static const char *const words[] = {[DNN] = "dnn", [CAMA] = "cama", [CAMA_M0] = "m = 0", [TUNED] = "tuned"};
            fprintf(stderr, "  %s %.3f", words[t], row->by[t][s].accuracy);
        }
    fputc('\n', stderr);
    return 1;
}

static int score_clean(lab *self, study *work, int s, cama_model *const models[RECIPES])
{
    for (int t = 0; t < TREATMENTS; t++) {
        const treatment *how = &treatments[t];
        if (how->rows != 0 || !(work->treatments & TREATMENT(t))) continue;
        const scored of = {how->recipe, self->set.seed + s, models[how->recipe],
                           how->is_read ? models[RECIPE_LOGISTIC] : NULL, "clean rows"};
        if (!score(self, &of, work->clean, &work->clean_by[t][s].accuracy)) return 0;
    }
    return 1;
}

int study_run(lab *self, study *work)
{
    int done = 1;
    work->train_rows = rows_count(work->train);
    work->clean_rows = rows_count(work->clean);
    for (int s = 0; done && s < work->seeds; s++) {
        cama_model *models[RECIPES] = {0};
        done = train_models(self, work, s, models);
        if (done && s == 0) went(cama_model_clone(models[RECIPE_CAMA], &work->kept));
        done = done && score_clean(self, work, s, models);
        for (int i = 0; done && i < work->count; i++) done = run_condition(self, work, &work->conditions[i], s, models);
        if (done && self->visitor != NULL) done = self->visitor(self, work, s, models);
        for (int which = 0; which < RECIPES; which++) cama_model_free(models[which]);
    }
    return done;
}
