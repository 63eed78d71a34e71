/* likelihood_grad_test - gradients of sum dlogp logp with respect to params, x and rho along random directions, each
 * alone, against central differences in double precision, for spans of each kind and mixed.
 *
 * Tolerance: with step h = 1e-5 along a direction of length about sqrt(n), the difference is off by h^2 f''' / 6 and by
 * the rounding of f, 1e-16 |f| / h; third derivatives grow with exp(-lv) < e^4 here and with the numbers' count: both
 * stay below 1e-7 of the sum of the magnitudes of the products that make up the slope. */
#include <math.h>
#include <string.h>

#include "context.h"

#include "base/rng.h"
#include "prob/likelihood.h"

static const double STEP = 1e-5, TOLERANCE = 1e-7;

enum { ROWS = 9, X_ROWS = 5, MOST_SPANS = 5 }; /* two blocks and a lane of the naive kernel's four */

typedef struct {
    const char *name;
    double nu;
    cama__likelihood_span span[MOST_SPANS]; /* first is filled in */
} subject;

static const subject subjects[] = {
    {"bernoulli", 0, {{LIKELIHOOD_BERNOULLI, 0, 40}}},
    {"gaussian", 0, {{LIKELIHOOD_GAUSSIAN, 0, 40}}},
    {"student", 3, {{LIKELIHOOD_STUDENT, 0, 40}}},
    {"cauchy", 1, {{LIKELIHOOD_STUDENT, 0, 3}}},
    {"nearly gaussian", 1e6, {{LIKELIHOOD_STUDENT, 0, 33}}},
    {"two levels", 0, {{LIKELIHOOD_CATEGORICAL, 0, 2}}},
    {"a hundred levels", 0, {{LIKELIHOOD_CATEGORICAL, 0, 100}}},
    {"mixed",
     2.5,
     {{LIKELIHOOD_GAUSSIAN, 0, 3},
      {LIKELIHOOD_CATEGORICAL, 0, 4},
      {LIKELIHOOD_BERNOULLI, 0, 1},
      {LIKELIHOOD_STUDENT, 0, 2},
      {LIKELIHOOD_CATEGORICAL, 0, 2}}},
    {"mixed over tiles",
     4,
     {{LIKELIHOOD_STUDENT, 0, 35},
      {LIKELIHOOD_CATEGORICAL, 0, 33},
      {LIKELIHOOD_GAUSSIAN, 0, 1},
      {LIKELIHOOD_BERNOULLI, 0, 34},
      {LIKELIHOOD_STUDENT, 0, 1}}},
};

enum { PARAMS, X, RHO, PARTS }; /* what logp depends on */

typedef struct {
    cama__likelihood likelihood;
    cama__likelihood_span span[MOST_SPANS];
    int64_t dims, size[PARTS]; /* size: of each part as stored */
    const int32_t *x_row;
    real *part[PARTS], *kept, *slope[PARTS];
    double dlogp[ROWS];
} setting;

static const int32_t x_rows[ROWS] = {4, 0, 0, 3, 2, 2, 1, 4, 0};
static uint32_t draws;

static real *normals(int64_t n)
{
    real *t = cama__mem_alloc((size_t)n, sizeof *t);
    assert_non_null(t);
    cama__rng_normals((cama__rng_key){11, RNG_Z, draws++, 0, 0}, n, t, 1);
    return t;
}

static void begin(setting *s, const subject *from, const int32_t *x_row)
{
    *s = (setting){.likelihood = {0, s->span, from->nu, false}, .x_row = x_row};
    for (; s->likelihood.spans < MOST_SPANS && from->span[s->likelihood.spans].count > 0; s->likelihood.spans++) {
        cama__likelihood_span *span = &s->span[s->likelihood.spans];
        *span = from->span[s->likelihood.spans];
        span->first = s->dims;
        s->dims += span->count;
    }
    const int64_t nr = cama__kernel()->nr, all = cama__blocks(ROWS) * s->dims * nr;
    s->size[PARAMS] = all;
    s->size[X] = cama__blocks(x_row != NULL ? X_ROWS : ROWS) * s->dims * nr;
    s->size[RHO] = s->dims;
    for (int32_t i = 0; i < PARTS; i++) {
        s->part[i] = normals(s->size[i]);
        s->slope[i] = normals(s->size[i]);
    }
    s->kept = normals(all);
    real *dlogp = normals(ROWS);
    for (int32_t r = 0; r < ROWS; r++) s->dlogp[r] = dlogp[r];
    cama__mem_free(dlogp);
}

static void end(setting *s)
{
    for (int32_t i = 0; i < PARTS; i++) {
        cama__mem_free(s->part[i]);
        cama__mem_free(s->slope[i]);
    }
    cama__mem_free(s->kept);
}

static double objective(const setting *s)
{
    double logp[ROWS], sum = 0;
    cama__likelihood_forward(ON(NULL), &s->likelihood, ROWS, s->dims, s->part[PARAMS], s->part[X], s->x_row,
                             s->part[RHO], logp);
    for (int32_t r = 0; r < ROWS; r++) sum += s->dlogp[r] * logp[r];
    return sum;
}

/* The slopes of each part; those of x are reduced from rows to observations, the caller's part. */
static void gradient(setting *s)
{
    real *dx = normals(s->size[PARAMS]);
    memset(s->slope[X], 0, (size_t)s->size[X] * sizeof(real));
    memset(s->slope[RHO], 0, (size_t)s->size[RHO] * sizeof(real));
    cama__likelihood_backward(WITH_SCRATCH(NULL), &s->likelihood, ROWS, s->dims, s->part[PARAMS], s->part[X], s->x_row,
                              s->part[RHO], s->dlogp, s->slope[PARAMS], dx, s->slope[RHO]);
    cama__rows_scatter_add(ON(NULL), ROWS, s->dims, dx, s->x_row, s->slope[X]);
    cama__mem_free(dx);
}

static void check_way(setting *s, int32_t part, const char *name)
{
    const int64_t n = s->size[part];
    double slope = 0, size = 0, value[2];
    real *way = normals(n);
    memcpy(s->kept, s->part[part], (size_t)n * sizeof(real));
    for (int32_t side = 0; side < 2; side++) {
        for (int64_t i = 0; i < n; i++) s->part[part][i] = s->kept[i] + (side == 0 ? STEP : -STEP) * way[i];
        value[side] = objective(s);
    }
    memcpy(s->part[part], s->kept, (size_t)n * sizeof(real));
    for (int64_t i = 0; i < n; i++) {
        slope += s->slope[part][i] * way[i];
        size += fabs(s->slope[part][i] * way[i]);
    }
    const double found = (value[0] - value[1]) / (2 * STEP);
    if (!(fabs(found - slope) <= TOLERANCE * (1 + size)))
        fail_msg("%s, part %d: slope %.12g, difference %.12g, of magnitudes %g", name, part, slope, found, size);
    assert_true(size > 0 || (part == RHO && !cama__likelihood_has_scale(&s->likelihood)));
    cama__mem_free(way);
}

static void differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        for (int32_t mapped = 0; mapped < 2; mapped++) {
            setting s;
            begin(&s, &subjects[i], mapped ? x_rows : NULL);
            gradient(&s);
            for (int32_t part = 0; part < PARTS; part++)
                for (int32_t way = 0; way < 5; way++) check_way(&s, part, subjects[i].name);
            end(&s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(differences)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
