/* model - the networks of deep CAMA (Figures 4 and 6) and their parameters. Verbs read it; training, fine-tuning,
 * parameter writes and loading write it. */
#ifndef CAMA_MODEL_MODEL_H
#define CAMA_MODEL_MODEL_H

#include "../image/render.h"
#include "../nn/net_parse.h"
#include "../nn/param.h"
#include "spec.h"

struct cama_model {
    cama__spec spec;
    cama__net net[NET_COUNT];
    cama__params params;
    int64_t rho;         /* place of likelihood.rho in theta, or -1 */
    cama_schema *schema; /* or NULL: all of a and c is continuous, all of x of the spec's likelihood */
    cama_schema *names;  /* names of the classes where there is no schema: a schema without variables; or NULL */
    cama__likelihood likelihood;
    cama__likelihood_span *span;
    real *theta;          /* (params.reals) */
    double *log_prior;    /* (classes); what a model without parents has for p(y|a) */
    float *mean, *scale;  /* (D + A + P): x, a, c in standard units are (value - mean) / scale; 0 and 1 until learned */
    real *zero;           /* (D) 0 in the data's units, in standard units */
    bool *reads;          /* (D) whether a number of x is continuous: what gains and the linear effect of c are for */
    real *c_low, *c_high; /* (P) limits of c as the networks read it, in standard units; infinite: none */
    bool standardised;    /* mean and scale have been learned */
    double log_scale;     /* sum of log scale over x: log p(x) in the data's units is that much lower */
    bool q_m_trained;     /* q(m|x) has been trained; training under do(m=0) alone (Eq. 3) never updates it */
    char *summary;        /* one line for each network */
};

/* Numbers of x, a or c in a row. */
static inline int64_t cama__model_width(const cama_model *model, int32_t role)
{
    const int64_t width[ROLE_COUNT] = {
        [ROLE_X] = cama__shape_size(model->spec.x), [ROLE_A] = model->spec.a, [ROLE_C] = model->spec.c};
    return width[role];
}
/* Where they begin in mean and scale, which follow the order of the roles. */
static inline int64_t cama__model_place(const cama_model *model, int32_t role)
{
    int64_t place = 0;
    for (int32_t before = 0; before < role; before++) place += cama__model_width(model, before);
    return place;
}
/* c as the networks read it: values (blocks, P, NR) within the limits, to out. */
void cama__model_limit_c(const cama_model *model, int64_t rows, const real *c, real *out);
static inline bool cama__model_limits_c(const cama_model *model)
{
    return model->spec.c > 0 && (model->spec.c_range || model->spec.c_clip > 0);
}
static inline bool cama__model_views(const cama_model *model) { return model->spec.m_enters == M_ENTERS_VIEW; }
static inline cama__image cama__model_image(const cama_model *model)
{
    return (cama__image){model->spec.x.h, model->spec.x.w, model->spec.x.c};
}
/* Numbers that p_m gives: of a view (image/view.h); for a reading of x, D each: gains, [offsets,] [additions to the
 * log-variances, where p_merge gives those]; 0 where m enters p_merge. */
static inline int64_t cama__model_readings(const cama_model *model)
{
    static const int32_t each[] = {[M_ENTERS_MERGE] = 0, [M_ENTERS_GAIN] = 1, [M_ENTERS_AFFINE] = 2};
    const cama__spec *s = &model->spec;
    if (s->m_enters == M_ENTERS_VIEW) return VIEW_COUNT;
    return s->m_enters == M_ENTERS_MERGE ? 0 : (each[s->m_enters] + s->variance) * cama__shape_size(s->x);
}
/* Numbers that p_merge gives: parameters of p(x|.). */
static inline int64_t cama__model_outputs(const cama_model *model)
{
    return (1 + model->spec.variance) * cama__shape_size(model->spec.x);
}
/* The networks and the table of parameters, without memory for theta, log_prior, mean and scale: for whoever must know
 * the sizes before believing them. schema (NULL: none) is copied. CAMA_E_OPTION says what cannot be built. */
int32_t cama__model_plan(const cama__spec *spec, const cama_schema *schema, cama_model **out);
int32_t cama__model_allocate(cama_model *model); /* that memory, once: all parameters zero and a uniform prior */
int32_t cama__model_build(const cama__spec *spec, const cama_schema *schema, cama_model **out); /* both */
/* After mean and scale are written: what follows from them. */
void cama__model_standardised(cama_model *model);
/* As before they were learned: the data's units, c within the clip alone. */
void cama__model_forget_units(cama_model *model);
/* Log-prior from how often each class occurred, counts (classes), each counted once more; NULL: uniform. Rounded to
 * float. */
void cama__model_set_prior(cama_model *model, const int64_t *counts);
/* Fresh parameters: normals of variance 2 / fan_in before a rectifier and 1 / fan_in elsewhere, zero biases; the last
 * layers of p_merge, q_m and q_z are scaled by output_scale, and q_z's columns that read m are zero. */
int32_t cama__model_init(cama_model *model, uint64_t seed, double output_scale);
/* An untrained q_m made ready for fine-tuning: q(m|x) is the prior for every x, so that m carries nothing and costs
 * nothing until adaptation finds a use for it; it counts as trained from here on. */
void cama__model_settle_q_m(cama_model *model);
int32_t cama__model_clone(const cama_model *model, cama_model **out);
void cama__model_free(cama_model *model);

static inline const cama__net *cama__model_param_net(const cama_model *model, const cama__param *param)
{
    return param->net < NET_COUNT ? &model->net[param->net] : NULL;
}
#endif
