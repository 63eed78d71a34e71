/* label_shift - whether test rows differ from clean ones in p(y), and whether in nothing else. Their shares of
 * classes must differ by more than chance: those that are estimated (class_shares.h) from the prior, of a model with
 * parents those of the predicted classes from the clean rows'. Nothing else differs where the model explains the
 * test rows as well as clean ones: ELBO(x) has, among clean rows that are predicted to be of the same class, a mean
 * rank of a half, within chance. Then there is nothing that m should explain. */
#ifndef CAMA_VERBS_LABEL_SHIFT_H
#define CAMA_VERBS_LABEL_SHIFT_H

#include "../data/dataset.h"
#include "session.h"

typedef struct {
    double *log_shares; /* (C), the caller's: log p(y) of the test rows; of a model with parents untouched */
    bool differs, alone;
} cama__label_shift;

/* Of a generative model; clean NULL: alone is false. */
int32_t cama__label_shift_find(cama_session *session, const cama_model *source, const cama_dataset *clean,
                               const cama_dataset *test, cama__label_shift *shift);

/* ELBO(x) of rows and their predicted classes. */
typedef struct {
    const double *value;
    const int32_t *top;
    int64_t n;
} cama__explained_rows;
/* Shares of predicted classes differ by more than chance. work (2 classes). */
bool cama__predicted_otherwise(const cama__explained_rows *a, const cama__explained_rows *b, int64_t classes,
                               double *work);
/* Whether test rows are explained as well as clean rows of the same predicted classes: the mean rank of their values
 * among these is at most two standard errors below a half. Ranks, since a few rows may be explained by millions of
 * nats worse. work (2 classes). Where there is no clean row of a class it cannot be said: false. */
bool cama__explained_as_well(const cama__explained_rows *clean, const cama__explained_rows *test, int64_t classes,
                             double *work);
#endif
