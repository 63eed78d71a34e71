/* paper.h - what the parts of the study paper share: settings, rows of results, models, figures. */
#ifndef EXAMPLE_PAPER_H
#define EXAMPLE_PAPER_H

#include <stddef.h>

#include <cama/cama.h>

#include "common/folder.h"
#include "common/harness.h"
#include "common/images.h"
#include "common/progress.h"
#include "common/svg.h"

enum { MOST_RANGES = 12, MOST_MODELS = 96, MOST_PANELS = 4, MOST_CHECKS = 16, SHORT_TEXT = 24, CHECK_TEXT = 400 };

/* ---- The options, and how much of everything they ask for (paper_options.c, paper_sizes.c) ----------------------- */

typedef struct {
    int64_t seeds, seed, threads, quick; /* seeds 0: each figure's own number */
    const char *data, *cifar, *chamber, *figure, *out;
} paper_settings;

typedef struct {
    double at[MOST_RANGES];
    int count;
} ranges;

typedef struct {
    int64_t train, test, scored; /* images; 0: all. scored: the first test images, for all models */
    int64_t dnn_epochs, cnn_epochs,
        oracle_epochs;                    /* oracle: over fresh draws of the shift, from the clean network on */
    int64_t cama_epochs, simulate_epochs; /* under do(m=0); of q(m|x) on simulated views */
    int64_t augment_epochs, augment_view_epochs, draws; /* with shifted images beside; draws of these */
    int64_t tune_steps, view_steps, unseen_steps;       /* unseen: views of which nothing is known beforehand */
    int64_t samples, view_draws;                        /* of a prediction */
    int64_t attacked, cifar_images, cifar_epochs;
    int64_t rows_epochs, rows; /* of measurement data; 0: each recipe's own, all */
    int64_t kinds;             /* of other manipulations; 0: all */
    int64_t stream_batch;      /* digits; steps on a batch, of the published form and of TENT: */
    int64_t stream_steps, stream_view_steps, stream_unseen_steps;
    int64_t stream_kinds, stream_each; /* manipulations one after the other; batches under each. 0: the figure's own */
    ranges tested, tuned, other;       /* shifts: scored; fine-tuned on and scored; fine-tuned on something else */
} paper_sizes;

paper_settings paper_read(int argc, char **argv);
paper_sizes paper_sizes_for(int quick, int64_t train_images);

/* ---- Rows (figure_rows.c) ---------------------------------------------------------------------------------------- */

/* What was tested: words of the columns of the CSV. variant NULL, or behind the figure's name: "7-alone". */
typedef struct {
    const char *model, *trained_on, *finetuned_on, *direction;
    double range;
    const char *variant;
} row_key;

typedef struct {
    char figure[2 * SHORT_TEXT], model[SHORT_TEXT], trained_on[SHORT_TEXT], finetuned_on[SHORT_TEXT];
    char direction[2 * SHORT_TEXT];
    double range, accuracy;
    int64_t seed;
} result_row;

typedef struct {
    result_row *items;
    int count, room;
} row_table;

typedef struct paper paper;
typedef struct figure figure;

/* Of the figure that runs and of its seed. has: whether an earlier run left the accuracy. figure_row keeps it and
 * replaces figure-NN.csv, so that a run that is stopped loses one row at most. */
int figure_has(const paper *self, row_key key);
void figure_row(paper *self, row_key key, double accuracy);

/* Takes the accuracy of a row of this seed from another one, where that is known: theirs, of the figure from. */
void figure_borrow(paper *self, const figure *from, row_key theirs, row_key key);

/* Mean over the seeds; NaN where there is none. spread (standard deviation) and count may be NULL. */
double rows_mean(const row_table *rows, const char *name, row_key key, double *spread, int *count);

void rows_read(row_table *rows, const char *path); /* nothing where there is no such file; gives up on another kind */
void rows_write(const row_table *rows, const char *path);
void rows_free(row_table *rows);

/* ---- Verdicts (verdict.c) ---------------------------------------------------------------------------------------- */

typedef struct {
    int holds; /* 1, 0, or -1: not measured */
    char text[CHECK_TEXT];
} check;

typedef struct {
    check checks[MOST_CHECKS];
    int count;
} verdict;

/* One thing that was to be seen, with its numbers. A NaN among the numbers that decide is "not measured":
 * verdict_atleast compares value - limit with 0. */
void verdict_atleast(verdict *self, double value, double limit, const char *format, ...);
void verdict_note(verdict *self, const char *format, ...); /* decides nothing */
extern const double by_chance; /* .02: models of a single seed on few hundred digits differ by as much */
const char *verdict_words(const verdict *self); /* "supported", "partly supported", .. */

/* ---- Figures ----------------------------------------------------------------------------------------------------- */

/* One line of a chart. The words "same" and "other" stand for the panel's direction and the other one. */
typedef struct {
    const char *label, *model, *trained_on, *finetuned_on, *variant;
} line;

/* CHART_LINES: over the ranges of a direction. CHART_SHARES: the same on a logarithmic axis, the model as trained at 0.
 * CHART_BARS: a group for each test of the figure, without a direction. CHART_STEPS: lines over these tests, one after
 * the other, which are called "1-clean", "2-vertical.3", .. */
typedef enum { CHART_LINES, CHART_SHARES, CHART_BARS, CHART_STEPS } chart_kind;

