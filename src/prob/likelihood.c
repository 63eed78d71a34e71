/* likelihood - a kind is a row of a table of elementwise spans over tiles (features, NR). What a kind has besides, the
 * learned variance, enters as a tile of precisions exp(-lv_d). */
#include "likelihood.h"

#include "../base/elementary.h"

#define TILE_NUMBERS (CAMA__TILE * CAMA__LANES)
#define LOG_2_PI 1.837877066409345483560659472811

typedef struct {
    int64_t rows, dims;
    const real *params, *x, *scale;
    const int32_t *x_row;
    const double *dlogp;
    const struct kind *kind;
    double constant; /* what every row's logp has in common */
    double *logp;
    real *dparams, *dx, *dscale, *work; /* work (blocks, D) */
} plan;

/* ---- Spans: p params, x observations, iv precisions, w the row's dlogp ------------------------------------------- */

typedef void forward_span(int64_t n, const real *restrict p, const real *restrict x, const real *restrict iv,
                          real *restrict out);
typedef void backward_span(int64_t n, const real *restrict p, const real *restrict x, const real *restrict iv,
                           const real *restrict w, real *restrict out);

/* x l - softplus(l), softplus taken apart so that a sure and right pixel does not cancel. */
CAMA__CLONES static void bernoulli_forward(int64_t n, const real *restrict p, const real *restrict x,
                                           const real *restrict iv, real *restrict out)
{
    (void)iv;
    for (int64_t i = 0; i < n; i++) {
        const real l = p[i];
        out[i] = (x[i] * l - (l < 0 ? 0 : l)) - cama__log1p_exp_neg(l < 0 ? -l : l);
    }
}

CAMA__CLONES static void bernoulli_params(int64_t n, const real *restrict p, const real *restrict x,
                                          const real *restrict iv, const real *restrict w, real *restrict out)
{
    (void)iv;
    for (int64_t i = 0; i < n; i++) out[i] = w[i] * (x[i] - cama__sigmoid(p[i]));
}

CAMA__CLONES static void bernoulli_x(int64_t n, const real *restrict p, const real *restrict x, const real *restrict iv,
                                     const real *restrict w, real *restrict out)
{
    (void)iv;
    (void)x;
    for (int64_t i = 0; i < n; i++) out[i] = w[i] * p[i];
}

CAMA__CLONES static void gaussian_forward(int64_t n, const real *restrict p, const real *restrict x,
                                          const real *restrict iv, real *restrict out)
{
    for (int64_t i = 0; i < n; i++) {
        const real e = x[i] - p[i];
        out[i] = (real)-0.5 * (e * e * iv[i]);
    }
}

CAMA__CLONES static void gaussian_params(int64_t n, const real *restrict p, const real *restrict x,
                                         const real *restrict iv, const real *restrict w, real *restrict out)
{
    for (int64_t i = 0; i < n; i++) out[i] = w[i] * ((x[i] - p[i]) * iv[i]);
}

CAMA__CLONES static void gaussian_x(int64_t n, const real *restrict p, const real *restrict x, const real *restrict iv,
                                    const real *restrict w, real *restrict out)
{
    for (int64_t i = 0; i < n; i++) out[i] = w[i] * ((p[i] - x[i]) * iv[i]);
}

/* Twice d logp / d lv. */
CAMA__CLONES static void gaussian_scale(int64_t n, const real *restrict p, const real *restrict x,
                                        const real *restrict iv, const real *restrict w, real *restrict out)
{
    for (int64_t i = 0; i < n; i++) {
        const real e = x[i] - p[i];
        out[i] = w[i] * (e * e * iv[i] - 1);
    }
}

CAMA__CLONES static void sigmoid_span(int64_t n, real *p)
{
    for (int64_t i = 0; i < n; i++) p[i] = cama__sigmoid(p[i]);
}

CAMA__CLONES static void span_add(int64_t n, const real *restrict src, real *restrict dst)
{
    for (int64_t i = 0; i < n; i++) dst[i] += src[i];
}

/* ---- The table -------------------------------------------------------------------------------------------------- */

typedef struct kind {
    const char *name;
    forward_span *forward;
    backward_span *params, *x, *scale; /* scale NULL: the kind has none */
    void (*mean)(int64_t n, real *p);  /* NULL: params are the mean */
} kind_row;

