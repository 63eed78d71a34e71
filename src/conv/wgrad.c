/* wgrad - what the gradients of the weights share: the sides of the product, and sums block by block. */
#include "wgrad.h"

cama__wgrad_sides cama__wgrad_sides_of(const cama__conv_weight_gradient *g)
{
    const cama__conv *m = g->map;
    const cama__kernel_info *kernel = cama__kernel();
    const int64_t big_channels = (m->im2col ? (int64_t)m->h.taps * m->w.taps : 1) * m->big_channels;
    const cama__wgrad_side big = {
        .channels = big_channels, .h = m->h.big, .w = m->w.big, .stride = m->w.stride, .padded = m->im2col};
    const cama__wgrad_side small = {
        .channels = m->small_channels, .h = m->h.small, .w = m->w.small, .stride = 1, .padded = m->im2col};
    cama__wgrad_sides s = {.out = m->adjoint ? big : small, .in = m->adjoint ? small : big};
    s.out.src = g->dout, s.out.width = kernel->mr, s.out.panels = cama__ceil_div(s.out.channels, kernel->mr);
    s.in.src = g->in, s.in.width = kernel->nr, s.in.panels = cama__ceil_div(s.in.channels, kernel->nr);
    if (g->window > 1) s.out.window = g->window, s.out.argmax = g->argmax;
    return s;
}

/* ---- block by block ---- */

typedef struct {
    const cama__conv_weight_gradient *g;
    cama__wgrad_block *block;
    int64_t blocks, size, panel, scratch_size; /* size: reals of one gradient */
    real *gradients, *scratch;
} job;

static void block_task(void *arg, int64_t block, int32_t worker)
{
    const job *j = arg;
    j->block(j->g, block, j->gradients + block * j->size, j->scratch + worker * j->scratch_size);
}

/* One panel of all gradients, in the order of the blocks. */
static void add_task(void *arg, int64_t panel, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    real *to = j->g->dweights + panel * j->panel;
    for (int64_t block = 0; block < j->blocks; block++) {
        const real *from = j->gradients + block * j->size + panel * j->panel;
        for (int64_t i = 0; i < j->panel; i++) to[i] += from[i];
    }
}

void cama__wgrad_by_blocks(const cama__exec *exec, const cama__conv_weight_gradient *g, int64_t scratch_size,
                           cama__wgrad_block *block)
{
    const cama__wgrad_sides s = cama__wgrad_sides_of(g);
    job j = {.g = g, .block = block, .blocks = cama__blocks(g->rows), .scratch_size = cama__round_16(scratch_size)};
    j.panel = s.in.channels * cama__kernel()->mr;
    j.size = cama__conv_weights(g->map, g->map->adjoint);
    j.gradients = cama__exec_reals(exec, j.blocks * j.size);
    j.scratch = cama__exec_reals(exec, cama__exec_threads(exec) * j.scratch_size);
    cama__exec_run(exec, j.blocks, block_task, &j);
    cama__exec_run(exec, s.out.panels, add_task, &j);
}
