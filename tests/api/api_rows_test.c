/* api_rows_test - an answer for every row of a table: rows that are refused are dropped or flagged and can be asked
 * for, results carry the file's row numbers, labels may be missing, and a table may come from memory. */
#include "api_refused.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static cama_session *session;
static cama_schema *schema;
static cama_model *model;

enum { TRAIN = 60, D = 2, C = 2 };

/* # a comment, a header on line 2, then records of x1, x2, y. */
static const char test_file[] = "# comment\n"
                                "x1,x2,y\n"
                                "0.1,1,0\n"
                                "9.96921e+36,1,1\n" /* record 2, line 4 */
                                "\n"
                                "0.3,,0\n"     /* record 3, line 6 */
                                "0.4,1,\n"     /* record 4, line 7: no label */
                                "0.5,1 kg,1\n" /* record 5, line 8 */
                                "0.6,2,7\n"    /* record 6, line 9: no class */
                                "0.7,2,1\n";

static cama_options *options_of(const char *verb, const char *const pairs[][2], int count)
{
    cama_options *made;
    OK(cama_options_create(verb, &made));
    for (int i = 0; i < count; i++) OK(cama_options_set_text(made, pairs[i][0], pairs[i][1]));
    return made;
}

static int32_t read_test(const char *policy, const char *labels, cama_dataset **out)
{
    const char *const pairs[][2] = {
        {"missing", policy}, {"invalid", policy}, {"unknown", policy}, {"labels", labels}, {"comment", "#"}};
    cama_options *options = options_of("csv", pairs, 5);
    const int32_t status =
        cama_dataset_from_csv_memory("test", test_file, (int64_t)strlen(test_file), schema, options, out);
    cama_options_free(options);
    return status;
}

static int begin(void **state)
{
    (void)state;
    static char text[8192];
    static const char *const pairs[][2] = {{"target", "y"}, {"children", "x1,x2"}};
    size_t used = (size_t)snprintf(text, sizeof text, "x1,x2,y\n");
    for (int i = 0; i < TRAIN; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%g,%g,%d\n", 0.1 * (i * 7 % 13) + i % 2,
                                 0.2 * (i * 5 % 11), i % 2);
    cama_options *options = options_of("schema", pairs, 2);
    cama_dataset *train;
    cama_optimizer *optimizer;
    OK(cama_schema_from_csv_memory("train", text, (int64_t)used, options, &schema));
    cama_options_free(options);
    OK(cama_dataset_from_csv_memory("train", text, (int64_t)used, schema, NULL, &train));
    OK(cama_session_create(NULL, &session));
    OK(cama_model_create_for("measurement", schema, NULL, &model));
    OK(cama_optimizer_create(model, NULL, &optimizer));
    OK(cama_options_create("train", &options));
    OK(cama_options_set_int(options, "epochs", 1));
    OK(cama_train(session, optimizer, train, NULL, options, NULL));
    cama_options_free(options);
    cama_optimizer_free(optimizer);
    cama_dataset_free(train);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama_model_free(model);
    cama_session_free(session);
    cama_schema_free(schema);
    return 0;
}

static void check_rows(const cama_dataset *data, int64_t count, const int64_t *rows, const int64_t *lines)
{
    int64_t n, row[8], line[8];
    OK(cama_dataset_shape(data, &n, NULL, NULL, NULL, NULL, NULL));
    assert_int_equal(n, count);
    OK(cama_dataset_rows(data, 0, n, row, line, NULL));
    for (int64_t i = 0; i < n; i++) {
        assert_int_equal(row[i], rows[i]);
        assert_int_equal(line[i], lines[i]);
    }
}

static void check_refused(const cama_dataset *data, const char *text)
{
    char got[512] = "";
    int64_t count, row, line;
    const char *column, *reason;
    OK(cama_dataset_refused_count(data, &count));
    for (int64_t i = 0; i < count; i++) {
        OK(cama_dataset_refused(data, i, &row, &line, &column, &reason));
        snprintf(got + strlen(got), sizeof got - strlen(got), "%lld %lld %s %s\n", (long long)row, (long long)line,
                 column, reason);
    }
    assert_string_equal(got, text);
}

static const char refused_rows[] = "2 4 x1 invalid\n3 6 x2 missing\n5 8 x2 invalid\n6 9 y unknown\n";

