/* latents - a batch is packed, encoded, its causes are changed, and x is decoded; nothing is written before the end. */
#include "latents.h"

#include <math.h>
#include <string.h>

#include "../base/arith.h"
#include "../prob/gauss.h"
#include "../data/standardise.h"

int32_t cama__latents_check(const cama_model *model, const char *verb)
{
    if (!model->spec.discriminative) return CAMA_OK;
    return cama__error(CAMA_E_ARGUMENT, "%s: expected a model with latents, got the discriminative \"%s\"", verb,
                       model->spec.preset);
}

int32_t cama__latents_infer(cama__latents *a, const cama_model *model, enum cama__choice_infer_m option)
{
    enum cama__logw_m m = SCORE_M_DO;
    const int32_t status = cama__evaluate_m(model, option, &m);
    a->infer = m == SCORE_M_INFER;
    return status;
}

int32_t cama__latents_create(cama_session *session, const cama_model *model, cama__latents *a)
{
    const int64_t lanes = cama__blocks(ABDUCT_ROWS) * cama__kernel()->nr, size = cama__shape_size(model->spec.x);
    const int64_t widths[] = {
        2 * (int64_t)model->spec.m, model->spec.m, 2 * (int64_t)model->spec.z, model->spec.z, size,
        cama__model_outputs(model)};
    real **const tensors[] = {&a->post_m, &a->m, &a->post_z, &a->z, &a->seen, &a->params};
    int32_t status = CAMA_OK;
    int64_t all = 0;
    a->session = session;
    a->model = model;
    for (int i = 0; i < 6; i++) all += widths[i];
    TRY(cama__batch_room_create(model, ABDUCT_ROWS, &a->room));
    TRY(cama__mem_new(&a->block, lanes * all));
    TRY(cama__mem_new(&a->probabilities, ABDUCT_ROWS * (int64_t)model->spec.classes));
    real *next = a->block;
    for (int i = 0; i < 6; next += lanes * widths[i++]) *tensors[i] = next;
out:
    return status;
}

void cama__latents_free(cama__latents *a)
{
    cama__proposals_free(&a->views);
    cama__batch_room_free(&a->room);
    cama__mem_free(a->block);
    cama__mem_free(a->probabilities);
}

/* v (n, numbers) of one result. What is generated is of no dataset. */
static int32_t check_found(const cama__latents *a, const char *verb, const float *v, int64_t n, int64_t numbers)
{
    for (int64_t i = 0; i < n * numbers; i++) {
        if (isfinite(v[i])) continue;
        if (a->dataset != NULL) return cama__evaluate_refused(a->model, a->dataset, i / numbers, (double)v[i]);
        return cama__error(CAMA_E_NONFINITE,
                           "%s: expected finite results, got %g; the model's parameters are not usable for this data",
                           verb, (double)v[i]);
    }
    return CAMA_OK;
}

int32_t cama__latents_each(cama__latents *a, const char *verb, int64_t n, const cama__latents_result *results,
                           cama__latents_task *task, void *arg)
{
    int32_t status = CAMA_OK;
    int64_t all = 0;
    float *whole = NULL, *part[LATENTS_RESULTS], *rows[LATENTS_RESULTS];
    for (int i = 0; i < LATENTS_RESULTS; i++) all += results[i].numbers;
    TRY(cama__mem_new(&whole, n * all));
    part[0] = whole;
    for (int i = 1; i < LATENTS_RESULTS; i++) part[i] = part[i - 1] + n * results[i - 1].numbers;
    cama__session_begin(a->session, verb);
    for (a->first = 0; a->first < n; a->first += a->n) {
        a->n = cama__least(n - a->first, ABDUCT_ROWS);
        for (int i = 0; i < LATENTS_RESULTS; i++) rows[i] = part[i] + a->first * results[i].numbers;
        TRY(task(a, arg, rows));
        TRY(cama__session_step(a->session, a->first + a->n, n, NAN, false));
    }
    for (int i = 0; i < LATENTS_RESULTS; i++) TRY(check_found(a, verb, part[i], n, results[i].numbers));
    for (int i = 0; i < LATENTS_RESULTS; i++)
        if (results[i].to != NULL) memcpy(results[i].to, part[i], (size_t)(n * results[i].numbers) * sizeof *whole);
out:
    cama__mem_free(whole);
    return status;
}

