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

static void forward(cama__logw *s, const cama__exec *work, dnn *d)
{
    const cama__net *net = cama__logw_net(s, NET_DNN);
    const int64_t width = cama__logw_width(s, NET_DNN);
    const real *const theta = s->model->theta, *const in[DNN_PARTS] = {NULL, s->causes.a, s->causes.c};
    cama__net_take(work, net, 0, net->count, d->rows, &d->head);
    d->trunk = d->head;
    d->t = cama__net_forward(work, net, theta, 0, net->join, d->rows, s->x, &d->trunk);
    d->sum = d->head.out[net->join];
    cama__join_part(work, net, DNN_X, theta, d->rows, d->t, d->sum);
    const size_t mark = cama__arena_mark(work->arena);
    cama__join_input inputs[DNN_PARTS] = {{NULL, NULL}};
    for (int32_t i = DNN_A; i < DNN_PARTS; i++) {
        if (in[i] == NULL) continue;
        real *product = cama__exec_tensor(work, d->rows, width);
        cama__join_part(work, net, i, theta, d->rows, in[i], product);
        inputs[i] = (cama__join_input){product, NULL};
    }
    cama__join_finish(work, net, theta, d->rows, DNN_PARTS, inputs, d->sum);
    cama__arena_release(work->arena, mark);
    d->logits = cama__net_forward(work, net, theta, net->join + 1, net->count, d->rows, d->sum, &d->head);
}

/* w of all classes, or of the label's class alone. */
static void write_w(cama__logw *s, const dnn *d, double *log_p)
{
    const int64_t classes = s->model->spec.classes;
    for (int64_t i = 0; i < s->plan.n; i++) {
        double *row = log_p + i * classes;
        cama__softmax_log(d->logits, i, classes, row);
        if (s->per_class == 1)
            s->w[i] = row[s->batch->y[s->first + i]];
        else
            for (int64_t c = 0; c < classes; c++) s->w[i * classes + c] = row[c];
    }
}

static void write_dlogits(const cama__logw *s, const double *log_p, double *dlog_p, real *dlogits)
{
    const int64_t classes = s->model->spec.classes;
    for (int64_t i = 0; i < s->plan.n; i++) {
        for (int64_t c = 0; c < classes; c++) dlog_p[c] = s->per_class == 1 ? 0 : s->w[i * classes + c];
        if (s->per_class == 1) dlog_p[s->batch->y[s->first + i]] = s->w[i];
        cama__softmax_log_backward(log_p + i * classes, dlog_p, i, classes, dlogits);
    }
}

static void part_backward(cama__logw *s, const cama__exec *work, const dnn *d, int32_t part, const real *in, real *dsum,
                          real *din)
{
    if (in == NULL) return;
    cama__join_part_backward(work, cama__logw_net(s, NET_DNN), part, s->model->theta, d->rows, GROUP_BLOCKS, in, dsum,
                             din, cama__logw_dtheta(s, NET_DNN));
}

static void backward(cama__logw *s, const cama__exec *work, const dnn *d, const double *log_p)
{
    const cama__net *net = cama__logw_net(s, NET_DNN);
    const int64_t classes = s->model->spec.classes, width = cama__logw_width(s, NET_DNN);
    real *const dtheta = cama__logw_dtheta(s, NET_DNN), *const theta = s->model->theta;
    real *dlogits = cama__logw_zeros(s, d->rows, classes), *dsum = dlogits;
    double *dlog_p = cama__logw_doubles(s, classes);
    if (!cama__exec_measures(work)) write_dlogits(s, log_p, dlog_p, dlogits);
    if (net->count > net->join + 1) {
        dsum = cama__exec_tensor(work, d->rows, width);
        cama__net_backward(work, net, theta, net->join + 1, net->count, d->rows, GROUP_BLOCKS, d->sum, &d->head,
                           dlogits, dsum, dtheta);
    }
    cama__layer_backward(work, &net->layer[net->join], theta, d->rows, GROUP_BLOCKS, NULL, d->sum, NULL, dsum, NULL,
                         dtheta);
    part_backward(s, work, d, DNN_A, s->causes.a, dsum, NULL);
    part_backward(s, work, d, DNN_C, s->causes.c, dsum, s->causes.dc);
    cama__logw_limit_dc(s);
    const bool deeper = net->join > 0;
    real *dt = !deeper ? s->dx : cama__exec_tensor(work, d->rows, cama__shape_size(cama__net_shape(net, net->join)));
    part_backward(s, work, d, DNN_X, d->t, dsum, dt);
    if (deeper)
        cama__net_backward(work, net, theta, 0, net->join, d->rows, GROUP_BLOCKS, s->x, &d->trunk, dt, s->dx, dtheta);
}

void cama__logw_discriminative(cama__logw *s)
{
    const size_t mark = cama__arena_mark(s->work->arena);
    const cama__dropout_keys keys = keys_of(s);
    cama__exec work = *s->work;
    work.dropout = s->o->dropout ? &keys : NULL;
    dnn d = {.rows = cama__row_plan_x(&s->plan)};
    double *log_p = cama__logw_doubles(s, d.rows * s->model->spec.classes);
    forward(s, &work, &d);
    if (!cama__exec_measures(s->work)) write_w(s, &d, log_p);
    if (cama__logw_objective(s)) backward(s, &work, &d, log_p);
    cama__arena_release(s->work->arena, mark);
}
