/* dropout - see dropout.h. */
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

void cama__dropout_forward(cama__pool *pool, const cama__dropout_keys *keys, double rate, int32_t layer, int64_t blocks,
                           int64_t features, const real *in, real *out, uint8_t *kept)
{
    const int64_t count = features * cama__kernel()->nr;
    dropout d = {keys, (real)rate, (real)(1 / (1 - rate)), layer, count, features, in, out, kept};
    if (keys != NULL) {
        cama__pool_run(pool, blocks, forward_block, &d);
        return;
    }
    memcpy(out, in, (size_t)(blocks * count) * sizeof *out);
    memset(kept, 1, (size_t)(blocks * count));
}

void cama__dropout_backward(cama__pool *pool, double rate, bool dropped, int64_t blocks, int64_t features,
                            const uint8_t *kept, const real *dout, real *din)
{
    (void)pool;
    const real scale = dropped ? (real)(1 / (1 - rate)) : 1;
    for (int64_t i = 0; i < blocks * features * cama__kernel()->nr; i++) din[i] = kept[i] ? dout[i] * scale : 0;
}
