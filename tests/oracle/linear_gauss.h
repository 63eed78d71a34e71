/* linear_gauss - a linear-Gaussian CAMA, in the library's own model class, whose likelihoods are known in closed
 * form:
 *
 *     x = W_y y + W_z z + W_m m + b + noise,  noise ~ N(0, S), S diagonal; z, m ~ N(0, I); y one-hot with prior p(y)
 *
 * p_y, p_z and p_m are empty, p_merge is "dense x", q_m is "" and q_z is "|": each a single linear layer. Then
 *
 *     log p(x,y|do(m)) = log p(y) + log N(x; W_y y + W_m m + b, S + W_z W_z')
 *     log p(x,y)       = log p(y) + log N(x; W_y y + b,         S + W_z W_z' + W_m W_m')
 *
 * The posteriors that the networks can express have diagonal covariances, and q(m|x) does not see y. So the columns
 * of W_z are made orthogonal under S^-1, those of W_m under T^-1 with T = S + W_z W_z', and those of W_y orthogonal
 * to W_m under T^-1; W_z and W_m remain oblique to each other. Then the exact posteriors are linear with constant
 * diagonal variances,
 *
 *     p(z|x,y,m): variance 1 / (1 + w' S^-1 w), mean = variance * w' S^-1 (x - W_y y - W_m m - b), w a column of W_z
 *     p(m|x):     variance 1 / (1 + w' T^-1 w), mean = variance * w' T^-1 (x - b),                 w a column of W_m */
#ifndef TESTS_ORACLE_LINEAR_GAUSS_H
#define TESTS_ORACLE_LINEAR_GAUSS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "prob/likelihood.h"
#include "verbs/evaluate.h"
#include "verbs/verbs.h"

#ifdef CAMA_DOUBLE
static const double unit = 0x1p-53;
#else
static const double unit = 0x1p-24;
#endif

enum { D = 6, Z = 2, M = 2, C = 3, N = 40 };

/* The model's numbers, columns first: w[j] is a column of D. */
typedef struct {
    double wy[C][D], wz[Z][D], wm[M][D], b[D], rho[D], s[D]; /* s: variances of the noise */
    double zvar[Z], mvar[M];                                 /* of the exact posteriors */
    double t_inverse[D][D];                                  /* (S + W_z W_z')^-1 */
    double log_prior[C];
    float x[N][D];
    int32_t y[N];
} truth;

/* ---- Linear algebra of a few dimensions -------------------------------------------------------------------------- */

static inline double dot(const double *a, const double *b)
{
    double sum = 0;
    for (int d = 0; d < D; d++) sum += a[d] * b[d];
    return sum;
}

static inline void apply(double a[D][D], const double *v, double *out)
{
    for (int i = 0; i < D; i++) out[i] = dot(a[i], v);
}

static inline double product(double a[D][D], const double *u, const double *v)
{
    double av[D];
    apply(a, v, av);
    return dot(u, av);
}

/* Inverse and log-determinant of a symmetric positive definite matrix, by Gauss-Jordan. */
static inline double invert(double in[D][D], double out[D][D])
{
    double a[D][D], log_det = 0;
    memcpy(a, in, sizeof a);
    for (int i = 0; i < D; i++)
        for (int j = 0; j < D; j++) out[i][j] = i == j;
    for (int p = 0; p < D; p++) {
        const double pivot = a[p][p];
        assert_true(pivot > 0);
        log_det += log(pivot);
        for (int j = 0; j < D; j++) a[p][j] /= pivot, out[p][j] /= pivot;
        for (int i = 0; i < D; i++) {
            const double f = a[i][p];
            for (int j = 0; i != p && j < D; j++) a[i][j] -= f * a[p][j], out[i][j] -= f * out[p][j];
        }
    }
    return log_det;
}

/* v minus its parts along `count` columns, under an inner product. */
static inline void make_orthogonal(double a[D][D], double *v, double (*columns)[D], int count)
{
    for (int j = 0; j < count; j++) {
        const double share = product(a, columns[j], v) / product(a, columns[j], columns[j]);
        for (int d = 0; d < D; d++) v[d] -= share * columns[j][d];
    }
}

static inline void add_outer(double a[D][D], const double *v)
{
    for (int i = 0; i < D; i++)
        for (int j = 0; j < D; j++) a[i][j] += v[i] * v[j];
}

/* ---- The truth --------------------------------------------------------------------------------------------------- */

