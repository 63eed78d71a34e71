/* ops - operations of layers, summed as each verb runs them. */
#include "ops.h"

/* Pairs of a small coordinate and a tap that meet a big coordinate. */
static double pairs(const cama__axis *a)
{
    int64_t count = 0;
    for (int32_t q = 0; q < a->small; q++)
        for (int32_t t = 0; t < a->taps; t++) {
            const int32_t at = q * a->stride - a->pad + t;
            count += at >= 0 && at < a->big;
        }
    return (double)count;
}

double ops_layer(const cama__layer *layer)
{
    const cama__conv *m = &layer->map;
    if (layer->kind == LAYER_POOL || layer->kind == LAYER_JOIN) return 0;
    return 2 * pairs(&m->h) * pairs(&m->w) * m->big_channels * m->small_channels;
}

/* Layers [from, to) of a net. */
static double span(const cama__net *net, int32_t from, int32_t to)
{
    double sum = 0;
    for (int32_t i = from; i < to; i++) sum += ops_layer(&net->layer[i]);
    return sum;
}

/* Forward and both backwards of a chain whose input wants no gradient: the first layer lacks backward-data. */
static double trained(const cama__net *net, int32_t from, int32_t to)
{
    return from == to ? 0 : 3 * span(net, from, to) - ops_layer(&net->layer[from]);
}

/* What one row goes through behind the joins: q_z's head, p_z, and p_merge with its part for z. */
static double row_forward(const cama_model *model)
{
    const cama__net *n = model->net;
    return span(&n[NET_Q_Z], n[NET_Q_Z].join + 1, n[NET_Q_Z].count) + span(&n[NET_P_Z], 0, n[NET_P_Z].count) +
           ops_layer(&n[NET_P_MERGE].part[MERGE_Z]) + span(&n[NET_P_MERGE], 1, n[NET_P_MERGE].count);
}

/* The same for the draws of z alone, without q_z's head. */
static double draw_forward(const cama_model *model)
{
    const cama__net *q_z = &model->net[NET_Q_Z];
    return row_forward(model) - span(q_z, q_z->join + 1, q_z->count);
}

static double trunk_forward(const cama_model *model)
{
    const cama__net *q_z = &model->net[NET_Q_Z];
    return span(q_z, 0, q_z->join) + ops_layer(&q_z->part[INFER_X]);
}

static double classes_forward(const cama_model *model)
{
    const cama__net *n = model->net;
    return model->spec.classes * (span(&n[NET_P_Y], 0, n[NET_P_Y].count) + ops_layer(&n[NET_P_MERGE].part[MERGE_Y]) +
                                  ops_layer(&n[NET_Q_Z].part[INFER_Y]));
}

/* One row of m: its feature and the joins' parts. */
static double m_forward(const cama_model *model)
{
    const cama__net *n = model->net;
    return span(&n[NET_P_M], 0, n[NET_P_M].count) + ops_layer(&n[NET_P_MERGE].part[MERGE_M]) +
           ops_layer(&n[NET_Q_Z].part[INFER_M]);
}

double ops_train(const cama_model *model, int64_t batch, bool infer_m)
{
    const cama__net *n = model->net, *q_z = &n[NET_Q_Z], *q_m = &n[NET_Q_M];
    const double first = n[NET_P_Y].count > 0 ? ops_layer(&n[NET_P_Y].layer[0]) : 0;
    const double trunk = trained(q_z, 0, q_z->join) + (q_z->join > 0 ? 3 : 2) * ops_layer(&q_z->part[INFER_X]);
    const double classes = 3 * classes_forward(model) - model->spec.classes * (first + ops_layer(&q_z->part[INFER_Y]));
    const double m =
        infer_m ? (double)batch * (3 * m_forward(model) + trained(q_m, 0, q_m->count)) : 3 * m_forward(model);
    return (double)batch * (trunk + 3 * row_forward(model)) + classes + (model->spec.m > 0 ? m : 0);
}

double ops_predict(const cama_model *model, int64_t n, int64_t k)
{
    const cama__net *q_m = &model->net[NET_Q_M];
    const double m = model->spec.m > 0 ? m_forward(model) + span(q_m, 0, q_m->count) : 0;
    const double head = row_forward(model) - draw_forward(model);
    return (double)n * (trunk_forward(model) + m + model->spec.classes * (head + (double)k * draw_forward(model))) +
           classes_forward(model);
}

double ops_finetune(const cama_model *model, int64_t batch)
{
    const cama__net *n = model->net, *q_m = &n[NET_Q_M];
    const double rows = 1 + model->spec.classes, forward = trunk_forward(model) + m_forward(model);
    const double m = 2 * m_forward(model) + trained(q_m, 0, q_m->count);
    return (double)batch * (2 * forward + rows * row_forward(model) + 2 * (row_forward(model) + m)) +
           classes_forward(model);
}

double ops_encode(const cama_model *model, int64_t n)
{
    const cama__net *net = model->net, *q_m = &net[NET_Q_M];
    const double head = row_forward(model) - draw_forward(model) + ops_layer(&net[NET_Q_Z].part[INFER_M]);
    return (double)n * (trunk_forward(model) + head + span(q_m, 0, q_m->count));
}