static void test_dropped_rows(void **state)
{
    (void)state;
    cama_dataset *data = NULL, *part;
    int32_t y[8], labelled = 7;
    OK(read_test("drop", "partial", &data));
    check_rows(data, 3, (const int64_t[]){1, 4, 7}, (const int64_t[]){3, 7, 10});
    check_refused(data, refused_rows);
    OK(cama_dataset_shape(data, NULL, NULL, NULL, NULL, NULL, &labelled));
    assert_int_equal(labelled, 0);
    OK(cama_dataset_read(data, 0, 3, NULL, y));
    assert_true(y[0] == 0 && y[1] == -1 && y[2] == 1);
    OK(cama_dataset_slice(data, 1, 2, &part));
    check_rows(part, 2, (const int64_t[]){4, 7}, (const int64_t[]){7, 10});
    check_refused(part, "");
    OK(cama_dataset_read(part, 0, 2, NULL, y));
    assert_true(y[0] == -1 && y[1] == 1);
    cama_dataset_free(part);
    OK(cama_dataset_slice(data, 2, 1, &part)); /* its only row has a label */
    OK(cama_dataset_shape(part, NULL, NULL, NULL, NULL, NULL, &labelled));
    assert_int_equal(labelled, 1);
    cama_dataset_free(part);
    OK(cama_dataset_without_labels(data, &part));
    check_rows(part, 3, (const int64_t[]){1, 4, 7}, (const int64_t[]){3, 7, 10});
    REFUSED(CAMA_E_ARGUMENT, "has no labels", cama_dataset_read(part, 0, 1, NULL, y));
    cama_dataset_free(part);
    cama_dataset_free(data);
}

static void test_flagged_rows(void **state)
{
    (void)state;
    cama_dataset *data = NULL, *dropped = NULL, *part, *untouched = MARKED(cama_dataset);
    cama_model *adapted = MARKED(cama_model);
    cama_report *report = MARKED(cama_report);
    cama_stream *stream = MARKED(cama_stream);
    cama_optimizer *optimizer;
    float p[7 * C], less[3 * C], x[7 * D];
    double elbo[7];
    int32_t flagged[7], y[7];
    OK(read_test("flag", "partial", &data));
    OK(read_test("drop", "partial", &dropped));
    check_rows(data, 7, (const int64_t[]){1, 2, 3, 4, 5, 6, 7}, (const int64_t[]){3, 4, 6, 7, 8, 9, 10});
    check_refused(data, refused_rows);
    OK(cama_dataset_rows(data, 0, 7, NULL, NULL, flagged));
    static const int32_t wanted[7] = {0, 1, 1, 0, 1, 0, 0}; /* of record 6 only the label is refused */
    assert_memory_equal(flagged, wanted, sizeof wanted);
    OK(cama_dataset_read(data, 0, 7, NULL, y));
    assert_true(y[0] == 0 && y[3] == -1 && y[5] == -1 && y[6] == 1);
    OK(cama_predict(session, model, data, NULL, p));
    OK(cama_predict(session, model, dropped, NULL, less));
    assert_memory_equal(p, less, C * sizeof *p); /* the others' results stand as they are */
    assert_memory_equal(p + 3 * C, less + C, C * sizeof *p);
    assert_memory_equal(p + 6 * C, less + 2 * C, C * sizeof *p);
    OK(cama_elbo_marginal(session, model, data, NULL, elbo));
    OK(cama_reconstruct(session, model, data, NULL, x));
    for (int i = 0; i < 7; i++)
        assert_true(wanted[i] == !!isnan(p[i * C]) && wanted[i] == !!isnan(p[i * C + 1]) &&
                    wanted[i] == !!isnan(elbo[i]) && wanted[i] == !!isnan(x[i * D]));
    OK(cama_optimizer_create(model, NULL, &optimizer));
    REFUSED(CAMA_E_DATA, "clean: expected rows of which no cell was refused, got row 2 of the file (line 4)",
            cama_train(session, optimizer, data, NULL, NULL, NULL));
    REFUSED(CAMA_E_DATA, "test: expected rows of which no cell was refused",
            cama_finetune(session, model, dropped, data, NULL, &adapted, NULL));
    REFUSED(CAMA_E_DATA, "dataset: expected rows", cama_attack(session, model, data, NULL, &untouched));
    REFUSED(CAMA_E_DATA, "dataset: expected rows",
            cama_attack_report(session, model, data, NULL, &untouched, &report));
    REFUSED(CAMA_E_DATA, "clean: expected rows", cama_stream_create(model, data, NULL, NULL, &stream));
    OK(cama_dataset_slice(data, 4, 3, &part));
    OK(cama_dataset_rows(part, 0, 3, NULL, NULL, flagged));
    assert_true(flagged[0] == 1 && flagged[1] == 0 && flagged[2] == 0);
    REFUSED(CAMA_E_ARGUMENT, "clean: expected a label of every row",
            cama_train(session, optimizer, dropped, NULL, NULL, NULL));
    cama_dataset_free(part);
    cama_optimizer_free(optimizer);
    cama_dataset_free(dropped);
    cama_dataset_free(data);
    assert_ptr_equal(adapted, &api_mark);
    assert_ptr_equal(untouched, &api_mark);
    assert_ptr_equal(report, &api_mark);
    assert_ptr_equal(stream, &api_mark);
}

