/* validation - the watch over training: rows that are held out, the objective on them after each epoch, the best state
 * kept; and what the curves say of a run: whether it had come to rest. */
#ifndef CAMA_VERBS_VALIDATION_H
#define CAMA_VERBS_VALIDATION_H

#include "evaluate.h"
#include "report.h"
#include "train_plan.h"

typedef struct {
    cama_session *session;
    cama_model *model;
    const cama_dataset *clean;
    double label_weight;
    int64_t *order;        /* (n) rows of the clean examples: those that are trained on, then those held out */
    int64_t trained, held; /* held 0: nothing is watched */
    int64_t epochs, begin, patience;  /* epochs of the plan; from `begin` on a state may be the best; 0: never stops */
    double *elbo, *labels, *accuracy; /* (epochs) of the rows held out: mean ELBO(x,y,do(m=0)), mean log p(y|x) */
    double best;
    int64_t best_epoch; /* counted from 1; 0: none yet */
    real *kept;         /* theta of the best state */
    double *value;      /* (held, and held * C behind it) */
    cama__batch_room room;
} cama__validation;

/* Draws the rows. `validation` of "train" is their share; at least one row is trained on. */
int32_t cama__validation_begin(cama__validation *v, cama_session *session, cama_model *model, const cama_dataset *clean,
                               const cama__train_options *options);
/* Once the plan is known. */
int32_t cama__validation_prepare(cama__validation *v, const cama__train_plan *plan);
/* After epoch `epoch`, counted from 0. *stop: `patience` epochs in a row were no better than the best. */
int32_t cama__validation_check(cama__validation *v, int64_t epoch, bool *stop);
void cama__validation_restore(cama__validation *v); /* theta of the best state, if one was kept */
void cama__validation_free(cama__validation *v);

/* Whether a curve (n) had come to rest: over its second half it rose by no more than `part` of what it rose in all, or
 * than the scatter of its values explains. (Its end alone is flat in any case, where the learning rate falls.) False
 * for fewer than 8 values. */
bool cama__validation_settled(const double *curve, int64_t n, double part);
#endif
