/* logw_grad_setup - the model and the batch on which logw_grad takes differences. */
#include "logw_grad.h"

/* ---- Models ------------------------------------------------------------------------------------------------------ */

/* What a fresh model leaves at zero would let an error through: biases, rho, readings, c_linear, q_z's view of m. */
static void no_zeros(cama_model *model)
{
    const cama__params *p = &model->params;
    for (int32_t i = 0; i < p->count; i++) {
        const cama__net *net = cama__model_param_net(model, &p->item[i]);
        float *v = malloc((size_t)p->item[i].count * sizeof *v);
        cama__param_read(&p->item[i], net, model->theta, v);
        for (int64_t k = 0; k < p->item[i].count; k++)
            if (v[k] == 0) v[k] = 0.1f * (float)sin(1 + i + 3 * (double)k);
        cama__param_write(&p->item[i], net, model->theta, v);
        free(v);
    }
}

/* Views as a trained p_m has them: not at their bounds, where images have a slope in few pixels. */
static void scale_net(cama_model *model, int32_t net, double factor)
{
    const cama__params *p = &model->params;
    for (int32_t i = 0; i < p->count; i++)
        for (int64_t k = 0; p->item[i].net == net && k < p->item[i].size; k++)
            model->theta[p->item[i].offset + k] *= factor;
}

void grad_standardise(cama_model *model)
{
    const int64_t numbers = cama__model_place(model, ROLE_C) + model->spec.c;
    for (int64_t i = 0; i < numbers; i++) {
        if (i < cama__shape_size(model->spec.x) && !model->reads[i]) continue;
        model->mean[i] = (float)(0.5 * cos(5 * (double)i));
        model->scale[i] = (float)(1.2 + 0.7 * sin(2 * (double)i));
    }
    cama__model_standardised(model);
}

/* ---- Batches ----------------------------------------------------------------------------------------------------- */

static int32_t grad_labels[MOST];
static uint32_t grad_examples[MOST];

/* Waves, of a phase for each role; 0 and 1 where a schema wants them. */
static real *draw_block(const cama_model *model, int32_t role, int64_t n)
{
    const int64_t size = cama__model_width(model, role), lanes = cama__blocks(n) * cama__kernel()->nr;
    real *out = cama__mem_alloc((size_t)(lanes * size) + 1, sizeof *out);
    for (int64_t r = 0; r < n; r++)
        for (int64_t f = 0; f < size; f++) {
            const double wave = sin(7.3 * (double)r + 1.7 * (double)(f * f) + 2.1 * role);
            const cama__variable *v = model->schema == NULL ? NULL : cama__schema_at(model->schema, role, (int32_t)f);
            real number = role == ROLE_X ? 0.5 + 0.5 * wave : 1.6 * wave;
            if (v != NULL && v->kind == VARIABLE_BINARY) number = wave > 0;
            if (v != NULL && v->kind == VARIABLE_CATEGORICAL) number = (r * 3 + r / 4) % v->levels == f - v->first;
            out[cama__at(r, f, size)] = number;
        }
    return out;
}

/* c stays away from the kinks at its limits, but lies on both sides of them. */
static void avoid_limits(const cama_model *model, real *c, int64_t n)
{
    int64_t beyond = 0, within = 0;
    if (!cama__model_limits_c(model)) return;
    for (int64_t r = 0; r < n; r++)
        for (int64_t f = 0; f < model->spec.c; f++) {
            const real low = model->c_low[f], high = model->c_high[f];
            real *number = &c[cama__at(r, f, model->spec.c)];
            if (fabs(*number - low) < 0.01 || fabs(*number - high) < 0.01) *number += 0.05;
            *number<low || *number> high ? beyond++ : within++;
        }
    assert_true(beyond > 0 && within > 0);
}

/* Limits that a range in training would give. */
static void set_range(cama_model *model)
{
    for (int64_t f = 0; model->spec.c_range && f < model->spec.c; f++) {
        model->c_low[f] = (real)(-0.7 - 0.1 * (double)f);
        model->c_high[f] = (real)(0.9 - 0.2 * (double)f);
    }
}

/* About a third of the cells is missing; none of every fifth row, all of some others. */
static void take_cells(grad_setup *s, int64_t n)
{
    const int64_t size = cama__shape_size(s->model->spec.x);
    s->observed = cama__mem_alloc((size_t)(cama__blocks(n) * cama__kernel()->nr * size), sizeof *s->observed);
    for (int64_t r = 0; r < n; r++)
        for (int32_t i = 0; i < s->model->likelihood.spans; i++) {
            const cama__likelihood_span *span = &s->model->likelihood.span[i];
            const bool whole = span->kind == LIKELIHOOD_CATEGORICAL;
            for (int64_t d = span->first; d < span->first + span->count; d++) {
                const int64_t at = whole ? span->first : d;
                if (r % 5 != 0 && (r % 7 == 3 || (r * 3 + at * 5) % 11 < 4)) s->x[cama__at(r, d, size)] = NAN;
            }
        }
    assert_true(cama__missing_split(s->model, n, s->x, s->observed));
}

grad_setup grad_prepare(const grad_subject *about, int64_t n)
{
    grad_setup s = {.model = NULL};
    cama__spec spec = about->spec;
    cama_schema *schema = about->mixed ? mixed_schema(spec.classes) : NULL;
    if (schema != NULL) cama__spec_take(&spec, schema);
    if (cama__model_build(&spec, schema, &s.model) != CAMA_OK) fail_msg("%s", cama_last_error());
    cama__schema_free(schema);
    OK(cama__model_init(s.model, 3, 1));
    no_zeros(s.model);
    if (cama__model_views(s.model)) scale_net(s.model, NET_P_M, 0.1);
    if (about->standardised) grad_standardise(s.model);
    set_range(s.model);
    for (int64_t r = 0; r < n; r++) {
        grad_labels[r] = (int32_t)(r * 5 % spec.classes);
        grad_examples[r] = (uint32_t)(100 + r);
    }
    s.x = draw_block(s.model, ROLE_X, n);
    s.a = draw_block(s.model, ROLE_A, n);
    s.c = draw_block(s.model, ROLE_C, n);
    avoid_limits(s.model, s.c, n);
    if (about->missing) take_cells(&s, n);
    s.batch = (cama__batch){.n = n,
                            .x = s.x,
                            .observed = s.observed,
                            .a = spec.a > 0 ? s.a : NULL,
                            .c = spec.c > 0 ? s.c : NULL,
                            .y = grad_labels,
                            .example = grad_examples};
    return s;
}

void grad_finish(grad_setup *s)
{
    cama__mem_free(s->x), cama__mem_free(s->a), cama__mem_free(s->c), cama__mem_free(s->m);
    cama__mem_free(s->observed);
    cama__model_free(s->model);
}
