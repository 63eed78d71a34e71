/* finetune - Eq. 8 on a copy of the source: p_m and q_m are adapted by a clean term and an unlabelled term over all
 * classes, under early stopping, and a second run has to agree with the first (agreement.h). Of a discriminative
 * baseline the unlabelled term is the negative entropy of p(y|x), and what TENT adapts takes the place of p_m and
 * q_m (tent.h). */
#include <math.h>
#include <string.h>

#include "../data/outliers.h"
#include "agreement.h"
#include "early_stop.h"
#include "finetune_plan.h"
#include "label_shift.h"
#include "predict_views.h"
#include "steps.h"
#include "train_plan.h"
#include "verbs.h"

enum { CLEAN = 0, TEST = 1 };
static const uint32_t adapted_nets = CAMA__NET_BIT(NET_P_M) | CAMA__NET_BIT(NET_Q_M);

/* The most runs: of images a second one that says nothing is an answer too. */
static int64_t runs_of(const cama__finetune_plan *p)
{
    if (p->o.agreement != AGREEMENT_ON || p->shares_alone) return 1;
    return p->images ? 2 : 3;
}

/* What is apart from one run to another. */
static void set_run(cama__finetune_plan *p, int64_t run)
{
    enum { APART = 1000003 };
    if (run > 0) p->o.seed += APART;
    p->before = run * p->o.steps;
    p->of = runs_of(p) == 1 ? p->o.steps : run < 2 ? 2 * p->o.steps : runs_of(p) * p->o.steps;
}

/* Of few rows of tables d is known within its standard error. Images are safe as their source predicts them, and where
 * hardly any changed two runs differ on as many. */
static bool agree(const cama__early_stop *m, const int32_t *first, const cama__finetune_plan *p, double *disagreement)
{
    return cama__agree(m->source_class, first, m->class_now, cama__early_stop_watched(m->model, m->test->n),
                       p->images ? 0 : 1, disagreement);
}

/* A term over rows [first, n) of a dataset. Each term has its own order of examples and its own noise. */
static int32_t add_term(cama__steps *steps, const cama__finetune_plan *p, const cama_dataset *data, int64_t first,
                        int64_t batch, cama__term term)
{
    const uint64_t seed = (uint64_t)p->o.seed + term.options.seed;
    cama__term *t = &steps->term[steps->terms++];
    *t = term;
    t->options.seed = seed;
    t->batch = batch;
    return cama__stream_create(data, first, data->n - first, seed, true, &t->stream);
}

/* p_m maps m to the numbers of a view, for every image. Where q_m was trained on simulated views, p_m is already right
 * and is not adapted. */
static uint32_t adapted(const cama__finetune_plan *p)
{
    if (p->tent) return CAMA__NET_BIT(NET_DNN);
    return p->knows_views && p->o.proposals > 0 ? CAMA__NET_BIT(NET_Q_M) : adapted_nets;
}

static cama__term objective_term(const cama__finetune_plan *p, const char *name, enum cama__objective objective,
                                 uint64_t seed, double weight)
{
    cama__term t = {.name = name,
                    .add = p->o.proposals == 0 ? cama__term_logw
                           : p->knows_views    ? cama__term_proposals
                                               : cama__term_importance,
                    .proposals = (int32_t)p->o.proposals,
                    .temper = p->o.view_temper,
                    .trainable = adapted(p),
                    .options = p->score,
                    .weight = weight};
    t.options.objective = objective;
    if (objective != OBJECTIVE_MARGINAL) t.options.prune = 0; /* one class alone, or no draws */
    t.options.seed = seed;
    return t;
}

static cama__term clean_term(const cama__finetune_plan *p)
{
    cama__term t = objective_term(p, "clean", OBJECTIVE_ELBO, 0, p->o.alpha);
    if (t.add == cama__term_proposals) t.add = cama__term_importance; /* it has labels */
    if (p->o.clean_term == ELBO_M_INFER) return t;
    t.add = cama__term_logw;
    t.options.m = SCORE_M_DO, t.options.u = 1;
    return t;
}

