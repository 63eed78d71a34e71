/* model_views - p_m's feature at m = 0 is a constant for p_merge: its product goes into the bias of the join, and its
 * columns go. q_z reads m = 0 as nothing: its columns for m go, and those of the new m are zero. */
#include "model_views.h"

#include <stdio.h>
#include <string.h>

/* A weight matrix (out, in) and bias of a join in PyTorch's order, and its columns for m. */
typedef struct {
    float *weight, *bias;
    int64_t out, in, m_first, m_count;
} join;

static void join_free(join *j)
{
    cama__mem_free(j->weight);
    cama__mem_free(j->bias);
}

static const cama__param *param_of(const cama_model *model, int32_t net, int32_t role)
{
    for (int32_t i = 0; i < model->params.count; i++) {
        const cama__param *p = &model->params.item[i];
        if (p->net == net && p->role == role && p->layer == model->net[net].join) return p;
    }
    return NULL; /* a join has both */
}

/* Numbers that part i of a join reads; 0 where it is absent. */
static int64_t part_in(const cama__net *net, int32_t i) { return cama__shape_size(net->part[i].in); }

static int32_t join_read(const cama_model *model, int32_t net, int32_t part, join *j)
{
    int32_t status = CAMA_OK;
    const cama__param *w = param_of(model, net, PARAM_WEIGHT), *b = param_of(model, net, PARAM_BIAS);
    *j = (join){.out = w->shape[0], .in = w->shape[1]};
    for (int32_t i = 0; i < part; i++) j->m_first += part_in(&model->net[net], i);
    j->m_count = part_in(&model->net[net], part);
    TRY(cama__mem_new(&j->weight, w->count));
    TRY(cama__mem_new(&j->bias, b->count));
    cama__param_read(w, &model->net[net], model->theta, j->weight);
    cama__param_read(b, &model->net[net], model->theta, j->bias);
out:
    return status;
}

static void join_write(cama_model *model, int32_t net, const join *j)
{
    cama__param_write(param_of(model, net, PARAM_WEIGHT), &model->net[net], model->theta, j->weight);
    cama__param_write(param_of(model, net, PARAM_BIAS), &model->net[net], model->theta, j->bias);
}

/* Columns but those of m, which lie elsewhere and are as many as in `to`: those become zero. */
static void copy_columns(const join *from, join *to)
{
    for (int64_t r = 0; r < to->out; r++)
        for (int64_t c = 0, s = 0; c < to->in; c++) {
            const bool is_m = c >= to->m_first && c < to->m_first + to->m_count;
            if (!is_m && s == from->m_first) s += from->m_count;
            to->weight[r * to->in + c] = is_m ? 0 : from->weight[r * from->in + s++];
        }
    memcpy(to->bias, from->bias, (size_t)to->out * sizeof *to->bias);
}

/* Adds the product of p_m's feature at m = 0 to the bias of the join. */
static int32_t fold_feature(const cama_model *source, const join *from, join *to)
{
    const cama__net_range p_m = cama__net_whole(&source->net[NET_P_M], source->theta, 1);
    cama__arena arena = {.base = NULL};
    cama__tape tape;
    for (int32_t pass = 0; pass < 2; pass++) {
        const cama__exec exec = {.arena = &arena};
        real *zero = cama__exec_tensor(&exec, 1, source->spec.m);
        cama__exec_zero(&exec, zero, cama__kernel()->nr * source->spec.m);
        cama__net_take(&exec, &p_m, &tape);
        const real *h = cama__net_forward(&exec, &p_m, zero, &tape);
        for (int64_t r = 0; pass == 1 && r < to->out; r++) {
            double sum = 0;
            for (int64_t c = 0; c < from->m_count; c++)
                sum +=
                    (double)from->weight[r * from->in + from->m_first + c] * (double)h[cama__at(0, c, from->m_count)];
            to->bias[r] += (float)sum;
        }
        if (pass == 1) break;
        arena = (cama__arena){.base = cama__mem_alloc(arena.peak + 1, 1), .size = arena.peak + 1};
        if (arena.base == NULL) return CAMA_E_MEMORY;
    }
    cama__mem_free(arena.base);
    return CAMA_OK;
}

static int32_t copy_join(const cama_model *source, cama_model *model, int32_t net, int32_t part, bool fold)
{
    int32_t status = CAMA_OK;
    join from = {.weight = NULL}, to = {.weight = NULL};
    TRY(join_read(source, net, part, &from));
    TRY(join_read(model, net, part, &to));
    copy_columns(&from, &to);
    if (fold && from.m_count > 0) TRY(fold_feature(source, &from, &to));
    join_write(model, net, &to);
out:
    join_free(&from);
    join_free(&to);
    return status;
}

/* Tensors of the same name and size, of all networks but p_m and q_m. */
static int32_t copy_rest(const cama_model *source, cama_model *model)
{
    int32_t status = CAMA_OK;
    for (int32_t i = 0; i < model->params.count; i++) {
        const cama__param *p = &model->params.item[i], *from = cama__params_find(&source->params, p->name);
        if (p->net == NET_P_M || p->net == NET_Q_M || from == NULL || from->count != p->count) continue;
        float *v = NULL;
        TRY(cama__mem_new(&v, p->count));
        cama__param_read(from, cama__model_param_net(source, from), source->theta, v);
        cama__param_write(p, cama__model_param_net(model, p), model->theta, v);
        cama__mem_free(v);
    }
out:
    return status;
}

static int32_t check(const cama_model *source)
{
    if (source->spec.discriminative || source->spec.m_enters != M_ENTERS_MERGE || source->schema != NULL)
        return cama__error(
            CAMA_E_ARGUMENT,
            "model with views: expected a generative model of images whose m enters p_merge, got \"%s\"%s",
            source->spec.preset, source->schema != NULL ? " with a schema" : "");
    return CAMA_OK;
}

int32_t cama__model_with_views(const cama_model *source, uint64_t seed, cama_model **out)
{
    int32_t status = CAMA_OK;
    cama_model *model = NULL;
    cama__spec spec = source->spec, pattern;
    TRY(check(source));
    TRY(cama__spec_preset("mnist-view", &pattern));
    snprintf(spec.preset, sizeof spec.preset, "%.24s-view", source->spec.preset);
    cama__spec_take_views(&spec);
    if (source->spec.m == 0) memcpy(spec.net[NET_Q_M], pattern.net[NET_Q_M], sizeof spec.net[NET_Q_M]);
    TRY(cama__model_build(&spec, NULL, &model));
    if (source->names != NULL) TRY(cama__schema_clone(source->names, &model->names));
    TRY(cama__model_init(model, seed, 1));
    TRY(copy_rest(source, model));
    TRY(copy_join(source, model, NET_P_MERGE, MERGE_M, true));
    TRY(copy_join(source, model, NET_Q_Z, INFER_M, false));
    memcpy(model->log_prior, source->log_prior, (size_t)spec.classes * sizeof *model->log_prior);
    *out = model;
    model = NULL;
out:
    cama__model_free(model);
    return status;
}
