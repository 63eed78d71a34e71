/* train - Eq. 3 and Eq. 5: the clean term under do(m=0) and, with manipulated data, the term that infers or is told
 * m. */
#include <math.h>

#include "../data/c_fit.h"
#include "../data/standardise.h"
#include "steps.h"
#include "verbs.h"

static const double pi = 3.14159265358979323846;

typedef struct {
    int64_t epochs, warmup, total;
    int32_t schedule; /* constant, cosine, linear */
    double lr_final, kl_weight, kl_warmup;
} plan;

/* Share of the learning rate at a step. */
static double rate(const plan *p, int64_t step)
{
    const double done = (double)step / (double)p->total;
    const double fall[] = {1, 0.5 * (1 + cos(pi * done)), 1 - done};
    const double level = p->lr_final + (1 - p->lr_final) * fall[p->schedule];
    const double rise = step < p->warmup ? (double)(step + 1) / (double)p->warmup : 1;
    return rise * (p->schedule == 0 ? 1 : level);
}

static double kl_weight(const plan *p, int64_t step)
{
    const double length = p->kl_warmup * (double)p->total;
    return p->kl_weight * ((double)step < length ? (double)step / length : 1);
}

/* seed: beyond the option's. */
static cama__logw_options score_options(const cama_options *options, uint64_t seed)
{
    return (cama__logw_options){.head = HEAD_ELBO,
                                .m = SCORE_M_DO,
                                .u = 1,
                                .k = (int32_t)cama__options_int(options, VERB_TRAIN, "samples"),
                                .mean_noise = cama__options_is(options, VERB_TRAIN, "noise", "mean"),
                                .dropout = true,
                                .seed = seed};
}

/* do(m) never reaches q_m. And where m says how x was measured, do(m=0) is x as it is, which p_m must not change. */
static uint32_t trainable(const cama__spec *spec)
{
    const uint32_t readings = spec->m_enters == M_ENTERS_MERGE ? 0 : CAMA__NET_BIT(NET_P_M);
    return CAMA__NET_ALL & ~CAMA__NET_BIT(NET_Q_M) & ~CAMA__NET_BIT(NET_C_LINEAR) & ~readings;
}

static enum simulate { SIMULATE_OFF, SIMULATE_ALSO, SIMULATE_ALONE } simulates(const cama_options *options)
{
    return (enum simulate)cama__options_choice(options, VERB_TRAIN, "simulate");
}

/* A term over all rows of a dataset; each term has an order and noise of its own. */
static int32_t add_term(cama__steps *steps, const cama_dataset *data, const cama_options *options, cama__term term)
{
    const uint64_t seed = (uint64_t)cama__options_int(options, VERB_TRAIN, "seed") + term.options.seed;
    const bool shuffle = cama__options_int(options, VERB_TRAIN, "shuffle") != 0;
    cama__term *t = &steps->term[steps->terms++];
    *t = term;
    t->options.seed = seed;
    t->batch = cama__options_int(options, VERB_TRAIN, "batch");
    steps->trainable |= t->trainable;
    const int32_t status = cama__stream_create(data, 0, data->n, seed, shuffle, &t->stream);
    t->stream.pass = steps->optimizer->epochs - 1;
    return status;
}

static cama__term clean_term(const cama_model *model, const cama_options *options, double weight)
{
    return (cama__term){.name = "clean",
                        .add = cama__term_logw,
                        .options = score_options(options, 0),
                        .trainable = trainable(&model->spec),
                        .weight = weight};
}

/* m is inferred, or the known m0. */
static cama__term manipulated_term(const cama_model *model, const cama_options *options, double weight)
{
    int64_t count = 0;
    cama__term t = {.name = "manipulated",
                    .add = cama__term_logw,
                    .options = score_options(options, 1),
                    .trainable = trainable(&model->spec),
                    .weight = weight};
    if (model->spec.m == 0) return t;
    t.options.m0 = cama__options_vector(options, VERB_TRAIN, "m0", &count);
    if (t.options.m0 != NULL) {
        t.trainable |= CAMA__NET_BIT(NET_P_M);
        return t;
    }
    t.options.m = SCORE_M_INFER;
    t.options.u = (int32_t)cama__options_int(options, VERB_TRAIN, "m_samples");
    t.trainable = CAMA__NET_ALL & ~CAMA__NET_BIT(NET_C_LINEAR);
    return t;
}

/* Known views of the clean examples (Eq. 5 with known interventions), for q_m alone. */
static cama__term views_term(bool alone)
{
    return (cama__term){.name = "views",
                        .add = cama__term_views,
                        .options = {.seed = 2},
                        .trainable = CAMA__NET_BIT(NET_Q_M),
                        .weight = 1,
                        .apart = !alone};
}

/* The terms of the objective. */
static int32_t set_terms(cama__steps *steps, const cama_dataset *clean, const cama_dataset *manipulated,
                         const cama_options *options)
{
    const cama_model *model = steps->optimizer->model;
    const enum simulate simulate = simulates(options);
    const double lambda = manipulated == NULL ? 1 : cama__options_real(options, VERB_TRAIN, "lambda");
    int32_t status = CAMA_OK;
    if (simulate != SIMULATE_ALONE) TRY(add_term(steps, clean, options, clean_term(model, options, lambda)));
    if (manipulated != NULL) TRY(add_term(steps, manipulated, options, manipulated_term(model, options, 1 - lambda)));
    if (simulate != SIMULATE_OFF) TRY(add_term(steps, clean, options, views_term(simulate == SIMULATE_ALONE)));
out:
    return status;
}

