/* early_stop - a check compares two means with those at the start; the best theta so far is kept in one copy. */
#include "early_stop.h"

#include <math.h>
#include <string.h>

#include "../base/arith.h"
#include "predict_views.h"
#include "train_plan.h"

/* Each example of a network of images takes long. */
enum { WATCHED_IMAGES = 288, WATCHED_VECTORS = 1152, AT_ONCE = 144 };

int64_t cama__early_stop_watched(const cama_model *model, int64_t n)
{
    const int64_t most = cama__train_plan_images(model) ? WATCHED_IMAGES : WATCHED_VECTORS;
    return n < most ? n : most;
}

int64_t cama__early_stop_held_out(const cama_model *model, int64_t n)
{
    if (n < 10) return 0;
    return cama__early_stop_watched(model, n / (cama__train_plan_images(model) ? 10 : 5));
}

/* Of so few examples that none is held out all are watched. */
static int64_t held_of(const cama__early_stop *m)
{
    const int64_t held = cama__early_stop_held_out(m->model, m->clean->n);
    return held > 0 ? held : cama__early_stop_watched(m->model, m->clean->n);
}

static double mean(const double *v, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += v[i];
    return sum / (double)n;
}

/* What the probabilities of n test examples say. */
static void look_at_tests(cama__early_stop *m, int64_t n, cama__measures *out)
{
    memset(out->shares, 0, (size_t)m->classes * sizeof *out->shares);
    out->changed = 0;
    for (int64_t i = 0; i < n; i++) {
        m->class_now[i] = cama__evaluate_top(m->probabilities + i * m->classes, m->classes);
        out->shares[m->class_now[i]] += 1.0 / (double)n;
        out->changed += (m->class_now[i] != m->source_class[i]) / (double)n;
    }
}

static void look_at_clean(cama__early_stop *m, int64_t n, cama__measures *out)
{
    out->accuracy = 0;
    for (int64_t i = 0; i < n; i++) {
        m->right_now[i] = cama__evaluate_top(m->probabilities + i * m->classes, m->classes) == m->clean->y[i];
        out->accuracy += m->right_now[i] / (double)n;
    }
}

/* Values and probabilities of the first n rows: ELBO(x,y) at the labels, or ELBO(x), of a baseline -H(p(y|x)). */
static int32_t score(cama__early_stop *m, const cama_dataset *dataset, int64_t n, bool labelled)
{
    const cama__logw_options o =
        cama__evaluate_at_means(m->model, labelled ? OBJECTIVE_ELBO : cama__evaluate_unlabelled(m->model));
    return cama__evaluate(m->session, m->model, &o, dataset,
                          &(cama__evaluation){.n = n,
                                              .at_once = AT_ONCE,
                                              .keyed = true,
                                              .quiet = true,
                                              .value = m->values,
                                              .probabilities = labelled ? NULL : m->probabilities});
}

/* The classes of small networks as they are predicted, with a few draws in place of none: at the mean of q(m|x) the
 * classes may be right, and with m drawn from a q that has grown wide be wrong. */
static int32_t predict(cama__early_stop *m, const cama_dataset *dataset, int64_t n)
{
    const bool infer = m->model->q_m_trained;
    const cama__logw_options o = {.objective = OBJECTIVE_BAYES,
                                  .u = infer ? 4 : 1,
                                  .k = 4,
                                  .kl_weight = 1,
                                  .m = infer ? SCORE_M_INFER : SCORE_M_DO};
    return cama__evaluate(
        m->session, m->model, &o, dataset,
        &(cama__evaluation){.n = n, .at_once = AT_ONCE, .quiet = true, .probabilities = m->probabilities});
}

/* The same as score, of a model with views: the mean over its proposed views, weighed as in prediction. */
typedef struct {
    cama__early_stop *m;
    const int32_t *y; /* or NULL */
} views;

