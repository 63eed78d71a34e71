/* twin_model - a case of the fixtures as the library sees it: the model built from the case's texts with the parameters
 * that both sides agree on, its data, and the objectives of README.md as terms of the optimizer's loop. */
#ifndef CAMA_TWIN_MODEL_H
#define CAMA_TWIN_MODEL_H

#include "fixture.h"
#include "verbs/steps.h"
#include "verbs/verbs.h"

enum { TWIN_CASES = 10 };
extern const char *const twin_case_name[TWIN_CASES];

typedef struct {
    int32_t number; /* of the case */
    bool big;       /* mnist: large tensors stand in the fixture as summaries */
    bool table;     /* measurement data: the model comes from a schema */
    twin_file file;
    bool *compared; /* (records) */
    cama_session *session;
    cama_model *model;
    cama_dataset *clean, *manipulated, *attacked; /* attacked: clean itself in a table */
    int64_t n, size;                              /* examples; numbers in x */
    float *m0;                                    /* (M), NULL without m */
    uint64_t seed;
    double lambda, alpha, rate;
    int64_t *place;               /* places in theta of all tensors' elements in PyTorch's order, tensor after tensor */
    int64_t first[PARAM_MAX + 1]; /* where a tensor begins in place */
} twin;

void twin_open(twin *t, int32_t number);
void twin_close(twin *t);

/* For cmocka: a group's setup and teardown. */
extern twin twin_cases[TWIN_CASES];
int twin_open_all(void **state);
int twin_close_all(void **state);

/* Fails the test with the library's message unless status is CAMA_OK. */
void twin_ok(int32_t status);

/* The values of a record; fails the test unless it is there with that many numbers (count < 0: with any). */
const double *twin_values(const twin *t, const char *name, int64_t count);

/* A tensor of a block laid out like theta, in PyTorch's order. */
void twin_read(const twin *t, int32_t tensor, const real *block, double *values);

/* Options of a verb as used everywhere: the case's seed; noise = mean, or U draws of m and K of z. */
cama_options *twin_options(const twin *t, enum cama__verb verb, int32_t u, int32_t k, bool mean);
void twin_set_text(cama_options *options, const char *key, const char *value);
void twin_set_int(cama_options *options, const char *key, int64_t value);
void twin_set_real(cama_options *options, const char *key, double value);

/* ---- Objectives -------------------------------------------------------------------------------------------------- */

enum twin_data { TWIN_CLEAN, TWIN_MANIPULATED };
enum twin_m { TWIN_ZERO, TWIN_M0, TWIN_INFER };
enum twin_weight { TWIN_ONE, TWIN_LAMBDA, TWIN_ALPHA };

typedef struct {
    const char *name;
    enum twin_weight weight;     /* of the first term; the second has the rest */
    enum twin_m m[2];            /* of each term */
    enum cama__objective second; /* of the second term; the first is always an ELBO of the clean data */
    int32_t u, k;
    bool fine; /* p_m and q_m alone */
} twin_objective;

enum { TWIN_OBJECTIVES = 8 };
extern const twin_objective twin_objectives[TWIN_OBJECTIVES];

bool twin_has_objective(const twin *t, const twin_objective *o);
int32_t twin_steps(const twin *t, const twin_objective *o); /* of Adam in the fixture, or 0 */
uint32_t twin_nets(const twin_objective *o);                /* that are trained */

/* The optimizer's loop on a copy of the case's model, one step on all examples in order; Adam at the case's rate. */
typedef struct {
    cama_model *model;
    cama__steps steps;
} twin_run;
void twin_run_begin(const twin *t, const twin_objective *o, twin_run *run);
double twin_run_step(twin_run *run); /* the objective before the step */
void twin_run_end(twin_run *run);

#endif
