/* proposals - candidates of m are made one after the other; each is scored by ELBO(x; m), then all are weighed. */
#include "proposals.h"

#include <math.h>
#include <string.h>

#include "../base/rng.h"
#include "../logw/posterior_m.h"
#include "restore.h"

#define CLOSE ((real).3) /* in deviations of q(m|x): draws close to its mean */
#define SHARPEN 10       /* rounds, for readers */
#define TOLD ((real)2)   /* in deviations: a number closer to 0 is not told from it */
#define PLAINER 3        /* logarithm of the odds that are given to the simplest view beforehand */
/* The first proposals; then those that look again, then draws. CLEANED is the mean once more, with contaminated pixels
 * replaced from another start. PLAIN is the simplest view near the mean: numbers that are not told from 0 are 0, the
 * position is a whole number of pixels. TONE is the mean without its place. */
enum { NONE, MEAN, CLEANED, PLAIN, TONE, FIRST_AGAIN };

static int64_t classes_of(const cama__proposals *p) { return p->model->spec.classes; }

int32_t cama__proposals_create(cama_session *session, const cama_model *model, const cama__proposal_options *options,
                               int64_t capacity, cama__proposals *p)
{
    int32_t status = CAMA_OK;
    const int64_t size = cama__shape_size(model->spec.x), m = model->spec.m;
    *p = (cama__proposals){.session = session, .model = model, .options = *options, .capacity = capacity};
    p->count = FIRST_AGAIN + options->again + options->draws;
    p->lanes = cama__blocks(capacity) * cama__kernel()->nr;
    TRY(cama__mem_new(&p->post, 2 * p->lanes * 2 * m));
    TRY(cama__mem_new(&p->eps, m));
    TRY(cama__mem_new(&p->m, p->count * p->lanes * m));
    TRY(cama__mem_new(&p->seen, p->lanes * size));
    TRY(cama__mem_new(&p->restored, 2 * p->lanes * size));
    TRY(cama__mem_new(&p->contaminated, capacity));
    TRY(cama__mem_new(&p->value, p->count * capacity));
    TRY(cama__mem_new(&p->weight, p->count * capacity));
    TRY(cama__mem_new(&p->probabilities, p->count * capacity * classes_of(p)));
    TRY(cama__mem_new(&p->best, capacity));
out:
    if (status != CAMA_OK) cama__proposals_free(p);
    return status;
}

void cama__proposals_free(cama__proposals *p)
{
    cama__mem_free(p->post);
    cama__mem_free(p->eps);
    cama__mem_free(p->m);
    cama__mem_free(p->seen);
    cama__mem_free(p->restored);
    cama__mem_free(p->contaminated);
    cama__mem_free(p->value);
    cama__mem_free(p->weight);
    cama__mem_free(p->probabilities);
    cama__mem_free(p->best);
    *p = (cama__proposals){0};
}

/* ---- Looking: q(m|.) of an image, and the image with a view undone ----------------------------------------------- */

typedef struct {
    cama__proposals *p;
    const real *x, *m;
    real *out;
    int32_t sharpen;
} looking;

static void infer_task(const cama__exec *exec, void *arg)
{
    const looking *l = arg;
    cama__logw_infer_m(exec, l->p->model, l->p->n, l->x, l->out);
}

static void see_task(const cama__exec *exec, void *arg)
{
    const looking *l = arg;
    cama__logw_look(exec, l->p->model, l->p->n, l->m, l->sharpen, l->x, l->out);
}

const real *cama__proposals_encoded(const cama__proposals *p, int32_t k)
{
    return k == NONE      ? p->batch.x
           : k == CLEANED ? p->restored + p->lanes * cama__shape_size(p->model->spec.x)
                          : p->restored;
}

int32_t cama__proposals_see(cama__proposals *p, int32_t k, real *seen)
{
    looking l = {p, cama__proposals_encoded(p, k), cama__proposals_m(p, k), seen, SHARPEN};
    return cama__session_run(p->session, see_task, &l);
}

/* ---- Proposing --------------------------------------------------------------------------------------------------- */

/* m (M) of the view that q_m sees in an image which is already seen under m. p_m's part of a view is not undone: a
 * proposal need not be exact. */
