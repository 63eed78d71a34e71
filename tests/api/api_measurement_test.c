/* api_measurement_test - the life of measurement data seen from outside, on real rows: schema, dataset, model,
 * prediction, file, fine-tuning, x under interventions; and what is refused leaves its outputs as they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cama/cama.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- What every test has ---- */

#define FOLDER "examples/data/chamber/"
#define REFERENCE FOLDER "uniform_reference.csv.gz"
#define DAG FOLDER "dag.csv"
#define CHILDREN "current,ir_1,vis_1,ir_2,vis_2,ir_3,vis_3"
#define CO_PARENTS "green,blue,pol_1,pol_2,l_11,l_12,l_21,l_22,l_31,"

enum { ROWS = 10000, TRAIN = 1500, FIRST_TEST = 8000, N = 400, SENSOR_ROWS = 1000, D = 7, P = 10, C = 4, GREEN = 0 };
enum { VARIABLES = D + P, TEXT_ROOM = 600 };

static const char *const class_names[C] = {"red < 21.5", "21.5 <= red < 43", "43 <= red < 64.5", "red >= 64.5"};

static cama_session *session;
static cama_schema *schema; /* roles by name */
static cama_dataset *reference, *training, *test;
static cama_model *model, *baseline;
static float x[N * D], c[N * P]; /* of test */
static int32_t y[N];
static char directory[512], path[TEXT_ROOM];

static void must(int32_t status)
{
    if (status != CAMA_OK) fail_msg("%s: %s", cama_status_name(status), cama_last_error());
}

static void assert_said(const char *words)
{
    if (strstr(cama_last_error(), words) == NULL) fail_msg("no \"%s\" in: %s", words, cama_last_error());
}

#define REFUSED(code, words, call)                                                                                     \
    do {                                                                                                               \
        assert_int_equal((call), code);                                                                                \
        assert_said(words);                                                                                            \
        assert_null(strchr(cama_last_error(), '\n'));                                                                  \
    } while (0)

/* An output that must not change: a pointer to here. */
static char mark;
#define MARKED(type) ((type *)(void *)&mark)

/* "key=word;key=3": whole numbers are integers, all else is text. */
static cama_options *options(const char *verb, const char *settings)
{
    cama_options *made = NULL;
    char text[TEXT_ROOM], *rest = text;
    must(cama_options_create(verb, &made));
    assert_in_range(snprintf(text, sizeof text, "%s", settings), 1, sizeof text - 1);
    while (rest != NULL) {
        char *key = rest, *value = strchr(key, '='), *end = strchr(key, ';');
        rest = end != NULL ? end + 1 : NULL;
        if (end != NULL) *end = '\0';
        *value++ = '\0';
        const long number = strtol(value, &end, 10);
        must(*end == '\0' ? cama_options_set_int(made, key, number) : cama_options_set_text(made, key, value));
    }
    return made;
}

/* The schema of the reference with the classes of `red`. */
static cama_schema *read_schema(const char *settings)
{
    static const float cuts[] = {21.5f, 43, 64.5f};
    cama_schema *made = NULL;
    cama_options *roles = options("schema", settings);
    must(cama_options_set_text(roles, "target", "red"));
    must(cama_options_set_vector(roles, "cuts", cuts, 3));
    must(cama_schema_from_csv(REFERENCE, roles, &made));
    cama_options_free(roles);
    return made;
}

static cama_dataset *read_rows(const char *file, const cama_schema *of, const char *labels)
{
    cama_dataset *made = NULL;
    cama_options *how = options("csv", labels);
    must(cama_dataset_from_csv(file, of, how, &made));
    cama_options_free(how);
    return made;
}

static cama_model *make(const char *preset, const char *sizes)
{
    cama_model *made = NULL;
    cama_options *how = options("model", sizes);
    must(cama_model_create_for(preset, schema, how, &made));
    cama_options_free(how);
    return made;
}

static void train(cama_model *of)
{
    cama_optimizer *optimizer;
    cama_options *how = options("train", "epochs=20;batch=64;warmup=0;schedule=constant");
    must(cama_options_set_real(how, "kl_warmup", 0));
    must(cama_optimizer_create(of, NULL, &optimizer));
    must(cama_train(session, optimizer, training, NULL, how, NULL));
    cama_optimizer_free(optimizer);
    cama_options_free(how);
}

