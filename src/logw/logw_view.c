/* logw_view - m as a view of the image: x is judged under the mean image as the view shows it, and q_z sees x with the
 * view undone.
 *
 *     view = scale * m[0 .. VIEW_COUNT) + p_m(m) - p_m(0)          0 at m = 0 whatever p_m is: do(m=0) is x as it is
 *
 * p_m's last layer begins at zero, so that a fresh model has the views of its prior. Under do(m=0) nothing here runs:
 * the likelihood is the one from logits. */
#include <string.h>

#include "../image/render.h"
#include "../image/tone.h"
#include "../tensor/rows.h"
#include "../prob/contaminated.h"
#include "logw_state.h"

static int64_t numbers_of(const cama__logw *s, int64_t rows)
{
    return cama__blocks(rows) * cama__kernel()->nr * cama__shape_size(s->model->spec.x);
}

/* The call for rows whose views are rows `view` of the M rows. */
static cama__render render_of(const cama__logw *s, int64_t rows, const int32_t *view)
{
    const int64_t numbers = RENDER_SCRATCH * cama__shape_size(s->model->spec.x) * cama__kernel()->nr;
    return (cama__render){.pool = s->work->pool,
                          .image = cama__model_image(s->model),
                          .rows = rows,
                          .numbers = s->m.reading,
                          .view = view,
                          .edge = WARP_BORDER,
                          .floor = CAMA__TONE_FLOOR,
                          .scratch = cama__exec_reals(s->work, cama__exec_threads(s->work) * numbers)};
}

/* ---- The numbers ------------------------------------------------------------------------------------------------- */

void cama__logw_view_begin(cama__logw *s)
{
    s->zero.m = cama__logw_zeros(s, 1, s->model->spec.m);
    s->zero.h = cama__logw_plain(s, NET_P_M, 1, s->zero.m, &s->zero.p_m);
}

void cama__logw_view_take(cama__logw *s)
{
    cama__m_rows *m = &s->m;
    const int64_t size = s->model->spec.m, nr = cama__kernel()->nr;
    real *view = cama__exec_tensor(s->work, m->rows, VIEW_COUNT);
    for (int64_t row = 0; !cama__exec_measures(s->work) && row < cama__blocks(m->rows) * nr; row++)
        for (int32_t k = 0; k < VIEW_COUNT; k++) {
            const int64_t at = cama__at(row, k, VIEW_COUNT);
            view[at] = cama__logw_view_number(k, m->m[cama__at(row, k, size)], m->h[at],
                                              s->zero.h[cama__at(0, k, VIEW_COUNT)]);
        }
    m->reading = view;
    m->dreading = s->gradient && s->to_m ? cama__logw_zeros(s, m->rows, VIEW_COUNT) : NULL;
}

/* The gradient of p_m(0) is minus the sum of the views'. Summed row by row over all tiles, its bits do not depend on
 * them. */
static void sum_for_zero(cama__logw *s)
{
    for (int64_t row = 0; row < s->m.rows; row++)
        for (int32_t k = 0; k < VIEW_COUNT; k++) s->zero.d[k] += (double)s->m.dreading[cama__at(row, k, VIEW_COUNT)];
}

void cama__logw_view_end(cama__logw *s)
{
    const cama__net *p_m = cama__logw_net(s, NET_P_M);
    const size_t mark = cama__arena_mark(s->work->arena);
    real *d = cama__logw_zeros(s, 1, VIEW_COUNT);
    for (int32_t k = 0; k < VIEW_COUNT && !cama__exec_measures(s->work); k++)
        d[cama__at(0, k, VIEW_COUNT)] = (real)-s->zero.d[k];
    cama__net_backward(s->work, p_m, s->model->theta, 0, p_m->count, 1, 1, s->zero.m, &s->zero.p_m, d, NULL,
                       cama__logw_dtheta(s, NET_P_M));
    cama__arena_release(s->work->arena, mark);
}

static void add_scaled(const cama__logw *s, const real *dview, real *dm)
{
    for (int64_t row = 0; row < s->m.rows; row++)
        for (int32_t k = 0; k < VIEW_COUNT; k++)
            dm[cama__at(row, k, s->model->spec.m)] += cama__view_rows[k].scale * dview[cama__at(row, k, VIEW_COUNT)];
}

