/* logw_latents - the passes of a run that stop before log-weights: what encode, reconstruct, generate and
 * counterfactual need. There is one row an example, of the class it has and of the m it is given. */
#include "logw_state.h"

static void copy_out(const cama__exec *exec, real *to, const real *from, int64_t rows, int64_t features)
{
    if (to != NULL) cama__exec_copy(exec, from, cama__blocks(rows) * cama__kernel()->nr * features, to);
}

typedef struct {
    cama__logw_options o;
    cama__batch batch;
    cama__logw s;
    cama__q_rows q;
    cama__r_rows r;
} one_row_each;

static const cama__logw_sink nothing = {0};

/* The rows of m, a and c, and which rows z has. */
static void begin(one_row_each *p, const cama__exec *exec, const cama_model *model, const cama__batch *batch,
                  const cama__latent *l)
{
    cama__logw *s = &p->s;
    *p = (one_row_each){.o = {.objective = OBJECTIVE_ELBO, .m = SCORE_M_GIVEN, .u = 1, .k = 1, .mean_noise = true}};
    p->batch = *batch;
    p->batch.y = l->y, p->batch.a = l->a, p->batch.c = l->c, p->batch.m = l->m;
    *s = (cama__logw){.exec = exec, .model = model, .o = &p->o, .batch = &p->batch, .sink = &nothing};
    s->x = batch->x;
    s->encoded = batch->encoded != NULL ? batch->encoded : batch->x;
    s->per_class = s->k_count = 1;
    s->m_is_do = l->given;
    cama__row_plan_init(&s->plan, batch->n, 1, 1, 1);
    const int64_t all = cama__row_plan_x(&s->plan) + s->plan.group;
    p->q.run = cama__row_plan_q_run(&s->plan, 0, all);
    p->r.run = cama__row_plan_r_run(&s->plan, &p->q.run, 0, all);
    if (cama__model_views(model)) cama__logw_view_begin(s);
    if (model->spec.m > 0 && l->m != NULL) cama__logw_m_given(s);
    if (model->spec.m > 0 && l->m == NULL) cama__logw_m_fixed(s);
    cama__logw_causes_forward(s);
}

void cama__logw_encode(const cama__exec *exec, const cama_model *model, const cama__batch *batch, const cama__latent *l,
                       const cama__encoding *out)
{
    const int64_t n = batch->n, z = model->spec.z;
    const size_t mark = cama__arena_mark(exec->arena);
    one_row_each p;
    begin(&p, exec, model, batch, l);
    p.o.seed = out->seed;
    p.o.mean_noise = out->mean_noise;
    cama__logw_y_forward(&p.s);
    cama__sensor_forward(&p.s);
    cama__logw_trunk_forward(&p.s);
    cama__logw_q_forward(&p.s, &p.q);
    cama__logw_r_draw(&p.s, &p.q, &p.r);
    copy_out(exec, out->seen, p.s.seen, n, cama__shape_size(model->spec.x));
    copy_out(exec, out->post_z, p.q.post, n, 2 * z);
    copy_out(exec, out->z, p.r.z, n, z);
    cama__arena_release(exec->arena, mark);
}

void cama__logw_decode(const cama__exec *exec, const cama_model *model, int64_t n, const cama__latent *l, const real *z,
                       real *params)
{
    const size_t mark = cama__arena_mark(exec->arena);
    one_row_each p;
    begin(&p, exec, model, &(cama__batch){.n = n}, l);
    p.s.z = z;
    cama__logw_y_forward(&p.s);
    cama__logw_r_draw(&p.s, &p.q, &p.r);
    cama__logw_r_decode(&p.s, &p.r);
    copy_out(exec, params, p.r.params, n, cama__model_outputs(model));
    cama__arena_release(exec->arena, mark);
}

void cama__logw_unsee(const cama__exec *exec, const cama_model *model, int64_t n, const cama__latent *l, real *values)
{
    const size_t mark = cama__arena_mark(exec->arena);
    one_row_each p;
    if (model->spec.m_enters == M_ENTERS_MERGE && !model->spec.c_linear) return;
    begin(&p, exec, model, &(cama__batch){.n = n}, l);
    cama__sensor_undo(&p.s, values);
    cama__arena_release(exec->arena, mark);
}

static const real *pass(const cama__exec *exec, const cama_model *model, int32_t number, int64_t rows, const real *in)
{
    const cama__logw s = {.exec = exec, .model = model};
    cama__tape tape;
    return cama__logw_plain(&s, number, rows, in, &tape);
}

void cama__logw_infer_m(const cama__exec *exec, const cama_model *model, int64_t n, const real *x, real *post_m)
{
    const size_t mark = cama__arena_mark(exec->arena);
    copy_out(exec, post_m, pass(exec, model, NET_Q_M, n, x), n, 2 * (int64_t)model->spec.m);
    cama__arena_release(exec->arena, mark);
}

void cama__logw_view_numbers(const cama__exec *exec, const cama_model *model, int64_t n, const real *m, real *numbers)
{
    const int64_t size = model->spec.m;
    const size_t mark = cama__arena_mark(exec->arena);
    real *zero = cama__exec_tensor(exec, 1, size);
    cama__exec_zero(exec, zero, cama__kernel()->nr * size);
    const real *h = pass(exec, model, NET_P_M, n, m), *h_zero = pass(exec, model, NET_P_M, 1, zero);
    cama__logw_compose_views(exec, model, n, m, h, h_zero, numbers);
    cama__arena_release(exec->arena, mark);
}

void cama__logw_look(const cama__exec *exec, const cama_model *model, int64_t n, const real *m, int32_t sharpen,
                     const real *x, real *seen)
{
    const size_t mark = cama__arena_mark(exec->arena);
    real *numbers = cama__exec_tensor(exec, n, VIEW_COUNT);
    cama__logw_view_numbers(exec, model, n, m, numbers);
    cama__render r = cama__logw_render(exec, model, n, numbers);
    r.sharpen = sharpen;
    cama__look_forward(&r, x, NULL, seen);
    cama__arena_release(exec->arena, mark);
}