static int begin(void **state)
{
    (void)state;
    must(cama_session_create(NULL, &session));
    schema = read_schema("children=" CHILDREN ";co_parents=" CO_PARENTS "l_32");
    reference = read_rows(REFERENCE, schema, "labels=require");
    must(cama_dataset_slice(reference, 0, TRAIN, &training));
    must(cama_dataset_slice(reference, FIRST_TEST, N, &test));
    must(cama_dataset_read(test, 0, N, x, y));
    must(cama_dataset_read_causes(test, 0, N, NULL, c));
    model = make("measurement-sensors", "seed=1");
    baseline = make("measurement-dnn", "seed=1");
    must(cama_model_set_prior(model, training));
    train(model);
    train(baseline);
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/api_measurement_test_XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(directory) == NULL) return -1;
    snprintf(path, sizeof path, "%s/file", directory);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama_model_free(baseline);
    cama_model_free(model);
    cama_dataset_free(test);
    cama_dataset_free(training);
    cama_dataset_free(reference);
    cama_schema_free(schema);
    cama_session_free(session);
    unlink(path);
    return rmdir(directory);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* ---- Schemas and datasets ---------------------------------------------------------------------------------------- */

/* "name role kind levels first" of one variable. */
static void describe(const cama_schema *of, int32_t index, char text[TEXT_ROOM])
{
    const char *name;
    int32_t role, kind, levels, first;
    must(cama_schema_variable(of, index, &name, &role, &kind, &levels, &first));
    snprintf(text, TEXT_ROOM, "%s %d %d %d %d", name, (int)role, (int)kind, (int)levels, (int)first);
}

/* The same variables in the same places, in whatever order they are listed; the same target and classes. */
static void assert_same_schema(const cama_schema *one, const cama_schema *two)
{
    int32_t of_one[5], of_two[5];
    const char *left, *right;
    must(cama_schema_sizes(one, &of_one[0], &of_one[1], &of_one[2], &of_one[3], &of_one[4]));
    must(cama_schema_sizes(two, &of_two[0], &of_two[1], &of_two[2], &of_two[3], &of_two[4]));
    assert_memory_equal(of_one, of_two, sizeof of_one);
    must(cama_schema_target(one, &left));
    must(cama_schema_target(two, &right));
    assert_string_equal(left, right);
    for (int32_t i = 0; i < of_one[4]; i++) {
        must(cama_schema_class_name(one, i, &left));
        must(cama_schema_class_name(two, i, &right));
        assert_string_equal(left, right);
    }
    for (int32_t i = 0; i < of_one[0]; i++) {
        char wanted[TEXT_ROOM], got[TEXT_ROOM];
        int found = 0;
        describe(one, i, wanted);
        for (int32_t k = 0; k < of_two[0]; k++) {
            describe(two, k, got);
            found += strcmp(wanted, got) == 0;
        }
        if (found != 1) fail_msg("\"%s\" is in the other schema %d times", wanted, found);
    }
}

static void test_roles_by_name_and_by_graph_are_the_same(void **state)
{
    (void)state;
    static const int32_t wanted[] = {VARIABLES, D, 0, P, C};
    int32_t sizes[5];
    const char *name;
    float of_name[P], of_graph[P];
    must(cama_schema_sizes(schema, &sizes[0], &sizes[1], &sizes[2], &sizes[3], &sizes[4]));
    assert_memory_equal(sizes, wanted, sizeof sizes);
    must(cama_schema_target(schema, &name));
    assert_string_equal(name, "red");
    for (int32_t i = 0; i < C; i++) {
        must(cama_schema_class_name(schema, i, &name));
        assert_string_equal(name, class_names[i]);
    }
    cama_schema *graph = read_schema("dag=" DAG);
    assert_same_schema(schema, graph);
    cama_dataset *rows = read_rows(REFERENCE, graph, "labels=auto");
    assert_same_schema(cama_dataset_schema(rows), schema);
    for (int64_t i = 0; i < ROWS; i += 97) {
        must(cama_dataset_read_causes(reference, i, 1, NULL, of_name));
        must(cama_dataset_read_causes(rows, i, 1, NULL, of_graph));
        assert_memory_equal(of_name, of_graph, sizeof of_name);
    }
    cama_dataset_free(rows);
    cama_schema_free(graph);
}

