/* conv_job - sizes of an application, and the products of a pixel. */
#include "conv_job.h"

#include "im2col.h"

cama__conv_job cama__conv_job_of(const cama__conv_application *a)
{
    const cama__conv *m = a->map;
    cama__conv_job j = {.map = m,
                        .adjoint = a->adjoint,
                        .post = a->post,
                        .weights = a->weights,
                        .in = a->in,
                        .out = a->out,
                        .argmax = a->argmax,
                        .s = cama__product_shape_of(m, a->adjoint),
                        .blocks = cama__blocks(a->rows),
                        .in_size = cama__conv_in(m, a->adjoint),
                        .out_size = cama__conv_out(m, a->adjoint),
                        .in_w = a->adjoint ? m->w.small : m->w.big,
                        .out_h = a->adjoint ? m->h.big : m->h.small,
                        .out_w = a->adjoint ? m->w.big : m->w.small};
    j.panels = cama__panels(j.s.out);
    j.columns = m->im2col && !a->adjoint ? cama__im2col_columns_size(m) : 0;
    return j;
}

void cama__conv_job_take_scratch(const cama__exec *exec, cama__conv_job *j, int64_t scratch_size)
{
    j->scratch_size = cama__round_16(scratch_size);
    j->scratch = cama__exec_reals(exec, j->scratch_size * cama__exec_threads(exec));
}

cama__tile_products cama__conv_job_pixel(const cama__conv_job *j, const real *in, int32_t oh, int32_t ow)
{
    const cama__conv *m = j->map;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr;
    const cama__tap_run h = cama__axis_run(&m->h, j->adjoint, oh), w = cama__axis_run(&m->w, j->adjoint, ow);
    cama__tile_products p = {.k = w.count * j->s.in, .count = w.count > 0 ? h.count : 0};
    p.a_step = m->w.taps * j->s.in * mr;
    p.b_step = (int64_t)j->in_w * j->s.in * nr;
    p.a = j->weights + ((int64_t)h.tap * m->w.taps + w.tap) * j->s.in * mr;
    p.b = in + ((int64_t)h.in * j->in_w + w.in) * j->s.in * nr;
    if (w.count == m->w.taps && w.count == j->in_w && p.count > 1) { /* rows follow each other without a gap */
        p.k *= p.count;
        p.count = 1;
    }
    return p;
}
