/* latent - encode, reconstruct and generate: what the networks say of m and z, and x under do(m). */
#include <math.h>
#include <string.h>

#include "../base/rng.h"
#include "../prob/gauss.h"
#include "evaluate.h"
#include "verbs.h"

enum { AT_ONCE = 144 };

/* One batch on its way through the networks; tensors are blocked, with room for AT_ONCE rows. */
typedef struct {
    const cama_model *model;
    int64_t n;
    const real *x;
    int32_t *y;
    bool infer; /* m from q(m|x), otherwise 0 */
    real *post_m, *m, *post_z, *z, *x_mean;
} pass;

typedef struct {
    pass p;
    cama__batch_room room;
    real *block; /* all tensors of the pass */
    double *probabilities;
    uint64_t seed; /* of the noise of the predicted class */
} room;

static void room_free(room *r)
{
    cama__batch_room_free(&r->room);
    cama__mem_free(r->block);
    cama__mem_free(r->probabilities);
}

static int32_t room_create(const cama_model *model, room *r)
{
    const int64_t lanes = cama__blocks(AT_ONCE) * cama__kernel()->nr, m = model->spec.m, z = model->spec.z;
    const int64_t size = cama__shape_size(model->spec.x);
    *r = (room){.p = {.model = model}};
    int32_t status = cama__batch_room_create(model, AT_ONCE, &r->room);
    if (status != CAMA_OK) return status;
    r->block = cama__mem_alloc((size_t)(lanes * (3 * m + 3 * z + size)), sizeof *r->block);
    r->probabilities = cama__mem_alloc((size_t)(AT_ONCE * (int64_t)model->spec.classes), sizeof *r->probabilities);
    if (r->block == NULL || r->probabilities == NULL) {
        return CAMA_E_MEMORY;
    }
    r->p.post_m = r->block;
    r->p.m = r->p.post_m + lanes * 2 * m;
    r->p.post_z = r->p.m + lanes * m;
    r->p.z = r->p.post_z + lanes * 2 * z;
    r->p.x_mean = r->p.z + lanes * z;
    r->p.x = r->room.x;
    r->p.y = r->room.y;
    return CAMA_OK;
}

/* q(m|x), m at its mean or zero, q(z|x,y,m). */
static void encode_task(const cama__work *work, void *arg)
{
    pass *p = arg;
    const int64_t m = p->model->spec.m, lanes = cama__blocks(p->n) * cama__kernel()->nr;
    if (m > 0) cama__score_infer_m(work, p->model, p->n, p->x, p->post_m);
    if (m > 0 && !cama__work_measures(work)) {
        if (p->infer)
            cama__gauss_sample(work->pool, p->n, m, p->post_m, NULL, NULL, p->m);
        else
            memset(p->m, 0, (size_t)(lanes * m) * sizeof *p->m);
    }
    cama__score_infer_z(work, p->model, p->n, p->x, p->y, p->m, p->post_z);
}

static void decode_task(const cama__work *work, void *arg)
{
    pass *p = arg;
    cama__score_decode(work, p->model, p->n, p->y, p->z, p->m, p->x_mean);
}

/* The predicted class of each row where there is no label. */
static int32_t fill_classes(cama_session *session, room *r, const cama_dataset *dataset, int64_t first)
{
    const cama_model *model = r->p.model;
    const int64_t classes = model->spec.classes;
    if (dataset->y != NULL) return CAMA_OK;
    const cama__score_options o = {.head = HEAD_BAYES,
                                   .m = r->p.infer ? SCORE_M_INFER : SCORE_M_DO,
                                   .u = 1,
                                   .k = 10,
                                   .seed = r->seed,
                                   .kl_weight = 1};
    const int32_t status =
        cama__evaluate(session, model, &o, dataset, first, r->p.n, false, AT_ONCE, true, NULL, r->probabilities);
    for (int64_t i = 0; status == CAMA_OK && i < r->p.n; i++) {
        const double *row = r->probabilities + i * classes;
        r->p.y[i] = 0;
        for (int32_t c = 1; c < classes; c++)
            if (row[c] > row[r->p.y[i]]) r->p.y[i] = c;
    }
    return status;
}

