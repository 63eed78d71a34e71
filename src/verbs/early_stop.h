/* early_stop - early stopping of fine-tuning, with roll-back: it measures the clean objective on held-out examples and
 * the unlabelled one on test examples, keeps the best parameters, and restores them when adaptation does harm. */
#ifndef CAMA_VERBS_EARLY_STOP_H
#define CAMA_VERBS_EARLY_STOP_H

#include "evaluate.h"

/* Why a run ended: what a report says under "stopped". */
enum cama__stop { STOP_LAST_STEP, STOP_CLEAN_FELL, STOP_COLLAPSED };

typedef struct {
    double clean, test; /* means: ELBO(x,y) on held-out clean examples (NaN without), ELBO(x) on test examples */
    double *shares;     /* (C) of the predicted classes among the test examples */
} cama__measures;

typedef struct {
    cama_session *session;
    cama_model *model;
    const cama_dataset *clean, *test;
    double alpha, tolerance, min_classes;
    int64_t classes;
    double *values, *probabilities;
    cama__measures before, start, last; /* the source; the copy at its first step; now */
    double best;                        /* largest alpha clean + (1 - alpha) test so far */
    const cama_model *source;
    real *kept; /* theta of the best state */
    bool kept_is_start, rolled_back;
    enum cama__stop stopped;
    int64_t bad, patience; /* bad checks in a row, and how many end the run */
} cama__early_stop;

/* Clean examples [0, held_out) are for the monitor alone. */
int64_t cama__early_stop_held_out(int64_t n);
int64_t cama__early_stop_watched(int64_t n); /* test examples that it looks at: the first ones */
/* Measures the source as it predicts (m = auto). `model` is the copy that will be adapted; clean may be NULL. */
int32_t cama__early_stop_begin(cama__early_stop *monitor, cama_session *session, const cama_model *source,
                               cama_model *model, const cama_dataset *clean, const cama_dataset *test,
                               const cama__finetune_options *options);
/* Measures and keeps the copy as it is before its first step. */
int32_t cama__early_stop_start(cama__early_stop *monitor);
int32_t cama__early_stop_measure(cama__early_stop *monitor); /* for the report alone */
/* Measures the copy. *stop: at `patience` checks in a row, or at the last, the clean objective was below that of the
 * start by more than the tolerance, or the predictions had collapsed to few classes; the copy is then back at its
 * best state, or, if that is the start, at the source, as which it then predicts. (A few bad checks are forgiven:
 * while q_m begins to speak, the clean objective dips for some steps.) */
int32_t cama__early_stop_check(cama__early_stop *monitor, bool last, bool *stop);
void cama__early_stop_free(cama__early_stop *monitor);
#endif
