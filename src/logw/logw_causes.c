/* logw_causes - what depends on the parents and co-parents alone, once for each example: log p(y|a), the feature of c,
 * and the parts of a and c in the joins. */
#include "../prob/softmax.h"
#include "logw_state.h"

typedef struct {
    const cama__cause_rows *r;
    int64_t classes;
    const real *logits;
    real *dlogits;
} prior;

static void log_softmax_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const prior *p = arg;
    cama__softmax_log(p->logits, row, p->classes, p->r->log_prior + row * p->classes);
}

static void log_softmax_backward_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const prior *p = arg;
    const int64_t at = row * p->classes;
    cama__softmax_log_backward(p->r->log_prior + at, p->r->dlog_prior + at, row, p->classes, p->dlogits);
}

/* log p(y|a) = log-softmax of p_prior's logits. */
static void prior_forward(cama__logw *s)
{
    cama__cause_rows *r = &s->causes;
    const int64_t rows = cama__row_plan_x(&s->plan), classes = s->model->spec.classes;
    const real *logits = cama__logw_plain(s, NET_P_PRIOR, rows, r->a, &r->p_prior);
    r->log_prior = cama__exec_doubles(s->exec, rows * classes);
    r->dlog_prior = s->gradient ? cama__exec_doubles(s->exec, rows * classes) : NULL;
    prior p = {.r = r, .classes = classes, .logits = logits};
    cama__exec_serial(s->exec, rows, log_softmax_task, &p);
}

static void prior_backward(cama__logw *s)
{
    cama__cause_rows *r = &s->causes;
    const int64_t rows = cama__row_plan_x(&s->plan), classes = s->model->spec.classes;
    const cama__net_range net = cama__net_whole(cama__logw_net(s, NET_P_PRIOR), s->model->theta, rows);
    const size_t mark = cama__arena_mark(s->exec->arena);
    prior p = {.r = r, .classes = classes, .dlogits = cama__logw_zeros(s, rows, classes)};
    cama__exec_serial(s->exec, rows, log_softmax_backward_task, &p);
    cama__net_backward(s->exec, &net, r->a, &r->p_prior,
                       &(cama__gradient){GROUP_BLOCKS, p.dlogits, NULL, cama__logw_dtheta(s, NET_P_PRIOR)});
    cama__arena_release(s->exec->arena, mark);
}

/* The parts of a and c in q_z's join, added up. */
static void infer_forward(cama__logw *s)
{
    cama__cause_rows *r = &s->causes;
    const cama__net *q_z = cama__logw_net(s, NET_Q_Z);
    const int64_t rows = cama__row_plan_x(&s->plan), width = cama__logw_width(s, NET_Q_Z);
    const int64_t count = cama__blocks(rows) * cama__kernel()->nr * width;
    r->infer = cama__exec_tensor(s->exec, rows, width);
    cama__join_part(s->exec, q_z, r->a != NULL ? INFER_A : INFER_C, s->model->theta, rows, r->a != NULL ? r->a : r->c,
                    r->infer);
    if (r->a == NULL || r->c == NULL) return;
    const size_t mark = cama__arena_mark(s->exec->arena);
    real *more = cama__exec_tensor(s->exec, rows, width);
    cama__join_part(s->exec, q_z, INFER_C, s->model->theta, rows, r->c, more);
    cama__exec_add(s->exec, more, count, r->infer);
    cama__arena_release(s->exec->arena, mark);
}

/* The rows of the image tile that starts at s->first. */
static const real *tile_of(const cama__logw *s, const real *batch, int64_t size)
{
    const int64_t nr = cama__kernel()->nr;
    return size == 0 ? NULL : cama__exec_piece(s->exec, batch, s->first / nr * nr * size);
}

typedef struct {
    const cama_model *model;
    int64_t rows;
    const real *c;
    real *out;
} limiting;

static void limit_c_task(void *arg, int64_t index, int32_t worker)
{
    (void)index, (void)worker;
    const limiting *l = arg;
    cama__model_limit_c(l->model, l->rows, l->c, l->out);
}

void cama__logw_limit_c(const cama__exec *exec, const cama_model *model, int64_t rows, const real *c, real *out)
{
    limiting l = {model, rows, c, out};
    cama__exec_serial(exec, 1, limit_c_task, &l);
}