static inline void draw(uint32_t what, int64_t n, double *out)
{
    real v[256];
    assert_true(n <= 256);
    cama__rng_normals((cama__rng_key){.seed = 77, .stream = 90, .sample = what}, n, v, 1);
    for (int64_t i = 0; i < n; i++) out[i] = (double)v[i];
}

static inline void diagonal(const double *v, double a[D][D])
{
    memset(a, 0, sizeof(double[D][D]));
    for (int d = 0; d < D; d++) a[d][d] = v[d];
}

static inline void draw_examples(truth *t)
{
    double noise[Z + M + D];
    for (int i = 0; i < N; i++) {
        draw(100 + (uint32_t)i, Z + M + D, noise);
        t->y[i] = i % C;
        for (int d = 0; d < D; d++) {
            double v = t->b[d] + t->wy[t->y[i]][d] + sqrt(t->s[d]) * noise[Z + M + d];
            for (int j = 0; j < Z; j++) v += t->wz[j][d] * noise[j];
            for (int j = 0; j < M; j++) v += t->wm[j][d] * noise[Z + j];
            t->x[i][d] = (float)v;
        }
    }
}

static inline void make_truth(truth *t)
{
    double s_inverse[D][D], cov[D][D], one_over[D];
    draw(1, D, t->b), draw(2, D, t->rho);
    for (int j = 0; j < Z; j++) draw(10 + (uint32_t)j, D, t->wz[j]);
    for (int j = 0; j < M; j++) draw(20 + (uint32_t)j, D, t->wm[j]);
    for (int c = 0; c < C; c++) draw(30 + (uint32_t)c, D, t->wy[c]);
    for (int d = 0; d < D; d++) {
        const double floor = CAMA__LIKELIHOOD_FLOOR;
        t->rho[d] = 0.5 * t->rho[d] - 1;
        t->s[d] = exp(floor + log1p(exp(t->rho[d] - floor)));
        one_over[d] = 1 / t->s[d];
    }
    diagonal(one_over, s_inverse);
    diagonal(t->s, cov);
    for (int j = 0; j < Z; j++) {
        make_orthogonal(s_inverse, t->wz[j], t->wz, j);
        t->zvar[j] = 1 / (1 + product(s_inverse, t->wz[j], t->wz[j]));
        add_outer(cov, t->wz[j]);
    }
    invert(cov, t->t_inverse);
    for (int j = 0; j < M; j++) {
        make_orthogonal(t->t_inverse, t->wm[j], t->wm, j);
        t->mvar[j] = 1 / (1 + product(t->t_inverse, t->wm[j], t->wm[j]));
    }
    for (int c = 0; c < C; c++) make_orthogonal(t->t_inverse, t->wy[c], t->wm, M);
    draw_examples(t);
}

static inline void residual(const truth *t, int i, int c, const float *m, double *r)
{
    for (int d = 0; d < D; d++) {
        r[d] = t->x[i][d] - t->b[d] - t->wy[c][d];
        for (int j = 0; m != NULL && j < M; j++) r[d] -= t->wm[j][d] * m[j];
    }
}

static const double log_2pi = 1.8378770664093454836;

/* log p(x_i, y = c), or under do(m). */
static inline double log_joint(const truth *t, int i, int c, const float *m, bool given)
{
    double cov[D][D], inverse[D][D], r[D];
    diagonal(t->s, cov);
    for (int j = 0; j < Z; j++) add_outer(cov, t->wz[j]);
    for (int j = 0; !given && j < M; j++) add_outer(cov, t->wm[j]);
    const double log_det = invert(cov, inverse);
    residual(t, i, c, given ? m : NULL, r);
    return t->log_prior[c] - 0.5 * (product(inverse, r, r) + log_det + D * log_2pi);
}

static inline double log_sum(const double *v, int n)
{
    double top = v[0], sum = 0;
    for (int i = 1; i < n; i++) top = fmax(top, v[i]);
    for (int i = 0; i < n; i++) sum += exp(v[i] - top);
    return top + log(sum);
}

/* log p(x_i), or under do(m). */
static inline double log_evidence(const truth *t, int i, const float *m, bool given)
{
    double v[C];
    for (int c = 0; c < C; c++) v[c] = log_joint(t, i, c, m, given);
    return log_sum(v, C);
}

/* ---- The model --------------------------------------------------------------------------------------------------- */

