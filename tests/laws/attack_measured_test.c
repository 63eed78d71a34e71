/* attack_measured_test - attacks on measurement data: x, c or both change, and only what is continuous; radius and
 * steps are in standard deviations, results in the data's units. attacked() checks what may never change.
 *
 * Tolerance: results are rounded to floats within 16 standard deviations of 0, half a unit of which is 4.8e-7, and
 * standard units themselves within 4, 2.4e-7; twice that for the norm of five numbers. */
#include "attack_measured.h"

#define ROUNDING 2e-6

/* ---- The ball ---------------------------------------------------------------------------------------------------- */

/* All methods, norms and blocks, on both models: within the ball, to its edge, and to some avail. */
static void test_ball(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 24; k++) {
        const cama_model *model = measured_s.model[k / 12];
        const int32_t norm = k % 2, of = k / 4 % 3;
        const double eps = norm == 0 ? 0.8 : 1.5, before = measured_accuracy(model, measured_s.data);
        cama_dataset *out = measured_attacked(
            model, measured_s.data, measured_options_of(measured_methods[k / 2 % 2], measured_norms[norm], of, eps));
        double most = 0;
        for (int64_t i = 0; i < N; i++) {
            double measured_way[2];
            measured_ways(model, out, measured_s.data, i, measured_way);
            assert_true(measured_way[norm] <= eps + ROUNDING);
            most = fmax(most, measured_way[norm]);
        }
        assert_true(most > 0.99 * eps);
        assert_true(before > 0.95 && measured_accuracy(model, out) < before - (of == OF_C ? 0.1 : 0.4));
        cama_dataset_free(out);
    }
}

/* The same of a search: for x, c and both, in both norms, on both models. */
static void test_square(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 12; k++) {
        const cama_model *model = measured_s.model[k / 6];
        const int32_t norm = k % 2, of = k / 2 % 3;
        const double eps = norm == 0 ? 0.8 : 1.5, before = measured_accuracy(model, measured_s.data);
        cama_options *o = measured_options_of("square", measured_norms[norm], of, eps);
        OK(cama_options_set_int(o, "queries", 40));
        cama_dataset *out = measured_attacked(model, measured_s.data, o);
        double most = 0;
        for (int64_t i = 0; i < N; i++) {
            double way[2];
            measured_ways(model, out, measured_s.data, i, way);
            assert_true(way[norm] <= eps + ROUNDING);
            most = fmax(most, way[norm]);
        }
        assert_true(most > 0.99 * eps);
        assert_true(measured_accuracy(model, out) < before - (of == OF_C ? 0.1 : 0.4));
        cama_dataset_free(out);
    }
}

/* slope (N) of -log p(y|x,a,c) along a number, in standard units, by central differences. */
static void find_slope(const cama_model *model, int32_t role, int64_t at, double *slope)
{
    const double h = 4e-3;
    const int64_t width = cama__dataset_width(measured_s.data, role);
    double value[2][N];
    float *b = small_floats(N * width);
    for (int32_t side = 0; side < 2; side++) {
        cama_dataset *moved = NULL;
        memcpy(b, cama__dataset_block(measured_s.data, role), (size_t)(N * width) * sizeof *b);
        for (int64_t i = 0; i < N; i++)
            b[i * width + at] += (float)((side == 0 ? -h : h) * measured_scale_of(model, role, at));
        OK(cama__dataset_with(measured_s.data, role == ROLE_X ? b : NULL, role == ROLE_C ? b : NULL, &moved));
        measured_log_p(model, moved, value[side]);
        cama_dataset_free(moved);
    }
    for (int64_t i = 0; i < N; i++) slope[i] = -(value[1][i] - value[0][i]) / (2 * h);
    free(b);
}

/* FGSM goes eps up where -log p(y|x,a,c) does, in x and in c. Values are good to about 1e-5, slopes to 1e-5 / h:
 * flatter ones are left out. */
static void test_direction(void **state)
{
    (void)state;
    const double eps = 0.1;
    for (int32_t k = 0; k < 4; k++) {
        const cama_model *model = measured_s.model[k / 2];
        const int32_t role = k % 2 == 0 ? ROLE_X : ROLE_C;
        cama_dataset *out =
            measured_attacked(model, measured_s.data, measured_options_of("fgsm", "linf", OF_BOTH, eps));
        int64_t judged = 0, wrong = 0;
        for (int64_t d = 0; d < cama__dataset_width(measured_s.data, role); d++) {
            double slope[N];
            if (!measured_may_change(OF_BOTH, role, d)) continue;
            find_slope(model, role, d, slope);
            for (int64_t i = 0; i < N; i++) {
                const double w = measured_way(model, out, measured_s.data, role, i, d);
                assert_near(fabs(w), eps, ROUNDING);
                if (fabs(slope[i]) < 0.02) continue;
                judged++;
                wrong += (w > 0) != (slope[i] > 0);
            }
        }
        assert_true(judged > N &&
                    wrong == 0); /* no kinks: no number of c is clipped, all layers are smooth but p_y's */
        cama_dataset_free(out);
    }
}

