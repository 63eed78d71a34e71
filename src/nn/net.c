/* net - see net.h. */
#include "net.h"

#include "../math/rows.h"

cama__shape cama__net_shape(const cama__net *net, int32_t layer)
{
    return layer == 0 ? net->in : net->layer[layer - 1].out;
}

void cama__net_take(const cama__work *work, const cama__net *net, int32_t from, int32_t to, int64_t rows,
                    cama__tape *tape)
{
    for (int32_t i = from; i < to; i++) {
        const cama__layer *l = &net->layer[i];
        const int64_t size = cama__shape_size(l->out);
        tape->out[i] = cama__work_tensor(work, rows, size);
        tape->place[i] = NULL;
        if (!cama__layer_has_weights(l))
            tape->place[i] = cama__arena_take(work->arena, (size_t)(cama__blocks(rows) * cama__kernel()->nr * size), 1);
    }
}

const real *cama__net_forward(const cama__work *work, const cama__net *net, const real *theta, int32_t from, int32_t to,
                              int64_t rows, const real *in, cama__tape *tape)
{
    for (int32_t i = from; i < to; i++) {
        cama__layer_forward(work, &net->layer[i], theta, rows, in, tape->out[i], tape->place[i]);
        in = tape->out[i];
    }
    return in;
}

/* Numbers per row of the largest gradient between two layers of the range. */
static int64_t widest(const cama__net *net, int32_t from, int32_t to)
{
    int64_t size = 0;
    for (int32_t i = from + 1; i < to; i++) {
        const int64_t here = cama__shape_size(cama__net_shape(net, i));
        if (here > size) size = here;
    }
    return size;
}

void cama__net_backward(const cama__work *work, const cama__net *net, const real *theta, int32_t from, int32_t to,
                        int64_t rows, int64_t chunk, const real *in, const cama__tape *tape, real *dout, real *din,
                        real *dtheta)
{
    const size_t mark = cama__arena_mark(work->arena);
    real *between[2] = {cama__work_tensor(work, rows, widest(net, from, to)),
                        cama__work_tensor(work, rows, widest(net, from, to))};
    for (int32_t i = to - 1; i >= from; i--) {
        real *next = i == from ? din : between[i % 2];
        if (next == NULL && dtheta == NULL) break;
        cama__layer_backward(work, &net->layer[i], theta, rows, chunk, i == from ? in : tape->out[i - 1], tape->out[i],
                             tape->place[i], dout, next, dtheta);
        dout = next;
    }
    cama__arena_release(work->arena, mark);
}

void cama__join_part(const cama__work *work, const cama__net *net, int32_t part, const real *theta, int64_t rows,
                     const real *in, real *product)
{
    cama__layer_forward(work, &net->part[part], theta, rows, in, product, NULL);
}

void cama__join_part_backward(const cama__work *work, const cama__net *net, int32_t part, const real *theta,
                              int64_t rows, int64_t chunk, const real *in, real *dproduct, real *din, real *dtheta)
{
    cama__layer_backward(work, &net->part[part], theta, rows, chunk, in, NULL, NULL, dproduct, din, dtheta);
}

void cama__join_finish(const cama__work *work, const cama__net *net, const real *theta, int64_t rows, int32_t count,
                       const cama__join_input *inputs, real *sum)
{
    if (cama__work_measures(work)) return;
    const cama__layer *join = &net->layer[net->join];
    const int64_t width = cama__shape_size(join->out);
    for (int32_t i = 0; i < count; i++)
        if (inputs[i].product != NULL)
            cama__rows_gather_add(work->pool, rows, width, inputs[i].product, inputs[i].index, sum);
    cama__activation_forward(work->pool, join->activation, cama__blocks(rows), 1, width, theta + join->bias, sum);
}
