/* logw_m - rows of m: fixed by do(m), given, or inferred for each example; its feature, and the products of the
 * joins. */
#include <string.h>

#include "../base/rng.h"
#include "../prob/gauss.h"
#include "logw_state.h"

/* A block of p_m's last D numbers to the place of the log-variances; nothing for rows that are do(m=0). */
static void spread_task(void *arg, int64_t b, int32_t worker)
{
    (void)worker;
    const cama__logw *s = arg;
    const int64_t dims = cama__shape_size(s->model->spec.x), all = cama__model_readings(s->model);
    const int64_t nr = cama__kernel()->nr, first = all - dims;
    real *to = s->m.spread + (b * 2 + 1) * dims * nr;
    memcpy(to, s->m.h + (b * all + first) * nr, (size_t)(dims * nr) * sizeof(real));
    for (int64_t lane = 0; s->m_is_do && lane < nr; lane++)
        for (int64_t d = 0; cama__logw_zero_row(s->m.m, b * nr + lane, s->model->spec.m) && d < dims; d++)
            to[d * nr + lane] = 0;
}

/* p_m's numbers as a reading; nothing under do(m=0). Those for the log-variances are laid out as p_merge's outputs. */
static void take_reading(cama__logw *s)
{
    cama__m_rows *m = &s->m;
    const int64_t dims = cama__shape_size(s->model->spec.x), all = cama__model_readings(s->model);
    if (!m->each && cama__logw_m_is_zero(s)) return;
    if (cama__model_views(s->model)) {
        cama__logw_view_take(s);
        return;
    }
    m->reading = m->h;
    m->dreading = s->gradient && s->to_m ? cama__logw_zeros(s, m->rows, all) : NULL;
    if (!s->model->spec.variance) return;
    m->spread = cama__logw_zeros(s, m->rows, 2 * dims);
    m->dspread = m->dreading != NULL ? cama__logw_zeros(s, m->rows, 2 * dims) : NULL;
    cama__exec_serial(s->exec, cama__blocks(m->rows), spread_task, s);
}

/* The change of variables' own part: d/d gain of -gain, for each w. */
static void log_slope_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    cama__logw *s = arg;
    cama__logw_log_slope_backward(s, row, s->m.dw[row]);
}

static void spread_backward_task(void *arg, int64_t b, int32_t worker)
{
    (void)worker;
    const cama__logw *s = arg;
    const int64_t dims = cama__shape_size(s->model->spec.x), all = cama__model_readings(s->model);
    const int64_t nr = cama__kernel()->nr, first = all - dims;
    for (int64_t i = 0; i < dims * nr; i++)
        s->m.dreading[(b * all + first) * nr + i] += s->m.dspread[(b * 2 + 1) * dims * nr + i];
}

/* What the rows gave for the reading. */
static void finish_reading(cama__logw *s)
{
    cama__exec_serial(s->exec, s->m.rows, log_slope_task, s);
    if (s->m.dspread != NULL) cama__exec_serial(s->exec, cama__blocks(s->m.rows), spread_backward_task, s);
}

bool cama__logw_m_is_zero(const cama__logw *s)
{
    for (int64_t j = 0; s->o->m0 != NULL && j < s->model->spec.m; j++)
        if (s->o->m0[j] != 0) return false;
    return true;
}

/* Rows that are somebody's: with one sample of m those of the examples, before the padding. */
static int64_t real_rows(const cama__logw *s)
{
    return s->m.each && s->plan.u == 1 ? s->plan.n : s->m.rows;
}

