/* twin_gradients_test - the objectives and their gradients with respect to every tensor, as the optimizer's loop
 * computes them, and the gradients of attacks with respect to x, whole and by path, against the twin. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "fixture.h"
#include "prob/likelihood.h"
#include "twin_compare.h"
#include "twin_model.h"

/* ---- Parameters -------------------------------------------------------------------------------------------------- */

/* What is frozen has no gradient at all: it is not computed. */
static void check_frozen(const twin_run *run)
{
    const cama_optimizer *o = run->steps.optimizer;
    const cama__params *p = &run->model->params;
    for (int32_t i = 0; i < p->count; i++)
        for (int64_t k = 0; !(run->steps.trainable & CAMA__NET_BIT(p->item[i].net)) && k < p->item[i].size; k++)
            assert_true(o->gradient[p->item[i].offset + k] == 0);
}

static void test_objectives(void **state)
{
    static const char *const groups[] = {"objective", "grad", NULL};
    twin *t = *state;
    for (int i = 0; i < TWIN_OBJECTIVES; i++) {
        const twin_objective *o = &twin_objectives[i];
        if (!twin_has_objective(t, o)) continue;
        char prefix[48];
        twin_run run;
        twin_run_begin(t, o, &run);
        const double value = twin_run_step(&run);
        twin_compare(t, TWIN_OBJECTIVE, &value, 1, "objective.%s", o->name);
        snprintf(prefix, sizeof prefix, "grad.%s", o->name);
        twin_compare_block(t, o->fine ? TWIN_GRADIENT_FINE : TWIN_GRADIENT, run.steps.optimizer->gradient, NULL,
                           twin_nets(o), prefix);
        check_frozen(&run);
        twin_run_end(&run);
    }
    twin_check_all(t, groups);
    twin_check();
}

/* ---- x ----------------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    bool infer;
    int32_t u, k;
    bool mean;
} attack;

static const attack attacks[] = {{"infer.u1k1", true, 1, 1, false},
                                 {"infer.u2k3", true, 2, 3, false},
                                 {"infer.mean", true, 1, 1, true},
                                 {"zero.u1k3", false, 1, 3, false},
                                 {"zero.mean", false, 1, 1, true}};
enum { ATTACKS = sizeof attacks / sizeof *attacks };

static cama__logw_options attack_options(const twin *t, const attack *a)
{
    return (cama__logw_options){.objective = OBJECTIVE_BAYES,
                                .m = a->infer ? SCORE_M_INFER : SCORE_M_DO,
                                .u = a->u,
                                .k = a->k,
                                .mean_noise = a->mean,
                                .seed = t->seed,
                                .kl_weight = 1};
}

/* One decoding of the batch: rows of one class, one sample of m and one of z. Tensors are blocked. */
typedef struct {
    const twin *t;
    const attack *a;
    const cama__batch *batch;
    int32_t u, c, k;
    int32_t *y;
    real *post_m, *m, *post_z, *z, *params;
} decoding;

/* sample = mu + exp(lv/2) eps, in doubles; every row sees the same eps. */
static void sample(const decoding *d, enum cama__rng_stream stream, int32_t number, int64_t latent, const real *post,
                   real *out)
{
    real eps[64];
    assert_true(latent <= 64);
    cama__rng_normals((cama__rng_key){d->t->seed, stream, (uint32_t)number, RNG_NO_EXAMPLE, 0}, latent, eps, 1);
    for (int64_t i = 0; i < d->t->n; i++)
        for (int64_t j = 0; j < latent; j++) {
            const double mu = (double)post[cama__at(i, j, 2 * latent)];
            const double lv = (double)post[cama__at(i, latent + j, 2 * latent)];
            const double bounded = lv > 20 ? 20 : lv < -20 ? -20 : lv;
            out[cama__at(i, j, latent)] = (real)(mu + (d->a->mean ? 0 : exp(bounded / 2) * (double)eps[j]));
        }
}

static void decode(const cama__exec *work, void *arg)
{
    const decoding *d = arg;
    const cama_model *model = d->t->model;
    const int64_t n = d->t->n;
    const bool computes = !cama__exec_measures(work);
    if (d->a->infer) {
        cama__logw_infer_m(work, model, n, d->batch->x, d->post_m);
        if (computes) sample(d, RNG_M, d->u, model->spec.m, d->post_m, d->m);
    }
    const cama__latent latent = {.y = d->y, .m = model->spec.m > 0 ? d->m : NULL};
    cama__logw_encode(work, model, &(cama__batch){.n = n, .x = d->batch->x}, &latent,
                      &(cama__encoding){.mean_noise = true, .post_z = d->post_z});
    if (computes) sample(d, RNG_Z, d->u * d->a->k + d->k, model->spec.z, d->post_z, d->z);
    cama__logw_decode(work, model, n, &latent, d->z, d->params);
}

