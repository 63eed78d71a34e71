/* model - building the networks from a spec, and the life of their parameters. */
#include "model.h"

#include "../base/arith.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../base/rng.h"

static int64_t feature_size(const cama__net *net) { return cama__shape_size(cama__net_shape(net, net->count)); }
static cama__shape vector(int32_t size) { return (cama__shape){1, 1, size}; }

/* A network of one latent: layers only, no join. */
static int32_t build_plain(cama_model *model, int32_t number, cama__shape in, int64_t last)
{
    const cama__shape none = {0, 0, 0};
    return cama__net_parse(cama__net_name[number], model->spec.net[number], in, NULL, false, last, none,
                           &model->net[number]);
}

static int32_t build_merge(cama_model *model)
{
    const cama__spec *s = &model->spec;
    const cama__net *n = model->net;
    cama__net *merge = &model->net[NET_P_MERGE];
    const cama__join_sizes sizes = {
        MERGE_PARTS,
        {[MERGE_Y] = feature_size(&n[NET_P_Y]),
         [MERGE_Z] = feature_size(&n[NET_P_Z]),
         [MERGE_M] = s->m > 0 && s->m_enters == M_ENTERS_MERGE ? feature_size(&n[NET_P_M]) : 0,
         [MERGE_C] = s->c > 0 ? feature_size(&n[NET_P_C]) : 0}};
    int32_t status = CAMA_OK;
    const cama__shape wanted = s->variance ? vector((int32_t)cama__model_outputs(model)) : s->x;
    TRY(cama__net_parse("p_merge", s->net[NET_P_MERGE], vector(1), &sizes, true, 0, wanted, merge));
    const cama__shape got = cama__net_shape(merge, merge->count);
    if (got.h != wanted.h || got.w != wanted.w || got.c != wanted.c)
        FAIL(CAMA_E_OPTION, "network p_merge: expected its output to be %s, %dx%dx%d, got %dx%dx%d",
             s->variance ? "mean and log-variance of x" : "x", wanted.h, wanted.w, wanted.c, got.h, got.w, got.c);
out:
    return status;
}

/* p(x,y,z,m|a,c) and q(z,m|x,y,a,c), Eq. 9 and 10. */
static int32_t build_generative(cama_model *model)
{
    const cama__spec *s = &model->spec;
    const cama__join_sizes infer = {INFER_PARTS,
                                    {[INFER_Y] = s->classes, [INFER_M] = s->m, [INFER_A] = s->a, [INFER_C] = s->c}};
    const cama__shape none = {0, 0, 0};
    int32_t status = CAMA_OK;
    if (s->a > 0) TRY(build_plain(model, NET_P_PRIOR, vector(s->a), s->classes));
    TRY(build_plain(model, NET_P_Y, vector(s->classes), 0));
    TRY(build_plain(model, NET_P_Z, vector(s->z), 0));
    if (s->m > 0) TRY(build_plain(model, NET_P_M, vector(s->m), cama__model_readings(model)));
    if (s->c > 0) TRY(build_plain(model, NET_P_C, vector(s->c), 0));
    if (s->m > 0) TRY(build_plain(model, NET_Q_M, s->x, 2 * (int64_t)s->m));
    if (s->c_linear) TRY(build_plain(model, NET_C_LINEAR, vector(s->c), cama__shape_size(s->x)));
    TRY(build_merge(model));
    TRY(cama__net_parse("q_z", s->net[NET_Q_Z], s->x, &infer, false, 2 * (int64_t)s->z, none, &model->net[NET_Q_Z]));
out:
    return status;
}

/* p(y|x,a,c) as one network. */
static int32_t build_discriminative(cama_model *model)
{
    const cama__spec *s = &model->spec;
    const cama__join_sizes parts = {DNN_PARTS, {[DNN_A] = s->a, [DNN_C] = s->c}};
    const cama__shape none = {0, 0, 0};
    return cama__net_parse("dnn", s->net[NET_DNN], s->x, &parts, false, s->classes, none, &model->net[NET_DNN]);
}

