/* early_stop - scores on watched rows, the rule that stops, and the copy of the best theta. */
#include "early_stop.h"

#include <math.h>
#include <string.h>

#include "predict_views.h"

enum { WATCHED = 288, AT_ONCE = 144 };

int64_t cama__early_stop_held_out(int64_t n)
{
    const int64_t tenth = n / 10;
    return tenth < WATCHED ? tenth : WATCHED;
}

int64_t cama__early_stop_watched(int64_t n) { return n < WATCHED ? n : WATCHED; }

static double mean(const double *v, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += v[i];
    return sum / (double)n;
}

static void count_shares(const double *probabilities, int64_t n, int64_t classes, double *shares)
{
    memset(shares, 0, (size_t)classes * sizeof *shares);
    for (int64_t i = 0; i < n; i++) {
        int64_t top = 0;
        for (int64_t c = 1; c < classes; c++)
            if (probabilities[i * classes + c] > probabilities[i * classes + top]) top = c;
        shares[top] += 1.0 / (double)n;
    }
}

/* Values and probabilities of the first n rows: ELBO(x,y) at the labels, or ELBO(x). */
static int32_t score(cama__early_stop *m, const cama_dataset *dataset, int64_t n, bool labelled)
{
    const cama__logw_options o = {.head = labelled ? HEAD_ELBO : HEAD_MARGINAL,
                                  .u = 1,
                                  .k = 1,
                                  .mean_noise = true,
                                  .kl_weight = 1,
                                  .m = m->model->q_m_trained ? SCORE_M_INFER : SCORE_M_DO};
    return cama__evaluate(m->session, m->model, &o, dataset,
                          &(cama__evaluation){.n = n,
                                              .at_once = AT_ONCE,
                                              .keyed = true,
                                              .quiet = true,
                                              .value = m->values,
                                              .probabilities = labelled ? NULL : m->probabilities});
}

/* The same of a model with views: the mean over its proposed views, weighed as in prediction. */
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

static int32_t measure(cama__early_stop *m, cama__measures *out)
{
    int32_t status = CAMA_OK;
    const int64_t tests = cama__early_stop_watched(m->test->n);
    const bool with_views = cama__model_views(m->model) && m->model->q_m_trained;
    TRY((with_views ? score_views : score)(m, m->test, tests, false));
    out->test = mean(m->values, tests);
    count_shares(m->probabilities, tests, m->classes, out->shares);
    out->clean = NAN;
    if (m->clean == NULL) goto out;
    const int64_t held = cama__early_stop_held_out(m->clean->n) > 0 ? cama__early_stop_held_out(m->clean->n)
                                                                    : cama__early_stop_watched(m->clean->n);
    TRY((with_views ? score_views : score)(m, m->clean, held, true));
    out->clean = mean(m->values, held);
out:
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
 * with views the last check alone decides, unless the options say otherwise. */
static void forgive(cama__early_stop *m, const cama__finetune_options *o)
{
    if (!cama__model_views(m->model)) return;
    if (!o->patience_given) m->patience = INT64_MAX;
    if (!o->tolerance_given) m->tolerance = 10;
}

int32_t cama__early_stop_begin(cama__early_stop *monitor, cama_session *session, const cama_model *source,
                               cama_model *model, const cama_dataset *clean, const cama_dataset *test,
                               const cama__finetune_options *options)
{
    const int64_t classes = model->spec.classes;
    *monitor = (cama__early_stop){.session = session,
                                  .source = source,
                                  .model = model,
                                  .clean = clean,
                                  .test = test,
                                  .classes = classes,
                                  .alpha = options->alpha,
                                  .patience = options->patience,
                                  .tolerance = options->tolerance,
                                  .min_classes = options->min_classes};
    forgive(monitor, options);
    monitor->values = cama__mem_alloc((size_t)(WATCHED + WATCHED * classes + 3 * classes), sizeof *monitor->values);
    monitor->kept = cama__mem_alloc((size_t)model->params.reals, sizeof *monitor->kept);
    if (monitor->values == NULL || monitor->kept == NULL) return CAMA_E_MEMORY;
    monitor->probabilities = monitor->values + WATCHED;
    monitor->before.shares = monitor->probabilities + WATCHED * classes;
    monitor->start.shares = monitor->before.shares + classes;
    monitor->last.shares = monitor->start.shares + classes;
    return measure(monitor, &monitor->before);
}

int32_t cama__early_stop_start(cama__early_stop *monitor)
{
    const int32_t status = measure(monitor, &monitor->last);
    if (status != CAMA_OK) return status;
    monitor->start.clean = monitor->last.clean;
    monitor->start.test = monitor->last.test;
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

static double effective_classes(const double *shares, int64_t classes)
{
    double entropy = 0;
    for (int64_t c = 0; c < classes; c++)
        if (shares[c] > 0) entropy -= shares[c] * log(shares[c]);
    return exp(entropy);
}

int32_t cama__early_stop_measure(cama__early_stop *monitor) { return measure(monitor, &monitor->last); }

int32_t cama__early_stop_check(cama__early_stop *m, bool last, bool *stop)
{
    const int32_t status = measure(m, &m->last);
    if (status != CAMA_OK) return status;
    const bool fallen = m->clean != NULL && m->last.clean < m->start.clean - m->tolerance;
    const bool collapsed = effective_classes(m->last.shares, m->classes) <
                           m->min_classes * effective_classes(m->before.shares, m->classes);
    const bool bad = fallen || collapsed;
    m->bad = bad ? m->bad + 1 : 0;
    *stop = bad && (m->bad >= m->patience || last);
    if (*stop) {
        m->stopped = fallen ? STOP_CLEAN_FELL : STOP_COLLAPSED;
        roll_back(m);
        return measure(m, &m->last);
    }
    if (!bad && objective(m, &m->last) > m->best) keep(m);
    return CAMA_OK;
}

void cama__early_stop_free(cama__early_stop *monitor)
{
    cama__mem_free(monitor->values);
    cama__mem_free(monitor->kept);
    *monitor = (cama__early_stop){0};
}
