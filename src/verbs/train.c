/* train - Eq. 3 and Eq. 5: the clean term under do(m=0) and, with manipulated data, the term that infers or is told
 * m. */
#include <math.h>

#include "../data/c_fit.h"
#include "../data/standardise.h"
#include "steps.h"
#include "verbs.h"

static const double pi = 3.14159265358979323846;

/* Share of the learning rate at a step of `total`. */
static double rate(const cama__train_options *o, int64_t step, int64_t total)
{
    const double done = (double)step / (double)total;
    const double fall[] = {
        [SCHEDULE_CONSTANT] = 1, [SCHEDULE_COSINE] = 0.5 * (1 + cos(pi * done)), [SCHEDULE_LINEAR] = 1 - done};
    const double level = o->lr_final + (1 - o->lr_final) * fall[o->schedule];
    const double rise = step < o->warmup ? (double)(step + 1) / (double)o->warmup : 1;
    return rise * (o->schedule == SCHEDULE_CONSTANT ? 1 : level);
}

static double kl_weight(const cama__train_options *o, int64_t step, int64_t total)
{
    const double length = o->kl_warmup * (double)total;
    return o->kl_weight * ((double)step < length ? (double)step / length : 1);
}

/* seed: beyond the option's. */
static cama__logw_options score_options(const cama__train_options *o, uint64_t seed)
{
    return (cama__logw_options){.head = HEAD_ELBO,
                                .m = SCORE_M_DO,
                                .u = 1,
                                .k = (int32_t)o->samples,
                                .mean_noise = o->noise == NOISE_MEAN,
                                .dropout = true,
                                .seed = seed};
}

/* do(m) never reaches q_m. And where m says how x was measured, do(m=0) is x as it is, which p_m must not change. */
static uint32_t trainable(const cama__spec *spec)
{
    const uint32_t readings = spec->m_enters == M_ENTERS_MERGE ? 0 : CAMA__NET_BIT(NET_P_M);
    return CAMA__NET_ALL & ~CAMA__NET_BIT(NET_Q_M) & ~CAMA__NET_BIT(NET_C_LINEAR) & ~readings;
}

/* A term over all rows of a dataset; each term has an order and noise of its own. */
static int32_t add_term(cama__steps *steps, const cama_dataset *data, const cama__train_options *o, cama__term term)
{
    const uint64_t seed = (uint64_t)o->seed + term.options.seed;
    cama__term *t = &steps->term[steps->terms++];
    *t = term;
    t->options.seed = seed;
    t->batch = o->batch;
    steps->trainable |= t->trainable;
    const int32_t status = cama__stream_create(data, 0, data->n, seed, o->shuffle != 0, &t->stream);
    t->stream.pass = steps->optimizer->epochs - 1;
    return status;
}

static cama__term clean_term(const cama_model *model, const cama__train_options *o, double weight)
{
    return (cama__term){.name = "clean",
                        .add = cama__term_logw,
                        .options = score_options(o, 0),
                        .trainable = trainable(&model->spec),
                        .weight = weight};
}

/* m is inferred, or the known m0. */
static cama__term manipulated_term(const cama_model *model, const cama__train_options *o, double weight)
{
    cama__term t = {.name = "manipulated",
                    .add = cama__term_logw,
                    .options = score_options(o, 1),
                    .trainable = trainable(&model->spec),
                    .weight = weight};
    if (model->spec.m == 0) return t;
    t.options.m0 = o->m0.at;
    if (t.options.m0 != NULL) {
        t.trainable |= CAMA__NET_BIT(NET_P_M);
        return t;
    }
    t.options.m = SCORE_M_INFER;
    t.options.u = (int32_t)o->m_samples;
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
                         const cama__train_options *o)
{
    const cama_model *model = steps->optimizer->model;
    const double lambda = manipulated == NULL ? 1 : o->lambda;
    int32_t status = CAMA_OK;
    if (o->simulate != SIMULATE_ALONE) TRY(add_term(steps, clean, o, clean_term(model, o, lambda)));
    if (manipulated != NULL) TRY(add_term(steps, manipulated, o, manipulated_term(model, o, 1 - lambda)));
    if (o->simulate != SIMULATE_OFF) TRY(add_term(steps, clean, o, views_term(o->simulate == SIMULATE_ALONE)));
out:
    return status;
}

static int32_t check(const cama_model *model, const cama_dataset *clean, const cama_dataset *manipulated,
                     const cama__train_options *o)
{
    int32_t status = CAMA_OK;
    TRY(cama__dataset_check(clean, model, true, "clean"));
    if (manipulated != NULL) TRY(cama__dataset_check(manipulated, model, true, "manipulated"));
    if (o->simulate != SIMULATE_OFF && !cama__model_views(model))
        FAIL(CAMA_E_OPTION,
             "option \"simulate\" of \"train\": expected off for a model without views (m_enters = view), "
             "got \"%s\"",
             o->simulate == SIMULATE_ALSO ? "also" : "alone");
    if (o->simulate == SIMULATE_ALONE && manipulated != NULL)
        FAIL(CAMA_E_OPTION, "option \"simulate\" of \"train\": expected off or also with manipulated examples, got "
                            "\"alone\"");
    if (o->m0.count > 0 && o->m0.count != model->spec.m)
        FAIL(CAMA_E_OPTION, "option \"m0\" of \"train\": expected M = %d numbers, got %lld", model->spec.m,
             (long long)o->m0.count);
out:
    return status;
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

/* A run that fails before its first step leaves the model unchanged. */
static void forget(cama_model *model, const learned *now)
{
    if (now->units) cama__model_forget_units(model);
    if (now->linear) cama__c_fit_forget(model);
}

int32_t cama__train(cama_session *session, cama_optimizer *optimizer, const cama_dataset *clean,
                    const cama_dataset *manipulated, const cama_options *options, cama_report **report)
{
    const cama__train_options o = cama__options_train(options);
    cama__steps steps = {.session = session, .optimizer = optimizer};
    int32_t status = CAMA_OK;
    int64_t step = 0, examples = 0, epoch = 0;
    double *objectives = NULL;
    learned now = {false, false};
    cama__session_begin(session, "train");
    TRY(check(optimizer->model, clean, manipulated, &o));
    TRY(set_terms(&steps, clean, manipulated, &o));
    TRY(cama__steps_prepare(&steps));
    const int64_t batch = steps.term[0].batch, per_epoch = (clean->n + batch - 1) / batch;
    const int64_t total = o.epochs * per_epoch;
    objectives = cama__mem_alloc((size_t)o.epochs, sizeof *objectives);
    if (objectives == NULL) {
        status = CAMA_E_MEMORY;
        goto out;
    }
    TRY(look_at_data(optimizer->model, clean, &now));
    for (; epoch < o.epochs; epoch++) {
        double sum = 0;
        for (int64_t seen = 0; seen < clean->n;) {
            double objective = 0;
            int64_t n = 0;
            TRY(cama__steps_take(&steps, rate(&o, step, total), kl_weight(&o, step, total), &objective, &n));
            sum += objective * (double)n;
            seen += n;
            examples += n;
            step++;
            if (seen == clean->n) optimizer->epochs++;
            TRY(cama__session_step(session, step, total, sum / (double)seen, seen == clean->n));
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
