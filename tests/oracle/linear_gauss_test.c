/* linear_gauss_test - the library against a model whose likelihoods are known in closed form (linear_gauss.h): the
 * ELBO is log p less the divergence of q from the posterior, equal at the exact posterior, where also every
 * importance weight is exact; importance sampling with a wrong q tends to log p.
 *
 * Tolerances. At the exact posterior every log-weight is the truth whatever the noise, apart from rounding: a sum
 * of terms, of which each D + Z + M squares are rounded a few times, by `unit` relative to their sizes; 64 units of
 * the sum of sizes is allowed (ROUNDINGS). Means of K draws are within SIGMAS standard errors, taken from the
 * draws, of what they estimate. */
#include "linear_gauss.h"

static const double ROUNDINGS = 64, SIGMAS = 5;

/* ---- Running ----------------------------------------------------------------------------------------------------- */

typedef struct {
    oracle_truth t;
    cama_session *session;
    cama_dataset *data;
    cama_model *exact, *wrong;
} oracle;

static int make_oracle(void **state)
{
    oracle *o = calloc(1, sizeof *o);
    if (o == NULL) return 1;
    oracle_make_truth(&o->t);
    o->exact = oracle_make_model(&o->t, &oracle_exact);
    o->wrong = oracle_make_model(&o->t, &oracle_wrong);
    *state = o;
    return cama__session_create(1, 0, 0, &o->session) != CAMA_OK ||
           cama__dataset_from_arrays(N, (cama__shape){1, 1, D}, C, &o->t.x[0][0], o->t.y, true, &o->data) != CAMA_OK;
}

static int free_oracle(void **state)
{
    oracle *o = *state;
    cama__model_free(o->exact), cama__model_free(o->wrong);
    cama__dataset_free(o->data);
    cama__session_free(o->session);
    free(o);
    return 0;
}

/* All log-weights (N, U, C or 1, K) and values (N). */
static void score(const oracle *o, const cama_model *model, const cama__logw_options *options, double *w, double *value)
{
    cama__batch_room room = {0};
    assert_int_equal(cama__batch_room_create(model, N, &room), CAMA_OK);
    cama__batch batch = cama__batch_fill(&room, NULL, o->data, NULL, 0, N, true);
    if (options->objective == OBJECTIVE_BAYES) batch.y = NULL; /* the value is log p(x) then */
    const cama__logw_sink sink = {.w = w, .value = value};
    if (cama__session_logw(o->session, model, options, &batch, &sink) != CAMA_OK) fail_msg("%s", cama_last_error());
    cama__batch_room_free(&room);
}

static double *doubles(int64_t n)
{
    double *v = calloc((size_t)n, sizeof *v);
    assert_non_null(v);
    return v;
}

/* What rounding can do to log p(x_i, y): the sizes of its terms, summed. Residuals of x are sums of numbers of size
 * |x| + |Wz| + ..., squared and divided by the smallest variances. */
static double rounding(const oracle_truth *t, int i)
{
    double size = D * oracle_log_2pi;
    for (int d = 0; d < D; d++) {
        double terms = fabs(t->x[i][d]) + fabs(t->b[d]);
        for (int c = 0; c < C; c++) terms += fabs(t->wy[c][d]) / C;
        for (int j = 0; j < Z; j++) terms += fabs(t->wz[j][d]);
        for (int j = 0; j < M; j++) terms += fabs(t->wm[j][d]);
        size += terms * terms / t->s[d] + fabs(log(t->s[d]));
    }
    return ROUNDINGS * ORACLE_UNIT * size;
}

typedef struct {
    double mean, error; /* and its standard error */
} estimate;

static estimate mean_of(const double *v, int64_t n)
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) sum += v[i];
    const double mean = sum / (double)n;
    for (int64_t i = 0; i < n; i++) squares += (v[i] - mean) * (v[i] - mean);
    return (estimate){mean, sqrt(squares / (double)(n - 1) / (double)n)};
}

/* log of the mean of exp, and its standard error to first order. */
static estimate log_mean_of(const double *w, int64_t n)
{
    double top = w[0];
    for (int64_t i = 1; i < n; i++) top = fmax(top, w[i]);
    double *e = doubles(n);
    for (int64_t i = 0; i < n; i++) e[i] = exp(w[i] - top);
    const estimate m = mean_of(e, n);
    free(e);
    return (estimate){top + log(m.mean), m.error / m.mean};
}

static const float m0[M] = {0.7f, -1.2f};

/* ---- The tests --------------------------------------------------------------------------------------------------- */

