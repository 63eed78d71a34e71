<<<<<<< HEAD
/* term_proposals - the unlabelled term for a q(m|x) that already knows views: each image's proposed views are weighed as
 * in prediction (proposals.h), and q_m and p_m follow the gradients of sum weight log q(m|x) and sum weight ELBO(x; m).
 * Importance weights (term_importance.c) would let the evidence alone decide, which moves cut digits back to the
 * middle. The value is the mean of ELBO(x; m) over the weights. */
#include "proposals.h"
#include "weighted_m.h"
=======
/* term_proposals - Eq. 8's terms by importance weighting, for views: S draws of m, half from q(m|x) and half from p(m),
 *
 *     log w_s = ELBO(x; m_s) + log p(m_s) - log( q(m_s|x) / 2 + p(m_s) / 2 ),     a = softmax(log w)
 *
 * The value is the bound log mean w. q_m follows the gradient of sum a_s log q(m_s|x) (reweighted wake-sleep: Bornschein
 * and Bengio 2015, Le et al. 2019), p_m that of sum a_s ELBO(x; m_s), of which one s is drawn with probability a_s. A
 * gradient through one draw of m, as Eq. 8 has it, finds no view that is some pixels away. With HEAD_ELBO, ELBO(x, y; m)
 * at the label takes the place of ELBO(x; m). */
#include <math.h>
#include <string.h>

#include "../cama/posterior_m.h"
#include "../base/rng.h"
#include "steps.h"

/* Samples of the noise's key, beside the draws. */
enum { SAMPLE_CHOICE = 1 << 20 };

typedef struct {
    cama__steps *steps;
    cama__term *term;
    const cama__batch *batch;
    const cama_model *model;
    int64_t lanes, size;   /* rows of a tensor; M */
    int32_t draws;
    double scale;
    real *post, *m, *kept; /* (lanes, 2M); (draws, lanes, M); (lanes, M) the draw that p_m is trained on */
    double *log_w;         /* (draws, n) */
    double *weight;        /* (draws n) of the rows below */
    real *rows;            /* (draws n, M), side by side */
    int32_t *of;           /* (draws n) */
} proposing;

static real *m_of(const proposing *p, int32_t s) { return p->m + s * p->lanes * p->size; }

static int32_t create(proposing *p)
{
    const int64_t all = p->draws * p->batch->n, padded = cama__blocks(all) * cama__kernel()->nr;
    const int64_t reals = p->lanes * p->size * (3 + p->draws) + padded * p->size;
    const size_t bytes = (size_t)reals * sizeof(real) + (size_t)all * (2 * sizeof(double) + sizeof(int32_t));
    /* One piece, kept by the term: a step allocates nothing. Tensors first: whole blocks keep their alignment. */
    if (p->term->room_for == NULL) p->term->room_for = cama__mem_alloc(bytes, 1);
    if (p->term->room_for == NULL) return CAMA_E_MEMORY;
    p->post = p->term->room_for;
    p->m = p->post + 2 * p->lanes * p->size;
    p->kept = p->m + p->draws * p->lanes * p->size;
    p->rows = p->kept + p->lanes * p->size;
    p->log_w = (double *)(void *)(p->rows + padded * p->size);
    p->weight = p->log_w + all;
    p->of = (int32_t *)(void *)(p->weight + all);
    memset(p->post, 0, (size_t)reals * sizeof(real));
    return CAMA_OK;
}

static cama__rng_key key_of(const proposing *p, int64_t i, uint32_t sample)
{
    const uint32_t example = p->batch->example == NULL ? RNG_NO_EXAMPLE : p->batch->example[i];
    return (cama__rng_key){p->term->options.seed, RNG_M, sample, example, p->term->options.step};
}

static void infer_task(const cama__work *work, void *arg)
{
    const proposing *p = arg;
    cama__score_infer_m(work, p->model, p->batch->n, p->batch->x, p->post);
}

/* Blur and contamination count by their size: one sign stands for both. */
static void fold(real *m, int64_t row, int64_t size)
{
    for (int32_t k = VIEW_BLUR; k <= VIEW_CONTAMINATION; k++) {
        real *v = &m[cama__at(row, k, size)];
        *v = *v < 0 ? -*v : *v;
    }
}

/* Even draws are q's, odd ones the prior's. */
static void draw(proposing *p, int32_t s)
{
    const int64_t nr = cama__kernel()->nr;
    real *m = m_of(p, s), *eps = p->rows; /* not yet in use */
    for (int64_t i = 0; i < p->batch->n; i++) {
        cama__rng_normals(key_of(p, i, (uint32_t)s), p->size, eps, 1);
        for (int64_t j = 0; s % 2 == 1 && j < p->size; j++) m[i / nr * nr * p->size + j * nr + i % nr] = eps[j];
        if (s % 2 == 0) cama__posterior_draw(p->model, p->post, i, eps, 1, m, i);
        if (cama__model_views(p->model)) fold(m, i, p->size);
    }
}

