/* train_plan - what the options leave open, from the number of rows; the learning rate and the weight of the KL by
 * step. */
#include "train_plan.h"

#include <math.h>

#include "../base/arith.h"

static const double pi = 3.14159265358979323846;

enum { VECTORS, IMAGES, LINEAR };

/* What small data need: at least so many steps and passes, in batches of at most `few` rows, or of `many` from
 * MANY_ROWS on. A network of images learns from fewer passes, each of which takes long; a logistic regression goes to
 * its maximum in large steps (optim.c), of which more are needed.
 *
 * A network that goes through a few hundred rows a hundred times learns them by heart: it stops after `enough` passes,
 * if these are `some` steps (docs/model.md, Training). A logistic regression has a penalty in their place. */
static const struct {
    int64_t steps, epochs, few, many, enough, some;
} least[] = {[VECTORS] = {1500, 20, 32, 128, 60, 800},
             [IMAGES] = {1000, 10, 64, 64, INT64_MAX, 0},
             [LINEAR] = {5000, 20, 32, 128, INT64_MAX, 0}};
enum { MANY_ROWS = 4096, LONGEST_WARMUP = 100, STEPS_OF_A_RISE = 10, LEAST_PATIENCE = 5 };

static int64_t passes(int kind, int64_t in_epoch)
{
    const int64_t learn = cama__ceil_div(least[kind].steps, in_epoch);
    const int64_t enough = cama__most(least[kind].enough, cama__ceil_div(least[kind].some, in_epoch));
    return cama__most(least[kind].epochs, cama__least(learn, enough));
}

/* Standard normal weights in standard units: sum of log p(y|x) less |w|^2 / 2. Among many rows it is nothing. */
static double ridge(int kind, int64_t n) { return kind == LINEAR && n < MANY_ROWS ? 1 / (double)n : 0; }

cama__train_plan cama__train_plan_make(const cama_model *model, const cama__train_options *options, int64_t n)
{
    const bool images = cama__train_plan_images(model);
    const int kind = images ? IMAGES : cama__train_plan_linear(model) ? LINEAR : VECTORS;
    cama__train_plan p = {.o = *options};
    cama__train_options *o = &p.o;
    if (!o->batch_given) o->batch = n >= MANY_ROWS ? least[kind].many : least[kind].few;
    o->batch = cama__least(o->batch, n);
    const int64_t in_epoch = cama__ceil_div(n, o->batch);
    if (!o->epochs_given) o->epochs = passes(kind, in_epoch);
    p.ridge = ridge(kind, n);
    p.total = o->epochs * in_epoch;
    if (!o->warmup_given) o->warmup = cama__least(LONGEST_WARMUP, p.total / STEPS_OF_A_RISE);
    if (o->label_weight < 0) o->label_weight = images ? 0 : 2;
    if (model->spec.discriminative) o->label_weight = 0; /* its ELBO is log p(y|x) */
    if (o->patience < 0) o->patience = cama__most(LEAST_PATIENCE, o->epochs / 10);
    return p;
}

double cama__train_plan_rate(const cama__train_plan *p, int64_t step)
{
    const cama__train_options *o = &p->o;
    const double done = (double)step / (double)p->total;
    const double fall[] = {
        [SCHEDULE_CONSTANT] = 1, [SCHEDULE_COSINE] = 0.5 * (1 + cos(pi * done)), [SCHEDULE_LINEAR] = 1 - done};
    const double level = o->lr_final + (1 - o->lr_final) * fall[o->schedule];
    const double rise = step < o->warmup ? (double)(step + 1) / (double)o->warmup : 1;
    return rise * (o->schedule == SCHEDULE_CONSTANT ? 1 : level);
}

double cama__train_plan_kl(const cama__train_plan *p, int64_t step)
{
    const double length = p->o.kl_warmup * (double)p->total;
    return p->o.kl_weight * ((double)step < length ? (double)step / length : 1);
}
