/* net - a range of layers after one another; a convolution and the max pool after it run as one. */
#include "net.h"

#include "../tensor/rows.h"
cama__shape cama__net_shape(const cama__net *net, int32_t layer)
{
    return layer == 0 ? net->in : net->layer[layer - 1].out;
}

/* Layer i is a convolution and the next one of the range pools its output: both run as one, and nothing is kept of what
 * lies between. A convolution without activation runs by itself, so that a chain of bare maps can be looked at link by
 * link. */
static bool pooled(const cama__net *net, int32_t i, int32_t to)
{
    const cama__layer *l = &net->layer[i];
    return i + 1 < to && l->kind == LAYER_CONV && l->activation != ACTIVATION_NONE && l[1].kind == LAYER_POOL;
}

void cama__net_take(const cama__exec *exec, const cama__net_range *r, cama__tape *tape)
{
    for (int32_t i = r->from; i < r->to; i++) {
        const cama__layer *l = &r->net->layer[i];
        const int64_t size = cama__shape_size(l->out);
        tape->record[i] = NULL;
        tape->out[i] = pooled(r->net, i, r->to) ? NULL : cama__exec_tensor(exec, r->rows, size);
        if (!cama__layer_has_weights(l))
            tape->record[i] = cama__exec_bytes(exec, cama__blocks(r->rows) * cama__kernel()->nr * size);
    }
}

const real *cama__net_forward(const cama__exec *exec, const cama__net_range *r, const real *in, cama__tape *tape)
{
    for (int32_t i = r->from; i < r->to; i++) {
        const cama__layer *l = &r->net->layer[i];
        if (pooled(r->net, i, r->to)) {
            i++;
            cama__layer_forward_pooled(exec, l, r->theta, r->rows, in, tape->out[i], tape->record[i]);
        } else {
            cama__layer_forward(exec, l, r->theta, r->rows, in, tape->out[i], tape->record[i]);
        }
        in = tape->out[i];
    }
    return in;
}

void cama__net_prepare(const cama__exec *exec, const cama__net *net, const real *theta, int32_t from, int32_t to,
                       cama__prepared *prepared)
{
    for (int32_t i = from; i < to; i++) {
        const cama__layer *l = &net->layer[i];
        if (cama__layer_has_weights(l)) cama__conv_prepare(exec, &l->map, l->map.adjoint, theta + l->weight, prepared);
    }
}

/* Numbers per row of the largest gradient between two layers of the range. */
static int64_t widest(const cama__net *net, int32_t from, int32_t to)
{
    int64_t size = 0;
    for (int32_t i = from + 1; i < to; i++) {
        const int64_t here = cama__shape_size(cama__net_shape(net, i));
        if (here > size && !pooled(net, i - 1, to)) size = here;
    }
    return size;
}

void cama__net_backward(const cama__exec *exec, const cama__net_range *r, const real *in, const cama__tape *tape,
                        const cama__gradient *g)
{
    const cama__net *net = r->net;
    const size_t mark = cama__arena_mark(exec->arena);
    real *between[2] = {cama__exec_tensor(exec, r->rows, widest(net, r->from, r->to)),
                        cama__exec_tensor(exec, r->rows, widest(net, r->from, r->to))};
    bool odd = false;
    cama__gradient here = *g;
    for (int32_t i = r->to - 1; i >= r->from; i--, odd = !odd) {
        const int32_t last = i; /* of the pair, where the layer runs as one with the pool after it */
        if (i > r->from && pooled(net, i - 1, r->to)) i--;
        const cama__layer_values v = {i == r->from ? in : tape->out[i - 1], tape->out[last], tape->record[last]};
        here.din = i == r->from ? g->din : between[odd];
        if (here.din == NULL && g->dtheta == NULL) break;
        (last > i ? cama__layer_backward_pooled : cama__layer_backward)(exec, &net->layer[i], r->theta, r->rows, &v,
                                                                       &here);
        here.dout = here.din;
    }
    cama__arena_release(exec->arena, mark);
}

void cama__join_part(const cama__exec *exec, const cama__net *net, int32_t part, const real *theta, int64_t rows,
                     const real *in, real *product)
{
    cama__layer_forward(exec, &net->part[part], theta, rows, in, product, NULL);
}

void cama__join_part_backward(const cama__exec *exec, const cama__net *net, int32_t part, const real *theta,
                              int64_t rows, const real *in, const cama__gradient *g)
{
    cama__layer_backward(exec, &net->part[part], theta, rows, &(cama__layer_values){.in = in}, g);
}

void cama__join_finish(const cama__exec *exec, const cama__net *net, const real *theta, int64_t rows, int32_t count,
                       const cama__join_input *inputs, real *sum)
{
    const cama__layer *join = &net->layer[net->join];
    const int64_t width = cama__shape_size(join->out);
    for (int32_t i = 0; i < count; i++)
        if (inputs[i].product != NULL)
            cama__rows_gather_add(exec, rows, width, inputs[i].product, inputs[i].index, sum);
    cama__activation_forward(exec, join->activation, cama__blocks(rows), 1, width, theta + join->bias, sum);
}

real *cama__join_backward(const cama__exec *exec, const cama__net_range *head, const cama__tape *tape,
                          const cama__gradient *g)
{
    const cama__net *net = head->net;
    const cama__layer *join = &net->layer[net->join];
    const real *sum = tape->out[net->join];
    cama__gradient back = {g->chunk, g->dout, g->dout, g->dtheta};
    if (head->to > head->from) {
        back.din = cama__exec_tensor(exec, head->rows, cama__shape_size(join->out));
        cama__net_backward(exec, head, sum, tape, &back);
    }
    real *dsum = back.din;
    cama__layer_backward(exec, join, head->theta, head->rows, &(cama__layer_values){.out = sum},
                         &(cama__gradient){g->chunk, dsum, NULL, g->dtheta});
    return dsum;
}
