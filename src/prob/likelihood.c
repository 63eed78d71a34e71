/* likelihood - a walk over the tiles of the spans of a block, at each of which the span's kind (likelihood_kind.h) does
 * its part: forward, backward or mean. */
#include "likelihood.h"

#define LOG_2_PI 1.837877066409345483560659472811

typedef struct {
    int64_t rows, dims, outputs; /* numbers of x, and of params */
    const cama__likelihood *likelihood;
    const real *params, *x, *scale;
    const int32_t *x_row;
    const double *dlogp;
    double constant; /* what every row's logp has in common */
    double *logp;
    real *dparams, *dx, *dscale, *sums; /* sums (blocks, D) */
} plan;

bool cama__likelihood_has_scale(const cama__likelihood *likelihood)
{
    bool found = false;
    for (int32_t i = 0; i < likelihood->spans; i++)
        found = found || cama__likelihood_kind_has_scale(likelihood->span[i].kind);
    return found;
}

/* ---- The walk: every tile of every span of a block --------------------------------------------------------------- */

typedef struct {
    const cama__likelihood_row *kind;
    const cama__likelihood_span *span;
    cama__rows_map map, seen_by;     /* where the rows look in x, and in observed */
    int64_t block, first, count, at; /* of the tile: its numbers of x, and its place in params */
    const real *x, *observed;        /* (count, NR); observed NULL: all are */
    cama__likelihood_beside beside;
    real spread[CAMA__TILE_NUMBERS], slope[CAMA__TILE_NUMBERS]; /* of lv, where params give it, and its d / d s */
    real scratch[CAMA__TILE_NUMBERS], weight[CAMA__TILE_NUMBERS], out[CAMA__TILE_NUMBERS];
    real looked[CAMA__TILE_NUMBERS],
        there[CAMA__TILE_NUMBERS]; /* of observed: its tile, and weights of what is there */
    const real *given;             /* weight or there */
    double sum[CAMA__LANES];
} walk;

typedef void tile_task(const plan *p, walk *w);

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

CAMA__CLONES static void span_add(int64_t n, const real *restrict src, real *restrict dst)
{
    for (int64_t i = 0; i < n; i++) dst[i] += src[i];
}

/* sum[lane] += the terms of that lane. In halves: spans stay long, and a lane's order is that of its features alone. */
static void fold(int64_t count, int64_t nr, real *term, double *sum)
{
    int64_t width = 1;
    while (width < count) width *= 2;
    for (int64_t i = count * nr; i < width * nr; i++) term[i] = 0;
    for (width /= 2; width > 0; width /= 2) span_add(width * nr, term + width * nr, term);
    for (int64_t j = 0; j < nr; j++) sum[j] += (double)term[j];
}

CAMA__CLONES static void span_precision(int64_t n, const real *restrict rho, real *restrict iv)
{
    for (int64_t i = 0; i < n; i++) iv[i] = cama__exp(-cama__likelihood_log_variance(rho[i]));
}

/* tile (count, NR) of exp(-lv_d). */
static void precisions(const plan *p, const walk *w, real *tile)
{
    const int64_t nr = w->map.nr;
    real iv[CAMA__TILE];
    span_precision(w->count, p->scale + w->first, iv);
    for (int64_t f = 0; f < w->count; f++)
        for (int64_t j = 0; j < nr; j++) tile[f * nr + j] = iv[f];
}

/* cama__likelihood_spread by the sigmoid of 2 s / SPREAD; precisions take it in. */
CAMA__CLONES static void span_spread(int64_t n, const real *restrict s, real *restrict spread, real *restrict slope,
                                     real *restrict iv)
{
    const real bound = CAMA__LIKELIHOOD_SPREAD;
    for (int64_t i = 0; i < n; i++) {
        const real share = cama__sigmoid(s[i] * (2 / bound));
        spread[i] = bound * (2 * share - 1);
        slope[i] = 4 * share * (1 - share);
        iv[i] *= cama__exp(-spread[i]);
    }
}

/* high[lane] = the largest of l (count, NR) in that lane, best[lane] = the first place it has. */
CAMA__CLONES static void span_high(int64_t count, int64_t nr, const real *restrict l, real *restrict high,
                                   int32_t *restrict best)
{
    for (int64_t j = 0; j < nr; j++) high[j] = l[j];
    for (int64_t j = 0; j < nr; j++) best[j] = 0;
    for (int64_t f = 1; f < count; f++)
        for (int64_t j = 0; j < nr; j++) {
            const real here = l[f * nr + j];
            best[j] = here > high[j] ? (int32_t)f : best[j];
            high[j] = here > high[j] ? here : high[j];
        }
}

