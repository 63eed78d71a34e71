/* model - building the networks from a spec, and the life of their parameters. */
#include "model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../base/rng.h"
#include "../prob/likelihood.h"

static int32_t check_sizes(const cama__spec *s)
{
    if (s->x.h < 1 || s->x.w < 1 || s->x.c < 1)
        return cama__error(CAMA_E_OPTION, "model: expected height, width and channels of at least 1, got %d, %d, %d",
                           s->x.h, s->x.w, s->x.c);
    if (cama__shape_size(s->x) > X_MAX)
        return cama__error(CAMA_E_OPTION, "model: expected x of at most %d numbers, got %dx%dx%d", X_MAX, s->x.h,
                           s->x.w, s->x.c);
    if (s->classes < 2 || s->classes > CLASSES_MAX)
        return cama__error(CAMA_E_OPTION, "model: expected 2 to %d classes, got %d", CLASSES_MAX, s->classes);
    if (s->z < 1 || s->z > LATENT_MAX || s->m < 0 || s->m > LATENT_MAX)
        return cama__error(CAMA_E_OPTION, "model: expected z from 1 and m from 0 to %d, got z = %d, m = %d", LATENT_MAX,
                           s->z, s->m);
    return CAMA_OK;
}

static int64_t feature_size(const cama__net *net) { return cama__shape_size(cama__net_shape(net, net->count)); }
static cama__shape vector(int32_t size) { return (cama__shape){1, 1, size}; }

/* A network of one latent: layers only, no join. */
static int32_t build_plain(cama_model *model, int32_t number, cama__shape in, int64_t last)
{
    const cama__shape none = {0, 0, 0};
    return cama__describe_parse(cama__net_name[number], model->spec.net[number], in, NULL, false, last, none,
                                &model->net[number]);
}

static int32_t build_merge(cama_model *model)
{
    const cama__spec *s = &model->spec;
    const cama__net *n = model->net;
    cama__net *merge = &model->net[NET_P_MERGE];
    const cama__join_sizes sizes = {
        s->m > 0 ? 3 : 2,
        {feature_size(&n[NET_P_Y]), feature_size(&n[NET_P_Z]), s->m > 0 ? feature_size(&n[NET_P_M]) : 0}};
    int32_t status = CAMA_OK;
    TRY(cama__describe_parse("p_merge", s->net[NET_P_MERGE], vector(1), &sizes, true, 0, s->x, merge));
    const cama__shape got = cama__net_shape(merge, merge->count);
    if (got.h != s->x.h || got.w != s->x.w || got.c != s->x.c)
        FAIL(CAMA_E_OPTION, "network p_merge: expected its output to be x, %dx%dx%d, got %dx%dx%d", s->x.h, s->x.w,
             s->x.c, got.h, got.w, got.c);
out:
    return status;
}

static int32_t build_nets(cama_model *model)
{
    const cama__spec *s = &model->spec;
    const cama__join_sizes infer = {s->m > 0 ? 3 : 2, {0, s->classes, s->m}};
    const cama__shape none = {0, 0, 0};
    int32_t status = CAMA_OK;
    for (int32_t i = 0; i < NET_COUNT; i++) model->net[i].join = -1;
    TRY(build_plain(model, NET_P_Y, vector(s->classes), 0));
    TRY(build_plain(model, NET_P_Z, vector(s->z), 0));
    if (s->m > 0) TRY(build_plain(model, NET_P_M, vector(s->m), 0));
    if (s->m > 0) TRY(build_plain(model, NET_Q_M, s->x, 2 * (int64_t)s->m));
    TRY(build_merge(model));
    TRY(cama__describe_parse("q_z", s->net[NET_Q_Z], s->x, &infer, false, 2 * (int64_t)s->z, none,
                             &model->net[NET_Q_Z]));
    for (int32_t i = 0; i < NET_COUNT; i++) TRY(cama__params_add(&model->params, cama__net_name[i], i, &model->net[i]));
    model->rho = -1;
    if (cama__likelihood_has_scale(s->likelihood)) {
        model->rho = model->params.reals;
        TRY(cama__params_add_plain(&model->params, "likelihood.rho", NET_LIKELIHOOD, cama__shape_size(s->x)));
    }
out:
    return status;
}

static int32_t write_summary(cama_model *model)
{
    const size_t room = 256 + NET_COUNT * (SPEC_TEXT + 64);
    model->summary = cama__mem_alloc(room, 1);
    if (model->summary == NULL) return CAMA_E_MEMORY;
    const cama__spec *s = &model->spec;
    int used = snprintf(model->summary, room, "x %dx%dx%d %s, %d classes, z %d, m %d", s->x.h, s->x.w, s->x.c,
                        cama__likelihood_name(s->likelihood), s->classes, s->z, s->m);
    for (int32_t i = 0; i < NET_COUNT && used > 0 && (size_t)used < room; i++) {
        int64_t count = 0;
        for (int32_t p = 0; p < model->params.count; p++)
            if (model->params.item[p].net == i) count += model->params.item[p].count;
        used += snprintf(model->summary + used, room - (size_t)used, "\n%-8s %9lld  %s", cama__net_name[i],
                         (long long)count, s->net[i]);
    }
    return CAMA_OK;
}

