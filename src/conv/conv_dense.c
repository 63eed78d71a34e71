/* conv_dense - maps of single pixels, that is dense layers: a panel of weights stays in cache while the blocks pass. */
#include "../base/arith.h"
#include "../tensor/one_row.h"
#include "conv_algorithms.h"
#include "conv_job.h"
#include "wgrad.h"

enum { PANELS_TO_SHARE = 8 /* so many tasks are enough for the threads */ };

static bool is_dense(const cama__conv *m, bool adjoint)
{
    const bool pixel = adjoint ? m->h.big * m->w.big == 1 : m->h.small * m->w.small == 1;
    return !m->im2col && pixel && m->h.taps * m->w.taps == 1;
}

/* A wider kernel on a grid of one pixel is not dense: it has weights that never meet a pixel. */
static bool can(const cama__conv_case *c)
{
    if (c->pass != CONV_BACKWARD_WEIGHTS) return c->window == 1 && is_dense(c->map, c->adjoint);
    return !c->map->im2col && cama__axis_is_pixel(&c->map->h) && cama__axis_is_pixel(&c->map->w);
}

typedef struct {
    cama__conv_job job;
    int64_t splits; /* tasks that share the blocks of a panel */
} dense;

static void panel_task(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const dense *d = arg;
    const cama__conv_job *j = &d->job;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr, panel = index / d->splits, part = index % d->splits;
    const int64_t first = j->blocks * part / d->splits, last = j->blocks * (part + 1) / d->splits;
    const cama__tile_products p = {.a = j->weights + panel * cama__panel_size(&j->s),
                                   .b = j->in + first * j->in_size * nr,
                                   .k = j->s.in,
                                   .count = 1};
    cama__tile_compute_blocks(p, last - first, j->in_size * nr, cama__tile_rows(j->s.out, panel),
                              cama__tile_bias(j->post.bias, panel), j->post.relu,
                              j->out + (first * j->out_size + panel * mr) * nr, j->out_size * nr);
}

/* ---- one row ---- */

static void one_row_task(void *arg, int64_t index, int32_t worker)
{
    (void)worker;
    const cama__conv_job *j = arg;
    const int64_t mr = cama__kernel()->mr, nr = cama__kernel()->nr, first = index * ONE_ROW_PANELS;
    const int32_t count = (int32_t)cama__least(ONE_ROW_PANELS, j->panels - first);
    const int64_t size = cama__panel_size(&j->s);
    const cama__one_row row = {.a = j->weights + first * size, .b = j->in, .k = j->s.in, .panel = size, .step = nr};
    _Alignas(CAMA__ALIGN) real sums[TILE_MAX];
    cama__one_row_sums(mr, &row, count, sums);
    for (int32_t i = 0; i < count; i++)
        cama__tile_store_row(sums + i * mr, cama__tile_rows(j->s.out, first + i),
                             cama__tile_bias(j->post.bias, first + i), j->post.relu, j->out + (first + i) * mr * nr);
}

static void forward(const cama__exec *exec, const cama__conv_application *a)
{
    dense d = {.job = cama__conv_job_of(a)};
    if (a->rows == 1 && cama__kernel()->one_row) {
        cama__exec_run(exec, (d.job.panels + ONE_ROW_PANELS - 1) / ONE_ROW_PANELS, one_row_task, &d.job);
        return;
    }
    d.splits = d.job.panels >= PANELS_TO_SHARE ? 1 : d.job.blocks < 4 ? 1 : 4;
    cama__exec_run(exec, d.job.panels * d.splits, panel_task, &d);
}

/* With the weights of the other direction: a panel is transposed when it is needed, and stays in cache. */
static void transposed_panel_task(void *arg, int64_t panel, int32_t worker)
{
    const cama__conv_job *j = arg;
    const int64_t nr = cama__kernel()->nr, mr = cama__kernel()->mr;
    real *weights = j->scratch + worker * j->scratch_size;
    cama__conv_transpose_panel(j->map, j->adjoint, j->weights, panel, weights);
    const cama__tile_products p = {.a = weights, .b = j->in, .k = j->s.in, .count = 1};
    cama__tile_compute_blocks(p, j->blocks, j->in_size * nr, cama__tile_rows(j->s.out, panel), NULL, false,
                              j->out + panel * mr * nr, j->out_size * nr);
}

static void backward_data(const cama__exec *exec, const cama__conv_application *a)
{
    cama__conv_job j = cama__conv_job_of(a);
    if (j.panels < PANELS_TO_SHARE) {
        cama__conv_forward_transposed(exec, &cama__conv_dense, a);
        return;
    }
    cama__conv_job_take_scratch(exec, &j, cama__panel_size(&j.s));
    cama__exec_run(exec, j.panels, transposed_panel_task, &j);
}

const cama__conv_algorithm cama__conv_dense = {"dense", can, forward, backward_data, cama__wgrad_dense};