/* From m on: its feature, the joins' products and their gradients. */
static void m_features(cama__logw *s)
{
    cama__m_rows *m = &s->m;
    const int64_t rows = real_rows(s);
    const int64_t merge = cama__logw_width(s, NET_P_MERGE), infer = cama__logw_width(s, NET_Q_Z);
    m->h = cama__logw_plain(s, NET_P_M, rows, m->m, &m->p_m);
    m->infer = cama__exec_tensor(s->exec, m->rows, infer);
    if (s->model->spec.m_enters != M_ENTERS_MERGE) {
        take_reading(s);
    } else {
        m->merge = cama__exec_tensor(s->exec, m->rows, merge);
        cama__join_part(s->exec, cama__logw_net(s, NET_P_MERGE), MERGE_M, s->model->theta, rows, m->h, m->merge);
    }
    cama__join_part(s->exec, cama__logw_net(s, NET_Q_Z), INFER_M, s->model->theta, rows, m->m, m->infer);
    m->dmerge = s->gradient && s->merge_m ? cama__logw_zeros(s, m->rows, merge) : NULL;
    m->dinfer = s->gradient && s->infer_m ? cama__logw_zeros(s, m->rows, infer) : NULL;
    m->dw = s->gradient ? cama__exec_doubles(s->exec, m->rows) : NULL;
}

typedef struct {
    const float *m0;
    int64_t size;
    real *m;
} fixing;

static void fix_task(void *arg, int64_t j, int32_t worker)
{
    (void)worker;
    const fixing *f = arg;
    f->m[cama__at(0, j, f->size)] = f->m0[j];
}

void cama__logw_m_fixed(cama__logw *s)
{
    fixing f = {s->o->m0, s->model->spec.m, cama__logw_zeros(s, 1, s->model->spec.m)};
    if (f.m0 != NULL) cama__exec_serial(s->exec, f.size, fix_task, &f);
    s->m = (cama__m_rows){.rows = 1, .m = f.m};
    m_features(s);
}

void cama__logw_m_given(cama__logw *s)
{
    const int64_t nr = cama__kernel()->nr, size = s->model->spec.m;
    const real *m = cama__exec_piece(s->exec, s->batch->m, s->first / nr * nr * size);
    s->m = (cama__m_rows){.rows = cama__row_plan_m(&s->plan), .each = true, .m = m};
    m_features(s);
}

/* X row and eps of an M row: sample u of the example that its X row is. */
static void draw_m_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const cama__logw *s = arg;
    const cama__row_plan *p = &s->plan;
    const int64_t size = s->model->spec.m, nr = cama__kernel()->nr;
    const int64_t in_full = p->full * p->group * p->u, group_lanes = row < in_full ? p->group : p->rest_padded;
    const int64_t base = row < in_full ? row / (p->group * p->u) : p->full, within = row - base * p->group * p->u;
    const int64_t example = base * p->group + within % group_lanes;
    real *eps = s->m.eps == NULL ? NULL : s->m.eps + cama__at(row, 0, size);
    s->m.x[row] = (int32_t)example;
    for (int64_t j = 0; eps != NULL && example >= p->n && j < size; j++) eps[j * nr] = 0;
    if (eps == NULL || example >= p->n) return;
    const cama__rng_key key = {.seed = s->o->seed,
                               .stream = RNG_M,
                               .sample = (uint32_t)(within / group_lanes),
                               .example =
                                   s->batch->example == NULL ? RNG_NO_EXAMPLE : s->batch->example[s->first + example],
                               .step = s->o->step};
    cama__rng_normals(key, size, eps, nr);
}

void cama__logw_m_inferred(cama__logw *s)
{
    const int64_t x_rows = cama__row_plan_x(&s->plan), rows = cama__row_plan_m(&s->plan), size = s->model->spec.m;
    cama__m_rows *m = &s->m;
    *m = (cama__m_rows){.rows = rows, .each = true};
    m->x = cama__exec_indices(s->exec, rows);
    m->post = (real *)(uintptr_t)cama__logw_plain(s, NET_Q_M, s->plan.n, s->x, &m->q_m);
    m->eps = s->o->mean_noise ? NULL : cama__exec_tensor(s->exec, rows, size);
    real *sample = cama__exec_tensor(s->exec, rows, size);
    m->m = sample;
    m->bracket = cama__exec_doubles(s->exec, s->sampled ? rows : x_rows);
    cama__exec_serial(s->exec, rows, draw_m_task, s);
    cama__gauss_sample(s->exec, rows, size, m->post, m->x, m->eps, sample);
    const cama__gauss_draws draws = {rows, size, m->post, m->x, m->eps, sample};
    if (s->sampled)
        cama__gauss_ratio(s->exec, &draws, m->bracket);
    else
        cama__gauss_kl(s->exec, x_rows, size, m->post, m->bracket);
    m_features(s);
}