static int32_t take_views(cama__proposals *p, int64_t first, void *arg)
{
    const views *v = arg;
    const int64_t classes = v->m->classes;
    for (int64_t i = 0; i < p->n; i++) {
        double *shares = v->m->probabilities + (first + i) * classes, value = 0;
        memset(shares, 0, (size_t)classes * sizeof *shares);
        for (int32_t k = 0; k < p->count; k++) {
            const double weight = p->weight[k * p->capacity + i];
            const double *mine = p->probabilities + (k * p->capacity + i) * classes;
            if (weight == 0) continue;
            for (int64_t c = 0; c < classes; c++) shares[c] += weight * mine[c];
            const double label =
                v->y == NULL ? 0 : log(mine[v->y[first + i]] > 1e-300 ? mine[v->y[first + i]] : 1e-300);
            value += weight * (p->value[k * p->capacity + i] + label);
        }
        v->m->values[first + i] = value;
    }
    return CAMA_OK;
}

static int32_t score_views(cama__early_stop *m, const cama_dataset *dataset, int64_t n, bool labelled)
{
    static const cama__proposal_options few = {.temper = 5};
    views v = {m, labelled ? dataset->y : NULL};
    const cama__proposals_pass pass = {m->session, m->model, &few, dataset, n, true};
    return cama__proposals_each(&pass, take_views, &v);
}

static bool with_views(const cama__early_stop *m) { return cama__model_views(m->model) && m->model->q_m_trained; }

static bool drawn(const cama__early_stop *m)
{
    return !with_views(m) && !cama__train_plan_images(m->model) && !m->model->spec.discriminative;
}

static int32_t measure_tests(cama__early_stop *m, cama__measures *out)
{
    int32_t status = CAMA_OK;
    const int64_t tests = cama__early_stop_watched(m->model, m->test->n);
    TRY((with_views(m) ? score_views : score)(m, m->test, tests, false));
    if (drawn(m)) TRY(predict(m, m->test, tests));
    out->test = mean(m->values, tests);
    look_at_tests(m, tests, out);
out:
    return status;
}

static int32_t measure_clean(cama__early_stop *m, cama__measures *out)
{
    int32_t status = CAMA_OK;
    const int64_t held = held_of(m);
    if (!with_views(m))
        TRY(drawn(m) ? predict(m, m->clean, held) : score(m, m->clean, held, false)); /* probabilities */
    TRY((with_views(m) ? score_views : score)(m, m->clean, held, true));
    out->clean = mean(m->values, held);
    look_at_clean(m, held, out);
out:
    return status;
}

/* The model's p(y) may be that of the test rows; clean ones have the source's. */
static void exchange_priors(cama__early_stop *m)
{
    for (int64_t c = 0; c < m->classes; c++) {
        const double mine = m->model->log_prior[c];
        m->model->log_prior[c] = m->clean_prior[c];
        m->clean_prior[c] = mine;
    }
}

static int32_t measure(cama__early_stop *m, cama__measures *out)
{
    int32_t status = measure_tests(m, out);
    out->clean = out->accuracy = NAN;
    if (status != CAMA_OK || m->clean == NULL) return status;
    exchange_priors(m);
    status = measure_clean(m, out);
    exchange_priors(m);
    return status;
}

static double objective(const cama__early_stop *m, const cama__measures *v)
{
    return m->clean == NULL || m->alpha == 0 ? v->test : m->alpha * v->clean + (1 - m->alpha) * v->test;
}

static void keep(cama__early_stop *m)
{
    memcpy(m->kept, m->model->theta, (size_t)m->model->params.reals * sizeof *m->kept);
    m->kept_is_start = false;
    m->best = objective(m, &m->last);
}

/* While q_m learns from nothing what a view is, the clean objective falls by tens of nats and comes back: of models
 * with views the last check alone decides, by the objective, unless the options say otherwise. */
static void set_view_defaults(cama__early_stop *m, const cama__finetune_options *options)
{
    const bool viewed = cama__model_views(m->model), given = options->tolerance_given;
    m->errors = !viewed && !given;
    if (m->errors) m->tolerance = 8;
    if (!viewed) return;
    if (!options->patience_given) m->patience = INT64_MAX;
    if (!options->clean_tolerance_given) m->clean_tolerance = 1;
    if (!given) m->tolerance = 10;
}