static int32_t set_terms(cama__steps *steps, const cama__finetune_plan *p, const cama_dataset *clean,
                         const cama_dataset *test)
{
    int32_t status = CAMA_OK;
    const int64_t held = clean == NULL ? 0 : cama__early_stop_held_out(steps->optimizer->model, clean->n);
    /* Of known views, simulated ones stand for the clean examples. */
    const bool labelled = !(p->knows_views && p->o.proposals > 0 && p->o.simulate > 0);
    if (clean != NULL && p->o.alpha > 0 && labelled)
        TRY(add_term(steps, p, clean, held, p->o.clean_batch, clean_term(p)));
    if (p->o.alpha < 1)
        TRY(add_term(steps, p, test, 0, p->o.batch,
                     objective_term(p, "test", p->tent ? OBJECTIVE_ENTROPY : OBJECTIVE_MARGINAL, 1, 1 - p->o.alpha)));
    if (clean != NULL && p->o.simulate > 0)
        TRY(add_term(steps, p, clean, held, p->o.clean_batch,
                     (cama__term){.name = "views",
                                  .add = cama__term_views,
                                  .trainable = CAMA__NET_BIT(NET_Q_M),
                                  .options = {.seed = 2},
                                  .weight = p->o.simulate,
                                  .apart = true}));
    steps->trainable = adapted(p);
out:
    return status;
}

static int32_t run(cama__steps *steps, cama__early_stop *monitor, const cama__finetune_plan *p, int64_t *taken)
{
    const int64_t every = p->o.check_every, total = p->o.steps;
    const double fall = 1 - p->o.lr_final;
    int32_t status = CAMA_OK;
    for (*taken = 0; *taken < total;) {
        double objective = 0, disagreement = 0;
        int64_t n = 0;
        TRY(cama__steps_take(steps, 1 - fall * (double)*taken / (double)total, 1, &objective, &n));
        ++*taken;
        TRY(cama__session_step(steps->session, p->before + *taken, p->of, objective, *taken == total));
        bool stop = false;
        const bool check = every > 0 && (*taken == total || *taken % every == 0);
        if (check) TRY(cama__early_stop_check(monitor, *taken == total, &stop));
        if (stop || (check && p->confirms != NULL && agree(monitor, p->confirms, p, &disagreement))) break;
    }
    if (every == 0) TRY(cama__early_stop_measure(monitor));
out:
    return status;
}

/* Mean and deviation of the views of test examples, before and after adaptation. */
typedef struct {
    double mean[2][VIEW_COUNT], spread[2][VIEW_COUNT];
} seen_views;

/* One run: the copy, and what was seen of it. */
typedef struct {
    cama_model *copy;
    cama__early_stop monitor;
    seen_views views;
    int64_t taken;
} attempt;

static void forget(attempt *a)
{
    cama__early_stop_free(&a->monitor);
    cama__model_free(a->copy);
    *a = (attempt){0};
}

/* What the report has of all runs. */
typedef struct {
    int64_t runs, outliers;
    double disagreement; /* NaN: of one run alone */
} overall;

static int32_t summarise_views(const cama__early_stop *m, const cama_model *model, int32_t when, seen_views *v)
{
    const int64_t n = cama__early_stop_watched(model, m->test->n);
    if (!cama__model_views(model)) return CAMA_OK;
    return cama__views_summary(m->session, model, m->test, n, v->mean[when], v->spread[when]);
}

