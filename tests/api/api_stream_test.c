/* api_stream_test - a stream over the rows of a real machine, whose manipulation changes: two interventions of the
 * causal chamber and none, each for two batches. A change is told where the model explains the new rows worse than
 * its source, and no batch is predicted worse than by the source, but for chance: two standard errors of a share of
 * EACH. */
#include <math.h>

#include "api_chamber.h"
#include "api_refused.h"

enum { TRAIN = 3000, EACH = 200, BATCHES = 6 };

static cama_session *session;
static cama_model *source;
static cama_dataset *training, *batch[BATCHES];

static double right(const float *p, const cama_dataset *rows)
{
    static int32_t y[EACH];
    int count = 0;
    OK(cama_dataset_read(rows, 0, EACH, NULL, y));
    for (int i = 0; i < EACH; i++) {
        int top = 0;
        for (int c = 1; c < C; c++)
            if (p[i * C + c] > p[i * C + top]) top = c;
        count += top == y[i];
    }
    return (double)count / EACH;
}

static double told(const cama_report *report, const char *key)
{
    double value = NAN;
    OK(cama_report_get(report, key, 0, &value));
    return value;
}

static void test_interventions_come_and_go(void **state)
{
    (void)state;
    static float p[EACH * C], q[EACH * C];
    cama_stream *stream = NULL;
    cama_model *last = NULL;
    cama_options *how = chamber_options("finetune", "steps=150;check_every=0");
    OK(cama_stream_create(source, training, NULL, how, &stream));
    for (int i = 0; i < BATCHES; i++) {
        cama_report *report = NULL;
        OK(cama_stream_step(session, stream, batch[i], NULL, p, &report));
        OK(cama_predict(session, source, batch[i], NULL, q));
        if (getenv("CAMA_STREAM_TABLE") != NULL)
            printf("%d: restart %g, ELBO(x) %.2f source, %.2f kept, accuracy %.3f, source %.3f\n", i,
                   told(report, "restart"), told(report, "objective_source"), told(report, "objective_kept"),
                   right(p, batch[i]), right(q, batch[i]));
        assert_true(told(report, "restart") == (i == 2 || i == 4));
        assert_true(told(report, "batches") == 1 + i % 2);
        assert_true(right(p, batch[i]) >= right(q, batch[i]) - 2 * 0.5 / sqrt(EACH));
        if (i < 2) assert_true(right(p, batch[i]) > right(q, batch[i]) + 0.1);
        cama_report_free(report);
    }
    OK(cama_stream_model(stream, &last));
    OK(cama_predict(session, last, batch[BATCHES - 1], NULL, q));
    assert_memory_equal(p, q, sizeof p);
    cama_model_free(last);
    cama_options_free(how);
    cama_stream_free(stream);
}

static int begin(void **state)
{
    (void)state;
    static const char *const files[] = {FOLDER "uniform_t_ir_1_strong.csv.gz", FOLDER "uniform_pol_1_strong.csv.gz"};
    if (chamber_begin("api_stream_test") != 0) return -1;
    OK(cama_session_create(NULL, &session));
    OK(cama_dataset_slice(chamber_reference, 0, TRAIN, &training));
    for (int i = 0; i < 2; i++) {
        cama_dataset *rows = chamber_read_rows(files[i], chamber_schema, "labels=require");
        for (int k = 0; k < 2; k++) OK(cama_dataset_slice(rows, k * EACH, EACH, &batch[2 * i + k]));
        cama_dataset_free(rows);
        OK(cama_dataset_slice(chamber_reference, TRAIN + i * EACH, EACH, &batch[4 + i]));
    }
    cama_options *seed = chamber_options("model", "seed=1");
    OK(cama_model_create_for("measurement-sensors", chamber_schema, seed, &source));
    OK(cama_model_set_prior(source, training));
    cama_optimizer *optimizer = NULL;
    OK(cama_optimizer_create(source, NULL, &optimizer));
    OK(cama_train(session, optimizer, training, NULL, NULL, NULL));
    cama_optimizer_free(optimizer);
    cama_options_free(seed);
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i < BATCHES; i++) cama_dataset_free(batch[i]);
    cama_model_free(source);
    cama_dataset_free(training);
    cama_session_free(session);
    return chamber_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_interventions_come_and_go)};
    return cmocka_run_group_tests(tests, begin, end);
}
