/* logw_trunk - q_z's layers before its join, once for each row that is seen of x, and x's part of the join. */
#include "logw_state.h"

void cama__logw_trunk_forward(cama__logw *s)
{
    const cama__net *q_z = cama__logw_net(s, NET_Q_Z);
    const int64_t rows = s->seen_rows == cama__row_plan_x(&s->plan) ? s->plan.n : s->seen_rows;
    if (s->o->prior_z) return;
    cama__net_take(s->exec, q_z, 0, q_z->join, rows, &s->trunk);
    s->t = cama__net_forward(s->exec, q_z, s->model->theta, 0, q_z->join, rows, s->seen, &s->trunk);
    s->infer_x = cama__exec_tensor(s->exec, rows, cama__logw_width(s, NET_Q_Z));
    cama__join_part(s->exec, q_z, INFER_X, s->model->theta, rows, s->t, s->infer_x);
}

void cama__logw_trunk_backward(cama__logw *s)
{
    const cama__net *q_z = cama__logw_net(s, NET_Q_Z);
    const int64_t rows = s->seen_rows, size = cama__shape_size(s->model->spec.x);
    const size_t mark = cama__arena_mark(s->exec->arena);
    real *dtheta = cama__logw_dtheta(s, NET_Q_Z),
         *din = s->dseen == NULL ? NULL : cama__exec_tensor(s->exec, rows, size);
    real *dt =
        q_z->join == 0 ? din : cama__exec_tensor(s->exec, rows, cama__shape_size(cama__net_shape(q_z, q_z->join)));
    cama__join_part_backward(s->exec, q_z, INFER_X, s->model->theta, rows, GROUP_BLOCKS, s->t, s->dinfer_x, dt, dtheta);
    if (q_z->join > 0)
        cama__net_backward(s->exec, q_z, s->model->theta, 0, q_z->join, rows, GROUP_BLOCKS, s->seen, &s->trunk, dt, din,
                           dtheta);
    if (din != NULL) cama__exec_add(s->exec, din, cama__blocks(rows) * cama__kernel()->nr * size, s->dseen);
    cama__arena_release(s->exec->arena, mark);
}