/* d log p(x|y,z,m) / dx with z and m held, of number f of example i. */
static double slope(const decoding *d, int64_t i, int64_t f)
{
    const cama_model *model = d->t->model;
    const double mean = (double)d->params[cama__at(i, f, d->t->size)]; /* or the logit */
    if (model->spec.likelihood == LIKELIHOOD_BERNOULLI) return mean;
    const double floor = CAMA__LIKELIHOOD_FLOOR, rho = (double)model->theta[model->rho + f];
    const double lv = floor + log1p(exp(rho - floor));
    return (mean - (double)d->batch->x[cama__at(i, f, d->t->size)]) * exp(-lv);
}

/* The likelihood's share of the gradient, put together from decoded rows and their weights dw (n, U, C, K). */
static void likelihood_share(const twin *t, const attack *a, const cama__batch *batch, const double *dw,
                             double *share_out)
{
    const int64_t lanes = cama__blocks(t->n) * cama__kernel()->nr, m = t->model->spec.m, z = t->model->spec.z;
    const int32_t classes = t->model->spec.classes;
    decoding d = {.t = t, .a = a, .batch = batch, .y = calloc((size_t)t->n, sizeof *d.y)};
    real **const tensors[] = {&d.post_m, &d.m, &d.post_z, &d.z, &d.params};
    const int64_t features[] = {2 * m, m, 2 * z, z, t->size};
    for (int i = 0; i < 5; i++) *tensors[i] = cama__mem_alloc((size_t)(lanes * features[i]), sizeof(real));
    for (d.u = 0; d.u < a->u; d.u++)
        for (d.c = 0; d.c < classes; d.c++)
            for (d.k = 0; d.k < a->k; d.k++) {
                for (int64_t i = 0; i < t->n; i++) d.y[i] = d.c;
                twin_ok(cama__session_run(t->session, decode, &d));
                for (int64_t i = 0; i < t->n; i++) {
                    const double weight = dw[((i * a->u + d.u) * classes + d.c) * a->k + d.k];
                    for (int64_t f = 0; f < t->size; f++) share_out[i * t->size + f] += weight * slope(&d, i, f);
                }
            }
    for (int i = 0; i < 5; i++) cama__mem_free(*tensors[i]);
    free(d.y);
}

/* A gradient that the score is to write, of `width` numbers for each example. */
static real *take_blocked(const twin *t, int64_t width)
{
    const int64_t count = cama__blocks(t->n) * cama__kernel()->nr * width;
    real *out = count > 0 ? cama__mem_alloc((size_t)count, sizeof *out) : NULL;
    for (int64_t i = 0; i < count; i++) out[i] = NAN; /* all of it is overwritten */
    return out;
}

static double *in_rows(const twin *t, const real *blocked, int64_t width)
{
    double *out = calloc((size_t)(t->n * width + 1), sizeof *out);
    for (int64_t i = 0; i < t->n * width; i++) out[i] = (double)blocked[cama__at(i / width, i % width, width)];
    return out;
}

/* By path: the likelihood's share is put together from decoded rows; the rest came through the encoders. */
static void compare_paths(twin *t, const attack *a, const cama__batch *batch, double *w, double *dx)
{
    const int64_t count = t->n * t->size, each = (int64_t)t->model->spec.classes * a->u * a->k;
    double *likelihood = calloc((size_t)count, sizeof *likelihood), *work = calloc((size_t)(2 * each), sizeof *work);
    for (int64_t i = 0; i < t->n; i++)
        cama__objective_apply(OBJECTIVE_BAYES, a->u, t->model->spec.classes, a->k, w + i * each, batch->y[i], true, -1,
                              NULL, work);
    likelihood_share(t, a, batch, w, likelihood);
    for (int64_t i = 0; i < count; i++) dx[i] -= likelihood[i];
    twin_compare(t, TWIN_ATTACK, dx, count, "attack.%s.dx_encoder", a->name);
    free(likelihood), free(work);
}

/* dx and dc together, and each alone, which takes other ways through the score. */
static void compare_attack(twin *t, const attack *a)
{
    const int64_t classes = t->model->spec.classes, causes = t->model->spec.c;
    double *w = calloc((size_t)(t->n * classes * a->u * a->k), sizeof *w);
    cama__batch_room room;
    twin_ok(cama__batch_room_create(t->model, t->n, &room));
    const cama__batch batch = cama__batch_fill(&room, t->session->pool, t->attacked, NULL, 0, t->n, false);
    const cama__logw_options o = attack_options(t, a);
    for (int wanted = 3; wanted > 0; wanted--) {
        real *to_x = take_blocked(t, wanted & 1 ? t->size : 0), *to_c = take_blocked(t, wanted & 2 ? causes : 0);
        if (to_x == NULL && to_c == NULL) continue;
        const cama__logw_sink sink = {.w = w, .scale = -1, .dx = to_x, .dc = to_c};
        twin_ok(cama__session_logw(t->session, t->model, &o, &batch, &sink));
        double *dx = to_x != NULL ? in_rows(t, to_x, t->size) : NULL,
               *dc = to_c != NULL ? in_rows(t, to_c, causes) : NULL;
        if (dx != NULL) twin_compare(t, TWIN_ATTACK, dx, t->n * t->size, "attack.%s.dx", a->name);
        if (dc != NULL) twin_compare(t, TWIN_ATTACK, dc, t->n * causes, "attack.%s.dc", a->name);
        if (wanted == 1 && !t->table) compare_paths(t, a, &batch, w, dx);
        cama__mem_free(to_x), cama__mem_free(to_c);
        free(dx), free(dc);
    }
    cama__batch_room_free(&room);
    free(w);
}