/* The l2 norm is that of all numbers of x and c that may change: one step goes eps, with both parts in it. */
static void test_l2_together(void **state)
{
    (void)state;
    cama_dataset *out =
        measured_attacked(measured_s.model[0], measured_s.data, measured_options_of("fgsm", "l2", OF_BOTH, 0.5));
    for (int64_t i = 0; i < N; i++) {
        double way_of[2], x = 0, c = 0;
        measured_ways(measured_s.model[0], out, measured_s.data, i, way_of);
        assert_near(way_of[1], 0.5, ROUNDING);
        for (int64_t d = 0; d < DX; d++)
            x = fmax(x, fabs(measured_way(measured_s.model[0], out, measured_s.data, ROLE_X, i, d)));
        for (int64_t d = 0; d < DC; d++)
            c = fmax(c, fabs(measured_way(measured_s.model[0], out, measured_s.data, ROLE_C, i, d)));
        assert_true(x > 0 && c > 0);
    }
    cama_dataset_free(out);
}

/* Uniform in the ball of x and c: the mean of |u - 1/2| is half of its largest, that of the radius n / (n + 1); x and c
 * have starts of their own. The step is too small to see. 5 standard errors: 5 * 0.29 / sqrt(750) and
 * 5 * 0.14 / sqrt(150). */
static void test_random_start(void **state)
{
    (void)state;
    const double n = FREE_X + FREE_C;
    for (int32_t norm = 0; norm < 2; norm++) {
        cama_options *o = measured_options_of("pgd", measured_norms[norm], OF_BOTH, 1);
        OK(cama_options_set_int(o, "steps", 1));
        OK(cama_options_set_real(o, "step", 1e-6));
        cama_dataset *out = measured_attacked(measured_s.model[0], measured_s.data, o);
        double sum = 0, radius = 0, apart = 0;
        for (int64_t i = 0; i < N; i++) {
            double way_of[2];
            measured_ways(measured_s.model[0], out, measured_s.data, i, way_of);
            radius += way_of[1] / N;
            for (int64_t d = 0; d < DX; d++)
                sum += fabs(measured_way(measured_s.model[0], out, measured_s.data, ROLE_X, i, d)) / (n * N);
            for (int64_t d = 0; d < DC; d++)
                sum += fabs(measured_way(measured_s.model[0], out, measured_s.data, ROLE_C, i, d)) / (n * N);
            apart += fabs(measured_way(measured_s.model[0], out, measured_s.data, ROLE_X, i, 2) -
                          measured_way(measured_s.model[0], out, measured_s.data, ROLE_C, i, 2)) /
                     N;
        }
        if (norm == 0) assert_near(sum, 0.5, 0.053);
        if (norm == 1) assert_near(radius, n / (n + 1), 0.058);
        assert_true(apart > 0.3);
        cama_dataset_free(out);
    }
}

/* Not to be moved is to keep all bits, in standard units too. */
static void test_eps_zero(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 4; k++) {
        cama_options *o = measured_options_of(measured_methods[k / 2], measured_norms[k % 2], OF_BOTH, 0);
        OK(cama_options_set_real(o, "low", -1)); /* 0.02 c3 and x3 are near 0; the others are far above */
        OK(cama_options_set_real(o, "high", 1e5));
        cama_dataset *out = measured_attacked(measured_s.model[0], measured_s.data, o);
        assert_memory_equal(out->x, measured_s.data->x, N * DX * sizeof *out->x);
        assert_memory_equal(out->c, measured_s.data->c, N * DC * sizeof *out->c);
        cama_dataset_free(out);
    }
}

/* A model that is not standardised has the data's units; its numbers have no bounds either. */
static void test_data_units(void **state)
{
    (void)state;
    cama__spec spec = measured_spec(false);
    cama_model *model = NULL;
    spec.standardise = false;
    OK(cama__model_build(&spec, measured_s.schema, &model));
    OK(cama__model_init(model, 3, 1));
    cama_dataset *out = measured_attacked(model, measured_s.data, measured_options_of("fgsm", "linf", OF_BOTH, 4));
    for (int64_t i = 0; i < N; i++)
        for (int64_t d = 0; d < DX; d++) {
            const double w = fabs(measured_way(model, out, measured_s.data, ROLE_X, i, d));
            assert_true(w == 0 || fabs(w - 4) < 1e-4); /* floats at 1200 are 1.2e-4 apart */
        }
    assert_true(out->high > 1003);
    cama_dataset_free(out);
    cama_model_free(model);
}

