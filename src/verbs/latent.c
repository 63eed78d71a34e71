/* latent - encode, reconstruct, generate and counterfactual: what the networks say of m and z, and x under do(y),
 * do(c), do(m). */
#include <math.h>
#include <string.h>

#include "../base/rng.h"
#include "../prob/gauss.h"
#include "latents.h"
#include "identify.h"
#include "../data/standardise.h"
#include "verbs.h"

/* Room for the whole result: outputs are filled at the end, when nothing can go wrong any more. */
static int32_t make_found(int64_t count, float **found)
{
    *found = cama__mem_alloc((size_t)count, sizeof **found);
    return *found == NULL ? CAMA_E_MEMORY : CAMA_OK;
}

static int32_t check_found(const char *verb, const float *v, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(v[i]))
            return cama__error(
                CAMA_E_NONFINITE,
                "%s: expected finite results, got %g; the model's parameters are not usable for this data", verb, v[i]);
    return CAMA_OK;
}

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

static int32_t decide_m(const cama_model *model, enum cama__choice_infer_m option, bool *infer)
{
    enum cama__logw_m m = SCORE_M_DO;
    const int32_t status = cama__evaluate_m(model, option, &m);
    *infer = m == SCORE_M_INFER;
    return status;
}

int32_t cama__encode(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                     const cama_options *options, float *m_mu, float *m_lv, float *z_mu, float *z_lv)
{
    const cama__encode_options o = cama__options_encode(options);
    int32_t status = CAMA_OK;
    const int64_t m = model->spec.m, z = model->spec.z, n = dataset->n;
    float *const outs[] = {m_mu, m_lv, z_mu, z_lv};
    const int64_t sizes[] = {n * m, n * m, n * z, n * z};
    float *found = NULL;
    cama__latents a = {.block = NULL};
    TRY(cama__latents_check(model, "encode"));
    if (m == 0 && (m_mu != NULL || m_lv != NULL))
        return cama__error(CAMA_E_ARGUMENT, "encode: expected m_mu and m_lv to be NULL for a model with M = 0");
    TRY(cama__dataset_check(dataset, model, false, "dataset"));
    TRY(cama__latents_create(session, model, &a));
    TRY(decide_m(model, o.m, &a.infer));
    a.seed = (uint64_t)o.seed;
    TRY(make_found(2 * n * (m + z), &found));
    cama__session_begin(session, "encode");
    for (int64_t first = 0; first < n; first += ABDUCT_ROWS) {
        TRY(cama__latents_rows(&a, dataset, first));
        split(a.post_m, a.n, m, found + first * m, found + (n + first) * m);
        split(a.post_z, a.n, z, found + 2 * n * m + first * z, found + 2 * n * m + (n + first) * z);
        TRY(cama__session_step(session, first + a.n, n, NAN, false));
    }
    TRY(check_found("encode", found, 2 * n * (m + z)));
    const float *part = found;
    for (int i = 0; i < 4; part += sizes[i++])
        if (outs[i] != NULL) memcpy(outs[i], part, (size_t)sizes[i] * sizeof *part);
out:
    cama__mem_free(found);
    cama__latents_free(&a);
    return status;
}

int32_t cama__reconstruct(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                          const cama_options *options, float *x_out)
{
    const cama__reconstruct_options o = cama__options_reconstruct(options);
    int32_t status = CAMA_OK;
    const int64_t m = model->spec.m, size = cama__shape_size(model->spec.x);
    const bool zero = o.m == GENERATE_M_ZERO,
               given = o.m == GENERATE_M_GIVEN;
    float *found = NULL;
    cama__latents a = {.mean_noise = o.noise == NOISE_MEAN,
                       .seed = (uint64_t)o.seed};
    TRY(cama__latents_check(model, "reconstruct"));
    if (given && m == 0)
        return cama__error(CAMA_E_ARGUMENT, "reconstruct: expected a model with M > 0 to be given m, got M = 0");
    if (given && o.m0.count != m)
        return cama__error(CAMA_E_OPTION, "option \"m0\" of \"reconstruct\": expected M = %lld numbers, got %lld",
                           (long long)m, (long long)o.m0.count);
    TRY(cama__dataset_check(dataset, model, false, "dataset"));
    TRY(cama__latents_create(session, model, &a));
    TRY(decide_m(model, o.infer_m, &a.infer));
    TRY(make_found(dataset->n * size, &found));
    cama__session_begin(session, "reconstruct");
    for (int64_t first = 0; first < dataset->n; first += ABDUCT_ROWS) {
        TRY(cama__latents_rows(&a, dataset, first));
        for (int64_t i = 0; given && i < a.n; i++)
            for (int64_t j = 0; j < m; j++) a.m[cama__at(i, j, m)] = o.m0.at[j];
        if (zero || given) {
            a.latent.m = zero || m == 0 ? NULL : a.m;
            a.latent.given = true;
        }
        cama__latents_draw_z(&a);
        TRY(cama__latents_decode(&a, &a.latent));
        TRY(cama__latents_x(&a, &a.latent, ABDUCT_MEAN, NULL, found + first * size));
        TRY(cama__session_step(session, first + a.n, dataset->n, NAN, false));
    }
    TRY(check_found("reconstruct", found, dataset->n * size));
    memcpy(x_out, found, (size_t)(dataset->n * size) * sizeof *found);
out:
    cama__mem_free(found);
    cama__latents_free(&a);
    return status;
}

