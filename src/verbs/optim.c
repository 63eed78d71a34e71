/* optim - one loop over theta in pieces of fixed size. Parameters are padded; padding has zero gradients and stays
 * zero. */
#include "optim.h"

#include <math.h>
#include <string.h>

#include "../base/arith.h"
#include "../base/elementary.h"
#include "train_plan.h"

/* Small networks over few numbers bear larger steps, and a concave objective larger ones yet. */
#define RATE_OF_VECTORS 3e-3
#define RATE_OF_LINEAR 0.1

static double rate_of(const cama_model *model, const cama__optimizer_options *given)
{
    if (given->lr_given || cama__train_plan_images(model)) return given->lr;
    return cama__train_plan_linear(model) ? RATE_OF_LINEAR : RATE_OF_VECTORS;
}

int32_t cama__optimizer_create(cama_model *model, const cama_options *options, cama_optimizer **out)
{
    const cama__optimizer_options given = cama__options_optimizer(options);
    int32_t status = CAMA_OK;
    cama_optimizer *o = NULL;
    TRY(cama__mem_new(&o, 1));
    o->model = model;
    o->lr = rate_of(model, &given);
    o->beta1 = given.beta1;
    o->beta2 = given.beta2;
    o->eps = given.eps;
    o->weight_decay = given.weight_decay;
    o->decay_given = given.weight_decay_given;
    o->clip = given.clip;
    TRY(cama__mem_new(&o->gradient, model->params.reals));
    TRY(cama__mem_new(&o->m1, model->params.reals));
    TRY(cama__mem_new(&o->m2, model->params.reals));
    *out = o;
out:
    if (status != CAMA_OK) cama__optimizer_free(o);
    return status;
}

void cama__optimizer_free(cama_optimizer *optimizer)
{
    if (optimizer == NULL) return;
    cama__mem_free(optimizer->gradient);
    cama__mem_free(optimizer->m1);
    cama__mem_free(optimizer->m2);
    cama__mem_free(optimizer);
}

/* Theta is worked through in pieces of fixed size, so that sums do not depend on the threads. */
enum { PIECE = 1 << 16 };

typedef struct {
    const cama_optimizer *o;
    uint32_t trainable;
    real rate, scale, beta1, beta2, rest1, rest2, eps, decay; /* this step's numbers; rest = 1 - beta */
    double *sums;
    int64_t at[PARAM_MAX + 1]; /* first piece of each tensor */
} job;

static int64_t divide(job *j)
{
    const cama__params *p = &j->o->model->params;
    for (int32_t i = 0; i < p->count; i++) {
        const bool trained = (j->trainable & CAMA__NET_BIT(p->item[i].net)) != 0;
        j->at[i + 1] = j->at[i] + (trained ? cama__ceil_div(p->item[i].size, PIECE) : 0);
    }
    return j->at[p->count];
}

/* The span of theta that a piece is. */
static int64_t span_of(const job *j, int64_t piece, int64_t *count)
{
    const cama__params *p = &j->o->model->params;
    int32_t i = 0;
    while (piece >= j->at[i + 1]) i++;
    const int64_t first = (piece - j->at[i]) * PIECE, left = p->item[i].size - first;
    *count = left < PIECE ? left : PIECE;
    return p->item[i].offset + first;
}

/* Short sums in real, lane by lane, those in double: sizes are multiples of 16. */
CAMA__CLONES static double sum_of_squares(const real *g, int64_t n)
{
    double total = 0;
    for (int64_t i = 0; i < n;) {
        real lane[16] = {0};
        const int64_t end = n - i < 512 ? n : i + 512;
        for (; i < end; i += 16)
            for (int k = 0; k < 16; k++) lane[k] += g[i + k] * g[i + k];
        for (int k = 0; k < 16; k++) total += lane[k];
    }
    return total;
}

static void norm_piece(void *arg, int64_t piece, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    int64_t n, at = span_of(j, piece, &n);
    j->sums[piece] = sum_of_squares(j->o->gradient + at, n);
}

