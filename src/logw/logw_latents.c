/* logw_latents - single passes through the networks: posteriors of m and z, and the decoder. What encode, reconstruct
 * and generate need; the same layers and joins as the score, without rows of their own. */
#include <string.h>

#include "../image/tone.h"
#include "logw_state.h"

static real *tensor(const cama__exec *work, int64_t rows, int64_t features)
{
    return cama__exec_tensor(work, rows, features);
}

static const real *pass(const cama__exec *work, const cama_model *model, int32_t number, int64_t rows, const real *in)
{
    const cama__net *net = &model->net[number];
    cama__tape tape;
    cama__net_take(work, net, 0, net->count, rows, &tape);
    return cama__net_forward(work, net, model->theta, 0, net->count, rows, in, &tape);
}

static void copy_out(const cama__exec *work, real *to, const real *from, int64_t rows, int64_t features)
{
    if (!cama__exec_measures(work))
        memcpy(to, from, (size_t)(cama__blocks(rows) * cama__kernel()->nr * features) * sizeof *to);
}

/* One-hot rows of the classes. */
static real *class_rows(const cama__exec *work, const cama_model *model)
{
    const int64_t classes = model->spec.classes;
    real *onehot = tensor(work, classes, classes);
    cama__exec_zero(work, onehot, cama__blocks(classes) * cama__kernel()->nr * classes);
    for (int64_t c = 0; !cama__exec_measures(work) && c < classes; c++) onehot[cama__at(c, c, classes)] = 1;
    return onehot;
}

/* From the join of a network on: products of its parts, by index, to the last layer's output. */
typedef struct {
    const real *in[NET_PARTS]; /* NULL: part absent */
    int64_t rows[NET_PARTS];
    const int32_t *index[NET_PARTS];
} joined;

static const real *join_pass(const cama__exec *work, const cama_model *model, int32_t number, int64_t rows,
                             const joined *j)
{
    const cama__net *net = &model->net[number];
    const int64_t width = cama__shape_size(net->layer[net->join].out);
    cama__join_input inputs[NET_PARTS] = {{NULL, NULL}};
    cama__tape tape;
    for (int32_t i = 0; i < net->parts; i++) {
        if (j->in[i] == NULL) continue;
        real *product = tensor(work, j->rows[i], width);
        cama__join_part(work, net, i, model->theta, j->rows[i], j->in[i], product);
        inputs[i] = (cama__join_input){product, j->index[i]};
    }
    cama__net_take(work, net, net->join, net->count, rows, &tape);
    real *sum = tape.out[net->join];
    cama__exec_zero(work, sum, cama__blocks(rows) * cama__kernel()->nr * width);
    cama__join_finish(work, net, model->theta, rows, net->parts, inputs, sum);
    return cama__net_forward(work, net, model->theta, net->join + 1, net->count, rows, sum, &tape);
}

void cama__logw_infer_m(const cama__exec *work, const cama_model *model, int64_t n, const real *x, real *post_m)
{
    const size_t mark = cama__arena_mark(work->arena);
    copy_out(work, post_m, pass(work, model, NET_Q_M, n, x), n, 2 * (int64_t)model->spec.m);
    cama__arena_release(work->arena, mark);
}

void cama__logw_view_numbers(const cama__exec *work, const cama_model *model, int64_t n, const real *m, real *numbers)
{
    const int64_t size = model->spec.m;
    const size_t mark = cama__arena_mark(work->arena);
    real *zero = tensor(work, 1, size);
    cama__exec_zero(work, zero, cama__kernel()->nr * size);
    const real *h = pass(work, model, NET_P_M, n, m), *h_zero = pass(work, model, NET_P_M, 1, zero);
    for (int64_t row = 0; !cama__exec_measures(work) && row < cama__blocks(n) * cama__kernel()->nr; row++)
        for (int32_t k = 0; k < VIEW_COUNT; k++)
            numbers[cama__at(row, k, VIEW_COUNT)] = cama__logw_view_number(
                k, m[cama__at(row, k, size)], h[cama__at(row, k, VIEW_COUNT)], h_zero[cama__at(0, k, VIEW_COUNT)]);
    cama__arena_release(work->arena, mark);
}

/* The views of n rows of m, and scratch for the room image. */
static cama__render render_of(const cama__exec *work, const cama_model *model, int64_t n, const real *m)
{
    const int64_t image = cama__shape_size(model->spec.x) * cama__kernel()->nr;
    real *numbers = tensor(work, n, VIEW_COUNT);
    cama__logw_view_numbers(work, model, n, m, numbers);
    return (cama__render){.pool = work->pool,
                          .image = cama__model_image(model),
                          .rows = n,
                          .numbers = numbers,
                          .edge = WARP_BORDER,
                          .floor = CAMA__TONE_FLOOR,
                          .scratch = cama__exec_reals(work, cama__exec_threads(work) * RENDER_SCRATCH * image)};
}

void cama__logw_look(const cama__exec *work, const cama_model *model, int64_t n, const real *m, int32_t sharpen,
                     const real *x, real *seen)
{
    const size_t mark = cama__arena_mark(work->arena);
    cama__render r = render_of(work, model, n, m);
    r.sharpen = sharpen;
    if (!cama__exec_measures(work)) cama__look_forward(&r, x, NULL, seen);
    cama__arena_release(work->arena, mark);
}

/* Mean images as the view shows them. */
static void unsee_view(const cama__exec *work, const cama_model *model, int64_t n, const cama__latent *l, real *values)
{
    const size_t mark = cama__arena_mark(work->arena);
    if (l->m == NULL) return;
    const int64_t size = cama__shape_size(model->spec.x);
    const cama__render r = render_of(work, model, n, l->m);
    real *mean = tensor(work, n, size);
    if (!cama__exec_measures(work)) cama__render_forward(&r, false, values, mean);
    copy_out(work, values, mean, n, size);
    cama__arena_release(work->arena, mark);
}

