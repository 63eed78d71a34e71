/* measurement.h - what the parts of the example measurement share: settings, recipes of models, studies. */
#ifndef EXAMPLE_MEASUREMENT_H
#define EXAMPLE_MEASUREMENT_H

#include <cama/cama.h>

#include "common/args.h"
#include "common/folder.h"
#include "common/harness.h"
#include "writers/json.h"
#include "common/progress.h"

enum { MOST_SEEDS = 16, MOST_CONDITIONS = 128, MOST_STUDIES = 8, NAME = 96 };

/* ---- Recipes: a preset and the options that differ from the library's defaults (measurement_recipes.c) ----------- */

enum { RECIPE_DNN, RECIPE_CAMA, RECIPE_M0, RECIPE_PAPER, RECIPE_LOGISTIC, RECIPES };

typedef struct {
    const char *key, *value; /* "train.epochs", "60" */
} setting;

typedef struct {
    const char *name, *preset;
    const setting *parts[2]; /* each ends with a NULL key; later ones win, and --set wins over them */
} recipe;

extern const recipe recipes[RECIPES];

/* ---- Treatments: what is done with the model of a recipe before it is scored (measurement_study.c) --------------- */

enum {
    DNN,
    CAMA,
    CAMA_M0,
    TUNED,
    TUNED_100,
    TUNED_10,
    PAPER,
    PAPER_TUNED,
    LOGISTIC,
    CAMA_READ,
    TUNED_READ,
    TREATMENTS
};

#define TREATMENT(which) (1u << (which))

typedef struct {
    int recipe;
    int64_t rows; /* unlabelled ones it is fine-tuned on; 0: it is not, ALL_ROWS: all there are */
    int read;     /* the treatment that is this one's model and the reader, RECIPE_LOGISTIC; 0: none */
    int is_read;  /* it is such a one: scored with the treatment whose model it is */
} treatment;

#define ALL_ROWS INT64_MAX

extern const treatment treatments[TREATMENTS];

/* ---- Studies: models trained on one set of clean rows, scored under conditions ----------------------------------- */

typedef struct {
    double accuracy; /* on rows of the condition that fine-tuning did not see; NaN: not known */
    double clean;    /* on the clean test rows, by the same model */
    double seconds;  /* of fine-tuning */
    int rolled_back; /* it went back to an earlier state */
} outcome;

typedef struct {
    char name[NAME];
    int group;           /* its test in the study */
    double at;           /* its place on the axis of a figure */
    cama_dataset *adapt; /* unlabelled rows for fine-tuning, or NULL; owned */
    cama_dataset *score; /* labelled rows, or NULL; owned */
    outcome by[TREATMENTS][MOST_SEEDS];
} condition;

typedef struct {
    const char *key, *title;
    uint32_t treatments; /* TREATMENT() of those that are made */
    int seeds;
    cama_dataset *train, *clean; /* owned */
    int64_t train_rows, clean_rows;
    int count; /* conditions */
    condition *conditions;
    outcome clean_by[TREATMENTS][MOST_SEEDS]; /* of models that are not fine-tuned: accuracy on the clean test rows */
    double train_seconds[RECIPES][MOST_SEEDS];
    cama_model *kept; /* RECIPE_CAMA of the first seed */
} study;

/* ---- Results as columns: what tables, CSV and JSON show of a condition (measurement_tables.c) -------------------- */

typedef struct {
    const char *key, *heading;
    int treatment;
    int of_clean; /* outcome.clean instead of outcome.accuracy */
    int table;    /* printed in the first table of a study, the second, or the third */
} column;

extern const column columns[];
extern const int column_count;

typedef struct {
    double mean, spread; /* over the seeds; spread: standard deviation, 0 of one seed */
} summary;

summary summarise(const outcome *outcomes, int seeds, int of_clean);
summary column_of(const study *work, const condition *row, const column *shown); /* row NULL: the clean test rows */
int column_shown(const study *work, const column *shown);

/* ---- The run ----------------------------------------------------------------------------------------------------- */

typedef struct {
    int64_t epochs, seeds, synthetic_seeds, seed, threads;
    const char *part, *data, *query, *out;
    args_texts sets;
} settings;

typedef struct lab lab;

/* Is shown the models of a study and of its s-th seed before they are freed; returns 0 when it was cancelled. */
typedef int visit(lab *self, const study *work, int s, cama_model *const models[RECIPES]);

struct lab {
    settings set;
    progress bar;
    cama_session *session;
    study *studies; /* (MOST_STUDIES) */
    int count;
    double seconds;
    int quiet;     /* tells its bar alone */
    int64_t rows;  /* at most, of each table; 0: all */
    uint32_t also; /* treatments that every synthetic study has beside its own */
    visit *visitor; /* NULL: none */
    void *user;     /* the visitor's */
};

/* measurement_recipes.c. Options of a verb for a recipe, with that seed where the verb has one; owned by the caller. */
cama_options *recipe_options(const lab *self, int which, const char *verb, int64_t seed);
void recipe_check_sets(const lab *self); /* gives up on a --set that cannot be */

/* measurement_study.c. Each returns 0 when it was cancelled. */
study *study_begin(lab *self, const char *key, const char *title, uint32_t made, int64_t seeds);
condition *study_add(study *work, const char *name, int group, double at);
int study_run(lab *self, study *work);
void study_free(study *work);

/* measurement_synthetic.c: Part 1. */
enum { SHIFT_TESTS = 4, UNSHIFTED = -1 };

typedef struct {
    const char *key, *title, *axis;
    double neutral; /* the place of no shift on the axis */
} shift_axis;

const shift_axis *synthetic_axis(int group);
int run_synthetic(lab *self);

/* measurement_chamber.c: Part 2. */
int run_chamber(lab *self);

/* measurement_rows.c: rows of a table. */
void rows_slice(const cama_dataset *from, int64_t first, int64_t count, cama_dataset **out);
int64_t rows_count(const cama_dataset *dataset);
int64_t rows_wanted(const lab *self, int64_t n); /* of n */
void rows_unlabelled(cama_dataset **dataset); /* in place */

/* measurement_roles.c: roles of the columns, printed and in the JSON. */
void print_roles(const cama_schema *schema);
void json_roles(json *out, const cama_schema *schema); /* nothing for NULL */

typedef struct {
    const char *name; /* of the co-parent that the queries move */
    int32_t place;    /* in c */
} moved_cause;

/* NULL, or why there are no queries. */
const char *choose_query(const settings *set, const cama_schema *schema, moved_cause *out);
void check_query(const settings *set, const cama_schema *schema); /* gives up on a --query that cannot be */

/* measurement_queries.c: what the model says under do(). */
int write_queries(lab *self, const study *work);

/* measurement_tables.c, measurement_json.c, measurement_figures.c: what is printed and left behind in --out. */
void print_study(const study *work);
void write_csv(const lab *self);
void write_json(const lab *self);
void write_figures(const lab *self);
const study *find_study(const lab *self, const char *key); /* NULL: none */

#endif
