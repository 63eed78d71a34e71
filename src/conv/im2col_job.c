/* im2col_job - columns and weights of an application, and the big grid around its patches. */
#include "im2col_job.h"

#include <string.h>

#include "../base/elementary.h"

typedef struct {
    const cama__conv *map;
    const real *weights;
    real *to;
} reordering;

/* A panel of weights: columns hold the taps of a column one after the other, packed weights those of a line. */
static void reorder_task(void *arg, int64_t panel, int32_t worker)
{
    (void)worker;
    const reordering *r = arg;
    const cama__conv *m = r->map;
    const int32_t mr = cama__kernel()->mr, out = (int32_t)panel * mr;
    const int64_t pixel = (int64_t)m->big_channels * mr;
    real *next = r->to + panel * m->w.taps * m->h.taps * pixel;
    for (int32_t tw = 0; tw < m->w.taps; tw++)
        for (int32_t th = 0; th < m->h.taps; th++, next += pixel)
            memcpy(next, r->weights + cama__conv_weight_at(m, false, th, tw, 0, out), (size_t)pixel * sizeof *next);
}

void cama__im2col_use_columns(const cama__exec *exec, cama__conv_job *j, int32_t lines)
{
    const cama__kernel_info *kernel = cama__kernel();
    reordering r = {j->map, j->weights, cama__exec_reals(exec, cama__conv_weights(j->map, false))};
    cama__exec_run(exec, j->panels, reorder_task, &r);
    j->weights = r.to;
    cama__conv_job_take_scratch(exec, j, (lines * j->columns + kernel->mr) * kernel->nr); /* the kernel reads ahead */
}

void cama__im2col_lines(const cama__conv_job *j, const real *in, int32_t row, int32_t end, real *columns)
{
    for (int32_t y = row; y < end; y++)
        cama__im2col_columns(j->map, in, y, columns + (y - row) * j->columns * cama__kernel()->nr);
}

cama__tile_products cama__im2col_pixel(const cama__conv_job *j, const real *columns, int32_t first, int32_t oh,
                                       int32_t ow)
{
    const int64_t at = (oh - first) * j->columns + ow * j->map->w.stride * cama__im2col_column(j->map);
    return (cama__tile_products){.a = j->weights, .b = columns + at * cama__kernel()->nr, .k = j->s.in, .count = 1};
}

CAMA__CLONES static void fill_pixels(real *out, int64_t pixels, int64_t channels, int64_t nr, const real *bias)
{
    for (int64_t i = 0; i < pixels; i++)
        for (int64_t c = 0; c < channels; c++)
            for (int64_t lane = 0; lane < nr; lane++) *out++ = bias[c];
}

void cama__im2col_start_block(const cama__conv_job *j, real *out)
{
    const int64_t nr = cama__kernel()->nr, channels = j->map->big_channels;
    if (j->post.bias == NULL)
        memset(out, 0, (size_t)(j->out_size * nr) * sizeof *out);
    else
        fill_pixels(out, j->out_size / channels, channels, nr, j->post.bias);
}

void cama__im2col_finish_block(const cama__conv_job *j, real *out)
{
    if (j->post.relu) cama__epilogue_rows(out, j->out_size, cama__kernel()->nr, NULL, true);
}
