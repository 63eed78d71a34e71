/* generate - x under do(y), do(c) and do(m), with z that is given or drawn from its prior. */
#include "../base/rng.h"
#include "given.h"
#include "identify.h"

typedef struct {
    const cama__generate_options *o;
    const cama__given *given;
} generation;

/* z ~ p(z), keyed by the row, or (noise = mean) 0. */
static void draw_z(cama__latents *a)
{
    const int64_t z = a->model->spec.z, nr = cama__kernel()->nr;
    for (int64_t i = 0; i < a->n; i++) {
        const cama__rng_key key = {a->seed, RNG_PRIOR_Z, 0, (uint32_t)(a->first + i), 0};
        if (!a->mean_noise) cama__rng_normals(key, z, a->z + cama__at(i, 0, z), nr);
        for (int64_t j = 0; a->mean_noise && j < z; j++) a->z[cama__at(i, j, z)] = 0;
    }
}

static int32_t generate_rows(cama__latents *a, void *arg, float *const found[LATENTS_RESULTS])
{
    const generation *g = arg;
    int32_t status = CAMA_OK;
    cama__given_fill(a, g->given);
    if (g->given->z == NULL) draw_z(a);
    a->latent = (cama__latent){.y = a->room.y,
                               .a = a->room.block[ROLE_A], /* p(x|.) does not read it */
                               .c = a->model->spec.c > 0 ? a->room.block[ROLE_C] : NULL,
                               .m = g->given->m != NULL && a->model->spec.m > 0 ? a->m : NULL,
                               .given = true};
    TRY(cama__latents_decode(a, &a->latent));
    TRY(cama__latents_x(a, &a->latent, g->o->draw == DRAW_SAMPLE ? ABDUCT_DRAW : ABDUCT_MEAN, NULL, found[0]));
out:
    return status;
}

int32_t cama__generate(cama_session *session, const cama_model *model, int64_t n, const cama__given *given,
                       const cama_options *options, float *x_out)
{
    static const cama__given_names names = {"y", "c", "z", "m"};
    const cama__generate_options o = cama__options_generate(options);
    const cama__latents_result results[LATENTS_RESULTS] = {{x_out, cama__shape_size(model->spec.x)}};
    int32_t status = CAMA_OK;
    generation g = {&o, given};
    cama__latents a = {.mean_noise = o.noise == NOISE_MEAN, .seed = (uint64_t)o.seed};
    TRY(cama__latents_check(model, "generate"));
    if (o.unidentified == UNIDENTIFIED_ERROR) TRY(cama__identify_y(model, "generate"));
    if (given->c == NULL && model->spec.c > 0)
        FAIL(CAMA_E_ARGUMENT, "generate: expected c of %d numbers for each row, got NULL", model->spec.c);
    TRY(cama__given_check(model, n, given, &names));
    TRY(cama__latents_create(session, model, &a));
    TRY(cama__latents_each(&a, "generate", n, results, generate_rows, &g));
out:
    cama__latents_free(&a);
    return status;
}
