/* predict_seen - tables read with the manipulation undone: the counterfactual of each row under do(m=0), with the row's
 * own noise kept, is read by a discriminative model, and both opinions are pooled.
 *
 * How much the reader counts follows from how well the row is explained. With r the noise of the D continuous numbers
 * of x in standard deviations and z the style,
 *
 *     s = sum r^2 + sum E[z^2],     E[s] <= D + Z under the model,     w = weight * min(1, (D + Z) / s):
 *
 * where a manipulation was not undone, s is large, and a reader of such x knows nothing that is worth hearing. Missing
 * cells are in no sum and not in D, and w falls with their share: what is put in their place is the model's own opinion,
 * which must not count twice. The reader gets the model's expectation of them: a mean over all classes, as it
 * would take itself, misleads it (chamber, .3 of the cells gone: .805 and .715; the model alone .803). */
#include "predict_seen.h"

#include <math.h>

#include "../base/arith.h"
#include "../prob/gauss.h"
#include "latents.h"
#include "predict_views.h"

bool cama__predict_seen_can(const cama_model *model)
{
    return !model->spec.discriminative && model->spec.x.h == 1 && model->spec.x.w == 1;
}

typedef struct {
    cama__latents latents;
    cama_dataset rows; /* the dataset with the model's classes as labels: borrowed but y */
    int32_t *y;        /* (n) */
    real *noise;       /* (ABDUCT_ROWS, D) blocked */
    float *seen;       /* (n, D) in the data's units */
    float *row;        /* (D) */
    double *share;     /* (n) of the reader's weight */
    double *read;      /* (n, C) by the reader */
} seeing;

static int32_t seeing_create(cama_session *session, const cama_model *model, const cama_dataset *dataset, seeing *s)
{
    const int64_t size = cama__shape_size(model->spec.x), n = dataset->n;
    int32_t status = CAMA_OK;
    TRY(cama__latents_create(session, model, &s->latents));
    TRY(cama__mem_new(&s->y, n));
    TRY(cama__mem_new(&s->noise, cama__blocks(ABDUCT_ROWS) * cama__kernel()->nr * size));
    TRY(cama__mem_new(&s->seen, n * size));
    TRY(cama__mem_new(&s->row, size));
    TRY(cama__mem_new(&s->share, n));
    TRY(cama__mem_new(&s->read, n * (int64_t)model->spec.classes));
    s->rows = *dataset;
    s->rows.y = s->y;
out:
    return status;
}

static void seeing_free(seeing *s)
{
    cama__latents_free(&s->latents);
    cama__mem_free(s->y);
    cama__mem_free(s->noise);
    cama__mem_free(s->seen);
    cama__mem_free(s->row);
    cama__mem_free(s->share);
    cama__mem_free(s->read);
}

static void likeliest(int64_t n, int64_t classes, const double *probabilities, int32_t *y)
{
    for (int64_t i = 0; i < n; i++) {
        const double *row = probabilities + i * classes;
        y[i] = 0;
        for (int32_t c = 1; c < classes; c++)
            if (row[c] > row[y[i]]) y[i] = c;
    }
}

/* Variance of noise of 1: exp(lv) of the number, times that of a Student's t where it has one. */
static double unit_variance(const cama_model *model, int64_t d)
{
    const double nu = model->spec.nu;
    const double tails = model->spec.likelihood == LIKELIHOOD_STUDENT && nu > 2 ? nu / (nu - 2) : 1;
    return tails * exp((double)cama__likelihood_log_variance(model->theta[model->rho + d]));
}

/* E[z_j^2] under q(z|.) of row i. */
static double style_square(const cama__latents *a, int64_t i, int64_t j)
{
    const int64_t size = a->model->spec.z, nr = cama__kernel()->nr;
    const real *post = a->post_z + (i / nr) * 2 * size * nr + i % nr;
    const double mu = (double)post[j * nr], lv = (double)post[(size + j) * nr];
    return mu * mu + exp(lv > CAMA__LV_BOUND ? CAMA__LV_BOUND : lv < -CAMA__LV_BOUND ? -CAMA__LV_BOUND : lv);
}

static bool is_there(const cama__latents *a, int64_t i, int64_t d)
{
    return a->observed == NULL || a->observed[cama__at(i, d, cama__shape_size(a->model->spec.x))] != 0;
}

