/* contaminated - tiles of the log-density, of its slopes and of the restored image, one loop of each kind. */
#include "contaminated.h"

#include <string.h>

#include "../base/elementary.h"

enum { NUMBERS = CAMA__TILE * CAMA__LANES };

typedef struct {
    const cama__contaminated *c;
    const double *dlogp;
    double *logp, *dshare;
    real *dmean, *dx, *out;
} job;

/* One tile of a block: features [first, first + count) of nr lanes. */
typedef struct {
    int64_t block, first, count, at; /* at: place of the tile in a tensor (rows, D) */
    int32_t nr;
    const real *x, *mean, *share;
    real scratch[NUMBERS];
} tile;

/* odds = p^x (1-p)^(1-x) and its logarithm. */
static inline real log_odds(real p, real x) { return x * cama__log(p) + (1 - x) * cama__log(1 - p); }

CAMA__CLONES static void terms(int64_t count, int32_t nr, const real *restrict x, const real *restrict mean,
                               const real *restrict share, real *restrict out)
{
    for (int64_t f = 0; f < count; f++)
        for (int32_t l = 0; l < nr; l++) {
            const real p = mean[f * nr + l], b = log_odds(p, x[f * nr + l]);
            const real mixed = cama__log((1 - share[l]) * cama__exp(b) + share[l] * (real).5);
            out[f * nr + l] = share[l] == 0 ? b : mixed;
        }
}

CAMA__CLONES static void slopes(int64_t count, int32_t nr, const real *restrict x, const real *restrict mean,
                                const real *restrict share, const real *restrict d, real *restrict dmean,
                                real *restrict dx, real *restrict dshare)
{
    for (int64_t f = 0; f < count; f++)
        for (int32_t l = 0; l < nr; l++) {
            const int64_t i = f * nr + l;
            const real p = mean[i], v = x[i], e = cama__exp(log_odds(p, v));
            const real all = (1 - share[l]) * e + share[l] * (real).5;
            const real clean = share[l] == 0 ? 1 : (1 - share[l]) * e / all; /* probability that it is not anything */
            dmean[i] = d[l] * clean * (v / p - (1 - v) / (1 - p));
            dx[i] = d[l] * clean * (cama__log(p) - cama__log(1 - p));
            dshare[i] = d[l] * ((real).5 - e) / (all > 0 ? all : FLT_MIN);
        }
}

CAMA__CLONES static void restored(int64_t count, int32_t nr, const real *restrict x, const real *restrict mean,
                                  const real *restrict share, real *restrict out)
{
    for (int64_t f = 0; f < count; f++)
        for (int32_t l = 0; l < nr; l++) {
            const int64_t i = f * nr + l;
            const real e = cama__exp(log_odds(mean[i], x[i])), any = share[l] * (real).5;
            const real replaced = share[l] == 0 ? 0 : any / ((1 - share[l]) * e + any);
            out[i] = x[i] + replaced * (mean[i] - x[i]);
        }
}

/* task(j, t) for each tile of a block. */
static void each_tile(const job *j, int64_t block, void (*task)(const job *j, tile *t, void *arg), void *arg)
{
    const cama__contaminated *c = j->c;
    const int32_t nr = (int32_t)cama__kernel()->nr;
    tile t = {.block = block, .nr = nr, .share = c->share + block * nr};
    cama__rows_map map;
    cama__rows_look(c->x_row, c->rows, block, c->dims, &map);
    for (t.first = 0; t.first < c->dims; t.first += CAMA__TILE) {
        t.count = c->dims - t.first < CAMA__TILE ? c->dims - t.first : CAMA__TILE;
        t.at = (block * c->dims + t.first) * nr;
        t.mean = c->mean + t.at;
        t.x = cama__rows_tile(&map, c->x, t.first, t.count, t.scratch);
        task(j, &t, arg);
    }
}

/* sum (NR) += the tile's numbers, features in order. */
static void add_up(const tile *t, const real *numbers, double *sum)
{
    for (int32_t l = 0; l < t->nr; l++) {
        real part = 0;
        for (int64_t f = 0; f < t->count; f++) part += numbers[f * t->nr + l];
        sum[l] += (double)part;
    }
}

static void write_lanes(const job *j, int64_t block, const double *sum, double *out)
{
    const int64_t nr = cama__kernel()->nr;
    for (int64_t l = 0; l < nr && block * nr + l < j->c->rows; l++) out[block * nr + l] = sum[l];
}

static void forward_tile(const job *j, tile *t, void *sum)
{
    real out[NUMBERS];
    (void)j;
    terms(t->count, t->nr, t->x, t->mean, t->share, out);
    add_up(t, out, sum);
}

static void forward_block(void *arg, int64_t block)
{
    const job *j = arg;
    double sum[CAMA__LANES] = {0};
    each_tile(j, block, forward_tile, sum);
    write_lanes(j, block, sum, j->logp);
}

void cama__contaminated_forward(const cama__exec *exec, const cama__contaminated *c, double *logp)
{
    job j = {.c = c, .logp = logp};
    cama__rows_each_block(exec, c->rows, c->dims, forward_block, &j);
}

static void backward_tile(const job *j, tile *t, void *sum)
{
    real d[CAMA__LANES], dmean[NUMBERS], dx[NUMBERS], dshare[NUMBERS];
    for (int32_t l = 0; l < t->nr; l++)
        d[l] = t->block * t->nr + l < j->c->rows ? (real)j->dlogp[t->block * t->nr + l] : 0;
    slopes(t->count, t->nr, t->x, t->mean, t->share, d, dmean, dx, dshare);
    memcpy(j->dmean + t->at, dmean, (size_t)(t->count * t->nr) * sizeof *dmean);
    if (j->dx != NULL) memcpy(j->dx + t->at, dx, (size_t)(t->count * t->nr) * sizeof *dx);
    add_up(t, dshare, sum);
}

static void backward_block(void *arg, int64_t block)
{
    const job *j = arg;
    double sum[CAMA__LANES] = {0};
    each_tile(j, block, backward_tile, sum);
    write_lanes(j, block, sum, j->dshare);
}

void cama__contaminated_backward(const cama__exec *exec, const cama__contaminated *c, const double *dlogp, real *dmean,
                                 real *dx, double *dshare)
{
    job j = {.c = c, .dlogp = dlogp, .dmean = dmean, .dx = dx, .dshare = dshare};
    cama__rows_each_block(exec, c->rows, c->dims, backward_block, &j);
}

static void restore_tile(const job *j, tile *t, void *arg)
{
    (void)arg;
    restored(t->count, t->nr, t->x, t->mean, t->share, j->out + t->at);
}

static void restore_block(void *arg, int64_t block) { each_tile(arg, block, restore_tile, NULL); }

void cama__contaminated_restore(const cama__exec *exec, const cama__contaminated *c, real *out)
{
    job j = {.c = c, .out = out};
    cama__rows_each_block(exec, c->rows, c->dims, restore_block, &j);
}
