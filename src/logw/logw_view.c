/* logw_view - m as a view of the image: x is judged under the mean image as the view shows it, and q_z sees x with the
 * view undone.
 *
 *     view = scale * m[0 .. VIEW_COUNT) + p_m(m) - p_m(0)          0 at m = 0 whatever p_m is: do(m=0) is x as it is
 *
 * p_m's last layer begins at zero, so that a fresh model has the views of its prior. Under do(m=0) nothing here runs:
 * the likelihood is the one from logits. */
#include <string.h>

#include "../image/tone.h"
#include "../tensor/rows.h"
#include "../prob/contaminated.h"
#include "logw_state.h"

static int64_t numbers_of(const cama__logw *s, int64_t rows)
{
    return cama__blocks(rows) * cama__kernel()->nr * cama__shape_size(s->model->spec.x);
}

cama__render cama__logw_render(const cama__exec *exec, const cama_model *model, int64_t rows, const real *numbers)
{
    const int64_t scratch = RENDER_SCRATCH * cama__shape_size(model->spec.x) * cama__kernel()->nr;
    return (cama__render){.exec = exec,
                          .image = cama__model_image(model),
                          .rows = rows,
                          .numbers = numbers,
                          .edge = WARP_BORDER,
                          .floor = CAMA__TONE_FLOOR,
                          .scratch = cama__exec_reals(exec, cama__exec_threads(exec) * scratch)};
}

/* The call for rows whose views are rows `view` of the M rows. */
static cama__render render_of(const cama__logw *s, int64_t rows, const int32_t *view)
{
    cama__render r = cama__logw_render(s->exec, s->model, rows, s->m.reading);
    r.view = view;
    return r;
}

/* ---- The numbers ------------------------------------------------------------------------------------------------- */

void cama__logw_view_begin(cama__logw *s)
{
    s->zero.m = cama__logw_zeros(s, 1, s->model->spec.m);
    s->zero.h = cama__logw_plain(s, NET_P_M, 1, s->zero.m, &s->zero.p_m);
}

typedef struct {
    int64_t size;
    const real *m, *h, *h_zero;
    real *view;
} composing;

static void compose_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const composing *c = arg;
    for (int32_t k = 0; k < VIEW_COUNT; k++) {
        const int64_t at = cama__at(row, k, VIEW_COUNT);
        const real m = c->m[cama__at(row, k, c->size)];
        c->view[at] = cama__view_rows[k].scale * m + (c->h[at] - c->h_zero[cama__at(0, k, VIEW_COUNT)]);
    }
}

void cama__logw_compose_views(const cama__exec *exec, const cama_model *model, int64_t rows, const real *m,
                              const real *h, const real *h_zero, real *view)
{
    composing c = {model->spec.m, m, h, h_zero, view};
    cama__exec_serial(exec, cama__blocks(rows) * cama__kernel()->nr, compose_task, &c);
}

void cama__logw_view_take(cama__logw *s)
{
    cama__m_rows *m = &s->m;
    real *view = cama__exec_tensor(s->exec, m->rows, VIEW_COUNT);
    cama__logw_compose_views(s->exec, s->model, m->rows, m->m, m->h, s->zero.h, view);
    m->reading = view;
    m->dreading = s->gradient && s->to_m ? cama__logw_zeros(s, m->rows, VIEW_COUNT) : NULL;
}

/* The gradient of p_m(0) is minus the sum of the views'. Summed row by row over all tiles, its bits do not depend on
 * them. */
static void sum_for_zero_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    cama__logw *s = arg;
    for (int32_t k = 0; k < VIEW_COUNT; k++) s->zero.d[k] += (double)s->m.dreading[cama__at(row, k, VIEW_COUNT)];
}

typedef struct {
    const cama__logw *s;
    real *d; /* (1, VIEW_COUNT), or of m (rows, M) */
} view_sum;

static void end_task(void *arg, int64_t k, int32_t worker)
{
    (void)worker;
    const view_sum *v = arg;
    v->d[cama__at(0, k, VIEW_COUNT)] = (real)-v->s->zero.d[k];
}

void cama__logw_view_end(cama__logw *s)
{
    const cama__net *p_m = cama__logw_net(s, NET_P_M);
    const size_t mark = cama__arena_mark(s->exec->arena);
    view_sum v = {s, cama__logw_zeros(s, 1, VIEW_COUNT)};
    cama__exec_serial(s->exec, VIEW_COUNT, end_task, &v);
    cama__net_backward(s->exec, p_m, s->model->theta, 0, p_m->count, 1, 1, s->zero.m, &s->zero.p_m, v.d, NULL,
                       cama__logw_dtheta(s, NET_P_M));
    cama__arena_release(s->exec->arena, mark);
}

/* The views' own gradient of m. */
static void add_scaled_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const view_sum *v = arg;
    const int64_t size = v->s->model->spec.m;
    for (int32_t k = 0; k < VIEW_COUNT; k++)
        v->d[cama__at(row, k, size)] += cama__view_rows[k].scale * v->s->m.dreading[cama__at(row, k, VIEW_COUNT)];
}

void cama__logw_view_finish(cama__logw *s, real *dm)
{
    const cama__m_rows *m = &s->m;
    const cama__net *p_m = cama__logw_net(s, NET_P_M);
    const int64_t numbers = cama__blocks(m->rows) * cama__kernel()->nr * VIEW_COUNT;
    const size_t mark = cama__arena_mark(s->exec->arena);
    real *dview = cama__exec_tensor(s->exec, m->rows, VIEW_COUNT); /* destroyed by the network's adjoint */
    cama__exec_serial(s->exec, m->rows, sum_for_zero_task, s);
    cama__exec_copy(s->exec, m->dreading, numbers, dview);
    cama__net_backward(s->exec, p_m, s->model->theta, 0, p_m->count, m->rows, GROUP_BLOCKS, m->m, &m->p_m, dview, dm,
                       cama__logw_dtheta(s, NET_P_M));
    view_sum v = {s, dm};
    if (dm != NULL) cama__exec_serial(s->exec, m->rows, add_scaled_task, &v);
    cama__arena_release(s->exec->arena, mark);
}