typedef struct {
    const char *title, *direction, *x_label;
    const line *lines;
    int line_count;
    chart_kind kind;
} chart;

struct figure {
    const char *key, *name; /* "07" in names of files; "7" in the column figure and for --figure */
    const char *title, *claim, *how;
    int64_t seeds;       /* unless --seeds says otherwise */
    const chart *charts; /* panels of figure-NN.svg; NULL: none */
    int chart_count;
    const char *picture;                       /* a PNG in --out, or NULL */
    const char *(*missing)(const paper *self); /* NULL: always there. Why it is skipped, or NULL */
    int (*run)(paper *self);                   /* with self->seed_now; 0: cancelled */
    void (*judge)(const row_table *rows, const char *name, verdict *out);
};

extern const figure *const paper_figures[];
extern const int paper_figure_count;

extern const figure figure_01, figure_07, figure_08, figure_09, figure_10, figure_11, figure_12, figure_13, figure_14,
    figure_cifar, figure_beyond, figure_stream, figure_chamber;

/* ---- The run ----------------------------------------------------------------------------------------------------- */

typedef struct {
    char name[2 * SHORT_TEXT];
    double seconds;
} duration;

typedef struct {
    char name[128];
    int64_t seed;
    cama_model *model;
} kept_model;

struct paper {
    paper_settings set;
    paper_sizes sizes;
    progress bar;
    cama_session *session;
    cama_dataset *train, *test, *scored; /* opened when they are wanted */
    int64_t train_count, test_count;     /* also as an earlier run opened them; 0: none did */
    kept_model models[MOST_MODELS];
    int model_count;
    const figure *now; /* the figure that runs */
    int64_t seed_now;
    row_table *rows;        /* of each figure, in the order of paper_figures */
    duration durations[64]; /* of figures, over all runs */
    int duration_count;
    char label[96]; /* of the bar */
};

row_table *paper_rows(const paper *self, const figure *which);

/* paper_data.c */
void paper_open(paper *self);
void paper_shift(const paper *self, const cama_dataset *images, const char *direction, double range,
                 cama_dataset **out);
void paper_data_words(const paper *self, char *out, size_t room); /* what the digits are, without where */
void paper_corrupt(const paper *self, const cama_dataset *images, const char *kind, cama_dataset **out);
void paper_close(paper *self);

/* paper_models.c: models by what they are and what they were trained on, made when they are asked for, kept in memory
 * and as files. The model is the table's; NULL when it was cancelled. direction and range: of the oracle. */
const cama_model *paper_model(paper *self, const char *model, const char *trained_on, const char *direction,
                              double range);
typedef int train_model(paper *self, cama_model **out);
const cama_model *paper_model_by(paper *self, const char *name, train_model *make);

/* paper_train.c */
typedef struct {
    const char *label, *simulate; /* of "train"; NULL: off */
    const cama_dataset *manipulated;
    int64_t epochs;
} course;
int paper_train(paper *self, cama_model *model, const cama_dataset *images, course how);
cama_model *paper_fresh(const paper *self, const char *preset, int64_t m); /* m -1: the preset's */
void paper_draws(const paper *self, const char *direction, double range, int64_t draws, cama_dataset **out);

/* paper_score.c: accuracies and fine-tuned copies. Each returns 0 when it was cancelled. */
int paper_score(paper *self, const cama_model *model, const cama_dataset *images, double *accuracy);
int paper_score_read(paper *self, const cama_model *model, const cama_dataset *images, double *accuracy);
int paper_tune(paper *self, const cama_model *source, const cama_dataset *images, int64_t steps, cama_model **adapted);

/* Scores a model under a key, unless an earlier run did. read: with the clean CNN as its reader. */
int paper_point(paper *self, const cama_model *model, int read, const cama_dataset *images, row_key key);

/* paper_tuned.c: a copy fine-tuned on the first `count` test images (0: all) under a shift, or under both kinds of it,
 * and what it is tested on. */
typedef struct {
    const char *model, *trained_on, *finetuned_on; /* of paper_model; finetuned_on: a shift, or "both" */
    double range;
    int64_t count, steps;
    int read;
} tuned_copy;

typedef struct {
    row_key key;
    const char *direction; /* NULL: clean test images */
    double range;
} tuned_test;

int paper_tuned(paper *self, const tuned_copy *how, const tuned_test *tests, int count);

void paper_say(paper *self, const char *format, ...); /* what the bar shows next */

/* figure_synthetic.c, figure_attacked_rows.c: one run over the synthetic process gives the rows of Figures 12 to 14. */
int synthetic_run(paper *self);

/* paper_files.c: files that replace others whole. */
const char *beside(const char *path); /* where the new one is written; valid as in_folder's */
void replace(const char *path);       /* by what was written beside it */
void durations_read(paper *self);
void duration_add(paper *self, const char *name, double seconds);
double duration_of(const paper *self, const char *name);
double seconds_now(void);
void digits_read(paper *self); /* how many an earlier run opened */
void digits_write(const paper *self);
void settings_check(const paper *self); /* gives up where --out has results of other settings */

/* paper_chart.c, paper_json.c, report.c */
void paper_draw(const paper *self, const figure *which);
void paper_json(const paper *self, const figure *which);
void paper_report(const paper *self);

/* A figure's file: "figure-07.csv", in --out. Valid as in_folder's. */
const char *figure_path(const paper *self, const figure *which, const char *end);
int figure_chosen(const paper *self, const figure *which);

#endif
