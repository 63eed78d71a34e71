/* table_dataset_test - datasets from small files and a schema, the files that do not fit it, and no memory. */
#include "table_files.h"

static void expect_numbers(const float *got, const float *want, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (got[i] != want[i]) fail_msg("number %d: expected %g, got %g", (int)i, (double)want[i], (double)got[i]);
    }
}

static void test_a_dataset(void **state)
{
    (void)state;
    cama_schema *s =
        table_good_schema(table_mixed, "target=y;parents=\"g,h\",b;co_parents=n,k;children=x;categorical=n;binary=b");
    cama_dataset *d =
        table_good_dataset("x,n,new,b,\"g,h\",y\n-1e-1,10.00,?,1,w,yes\n2,03,,0,v,no\n", s, "labels=require");
    assert_int_equal(d->n, 2);
    assert_int_equal(d->classes, 2);
    expect_numbers(d->x, (const float[]){-0.1f, 2}, 2);
    expect_numbers(d->a, (const float[]){0, 0, 1, 1, 0, 1, 0, 0}, 8);
    expect_numbers(d->c, (const float[]){0, 0, 0, 1, 0, 1, 0, 0}, 8);
    assert_int_equal(d->y[0], 1);
    assert_int_equal(d->y[1], 0);
    OK(cama__schema_match(s, d->schema, "dataset"));
    cama__dataset_free(d);

    d = table_good_dataset(table_mixed, s, "labels=none");
    assert_null(d->y);
    cama__dataset_free(d);
    d = table_good_dataset("x,n,b,\"g,h\"\n1,1,1,u\n", s, "");
    assert_null(d->y);
    assert_int_equal(d->n, 1);
    cama__dataset_free(d);

    /* Of a row with an empty cell nothing else is read, as when the schema was made. */
    d = table_good_dataset("x,n,b,\"g,h\",y\none,,1,z,yes\n1,1,1,u,yes\n1e39,1,1,u,\n", s, "missing=drop");
    assert_int_equal(d->n, 1);
    cama__dataset_free(d);

    /* Rows that are not kept leave nothing behind. */
    d = table_good_dataset(
        "x,n,b,\"g,h\",y\n1,1,1,u,yes\n2,1,1,u,maybe\n3,4,1,w,no\n4,,1,w,no\n5,10,1,z,no\n6,10,0,v,no\n", s,
        "missing=drop;unknown=drop");
    assert_int_equal(d->n, 2);
    expect_numbers(d->x, (const float[]){1, 6}, 2);
    expect_numbers(d->a, (const float[]){1, 0, 0, 1, 0, 1, 0, 0}, 8);
    expect_numbers(d->c, (const float[]){1, 0, 0, 0, 0, 0, 0, 1}, 8);
    assert_int_equal(d->y[0], 1);
    assert_int_equal(d->y[1], 0);
    cama__dataset_free(d);
    cama__schema_free(s);
}

static void test_cut_labels_and_given_names(void **state)
{
    (void)state;
    static const double cuts[] = {0.1, 2};
    static const char *const answers[] = {"no", "yes"};
    cama_schema *s = NULL;
    OK(cama__schema_create("t", 3, NULL, cuts, &s));
    OK(cama__schema_add(s, "b", ROLE_X, VARIABLE_BINARY, 1, answers));
    cama_dataset *d =
        table_good_dataset("t,b\n0.09999999999999999,yes\n0.1,no\n1.9999999999999998,1\n2,0.0\n1e30,yes\n", s, "");
    const int32_t y[] = {0, 1, 1, 2, 2};
    assert_memory_equal(d->y, y, sizeof y);
    expect_numbers(d->x, (const float[]){1, 0, 1, 0, 1}, 5);
    cama__dataset_free(d);
    assert_int_equal(table_dataset_of("t,b\ninf,1\n", s, "unknown=drop", &d), CAMA_E_DATA);
    table_ends_in(
        ": line 2, column \"t\": expected a finite number (option invalid = drop leaves out its row, flag keeps it "
        "without results), got \"inf\"");
    assert_int_equal(table_dataset_of("t,b\n1,2\n", s, "", &d), CAMA_E_DATA);
    table_ends_in(": line 2, column \"b\": expected 0 or 1, got \"2\"");
    cama__schema_free(s);
}