/* log p(m) - log(q(m|x) / 2 + p(m) / 2). */
static double log_ratio(const proposing *p, const real *m, int64_t i)
{
    double prior = -0.5 * (double)p->size * log(2 * 3.14159265358979323846);
    for (int64_t j = 0; j < p->size; j++) {
        const double v = (double)m[cama__at(i, j, p->size)];
        prior -= v * v / 2;
    }
    const double q = cama__posterior_log_density(p->model, p->post, i, m, i), top = q > prior ? q : prior;
    return prior - (top + log(exp(q - top) / 2 + exp(prior - top) / 2));
}

static int32_t evaluate(proposing *p, int32_t s)
{
    double *log_w = p->log_w + s * p->batch->n;
    cama__batch batch = *p->batch;
    cama__score_options o = p->term->options;
    const cama__score_sink sink = {.value = log_w};
    o.m = SCORE_M_GIVEN, o.u = 1;
    batch.m = m_of(p, s);
    const int32_t status = cama__session_score(p->steps->session, p->model, &o, &batch, &sink);
    for (int64_t i = 0; status == CAMA_OK && i < p->batch->n; i++) {
        log_w[i] += log_ratio(p, batch.m, i);
        if (!isfinite(log_w[i])) log_w[i] = -INFINITY; /* a view under which nothing can be said of x */
    }
    return status;
}

/* Weights of one example's draws, its bound, and the draw that p_m is trained on. */
static double weigh(proposing *p, int64_t i)
{
    const int64_t n = p->batch->n;
    double top = -INFINITY, sum = 0;
    real u;
    for (int32_t s = 0; s < p->draws; s++) {
        top = p->log_w[s * n + i] > top ? p->log_w[s * n + i] : top;
        p->weight[s * n + i] = 0;
        p->of[s * n + i] = (int32_t)i;
    }
    if (!isfinite(top)) return top; /* the step is refused; what it computes until then is of this batch */
    for (int32_t s = 0; s < p->draws; s++) sum += exp(p->log_w[s * n + i] - top);
    cama__rng_uniforms(key_of(p, i, SAMPLE_CHOICE), 1, &u, 1);
    double upto = 0;
    int32_t chosen = -1;
    for (int32_t s = 0; s < p->draws; s++) {
        const int64_t row = s * n + i;
        const double share = exp(p->log_w[row] - top) / sum;
        p->weight[row] = p->scale * share;
        upto += share;
        if (chosen < 0 && ((double)u < upto || s == p->draws - 1)) chosen = s;
        for (int64_t j = 0; j < p->size; j++)
            p->rows[cama__at(row, j, p->size)] = m_of(p, s)[cama__at(i, j, p->size)];
    }
    for (int64_t j = 0; j < p->size; j++)
        p->kept[cama__at(i, j, p->size)] = m_of(p, chosen)[cama__at(i, j, p->size)];
    return top + log(sum / p->draws);
}

static void train_q_task(const cama__work *work, void *arg)
{
    const proposing *p = arg;
    const cama__posterior_rows rows = {
        .n = p->batch->n, .rows = p->draws * p->batch->n, .x = p->batch->x, .m = p->rows, .of = p->of};
    cama__posterior_train(work, p->model, &rows, p->weight, NULL, p->steps->optimizer->gradient);
}

static int32_t train_p(const proposing *p)
{
    cama__batch batch = *p->batch;
    cama__score_options o = p->term->options;
    const cama__score_sink sink = {.scale = p->scale,
                                   .dtheta = p->steps->optimizer->gradient,
                                   .trainable = p->term->trainable & CAMA__NET_BIT(NET_P_M)};
    o.m = SCORE_M_GIVEN, o.u = 1;
    batch.m = p->kept;
    return cama__session_score(p->steps->session, p->model, &o, &batch, &sink);
}
>>>>>>> 6f34ad1 (Views that are not finite are refused by cama_views and cama_see; tests of cancel, fork and bad parameters of views)

int32_t cama__term_proposals(cama__steps *steps, cama__term *term, const cama__batch *batch, double scale,
                             double *values)
{
    int32_t status = CAMA_OK;
    cama__proposals p = {0};
    const cama__proposal_options options = {.draws = term->proposals > 6 ? term->proposals - 6 : 0,
                                            .again = 1,
                                            .restore = 0,
                                            .temper = term->temper,
                                            .seed = term->options.seed + term->options.step};
    TRY(cama__proposals_create(steps->session, steps->optimizer->model, &options, batch->n, &p));
    TRY(cama__proposals_weigh(&p, batch));
    for (int64_t i = 0; i < batch->n; i++) {
        values[i] = 0;
        for (int32_t k = 0; k < p.count; k++)
            if (p.weight[k * p.capacity + i] > 0) values[i] += p.weight[k * p.capacity + i] * p.value[k * p.capacity + i];
    }
    const cama__weighted_m weighted = {.count = p.count,
                                       .m = p.m,
                                       .m_step = p.lanes * steps->optimizer->model->spec.m,
                                       .share = p.weight,
                                       .share_step = p.capacity};
    TRY(cama__weighted_m_train(steps, term, batch, &weighted, scale));
out:
    cama__proposals_free(&p);
    return status;
}
