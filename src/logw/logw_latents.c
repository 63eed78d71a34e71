/* logw_latents - single passes through the networks: posteriors of m and z, and the decoder. What encode, reconstruct
 * and generate need; the same layers and joins as the score, without rows of their own. */
#include <string.h>

#include "../image/tone.h"
#include "logw_state.h"

static real *tensor(const cama__exec *exec, int64_t rows, int64_t features)
{
    return cama__exec_tensor(exec, rows, features);
}

static const real *pass(const cama__exec *exec, const cama_model *model, int32_t number, int64_t rows, const real *in)
{
    const cama__net *net = &model->net[number];
    cama__tape tape;
    cama__net_take(exec, net, 0, net->count, rows, &tape);
    return cama__net_forward(exec, net, model->theta, 0, net->count, rows, in, &tape);
}

static void copy_out(const cama__exec *exec, real *to, const real *from, int64_t rows, int64_t features)
{
    cama__exec_copy(exec, from, cama__blocks(rows) * cama__kernel()->nr * features, to);
}

/* From the join of a network on: products of its parts, by index, to the last layer's output. */
typedef struct {
    const real *in[NET_PARTS]; /* NULL: part absent */
    int64_t rows[NET_PARTS];
    const int32_t *index[NET_PARTS];
} joined;

static const real *join_pass(const cama__exec *exec, const cama_model *model, int32_t number, int64_t rows,
                             const joined *j)
{
    const cama__net *net = &model->net[number];
    const int64_t width = cama__shape_size(net->layer[net->join].out);
    cama__join_input inputs[NET_PARTS] = {{NULL, NULL}};
    cama__tape tape;
    for (int32_t i = 0; i < net->parts; i++) {
        if (j->in[i] == NULL) continue;
        real *product = tensor(exec, j->rows[i], width);
        cama__join_part(exec, net, i, model->theta, j->rows[i], j->in[i], product);
        inputs[i] = (cama__join_input){product, j->index[i]};
    }
    cama__net_take(exec, net, net->join, net->count, rows, &tape);
    real *sum = tape.out[net->join];
    cama__exec_zero(exec, sum, cama__blocks(rows) * cama__kernel()->nr * width);
    cama__join_finish(exec, net, model->theta, rows, net->parts, inputs, sum);
    return cama__net_forward(exec, net, model->theta, net->join + 1, net->count, rows, sum, &tape);
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
    real *zero = tensor(exec, 1, size);
    cama__exec_zero(exec, zero, cama__kernel()->nr * size);
    const real *h = pass(exec, model, NET_P_M, n, m), *h_zero = pass(exec, model, NET_P_M, 1, zero);
    cama__logw_compose_views(exec, model, n, m, h, h_zero, numbers);
    cama__arena_release(exec->arena, mark);
}

/* The views of n rows of m, and scratch for the room image. */
static cama__render render_of(const cama__exec *exec, const cama_model *model, int64_t n, const real *m)
{
    const int64_t image = cama__shape_size(model->spec.x) * cama__kernel()->nr;
    real *numbers = tensor(exec, n, VIEW_COUNT);
    cama__logw_view_numbers(exec, model, n, m, numbers);
    return (cama__render){.exec = exec,
                          .image = cama__model_image(model),
                          .rows = n,
                          .numbers = numbers,
                          .edge = WARP_BORDER,
                          .floor = CAMA__TONE_FLOOR,
                          .scratch = cama__exec_reals(exec, cama__exec_threads(exec) * RENDER_SCRATCH * image)};
}

void cama__logw_look(const cama__exec *exec, const cama_model *model, int64_t n, const real *m, int32_t sharpen,
                     const real *x, real *seen)
{
    const size_t mark = cama__arena_mark(exec->arena);
    cama__render r = render_of(exec, model, n, m);
    r.sharpen = sharpen;
    cama__look_forward(&r, x, NULL, seen);
    cama__arena_release(exec->arena, mark);
}

/* Mean images as the view shows them. */
static void unsee_view(const cama__exec *exec, const cama_model *model, int64_t n, const cama__latent *l, real *values)
{
    const size_t mark = cama__arena_mark(exec->arena);
    if (l->m == NULL) return;
    const int64_t size = cama__shape_size(model->spec.x);
    const cama__render r = render_of(exec, model, n, l->m);
    real *mean = tensor(exec, n, size);
    cama__render_forward(&r, false, values, mean);
    copy_out(exec, values, mean, n, size);
    cama__arena_release(exec->arena, mark);
}

/* How n rows see x, each under its own m: reading and W c from the arena. */
static cama__seeing look(const cama__exec *exec, const cama_model *model, int64_t n, const cama__latent *l)
{
    cama__seeing v = {.model = model, .m = l->given ? l->m : NULL, .observed = l->observed};
    if (model->spec.m_enters != M_ENTERS_MERGE && l->m != NULL) v.reading = pass(exec, model, NET_P_M, n, l->m);
    if (model->spec.c_linear) v.wc = pass(exec, model, NET_C_LINEAR, n, l->c);
    return v;
}