static int32_t check_given(const char *name, const float *v, int64_t count)
{
    for (int64_t i = 0; v != NULL && i < count; i++)
        if (!isfinite(v[i]))
            return cama__error(CAMA_E_DATA, "%s, element %lld: expected a finite number, got %g", name, (long long)i,
                               v[i]);
    return CAMA_OK;
}

static int32_t check_classes(const cama_model *model, const char *name, int64_t n, const int32_t *y)
{
    for (int64_t i = 0; y != NULL && i < n; i++)
        if (y[i] < 0 || y[i] >= model->spec.classes)
            return cama__error(CAMA_E_DATA, "%s, row %lld: expected 0 to %d, got %d", name, (long long)i,
                               model->spec.classes - 1, y[i]);
    return CAMA_OK;
}

static int32_t check_causes(const cama_model *model, const char *name, int64_t n, const float *c)
{
    const int32_t status = check_given(name, c, n * model->spec.c);
    if (status != CAMA_OK || c == NULL || model->schema == NULL) return status;
    return cama__schema_check(model->schema, ROLE_C, n, c);
}

/* c (n, P) of the data's units, packed into the room's place for it. */
static void pack_c(const cama__latents *a, const float *c)
{
    const cama_model *model = a->model;
    const cama_dataset given = {.n = a->n, .c = c, .width_c = model->spec.c};
    const int64_t at = cama__model_place(model, ROLE_C);
    cama__dataset_pack(a->session->pool, &given, ROLE_C, NULL, 0, a->n, model->standardised ? model->mean + at : NULL,
                       model->scale + at, a->room.block[ROLE_C]);
}

/* Causes and latents of a batch from what is given: prior draws of z and do(m=0) where it is not. */
static void fill_latents(cama__latents *a, const int32_t *y, const float *c, const float *z, const float *m)
{
    const int64_t nz = a->model->spec.z, nm = a->model->spec.m, nc = a->model->spec.c, nr = cama__kernel()->nr;
    memcpy(a->room.y, y + a->first, (size_t)a->n * sizeof *y);
    if (nc > 0) pack_c(a, c + a->first * nc);
    if (z != NULL) cama__layout_from_rows(z + a->first * nz, a->n, nz, a->z);
    for (int64_t i = 0; z == NULL && i < a->n; i++) {
        const cama__rng_key key = {a->seed, RNG_PRIOR_Z, 0, (uint32_t)(a->first + i), 0};
        if (!a->mean_noise) cama__rng_normals(key, nz, a->z + cama__at(i, 0, nz), nr);
        for (int64_t j = 0; a->mean_noise && j < nz; j++) a->z[cama__at(i, j, nz)] = 0;
    }
    if (m != NULL && nm > 0) cama__layout_from_rows(m + a->first * nm, a->n, nm, a->m);
    a->latent = (cama__latent){.y = a->room.y,
                               .c = nc > 0 ? a->room.block[ROLE_C] : NULL,
                               .m = m != NULL && nm > 0 ? a->m : NULL,
                               .given = true};
}

