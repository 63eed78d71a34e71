/* layer - see layer.h. */
#include "layer.h"

int64_t cama__layer_channels(const cama__layer *layer)
{
    return layer->kind == LAYER_DENSE || layer->kind == LAYER_JOIN ? cama__shape_size(layer->out) : layer->out.c;
}

static void linear_forward(const cama__work *work, const cama__layer *l, const real *theta, int64_t blocks,
                           const real *in, real *out)
{
    const cama__correlate *map = &l->map;
    real *scratch = cama__work_reals(work, cama__correlate_apply_work(map, map->adjoint, cama__work_threads(work)));
    if (cama__work_measures(work)) return;
    const int64_t channels = cama__layer_channels(l);
    cama__correlate_apply(work->pool, map, map->adjoint, theta + l->weight, l->bias < 0 ? NULL : theta + l->bias,
                          l->activation == ACTIVATION_RELU, blocks, in, out, scratch);
    if (l->activation != ACTIVATION_RELU)
        cama__activation_forward(work->pool, l->activation, blocks, cama__shape_size(l->out) / channels, channels, NULL,
                                 out);
}

void cama__layer_forward(const cama__work *work, const cama__layer *layer, const real *theta, int64_t rows,
                         const real *in, real *out, uint8_t *place)
{
    const size_t mark = cama__arena_mark(work->arena);
    if (cama__layer_has_weights(layer))
        linear_forward(work, layer, theta, cama__blocks(rows), in, out);
    else if (!cama__work_measures(work) && layer->kind == LAYER_POOL)
        cama__maxpool_forward(work->pool, &layer->pool, cama__blocks(rows), in, out, place);
    else if (!cama__work_measures(work))
        cama__dropout_forward(work->pool, work->dropout, layer->rate, layer->number, cama__blocks(rows),
                              cama__shape_size(layer->out), in, out, place);
    cama__arena_release(work->arena, mark);
}

static void bias_backward(const cama__work *work, const cama__layer *l, int64_t blocks, const real *out, real *dout,
                          real *dtheta)
{
    const int64_t channels = cama__layer_channels(l);
    real *dbias = dtheta == NULL || l->bias < 0 ? NULL : dtheta + l->bias;
    real *sums = cama__work_reals(work, blocks * channels);
    if (cama__work_measures(work)) return;
    cama__activation_backward(work->pool, l->activation, blocks, cama__shape_size(l->out) / channels, channels, out,
                              dout, dbias, sums);
}

static void weight_backward(const cama__work *work, const cama__layer *l, int64_t blocks, int64_t chunk, const real *in,
                            const real *dout, real *dtheta)
{
    real *scratch = cama__work_reals(work, cama__correlate_gradient_work(&l->map, blocks, cama__work_threads(work)));
    if (cama__work_measures(work)) return;
    cama__correlate_gradient(work->pool, &l->map, blocks, chunk, in, dout, dtheta + l->weight, scratch);
}

static void input_backward(const cama__work *work, const cama__layer *l, const real *theta, int64_t blocks,
                           const real *dout, real *din)
{
    const cama__correlate *map = &l->map;
    real *turned = cama__work_reals(work, cama__correlate_weights(map, !map->adjoint));
    real *scratch = cama__work_reals(work, cama__correlate_apply_work(map, !map->adjoint, cama__work_threads(work)));
    if (cama__work_measures(work)) return;
    cama__correlate_turn(work->pool, map, !map->adjoint, theta + l->weight, turned);
    cama__correlate_apply(work->pool, map, !map->adjoint, turned, NULL, false, blocks, dout, din, scratch);
}

void cama__layer_backward(const cama__work *work, const cama__layer *layer, const real *theta, int64_t rows,
                          int64_t chunk, const real *in, const real *out, const uint8_t *place, real *dout, real *din,
                          real *dtheta)
{
    const int64_t blocks = cama__blocks(rows);
    const size_t mark = cama__arena_mark(work->arena);
    if (!cama__layer_has_weights(layer)) {
        if (din == NULL || cama__work_measures(work)) return;
        if (layer->kind == LAYER_POOL)
            cama__maxpool_backward(work->pool, &layer->pool, blocks, place, dout, din);
        else
            cama__dropout_backward(work->pool, layer->rate, work->dropout != NULL, blocks, cama__shape_size(layer->out),
                                   place, dout, din);
        return;
    }
    bias_backward(work, layer, blocks, out, dout, dtheta);
    cama__arena_release(work->arena, mark);
    if (layer->kind == LAYER_JOIN) return;
    if (dtheta != NULL) weight_backward(work, layer, blocks, chunk, in, dout, dtheta);
    cama__arena_release(work->arena, mark);
    if (din != NULL) input_backward(work, layer, theta, blocks, dout, din);
    cama__arena_release(work->arena, mark);
}
