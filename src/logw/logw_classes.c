/* logw_classes - the rows of the classes: p_y's feature and the products of the joins, once for the batch. */
#include "logw_state.h"

void cama__logw_y_forward(cama__logw *s)
{
    const int64_t classes = s->model->spec.classes;
    cama__y_rows *y = &s->y;
    y->onehot = cama__logw_onehot(s->exec, classes);
    y->h = cama__logw_plain(s, NET_P_Y, classes, y->onehot, &y->p_y);
    const int64_t merge = cama__logw_width(s, NET_P_MERGE), infer = cama__logw_width(s, NET_Q_Z);
    y->merge = cama__exec_tensor(s->exec, classes, merge);
    y->infer = cama__exec_tensor(s->exec, classes, infer);
    cama__join_part(s->exec, cama__logw_net(s, NET_P_MERGE), MERGE_Y, s->model->theta, classes, y->h, y->merge);
    cama__join_part(s->exec, cama__logw_net(s, NET_Q_Z), INFER_Y, s->model->theta, classes, y->onehot, y->infer);
    if (s->gradient && s->merge_y) y->dmerge = cama__logw_zeros(s, classes, merge);
    if (s->gradient && s->infer_y) y->dinfer = cama__logw_zeros(s, classes, infer);
}

void cama__logw_y_backward(cama__logw *s)
{
    const int64_t classes = s->model->spec.classes;
    const cama__y_rows *y = &s->y;
    if (s->merge_y)
        cama__logw_part_backward(
            s, &(cama__fed_part){NET_P_MERGE, MERGE_Y, NET_P_Y, classes, y->onehot, y->h, &y->p_y}, y->dmerge, NULL);
    if (s->infer_y)
        cama__join_part_backward(s->exec, cama__logw_net(s, NET_Q_Z), INFER_Y, s->model->theta, classes, y->onehot,
                                 &(cama__gradient){GROUP_BLOCKS, y->dinfer, NULL, cama__logw_dtheta(s, NET_Q_Z)});
}