static void compose(const cama__proposals *p, const real *post, int64_t i, const real *m, real *both)
{
    const int64_t size = p->model->spec.m;
    real outer[VIEW_COUNT], inner[VIEW_COUNT];
    for (int32_t k = 0; k < VIEW_COUNT; k++) {
        outer[k] = m[cama__at(i, k, size)] * cama__view_rows[k].scale;
        inner[k] = post[cama__at(i, k, 2 * size)] * cama__view_rows[k].scale;
    }
    cama__view_compose(outer, inner, outer);
    for (int64_t k = 0; k < size; k++)
        both[cama__at(i, k, size)] = k < VIEW_COUNT ? outer[k] / cama__view_rows[k].scale : m[cama__at(i, k, size)];
}

/* Proposal k from the one before, at first the mean: q_m looks at what that one sees. */
static int32_t look_again(cama__proposals *p, int32_t k, real *post)
{
    int32_t status = CAMA_OK;
    const real *before = cama__proposals_m(p, k == FIRST_AGAIN ? MEAN : k - 1);
    looking see = {p, p->batch.x, before, p->seen, 0}, infer = {p, p->seen, NULL, post, 0};
    TRY(cama__session_run(p->session, see_task, &see));
    TRY(cama__session_run(p->session, infer_task, &infer));
    for (int64_t i = 0; i < p->n; i++) compose(p, post, i, before, cama__proposals_m(p, k));
out:
    return status;
}

/* A place drawn, the rest at q's mean. All images see the same draws of eps: a prediction is a function of x, the
 * model, the options and the seed. */
static void draw(cama__proposals *p, int32_t k, int32_t sample)
{
    const cama__rng_key key = {p->options.seed, RNG_M, (uint32_t)sample, RNG_NO_EXAMPLE, 0};
    cama__rng_normals(key, p->model->spec.m, p->eps, 1);
    for (int64_t j = 0; j < p->model->spec.m; j++)
        p->eps[j] *= j > VIEW_SHEAR ? 0 : 2 * sample < p->options.draws ? CLOSE : 1;
    for (int64_t i = 0; i < p->n; i++)
        cama__posterior_draw(p->model, p->post, i, p->eps, 1, cama__proposals_m(p, k), i);
}

static void simplify(const cama__proposals *p, int64_t i, real *m)
{
    const int64_t size = p->model->spec.m;
    const cama__image image = cama__model_image(p->model);
    const real pixels = cama__view_rows[VIEW_Y].scale * (real)(image.h > image.w ? image.h : image.w) / 2;
    for (int64_t j = 0; j < size; j++) {
        real *v = &m[cama__at(i, j, size)];
        const real lv = cama__posterior_log_variance(p->post[cama__at(i, size + j, 2 * size)]);
        if (j <= VIEW_X)
            *v = (real)floor((double)(*v * pixels) + .5) / pixels;
        else if ((*v < 0 ? -*v : *v) < TOLD * (real)exp((double)lv / 2))
            *v = 0;
    }
}

static int32_t propose(cama__proposals *p)
{
    int32_t status = CAMA_OK;
    looking infer = {p, p->batch.x, NULL, p->post, 0};
    real *post = p->post + p->lanes * 2 * p->model->spec.m; /* of an image that is looked at again */
    memset(p->m, 0, (size_t)(p->count * p->lanes * p->model->spec.m) * sizeof *p->m);
    TRY(cama__session_run(p->session, infer_task, &infer));
    for (int64_t i = 0; i < p->n; i++)
        for (int32_t k = MEAN; k <= TONE; k++)
            cama__posterior_draw(p->model, p->post, i, NULL, 0, cama__proposals_m(p, k), i);
    for (int64_t i = 0; i < p->n; i++) simplify(p, i, cama__proposals_m(p, PLAIN));
    for (int64_t i = 0; i < p->n; i++)
        for (int32_t j = VIEW_Y; j <= VIEW_SHEAR; j++) cama__proposals_m(p, TONE)[cama__at(i, j, p->model->spec.m)] = 0;
    for (int32_t k = 0; k < p->options.again; k++) TRY(look_again(p, FIRST_AGAIN + k, post));
    for (int32_t k = 0; k < p->options.draws; k++) draw(p, FIRST_AGAIN + p->options.again + k, k);
out:
    return status;
}

/* ---- Weighing ---------------------------------------------------------------------------------------------------- */

