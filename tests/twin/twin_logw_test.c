/* twin_logw_test - what is computed forward: the noise, the initial tensors, the ELBOs, w, predictions, and what
 * encode, reconstruct and generate give, through the library's verbs, against the twin. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "check.h"
#include "fixture.h"
#include "twin_compare.h"
#include "twin_model.h"

static double *numbers(int64_t count) { return calloc((size_t)count + 1, sizeof(double)); }

static void widen(const float *from, int64_t count, double *to)
{
    for (int64_t i = 0; i < count; i++) to[i] = (double)from[i];
}

/* ---- Noise ------------------------------------------------------------------------------------------------------- */

typedef void draw(cama__rng_key key, int64_t n, real *out, int64_t stride);

static void compare_words(cama__rng_key key, const double *want)
{
    for (uint32_t block = 0; block < 5; block++) {
        const uint32_t counter[4] = {key.stream << 24 | block, key.sample, key.example, key.step};
        const uint32_t seed[2] = {(uint32_t)key.seed, (uint32_t)(key.seed >> 32)};
        uint32_t words[4];
        cama__rng_philox(counter, seed, words);
        for (int j = 0; j < 4; j++) assert_true((double)words[j] == want[4 * block + (uint32_t)j]);
    }
}

static void compare_permutations(const twin *t, cama__rng_key key, int number)
{
    static const int64_t sizes[] = {1, 2, 3, 10, 257};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        char name[48];
        int64_t order[257];
        snprintf(name, sizeof name, "permutation.%d.%d", number, (int)sizes[s]);
        const double *want = twin_values(t, name, sizes[s]);
        cama__rng_permutation(key, sizes[s], order);
        for (int64_t i = 0; i < sizes[s]; i++) assert_int_equal(order[i], (int64_t)want[i]);
    }
}

static void test_noise(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        draw *of;
    } draws[] = {{"uniforms", cama__rng_uniforms}, {"normals", cama__rng_normals}};
    twin t = {.number = 0};
    const char *why = "";
    if (twin_load("tests/twin/fixtures/rng.twin", &t.file, &why) != 0) fail_msg("rng.twin: %s", why);
    const double *keys = twin_values(&t, "keys", 24);
    for (int number = 0; number < 4; number++, keys += 6) {
        const cama__rng_key key = {(uint64_t)keys[1] << 32 | (uint64_t)keys[0], (uint32_t)keys[2], (uint32_t)keys[3],
                                   (uint32_t)keys[4], (uint32_t)keys[5]};
        char name[48];
        snprintf(name, sizeof name, "words.%d", number);
        compare_words(key, twin_values(&t, name, 20));
        for (int d = 0; d < 2; d++) {
            real drawn[18];
            double got[18];
            draws[d].of(key, 18, drawn, 1);
            for (int i = 0; i < 18; i++) got[i] = (double)drawn[i];
            snprintf(name, sizeof name, "%s.%d", draws[d].name, number);
            twin_compare_numbers(&t, TWIN_NOISE, got, twin_values(&t, name, 18), 18, name);
        }
        compare_permutations(&t, key, number);
    }
    twin_free(&t.file);
    twin_check();
}

/* ---- Initial tensors --------------------------------------------------------------------------------------------- */

static void test_parameters(void **state)
{
    twin *t = *state;
    twin_compare_block(t, TWIN_PARAMETER, t->model->theta, NULL, CAMA__NET_ALL, "param");
    /* read goes by the same places as write, by which all other comparisons go */
    for (int32_t i = 0; i < t->model->params.count; i++) {
        const cama__param *p = &t->model->params.item[i];
        float *read = malloc((size_t)p->count * sizeof *read);
        cama__param_read(p, cama__model_param_net(t->model, p), t->model->theta, read);
        for (int64_t k = 0; k < p->count; k++)
            assert_true(read[k] == (float)t->model->theta[t->place[t->first[i] + k]]);
        free(read);
    }
    static const char *const groups[] = {"param", NULL};
    twin_check_all(t, groups);
    twin_check();
}

