/* attack_bounds_test - what cama__attack may change: ball, box and mask hold, and what cannot be is refused.
 *
 * Tolerance: x - eps and x + eps are rounded to float once, so a distance may exceed eps by ROUNDING (all numbers are
 * below 4 here). */
#include "attack_setup.h"

/* ---- Ball, box, mask --------------------------------------------------------------------------------------------- */

static void test_ball_and_box(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 4; k++) {
        cama_dataset *out =
            attacked_once(attack_model, attack_dataset, attack_options(attack_methods[k / 2], attack_norms[k % 2]));
        double most = 0;
        for (int64_t i = 0; i < N; i++) {
            const double away = (k % 2 == 0 ? attack_distance_linf : attack_distance_l2)(out, attack_dataset, i);
            assert_true(away <= attack_eps + ROUNDING);
            most = fmax(most, away);
        }
        assert_true(most > 0.9 * attack_eps);
        assert_true(out->low >= 0 && out->high <= 1);
        assert_true(k % 2 == 1 || (out->low == 0 && out->high == 1)); /* linf reaches the box: x begins at 0.05 */
        cama__dataset_free(out);
    }
}

/* A box inside of the default one, and a ball far wider than it. */
static void test_tight_box(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 4; k++) {
        cama_options *o = attack_options(attack_methods[k / 2], attack_norms[k % 2]);
        attack_set_real(o, "eps", 100);
        attack_set_real(o, "low", 0.05);
        attack_set_real(o, "high", 0.95);
        cama_dataset *out = attacked_once(attack_model, attack_dataset, o);
        assert_true(out->low == 0.05f && out->high == 0.95f);
        cama__dataset_free(out);
    }
}

static void test_mask(void **state)
{
    (void)state;
    float mask[DIMS];
    for (int64_t j = 0; j < DIMS; j++) mask[j] = j % 3 == 0;
    for (int32_t k = 0; k < 4; k++) {
        cama_options *o = attack_options(attack_methods[k / 2], attack_norms[k % 2]);
        OK(cama__options_set_vector(o, "mask", mask, DIMS));
        cama_dataset *out = attacked_once(attack_model, attack_dataset, o);
        int64_t changed = 0;
        double shortest = INFINITY;
        for (int64_t i = 0; i < N * DIMS; i++) {
            if (mask[i % DIMS] == 0) assert_memory_equal(&out->x[i], &attack_dataset->x[i], sizeof(float));
            changed += out->x[i] != attack_dataset->x[i];
        }
        assert_true(changed > N * DIMS / 3 * 8 / 10);
        for (int64_t i = 0; i < N; i++) shortest = fmin(shortest, attack_distance_l2(out, attack_dataset, i));
        if (k == 1) assert_true(shortest > 0.8 * attack_eps); /* the masked part of the gradient is not in its norm */
        assert_true(attack_hardness(attack_model, out) > attack_hardness(attack_model, attack_dataset));
        cama__dataset_free(out);
    }
}

/* What stays may lie outside of the box, what changes may not. */
static void test_mask_outside(void **state)
{
    (void)state;
    cama_model *gaussian = attack_build(1);
    cama_dataset *d = attack_sample(gaussian, 5, 0.05, 0.95), *changed = NULL, *out = NULL;
    float *x = cama__mem_alloc(5 * DIMS, sizeof *x), mask[DIMS] = {0};
    memcpy(x, d->x, 5 * DIMS * sizeof *x);
    x[2 * DIMS + 7] = -2.5f;
    mask[8] = 1;
    OK(cama__dataset_from_arrays(5, attack_shape, CLASSES, x, d->y, false, &changed));
    cama_options *o = attack_options("pgd", "linf");
    assert_int_equal(cama__attack(attack_session, gaussian, changed, o, &out, NULL), CAMA_E_DATA);
    check_said("got -2.5 at row 2, column 7");
    assert_null(out);
    OK(cama__options_set_vector(o, "mask", mask, DIMS));
    out = attacked(gaussian, changed, o);
    for (int64_t i = 0; i < 5 * DIMS; i++) assert_true((out->x[i] == x[i]) == (i % DIMS != 8));
    cama__dataset_free(out);
    cama__options_free(o);
    cama__dataset_free(changed);
    cama__dataset_free(d);
    cama__model_free(gaussian);
    cama__mem_free(x);
}

