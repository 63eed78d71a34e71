/* dropout - uniform numbers of a row's own key decide what it keeps. */
#include "dropout.h"

#include <string.h>

#include "../base/rng.h"

typedef struct {
    const cama__dropout_keys *keys;
    real rate, scale;
    int32_t layer;
    int64_t count, features; /* numbers of a block */
    const real *in;
    real *out;
    uint8_t *kept;
} dropout;

/* out holds the uniform numbers first. */
static void draw(const dropout *d, int64_t block, real *out)
{
    const int64_t nr = cama__kernel()->nr;
    for (int64_t lane = 0; lane < nr; lane++) {
        const int64_t row = block * nr + lane;
        const bool known = row < d->keys->n && d->keys->example != NULL;
        const cama__rng_key key = {.seed = d->keys->seed,
                                   .stream = RNG_DROPOUT,
                                   .sample = (uint32_t)d->layer,
                                   .example = known ? d->keys->example[row] : RNG_NO_EXAMPLE,
                                   .step = d->keys->step};
        cama__rng_uniforms(key, d->features, out + lane, nr);
    }
}

static void forward_block(void *arg, int64_t block, int32_t worker)
{
    (void)worker;
    const dropout *d = arg;
    const real *in = d->in + block * d->count;
    real *out = d->out + block * d->count;
    uint8_t *kept = d->kept + block * d->count;
    draw(d, block, out);
    for (int64_t i = 0; i < d->count; i++) {
        kept[i] = out[i] >= d->rate;
        out[i] = kept[i] ? in[i] * d->scale : 0;
    }
}

static void backward_block(void *arg, int64_t block, int32_t worker)
{
    (void)worker;
    const dropout *d = arg;
    const real *dout = d->in + block * d->count;
    const uint8_t *kept = d->kept + block * d->count;
    real *din = d->out + block * d->count;
    for (int64_t i = 0; i < d->count; i++) din[i] = kept[i] ? dout[i] * d->scale : 0;
}

static void pass_block(void *arg, int64_t block, int32_t worker)
{
    (void)worker;
    const dropout *d = arg;
    memcpy(d->out + block * d->count, d->in + block * d->count, (size_t)d->count * sizeof *d->out);
    memset(d->kept + block * d->count, 1, (size_t)d->count);
}

void cama__dropout_forward(const cama__exec *exec, double rate, int32_t layer, int64_t rows, int64_t features,
                           const real *in, real *out, uint8_t *kept)
{
    const int64_t count = features * cama__kernel()->nr;
    dropout d = {exec->dropout, (real)rate, (real)(1 / (1 - rate)), layer, count, features, in, out, kept};
    cama__exec_run(exec, cama__blocks(rows), exec->dropout != NULL ? forward_block : pass_block, &d);
}

void cama__dropout_backward(const cama__exec *exec, double rate, int64_t rows, int64_t features, const uint8_t *kept,
                            const real *dout, real *din)
{
    const int64_t count = features * cama__kernel()->nr;
    const real scale = exec->dropout != NULL ? (real)(1 / (1 - rate)) : 1;
    dropout d = {.scale = scale, .count = count, .in = dout, .out = din, .kept = (uint8_t *)(uintptr_t)kept};
    cama__exec_run(exec, cama__blocks(rows), backward_block, &d);
}
