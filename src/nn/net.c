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

void cama__net_take(const cama__exec *exec, const cama__net *net, int32_t from, int32_t to, int64_t rows,
                    cama__tape *tape)
{
    for (int32_t i = from; i < to; i++) {
        const cama__layer *l = &net->layer[i];
        const int64_t size = cama__shape_size(l->out);
        tape->record[i] = NULL;
        tape->out[i] = pooled(net, i, to) ? NULL : cama__exec_tensor(exec, rows, size);
        if (!cama__layer_has_weights(l))
            tape->record[i] = cama__exec_bytes(exec, cama__blocks(rows) * cama__kernel()->nr * size);
    }
}

const real *cama__net_forward(const cama__exec *exec, const cama__net *net, const real *theta, int32_t from, int32_t to,
                              int64_t rows, const real *in, cama__tape *tape)
{
    for (int32_t i = from; i < to; i++) {
        const cama__layer *l = &net->layer[i];
        if (pooled(net, i, to)) {
            i++;
            cama__layer_forward_pooled(exec, l, &net->layer[i].pool, theta, rows, in, tape->out[i], tape->record[i]);
        } else {
            cama__layer_forward(exec, l, theta, rows, in, tape->out[i], tape->record[i]);
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

void cama__net_backward(const cama__exec *exec, const cama__net *net, const real *theta, int32_t from, int32_t to,
                        int64_t rows, int64_t chunk, const real *in, const cama__tape *tape, real *dout, real *din,
                        real *dtheta)
{
    const size_t mark = cama__arena_mark(exec->arena);
    real *between[2] = {cama__exec_tensor(exec, rows, widest(net, from, to)),
                        cama__exec_tensor(exec, rows, widest(net, from, to))};
    bool odd = false;
    for (int32_t i = to - 1; i >= from; i--, odd = !odd) {
        const int32_t last = i; /* of the pair, where the layer runs as one with the pool after it */
        if (i > from && pooled(net, i - 1, to)) i--;
        const real *before = i == from ? in : tape->out[i - 1];
        real *next = i == from ? din : between[odd];
        if (next == NULL && dtheta == NULL) break;
        if (last > i)
            cama__layer_backward_pooled(exec, &net->layer[i], &net->layer[last].pool, theta, rows, chunk, before,
                                        tape->out[last], tape->record[last], dout, next, dtheta);
        else
            cama__layer_backward(exec, &net->layer[i], theta, rows, chunk, before, tape->out[i], tape->record[i], dout,
                                 next, dtheta);
        dout = next;
    }
    cama__arena_release(exec->arena, mark);
}

void cama__join_part(const cama__exec *exec, const cama__net *net, int32_t part, const real *theta, int64_t rows,
                     const real *in, real *product)
{
    cama__layer_forward(exec, &net->part[part], theta, rows, in, product, NULL);
}

void cama__join_part_backward(const cama__exec *exec, const cama__net *net, int32_t part, const real *theta,
                              int64_t rows, int64_t chunk, const real *in, real *dproduct, real *din, real *dtheta)
{
    cama__layer_backward(exec, &net->part[part], theta, rows, chunk, in, NULL, NULL, dproduct, din, dtheta);
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