/* Vectors without a schema: in [0,1] by default, as ever, and without bounds once the model has learned their scale. */
static void test_vectors(void **state)
{
    (void)state;
    const cama__spec spec = small_vector();
    cama_model *model = small_model(spec, 3);
    cama_dataset *data = small_data(&spec, 40, 1), *out = NULL;
    cama_options *o = measured_options("method=fgsm eps=3");
    OK(cama__attack(measured_s.session, model, data, o, &out, NULL));
    assert_true(out->low == 0 && out->high == 1);
    cama_dataset_free(out);
    cama__standardise_learn(model, data);
    OK(cama__attack(measured_s.session, model, data, o, &out, NULL));
    assert_true(out->low < -0.5f && out->high > 1.5f);
    for (int64_t i = 0; i < 40 * 5; i++)
        assert_near(fabs((out->x[i] - data->x[i]) / measured_scale_of(model, ROLE_X, i % 5)), 3, ROUNDING);
    cama_options_free(o);
    cama_dataset_free(out), cama_dataset_free(data);
    cama_model_free(model);
}

/* ---- Mask -------------------------------------------------------------------------------------------------------- */

static void test_mask(void **state)
{
    (void)state;
    static const float both[DX + DC] = {[2] = 1, [DX + 1] = 1}; /* x3 and c2 */
    static const struct {
        const float *mask;
        int64_t count;
    } masks[] = {{both, DX}, {both + DX, DC}, {both, DX + DC}}; /* by option of */
    for (int32_t k = 0; k < 12; k++) {
        const int32_t of = k / 4;
        cama_options *o = measured_options_of(measured_methods[k / 2 % 2], measured_norms[k % 2], of, 0.5);
        measured_set_mask(o, masks[of].mask, masks[of].count);
        cama_dataset *out = measured_attacked(measured_s.model[0], measured_s.data, o);
        double shortest = 1;
        for (int64_t i = 0; i < N; i++) {
            double way_of[2];
            measured_ways(measured_s.model[0], out, measured_s.data, i, way_of);
            shortest = fmin(shortest, way_of[1]);
            for (int64_t d = 0; d < DX; d++)
                if (d != 2 || of == OF_C) assert_true(out->x[i * DX + d] == measured_s.data->x[i * DX + d]);
            for (int64_t d = 0; d < DC; d++)
                if (d != 1 || of == OF_X) assert_true(out->c[i * DC + d] == measured_s.data->c[i * DC + d]);
        }
        if (k % 4 == 1) assert_true(shortest > 0.5 - ROUNDING); /* what is not in the mask is not in the norm */
        cama_dataset_free(out);
    }
}

/* Steps see what may not change where it is: two of them are two attacks of one step. */
static void test_two_steps(void **state)
{
    (void)state;
    static const float mask[DX + DC] = {[2] = 1, [6] = 1, [DX + 1] = 1};
    cama_dataset *out[3];
    for (int32_t k = 0; k < 3; k++) {
        cama_options *o = measured_options_of(k == 0 ? "pgd" : "fgsm", "l2", OF_BOTH, k == 0 ? 1 : 0.5);
        measured_set_mask(o, mask, DX + DC);
        OK(cama_options_set_int(o, "steps", 2));
        OK(cama_options_set_real(o, "step", 0.5));
        OK(cama_options_set_int(o, "random_start", 0));
        out[k] = measured_attacked(measured_s.model[0], k == 2 ? out[1] : measured_s.data, o);
    }
    for (int64_t i = 0; i < N; i++) {
        double norm[2];
        measured_ways(measured_s.model[0], out[2], out[0], i, norm);
        assert_true(norm[1] < 1e-4); /* gradients differ as their places do, by rounding */
    }
    for (int32_t k = 0; k < 3; k++) cama_dataset_free(out[k]);
}

/* ---- What the result depends on ---------------------------------------------------------------------------------- */

static void test_deterministic(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 4; k++) {
        const cama_model *model = measured_s.model[k / 2];
        cama_options *o = measured_options_of("pgd", measured_norms[k % 2], OF_BOTH, 0.5);
        cama_session *other = small_session(3, 60);
        cama_dataset *part = NULL, *again = NULL, *out = NULL;
        OK(cama_dataset_slice(measured_s.data, 0, 131, &part));
        OK(cama__attack(measured_s.session, model, measured_s.data, o, &out, NULL));
        OK(cama__attack(other, model, part, o, &again, NULL));
        assert_memory_equal(again->x, out->x, 131 * DX * sizeof *out->x);
        assert_memory_equal(again->c, out->c, 131 * DC * sizeof *out->c);
        cama_options_free(o);
        cama_dataset_free(part), cama_dataset_free(again), cama_dataset_free(out);
        cama_session_free(other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ball),
                                       cmocka_unit_test(test_square),
                                       cmocka_unit_test(test_direction),
                                       cmocka_unit_test(test_l2_together),
                                       cmocka_unit_test(test_random_start),
                                       cmocka_unit_test(test_eps_zero),
                                       cmocka_unit_test(test_data_units),
                                       cmocka_unit_test(test_vectors),
                                       cmocka_unit_test(test_mask),
                                       cmocka_unit_test(test_two_steps),
                                       cmocka_unit_test(test_deterministic)};
    return cmocka_run_group_tests(tests, measured_set_up, measured_tear_down);
}