/* The construction itself: the exact posteriors, put into Bayes' rule, give the joint for any z and m. */
static void test_construction(void **state)
{
    const oracle_truth *t = &((const oracle *)*state)->t;
    double inverse[D][D];
    memcpy(inverse, t->t_inverse, sizeof inverse);
    double cross = 0, oblique = 0;
    for (int j = 0; j < M; j++)
        for (int c = 0; c < C; c++) cross = fmax(cross, fabs(oracle_product(inverse, t->wm[j], t->wy[c])));
    for (int d = 0; d < D; d++) oblique += t->wz[0][d] * t->wm[0][d] / t->s[d];
    assert_true(cross < 1e-12);
    assert_above(fabs(oblique), 0.1); /* z depends on m */
    for (int j = 0; j < Z; j++) assert_true(t->zvar[j] > 0.005 && t->zvar[j] < 0.9);
    for (int j = 0; j < M; j++) assert_true(t->mvar[j] > 0.005 && t->mvar[j] < 0.9);
}

/* Sampled log-weights at the exact posterior are log p(x,y), all of them, whatever U and K. */
static void test_exact_weights(void **state)
{
    const oracle *o = *state;
    enum { U = 3, K = 5 };
    double w[N][U][C][K], value[N], worst = 0;
    cama__logw_options s = {.objective = OBJECTIVE_BAYES, .m = SCORE_M_INFER, .u = U, .k = K, .seed = 3};
    score(o, o->exact, &s, &w[0][0][0][0], value);
    for (int i = 0; i < N; i++) {
        for (int c = 0; c < C; c++) {
            const double want = oracle_log_joint(&o->t, i, c, NULL, false);
            for (int j = 0; j < U * K; j++) {
                const double got = w[i][j / K][c][j % K];
                worst = fmax(worst, fabs(got - want) / rounding(&o->t, i));
                if (!(fabs(got - want) <= rounding(&o->t, i)))
                    fail_msg("row %d, class %d: log p(x,y) = %.12g, got %.12g", i, c, want, got);
            }
        }
        assert_near(value[i], oracle_log_evidence(&o->t, i, NULL, false), rounding(&o->t, i));
    }
    assert_true(worst > 0); /* something was compared */
    cama__logw_options fixed = {.objective = OBJECTIVE_BAYES, .m = SCORE_M_DO, .m0 = m0, .u = 1, .k = U * K, .seed = 4};
    double wd[N][C][U * K];
    score(o, o->exact, &fixed, &wd[0][0][0], value);
    for (int i = 0; i < N; i++)
        for (int c = 0; c < C; c++)
            for (int j = 0; j < U * K; j++)
                assert_near(wd[i][c][j], oracle_log_joint(&o->t, i, c, m0, true), rounding(&o->t, i));
}

/* cama_predict is the exact p(y|x) with any K. */
static void test_exact_prediction(void **state)
{
    const oracle *o = *state;
    static const char *const words[] = {"infer", "zero"};
    static const float zero[M] = {0};
    for (int fixed = 0; fixed < 2; fixed++)
        for (int64_t k = 1; k <= 100; k *= 10) {
            cama_options *options = NULL;
            float p[N][C];
            assert_int_equal(cama_options_create("predict", &options), CAMA_OK);
            assert_int_equal(cama_options_set_int(options, "samples", k), CAMA_OK);
            assert_int_equal(cama_options_set_int(options, "seed", k), CAMA_OK);
            assert_int_equal(cama_options_set_text(options, "m", words[fixed]), CAMA_OK);
            assert_int_equal(cama_predict(o->session, o->exact, o->data, options, &p[0][0]), CAMA_OK);
            cama_options_free(options);
            double entropy = 0;
            for (int i = 0; i < N; i++) {
                const double total = oracle_log_evidence(&o->t, i, zero, fixed);
                for (int c = 0; c < C; c++) {
                    const double want = exp(oracle_log_joint(&o->t, i, c, zero, fixed) - total);
                    assert_near(p[i][c], want, 2 * rounding(&o->t, i) + 0x1p-24);
                    if (want > 0) entropy -= want * log(want) / N;
                }
            }
            assert_true(entropy > 0.05); /* some predictions are in doubt: the comparison means something */
        }
}

/* What KL(q || p(z,m|x,y)) is: the gap of the ELBO. Shifts and factors are those of `e`. The posterior of z at the
 * m of q does not change with m. */
static double gap(const oracle_error *e, bool with_m)
{
    double kl = 0;
    for (int j = 0; j < Z; j++) kl += 0.5 * (e->z_factor - 1 - log(e->z_factor) + e->z_shift * e->z_shift);
    for (int j = 0; with_m && j < M; j++) kl += 0.5 * (e->m_factor - 1 - log(e->m_factor) + e->m_shift * e->m_shift);
    return kl;
}

