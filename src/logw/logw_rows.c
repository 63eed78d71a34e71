/* logw_rows - the tiles of rows: q(z|x,y,m) on Q rows, samples of z and p(x|y,z,m) on R rows, forward and backward. */
#include <string.h>

#include "../base/rng.h"
#include "../tensor/rows.h"
#include "../prob/gauss.h"
#include "../prob/likelihood.h"
#include "logw_state.h"

static inline int32_t class_of(const cama__logw *s, const cama__row *row)
{
    if (s->per_class > 1 || s->model->spec.classes == 1) return row->c;
    return row->example < 0 ? 0 : s->batch->y[s->first + row->example];
}

static inline int32_t m_row_of(const cama__logw *s, const cama__row *row) { return s->m.each ? row->m : 0; }

static inline int32_t seen_row_of(const cama__logw *s, const cama__row *row)
{
    return s->m.each && s->m.reading != NULL ? row->m : row->x;
}

/* ---- Q rows ---- */

typedef struct {
    const cama__logw *s;
    cama__q_rows *q;
} q_indexing;

static void index_q_task(void *arg, int64_t r, int32_t worker)
{
    (void)worker;
    const q_indexing *i = arg;
    const cama__row row = cama__logw_row(i->s, &i->q->run, NULL, r);
    i->q->x[r] = row.x;
    i->q->y[r] = class_of(i->s, &row);
    i->q->m[r] = m_row_of(i->s, &row);
    i->q->seen[r] = seen_row_of(i->s, &row);
}

void cama__logw_q_forward(cama__logw *s, cama__q_rows *q)
{
    const cama__net *q_z = cama__logw_net(s, NET_Q_Z);
    const int64_t rows = q->run.rows, width = cama__logw_width(s, NET_Q_Z), z = s->model->spec.z;
    q->x = cama__exec_indices(s->exec, rows);
    q->y = cama__exec_indices(s->exec, rows);
    q->m = cama__exec_indices(s->exec, rows);
    q->seen = cama__exec_indices(s->exec, rows);
    q->kl = cama__exec_doubles(s->exec, rows);
    q->dkl = s->gradient ? cama__exec_doubles(s->exec, rows) : NULL;
    q_indexing i = {s, q};
    cama__exec_serial(s->exec, rows, index_q_task, &i);
    if (s->o->prior_z) {
        q->post = cama__logw_zeros(s, rows, 2 * z);
        return;
    }
    q->dpost = s->gradient && s->to_z ? cama__logw_zeros(s, rows, 2 * z) : NULL;
    cama__net_take(s->exec, q_z, q_z->join, q_z->count, rows, &q->head);
    real *sum = q->head.out[q_z->join];
    cama__exec_zero(s->exec, sum, cama__blocks(rows) * cama__kernel()->nr * width);
    const cama__join_input inputs[] = {
        {s->infer_x, q->seen}, {s->y.infer, q->y}, {s->m.infer, q->m}, {s->causes.infer, q->x}};
    cama__join_finish(s->exec, q_z, s->model->theta, rows, 4, inputs, sum);
    q->post = cama__net_forward(s->exec, q_z, s->model->theta, q_z->join + 1, q_z->count, rows, sum, &q->head);
    if (!s->sampled) cama__gauss_kl(s->exec, rows, z, q->post, q->kl);
}

/* Scatter a join's gradient to the rows its inputs came from. */
static void scatter(const cama__logw *s, int64_t rows, int64_t width, const real *d, const int32_t *index, real *to)
{
    if (to != NULL) cama__rows_scatter_add(s->exec, rows, width, d, index, to);
}

