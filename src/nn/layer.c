/* layer - see layer.h. */
#include "layer.h"

#include "map.h"

int64_t cama__layer_channels(const cama__layer *layer)
{
    return layer->kind == LAYER_DENSE || layer->kind == LAYER_JOIN ? cama__shape_size(layer->out) : layer->out.c;
}

static void linear_forward(const cama__exec *work, const cama__layer *l, const real *theta, int64_t rows,
                           const real *in, real *out)
{
    const int64_t channels = cama__layer_channels(l);
    const cama__map_then then = {l->bias < 0 ? NULL : theta + l->bias, l->activation == ACTIVATION_RELU, NULL};
    cama__map_apply(work, &l->map, l->map.adjoint, &then, theta + l->weight, rows, in, out, NULL);
    if (l->activation != ACTIVATION_RELU && !cama__exec_measures(work))
        cama__activation_forward(work->pool, l->activation, cama__blocks(rows), cama__shape_size(l->out) / channels,
                                 channels, NULL, out);
}

void cama__layer_forward(const cama__exec *work, const cama__layer *layer, const real *theta, int64_t rows,
                         const real *in, real *out, uint8_t *place)
{
    const size_t mark = cama__arena_mark(work->arena);
    if (cama__layer_has_weights(layer))
        linear_forward(work, layer, theta, rows, in, out);
    else if (!cama__exec_measures(work) && layer->kind == LAYER_POOL)
        cama__maxpool_forward(work->pool, &layer->pool, cama__blocks(rows), in, out, place);
    else if (!cama__exec_measures(work))
        cama__dropout_forward(work->pool, work->dropout, layer->rate, layer->number, cama__blocks(rows),
                              cama__shape_size(layer->out), in, out, place);
    cama__arena_release(work->arena, mark);
}

static int64_t pooled_pixels(const cama__maxpool *pool)
{
    return (int64_t)cama__maxpool_out(pool->in_h, pool->window) * cama__maxpool_out(pool->in_w, pool->window);
}

static void pooled_forward(const cama__exec *work, const cama__layer *l, const cama__maxpool *pool, const real *theta,
                           int64_t rows, const real *in, real *out, uint8_t *place)
{
    const cama__map_then then = {theta + l->bias, l->activation == ACTIVATION_RELU, pool};
    cama__map_apply(work, &l->map, false, &then, theta + l->weight, rows, in, out, place);
    if (!then.relu && !cama__exec_measures(work))
        cama__activation_forward(work->pool, l->activation, cama__blocks(rows), pooled_pixels(pool), pool->channels,
                                 NULL, out);
}

void cama__layer_forward_pooled(const cama__exec *work, const cama__layer *layer, const cama__maxpool *pool,
                                const real *theta, int64_t rows, const real *in, real *out, uint8_t *place)
{
    const size_t mark = cama__arena_mark(work->arena);
    pooled_forward(work, layer, pool, theta, rows, in, out, place);
    cama__arena_release(work->arena, mark);
}

static void bias_backward(const cama__exec *work, const cama__layer *l, int64_t pixels, int64_t blocks, const real *out,
                          real *dout, real *dtheta)
{
    const int64_t channels = cama__layer_channels(l);
    real *dbias = dtheta == NULL || l->bias < 0 ? NULL : dtheta + l->bias;
    real *sums = cama__exec_reals(work, blocks * channels);
    if (cama__exec_measures(work)) return;
    cama__activation_backward(work->pool, l->activation, blocks, pixels, channels, out, dout, dbias, sums);
}

void cama__layer_backward(const cama__exec *work, const cama__layer *layer, const real *theta, int64_t rows,
                          int64_t chunk, const real *in, const real *out, const uint8_t *place, real *dout, real *din,
                          real *dtheta)
{
    const int64_t blocks = cama__blocks(rows);
    const size_t mark = cama__arena_mark(work->arena);
    if (!cama__layer_has_weights(layer)) {
        if (din == NULL || cama__exec_measures(work)) return;
        if (layer->kind == LAYER_POOL)
            cama__maxpool_backward(work->pool, &layer->pool, blocks, place, dout, din);
        else
            cama__dropout_backward(work->pool, layer->rate, work->dropout != NULL, blocks, cama__shape_size(layer->out),
                                   place, dout, din);
        return;
    }
    bias_backward(work, layer, cama__shape_size(layer->out) / cama__layer_channels(layer), blocks, out, dout, dtheta);
    cama__arena_release(work->arena, mark);
    if (layer->kind == LAYER_JOIN) return;
    if (dtheta != NULL)
        cama__map_gradient(work, &layer->map, NULL, rows, chunk, in, dout, NULL, dtheta + layer->weight);
    if (din != NULL) cama__map_backward(work, &layer->map, theta + layer->weight, rows, dout, din);
}

/* The derivative of the activation at the largest of a square is all that counts, and the bias has the same gradient on
 * either side of the pool. Only backward-data needs the gradient before the pool as a tensor. */
void cama__layer_backward_pooled(const cama__exec *work, const cama__layer *layer, const cama__maxpool *pool,
                                 const real *theta, int64_t rows, int64_t chunk, const real *in, const real *out,
                                 const uint8_t *place, real *dout, real *din, real *dtheta)
{
    const int64_t blocks = cama__blocks(rows);
    const size_t mark = cama__arena_mark(work->arena);
    bias_backward(work, layer, pooled_pixels(pool), blocks, out, dout, dtheta);
    cama__arena_release(work->arena, mark);
    if (dtheta != NULL)
        cama__map_gradient(work, &layer->map, pool, rows, chunk, in, dout, place, dtheta + layer->weight);
    if (din == NULL) return;
    real *before = cama__exec_tensor(work, rows, cama__shape_size(layer->out));
    if (!cama__exec_measures(work)) cama__maxpool_backward(work->pool, pool, blocks, place, dout, before);
    cama__map_backward(work, &layer->map, theta + layer->weight, rows, before, din);
    cama__arena_release(work->arena, mark);
}