CAMA__CLONES static void span_exp(int64_t n, const real *restrict l, const real *restrict high, real *restrict out)
{
    for (int64_t i = 0; i < n; i++) out[i] = cama__exp(l[i] - high[i]);
}

static void spread(int64_t count, int64_t nr, const real *lane, real *tile)
{
    for (int64_t f = 0; f < count; f++) memcpy(tile + f * nr, lane, (size_t)nr * sizeof *tile);
}

/* The softmax over a span, lane by lane. rest sums exp(l - high) without the largest itself, which is exactly 1: log(1
 * + rest) keeps the small loss of a sure and right prediction. */
static void normalise(const plan *p, walk *w, const cama__likelihood_span *span)
{
    const int64_t nr = w->map.nr, tile = smaller(CAMA__TILE, span->count);
    const real *l = p->params + (w->block * p->outputs + span->first) * nr;
    real high[CAMA__LANES], log_sum[CAMA__LANES], share[CAMA__LANES];
    double rest[CAMA__LANES] = {0}, mass[CAMA__LANES] = {0};
    int32_t best[CAMA__LANES];
    span_high(span->count, nr, l, high, best);
    spread(tile, nr, high, w->beside.high);
    for (int64_t first = 0; first < span->count; first += CAMA__TILE) {
        const int64_t count = smaller(CAMA__TILE, span->count - first);
        span_exp(count * nr, l + first * nr, w->beside.high, w->out);
        for (int64_t j = 0; j < nr; j++)
            if (best[j] >= first && best[j] < first + count) w->out[(best[j] - first) * nr + j] = 0;
        fold(count, nr, w->out, rest);
        if (p->dparams == NULL || p->x == NULL) continue;
        memcpy(w->out, cama__rows_tile(&w->map, p->x, span->first + first, count, w->scratch),
               (size_t)(count * nr) * sizeof *w->out);
        fold(count, nr, w->out, mass);
    }
    for (int64_t j = 0; j < nr; j++) {
        log_sum[j] = cama__log1p((real)rest[j]);
        share[j] = (real)((p->x != NULL ? mass[j] : 1) / (1 + rest[j]));
    }
    spread(tile, nr, log_sum, w->beside.log_sum);
    spread(tile, nr, share, w->beside.share);
}

static void walk_begin(const plan *p, int64_t block, walk *w)
{
    const double nu = p->likelihood->nu;
    w->block = block;
    w->beside.half = (real)((nu + 1) / 2);
    w->beside.inverse = (real)(1 / nu);
    w->beside.growth = (real)((nu + 1) / nu);
    cama__rows_look(p->x_row, p->rows, block, p->dims, &w->map);
    if (p->likelihood->observed != NULL)
        cama__rows_look(p->likelihood->observed_row, p->rows, block, p->dims, &w->seen_by);
}

/* The tile's observed numbers. */
static const real *observed_tile(const plan *p, walk *w)
{
    const real *observed = p->likelihood->observed;
    return observed == NULL ? NULL : cama__rows_tile(&w->seen_by, observed, w->first, w->count, w->looked);
}

/* Tiles begin anew with each span. */
static void walk_tiles(const plan *p, walk *w, tile_task *task)
{
    for (int32_t i = 0; i < p->likelihood->spans; i++) {
        const cama__likelihood_span *span = &p->likelihood->span[i];
        const int64_t end = span->first + span->count;
        w->kind = &cama__likelihood_rows[span->kind];
        w->span = span;
        if (span->kind == LIKELIHOOD_CATEGORICAL) normalise(p, w, span);
        for (w->first = span->first; w->first < end; w->first += CAMA__TILE) {
            w->count = smaller(CAMA__TILE, end - w->first);
            w->at = (w->block * p->outputs + w->first) * w->map.nr;
            if (p->x != NULL) w->x = cama__rows_tile(&w->map, p->x, w->first, w->count, w->scratch);
            w->observed = observed_tile(p, w);
            if (p->scale != NULL && w->kind->scale != NULL) {
                precisions(p, w, w->beside.iv);
                if (p->likelihood->variance)
                    span_spread(w->count * w->map.nr, p->params + w->at + p->dims * w->map.nr, w->spread, w->slope,
                                w->beside.iv);
            }
            task(p, w);
        }
    }
}

/* ---- Forward ---------------------------------------------------------------------------------------------------- */

/* What is constant of a student's logp, as gaussian's log 2 pi: log(nu pi) - 2 (log Gamma(a + 1/2) - log Gamma(a)), a =
 * nu / 2. The difference is taken as one, or at large nu it would cancel: log(b) / 2 less a series in 1/b, good to
 * 1e-16 from b = 16, to which Gamma(a) = Gamma(a + 1) / a leads. */
