/* threads_law_test - neither the number of threads nor the size of the tiles changes a bit of any result.
 * Everything a verb gives is recorded in a session of one thread and chosen tiles, and again in sessions of every
 * other kind. */
#include "small.h"

/* Under a sanitizer, which makes threads very slow, only the first of the sessions below are tried. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(SANITIZED) || defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { MOST_KINDS = 2 };
#else
enum { MOST_KINDS = 100 };
#endif

/* Named stretches of bytes. */
enum { STRETCHES = 40 };
typedef struct {
    char *bytes;
    size_t used, room, start[STRETCHES + 1];
    const char *name[STRETCHES];
    int32_t count;
} record;

static void note(record *r, const char *name, const void *data, size_t bytes)
{
    assert_true(r->count < STRETCHES);
    while (r->used + bytes > r->room) {
        r->room = 2 * r->room + 4096;
        r->bytes = realloc(r->bytes, r->room);
        assert_non_null(r->bytes);
    }
    memcpy(r->bytes + r->used, data, bytes);
    r->start[r->count] = r->used;
    r->name[r->count++] = name;
    r->used += bytes;
    r->start[r->count] = r->used;
}

static void compare(const record *a, const record *b, const char *subject, int32_t threads, int64_t tile_rows)
{
    assert_int_equal(a->count, b->count);
    for (int32_t i = 0; i < a->count; i++)
        if (memcmp(a->bytes + a->start[i], b->bytes + b->start[i], a->start[i + 1] - a->start[i]) != 0)
            fail_msg("%s: %s differs with %d threads and tile_rows = %d", subject, a->name[i], threads, (int)tile_rows);
}

typedef struct {
    cama_session *session;
    cama_model *model;
    cama_dataset *clean, *manipulated, *test;
} setting;

static void note_theta(record *r, const char *name, const cama_model *model)
{
    note(r, name, model->theta, (size_t)model->params.reals * sizeof(real));
}

/* 3 epochs whose last batch is ragged; then joint training on, where the two terms' batches are of different sizes. */
static void record_training(const setting *t, record *r)
{
    cama_model *model = small_clone(t->model);
    cama_optimizer *o = small_optimizer(model, "lr=0.003 weight_decay=0.01 clip=5");
    cama_report *report = NULL;
    cama_options *options = small_options(VERB_TRAIN, "epochs=3 batch=50 samples=2 seed=5");
    const size_t bytes = (size_t)model->params.reals * sizeof(real);
    double objective[3];
    OK(cama_train(t->session, o, t->clean, NULL, options, &report));
    for (int64_t i = 0; i < 3; i++) OK(cama_report_get(report, "objective", i, &objective[i]));
    note_theta(r, "theta after train", model);
    note(r, "m1 after train", o->m1, bytes);
    note(r, "m2 after train", o->m2, bytes);
    note(r, "report of train", objective, sizeof objective);
    OK(small_train(t->session, o, t->clean, t->manipulated,
                   "epochs=2 batch=50 m_samples=2 samples=3 lambda=0.3 shuffle=0"));
    note_theta(r, "theta after joint training", model);
    note(r, "gradient of joint training", o->gradient, bytes);
    cama_report_free(report);
    cama_options_free(options);
    cama_optimizer_free(o);
    cama_model_free(model);
}

static void record_finetune(const setting *t, record *r)
{
    static const char *const keys[] = {"objective_before", "objective_after", "clean_before", "clean_after", "steps"};
    cama_options *o =
        small_options(VERB_FINETUNE, "lr=0.003 steps=6 batch=60 clean_batch=17 m_samples=2 samples=2 check_every=2");
    cama_report *report = NULL;
    cama_model *adapted = NULL;
    double values[5];
    OK(cama_finetune(t->session, t->model, t->clean, t->test, o, &adapted, &report));
    for (int i = 0; i < 5; i++) OK(cama_report_get(report, keys[i], 0, &values[i]));
    note_theta(r, "theta after finetune", adapted);
    note(r, "report of finetune", values, sizeof values);
    cama_report_free(report);
    cama_options_free(o);
    cama_model_free(adapted);
}