static void test_errors_name_the_option(void **state)
{
    (void)state;
    cama_dataset *data = MARKED(cama_dataset);
    REFUSED(CAMA_E_DATA,
            "test: line 4, column \"x1\": expected a number nearer to those of the schema's file (option "
            "extreme says how far it may be, invalid = drop leaves out its row, flag keeps it without "
            "results), got \"9.96921e+36\"",
            read_test("error", "partial", &data));
    assert_ptr_equal(data, &api_mark);
}

/* Labels: a column that is empty, partly filled, or not there. */
static void test_labels(void **state)
{
    (void)state;
    static const char *const files[] = {"x1,x2\n1,2\n2,3\n", "x1,x2,y\n1,2,\n2,3,\n", "x1,x2,y\n1,2,\n2,3,1\n"};
    static const char *const words[] = {"auto", "partial", "none", "require"};
    /* rows: files; columns: words. -1: an error; 0: no labels; 1: some */
    static const int wanted[3][4] = {{0, 0, 0, -1}, {0, 0, 0, -1}, {-1, 1, 0, -1}};
    for (int f = 0; f < 3; f++)
        for (int w = 0; w < 4; w++) {
            const char *const pairs[][2] = {{"labels", words[w]}};
            cama_options *options = options_of("csv", pairs, 1);
            cama_dataset *data = NULL;
            int32_t y[2] = {7, 7};
            float p[2 * C];
            const int32_t status =
                cama_dataset_from_csv_memory("f", files[f], (int64_t)strlen(files[f]), schema, options, &data);
            cama_options_free(options);
            if ((status != CAMA_OK) != (wanted[f][w] < 0)) fail_msg("%s %s: %s", files[f], words[w], cama_last_error());
            if (status != CAMA_OK) continue;
            assert_int_equal(cama_dataset_read(data, 0, 2, NULL, y), wanted[f][w] ? CAMA_OK : CAMA_E_ARGUMENT);
            if (wanted[f][w]) assert_true(y[0] == -1 && y[1] == 1);
            OK(cama_predict(session, model, data, NULL, p));
            assert_true(p[0] >= 0 && p[2] >= 0);
            cama_dataset_free(data);
        }
}

static void test_arrays_have_rows_too(void **state)
{
    (void)state;
    static const float x[3 * D] = {1, 2, 3, 4, 5, 6};
    cama_dataset *data;
    int64_t row[2], line[2], count = 7;
    int32_t flagged[2];
    OK(cama_dataset_from_columns(schema, 3, x, NULL, NULL, NULL, 1, &data));
    OK(cama_dataset_rows(data, 1, 2, row, line, flagged));
    assert_true(row[0] == 2 && row[1] == 3 && line[0] == 0 && flagged[1] == 0);
    OK(cama_dataset_refused_count(data, &count));
    assert_int_equal(count, 0);
    REFUSED(CAMA_E_ARGUMENT, "cama_dataset_rows: expected rows among 0 to 2",
            cama_dataset_rows(data, 2, 2, row, NULL, NULL));
    REFUSED(CAMA_E_ARGUMENT, "cama_dataset_refused: expected an index of one of 0 refused rows, got 0",
            cama_dataset_refused(data, 0, row, NULL, NULL, NULL));
    cama_dataset_free(data);
}

