/* gauss_test - values and adjoints against plain double loops, and (double build) adjoints against central differences.
 *
 * Tolerances, with EPS that of the build and S the sum of the magnitudes of what is added up:
 *   z         8 EPS S: an exp within 4 ulp, two products, a sum
 *   kl        8 EPS S: each term has a float exp; sums are in double
 *   ratio     L DBL_EPSILON S: inputs are exact and all arithmetic is double
 *   adjoints  (16 + rows) EPS S: as z, then a running sum over rows in storage precision
 *   central differences, step h = 1e-5: h^2 f''' / 6 + DBL_EPSILON |f| / h, with |f| below a few 1e3: 1e-7. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "context.h"
#include "noise.h"

#include "prob/gauss.h"

#ifdef CAMA_DOUBLE
#define EPS DBL_EPSILON
#else
#define EPS FLT_EPSILON
#endif

enum { Q_ROWS = 160, MOST_ROWS = 160, MOST_LATENT = 70 };

/* mu and lv, some lv beyond the bounds on either side. */
static real *posterior(int64_t latent)
{
    real *post = noise_tensor(Q_ROWS, 2 * latent, 2);
    for (int32_t j = 0; j < Q_ROWS; j += 7) post[cama__at(j, latent + j % latent, 2 * latent)] = j % 2 ? 25 : -30;
    return post;
}

static double bounded(double lv) { return fmax(-20, fmin(20, lv)); }

typedef struct {
    int64_t rows, latent;
    const int32_t *q;
    cama__pool *pool;
    real *post, *eps, *z, *dz;
    double *dratio;
} setup;

static int64_t source(const setup *s, int64_t r) { return s->q != NULL ? s->q[r] : r; }
static double mu_of(const setup *s, int64_t j, int64_t l) { return (double)s->post[cama__at(j, l, 2 * s->latent)]; }
static double lv_of(const setup *s, int64_t j, int64_t l)
{
    return (double)s->post[cama__at(j, s->latent + l, 2 * s->latent)];
}
static double at(const real *t, int64_t r, int64_t l, int64_t latent)
{
    return t != NULL ? (double)t[cama__at(r, l, latent)] : 0;
}

static void near(double got, double want, double tolerance, const char *what, int64_t r, int64_t l)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s of row %d, dimension %d: %.17g, expected %.17g within %g", what, (int)r, (int)l, got, want,
                 tolerance);
}

static void past_rows_zero(const real *t, int64_t rows, int64_t features)
{
    for (int64_t r = rows; r < cama__blocks(rows) * cama__kernel()->nr; r++)
        for (int64_t f = 0; f < features; f++) assert_true(t[cama__at(r, f, features)] == 0);
}

/* ---- Every combination of row counts, sizes, maps, noise or none, threads ---------------------------------------- */

typedef void check(setup *s);

static int32_t index_of[MOST_ROWS];

static const int32_t *make_index(int32_t map, int64_t rows)
{
    const int32_t nr = cama__kernel()->nr;
    for (int32_t r = 0; r < rows; r++) {
        const int32_t ways[] = {r, (r / nr ^ 1) * nr + r % nr, r / nr, (r * 37) % 23};
        index_of[r] = ways[map];
    }
    return map == 0 ? NULL : index_of;
}

static void run(check *one_case, int64_t rows, int64_t latent, int32_t map, bool mean, int32_t threads)
{
    setup s = {.rows = rows, .latent = latent, .q = make_index(map, rows)};
    OK(cama__pool_create(threads, &s.pool));
    s.post = posterior(latent);
    s.eps = mean ? NULL : noise_tensor(rows, latent, 2);
    s.z = noise_tensor(rows, latent, 2);
    s.dz = noise_tensor(rows, latent, 1);
    s.dratio = cama__mem_alloc((size_t)rows, sizeof *s.dratio);
    for (int64_t r = 0; r < rows; r++) s.dratio[r] = noise(1);
    cama__gauss_sample(ON(s.pool), rows, latent, s.post, s.q, s.eps, s.z);
    one_case(&s);
    cama__mem_free(s.post);
    cama__mem_free(s.eps);
    cama__mem_free(s.z);
    cama__mem_free(s.dz);
    cama__mem_free(s.dratio);
    cama__pool_free(s.pool);
}