/* The batch of rows [first, first + n), encoded. */
static int32_t encode_batch(cama_session *session, room *r, const cama_dataset *dataset, int64_t first)
{
    int32_t status = CAMA_OK;
    r->p.n = dataset->n - first < AT_ONCE ? dataset->n - first : AT_ONCE;
    cama__batch_fill(&r->room, session->pool, dataset, NULL, first, r->p.n, false);
    TRY(fill_classes(session, r, dataset, first));
    TRY(cama__session_run(session, encode_task, &r->p));
out:
    return status;
}

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
            return cama__error(CAMA_E_NONFINITE,
                               "%s: expected finite results, got %g; the model's parameters are not usable for this data",
                               verb, v[i]);
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

static int32_t decide_m(const cama_model *model, const char *word, bool *infer)
{
    enum cama__score_m m = SCORE_M_DO;
    const int32_t status = cama__evaluate_m(model, word, &m);
    *infer = m == SCORE_M_INFER;
    return status;
}

int32_t cama__encode(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                     const cama_options *options, float *m_mu, float *m_lv, float *z_mu, float *z_lv)
{
    int32_t status = CAMA_OK;
    const int64_t m = model->spec.m, z = model->spec.z, n = dataset->n;
    float *const outs[] = {m_mu, m_lv, z_mu, z_lv};
    const int64_t sizes[] = {n * m, n * m, n * z, n * z};
    float *found = NULL;
    room r = {.block = NULL};
    if (m == 0 && (m_mu != NULL || m_lv != NULL))
        return cama__error(CAMA_E_ARGUMENT, "encode: expected m_mu and m_lv to be NULL for a model with M = 0");
    TRY(cama__dataset_check(dataset, model, false, "dataset"));
    TRY(room_create(model, &r));
    TRY(decide_m(model, cama__options_text(options, VERB_ENCODE, "m"), &r.p.infer));
    r.seed = (uint64_t)cama__options_int(options, VERB_ENCODE, "seed");
    TRY(make_found(2 * n * (m + z), &found));
    cama__session_begin(session, "encode");
    for (int64_t first = 0; first < n; first += AT_ONCE) {
        TRY(encode_batch(session, &r, dataset, first));
        split(r.p.post_m, r.p.n, m, found + first * m, found + (n + first) * m);
        split(r.p.post_z, r.p.n, z, found + 2 * n * m + first * z, found + 2 * n * m + (n + first) * z);
        TRY(cama__session_step(session, first + r.p.n, n, NAN, false));
    }
    TRY(check_found("encode", found, 2 * n * (m + z)));
    const float *part = found;
    for (int i = 0; i < 4; part += sizes[i++])
        if (outs[i] != NULL) memcpy(outs[i], part, (size_t)sizes[i] * sizeof *part);
out:
    cama__mem_free(found);
    room_free(&r);
    return status;
}

/* eps for every row of the batch, or nothing for noise = mean. */
static void sample_z(cama_session *session, const pass *p, int64_t first, bool mean, uint64_t seed)
{
    const int64_t z = p->model->spec.z, nr = cama__kernel()->nr;
    cama__gauss_sample(session->pool, p->n, z, p->post_z, NULL, NULL, p->z);
    for (int64_t i = 0; !mean && i < p->n; i++) {
        real eps[1024];
        for (int64_t j = 0; j < z; j++) {
            if (j % 1024 == 0) {
                const cama__rng_key key = {seed, RNG_Z, (uint32_t)(j / 1024), (uint32_t)(first + i), 0};
                cama__rng_normals(key, z - j < 1024 ? z - j : 1024, eps, 1);
            }
            const double lv = (double)p->post_z[((i / nr) * 2 * z + z + j) * nr + i % nr];
            const double bounded = lv > CAMA__LV_BOUND ? CAMA__LV_BOUND : lv < -CAMA__LV_BOUND ? -CAMA__LV_BOUND : lv;
            p->z[cama__at(i, j, z)] += (real)(exp(bounded / 2) * (double)eps[j % 1024]);
        }
    }
}