static int32_t build_nets(cama_model *model)
{
    const cama__spec *s = &model->spec;
    int32_t status = CAMA_OK;
    for (int32_t i = 0; i < NET_COUNT; i++) model->net[i].join = -1;
    TRY(s->discriminative ? build_discriminative(model) : build_generative(model));
    for (int32_t i = 0; i < NET_COUNT; i++) TRY(cama__params_add(&model->params, cama__net_name[i], i, &model->net[i]));
    model->rho = -1;
    if (!s->discriminative && cama__likelihood_has_scale(&model->likelihood)) {
        model->rho = model->params.reals;
        TRY(cama__params_add_plain(&model->params, "likelihood.rho", NET_LIKELIHOOD, cama__shape_size(s->x)));
    }
out:
    return status;
}

/* ---- The likelihood of each child ---- */

static int32_t kind_of(const cama__spec *spec, const cama__variable *v)
{
    return v->kind == VARIABLE_CONTINUOUS ? spec->likelihood
           : v->kind == VARIABLE_BINARY   ? LIKELIHOOD_BERNOULLI
                                          : LIKELIHOOD_CATEGORICAL;
}

/* One span for each child; neighbours of one kind share one, categorical ones apart. */
static int32_t build_likelihood(cama_model *model)
{
    const cama_schema *schema = model->schema;
    const int64_t size = cama__shape_size(model->spec.x);
    cama__likelihood_span *span = cama__mem_alloc(schema != NULL ? (size_t)schema->count + 1 : 1, sizeof *span);
    if (span == NULL) return CAMA_E_MEMORY;
    int32_t count = 0;
    if (schema == NULL) span[count++] = (cama__likelihood_span){model->spec.likelihood, 0, size};
    for (int32_t i = 0; schema != NULL && i < schema->count; i++) {
        const cama__variable *v = &schema->variable[i];
        if (v->role != ROLE_X) continue;
        const int32_t kind = kind_of(&model->spec, v);
        if (v->kind == VARIABLE_CONTINUOUS && !model->spec.discriminative && !cama__likelihood_kind_has_scale(kind)) {
            cama__mem_free(span);
            return cama__error(CAMA_E_OPTION, "model: expected likelihood gaussian or student for \"%s\", got %s",
                               v->name, cama__likelihood_name(kind));
        }
        if (count > 0 && span[count - 1].kind == kind && kind != LIKELIHOOD_CATEGORICAL)
            span[count - 1].count += v->levels;
        else
            span[count++] = (cama__likelihood_span){kind, v->first, v->levels};
    }
    model->span = span;
    model->likelihood =
        (cama__likelihood){.spans = count, .span = span, .nu = model->spec.nu, .variance = model->spec.variance != 0};
    if (model->spec.variance && !cama__likelihood_has_scale(&model->likelihood))
        return cama__error(CAMA_E_OPTION, "model: expected a child with a variance for variance = network, got none");
    return CAMA_OK;
}

static int32_t write_summary(cama_model *model)
{
    int32_t status = CAMA_OK;
    const size_t room = 256 + NET_COUNT * (SPEC_TEXT + 64);
    TRY(cama__mem_new(&model->summary, room));
    const cama__spec *s = &model->spec;
    int used = snprintf(model->summary, room, "x %dx%dx%d %s, a %d, c %d, %d classes, z %d, m %d", s->x.h, s->x.w,
                        s->x.c, s->discriminative ? "given" : cama__likelihood_name(s->likelihood), s->a, s->c,
                        s->classes, s->z, s->m);
    for (int32_t i = 0; i < NET_COUNT && used > 0 && (size_t)used < room; i++) {
        if (model->net[i].count == 0 && s->net[i][0] == '\0') continue;
        int64_t count = 0;
        for (int32_t p = 0; p < model->params.count; p++)
            if (model->params.item[p].net == i) count += model->params.item[p].count;
        used += snprintf(model->summary + used, room - (size_t)used, "\n%-8s %9lld  %s", cama__net_name[i],
                         (long long)count, s->net[i]);
    }
out:
    return status;
}

