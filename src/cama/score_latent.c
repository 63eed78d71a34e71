/* score_latent - single passes through the networks: posteriors of m and z, and the decoder. What encode, reconstruct
 * and generate need; the same layers and joins as the score, without rows of their own. */
#include <string.h>

#include "../prob/likelihood.h"
#include "score.h"

static real *tensor(const cama__work *work, int64_t rows, int64_t features)
{
    return cama__work_tensor(work, rows, features);
}

static const real *pass(const cama__work *work, const cama_model *model, int32_t number, int64_t rows, const real *in)
{
    const cama__net *net = &model->net[number];
    cama__tape tape;
    cama__net_take(work, net, 0, net->count, rows, &tape);
    return cama__net_forward(work, net, model->theta, 0, net->count, rows, in, &tape);
}

static void copy_out(const cama__work *work, real *to, const real *from, int64_t rows, int64_t features)
{
    if (!cama__work_measures(work))
        memcpy(to, from, (size_t)(cama__blocks(rows) * cama__kernel()->nr * features) * sizeof *to);
}

/* One-hot rows of the classes. */
static real *class_rows(const cama__work *work, const cama_model *model)
{
    const int64_t classes = model->spec.classes;
    real *onehot = tensor(work, classes, classes);
    cama__work_zero(work, onehot, cama__blocks(classes) * cama__kernel()->nr * classes);
    for (int64_t c = 0; !cama__work_measures(work) && c < classes; c++) onehot[cama__at(c, c, classes)] = 1;
    return onehot;
}

/* From the join of a network on: products of its parts, by index, to the last layer's output. */
typedef struct {
    const real *in[NET_PARTS]; /* NULL: part absent */
    int64_t rows[NET_PARTS];
    const int32_t *index[NET_PARTS];
} joined;

static const real *join_pass(const cama__work *work, const cama_model *model, int32_t number, int64_t rows,
                             const joined *j)
{
    const cama__net *net = &model->net[number];
    const int64_t width = cama__shape_size(net->layer[net->join].out);
    cama__join_input inputs[NET_PARTS] = {{NULL, NULL}};
    cama__tape tape;
    for (int32_t i = 0; i < net->parts; i++) {
        real *product = tensor(work, j->rows[i], width);
        cama__join_part(work, net, i, model->theta, j->rows[i], j->in[i], product);
        inputs[i] = (cama__join_input){product, j->index[i]};
    }
    cama__net_take(work, net, net->join, net->count, rows, &tape);
    real *sum = tape.out[net->join];
    cama__work_zero(work, sum, cama__blocks(rows) * cama__kernel()->nr * width);
    cama__join_finish(work, net, model->theta, rows, net->parts, inputs, sum);
    return cama__net_forward(work, net, model->theta, net->join + 1, net->count, rows, sum, &tape);
}

void cama__score_infer_m(const cama__work *work, const cama_model *model, int64_t n, const real *x, real *post_m)
{
    const size_t mark = cama__arena_mark(work->arena);
    copy_out(work, post_m, pass(work, model, NET_Q_M, n, x), n, 2 * (int64_t)model->spec.m);
    cama__arena_release(work->arena, mark);
}

void cama__score_infer_z(const cama__work *work, const cama_model *model, int64_t n, const real *x, const int32_t *y,
                         const real *m, real *post_z)
{
    const cama__net *q_z = &model->net[NET_Q_Z];
    const size_t mark = cama__arena_mark(work->arena);
    cama__tape tape;
    cama__net_take(work, q_z, 0, q_z->join, n, &tape);
    const joined j = {.in = {[INFER_X] = cama__net_forward(work, q_z, model->theta, 0, q_z->join, n, x, &tape),
                             [INFER_Y] = class_rows(work, model),
                             [INFER_M] = m},
                      .rows = {n, model->spec.classes, n},
                      .index = {NULL, y, NULL}};
    copy_out(work, post_z, join_pass(work, model, NET_Q_Z, n, &j), n, 2 * (int64_t)model->spec.z);
    cama__arena_release(work->arena, mark);
}

void cama__score_decode(const cama__work *work, const cama_model *model, int64_t n, const int32_t *y, const real *z,
                        const real *m, real *x_mean)
{
    const size_t mark = cama__arena_mark(work->arena);
    const int64_t size = cama__shape_size(model->spec.x);
    joined j = {.in = {[MERGE_Y] = pass(work, model, NET_P_Y, model->spec.classes, class_rows(work, model)),
                       [MERGE_Z] = pass(work, model, NET_P_Z, n, z)},
                .rows = {model->spec.classes, n, n},
                .index = {y, NULL, NULL}};
    if (model->spec.m > 0) j.in[MERGE_M] = pass(work, model, NET_P_M, n, m);
    copy_out(work, x_mean, join_pass(work, model, NET_P_MERGE, n, &j), n, size);
    if (!cama__work_measures(work)) cama__likelihood_mean(work->pool, model->spec.likelihood, n, size, x_mean);
    cama__arena_release(work->arena, mark);
}
