/* layer - which kind does what, forward and backward. */
#include "layer.h"

int64_t cama__layer_channels(const cama__layer *layer)
{
    return layer->kind == LAYER_DENSE || layer->kind == LAYER_JOIN ? cama__shape_size(layer->out) : layer->out.c;
}

/* The map, and a pool in the same pass (NULL: none); ReLU is part of it, other activations follow. */
static void linear_forward(const cama__exec *exec, const cama__layer *l, const cama__maxpool *pool, const real *theta,
                           int64_t rows, const real *in, real *out, uint8_t *argmax)
{
    const int64_t channels = cama__layer_channels(l);
    const int64_t pixels = pool == NULL ? cama__shape_size(l->out) / channels : cama__maxpool_pixels(pool);
    const cama__conv_post post = {l->bias < 0 ? NULL : theta + l->bias, l->activation == ACTIVATION_RELU,
                                  pool == NULL ? 1 : pool->window};
    const cama__conv_application a = {&l->map, l->map.adjoint, post, theta + l->weight, rows, in, out, argmax};
    cama__conv_forward(exec, &a);
    if (!post.relu) cama__activation_forward(exec, l->activation, cama__blocks(rows), pixels, channels, NULL, out);
}

void cama__layer_forward(const cama__exec *exec, const cama__layer *layer, const real *theta, int64_t rows,
                         const real *in, real *out, uint8_t *record)
{
    if (cama__layer_has_weights(layer))
        linear_forward(exec, layer, NULL, theta, rows, in, out, NULL);
    else if (layer->kind == LAYER_POOL)
        cama__maxpool_forward(exec, &layer->pool, rows, in, out, record);
    else
        cama__dropout_forward(exec, layer->rate, layer->number, rows, cama__shape_size(layer->out), in, out, record);
}

void cama__layer_forward_pooled(const cama__exec *exec, const cama__layer *layer, const real *theta, int64_t rows,
                                const real *in, real *out, uint8_t *argmax)
{
    linear_forward(exec, layer, &layer[1].pool, theta, rows, in, out, argmax);
}

static void bias_backward(const cama__exec *exec, const cama__layer *l, int64_t pixels, int64_t rows, const real *out,
                          const cama__gradient *g)
{
    real *dbias = g->dtheta == NULL || l->bias < 0 ? NULL : g->dtheta + l->bias;
    cama__activation_backward(exec, l->activation, cama__blocks(rows), pixels, cama__layer_channels(l), out, g->dout,
                              dbias);
}

/* window: of the pool in the same pass; 1: none. */
static void weights_backward(const cama__exec *exec, const cama__layer *l, int32_t window, int64_t rows,
                             const cama__layer_values *v, const cama__gradient *g)
{
    if (g->dtheta == NULL) return;
    const cama__conv_weight_gradient weights = {.map = &l->map,
                                                .window = window,
                                                .rows = rows,
                                                .chunk = g->chunk,
                                                .in = v->in,
                                                .dout = g->dout,
                                                .argmax = window > 1 ? v->record : NULL,
                                                .dweights = g->dtheta + l->weight};
    cama__conv_backward_weights(exec, &weights);
}

void cama__layer_backward(const cama__exec *exec, const cama__layer *layer, const real *theta, int64_t rows,
                          const cama__layer_values *v, const cama__gradient *g)
{
    const int64_t size = cama__shape_size(layer->out);
    if (layer->kind == LAYER_POOL) {
        if (g->din != NULL) cama__maxpool_backward(exec, &layer->pool, rows, v->record, g->dout, g->din);
    } else if (layer->kind == LAYER_DROPOUT) {
        if (g->din != NULL) cama__dropout_backward(exec, layer->rate, rows, size, v->record, g->dout, g->din);
    } else {
        bias_backward(exec, layer, size / cama__layer_channels(layer), rows, v->out, g);
        if (layer->kind == LAYER_JOIN) return;
        weights_backward(exec, layer, 1, rows, v, g);
        if (g->din != NULL) cama__conv_backward_data(exec, &layer->map, theta + layer->weight, rows, g->dout, g->din);
    }
}

/* The derivative of the activation at the largest of a square is all that counts, and the bias has the same gradient on
 * either side of the pool. Only backward-data needs the gradient before the pool as a tensor. */
void cama__layer_backward_pooled(const cama__exec *exec, const cama__layer *layer, const real *theta, int64_t rows,
                                 const cama__layer_values *v, const cama__gradient *g)
{
    const cama__maxpool *pool = &layer[1].pool;
    const size_t mark = cama__arena_mark(exec->arena);
    bias_backward(exec, layer, cama__maxpool_pixels(pool), rows, v->out, g);
    weights_backward(exec, layer, pool->window, rows, v, g);
    if (g->din == NULL) return;
    real *before = cama__exec_tensor(exec, rows, cama__shape_size(layer->out));
    cama__maxpool_backward(exec, pool, rows, v->record, g->dout, before);
    cama__conv_backward_data(exec, &layer->map, theta + layer->weight, rows, before, g->din);
    cama__arena_release(exec->arena, mark);
}
