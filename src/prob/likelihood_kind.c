/* likelihood_kind - the table and its functions, short loops that vectorise. */
#include "likelihood_kind.h"

typedef cama__likelihood_beside beside;

/* ---- Spans ------------------------------------------------------------------------------------------------------ */

/* x l - softplus(l), softplus taken apart so that a sure and right pixel does not cancel. */
CAMA__CLONES static void bernoulli_forward(int64_t n, const real *restrict p, const real *restrict x,
                                           const beside *restrict b, real *restrict out)
{
    (void)b;
    for (int64_t i = 0; i < n; i++) {
        const real l = p[i];
        out[i] = (x[i] * l - (l < 0 ? 0 : l)) - cama__log1p_exp_neg(l < 0 ? -l : l);
    }
}

CAMA__CLONES static void bernoulli_params(int64_t n, const real *restrict p, const real *restrict x,
                                          const beside *restrict b, const real *restrict w, real *restrict out)
{
    (void)b;
    for (int64_t i = 0; i < n; i++) out[i] = w[i] * (x[i] - cama__sigmoid(p[i]));
}

CAMA__CLONES static void bernoulli_x(int64_t n, const real *restrict p, const real *restrict x,
                                     const beside *restrict b, const real *restrict w, real *restrict out)
{
    (void)b;
    (void)x;
    for (int64_t i = 0; i < n; i++) out[i] = w[i] * p[i];
}

CAMA__CLONES static void bernoulli_mean(int64_t n, const beside *restrict b, real *restrict p)
{
    (void)b;
    for (int64_t i = 0; i < n; i++) p[i] = cama__sigmoid(p[i]);
}

CAMA__CLONES static void gaussian_forward(int64_t n, const real *restrict p, const real *restrict x,
                                          const beside *restrict b, real *restrict out)
{
    for (int64_t i = 0; i < n; i++) {
        const real e = x[i] - p[i];
        out[i] = (real)-0.5 * (e * e * b->iv[i]);
    }
}

CAMA__CLONES static void gaussian_params(int64_t n, const real *restrict p, const real *restrict x,
                                         const beside *restrict b, const real *restrict w, real *restrict out)
{
    for (int64_t i = 0; i < n; i++) out[i] = w[i] * ((x[i] - p[i]) * b->iv[i]);
}

CAMA__CLONES static void gaussian_x(int64_t n, const real *restrict p, const real *restrict x, const beside *restrict b,
                                    const real *restrict w, real *restrict out)
{
    for (int64_t i = 0; i < n; i++) out[i] = w[i] * ((p[i] - x[i]) * b->iv[i]);
}

/* Twice d logp / d lv. */
CAMA__CLONES static void gaussian_scale(int64_t n, const real *restrict p, const real *restrict x,
                                        const beside *restrict b, const real *restrict w, real *restrict out)
{
    for (int64_t i = 0; i < n; i++) {
        const real e = x[i] - p[i];
        out[i] = w[i] * (e * e * b->iv[i] - 1);
    }
}

CAMA__CLONES static void student_forward(int64_t n, const real *restrict p, const real *restrict x,
                                         const beside *restrict b, real *restrict out)
{
    const real half = b->half, inverse = b->inverse;
    for (int64_t i = 0; i < n; i++) {
        const real e = x[i] - p[i];
        out[i] = -half * cama__log1p(e * e * b->iv[i] * inverse);
    }
}

CAMA__CLONES static void student_params(int64_t n, const real *restrict p, const real *restrict x,
                                        const beside *restrict b, const real *restrict w, real *restrict out)
{
    const real growth = b->growth, inverse = b->inverse;
    for (int64_t i = 0; i < n; i++) {
        const real e = x[i] - p[i], pull = e * b->iv[i];
        out[i] = w[i] * (growth * (pull / (1 + e * pull * inverse)));
    }
}

