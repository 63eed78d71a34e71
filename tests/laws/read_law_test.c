/* read_law_test - what a reader makes of a table with the manipulation undone: it reads the counterfactual of each row
 * under do(m=0), both opinions are pooled, and the reader counts less where the model does not explain a row; nothing
 * depends on threads, tiles, labels or the other rows; and a verb that does not finish leaves its output untouched. */
#include "small_views.h"

enum { N = 300 /* several batches of the encoder */, C = 4, D = 8 };

typedef struct {
    cama_session *session;
    cama_model *model, *reader;
    cama_dataset *data;
} setting;

static setting prepare(cama__spec spec)
{
    const cama__spec discriminative = small_baseline();
    setting t = {.session = small_session(2, 0),
                 .model = spec.m > 0 ? small_trained(spec, 6) : small_model(spec, 6),
                 .reader = small_model(discriminative, 7),
                 .data = small_data(&spec, N, 43)};
    small_fill_zeros(t.model);
    return t;
}

static void finish(setting *t)
{
    cama_dataset_free(t->data);
    cama_model_free(t->model), cama_model_free(t->reader);
    cama_session_free(t->session);
}

/* ---- What is read, and how both are pooled ----------------------------------------------------------------------- */

/* The log-odds of two classes are pooled linearly: the reader's share of a row is the same from all
 * pairs of classes. */
static double share_of(const float *pooled, const float *model, const float *reader)
{
    double w = NAN;
    for (int c = 1; c < C; c++) {
        const double of_model = log((double)model[c] / (double)model[0]),
                     of_reader = log((double)reader[c] / (double)reader[0]),
                     of_both = log((double)pooled[c] / (double)pooled[0]);
        if (fabs(of_reader - of_model) < 0.05 || pooled[c] < 1e-6f || model[c] < 1e-6f) continue;
        const double mine = (of_both - of_model) / (of_reader - of_model);
        if (isnan(w)) w = mine;
        if (fabs(mine - w) > 1e-3) fail_msg("classes 0 and %d are pooled with %.4f, others with %.4f", c, mine, w);
    }
    return w;
}

/* Rows whose numbers are those of the counterfactual under do(m=0), with the model's classes, where they have a reading
 * to undo; all else as it was. */
static cama_dataset *undone(const setting *t, const float *p)
{
    cama_options *o = small_options(VERB_COUNTERFACTUAL, "");
    cama_dataset *labelled = NULL, *made = NULL;
    int64_t row[N];
    int32_t y[N];
    float *x = small_floats(N * D), *zero = small_floats((int64_t)N * t->model->spec.m);
    for (int i = 0; i < N; i++) {
        row[i] = i, y[i] = 0;
        for (int c = 1; c < C; c++)
            if (p[i * C + c] > p[i * C + y[i]]) y[i] = c;
    }
    memset(zero, 0, (size_t)((int64_t)N * t->model->spec.m) * sizeof *zero);
    labelled = small_chosen(t->data, row, N, y);
    OK(cama_counterfactual(t->session, t->model, labelled, NULL, NULL, zero, o, x));
    for (int i = 0; i < N * D; i++)
        if (!t->model->reads[i % D] && !isnan(t->data->x[i])) x[i] = t->data->x[i];
    OK(cama__dataset_with(t->data, NULL, NULL, &made));
    /* no table has expectations of missing binary numbers */
    memcpy((float *)(uintptr_t)made->x, x, N * D * sizeof *x);
    free(x), free(zero);
    cama_options_free(o);
    cama_dataset_free(labelled);
    return made;
}

/* Shares of all rows; of those that tell it, more than `least` must. */
static void shares_of(const setting *t, const char *options, const cama_dataset *read_as, double *share)
{
    static float pooled[N * C], model[N * C], reader[N * C];
    char text[96];
    OK(small_read(t->session, t->model, t->reader, t->data, options, pooled));
    snprintf(text, sizeof text, "%s reader_weight=0", options);
    OK(small_read(t->session, t->model, t->reader, t->data, text, model));
    OK(cama_predict(t->session, t->reader, read_as, NULL, reader));
    for (int i = 0; i < N; i++) share[i] = share_of(pooled + i * C, model + i * C, reader + i * C);
}