/* c as the networks read it. */
static const real *read_c(const cama__exec *exec, const cama_model *model, int64_t n, const real *c)
{
    if (!cama__model_limits_c(model) || c == NULL) return c;
    real *out = tensor(exec, n, model->spec.c);
    cama__logw_limit_c(exec, model, n, c, out);
    return out;
}

/* m, or zeros where it is not given. */
static const real *m_rows(const cama__exec *exec, const cama_model *model, int64_t n, const real *m)
{
    if (m != NULL || model->spec.m == 0) return m;
    real *zeros = tensor(exec, n, model->spec.m);
    cama__exec_zero(exec, zeros, cama__blocks(n) * cama__kernel()->nr * model->spec.m);
    return zeros;
}

void cama__sensor_see(const cama__exec *exec, const cama_model *model, int64_t n, const cama__latent *l, const real *x,
                      real *seen)
{
    const size_t mark = cama__arena_mark(exec->arena);
    if (cama__model_views(model)) {
        if (l->m == NULL)
            copy_out(exec, seen, x, n, cama__shape_size(model->spec.x));
        else
            cama__logw_look(exec, model, n, l->m, 0, x, seen);
        return;
    }
    const cama__seeing v = look(exec, model, n, l);
    cama__seeing_forward(exec, &v, n, x, seen);
    cama__arena_release(exec->arena, mark);
}

void cama__sensor_unsee(const cama__exec *exec, const cama_model *model, int64_t n, const cama__latent *l, real *values)
{
    const size_t mark = cama__arena_mark(exec->arena);
    if (cama__model_views(model)) {
        unsee_view(exec, model, n, l, values);
        return;
    }
    const cama__seeing v = look(exec, model, n, l);
    cama__seeing_undo(exec, &v, n, values);
    cama__arena_release(exec->arena, mark);
}

void cama__logw_infer_z(const cama__exec *exec, const cama_model *model, int64_t n, const cama__latent *l,
                        const real *seen, real *post_z)
{
    const cama__net *q_z = &model->net[NET_Q_Z];
    const size_t mark = cama__arena_mark(exec->arena);
    cama__tape tape;
    cama__net_take(exec, q_z, 0, q_z->join, n, &tape);
    const joined j = {.in = {[INFER_X] = cama__net_forward(exec, q_z, model->theta, 0, q_z->join, n, seen, &tape),
                             [INFER_Y] = cama__logw_onehot(exec, model->spec.classes),
                             [INFER_M] = m_rows(exec, model, n, l->m),
                             [INFER_A] = l->a,
                             [INFER_C] = read_c(exec, model, n, l->c)},
                      .rows = {n, model->spec.classes, n, n, n},
                      .index = {NULL, l->y, NULL, NULL, NULL}};
    copy_out(exec, post_z, join_pass(exec, model, NET_Q_Z, n, &j), n, 2 * (int64_t)model->spec.z);
    cama__arena_release(exec->arena, mark);
}

typedef struct {
    cama__seeing v;
    real *params;
} spreading;

static void spread_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const spreading *s = arg;
    const cama_model *model = s->v.model;
    const int64_t dims = cama__shape_size(model->spec.x), nr = cama__kernel()->nr, all = cama__model_readings(model);
    const int64_t from = cama__at(row, all - dims, all), to = cama__at(row, dims, cama__model_outputs(model));
    if (!cama__seeing_reads(&s->v, row)) return;
    for (int64_t d = 0; d < dims; d++) s->params[to + d * nr] += s->v.reading[from + d * nr];
}

/* What m adds to the log-variances that p_merge gave. */
static void add_spread(const cama__exec *exec, const cama_model *model, int64_t n, const cama__latent *l, real *params)
{
    spreading s = {look(exec, model, n, l), params};
    cama__exec_serial(exec, n, spread_task, &s);
}

void cama__logw_decode(const cama__exec *exec, const cama_model *model, int64_t n, const cama__latent *l, const real *z,
                       real *params)
{
    const size_t mark = cama__arena_mark(exec->arena);
    joined j = {.in = {[MERGE_Y] = pass(exec, model, NET_P_Y, model->spec.classes,
                                        cama__logw_onehot(exec, model->spec.classes)),
                       [MERGE_Z] = pass(exec, model, NET_P_Z, n, z)},
                .rows = {model->spec.classes, n, n, n},
                .index = {l->y, NULL, NULL, NULL}};
    if (model->spec.m > 0 && model->spec.m_enters == M_ENTERS_MERGE)
        j.in[MERGE_M] = pass(exec, model, NET_P_M, n, m_rows(exec, model, n, l->m));
    if (model->spec.c > 0) j.in[MERGE_C] = pass(exec, model, NET_P_C, n, read_c(exec, model, n, l->c));
    copy_out(exec, params, join_pass(exec, model, NET_P_MERGE, n, &j), n, cama__model_outputs(model));
    if (model->spec.m_enters != M_ENTERS_MERGE && model->spec.variance && l->m != NULL)
        add_spread(exec, model, n, l, params);
    cama__arena_release(exec->arena, mark);
}