CAMA__CLONES static void student_x(int64_t n, const real *restrict p, const real *restrict x, const beside *restrict b,
                                   const real *restrict w, real *restrict out)
{
    const real growth = b->growth, inverse = b->inverse;
    for (int64_t i = 0; i < n; i++) {
        const real e = p[i] - x[i], pull = e * b->iv[i];
        out[i] = w[i] * (growth * (pull / (1 + e * pull * inverse)));
    }
}

/* Twice d logp / d lv = (nu + 1) q / (nu + q) - 1 with q = e^2 exp(-lv), over one denominator. */
CAMA__CLONES static void student_scale(int64_t n, const real *restrict p, const real *restrict x,
                                       const beside *restrict b, const real *restrict w, real *restrict out)
{
    const real inverse = b->inverse;
    for (int64_t i = 0; i < n; i++) {
        const real e = x[i] - p[i], q = e * e * b->iv[i];
        out[i] = w[i] * ((q - 1) / (1 + q * inverse));
    }
}

/* The large logit leaves before anything is added: l and log sum exp(l) may be 1e4, their difference 1e-4. */
CAMA__CLONES static void categorical_forward(int64_t n, const real *restrict p, const real *restrict x,
                                             const beside *restrict b, real *restrict out)
{
    for (int64_t i = 0; i < n; i++) out[i] = x[i] * ((p[i] - b->high[i]) - b->log_sum[i]);
}

CAMA__CLONES static void categorical_params(int64_t n, const real *restrict p, const real *restrict x,
                                            const beside *restrict b, const real *restrict w, real *restrict out)
{
    for (int64_t i = 0; i < n; i++) out[i] = w[i] * (x[i] - cama__exp(p[i] - b->high[i]) * b->share[i]);
}

CAMA__CLONES static void categorical_x(int64_t n, const real *restrict p, const real *restrict x,
                                       const beside *restrict b, const real *restrict w, real *restrict out)
{
    (void)x;
    for (int64_t i = 0; i < n; i++) out[i] = w[i] * ((p[i] - b->high[i]) - b->log_sum[i]);
}

CAMA__CLONES static void categorical_mean(int64_t n, const beside *restrict b, real *restrict p)
{
    for (int64_t i = 0; i < n; i++) p[i] = cama__exp(p[i] - b->high[i]) * b->share[i];
}

/* ---- The table -------------------------------------------------------------------------------------------------- */

const cama__likelihood_row cama__likelihood_rows[] = {
    [LIKELIHOOD_BERNOULLI] = {"bernoulli", true, bernoulli_forward, bernoulli_params, bernoulli_x, NULL,
                              bernoulli_mean},
    [LIKELIHOOD_GAUSSIAN] = {"gaussian", true, gaussian_forward, gaussian_params, gaussian_x, gaussian_scale, NULL},
    [LIKELIHOOD_STUDENT] = {"student", true, student_forward, student_params, student_x, student_scale, NULL},
    [LIKELIHOOD_CATEGORICAL] = {"categorical", false, categorical_forward, categorical_params, categorical_x, NULL,
                                categorical_mean},
};
#define rows cama__likelihood_rows
#define KINDS ((int32_t)(sizeof rows / sizeof *rows))

const char *cama__likelihood_name(int32_t kind) { return kind >= 0 && kind < KINDS ? rows[kind].name : "unknown"; }

int32_t cama__likelihood_parse(const char *name, int32_t *kind)
{
    for (int32_t i = 0; name != NULL && i < KINDS; i++) {
        if (!rows[i].whole || strcmp(name, rows[i].name) != 0) continue;
        *kind = i;
        return CAMA_OK;
    }
    return cama__error(CAMA_E_OPTION, "likelihood: expected \"%s\", \"%s\" or \"%s\", got \"%.*s\"",
                       rows[LIKELIHOOD_BERNOULLI].name, rows[LIKELIHOOD_GAUSSIAN].name, rows[LIKELIHOOD_STUDENT].name,
                       SHOWN(name != NULL ? name : ""));
}
