/* views - what was done to images: the view of each in a person's units, and the images with it undone. */
#include <math.h>
#include <string.h>

#include "../logw/posterior_m.h"
#include "predict_views.h"
#include "verbs.h"

static int32_t check(const cama_model *model, const cama_dataset *dataset, const char *verb)
{
    int32_t status = CAMA_OK;
    if (!cama__model_views(model))
        FAIL(CAMA_E_ARGUMENT, "%s: expected a model with views (m_enters = view), got \"%s\"", verb,
             model->spec.preset);
    if (!model->q_m_trained)
        FAIL(CAMA_E_ARGUMENT,
             "%s: expected a model whose q(m|x) was trained (option simulate of \"train\", or cama_finetune), got one "
             "that "
             "knows no views yet",
             verb);
    TRY(cama__dataset_check(dataset, model, false, "dataset"));
out:
    return status;
}

/* ---- The views --------------------------------------------------------------------------------------------------- */

typedef struct {
    float *mean, *deviation; /* (n, VIEW_COUNT) */
    real *m, *numbers;       /* (lanes, M), (lanes, VIEW_COUNT): of the proposals with the largest weight */
    cama__proposals *p;
} telling;

static void numbers_task(const cama__exec *exec, void *arg)
{
    const telling *t = arg;
    cama__logw_view_numbers(exec, t->p->model, t->p->n, t->m, t->numbers);
}

/* A view that is not finite would be reported to people as a measurement: it is refused. */
static int32_t check_finite(double v, int64_t row)
{
    if (isfinite(v)) return CAMA_OK;
    return cama__error(CAMA_E_NONFINITE,
                       "row %lld: expected a finite view, got %g; the model's parameters are not usable for it",
                       (long long)row, v);
}

/* The deviation is that of q(m|x), in the unit of the view. */
static int32_t tell(cama__proposals *p, int64_t first, void *arg)
{
    telling *t = arg;
    const int64_t size = p->model->spec.m;
    t->p = p;
    for (int64_t i = 0; i < p->n; i++)
        for (int64_t j = 0; j < size; j++)
            t->m[cama__at(i, j, size)] = cama__proposals_m(p, p->best[i])[cama__at(i, j, size)];
    int32_t status = CAMA_OK;
    TRY(cama__session_run(p->session, numbers_task, t));
    for (int64_t i = 0; i < p->n; i++)
        for (int32_t k = 0; k < VIEW_COUNT; k++) {
            const double lv = (double)cama__posterior_log_variance(p->post[cama__at(i, size + k, 2 * size)]);
            double mean, deviation;
            cama__view_tell(cama__model_image(p->model), k, (double)t->numbers[cama__at(i, k, VIEW_COUNT)],
                            (double)cama__view_rows[k].scale * exp(lv / 2), &mean, &deviation);
            TRY(check_finite(mean + deviation, first + i));
            t->mean[(first + i) * VIEW_COUNT + k] = (float)mean;
            t->deviation[(first + i) * VIEW_COUNT + k] = (float)deviation;
        }
out:
    return status;
}

int32_t cama__views(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                    const cama_options *options, float *mean, float *deviation)
{
    int32_t status = CAMA_OK;
    const cama__view_options o = cama__options_view(options);
    const cama__proposal_options proposal = cama__proposal_options_of(&o.proposing, o.seed);
    const int64_t lanes = cama__blocks(PROPOSALS_AT_ONCE) * cama__kernel()->nr;
    const size_t numbers = (size_t)dataset->n * VIEW_COUNT;
    telling t = {.mean = NULL};
    TRY(check(model, dataset, "views"));
    TRY(cama__mem_new(&t.mean, 2 * numbers));
    TRY(cama__mem_new(&t.m, lanes * model->spec.m));
    TRY(cama__mem_new(&t.numbers, lanes * VIEW_COUNT));
    t.deviation = t.mean + numbers;
    cama__session_begin(session, "views");
    const cama__proposals_pass pass = {session, model, &proposal, dataset, dataset->n, false};
    TRY(cama__proposals_each(&pass, tell, &t));
    if (mean != NULL) memcpy(mean, t.mean, numbers * sizeof *mean);
    if (deviation != NULL) memcpy(deviation, t.deviation, numbers * sizeof *deviation);
out:
    cama__mem_free(t.mean);
    cama__mem_free(t.m);
    cama__mem_free(t.numbers);
    return status;
}