typedef struct {
    const cama__logw *s;
    double *dkl; /* (X rows) */
} kl_sum;

static void kl_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const kl_sum *k = arg;
    k->dkl[k->s->m.x[row]] -= k->s->o->kl_weight * k->s->m.dw[row];
}

/* The bracket's own gradient and that of the sample, onto the posterior; then through q_m. */
static void posterior_backward(cama__logw *s, const real *dm)
{
    const cama__m_rows *m = &s->m;
    const int64_t x_rows = cama__row_plan_x(&s->plan), size = s->model->spec.m,
                  features = cama__shape_size(s->model->spec.x);
    const size_t mark = cama__arena_mark(s->exec->arena);
    real *dpost = cama__logw_zeros(s, x_rows, 2 * size);
    kl_sum k = {s, cama__exec_doubles(s->exec, x_rows)};
    cama__exec_serial(s->exec, m->rows, kl_task, &k);
    const cama__gauss_draws draws = {m->rows, size, m->post, m->x, m->eps, m->m};
    cama__gauss_sample_backward(s->exec, &draws, dm, s->sampled ? m->dw : NULL, dpost);
    if (!s->sampled) cama__gauss_kl_backward(s->exec, x_rows, size, m->post, k.dkl, dpost);
    real *din = s->dx == NULL ? NULL : cama__exec_tensor(s->exec, x_rows, features);
    const cama__net_range q_m = cama__net_whole(cama__logw_net(s, NET_Q_M), s->model->theta, x_rows);
    cama__net_backward(s->exec, &q_m, s->x, &m->q_m,
                       &(cama__gradient){GROUP_BLOCKS, dpost, din, cama__logw_dtheta(s, NET_Q_M)});
    if (din != NULL) cama__exec_add(s->exec, din, cama__blocks(x_rows) * cama__kernel()->nr * features, s->dx);
    cama__arena_release(s->exec->arena, mark);
}

void cama__logw_m_backward(cama__logw *s)
{
    cama__m_rows *m = &s->m;
    const cama__net *q_z = cama__logw_net(s, NET_Q_Z);
    const bool inferred = m->post != NULL, given = s->sink->dm != NULL,
               below = given || (inferred && (s->dx != NULL || cama__logw_dtheta(s, NET_Q_M) != NULL));
    const int64_t size = s->model->spec.m, count = cama__blocks(m->rows) * cama__kernel()->nr * size;
    const size_t mark = cama__arena_mark(s->exec->arena);
    real *dm = below ? cama__logw_zeros(s, m->rows, size) : NULL,
         *more = below ? cama__exec_tensor(s->exec, m->rows, size) : NULL;
    if (s->merge_m)
        cama__logw_part_backward(
            s, &(cama__fed_part){NET_P_MERGE, MERGE_M, NET_P_M, m->rows, m->m, m->h, &m->p_m}, m->dmerge, dm);
    if (m->dreading != NULL && cama__model_views(s->model)) {
        cama__logw_view_finish(s, dm);
    } else if (m->dreading != NULL) {
        const cama__net_range p_m = cama__net_whole(cama__logw_net(s, NET_P_M), s->model->theta, m->rows);
        finish_reading(s);
        cama__net_backward(s->exec, &p_m, m->m, &m->p_m,
                           &(cama__gradient){GROUP_BLOCKS, m->dreading, dm, cama__logw_dtheta(s, NET_P_M)});
    }
    if (s->infer_m) {
        cama__join_part_backward(s->exec, q_z, INFER_M, s->model->theta, m->rows, m->m,
                                 &(cama__gradient){GROUP_BLOCKS, m->dinfer, more, cama__logw_dtheta(s, NET_Q_Z)});
        if (below) cama__exec_add(s->exec, more, count, dm);
    }
    if (below && inferred) posterior_backward(s, dm);
    const int64_t nr = cama__kernel()->nr;
    if (given) cama__exec_copy(s->exec, dm, count, cama__exec_piece(s->exec, s->sink->dm, s->first / nr * nr * size));
    cama__arena_release(s->exec->arena, mark);
}