static void test_a_schema_refuses(void **state)
{
    (void)state;
    const char *name = "mine";
    int32_t role = 7;
    cama_schema *made = MARKED(cama_schema);
    REFUSED(CAMA_E_ARGUMENT, "17 variables, got 17",
            cama_schema_variable(schema, VARIABLES, &name, &role, NULL, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "4 classes, got -1", cama_schema_class_name(schema, -1, &name));
    REFUSED(CAMA_E_ARGUMENT, "levels", cama_schema_level_name(schema, 0, 0, &name)); /* a continuous variable */
    assert_string_equal(name, "mine");
    assert_int_equal(role, 7);
    cama_options *roles = options("schema", "target=red;children=ir_1,ir_9");
    REFUSED(CAMA_E_DATA, "\"ir_9\"", cama_schema_from_csv(REFERENCE, roles, &made));
    REFUSED(CAMA_E_IO, "nowhere.csv", cama_schema_from_csv("nowhere.csv", roles, &made));
    REFUSED(CAMA_E_OPTION, "target", cama_schema_from_csv(REFERENCE, NULL, &made));
    cama_options_free(roles);
    roles = options("schema", "target=red;dag=" DAG ";children=ir_1");
    REFUSED(CAMA_E_OPTION, "dag", cama_schema_from_csv(REFERENCE, roles, &made));
    cama_options_free(roles);
    assert_ptr_equal(made, MARKED(cama_schema));
}

static void test_a_dataset_holds_the_file(void **state)
{
    (void)state;
    static const float first_x[D] = {72, 14377, 3598, 1767, 465, 567, 159};
    static const float first_c[P] = {18, 60, -5.962499618530273f, 2.0250000953674316f, 27, 133, 32, 89, 145, 134};
    static float x_rows[N * D], c_rows[N * P];
    float x_row[D], c_row[P];
    int64_t n;
    int32_t label, shape[5];
    must(cama_dataset_shape(reference, &n, &shape[0], &shape[1], &shape[2], &shape[3], &shape[4]));
    assert_int_equal(n, ROWS);
    assert_memory_equal(shape, ((int32_t[]){1, 1, D, C, 1}), sizeof shape);
    must(cama_dataset_read(reference, 0, 1, x_row, &label));
    must(cama_dataset_read_causes(reference, 0, 1, NULL, c_row));
    assert_int_equal(label, 3); /* red = 72 */
    assert_memory_equal(x_row, first_x, sizeof x_row);
    assert_memory_equal(c_row, first_c, sizeof c_row);
    must(cama_dataset_read(reference, FIRST_TEST, N, x_rows, NULL));
    must(cama_dataset_read_causes(reference, FIRST_TEST, N, NULL, c_rows));
    assert_memory_equal(x_rows, x, sizeof x);
    assert_memory_equal(c_rows, c, sizeof c);
    c_row[0] = 77;
    REFUSED(CAMA_E_ARGUMENT, "a = NULL", cama_dataset_read_causes(reference, 0, 1, x_row, c_row));
    REFUSED(CAMA_E_ARGUMENT, "cama_dataset_read_causes", cama_dataset_read_causes(reference, ROWS, 1, NULL, c_row));
    assert_true(c_row[0] == 77 && x_row[0] == 72);

    cama_dataset *plain = read_rows(REFERENCE, schema, "labels=none");
    REFUSED(CAMA_E_ARGUMENT, "labels", cama_dataset_read(plain, 0, 1, x_row, &label));
    assert_int_equal(label, 3);
    cama_dataset_free(plain);
}

static void test_a_file_that_does_not_fit(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words[2];
    } files[] = {
        {"red," CO_PARENTS "l_32\n1,1,1,1,1,1,1,1,1,1,1\n", {"header", "\"current\""}},
        {"red," CHILDREN "," CO_PARENTS "l_32\n1,1,1,1,1,1,1,1,2,2,2,2,2,2,2,2,2,2\n"
         "1,1,bright,1,1,1,1,1,2,2,2,2,2,2,2,2,2,2\n", {"3", "\"ir_1\""}},
        {"red," CHILDREN "," CO_PARENTS "l_32\n1,1,1,1,1,1,1,1,2,,2,2,2,2,2,2,2,2\n", {"2", "\"blue\""}},
    };
    cama_dataset *made = MARKED(cama_dataset);
    for (int i = 0; i < 3; i++) {
        write_file(files[i].text);
        REFUSED(CAMA_E_DATA, files[i].words[0], cama_dataset_from_csv(path, schema, NULL, &made));
        assert_said(files[i].words[1]);
    }
    assert_ptr_equal(made, MARKED(cama_dataset));
}

