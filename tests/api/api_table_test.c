/* api_table_test - schemas and datasets of measurement data seen from outside, on real rows: roles, what comes out of a
 * file, what is changed of it; and what is refused leaves its outputs as they were. */
#include "api_chamber.h"

#include <math.h>

static const char *const class_names[C] = {"red < 21.5", "21.5 <= red < 43", "43 <= red < 64.5", "red >= 64.5"};

static int begin(void **state)
{
    (void)state;
    return begin_chamber("api_table_test");
}

static int end(void **state)
{
    (void)state;
    return end_chamber();
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* ---- Schemas ----------------------------------------------------------------------------------------------------- */

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

/* Columns without a role, each with why. */
static void assert_left_out(const char *of, int32_t count, const char *const wanted[][2])
{
    int32_t got = -1;
    const char *column = NULL, *reason = NULL;
    cama_schema *made = NULL;
    cama_options *how = options("schema", of);
    must(cama_schema_from_csv(path, how, &made));
    cama_options_free(how);
    must(cama_schema_left_out_count(made, &got));
    assert_int_equal(got, count);
    for (int32_t i = 0; i < count; i++) {
        must(cama_schema_left_out(made, i, &column, &reason));
        assert_string_equal(column, wanted[i][0]);
        assert_string_equal(reason, wanted[i][1]);
        must(cama_schema_left_out(made, i, NULL, NULL));
    }
    REFUSED(CAMA_E_ARGUMENT, "index", cama_schema_left_out(made, count, &column, &reason));
    REFUSED(CAMA_E_ARGUMENT, "index", cama_schema_left_out(made, -1, &column, &reason));
    cama_schema_free(made);
}

static void test_columns_that_are_left_out_are_told(void **state)
{
    (void)state;
    static const char *const by_name[][2] = {
        {"time", "no role"}, {"fan", "constant"}, {"far", "no role"}, {"b", "ignored"}};
    static const char *const by_graph[][2] = {
        {"time", "not in the graph"}, {"fan", "constant"}, {"far", "no role"}, {"b", "ignored"}};
    char dag[sizeof path + 8], of[sizeof dag + 64];
    int32_t count = -1;
    snprintf(dag, sizeof dag, "%s.dag", path);
    FILE *file = fopen(dag, "w");
    assert_non_null(file);
    assert_true(fputs("from,to\ny,x\nfan,x\ncause,x\nfar,cause\nb,x\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    write_file("time,x,fan,cause,y,far,b\n1,1,3,0,a,1,0\n2,4,3,1,b,2,1\n3,2,3,2,a,4,0\n4,3,3,0,b,8,1\n");
    assert_left_out("target=y;children=x;co_parents=fan,cause,b;ignore=b", 4, by_name);
    snprintf(of, sizeof of, "target=y;dag=%s;ignore=b", dag);
    assert_left_out(of, 4, by_graph);
    must(cama_schema_left_out_count(cama_dataset_schema(reference), &count)); /* copies know of none */
    assert_int_equal(count, 0);
    remove(dag);
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

/* ---- Datasets ---------------------------------------------------------------------------------------------------- */

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
         "1,1,bright,1,1,1,1,1,2,2,2,2,2,2,2,2,2,2\n",
         {"3", "\"ir_1\""}},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles_by_name_and_by_graph_are_the_same),
        cmocka_unit_test(test_columns_that_are_left_out_are_told),
        cmocka_unit_test(test_a_schema_refuses),
        cmocka_unit_test(test_a_dataset_holds_the_file),
        cmocka_unit_test(test_a_file_that_does_not_fit),
        cmocka_unit_test(test_co_parents_are_manipulated),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
