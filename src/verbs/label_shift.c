/* label_shift - both datasets are scored by the model as it predicts, and compared class by class. */
#include "label_shift.h"

#include <math.h>
#include <string.h>

#include "class_shares.h"
#include "early_stop.h"
#include "evaluate.h"

/* ---- Explained as well? ------------------------------------------------------------------------------------------ */

/* The share of the clean rows of this class that are explained worse; NaN where there are none. */
static double rank_of(const cama__explained_rows *clean, int32_t top, double value)
{
    int64_t n = 0, below = 0, level = 0;
    for (int64_t i = 0; i < clean->n; i++) {
        if (clean->top[i] != top) continue;
        n++;
        below += clean->value[i] < value;
        level += clean->value[i] == value;
    }
    return ((double)below + 0.5 * (double)level) / (double)n;
}

/* If nothing is worse ranks are even, with variance 1/12; those of a class share the error of its clean rows. */
bool cama__explained_as_well(const cama__explained_rows *clean, const cama__explained_rows *test, int64_t classes,
                             double *work)
{
    double *share = work, *known = work + classes, mean = 0, variance = 1 / (double)test->n;
    memset(work, 0, 2 * (size_t)classes * sizeof *work);
    for (int64_t i = 0; i < clean->n; i++) known[clean->top[i]]++;
    for (int64_t i = 0; i < test->n; i++) {
        share[test->top[i]] += 1 / (double)test->n;
        mean += rank_of(clean, test->top[i], test->value[i]) / (double)test->n;
    }
    for (int64_t c = 0; c < classes; c++)
        if (share[c] > 0) variance += share[c] * share[c] / known[c];
    return mean >= 0.5 - 2 * sqrt(variance / 12);
}

/* Pearson's statistic of two samples has, by chance, as many degrees of freedom as there are classes in them less one:
 * four deviations above their number. */
bool cama__predicted_otherwise(const cama__explained_rows *a, const cama__explained_rows *b, int64_t classes,
                               double *work)
{
    const double na = (double)a->n, nb = (double)b->n;
    double sum = 0, freedom = -1;
    memset(work, 0, 2 * (size_t)classes * sizeof *work);
    for (int64_t i = 0; i < a->n; i++) work[a->top[i]]++;
    for (int64_t i = 0; i < b->n; i++) work[classes + b->top[i]]++;
    for (int64_t c = 0; c < classes; c++) {
        const double both = work[c] + work[classes + c], apart = work[c] * nb - work[classes + c] * na;
        if (both == 0) continue;
        freedom++;
        sum += apart * apart / (na * nb * both);
    }
    return sum > freedom + 4 * sqrt(2 * freedom);
}

/* ---- The rows of a model ----------------------------------------------------------------------------------------- */

typedef struct {
    double *value, *p; /* (n), (n, C) */
    int32_t *top;      /* (n) */
    int64_t n;
} scored;

static void forget(scored *s)
{
    cama__mem_free(s->value);
    cama__mem_free(s->top);
}

static int32_t score(cama_session *session, const cama_model *model, const cama_dataset *rows, scored *out)
{
    const int64_t classes = model->spec.classes;
    const cama__logw_options o = cama__evaluate_at_means(model, OBJECTIVE_MARGINAL);
    int32_t status = CAMA_OK;
    out->n = cama__early_stop_watched(model, rows->n);
    TRY(cama__mem_new(&out->value, out->n * (1 + classes)));
    TRY(cama__mem_new(&out->top, out->n));
    out->p = out->value + out->n;
    TRY(cama__evaluate(session, model, &o, rows,
                       &(cama__evaluation){.n = out->n,
                                           .at_once = cama__evaluate_at_once(model),
                                           .keyed = true,
                                           .quiet = true,
                                           .value = out->value,
                                           .probabilities = out->p}));
    for (int64_t i = 0; i < out->n; i++) out->top[i] = cama__evaluate_top(out->p + i * classes, classes);
out:
    return status;
}

static void estimate(const cama_model *source, const scored *tests, cama__label_shift *shift, double *work)
{
    const int64_t classes = source->spec.classes;
    const cama__classified r = {.log_prior = source->log_prior, .p = tests->p, .n = tests->n, .classes = classes};
    cama__class_shares_find(&r, shift->log_shares, work);
    shift->differs = cama__class_shares_differ(&r, shift->log_shares);
    for (int64_t c = 0; c < classes; c++)
        shift->log_shares[c] = (float)log(shift->log_shares[c]); /* as files have it */
}

int32_t cama__label_shift_find(cama_session *session, const cama_model *source, const cama_dataset *clean,
                               const cama_dataset *test, cama__label_shift *shift)
{
    const int64_t classes = source->spec.classes;
    scored tests = {0}, cleans = {0};
    double *work = NULL;
    int32_t status = CAMA_OK;
    shift->differs = shift->alone = false;
    TRY(cama__mem_new(&work, 2 * classes));
    TRY(score(session, source, test, &tests));
    if (source->spec.a == 0) estimate(source, &tests, shift, work);
    if (clean == NULL || (source->spec.a == 0 && !shift->differs)) goto out;
    TRY(score(session, source, clean, &cleans));
    const cama__explained_rows a = {cleans.value, cleans.top, cleans.n}, b = {tests.value, tests.top, tests.n};
    if (source->spec.a > 0) shift->differs = cama__predicted_otherwise(&a, &b, classes, work);
    shift->alone = shift->differs && cama__explained_as_well(&a, &b, classes, work);
out:
    forget(&tests);
    forget(&cleans);
    cama__mem_free(work);
    return status;
}