void cama__logw_view_finish(cama__logw *s, real *dm)
{
    const cama__m_rows *m = &s->m;
    const cama__net *p_m = cama__logw_net(s, NET_P_M);
    const int64_t numbers = cama__blocks(m->rows) * cama__kernel()->nr * VIEW_COUNT;
    const size_t mark = cama__arena_mark(s->work->arena);
    real *dview = cama__exec_tensor(s->work, m->rows, VIEW_COUNT); /* destroyed by the network's adjoint */
    if (!cama__exec_measures(s->work)) {
        sum_for_zero(s);
        memcpy(dview, m->dreading, (size_t)numbers * sizeof *dview);
    }
    cama__net_backward(s->work, p_m, s->model->theta, 0, p_m->count, m->rows, GROUP_BLOCKS, m->m, &m->p_m, dview, dm,
                       cama__logw_dtheta(s, NET_P_M));
    if (dm != NULL && !cama__exec_measures(s->work)) add_scaled(s, m->dreading, dm);
    cama__arena_release(s->work->arena, mark);
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
    r->mean = cama__exec_tensor(s->work, r->run.rows, cama__shape_size(s->model->spec.x));
    r->share = cama__exec_tensor(s->work, r->run.rows, 1);
    const size_t mark = cama__arena_mark(s->work->arena);
    const cama__render render = render_of(s, r->run.rows, r->m);
    if (!cama__exec_measures(s->work)) {
        const cama__contaminated c = contaminated_of(s, r);
        cama__render_forward(&render, true, r->params, r->mean);
        cama__render_shares(&render, r->share);
        cama__contaminated_forward(s->work->pool, &c, r->logp);
    }
    cama__arena_release(s->work->arena, mark);
}

void cama__logw_view_backward(cama__logw *s, const cama__r_rows *r, const double *dw, real *dparams)
{
    const int64_t rows = r->run.rows, size = cama__shape_size(s->model->spec.x);
    const size_t mark = cama__arena_mark(s->work->arena);
    const cama__render render = render_of(s, rows, r->m);
    real *dmean = cama__exec_tensor(s->work, rows, size);
    real *dx = s->dx != NULL ? cama__exec_tensor(s->work, rows, size) : NULL;
    real *dview = s->m.dreading != NULL ? cama__exec_tensor(s->work, rows, VIEW_COUNT) : NULL;
    double *dshare = cama__logw_doubles(s, rows);
    if (!cama__exec_measures(s->work)) {
        const cama__contaminated c = contaminated_of(s, r);
        cama__contaminated_backward(s->work->pool, &c, dw, dmean, dx, dshare);
        cama__render_backward(&render, true, r->params, dmean, dshare, dparams, dview);
        if (dx != NULL) cama__rows_scatter_add(s->work->pool, rows, size, dx, r->x, s->dx);
        if (dview != NULL) cama__rows_scatter_add(s->work->pool, rows, VIEW_COUNT, dview, r->m, s->m.dreading);
    }
    cama__arena_release(s->work->arena, mark);
}

/* ---- The view undone: seen rows ---------------------------------------------------------------------------------- */

void cama__logw_view_look(cama__logw *s)
{
    const int64_t rows = s->m.each ? s->m.rows : cama__row_plan_x(&s->plan), size = cama__shape_size(s->model->spec.x);
    real *seen = cama__exec_tensor(s->work, rows, size);
    s->seen_rows = rows;
    s->dseen = s->gradient && s->to_seen ? cama__logw_zeros(s, rows, size) : NULL;
    const size_t mark = cama__arena_mark(s->work->arena);
    cama__render render = render_of(s, rows, NULL);
    render.one = !s->m.each;
    if (!cama__exec_measures(s->work)) cama__look_forward(&render, s->encoded, s->m.x, seen);
    cama__arena_release(s->work->arena, mark);
    s->seen = seen;
}

void cama__logw_view_look_backward(cama__logw *s)
{
    const int64_t rows = s->seen_rows, size = cama__shape_size(s->model->spec.x);
    const size_t mark = cama__arena_mark(s->work->arena);
    cama__render render = render_of(s, rows, NULL);
    render.one = !s->m.each;
    real *dx = s->dx != NULL ? cama__exec_tensor(s->work, rows, size) : NULL;
    real *dview = s->m.dreading != NULL ? cama__exec_tensor(s->work, rows, VIEW_COUNT) : NULL;
    if (!cama__exec_measures(s->work)) {
        cama__look_backward(&render, s->encoded, s->m.x, s->dseen, dx, dview);
        for (int64_t i = 0; dx != NULL && s->m.x == NULL && i < numbers_of(s, rows); i++) s->dx[i] += dx[i];
        if (dx != NULL && s->m.x != NULL) cama__rows_scatter_add(s->work->pool, rows, size, dx, s->m.x, s->dx);
        for (int64_t row = 0; dview != NULL && row < rows; row++)
            for (int32_t k = 0; k < VIEW_COUNT; k++)
                s->m.dreading[cama__at(s->m.each ? row : 0, k, VIEW_COUNT)] += dview[cama__at(row, k, VIEW_COUNT)];
    }
    cama__arena_release(s->work->arena, mark);
}
