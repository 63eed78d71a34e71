/* early_stop - early stopping of fine-tuning, with roll-back: it measures the clean objective on held-out examples and
 * the unlabelled one on test examples, keeps the best parameters, and restores them when adaptation does harm. */
#ifndef CAMA_VERBS_EARLY_STOP_H
#define CAMA_VERBS_EARLY_STOP_H

#include "evaluate.h"

/* Why a run ended: what a report says under "stopped". */
enum cama__stop {
    STOP_LAST_STEP,
    STOP_CLEAN_FELL,
    STOP_COLLAPSED,
    STOP_ACCURACY_FELL,
    STOP_DRIFTED,
    STOP_DISAGREED,
    STOP_SHARES_ALONE
};

typedef struct {
    double clean, test; /* means: ELBO(x,y) on held-out clean examples (NaN without); ELBO(x) on test examples, of a
                           baseline the negative entropy of p(y|x) */
    double accuracy;    /* on the held-out clean examples, NaN without */
    double changed;     /* share of the test examples whose predicted class is not the source's */
    double *shares;     /* (C) of the predicted classes among the test examples */
} cama__measures;

typedef struct {
    cama_session *session;
    cama_model *model;
    const cama_dataset *clean, *test;
    double alpha, tolerance, clean_tolerance, share_tolerance, min_classes;
    bool shares_strict; /* at the last check shares may move away by chance alone */
    bool from_nothing;  /* a view, of which the source of all adaptation knew nothing: the caller's to say */
    double *expected; /* (C) shares of the labels in the clean examples; NULL: nothing is expected of test examples */
    double *clean_prior;      /* (C) log p(y) of clean examples: the source's */
    bool shifted;             /* p(y) of the test examples is another: the model's, and what is expected of them */
    bool errors;              /* tolerance counts standard errors of the clean objective, not nats */
    int64_t classes, watched; /* watched: most examples of each dataset */
    double *values, *probabilities;
    double *clean_start;               /* (watched) values of the held-out examples at the first step */
    int32_t *source_class, *class_now; /* (watched) predicted classes of the test examples */
    bool *right_before, *right_now;    /* (watched) whether the held-out examples' classes are predicted: source, now */
    cama__measures before, start, last; /* the source; the copy at its first step; now */
    double best;                        /* largest alpha clean + (1 - alpha) test so far */
    const cama_model *source;
    real *kept; /* theta of the best state */
    bool kept_is_start, rolled_back;
    enum cama__stop stopped;
    int64_t bad, patience; /* bad checks in a row, and how many end the run */
} cama__early_stop;

/* Of n clean examples the first [0, held_out) are for the watch alone. */
int64_t cama__early_stop_held_out(const cama_model *model, int64_t n);
int64_t cama__early_stop_watched(const cama_model *model, int64_t n); /* test examples that it looks at: the first */
/* Measures the source as it predicts (m = auto). `model` is the copy that will be adapted; clean may be NULL. */
int32_t cama__early_stop_begin(cama__early_stop *monitor, cama_session *session, const cama_model *source,
                               cama_model *model, const cama_dataset *clean, const cama_dataset *test,
                               const cama__finetune_options *options);
/* Measures and keeps the copy as it is before its first step. */
int32_t cama__early_stop_start(cama__early_stop *monitor);
int32_t cama__early_stop_measure(cama__early_stop *monitor); /* for the report alone */
/* Measures the copy. *stop: `patience` checks in a row, or the last one, found harm. Harm is, in this order:
 * STOP_CLEAN_FELL      the objective on the held-out clean examples fell since the start by more than the tolerance;
 *                      where that counts standard errors their accuracy fell too, since labels that are predicted as
 *                      before are no harm;
 * STOP_COLLAPSED       the predictions are of few classes;
 * STOP_DRIFTED         the shares of the predicted classes moved away from those of the clean labels by more than
 *                      share_tolerance (total variation): a manipulation that is understood brings them nearer. Not
 *                      asked of models with parents, which have p(y|a). At the last check of images without views by
 *                      more than chance;
 * STOP_ACCURACY_FELL   the accuracy on the held-out clean examples is below the source's by more than clean_tolerance
 *                      and by more than the standard error of that difference.
 * The first in standard errors and the last count at the last check alone, since both dip while q_m begins to speak;
 * before it a state that has them is no best one. The copy is then back at its best state, or, if that is the start, at
 * the source, as which it then predicts. Classes drift and collapse by degrees: the best state without such harm
 * is at its brink, and the copy goes back to the start, but for views from nothing. */
int32_t cama__early_stop_check(cama__early_stop *monitor, bool last, bool *stop);
/* Back to the source, for a reason that the run itself does not see; measured again. */
int32_t cama__early_stop_undo(cama__early_stop *monitor, enum cama__stop reason);
bool cama__early_stop_undone(const cama__early_stop *monitor); /* back at the source */
void cama__early_stop_free(cama__early_stop *monitor);
#endif
