/* train - Eq. 3 and Eq. 5: the clean term under do(m=0) and, with manipulated data, the term that infers or is told
 * m. */
#include "../data/c_fit.h"
#include "../data/outliers.h"
#include "../data/standardise.h"
#include "steps.h"
#include "train_plan.h"
#include "validation.h"
#include "verbs.h"

/* seed: beyond the option's. */
static cama__logw_options score_options(const cama__train_options *o, uint64_t seed)
{
    return (cama__logw_options){.objective = OBJECTIVE_ELBO,
                                .m = SCORE_M_DO,
                                .u = 1,
                                .k = (int32_t)o->samples,
                                .mean_noise = o->noise == NOISE_MEAN,
                                .dropout = true,
                                .seed = seed};
}

/* Under do(m) the objective does not depend on q_m. Where m is a reading of x, do(m=0) is x as it is: p_m must not
 * change that. */
static uint32_t trainable(const cama__spec *spec)
{
    const uint32_t readings = spec->m_enters == M_ENTERS_MERGE ? 0 : CAMA__NET_BIT(NET_P_M);
    return CAMA__NET_ALL & ~CAMA__NET_BIT(NET_Q_M) & ~CAMA__NET_BIT(NET_C_LINEAR) & ~readings;
}

/* What the terms of one run have in common: options, and the clean rows that are trained on. */
typedef struct {
    const cama__train_options *o;
    const cama__validation *watch;
} setting;