/* TENT, both ways. */
static void record_tent(const setting *t, record *r)
{
    static const char *const how[] = {"steps=6 batch=60 alpha=0.2 clean_batch=17 check_every=2 adapt=affine",
                                      "steps=6 batch=60 check_every=2 adapt=last"};
    for (int i = 0; i < 2; i++) {
        cama_model *adapted = NULL;
        OK(small_finetune(t->session, t->model, t->clean, t->test, how[i], &adapted));
        note_theta(r, i == 0 ? "theta after TENT, affine" : "theta after TENT, last", adapted);
        cama_model_free(adapted);
    }
}

static void record_scores(const setting *t, record *r)
{
    const int64_t n = t->test->n, classes = t->model->spec.classes;
    float *p = small_floats(n * classes), m0[8] = {0.5f, -1};
    double *v = small_doubles(n);
    cama_options *o = small_options(VERB_SCORE, "samples=3 m_samples=2 seed=3");
    const char *inferred = "m=infer m_samples=2 samples=3 seed=7";
    OK(small_predict(t->session, t->model, t->test, t->model->spec.m > 0 ? inferred : "", p));
    note(r, "predict, m inferred", p, (size_t)(n * classes) * sizeof *p);
    OK(small_predict(t->session, t->model, t->test, "m=zero samples=5", p));
    note(r, "predict, m = 0", p, (size_t)(n * classes) * sizeof *p);
    OK(cama_elbo(t->session, t->model, t->test, o, v));
    note(r, "elbo", v, (size_t)n * sizeof *v);
    OK(cama_elbo_do(t->session, t->model, t->test, m0, o, v));
    note(r, "elbo_do", v, (size_t)n * sizeof *v);
    OK(cama_elbo_marginal(t->session, t->model, t->test, o, v));
    note(r, "elbo_marginal", v, (size_t)n * sizeof *v);
    free(p), free(v);
    cama_options_free(o);
}

static void record_latents(const setting *t, record *r)
{
    const int64_t n = t->test->n, m = t->model->spec.m, z = t->model->spec.z, size = cama__shape_size(t->model->spec.x);
    float *x = small_floats(n * size), *latents[4];
    static const char *const names[] = {"encode: m_mu", "encode: m_lv", "encode: z_mu", "encode: z_lv"};
    const int64_t counts[] = {n * m, n * m, n * z, n * z};
    cama_dataset *unlabelled = NULL;
    cama_options *o = small_options(VERB_RECONSTRUCT, "m=zero noise=sample seed=4");
    for (int i = 0; i < 4; i++) latents[i] = small_floats(counts[i]);
    OK(cama_dataset_without_labels(t->test, &unlabelled));
    OK(cama_encode(t->session, t->model, unlabelled, NULL, latents[0], latents[1], latents[2], latents[3]));
    for (int i = 0; i < 4; i++) note(r, names[i], latents[i], (size_t)counts[i] * sizeof(float));
    OK(cama_reconstruct(t->session, t->model, t->test, o, x));
    note(r, "reconstruct", x, (size_t)(n * size) * sizeof *x);
    OK(cama_generate(t->session, t->model, n, t->test->y, t->test->c, NULL, latents[0], NULL, x));
    note(r, "generate", x, (size_t)(n * size) * sizeof *x);
    OK(cama_counterfactual(t->session, t->model, unlabelled, t->test->y, NULL, latents[0], NULL, x));
    note(r, "counterfactual", x, (size_t)(n * size) * sizeof *x);
    for (int i = 0; i < 4; i++) free(latents[i]);
    free(x);
    cama_options_free(o);
    cama_dataset_free(unlabelled);
}