/* The texts of a case that is a preset are those of the preset. */
static void test_preset(void **state)
{
    const twin *t = *state;
    char *name = twin_text(&t->file, "text.preset");
    if (name != NULL) {
        cama__spec spec;
        twin_ok(cama__spec_preset(name, &spec));
        for (int32_t i = 0; i < NET_COUNT; i++) assert_string_equal(spec.net[i], t->model->spec.net[i]);
        assert_int_equal(spec.classes, t->model->spec.classes);
        assert_int_equal(spec.z, t->model->spec.z);
        assert_int_equal(spec.m, t->model->spec.m);
        assert_int_equal(cama__shape_size(spec.x), t->size);
        assert_int_equal(spec.likelihood, t->model->spec.likelihood);
    }
    assert_true((name != NULL) == t->big);
    const cama__spec *spec = &t->model->spec;
    assert_true(!t->table || spec->likelihood == LIKELIHOOD_GAUSSIAN || spec->likelihood == LIKELIHOOD_STUDENT);
    free(name);
}

/* ---- ELBOs ------------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    int32_t u, k;
    bool mean;
} samples;

static void score(const twin *t, cama__elbo_kind verb, const float *m0, const samples *s, double *values)
{
    cama_options *options = twin_options(t, VERB_SCORE, s->u, s->k, s->mean);
    twin_ok(cama__elbo(t->session, t->model, t->clean, verb, m0, options, values));
    cama__options_free(options);
}

static void test_elbos(void **state)
{
    static const samples inferred[] = {
        {"u1k1", 1, 1, false}, {"u1k2", 1, 2, false}, {"u2k3", 2, 3, false}, {"mean", 1, 1, true}};
    static const samples fixed[] = {
        {"k1", 1, 1, false}, {"k2", 1, 2, false}, {"k3", 1, 3, false}, {"mean", 1, 1, true}};
    twin *t = *state;
    double *values = numbers(t->n);
    for (int i = 0; i < 4; i++) {
        score(t, SCORE_ELBO_DO, NULL, &fixed[i], values);
        twin_compare(t, TWIN_ELBO, values, t->n, "elbo_do.zero.%s", fixed[i].name);
        score(t, SCORE_ELBO_DO, t->m0, &fixed[i], values);
        if (t->m0 != NULL) twin_compare(t, TWIN_ELBO, values, t->n, "elbo_do.m0.%s", fixed[i].name);
        score(t, SCORE_ELBO, NULL, &inferred[i], values);
        twin_compare(t, TWIN_ELBO, values, t->n, "elbo.%s", inferred[i].name);
        score(t, SCORE_ELBO_MARGINAL, NULL, &inferred[i], values);
        twin_compare(t, TWIN_ELBO, values, t->n, "elbo_marginal.%s", inferred[i].name);
    }
    free(values);
    static const char *const groups[] = {"elbo", "elbo_do", "elbo_marginal", NULL};
    twin_check_all(t, groups);
    twin_check();
}

/* ---- Predictions ------------------------------------------------------------------------------------------------- */

/* w and p as the score gives them. */
static void compare_w(twin *t, const samples *s, bool infer)
{
    const int64_t classes = t->model->spec.classes, each = classes * s->u * s->k;
    double *w = numbers(t->n * each), *p = numbers(t->n * classes);
    cama__batch_room room;
    twin_ok(cama__batch_room_create(t->model, t->n, &room));
    const cama__batch batch = cama__batch_fill(&room, t->session->pool, t->clean, NULL, 0, t->n, false);
    const cama__logw_options o = {.objective = OBJECTIVE_BAYES,
                                  .m = infer ? SCORE_M_INFER : SCORE_M_DO,
                                  .u = s->u,
                                  .k = s->k,
                                  .mean_noise = s->mean,
                                  .seed = t->seed,
                                  .kl_weight = 1};
    twin_ok(cama__session_logw(t->session, t->model, &o, &batch, &(cama__logw_sink){.w = w, .probabilities = p}));
    twin_compare(t, TWIN_W, w, t->n * each, "predict.%s.w", s->name);
    twin_compare(t, TWIN_PROBABILITY, p, t->n * classes, "predict.%s.p", s->name);
    cama__batch_room_free(&room);
    free(w), free(p);
}

