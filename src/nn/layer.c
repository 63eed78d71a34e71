/* layer - see layer.h. */
#include "layer.h"

#include "../math/winograd.h"

int64_t cama__layer_channels(const cama__layer *layer)
{
    return layer->kind == LAYER_DENSE || layer->kind == LAYER_JOIN ? cama__shape_size(layer->out) : layer->out.c;
}

/* ---- the linear map, the plain way or by minimal filtering ---- */

/* pool NULL: none. */
static void map_apply(const cama__work *work, const cama__correlate *map, bool adjoint, const cama__maxpool *pool,
                      const real *weights, const real *bias, bool relu, int64_t blocks, const real *in, real *out,
                      uint8_t *place)
{
    const int32_t threads = cama__work_threads(work), window = pool == NULL ? 1 : pool->window;
    cama__winograd w;
    const bool winograd = work->winograd && cama__winograd_plan(map, adjoint, &w);
    real *scratch = cama__work_reals(work, winograd       ? cama__winograd_apply_work(map, &w, adjoint, window, threads)
                                           : pool != NULL ? cama__correlate_pooled_work(map, window, threads)
                                                          : cama__correlate_apply_work(map, adjoint, threads));
    if (cama__work_measures(work)) return;
    if (winograd)
        cama__winograd_apply(work->pool, map, &w, adjoint, window, weights, bias, relu, blocks, in, out, place,
                             scratch);
    else if (pool != NULL)
        cama__correlate_apply_pooled(work->pool, map, window, weights, bias, relu, blocks, in, out, place, scratch);
    else
        cama__correlate_apply(work->pool, map, adjoint, weights, bias, relu, blocks, in, out, scratch);
}

static void map_gradient(const cama__work *work, const cama__correlate *map, const cama__maxpool *pool, int64_t blocks,
                         int64_t chunk, const real *in, const real *dout, const uint8_t *place, real *dweights)
{
    const int32_t threads = cama__work_threads(work), window = pool == NULL ? 1 : pool->window;
    cama__winograd w;
    const bool winograd = work->winograd && cama__winograd_plan_gradient(map, &w);
    real *scratch = cama__work_reals(work, winograd ? cama__winograd_gradient_work(map, &w, blocks, chunk, threads)
                                                    : cama__correlate_gradient_work(map, blocks, chunk, threads));
    if (cama__work_measures(work)) return;
    if (winograd)
        cama__winograd_gradient(work->pool, map, &w, window, blocks, chunk, in, dout, pool == NULL ? NULL : place,
                                dweights, scratch);
    else if (pool != NULL)
        cama__correlate_gradient_pooled(work->pool, map, window, blocks, chunk, in, dout, place, dweights, scratch);
    else
        cama__correlate_gradient(work->pool, map, blocks, chunk, in, dout, dweights, scratch);
}

/* ---- layers ---- */

