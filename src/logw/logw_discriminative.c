/* logw_discriminative - the discriminative baseline as a score: w[i,c] = log p(y_c|x_i,a_i,c_i), one network's
 * log-softmax. Under the same heads it is trained by cross-entropy (ELBO), predicts (BAYES) and is attacked (ODDS). */
#include "../prob/softmax.h"
#include "logw_state.h"

typedef struct {
    int64_t rows;
    cama__tape trunk, head;
    const real *t;
    real *sum; /* the join's output */
    const real *logits;
} dnn;

/* Keys of dropout for the rows of the tile. */
static cama__dropout_keys keys_of(const cama__logw *s)
{
    return (cama__dropout_keys){.seed = s->o->seed,
                                .step = s->o->step,
                                .example = s->batch->example == NULL ? NULL : s->batch->example + s->first,
                                .n = s->plan.n};
}

static void forward(cama__logw *s, const cama__exec *exec, dnn *d)
{
    const cama__net *net = cama__logw_net(s, NET_DNN);
    const int64_t width = cama__logw_width(s, NET_DNN);
    const real *const theta = s->model->theta, *const in[DNN_PARTS] = {NULL, s->causes.a, s->causes.c};
    const cama__net_range whole = cama__net_whole(net, theta, d->rows), trunk = cama__net_trunk(net, theta, d->rows),
                          head = cama__net_head(net, theta, d->rows);
    cama__net_take(exec, &whole, &d->head);
    d->trunk = d->head;
    d->t = cama__net_forward(exec, &trunk, s->x, &d->trunk);
    d->sum = d->head.out[net->join];
    cama__join_part(exec, net, DNN_X, theta, d->rows, d->t, d->sum);
    const size_t mark = cama__arena_mark(exec->arena);
    cama__join_input inputs[DNN_PARTS] = {{NULL, NULL}};
    for (int32_t i = DNN_A; i < DNN_PARTS; i++) {
        if (in[i] == NULL) continue;
        real *product = cama__exec_tensor(exec, d->rows, width);
        cama__join_part(exec, net, i, theta, d->rows, in[i], product);
        inputs[i] = (cama__join_input){product, NULL};
    }
    cama__join_finish(exec, net, theta, d->rows, DNN_PARTS, inputs, d->sum);
    cama__arena_release(exec->arena, mark);
    d->logits = cama__net_forward(exec, &head, d->sum, &d->head);
}

typedef struct {
    cama__logw *s;
    const real *logits;
    double *log_p, *dlog_p; /* (rows, C), (C) */
    real *dlogits;
} readout;

/* w of all classes, or of the label's class alone. */
static void write_w_task(void *arg, int64_t i, int32_t worker)
{
    (void)worker;
    const readout *r = arg;
    cama__logw *s = r->s;
    const int64_t classes = s->model->spec.classes;
    double *row = r->log_p + i * classes;
    cama__softmax_log(r->logits, i, classes, row);
    if (s->per_class == 1)
        s->w[i] = row[s->batch->y[s->first + i]];
    else
        for (int64_t c = 0; c < classes; c++) s->w[i * classes + c] = row[c];
}

static void write_dlogits_task(void *arg, int64_t i, int32_t worker)
{
    (void)worker;
    const readout *r = arg;
    const cama__logw *s = r->s;
    const int64_t classes = s->model->spec.classes;
    for (int64_t c = 0; c < classes; c++) r->dlog_p[c] = s->per_class == 1 ? 0 : s->dw[i * classes + c];
    if (s->per_class == 1) r->dlog_p[s->batch->y[s->first + i]] = s->dw[i];
    cama__softmax_log_backward(r->log_p + i * classes, r->dlog_p, i, classes, r->dlogits);
}

static void part_backward(cama__logw *s, const cama__exec *exec, const dnn *d, int32_t part, const real *in, real *dsum,
                          real *din)
{
    if (in == NULL) return;
    cama__join_part_backward(exec, cama__logw_net(s, NET_DNN), part, s->model->theta, d->rows, in,
                             &(cama__gradient){GROUP_BLOCKS, dsum, din, cama__logw_dtheta(s, NET_DNN)});
}

static void backward(cama__logw *s, const cama__exec *exec, const dnn *d, double *log_p)
{
    const cama__net *net = cama__logw_net(s, NET_DNN);
    const int64_t classes = s->model->spec.classes;
    real *const dtheta = cama__logw_dtheta(s, NET_DNN), *dlogits = cama__logw_zeros(s, d->rows, classes);
    const cama__net_range trunk = cama__net_trunk(net, s->model->theta, d->rows),
                          head = cama__net_head(net, s->model->theta, d->rows);
    readout r = {s, d->logits, log_p, cama__exec_doubles(exec, classes), dlogits};
    cama__exec_serial(exec, s->plan.n, write_dlogits_task, &r);
    real *dsum =
        cama__join_backward(exec, &head, &d->head, &(cama__gradient){GROUP_BLOCKS, dlogits, NULL, dtheta});
    part_backward(s, exec, d, DNN_A, s->causes.a, dsum, NULL);
    part_backward(s, exec, d, DNN_C, s->causes.c, dsum, s->causes.dc);
    cama__logw_limit_dc(s);
    const bool deeper = net->join > 0;
    real *dt = !deeper ? s->dx : cama__exec_tensor(exec, d->rows, cama__shape_size(cama__net_shape(net, net->join)));
    part_backward(s, exec, d, DNN_X, d->t, dsum, dt);
    if (deeper)
        cama__net_backward(exec, &trunk, s->x, &d->trunk, &(cama__gradient){GROUP_BLOCKS, dt, s->dx, dtheta});
}

void cama__logw_discriminative(cama__logw *s)
{
    const size_t mark = cama__arena_mark(s->exec->arena);
    const cama__dropout_keys keys = keys_of(s);
    cama__exec exec = *s->exec;
    exec.dropout = s->o->dropout ? &keys : NULL;
    dnn d = {.rows = cama__row_plan_x(&s->plan)};
    readout r = {.s = s, .log_p = cama__exec_doubles(s->exec, d.rows * s->model->spec.classes)};
    forward(s, &exec, &d);
    r.logits = d.logits;
    cama__exec_serial(s->exec, s->plan.n, write_w_task, &r);
    if (cama__logw_objective(s)) backward(s, &exec, &d, r.log_p);
    cama__arena_release(s->exec->arena, mark);
}