static void test_co_parents_are_manipulated(void **state)
{
    (void)state;
    static float moved_x[N * D], moved_c[N * P];
    static int32_t moved_y[N];
    static const float green[] = {GREEN}, beyond[] = {P};
    cama_dataset *moved = NULL, *untouched = MARKED(cama_dataset);
    double mean = 0, square = 0;
    cama_options *how = options("manipulate", "kind=offset;of=c;amount=2");
    must(cama_options_set_vector(how, "columns", green, 1));
    must(cama_dataset_manipulate(test, how, &moved));
    assert_same_schema(schema, cama_dataset_schema(moved));
    must(cama_dataset_read(moved, 0, N, moved_x, moved_y));
    must(cama_dataset_read_causes(moved, 0, N, NULL, moved_c));
    assert_memory_equal(moved_x, x, sizeof x);
    assert_memory_equal(moved_y, y, sizeof y);
    for (int i = 0; i < N; i++) mean += (double)c[i * P + GREEN] / N;
    for (int i = 0; i < N; i++) square += ((double)c[i * P + GREEN] - mean) * ((double)c[i * P + GREEN] - mean) / N;
    for (int i = 0; i < N * P; i++) { /* 1e-4: some roundings of numbers below 256 to float */
        const double offset = i % P == GREEN ? 2 * sqrt(square) : 0;
        assert_true(fabs((double)moved_c[i] - (double)c[i] - offset) <= (offset > 0 ? 1e-4 : 0));
    }
    must(cama_options_set_vector(how, "columns", beyond, 1));
    assert_int_not_equal(cama_dataset_manipulate(test, how, &untouched), CAMA_OK);
    assert_said("columns");
    cama_options_free(how);
    how = options("manipulate", "kind=rotation;of=c");
    REFUSED(CAMA_E_ARGUMENT, "manipulate", cama_dataset_manipulate(test, how, &untouched));
    assert_ptr_equal(untouched, MARKED(cama_dataset));
    cama_options_free(how);
    cama_dataset_free(moved);
}

/* ---- Models ------------------------------------------------------------------------------------------------------ */

/* More right than always saying the most frequent class, by five standard deviations of a count of n. */
static void assert_better_than_chance(const float *probabilities)
{
    int32_t count[C] = {0}, right = 0, most = 0;
    for (int i = 0; i < N; i++) {
        const float *p = probabilities + i * C;
        int32_t best = 0;
        double sum = 0;
        for (int32_t k = 0; k < C; k++) {
            sum += (double)p[k];
            if (p[k] > p[best]) best = k;
        }
        assert_true(fabs(sum - 1) < 1e-6);
        right += best == y[i];
        if (++count[y[i]] > most) most = count[y[i]];
    }
    const double share = (double)most / N, margin = 5 * sqrt(share * (1 - share) / N);
    if ((double)right / N <= share + margin) fail_msg("%d of %d right, %d in the largest class", right, N, most);
}

static void assert_same_predictions(const cama_model *one, const cama_model *two, const cama_dataset *rows)
{
    static float of_one[N * C], of_two[N * C];
    must(cama_predict(session, one, test, NULL, of_one));
    must(cama_predict(session, two, rows, NULL, of_two));
    assert_memory_equal(of_one, of_two, sizeof of_one);
}

