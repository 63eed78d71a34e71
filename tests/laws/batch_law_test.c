/* batch_law_test - what is said of an image is a function of the image: the same bits alone, among others, at any
 * place, for any value of option batch, and in both orders that rows can have within a group (row_plan.h: lanes
 * padded to whole blocks, or packed without gaps). */
#include "small.h"

enum { N = 150 };

typedef struct {
    const char *name, *options; /* of predict */
    int32_t u, k;
} way;

static const way ways[] = {{"m inferred", "m=infer m_samples=2 samples=3 seed=9", 2, 3},
                           {"m = 0", "m=zero samples=4", 1, 4},
                           {"one sample", "m=infer", 1, 10},
                           {"means", "m=infer samples=1 noise=mean", 1, 1}};
enum { WAYS = sizeof ways / sizeof *ways };

typedef struct {
    cama_session *session;
    cama_model *model;
    cama_dataset *data;
    float *want; /* (N, C) */
    const way *way;
} setting;

static void check_rows(const setting *t, const char *what, const int64_t *row, int64_t n, const float *got)
{
    const int64_t classes = t->model->spec.classes;
    for (int64_t i = 0; i < n; i++)
        if (memcmp(got + i * classes, t->want + row[i] * classes, (size_t)classes * sizeof *got) != 0)
            fail_msg("%s, %s: row %d is predicted otherwise at place %d of %d", t->way->name, what, (int)row[i], (int)i,
                     (int)n);
}

/* A dataset of the given rows, in that order, predicted. */
static void check_selection(const setting *t, const char *what, const int64_t *row, int64_t n, const char *more)
{
    const cama_dataset *d = t->data;
    float *p = small_floats(n * t->model->spec.classes);
    cama_dataset *part = small_chosen(d, row, n, NULL);
    char text[128];
    snprintf(text, sizeof text, "%s%s", t->way->options, more);
    OK(small_predict(t->session, t->model, part, text, p));
    check_rows(t, what, row, n, p);
    free(p);
    cama_dataset_free(part);
}

static void check_way(const setting *t)
{
    static const int64_t sizes[] = {1, 7, 20, 50, 59, 60, 100};
    static const char *const batches[] = {" batch=1", " batch=7", " batch=48", " batch=50", " batch=65536"};
    int64_t row[N];
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int64_t first = 0; first + sizes[s] <= N; first += sizes[s] == 1 ? 29 : N - sizes[s]) {
            for (int64_t i = 0; i < sizes[s]; i++) row[i] = first + i;
            check_selection(t, "slice", row, sizes[s], "");
        }
    for (int64_t i = 0; i < N; i++) row[i] = i * 7 % N; /* 7 and N have no common factor */
    check_selection(t, "another order", row, N, "");
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) check_selection(t, batches[b], row, N, batches[b]);
    for (int64_t i = 0; i < N; i++) row[i] = 77;
    check_selection(t, "all the same", row, N, "");
}

static void check_subject(cama__spec spec)
{
    setting t = {.session = small_session(2, 0),
                 .model = small_trained(spec, 3),
                 .data = small_data(&spec, N, 5),
                 .want = small_floats((int64_t)N * spec.classes)};
    for (int w = 0; w < WAYS; w++) {
        t.way = &ways[w];
        if (spec.discriminative && strstr(t.way->options, "m=infer") != NULL) continue;
        OK(small_predict(t.session, t.model, t.data, ways[w].options, t.want));
        for (int i = 1; i < N; i++) /* no trivial agreement */
            assert_memory_not_equal(t.want, t.want + i * spec.classes, (size_t)spec.classes * sizeof(float));
        check_way(&t);
    }
    free(t.want);
    cama_dataset_free(t.data);
    cama_model_free(t.model);
    cama_session_free(t.session);
}

static void test_predict_image(void **state)
{
    (void)state;
    check_subject(small_image());
}

static void test_predict_vector(void **state)
{
    (void)state;
    check_subject(small_vector());
}

static void test_predict_table(void **state)
{
    (void)state;
    check_subject(small_table());
    check_subject(small_table_merge());
    check_subject(small_baseline());
}

/* The sizes above do reach both orders, and groups that are full, whatever the kernel's NR. */
static void test_orders(void **state)
{
    (void)state;
    const int64_t nr = cama__kernel()->nr;
    bool packed = false, padded = false, full = false;
    static const int64_t sizes[] = {1, 7, 20, 50, 59, 60, 100, N};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        cama__row_plan p;
        cama__row_plan_init(&p, sizes[s], 2, 3, 3);
        packed = packed || (p.rest > 0 && p.rest_lanes % nr != 0);
        padded = padded || (p.rest > 0 && p.rest_lanes % nr == 0 && p.rest_lanes > p.rest);
        full = full || p.full > 0;
    }
    assert_true(packed && padded && full);
}

/* Scores draw noise for each row of a dataset; without noise they too are functions of the example. */
static void check_scores_and_latents(cama__spec spec)
{
    cama_session *session = small_session(2, 0);
    cama_model *model = small_trained(spec, 3);
    cama_dataset *data = small_data(&spec, N, 5);
    cama_options *o = small_options(VERB_SCORE, "noise=mean");
    double all[2][N], part[N];
    float *z = small_floats((int64_t)N * spec.z), *m = small_floats((int64_t)N * spec.m),
          *z_part = small_floats((int64_t)N * spec.z), *m_part = small_floats((int64_t)N * spec.m);
    OK(cama_elbo(session, model, data, o, all[0]));
    OK(cama_elbo_marginal(session, model, data, o, all[1]));
    OK(cama_encode(session, model, data, NULL, m, NULL, z, NULL));
    for (int64_t n = 1; n <= 101; n += 20)
        for (int64_t first = 3; first + n <= N; first += 31) {
            cama_dataset *slice = small_slice(data, first, n);
            OK(cama_elbo(session, model, slice, o, part));
            assert_memory_equal(part, all[0] + first, (size_t)n * sizeof *part);
            OK(cama_elbo_marginal(session, model, slice, o, part));
            assert_memory_equal(part, all[1] + first, (size_t)n * sizeof *part);
            OK(cama_encode(session, model, slice, NULL, m_part, NULL, z_part, NULL));
            assert_memory_equal(m_part, m + first * spec.m, (size_t)(n * spec.m) * sizeof *m);
            assert_memory_equal(z_part, z + first * spec.z, (size_t)(n * spec.z) * sizeof *z);
            cama_dataset_free(slice);
        }
    free(z), free(m), free(z_part), free(m_part);
    cama_options_free(o);
    cama_dataset_free(data);
    cama_model_free(model);
    cama_session_free(session);
}

static void test_scores_and_latents(void **state)
{
    (void)state;
    check_scores_and_latents(small_image());
    check_scores_and_latents(small_table());
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_orders), cmocka_unit_test(test_predict_image),
                                       cmocka_unit_test(test_predict_vector), cmocka_unit_test(test_predict_table),
                                       cmocka_unit_test(test_scores_and_latents)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
