/* api_read_test - tables and their reader seen from outside, on real rows: what is refused, that a logistic
 * regression beside the causal model helps it on undisturbed rows, and that it reads a disturbed sensor with the
 * disturbance undone.
 *
 * Accuracies are of N = 400 rows, with a standard error of .018. Measured: .873 by the model, .873 by the reader and
 * .877 by both on undisturbed rows; on a sensor that reads a third, .365 by the reader of x as it is, .838 by the
 * adapted model, .818 by the reader with the gain undone and .828 by both. */
#include "api_chamber.h"

enum { TRAIN = 3000, SENSOR = 1 /* ir_1 */ };
static const double worse_at_most = 0.02 /* a standard error */, gain_least = 0.2 /* half of what was measured */;

static cama_session *session;
static cama_dataset *training;
static cama_model *model, *reader;

static cama_model *make(const char *preset)
{
    cama_model *made = NULL;
    OK(cama_model_create_for(preset, chamber_schema, NULL, &made));
    return made;
}

static void train(cama_model *of)
{
    cama_optimizer *optimizer;
    OK(cama_optimizer_create(of, NULL, &optimizer));
    OK(cama_train(session, optimizer, training, NULL, NULL, NULL));
    cama_optimizer_free(optimizer);
}

static int begin(void **state)
{
    (void)state;
    if (chamber_begin("api_read_test") != 0) return -1;
    OK(cama_session_create(NULL, &session));
    OK(cama_dataset_slice(chamber_reference, 0, TRAIN, &training));
    model = make("measurement-sensors");
    reader = make("measurement-logistic");
    train(model);
    train(reader);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama_model_free(model), cama_model_free(reader);
    cama_dataset_free(training);
    cama_session_free(session);
    return chamber_end();
}

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

static void refuse(const cama_model *of, const cama_model *by, const char *words)
{
    static float p[N * C];
    p[0] = 7;
    REFUSED(CAMA_E_ARGUMENT, words, cama_predict_read(session, of, by, chamber_test, NULL, p));
    assert_true(p[0] == 7);
}

static void test_refusals(void **state)
{
    (void)state;
    cama_options *sizes = chamber_options("model", "channels=7;classes=4");
    cama_schema *other = chamber_read_schema("children=" CHILDREN ";co_parents=" CO_PARENTS "osr_c;constants=keep");
    cama_model *bare, *stranger;
    OK(cama_model_create("measurement-logistic", sizes, &bare));
    OK(cama_model_create_for("measurement-logistic", other, NULL, &stranger));
    refuse(reader, reader, "expected a generative model of vectors or a table");
    refuse(model, model, "reader: expected a discriminative model, got \"measurement-sensors\"");
    refuse(model, bare, "reader: expected 0 numbers of parents and 10 of co-parents as the model's, got 0 and 0");
    refuse(model, stranger, "reader: expected variable \"l_32\", got \"osr_c\"");
    cama_model_free(bare), cama_model_free(stranger);
    cama_schema_free(other);
    cama_options_free(sizes);
}

/* ---- What it is good for ----------------------------------------------------------------------------------------- */

static double right_of(const float *p)
{
    int32_t right = 0;
    for (int i = 0; i < N; i++) {
        int32_t best = 0;
        for (int32_t k = 1; k < C; k++)
            if (p[i * C + k] > p[i * C + best]) best = k;
        right += best == chamber_y[i];
    }
    return (double)right / N;
}

static double alone(const cama_model *of, const cama_dataset *rows)
{
    static float p[N * C];
    OK(cama_predict(session, of, rows, NULL, p));
    return right_of(p);
}

static double read_by(const cama_model *of, const cama_dataset *rows, double weight)
{
    static float p[N * C];
    cama_options *how = chamber_options("predict", "seed=0");
    OK(cama_options_set_real(how, "reader_weight", weight));
    OK(cama_predict_read(session, of, reader, rows, how, p));
    cama_options_free(how);
    return right_of(p);
}

static void test_undisturbed_rows(void **state)
{
    (void)state;
    const double by_model = alone(model, chamber_test), by_both = read_by(model, chamber_test, 0.5);
    print_message("undisturbed: model %.3f, reader %.3f, both %.3f\n", by_model, alone(reader, chamber_test), by_both);
    if (by_both < by_model - worse_at_most) fail_msg("%.3f by the model, %.3f with its reader", by_model, by_both);
}

/* A third of what the sensor read; the model adapts to such rows without their labels. */
static void test_a_sensor_is_read_with_its_gain_undone(void **state)
{
    (void)state;
    static const float column[] = {SENSOR};
    cama_options *how = chamber_options("manipulate", "kind=scale");
    cama_dataset *unlabelled, *before, *disturbed, *rows;
    cama_model *adapted;
    OK(cama_options_set_real(how, "amount", -2.0 / 3));
    OK(cama_options_set_vector(how, "columns", column, 1));
    OK(cama_dataset_slice(chamber_reference, TRAIN, 500, &before));
    OK(cama_dataset_manipulate(before, how, &disturbed));
    OK(cama_dataset_without_labels(disturbed, &unlabelled));
    OK(cama_dataset_manipulate(chamber_test, how, &rows));
    OK(cama_finetune(session, model, training, unlabelled, NULL, &adapted, NULL));
    const double as_it_is = alone(reader, rows), by_model = alone(adapted, rows), by_both = read_by(adapted, rows, 0.5),
                 by_reader = read_by(adapted, rows, 1);
    print_message("disturbed: reader of x as it is %.3f, adapted %.3f, both %.3f, reader %.3f\n", as_it_is, by_model,
                  by_both, by_reader);
    if (by_reader < as_it_is + gain_least) fail_msg("%.3f as it is, %.3f with the gain undone", as_it_is, by_reader);
    if (by_both < by_model - worse_at_most) fail_msg("%.3f by the model, %.3f with its reader", by_model, by_both);
    cama_model_free(adapted);
    cama_dataset_free(before), cama_dataset_free(disturbed), cama_dataset_free(unlabelled), cama_dataset_free(rows);
    cama_options_free(how);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_refusals), cmocka_unit_test(test_undisturbed_rows),
                                       cmocka_unit_test(test_a_sensor_is_read_with_its_gain_undone)};
    return cmocka_run_group_tests(tests, begin, end);
}
