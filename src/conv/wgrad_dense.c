/* wgrad_dense - grids of one pixel (dense layers): a chunk is one line, and all chunks are packed once for all
 * panels. */
#include "wgrad.h"

typedef struct {
    const cama__conv_weight_gradient *g;
    cama__wgrad_sides s;
    int64_t blocks;
    real *a, *b; /* packed: out side, in side */
} job;

static void pack_side(const job *j, const cama__wgrad_side *s, int64_t block, real *packed)
{
    const int64_t nr = cama__kernel()->nr, chunk = j->g->chunk;
    const cama__wgrad_chunk c = cama__wgrad_chunk_at(j->blocks, chunk, block / chunk * chunk);
    cama__wgrad_pack_pixel_at(s, cama__wgrad_all_panels(s), block, 0, 0,
                              packed + (c.first * s->panels * nr + (block - c.first) * nr) * s->width,
                              cama__wgrad_line_step(s, c.rows));
}

static void pack_task(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    if (index % 2)
        pack_side(j, &j->s.in, index / 2, j->b);
    else
        pack_side(j, &j->s.out, index / 2, j->a);
}

/* One out panel: each tile of the gradient is finished before the next one is begun. */
static void panel_task(void *arg, int64_t panel, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, in_channels = j->s.in.channels;
    for (int64_t in = 0; in < j->s.in.panels; in++)
        for (int64_t first = 0; first < j->blocks; first += j->g->chunk) {
            const cama__wgrad_chunk c = cama__wgrad_chunk_at(j->blocks, j->g->chunk, first);
            cama__wgrad_add_tile(c.rows, j->a + (first * nr * j->s.out.panels + panel * c.rows) * mr,
                                 j->b + (first * nr * j->s.in.panels + in * c.rows) * nr, in_channels - in * nr,
                                 j->g->dweights + (panel * in_channels + in * nr) * mr);
        }
}

void cama__wgrad_dense(const cama__exec *exec, const cama__conv_weight_gradient *g)
{
    job j = {.g = g, .s = cama__wgrad_sides_of(g), .blocks = cama__blocks(g->rows)};
    const int64_t rows = j.blocks * cama__kernel()->nr;
    j.a = cama__exec_reals(exec, rows * j.s.out.panels * j.s.out.width);
    j.b = cama__exec_reals(exec, rows * j.s.in.panels * j.s.in.width);
    cama__exec_run(exec, j.blocks * 2, pack_task, &j);
    cama__exec_run(exec, j.s.out.panels, panel_task, &j);
}