/* ---- Under the view: R rows -------------------------------------------------------------------------------------- */

static cama__contaminated contaminated_of(const cama__logw *s, const cama__r_rows *r)
{
    return (cama__contaminated){.rows = r->run.rows,
                                .dims = cama__shape_size(s->model->spec.x),
                                .mean = r->mean,
                                .x = s->x,
                                .x_row = r->x,
                                .share = r->share};
}

void cama__logw_view_forward(cama__logw *s, cama__r_rows *r)
{
    r->mean = cama__exec_tensor(s->exec, r->run.rows, cama__shape_size(s->model->spec.x));
    r->share = cama__exec_tensor(s->exec, r->run.rows, 1);
    const size_t mark = cama__arena_mark(s->exec->arena);
    const cama__render render = render_of(s, r->run.rows, r->m);
    const cama__contaminated c = contaminated_of(s, r);
    cama__render_forward(&render, true, r->params, r->mean);
    cama__render_shares(&render, r->share);
    cama__contaminated_forward(s->exec, &c, r->logp);
    cama__arena_release(s->exec->arena, mark);
}

void cama__logw_view_backward(cama__logw *s, const cama__r_rows *r, const double *dw, real *dparams)
{
    const int64_t rows = r->run.rows, size = cama__shape_size(s->model->spec.x);
    const size_t mark = cama__arena_mark(s->exec->arena);
    const cama__render render = render_of(s, rows, r->m);
    real *dmean = cama__exec_tensor(s->exec, rows, size);
    real *dx = s->dx != NULL ? cama__exec_tensor(s->exec, rows, size) : NULL;
    real *dview = s->m.dreading != NULL ? cama__exec_tensor(s->exec, rows, VIEW_COUNT) : NULL;
    double *dshare = cama__exec_doubles(s->exec, rows);
    const cama__contaminated c = contaminated_of(s, r);
    cama__contaminated_backward(s->exec, &c, dw, dmean, dx, dshare);
    cama__render_backward(&render, true, r->params, dmean, dshare, dparams, dview);
    if (dx != NULL) cama__rows_scatter_add(s->exec, rows, size, dx, r->x, s->dx);
    if (dview != NULL) cama__rows_scatter_add(s->exec, rows, VIEW_COUNT, dview, r->m, s->m.dreading);
    cama__arena_release(s->exec->arena, mark);
}

/* ---- The view undone: seen rows ---------------------------------------------------------------------------------- */

void cama__logw_view_look(cama__logw *s)
{
    const int64_t rows = s->m.each ? s->m.rows : cama__row_plan_x(&s->plan), size = cama__shape_size(s->model->spec.x);
    real *seen = cama__exec_tensor(s->exec, rows, size);
    s->seen_rows = rows;
    s->dseen = s->gradient && s->to_seen ? cama__logw_zeros(s, rows, size) : NULL;
    const size_t mark = cama__arena_mark(s->exec->arena);
    cama__render render = render_of(s, rows, NULL);
    render.one = !s->m.each;
    cama__look_forward(&render, s->encoded, s->m.x, seen);
    cama__arena_release(s->exec->arena, mark);
    s->seen = seen;
}

void cama__logw_view_show(cama__logw *s, real *values)
{
    const int64_t rows = s->plan.n;
    const size_t mark = cama__arena_mark(s->exec->arena);
    real *shown = cama__exec_tensor(s->exec, rows, cama__shape_size(s->model->spec.x));
    const cama__render render = render_of(s, rows, NULL);
    cama__render_forward(&render, false, values, shown);
    cama__exec_copy(s->exec, shown, numbers_of(s, rows), values);
    cama__arena_release(s->exec->arena, mark);
}

static void add_looked_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const view_sum *v = arg;
    const cama__m_rows *m = &v->s->m;
    for (int32_t k = 0; k < VIEW_COUNT; k++)
        m->dreading[cama__at(m->each ? row : 0, k, VIEW_COUNT)] += v->d[cama__at(row, k, VIEW_COUNT)];
}

void cama__logw_view_look_backward(cama__logw *s)
{
    const int64_t rows = s->seen_rows, size = cama__shape_size(s->model->spec.x);
    const size_t mark = cama__arena_mark(s->exec->arena);
    cama__render render = render_of(s, rows, NULL);
    render.one = !s->m.each;
    real *dx = s->dx != NULL ? cama__exec_tensor(s->exec, rows, size) : NULL;
    real *dview = s->m.dreading != NULL ? cama__exec_tensor(s->exec, rows, VIEW_COUNT) : NULL;
    cama__look_backward(&render, s->encoded, s->m.x, s->dseen, dx, dview);
    if (dx != NULL && s->m.x == NULL) cama__exec_add(s->exec, dx, numbers_of(s, rows), s->dx);
    if (dx != NULL && s->m.x != NULL) cama__rows_scatter_add(s->exec, rows, size, dx, s->m.x, s->dx);
    view_sum v = {s, dview};
    if (dview != NULL) cama__exec_serial(s->exec, rows, add_looked_task, &v);
    cama__arena_release(s->exec->arena, mark);
}
