/* gauss - each verb is one elementwise span over a tile (features, NR); tiles are folded over features or added to the
 * posterior's rows. A missing eps, dz or dratio is a tile of zeros: one code for all. */
#include "gauss.h"

#include "../base/elementary.h"

#define TILE_NUMBERS (CAMA__TILE * CAMA__LANES)

static const real zeros[TILE_NUMBERS];

typedef struct {
    int64_t rows, latent;
    const real *post, *eps, *z, *dz;
    const int32_t *q;
    const double *weight; /* dratio or dkl */
    real *out;            /* z or dpost */
    double *sum;          /* kl or ratio */
} plan;

/* Comparisons are written so that NaN stays NaN. */
static inline real bounded(real lv)
{
    const real bound = CAMA__LV_BOUND;
    return lv > bound ? bound : lv < -bound ? -bound : lv;
}

/* 1 where the bound lets the gradient of lv through. */
static inline real passes(real lv)
{
    const real bound = CAMA__LV_BOUND;
    return lv > bound ? (real)0 : lv < -bound ? (real)0 : (real)1;
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static const real *or_zeros(const real *tensor, int64_t offset) { return tensor != NULL ? tensor + offset : zeros; }

/* ---- Spans ------------------------------------------------------------------------------------------------------ */

CAMA__CLONES static void span_sample(int64_t n, const real *restrict mu, const real *restrict lv,
                                     const real *restrict eps, real *restrict z)
{
    for (int64_t i = 0; i < n; i++) z[i] = mu[i] + cama__exp((real)0.5 * bounded(lv[i])) * eps[i];
}

CAMA__CLONES static void span_kl(int64_t n, const real *restrict mu, const real *restrict lv, double *restrict term)
{
    for (int64_t i = 0; i < n; i++) {
        const real l = bounded(lv[i]);
        term[i] = 0.5 * ((double)mu[i] * (double)mu[i] + ((double)cama__exp(l) - (double)l - 1));
    }
}

CAMA__CLONES static void span_ratio(int64_t n, const real *restrict lv, const real *restrict eps,
                                    const real *restrict z, double *restrict term)
{
    for (int64_t i = 0; i < n; i++)
        term[i] = 0.5 * ((double)eps[i] * (double)eps[i] + (double)bounded(lv[i]) - (double)z[i] * (double)z[i]);
}

/* z = mu + s eps, s = exp(lv/2): dz of this row's own ratio is -w z, ds/dlv = s/2, and the ratio's lv is worth w/2. */
CAMA__CLONES static void span_sample_backward(int64_t n, const real *restrict lv, const real *restrict eps,
                                              const real *restrict z, const real *restrict dz, const real *restrict w,
                                              real *restrict dmu, real *restrict dlv)
{
    for (int64_t i = 0; i < n; i++) {
        const real total = dz[i] - w[i] * z[i];
        const real s = cama__exp((real)0.5 * bounded(lv[i]));
        dmu[i] = total;
        dlv[i] = passes(lv[i]) * (real)0.5 * (total * eps[i] * s + w[i]);
    }
}

CAMA__CLONES static void span_kl_backward(int64_t n, const real *restrict mu, const real *restrict lv,
                                          const real *restrict w, real *restrict dmu, real *restrict dlv)
{
    for (int64_t i = 0; i < n; i++) {
        dmu[i] = w[i] * mu[i];
        dlv[i] = passes(lv[i]) * (real)0.5 * w[i] * (cama__exp(bounded(lv[i])) - 1);
    }
}

CAMA__CLONES static void span_add(int64_t n, const double *restrict src, double *restrict dst)
{
    for (int64_t i = 0; i < n; i++) dst[i] += src[i];
}

/* ---- Verbs ------------------------------------------------------------------------------------------------------ */

/* sum[lane] += the terms of that lane. In halves: spans stay long, and a lane's order is that of its features alone. */
static void fold(int64_t count, int64_t nr, double *term, double *sum)
{
    int64_t width = 1;
    while (width < count) width *= 2;
    for (int64_t i = count * nr; i < width * nr; i++) term[i] = 0;
    for (width /= 2; width > 0; width /= 2) span_add(width * nr, term + width * nr, term);
    for (int64_t j = 0; j < nr; j++) sum[j] += term[j];
}

static void sample_block(void *arg, int64_t block)
{
    const plan *p = arg;
    cama__rows_map map;
    real mu_scratch[TILE_NUMBERS], lv_scratch[TILE_NUMBERS];
    cama__rows_look(p->q, p->rows, block, 2 * p->latent, &map);
    for (int64_t first = 0; first < p->latent; first += CAMA__TILE) {
        const int64_t count = smaller(CAMA__TILE, p->latent - first), at = (block * p->latent + first) * map.nr;
        const real *mu = cama__rows_tile(&map, p->post, first, count, mu_scratch);
        const real *lv = cama__rows_tile(&map, p->post, p->latent + first, count, lv_scratch);
        span_sample(count * map.nr, mu, lv, or_zeros(p->eps, at), p->out + at);
        cama__rows_clear(p->rows, block, count, p->out + at);
    }
}

void cama__gauss_sample(const cama__exec *exec, int64_t rows, int64_t latent, const real *post, const int32_t *q,
                        const real *eps, real *z)
{
    plan p = {.rows = rows, .latent = latent, .post = post, .q = q, .eps = eps, .out = z};
    cama__rows_each_block(exec, rows, latent, sample_block, &p);
}

static void kl_block(void *arg, int64_t block)
{
    const plan *p = arg;
    cama__rows_map map;
    double term[TILE_NUMBERS], sum[CAMA__LANES] = {0};
    cama__rows_look(NULL, p->rows, block, 2 * p->latent, &map);
    for (int64_t first = 0; first < p->latent; first += CAMA__TILE) {
        const int64_t count = smaller(CAMA__TILE, p->latent - first);
        const real *mu = cama__rows_tile(&map, p->post, first, count, NULL); /* aligned: no scratch */
        const real *lv = cama__rows_tile(&map, p->post, p->latent + first, count, NULL);
        span_kl(count * map.nr, mu, lv, term);
        fold(count, map.nr, term, sum);
    }
    memcpy(p->sum + block * map.nr, sum, (size_t)map.lanes * sizeof *sum);
}

void cama__gauss_kl(const cama__exec *exec, int64_t rows, int64_t latent, const real *post, double *kl)
{
    plan p = {.rows = rows, .latent = latent, .post = post, .sum = kl};
    cama__rows_each_block(exec, rows, latent, kl_block, &p);
}

static void ratio_block(void *arg, int64_t block)
{
    const plan *p = arg;
    cama__rows_map map;
    real lv_scratch[TILE_NUMBERS];
    double term[TILE_NUMBERS], sum[CAMA__LANES] = {0};
    cama__rows_look(p->q, p->rows, block, 2 * p->latent, &map);
    for (int64_t first = 0; first < p->latent; first += CAMA__TILE) {
        const int64_t count = smaller(CAMA__TILE, p->latent - first), at = (block * p->latent + first) * map.nr;
        const real *lv = cama__rows_tile(&map, p->post, p->latent + first, count, lv_scratch);
        span_ratio(count * map.nr, lv, or_zeros(p->eps, at), p->z + at, term);
        fold(count, map.nr, term, sum);
    }
    memcpy(p->sum + block * map.nr, sum, (size_t)map.lanes * sizeof *sum);
}

static plan plan_of(const cama__gauss_draws *d)
{
    return (plan){.rows = d->rows, .latent = d->latent, .post = d->post, .q = d->q, .eps = d->eps, .z = d->z};
}

void cama__gauss_ratio(const cama__exec *exec, const cama__gauss_draws *d, double *ratio)
{
    plan p = plan_of(d);
    p.sum = ratio;
    cama__rows_each_block(exec, d->rows, d->latent, ratio_block, &p);
}

/* Latent dimensions first .. first+count-1 of all rows, block by block. */
static void sample_backward_range(void *arg, int64_t start, int64_t extent)
{
    const plan *p = arg;
    const int64_t blocks = cama__blocks(p->rows);
    cama__rows_map map;
    real lv_scratch[TILE_NUMBERS], weight[TILE_NUMBERS], dmu[TILE_NUMBERS], dlv[TILE_NUMBERS];
    for (int64_t block = 0; block < blocks; block++) {
        cama__rows_look(p->q, p->rows, block, 2 * p->latent, &map);
        if (p->weight != NULL) cama__rows_spread(p->weight, p->rows, block, smaller(CAMA__TILE, extent), weight);
        for (int64_t first = start; first < start + extent; first += CAMA__TILE) {
            const int64_t count = smaller(CAMA__TILE, start + extent - first);
            const int64_t at = (block * p->latent + first) * map.nr;
            const real *lv = cama__rows_tile(&map, p->post, p->latent + first, count, lv_scratch);
            span_sample_backward(count * map.nr, lv, or_zeros(p->eps, at), p->z + at, or_zeros(p->dz, at),
                                 p->weight != NULL ? weight : zeros, dmu, dlv);
            cama__rows_tile_add(&map, dmu, first, count, p->out);
            cama__rows_tile_add(&map, dlv, p->latent + first, count, p->out);
        }
    }
}

void cama__gauss_sample_backward(const cama__exec *exec, const cama__gauss_draws *d, const real *dz,
                                 const double *dratio, real *dpost)
{
    plan p = plan_of(d);
    p.dz = dz, p.weight = dratio, p.out = dpost;
    cama__rows_each_range(exec, d->rows, d->latent, sample_backward_range, &p);
}

static void kl_backward_block(void *arg, int64_t block)
{
    const plan *p = arg;
    cama__rows_map map;
    real weight[TILE_NUMBERS], dmu[TILE_NUMBERS], dlv[TILE_NUMBERS];
    cama__rows_look(NULL, p->rows, block, 2 * p->latent, &map);
    cama__rows_spread(p->weight, p->rows, block, smaller(CAMA__TILE, p->latent), weight);
    for (int64_t first = 0; first < p->latent; first += CAMA__TILE) {
        const int64_t count = smaller(CAMA__TILE, p->latent - first);
        const real *mu = cama__rows_tile(&map, p->post, first, count, NULL); /* aligned: no scratch */
        const real *lv = cama__rows_tile(&map, p->post, p->latent + first, count, NULL);
        span_kl_backward(count * map.nr, mu, lv, weight, dmu, dlv);
        cama__rows_tile_add(&map, dmu, first, count, p->out);
        cama__rows_tile_add(&map, dlv, p->latent + first, count, p->out);
    }
}

void cama__gauss_kl_backward(const cama__exec *exec, int64_t rows, int64_t latent, const real *post, const double *dkl,
                             real *dpost)
{
    plan p = {.rows = rows, .latent = latent, .post = post, .weight = dkl, .out = dpost};
    cama__rows_each_block(exec, rows, latent, kl_backward_block, &p);
}