static void test_unbounded(void **state)
{
    (void)state;
    cama_model *gaussian = attack_build(1);
    cama_dataset *d = attack_sample(gaussian, 40, -2, 2);
    cama_options *o = attack_options("pgd", "linf");
    attack_set_real(o, "low", 1);
    attack_set_real(o, "high", 0);
    attack_set_real(o, "eps", 1);
    cama_dataset *out = attacked_once(gaussian, d, o);
    assert_true(out->low < -2.5 && out->high > 2.5);
    for (int64_t i = 0; i < 40; i++) assert_true(attack_distance_linf(out, d, i) <= 1 + ROUNDING);
    assert_true(attack_hardness(gaussian, out) > attack_hardness(gaussian, d) + 1);
    cama__dataset_free(out);
    cama__dataset_free(d);
    cama__model_free(gaussian);
}

static void test_eps_zero(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 4; k++) {
        cama_options *o = attack_options(attack_methods[k / 2], attack_norms[k % 2]);
        attack_set_real(o, "eps", 0);
        cama_dataset *out = attacked_once(attack_model, attack_dataset, o);
        for (int64_t i = 0; i < N * DIMS; i++) assert_true(out->x[i] == attack_dataset->x[i]);
        cama__dataset_free(out);
    }
}

/* Bytes are attacked as the floats they stand for, and the result holds floats. */
static void test_bytes(void **state)
{
    (void)state;
    enum { FEW = 9 };
    uint8_t *bytes = cama__mem_alloc(FEW * DIMS, 1);
    float *x = cama__mem_alloc(FEW * DIMS, sizeof *x);
    int32_t *y = cama__mem_alloc(FEW, sizeof *y);
    cama_dataset *small = NULL, *large = NULL;
    for (int64_t i = 0; i < FEW * DIMS; i++) x[i] = (float)(bytes[i] = (uint8_t)(i * 37)) / 255.0f;
    OK(cama__dataset_from_arrays(FEW, attack_shape, CLASSES, x, y, true, &large));
    OK(cama__dataset_from_bytes(FEW, attack_shape, CLASSES, bytes, y, &small));
    cama_dataset *a = attacked_once(attack_model, small, attack_options("pgd", "linf"));
    cama_dataset *b = attacked_once(attack_model, large, attack_options("pgd", "linf"));
    assert_true(a->bytes == NULL && a->low == b->low && a->high == b->high);
    assert_memory_equal(a->x, b->x, FEW * DIMS * sizeof *a->x);
    cama__dataset_free(a);
    cama__dataset_free(b);
    cama__dataset_free(small);
    cama__dataset_free(large);
    cama__mem_free(x);
}

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

static void refuse(cama_options *o, const cama_dataset *d, int32_t status, const char *message)
{
    cama_dataset *out = NULL;
    assert_int_equal(cama__attack(attack_session, attack_model, d, o, &out, NULL), status);
    assert_string_equal(cama_last_error(), message);
    assert_null(out);
    cama__options_free(o);
}

static void test_refusals(void **state)
{
    (void)state;
    const float mask[DIMS] = {0};
    cama_dataset *plain = NULL;
    cama_options *o = attack_options("pgd", "linf");
    OK(cama__options_set_vector(o, "mask", mask, 3));
    refuse(o, attack_dataset, CAMA_E_OPTION,
           "option \"mask\" of \"attack\": expected 36 numbers, one for each of x, got 3");
    o = attack_options("pgd", "linf");
    OK(cama__options_set_vector(o, "mask", mask, DIMS));
    refuse(o, attack_dataset, CAMA_E_OPTION, "option \"mask\" of \"attack\": expected a 1 somewhere, got 36 zeros");
    o = attack_options("pgd", "linf");
    attack_set_real(o, "low", 0.5);
    attack_set_real(o, "high", 0.5);
    refuse(o, attack_dataset, CAMA_E_OPTION,
           "options \"low\" and \"high\" of \"attack\": expected low < high, or low > high for no bounds, "
           "got 0.5 for both");
    o = attack_options("pgd", "linf");
    attack_set_real(o, "high", 2);
    refuse(o, attack_dataset, CAMA_E_OPTION,
           "options \"low\" and \"high\" of \"attack\": expected 0 <= low < high <= 1 for a bernoulli "
           "likelihood, got 0 and 2");
    OK(cama__dataset_slice(attack_dataset, 0, 3, false, &plain));
    refuse(attack_options("pgd", "linf"), plain, CAMA_E_ARGUMENT, "dataset: expected labels, got none");
    cama__dataset_free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ball_and_box), cmocka_unit_test(test_tight_box),
                                       cmocka_unit_test(test_mask),         cmocka_unit_test(test_mask_outside),
                                       cmocka_unit_test(test_unbounded),    cmocka_unit_test(test_eps_zero),
                                       cmocka_unit_test(test_bytes),        cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, attack_set_up, attack_tear_down);
}