static double share_of(const cama__latents *a, const real *noise, int64_t i)
{
    const cama_model *model = a->model;
    const int64_t size = cama__shape_size(model->spec.x);
    double sum = 0, expected = model->spec.z, there = 0;
    for (int64_t d = 0; d < size; d++) {
        const double r = (double)noise[cama__at(i, d, size)];
        there += is_there(a, i, d);
        if (!is_there(a, i, d) || !model->reads[d]) continue;
        sum += r * r / unit_variance(model, d);
        expected++;
    }
    for (int64_t j = 0; j < model->spec.z; j++) sum += style_square(a, i, j);
    return there / (double)size * (sum > expected ? expected / sum : 1);
}

/* Numbers that are not continuous have no reading to undo: they stay as they are, and so do all under do(m=0). Missing
 * ones are as the model expects them. */
static void keep_own(seeing *s, float *seen)
{
    const cama__latents *a = &s->latents;
    const int64_t size = cama__shape_size(a->model->spec.x);
    for (int64_t i = 0; i < a->n; i++) {
        cama__dataset_row(&s->rows, a->first + i, s->row);
        for (int64_t d = 0; d < size; d++)
            if (!isnan(s->row[d]) && (!a->infer || !a->model->reads[d])) seen[i * size + d] = s->row[d];
    }
}

static int32_t see_rows(seeing *s)
{
    int32_t status = CAMA_OK;
    cama__latents *a = &s->latents;
    float *seen = s->seen + a->first * cama__shape_size(a->model->spec.x);
    TRY(cama__latents_rows(a, &s->rows));
    TRY(cama__latents_noise(a, s->noise));
    for (int64_t i = 0; i < a->n; i++) s->share[a->first + i] = share_of(a, s->noise, i);
    cama__latent undone = a->latent;
    undone.m = NULL;
    TRY(cama__latents_decode(a, &undone));
    TRY(cama__latents_x(a, &undone, ABDUCT_MEAN, s->noise, seen));
    keep_own(s, seen);
out:
    return status;
}

static int32_t see_all(seeing *s, int64_t n)
{
    int32_t status = CAMA_OK;
    cama__latents *a = &s->latents;
    const int64_t size = cama__shape_size(a->model->spec.x);
    for (a->first = 0; a->first < n; a->first += a->n) {
        a->n = cama__least(n - a->first, ABDUCT_ROWS);
        TRY(see_rows(s));
        TRY(cama__session_step(a->session, n, n, NAN, false)); /* the model's own pass has told all steps */
    }
    for (int64_t i = 0; i < n * size; i++)
        if (!isfinite(s->seen[i])) TRY(cama__evaluate_refused(a->model, &s->rows, i / size, (double)s->seen[i]));
out:
    return status;
}

static void pool(int64_t n, int64_t classes, double weight, const seeing *s, double *probabilities)
{
    static const double least = 1e-30;
    for (int64_t i = 0; i < n; i++) {
        const double w = weight * s->share[i], *read = s->read + i * classes;
        double *mine = probabilities + i * classes, sum = 0;
        for (int64_t y = 0; y < classes; y++) {
            const double model = mine[y] > least ? mine[y] : least, reader = read[y] > least ? read[y] : least;
            mine[y] = exp((1 - w) * log(model) + w * log(reader));
            sum += mine[y];
        }
        for (int64_t y = 0; y < classes; y++) mine[y] /= sum;
    }
}

int32_t cama__predict_seen(cama_session *session, const cama_model *model, const cama_model *reader,
                           const cama_dataset *dataset, bool infer, double weight, double *probabilities)
{
    const int64_t n = dataset->n, classes = model->spec.classes;
    const cama__logw_options o = {.objective = OBJECTIVE_BAYES, .u = 1, .k = 1, .kl_weight = 1};
    int32_t status = CAMA_OK;
    seeing s = {.latents = {.infer = infer, .mean_noise = true}};
    if (weight == 0) return CAMA_OK;
    TRY(seeing_create(session, model, dataset, &s));
    likeliest(n, classes, probabilities, s.y);
    TRY(see_all(&s, n));
    s.rows.x = s.seen;
    s.rows.bytes = NULL;
    const cama__evaluation all = {
        .n = n, .at_once = cama__evaluate_at_once(reader), .quiet = true, .probabilities = s.read};
    TRY(cama__evaluate(session, reader, &o, &s.rows, &all));
    pool(n, classes, weight, &s, probabilities);
out:
    seeing_free(&s);
    return status;
}
