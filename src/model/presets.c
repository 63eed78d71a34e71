/* presets - the presets: what the paper's appendix and its re-implementations agree on (docs/networks.md). */
#include <stdio.h>
#include <string.h>

#include "spec.h"

static const cama__spec presets[] = {
    {.preset = "mnist",
     .x = {28, 28, 1},
     .classes = 10,
     .z = 64,
     .m = 32,
     .likelihood = LIKELIHOOD_BERNOULLI,
     .net = {[NET_P_Y] = "dense 500 relu, dense 500 relu",
             [NET_P_Z] = "dense 500 relu, dense 500 relu",
             [NET_P_M] = "dense 500 relu, dense 500 relu, dense 500 relu, dense 500 relu",
             [NET_P_MERGE] = "dense 4x4x64 relu, tconv 64 3x3 /2 relu, tconv 64 3x3 /2 +1 relu, tconv 1 3x3 /2 +1",
             [NET_Q_M] = "conv 64 3x3 relu, pool 2, conv 64 3x3 relu, pool 2, conv 64 3x3 relu, pool 2, dense 500 relu",
             [NET_Q_Z] = "conv 64 5x5 relu, pool 2, conv 64 5x5 relu, pool 2, conv 64 5x5 relu, pool 2, dense 500 relu"
                         " | dense 500 relu"}},
    {.preset = "cifar",
     .x = {32, 32, 3},
     .classes = 10,
     .z = 128,
     .m = 64,
     .likelihood = LIKELIHOOD_BERNOULLI,
     .net = {[NET_P_Y] = "dense 1000 relu, dense 1000 relu",
             [NET_P_Z] = "dense 1000 relu, dense 1000 relu",
             [NET_P_M] = "dense 1000 relu, dense 1000 relu, dense 1000 relu, dense 1000 relu",
             [NET_P_MERGE] = "dense 4x4x64 relu, tconv 64 3x3 /2 +1 relu, tconv 64 3x3 /2 +1 relu,"
                             " tconv 64 3x3 /2 +1 relu, tconv 3 3x3",
             [NET_Q_M] =
                 "conv 64 3x3 relu, pool 2, conv 64 3x3 relu, pool 2, conv 64 3x3 relu, pool 2, dense 1000 relu",
             [NET_Q_Z] = "conv 64 3x3 relu, pool 2, conv 64 3x3 relu, pool 2, conv 64 3x3 relu, pool 2, dense 1000 relu"
                         " | dense 1000 relu"}},
    {.preset = "measurement",
     .x = {1, 1, 0},
     .classes = 0,
     .z = 4,
     .m = 8,
     .likelihood = LIKELIHOOD_GAUSSIAN,
     .nu = 3,
     .standardise = true,
     .net = {[NET_P_PRIOR] = "dense 64 relu, dense 64 relu",
             [NET_P_C] = "dense 64 relu, dense 64 relu",
             [NET_P_Y] = "dense 64 relu, dense 64 relu",
             [NET_P_Z] = "dense 64 relu, dense 64 relu",
             [NET_P_M] = "dense 64 relu, dense 64 relu, dense 64 relu, dense 64 relu",
             [NET_P_MERGE] = "dense 64 relu, dense x",
             [NET_Q_M] = "dense 64 relu, dense 64 relu, dense 64 relu",
             [NET_Q_Z] = "dense 64 relu, dense 64 relu | dense 64 relu"}},
    {.preset = "measurement-sensors",
     .x = {1, 1, 0},
     .z = 4,
     .m = 8,
     .m_enters = M_ENTERS_AFFINE,
     .variance = 1,
     .c_linear = 1,
     .c_range = 1,
     .likelihood = LIKELIHOOD_GAUSSIAN,
     .nu = 3,
     .standardise = true,
     .net = {[NET_P_PRIOR] = "dense 64 relu, dense 64 relu",
             [NET_P_Y] = "dense 64 relu",
             [NET_P_Z] = "dense 64 relu",
             [NET_P_C] = "dense 64 relu",
             [NET_P_M] = "dense 64 relu",
             [NET_P_MERGE] = "dense 64 relu, dense x",
             [NET_Q_M] = "dense 64 relu, dense 64 relu",
             [NET_Q_Z] = "dense 64 relu | dense 64 relu"}},
    {.preset = "measurement-dnn",
     .x = {1, 1, 0},
     .discriminative = true,
     .standardise = true,
     .likelihood = LIKELIHOOD_GAUSSIAN,
     .net = {[NET_DNN] = "| dense 64 relu, dropout .1, dense 64 relu, dropout .1"}},
    {.preset = "mnist-dnn",
     .x = {28, 28, 1},
     .classes = 10,
     .discriminative = true,
     .likelihood = LIKELIHOOD_BERNOULLI,
     .net = {[NET_DNN] = "| dense 512 relu, dropout .25, dense 256 relu, dropout .25, dense 126 relu, dropout .25,"
                         " dense 512 relu, dropout .5"}},
    {.preset = "mnist-cnn",
     .x = {28, 28, 1},
     .classes = 10,
     .discriminative = true,
     .likelihood = LIKELIHOOD_BERNOULLI,
     .net = {[NET_DNN] = "conv 64 5x5 relu, pool 2, conv 64 5x5 relu, pool 2, conv 64 5x5 relu, pool 2, dense 500 relu"
                         " | dense 500 relu"}},
};

/* The presets above in the form with views. */
static const struct {
    const char *preset, *base;
} with_views[] = {{"mnist-view", "mnist"}, {"cifar-view", "cifar"}};
enum { PRESETS = sizeof presets / sizeof *presets, WITH_VIEWS = sizeof with_views / sizeof *with_views };

static const char *name_of(size_t i) { return i < PRESETS ? presets[i].preset : with_views[i - PRESETS].preset; }

int32_t cama__spec_preset(const char *name, cama__spec *spec)
{
    const char *base = name;
    for (size_t i = 0; i < WITH_VIEWS; i++)
        if (strcmp(with_views[i].preset, name) == 0) base = with_views[i].base;
    for (size_t i = 0; i < PRESETS; i++) {
        if (strcmp(presets[i].preset, base) != 0) continue;
        *spec = presets[i];
        if (base == name) return CAMA_OK;
        cama__spec_take_views(spec);
        snprintf(spec->preset, sizeof spec->preset, "%s", name);
        return CAMA_OK;
    }
    char known[256] = "";
    for (size_t i = 0; i < PRESETS + WITH_VIEWS; i++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s\"%.31s\"", i > 0 ? ", " : "", name_of(i));
    return cama__error(CAMA_E_OPTION, "preset: expected one of %s, got \"%.40s\"", known, name);
}
