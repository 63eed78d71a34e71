/* api_roles_test - age causes the disease and its marker: age -> disease, age -> marker, disease -> marker, diet ->
 * marker, disease -> bp. What p(y|a) p(x|y,c) must give is known in closed form: the accuracy that is possible, the
 * marker under do(disease), the marker of a row had its age been another. Without age, do(disease) has no answer. */
#include "api_process.h"
#include "api_refused.h"

enum { TRAIN = 2000, TEST = 1000, D = 2, C = 2, MARKER = 0, DIET = 0, AGE = 1, P = 2 };

static const double EFFECT = 1.5, OF_AGE = -2.5, OF_DIET = 0.5, OF_BP = 0.4, MARKER_NOISE = 0.5, SLOPE = 1.2;

static char table[600], graph[600], file[600];
static float test_a[TEST], test_c[TEST * P], test_x[TEST * D];
static int32_t test_y[TEST];
static cama_session *session;
static cama_schema *schema, *without_age;
static cama_dataset *training, *test;
static cama_model *model, *confounded;

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static void write_rows(void)
{
    uint64_t state = 2020;
    FILE *out = fopen(table, "w");
    assert_non_null(out);
    fputs("diet,disease,age,marker,bp\n", out);
    for (int i = 0; i < TRAIN + TEST; i++) {
        const double age = process_normal(&state), diet = process_normal(&state);
        const int ill = process_normal(&state) + SLOPE * age > 0;
        const double marker = EFFECT * ill + OF_AGE * age + OF_DIET * diet + MARKER_NOISE * process_normal(&state);
        fprintf(out, "%.4f,%d,%.4f,%.4f,%.4f\n", diet, ill, age, marker, OF_BP * ill + process_normal(&state));
    }
    assert_int_equal(fclose(out), 0);
    out = fopen(graph, "w");
    assert_non_null(out);
    fputs("source,target\nage,disease\nage,marker\ndisease,marker\ndisease,bp\ndiet,marker\n", out);
    assert_int_equal(fclose(out), 0);
}

/* ---- Models ------------------------------------------------------------------------------------------------------ */

static int begin(void **state)
{
    (void)state;
    cama_dataset *all = NULL;
    if (api_make_directory("api_roles_test") != 0) return -1;
    snprintf(table, sizeof table, "%s/table.csv", api_directory);
    snprintf(graph, sizeof graph, "%s/graph.csv", api_directory);
    snprintf(file, sizeof file, "%s/model", api_directory);
    write_rows();
    OK(cama_session_create(NULL, &session));
    schema = process_schema(table, "disease", (const char *const[]){"dag", graph, NULL});
    without_age = process_schema(table, "disease", (const char *const[]){"dag", graph, "ignore", "age", NULL});
    OK(cama_dataset_from_csv(table, schema, NULL, &all));
    OK(cama_dataset_slice(all, 0, TRAIN, &training));
    OK(cama_dataset_slice(all, TRAIN, TEST, &test));
    cama_dataset_free(all);
    OK(cama_dataset_read(test, 0, TEST, test_x, test_y));
    OK(cama_dataset_read_causes(test, 0, TEST, test_a, test_c));
    model = process_train(session, table, schema, TRAIN);
    confounded = process_train(session, table, without_age, TRAIN);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama_model_free(confounded);
    cama_model_free(model);
    cama_dataset_free(test);
    cama_dataset_free(training);
    cama_schema_free(without_age);
    cama_schema_free(schema);
    cama_session_free(session);
    unlink(table);
    unlink(graph);
    unlink(file);
    return rmdir(api_directory);
}

/* ---- What roles there are ---------------------------------------------------------------------------------------- */

static void test_one_variable_in_two_roles(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int32_t role, first;
    } wanted[] = {{"diet", CAMA_ROLE_CO_PARENT, DIET},
                  {"age", CAMA_ROLE_PARENT, 0},
                  {"age", CAMA_ROLE_CO_PARENT, AGE},
                  {"marker", CAMA_ROLE_CHILD, MARKER},
                  {"bp", CAMA_ROLE_CHILD, 1}};
    static const char *const lists[] = {"parents", "age", "co_parents", "diet,age", "children", "marker,bp", NULL};
    cama_schema *named = process_schema(table, "disease", lists), *made = NULL;
    OK(cama_schema_create("disease", C, NULL, &made));
    for (int i = 0; i < 5; i++)
        OK(cama_schema_add(made, wanted[i].name, wanted[i].role, CAMA_KIND_CONTINUOUS, 0, NULL));
    const cama_schema *const all[] = {schema, named, made, cama_model_schema(model)};
    for (int k = 0; k < 4; k++) {
        int32_t count, a, c, found = 0;
        OK(cama_schema_sizes(all[k], &count, NULL, &a, &c, NULL));
        assert_true(count == 5 && a == 1 && c == P);
        for (int32_t i = 0; i < count; i++) {
            const char *name;
            int32_t role, first;
            OK(cama_schema_variable(all[k], i, &name, &role, NULL, NULL, &first));
            for (int w = 0; w < 5; w++)
                found += strcmp(name, wanted[w].name) == 0 && role == wanted[w].role && first == wanted[w].first;
        }
        assert_int_equal(found, 5);
    }
    cama_schema_free(made);
    cama_schema_free(named);
    for (int i = 0; i < TEST; i++) assert_true(test_a[i] == test_c[i * P + AGE]);
    float other_c[TEST * P];
    cama_dataset *refused = MARKED(cama_dataset);
    memcpy(other_c, test_c, sizeof other_c);
    other_c[7 * P + AGE] += 1;
    REFUSED(CAMA_E_DATA, "row 7, variable \"age\"",
            cama_dataset_from_columns(schema, TEST, test_x, test_a, other_c, test_y, 0, &refused));
    assert_ptr_equal(refused, MARKED(cama_dataset));
}

