/* The whole objective against central differences, in double precision with the naive kernel: every objective, m
 * fixed or inferred, several samples, a ragged batch over several groups and tiles, every network on its own, and x
 * (attacks).
 *
 * Tolerance: with step h the central difference is off by h^2 f'''/6 and by rounding 1e-16 |f| / h; at h = 1e-5 both
 * are below 1e-8 of a value of order 100. ReLU and max pool have kinks: along a random direction few units cross one
 * within h, so the difference is taken at activations that are smooth (tanh, softplus, sigmoid, elu) except in the
 * case named kinks, whose tolerance is wider by the chance of a crossing: h times the density of pre-activations at
 * 0 times the weights. Views have kinks that no activation smooths (bilinear sampling, clipped tones): they are
 * taken with h = 1e-7, where crossings are a hundred times fewer and rounding is still below 1e-7. */
#include "logw_grad.h"

static const grad_subject subjects[] = {
    {.name = "image",
     .spec = {.preset = "test",
              .x = {7, 6, 2},
              .classes = 3,
              .z = 4,
              .m = 3,
              .likelihood = 0,
              .net = {[NET_P_Y] = "dense 6 tanh",
                      [NET_P_Z] = "dense 7 elu, dense 5 tanh",
                      [NET_P_M] = "dense 5 softplus, dense 4 sigmoid",
                      [NET_P_MERGE] =
                          "dense 2x2x4 tanh, tconv 5 3x3 /2 tanh, tconv 4 3x3 /2 +1 softplus, conv 2 3x3 valid,"
                          " dense x",
                      [NET_Q_M] = "conv 3 3x3 tanh, pool 2, dense 8 tanh",
                      [NET_Q_Z] = "conv 4 5x5 tanh, pool 2, conv 5 3x3 /2 tanh, dense 6 tanh | dense 7 tanh"}},
     .tolerance = 2e-6},
    {.name = "view",
     .spec = {.preset = "test",
              .x = {7, 6, 2},
              .classes = 3,
              .z = 4,
              .m = 10,
              .m_enters = M_ENTERS_VIEW,
              .likelihood = 0,
              .net = {[NET_P_Y] = "dense 6 tanh",
                      [NET_P_Z] = "dense 5 tanh",
                      [NET_P_M] = "dense 5 softplus",
                      [NET_P_MERGE] =
                          "dense 2x2x4 tanh, tconv 5 3x3 /2 tanh, tconv 4 3x3 /2 +1 softplus, conv 2 3x3 valid,"
                          " dense x",
                      [NET_Q_M] = "conv 3 3x3 tanh, pool 2, dense 8 tanh",
                      [NET_Q_Z] = "conv 4 5x5 tanh, pool 2, dense 6 tanh | dense 7 tanh"}},
     .tolerance = 2e-6},
    {.name = "vector",
     .spec = {.preset = "test",
              .x = {1, 1, 5},
              .classes = 4,
              .z = 3,
              .m = 2,
              .likelihood = 1,
              .net = {[NET_P_M] = "dense 4 tanh",
                      [NET_P_MERGE] = "dense x",
                      [NET_Q_M] = "dense 5 tanh",
                      [NET_Q_Z] = "| dense 6 tanh"}},
     .tolerance = 2e-6},
    {.name = "no m",
     .spec = {.preset = "test",
              .x = {1, 1, 5},
              .classes = 3,
              .z = 3,
              .m = 0,
              .likelihood = 1,
              .net = {[NET_P_Y] = "dense 4 tanh",
                      [NET_P_Z] = "dense 5 tanh",
                      [NET_P_MERGE] = "dense 6 tanh, dense x",
                      [NET_Q_Z] = "dense 5 tanh | dense 6 tanh"}},
     .tolerance = 2e-6},
    {.name = "kinks",
     .spec = {.preset = "test",
              .x = {7, 7, 1},
              .classes = 3,
              .z = 4,
              .m = 3,
              .likelihood = 0,
              .net = {[NET_P_Y] = "dense 6 relu",
                      [NET_P_Z] = "dense 7 leaky",
                      [NET_P_M] = "dense 5 relu",
                      [NET_P_MERGE] = "dense 4x4x4 relu, tconv 1 3x3 /2",
                      [NET_Q_M] = "conv 3 3x3 relu, pool 3",
                      [NET_Q_Z] = "conv 4 3x3 relu, pool 2 | dense 7 relu"}},
     .tolerance = 2e-3},
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gradients), cmocka_unit_test(test_tiles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