static void test_a_model_comes_back_with_its_schema(void **state)
{
    (void)state;
    static float p[N * C];
    cama_model *loaded;
    int64_t numbers[4];
    static const char *const names[] = {"x", "a", "c", "classes"};
    must(cama_predict(session, model, test, NULL, p));
    assert_better_than_chance(p);
    for (int i = 0; i < 4; i++) must(cama_model_get_int(model, names[i], &numbers[i]));
    assert_memory_equal(numbers, ((int64_t[]){D, 0, P, C}), sizeof numbers);

    must(cama_model_save(model, path));
    must(cama_model_load(path, &loaded));
    assert_same_schema(cama_model_schema(model), cama_model_schema(loaded));
    assert_same_predictions(model, loaded, test);
    cama_dataset *all = read_rows(REFERENCE, cama_model_schema(loaded), "labels=auto"), *rows;
    must(cama_dataset_slice(all, FIRST_TEST, N, &rows));
    assert_same_predictions(model, loaded, rows);
    cama_dataset_free(rows);
    must(cama_dataset_from_columns(cama_model_schema(loaded), N, x, NULL, c, y, 0, &rows));
    assert_same_predictions(model, loaded, rows);
    cama_dataset_free(rows);
    cama_dataset_free(all);
    cama_model_free(loaded);
}

/* A column of the same size takes the place of l_32. */
static void test_another_schema_is_refused(void **state)
{
    (void)state;
    static float p[N * C];
    cama_schema *other = read_schema("children=" CHILDREN ";co_parents=" CO_PARENTS "osr_c;constants=keep");
    cama_dataset *rows = NULL;
    must(cama_dataset_from_columns(other, N, x, NULL, c, y, 1, &rows));
    p[0] = 7;
    REFUSED(CAMA_E_ARGUMENT, "expected variable \"l_32\", got \"osr_c\"", cama_predict(session, model, rows, NULL, p));
    assert_true(p[0] == 7);
    cama_dataset_free(rows);
    rows = MARKED(cama_dataset);
    REFUSED(CAMA_E_ARGUMENT, "cama_dataset_from_columns: expected a pointer for c",
            cama_dataset_from_columns(other, N, x, NULL, NULL, y, 1, &rows));
    cama_model *made = MARKED(cama_model);
    REFUSED(CAMA_E_ARGUMENT, "\"mnist\"", cama_model_create_for("mnist", schema, NULL, &made));
    assert_ptr_equal(rows, MARKED(cama_dataset));
    assert_ptr_equal(made, MARKED(cama_model));
    cama_schema_free(other);
}

static void test_a_model_adapts_without_labels(void **state)
{
    (void)state;
    cama_model *adapted;
    cama_report *report;
    int64_t classes;
    double steps, before, after;
    cama_dataset *rows = read_rows(FOLDER "uniform_t_ir_1_strong.csv.gz", schema, "labels=none");
    cama_options *how = options("finetune", "steps=50");
    must(cama_options_set_real(how, "lr", 0.01));
    must(cama_finetune(session, model, training, rows, how, &adapted, &report));
    must(cama_report_count(report, "classes_after", &classes));
    must(cama_report_get(report, "steps", 0, &steps));
    must(cama_report_get(report, "objective_before", 0, &before));
    must(cama_report_get(report, "objective_after", 0, &after));
    assert_int_equal(classes, C);
    assert_true(steps == 50);
    assert_true(after > before);
    assert_same_schema(schema, cama_model_schema(adapted));
    cama_report_free(report);
    cama_options_free(how);
    cama_dataset_free(rows);
    cama_model_free(adapted);
}