/* p as floats, by the verb, in batches of which the last is incomplete. */
static void compare_predict(const twin *t, const samples *s, bool infer)
{
    const int64_t count = t->n * t->model->spec.classes;
    float *p = calloc((size_t)count, sizeof *p);
    double *got = numbers(count);
    char name[48];
    cama_options *options = twin_options(t, VERB_PREDICT, s->u, s->k, s->mean);
    twin_set_text(options, "m", infer ? "infer" : "zero");
    twin_set_int(options, "batch", t->n - 1);
    twin_ok(cama__predict(t->session, t->model, t->clean, options, p));
    widen(p, count, got);
    snprintf(name, sizeof name, "predict.%s.p", s->name);
    twin_compare_numbers(t, TWIN_PROBABILITY_FLOATS, got, twin_values(t, name, count), count, name);
    cama__options_free(options);
    free(p), free(got);
}

static void test_predictions(void **state)
{
    static const samples all[] = {{"infer.u1k1", 1, 1, false},
                                  {"infer.u2k3", 2, 3, false},
                                  {"infer.mean", 1, 1, true},
                                  {"zero.u1k3", 1, 3, false},
                                  {"zero.mean", 1, 1, true}};
    static const char *const groups[] = {"predict", NULL};
    twin *t = *state;
    for (int i = 0; i < 5; i++) {
        const bool infer = strncmp(all[i].name, "infer", 5) == 0;
        if ((infer && t->model->spec.m == 0) || twin_find(&t->file, "predict.%s.w", all[i].name) == NULL) continue;
        compare_w(t, &all[i], infer);
        compare_predict(t, &all[i], infer);
    }
    static const samples drawn = {"zero.mean", 2, 3, false}; /* of which a discriminative model has none */
    if (t->model->spec.discriminative) compare_predict(t, &drawn, false);
    twin_check_all(t, groups);
    twin_check();
}

/* p does not change when all logarithms do: no exp of a likelihood, which would be 0 or infinite here. w less 2^14 is
 * rounded to 2^-39, which is what p may be off by; 1e-11 leaves room for the sum over U K samples. */
static void test_far_weights(void **state)
{
    static const double shifts[] = {-0x1p14, 0x1p14};
    const twin *t = *state;
    const int32_t classes = t->model->spec.classes;
    double work[32], p[16];
    assert_true(classes <= 16);
    for (int32_t s = 0; s < 2; s++) {
        const twin_record *w = twin_find(&t->file, "predict.zero.u1k3.w");
        if (w == NULL) skip(); /* a discriminative model has no samples */
        const double *want = twin_values(t, "predict.zero.u1k3.p", t->n * classes);
        for (int64_t i = 0; i < t->n; i++) {
            double far[64];
            assert_int_equal(w->count, t->n * classes * 3);
            for (int32_t j = 0; j < classes * 3; j++) far[j] = w->values[i * classes * 3 + j] + shifts[s];
            const double value = cama__objective_apply(OBJECTIVE_BAYES, 1, classes, 3, far, 0, true, 1, p, work);
            assert_near(value, log(want[i * classes]), 1e-11 / want[i * classes]);
            for (int32_t c = 0; c < classes; c++) {
                const double dw = far[3 * c] + far[3 * c + 1] + far[3 * c + 2];
                const double slope = (c == 0) - want[i * classes + c];
                if (!(fabs(p[c] - want[i * classes + c]) <= 1e-11 && fabs(dw - slope) <= 1e-11))
                    fail_msg("%s, row %d, class %d: p %.17g, dw %.17g", twin_case_name[t->number], (int)i, c, p[c], dw);
            }
        }
    }
}

