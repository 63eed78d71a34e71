/* weighted_m - q_m is trained on all m of an example with their shares, p_m on one of them that is chosen by its share. */
#include "weighted_m.h"

#include "../base/rng.h"
#include "../logw/posterior_m.h"

enum { SAMPLE_CHOICE = 1 << 20 }; /* of the noise's key, beside the draws of m */

typedef struct {
    cama__steps *steps;
    const cama__term *term;
    const cama__batch *batch;
    const cama__weighted_m *w;
    double scale;
} job;

/* All draws side by side: draw k of example i is row k n + i. */
typedef struct {
    const job *j;
    real *m;
    int32_t *of;
    double *weight;
} draws;

static void draw_task(void *arg, int64_t row, int32_t worker)
{
    (void)worker;
    const draws *d = arg;
    const job *j = d->j;
    const int64_t n = j->batch->n, size = j->steps->optimizer->model->spec.m, k = row / n, i = row % n;
    d->of[row] = (int32_t)i;
    d->weight[row] = j->scale * j->w->share[k * j->w->share_step + i];
    for (int64_t f = 0; f < size; f++) d->m[cama__at(row, f, size)] = j->w->m[k * j->w->m_step + cama__at(i, f, size)];
}

static void train_q_task(const cama__exec *exec, void *arg)
{
    const job *j = arg;
    const cama_model *model = j->steps->optimizer->model;
    const int64_t all = j->w->count * j->batch->n;
    const size_t mark = cama__arena_mark(exec->arena);
    draws d = {.j = j, .m = cama__exec_tensor(exec, all, model->spec.m)};
    d.of = cama__exec_indices(exec, all), d.weight = cama__exec_doubles(exec, all);
    cama__exec_serial(exec, all, draw_task, &d);
    const cama__posterior_rows p = {.n = j->batch->n, .rows = all, .x = j->batch->x, .m = d.m, .of = d.of};
    cama__posterior_train(exec, model, &p, d.weight, NULL, j->steps->optimizer->gradient);
    cama__arena_release(exec->arena, mark);
}

/* The draw of example i that p_m is trained on. */
static int32_t choose(const job *j, int64_t i)
{
    const uint32_t example = j->batch->example == NULL ? RNG_NO_EXAMPLE : j->batch->example[i];
    real u;
    double upto = 0;
    cama__rng_uniforms((cama__rng_key){j->term->options.seed, RNG_M, SAMPLE_CHOICE, example, j->term->options.step}, 1,
                       &u, 1);
    for (int32_t k = 0; k < j->w->count; k++) {
        upto += j->w->share[k * j->w->share_step + i];
        if ((double)u < upto) return k;
    }
    return j->w->count - 1;
}

static int32_t train_p(job *j)
{
    real *m = j->steps->m;
    const int64_t size = j->steps->optimizer->model->spec.m;
    cama__batch batch = *j->batch;
    cama__logw_options o = j->term->options;
    const cama__logw_sink sink = {
        .scale = j->scale, .dtheta = j->steps->optimizer->gradient, .trainable = CAMA__NET_BIT(NET_P_M)};
    for (int64_t i = 0; i < batch.n; i++) {
        const real *from = j->w->m + choose(j, i) * j->w->m_step;
        for (int64_t f = 0; f < size; f++) m[cama__at(i, f, size)] = from[cama__at(i, f, size)];
    }
    o.m = SCORE_M_GIVEN, o.u = 1;
    batch.m = m;
    return cama__session_logw(j->steps->session, j->steps->optimizer->model, &o, &batch, &sink);
}

int32_t cama__weighted_m_train(cama__steps *steps, cama__term *term, const cama__batch *batch,
                               const cama__weighted_m *weighted, double scale)
{
    int32_t status = CAMA_OK;
    job j = {steps, term, batch, weighted, scale};
    TRY(cama__session_run(steps->session, train_q_task, &j));
    if (term->trainable & CAMA__NET_BIT(NET_P_M)) TRY(train_p(&j));
out:
    return status;
}
