/* conv_direct - maps of any size: for each output pixel one call of the micro-kernel for each row of taps. */
#include "conv_algorithms.h"
#include "conv_job.h"
#include "conv_pooled.h"
#include "wgrad.h"

/* The weights of im2col are packed as one product; every other map is direct. */
static bool can(const cama__conv_case *c) { return !c->map->im2col; }

/* One row of output pixels of one block. */
static void line_task(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const cama__conv_job *j = arg;
    const int64_t nr = cama__kernel()->nr, block = index / j->out_h;
    const int32_t oh = (int32_t)(index % j->out_h);
    const real *in = j->in + block * j->in_size * nr;
    real *out = j->out + block * j->out_size * nr + (int64_t)oh * j->out_w * j->s.out * nr;
    for (int32_t ow = 0; ow < j->out_w; ow++)
        cama__tile_compute_panels(cama__conv_job_pixel(j, in, oh, ow), cama__panel_size(&j->s), j->s.out, j->post.bias,
                                  j->post.relu, out + ow * j->s.out * nr);
}

static void forward(const cama__exec *exec, const cama__conv_application *a)
{
    cama__conv_job j = cama__conv_job_of(a);
    cama__conv_pooled_run(exec, &j, line_task, cama__conv_pooled_task);
}

static void backward_data(const cama__exec *exec, const cama__conv_application *a)
{
    cama__conv_forward_transposed(exec, &cama__conv_direct, a);
}

const cama__conv_algorithm cama__conv_direct = {"direct", can, forward, backward_data, cama__wgrad_direct};