static void over_all(check *one_case)
{
    const int64_t nr = cama__kernel()->nr, rows[] = {1, nr, 3 * nr + 1}, latents[] = {1, 32, MOST_LATENT};
    for (int32_t map = 0; map < 4; map++)
        for (size_t i = 0; i < 3; i++)
            for (size_t l = 0; l < 3; l++) {
                run(one_case, rows[i], latents[l], map, false, 1 + map % 3);
                run(one_case, rows[i], latents[l], map, true, 1);
            }
}

/* ---- Values ----------------------------------------------------------------------------------------------------- */

static void check_sample(setup *s)
{
    for (int64_t r = 0; r < s->rows; r++)
        for (int64_t l = 0; l < s->latent; l++) {
            const int64_t j = source(s, r);
            const double step = exp(bounded(lv_of(s, j, l)) / 2) * at(s->eps, r, l, s->latent);
            const double want = mu_of(s, j, l) + step;
            near(at(s->z, r, l, s->latent), want, 8 * EPS * (fabs(mu_of(s, j, l)) + fabs(step)), "z", r, l);
            if (s->eps == NULL) assert_true(at(s->z, r, l, s->latent) == mu_of(s, j, l));
        }
    past_rows_zero(s->z, s->rows, s->latent);
}

static void check_kl(setup *s)
{
    double kl[MOST_ROWS];
    cama__gauss_kl(ON(s->pool), s->rows, s->latent, s->post, kl);
    for (int64_t r = 0; r < s->rows; r++) {
        double want = 0, size = 0;
        for (int64_t l = 0; l < s->latent; l++) {
            const double mu = mu_of(s, r, l), lv = bounded(lv_of(s, r, l));
            want += 0.5 * (mu * mu + exp(lv) - lv - 1);
            size += 0.5 * (mu * mu + exp(lv) + fabs(lv) + 1);
        }
        near(kl[r], want, 8 * EPS * size, "kl", r, 0);
    }
}

static void check_ratio(setup *s)
{
    double ratio[MOST_ROWS];
    cama__gauss_ratio(ON(s->pool), &(cama__gauss_draws){s->rows, s->latent, s->post, s->q, s->eps, s->z}, ratio);
    for (int64_t r = 0; r < s->rows; r++) {
        double want = 0, size = 0;
        for (int64_t l = 0; l < s->latent; l++) {
            const double e = at(s->eps, r, l, s->latent), z = at(s->z, r, l, s->latent);
            const double lv = bounded(lv_of(s, source(s, r), l));
            want += 0.5 * (e * e + lv - z * z);
            size += 0.5 * (e * e + fabs(lv) + z * z);
        }
        near(ratio[r], want, (double)s->latent * DBL_EPSILON * size, "ratio", r, 0);
    }
}

/* ratio is what it says: a difference of two log-densities, written out. */
static void check_densities(setup *s)
{
    double ratio[MOST_ROWS];
    if (s->eps == NULL) return;
    cama__gauss_ratio(ON(s->pool), &(cama__gauss_draws){s->rows, s->latent, s->post, s->q, s->eps, s->z}, ratio);
    for (int64_t r = 0; r < s->rows; r++) {
        double want = 0, size = 0;
        for (int64_t l = 0; l < s->latent; l++) {
            const int64_t j = source(s, r);
            const double lv = bounded(lv_of(s, j, l)), eps = at(s->eps, r, l, s->latent);
            const double z = mu_of(s, j, l) + exp(lv / 2) * eps, off = (z - mu_of(s, j, l)) * exp(-lv / 2);
            want += -0.5 * z * z + 0.5 * (off * off + lv);
            size += z * z + off * off + fabs(lv) + 1;
            /* the witness loses eps where mu dwarfs exp(lv/2): that is why the code is given eps */
            size += fabs(eps) * fabs(mu_of(s, j, l)) * exp(-lv / 2) * DBL_EPSILON / EPS;
        }
        near(ratio[r], want, 16 * EPS * size, "log p - log q", r, 0);
    }
}

