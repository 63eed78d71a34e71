/* agreement - whether two adaptations of one source, alike but for their noise, say the same of the test rows.
 *
 * Let the predictions of either differ from the source's on a share c of the rows, and from each other's on a share d.
 * The error of a run is about d where runs are independent (Jiang, Nagarajan, Baek and Kolter, ICLR 2022); these share
 * their source, and 2 d is allowed for. The source's error is then at least c - 2 d, and adaptation has made it smaller
 * where 2 d < c - 2 d. What the rows do not determine each run fills in as its noise has it; neither ELBO(x) nor the
 * clean rows see that. */
#ifndef CAMA_VERBS_AGREEMENT_H
#define CAMA_VERBS_AGREEMENT_H

#include <stdbool.h>
#include <stdint.h>

/* Predicted classes (n) of the source and of two runs. False: 4 d exceeds c, the mean of both runs, by more than
 * `errors` standard errors of d. *disagreement: d. */
bool cama__agree(const int32_t *source, const int32_t *first, const int32_t *second, int64_t n, double errors,
                 double *disagreement);
/* Whether so many rows changed that a run can have done harm: more than one in a hundred. */
bool cama__agreement_matters(const int32_t *source, const int32_t *first, int64_t n);
#endif