/* The ELBO is log p - KL(q||p): equal at the exact posterior, below it otherwise, under do(m) and with m inferred. */
static void check_elbo(const oracle *o, const cama_model *model, const oracle_error *e, bool fixed)
{
    enum { U = 40, K = 100 };
    const int32_t u = fixed ? 1 : U, k = fixed ? U * K : K;
    double *w = doubles((int64_t)N * U * K), value[N], total = 0, total_error = 0, total_truth = 0;
    const cama__logw_options s = {.objective = OBJECTIVE_ELBO,
                                  .m = fixed ? SCORE_M_DO : SCORE_M_INFER,
                                  .m0 = fixed ? m0 : NULL,
                                  .u = u,
                                  .k = k,
                                  .seed = 11};
    score(o, model, &s, w, value);
    for (int i = 0; i < N; i++) {
        /* draws of z share their draw of m: the standard error is that of means over z */
        double by_m[U];
        for (int j = 0; j < U; j++) by_m[j] = mean_of(w + ((int64_t)i * U + j) * K, K).mean;
        const estimate got = mean_of(by_m, U);
        const double log_p = oracle_log_joint(&o->t, i, o->t.y[i], m0, fixed), want = log_p - gap(e, !fixed);
        assert_near(got.mean, value[i], 1e-9 * fabs(value[i])); /* the head is the mean */
        if (!(fabs(got.mean - want) <= SIGMAS * got.error + rounding(&o->t, i)))
            fail_msg("row %d, %s: ELBO %.9g, got %.9g +- %.2g (log p = %.9g)", i, fixed ? "do(m)" : "m inferred", want,
                     got.mean, got.error, log_p);
        total += got.mean / N, total_error += got.error * got.error / (N * N), total_truth += log_p / N;
    }
    total_error = sqrt(total_error);
    /* on average over examples, which draw independently: sharp enough to see the gap, and that there is none */
    assert_near(total, total_truth - gap(e, !fixed), SIGMAS * total_error + rounding(&o->t, 0));
    if (e == &oracle_exact)
        assert_true(gap(e, !fixed) == 0);
    else
        assert_true(total + SIGMAS * total_error < total_truth);
    free(w);
}

static void test_elbo(void **state)
{
    const oracle *o = *state;
    for (int fixed = 0; fixed < 2; fixed++) {
        check_elbo(o, o->exact, &oracle_exact, fixed);
        check_elbo(o, o->wrong, &oracle_wrong, fixed);
    }
}

/* ELBO(x) = log sum_c exp ELBO(x,y_c): with a gap that is the same for all classes it is log p(x) less the gap. */
static void test_elbo_marginal(void **state)
{
    const oracle *o = *state;
    enum { U = 40, K = 50 };
    double *w = doubles((int64_t)N * U * C * K), value[N];
    const cama__logw_options s = {.objective = OBJECTIVE_MARGINAL, .m = SCORE_M_INFER, .u = U, .k = K, .seed = 12};
    score(o, o->wrong, &s, w, value);
    for (int i = 0; i < N; i++) {
        double level[C], bound = 0;
        for (int c = 0; c < C; c++) {
            double by_m[U];
            for (int j = 0; j < U; j++) by_m[j] = mean_of(w + (((int64_t)i * U + j) * C + c) * K, K).mean;
            const estimate got = mean_of(by_m, U);
            level[c] = got.mean;
            bound = fmax(bound, SIGMAS * got.error);
        }
        assert_near(value[i], oracle_log_sum(level, C), 1e-9 * fabs(value[i]));
        /* log-sum-exp moves by no more than its largest argument does */
        assert_near(value[i], oracle_log_evidence(&o->t, i, NULL, false) - gap(&oracle_wrong, true),
                    bound + rounding(&o->t, i));
    }
    free(w);
}

/* Importance sampling with a wrong q tends to log p(x,y): the distance stays within the standard error as K grows a
 * thousandfold, the bound from below rises on average, and ends at the truth. Second order: the log of a mean is
 * low by error^2 / 2. */
