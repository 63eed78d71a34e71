/* spec - what a spec may be, and what follows from its form or from a schema. */
#include "spec.h"

#include <stdio.h>

const char *const cama__net_name[NET_COUNT] = {"p_prior", "p_y", "p_z", "p_m",      "p_c",
                                               "p_merge", "q_m", "q_z", "c_linear", "dnn"};

void cama__spec_take_views(cama__spec *spec)
{
    spec->m = VIEW_COUNT;
    spec->m_enters = M_ENTERS_VIEW;
    snprintf(spec->net[NET_P_M], sizeof spec->net[NET_P_M], "dense 64 relu, dense 64 relu");
}

void cama__spec_take(cama__spec *spec, const cama_schema *schema)
{
    spec->x = (cama__shape){1, 1, schema->width[ROLE_X]};
    spec->a = schema->width[ROLE_A];
    spec->c = schema->width[ROLE_C];
    spec->classes = schema->classes;
}

static int32_t check_sizes(const cama__spec *s, const cama_schema *schema)
{
    if (s->x.h < 1 || s->x.w < 1 || s->x.c < 1)
        return cama__error(CAMA_E_OPTION, "model: expected height, width and channels of at least 1, got %d, %d, %d",
                           s->x.h, s->x.w, s->x.c);
    if (cama__shape_size(s->x) > X_MAX)
        return cama__error(CAMA_E_OPTION, "model: expected x of at most %d numbers, got %dx%dx%d", X_MAX, s->x.h,
                           s->x.w, s->x.c);
    if (s->classes < 2 || s->classes > CLASSES_MAX)
        return cama__error(CAMA_E_OPTION, "model: expected 2 to %d classes, got %d", CLASSES_MAX, s->classes);
    if (s->a < 0 || s->a > X_MAX || s->c < 0 || s->c > X_MAX)
        return cama__error(CAMA_E_OPTION, "model: expected a and c of 0 to %d numbers, got %d and %d", X_MAX, s->a,
                           s->c);
    if (schema != NULL && (schema->width[ROLE_X] != cama__shape_size(s->x) || schema->width[ROLE_A] != s->a ||
                           schema->width[ROLE_C] != s->c || schema->classes != s->classes))
        return cama__error(CAMA_E_OPTION,
                           "model: expected the schema's x %d, a %d, c %d and %d classes, got %lld, %d, %d and %d",
                           schema->width[ROLE_X], schema->width[ROLE_A], schema->width[ROLE_C], schema->classes,
                           (long long)cama__shape_size(s->x), s->a, s->c, s->classes);
    if (s->discriminative) return CAMA_OK;
    if (s->z < 1 || s->z > LATENT_MAX || s->m < 0 || s->m > LATENT_MAX)
        return cama__error(CAMA_E_OPTION, "model: expected z from 1 and m from 0 to %d, got z = %d, m = %d", LATENT_MAX,
                           s->z, s->m);
    return CAMA_OK;
}

/* A view moves, turns and tones the pixels of a mean image: there must be one, with pixels in [0, 1]. */
static int32_t check_view(const cama__spec *s, const cama_schema *schema)
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

int32_t cama__spec_check(const cama__spec *spec, const cama_schema *schema)
{
    const int32_t status = check_sizes(spec, schema);
    return status == CAMA_OK ? check_view(spec, schema) : status;
}

void cama__spec_drop_absent(cama__spec *s)
{
    const bool absent[NET_COUNT] = {[NET_P_PRIOR] = s->a == 0,
                                    [NET_P_M] = s->m == 0,
                                    [NET_Q_M] = s->m == 0,
                                    [NET_P_C] = s->c == 0,
                                    [NET_C_LINEAR] = true};
    if (s->discriminative) s->z = s->m = s->variance = 0;
    if (s->m == 0) s->m_enters = M_ENTERS_MERGE;
    if (s->c == 0 || s->discriminative) s->c_linear = s->c_range = 0;
    if (!s->standardise) s->c_range = 0; /* it is learned with mean and scale */
    for (int32_t i = 0; i < NET_COUNT; i++)
        if (absent[i] || s->discriminative != (i == NET_DNN)) s->net[i][0] = '\0';
}