int32_t cama__model_plan(const cama__spec *spec, cama_model **out)
{
    int32_t status = CAMA_OK;
    cama_model *model = cama__mem_alloc(1, sizeof *model);
    if (model == NULL) return CAMA_E_MEMORY;
    model->spec = *spec;
    if (spec->m == 0) model->spec.net[NET_P_M][0] = model->spec.net[NET_Q_M][0] = '\0';
    TRY(check_sizes(&model->spec));
    TRY(build_nets(model));
    TRY(write_summary(model));
    *out = model;
out:
    if (status != CAMA_OK) cama__model_free(model);
    return status;
}

int32_t cama__model_allocate(cama_model *model)
{
    model->theta = cama__mem_alloc((size_t)model->params.reals, sizeof *model->theta);
    model->log_prior = cama__mem_alloc((size_t)model->spec.classes, sizeof *model->log_prior);
    if (model->theta == NULL || model->log_prior == NULL) return CAMA_E_MEMORY;
    cama__model_set_prior(model, NULL);
    return CAMA_OK;
}

int32_t cama__model_build(const cama__spec *spec, cama_model **out)
{
    cama_model *model = NULL;
    int32_t status = cama__model_plan(spec, &model);
    if (status != CAMA_OK) return status;
    status = cama__model_allocate(model);
    if (status == CAMA_OK)
        *out = model;
    else
        cama__model_free(model);
    return status;
}

void cama__model_set_prior(cama_model *model, const int64_t *counts)
{
    const int32_t classes = model->spec.classes;
    double total = classes;
    for (int32_t c = 0; counts != NULL && c < classes; c++) total += (double)counts[c];
    for (int32_t c = 0; c < classes; c++) {
        const double count = counts != NULL ? (double)counts[c] + 1 : 1;
        model->log_prior[c] = (float)(log(count) - log(total)); /* what a file can hold: loading gives the same bits */
    }
}

/* Standard deviation of a fresh weight. */
static double spread(const cama_model *model, const cama__param *p, double output_scale)
{
    const cama__net *net = &model->net[p->net];
    const int32_t act = net->layer[p->layer].activation;
    const bool rectifier = act == ACTIVATION_RELU || act == ACTIVATION_LEAKY || act == ACTIVATION_ELU;
    const bool output = p->layer == net->count - 1 && (p->net == NET_P_MERGE || p->net == NET_Q_M || p->net == NET_Q_Z);
    return sqrt((rectifier ? 2.0 : 1.0) / (double)p->fan_in) * (output ? output_scale : 1);
}

/* q(z|x,y,m) begins without a view of m: do(m=0) training never touches these columns, and a model that infers m later
 * would read noise through them. Training that infers m moves them from zero. */
static void silence_m(cama_model *model)
{
    if (model->spec.m == 0) return;
    const cama__layer *part = &model->net[NET_Q_Z].part[INFER_M];
    memset(model->theta + part->weight, 0, (size_t)cama__correlate_weights(&part->map, false) * sizeof *model->theta);
}

int32_t cama__model_init(cama_model *model, uint64_t seed, double output_scale)
{
    int64_t largest = 1;
    for (int32_t i = 0; i < model->params.count; i++)
        if (model->params.item[i].count > largest) largest = model->params.item[i].count;
    real *draws = cama__mem_alloc((size_t)largest, sizeof *draws);
    float *values = cama__mem_alloc((size_t)largest, sizeof *values);
    const bool ready = draws != NULL && values != NULL;
    for (int32_t i = 0; ready && i < model->params.count; i++) {
        const cama__param *p = &model->params.item[i];
        if (p->role != PARAM_WEIGHT) continue;
        const double scale = spread(model, p, output_scale);
        cama__rng_normals((cama__rng_key){seed, RNG_INIT, (uint32_t)i, RNG_NO_EXAMPLE, 0}, p->count, draws, 1);
        for (int64_t k = 0; k < p->count; k++) values[k] = (float)(scale * draws[k]);
        cama__param_write(p, &model->net[p->net], model->theta, values);
    }
    silence_m(model);
    cama__mem_free(draws);
    cama__mem_free(values);
    return ready ? CAMA_OK : CAMA_E_MEMORY;
}

void cama__model_settle_q_m(cama_model *model)
{
    const cama__net *net = &model->net[NET_Q_M];
    const cama__layer *last = &net->layer[net->count - 1];
    const int64_t m = model->spec.m;
    memset(model->theta + last->weight, 0, (size_t)cama__correlate_weights(&last->map, false) * sizeof *model->theta);
    for (int64_t j = 0; j < 2 * m; j++) model->theta[last->bias + j] = 0;
    model->q_m_trained = true;
}

int32_t cama__model_clone(const cama_model *model, cama_model **out)
{
    cama_model *copy = NULL;
    const int32_t status = cama__model_build(&model->spec, &copy);
    if (status != CAMA_OK) return status;
    memcpy(copy->theta, model->theta, (size_t)model->params.reals * sizeof *copy->theta);
    memcpy(copy->log_prior, model->log_prior, (size_t)model->spec.classes * sizeof *copy->log_prior);
    copy->q_m_trained = model->q_m_trained;
    *out = copy;
    return CAMA_OK;
}

void cama__model_free(cama_model *model)
{
    if (model == NULL) return;
    cama__mem_free(model->theta);
    cama__mem_free(model->log_prior);
    cama__mem_free(model->summary);
    cama__mem_free(model);
}