void cama__logw_q_backward(cama__logw *s, cama__q_rows *q)
{
    if (!s->to_z) return;
    const cama__net *q_z = cama__logw_net(s, NET_Q_Z);
    const int64_t rows = q->run.rows, width = cama__logw_width(s, NET_Q_Z);
    const bool below = s->dinfer_x != NULL || s->y.dinfer != NULL || s->m.dinfer != NULL || s->causes.dinfer != NULL;
    real *dtheta = cama__logw_dtheta(s, NET_Q_Z);
    if (!below && dtheta == NULL) return;
    const size_t mark = cama__arena_mark(s->exec->arena);
    if (!s->sampled) cama__gauss_kl_backward(s->exec, rows, s->model->spec.z, q->post, q->dkl, q->dpost);
    real *sum = q->head.out[q_z->join], *dsum = q->dpost;
    if (q_z->count > q_z->join + 1) {
        dsum = cama__exec_tensor(s->exec, rows, width);
        cama__net_backward(s->exec, q_z, s->model->theta, q_z->join + 1, q_z->count, rows, q->run.chunk, sum, &q->head,
                           q->dpost, dsum, dtheta);
    }
    cama__layer_backward(s->exec, &q_z->layer[q_z->join], s->model->theta, rows, q->run.chunk, NULL, sum, NULL, dsum,
                         NULL, dtheta);
    scatter(s, rows, width, dsum, q->seen, s->dinfer_x);
    scatter(s, rows, width, dsum, q->y, s->y.dinfer);
    scatter(s, rows, width, dsum, q->m, s->m.dinfer);
    scatter(s, rows, width, dsum, q->x, s->causes.dinfer);
    cama__arena_release(s->exec->arena, mark);
}

/* ---- R rows ---- */

static cama__rng_key key_of(const cama__logw *s, int64_t example, int64_t sample)
{
    const uint32_t number = s->batch->example == NULL ? RNG_NO_EXAMPLE : s->batch->example[s->first + example];
    return (cama__rng_key){s->o->seed, RNG_Z, (uint32_t)sample, number, s->o->step};
}

typedef struct {
    const cama__logw *s;
    int64_t samples, count; /* of an example, and in all */
    real *table;
} drawing;

enum { ENTRIES = 64, TABLE_MOST = 1 << 22 }; /* in a task of the pool; numbers of the table */

static void draw_entries(void *arg, int64_t task, int32_t worker)
{
    (void)worker;
    const drawing *d = arg;
    const int64_t z = d->s->model->spec.z;
    for (int64_t i = task * ENTRIES; i < (task + 1) * ENTRIES && i < d->count; i++)
        cama__rng_normals(key_of(d->s, i / d->samples, i % d->samples), z, d->table + i * z, 1);
}

void cama__logw_draw_shared(cama__logw *s)
{
    const bool keyed = s->batch->example != NULL;
    const int64_t samples = (int64_t)s->plan.u * s->plan.k, count = (keyed ? s->plan.n : 1) * samples;
    s->eps = NULL;
    if (s->o->mean_noise || (keyed && s->per_class == 1) || count > TABLE_MOST / s->model->spec.z) return;
    real *table = cama__exec_reals(s->exec, count * s->model->spec.z);
    drawing d = {s, samples, count, table};
    cama__exec_run(s->exec, (count + ENTRIES - 1) / ENTRIES, draw_entries, &d);
    s->eps = table;
}

/* The noise of one row, to its lane. */
static void noise_of(const cama__logw *s, const cama__row *row, real *eps)
{
    const cama__row_plan *p = &s->plan;
    const int64_t nr = cama__kernel()->nr, z = s->model->spec.z, sample = (int64_t)row->u * p->k + row->k;
    const int64_t shared = s->batch->example == NULL ? sample : row->example * p->u * p->k + sample;
    if (row->example < 0)
        for (int64_t j = 0; j < z; j++) eps[j * nr] = 0;
    else if (s->eps != NULL)
        for (int64_t j = 0; j < z; j++) eps[j * nr] = s->eps[shared * z + j];
    else
        cama__rng_normals(key_of(s, row->example, sample), z, eps, nr);
}

typedef struct {
    const cama__logw *s;
    const cama__q_rows *q;
    cama__r_rows *r;
} r_indexing;