/* ---- Prediction -------------------------------------------------------------------------------------------------- */

/* log p(disease = 1|all) - log p(disease = 0|all) */
static double log_odds(int row)
{
    const double age = test_a[row], rest = test_x[row * D + MARKER] - OF_AGE * age - OF_DIET * test_c[row * P + DIET];
    const double bp = test_x[row * D + 1], prior = 0.5 * erfc(-SLOPE * age / sqrt(2));
    const double of_marker = (rest * rest - (rest - EFFECT) * (rest - EFFECT)) / (2 * MARKER_NOISE * MARKER_NOISE);
    return log(prior / (1 - prior)) + of_marker + (bp * bp - (bp - OF_BP) * (bp - OF_BP)) / 2;
}

static double accuracy(const cama_model *of)
{
    static float p[TEST * C];
    int right = 0;
    OK(cama_predict(session, of, test, NULL, p));
    for (int i = 0; i < TEST; i++) right += (p[i * C + 1] > p[i * C]) == test_y[i];
    return right / (double)TEST;
}

/* Two classifiers that are right with a probability of .95 and mostly agree differ by some .01 on 1,000 rows; a model
 * whose markers do not know of age has .72. */
static void test_accuracy_is_what_is_possible(void **state)
{
    (void)state;
    int right = 0;
    for (int i = 0; i < TEST; i++) right += (log_odds(i) > 0) == test_y[i];
    const double possible = right / (double)TEST, got = accuracy(model);
    print_message("accuracy %.3f, possible %.3f\n", got, possible);
    assert_true(possible > 0.93);
    assert_true(got > possible - 0.03);
}

/* ---- do() -------------------------------------------------------------------------------------------------------- */

static cama_options *options(const char *verb, const char *key, const char *word)
{
    cama_options *made = NULL;
    OK(cama_options_create(verb, &made));
    OK(cama_options_set_text(made, key, word));
    return made;
}

/* Mean marker under do(disease = 1) less that under do(disease = 0), over c as it is. */
static double effect(const cama_model *of, const float *c, const cama_options *how)
{
    static float x[TEST * D];
    double sum[C] = {0};
    for (int k = 0; k < C; k++) {
        int32_t y[TEST];
        for (int i = 0; i < TEST; i++) y[i] = k;
        OK(cama_generate(session, of, TEST, y, c, NULL, NULL, how, x));
        for (int i = 0; i < TEST; i++) sum[k] += x[i * D + MARKER] / TEST;
    }
    return sum[1] - sum[0];
}

/* Standard error of a difference in TRAIN rows: MARKER_NOISE * 2 / sqrt(TRAIN) = .02, were the model linear; a dozen of
 * them. Of those who are ill more are old, who have low markers: -1.9 without knowing of age. */
static const double NEAR = 0.25;

static void test_do_has_the_right_sign(void **state)
{
    (void)state;
    const double got = effect(model, test_c, NULL);
    print_message("do(disease): %.2f, true %.2f\n", got, EFFECT);
    assert_near(got, EFFECT, NEAR);
}

/* Had age been higher by 1 and the disease the same: the marker's own mechanism, and nothing through the disease. */
static void test_counterfactual_changes_the_markers_mechanism_alone(void **state)
{
    (void)state;
    static float c[TEST * P], x[TEST * D];
    double sum = 0;
    int count = 0;
    memcpy(c, test_c, sizeof c);
    for (int i = 0; i < TEST; i++) c[i * P + AGE] += 1;
    OK(cama_counterfactual(session, model, test, NULL, c, NULL, NULL, x));
    for (int i = 0; i < TEST; i++) {
        if (fabsf(test_a[i]) > 1) continue; /* where there is data before and after */
        sum += x[i * D + MARKER] - test_x[i * D + MARKER];
        count++;
    }
    print_message("do(age + 1) under the same disease: %.2f, true %.2f\n", sum / count, OF_AGE);
    assert_near(sum / count, OF_AGE, NEAR);
}