static void test_offsets(void **state)
{
    (void)state;
    static const char text[] = "t,x,y\n1700000000.5,1,0\n1700000001.5,2,1\n1700000003.5,3,0\n";
    static const char *const pairs[][2] = {{"target", "y"}, {"children", "t,x"}};
    cama_options *options = options_of("schema", pairs, 2);
    cama_schema *made;
    cama_dataset *data;
    cama_model *of_it, *loaded;
    char file[1 << 20];
    int64_t size = sizeof file;
    double offset = 7;
    float x[3 * D];
    OK(cama_schema_from_csv_memory("t", text, sizeof text - 1, options, &made));
    cama_options_free(options);
    OK(cama_dataset_from_csv_memory("t", text, sizeof text - 1, made, NULL, &data));
    OK(cama_dataset_read(data, 0, 3, x, NULL));
    assert_true(x[0] == 0 && x[2] == 1 && x[4] == 3);
    OK(cama_schema_offset(made, 1, &offset));
    assert_true(offset == 0);
    OK(cama_schema_offset(made, 0, &offset));
    assert_true(offset == 1700000000.5);
    REFUSED(CAMA_E_ARGUMENT, "cama_schema_offset: expected an index of one of 2 variables, got 2",
            cama_schema_offset(made, 2, &offset));
    /* a model keeps it, and refuses data without it */
    OK(cama_model_create_for("measurement", made, NULL, &of_it));
    OK(cama_model_save_memory(of_it, file, &size));
    OK(cama_model_load_memory(file, size, &loaded));
    OK(cama_schema_offset(cama_model_schema(loaded), 0, &offset));
    assert_true(offset == 1700000000.5);
    float p[3 * C];
    OK(cama_predict(session, loaded, data, NULL, p));
    cama_schema *other;
    cama_dataset *elsewhere;
    OK(cama_schema_create("y", 2, NULL, &other));
    OK(cama_schema_add(other, "t", CAMA_ROLE_CHILD, CAMA_KIND_CONTINUOUS, 1, NULL));
    OK(cama_schema_add(other, "x", CAMA_ROLE_CHILD, CAMA_KIND_CONTINUOUS, 1, NULL));
    OK(cama_dataset_from_columns(other, 3, x, NULL, NULL, NULL, 1, &elsewhere));
    REFUSED(CAMA_E_ARGUMENT, "expected numbers less 1700000000.5 of variable \"t\", got such less 0",
            cama_predict(session, loaded, elsewhere, NULL, p));
    cama_dataset_free(elsewhere);
    cama_schema_free(other);
    cama_model_free(loaded);
    cama_model_free(of_it);
    cama_dataset_free(data);
    cama_schema_free(made);
}

#define NEEDS(function, argument, ...)                                                                                 \
    REFUSED(CAMA_E_ARGUMENT, #function ": expected a pointer for " #argument ", got NULL", function(__VA_ARGS__))

static void test_null(void **state)
{
    (void)state;
    cama_schema *s = MARKED(cama_schema);
    cama_dataset *d = MARKED(cama_dataset);
    int64_t number = 7;
    double offset = 7;
    NEEDS(cama_schema_from_csv_memory, name, NULL, "a", 1, NULL, &s);
    NEEDS(cama_schema_from_csv_memory, data, "a", NULL, 1, NULL, &s);
    NEEDS(cama_schema_from_csv_memory, out, "a", "a", 1, NULL, NULL);
    REFUSED(CAMA_E_ARGUMENT, "expected a size of at least 0", cama_schema_from_csv_memory("a", "a", -1, NULL, &s));
    NEEDS(cama_dataset_from_csv_memory, name, NULL, "a", 1, schema, NULL, &d);
    NEEDS(cama_dataset_from_csv_memory, data, "a", NULL, 1, schema, NULL, &d);
    NEEDS(cama_dataset_from_csv_memory, schema, "a", "a", 1, NULL, NULL, &d);
    NEEDS(cama_dataset_from_csv_memory, out, "a", "a", 1, schema, NULL, NULL);
    REFUSED(CAMA_E_ARGUMENT, "expected a size of", cama_dataset_from_csv_memory("a", "a", -1, schema, NULL, &d));
    NEEDS(cama_dataset_rows, dataset, NULL, 0, 1, &number, NULL, NULL);
    NEEDS(cama_dataset_refused_count, dataset, NULL, &number);
    NEEDS(cama_dataset_refused, dataset, NULL, 0, &number, NULL, NULL, NULL);
    NEEDS(cama_schema_offset, schema, NULL, 0, &offset);
    NEEDS(cama_schema_offset, offset, schema, 0, NULL);
    assert_true((void *)s == &api_mark && (void *)d == &api_mark && number == 7 && offset == 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_dropped_rows),
                                       cmocka_unit_test(test_flagged_rows),
                                       cmocka_unit_test(test_errors_name_the_option),
                                       cmocka_unit_test(test_labels),
                                       cmocka_unit_test(test_arrays_have_rows_too),
                                       cmocka_unit_test(test_offsets),
                                       cmocka_unit_test(test_null)};
    return cmocka_run_group_tests(tests, begin, end);
}
