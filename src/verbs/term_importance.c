/* term_importance - Eq. 8's terms by importance weighting, for views: S draws of m, half from q(m|x) and half from
 * p(m),
 *
 *     log w_s = ELBO(x; m_s) + log p(m_s) - log( q(m_s|x) / 2 + p(m_s) / 2 ),     a = softmax(log w)
 *
 * The value is the bound log mean w. q_m follows the gradient of sum a_s log q(m_s|x) (reweighted wake-sleep:
 * Bornschein and Bengio 2015, Le et al. 2019), p_m that of sum a_s ELBO(x; m_s), of which one s is drawn with
 * probability a_s. A gradient through one draw of m, as Eq. 8 has it, finds no view that is some pixels away. With
 * OBJECTIVE_ELBO, ELBO(x, y; m) at the label takes the place of ELBO(x; m). */
#include <math.h>
#include <string.h>

#include "../base/rng.h"
#include "../logw/posterior_m.h"
#include "weighted_m.h"

typedef struct {
    cama__steps *steps;
    cama__term *term;
    const cama__batch *batch;
    const cama_model *model;
    int64_t lanes, size; /* rows of a tensor; M */
    int32_t draws;
    real *post, *m, *eps; /* (lanes, 2M); (draws, lanes, M); (M) */
    double *log_w;        /* (draws, n), and from weigh on their softmax over the draws */
} proposing;

static real *m_of(const proposing *p, int32_t s) { return p->m + s * p->lanes * p->size; }

/* One piece, kept by the term: a step allocates nothing. Tensors first: whole blocks keep their alignment. */
static int32_t create(proposing *p)
{
    const int64_t reals = p->lanes * p->size * (2 + p->draws) + cama__round_16(p->size), all = p->draws * p->batch->n;
    if (p->term->room_for == NULL)
        p->term->room_for = cama__mem_alloc((size_t)reals * sizeof(real) + (size_t)all * sizeof(double), 1);
    p->term->room_free = cama__mem_free;
    if (p->term->room_for == NULL) return CAMA_E_MEMORY;
    p->post = p->term->room_for;
    p->m = p->post + 2 * p->lanes * p->size;
    p->eps = p->m + p->draws * p->lanes * p->size;
    p->log_w = (double *)(void *)(p->eps + cama__round_16(p->size));
    memset(p->post, 0, (size_t)reals * sizeof(real));
    return CAMA_OK;
}

static cama__rng_key key_of(const proposing *p, int64_t i, uint32_t sample)
{
    const uint32_t example = p->batch->example == NULL ? RNG_NO_EXAMPLE : p->batch->example[i];
    return (cama__rng_key){p->term->options.seed, RNG_M, sample, example, p->term->options.step};
}

static void infer_task(const cama__exec *exec, void *arg)
{
    const proposing *p = arg;
    cama__logw_infer_m(exec, p->model, p->batch->n, p->batch->x, p->post);
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
    real *m = m_of(p, s), *eps = p->eps;
    for (int64_t i = 0; i < p->batch->n; i++) {
        cama__rng_normals(key_of(p, i, (uint32_t)s), p->size, eps, 1);
        for (int64_t j = 0; s % 2 == 1 && j < p->size; j++) m[cama__at(i, j, p->size)] = eps[j];
        if (s % 2 == 0) cama__posterior_draw(p->model, p->post, i, eps, 1, m, i);
        if (cama__model_views(p->model)) fold(m, i, p->size);
    }
}

/* What folding adds to log q: log of (q(v) + q(-v)) / q(v), and to log p: log 2, for each number that counts by
 * size. */
static double folded_q(const proposing *p, const real *m, int64_t i)
{
    double sum = 0;
    for (int32_t k = VIEW_BLUR; k <= VIEW_CONTAMINATION; k++) {
        const double lv = (double)cama__posterior_log_variance(p->post[cama__at(i, p->size + k, 2 * p->size)]);
        const double v = (double)m[cama__at(i, k, p->size)], mean = (double)p->post[cama__at(i, k, 2 * p->size)];
        const double other = -2 * v * mean * exp(-lv); /* log q(-v) - log q(v) */
        sum += other > 0 ? other + log1p(exp(-other)) : log1p(exp(other));
    }
    return sum;
}

/* log p(m) - log(q(m|x) / 2 + p(m) / 2). */
static double log_ratio(const proposing *p, const real *m, int64_t i)
{
    double prior = -0.5 * (double)p->size * log(2 * 3.14159265358979323846);
    for (int64_t j = 0; j < p->size; j++) {
        const double v = (double)m[cama__at(i, j, p->size)];
        prior -= v * v / 2;
    }
    double q = cama__posterior_log_density(p->model, p->post, i, m, i);
    if (cama__model_views(p->model)) {
        q += folded_q(p, m, i);
        prior += 2 * log(2);
    }
    const double top = q > prior ? q : prior;
    return prior - (top + log(exp(q - top) / 2 + exp(prior - top) / 2));
}

static int32_t evaluate(proposing *p, int32_t s)
{
    double *log_w = p->log_w + s * p->batch->n;
    cama__batch batch = *p->batch;
    cama__logw_options o = p->term->options;
    const cama__logw_sink sink = {.value = log_w};
    o.m = SCORE_M_GIVEN, o.u = 1;
    batch.m = m_of(p, s);
    const int32_t status = cama__session_logw(p->steps->session, p->model, &o, &batch, &sink);
    for (int64_t i = 0; status == CAMA_OK && i < p->batch->n; i++) {
        log_w[i] += log_ratio(p, batch.m, i);
        if (!isfinite(log_w[i])) log_w[i] = -INFINITY; /* a view under which nothing can be said of x */
    }
    return status;
}

/* log_w of one example to the shares of its draws; its bound. */
static double weigh(proposing *p, int64_t i)
{
    const int64_t n = p->batch->n;
    double top = -INFINITY, sum = 0;
    for (int32_t s = 0; s < p->draws; s++) top = p->log_w[s * n + i] > top ? p->log_w[s * n + i] : top;
    if (!isfinite(top)) return top;
    for (int32_t s = 0; s < p->draws; s++) sum += p->log_w[s * n + i] = exp(p->log_w[s * n + i] - top);
    for (int32_t s = 0; s < p->draws; s++) p->log_w[s * n + i] /= sum;
    return top + log(sum / p->draws);
}

int32_t cama__term_importance(cama__steps *steps, cama__term *term, const cama__batch *batch, double scale,
                              double *values)
{
    int32_t status = CAMA_OK;
    proposing p = {.steps = steps,
                   .term = term,
                   .batch = batch,
                   .model = steps->optimizer->model,
                   .lanes = cama__blocks(batch->n) * cama__kernel()->nr,
                   .size = steps->optimizer->model->spec.m,
                   .draws = term->proposals};
    TRY(create(&p));
    TRY(cama__session_run(steps->session, infer_task, &p));
    for (int32_t s = 0; s < p.draws; s++) draw(&p, s);
    for (int32_t s = 0; s < p.draws; s++) TRY(evaluate(&p, s));
    for (int64_t i = 0; i < batch->n; i++) values[i] = weigh(&p, i);
    const cama__weighted_m weighted = {
        .count = p.draws, .m = p.m, .m_step = p.lanes * p.size, .share = p.log_w, .share_step = batch->n};
    TRY(cama__weighted_m_train(steps, term, batch, &weighted, scale));
out:
    return status;
}