static void linear_forward(const cama__work *work, const cama__layer *l, const real *theta, int64_t blocks,
                           const real *in, real *out)
{
    const int64_t channels = cama__layer_channels(l);
    map_apply(work, &l->map, l->map.adjoint, NULL, theta + l->weight, l->bias < 0 ? NULL : theta + l->bias,
              l->activation == ACTIVATION_RELU, blocks, in, out, NULL);
    if (cama__work_measures(work)) return;
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

static int64_t pooled_pixels(const cama__maxpool *pool)
{
    return (int64_t)cama__maxpool_out(pool->in_h, pool->window) * cama__maxpool_out(pool->in_w, pool->window);
}

static void pooled_forward(const cama__work *work, const cama__layer *l, const cama__maxpool *pool, const real *theta,
                           int64_t blocks, const real *in, real *out, uint8_t *place)
{
    const bool relu = l->activation == ACTIVATION_RELU;
    map_apply(work, &l->map, false, pool, theta + l->weight, theta + l->bias, relu, blocks, in, out, place);
    if (!relu && !cama__work_measures(work))
        cama__activation_forward(work->pool, l->activation, blocks, pooled_pixels(pool), pool->channels, NULL, out);
}

void cama__layer_forward_pooled(const cama__work *work, const cama__layer *layer, const cama__maxpool *pool,
                                const real *theta, int64_t rows, const real *in, real *out, uint8_t *place)
{
    const size_t mark = cama__arena_mark(work->arena);
    pooled_forward(work, layer, pool, theta, cama__blocks(rows), in, out, place);
    cama__arena_release(work->arena, mark);
}

static void bias_backward(const cama__work *work, const cama__layer *l, int64_t pixels, int64_t blocks, const real *out,
                          real *dout, real *dtheta)
{
    const int64_t channels = cama__layer_channels(l);
    real *dbias = dtheta == NULL || l->bias < 0 ? NULL : dtheta + l->bias;
    real *sums = cama__work_reals(work, blocks * channels);
    if (cama__work_measures(work)) return;
    cama__activation_backward(work->pool, l->activation, blocks, pixels, channels, out, dout, dbias, sums);
}

static void input_backward(const cama__work *work, const cama__layer *l, const real *theta, int64_t blocks,
                           const real *dout, real *din)
{
    const cama__correlate *map = &l->map;
    const bool adjoint = !map->adjoint;
    cama__winograd w;
    if (work->winograd && cama__winograd_plan(map, adjoint, &w)) {
        real *turned = cama__work_reals(work, cama__correlate_weights(map, adjoint));
        if (!cama__work_measures(work)) cama__correlate_turn(work->pool, map, adjoint, theta + l->weight, turned);
        map_apply(work, map, adjoint, NULL, turned, NULL, false, blocks, dout, din, NULL);
        return;
    }
    const int32_t threads = cama__work_threads(work);
    real *scratch = cama__work_reals(work, cama__correlate_apply_turned_work(map, adjoint, threads));
    if (cama__work_measures(work)) return;
    cama__correlate_apply_turned(work->pool, map, adjoint, theta + l->weight, blocks, dout, din, scratch);
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
    bias_backward(work, layer, cama__shape_size(layer->out) / cama__layer_channels(layer), blocks, out, dout, dtheta);
    cama__arena_release(work->arena, mark);
    if (layer->kind == LAYER_JOIN) return;
    if (dtheta != NULL) map_gradient(work, &layer->map, NULL, blocks, chunk, in, dout, NULL, dtheta + layer->weight);
    cama__arena_release(work->arena, mark);
    if (din != NULL) input_backward(work, layer, theta, blocks, dout, din);
    cama__arena_release(work->arena, mark);
}

/* The derivative of the activation at the largest of a square is all that counts, and the bias has the same gradient on
 * either side of the pool. Only backward-data needs the gradient before the pool as a tensor. */
void cama__layer_backward_pooled(const cama__work *work, const cama__layer *layer, const cama__maxpool *pool,
                                 const real *theta, int64_t rows, int64_t chunk, const real *in, const real *out,
                                 const uint8_t *place, real *dout, real *din, real *dtheta)
{
    const int64_t blocks = cama__blocks(rows);
    const size_t mark = cama__arena_mark(work->arena);
    bias_backward(work, layer, pooled_pixels(pool), blocks, out, dout, dtheta);
    cama__arena_release(work->arena, mark);
    if (dtheta != NULL) map_gradient(work, &layer->map, pool, blocks, chunk, in, dout, place, dtheta + layer->weight);
    cama__arena_release(work->arena, mark);
    if (din == NULL) return;
    real *before = cama__work_tensor(work, rows, cama__shape_size(layer->out));
    if (!cama__work_measures(work)) cama__maxpool_backward(work->pool, pool, blocks, place, dout, before);
    input_backward(work, layer, theta, blocks, before, din);
    cama__arena_release(work->arena, mark);
}