/* ---- Of many images ---------------------------------------------------------------------------------------------- */

typedef struct {
    const cama_model *model;
    const real *x;
    int64_t n;
    real *post, *m, *numbers;
} summing;

static void mean_task(void *arg, int64_t i, int32_t worker)
{
    (void)worker;
    const summing *s = arg;
    cama__posterior_draw(s->model, s->post, i, NULL, 0, s->m, i);
}

static void q_task(const cama__exec *exec, void *arg)
{
    const summing *s = arg;
    cama__logw_infer_m(exec, s->model, s->n, s->x, s->post);
    cama__exec_serial(exec, s->n, mean_task, arg);
    cama__logw_view_numbers(exec, s->model, s->n, s->m, s->numbers);
}

static void summarise(const summing *s, double *mean, double *spread)
{
    for (int32_t k = 0; k < VIEW_COUNT; k++) {
        double sum = 0, square = 0;
        for (int64_t i = 0; i < s->n; i++) {
            const real v = s->model->q_m_trained ? s->numbers[cama__at(i, k, VIEW_COUNT)] : 0;
            double told, none;
            cama__view_tell(cama__model_image(s->model), k, (double)v, 0, &told, &none);
            sum += told;
            square += told * told;
        }
        mean[k] = sum / (double)s->n;
        const double variance = square / (double)s->n - mean[k] * mean[k];
        spread[k] = variance > 0 ? sqrt(variance) : 0;
    }
}

int32_t cama__views_summary(cama_session *session, const cama_model *model, const cama_dataset *dataset, int64_t n,
                            double *mean, double *spread)
{
    int32_t status = CAMA_OK;
    const int64_t lanes = cama__blocks(n) * cama__kernel()->nr, m = model->spec.m;
    cama__batch_room room = {0};
    summing s = {.model = model, .n = n};
    TRY(cama__batch_room_create(model, n, &room));
    TRY(cama__mem_new(&s.post, lanes * (3 * m + VIEW_COUNT)));
    s.m = s.post + lanes * 2 * m;
    s.numbers = s.m + lanes * m;
    s.x = cama__batch_fill(&room, session->pool, dataset, NULL, 0, n, false).x;
    TRY(cama__session_run(session, q_task, &s));
    summarise(&s, mean, spread);
out:
    cama__mem_free(s.post);
    cama__batch_room_free(&room);
    return status;
}

/* ---- The images with their views undone -------------------------------------------------------------------------- */

typedef struct {
    float *x;   /* (n, D) */
    real *seen; /* (lanes, D) */
} seeing;

/* Each image as its best proposal sees it. */
static int32_t see(cama__proposals *p, int64_t first, void *arg)
{
    seeing *s = arg;
    const int64_t size = cama__shape_size(p->model->spec.x);
    int32_t status = CAMA_OK;
    for (int32_t k = 0; k < p->count; k++) {
        bool any = false;
        for (int64_t i = 0; i < p->n; i++) any = any || p->best[i] == k;
        if (!any) continue;
        TRY(cama__proposals_see(p, k, s->seen));
        for (int64_t i = 0; i < p->n; i++)
            for (int64_t d = 0; p->best[i] == k && d < size; d++) {
                const real v = s->seen[cama__at(i, d, size)];
                TRY(check_finite((double)v, first + i));
                s->x[(first + i) * size + d] = (float)(v < 0 ? 0 : v > 1 ? 1 : v);
            }
    }
out:
    return status;
}

int32_t cama__see(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                  const cama_options *options, cama_dataset **out)
{
    int32_t status = CAMA_OK;
    const cama__view_options o = cama__options_view(options);
    const cama__proposal_options proposal = cama__proposal_options_of(&o.proposing, o.seed);
    const int64_t lanes = cama__blocks(PROPOSALS_AT_ONCE) * cama__kernel()->nr, size = cama__shape_size(model->spec.x);
    seeing s = {NULL, NULL};
    TRY(check(model, dataset, "see"));
    TRY(cama__mem_new(&s.x, dataset->n * size));
    TRY(cama__mem_new(&s.seen, lanes * size));
    cama__session_begin(session, "see");
    const cama__proposals_pass pass = {session, model, &proposal, dataset, dataset->n, false};
    TRY(cama__proposals_each(&pass, see, &s));
    TRY(cama__dataset_with(dataset, s.x, NULL, out));
out:
    cama__mem_free(s.x);
    cama__mem_free(s.seen);
    return status;
}