/* How n rows see x, each under its own m: reading and W c from the arena. */
static cama__seeing look(const cama__exec *work, const cama_model *model, int64_t n, const cama__latent *l)
{
    cama__seeing v = {.model = model, .m = l->given ? l->m : NULL};
    if (model->spec.m_enters != M_ENTERS_MERGE && l->m != NULL) v.reading = pass(work, model, NET_P_M, n, l->m);
    if (model->spec.c_linear) v.wc = pass(work, model, NET_C_LINEAR, n, l->c);
    return v;
}

/* c as the networks read it. */
static const real *read_c(const cama__exec *work, const cama_model *model, int64_t n, const real *c)
{
    if (!cama__model_limits_c(model) || c == NULL) return c;
    real *out = tensor(work, n, model->spec.c);
    if (!cama__exec_measures(work)) cama__model_limit_c(model, n, c, out);
    return out;
}

/* m, or zeros where it is not given. */
static const real *m_rows(const cama__exec *work, const cama_model *model, int64_t n, const real *m)
{
    if (m != NULL || model->spec.m == 0) return m;
    real *zeros = tensor(work, n, model->spec.m);
    cama__exec_zero(work, zeros, cama__blocks(n) * cama__kernel()->nr * model->spec.m);
    return zeros;
}

void cama__sensor_see(const cama__exec *work, const cama_model *model, int64_t n, const cama__latent *l, const real *x,
                      real *seen)
{
    const size_t mark = cama__arena_mark(work->arena);
    if (cama__model_views(model)) {
        if (l->m == NULL)
            copy_out(work, seen, x, n, cama__shape_size(model->spec.x));
        else
            cama__logw_look(work, model, n, l->m, 0, x, seen);
        return;
    }
    const cama__seeing v = look(work, model, n, l);
    if (!cama__exec_measures(work)) cama__seeing_forward(&v, n, x, seen);
    cama__arena_release(work->arena, mark);
}

void cama__sensor_unsee(const cama__exec *work, const cama_model *model, int64_t n, const cama__latent *l, real *values)
{
    const size_t mark = cama__arena_mark(work->arena);
    if (cama__model_views(model)) {
        unsee_view(work, model, n, l, values);
        return;
    }
    const cama__seeing v = look(work, model, n, l);
    if (!cama__exec_measures(work)) cama__seeing_undo(&v, n, values);
    cama__arena_release(work->arena, mark);
}

void cama__logw_infer_z(const cama__exec *work, const cama_model *model, int64_t n, const cama__latent *l,
                        const real *seen, real *post_z)
{
    const cama__net *q_z = &model->net[NET_Q_Z];
    const size_t mark = cama__arena_mark(work->arena);
    cama__tape tape;
    cama__net_take(work, q_z, 0, q_z->join, n, &tape);
    const joined j = {.in = {[INFER_X] = cama__net_forward(work, q_z, model->theta, 0, q_z->join, n, seen, &tape),
                             [INFER_Y] = class_rows(work, model),
                             [INFER_M] = m_rows(work, model, n, l->m),
                             [INFER_A] = l->a,
                             [INFER_C] = read_c(work, model, n, l->c)},
                      .rows = {n, model->spec.classes, n, n, n},
                      .index = {NULL, l->y, NULL, NULL, NULL}};
    copy_out(work, post_z, join_pass(work, model, NET_Q_Z, n, &j), n, 2 * (int64_t)model->spec.z);
    cama__arena_release(work->arena, mark);
}

/* What m adds to the log-variances that p_merge gave. */
static void add_spread(const cama__exec *work, const cama_model *model, int64_t n, const cama__latent *l, real *params)
{
    const int64_t dims = cama__shape_size(model->spec.x), nr = cama__kernel()->nr;
    const int64_t all = cama__model_readings(model), outputs = cama__model_outputs(model);
    const cama__seeing v = look(work, model, n, l);
    for (int64_t row = 0; !cama__exec_measures(work) && row < n; row++) {
        const int64_t from = cama__at(row, all - dims, all), to = cama__at(row, dims, outputs);
        if (!cama__seeing_reads(&v, row)) continue;
        for (int64_t d = 0; d < dims; d++) params[to + d * nr] += v.reading[from + d * nr];
    }
}

void cama__logw_decode(const cama__exec *work, const cama_model *model, int64_t n, const cama__latent *l, const real *z,
                       real *params)
{
    const size_t mark = cama__arena_mark(work->arena);
    joined j = {.in = {[MERGE_Y] = pass(work, model, NET_P_Y, model->spec.classes, class_rows(work, model)),
                       [MERGE_Z] = pass(work, model, NET_P_Z, n, z)},
                .rows = {model->spec.classes, n, n, n},
                .index = {l->y, NULL, NULL, NULL}};
    if (model->spec.m > 0 && model->spec.m_enters == M_ENTERS_MERGE)
        j.in[MERGE_M] = pass(work, model, NET_P_M, n, m_rows(work, model, n, l->m));
    if (model->spec.c > 0) j.in[MERGE_C] = pass(work, model, NET_P_C, n, read_c(work, model, n, l->c));
    copy_out(work, params, join_pass(work, model, NET_P_MERGE, n, &j), n, cama__model_outputs(model));
    if (model->spec.m_enters != M_ENTERS_MERGE && model->spec.variance && l->m != NULL)
        add_spread(work, model, n, l, params);
    cama__arena_release(work->arena, mark);
}