int32_t cama__model_plan(const cama__spec *spec, const cama_schema *schema, cama_model **out)
{
    int32_t status = CAMA_OK;
    cama_model *model = NULL;
    TRY(cama__mem_new(&model, 1));
    model->spec = *spec;
    cama__spec_drop_absent(&model->spec);
    if (schema != NULL) TRY(cama__schema_clone(schema, &model->schema));
    TRY(cama__spec_check(&model->spec, schema));
    TRY(build_likelihood(model));
    TRY(build_nets(model));
    TRY(write_summary(model));
    *out = model;
out:
    if (status != CAMA_OK) cama__model_free(model);
    return status;
}

static bool is_continuous(const cama_model *model, int64_t d)
{
    for (int32_t i = 0; i < model->likelihood.spans; i++) {
        const cama__likelihood_span *span = &model->span[i];
        if (d < span->first + span->count) return cama__likelihood_kind_has_scale(span->kind);
    }
    return false;
}

static void set_limits(cama_model *model)
{
    const real clip = model->spec.c_clip > 0 ? (real)model->spec.c_clip : (real)INFINITY;
    for (int64_t j = 0; j < model->spec.c; j++) {
        model->c_low[j] = -clip;
        model->c_high[j] = clip;
    }
}

void cama__model_limit_c(const cama_model *model, int64_t rows, const real *c, real *out)
{
    const int64_t size = model->spec.c, nr = cama__kernel()->nr;
    for (int64_t i = 0; i < cama__blocks(rows) * nr * size; i++) {
        const real low = model->c_low[i / nr % size], high = model->c_high[i / nr % size];
        out[i] = c[i] < low ? low : c[i] > high ? high : c[i];
    }
}

void cama__model_forget_units(cama_model *model)
{
    const int64_t numbers = cama__model_place(model, ROLE_C) + model->spec.c;
    for (int64_t i = 0; i < numbers; i++) model->mean[i] = 0, model->scale[i] = 1, model->zero[i] = 0;
    model->standardised = false;
    model->log_scale = 0;
    set_limits(model);
}

int32_t cama__model_allocate(cama_model *model)
{
    int32_t status = CAMA_OK;
    const int64_t numbers = cama__model_place(model, ROLE_C) + model->spec.c;
    TRY(cama__mem_new(&model->theta, model->params.reals));
    TRY(cama__mem_new(&model->log_prior, model->spec.classes));
    TRY(cama__mem_new(&model->mean, numbers));
    TRY(cama__mem_new(&model->scale, numbers));
    TRY(cama__mem_new(&model->zero, numbers));
    TRY(cama__mem_new(&model->reads, numbers));
    TRY(cama__mem_new(&model->c_low, model->spec.c + 1));
    TRY(cama__mem_new(&model->c_high, model->spec.c + 1));
    cama__model_forget_units(model);
    for (int64_t d = 0; d < cama__shape_size(model->spec.x); d++) model->reads[d] = is_continuous(model, d);
    cama__model_set_prior(model, NULL);
out:
    return status;
}

int32_t cama__model_build(const cama__spec *spec, const cama_schema *schema, cama_model **out)
{
    cama_model *model = NULL;
    int32_t status = cama__model_plan(spec, schema, &model);
    if (status != CAMA_OK) return status;
    status = cama__model_allocate(model);
    if (status == CAMA_OK)
        *out = model;
    else
        cama__model_free(model);
    return status;
}