/* Indices and noise of the rows of one block. */
static void index_r_block(void *arg, int64_t block, int32_t worker)
{
    (void)worker;
    const r_indexing *i = arg;
    const cama__logw *s = i->s;
    const cama__row_plan *p = &s->plan;
    cama__r_rows *r = i->r;
    const int64_t nr = cama__kernel()->nr, z = s->model->spec.z;
    for (int64_t at = block * nr; at < (block + 1) * nr && at < r->run.rows; at++) {
        const cama__row row = cama__logw_row(s, &r->run, &i->q->run, at);
        r->q[at] = row.q;
        r->x[at] = row.x;
        r->y[at] = class_of(s, &row);
        r->m[at] = m_row_of(s, &row);
        r->seen[at] = seen_row_of(s, &row);
        r->w[at] = row.example < 0 ? -1 : ((row.example * p->u + row.u) * p->c + row.c) * p->k + row.k;
        if (r->eps != NULL) noise_of(s, &row, r->eps + cama__at(at, 0, z));
    }
}

/* w of a row from its parts: log p(x|y,z,m) + log p(y|a) + the brackets of z and m. */
static void write_w_task(void *arg, int64_t at, int32_t worker)
{
    (void)worker;
    const r_indexing *i = arg;
    const cama__logw *s = i->s;
    const cama__r_rows *r = i->r;
    if (r->w[at] < 0) return;
    const double bracket_z = s->sampled ? r->ratio[at] : -i->q->kl[r->q[at]];
    double bracket_m = 0;
    if (s->m.bracket != NULL) bracket_m = s->sampled ? s->m.bracket[r->m[at]] : -s->m.bracket[r->x[at]];
    const double log_prior = s->causes.log_prior != NULL
                                 ? s->causes.log_prior[r->x[at] * s->model->spec.classes + r->y[at]]
                                 : s->model->log_prior[r->y[at]];
    s->w[r->w[at]] = r->logp[at] - s->model->log_scale + log_prior + bracket_z + bracket_m +
                     (s->m.reading != NULL && r->mean == NULL ? cama__logw_log_slope(s, r->m[at]) : 0);
}

void cama__logw_r_draw(cama__logw *s, const cama__q_rows *q, cama__r_rows *r)
{
    const int64_t rows = r->run.rows, z = s->model->spec.z;
    r_indexing indexing = {s, q, r};
    int32_t **const indices[] = {&r->q, &r->x, &r->y, &r->m, &r->seen};
    for (int i = 0; i < 5; i++) *indices[i] = cama__exec_indices(s->exec, rows);
    r->w = cama__exec_structs(s->exec, rows, sizeof *r->w);
    r->eps = s->o->mean_noise ? NULL : cama__exec_tensor(s->exec, rows, z);
    cama__exec_run(s->exec, cama__blocks(rows), index_r_block, &indexing);
    r->z = s->z;
    if (r->z != NULL) return;
    real *drawn = cama__exec_tensor(s->exec, rows, z);
    cama__gauss_sample(s->exec, rows, z, q->post, r->q, r->eps, drawn);
    r->z = drawn;
}

/* m's additions to the log-variances: in place, or beside the outputs of an activation, whose adjoint reads those. */
static void add_spread(const cama__logw *s, cama__r_rows *r)
{
    const cama__net *merge = cama__logw_net(s, NET_P_MERGE);
    const int64_t rows = r->run.rows, outputs = cama__model_outputs(s->model);
    real *params = r->merge.out[merge->count - 1];
    if (merge->layer[merge->count - 1].activation != ACTIVATION_NONE) {
        params = cama__exec_tensor(s->exec, rows, outputs);
        cama__exec_copy(s->exec, r->params, cama__blocks(rows) * cama__kernel()->nr * outputs, params);
        r->params = params;
    }
    cama__rows_gather_add(s->exec, rows, outputs, s->m.spread, r->m, params);
}

void cama__logw_r_decode(cama__logw *s, cama__r_rows *r)
{
    const cama_model *model = s->model;
    const cama__net *merge = cama__logw_net(s, NET_P_MERGE);
    const int64_t rows = r->run.rows;
    r->h_z = cama__logw_plain(s, NET_P_Z, rows, r->z, &r->p_z);
    cama__net_take(s->exec, merge, 0, merge->count, rows, &r->merge);
    real *sum = r->merge.out[0];
    cama__join_part(s->exec, merge, MERGE_Z, model->theta, rows, r->h_z, sum);
    const cama__join_input inputs[] = {{s->y.merge, r->y}, {s->m.merge, r->m}, {s->causes.merge, r->x}};
    cama__join_finish(s->exec, merge, model->theta, rows, 3, inputs, sum);
    r->params = cama__net_forward(s->exec, merge, model->theta, 1, merge->count, rows, sum, &r->merge);
    if (s->m.spread != NULL) add_spread(s, r);
}

