/* posterior_m - q(m|x) as a density: log q at an m that is given, draws, and the gradient of a weighted sum of log q.
 * What training on known views and importance-weighted fine-tuning have in common. */
#ifndef CAMA_LOGW_POSTERIOR_M_H
#define CAMA_LOGW_POSTERIOR_M_H

#include "../model/model.h"

/* Here log-variances of q(m|x) below it count as it: a q that is too sure of one m gives all others no weight. */
#define CAMA__POSTERIOR_FLOOR ((real)-7)
real cama__posterior_log_variance(real lv);

/* m of some rows, each beside the q(m|x) of the example it belongs to. Tensors in the packed layout. */
typedef struct {
    int64_t n, rows;   /* examples; rows of m */
    const real *x;     /* (n, D) */
    const real *m;     /* (rows, M) */
    const int32_t *of; /* (rows) example of each row; NULL: the same row */
} cama__posterior_rows;

/* log q of one row; post (., 2M) as q_m gives it. */
double cama__posterior_log_density(const cama_model *model, const real *post, int64_t example, const real *m,
                                   int64_t row);
/* m = mean + deviation eps, in one row each; eps (M) with stride `step`, NULL: the mean. */
void cama__posterior_draw(const cama_model *model, const real *post, int64_t example, const real *eps, int64_t step,
                          real *m, int64_t row);

/* log_q (rows; NULL: not wanted), and dtheta += the gradient of sum weight log q, for q_m alone. */
void cama__posterior_train(const cama__exec *exec, const cama_model *model, const cama__posterior_rows *p,
                           const double *weight, double *log_q, real *dtheta);
#endif