/* How q departs from the exact posterior: means are moved by so many standard deviations, variances multiplied. */
typedef struct {
    double z_shift, z_factor, m_shift, m_factor;
} error;
static const error exact = {0, 1, 0, 1};
static const error wrong = {0.4, 1.6, -0.3, 1.4}; /* wider than the truth: importance weights have a variance */

/* A tensor in PyTorch's order, in full precision: cama__param_write tells where each element lives. */
static inline void set(cama_model *model, const char *name, const double *values)
{
    const cama__param *p = cama__params_find(&model->params, name);
    assert_non_null(p);
    float *numbers = malloc((size_t)p->count * sizeof *numbers);
    real *where = cama__mem_alloc((size_t)model->params.reals, sizeof *where);
    assert_true(numbers != NULL && where != NULL);
    for (int64_t k = 0; k < p->count; k++) numbers[k] = (float)(k + 1);
    cama__param_write(p, cama__model_param_net(model, p), where, numbers);
    for (int64_t at = p->offset; at < p->offset + p->size; at++)
        if (where[at] != 0) model->theta[at] = (real)values[(int64_t)where[at] - 1];
    free(numbers);
    cama__mem_free(where);
}

static inline void set_decoder(const truth *t, cama_model *model)
{
    double w[D][C + Z + M];
    for (int d = 0; d < D; d++) {
        for (int c = 0; c < C; c++) w[d][c] = t->wy[c][d];
        for (int j = 0; j < Z; j++) w[d][C + j] = t->wz[j][d];
        for (int j = 0; j < M; j++) w[d][C + Z + j] = t->wm[j][d];
    }
    set(model, "p_merge.0.weight", &w[0][0]);
    set(model, "p_merge.0.bias", t->b);
    set(model, "likelihood.rho", t->rho);
}

/* q(z|x,y,m): rows of the weight are mu then lv, columns x, y, m. */
static inline void set_q_z(const truth *t, cama_model *model, const error *e)
{
    double w[2 * Z][D + C + M] = {{0}}, b[2 * Z] = {0};
    for (int j = 0; j < Z; j++) {
        double a[D]; /* mean = a'(x - W_y y - W_m m - b) */
        for (int d = 0; d < D; d++) a[d] = t->zvar[j] * t->wz[j][d] / t->s[d];
        for (int d = 0; d < D; d++) w[j][d] = a[d];
        for (int c = 0; c < C; c++) w[j][D + c] = -dot(a, t->wy[c]);
        for (int k = 0; k < M; k++) w[j][D + C + k] = -dot(a, t->wm[k]);
        b[j] = -dot(a, t->b) + e->z_shift * sqrt(t->zvar[j]);
        b[Z + j] = log(t->zvar[j] * e->z_factor);
    }
    set(model, "q_z.0.weight", &w[0][0]);
    set(model, "q_z.0.bias", b);
}

static inline void set_q_m(const truth *t, cama_model *model, const error *e)
{
    double w[2 * M][D] = {{0}}, b[2 * M] = {0}, inverse[D][D];
    memcpy(inverse, t->t_inverse, sizeof inverse);
    for (int j = 0; j < M; j++) {
        apply(inverse, t->wm[j], w[j]);
        for (int d = 0; d < D; d++) w[j][d] *= t->mvar[j];
        b[j] = -dot(w[j], t->b) + e->m_shift * sqrt(t->mvar[j]);
        b[M + j] = log(t->mvar[j] * e->m_factor);
    }
    set(model, "q_m.0.weight", &w[0][0]);
    set(model, "q_m.0.bias", b);
}

static inline cama_model *make_model(truth *t, const error *e)
{
    const cama__spec spec = {.preset = "test",
                             .x = {1, 1, D},
                             .classes = C,
                             .z = Z,
                             .m = M,
                             .likelihood = LIKELIHOOD_GAUSSIAN,
                             .net = {[NET_P_MERGE] = "dense x", [NET_Q_Z] = "|"}};
    static const int64_t counts[C] = {50, 20, 9};
    cama_model *model = NULL;
    if (cama__model_build(&spec, NULL, &model) != CAMA_OK) fail_msg("%s", cama_last_error());
    set_decoder(t, model);
    set_q_z(t, model, e);
    set_q_m(t, model, e);
    cama__model_set_prior(model, counts);
    model->q_m_trained = true;
    memcpy(t->log_prior, model->log_prior, sizeof t->log_prior);
    return model;
}

#endif
