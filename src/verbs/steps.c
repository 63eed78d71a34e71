/* steps - one step: a batch of each term, the sum of their gradients, the norm, and the optimizer. */
#include "steps.h"

#include <math.h>
#include <string.h>

#include "../base/arith.h"
#include "../base/rng.h"
#include "../logw/posterior_m.h"
#include "simulate.h"

int32_t cama__stream_create(const cama_dataset *dataset, int64_t first, int64_t count, uint64_t seed, bool shuffle,
                            cama__stream *stream)
{
    *stream = (cama__stream){.dataset = dataset,
                             .seed = seed,
                             .shuffle = shuffle,
                             .first = first,
                             .count = count,
                             .cursor = count,
                             .pass = -1};
    return cama__mem_new(&stream->order, count);
}

void cama__stream_free(cama__stream *stream)
{
    cama__mem_free(stream->order);
    *stream = (cama__stream){0};
}

static void begin_pass(cama__stream *s)
{
    s->cursor = 0;
    s->pass++;
    if (s->shuffle)
        cama__rng_permutation((cama__rng_key){s->seed, RNG_SHUFFLE, 0, RNG_NO_EXAMPLE, (uint32_t)s->pass}, s->count,
                              s->order);
    for (int64_t i = 0; i < s->count; i++) {
        const int64_t at = s->first + (s->shuffle ? s->order[i] : i);
        s->order[i] = s->rows != NULL ? s->rows[at] : at;
    }
}

int64_t cama__stream_next(cama__stream *stream, int64_t most, const int64_t **rows)
{
    if (stream->cursor == stream->count) begin_pass(stream);
    const int64_t taken = cama__least(stream->count - stream->cursor, most);
    *rows = stream->order + stream->cursor;
    stream->cursor += taken;
    return taken;
}

int32_t cama__steps_prepare(cama__steps *steps)
{
    int64_t largest = 1;
    int32_t status = CAMA_OK;
    for (int32_t i = 0; i < steps->terms; i++) {
        cama__term *t = &steps->term[i];
        if (t->batch > t->stream.count) t->batch = t->stream.count;
        if (t->batch > largest) largest = t->batch;
        TRY(cama__batch_room_create(steps->optimizer->model, t->batch, &t->room));
    }
    TRY(cama__mem_new(&steps->values, largest));
    TRY(cama__mem_new(&steps->m, cama__blocks(largest) * cama__kernel()->nr * steps->optimizer->model->spec.m));
out:
    return status;
}

void cama__steps_free(cama__steps *steps)
{
    for (int32_t i = 0; i < TERMS_MAX; i++) {
        cama__stream_free(&steps->term[i].stream);
        cama__batch_room_free(&steps->term[i].room);
        if (steps->term[i].room_for != NULL) steps->term[i].room_free(steps->term[i].room_for);
        steps->term[i].room_for = NULL;
    }
    cama__mem_free(steps->values);
    cama__mem_free(steps->m);
    cama__tent_free(steps->tent);
    steps->tent = NULL;
    steps->values = NULL;
    steps->m = NULL;
}

/* The name of the first tensor whose gradient is not finite. NULL: each is, but the sum of their squares is not. */
static const char *bad_tensor(const cama_optimizer *o, uint32_t trainable)
{
    const cama__params *p = &o->model->params;
    for (int32_t i = 0; i < p->count; i++)
        for (int64_t k = 0; (trainable & CAMA__NET_BIT(p->item[i].net)) && k < p->item[i].size; k++)
            if (!isfinite(o->gradient[p->item[i].offset + k])) return p->item[i].name;
    return NULL;
}

int32_t cama__term_logw(cama__steps *steps, cama__term *t, const cama__batch *batch, double scale, double *values)
{
    const cama__logw_sink sink = {
        .value = values, .scale = scale, .dtheta = steps->optimizer->gradient, .trainable = t->trainable};
    return cama__session_logw(steps->session, steps->optimizer->model, &t->options, batch, &sink);
}

typedef struct {
    const cama__term *term;
    const cama_optimizer *optimizer;
    const cama__batch *batch;
    double scale, *values;
} views;

typedef struct {
    double *weight, scale;
} weights;

static void weight_task(void *arg, int64_t i, int32_t worker)
{
    (void)worker;
    const weights *w = arg;
    w->weight[i] = w->scale;
}