static void test_refused_datasets(void **state)
{
    (void)state;
    static const struct {
        const char *data, *options;
        int32_t status;
        const char *message;
    } cases[] = {
        {"x,y\n1,no\n", "", CAMA_E_DATA, ": header: expected a column \"g\", a variable of the schema, got none"},
        {"x,g\n1,u\n", "labels=require", CAMA_E_DATA,
         ": header: expected a column \"y\", the target of the schema, got none"},
        {"x,g,g\n1,u,u\n", "", CAMA_E_FORMAT,
         ": header: expected \"g\" as the name of one column, got columns 2 and 3"},
        {"x,g,y,y\n1,u,no,no\n", "", CAMA_E_FORMAT,
         ": header: expected \"y\" as the name of one column, got columns 3 and 4"},
        {"x,g\n1,u\n2,w\n", "missing=drop", CAMA_E_DATA,
         ": line 3, column \"g\": expected a level of the schema (option unknown = drop leaves out its row), got "
         "\"w\""},
        {"x,g,y\n1,u,no\n2,v,No\n", "", CAMA_E_DATA,
         ": line 3, column \"y\": expected a class of the schema (option unknown = drop leaves out its row), got "
         "\"No\""},
        {"x,g\n1,u\n  ,u\n", "unknown=drop", CAMA_E_DATA,
         ": line 3, column \"x\": expected a value (option missing = drop leaves out its row), got an empty cell"},
        {"x,g\n1,u\none,u\n", "unknown=drop;missing=drop", CAMA_E_DATA,
         ": line 3, column \"x\": expected a finite number (option invalid = drop leaves out its row, "
         "flag keeps it without results), got \"one\""},
        {"x,g\n1,u\n-1e999,u\n", "unknown=drop;missing=drop", CAMA_E_DATA,
         ": line 3, column \"x\": expected a finite number (option invalid = drop leaves out its row, "
         "flag keeps it without results), got \"-1e999\""},
        {"x,g\n1,u\n-1e39,u\n", "", CAMA_E_DATA,
         ": line 3, column \"x\": expected a number that is finite as a float (option invalid = drop "
         "leaves out its row, flag keeps it without results), got \"-1e39\""},
        {"x,g\n,u\n1,w\n", "unknown=drop;missing=drop", CAMA_E_DATA,
         ": expected rows without missing, invalid or unknown values, got 2 that all have some"},
        {"x,g\n", "", CAMA_E_FORMAT, ": expected records after the header line, got none"},
    };
    cama_schema *s = table_good_schema("y,g,x\nno,u,1\nyes,v,2\n", "target=y;children=x;co_parents=g"), *empty = NULL;
    cama_dataset *d;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (table_dataset_of(cases[i].data, s, cases[i].options, &d) != cases[i].status)
            fail_msg("%s: got %s", cases[i].message, cama_last_error());
        table_ends_in(cases[i].message);
        assert_null(d);
    }
    OK(cama__schema_create("y", 2, NULL, NULL, &empty));
    assert_int_equal(table_dataset_of("x\n1\n", empty, "", &d), CAMA_E_ARGUMENT);
    table_ends_in(": expected a schema with children of \"y\", got none");
    cama__schema_free(empty);
    cama__schema_free(s);
}

/* ---- Memory ---- */

static int64_t left; /* allocations until one fails */

static void *failing_alloc(void *user, size_t bytes)
{
    (void)user;
    return left-- == 0 ? NULL : aligned_alloc(64, (bytes + 64) / 64 * 64);
}

static void plain_free(void *user, void *pointer)
{
    (void)user;
    free(pointer);
}

/* Each allocation in turn fails: an error, and (a sanitizer sees it) nothing lost. */
static void test_without_memory(void **state)
{
    (void)state;
    const cama__mem_hook hook = {failing_alloc, plain_free, NULL};
    cama__mem_set_hook(&hook);
    table_write(DAG, "source,target\ny,x\nb,x\nb,y\ng,x\ny,k\nu,y\nu,x\n");
    const char *const data = "y,x,g,b,k\n1,1,u,0,1\n2,2,v,1,1\n2.5,3,u,0,1\n";
    cama_options *o = NULL, *read = NULL;
    left = -1;
    o = table_options(VERB_SCHEMA, "target=y;dag=DAG;ignore=u;binary=b;categorical=g;cuts=2 2.5");
    read = table_options(VERB_CSV, "");
    table_write(DATA, data);
    int32_t failures = 0;
    for (int32_t status = CAMA_E_MEMORY; status != CAMA_OK; failures++) {
        cama_schema *s = NULL;
        cama_dataset *d = NULL;
        left = failures;
        status = cama__table_schema(table_path[DATA], o, &s);
        if (status == CAMA_OK) status = cama__table_dataset(table_path[DATA], s, read, &d);
        if (status != CAMA_OK) assert_int_equal(status, CAMA_E_MEMORY);
        assert_true((status == CAMA_OK) == (d != NULL));
        cama__dataset_free(d);
        cama__schema_free(s);
    }
    assert_true(failures > 50);
    left = -1;
    cama__options_free(o);
    cama__options_free(read);
    cama__mem_set_hook(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_dataset),
                                       cmocka_unit_test(test_cut_labels_and_given_names),
                                       cmocka_unit_test(test_refused_datasets), cmocka_unit_test(test_without_memory)};
    return cmocka_run_group_tests(tests, table_set_paths, table_remove_files);
}