static void assert_refuses(const cama_model *of)
{
    float x[TEST * D] = {7};
    static float c[TEST], diet[TEST];
    cama_dataset *rows = NULL, *whole = NULL;
    OK(cama_dataset_from_csv(table, without_age, NULL, &whole));
    OK(cama_dataset_slice(whole, TRAIN, TEST, &rows));
    for (int i = 0; i < TEST; i++) diet[i] = test_c[i * P + DIET], c[i] = diet[i] + 1;
    REFUSED(CAMA_E_ARGUMENT, "do(disease): by the graph \"age\", which was left out, confounds it",
            cama_generate(session, of, TEST, test_y, c, NULL, NULL, NULL, x));
    REFUSED(CAMA_E_ARGUMENT, "do(disease)", cama_counterfactual(session, of, rows, test_y, NULL, NULL, NULL, x));
    assert_true(x[0] == 7);
    OK(cama_counterfactual(session, of, rows, NULL, c, NULL, NULL, x)); /* of diet nothing was left out */
    cama_options *how = options("generate", "unidentified", "answer");
    const double got = effect(of, diet, how);
    print_message("p(marker|disease) without age: %.2f\n", got);
    assert_true(got < 0);
    cama_options_free(how);
    how = options("counterfactual", "unidentified", "answer");
    OK(cama_counterfactual(session, of, rows, test_y, NULL, NULL, how, x));
    cama_options_free(how);
    cama_dataset_free(rows);
    cama_dataset_free(whole);
}

static void test_do_is_refused_without_age(void **state)
{
    (void)state;
    cama_model *loaded = NULL;
    assert_refuses(confounded);
    OK(cama_model_save(confounded, file));
    OK(cama_model_load(file, &loaded));
    assert_refuses(loaded);
    cama_model_free(loaded);
}

static void test_what_can_be_asked(void **state)
{
    (void)state;
    static const struct {
        const char *name, *words;
    } refused[] = {{"marker", "a child"}, {"sex", "no variable of that name"}};
    const char *confounder = "as before";
    for (int i = 0; i < 2; i++)
        REFUSED(CAMA_E_ARGUMENT, refused[i].words, cama_schema_confounder(schema, refused[i].name, &confounder));
    REFUSED(CAMA_E_ARGUMENT, "NULL", cama_schema_confounder(schema, NULL, &confounder));
    assert_string_equal(confounder, "as before");
    OK(cama_schema_confounder(without_age, "disease", &confounder));
    assert_string_equal(confounder, "age");
    OK(cama_schema_confounder(without_age, "diet", &confounder));
    assert_null(confounder);
    for (int i = 0; i < 3; i++) {
        confounder = "as before";
        OK(cama_schema_confounder(schema, ((const char *[]){"disease", "age", "diet"})[i], &confounder));
        assert_null(confounder);
    }
    const char *const parent_alone[] = {"parents", "age", "children", "marker", NULL};
    cama_schema *named = process_schema(table, "disease", parent_alone);
    REFUSED(CAMA_E_ARGUMENT, "a parent alone", cama_schema_confounder(named, "age", &confounder));
    cama_schema_free(named);
}

/* ---- The same, from a file, under attack ------------------------------------------------------------------------- */

static void test_a_file_keeps_both_roles(void **state)
{
    (void)state;
    static float before[TEST * C], after[TEST * C];
    cama_model *loaded = NULL;
    OK(cama_model_save(model, file));
    OK(cama_model_load(file, &loaded));
    OK(cama_predict(session, model, test, NULL, before));
    OK(cama_predict(session, loaded, test, NULL, after));
    assert_memory_equal(before, after, sizeof before);
    cama_model_free(loaded);
}

/* Parents are never attacked, and age is one. */
static void test_an_attack_leaves_age(void **state)
{
    (void)state;
    enum { FEW = 50 };
    static const float both[] = {1, 1};
    float a[FEW], c[FEW * P];
    cama_dataset *few = NULL, *attacked = NULL;
    cama_options *how = options("attack", "of", "c");
    OK(cama_options_set_real(how, "eps", 0.5));
    OK(cama_dataset_slice(test, 0, FEW, &few));
    OK(cama_attack(session, model, few, how, &attacked));
    OK(cama_dataset_read_causes(attacked, 0, FEW, a, c));
    int moved = 0;
    for (int i = 0; i < FEW; i++) {
        assert_true(a[i] == test_a[i] && c[i * P + AGE] == test_a[i]);
        moved += c[i * P + DIET] != test_c[i * P + DIET];
    }
    assert_true(moved > FEW / 2);
    cama_dataset_free(attacked);
    OK(cama_options_set_vector(how, "mask", both, 2));
    REFUSED(CAMA_E_OPTION, "also a parent, got a 1 for \"age\"", cama_attack(session, model, few, how, &attacked));
    cama_dataset_free(few);
    cama_options_free(how);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_variable_in_two_roles),
        cmocka_unit_test(test_accuracy_is_what_is_possible),
        cmocka_unit_test(test_do_has_the_right_sign),
        cmocka_unit_test(test_counterfactual_changes_the_markers_mechanism_alone),
        cmocka_unit_test(test_do_is_refused_without_age),
        cmocka_unit_test(test_what_can_be_asked),
        cmocka_unit_test(test_a_file_keeps_both_roles),
        cmocka_unit_test(test_an_attack_leaves_age),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
