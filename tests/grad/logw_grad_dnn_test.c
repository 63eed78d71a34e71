/* The discriminative baseline under every objective against central differences: a and c joining, dropout with its keys
 * held, layers before the join. Tolerances as in logw_grad_test.c. */
#include "logw_grad.h"

#define DNN(text) .preset = "test", .classes = 3, .discriminative = true, .net = {[NET_DNN] = text}

static const grad_subject subjects[] = {
    {"x", {DNN("| dense 7 tanh"), .x = {1, 1, 5}}, 2e-6, .dropout = false},
    {"x alone, one layer", {DNN("|"), .x = {1, 1, 5}}, 2e-6, .dropout = false},
    {"a and c", {DNN("| dense 7 tanh, dense 6 elu"), .x = {1, 1, 5}, .a = 2, .c = 3}, 2e-6, .dropout = false},
    {"c, limited", {DNN("| dense 7 tanh"), .x = {1, 1, 5}, .c = 4, .c_clip = 0.9}, 2e-6, .dropout = false},
    {"one layer", {DNN("|"), .x = {1, 1, 5}, .a = 2, .c = 3}, 2e-6, .dropout = false},
    {"dropout",
     {DNN("| dense 7 tanh, dropout .25, dense 6 elu, dropout .5"), .x = {1, 1, 5}, .a = 2, .c = 3},
     2e-6,
     .dropout = true},
    {"trunk",
     {DNN("dense 6 tanh, dropout .1, dense 4 softplus | dense 7 tanh, dropout .5"), .x = {1, 1, 5}, .c = 3},
     2e-6,
     .dropout = true},
    {"trunk without",
     {DNN("dense 6 tanh, dropout .1, dense 4 softplus | dense 7 tanh, dropout .5"), .x = {1, 1, 5}, .a = 3},
     2e-6,
     .dropout = false},
    {"image",
     {DNN("conv 3 3x3 tanh, pool 2, dropout .25, dense 6 tanh | dense 7 tanh"), .x = {7, 6, 2}, .a = 2},
     2e-6,
     .dropout = true},
    {"mixed",
     {DNN("| dense 7 tanh, dropout .1"), .likelihood = LIKELIHOOD_GAUSSIAN},
     2e-6,
     .mixed = true,
     .standardised = true,
     .dropout = true},
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

/* w is log p(y|x,a,c): probabilities sum to one, in any units of x. */
static void test_normalised(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        grad_setup s = grad_prepare(&subjects[i], 19);
        double w[19 * 3];
        s.options =
            (cama__logw_options){.objective = OBJECTIVE_BAYES, .u = 2, .k = 3}; /* no draws: one w for each class */
        grad_run(&s, &(cama__logw_sink){.w = w});
        for (int r = 0; r < 19; r++) assert_near(exp(w[3 * r]) + exp(w[3 * r + 1]) + exp(w[3 * r + 2]), 1, 1e-12);
        grad_finish(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gradients), cmocka_unit_test(test_tiles),
                                       cmocka_unit_test(test_normalised)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
