/* robustness - the program's parts: manipulations of datasets, networks trained for comparison, models under test,
 * what is measured, and its table. */
#ifndef CAMA_ROBUSTNESS_H
#define CAMA_ROBUSTNESS_H

#include <cama/cama.h>

#include "common/args.h"
#include "common/harness.h"
#include "corrupt.h"

enum { NAME = 64, MODELS_MOST = 16, SEEDS_MOST = 8, UNLABELLED_MOST = 4 };

/* ---- Manipulations of datasets (robustness_data.c) --------------------------------------------------------------- */

enum group { GROUP_CLEAN, GROUP_SHIFT, GROUP_GEOMETRY, GROUP_PHOTOMETRIC, GROUP_OTHER, GROUP_MIXTURE };

typedef struct {
    char name[NAME]; /* "vertical.2" */
    const char *strength;
    enum group group;
    const corrupt_kind *kind; /* NULL: clean, a shift by the library, or the mixture */
    const char *direction;    /* of a shift */
    double range;
} manipulation;

/* All of them: clean, shifts, those of corrupt.h, the mixture. The array is static. */
const manipulation *manipulations(int *count);
const manipulation *manipulation_named(const char *name);

/* A manipulated copy; the caller's. */
cama_dataset *manipulated(const cama_dataset *dataset, const manipulation *how, uint64_t seed);
int64_t count_of(const cama_dataset *dataset);
cama_dataset *first_of(const cama_dataset *dataset, int64_t count); /* all where there are fewer */
/* Rows picked by their places; rows of several datasets below each other. */
cama_dataset *picked(const cama_dataset *dataset, const int64_t *places, int64_t count);
cama_dataset *joined(cama_dataset *const *parts, int count);

/* A contact sheet of all manipulations (robustness_sheet.c). */
void write_sheet(const cama_dataset *test, const char *path);

/* ---- Networks to compare with (robustness_cnn.c) ----------------------------------------------------------------- */

typedef struct {
    const char *cache; /* folder of trained networks */
    int may_train;     /* 0: only what the cache has */
    int64_t clean_epochs, epochs;
    cama_session *session;
    progress *bar;
    const cama_dataset *train;
} cnn_shop;

/* The preset mnist-cnn: trained on clean images (how NULL) for clean_epochs, or gone on from that one with labels on
 * `epochs` fresh draws of a manipulation, each image of each draw seen once. NULL where it may not be trained. */
cama_model *cnn_of(const cnn_shop *shop, const manipulation *how, int64_t seed);

/* ---- Models under test (robustness_cama.c) ----------------------------------------------------------------------- */

/* How a class is read. */
enum reading {
    READ_ALONE,  /* the model's p(y|x) */
    READ_WITH,   /* and a reader's, which reads x with the view undone */
    READ_UNDONE, /* the reader's alone, of x with the view undone */
    READINGS
};

extern const char *const reading_names[READINGS]; /* "", "+reader", ">reader": behind a model's name */

/* reads[i] = 1 where reading i is in a list such as "alone,undone"; gives up on another word. */
void choose_readings(const char *list, int reads[READINGS]);

typedef struct {
    char name[NAME];
    const char *path;
    int64_t seed; /* -1: for every seed */
} model_file;

typedef struct {
    cama_session *session;
    progress *bar;
    const args_texts *sets; /* [MODEL:]VERB.KEY=VALUE */
    const char *model;      /* name of the model that is now used, for these */
    int64_t seed;
} cama_user;

/* "NAME=FILE" or "NAME@SEED=FILE". */
model_file model_file_of(const char *text);

/* Tries every text of sets once, before anything takes time. */
void check_sets(const cama_user *user);

/* probabilities (n, classes). Returns 0 where the model cannot do it. */
int read_classes(const cama_user *user, const cama_model *model, const cama_model *reader, enum reading how,
                 const cama_dataset *dataset, float *probabilities);

typedef struct {
    double seconds;
    int rolled_back;
} tuning;

/* A copy adapted to images whose labels are taken off; the caller's. */
cama_model *adapted_to(const cama_user *user, const cama_model *model, const cama_dataset *clean,
                       const cama_dataset *images, tuning *how);

/* ---- What is measured (robustness_cases.c) ----------------------------------------------------------------------- */

enum few { FEW_NOT, FEW_ONE_CLASS, FEW_THREE_CLASSES, FEW_EIGHT_IMAGES, FEW_ONE_IMAGE };

typedef struct {
    char name[NAME];
    const char *group;        /* for --only */
    const manipulation *test; /* of the images that are classified */
    const manipulation *tune; /* of those that are fine-tuned on */
    enum few few;             /* which images these are */
    int repeats;
} test_case;

/* All of them; the array is static. */
const test_case *test_cases(int *count);
/* By a name, a group or "all", in a list with commas; gives up on a word that chooses nothing. */
int is_chosen(const test_case *which, const char *list);
void check_chosen(const char *list);
/* Places of the images that repetition r fine-tunes on, at most count; returns how many. */
int64_t choose_few(const test_case *which, const cama_dataset *test, int repeat, int64_t count, int64_t *places);

/* ---- Results (robustness_table.c) -------------------------------------------------------------------------------- */

/* One row. Numbers that are not known are NaN. Of repetitions: means, and the worst. */
typedef struct {
    const test_case *which;
    char method[2 * NAME];                                  /* "cnn", "oracle", or a model and how it is read */
    int64_t seed, unlabelled, repeats, rolled_back, images; /* unlabelled 0: as trained */
    double accuracy, unseen, own, worst; /* test images; those not fine-tuned on; those that were; worst repetition */
    double clean, clean_worst;           /* clean test images afterwards */
    double floor, oracle, seconds;
} result;

typedef struct {
    result *rows;
    int count, room;
} results;

double share_closed(const result *row); /* (accuracy - floor) / (oracle - floor) */
void print_head(void);
void keep_and_print(results *all, const result *row);
void print_means(const results *all); /* over the photometric cases, and the smallest shares of a gap */

typedef struct {
    const char *data;
    int64_t train_images, test_images;
    const model_file *models;
    int model_count;
} circumstances;
void write_json(const char *path, const circumstances *about, const results *all);

/* ---- One case, one seed (robustness_run.c) ----------------------------------------------------------------------- */

typedef struct {
    cama_user user;
    cnn_shop shop;
    const cama_dataset *train, *test, *few_test; /* few_test: the first of test, for cases with repetitions */
    const model_file *models;
    int model_count;
    const char *reader_path; /* NULL: the network trained on clean images */
    int64_t repeats;         /* at most, where fine-tuning is repeated */
    int reads[READINGS];     /* which ways of reading are measured */
    double unlabelled[UNLABELLED_MOST];
    int unlabelled_count;
    results all;
} bench;

/* What a seed needs: its networks and models, and what they do with clean images. */
typedef struct {
    int64_t seed;
    cama_model *cnn, *reader;
    cama_model *models[MODELS_MOST];            /* NULL: not of this seed */
    double clean[2][MODELS_MOST + 1][READINGS]; /* [few][model], the last is cnn; negative: not yet */
} seed_state;

seed_state seed_begin(const bench *self, int64_t seed);
void seed_end(seed_state *state);
void run_case(bench *self, seed_state *state, const test_case *which);

#endif
