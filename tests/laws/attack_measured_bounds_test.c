/* attack_measured_bounds_test - bounds of attacks on measurement data, in the data's units, and what is refused. */
#include "attack_measured.h"

/* ---- Bounds ------------------------------------------------------------------------------------------------------ */

static void range_of(const cama_dataset *d, int32_t role, int64_t at, float *low, float *high)
{
    const int64_t width = cama__dataset_width(d, role);
    const float *b = cama__dataset_block(d, role);
    *low = *high = b[at];
    for (int64_t i = 0; i < d->n; i++) {
        *low = fminf(*low, b[i * width + at]);
        *high = fmaxf(*high, b[i * width + at]);
    }
}

/* Options that attack x3, or c3. */
static cama_options *one_number(int32_t role, double eps)
{
    static const float x3[DX] = {[FINE] = 1}, c3[DC] = {[FINE] = 1};
    cama_options *o = measured_options_of("pgd", "linf", role == ROLE_X ? OF_X : OF_C, eps);
    measured_set_mask(o, role == ROLE_X ? x3 : c3, role == ROLE_X ? DX : DC);
    return o;
}

/* In the data's units: results are at the bounds, to the bit, and never beyond; a bound that is not set is none. Bounds
 * that no clean number is at, so that standard units round them. */
static void test_bounds(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 32; k++) {
        const int32_t role = k / 4 % 2 == 0 ? ROLE_X : ROLE_C;
        const bool has_low = k & 1, has_high = k & 2;
        cama_options *o = one_number(role, 3);
        float low, high, least, most;
        range_of(measured_s.data, role, FINE, &low, &high);
        const float wider = (float)(0.137 * (k / 8) * measured_scale_of(measured_s.model[0], role, FINE));
        low -= wider;
        high += wider;
        if (has_low) OK(cama_options_set_real(o, "low", (double)low));
        if (has_high) OK(cama_options_set_real(o, "high", (double)high));
        cama_dataset *out = measured_attacked(measured_s.model[0], measured_s.data, o);
        range_of(out, role, FINE, &least, &most);
        assert_true(has_low ? least == low : least < low);
        assert_true(has_high ? most == high : most > high);
        cama_dataset_free(out);
    }
}

/* A ball of no size in a box that just holds the data: nothing moves, by rounding neither. */
static void test_tight(void **state)
{
    (void)state;
    for (int32_t k = 0; k < 2; k++) {
        const int32_t role = k == 0 ? ROLE_X : ROLE_C;
        cama_options *o = one_number(role, 0);
        float low, high;
        range_of(measured_s.data, role, FINE, &low, &high);
        OK(cama_options_set_real(o, "low", (double)low));
        OK(cama_options_set_real(o, "high", (double)high));
        cama_dataset *out = measured_attacked(measured_s.model[0], measured_s.data, o);
        assert_memory_equal(out->x, measured_s.data->x, N * DX * sizeof *out->x);
        assert_memory_equal(out->c, measured_s.data->c, N * DC * sizeof *out->c);
        cama_dataset_free(out);
    }
}

static void refuse(const cama_model *model, const cama_dataset *d, cama_options *o, int32_t status, const char *message)
{
    cama_dataset *out = NULL;
    assert_int_equal(cama__attack(measured_s.session, model, d, o, &out, NULL), status);
    if (strstr(cama_last_error(), message) == NULL) fail_msg("\"%s\" is not in \"%s\"", message, cama_last_error());
    assert_null(out);
    cama_options_free(o);
}

static void test_outside(void **state)
{
    (void)state;
    float low, high;
    range_of(measured_s.data, ROLE_C, FINE, &low, &high);
    cama_options *o = one_number(ROLE_C, 3);
    OK(cama_options_set_real(o, "low", (double)low + 0.005));
    refuse(measured_s.model[0], measured_s.data, o, CAMA_E_DATA, "attack: expected c from low = ");
    o = one_number(ROLE_C, 3);
    OK(cama_options_set_real(o, "high", (double)high - 0.005));
    refuse(measured_s.model[0], measured_s.data, o, CAMA_E_DATA, "column 2 (low > high: no bounds)");
    o = one_number(ROLE_C, 3);
    OK(cama_options_set_real(o, "low", 2));
    OK(cama_options_set_real(o, "high", 1));
    cama_dataset_free(measured_attacked(measured_s.model[0], measured_s.data, o)); /* no bounds */
}

/* ---- Refusals ------------------------------------------------------------------------------------------------ */

static void test_refusals(void **state)
{
    (void)state;
    const char *const mask_of = "option \"mask\" of \"attack\": expected ";
    static const float x4[DX + DC] = {[0] = 1, [4] = 1}, c1[DX + DC] = {[DX] = 1}, none[DX + DC] = {0};
    char message[256];
    const struct {
        const char *of, *expected;
        const float *mask;
        int64_t count;
    } cases[] = {
        {"of=x", "a 0 for what is not continuous, got a 1 for \"x4\", a categorical variable of x", x4, DX},
        {"of=both", "a 0 for what is not continuous, got a 1 for \"c1\", a binary variable of c", c1, DX + DC},
        {"of=c", "a 0 for what is not continuous, got a 1 for \"c1\", a binary variable of c", c1 + DX, DC},
        {"of=x", "7 numbers, one for each of x, got 10", none, DX + DC},
        {"of=c", "3 numbers, one for each of c, got 7", none, DX},
        {"of=both", "10 numbers, one for each of x and c, got 7", none, DX},
        {"of=both", "a 1 somewhere, got 10 zeros", none, DX + DC},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cama_options *o = measured_options(cases[i].of);
        measured_set_mask(o, cases[i].mask, cases[i].count);
        snprintf(message, sizeof message, "%s%s", mask_of, cases[i].expected);
        refuse(measured_s.model[0], measured_s.data, o, CAMA_E_OPTION, message);
    }
}

/* Models without co-parents, and without a continuous number. */
static void test_nothing_to_attack(void **state)
{
    (void)state;
    static const char *const none = "attack: expected a model with co-parents to attack c, got one without";
    const cama__spec spec = small_vector();
    cama_model *plain = small_model(spec, 3), *kinds = NULL;
    cama_dataset *data = small_data(&spec, 5, 1), *binary = NULL;
    refuse(plain, data, measured_options("of=c"), CAMA_E_ARGUMENT, none);
    refuse(plain, data, measured_options("of=both"), CAMA_E_ARGUMENT, none);
    cama_schema *schema = NULL;
    const float x[4] = {0, 1, 1, 0};
    const int32_t y[4] = {0, 1, 1, 0};
    OK(cama__schema_create("y", CLASSES, NULL, NULL, &schema));
    OK(cama__schema_add(schema, "b", ROLE_X, VARIABLE_BINARY, 0, NULL));
    OK(cama__dataset_from_columns(schema, 4, &(cama__columns){{x, NULL, NULL}, y}, true, &binary));
    cama__spec one = spec;
    cama__spec_take(&one, schema);
    OK(cama__model_build(&one, schema, &kinds));
    refuse(kinds, binary, measured_options(""), CAMA_E_ARGUMENT,
           "attack: expected a continuous variable in x, got none: nothing may change");
    cama_dataset_free(binary), cama_dataset_free(data);
    cama_model_free(kinds), cama_model_free(plain);
    cama_schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bounds), cmocka_unit_test(test_tight),
                                       cmocka_unit_test(test_outside), cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_nothing_to_attack)};
    return cmocka_run_group_tests(tests, measured_set_up, measured_tear_down);
}