/* log p(y|x,c) is its score; what needs latents is refused. */
static void test_the_baseline_has_no_latents(void **state)
{
    (void)state;
    static float p[N * C], out[N * D];
    static double score[N];
    cama_model *adapted = MARKED(cama_model);
    cama_report *report = MARKED(cama_report);
    must(cama_predict(session, baseline, test, NULL, p));
    assert_better_than_chance(p);
    must(cama_elbo(session, baseline, test, NULL, score));
    for (int i = 0; i < N; i++) /* p is a float, its rounding is 2^-24 of it */
        assert_true(fabs(exp(score[i]) - (double)p[i * C + y[i]]) < 1e-6);
    out[0] = 7;
    REFUSED(CAMA_E_ARGUMENT, "finetune", cama_finetune(session, baseline, training, test, NULL, &adapted, &report));
    REFUSED(CAMA_E_ARGUMENT, "encode", cama_encode(session, baseline, test, NULL, NULL, NULL, out, NULL));
    REFUSED(CAMA_E_ARGUMENT, "reconstruct", cama_reconstruct(session, baseline, test, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "generate", cama_generate(session, baseline, N, y, c, NULL, NULL, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "counterfactual",
            cama_counterfactual(session, baseline, test, NULL, NULL, NULL, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "prior", cama_model_set_prior(baseline, training));
    assert_true(out[0] == 7);
    assert_ptr_equal(adapted, MARKED(cama_model));
    assert_ptr_equal(report, MARKED(cama_report));
}

/* ---- Interventions ----------------------------------------------------------------------------------------------- */

static void column(const float *values, int d, double *mean, double *deviation)
{
    double square = 0;
    *mean = 0;
    for (int i = 0; i < N; i++) *mean += (double)values[i * D + d] / N;
    for (int i = 0; i < N; i++) square += pow((double)values[i * D + d] - *mean, 2) / N;
    *deviation = sqrt(square);
}

static void test_counterfactuals(void **state)
{
    (void)state;
    static float same[N * D], dark[N * D], c_dark[N * P];
    must(cama_counterfactual(session, model, test, NULL, NULL, NULL, NULL, same));
    memcpy(c_dark, c, sizeof c);
    for (int i = 0; i < N; i++) c_dark[i * P + GREEN] = 0;
    must(cama_counterfactual(session, model, test, NULL, c_dark, NULL, NULL, dark));
    for (int d = 0; d < D; d++) {
        double mean, deviation, mean_dark, deviation_dark;
        column(x, d, &mean, &deviation);
        column(dark, d, &mean_dark, &deviation_dark);
        assert_true(mean_dark < mean);
        for (int i = d; i < N * D; i += D) /* roundings of a float in standard units, of numbers up to about 10 */
            assert_true(fabs((double)same[i] - (double)x[i]) < 1e-5 * deviation);
    }
}

static void test_interventions_refuse(void **state)
{
    (void)state;
    static float out[N * D], c_bad[N * P];
    static int32_t y_bad[N];
    cama_options *other = options("generate", "seed=1");
    memcpy(c_bad, c, sizeof c);
    c_bad[N * P - 1] = NAN;
    y_bad[N - 1] = C;
    out[0] = 7;
    REFUSED(CAMA_E_ARGUMENT, "expected c", cama_generate(session, model, N, y, NULL, NULL, NULL, NULL, out));
    REFUSED(CAMA_E_ARGUMENT, "n of at least 0", cama_generate(session, model, -1, y, c, NULL, NULL, NULL, out));
    REFUSED(CAMA_E_DATA, "y, row 399", cama_generate(session, model, N, y_bad, c, NULL, NULL, NULL, out));
    REFUSED(CAMA_E_DATA, "c, element 3999", cama_generate(session, model, N, y, c_bad, NULL, NULL, NULL, out));
    REFUSED(CAMA_E_DATA, "y_new, row 399", cama_counterfactual(session, model, test, y_bad, c, NULL, NULL, out));
    REFUSED(CAMA_E_DATA, "c_new, element 3999", cama_counterfactual(session, model, test, y, c_bad, NULL, NULL, out));
    REFUSED(CAMA_E_OPTION, "counterfactual", cama_counterfactual(session, model, test, NULL, NULL, NULL, other, out));
    assert_true(out[0] == 7);
    must(cama_generate(session, model, N, y, c, NULL, NULL, other, out));
    for (int i = 0; i < N * D; i++) assert_true(isfinite(out[i]));
    assert_true(out[0] != 7);
    cama_options_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles_by_name_and_by_graph_are_the_same),
        cmocka_unit_test(test_a_schema_refuses),
        cmocka_unit_test(test_a_dataset_holds_the_file),
        cmocka_unit_test(test_a_file_that_does_not_fit),
        cmocka_unit_test(test_co_parents_are_manipulated),
        cmocka_unit_test(test_a_model_comes_back_with_its_schema),
        cmocka_unit_test(test_another_schema_is_refused),
        cmocka_unit_test(test_a_model_adapts_without_labels),
        cmocka_unit_test(test_the_baseline_has_no_latents),
        cmocka_unit_test(test_counterfactuals),
        cmocka_unit_test(test_interventions_refuse),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