/* A term over all rows of a dataset but those held out; each term has an order and noise of its own. */
static int32_t add_term(cama__steps *steps, const cama_dataset *data, const setting *by, cama__term term)
{
    const cama__train_options *o = by->o;
    const bool some = data == by->watch->clean && by->watch->held > 0;
    const uint64_t seed = (uint64_t)o->seed + term.options.seed;
    cama__term *t = &steps->term[steps->terms++];
    *t = term;
    t->options.seed = seed;
    t->batch = o->batch;
    t->drop = t->add == cama__term_logw ? o->drop_cells : 0;
    steps->trainable |= t->trainable;
    const int32_t status =
        cama__stream_create(data, 0, some ? by->watch->trained : data->n, seed, o->shuffle != 0, &t->stream);
    if (some) t->stream.rows = by->watch->order;
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

/* log p(y|x) of the same examples: a generative model spends its parameters on x, most of which says little of y. */
static cama__term label_term(const cama_model *model, const cama__train_options *o, double weight)
{
    cama__term t = clean_term(model, o, weight);
    t.name = "label";
    t.options.objective = OBJECTIVE_BAYES;
    t.options.seed = 3;
    t.apart = true; /* the objective that is told is the ELBO */
    return t;
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
                         const setting *by)
{
    const cama_model *model = steps->optimizer->model;
    const cama__train_options *o = by->o;
    const double lambda = manipulated == NULL ? 1 : o->lambda, label = lambda * o->label_weight;
    int32_t status = CAMA_OK;
    if (o->simulate != SIMULATE_ALONE) TRY(add_term(steps, clean, by, clean_term(model, o, lambda)));
    if (manipulated != NULL) TRY(add_term(steps, manipulated, by, manipulated_term(model, o, 1 - lambda)));
    if (o->simulate != SIMULATE_OFF) TRY(add_term(steps, clean, by, views_term(o->simulate == SIMULATE_ALONE)));
    if (o->simulate != SIMULATE_ALONE && label > 0) TRY(add_term(steps, clean, by, label_term(model, o, label)));
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
    if (o->drop_cells > 0 && cama__train_plan_images(model))
        FAIL(CAMA_E_OPTION, "option \"drop_cells\" of \"train\": expected 0 for a model of images, got %g",
             o->drop_cells);
    if (o->m0.count > 0 && o->m0.count != model->spec.m)
        FAIL(CAMA_E_OPTION, "option \"m0\" of \"train\": expected M = %d numbers, got %lld", model->spec.m,
             (long long)o->m0.count);
out:
    return status;
}

/* The run itself: its counts, and the mean objective of each epoch. */
typedef struct {
    const cama__train_plan *plan;
    cama__validation *watch;
    double *objectives, *labels; /* (epochs) each; labels: log p(y|x), where it is trained on */
    int64_t step, examples, epoch, outliers;
} course;

/* Where log p(y|x) is known it says whether more training helps: ELBO(x,y) may rise for long with p(x|.) alone. */
static bool converged(const course *c)
{
    const cama__validation *v = c->watch;
    const bool labels = v->held > 0 || c->plan->o.label_weight > 0;
    const double *curve = v->held > 0 ? v->labels : labels ? c->labels : c->objectives;
    return c->step >= 2 * c->plan->o.warmup && cama__validation_settled(curve, c->epoch, labels ? .1 : .25);
}

static int32_t make_report(const course *c, double seconds, cama_report **out)
{
    const cama__train_plan *p = c->plan;
    const cama__validation *v = c->watch;
    const bool watched = v->held > 0;
    const struct {
        const char *name;
        double value;
    } counts[] = {
        {"seconds", seconds},          {"examples_per_second", seconds > 0 ? (double)c->examples / seconds : 0},
        {"steps", (double)c->step},    {"epochs", (double)c->epoch},
        {"batch", (double)p->o.batch}, {"warmup", (double)p->o.warmup},
        {"converged", converged(c)},   {"outliers", (double)c->outliers},
        {"best_epoch", (double)v->best_epoch}};
    int32_t status = CAMA_OK;
    cama_report *report = NULL;
    TRY(cama__report_create(&report));
    TRY(cama__report_add(report, "objective", c->epoch, c->objectives));
    if (p->o.label_weight > 0) TRY(cama__report_add(report, "label", c->epoch, c->labels));
    for (size_t i = 0; i < sizeof counts / sizeof *counts - !watched; i++)
        TRY(cama__report_add(report, counts[i].name, 1, &counts[i].value));
    if (watched) TRY(cama__report_add(report, "validation", c->epoch, v->elbo));
    if (watched) TRY(cama__report_add(report, "validation_label", c->epoch, v->labels));
    if (watched) TRY(cama__report_add(report, "validation_accuracy", c->epoch, v->accuracy));
    *out = report;
    report = NULL;
out:
    cama__report_free(report);
    return status;
}

/* Preprocessing that is fitted once to all clean examples, before the first step. */
typedef struct {
    bool units, linear; /* learned in this call */
} learned;

static int32_t fit_preprocessing(cama_model *model, const cama_dataset *clean, learned *now)
{
    const bool first = !model->spec.standardise || !model->standardised;
    now->units = first && model->spec.standardise;
    now->linear = first && model->spec.c_linear && !cama__c_fit_known(model);
    if (now->units) cama__standardise_learn(model, clean);
    return now->linear ? cama__c_fit_learn(model, clean) : CAMA_OK;
}

/* A run that fails before its first step leaves the model unchanged. */
static void undo_preprocessing(cama_model *model, const learned *now)
{
    if (now->units) cama__model_forget_units(model);
    if (now->linear) cama__c_fit_forget(model);
}

static int32_t run_epoch(cama__steps *steps, course *c)
{
    const int64_t n = c->watch->trained;
    int32_t status = CAMA_OK;
    double sum = 0, labels = 0;
    const cama__term *last = &steps->term[steps->terms - 1]; /* that of the labels, if there is one */
    for (int64_t seen = 0; seen < n;) {
        double objective = 0;
        int64_t taken = 0;
        TRY(cama__steps_take(steps, cama__train_plan_rate(c->plan, c->step), cama__train_plan_kl(c->plan, c->step),
                             &objective, &taken));
        sum += objective * (double)taken;
        labels += last->mean * (double)taken;
        seen += taken;
        c->examples += taken;
        c->step++;
        if (seen == n) steps->optimizer->epochs++;
        TRY(cama__session_step(steps->session, c->step, c->plan->total, sum / (double)seen, seen == n));
    }
    c->objectives[c->epoch] = sum / (double)n;
    c->labels[c->epoch] = labels / (double)n;
out:
    return status;
}

static int32_t run(cama__steps *steps, course *c)
{
    int32_t status = CAMA_OK;
    bool stop = false;
    while (c->epoch < c->plan->o.epochs && !stop) {
        TRY(run_epoch(steps, c));
        TRY(cama__validation_check(c->watch, c->epoch++, &stop));
    }
    cama__validation_restore(c->watch);
out:
    return status;
}

int32_t cama__train(cama_session *session, cama_optimizer *optimizer, const cama_dataset *given,
                    const cama_dataset *manipulated, const cama_options *options, cama_report **report)
{
    const cama_dataset *clean = given;
    cama_dataset *clipped = NULL;
    const cama__train_options o = cama__options_train(options);
    cama__steps steps = {.session = session, .optimizer = optimizer};
    cama__validation watch = {.session = NULL};
    int32_t status = CAMA_OK;
    cama__train_plan plan;
    course c = {.plan = &plan, .watch = &watch};
    learned now = {false, false};
    cama__session_begin(session, "train");
    TRY(check(optimizer->model, clean, manipulated, &o));
    if (optimizer->model->spec.standardise && o.outliers == OUTLIERS_CLIP)
        TRY(cama__outliers_clip(optimizer->model, given, &clipped, &c.outliers));
    if (clipped != NULL) clean = clipped;
    TRY(cama__validation_begin(&watch, session, optimizer->model, clean, &o));
    plan = cama__train_plan_make(optimizer->model, &o, watch.trained);
    optimizer->ridge = optimizer->decay_given ? 0 : plan.ridge;
    TRY(cama__validation_prepare(&watch, &plan));
    TRY(set_terms(&steps, clean, manipulated, &(setting){&plan.o, &watch}));
    TRY(cama__steps_prepare(&steps));
    TRY(cama__mem_new(&c.objectives, 2 * plan.o.epochs));
    c.labels = c.objectives + plan.o.epochs;
    TRY(fit_preprocessing(optimizer->model, clean, &now));
    TRY(run(&steps, &c));
    if (report != NULL) TRY(make_report(&c, cama__seconds() - session->started, report));
out:
    if (status != CAMA_OK && c.step == 0) undo_preprocessing(optimizer->model, &now);
    cama__mem_free(c.objectives);
    cama__validation_free(&watch);
    cama__steps_free(&steps);
    cama__dataset_free(clipped);
    return status;
}