static int32_t make_report(const attempt *a, const overall *o, double seconds, cama_report **out)
{
    const cama__early_stop *m = &a->monitor;
    const seen_views *v = &a->views;
    const double taken = (double)a->taken, back = m->rolled_back, stopped = m->stopped;
    const double clipped = (double)o->outliers, runs = (double)o->runs;
    const int64_t views = cama__model_views(m->source) ? VIEW_COUNT : 0;
    const struct {
        const char *name;
        const double *values;
        int64_t count;
    } rows[] = {{"objective_before", &m->before.test, 1},
                {"objective_after", &m->last.test, 1},
                {"clean_before", &m->before.clean, 1},
                {"clean_after", &m->last.clean, 1},
                {"clean_accuracy_before", &m->before.accuracy, 1},
                {"clean_accuracy_after", &m->last.accuracy, 1},
                {"changed", &m->last.changed, 1},
                {"disagreement", &o->disagreement, 1},
                {"runs", &runs, 1},
                {"classes_before", m->before.shares, m->classes},
                {"classes_after", m->last.shares, m->classes},
                {"steps", &taken, 1},
                {"rolled_back", &back, 1},
                {"stopped", &stopped, 1},
                {"outliers", &clipped, 1},
                {"seconds", &seconds, 1},
                {"views_before", v->mean[0], views},
                {"views_after", v->mean[1], views},
                {"views_spread_before", v->spread[0], views},
                {"views_spread_after", v->spread[1], views}};
    int32_t status = CAMA_OK;
    cama_report *report = NULL;
    TRY(cama__report_create(&report));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].count > 0) TRY(cama__report_add(report, rows[i].name, rows[i].count, rows[i].values));
    *out = report;
    report = NULL;
out:
    cama__report_free(report);
    return status;
}

/* The optimizer's numbers come from this verb's options. */
static int32_t make_optimizer(cama_model *model, const cama__finetune_plan *p, cama_optimizer **out)
{
    const int32_t status = cama__optimizer_create(model, NULL, out);
    if (status != CAMA_OK) return status;
    (*out)->lr = p->o.lr;
    (*out)->clip = p->o.clip;
    return CAMA_OK;
}

static int32_t adapt(cama_session *session, const cama__adaptation *a, const cama__finetune_plan *p, attempt *out)
{
    cama__steps steps = {.session = session};
    int32_t status = CAMA_OK;
    TRY(cama__model_clone(a->start, &out->copy));
    for (int64_t c = 0; p->log_shares != NULL && c < out->copy->spec.classes; c++)
        out->copy->log_prior[c] = p->log_shares[c];
    TRY(make_optimizer(out->copy, p, &steps.optimizer));
    if (p->tent) TRY(cama__tent_create(out->copy, p->o.adapt, steps.optimizer, &steps.tent));
    TRY(set_terms(&steps, p, a->clean, a->test));
    TRY(cama__steps_prepare(&steps));
    TRY(cama__early_stop_begin(&out->monitor, session, a->start, out->copy, a->clean, a->test, &p->o));
    out->monitor.from_nothing = p->from_nothing;
    TRY(summarise_views(&out->monitor, a->start, 0, &out->views));
    if (!p->tent && !p->shares_alone && !a->start->q_m_trained) cama__model_settle_q_m(out->copy);
    TRY(cama__early_stop_start(&out->monitor));
    if (!p->shares_alone) TRY(run(&steps, &out->monitor, p, &out->taken));
    if (p->shares_alone) out->monitor.stopped = STOP_SHARES_ALONE;
    TRY(summarise_views(&out->monitor, out->copy, 1, &out->views));
out:
    cama__steps_free(&steps);
    cama__optimizer_free(steps.optimizer);
    return status;
}

static int32_t undo(attempt *a)
{
    const int32_t status = cama__early_stop_undo(&a->monitor, STOP_DISAGREED);
    return status != CAMA_OK ? status : summarise_views(&a->monitor, a->copy, 1, &a->views);
}

/* Whether the first run is taken at its word. */
static bool believed(const cama__early_stop *m, const cama__finetune_plan *p)
{
    return runs_of(p) == 1 ||
           (p->images && !cama__agreement_matters(m->source_class, m->class_now,
                                                  cama__early_stop_watched(m->model, m->test->n)));
}