static int32_t make_room(cama__early_stop *m)
{
    int32_t status = CAMA_OK;
    const int64_t classes = m->classes;
    m->watched = cama__early_stop_watched(m->model, INT64_MAX);
    TRY(cama__mem_new(&m->values, m->watched * (2 + classes) + 5 * classes));
    TRY(cama__mem_new(&m->source_class, 2 * m->watched));
    TRY(cama__mem_new(&m->right_before, 2 * m->watched));
    TRY(cama__mem_new(&m->kept, m->model->params.reals));
    m->probabilities = m->values + m->watched;
    m->clean_start = m->probabilities + m->watched * classes;
    m->before.shares = m->clean_start + m->watched;
    m->start.shares = m->before.shares + classes;
    m->last.shares = m->start.shares + classes;
    m->clean_prior = m->last.shares + 2 * classes;
    memcpy(m->clean_prior, m->source->log_prior, (size_t)classes * sizeof *m->clean_prior);
    m->class_now = m->source_class + m->watched;
    m->right_now = m->right_before + m->watched;
out:
    return status;
}

/* What the clean labels let expect of test examples, if anything does. */
static void expect(cama__early_stop *m, const cama__finetune_options *options)
{
    const int64_t tests = cama__early_stop_watched(m->model, m->test->n);
    m->share_tolerance = options->share_tolerance;
    m->shares_strict = m->share_tolerance < 0 && cama__train_plan_images(m->model) && !cama__model_views(m->model) &&
                       !m->model->spec.discriminative;
    if (m->share_tolerance < 0)
        m->share_tolerance = cama__model_views(m->model) ? 1 : 0.5 * sqrt((double)m->classes / (double)tests);
    if (m->clean == NULL || m->model->spec.a > 0) return;
    m->expected = m->last.shares + m->classes;
    memset(m->expected, 0, (size_t)m->classes * sizeof *m->expected);
    for (int64_t i = 0; i < m->clean->n; i++) m->expected[m->clean->y[i]] += 1.0 / (double)m->clean->n;
    for (int32_t c = 0; m->shifted && c < m->classes; c++) m->expected[c] = exp(m->model->log_prior[c]);
}

int32_t cama__early_stop_begin(cama__early_stop *monitor, cama_session *session, const cama_model *source,
                               cama_model *model, const cama_dataset *clean, const cama_dataset *test,
                               const cama__finetune_options *options)
{
    int32_t status = CAMA_OK;
    *monitor = (cama__early_stop){.session = session,
                                  .source = source,
                                  .model = model,
                                  .clean = clean,
                                  .test = test,
                                  .classes = model->spec.classes,
                                  .alpha = options->alpha,
                                  .patience = options->patience,
                                  .tolerance = options->tolerance,
                                  .clean_tolerance = options->clean_tolerance,
                                  .min_classes = options->min_classes};
    set_view_defaults(monitor, options);
    monitor->shifted = memcmp(model->log_prior, source->log_prior, (size_t)model->spec.classes * sizeof(double)) != 0;
    TRY(make_room(monitor));
    expect(monitor, options);
    TRY(measure(monitor, &monitor->before));
    memcpy(monitor->source_class, monitor->class_now, (size_t)monitor->watched * sizeof *monitor->source_class);
    memcpy(monitor->right_before, monitor->right_now, (size_t)monitor->watched * sizeof *monitor->right_now);
    monitor->before.changed = 0;
out:
    return status;
}

int32_t cama__early_stop_start(cama__early_stop *monitor)
{
    const int32_t status = measure(monitor, &monitor->last);
    if (status != CAMA_OK) return status;
    monitor->start.clean = monitor->last.clean;
    monitor->start.test = monitor->last.test;
    memcpy(monitor->clean_start, monitor->values, (size_t)monitor->watched * sizeof *monitor->values);
    keep(monitor);
    monitor->kept_is_start = true;
    return CAMA_OK;
}

static void roll_back(cama__early_stop *m)
{
    const real *theta = m->kept_is_start ? m->source->theta : m->kept;
    memcpy(m->model->theta, theta, (size_t)m->model->params.reals * sizeof *theta);
    if (m->kept_is_start) m->model->q_m_trained = m->source->q_m_trained;
    m->rolled_back = true;
}

/* Total variation between shares of predicted classes and those expected. */
static double distance(const cama__early_stop *m, const double *shares)
{
    double sum = 0;
    for (int64_t c = 0; c < m->classes; c++) sum += fabs(shares[c] - m->expected[c]) / 2;
    return sum;
}

