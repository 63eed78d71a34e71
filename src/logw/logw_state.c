/* logw_state - what all logw_*.c take: zeroed tensors, rows of a pass, networks without a join and the parts of one. */
#include "logw_state.h"

real *cama__logw_zeros(const cama__logw *s, int64_t rows, int64_t features)
{
    real *t = cama__exec_tensor(s->exec, rows, features);
    cama__exec_zero(s->exec, t, cama__blocks(rows) * cama__kernel()->nr * features);
    return t;
}

cama__row cama__logw_row(const cama__logw *s, const cama__run *run, const cama__run *q, int64_t row)
{
    const int32_t k = q == NULL ? 1 : s->k_count;
    if (s->kept == NULL) return cama__row_plan_row(&s->plan, run, k, q, row);
    const int64_t at = run->first + row;
    cama__row r = s->kept[at / k];
    r.k += (int32_t)(at % k);
    if (q != NULL) r.q = (int32_t)(at / k - q->first);
    return r;
}

bool cama__logw_zero_row(const real *m, int64_t row, int64_t size)
{
    for (int64_t j = 0; j < size; j++)
        if (m[cama__at(row, j, size)] != 0) return false;
    return true;
}

typedef struct {
    real *rows;
    int64_t classes;
} onehot;

static void onehot_task(void *arg, int64_t c, int32_t worker)
{
    (void)worker;
    const onehot *o = arg;
    o->rows[cama__at(c, c, o->classes)] = 1;
}

real *cama__logw_onehot(const cama__exec *exec, int64_t classes)
{
    onehot o = {cama__exec_tensor(exec, classes, classes), classes};
    cama__exec_zero(exec, o.rows, cama__blocks(classes) * cama__kernel()->nr * classes);
    cama__exec_serial(exec, classes, onehot_task, &o);
    return o.rows;
}

const real *cama__logw_plain(const cama__logw *s, int32_t number, int64_t rows, const real *in, cama__tape *tape)
{
    const cama__net *net = cama__logw_net(s, number);
    cama__net_take(s->exec, net, 0, net->count, rows, tape);
    return cama__net_forward(s->exec, net, s->model->theta, 0, net->count, rows, in, tape);
}

static int64_t feature_size(const cama__net *net) { return cama__shape_size(cama__net_shape(net, net->count)); }

void cama__logw_part_backward(cama__logw *s, int32_t join, int32_t part, int32_t feeder, int64_t rows, const real *in,
                              const real *h, const cama__tape *tape, real *dproduct, real *din)
{
    const cama__net *net = cama__logw_net(s, feeder);
    const size_t mark = cama__arena_mark(s->exec->arena);
    real *dtheta = cama__logw_dtheta(s, feeder);
    const bool below = dtheta != NULL || din != NULL;
    real *dh = net->count == 0 ? din : below ? cama__exec_tensor(s->exec, rows, feature_size(net)) : NULL;
    cama__join_part_backward(s->exec, cama__logw_net(s, join), part, s->model->theta, rows, GROUP_BLOCKS, h, dproduct,
                             dh, cama__logw_dtheta(s, join));
    if (net->count > 0 && below)
        cama__net_backward(s->exec, net, s->model->theta, 0, net->count, rows, GROUP_BLOCKS, in, tape, dh, din, dtheta);
    cama__arena_release(s->exec->arena, mark);
}
