/* linear_gauss - a linear-Gaussian CAMA, in the library's own model class, whose likelihoods are known in closed
 * form */
#include "linear_gauss.h"

/* ---- Linear algebra of a few dimensions -------------------------------------------------------------------------- */

double oracle_dot(const double *a, const double *b)
{
    double sum = 0;
    for (int d = 0; d < D; d++) sum += a[d] * b[d];
    return sum;
}

void oracle_apply(double a[D][D], const double *v, double *out)
{
    for (int i = 0; i < D; i++) out[i] = oracle_dot(a[i], v);
}

double oracle_product(double a[D][D], const double *u, const double *v)
{
    double av[D];
    oracle_apply(a, v, av);
    return oracle_dot(u, av);
}

/* Inverse and log-determinant of a symmetric positive definite matrix, by Gauss-Jordan. */
static double oracle_invert(double in[D][D], double out[D][D])
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
static void make_orthogonal(double a[D][D], double *v, double (*columns)[D], int count)
{
    for (int j = 0; j < count; j++) {
        const double share = oracle_product(a, columns[j], v) / oracle_product(a, columns[j], columns[j]);
        for (int d = 0; d < D; d++) v[d] -= share * columns[j][d];
    }
}

static void add_outer(double a[D][D], const double *v)
{
    for (int i = 0; i < D; i++)
        for (int j = 0; j < D; j++) a[i][j] += v[i] * v[j];
}

/* ---- The truth --------------------------------------------------------------------------------------------------- */

static void oracle_draw(uint32_t what, int64_t n, double *out)
{
    real v[256];
    assert_true(n <= 256);
    cama__rng_normals((cama__rng_key){.seed = 77, .stream = 90, .sample = what}, n, v, 1);
    for (int64_t i = 0; i < n; i++) out[i] = (double)v[i];
}

static void oracle_diagonal(const double *v, double a[D][D])
{
    memset(a, 0, sizeof(double[D][D]));
    for (int d = 0; d < D; d++) a[d][d] = v[d];
}

static void draw_examples(oracle_truth *t)
{
    double noise[Z + M + D];
    for (int i = 0; i < N; i++) {
        oracle_draw(100 + (uint32_t)i, Z + M + D, noise);
        t->y[i] = i % C;
        for (int d = 0; d < D; d++) {
            double v = t->b[d] + t->wy[t->y[i]][d] + sqrt(t->s[d]) * noise[Z + M + d];
            for (int j = 0; j < Z; j++) v += t->wz[j][d] * noise[j];
            for (int j = 0; j < M; j++) v += t->wm[j][d] * noise[Z + j];
            t->x[i][d] = (float)v;
        }
    }
}

void oracle_make_truth(oracle_truth *t)
{
    double s_inverse[D][D], cov[D][D], one_over[D];
    oracle_draw(1, D, t->b), oracle_draw(2, D, t->rho);
    for (int j = 0; j < Z; j++) oracle_draw(10 + (uint32_t)j, D, t->wz[j]);
    for (int j = 0; j < M; j++) oracle_draw(20 + (uint32_t)j, D, t->wm[j]);
    for (int c = 0; c < C; c++) oracle_draw(30 + (uint32_t)c, D, t->wy[c]);
    for (int d = 0; d < D; d++) {
        const double floor = CAMA__LIKELIHOOD_FLOOR;
        t->rho[d] = 0.5 * t->rho[d] - 1;
        t->s[d] = exp(floor + log1p(exp(t->rho[d] - floor)));
        one_over[d] = 1 / t->s[d];
    }
    oracle_diagonal(one_over, s_inverse);
    oracle_diagonal(t->s, cov);
    for (int j = 0; j < Z; j++) {
        make_orthogonal(s_inverse, t->wz[j], t->wz, j);
        t->zvar[j] = 1 / (1 + oracle_product(s_inverse, t->wz[j], t->wz[j]));
        add_outer(cov, t->wz[j]);
    }
    oracle_invert(cov, t->t_inverse);
    for (int j = 0; j < M; j++) {
        make_orthogonal(t->t_inverse, t->wm[j], t->wm, j);
        t->mvar[j] = 1 / (1 + oracle_product(t->t_inverse, t->wm[j], t->wm[j]));
    }
    for (int c = 0; c < C; c++) make_orthogonal(t->t_inverse, t->wy[c], t->wm, M);
    draw_examples(t);
}