/* c within its limits: the networks know nothing of how the world goes on outside of the training range. */
static const real *clipped(const cama__logw *s, const real *c)
{
    const int64_t rows = cama__row_plan_x(&s->plan), size = s->model->spec.c;
    real *out = cama__exec_tensor(s->exec, rows, size);
    cama__logw_limit_c(s->exec, s->model, rows, c, out);
    return out;
}

void cama__logw_causes_forward(cama__logw *s)
{
    cama__cause_rows *r = &s->causes;
    const cama__spec *spec = &s->model->spec;
    const int64_t rows = cama__row_plan_x(&s->plan);
    *r = (cama__cause_rows){.a = tile_of(s, s->batch->a, spec->a), .c = tile_of(s, s->batch->c, spec->c)};
    r->c_given = r->c;
    if (r->c != NULL && cama__model_limits_c(s->model)) r->c = clipped(s, r->c_given);
    if (s->sink->dc != NULL) r->dc = (real *)(uintptr_t)tile_of(s, s->sink->dc, spec->c);
    if (spec->discriminative) return;
    if (r->a != NULL) prior_forward(s);
    if (r->c != NULL) {
        const cama__net *merge = cama__logw_net(s, NET_P_MERGE);
        const int64_t width = cama__logw_width(s, NET_P_MERGE);
        r->h_c = cama__logw_plain(s, NET_P_C, rows, r->c, &r->p_c);
        r->merge = cama__exec_tensor(s->exec, rows, width);
        cama__join_part(s->exec, merge, MERGE_C, s->model->theta, rows, r->h_c, r->merge);
        r->dmerge = s->gradient && s->merge_c ? cama__logw_zeros(s, rows, width) : NULL;
    }
    if (r->a == NULL && r->c == NULL) return;
    infer_forward(s);
    r->dinfer = s->gradient && s->infer_causes ? cama__logw_zeros(s, rows, cama__logw_width(s, NET_Q_Z)) : NULL;
}

static void limit_dc_task(void *arg, int64_t i, int32_t worker)
{
    (void)worker;
    const cama__cause_rows *r = arg;
    if (r->c[i] != r->c_given[i]) r->dc[i] = 0;
}

void cama__logw_limit_dc(cama__logw *s)
{
    const int64_t count = cama__blocks(cama__row_plan_x(&s->plan)) * cama__kernel()->nr * s->model->spec.c;
    if (s->causes.dc != NULL) cama__exec_serial(s->exec, count, limit_dc_task, &s->causes);
}

static void infer_backward(cama__logw *s, int32_t part, const real *in, real *din)
{
    cama__join_part_backward(s->exec, cama__logw_net(s, NET_Q_Z), part, s->model->theta, cama__row_plan_x(&s->plan), in,
                             &(cama__gradient){GROUP_BLOCKS, s->causes.dinfer, din, cama__logw_dtheta(s, NET_Q_Z)});
}

void cama__logw_causes_backward(cama__logw *s)
{
    cama__cause_rows *r = &s->causes;
    const int64_t rows = cama__row_plan_x(&s->plan), size = s->model->spec.c;
    const int64_t count = cama__blocks(rows) * cama__kernel()->nr * size;
    const size_t mark = cama__arena_mark(s->exec->arena);
    if (r->log_prior != NULL && cama__logw_dtheta(s, NET_P_PRIOR) != NULL) prior_backward(s);
    if (r->dmerge != NULL)
        cama__logw_part_backward(s, &(cama__fed_part){NET_P_MERGE, MERGE_C, NET_P_C, rows, r->c, r->h_c, &r->p_c},
                                 r->dmerge, r->dc);
    if (r->dinfer != NULL && r->a != NULL && cama__logw_dtheta(s, NET_Q_Z) != NULL)
        infer_backward(s, INFER_A, r->a, NULL);
    if (r->dinfer != NULL && r->c != NULL) {
        real *more = r->dc == NULL ? NULL : cama__exec_tensor(s->exec, rows, size);
        infer_backward(s, INFER_C, r->c, more);
        if (more != NULL) cama__exec_add(s->exec, more, count, r->dc);
    }
    cama__logw_limit_dc(s);
    cama__arena_release(s->exec->arena, mark);
}
