/* robustness_run - one case of one seed: floor and oracle, every model as trained, and copies of it that were
 * fine-tuned on so many images, each read in every way that it can be. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/accuracy.h"
#include "robustness.h"

/* The images of a case, and what the networks do with them. */
typedef struct {
    const test_case *which;
    const cama_dataset *clean; /* test images as they are */
    cama_dataset *test, *pool; /* manipulated; those that fine-tuning takes its images from */
    int32_t classes;
    double floor, oracle;
} scene;

/* ---- Accuracy ---------------------------------------------------------------------------------------------------- */

/* Share of rows [from, n) that are read right; NaN where there are none. */
static double share_right(const float *p, int32_t classes, const int32_t *labels, int64_t from, int64_t n)
{
    int64_t right = 0;
    for (int64_t i = from; i < n; i++) right += most_likely(p + i * classes, classes) == labels[i];
    return n > from ? (double)right / (double)(n - from) : NAN;
}

/* *unseen (NULL: not wanted) leaves out the first `seen` images. Returns 0 where the model cannot be read so. */
static int accuracy_of(const cama_user *user, const cama_model *model, const cama_model *reader, enum reading how,
                       const cama_dataset *dataset, int64_t seen, double *all, double *unseen)
{
    int32_t classes = 0;
    const int64_t n = count_of(dataset);
    went(cama_dataset_shape(dataset, NULL, NULL, NULL, NULL, &classes, NULL));
    float *p = malloc((size_t)n * (size_t)classes * sizeof *p);
    int32_t *labels = malloc((size_t)n * sizeof *labels);
    if (p == NULL || labels == NULL) give_up("predicting", "no memory");
    went(cama_dataset_read(dataset, 0, n, NULL, labels));
    const int done = read_classes(user, model, reader, how, dataset, p);
    if (done) *all = share_right(p, classes, labels, 0, n);
    if (done && unseen != NULL) *unseen = share_right(p, classes, labels, seen, n);
    free(labels);
    free(p);
    return done;
}

/* The same for clean images and a model as trained, once for all cases. Index m, MODELS_MOST: the network. */
static double clean_of(const cama_user *user, seed_state *state, int m, enum reading how, const scene *in)
{
    double *known = &state->clean[in->which->few != FEW_NOT][m][how];
    const cama_model *model = m == MODELS_MOST ? state->cnn : state->models[m];
    if (*known < 0 && !accuracy_of(user, model, state->reader, how, in->clean, 0, known, NULL)) *known = NAN;
    return *known;
}

/* ---- Seeds ------------------------------------------------------------------------------------------------------- */

seed_state seed_begin(const bench *self, int64_t seed)
{
    seed_state state = {.seed = seed};
    for (int few = 0; few < 2; few++)
        for (int m = 0; m <= MODELS_MOST; m++)
            for (int how = 0; how < READINGS; how++) state.clean[few][m][how] = -1;
    state.cnn = cnn_of(&self->shop, NULL, seed);
    if (state.cnn == NULL) give_up("--cache", "it has no network of this seed, and none may be trained");
    if (self->reader_path != NULL)
        went(cama_model_load(self->reader_path, &state.reader));
    else
        went(cama_model_clone(state.cnn, &state.reader));
    for (int m = 0; m < self->model_count; m++)
        if (self->models[m].seed < 0 || self->models[m].seed == seed)
            went(cama_model_load(self->models[m].path, &state.models[m]));
    return state;
}

