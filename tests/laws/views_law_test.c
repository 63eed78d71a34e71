/* views_law_test - what is said of views depends on nothing that it should not depend on: neither threads nor tiles nor
 * a memory_limit change a bit of any result of a model with views, and what is said of an image is a function of the
 * image, alone and among others. */
#include "small_views.h"

enum { N = 160 /* several batches of a prediction (verbs/predict_views.c) */, RECORDS = 16 };

/* ---- Threads, tiles, memory -------------------------------------------------------------------------------------- */

/* All that the verbs give, one stretch of bytes for each record. */
typedef struct {
    char *bytes[RECORDS];
    size_t size[RECORDS];
    const char *name[RECORDS];
    int32_t count;
} record;

static void note(record *r, const char *name, const void *data, size_t bytes)
{
    assert_true(r->count < RECORDS);
    r->bytes[r->count] = malloc(bytes);
    assert_non_null(r->bytes[r->count]);
    memcpy(r->bytes[r->count], data, bytes);
    r->size[r->count] = bytes;
    r->name[r->count++] = name;
}

static void forget(record *r)
{
    for (int32_t i = 0; i < r->count; i++) free(r->bytes[i]);
    *r = (record){.count = 0};
}

typedef struct {
    cama_session *session;
    cama_model *model, *reader;
    cama_dataset *data, *test;
} setting;

static setting prepare(void)
{
    const cama__spec spec = small_view();
    return (setting){.model = small_viewing(2),
                     .reader = small_model(small_view_reader(), 3),
                     .data = small_data(&spec, 75, 11),
                     .test = small_data(&spec, N, 12)};
}

static void finish(setting *t)
{
    cama_dataset_free(t->data), cama_dataset_free(t->test);
    cama_model_free(t->model), cama_model_free(t->reader);
}

static int32_t record_training(const setting *t, const char *name, const char *options, record *r)
{
    cama_model *model = small_clone(t->model);
    cama_optimizer *o = small_optimizer(model, "lr=0.003 clip=5");
    const int32_t status = small_train(t->session, o, t->data, NULL, options);
    const size_t bytes = (size_t)model->params.reals * sizeof(real);
    if (status == CAMA_OK) note(r, name, model->theta, bytes);
    if (status == CAMA_OK) note(r, "gradient", o->gradient, bytes);
    cama_optimizer_free(o);
    cama_model_free(model);
    return status;
}

static int32_t record_finetune(const setting *t, const char *name, const char *options, record *r)
{
    cama_model *adapted = NULL;
    const int32_t status = small_finetune(t->session, t->model, t->data, t->test, options, &adapted);
    if (status == CAMA_OK) note(r, name, adapted->theta, (size_t)adapted->params.reals * sizeof(real));
    cama_model_free(adapted);
    return status;
}

static int32_t record_views(const setting *t, record *r)
{
    static float mean[N * VIEW_COUNT], deviation[N * VIEW_COUNT];
    cama_dataset *seen = NULL;
    int32_t status = small_views(t->session, t->model, t->test, "seed=3 view_temper=60", mean, deviation);
    if (status != CAMA_OK) return status;
    note(r, "views", mean, sizeof mean);
    note(r, "deviations", deviation, sizeof deviation);
    status = small_see(t->session, t->model, t->test, "seed=3 view_temper=60", &seen);
    if (status != CAMA_OK) return status;
    note(r, "seen", seen->x, (size_t)(N * cama__shape_size(seen->shape)) * sizeof(float));
    cama_dataset_free(seen);
    return status;
}

static int32_t record_predictions(const setting *t, record *r)
{
    static float p[N * 3];
    int32_t status = small_predict(t->session, t->model, t->test, "samples=3 seed=7 view_temper=60", p);
    if (status != CAMA_OK) return status;
    note(r, "predict", p, sizeof p);
    status = small_read(t->session, t->model, t->reader, t->test, "samples=3 reader_weight=0.5 view_temper=60", p);
    if (status == CAMA_OK) note(r, "predict_read", p, sizeof p);
    return status;
}

/* Up to the first verb that fails. */
static int32_t record_all(const setting *t, record *r)
{
    int32_t status = record_training(t, "theta, simulate = also", "epochs=2 batch=50 simulate=also", r);
    if (status == CAMA_OK)
        status = record_training(t, "theta, simulate = alone", "epochs=2 batch=50 simulate=alone", r);
    if (status == CAMA_OK)
        status = record_finetune(t, "theta, fine-tuned",
                                 "steps=3 batch=40 clean_batch=30 proposals=7 check_every=2 view_temper=60", r);
    if (status == CAMA_OK)
        status = record_finetune(t, "theta, fine-tuned by Eq. 8",
                                 "steps=3 batch=40 clean_batch=30 proposals=0 simulate=0 check_every=0", r);
    if (status == CAMA_OK) status = record_views(t, r);
    return status == CAMA_OK ? record_predictions(t, r) : status;
}

static void compare(const record *a, const record *b, const char *what)
{
    assert_int_equal(a->count, b->count);
    for (int32_t i = 0; i < a->count; i++)
        if (a->size[i] != b->size[i] || memcmp(a->bytes[i], b->bytes[i], a->size[i]) != 0)
            fail_msg("%s: %s differs", what, a->name[i]);
}

static void test_threads_and_tiles(void **state)
{
    (void)state;
    static const struct {
        int32_t threads;
        int64_t tile_rows;
    } kinds[] = {{2, 0}, {3, 48}, {4, 1}, {1, 1000}};
    setting t = prepare();
    record first = {.count = 0};
    t.session = small_session(1, 0);
    OK(record_all(&t, &first));
    cama_session_free(t.session);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        record other = {.count = 0};
        char what[64];
        snprintf(what, sizeof what, "%d threads, tile_rows %d", kinds[i].threads, (int)kinds[i].tile_rows);
        t.session = small_session(kinds[i].threads, kinds[i].tile_rows);
        OK(record_all(&t, &other));
        compare(&first, &other, what);
        forget(&other);
        cama_session_free(t.session);
    }
    forget(&first);
    finish(&t);
}