/* ---- Adjoints --------------------------------------------------------------------------------------------------- */

/* want and size (q rows, 2L, blocked) += the adjoint and the magnitudes in it. */
static void witness_backward(const setup *s, const real *dz, const double *dratio, double *want, double *size)
{
    const int64_t latent = s->latent;
    for (int64_t r = 0; r < s->rows; r++)
        for (int64_t l = 0; l < latent; l++) {
            const int64_t j = source(s, r), mu = cama__at(j, l, 2 * latent), lv = cama__at(j, latent + l, 2 * latent);
            const double w = dratio != NULL ? dratio[r] : 0, e = at(s->eps, r, l, latent);
            const double total = at(dz, r, l, latent) - w * at(s->z, r, l, latent);
            const double total_size = fabs(at(dz, r, l, latent)) + fabs(w * at(s->z, r, l, latent));
            const double half = exp(bounded(lv_of(s, j, l)) / 2) / 2;
            want[mu] += total;
            size[mu] += total_size;
            if (fabs(lv_of(s, j, l)) > 20) continue;
            want[lv] += total * e * half + w / 2;
            size[lv] += total_size * fabs(e) * half + fabs(w) / 2;
        }
}

static void check_one_backward(setup *s, const real *dz, const double *dratio)
{
    const size_t n = noise_numbers(Q_ROWS, 2 * s->latent);
    real *dpost = noise_tensor(Q_ROWS, 2 * s->latent, 1);
    double *want = cama__mem_alloc(n, sizeof *want), *size = cama__mem_alloc(n, sizeof *size);
    for (size_t i = 0; i < n; i++) {
        want[i] = (double)dpost[i]; /* the adjoint is added */
        size[i] = fabs(want[i]);
    }
    witness_backward(s, dz, dratio, want, size);
    cama__gauss_sample_backward(ON(s->pool), &(cama__gauss_draws){s->rows, s->latent, s->post, s->q, s->eps, s->z},
                                dz, dratio, dpost);
    const double tolerance = (16 + (double)s->rows) * EPS;
    for (size_t i = 0; i < n; i++) near((double)dpost[i], want[i], tolerance * size[i], "dpost", (int64_t)i, 0);
    cama__mem_free(dpost);
    cama__mem_free(want);
    cama__mem_free(size);
}

static void check_backward(setup *s)
{
    check_one_backward(s, s->dz, s->dratio);
    check_one_backward(s, s->dz, NULL);
    check_one_backward(s, NULL, s->dratio);
}

static void check_kl_backward(setup *s)
{
    const int64_t latent = s->latent;
    real *dpost = noise_tensor(Q_ROWS, 2 * latent, 1), *before = noise_tensor(Q_ROWS, 2 * latent, 1);
    memcpy(before, dpost, noise_numbers(Q_ROWS, 2 * latent) * sizeof *dpost);
    cama__gauss_kl_backward(ON(s->pool), s->rows, latent, s->post, s->dratio, dpost);
    for (int64_t r = 0; r < Q_ROWS; r++)
        for (int64_t l = 0; l < latent; l++) {
            const int64_t m = cama__at(r, l, 2 * latent), v = cama__at(r, latent + l, 2 * latent);
            const double w = r < s->rows ? s->dratio[r] : 0, lv = lv_of(s, r, l), e = exp(bounded(lv));
            const double dmu = w * mu_of(s, r, l), dlv = fabs(lv) > 20 ? 0 : w * (e - 1) / 2;
            near((double)dpost[m], (double)before[m] + dmu, 8 * EPS * (1 + fabs(dmu)), "dmu", r, l);
            near((double)dpost[v], (double)before[v] + dlv, 8 * EPS * (1 + fabs(w) * (e + 1)), "dlv", r, l);
        }
    cama__mem_free(dpost);
    cama__mem_free(before);
}

