/* conv_im2col - maps of few channels and taps: the taps and big channels of a small pixel, its patch, are one inner
 * dimension. Big -> small gathers patches, small -> big adds them up (col2im). */
#include "conv_algorithms.h"
#include "im2col_job.h"
#include "conv_pooled.h"
#include "wgrad.h"

/* ---- big -> small ---- */

/* One line of small pixels of one block. */
static void line_task(void *arg, int64_t index, int32_t worker)
{
    const cama__conv_job *j = arg;
    const int64_t nr = cama__kernel()->nr, block = index / j->out_h;
    const int32_t oh = (int32_t)(index % j->out_h);
    real *columns = j->scratch + worker * j->scratch_size;
    real *out = j->out + block * j->out_size * nr + (int64_t)oh * j->out_w * j->s.out * nr;
    cama__im2col_lines(j, j->in + block * j->in_size * nr, oh, oh + 1, columns);
    for (int32_t ow = 0; ow < j->out_w; ow++)
        cama__tile_compute_panels(cama__im2col_pixel(j, columns, oh, oh, ow), cama__panel_size(&j->s), j->s.out,
                                  j->post.bias, j->post.relu, out + ow * j->s.out * nr);
}

/* ---- small -> big ---- */

/* A block of the big grid: the patch of each small pixel is computed and added. */
static void block_task(void *arg, int64_t block, int32_t worker)
{
    const cama__conv_job *j = arg;
    const cama__conv *m = j->map;
    const int64_t nr = cama__kernel()->nr;
    real *patch = j->scratch + worker * j->scratch_size, *out = j->out + block * j->out_size * nr;
    cama__im2col_start_block(j, out);
    for (int32_t q = 0; q < m->h.small * m->w.small; q++) {
        const real *in = j->in + (block * j->in_size + q * j->s.in) * nr;
        const cama__tile_products p = {.a = j->weights, .b = in, .k = j->s.in, .count = 1};
        cama__tile_compute_panels(p, cama__panel_size(&j->s), j->s.out, NULL, false, patch);
        cama__col2im_add(m, patch, q / m->w.small, q % m->w.small, out);
    }
    cama__im2col_finish_block(j, out);
}

/* ---- the rows of the table ---- */

static bool can(const cama__conv_case *c) { return c->map->im2col; }

static void forward(const cama__exec *exec, const cama__conv_application *a)
{
    cama__conv_job j = cama__conv_job_of(a);
    if (a->adjoint) {
        cama__conv_job_take_scratch(exec, &j, (j.s.out + cama__kernel()->mr) * cama__kernel()->nr);
        cama__exec_run(exec, j.blocks, block_task, &j);
        return;
    }
    cama__im2col_use_columns(exec, &j, a->post.window);
    cama__conv_pooled_run(exec, &j, line_task, cama__conv_pooled_task);
}

static void backward_data(const cama__exec *exec, const cama__conv_application *a)
{
    cama__conv_forward_transposed(exec, &cama__conv_im2col, a);
}

const cama__conv_algorithm cama__conv_im2col = {"im2col", can, forward, backward_data, cama__wgrad_im2col};
