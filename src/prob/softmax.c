/* softmax - log-sum-exp with the largest logit taken off first, and its adjoint. */
#include "softmax.h"

#include <math.h>

void cama__softmax_log(const real *logits, int64_t row, int64_t classes, double *log_p)
{
    double most = -INFINITY, sum = 0;
    for (int64_t c = 0; c < classes; c++) {
        log_p[c] = (double)logits[cama__at(row, c, classes)];
        if (log_p[c] > most) most = log_p[c];
    }
    for (int64_t c = 0; c < classes; c++) sum += exp(log_p[c] - most);
    const double norm = most + log(sum);
    for (int64_t c = 0; c < classes; c++) log_p[c] -= norm;
}

void cama__softmax_log_backward(const double *log_p, const double *dlog_p, int64_t row, int64_t classes, real *dlogits)
{
    double sum = 0;
    for (int64_t c = 0; c < classes; c++) sum += dlog_p[c];
    for (int64_t c = 0; c < classes; c++) dlogits[cama__at(row, c, classes)] = (real)(dlog_p[c] - exp(log_p[c]) * sum);
}