/* The first run is undone where the next one that changed anything disagrees, or where no other changed anything. */
static int32_t adapt_in_agreement(cama_session *session, const cama__adaptation *a, const cama__finetune_plan *given,
                                  attempt *first, overall *o)
{
    cama__finetune_plan p = *given;
    attempt next = {0};
    int32_t status = CAMA_OK;
    set_run(&p, 0);
    TRY(adapt(session, a, &p, first));
    const cama__early_stop *m = &first->monitor;
    bool agreed = believed(m, &p), heard = agreed;
    if (p.images) p.confirms = m->class_now;
    for (o->runs = 1; !heard && !cama__early_stop_undone(m) && o->runs < runs_of(&p); o->runs++) {
        forget(&next);
        set_run(&p, o->runs);
        TRY(adapt(session, a, &p, &next));
        heard = !cama__early_stop_undone(&next.monitor);
        agreed = agree(&next.monitor, m->class_now, &p, &o->disagreement);
    }
    if (!cama__early_stop_undone(m) && !(heard && agreed)) TRY(undo(first));
out:
    forget(&next);
    return status;
}

/* p(y) of the test examples, into log_shares (C); whether there is anything else to adapt. */
static int32_t find_shares(cama_session *session, const cama__adaptation *a, double *log_shares, cama__finetune_plan *p)
{
    cama__label_shift shift = {.log_shares = log_shares};
    const bool off = p->o.class_shares == CLASS_SHARES_OFF, on = p->o.class_shares == CLASS_SHARES_ON;
    if (!p->looks_for_shares) return CAMA_OK;
    const int32_t status = cama__label_shift_find(session, a->start, a->clean, a->test, &shift);
    if (status != CAMA_OK) return status;
    p->shares_alone = !on && shift.alone;
    if (a->start->spec.a == 0 && (on || (!off && shift.alone))) p->log_shares = log_shares;
    return CAMA_OK;
}

int32_t cama__finetune_from(cama_session *session, const cama__adaptation *a, const cama__finetune_options *options,
                            cama_model **adapted, cama_report **report)
{
    cama__finetune_plan p = cama__finetune_plan_make(a->source, options);
    cama__adaptation clipped = *a;
    cama_dataset *clean = NULL, *test = NULL;
    attempt best = {0};
    double *log_shares = NULL;
    overall all = {.disagreement = NAN};
    int32_t status = CAMA_OK;
    TRY(cama__finetune_check(a->source, a->clean, options));
    TRY(cama__dataset_check(a->test, a->source, false, "test"));
    if (a->source->spec.standardise && p.o.outliers == OUTLIERS_CLIP) {
        if (a->clean != NULL) TRY(cama__outliers_clip(a->source, a->clean, &clean, &all.outliers));
        TRY(cama__outliers_clip(a->source, a->test, &test, &all.outliers));
    }
    if (clean != NULL) clipped.clean = clean;
    if (test != NULL) clipped.test = test;
    TRY(cama__mem_new(&log_shares, a->start->spec.classes));
    TRY(find_shares(session, &clipped, log_shares, &p));
    TRY(adapt_in_agreement(session, &clipped, &p, &best, &all));
    if (report != NULL) TRY(make_report(&best, &all, cama__seconds() - session->started, report));
    *adapted = best.copy;
    best.copy = NULL;
out:
    forget(&best);
    cama__mem_free(log_shares);
    cama__dataset_free(clean);
    cama__dataset_free(test);
    return status;
}

int32_t cama__finetune(cama_session *session, const cama_model *source, const cama_dataset *clean,
                       const cama_dataset *test, const cama_options *options, cama_model **adapted,
                       cama_report **report)
{
    const cama__finetune_options o = cama__options_finetune(options);
    cama__session_begin(session, "finetune");
    return cama__finetune_from(session, &(cama__adaptation){source, source, clean, test}, &o, adapted, report);
}
