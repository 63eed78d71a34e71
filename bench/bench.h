/* bench - what the parts of the bench share: a case is a name and how to open it; an opened case runs repetitions. */
#ifndef CAMA_BENCH_H
#define CAMA_BENCH_H

#include <cama/cama.h>
#include <stdbool.h>
#include <stdio.h>

#include "fma.h"
#include "ops.h"

typedef struct bench_run bench_run;
struct bench_run {
    const char *unit;              /* what is counted: "images" */
    double amount;                 /* units of one call of run */
    double operations;             /* useful operations of one call; 0: not counted */
    int64_t bytes;                 /* workspace */
    double (*run)(bench_run *run); /* one call: the seconds of what is measured */
    void (*close)(bench_run *run);
    void *state;
    int32_t calls; /* of run in a repetition, so that one is long enough for the clock */
};

typedef struct {
    const char *name;
    void (*open)(const char *name, int32_t threads, bench_run *run);
} bench_case;

/* A verb on random data: what the cases of verbs and the points of growth are made of. 0 or NULL: the usual. */
typedef struct {
    const char *preset; /* NULL: mnist */
    int32_t threads, classes;
    int64_t n, batch, k;
    bool joint; /* training with manipulated data beside */
} bench_recipe;
void bench_open_train(const bench_recipe *recipe, bench_run *run);
void bench_open_predict(const bench_recipe *recipe, bench_run *run);

/* Cases by file. The last entry of a list has a NULL name. */
extern const bench_case bench_verbs[], bench_parts[];
const bench_case *bench_layers(void);

/* Leaves with the library's message when a call failed. */
void bench_check(int32_t status);
void *bench_alloc(size_t count, size_t size);
int64_t bench_peak_rss(void); /* bytes, of this process so far */

/* Handles for cases; they leave when there are none. */
cama_session *bench_session(int32_t threads);
void bench_convolve_directly(void); /* from now on, in new sessions */
cama_model *bench_model(const char *preset, int32_t classes);
cama_dataset *bench_data(const cama_model *model, int64_t n); /* random, in [0,1], labelled */
cama_options *bench_options(const char *verb);

/* bench_plan.c: the algorithm of each layer of the preset mnist, in each pass. */
void bench_plan(void);

/* bench_growth.c: images per second and peak memory as batch, K, threads and classes grow. */
void bench_growth(double seconds, FILE *json);

/* What the process of the case startup does: load a model, predict one image, say so. Its exit code. */
int bench_startup_child(const char *path, int32_t threads);

/* Opens a case, warms it up, and decides calls. A repetition: its seconds. */
void bench_open(const bench_case *what, int32_t threads, bench_run *run);
void bench_warm(bench_run *run);
double bench_repeat(bench_run *run);
#endif
