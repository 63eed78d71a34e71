/* conv_passes - a small batch is cut into tiles first; then the table decides (conv_algorithms.h). */
#include "conv_passes.h"

#include "conv_algorithms.h"
#include "small_batch.h"
#include "winograd.h"

void cama__conv_prepare(const cama__exec *exec, const cama__conv *map, bool adjoint, const real *weights,
                        cama__prepared *prepared)
{
    cama__winograd w;
    if (prepared->count == PREPARED_MOST || !exec->winograd || !cama__winograd_plan(map, adjoint, &w)) return;
    prepared->transformed[prepared->count] = cama__winograd_prepare(exec, map, &w, adjoint, weights);
    prepared->weights[prepared->count++] = weights;
}

void cama__conv_forward(const cama__exec *exec, const cama__conv_application *a)
{
    const cama__conv_case c = {a->map, CONV_FORWARD, a->adjoint, a->post.window, exec->winograd};
    const size_t mark = cama__arena_mark(exec->arena);
    if (!cama__small_batch_forward(exec, a)) cama__conv_choose(&c)->forward(exec, a);
    cama__arena_release(exec->arena, mark);
}

void cama__conv_backward_data(const cama__exec *exec, const cama__conv *map, const real *weights, int64_t rows,
                              const real *dout, real *din)
{
    const cama__conv_case c = {map, CONV_BACKWARD_DATA, !map->adjoint, 1, exec->winograd};
    const cama__conv_application a = {map, c.adjoint, {NULL, false, 1}, weights, rows, dout, din, NULL};
    const size_t mark = cama__arena_mark(exec->arena);
    cama__conv_choose(&c)->backward_data(exec, &a);
    cama__arena_release(exec->arena, mark);
}

void cama__conv_backward_weights(const cama__exec *exec, const cama__conv_weight_gradient *g)
{
    const cama__conv_case c = {g->map, CONV_BACKWARD_WEIGHTS, g->map->adjoint, g->window, exec->winograd};
    const size_t mark = cama__arena_mark(exec->arena);
    cama__conv_choose(&c)->backward_weights(exec, g);
    cama__arena_release(exec->arena, mark);
}
