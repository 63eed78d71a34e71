/* counterfactual - Pearl's three steps for each row: infer z, m and the noise of x (abduction), replace causes
 * (action), and decode (prediction). */
#include "given.h"
#include "identify.h"

typedef struct {
    const cama_dataset *dataset;
    const cama__given *given;
    real *noise; /* (ABDUCT_ROWS, D) blocked; NULL: it is dropped */
} change;

/* The batch's causes with those that are given in place of its own. */
static cama__latent replace_causes(cama__latents *a, const cama__given *given)
{
    cama__latent changed = a->latent;
    cama__given_fill(a, given);
    if (given->m != NULL && a->model->spec.m > 0) {
        changed.m = a->m;
        changed.given = true;
    }
    return changed;
}

static int32_t counterfactual_rows(cama__latents *a, void *arg, float *const found[LATENTS_RESULTS])
{
    const change *ch = arg;
    int32_t status = CAMA_OK;
    TRY(cama__latents_rows(a, ch->dataset));
    if (ch->noise != NULL) TRY(cama__latents_noise(a, ch->noise));
    const cama__latent changed = replace_causes(a, ch->given);
    TRY(cama__latents_decode(a, &changed));
    TRY(cama__latents_x(a, &changed, ABDUCT_MEAN, ch->noise, found[0]));
out:
    return status;
}

int32_t cama__counterfactual(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                             const cama__given *given, const cama_options *options, float *x_out)
{
    static const cama__given_names names = {"y_new", "c_new", "z", "m_new"};
    const cama__counterfactual_options o = cama__options_counterfactual(options);
    const int64_t size = cama__shape_size(model->spec.x), n = dataset->n;
    const cama__latents_result results[LATENTS_RESULTS] = {{x_out, size}};
    int32_t status = CAMA_OK;
    change ch = {.dataset = dataset, .given = given};
    cama__latents a = {.mean_noise = o.noise == NOISE_MEAN, .seed = (uint64_t)o.seed};
    TRY(cama__latents_check(model, "counterfactual"));
    TRY(cama__dataset_check(dataset, model, false, "dataset"));
    TRY(cama__given_check(model, n, given, &names));
    if (o.unidentified == UNIDENTIFIED_ERROR) {
        if (given->y != NULL) TRY(cama__identify_y(model, "counterfactual"));
        if (given->c != NULL) TRY(cama__identify_c(model, dataset, given->c, "counterfactual"));
    }
    TRY(cama__latents_infer(&a, model, o.infer_m));
    TRY(cama__latents_create(session, model, &a));
    if (o.residual == RESIDUAL_KEEP) {
        TRY(cama__mem_new(&ch.noise, cama__blocks(ABDUCT_ROWS) * cama__kernel()->nr * size));
    }
    TRY(cama__latents_each(&a, "counterfactual", n, results, counterfactual_rows, &ch));
out:
    cama__mem_free(ch.noise);
    cama__latents_free(&a);
    return status;
}