static void test_importance(void **state)
{
    const oracle *o = *state;
    enum { MOST = 10000 };
    double value[N], before = -INFINITY, last = 0;
    for (int64_t k = 10; k <= MOST; k *= 10) {
        const cama__logw_options s = {
            .objective = OBJECTIVE_BAYES, .m = SCORE_M_DO, .m0 = m0, .u = 1, .k = (int32_t)k, .seed = 13};
        double *all = doubles((int64_t)N * C * k), mean = 0, variance = 0, low = 0;
        score(o, o->wrong, &s, all, value);
        for (int i = 0; i < N; i++) {
            const estimate got = log_mean_of(all + ((int64_t)i * C + o->t.y[i]) * k, k);
            const double want = oracle_log_joint(&o->t, i, o->t.y[i], m0, true);
            /* 10 draws do not tell their own standard error: bounds from 100 on */
            if (k >= 100 && !(fabs(got.mean - want) <= SIGMAS * got.error + got.error * got.error + rounding(&o->t, i)))
                fail_msg("row %d, K = %d: log p(x,y|do(m)) = %.9g, got %.9g +- %.2g", i, (int)k, want, got.mean,
                         got.error);
            mean += (got.mean - want) / N;
            variance += got.error * got.error / (N * N);
            low += 0.5 * got.error * got.error / N;
        }
        assert_true(mean <= SIGMAS * sqrt(variance));                   /* a lower bound in expectation */
        assert_true(mean >= before - SIGMAS * (last + sqrt(variance))); /* last: of the K before */
        assert_near(mean, 0, SIGMAS * sqrt(variance) + 2 * low + rounding(&o->t, 0));
        before = mean;
        last = sqrt(variance);
        free(all);
    }
    assert_true(last < 2e-3); /* the last comparison is a sharp one: N * MOST draws */
}

/* The same with m inferred, U * K draws of which K share an m: errors from the means over z of weights. */
static void test_importance_with_m(void **state)
{
    const oracle *o = *state;
    enum { U = 400, K = 25 };
    double *w = doubles((int64_t)N * U * C * K), value[N];
    const cama__logw_options s = {.objective = OBJECTIVE_BAYES, .m = SCORE_M_INFER, .u = U, .k = K, .seed = 14};
    double mean = 0, variance = 0;
    score(o, o->wrong, &s, w, value);
    for (int i = 0; i < N; i++) {
        double levels[C];
        for (int c = 0; c < C; c++) {
            double by_m[U];
            for (int j = 0; j < U; j++) by_m[j] = log_mean_of(w + (((int64_t)i * U + j) * C + c) * K, K).mean;
            const estimate got = log_mean_of(by_m, U);
            const double want = oracle_log_joint(&o->t, i, c, NULL, false);
            if (!(fabs(got.mean - want) <= SIGMAS * got.error + got.error * got.error + rounding(&o->t, i)))
                fail_msg("row %d, class %d: log p(x,y) = %.9g, got %.9g +- %.2g", i, c, want, got.mean, got.error);
            levels[c] = got.mean;
            if (c != o->t.y[i]) continue;
            mean += (got.mean - want) / N;
            variance += got.error * got.error / (N * N);
        }
        assert_near(value[i], oracle_log_sum(levels, C), 1e-9 * fabs(value[i]));
    }
    assert_near(mean, 0, SIGMAS * sqrt(variance) + N * variance);
    assert_true(sqrt(variance) < 0.01);
    free(w);
}

/* encode gives the posteriors that were put in. */
static void test_encode(void **state)
{
    const oracle *o = *state;
    float m_mu[N][M], m_lv[N][M], z_mu[N][Z], z_lv[N][Z];
    assert_int_equal(
        cama_encode(o->session, o->exact, o->data, NULL, &m_mu[0][0], &m_lv[0][0], &z_mu[0][0], &z_lv[0][0]), CAMA_OK);
    for (int i = 0; i < N; i++) {
        double r[D], t_r[D], inverse[D][D];
        memcpy(inverse, o->t.t_inverse, sizeof inverse);
        for (int d = 0; d < D; d++) r[d] = o->t.x[i][d] - o->t.b[d];
        oracle_apply(inverse, r, t_r);
        for (int j = 0; j < M; j++) {
            const double mean = o->t.mvar[j] * oracle_dot(o->t.wm[j], t_r);
            assert_near(m_mu[i][j], mean, rounding(&o->t, i) + 0x1p-24 * fabs(mean));
            assert_near(m_lv[i][j], log(o->t.mvar[j]), 8 * 0x1p-24 * (1 + fabs(m_lv[i][j])));
        }
        oracle_residual(&o->t, i, o->t.y[i], m_mu[i], r);
        for (int j = 0; j < Z; j++) {
            double mean = 0;
            for (int d = 0; d < D; d++) mean += o->t.zvar[j] * o->t.wz[j][d] / o->t.s[d] * r[d];
            assert_near(z_mu[i][j], mean, rounding(&o->t, i) + 0x1p-20 * (1 + fabs(mean)));
            assert_near(z_lv[i][j], log(o->t.zvar[j]), 8 * 0x1p-24 * (1 + fabs(z_lv[i][j])));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_construction),      cmocka_unit_test(test_exact_weights),
                                       cmocka_unit_test(test_exact_prediction),  cmocka_unit_test(test_elbo),
                                       cmocka_unit_test(test_elbo_marginal),     cmocka_unit_test(test_importance),
                                       cmocka_unit_test(test_importance_with_m), cmocka_unit_test(test_encode)};
    return cmocka_run_group_tests(tests, make_oracle, free_oracle);
}