/* What the likelihood judges: x as it is seen; of a model of views x itself, and here the view is none. */
static const real *x_judged(const cama__logw *s) { return cama__model_views(s->model) ? s->x : s->seen; }

void cama__logw_r_forward(cama__logw *s, const cama__q_rows *q, cama__r_rows *r)
{
    const cama_model *model = s->model;
    const int64_t rows = r->run.rows;
    r_indexing i = {s, q, r};
    r->ratio = cama__exec_doubles(s->exec, rows);
    r->logp = cama__exec_doubles(s->exec, rows);
    cama__logw_r_draw(s, q, r);
    if (s->sampled) cama__gauss_ratio(s->exec, rows, model->spec.z, q->post, r->q, r->eps, r->z, r->ratio);
    cama__logw_r_decode(s, r);
    r->mean = NULL;
    if (cama__logw_views(s)) cama__logw_view_forward(s, r);
    if (r->mean == NULL)
        cama__likelihood_forward(s->exec, &model->likelihood, rows, cama__shape_size(model->spec.x), r->params,
                                 x_judged(s), r->seen, model->rho < 0 ? NULL : model->theta + model->rho, r->logp);
    if (s->fills_w) cama__exec_serial(s->exec, rows, write_w_task, &i);
}

typedef struct {
    cama__logw *s;
    cama__q_rows *q;
    const cama__r_rows *r;
    double *dw;
} dw_rows;

/* dw of a row, and its share in the sums for the brackets. */
static void dw_task(void *arg, int64_t at, int32_t worker)
{
    (void)worker;
    const dw_rows *d = arg;
    cama__logw *s = d->s;
    const cama__r_rows *r = d->r;
    const double dw = r->w[at] < 0 ? 0 : s->dw[r->w[at]];
    d->dw[at] = dw;
    d->q->dkl[r->q[at]] -= s->o->kl_weight * dw;
    if (s->m.dw != NULL) s->m.dw[r->m[at]] += dw;
    if (s->causes.dlog_prior != NULL) s->causes.dlog_prior[r->x[at] * s->model->spec.classes + r->y[at]] += dw;
}

static double *take_dw(cama__logw *s, cama__q_rows *q, const cama__r_rows *r)
{
    dw_rows d = {s, q, r, cama__exec_doubles(s->exec, r->run.rows)};
    cama__exec_serial(s->exec, r->run.rows, dw_task, &d);
    return d.dw;
}

static void likelihood_backward(cama__logw *s, const cama__r_rows *r, const double *dw, real *dparams)
{
    const cama_model *model = s->model;
    const int64_t rows = r->run.rows, size = cama__shape_size(model->spec.x);
    const size_t mark = cama__arena_mark(s->exec->arena);
    real *dtheta = model->rho < 0 ? NULL : cama__logw_dtheta(s, NET_LIKELIHOOD);
    real *dx = s->dseen == NULL ? NULL : cama__exec_tensor(s->exec, rows, size);
    cama__likelihood_backward(s->exec, &model->likelihood, rows, size, r->params, x_judged(s), r->seen,
                              model->rho < 0 ? NULL : model->theta + model->rho, dw, dparams, dx,
                              dtheta == NULL ? NULL : dtheta + model->rho);
    if (dx != NULL) scatter(s, rows, size, dx, r->seen, s->dseen);
    scatter(s, rows, cama__model_outputs(model), dparams, r->m, s->m.dspread);
    cama__arena_release(s->exec->arena, mark);
}

