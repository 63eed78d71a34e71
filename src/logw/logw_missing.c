/* logw_missing - what a missing number of x leaves behind in sums over all numbers, taken out again: its units
 * (log_scale) and the gain of its reading. Rows whose x is all there are not touched: their bits stay. */
#include <math.h>

#include "logw_state.h"

/* log p(x) is in the data's units, and by the change of variables less the gains: a missing number has neither. */
double cama__logw_missing(const cama__logw *s, int64_t x_row, int64_t m_row)
{
    const cama_model *model = s->model;
    const int64_t dims = cama__shape_size(model->spec.x), nr = cama__kernel()->nr, at = cama__at(x_row, 0, dims);
    double sum = 0;
    for (int64_t d = 0; s->observed != NULL && d < dims; d++) {
        if (s->observed[at + d * nr] != 0) continue;
        if (model->standardised) sum += log((double)model->scale[d]);
        if (s->m.reading != NULL) sum += cama__logw_gain(s, m_row, d);
    }
    return sum;
}

typedef struct {
    cama__logw *s;
    const cama__r_rows *r;
    const double *dw;
} adjoint;

static void backward_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const adjoint *a = arg;
    const cama__logw *s = a->s;
    const int64_t dims = cama__shape_size(s->model->spec.x), nr = cama__kernel()->nr,
                  x = cama__at(a->r->x[row], 0, dims), m_row = a->r->m[row],
                  at = cama__at(m_row, 0, cama__model_readings(s->model));
    for (int64_t d = 0; a->dw[row] != 0 && d < dims; d++)
        if (s->observed[x + d * nr] == 0)
            s->m.dreading[at + d * nr] += (real)(a->dw[row] * cama__logw_gain_slope(s, m_row, d));
}

void cama__logw_missing_backward(cama__logw *s, const cama__r_rows *r, const double *dw)
{
    adjoint a = {s, r, dw};
    if (s->observed == NULL || s->m.dreading == NULL || cama__logw_views(s)) return;
    cama__exec_serial(s->exec, r->run.rows, backward_task, &a);
}

static void dx_task(void *arg, int64_t i, int32_t worker)
{
    (void)worker;
    const cama__logw *s = arg;
    if (s->observed[i] == 0) s->dx[i] = 0;
}

void cama__logw_missing_dx(cama__logw *s)
{
    const int64_t size = cama__shape_size(s->model->spec.x);
    if (s->observed == NULL || s->dx == NULL) return;
    cama__exec_serial(s->exec, cama__blocks(cama__row_plan_x(&s->plan)) * cama__kernel()->nr * size, dx_task, s);
}
