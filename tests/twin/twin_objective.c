/* twin_objective - the options of the records, and what was trained on: terms, and steps of Adam. */
#include "twin_model.h"

/* ---- Options ----------------------------------------------------------------------------------------------------- */

void twin_set_text(cama_options *options, const char *key, const char *value)
{
    twin_ok(cama__options_set_text(options, key, value));
}

void twin_set_int(cama_options *options, const char *key, int64_t value)
{
    twin_ok(cama__options_set_int(options, key, value));
}

void twin_set_real(cama_options *options, const char *key, double value)
{
    twin_ok(cama__options_set_real(options, key, value));
}

cama_options *twin_options(const twin *t, enum cama__verb verb, int32_t u, int32_t k, bool mean)
{
    cama_options *options = NULL;
    twin_ok(cama__options_create(verb, &options));
    twin_set_int(options, "seed", (int64_t)t->seed);
    twin_set_int(options, "m_samples", u);
    twin_set_int(options, "samples", k);
    twin_set_text(options, "noise", mean ? "mean" : "sample");
    return options;
}

/* ---- Objectives -------------------------------------------------------------------------------------------------- */

const twin_objective twin_objectives[TWIN_OBJECTIVES] = {
    {"train", TWIN_ONE, {TWIN_ZERO, TWIN_ZERO}, OBJECTIVE_ELBO, 1, 1, false},
    {"joint", TWIN_LAMBDA, {TWIN_ZERO, TWIN_INFER}, OBJECTIVE_ELBO, 1, 1, false},
    {"joint_u2k3", TWIN_LAMBDA, {TWIN_ZERO, TWIN_INFER}, OBJECTIVE_ELBO, 2, 3, false},
    {"do_m0", TWIN_ONE, {TWIN_M0, TWIN_ZERO}, OBJECTIVE_ELBO, 1, 1, false},
    {"joint_do_m0", TWIN_LAMBDA, {TWIN_ZERO, TWIN_M0}, OBJECTIVE_ELBO, 1, 1, false},
    {"fine_elbo", TWIN_ALPHA, {TWIN_INFER, TWIN_INFER}, OBJECTIVE_MARGINAL, 1, 1, true},
    {"fine_elbo_u2k3", TWIN_ALPHA, {TWIN_INFER, TWIN_INFER}, OBJECTIVE_MARGINAL, 2, 3, true},
    {"fine_do", TWIN_ALPHA, {TWIN_ZERO, TWIN_INFER}, OBJECTIVE_MARGINAL, 1, 1, true},
};

bool twin_has_objective(const twin *t, const twin_objective *o)
{
    return twin_find(&t->file, "objective.%s", o->name) != NULL;
}

int32_t twin_steps(const twin *t, const twin_objective *o)
{
    const twin_record *record = twin_find(&t->file, "adam.%s.objective", o->name);
    return record == NULL ? 0 : (int32_t)record->count;
}

uint32_t twin_nets(const twin_objective *o)
{
    return o->fine ? CAMA__NET_BIT(NET_P_M) | CAMA__NET_BIT(NET_Q_M) : CAMA__NET_ALL & ~CAMA__NET_BIT(NET_C_LINEAR);
}

static void set_term(const twin *t, const twin_objective *o, int32_t i, cama__term *term)
{
    const double first = o->weight == TWIN_ONE ? 1 : o->weight == TWIN_LAMBDA ? t->lambda : t->alpha;
    const bool infer = o->m[i] == TWIN_INFER && t->model->spec.m > 0;
    *term = (cama__term){.name = i == 0 ? "clean" : "second",
                         .add = cama__term_logw,
                         .trainable = twin_nets(o),
                         .weight = i == 0 ? first : 1 - first,
                         .batch = t->n};
    term->options = (cama__logw_options){.objective = i == 0 ? OBJECTIVE_ELBO : o->second,
                                         .m = infer ? SCORE_M_INFER : SCORE_M_DO,
                                         .m0 = o->m[i] == TWIN_M0 ? t->m0 : NULL,
                                         .u = infer ? o->u : 1,
                                         .k = o->k,
                                         .seed = t->seed + (uint64_t)i};
    twin_ok(cama__stream_create(i == 0 ? t->clean : t->manipulated, 0, t->n, 0, false, &term->stream));
}

void twin_run_begin(const twin *t, const twin_objective *o, twin_run *run)
{
    const int32_t terms = o->weight == TWIN_ONE ? 1 : 2;
    *run = (twin_run){.steps = {.session = t->session, .trainable = twin_nets(o), .terms = terms}};
    twin_ok(cama__model_clone(t->model, &run->model));
    twin_ok(cama__optimizer_create(run->model, NULL, &run->steps.optimizer));
    run->steps.optimizer->lr = t->rate;
    for (int32_t i = 0; i < terms; i++) set_term(t, o, i, &run->steps.term[i]);
    twin_ok(cama__steps_prepare(&run->steps));
}

double twin_run_step(twin_run *run)
{
    double objective = 0;
    int64_t examples = 0;
    twin_ok(cama__steps_take(&run->steps, 1, 1, &objective, &examples));
    return objective;
}

void twin_run_end(twin_run *run)
{
    cama__steps_free(&run->steps);
    cama__optimizer_free(run->steps.optimizer);
    cama__model_free(run->model);
}