/* ---- Latents ----------------------------------------------------------------------------------------------------- */

static void compare_floats(twin *t, const float *got, int64_t count, const char *name)
{
    double *values = numbers(count);
    widen(got, count, values);
    twin_compare(t, TWIN_FLOATS, values, count, "%s", name);
    free(values);
}

static void compare_encode(twin *t, const char *word)
{
    const int32_t m = t->model->spec.m, z = t->model->spec.z;
    float *m_mu = m > 0 ? calloc((size_t)(t->n * m), sizeof *m_mu) : NULL;
    float *m_lv = m > 0 ? calloc((size_t)(t->n * m), sizeof *m_lv) : NULL;
    float *z_mu = calloc((size_t)(t->n * z), sizeof *z_mu), *z_lv = calloc((size_t)(t->n * z), sizeof *z_lv);
    char name[48];
    cama_options *options = NULL;
    twin_ok(cama__options_create(VERB_ENCODE, &options));
    twin_set_text(options, "m", word);
    twin_ok(cama__encode(t->session, t->model, t->clean, options, &(cama__posteriors){m_mu, m_lv, z_mu, z_lv}));
    if (m > 0) compare_floats(t, m_mu, t->n * m, "encode.m_mu");
    if (m > 0) compare_floats(t, m_lv, t->n * m, "encode.m_lv");
    snprintf(name, sizeof name, "encode.%s.z_mu", word);
    compare_floats(t, z_mu, t->n * z, name);
    snprintf(name, sizeof name, "encode.%s.z_lv", word);
    compare_floats(t, z_lv, t->n * z, name);
    cama__options_free(options);
    free(m_mu), free(m_lv), free(z_mu), free(z_lv);
}

/* m0 NULL: none is given. */
static void compare_reconstruct(twin *t, const char *infer, const char *word, const float *m0, const char *record)
{
    float *x = calloc((size_t)(t->n * t->size), sizeof *x);
    char name[48];
    cama_options *options = NULL;
    twin_ok(cama__options_create(VERB_RECONSTRUCT, &options));
    twin_set_text(options, "m", word);
    twin_set_text(options, "infer_m", infer);
    if (m0 != NULL) twin_ok(cama__options_set_vector(options, "m0", m0, t->model->spec.m));
    twin_ok(cama__reconstruct(t->session, t->model, t->clean, options, x));
    snprintf(name, sizeof name, "reconstruct.%s.%s", infer, record);
    compare_floats(t, x, t->n * t->size, name);
    cama__options_free(options);
    free(x);
}

static void compare_generate(twin *t)
{
    const int64_t z = t->model->spec.z, m = t->model->spec.m;
    const double *given = twin_values(t, "generate.z", t->n * z);
    float *zs = calloc((size_t)(t->n * z), sizeof *zs), *x = calloc((size_t)(t->n * t->size), sizeof *x);
    float *ms = m > 0 ? calloc((size_t)(t->n * m), sizeof *ms) : NULL;
    for (int64_t i = 0; i < t->n * z; i++) zs[i] = (float)given[i];
    for (int64_t i = 0; i < t->n * m; i++) ms[i] = t->m0[i % m];
    twin_ok(cama__generate(t->session, t->model, t->n, &(cama__given){t->clean->y, t->clean->c, zs, ms}, NULL, x));
    compare_floats(t, x, t->n * t->size, "generate.x");
    t->compared[twin_find(&t->file, "generate.z") - t->file.records] = true; /* an input */
    free(zs), free(x), free(ms);
}