static void test_attacks(void **state)
{
    static const char *const groups[] = {"attack", NULL};
    twin *t = *state;
    for (int i = 0; i < ATTACKS; i++)
        if (twin_find(&t->file, "attack.%s.dx", attacks[i].name) != NULL) compare_attack(t, &attacks[i]);
    const twin_record *input = twin_find(&t->file, "attack.x");
    if (input != NULL) t->compared[input - t->file.records] = true;
    twin_check_all(t, groups);
    twin_check();
}

static bool is_continuous(const twin *t, int32_t role, int32_t at)
{
    return !t->table || cama__schema_at(t->model->schema, role, at)->kind == VARIABLE_CONTINUOUS;
}

/* What FGSM made of x or c: eps standard deviations (or eps) up where the twin's gradient is positive, down where it is
 * negative, within [0,1] for pixels; what is not continuous stays, and what has no gradient at all. Where the gradient
 * is within its tolerance of zero the sign is anybody's. */
static void check_moved(const twin *t, int32_t role, const cama_dataset *out, const twin_record *d, double eps)
{
    const bool pixels = t->model->spec.likelihood == LIKELIHOOD_BERNOULLI;
    const float *before = cama__dataset_block(t->attacked, role), *after = cama__dataset_block(out, role);
    const float *scale = t->model->scale + cama__model_place(t->model, role);
    const int64_t width = cama__model_width(t->model, role);
    double largest = 0;
    int64_t unsure = 0;
    for (int64_t i = 0; i < d->count; i++) largest = fabs(d->values[i]) > largest ? fabs(d->values[i]) : largest;
    for (int64_t i = 0; i < d->count; i++) {
        const bool moves = d->values[i] != 0 && is_continuous(t, role, (int32_t)(i % width));
        const double step = moves ? eps * (double)scale[i % width] : 0;
        if (moves && fabs(d->values[i]) < 1e-3 * largest && ++unsure) continue;
        double want = (double)before[i] + (d->values[i] > 0 ? step : -step);
        if (pixels) want = want < 0 ? 0 : want > 1 ? 1 : want;
        if (fabs((double)after[i] - want) > 1e-6)
            fail_msg("%s: %s moves number %d to %.7f, expected %.7f", twin_case_name[t->number], d->name, (int)i,
                     (double)after[i], want);
    }
    assert_true(unsure < d->count / 2);
}

static void test_fgsm(void **state)
{
    const twin *t = *state;
    const double eps = 0.0625;
    const bool pixels = t->model->spec.likelihood == LIKELIHOOD_BERNOULLI;
    for (int a = 0; a < ATTACKS; a++) {
        const twin_record *dx = twin_find(&t->file, "attack.%s.dx", attacks[a].name);
        const twin_record *dc = twin_find(&t->file, "attack.%s.dc", attacks[a].name);
        if (dx == NULL) continue;
        cama_dataset *out = NULL;
        cama_options *options = twin_options(t, VERB_ATTACK, attacks[a].u, attacks[a].k, attacks[a].mean);
        twin_set_text(options, "method", "fgsm");
        twin_set_text(options, "of", dc != NULL ? "both" : "x");
        twin_set_text(options, "m", attacks[a].infer ? "infer" : "zero");
        twin_set_real(options, "eps", eps);
        if (!pixels && !t->table) twin_set_real(options, "low", 2); /* above high: no bounds */
        if (t->attacked->missing > 0) { /* the gradient is there, the verb refuses */
            FAILS(CAMA_E_DATA, cama__attack(t->session, t->model, t->attacked, options, &out, NULL));
            cama__options_free(options);
            continue;
        }
        twin_ok(cama__attack(t->session, t->model, t->attacked, options, &out, NULL));
        check_moved(t, ROLE_X, out, dx, eps);
        if (dc != NULL) check_moved(t, ROLE_C, out, dc, eps);
        cama__options_free(options);
        cama__dataset_free(out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {TWIN_IN_EACH_CASE(test_objectives), TWIN_IN_EACH_CASE(test_attacks),
                                       TWIN_IN_EACH_CASE(test_fgsm)};
    const int failed = cmocka_run_group_tests(tests, twin_open_all, twin_close_all);
    if (getenv("CAMA_TWIN_TABLE") != NULL) twin_print_table();
    return failed;
}