static double student_norm(double nu)
{
    const double a = nu / 2;
    double b = a, ratio = 1;
    for (; b < 16; b += 1) ratio *= b / (b + 0.5);
    const double c = 1 / b, u = c * c;
    const double series = c * (1. / 8 - u * (1. / 192 - u * (1. / 640 - u * (17. / 14336 - u * (31. / 18432)))));
    return LOG_2_PI + log(a / (b * ratio * ratio)) + 2 * series;
}

/* -2 log of the density at its peak where lv = 0. */
static double norm_of(const cama__likelihood *likelihood, int32_t kind)
{
    return kind == LIKELIHOOD_STUDENT ? student_norm(likelihood->nu) : LOG_2_PI;
}

static double constant_of(const cama__likelihood *likelihood, const real *scale)
{
    double constant = 0;
    for (int32_t i = 0; i < likelihood->spans; i++) {
        const cama__likelihood_span *span = &likelihood->span[i];
        if (!cama__likelihood_kind_has_scale(span->kind)) continue;
        const double norm = norm_of(likelihood, span->kind);
        for (int64_t d = span->first; d < span->first + span->count; d++)
            constant -= 0.5 * ((double)cama__likelihood_log_variance(scale[d]) + norm);
    }
    return constant;
}

/* dst = 0 where src is. */
CAMA__CLONES static void span_keep(int64_t n, const real *restrict src, real *restrict dst)
{
    for (int64_t i = 0; i < n; i++) dst[i] = src[i] != 0 ? dst[i] : 0;
}

/* Missing numbers take their part of the constant with them. */
static void leave_out(const plan *p, walk *w)
{
    const int64_t nr = w->map.nr;
    span_keep(w->count * nr, w->observed, w->out);
    if (!cama__likelihood_kind_has_scale(w->span->kind)) return;
    const double norm = norm_of(p->likelihood, w->span->kind);
    for (int64_t f = 0; f < w->count; f++) {
        const double term = 0.5 * ((double)cama__likelihood_log_variance(p->scale[w->first + f]) + norm);
        for (int64_t j = 0; j < nr; j++) w->sum[j] += w->observed[f * nr + j] != 0 ? 0 : term;
    }
}

static void forward_tile(const plan *p, walk *w)
{
    const int64_t n = w->count * w->map.nr;
    w->kind->forward(n, p->params + w->at, w->x, &w->beside, w->out);
    for (int64_t i = 0; p->likelihood->variance && w->kind->scale != NULL && i < n; i++)
        w->out[i] -= (real)0.5 * w->spread[i];
    if (w->observed != NULL) leave_out(p, w);
    fold(w->count, w->map.nr, w->out, w->sum);
}

static void forward_block(void *arg, int64_t block)
{
    const plan *p = arg;
    walk w;
    walk_begin(p, block, &w);
    memset(w.sum, 0, sizeof w.sum);
    walk_tiles(p, &w, forward_tile);
    for (int64_t j = 0; j < w.map.lanes; j++) p->logp[block * w.map.nr + j] = w.sum[j] + p->constant;
}

void cama__likelihood_forward(const cama__exec *exec, const cama__likelihood *likelihood, int64_t rows, int64_t dims,
                              const real *params, const real *x, const int32_t *x_row, const real *scale, double *logp)
{
    plan p = {.rows = rows, .dims = dims, .likelihood = likelihood, .params = params, .x = x, .scale = scale};
    p.outputs = cama__likelihood_outputs(likelihood, dims);
    p.x_row = x_row;
    p.logp = logp;
    p.constant = constant_of(likelihood, scale);
    cama__rows_each_block(exec, rows, dims, forward_block, &p);
}

/* ---- Backward --------------------------------------------------------------------------------------------------- */

/* sums[block, d] = sum over the block's rows, in order. */
static void scale_tile(const plan *p, const walk *w)
{
    real *sums = p->sums + w->block * p->dims + w->first;
    for (int64_t f = 0; f < w->count; f++) {
        double sum = 0;
        for (int64_t j = 0; j < w->map.lanes; j++) sum += (double)w->out[f * w->map.nr + j];
        sums[f] = (real)sum;
    }
}

/* The gradients of log-variances: of the learned ones, which rows share, and of what each row adds. */
static void variance_tile(const plan *p, walk *w)
{
    const int64_t n = w->count * w->map.nr;
    const bool own = p->likelihood->variance;
    real *ds = p->dparams + w->at + p->dims * w->map.nr;
    if (own) memset(ds, 0, (size_t)n * sizeof *ds);
    if (w->kind->scale == NULL || (p->dscale == NULL && !own)) return;
    w->kind->scale(n, p->params + w->at, w->x, &w->beside, w->given, w->out);
    if (p->dscale != NULL) scale_tile(p, w);
    for (int64_t i = 0; own && i < n; i++) ds[i] = (real)0.5 * w->out[i] * w->slope[i];
    if (own) cama__rows_clear(p->rows, w->block, w->count, ds);
}

