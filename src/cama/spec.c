/* spec - the presets: what the paper's appendix and its re-implementations agree on (docs/networks.md). */
#include <stdio.h>
#include <string.h>

#include "model.h"

const char *const cama__net_name[NET_COUNT] = {"p_prior", "p_y", "p_z", "p_m",      "p_c",
                                               "p_merge", "q_m", "q_z", "c_linear", "dnn"};

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
    {.preset = "mnist-view",
     .x = {28, 28, 1},
     .classes = 10,
     .z = 64,
     .m = VIEW_COUNT,
     .m_enters = M_ENTERS_VIEW,
     .likelihood = LIKELIHOOD_BERNOULLI,
     .net = {[NET_P_Y] = "dense 500 relu, dense 500 relu",
             [NET_P_Z] = "dense 500 relu, dense 500 relu",
             [NET_P_M] = "dense 64 relu, dense 64 relu",
             [NET_P_MERGE] = "dense 4x4x64 relu, tconv 64 3x3 /2 relu, tconv 64 3x3 /2 +1 relu, tconv 1 3x3 /2 +1",
             [NET_Q_M] = "conv 64 3x3 relu, pool 2, conv 64 3x3 relu, pool 2, conv 64 3x3 relu, pool 2, dense 500 relu",
             [NET_Q_Z] = "conv 64 5x5 relu, pool 2, conv 64 5x5 relu, pool 2, conv 64 5x5 relu, pool 2, dense 500 relu"
                         " | dense 500 relu"}},
    {.preset = "cifar-view",
     .x = {32, 32, 3},
     .classes = 10,
     .z = 128,
     .m = VIEW_COUNT,
     .m_enters = M_ENTERS_VIEW,
     .likelihood = LIKELIHOOD_BERNOULLI,
     .net = {[NET_P_Y] = "dense 1000 relu, dense 1000 relu",
             [NET_P_Z] = "dense 1000 relu, dense 1000 relu",
             [NET_P_M] = "dense 64 relu, dense 64 relu",
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

int32_t cama__spec_preset(const char *name, cama__spec *spec)
{
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        if (strcmp(presets[i].preset, name) == 0) {
            *spec = presets[i];
            return CAMA_OK;
        }
    char known[256] = "";
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s\"%.31s\"", i > 0 ? ", " : "",
                 presets[i].preset);
    return cama__error(CAMA_E_OPTION, "preset: expected one of %s, got \"%.*s\"", known, SHOWN(name));
}

void cama__spec_take(cama__spec *spec, const cama_schema *schema)
{
    spec->x = (cama__shape){1, 1, schema->width[ROLE_X]};
    spec->a = schema->width[ROLE_A];
    spec->c = schema->width[ROLE_C];
    spec->classes = schema->classes;
}

/* A view moves, turns and tones the pixels of a mean image: there must be one, with pixels in [0, 1]. */
int32_t cama__spec_check_view(const cama__spec *s, const cama_schema *schema)
{
    if (s->m_enters != M_ENTERS_VIEW) return CAMA_OK;
    if (schema != NULL || s->x.h < 2 || s->x.w < 2)
        return cama__error(CAMA_E_OPTION, "model: m_enters = view expects images, got x of %dx%dx%d%s", s->x.h, s->x.w,
                           s->x.c, schema != NULL ? " with a schema" : "");
    if (s->likelihood != LIKELIHOOD_BERNOULLI)
        return cama__error(CAMA_E_OPTION, "model: m_enters = view expects likelihood bernoulli, got %s",
                           cama__likelihood_name(s->likelihood));
    if (s->m < VIEW_COUNT)
        return cama__error(CAMA_E_OPTION, "model: m_enters = view expects m of at least %d numbers, got %d", VIEW_COUNT,
                           s->m);
    return CAMA_OK;
}