void seed_end(seed_state *state)
{
    for (int m = 0; m < MODELS_MOST; m++) cama_model_free(state->models[m]);
    cama_model_free(state->reader);
    cama_model_free(state->cnn);
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static result row_of(const scene *in, const char *name, enum reading how, int64_t seed)
{
    result row = {.which = in->which,
                  .seed = seed,
                  .repeats = 1,
                  .images = count_of(in->test),
                  .unseen = NAN,
                  .own = NAN,
                  .worst = NAN,
                  .clean_worst = NAN,
                  .seconds = NAN,
                  .floor = in->floor,
                  .oracle = in->oracle};
    snprintf(row.method, sizeof row.method, "%s%s", name, reading_names[how]);
    return row;
}

/* Networks to compare with. Only geometry has an oracle; it is that of seed 0. */
static void run_networks(bench *self, seed_state *state, scene *in)
{
    const cama_user *user = &self->user;
    const enum group group = in->which->test->group;
    accuracy_of(user, state->cnn, NULL, READ_ALONE, in->test, 0, &in->floor, NULL);
    result row = row_of(in, "cnn", READ_ALONE, state->seed);
    row.accuracy = in->floor;
    row.clean = clean_of(user, state, MODELS_MOST, READ_ALONE, in);
    keep_and_print(&self->all, &row);
    if (group != GROUP_SHIFT && group != GROUP_GEOMETRY) return;
    cama_model *oracle = cnn_of(&self->shop, in->which->test, 0);
    if (oracle == NULL) return;
    accuracy_of(user, oracle, NULL, READ_ALONE, in->test, 0, &in->oracle, NULL);
    row = row_of(in, "oracle", READ_ALONE, state->seed);
    row.accuracy = in->oracle;
    accuracy_of(user, oracle, NULL, READ_ALONE, in->clean, 0, &row.clean, NULL);
    keep_and_print(&self->all, &row);
    cama_model_free(oracle);
}

/* How often a model is fine-tuned on other images of this case. */
static int repeats_of(const bench *self, const test_case *which)
{
    return which->repeats < self->repeats ? which->repeats : (int)self->repeats;
}

/* Images without labels for repetition r. */
static cama_dataset *images_to_tune_on(const scene *in, int repeat, int64_t count)
{
    const int64_t n = count_of(in->pool);
    if (count > n) count = n;
    int64_t *places = malloc((size_t)(count > 8 ? count : 8) * sizeof *places);
    if (places == NULL) give_up("images", "no memory");
    const int64_t found = choose_few(in->which, in->pool, repeat, count, places);
    if (found == 0) give_up(in->which->name, "the test images have no image of these classes; a larger --test-limit is needed");
    cama_dataset *images = picked(in->pool, places, found);
    free(places);
    return images;
}

static void run_as_trained(bench *self, seed_state *state, int m, enum reading how, const scene *in)
{
    const test_case *which = in->which;
    const cama_model *model = state->models[m];
    result row = row_of(in, self->models[m].name, how, state->seed);
    if (!accuracy_of(&self->user, model, state->reader, how, in->test, 0, &row.accuracy, NULL)) return;
    row.clean = clean_of(&self->user, state, m, how, in);
    double sum = 0;
    const int tuned = which->few != FEW_NOT && self->unlabelled_count > 0;
    for (int r = 0; tuned && r < repeats_of(self, which); r++) {
        double own = 0;
        cama_dataset *images = images_to_tune_on(in, r, (int64_t)self->unlabelled[0]);
        accuracy_of(&self->user, model, state->reader, how, images, 0, &own, NULL);
        row.own = (sum += own) / (r + 1);
        cama_dataset_free(images);
    }
    keep_and_print(&self->all, &row);
}

/* Adds one repetition to a row of means and worsts. */
static void add(result *row, double accuracy, double clean, double own, const tuning *how)
{
    const int first = row->repeats == 0;
    const double n = (double)++row->repeats;
    row->accuracy += (accuracy - row->accuracy) / n;
    row->clean += (clean - row->clean) / n;
    row->own = first ? own : row->own + (own - row->own) / n;
    row->worst = first ? accuracy : fmin(row->worst, accuracy);
    row->clean_worst = first ? clean : fmin(row->clean_worst, clean);
    row->seconds = first ? how->seconds : row->seconds + (how->seconds - row->seconds) / n;
    row->rolled_back += how->rolled_back;
}

/* One adapted copy, read in every way; rows whose method is empty cannot be read so. */
static void add_copy(bench *self, seed_state *state, const cama_model *adapted, const scene *in,
                     const cama_dataset *images, const tuning *how, result rows[READINGS])
{
    const int few = in->which->few != FEW_NOT;
    for (int reading = 0; reading < READINGS; reading++) {
        double accuracy = NAN, clean = NAN, own = NAN;
        result *row = &rows[reading];
        if (row->method[0] == '\0') continue;
        if (!accuracy_of(&self->user, adapted, state->reader, reading, in->test, count_of(images), &accuracy,
                         few ? NULL : &row->unseen) ||
            !accuracy_of(&self->user, adapted, state->reader, reading, in->clean, 0, &clean, NULL)) {
            row->method[0] = '\0';
            continue;
        }
        if (few) accuracy_of(&self->user, adapted, state->reader, reading, images, 0, &own, NULL);
        add(row, accuracy, clean, own, how);
    }
}

static void run_tuned(bench *self, seed_state *state, int m, int64_t count, const scene *in)
{
    result rows[READINGS];
    for (int reading = 0; reading < READINGS; reading++) {
        rows[reading] = row_of(in, self->models[m].name, reading, state->seed);
        rows[reading].repeats = 0;
        if (!self->reads[reading]) rows[reading].method[0] = '\0';
    }
    for (int r = 0; r < repeats_of(self, in->which); r++) {
        tuning how = {0};
        cama_dataset *images = images_to_tune_on(in, r, count);
        cama_model *adapted = adapted_to(&self->user, state->models[m], self->train, images, &how);
        for (int reading = 0; reading < READINGS; reading++) rows[reading].unlabelled = count_of(images);
        add_copy(self, state, adapted, in, images, &how, rows);
        cama_model_free(adapted);
        cama_dataset_free(images);
    }
    for (int reading = 0; reading < READINGS; reading++) {
        if (in->which->repeats == 1) rows[reading].worst = rows[reading].clean_worst = NAN;
        if (rows[reading].method[0] != '\0') keep_and_print(&self->all, &rows[reading]);
    }
}

void run_case(bench *self, seed_state *state, const test_case *which)
{
    const uint64_t draw = (uint64_t)state->seed;
    const int few = which->few != FEW_NOT;
    scene in = {.which = which, .clean = few ? self->few_test : self->test, .oracle = NAN};
    in.test = manipulated(in.clean, which->test, draw);
    in.pool = manipulated(self->test, which->tune, draw);
    self->user.seed = state->seed;
    self->user.model = "cnn";
    run_networks(self, state, &in);
    for (int m = 0; m < self->model_count; m++) {
        if (state->models[m] == NULL) continue;
        self->user.model = self->models[m].name;
        for (int reading = 0; reading < READINGS; reading++)
            if (self->reads[reading]) run_as_trained(self, state, m, reading, &in);
        for (int n = 0; n < (few && self->unlabelled_count > 1 ? 1 : self->unlabelled_count); n++)
            run_tuned(self, state, m, (int64_t)self->unlabelled[n], &in);
    }
    cama_dataset_free(in.pool);
    cama_dataset_free(in.test);
}
