/* api_effect_test - y -> load -> fever -> pulse, y -> pulse, room -> pulse: fever causes the pulse and descends from
 * y, so that p(y|a) p(x|y,c) with fever in c is not Bayes' rule. Modelled as a child it is, and the accuracy is what is
 * possible. */
#include "api_process.h"

enum { TRAIN = 3000, TEST = 2000, C = 2 };

/* load = LOAD y + e, fever = FEVER load + .3 e, pulse = PULSE y - fever + .7 room + .8 e */
static const double LOAD = 1.5, FEVER = 1.2, FEVER_NOISE = 0.3, PULSE = 1.5, ROOM = 0.7, PULSE_NOISE = 0.8;

static char table[600], graph[600];
static int best_is_right; /* of the test rows: Bayes' rule with the process itself */

/* log p(load, pulse|y = k, fever, room), without what is the same for each k */
static double log_likelihood(int k, double load, double fever, double pulse, double room)
{
    const double of_load = load - LOAD * k, of_pulse = (pulse - PULSE * k + fever - ROOM * room) / PULSE_NOISE;
    return -0.5 * (of_load * of_load + of_pulse * of_pulse);
}

static void write_rows(void)
{
    uint64_t state = 7;
    FILE *out = fopen(table, "w");
    assert_non_null(out);
    fputs("y,room,load,fever,pulse\n", out);
    for (int i = 0; i < TRAIN + TEST; i++) {
        const int y = process_normal(&state) > 0;
        const double room = process_normal(&state), load = LOAD * y + process_normal(&state);
        const double fever = FEVER * load + FEVER_NOISE * process_normal(&state);
        const double pulse = PULSE * y - fever + ROOM * room + PULSE_NOISE * process_normal(&state);
        fprintf(out, "%d,%.4f,%.4f,%.4f,%.4f\n", y, room, load, fever, pulse);
        const int best = log_likelihood(1, load, fever, pulse, room) > log_likelihood(0, load, fever, pulse, room);
        best_is_right += i >= TRAIN && best == y;
    }
    assert_int_equal(fclose(out), 0);
    out = fopen(graph, "w");
    assert_non_null(out);
    fputs("source,target\ny,load\nload,fever\nfever,pulse\ny,pulse\nroom,pulse\n", out);
    assert_int_equal(fclose(out), 0);
}

static int begin(void **state)
{
    (void)state;
    if (api_make_directory("api_effect_test") != 0) return -1;
    snprintf(table, sizeof table, "%s/table.csv", api_directory);
    snprintf(graph, sizeof graph, "%s/graph.csv", api_directory);
    write_rows();
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(table);
    unlink(graph);
    return rmdir(api_directory);
}

static double accuracy(cama_session *session, const char *const *settings)
{
    static float p[TEST * C];
    static int32_t y[TEST];
    cama_schema *schema = process_schema(table, "y", settings);
    cama_dataset *all = NULL, *test = NULL;
    cama_model *model = process_train(session, table, schema, TRAIN);
    int right = 0;
    OK(cama_dataset_from_csv(table, schema, NULL, &all));
    OK(cama_dataset_slice(all, TRAIN, TEST, &test));
    OK(cama_dataset_read(test, 0, TEST, NULL, y));
    OK(cama_predict(session, model, test, NULL, p));
    for (int i = 0; i < TEST; i++) right += (p[i * C + 1] > p[i * C]) == y[i];
    cama_dataset_free(test);
    cama_dataset_free(all);
    cama_model_free(model);
    cama_schema_free(schema);
    return right / (double)TEST;
}

/* Three standard errors of the difference of two classifiers that are right with .88 and disagree on one row in twenty:
 * 3 sqrt(.05 / 2000) = .015, and as much for what 3,000 rows teach. */
static const double NEAR = 0.03;

static void test_an_effect_that_causes_a_child(void **state)
{
    (void)state;
    cama_session *session = NULL;
    OK(cama_session_create(NULL, &session));
    const double possible = best_is_right / (double)TEST;
    const double got = accuracy(session, (const char *const[]){"dag", graph, NULL});
    const double in_c =
        accuracy(session, (const char *const[]){"children", "load,pulse", "co_parents", "fever,room", NULL});
    print_message("accuracy %.3f, possible %.3f; with fever in c %.3f\n", got, possible, in_c);
    assert_true(possible > 0.85);
    assert_true(got > possible - NEAR);
    assert_true(in_c < got - NEAR); /* or this test would not tell */
    cama_session_free(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_an_effect_that_causes_a_child)};
    return cmocka_run_group_tests(tests, begin, end);
}
