/* softmax - log-probabilities of classes from logits, and the adjoint: one row of a blocked tensor at a time, in
 * double. */
#ifndef CAMA_PROB_SOFTMAX_H
#define CAMA_PROB_SOFTMAX_H

#include "../tensor/layout.h"

/* log_p (classes) = log-softmax of row `row` of logits (rows, classes) blocked. */
void cama__softmax_log(const real *logits, int64_t row, int64_t classes, double *log_p);
/* dlogits of that row is overwritten; log_p as forward gave it. */
void cama__softmax_log_backward(const double *log_p, const double *dlog_p, int64_t row, int64_t classes, real *dlogits);
#endif