void cama__model_standardised(cama_model *model)
{
    model->standardised = true;
    model->log_scale = 0;
    for (int64_t d = 0; d < cama__shape_size(model->spec.x); d++) {
        model->log_scale += log((double)model->scale[d]);
        model->zero[d] = -(real)model->mean[d] / (real)model->scale[d];
    }
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

/* Standard deviation of a fresh weight. Gains begin at zero: whatever m is, x is seen as it is until something is
 * learned of readings. */
static double spread(const cama_model *model, const cama__param *p, double output_scale)
{
    const cama__net *net = &model->net[p->net];
    const int32_t act = net->layer[p->layer].activation;
    const bool rectifier = act == ACTIVATION_RELU || act == ACTIVATION_LEAKY || act == ACTIVATION_ELU;
    const bool output = p->layer == net->count - 1 && (p->net == NET_P_MERGE || p->net == NET_Q_M || p->net == NET_Q_Z);
    const bool reading = p->layer == net->count - 1 && p->net == NET_P_M && model->spec.m_enters != M_ENTERS_MERGE;
    if (reading || p->net == NET_C_LINEAR) return 0;
    return sqrt((rectifier ? 2.0 : 1.0) / (double)p->fan_in) * (output ? output_scale : 1);
}

/* q(z|x,y,m) begins without a view of m: do(m=0) training never touches these columns, and a model that infers m later
 * would read noise through them. Training that infers m moves them from zero. */
static void silence_m(cama_model *model)
{
    if (model->spec.m == 0 || model->spec.discriminative) return;
    const cama__layer *part = &model->net[NET_Q_Z].part[INFER_M];
    memset(model->theta + part->weight, 0, (size_t)cama__conv_weights(&part->map, false) * sizeof *model->theta);
}

int32_t cama__model_init(cama_model *model, uint64_t seed, double output_scale)
{
    int32_t status = CAMA_OK;
    int64_t largest = 1;
    real *draws = NULL;
    float *values = NULL;
    for (int32_t i = 0; i < model->params.count; i++) largest = cama__most(largest, model->params.item[i].count);
    TRY(cama__mem_new(&draws, largest));
    TRY(cama__mem_new(&values, largest));
    for (int32_t i = 0; i < model->params.count; i++) {
        const cama__param *p = &model->params.item[i];
        if (p->role != PARAM_WEIGHT) continue;
        const double scale = spread(model, p, output_scale);
        if (scale == 0) continue;
        cama__rng_normals((cama__rng_key){seed, RNG_INIT, (uint32_t)i, RNG_NO_EXAMPLE, 0}, p->count, draws, 1);
        for (int64_t k = 0; k < p->count; k++) values[k] = (float)(scale * draws[k]);
        cama__param_write(p, &model->net[p->net], model->theta, values);
    }
    silence_m(model);
out:
    cama__mem_free(draws);
    cama__mem_free(values);
    return status;
}

void cama__model_settle_q_m(cama_model *model)
{
    const cama__net *net = &model->net[NET_Q_M];
    const cama__layer *last = &net->layer[net->count - 1];
    const int64_t m = model->spec.m;
    memset(model->theta + last->weight, 0, (size_t)cama__conv_weights(&last->map, false) * sizeof *model->theta);
    for (int64_t j = 0; j < 2 * m; j++) model->theta[last->bias + j] = 0;
    model->q_m_trained = true;
}

int32_t cama__model_clone(const cama_model *model, cama_model **out)
{
    cama_model *copy = NULL;
    int32_t status = cama__model_build(&model->spec, model->schema, &copy);
    if (status == CAMA_OK && model->names != NULL) status = cama__schema_clone(model->names, &copy->names);
    if (status != CAMA_OK) {
        cama__model_free(copy);
        return status;
    }
    const size_t numbers = (size_t)(cama__model_place(model, ROLE_C) + model->spec.c);
    memcpy(copy->mean, model->mean, numbers * sizeof *copy->mean);
    memcpy(copy->scale, model->scale, numbers * sizeof *copy->scale);
    copy->standardised = model->standardised;
    copy->log_scale = model->log_scale;
    memcpy(copy->c_low, model->c_low, (size_t)model->spec.c * sizeof *copy->c_low);
    memcpy(copy->c_high, model->c_high, (size_t)model->spec.c * sizeof *copy->c_high);
    memcpy(copy->zero, model->zero, (size_t)cama__shape_size(model->spec.x) * sizeof *copy->zero);
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
    cama__mem_free(model->mean);
    cama__mem_free(model->zero);
    cama__mem_free(model->reads);
    cama__mem_free(model->c_low);
    cama__mem_free(model->c_high);
    cama__mem_free(model->scale);
    cama__mem_free(model->span);
    cama__mem_free(model->summary);
    cama__schema_free(model->schema);
    cama__schema_free(model->names);
    cama__mem_free(model);
}