static int32_t evaluate(cama__proposals *p, int32_t k)
{
    cama__batch batch = p->batch;
    const cama__logw_options o = {
        .objective = OBJECTIVE_MARGINAL, .m = SCORE_M_GIVEN, .u = 1, .k = 1, .mean_noise = true, .kl_weight = 1};
    const cama__logw_sink sink = {.value = p->value + k * p->capacity,
                                  .probabilities = p->probabilities + k * p->capacity * classes_of(p)};
    batch.m = cama__proposals_m(p, k);
    batch.encoded = cama__proposals_encoded(p, k);
    return cama__session_logw(p->session, p->model, &o, &batch, &sink);
}

/* Twice: from the classes' mean images, and from z as x has it. The first finds a way out of large contamination, the
 * second is closer where there is little. */
static int32_t restore(cama__proposals *p)
{
    int32_t status = CAMA_OK;
    cama__batch batch = p->batch;
    batch.m = cama__proposals_m(p, MEAN);
    real *second = p->restored + p->lanes * cama__shape_size(p->model->spec.x);
    TRY(cama__restore(p->session, p->model, &batch, p->options.restore, RESTORE_FROM_PRIOR, p->restored,
                      p->contaminated));
    TRY(cama__restore(p->session, p->model, &batch, p->options.restore, RESTORE_FROM_X, second, p->contaminated));
out:
    return status;
}

/* How far the place is from where q(m|x) has it: the square of it in deviations. */
static double distance(const cama__proposals *p, int32_t k, int64_t i)
{
    const int64_t size = p->model->spec.m;
    const real *m = cama__proposals_m(p, k), *mean = cama__proposals_m(p, MEAN);
    double sum = 0;
    for (int32_t j = VIEW_Y; j <= VIEW_SHEAR; j++) {
        const double away = (double)(m[cama__at(i, j, size)] - mean[cama__at(i, j, size)]);
        sum += away * away * exp(-(double)cama__posterior_log_variance(p->post[cama__at(i, size + j, 2 * size)]));
    }
    return sum;
}

/* The worse an image is explained at best, the less differences of its ELBO mean. */
static double temper_of(const cama__proposals *p, int64_t i)
{
    double best = -INFINITY;
    for (int32_t k = 0; k < p->count; k++)
        best = k != CLEANED && p->value[k * p->capacity + i] > best ? p->value[k * p->capacity + i] : best;
    return -best / 20 > p->options.temper && isfinite(best) ? -best / 20 : p->options.temper;
}

/* An ELBO that is not finite has no weight, unless none is. */
static double logit_of(const cama__proposals *p, int32_t k, int64_t i, double temper)
{
    const double v = p->value[k * p->capacity + i];
    if (!isfinite(v) || k == CLEANED) return -INFINITY;
    return v / temper - distance(p, k, i) / 2 + (k == PLAIN ? PLAINER : 0);
}

static void weigh(cama__proposals *p, int64_t i)
{
    const double temper = temper_of(p, i);
    double *weight = p->weight + i, sum = 0;
    int32_t best = MEAN;
    for (int32_t k = 0; k < p->count; k++)
        if (logit_of(p, k, i, temper) > logit_of(p, best, i, temper)) best = k;
    const double top = logit_of(p, best, i, temper);
    for (int32_t k = 0; k < p->count; k++)
        sum += weight[k * p->capacity] = isfinite(top) ? exp(logit_of(p, k, i, temper) - top) : k == best;
    for (int32_t k = 0; k < p->count; k++) weight[k * p->capacity] /= sum;
    p->best[i] = best;
}

/* The evidence of spoilt pixels decides nothing: both ways of cleaning under q's mean count alike. */
static void weigh_contaminated(cama__proposals *p, int64_t i)
{
    for (int32_t k = 0; k < p->count; k++) p->weight[k * p->capacity + i] = k == MEAN || k == CLEANED ? .5 : 0;
    p->best[i] = MEAN;
}

int32_t cama__proposals_weigh(cama__proposals *p, const cama__batch *batch)
{
    int32_t status = CAMA_OK;
    p->batch = *batch;
    p->batch.y = NULL;
    p->n = batch->n;
    TRY(propose(p));
    TRY(restore(p));
    bool any = false;
    for (int64_t i = 0; i < p->n; i++) any = any || p->contaminated[i];
    for (int32_t k = 0; k < p->count; k++)
        if (k != CLEANED || any) TRY(evaluate(p, k));
    for (int64_t i = 0; i < p->n; i++) p->contaminated[i] ? weigh_contaminated(p, i) : weigh(p, i);
out:
    return status;
}
