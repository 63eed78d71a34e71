/* reconstruct - x from its own latents: with m as it was inferred, or under do(m). */
#include "latents.h"
#include "verbs.h"

typedef struct {
    const cama__reconstruct_options *o;
    const cama_dataset *dataset;
} reconstruction;

static int32_t reconstruct_rows(cama__latents *a, void *arg, float *const found[LATENTS_RESULTS])
{
    const reconstruction *r = arg;
    const int64_t m = a->model->spec.m;
    int32_t status = CAMA_OK;
    TRY(cama__latents_rows(a, r->dataset));
    for (int64_t i = 0; r->o->m == GENERATE_M_GIVEN && i < a->n; i++)
        for (int64_t j = 0; j < m; j++) a->m[cama__at(i, j, m)] = r->o->m0.at[j];
    if (r->o->m != GENERATE_M_SAME) {
        a->latent.m = r->o->m == GENERATE_M_ZERO || m == 0 ? NULL : a->m;
        a->latent.given = true;
    }
    TRY(cama__latents_decode(a, &a->latent));
    TRY(cama__latents_x(a, &a->latent, ABDUCT_MEAN, NULL, found[0]));
out:
    return status;
}

int32_t cama__reconstruct(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                          const cama_options *options, float *x_out)
{
    const cama__reconstruct_options o = cama__options_reconstruct(options);
    const cama__latents_result results[LATENTS_RESULTS] = {{x_out, cama__shape_size(model->spec.x)}};
    const int64_t m = model->spec.m;
    int32_t status = CAMA_OK;
    reconstruction r = {&o, dataset};
    cama__latents a = {.mean_noise = o.noise == NOISE_MEAN, .seed = (uint64_t)o.seed};
    TRY(cama__latents_check(model, "reconstruct"));
    if (o.m == GENERATE_M_GIVEN && m == 0)
        FAIL(CAMA_E_ARGUMENT, "reconstruct: expected a model with M > 0 to be given m, got M = 0");
    if (o.m == GENERATE_M_GIVEN && o.m0.count != m)
        FAIL(CAMA_E_OPTION, "option \"m0\" of \"reconstruct\": expected M = %lld numbers, got %lld", (long long)m,
             (long long)o.m0.count);
    TRY(cama__dataset_check(dataset, model, false, "dataset"));
    TRY(cama__latents_infer(&a, model, o.infer_m));
    TRY(cama__latents_create(session, model, &a));
    TRY(cama__latents_each(&a, "reconstruct", dataset->n, results, reconstruct_rows, &r));
out:
    cama__latents_free(&a);
    return status;
}