/* The predicted class of each row where there is no label. */
static int32_t fill_classes(cama__latents *a, const cama_dataset *dataset)
{
    const int64_t classes = a->model->spec.classes;
    const cama__logw_options o = {.objective = OBJECTIVE_BAYES,
                                  .m = a->infer ? SCORE_M_INFER : SCORE_M_DO,
                                  .u = 1,
                                  .k = 10,
                                  .seed = a->seed,
                                  .kl_weight = 1};
    if (dataset->y != NULL) return CAMA_OK;
    const cama__evaluation rows = {
        .first = a->first, .n = a->n, .at_once = ABDUCT_ROWS, .quiet = true, .probabilities = a->probabilities};
    const int32_t status = cama__evaluate(a->session, a->model, &o, dataset, &rows);
    for (int64_t i = 0; status == CAMA_OK && i < a->n; i++) {
        const double *row = a->probabilities + i * classes;
        a->room.y[i] = 0;
        for (int32_t c = 1; c < classes; c++)
            if (row[c] > row[a->room.y[i]]) a->room.y[i] = c;
    }
    return status;
}

/* q(m|x), m at its mean or zero, what is seen, q(z|x,y,m,a,c) and its z. */
static void encode_task(const cama__exec *exec, void *arg)
{
    cama__latents *a = arg;
    const int64_t m = a->model->spec.m;
    if (m > 0) cama__logw_infer_m(exec, a->model, a->n, a->room.block[ROLE_X], a->post_m);
    if (a->infer && !cama__model_views(a->model)) cama__gauss_sample(exec, a->n, m, a->post_m, NULL, NULL, a->m);
    const cama__batch batch = {.n = a->n,
                               .x = a->room.block[ROLE_X],
                               .observed = a->observed,
                               .encoded = a->encoded,
                               .example = a->room.example};
    cama__logw_encode(exec, a->model, &batch, &a->latent,
                      &(cama__encoding){a->seed, a->mean_noise, a->seen, a->post_z, a->z});
}

static const cama__proposal_options proposal = {.draws = 4, .again = 2, .restore = 2, .temper = 5};

/* m is the best of the views that are proposed, y the class that is likeliest over all of them. */
static int32_t fill_views(cama__latents *a, const cama__batch *batch, bool labelled)
{
    int32_t status = CAMA_OK;
    const int64_t size = a->model->spec.m, classes = a->model->spec.classes;
    cama__proposals *p = &a->views;
    if (p->count == 0) TRY(cama__proposals_create(a->session, a->model, &proposal, ABDUCT_ROWS, p));
    TRY(cama__proposals_weigh(p, batch));
    for (int64_t i = 0; i < a->n; i++) {
        for (int64_t j = 0; j < size; j++)
            a->m[cama__at(i, j, size)] = cama__proposals_m(p, p->best[i])[cama__at(i, j, size)];
        double best = -1;
        for (int32_t c = 0; !labelled && c < classes; c++) {
            double sum = 0;
            for (int32_t k = 0; k < p->count; k++)
                sum += p->weight[k * p->capacity + i] * p->probabilities[(k * p->capacity + i) * classes + c];
            if (sum > best) a->room.y[i] = c, best = sum;
        }
    }
    a->encoded = p->restored;
out:
    return status;
}

int32_t cama__latents_rows(cama__latents *a, const cama_dataset *dataset)
{
    int32_t status = CAMA_OK;
    const bool views = a->infer && cama__model_views(a->model);
    a->dataset = dataset;
    const cama__batch batch = cama__batch_fill(&a->room, a->session->pool, dataset, NULL, a->first, a->n, false);
    a->encoded = batch.x;
    a->observed = batch.observed;
    a->latent = (cama__latent){
        .y = a->room.y, .a = a->room.block[ROLE_A], .c = a->room.block[ROLE_C], .m = a->infer ? a->m : NULL};
    TRY(views ? fill_views(a, &batch, dataset->y != NULL) : fill_classes(a, dataset));
    TRY(cama__session_run(a->session, encode_task, a));
out:
    return status;
}

typedef struct {
    cama__latents *a;
    const cama__latent *latent;
} causes;

static void decode_task(const cama__exec *exec, void *arg)
{
    const causes *c = arg;
    cama__logw_decode(exec, c->a->model, c->a->n, c->latent, c->a->z, c->a->params);
}

int32_t cama__latents_decode(cama__latents *a, const cama__latent *latent)
{
    causes c = {a, latent};
    return cama__session_run(a->session, decode_task, &c);
}