int32_t cama__generate(cama_session *session, const cama_model *model, int64_t n, const int32_t *y, const float *c,
                       const float *z, const float *m, const cama_options *options, float *x_out)
{
    const cama__generate_options o = cama__options_generate(options);
    int32_t status = CAMA_OK;
    const int64_t size = cama__shape_size(model->spec.x);
    const enum cama__latents_what what =
        o.draw == DRAW_SAMPLE ? ABDUCT_DRAW : ABDUCT_MEAN;
    float *found = NULL;
    cama__latents a = {.mean_noise = o.noise == NOISE_MEAN,
                       .seed = (uint64_t)o.seed};
    TRY(cama__latents_check(model, "generate"));
    if (o.unidentified == UNIDENTIFIED_ERROR) TRY(cama__identify_y(model, "generate"));
    if (c == NULL && model->spec.c > 0)
        FAIL(CAMA_E_ARGUMENT, "generate: expected c of %d numbers for each row, got NULL", model->spec.c);
    TRY(check_classes(model, "y", n, y));
    TRY(check_causes(model, "c", n, c));
    TRY(check_given("z", z, n * model->spec.z));
    TRY(check_given("m", m, n * model->spec.m));
    TRY(cama__latents_create(session, model, &a));
    TRY(make_found(n * size, &found));
    cama__session_begin(session, "generate");
    for (a.first = 0; a.first < n; a.first += ABDUCT_ROWS) {
        a.n = n - a.first < ABDUCT_ROWS ? n - a.first : ABDUCT_ROWS;
        fill_latents(&a, y, c, z, m);
        TRY(cama__latents_decode(&a, &a.latent));
        TRY(cama__latents_x(&a, &a.latent, what, NULL, found + a.first * size));
        TRY(cama__session_step(session, a.first + a.n, n, NAN, false));
    }
    TRY(check_found("generate", found, n * size));
    memcpy(x_out, found, (size_t)(n * size) * sizeof *found);
out:
    cama__mem_free(found);
    cama__latents_free(&a);
    return status;
}

/* The batch's causes with those that are given in place of its own. */
static cama__latent change_causes(cama__latents *a, const int32_t *y, const float *c, const float *m)
{
    cama__latent changed = a->latent;
    const int64_t nm = a->model->spec.m, nc = a->model->spec.c;
    if (y != NULL) memcpy(a->room.y, y + a->first, (size_t)a->n * sizeof *y);
    if (c != NULL && nc > 0) pack_c(a, c + a->first * nc);
    if (m != NULL && nm > 0) {
        cama__layout_from_rows(m + a->first * nm, a->n, nm, a->m);
        changed.m = a->m;
        changed.given = true;
    }
    return changed;
}

int32_t cama__counterfactual(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                             const int32_t *y_new, const float *c_new, const float *m_new, const cama_options *options,
                             float *x_out)
{
    const cama__counterfactual_options o = cama__options_counterfactual(options);
    const int64_t size = cama__shape_size(model->spec.x), n = dataset->n;
    const bool keep = o.residual == RESIDUAL_KEEP;
    int32_t status = CAMA_OK;
    float *found = NULL;
    real *above = NULL;
    cama__latents a = {.mean_noise = o.noise == NOISE_MEAN,
                       .seed = (uint64_t)o.seed};
    TRY(cama__latents_check(model, "counterfactual"));
    TRY(cama__dataset_check(dataset, model, false, "dataset"));
    TRY(check_classes(model, "y_new", n, y_new));
    TRY(check_causes(model, "c_new", n, c_new));
    TRY(check_given("m_new", m_new, n * model->spec.m));
    if (o.unidentified == UNIDENTIFIED_ERROR) {
        if (y_new != NULL) TRY(cama__identify_y(model, "counterfactual"));
        if (c_new != NULL) TRY(cama__identify_c(model, dataset, c_new, "counterfactual"));
    }
    TRY(cama__latents_create(session, model, &a));
    TRY(decide_m(model, o.infer_m, &a.infer));
    TRY(make_found(n * size, &found));
    above = cama__mem_alloc((size_t)(cama__blocks(ABDUCT_ROWS) * cama__kernel()->nr * size), sizeof *above);
    if (above == NULL) TRY(CAMA_E_MEMORY);
    cama__session_begin(session, "counterfactual");
    for (int64_t first = 0; first < n; first += ABDUCT_ROWS) {
        TRY(cama__latents_rows(&a, dataset, first));
        cama__latents_draw_z(&a);
        if (keep) TRY(cama__latents_noise(&a, above));
        const cama__latent changed = change_causes(&a, y_new, c_new, m_new);
        TRY(cama__latents_decode(&a, &changed));
        TRY(cama__latents_x(&a, &changed, ABDUCT_MEAN, keep ? above : NULL, found + first * size));
        TRY(cama__session_step(session, first + a.n, n, NAN, false));
    }
    TRY(check_found("counterfactual", found, n * size));
    memcpy(x_out, found, (size_t)(n * size) * sizeof *found);
out:
    cama__mem_free(above);
    cama__mem_free(found);
    cama__latents_free(&a);
    return status;
}