int32_t cama__reconstruct(cama_session *session, const cama_model *model, const cama_dataset *dataset,
                          const cama_options *options, float *x_out)
{
    int32_t status = CAMA_OK;
    const int64_t m = model->spec.m, size = cama__shape_size(model->spec.x);
    const bool zero = cama__options_is(options, VERB_RECONSTRUCT, "m", "zero"),
               given = cama__options_is(options, VERB_RECONSTRUCT, "m", "given");
    const bool mean = cama__options_is(options, VERB_RECONSTRUCT, "noise", "mean");
    const uint64_t seed = (uint64_t)cama__options_int(options, VERB_RECONSTRUCT, "seed");
    int64_t count = 0;
    const float *m0 = cama__options_vector(options, VERB_RECONSTRUCT, "m0", &count);
    float *found = NULL;
    room r = {.block = NULL};
    if (given && (m0 == NULL || count != m))
        return cama__error(CAMA_E_OPTION, "option \"m0\" of \"reconstruct\": expected M = %lld numbers, got %lld",
                           (long long)m, (long long)count);
    TRY(cama__dataset_check(dataset, model, false, "dataset"));
    TRY(room_create(model, &r));
    TRY(decide_m(model, cama__options_text(options, VERB_RECONSTRUCT, "infer_m"), &r.p.infer));
    TRY(make_found(dataset->n * size, &found));
    r.seed = seed;
    cama__session_begin(session, "reconstruct");
    for (int64_t first = 0; first < dataset->n; first += AT_ONCE) {
        TRY(encode_batch(session, &r, dataset, first));
        for (int64_t i = 0; (zero || given) && i < r.p.n; i++)
            for (int64_t j = 0; j < m; j++) r.p.m[cama__at(i, j, m)] = zero ? 0 : m0[j];
        sample_z(session, &r.p, first, mean, seed);
        TRY(cama__session_run(session, decode_task, &r.p));
        cama__packed_to_rows(r.p.x_mean, r.p.n, size, found + first * size);
        TRY(cama__session_step(session, first + r.p.n, dataset->n, NAN, false));
    }
    TRY(check_found("reconstruct", found, dataset->n * size));
    memcpy(x_out, found, (size_t)(dataset->n * size) * sizeof *found);
out:
    cama__mem_free(found);
    room_free(&r);
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

/* z and m of a batch from what is given: prior draws and zero where it is not. */
static void fill_latents(pass *p, int64_t first, const float *z, const float *m, bool mean, uint64_t seed)
{
    const int64_t nz = p->model->spec.z, nm = p->model->spec.m, nr = cama__kernel()->nr;
    if (z != NULL) cama__packed_from_rows(z + first * nz, p->n, nz, p->z);
    for (int64_t i = 0; z == NULL && i < p->n; i++) {
        const cama__rng_key key = {seed, RNG_PRIOR_Z, 0, (uint32_t)(first + i), 0};
        if (!mean) cama__rng_normals(key, nz, p->z + cama__at(i, 0, nz), nr);
        for (int64_t j = 0; mean && j < nz; j++) p->z[cama__at(i, j, nz)] = 0;
    }
    if (m != NULL && nm > 0) cama__packed_from_rows(m + first * nm, p->n, nm, p->m);
    for (int64_t k = 0; m == NULL && k < cama__blocks(p->n) * nr * nm; k++) p->m[k] = 0;
}

int32_t cama__generate(cama_session *session, const cama_model *model, int64_t n, const int32_t *y, const float *z,
                       const float *m, const cama_options *options, float *x_out)
{
    int32_t status = CAMA_OK;
    const int64_t size = cama__shape_size(model->spec.x);
    float *found = NULL;
    room r = {.block = NULL};
    for (int64_t i = 0; i < n; i++)
        if (y[i] < 0 || y[i] >= model->spec.classes)
            return cama__error(CAMA_E_DATA, "y, row %lld: expected 0 to %d, got %d", (long long)i,
                               model->spec.classes - 1, y[i]);
    TRY(check_given("z", z, n * model->spec.z));
    TRY(check_given("m", m, n * model->spec.m));
    TRY(room_create(model, &r));
    TRY(make_found(n * size, &found));
    cama__session_begin(session, "generate");
    for (int64_t first = 0; first < n; first += AT_ONCE) {
        r.p.n = n - first < AT_ONCE ? n - first : AT_ONCE;
        memcpy(r.p.y, y + first, (size_t)r.p.n * sizeof *y);
        fill_latents(&r.p, first, z, m, cama__options_is(options, VERB_GENERATE, "noise", "mean"),
                     (uint64_t)cama__options_int(options, VERB_GENERATE, "seed"));
        TRY(cama__session_run(session, decode_task, &r.p));
        cama__packed_to_rows(r.p.x_mean, r.p.n, size, found + first * size);
        TRY(cama__session_step(session, first + r.p.n, n, NAN, false));
    }
    TRY(check_found("generate", found, n * size));
    memcpy(x_out, found, (size_t)(n * size) * sizeof *found);
out:
    cama__mem_free(found);
    room_free(&r);
    return status;
}