static const kind_row kinds[] = {
    [LIKELIHOOD_BERNOULLI] = {"bernoulli", bernoulli_forward, bernoulli_params, bernoulli_x, NULL, sigmoid_span},
    [LIKELIHOOD_GAUSSIAN] = {"gaussian", gaussian_forward, gaussian_params, gaussian_x, gaussian_scale, NULL},
};
#define KINDS ((int32_t)(sizeof kinds / sizeof *kinds))

const char *cama__likelihood_name(int32_t kind) { return kind >= 0 && kind < KINDS ? kinds[kind].name : "unknown"; }

int32_t cama__likelihood_parse(const char *name, int32_t *kind)
{
    for (int32_t i = 0; name != NULL && i < KINDS; i++) {
        if (strcmp(name, kinds[i].name) != 0) continue;
        *kind = i;
        return CAMA_OK;
    }
    return cama__error(CAMA_E_OPTION, "likelihood: expected \"%s\" or \"%s\", got \"%.64s\"",
                       kinds[LIKELIHOOD_BERNOULLI].name, kinds[LIKELIHOOD_GAUSSIAN].name, name != NULL ? name : "");
}

/* ---- Scale ------------------------------------------------------------------------------------------------------ */

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* lv = floor + softplus(rho - floor) is bounded below and nearly rho above. */
static inline real log_variance(real rho)
{
    return CAMA__LIKELIHOOD_FLOOR + cama__softplus(rho - CAMA__LIKELIHOOD_FLOOR);
}

CAMA__CLONES static void span_precision(int64_t n, const real *restrict rho, real *restrict iv)
{
    for (int64_t i = 0; i < n; i++) iv[i] = cama__exp(-log_variance(rho[i]));
}

/* tile (count, NR) of exp(-lv_d). */
static void precisions(const plan *p, int64_t first, int64_t count, real *tile)
{
    const int64_t nr = cama__kernel()->nr;
    real iv[CAMA__TILE];
    if (p->kind->scale == NULL) return;
    span_precision(count, p->scale + first, iv);
    for (int64_t f = 0; f < count; f++)
        for (int64_t j = 0; j < nr; j++) tile[f * nr + j] = iv[f];
}

/* ---- Forward ---------------------------------------------------------------------------------------------------- */

/* sum[lane] += the terms of that lane. In halves: spans stay long, and a lane's order is that of its features alone. */
static void fold(int64_t count, int64_t nr, real *term, double *sum)
{
    int64_t width = 1;
    while (width < count) width *= 2;
    for (int64_t i = count * nr; i < width * nr; i++) term[i] = 0;
    for (width /= 2; width > 0; width /= 2) span_add(width * nr, term + width * nr, term);
    for (int64_t j = 0; j < nr; j++) sum[j] += (double)term[j];
}

static void forward_block(void *arg, int64_t block)
{
    const plan *p = arg;
    cama__rows_map map;
    real scratch[TILE_NUMBERS], iv[TILE_NUMBERS], term[TILE_NUMBERS];
    double sum[CAMA__LANES] = {0};
    cama__rows_look(p->x_row, p->rows, block, p->dims, &map);
    for (int64_t first = 0; first < p->dims; first += CAMA__TILE) {
        const int64_t count = smaller(CAMA__TILE, p->dims - first);
        const real *x = cama__rows_tile(&map, p->x, first, count, scratch);
        precisions(p, first, count, iv);
        p->kind->forward(count * map.nr, p->params + (block * p->dims + first) * map.nr, x, iv, term);
        fold(count, map.nr, term, sum);
    }
    for (int64_t j = 0; j < map.lanes; j++) p->logp[block * map.nr + j] = sum[j] + p->constant;
}

void cama__likelihood_forward(cama__pool *pool, int32_t kind, int64_t rows, int64_t dims, const real *params,
                              const real *x, const int32_t *x_row, const real *scale, double *logp)
{
    plan p = {.rows = rows, .dims = dims, .params = params, .x = x, .x_row = x_row, .scale = scale, .logp = logp};
    p.kind = &kinds[kind];
    for (int64_t d = 0; p.kind->scale != NULL && d < dims; d++)
        p.constant -= 0.5 * ((double)log_variance(scale[d]) + LOG_2_PI);
    cama__rows_each_block(pool, rows, dims, forward_block, &p);
}