static void check_shares(const double *share, double weight)
{
    int told = 0, lowered = 0;
    for (int i = 0; i < N; i++) {
        if (isnan(share[i])) continue;
        if (share[i] < -1e-3 || share[i] > weight + 1e-3)
            fail_msg("row %d: a share of %.4f of the reader", i, share[i]);
        told++, lowered += share[i] < 0.9 * weight;
    }
    assert_true(told > N / 2);
    assert_true(lowered > 0);
}

/* Every variable but in each third row has gaps, of which x4 (numbers 3 to 5) is missing as a whole. */
static void take_cells(setting *t)
{
    float *x = small_floats(N * D);
    cama_dataset *gaps = NULL;
    cama_options *options = small_options(VERB_COLUMNS, "missing=keep");
    memcpy(x, t->data->x, N * D * sizeof *x);
    for (int i = 0; i < N * D; i++) {
        const int row = i / D, number = i % D, variable = number >= 3 && number <= 5 ? 3 : number;
        if (row % 3 != 0 && (row * 5 + variable * 3) % 7 < 2) x[i] = NAN;
    }
    OK(cama_dataset_from_columns_with(t->data->schema, N, x, t->data->a, t->data->c, t->data->y, 1, options, &gaps));
    cama_options_free(options);
    cama_dataset_free(t->data);
    free(x);
    t->data = gaps;
}

static void check_reading(cama__spec spec, bool gaps)
{
    setting t = prepare(spec);
    if (gaps) take_cells(&t);
    static float p[N * C];
    static double share[N];
    OK(small_predict(t.session, t.model, t.data, "samples=3", p));
    cama_dataset *seen = spec.m > 0 ? undone(&t, p) : NULL;
    shares_of(&t, "samples=3 reader_weight=0.8", seen != NULL ? seen : t.data, share);
    check_shares(share, 0.8);
    if (seen != NULL) assert_memory_not_equal(seen->x, t.data->x, N * D * sizeof(float));
    cama_dataset_free(seen);
    finish(&t);
}

static void test_the_counterfactual_is_read(void **state)
{
    (void)state;
    check_reading(small_table(), false);
    check_reading(small_table_merge(), false);
    check_reading(small_without_m(small_table()), false);
}

/* What is missing is read as the model expects it, in the counterfactual. */
static void test_missing_cells(void **state)
{
    (void)state;
    check_reading(small_table(), true);
    check_reading(small_table_merge(), true);
}

static void test_missing_cells_under_do_m_zero(void **state)
{
    (void)state;
    setting t = prepare(small_table());
    take_cells(&t);
    static float p[N * C];
    OK(small_read(t.session, t.model, t.reader, t.data, "m=zero samples=3", p));
    for (int i = 0; i < N * C; i++) assert_true(p[i] >= 0 && p[i] <= 1);
    finish(&t);
}

/* Under do(m=0) rows are read as they are; unset, the weight is one half. */
static void test_do_m_zero(void **state)
{
    (void)state;
    setting t = prepare(small_table());
    static double share[N];
    static float unset[N * C], half[N * C];
    shares_of(&t, "m=zero samples=3 reader_weight=1", t.data, share);
    check_shares(share, 1);
    OK(small_read(t.session, t.model, t.reader, t.data, "", unset));
    OK(small_read(t.session, t.model, t.reader, t.data, "reader_weight=0.5", half));
    assert_memory_equal(unset, half, sizeof half);
    finish(&t);
}

/* The further a row is from all that the model knows, the less the reader counts. */
static void test_a_row_that_is_not_explained(void **state)
{
    (void)state;
    setting t = prepare(small_table());
    static double near[N], far[N];
    float *x = small_floats(N * D);
    cama_dataset *kept = t.data, *moved = NULL;
    for (int i = 0; i < N * D; i++) x[i] = t.data->x[i] * (t.model->reads[i % D] ? 20 : 1);
    OK(cama__dataset_with(t.data, x, NULL, &moved));
    shares_of(&t, "m=zero samples=3 reader_weight=1", kept, near);
    t.data = moved;
    shares_of(&t, "m=zero samples=3 reader_weight=1", moved, far);
    t.data = kept;
    double sum[2] = {0};
    for (int i = 0; i < N; i++) {
        sum[0] += isnan(near[i]) ? 0 : near[i];
        sum[1] += isnan(far[i]) ? 0 : far[i];
    }
    if (!(sum[1] < sum[0] / 5)) fail_msg("shares of %.3f, and of rows 20 times as far %.3f", sum[0] / N, sum[1] / N);
    free(x);
    cama_dataset_free(moved);
    finish(&t);
}