static void views_task(const cama__exec *exec, void *arg)
{
    const views *v = arg;
    const cama_model *model = v->optimizer->model;
    const int64_t n = v->batch->n;
    const size_t mark = cama__arena_mark(exec->arena);
    real *m = cama__exec_tensor(exec, n, model->spec.m),
         *x = cama__exec_tensor(exec, n, cama__shape_size(model->spec.x));
    weights w = {cama__exec_doubles(exec, n), v->scale};
    cama__exec_serial(exec, n, weight_task, &w);
    const cama__simulated_rows simulated = {n, v->batch->example, v->term->options.seed, v->term->options.step};
    cama__simulate(exec, model, &simulated, v->batch->x, m, x);
    const cama__posterior_rows rows = {.n = n, .rows = n, .x = x, .m = m};
    cama__posterior_train(exec, model, &rows, w.weight, v->values, v->optimizer->gradient);
    cama__arena_release(exec->arena, mark);
}

int32_t cama__term_views(cama__steps *steps, cama__term *t, const cama__batch *batch, double scale, double *values)
{
    views v = {t, steps->optimizer, batch, scale, values};
    return cama__session_run(steps->session, views_task, &v);
}

/* What there is to say of the rows of a term's last batch, behind "; ". */
static const char *extreme_of(const cama_optimizer *o, const cama__term *t, char why[EXTREME_TEXT + 2])
{
    memcpy(why, "; ", 2);
    return cama__extreme_tell(o->model, t->stream.dataset, t->taken, t->examples, why + 2) ? why : "";
}

static int32_t gradient_error(const cama__steps *steps, const cama_optimizer *o)
{
    const char *bad = bad_tensor(o, steps->trainable), *extreme = "";
    char why[EXTREME_TEXT + 2];
    for (int32_t i = 0; i < steps->terms && *extreme == '\0'; i++) extreme = extreme_of(o, &steps->term[i], why);
    return cama__error(CAMA_E_NONFINITE,
                       "step %lld: expected a finite gradient, got %s%s%s; parameters are those before the step",
                       (long long)o->steps,
                       bad != NULL ? "one that is not in " : "numbers whose squares are too large for a float",
                       bad != NULL ? bad : "", extreme);
}

/* Add the gradient of one term. */
static int32_t add_term(cama__steps *steps, cama__term *t, double kl_weight, double *mean, int64_t *examples)
{
    const int64_t *rows = NULL;
    const int64_t n = cama__stream_next(&t->stream, t->batch, &rows);
    cama_optimizer *o = steps->optimizer;
    t->options.step = (uint32_t)o->steps;
    t->options.kl_weight = kl_weight;
    cama__batch batch = cama__batch_fill(&t->room, steps->session->pool, t->stream.dataset, rows, 0, n, true);
    if (t->drop > 0) cama__batch_drop(&t->room, t->drop, t->options.seed, t->options.step, &batch);
    const int32_t status = t->add(steps, t, &batch, t->weight / (double)n, steps->values);
    if (status != CAMA_OK) return status;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += steps->values[i];
    *mean = t->mean = sum / (double)n;
    *examples = n;
    t->taken = rows;
    t->examples = n;
    if (isfinite(*mean)) return CAMA_OK;
    char why[EXTREME_TEXT + 2];
    return cama__error(CAMA_E_NONFINITE,
                       "step %lld: expected a finite objective of the %s examples, got %g%s; parameters are those "
                       "before the step",
                       (long long)o->steps, t->name, *mean, extreme_of(o, t, why));
}

/* What is stepped, with its gradient: theta, or what TENT adapts. */
static cama_optimizer *stepped(cama__steps *steps)
{
    if (steps->tent == NULL) return steps->optimizer;
    cama__tent_gradient(steps->tent, steps->optimizer->gradient);
    return steps->tent->optimizer;
}

int32_t cama__steps_take(cama__steps *steps, double factor, double kl_weight, double *objective, int64_t *examples)
{
    cama_optimizer *o = steps->optimizer;
    int32_t status = CAMA_OK;
    double total = 0;
    cama__optim_zero(o, steps->session->pool);
    for (int32_t i = 0; i < steps->terms; i++) {
        double mean = 0;
        int64_t n = 0;
        TRY(add_term(steps, &steps->term[i], kl_weight, &mean, &n));
        if (!steps->term[i].apart) total += steps->term[i].weight * mean;
        if (i == 0) *examples = n;
    }
    o = stepped(steps);
    cama__optim_penalise(o, steps->trainable);
    const double norm = cama__optim_norm(o, steps->trainable, steps->session->pool);
    if (!isfinite(norm)) TRY(gradient_error(steps, o));
    cama__optim_step(o, steps->trainable, factor, norm, steps->session->pool);
    if (steps->tent != NULL) cama__tent_fold(steps->tent);
    steps->optimizer->steps = o->steps;
    *objective = total;
out:
    return status;
}
