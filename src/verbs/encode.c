/* encode - the posteriors q(m|x) and q(z|x,y,m,a,c) of each row, as means and log-variances. */
#include "../prob/gauss.h"
#include "latents.h"
#include "verbs.h"

/* Halves of a posterior (n, 2L) to rows of mean and log-variance. */
static void split(const real *post, int64_t n, int64_t latent, float *mu, float *lv)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < latent; j++) {
            mu[i * latent + j] = (float)post[cama__at(i, j, 2 * latent)];
            const real v = post[cama__at(i, latent + j, 2 * latent)];
            lv[i * latent + j] = (float)(v > CAMA__LV_BOUND    ? CAMA__LV_BOUND
                                         : v < -CAMA__LV_BOUND ? -CAMA__LV_BOUND
                                                               : v);
        }
}

static int32_t encode_rows(cama__latents *a, void *dataset, float *const found[LATENTS_RESULTS])
{
    const int32_t status = cama__latents_rows(a, dataset);
    if (status != CAMA_OK) return status;
    split(a->post_m, a->n, a->model->spec.m, found[0], found[1]);
    split(a->post_z, a->n, a->model->spec.z, found[2], found[3]);
    return CAMA_OK;
}

int32_t cama__encode(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                     const cama_options *options, const cama__posteriors *out)
{
    const cama__encode_options o = cama__options_encode(options);
    const int64_t m = model->spec.m, z = model->spec.z;
    const cama__latents_result results[LATENTS_RESULTS] = {
        {out->m_mu, m}, {out->m_lv, m}, {out->z_mu, z}, {out->z_lv, z}};
    int32_t status = CAMA_OK;
    cama__latents a = {.mean_noise = true, .seed = (uint64_t)o.seed};
    TRY(cama__latents_check(model, "encode"));
    if (m == 0 && (out->m_mu != NULL || out->m_lv != NULL))
        FAIL(CAMA_E_ARGUMENT, "encode: expected m_mu and m_lv to be NULL for a model with M = 0");
    TRY(cama__dataset_check(dataset, model, false, "dataset"));
    TRY(cama__latents_infer(&a, model, o.m));
    TRY(cama__latents_create(session, model, &a));
    TRY(cama__latents_each(&a, "encode", dataset->n, results, encode_rows, (void *)(uintptr_t)dataset));
out:
    cama__latents_free(&a);
    return status;
}