/* The weights of what is there; missing numbers have none. */
static const real *weights_there(walk *w, int64_t n)
{
    for (int64_t i = 0; i < n; i++) w->there[i] = w->observed[i] != 0 ? w->weight[i] : 0;
    return w->there;
}

static void backward_tile(const plan *p, walk *w)
{
    const int64_t n = w->count * w->map.nr;
    const real *params = p->params + w->at;
    w->given = w->weight;
    if (w->observed != NULL) w->given = weights_there(w, n);
    if (p->dx != NULL) {
        real *dx = p->dx + (w->block * p->dims + w->first) * w->map.nr;
        w->kind->x(n, params, w->x, &w->beside, w->given, dx);
        cama__rows_clear(p->rows, w->block, w->count, dx);
    }
    variance_tile(p, w);
    /* Last, and by way of a tile: dparams may be params. */
    w->kind->params(n, params, w->x, &w->beside, w->given, w->out);
    cama__rows_clear(p->rows, w->block, w->count, w->out);
    memcpy(p->dparams + w->at, w->out, (size_t)n * sizeof *w->out);
}

static void backward_block(void *arg, int64_t block)
{
    const plan *p = arg;
    walk w;
    walk_begin(p, block, &w);
    cama__rows_spread(p->dlogp, p->rows, block, smaller(CAMA__TILE, p->dims), w.weight);
    walk_tiles(p, &w, backward_tile);
}

/* dscale[d] += d lv_d / d rho_d * the sum of each block, block after block: the bits do not depend on how many a call
 * sees. */
static void scale_range(void *arg, int64_t first, int64_t count)
{
    const plan *p = arg;
    const int64_t blocks = cama__blocks(p->rows);
    for (int32_t i = 0; i < p->likelihood->spans; i++) {
        const cama__likelihood_span *span = &p->likelihood->span[i];
        const int64_t end = smaller(first + count, span->first + span->count);
        if (!cama__likelihood_kind_has_scale(span->kind)) continue;
        for (int64_t d = larger(first, span->first); d < end; d++) {
            const real slope = (real)0.5 * cama__sigmoid(p->scale[d] - CAMA__LIKELIHOOD_FLOOR);
            for (int64_t block = 0; block < blocks; block++) p->dscale[d] += slope * p->sums[block * p->dims + d];
        }
    }
}

void cama__likelihood_backward(const cama__exec *exec, const cama__likelihood *likelihood, int64_t rows, int64_t dims,
                               const real *params, const real *x, const int32_t *x_row, const real *scale,
                               const double *dlogp, real *dparams, real *dx, real *dscale)
{
    plan p = {.rows = rows, .dims = dims, .likelihood = likelihood, .params = params, .x = x, .scale = scale};
    p.outputs = cama__likelihood_outputs(likelihood, dims);
    p.x_row = x_row;
    p.dlogp = dlogp;
    p.dparams = dparams;
    p.dx = dx;
    p.dscale = cama__likelihood_has_scale(likelihood) ? dscale : NULL;
    const size_t mark = p.dscale == NULL ? 0 : cama__arena_mark(exec->arena);
    if (p.dscale != NULL) p.sums = cama__exec_reals(exec, cama__blocks(rows) * dims);
    cama__rows_each_block(exec, rows, dims, backward_block, &p);
    if (p.dscale == NULL) return;
    cama__rows_each_range(exec, cama__blocks(rows), dims, scale_range, &p);
    cama__arena_release(exec->arena, mark);
}

/* ---- Mean ------------------------------------------------------------------------------------------------------- */

static void mean_tile(const plan *p, walk *w)
{
    if (w->kind->mean != NULL) w->kind->mean(w->count * w->map.nr, &w->beside, p->dparams + w->at);
}

static void mean_block(void *arg, int64_t block)
{
    const plan *p = arg;
    walk w;
    walk_begin(p, block, &w);
    walk_tiles(p, &w, mean_tile);
}

void cama__likelihood_mean(const cama__exec *exec, const cama__likelihood *likelihood, int64_t rows, int64_t dims,
                           real *params)
{
    plan p = {.rows = rows, .dims = dims, .likelihood = likelihood, .params = params, .dparams = params};
    p.outputs = cama__likelihood_outputs(likelihood, dims);
    cama__rows_each_block(exec, rows, dims, mean_block, &p);
}
