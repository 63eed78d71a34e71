/* logw_grad - a model, a batch and the objective's gradients against central differences in a random direction: of
 * each network, of x and of c. What the tolerances are worth stands in logw_grad_test.c. */
#ifndef TESTS_SUPPORT_LOGW_GRAD_H
#define TESTS_SUPPORT_LOGW_GRAD_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "data/missing.h"
#include "logw/logw.h"
#include "mixed_schema.h"

typedef struct {
    const char *name;
    cama__spec spec;
    double tolerance;
    bool mixed;        /* with the schema of small numbers below, which fixes sizes of x, a and c */
    bool standardised; /* mean and scale that are not 0 and 1 */
    bool dropout, missing; /* missing: some cells of x are */
} grad_subject;

typedef struct {
    cama_model *model;
    cama__batch batch;
    cama__logw_options options;
    cama__arena arena;
    real *x, *a, *c, *m, *observed;
} grad_setup;

void grad_run(grad_setup *s, const cama__logw_sink *sink);

/* ---- Models ------------------------------------------------------------------------------------------------------ */

void grad_standardise(cama_model *model);

/* ---- Batches ----------------------------------------------------------------------------------------------------- */

enum { MOST = 64 };

grad_setup grad_prepare(const grad_subject *about, int64_t n);
void grad_finish(grad_setup *s);

/* ---- Differences ------------------------------------------------------------------------------------------------- */

/* Every head; m zero, given, inferred; several samples; a ragged batch over several groups and tiles. */
void grad_check_subject(const grad_subject *about);

/* ---- Tiles ------------------------------------------------------------------------------------------------------- */

/* No bit of value or gradient depends on the tiles. */
void grad_check_tiles(const grad_subject *about);

#endif