static void unsee_task(const cama__exec *exec, void *arg)
{
    const causes *c = arg;
    cama__logw_unsee(exec, c->a->model, c->a->n, c->latent, c->a->params);
}

/* Deviation of number i of block b as params have it, up to the factor that all rows share. */
static double deviation_of(const cama__latents *a, int64_t b, int64_t i)
{
    const int64_t numbers = cama__shape_size(a->model->spec.x) * cama__kernel()->nr;
    return a->model->spec.variance ? exp(cama__likelihood_spread((double)a->params[(2 * b + 1) * numbers + i]) / 2) : 1;
}

/* Of a missing number the noise is not known, and is at its mean. */
static bool unknown(const cama__latents *a, int64_t at)
{
    return a->observed != NULL && a->observed[at] == 0;
}

int32_t cama__latents_noise(cama__latents *a, real *above)
{
    const int64_t nr = cama__kernel()->nr, numbers = cama__shape_size(a->model->spec.x) * nr,
                  all = cama__model_outputs(a->model) * nr;
    const int32_t status = cama__latents_decode(a, &a->latent);
    for (int64_t b = 0; status == CAMA_OK && b < cama__blocks(a->n); b++)
        for (int64_t i = 0; i < numbers; i++)
            above[b * numbers + i] =
                unknown(a, b * numbers + i)
                    ? 0
                    : (real)((double)(a->seen[b * numbers + i] - a->params[b * all + i]) / deviation_of(a, b, i));
    return status;
}

static void give_back(cama__latents *a, const real *above)
{
    const int64_t nr = cama__kernel()->nr, numbers = cama__shape_size(a->model->spec.x) * nr,
                  all = cama__model_outputs(a->model) * nr;
    for (int64_t b = 0; b < cama__blocks(a->n); b++)
        for (int64_t i = 0; i < numbers; i++)
            if (a->model->reads[i / nr])
                a->params[b * all + i] += (real)((double)above[b * numbers + i] * deviation_of(a, b, i));
}

/* The first D of each row's params, in place at the front. */
static void keep_means(cama__latents *a)
{
    const int64_t size = cama__shape_size(a->model->spec.x), all = cama__model_outputs(a->model),
                  nr = cama__kernel()->nr;
    for (int64_t b = 1; size != all && b < cama__blocks(a->n); b++)
        memmove(a->params + b * size * nr, a->params + b * all * nr, (size_t)(size * nr) * sizeof *a->params);
}

/* The means of a model with views, as the view shows them, to logits that a draw can be made from. */
static int32_t view_logits(cama__latents *a, causes *c)
{
    const int64_t numbers = cama__blocks(a->n) * cama__kernel()->nr * cama__shape_size(a->model->spec.x);
    cama__likelihood_mean(&(cama__exec){.pool = a->session->pool}, &a->model->likelihood, a->n,
                          cama__shape_size(a->model->spec.x), a->params);
    const int32_t status = cama__session_run(a->session, unsee_task, c);
    for (int64_t i = 0; status == CAMA_OK && i < numbers; i++) {
        const double p = (double)a->params[i] < 1e-7       ? 1e-7
                         : (double)a->params[i] > 1 - 1e-7 ? 1 - 1e-7
                                                           : (double)a->params[i];
        a->params[i] = (real)(log(p) - log1p(-p));
    }
    return status;
}

int32_t cama__latents_x(cama__latents *a, const cama__latent *latent, enum cama__latents_what what, const real *above,
                        float *values)
{
    const cama_model *model = a->model;
    const int64_t size = cama__shape_size(model->spec.x);
    const real *rho = model->rho < 0 ? NULL : model->theta + model->rho;
    causes c = {a, latent};
    int32_t status = CAMA_OK;
    const bool drawn_views = what == ABDUCT_DRAW && cama__model_views(model);
    if (drawn_views) TRY(view_logits(a, &c));
    if (what == ABDUCT_DRAW)
        cama__likelihood_draw(&(cama__exec){.pool = a->session->pool}, &model->likelihood, a->n, size, rho, a->seed,
                              (uint32_t)a->first, a->params);
    else
        cama__likelihood_mean(&(cama__exec){.pool = a->session->pool}, &model->likelihood, a->n, size, a->params);
    if (above != NULL) give_back(a, above);
    keep_means(a);
    if (!drawn_views) TRY(cama__session_run(a->session, unsee_task, &c));
    cama__layout_to_rows(a->params, a->n, size, values);
    cama__standardise_undo(model, ROLE_X, a->n, values);
out:
    return status;
}
