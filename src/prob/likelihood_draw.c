/* likelihood_draw - a draw from p(x|.) out of its mean: one counter of the generator for two numbers of a row, so that
 * any number's noise is had without what comes before it. */
#include "../base/rng.h"
#include "likelihood.h"

#define TWO_PI 6.283185307179586476925286766559
#define BLOCK_BITS 24

typedef struct {
    int64_t rows, dims, outputs;
    const cama__likelihood *likelihood;
    const real *scale;
    uint64_t seed;
    uint32_t first;
    real *params;
} plan;

/* u and v of number d of an example, by the formulas of rng.h. */
static void noise(const plan *p, uint32_t example, int64_t d, real *u, real *v)
{
    const uint64_t block = (uint64_t)d / 2;
    const uint32_t low = (uint32_t)block & ((1u << BLOCK_BITS) - 1), high = (uint32_t)(block >> BLOCK_BITS);
    const uint32_t counter[4] = {(uint32_t)RNG_X << BLOCK_BITS | low, 0, example - high, 0};
    const uint32_t key[2] = {(uint32_t)p->seed, (uint32_t)(p->seed >> 32)};
    uint32_t words[4];
    cama__rng_philox(counter, key, words);
    const uint32_t *word = words + d % 2 * 2;
    *u = ((real)(int32_t)(word[0] >> 9) + (real)0.5) * (real)0x1p-23;
    *v = ((real)(int32_t)(word[1] >> 9) + (real)0.5) * (real)0x1p-23;
}

/* ---- Kinds: one row's numbers of a span, mean[d * nr] in, draw out ----------------------------------------------- */

typedef void draw_span(const plan *p, const cama__likelihood_span *span, uint32_t example, int64_t nr, real *x);

static double spread_of(const plan *p, int64_t nr, const real *x)
{
    return p->likelihood->variance ? cama__likelihood_spread((double)x[p->dims * nr]) : 0;
}

static void draw_bernoulli(const plan *p, const cama__likelihood_span *span, uint32_t example, int64_t nr, real *x)
{
    for (int64_t i = 0; i < span->count; i++) {
        real u, v;
        noise(p, example, span->first + i, &u, &v);
        x[i * nr] = u < x[i * nr] ? 1 : 0;
    }
}

/* The squared length of Bailey's vector; a normal's has the limit of it at infinite nu. */
static double square(const plan *p, int32_t kind, double u)
{
    const double nu = p->likelihood->nu;
    return kind == LIKELIHOOD_STUDENT ? nu * expm1(-2 * log(u) / nu) : -2 * log(u);
}

static void draw_scaled(const plan *p, const cama__likelihood_span *span, uint32_t example, int64_t nr, real *x)
{
    for (int64_t i = 0; i < span->count; i++) {
        real u, v;
        noise(p, example, span->first + i, &u, &v);
        const double lv = (double)cama__likelihood_log_variance(p->scale[span->first + i]);
        const double sd = exp(0.5 * (lv + spread_of(p, nr, x + i * nr)));
        const double length = sqrt(square(p, span->kind, (double)u));
        x[i * nr] = (real)((double)x[i * nr] + sd * length * cos(TWO_PI * (double)v));
    }
}

/* u of the whole, which need not be 1 to the last bit: with the same order of additions the last level is always
 * enough, and no level of probability 0 is ever chosen. */
static void draw_categorical(const plan *p, const cama__likelihood_span *span, uint32_t example, int64_t nr, real *x)
{
    double whole = 0, sum = 0;
    int64_t chosen = 0;
    real u, v;
    noise(p, example, span->first, &u, &v);
    for (int64_t i = 0; i < span->count; i++) whole += (double)x[i * nr];
    for (sum = (double)x[0]; sum <= (double)u * whole && chosen + 1 < span->count; sum += (double)x[chosen * nr])
        chosen++;
    for (int64_t i = 0; i < span->count; i++) x[i * nr] = i == chosen ? 1 : 0;
}

static draw_span *const draws[] = {
    [LIKELIHOOD_BERNOULLI] = draw_bernoulli,
    [LIKELIHOOD_GAUSSIAN] = draw_scaled,
    [LIKELIHOOD_STUDENT] = draw_scaled,
    [LIKELIHOOD_CATEGORICAL] = draw_categorical,
};

/* ---- Blocks ----------------------------------------------------------------------------------------------------- */

static void draw_block(void *arg, int64_t block)
{
    const plan *p = arg;
    const int64_t nr = cama__kernel()->nr;
    for (int64_t r = block * nr; r < p->rows && r < (block + 1) * nr; r++)
        for (int32_t i = 0; i < p->likelihood->spans; i++) {
            const cama__likelihood_span *span = &p->likelihood->span[i];
            draws[span->kind](p, span, p->first + (uint32_t)r, nr, p->params + cama__at(r, span->first, p->outputs));
        }
}

void cama__likelihood_draw(const cama__exec *exec, const cama__likelihood *likelihood, int64_t rows, int64_t dims,
                           const real *scale, uint64_t seed, uint32_t first, real *params)
{
    plan p = {.rows = rows, .dims = dims, .likelihood = likelihood, .scale = scale, .params = params};
    p.outputs = cama__likelihood_outputs(likelihood, dims);
    p.seed = seed;
    p.first = first;
    cama__likelihood_mean(exec, likelihood, rows, dims, params);
    cama__rows_each_block(exec, rows, dims, draw_block, &p);
}