/* A limit is kept with the same bits, or refused with CAMA_E_MEMORY. */
static void test_memory_limit(void **state)
{
    (void)state;
    setting t = prepare();
    record first = {.count = 0};
    int64_t most = 0, bytes = 0;
    int32_t kept = 0, refused = 0;
    t.session = small_session(2, 0);
    OK(record_all(&t, &first));
    OK(cama_session_bytes(t.session, &most));
    cama_session_free(t.session);
    for (int64_t limit = most - 1; limit > most / 64; limit = limit * 2 / 5) {
        record other = {.count = 0};
        OK(cama__session_create(2, 0, limit, &t.session));
        const int32_t status = record_all(&t, &other);
        if (status == CAMA_OK)
            compare(&first, &other, "memory_limit");
        else
            assert_int_equal(status, CAMA_E_MEMORY);
        OK(cama_session_bytes(t.session, &bytes));
        assert_true(bytes <= limit);
        status == CAMA_OK ? kept++ : refused++;
        forget(&other);
        cama_session_free(t.session);
    }
    assert_true(kept > 0 && refused > 0);
    forget(&first);
    finish(&t);
}

/* ---- Alone and among others -------------------------------------------------------------------------------------- */

enum { SIZE = 9 * 8 * 2 };

/* Of a model whose networks are random the evidence would have every image seen as it is: view_temper lets q choose. */

typedef struct {
    float p[N * 3], read[N * 3], mean[N * VIEW_COUNT], deviation[N * VIEW_COUNT], seen[N * SIZE];
} said;

static void say(const setting *t, const cama_dataset *d, const char *more, said *out)
{
    char text[64];
    cama_dataset *seen = NULL;
    snprintf(text, sizeof text, "samples=3 reader_weight=0.5 view_temper=60%s", more);
    OK(small_predict(t->session, t->model, d, text, out->p));
    OK(small_read(t->session, t->model, t->reader, d, text, out->read));
    OK(small_views(t->session, t->model, d, "view_temper=60", out->mean, out->deviation));
    OK(small_see(t->session, t->model, d, "view_temper=60", &seen));
    memcpy(out->seen, seen->x, (size_t)(d->n * SIZE) * sizeof(float));
    cama_dataset_free(seen);
}

static void check_row(const char *what, const char *name, const float *got, const float *want, int64_t count, int64_t i)
{
    if (memcmp(got, want, (size_t)count * sizeof *got) != 0) fail_msg("%s: %s of row %d differ", what, name, (int)i);
}

/* Rows row[0..n) in a dataset of their own, against what was said of them among all. */
static void check_chosen(const setting *t, const said *want, const int64_t *row, int64_t n, const char *what)
{
    static said got;
    cama_dataset *part = small_chosen(t->test, row, n, NULL);
    say(t, part, what[0] == ' ' ? what : "", &got);
    for (int64_t i = 0; i < n; i++) {
        check_row(what, "predict", got.p + 3 * i, want->p + 3 * row[i], 3, row[i]);
        check_row(what, "predict_read", got.read + 3 * i, want->read + 3 * row[i], 3, row[i]);
        check_row(what, "views", got.mean + VIEW_COUNT * i, want->mean + VIEW_COUNT * row[i], VIEW_COUNT, row[i]);
        check_row(what, "deviations", got.deviation + VIEW_COUNT * i, want->deviation + VIEW_COUNT * row[i], VIEW_COUNT,
                  row[i]);
        check_row(what, "seen", got.seen + SIZE * i, want->seen + SIZE * row[i], SIZE, row[i]);
    }
    cama_dataset_free(part);
}

/* No trivial agreement: different images are said different things of, and views other than none are found for some,
 * contaminated ones among them. */
static void check_variety(const said *all)
{
    int viewed = 0, contaminated = 0;
    for (int i = 0; i < N; i++) {
        viewed += all->mean[VIEW_COUNT * i + VIEW_Y] != 0;
        contaminated += all->mean[VIEW_COUNT * i + VIEW_CONTAMINATION] > 0.05f;
        if (i == 0) continue;
        assert_memory_not_equal(all->p, all->p + 3 * i, 3 * sizeof(float));
        assert_memory_not_equal(all->read, all->read + 3 * i, 3 * sizeof(float));
        assert_memory_not_equal(all->seen, all->seen + SIZE * i, SIZE * sizeof(float));
    }
    if (viewed < N / 4 || contaminated < N / 10) fail_msg("%d images viewed, %d contaminated", viewed, contaminated);
}

static void test_alone_and_among_others(void **state)
{
    (void)state;
    static said all;
    static const int64_t sizes[] = {1, 2, 17, 33, 145};
    int64_t row[N];
    setting t = prepare();
    t.session = small_session(2, 0);
    say(&t, t.test, "", &all);
    check_variety(&all);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (int64_t i = 0; i < sizes[s]; i++) row[i] = (i * 37 + 5 * (int64_t)s) % N;
        check_chosen(&t, &all, row, sizes[s], "a selection");
    }
    for (int64_t i = 0; i < N; i++) row[i] = N - 1 - i;
    check_chosen(&t, &all, row, N, " batch=7");
    for (int64_t i = 0; i < N; i++) row[i] = 77;
    check_chosen(&t, &all, row, N, "all the same");
    cama_session_free(t.session);
    finish(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads_and_tiles), cmocka_unit_test(test_memory_limit),
                                       cmocka_unit_test(test_alone_and_among_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