static void check_threads(setup *s)
{
    const size_t bytes = noise_numbers(Q_ROWS, 2 * s->latent) * sizeof *s->post;
    real *first = noise_tensor(Q_ROWS, 2 * s->latent, 1), *other = noise_tensor(Q_ROWS, 2 * s->latent, 1);
    real *z = noise_tensor(s->rows, s->latent, 1);
    double ratio[2][MOST_ROWS], kl[2][MOST_ROWS];
    for (int32_t threads = 1; threads <= 3; threads++) {
        cama__pool *pool = NULL;
        const int32_t k = threads > 1;
        real *dpost = k ? other : first;
        OK(cama__pool_create(threads, &pool));
        memset(dpost, 0, bytes);
        cama__gauss_sample(ON(pool), s->rows, s->latent, s->post, s->q, s->eps, z);
        cama__gauss_ratio(ON(pool), &(cama__gauss_draws){s->rows, s->latent, s->post, s->q, s->eps, z}, ratio[k]);
        cama__gauss_kl(ON(pool), s->rows, s->latent, s->post, kl[k]);
        cama__gauss_sample_backward(ON(pool), &(cama__gauss_draws){s->rows, s->latent, s->post, s->q, s->eps, z},
                                    s->dz, s->dratio, dpost);
        cama__gauss_kl_backward(ON(pool), s->rows, s->latent, s->post, s->dratio, dpost);
        assert_memory_equal(z, s->z, noise_numbers(s->rows, s->latent) * sizeof *z);
        assert_memory_equal(dpost, first, bytes);
        assert_memory_equal(ratio[k], ratio[0], (size_t)s->rows * sizeof **ratio);
        assert_memory_equal(kl[k], kl[0], (size_t)s->rows * sizeof **kl);
        cama__pool_free(pool);
    }
    cama__mem_free(first);
    cama__mem_free(other);
    cama__mem_free(z);
}

/* Objective dz.z + dratio.ratio + dratio.kl as a function of post alone. */
static double objective(const setup *s, real *z)
{
    double ratio[MOST_ROWS], kl[MOST_ROWS], sum = 0;
    cama__gauss_sample(ON(NULL), s->rows, s->latent, s->post, s->q, s->eps, z);
    cama__gauss_ratio(ON(NULL), &(cama__gauss_draws){s->rows, s->latent, s->post, s->q, s->eps, z}, ratio);
    cama__gauss_kl(ON(NULL), s->rows, s->latent, s->post, kl);
    for (int64_t r = 0; r < s->rows; r++) {
        sum += s->dratio[r] * (ratio[r] + kl[r]);
        for (int64_t l = 0; l < s->latent; l++) sum += at(s->dz, r, l, s->latent) * at(z, r, l, s->latent);
    }
    return sum;
}