/* ---- What it does not depend on ---------------------------------------------------------------------------------- */

static const char of_laws[] = "samples=3 m_samples=2 seed=7 reader_weight=0.6";

static void test_threads_and_tiles(void **state)
{
    (void)state;
    static const struct {
        int32_t threads;
        int64_t tile_rows;
    } kinds[] = {{1, 0}, {3, 48}, {4, 1}, {1, 1000}};
    setting t = prepare(small_table());
    static float want[N * C], got[N * C];
    OK(small_read(t.session, t.model, t.reader, t.data, of_laws, want));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        cama_session *s = small_session(kinds[i].threads, kinds[i].tile_rows);
        OK(small_read(s, t.model, t.reader, t.data, of_laws, got));
        assert_memory_equal(got, want, sizeof want);
        cama_session_free(s);
    }
    finish(&t);
}

static void check_rows(const setting *t, const int64_t *row, int64_t n, const float *want)
{
    static float got[N * C];
    cama_dataset *part = small_chosen(t->data, row, n, NULL); /* without labels */
    OK(small_read(t->session, t->model, t->reader, part, of_laws, got));
    for (int64_t i = 0; i < n; i++)
        if (memcmp(got + i * C, want + row[i] * C, C * sizeof *got) != 0)
            fail_msg("row %d is read otherwise at place %d of %d", (int)row[i], (int)i, (int)n);
    cama_dataset_free(part);
}

static void test_a_row_alone_and_among_others(void **state)
{
    (void)state;
    static const int64_t sizes[] = {1, 7, 20, 143, 145};
    setting t = prepare(small_table());
    static float want[N * C];
    int64_t row[N];
    OK(small_read(t.session, t.model, t.reader, t.data, of_laws, want));
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int64_t first = 0; first + sizes[s] <= N; first += 61) {
            for (int64_t i = 0; i < sizes[s]; i++) row[i] = first + i;
            check_rows(&t, row, sizes[s], want);
        }
    for (int64_t i = 0; i < N; i++) row[i] = i * 7 % N; /* 7 and N have no common factor */
    check_rows(&t, row, N, want);
    finish(&t);
}

/* ---- A verb that does not finish --------------------------------------------------------------------------------- */

typedef struct {
    int32_t calls; /* to go until the one that cancels */
    int64_t step;
} stopper;

static int32_t stop(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    stopper *s = user;
    (void)objective;
    assert_string_equal(phase, "predict");
    assert_true(step >= s->step && step <= total && seconds >= 0); /* it never goes back */
    assert_true(s->calls > 0);
    s->step = step;
    return --s->calls == 0;
}

static void test_cancel(void **state)
{
    (void)state;
    setting t = prepare(small_table());
    static float p[N * C];
    stopper s = {.calls = 1};
    p[0] = 7;
    OK(cama_session_set_progress(t.session, stop, &s));
    FAILS(CAMA_E_CANCELLED, small_read(t.session, t.model, t.reader, t.data, of_laws, p));
    assert_true(p[0] == 7 && s.calls == 0);
    OK(cama_session_set_progress(t.session, NULL, NULL));
    OK(small_read(t.session, t.model, t.reader, t.data, of_laws, p));
    s = (stopper){.calls = 1000};
    OK(cama_session_set_progress(t.session, stop, &s));
    OK(small_read(t.session, t.model, t.reader, t.data, of_laws, p));
    assert_int_equal(s.step, N);
    finish(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_counterfactual_is_read), cmocka_unit_test(test_do_m_zero),
        cmocka_unit_test(test_missing_cells), cmocka_unit_test(test_missing_cells_under_do_m_zero),
        cmocka_unit_test(test_a_row_that_is_not_explained), cmocka_unit_test(test_threads_and_tiles),
        cmocka_unit_test(test_a_row_alone_and_among_others), cmocka_unit_test(test_cancel)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