void oracle_residual(const oracle_truth *t, int i, int c, const float *m, double *r)
{
    for (int d = 0; d < D; d++) {
        r[d] = t->x[i][d] - t->b[d] - t->wy[c][d];
        for (int j = 0; m != NULL && j < M; j++) r[d] -= t->wm[j][d] * m[j];
    }
}

const double oracle_log_2pi = 1.8378770664093454836;

double oracle_log_joint(const oracle_truth *t, int i, int c, const float *m, bool given)
{
    double cov[D][D], inverse[D][D], r[D];
    oracle_diagonal(t->s, cov);
    for (int j = 0; j < Z; j++) add_outer(cov, t->wz[j]);
    for (int j = 0; !given && j < M; j++) add_outer(cov, t->wm[j]);
    const double log_det = oracle_invert(cov, inverse);
    oracle_residual(t, i, c, given ? m : NULL, r);
    return t->log_prior[c] - 0.5 * (oracle_product(inverse, r, r) + log_det + D * oracle_log_2pi);
}

double oracle_log_sum(const double *v, int n)
{
    double top = v[0], sum = 0;
    for (int i = 1; i < n; i++) top = fmax(top, v[i]);
    for (int i = 0; i < n; i++) sum += exp(v[i] - top);
    return top + log(sum);
}

double oracle_log_evidence(const oracle_truth *t, int i, const float *m, bool given)
{
    double v[C];
    for (int c = 0; c < C; c++) v[c] = oracle_log_joint(t, i, c, m, given);
    return oracle_log_sum(v, C);
}

/* ---- The model --------------------------------------------------------------------------------------------------- */

const oracle_error oracle_exact = {0, 1, 0, 1};
const oracle_error oracle_wrong = {0.4, 1.6, -0.3, 1.4};

/* A tensor in PyTorch's order, in full precision: cama__param_write tells where each element lives. */
static void oracle_set(cama_model *model, const char *name, const double *values)
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

static void set_decoder(const oracle_truth *t, cama_model *model)
{
    double w[D][C + Z + M];
    for (int d = 0; d < D; d++) {
        for (int c = 0; c < C; c++) w[d][c] = t->wy[c][d];
        for (int j = 0; j < Z; j++) w[d][C + j] = t->wz[j][d];
        for (int j = 0; j < M; j++) w[d][C + Z + j] = t->wm[j][d];
    }
    oracle_set(model, "p_merge.0.weight", &w[0][0]);
    oracle_set(model, "p_merge.0.bias", t->b);
    oracle_set(model, "likelihood.rho", t->rho);
}

/* q(z|x,y,m): rows of the weight are mu then lv, columns x, y, m. */
static void set_q_z(const oracle_truth *t, cama_model *model, const oracle_error *e)
{
    double w[2 * Z][D + C + M] = {{0}}, b[2 * Z] = {0};
    for (int j = 0; j < Z; j++) {
        double a[D]; /* mean = a'(x - W_y y - W_m m - b) */
        for (int d = 0; d < D; d++) a[d] = t->zvar[j] * t->wz[j][d] / t->s[d];
        for (int d = 0; d < D; d++) w[j][d] = a[d];
        for (int c = 0; c < C; c++) w[j][D + c] = -oracle_dot(a, t->wy[c]);
        for (int k = 0; k < M; k++) w[j][D + C + k] = -oracle_dot(a, t->wm[k]);
        b[j] = -oracle_dot(a, t->b) + e->z_shift * sqrt(t->zvar[j]);
        b[Z + j] = log(t->zvar[j] * e->z_factor);
    }
    oracle_set(model, "q_z.0.weight", &w[0][0]);
    oracle_set(model, "q_z.0.bias", b);
}

static void set_q_m(const oracle_truth *t, cama_model *model, const oracle_error *e)
{
    double w[2 * M][D] = {{0}}, b[2 * M] = {0}, inverse[D][D];
    memcpy(inverse, t->t_inverse, sizeof inverse);
    for (int j = 0; j < M; j++) {
        oracle_apply(inverse, t->wm[j], w[j]);
        for (int d = 0; d < D; d++) w[j][d] *= t->mvar[j];
        b[j] = -oracle_dot(w[j], t->b) + e->m_shift * sqrt(t->mvar[j]);
        b[M + j] = log(t->mvar[j] * e->m_factor);
    }
    oracle_set(model, "q_m.0.weight", &w[0][0]);
    oracle_set(model, "q_m.0.bias", b);
}

cama_model *oracle_make_model(oracle_truth *t, const oracle_error *e)
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
