/* likelihood_kind - what a kind of likelihood does to a tile: a row of a table of elementwise functions. */
#ifndef CAMA_PROB_LIKELIHOOD_KIND_H
#define CAMA_PROB_LIKELIHOOD_KIND_H

#include "../base/elementary.h"
#include "../tensor/rows.h"

enum cama__likelihood_kind {
    LIKELIHOOD_BERNOULLI = 0,
    LIKELIHOOD_GAUSSIAN = 1,
    LIKELIHOOD_STUDENT = 2,
    LIKELIHOOD_CATEGORICAL = 3
};
const char *cama__likelihood_name(int32_t kind); /* "bernoulli", "gaussian", "student", "categorical" */
/* bernoulli, gaussian or student, what a whole x can be; CAMA_E_OPTION with these names. */
int32_t cama__likelihood_parse(const char *name, int32_t *kind);

#define CAMA__TILE_NUMBERS (CAMA__TILE * CAMA__LANES)

/* What enters beside params and x, as tiles like theirs. */
typedef struct {
    real iv[CAMA__TILE_NUMBERS]; /* gaussian, student: exp(-lv_d) */
    real half, inverse, growth;  /* student: (nu + 1) / 2, 1 / nu, (nu + 1) / nu */
    /* categorical, the same for every level: the largest logit, log sum exp(l - high), sum x / sum exp(l - high) */
    real high[CAMA__TILE_NUMBERS], log_sum[CAMA__TILE_NUMBERS], share[CAMA__TILE_NUMBERS];
} cama__likelihood_beside;

/* n numbers of a tile: p params, x observations, w the row's dlogp. */
typedef void cama__likelihood_forward_span(int64_t n, const real *restrict p, const real *restrict x,
                                           const cama__likelihood_beside *restrict b, real *restrict out);
typedef void cama__likelihood_backward_span(int64_t n, const real *restrict p, const real *restrict x,
                                            const cama__likelihood_beside *restrict b, const real *restrict w,
                                            real *restrict out);
typedef void cama__likelihood_mean_span(int64_t n, const cama__likelihood_beside *restrict b, real *restrict p);

typedef struct {
    const char *name;
    bool whole;                                         /* what a whole x can be */
    cama__likelihood_forward_span *forward;             /* the terms of logp without what is constant */
    cama__likelihood_backward_span *params, *x, *scale; /* scale: twice d logp / d lv; NULL: the kind has none */
    cama__likelihood_mean_span *mean;                   /* NULL: params are the mean */
} cama__likelihood_row;

extern const cama__likelihood_row cama__likelihood_rows[]; /* by enum cama__likelihood_kind */
#endif
