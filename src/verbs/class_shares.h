/* class_shares - p(y) of unlabelled rows where it is not that of the model: expectation maximisation over the shares of
 * the classes, p(x|y) left as it is (Saerens, Latinne and Decaestecker, Neural Computation 2002). */
#ifndef CAMA_VERBS_CLASS_SHARES_H
#define CAMA_VERBS_CLASS_SHARES_H

#include "../data/dataset.h"

/* p (n, C), p(y|x) of a model without parents under its prior, becomes p(y|x) under the shares that make the rows most
 * likely; with `test`, only where they are more likely by more than chance. Rows that are flagged in the dataset's file
 * do not count. */
int32_t cama__class_shares(const cama_model *model, const cama_dataset *dataset, bool test, double *p);

/* The shares alone. */
typedef struct {
    const double *log_prior; /* (C) under which p was found */
    const uint8_t *flag;     /* (n) rows that do not count, or NULL */
    const double *p;         /* (n, C) */
    int64_t n, classes;
} cama__classified;
/* shares (C), which make the rows most likely; work (C). */
void cama__class_shares_find(const cama__classified *rows, double *shares, double *work);
bool cama__class_shares_differ(const cama__classified *rows, const double *shares); /* by more than chance */
#endif