double cama__optim_norm(const cama_optimizer *optimizer, uint32_t trainable, cama__pool *pool)
{
    double sums[4096], total = 0;
    job j = {.o = optimizer, .trainable = trainable, .sums = sums};
    const int64_t pieces = divide(&j);
    if (pieces <= 4096) {
        cama__pool_run(pool, pieces, norm_piece, &j);
        for (int64_t i = 0; i < pieces; i++) total += sums[i];
        return sqrt(total);
    }
    for (int64_t i = 0; i < pieces; i++) { /* models of over 2^28 parameters: no room for the sums on the stack */
        int64_t n, at = span_of(&j, i, &n);
        total += sum_of_squares(optimizer->gradient + at, n);
    }
    return sqrt(total);
}

void cama__optim_penalise(cama_optimizer *optimizer, uint32_t trainable)
{
    const cama__params *p = &optimizer->model->params;
    const real ridge = (real)optimizer->ridge, *theta = optimizer->model->theta;
    if (optimizer->ridge == 0) return;
    for (int32_t i = 0; i < p->count; i++) {
        const cama__param *w = &p->item[i];
        if (w->role != PARAM_WEIGHT || (trainable & CAMA__NET_BIT(w->net)) == 0) continue;
        for (int64_t at = w->offset; at < w->offset + w->size; at++) optimizer->gradient[at] -= ridge * theta[at];
    }
}

/* theta += rate * m1 / (sqrt(m2) + eps); the bias corrections are in rate and eps. */
CAMA__CLONES static void step_span(const job *j, const real *gradient, real *m1, real *m2, real *theta, int64_t n)
{
    const real b1 = j->beta1, b2 = j->beta2, r1 = j->rest1, r2 = j->rest2, scale = j->scale, rate = j->rate,
               eps = j->eps, keep = 1 - j->decay;
    for (int64_t i = 0; i < n; i++) {
        const real g = scale * gradient[i];
        m1[i] = b1 * m1[i] + r1 * g;
        m2[i] = b2 * m2[i] + r2 * g * g;
#ifdef CAMA_DOUBLE
        const real root = sqrt(m2[i]);
#else
        const real root = sqrtf(m2[i]);
#endif
        theta[i] = keep * theta[i] + rate * (m1[i] / (root + eps));
    }
}

static void step_piece(void *arg, int64_t piece, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const cama_optimizer *o = j->o;
    int64_t n, at = span_of(j, piece, &n);
    step_span(j, o->gradient + at, o->m1 + at, o->m2 + at, o->model->theta + at, n);
}

void cama__optim_step(cama_optimizer *optimizer, uint32_t trainable, double factor, double norm, cama__pool *pool)
{
    job j = {.o = optimizer, .trainable = trainable};
    const int64_t pieces = divide(&j), t = ++optimizer->steps;
    const double correct1 = 1 - pow(optimizer->beta1, (double)t), correct2 = 1 - pow(optimizer->beta2, (double)t);
    const double lr = optimizer->lr * factor;
    j.scale = (real)(optimizer->clip > 0 && norm > optimizer->clip ? optimizer->clip / norm : 1);
    /* lr m1/c1 / (sqrt(m2/c2) + eps) = (lr sqrt(c2)/c1) m1 / (sqrt(m2) + eps sqrt(c2)) */
    j.rate = (real)(lr * sqrt(correct2) / correct1);
    j.eps = (real)(optimizer->eps * sqrt(correct2));
    j.beta1 = (real)optimizer->beta1;
    j.beta2 = (real)optimizer->beta2;
    j.rest1 = (real)(1 - optimizer->beta1);
    j.rest2 = (real)(1 - optimizer->beta2); /* 1 - (real)beta2 is off by 1e-5 of itself */
    j.decay = (real)(lr * optimizer->weight_decay);
    cama__pool_run(pool, pieces, step_piece, &j);
    if (trainable & CAMA__NET_BIT(NET_Q_M)) optimizer->model->q_m_trained = optimizer->model->spec.m > 0;
}

typedef struct {
    real *data;
    int64_t count;
} zeroing;

static void zero_piece(void *arg, int64_t piece, int32_t worker)
{
    (void)worker;
    const zeroing *z = arg;
    const int64_t first = piece * PIECE, left = z->count - first;
    memset(z->data + first, 0, (size_t)(left < PIECE ? left : PIECE) * sizeof *z->data);
}

void cama__optim_zero(cama_optimizer *optimizer, cama__pool *pool)
{
    zeroing z = {optimizer->gradient, optimizer->model->params.reals};
    cama__pool_run(pool, cama__ceil_div(z.count, PIECE), zero_piece, &z);
}
