/* The objective of measurement data against central differences: parents and co-parents, readings of x under m, the
 * learned variance, the linear effect and the limit of c, mixed kinds of children, standard units. Tolerances as in
 * logw_grad_test.c; all activations are smooth, and c keeps away from the kinks at its limit. */
#include "logw_grad.h"

#define NETS                                                                                                           \
    .net = {[NET_P_PRIOR] = "dense 5 tanh",                                                                            \
            [NET_P_Y] = "dense 4 tanh",                                                                                \
            [NET_P_Z] = "dense 5 softplus",                                                                            \
            [NET_P_M] = "dense 4 tanh",                                                                                \
            [NET_P_C] = "dense 3 tanh, dense 4 elu",                                                                   \
            [NET_P_MERGE] = "dense 6 tanh, dense x",                                                                   \
            [NET_Q_M] = "dense 5 tanh",                                                                                \
            [NET_Q_Z] = "dense 5 tanh | dense 6 tanh"}

/* Networks that are not there: features are m, c, y and z themselves, and heads are one layer. */
#define BARE .net = {[NET_P_MERGE] = "dense x", [NET_Q_M] = "", [NET_Q_Z] = "|"}

#define VECTOR .preset = "test", .x = {1, 1, 5}, .classes = 3, .z = 3, .m = 2
#define MIXED .preset = "test", .classes = 3, .z = 3, .m = 2
#define GAUSSIAN .likelihood = LIKELIHOOD_GAUSSIAN
#define STUDENT(degrees) .likelihood = LIKELIHOOD_STUDENT, .nu = (degrees)
#define GAIN .m_enters = M_ENTERS_GAIN
#define AFFINE .m_enters = M_ENTERS_AFFINE

/* Each with its tolerance, and .standardised, .mixed. */
static const grad_subject subjects[] = {
    {"parents", {VECTOR, .a = 3, GAUSSIAN, NETS}, 2e-6, .standardised = false},
    {"co-parents", {VECTOR, .c = 4, GAUSSIAN, NETS}, 2e-6, .standardised = false},
    {"both", {VECTOR, .a = 2, .c = 4, GAUSSIAN, NETS}, 2e-6, .standardised = true},
    {"both, bare", {VECTOR, .a = 2, .c = 4, GAUSSIAN, BARE}, 2e-6, .standardised = false},
    {"student, variance", {VECTOR, .a = 2, .c = 3, STUDENT(2.5), .variance = 1, NETS}, 2e-6, .standardised = false},
    {"clip", {VECTOR, .c = 4, .c_clip = 0.9, GAUSSIAN, NETS}, 2e-6, .standardised = false},
    {"range",
     {VECTOR, .a = 1, .c = 4, .c_linear = 1, .c_range = 1, .standardise = true, GAUSSIAN, NETS},
     2e-6,
     .standardised = true},
    {"linear", {VECTOR, .c = 4, .c_linear = 1, GAUSSIAN, NETS}, 2e-6, .standardised = false},
    {"linear, clip",
     {VECTOR, .a = 1, .c = 4, .c_linear = 1, .c_clip = 0.9, GAUSSIAN, NETS},
     2e-6,
     .standardised = true},
    {"gain", {VECTOR, GAIN, GAUSSIAN, NETS}, 2e-6, .standardised = true},
    {"gain, variance", {VECTOR, .a = 2, GAIN, .variance = 1, GAUSSIAN, NETS}, 2e-6, .standardised = true},
    {"affine", {VECTOR, .c = 2, AFFINE, STUDENT(3), NETS}, 2e-6, .standardised = true},
    {"affine, variance, linear, clip",
     {VECTOR, .a = 2, .c = 4, AFFINE, .variance = 1, .c_linear = 1, .c_clip = 0.9, GAUSSIAN, NETS},
     2e-6,
     .standardised = true},
    {"affine, bare",
     {VECTOR, .a = 2, .c = 4, AFFINE, .variance = 1, .c_linear = 1, GAUSSIAN, BARE},
     2e-6,
     .standardised = true},
    {"mixed", {MIXED, STUDENT(3.5), NETS}, 2e-6, .mixed = true, .standardised = true},
    {"mixed, affine, variance, linear, clip",
     {MIXED, AFFINE, .variance = 1, .c_linear = 1, .c_clip = 0.9, GAUSSIAN, NETS},
     2e-6,
     .mixed = true,
     .standardised = true},
    {"mixed, gain", {MIXED, GAIN, .c_linear = 1, STUDENT(3.5), NETS}, 2e-6, .mixed = true, .standardised = true},
    {"missing, merge", {VECTOR, .a = 2, .c = 4, GAUSSIAN, NETS}, 2e-6, .standardised = true, .missing = true},
    {"missing, affine, variance, linear, clip",
     {VECTOR, .a = 2, .c = 4, AFFINE, .variance = 1, .c_linear = 1, .c_clip = 0.9, STUDENT(3), NETS},
     2e-6,
     .standardised = true,
     .missing = true},
    {"missing, mixed, gain",
     {MIXED, GAIN, .variance = 1, .c_linear = 1, STUDENT(3.5), NETS},
     2e-6,
     .mixed = true,
     .standardised = true,
     .missing = true},
    {"mixed, no m", {.preset = "test", .classes = 4, .z = 2, .variance = 1, GAUSSIAN, NETS}, 2e-6, .mixed = true},
};

static void test_gradients(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) grad_check_subject(&subjects[i]);
}

static void test_tiles(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) grad_check_tiles(&subjects[i]);
}

/* log p(x) in the data's units is lower by the sum of log scale than that in standard units. */
static void test_log_scale(void **state)
{
    (void)state;
    const grad_subject about = {"units", {VECTOR, .a = 2, .c = 4, GAUSSIAN, NETS}, 0, .standardised = false};
    grad_setup s = grad_prepare(&about, 19);
    s.options = (cama__logw_options){.objective = OBJECTIVE_BAYES, .m = SCORE_M_INFER, .u = 2, .k = 2, .seed = 1};
    double w[2][19 * 2 * 3 * 2], log_scale = 0;
    grad_run(&s, &(cama__logw_sink){.w = w[0]});
    grad_standardise(s.model);
    for (int d = 0; d < 5; d++) log_scale += log((double)s.model->scale[d]);
    assert_above(fabs(log_scale), 0.1);
    grad_run(&s, &(cama__logw_sink){.w = w[1]});
    for (int i = 0; i < 19 * 2 * 3 * 2; i++) assert_near(w[0][i] - log_scale, w[1][i], 1e-12);
    grad_finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gradients), cmocka_unit_test(test_tiles),
                                       cmocka_unit_test(test_log_scale)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