/* Each row that changed moves the distance by 1 / n or not at all, in either direction: by chance the root of their
 * number. */
static bool drifted(const cama__early_stop *m, bool last)
{
    if (m->expected == NULL) return false;
    const double n = (double)cama__early_stop_watched(m->model, m->test->n), chance = sqrt(m->last.changed / n);
    const double before = distance(m, m->before.shares), now = distance(m, m->last.shares);
    return now > before + (last && m->shares_strict ? chance : m->share_tolerance);
}

static double effective_classes(const double *shares, int64_t classes)
{
    double entropy = 0;
    for (int64_t c = 0; c < classes; c++)
        if (shares[c] > 0) entropy -= shares[c] * log(shares[c]);
    return exp(entropy);
}

int32_t cama__early_stop_measure(cama__early_stop *monitor) { return measure(monitor, &monitor->last); }

/* Of so many examples as changed sides, half did by chance: the standard error of their difference is their root. */
static bool accuracy_fell(const cama__early_stop *m)
{
    if (m->clean == NULL) return false;
    const int64_t n = held_of(m);
    int64_t lost = 0, won = 0;
    for (int64_t i = 0; i < n; i++) {
        lost += m->right_before[i] && !m->right_now[i];
        won += !m->right_before[i] && m->right_now[i];
    }
    const double fall = (double)(lost - won);
    return fall > m->clean_tolerance * (double)n && fall > sqrt((double)(lost + won));
}

static bool clean_fell(const cama__early_stop *m)
{
    if (m->clean == NULL) return false;
    const double fall = m->start.clean - m->last.clean;
    if (!m->errors) return fall > m->tolerance;
    const int64_t n = held_of(m);
    double square = 0;
    for (int64_t i = 0; i < n; i++) {
        const double away = m->clean_start[i] - m->start.clean;
        square += away * away;
    }
    const double error = n > 1 ? sqrt(square / (double)(n - 1) / (double)n) : 0;
    return fall > m->tolerance * error && m->last.accuracy < m->before.accuracy;
}

/* The source of a view that was learned from nothing knows no view at all: the best state is the better one. */
static bool by_degrees(const cama__early_stop *m, enum cama__stop harm)
{
    return (harm == STOP_DRIFTED || harm == STOP_COLLAPSED) && !m->from_nothing;
}

int32_t cama__early_stop_undo(cama__early_stop *monitor, enum cama__stop reason)
{
    monitor->stopped = reason;
    monitor->kept_is_start = true;
    roll_back(monitor);
    return measure(monitor, &monitor->last);
}

bool cama__early_stop_undone(const cama__early_stop *monitor) { return monitor->rolled_back && monitor->kept_is_start; }

int32_t cama__early_stop_check(cama__early_stop *m, bool last, bool *stop)
{
    const int32_t status = measure(m, &m->last);
    if (status != CAMA_OK) return status;
    const bool collapsed = effective_classes(m->last.shares, m->classes) <
                           m->min_classes * effective_classes(m->before.shares, m->classes);
    const enum cama__stop harm = clean_fell(m)      ? STOP_CLEAN_FELL
                                 : collapsed        ? STOP_COLLAPSED
                                 : drifted(m, last) ? STOP_DRIFTED
                                 : accuracy_fell(m) ? STOP_ACCURACY_FELL
                                                    : STOP_LAST_STEP;
    const bool bad = harm != STOP_LAST_STEP;
    const bool late = harm == STOP_ACCURACY_FELL || (harm == STOP_CLEAN_FELL && m->errors);
    m->bad = !bad ? 0 : late ? m->bad : m->bad + 1;
    *stop = bad && (m->bad >= m->patience || last);
    if (*stop) {
        if (by_degrees(m, harm)) m->kept_is_start = true;
        m->stopped = harm;
        roll_back(m);
        return measure(m, &m->last);
    }
    if (!bad && objective(m, &m->last) > m->best) keep(m);
    return CAMA_OK;
}

void cama__early_stop_free(cama__early_stop *monitor)
{
    cama__mem_free(monitor->values);
    cama__mem_free(monitor->source_class);
    cama__mem_free(monitor->right_before);
    cama__mem_free(monitor->kept);
    *monitor = (cama__early_stop){0};
}