/* Back through p_z to z, and with z's sample and bracket onto its posterior. */
static void z_backward(cama__logw *s, cama__q_rows *q, cama__r_rows *r, real *dsum, const double *dw)
{
    const cama__net *merge = cama__logw_net(s, NET_P_MERGE), *p_z = cama__logw_net(s, NET_P_Z);
    const int64_t rows = r->run.rows, z = s->model->spec.z;
    real *dz = s->to_z ? cama__exec_tensor(s->exec, rows, z) : NULL, *dh = dz,
         *p_z_theta = cama__logw_dtheta(s, NET_P_Z);
    if (p_z->count > 0 && s->to_z)
        dh = cama__exec_tensor(s->exec, rows, cama__shape_size(cama__net_shape(p_z, p_z->count)));
    cama__join_part_backward(s->exec, merge, MERGE_Z, s->model->theta, rows, r->run.chunk, r->h_z, dsum, dh,
                             cama__logw_dtheta(s, NET_P_MERGE));
    if (!s->to_z) return;
    if (p_z->count > 0)
        cama__net_backward(s->exec, p_z, s->model->theta, 0, p_z->count, rows, r->run.chunk, r->z, &r->p_z, dh, dz,
                           p_z_theta);
    cama__gauss_sample_backward(s->exec, rows, z, q->post, r->q, r->eps, r->z, dz, s->sampled ? dw : NULL, q->dpost);
}

typedef struct {
    int64_t size;
    const double *dw;
    real *mean;
} weighting;

static void weigh_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const weighting *w = arg;
    for (int64_t i = 0; i < w->size; i++) w->mean[cama__at(row, i, w->size)] *= (real)w->dw[row];
}

/* The mean of p(x|.), each row's times its dw, to its X row. */
static void add_means(cama__logw *s, cama__q_rows *q, const cama__r_rows *r)
{
    const int64_t rows = r->run.rows, size = cama__shape_size(s->model->spec.x), nr = cama__kernel()->nr;
    const size_t mark = cama__arena_mark(s->exec->arena);
    weighting w = {size, take_dw(s, q, r), cama__exec_tensor(s->exec, rows, size)};
    cama__exec_copy(s->exec, r->mean != NULL ? r->mean : r->params, cama__blocks(rows) * nr * size, w.mean);
    if (r->mean == NULL) cama__likelihood_mean(s->exec, &s->model->likelihood, rows, size, w.mean);
    cama__exec_serial(s->exec, rows, weigh_task, &w);
    cama__rows_scatter_add(s->exec, rows, size, w.mean, r->x, cama__exec_piece(s->exec, s->sink->mean, s->mean_first));
    cama__arena_release(s->exec->arena, mark);
}

void cama__logw_r_backward(cama__logw *s, cama__q_rows *q, cama__r_rows *r)
{
    if (s->sink->mean != NULL) {
        add_means(s, q, r);
        return;
    }
    const cama_model *model = s->model;
    const cama__net *merge = cama__logw_net(s, NET_P_MERGE);
    const int64_t rows = r->run.rows, width = cama__logw_width(s, NET_P_MERGE);
    const size_t mark = cama__arena_mark(s->exec->arena);
    real *dtheta = cama__logw_dtheta(s, NET_P_MERGE), *sum = r->merge.out[0];
    const double *dw = take_dw(s, q, r);
    real *dparams = cama__exec_tensor(s->exec, rows, cama__model_outputs(model)), *dsum = dparams;
    if (r->mean != NULL)
        cama__logw_view_backward(s, r, dw, dparams);
    else
        likelihood_backward(s, r, dw, dparams);
    if (merge->count > 1) {
        dsum = cama__exec_tensor(s->exec, rows, width);
        cama__net_backward(s->exec, merge, model->theta, 1, merge->count, rows, r->run.chunk, sum, &r->merge, dparams,
                           dsum, dtheta);
    }
    cama__layer_backward(s->exec, &merge->layer[0], model->theta, rows, r->run.chunk, NULL, sum, NULL, dsum, NULL,
                         dtheta);
    scatter(s, rows, width, dsum, r->y, s->y.dmerge);
    scatter(s, rows, width, dsum, r->m, s->m.dmerge);
    scatter(s, rows, width, dsum, r->x, s->causes.dmerge);
    z_backward(s, q, r, dsum, dw);
    cama__arena_release(s->exec->arena, mark);
}