static void test_latents(void **state)
{
    static const char *const groups[] = {"encode", "reconstruct", "generate", NULL};
    twin *t = *state;
    static const float zeros[32];
    assert_true(t->model->spec.m <= 32);
    if (t->model->spec.discriminative) return;
    for (int infer = t->model->spec.m > 0; infer >= 0; infer--) {
        const char *word = infer ? "infer" : "zero";
        compare_encode(t, word);
        compare_reconstruct(t, word, "same", NULL, "same");
        compare_reconstruct(t, word, "zero", NULL, "zero");
        if (t->m0 == NULL) continue;
        compare_reconstruct(t, word, "given", t->m0, "m0");
        compare_reconstruct(t, word, "given", zeros, "zero"); /* as do(m = 0) by name */
    }
    compare_generate(t);
    twin_check_all(t, groups);
    twin_check();
}

/* ---- Prior ------------------------------------------------------------------------------------------------------- */

/* The same under the log-prior of label frequencies; the model's own is a float's. */
static void test_prior(void **state)
{
    static const char *const groups[] = {"prior", NULL};
    static const samples one = {"infer.u1k1", 1, 1, false};
    twin *t = *state;
    const twin_record *want = twin_find(&t->file, "prior.log");
    if (want == NULL) return;
    cama_model *uniform = t->model, *model = NULL;
    int64_t counts[16] = {0};
    double *values = numbers(t->n), *p = numbers(t->n * uniform->spec.classes);
    for (int64_t i = 0; i < t->n; i++) counts[t->clean->y[i]]++;
    twin_ok(cama__model_clone(uniform, &model));
    cama__model_set_prior(model, counts);
    twin_compare(t, TWIN_FLOATS, model->log_prior, model->spec.classes, "prior.log");
#ifdef CAMA_DOUBLE
    memcpy(model->log_prior, want->values, (size_t)model->spec.classes * sizeof *model->log_prior);
#endif
    t->model = model;
    score(t, SCORE_ELBO, NULL, &one, values);
    twin_compare(t, TWIN_ELBO, values, t->n, "prior.elbo.u1k1");
    score(t, SCORE_ELBO_MARGINAL, NULL, &one, values);
    twin_compare(t, TWIN_ELBO, values, t->n, "prior.elbo_marginal.u1k1");
    const cama__logw_options o = {
        .objective = OBJECTIVE_BAYES, .m = SCORE_M_INFER, .u = 1, .k = 1, .seed = t->seed, .kl_weight = 1};
    twin_ok(cama__evaluate(t->session, model, &o, t->clean,
                           &(cama__evaluation){.n = t->n, .at_once = t->n, .quiet = true, .probabilities = p}));
    twin_compare(t, TWIN_PROBABILITY, p, t->n * model->spec.classes, "prior.predict.infer.u1k1.p");
    t->model = uniform;
    cama__model_free(model);
    free(values), free(p);
    twin_check_all(t, groups);
    twin_check();
}

/* A new model's prior, which twin_open replaces in the double build, is the uniform one. */
static void test_uniform_prior(void **state)
{
    const twin *t = *state;
    cama_model *model = NULL;
    twin_ok(cama__model_build(&t->model->spec, t->model->schema, &model));
    const float want = (float)-log(model->spec.classes);
    for (int32_t c = 0; c < model->spec.classes; c++) assert_true(model->log_prior[c] == (double)want);
    cama__model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_noise),          TWIN_IN_EACH_CASE(test_parameters), TWIN_IN_EACH_CASE(test_preset),
        TWIN_IN_EACH_CASE(test_uniform_prior), TWIN_IN_EACH_CASE(test_elbos),      TWIN_IN_EACH_CASE(test_predictions),
        TWIN_IN_EACH_CASE(test_far_weights),   TWIN_IN_EACH_CASE(test_latents),    TWIN_IN_EACH_CASE(test_prior),
    };
    const int failed = cmocka_run_group_tests(tests, twin_open_all, twin_close_all);
    if (getenv("CAMA_TWIN_TABLE") != NULL) twin_print_table();
    return failed;
}