static int32_t check(const cama_model *model, const cama_dataset *clean, const cama_dataset *manipulated,
                     const cama_options *options)
{
    int32_t status = CAMA_OK;
    int64_t count = 0;
    TRY(cama__dataset_check(clean, model, true, "clean"));
    if (manipulated != NULL) TRY(cama__dataset_check(manipulated, model, true, "manipulated"));
    const float *m0 = cama__options_vector(options, VERB_TRAIN, "m0", &count);
    if (simulates(options) != SIMULATE_OFF && !cama__model_views(model))
        FAIL(CAMA_E_OPTION,
             "option \"simulate\" of \"train\": expected off for a model without views (m_enters = view), "
             "got \"%s\"",
             cama__options_text(options, VERB_TRAIN, "simulate"));
    if (simulates(options) == SIMULATE_ALONE && manipulated != NULL)
        FAIL(CAMA_E_OPTION, "option \"simulate\" of \"train\": expected off or also with manipulated examples, got "
                            "\"alone\"");
    if (m0 != NULL && count != model->spec.m)
        FAIL(CAMA_E_OPTION, "option \"m0\" of \"train\": expected M = %d numbers, got %lld", model->spec.m,
             (long long)count);
out:
    return status;
}

static plan make_plan(const cama_options *options, int64_t steps_per_epoch)
{
    plan p = {.epochs = cama__options_int(options, VERB_TRAIN, "epochs"),
              .warmup = cama__options_int(options, VERB_TRAIN, "warmup"),
              .schedule = cama__options_choice(options, VERB_TRAIN, "schedule"),
              .lr_final = cama__options_real(options, VERB_TRAIN, "lr_final"),
              .kl_weight = cama__options_real(options, VERB_TRAIN, "kl_weight"),
              .kl_warmup = cama__options_real(options, VERB_TRAIN, "kl_warmup")};
    p.total = p.epochs * steps_per_epoch;
    return p;
}

static int32_t make_report(const double *objectives, int64_t epochs, int64_t steps, int64_t examples, double seconds,
                           cama_report **out)
{
    int32_t status = CAMA_OK;
    cama_report *report = NULL;
    const double counts[] = {seconds, seconds > 0 ? (double)examples / seconds : 0, (double)steps, (double)epochs};
    static const char *const names[] = {"seconds", "examples_per_second", "steps", "epochs"};
    TRY(cama__report_create(&report));
    TRY(cama__report_add(report, "objective", epochs, objectives));
    for (int i = 0; i < 4; i++) TRY(cama__report_add(report, names[i], 1, &counts[i]));
    *out = report;
    report = NULL;
out:
    cama__report_free(report);
    return status;
}

/* What is learned from the clean examples as a whole, once, before the first step. */
typedef struct {
    bool units, linear; /* learned in this call */
} learned;

static int32_t look_at_data(cama_model *model, const cama_dataset *clean, learned *now)
{
    const bool first = !model->spec.standardise || !model->standardised;
    now->units = first && model->spec.standardise;
    now->linear = first && model->spec.c_linear && !cama__c_fit_known(model);
    if (now->units) cama__standardise_learn(model, clean);
    return now->linear ? cama__c_fit_learn(model, clean) : CAMA_OK;
}

/* Of a run that took no step nothing stays. */
static void forget(cama_model *model, const learned *now)
{
    if (now->units) cama__model_forget_units(model);
    if (now->linear) cama__c_fit_forget(model);
}

int32_t cama__train(cama_session *session, cama_optimizer *optimizer, const cama_dataset *clean,
                    const cama_dataset *manipulated, const cama_options *options, cama_report **report)
{
    cama__steps steps = {.session = session, .optimizer = optimizer};
    int32_t status = CAMA_OK;
    int64_t step = 0, examples = 0, epoch = 0;
    double *objectives = NULL;
    learned now = {false, false};
    cama__session_begin(session, "train");
    TRY(check(optimizer->model, clean, manipulated, options));
    TRY(set_terms(&steps, clean, manipulated, options));
    TRY(cama__steps_prepare(&steps));
    const int64_t batch = steps.term[0].batch, per_epoch = (clean->n + batch - 1) / batch;
    const plan p = make_plan(options, per_epoch);
    objectives = cama__mem_alloc((size_t)p.epochs, sizeof *objectives);
    if (objectives == NULL) {
        status = CAMA_E_MEMORY;
        goto out;
    }
    TRY(look_at_data(optimizer->model, clean, &now));
    for (; epoch < p.epochs; epoch++) {
        double sum = 0;
        for (int64_t seen = 0; seen < clean->n;) {
            double objective = 0;
            int64_t n = 0;
            TRY(cama__steps_take(&steps, rate(&p, step), kl_weight(&p, step), &objective, &n));
            sum += objective * (double)n;
            seen += n;
            examples += n;
            step++;
            if (seen == clean->n) optimizer->epochs++;
            TRY(cama__session_step(session, step, p.total, sum / (double)seen, seen == clean->n));
        }
        objectives[epoch] = sum / (double)clean->n;
    }
    if (report != NULL) TRY(make_report(objectives, epoch, step, examples, cama__seconds() - session->began, report));
out:
    if (status != CAMA_OK && step == 0) forget(optimizer->model, &now);
    cama__mem_free(objectives);
    cama__steps_free(&steps);
    return status;
}
