/* posterior_m - the diagonal normal density of one row, and its gradient for all rows through q_m. */
#include "posterior_m.h"

#include <math.h>

#include "../base/elementary.h"
#include "../prob/gauss.h"
#include "row_plan.h"

#define LOG_2_PI 1.837877066409345483560659472811

real cama__posterior_log_variance(real lv)
{
    return lv < CAMA__POSTERIOR_FLOOR ? CAMA__POSTERIOR_FLOOR : lv > CAMA__LV_BOUND ? (real)CAMA__LV_BOUND : lv;
}

double cama__posterior_log_density(const cama_model *model, const real *post, int64_t example, const real *m,
                                   int64_t row)
{
    const int64_t size = model->spec.m;
    double sum = 0;
    for (int64_t j = 0; j < size; j++) {
        const double lv = (double)cama__posterior_log_variance(post[cama__at(example, size + j, 2 * size)]);
        const double away = (double)(m[cama__at(row, j, size)] - post[cama__at(example, j, 2 * size)]);
        sum -= 0.5 * (away * away * exp(-lv) + lv + LOG_2_PI);
    }
    return sum;
}

void cama__posterior_draw(const cama_model *model, const real *post, int64_t example, const real *eps, int64_t step,
                          real *m, int64_t row)
{
    const int64_t size = model->spec.m;
    for (int64_t j = 0; j < size; j++) {
        const real deviation =
            cama__exp((real).5 * cama__posterior_log_variance(post[cama__at(example, size + j, 2 * size)]));
        m[cama__at(row, j, size)] =
            post[cama__at(example, j, 2 * size)] + (eps == NULL ? 0 : deviation * eps[j * step]);
    }
}

/* One row's weight times the gradient of log q, added to dpost. */
static void row_backward(const cama_model *model, const real *post, int64_t example, const real *m, int64_t row,
                         real weight, real *dpost)
{
    const int64_t size = model->spec.m;
    for (int64_t j = 0; j < size; j++) {
        const real lv = post[cama__at(example, size + j, 2 * size)],
                   precision = cama__exp(-cama__posterior_log_variance(lv));
        const real away = m[cama__at(row, j, size)] - post[cama__at(example, j, 2 * size)];
        dpost[cama__at(example, j, 2 * size)] += weight * away * precision;
        if (cama__posterior_log_variance(lv) == lv)
            dpost[cama__at(example, size + j, 2 * size)] += weight * (real).5 * (away * away * precision - 1);
    }
}

typedef struct {
    const cama_model *model;
    const cama__posterior_rows *p;
    const real *post;
    const double *weight;
    double *log_q;
    real *dpost;
} training;

static void row_task(void *arg, int64_t r, int32_t worker)
{
    (void)worker;
    const training *t = arg;
    const int64_t example = t->p->of == NULL ? r : t->p->of[r];
    if (t->log_q != NULL) t->log_q[r] = cama__posterior_log_density(t->model, t->post, example, t->p->m, r);
    if (t->weight[r] != 0) row_backward(t->model, t->post, example, t->p->m, r, (real)t->weight[r], t->dpost);
}

void cama__posterior_train(const cama__exec *exec, const cama_model *model, const cama__posterior_rows *p,
                           const double *weight, double *log_q, real *dtheta)
{
    const cama__net_range q_m = cama__net_whole(&model->net[NET_Q_M], model->theta, p->n);
    const int64_t size = model->spec.m, lanes = cama__blocks(p->n) * cama__kernel()->nr;
    const size_t mark = cama__arena_mark(exec->arena);
    cama__tape tape;
    cama__net_take(exec, &q_m, &tape);
    const real *post = cama__net_forward(exec, &q_m, p->x, &tape);
    real *dpost = cama__exec_tensor(exec, p->n, 2 * size);
    cama__exec_zero(exec, dpost, lanes * 2 * size);
    training t = {model, p, post, weight, log_q, dpost};
    cama__exec_serial(exec, p->rows, row_task, &t);
    cama__net_backward(exec, &q_m, p->x, &tape, &(cama__gradient){GROUP_BLOCKS, dpost, NULL, dtheta});
    cama__arena_release(exec->arena, mark);
}
