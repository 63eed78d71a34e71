/* spec - the presets: what the paper's appendix and its re-implementations agree on (docs/networks.md). */
#include <stdio.h>
#include <string.h>

#include "../prob/likelihood.h"
#include "model.h"

const char *const cama__net_name[NET_COUNT] = {"p_y", "p_z", "p_m", "p_merge", "q_m", "q_z"};

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
     .net = {[NET_P_Y] = "dense 64 relu, dense 64 relu",
             [NET_P_Z] = "dense 64 relu, dense 64 relu",
             [NET_P_M] = "dense 64 relu, dense 64 relu, dense 64 relu, dense 64 relu",
             [NET_P_MERGE] = "dense 64 relu, dense x",
             [NET_Q_M] = "dense 64 relu, dense 64 relu, dense 64 relu",
             [NET_Q_Z] = "dense 64 relu, dense 64 relu | dense 64 relu"}},
};

int32_t cama__spec_preset(const char *name, cama__spec *spec)
{
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        if (strcmp(presets[i].preset, name) == 0) {
            *spec = presets[i];
            return CAMA_OK;
        }
    return cama__error(CAMA_E_OPTION, "preset: expected \"mnist\", \"cifar\" or \"measurement\", got \"%.40s\"", name);
}