/* text: options beside the box. */
static void record_attack(const setting *t, const char *text, record *r)
{
    cama_options *o = small_options(VERB_ATTACK, text);
    const bool bounded = t->model->spec.likelihood == LIKELIHOOD_BERNOULLI;
    OK(cama_options_set_real(o, "low", bounded ? 0 : 1));
    OK(cama_options_set_real(o, "high", bounded ? 1 : 0));
    cama_dataset *data = small_slice(t->test, 0, 61), *clipped = NULL, *attacked = NULL;
    const int64_t count = data->n * cama__shape_size(data->shape);
    float *x = small_floats(count);
    for (int64_t i = 0; i < count; i++) x[i] = data->x[i] < 0 ? 0 : data->x[i] > 1 ? 1 : data->x[i];
    OK(cama__dataset_with(data, data->schema != NULL ? NULL : x, NULL, &clipped));
    OK(cama_attack(t->session, t->model, clipped, o, &attacked));
    note(r, "attack", attacked->x, (size_t)count * sizeof *x);
    free(x);
    cama_options_free(o);
    cama_dataset_free(data), cama_dataset_free(clipped), cama_dataset_free(attacked);
}

static void record_all(setting *t, int32_t threads, int64_t tile_rows, record *r)
{
    t->session = small_session(threads, tile_rows);
    const bool generative = !t->model->spec.discriminative;
    record_training(t, r);
    (generative ? record_finetune : record_tent)(t, r);
    record_scores(t, r);
    if (generative) record_latents(t, r);
    record_attack(t, "eps=0.1 steps=3 samples=2 m_samples=2 draws=2", r);
    record_attack(t, "method=square eps=0.1 queries=4 restarts=2 samples=2 m_samples=2 draws=2 norm=l2", r);
    cama_session_free(t->session);
}

typedef struct {
    int32_t threads;
    int64_t tile_rows;
} kind;

static void check_subject(const char *name, cama__spec spec, int64_t n, const kind *kinds, size_t count)
{
    setting t = {.model = small_trained(spec, 2),
                 .clean = small_data(&spec, n, 11),
                 .manipulated = small_data(&spec, n / 2 + 9, 12),
                 .test = small_data(&spec, n - 9, 13)};
    record first = {.count = 0};
    record_all(&t, 1, 0, &first);
    for (size_t i = 0; i < count && i < MOST_KINDS; i++) {
        record other = {.count = 0};
        record_all(&t, kinds[i].threads, kinds[i].tile_rows, &other);
        compare(&first, &other, name, kinds[i].threads, kinds[i].tile_rows);
        free(other.bytes);
    }
    free(first.bytes);
    cama_model_free(t.model);
    cama_dataset_free(t.clean), cama_dataset_free(t.manipulated), cama_dataset_free(t.test);
}

static void test_image(void **state)
{
    (void)state;
    static const kind kinds[] = {{2, 0},   {4, 48},   {3, 0},   {4, 0},    {1, 48},
                                 {1, 100}, {1, 1000}, {3, 100}, {4, 1000}, {4, 1}};
    check_subject("image", small_image(), 131, kinds, sizeof kinds / sizeof *kinds);
}

static void test_filtered(void **state)
{
    (void)state;
    static const kind kinds[] = {{2, 0}, {3, 48}, {1, 100}};
    check_subject("filtered", small_filtered(), 89, kinds, sizeof kinds / sizeof *kinds);
}

static void test_vector(void **state)
{
    (void)state;
    static const kind kinds[] = {{3, 48}, {2, 0}, {4, 100}, {1, 1000}, {2, 1000000}};
    check_subject("vector", small_vector(), 163, kinds, sizeof kinds / sizeof *kinds);
}

static void test_wide(void **state)
{
    (void)state;
    static const kind kinds[] = {{2, 0}, {3, 100}, {4, 1000}};
    check_subject("wide", small_wide(), 131, kinds, sizeof kinds / sizeof *kinds);
}

static void test_table(void **state)
{
    (void)state;
    static const kind kinds[] = {{2, 0}, {3, 48}, {4, 100}, {1, 1000}, {2, 1000000}};
    check_subject("table", small_table(), 163, kinds, sizeof kinds / sizeof *kinds);
    check_subject("table, m in p_merge", small_table_merge(), 89, kinds, sizeof kinds / sizeof *kinds);
    check_subject("baseline", small_baseline(), 163, kinds, sizeof kinds / sizeof *kinds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_image), cmocka_unit_test(test_filtered),
                                       cmocka_unit_test(test_vector), cmocka_unit_test(test_wide),
                                       cmocka_unit_test(test_table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