/* ---- Backward --------------------------------------------------------------------------------------------------- */

/* work[block, d] = sum over the block's rows, in order. */
static void scale_tile(const cama__rows_map *map, int64_t count, const real *term, real *work)
{
    for (int64_t f = 0; f < count; f++) {
        double sum = 0;
        for (int64_t j = 0; j < map->lanes; j++) sum += (double)term[f * map->nr + j];
        work[f] = (real)sum;
    }
}

static void backward_block(void *arg, int64_t block)
{
    const plan *p = arg;
    cama__rows_map map;
    real scratch[TILE_NUMBERS], iv[TILE_NUMBERS], weight[TILE_NUMBERS], out[TILE_NUMBERS];
    cama__rows_look(p->x_row, p->rows, block, p->dims, &map);
    cama__rows_spread(p->dlogp, p->rows, block, smaller(CAMA__TILE, p->dims), weight);
    for (int64_t first = 0; first < p->dims; first += CAMA__TILE) {
        const int64_t count = smaller(CAMA__TILE, p->dims - first), n = count * map.nr;
        const int64_t at = (block * p->dims + first) * map.nr;
        const real *x = cama__rows_tile(&map, p->x, first, count, scratch);
        precisions(p, first, count, iv);
        if (p->dx != NULL) {
            p->kind->x(n, p->params + at, x, iv, weight, p->dx + at);
            cama__rows_clear(p->rows, block, count, p->dx + at);
        }
        if (p->dscale != NULL) {
            p->kind->scale(n, p->params + at, x, iv, weight, out);
            scale_tile(&map, count, out, p->work + block * p->dims + first);
        }
        /* Last, and by way of a tile: dparams may be params. */
        p->kind->params(n, p->params + at, x, iv, weight, out);
        cama__rows_clear(p->rows, block, count, out);
        memcpy(p->dparams + at, out, (size_t)n * sizeof *out);
    }
}

/* dscale[d] += d lv_d / d rho_d * the sum of each block, block after block: the bits do not depend on how many a call
 * sees. */
static void scale_range(void *arg, int64_t first, int64_t count)
{
    const plan *p = arg;
    const int64_t blocks = cama__blocks(p->rows);
    for (int64_t d = first; d < first + count; d++) {
        const real slope = (real)0.5 * cama__sigmoid(p->scale[d] - CAMA__LIKELIHOOD_FLOOR);
        for (int64_t block = 0; block < blocks; block++) p->dscale[d] += slope * p->work[block * p->dims + d];
    }
}

int64_t cama__likelihood_work(int64_t rows, int64_t dims) { return cama__blocks(rows) * dims; }

void cama__likelihood_backward(cama__pool *pool, int32_t kind, int64_t rows, int64_t dims, const real *params,
                               const real *x, const int32_t *x_row, const real *scale, const double *dlogp,
                               real *dparams, real *dx, real *dscale, real *work)
{
    plan p = {.rows = rows, .dims = dims, .params = params, .x = x, .x_row = x_row, .scale = scale, .dlogp = dlogp};
    p.kind = &kinds[kind];
    p.dparams = dparams;
    p.dx = dx;
    p.dscale = p.kind->scale != NULL ? dscale : NULL;
    p.work = work;
    cama__rows_each_block(pool, rows, dims, backward_block, &p);
    if (p.dscale != NULL) cama__rows_each_range(pool, cama__blocks(rows), dims, scale_range, &p);
}

/* ---- Mean ------------------------------------------------------------------------------------------------------- */

static void mean_block(void *arg, int64_t block)
{
    const plan *p = arg;
    const int64_t n = p->dims * cama__kernel()->nr;
    p->kind->mean(n, p->dparams + block * n);
}

void cama__likelihood_mean(cama__pool *pool, int32_t kind, int64_t rows, int64_t dims, real *params)
{
    plan p = {.rows = rows, .dims = dims, .kind = &kinds[kind], .dparams = params};
    if (p.kind->mean != NULL) cama__rows_each_block(pool, rows, dims, mean_block, &p);
}