static void check_differences(setup *s)
{
    if (s->rows * s->latent > 1500) return; /* an objective for each number of post */
    const double h = 1e-5;
    real *z = noise_tensor(s->rows, s->latent, 1), *dpost = noise_tensor(Q_ROWS, 2 * s->latent, 0);
    for (size_t i = 0; i < noise_numbers(Q_ROWS, 2 * s->latent); i++) /* exp(20) would drown the differences */
        if (s->post[i] > 20) s->post[i] = -25;
    cama__gauss_sample(ON(NULL), s->rows, s->latent, s->post, s->q, s->eps, s->z);
    cama__gauss_sample_backward(ON(NULL), &(cama__gauss_draws){s->rows, s->latent, s->post, s->q, s->eps, s->z},
                                s->dz, s->dratio, dpost);
    cama__gauss_kl_backward(ON(NULL), s->rows, s->latent, s->post, s->dratio, dpost);
    for (int64_t j = 0; j < Q_ROWS; j += 3)
        for (int64_t f = 0; f < 2 * s->latent; f += 1 + s->latent / 5) {
            real *number = &s->post[cama__at(j, f, 2 * s->latent)];
            const real kept = *number;
            *number = (real)((double)kept + h);
            const double up = objective(s, z);
            *number = (real)((double)kept - h);
            const double down = objective(s, z);
            *number = kept;
            const double slope = (up - down) / (2 * h), got = (double)dpost[cama__at(j, f, 2 * s->latent)];
            near(got, slope, 1e-7 * (1 + fabs(got)), "central difference", j, f);
        }
    cama__mem_free(z);
    cama__mem_free(dpost);
}

static void sample(void **state) { (void)state, over_all(check_sample); }
static void kl(void **state) { (void)state, over_all(check_kl); }
static void ratio(void **state) { (void)state, over_all(check_ratio); }
static void densities(void **state) { (void)state, over_all(check_densities); }
static void backward(void **state) { (void)state, over_all(check_backward); }
static void kl_backward(void **state) { (void)state, over_all(check_kl_backward); }
static void threads(void **state) { (void)state, over_all(check_threads); }

static void differences(void **state)
{
    (void)state;
#ifdef CAMA_DOUBLE
    over_all(check_differences);
#else
    (void)check_differences;
    skip();
#endif
}

static void no_latent(void **state)
{
    (void)state;
    real number = 1;
    double kl_of[3] = {9, 9, 9}, ratio_of[3] = {9, 9, 9};
    cama__gauss_sample(ON(NULL), 3, 0, &number, NULL, &number, &number);
    cama__gauss_kl(ON(NULL), 3, 0, &number, kl_of);
    cama__gauss_ratio(ON(NULL), &(cama__gauss_draws){3, 0, &number, NULL, &number, &number}, ratio_of);
    cama__gauss_sample_backward(ON(NULL), &(cama__gauss_draws){3, 0, &number, NULL, &number, &number},
                                &number, kl_of, &number);
    cama__gauss_kl_backward(ON(NULL), 3, 0, &number, kl_of, &number);
    for (int i = 0; i < 3; i++) assert_true(kl_of[i] == 0 && ratio_of[i] == 0);
    assert_true(number == 1);
}

/* A NaN is not lost in a bound. */
static void nan_stays(void **state)
{
    (void)state;
    real *post = noise_tensor(2, 2, 1), *eps = noise_tensor(2, 1, 1), *z = noise_tensor(2, 1, 1);
    double kl_of[2], ratio_of[2];
    post[cama__at(1, 1, 2)] = (real)NAN;
    cama__gauss_sample(ON(NULL), 2, 1, post, NULL, eps, z);
    cama__gauss_kl(ON(NULL), 2, 1, post, kl_of);
    cama__gauss_ratio(ON(NULL), &(cama__gauss_draws){2, 1, post, NULL, eps, z}, ratio_of);
    assert_true(isnan(z[cama__at(1, 0, 1)]) && isnan(kl_of[1]) && isnan(ratio_of[1]));
    assert_true(isfinite(z[cama__at(0, 0, 1)]) && isfinite(kl_of[0]) && isfinite(ratio_of[0]));
    cama__mem_free(post);
    cama__mem_free(eps);
    cama__mem_free(z);
}

int main(void)
{
    noise_state = 7;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sample),    cmocka_unit_test(kl),          cmocka_unit_test(ratio),
        cmocka_unit_test(densities), cmocka_unit_test(backward),    cmocka_unit_test(kl_backward),
        cmocka_unit_test(threads),   cmocka_unit_test(differences), cmocka_unit_test(no_latent),
        cmocka_unit_test(nan_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
