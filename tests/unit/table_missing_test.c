/* table_missing_test - files with missing cells: children keep them (NaN), whole columns may be lacking, causes are
 * imputed or refused; a schema is made of the cells that are there. */
#include <math.h>

#include "io/schema_json.h"
#include "table_files.h"

static const char roles[] = "target=y;parents=a;co_parents=c,k;children=x,b,t;binary=b;missing=keep";
/* Medians and commonest levels: x 2, b 1, t "v", a 30, c 5, k "p". */
static const char table[] = "y,a,c,k,x,b,t\n"
                            "no,10,5,p,1,1,u\n"
                            "yes,30,,p,,1,v\n"
                            "no,40,9,q,2,,v\n"
                            "yes,20,4,p,3,0,?\n"
                            "NA,50,5,q,2,1,v\n"
                            "no,30,5,,7,1,u\n"
                            "yes,35,6,p,2,1,v\n";

static void expect_numbers(const float *got, const float *want, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        const bool same = isnan(want[i]) ? isnan(got[i]) : got[i] == want[i];
        if (!same) fail_msg("number %d: expected %g, got %g", (int)i, (double)want[i], (double)got[i]);
    }
}

static const cama__variable *variable(const cama_schema *s, const char *name)
{
    const cama__variable *v = cama__schema_find(s, name);
    assert_non_null(v);
    assert_true(v->has_typical);
    return v;
}

static void test_schema(void **state)
{
    (void)state;
    cama_schema *s = table_good_schema(table, roles), *copy = NULL;
    table_expect_classes(s, "no|yes");
    table_expect_variables(s, "a parent continuous 1 at 0:\nc co-parent continuous 1 at 0:\n"
                              "k co-parent categorical 2 at 1: p q\nx child continuous 1 at 0:\n"
                              "b child binary 1 at 1: 0 1\nt child categorical 2 at 2: u v\n");
    OK(cama__schema_clone(s, &copy));
    assert_true(variable(copy, "a")->typical == 30 && variable(copy, "c")->typical == 5);
    assert_true(variable(copy, "k")->typical == 0 && variable(copy, "t")->typical == 1);
    assert_true(variable(copy, "x")->typical == 2 && variable(copy, "b")->typical == 1);
    cama__schema_free(copy);
    /* A model's file keeps it, and takes no other. */
    char *text = NULL;
    OK(cama__schema_json_encode(s, &text));
    OK(cama__schema_json_decode(text, (int64_t)strlen(text), "file", &copy));
    assert_true(variable(copy, "a")->typical == 30 && variable(copy, "t")->typical == 1);
    cama__schema_free(copy);
    char *at = strstr(text, "\"typical\":\"1\"");
    assert_non_null(at);
    at[11] = '2'; /* b and t have two levels */
    FAILS(CAMA_E_FORMAT, cama__schema_json_decode(text, (int64_t)strlen(text), "file", &copy));
    check_said("typical");
    cama__mem_free(text);
    cama__schema_free(s);
}

static void test_children(void **state)
{
    (void)state;
    cama_schema *s = table_good_schema(table, roles);
    cama_dataset *d = NULL;
    static const float x[] = {1, 1, 1, 0, NAN, 1, 0, 1, 2, NAN, 0, 1, 3, 0, NAN, NAN};
    static const char whole[] = "y,a,c,k,x,b,t\nno,10,5,p,1,1,u\nyes,30,5,p,,1,v\nno,40,9,q,2,,v\nyes,20,4,p,3,0,?\n";
    d = table_good_dataset(whole, s, "missing=keep;labels=require");
    assert_int_equal(d->n, 4);
    assert_int_equal(d->missing, 4);
    expect_numbers(d->x, x, 16);
    assert_int_equal(d->origin->refusals, 0);
    assert_null(d->origin->flag);
    cama__dataset_free(d);
    /* Without being asked a cell is no other than before. */
    assert_int_equal(table_dataset_of(whole, s, "", &d), CAMA_E_DATA);
    table_ends_in(
        ": line 3, column \"x\": expected a value (option missing = drop leaves out its row), got an empty cell");
    /* What is no number, and what is no level, can be kept likewise. */
    d = table_good_dataset("a,c,k,x,b,t\n1,2,p,bad,1,u\n1,2,q,3,7,w\n", s, "invalid=keep;unknown=keep");
    expect_numbers(d->x, (const float[]){NAN, 1, 1, 0, 3, NAN, NAN, NAN}, 8);
    cama__dataset_free(d);
    cama__schema_free(s);
}

static void test_lacking_columns(void **state)
{
    (void)state;
    cama_schema *s = table_good_schema(table, roles);
    cama_dataset *d = table_good_dataset("a,c,k,x\n1,2,p,4\n2,3,q,\n", s, "missing=keep");
    assert_null(d->y);
    expect_numbers(d->x, (const float[]){4, NAN, NAN, NAN, NAN, NAN, NAN, NAN}, 8);
    cama__dataset_free(d);
    assert_int_equal(table_dataset_of("a,c,k,x\n1,2,p,4\n", s, "missing=drop", &d), CAMA_E_DATA);
    table_ends_in(": header: expected a column \"b\", a variable of the schema, got none");
    assert_int_equal(table_dataset_of("a,k,x\n1,p,4\n", s, "missing=keep", &d), CAMA_E_DATA);
    table_ends_in(": header: expected a column \"c\", a variable of the schema, got none");
    assert_int_equal(table_dataset_of("a,c,k\n1,2,p\n", s, "missing=keep", &d), CAMA_E_DATA);
    table_ends_in(": header: expected a column of at least one child of \"y\", got none");
    d = table_good_dataset("a,x\n1,4\n", s, "missing=keep;missing_causes=impute");
    expect_numbers(d->c, (const float[]){5, 1, 0}, 3);
    cama__dataset_free(d);
    cama__schema_free(s);
}

static void test_causes(void **state)
{
    (void)state;
    cama_schema *s = table_good_schema(table, roles), *by_hand = NULL;
    cama_dataset *d = NULL;
    static const char some[] = "y,a,c,k,x,b,t\nno,,5,p,1,1,u\nyes,30,,,2,1,v\nno,40,9,q,2,,v\n";
    assert_int_equal(table_dataset_of(some, s, "missing=keep", &d), CAMA_E_DATA);
    table_ends_in(
        ": line 2, column \"a\": expected a value (option missing = drop leaves out its row), got an empty cell");
    d = table_good_dataset(some, s, "missing=keep;missing_causes=impute");
    expect_numbers(d->a, (const float[]){30, 30, 40}, 3);
    expect_numbers(d->c, (const float[]){5, 1, 0, 5, 1, 0, 9, 0, 1}, 9);
    assert_int_equal(d->missing, 1);
    cama__dataset_free(d);
    d = table_good_dataset(some, s, "missing=keep;missing_causes=drop");
    assert_int_equal(d->n, 1);
    assert_int_equal(d->origin->refusals, 2);
    cama__dataset_free(d);
    d = table_good_dataset(some, s, "missing=keep;missing_causes=flag");
    assert_int_equal(d->n, 3);
    assert_memory_equal(d->origin->flag, ((const uint8_t[]){1, 1, 0}), 3);
    cama__dataset_free(d);
    /* A label is never made up. */
    assert_int_equal(
        table_dataset_of("y,a,c,k,x,b,t\n,1,5,p,1,1,u\nno,1,5,p,1,1,u\n", s, "missing=keep;missing_causes=impute", &d),
        CAMA_E_DATA);
    table_ends_in(
        ": line 2, column \"y\": expected a value (option missing = drop leaves out its row), got an empty cell");
    OK(cama__schema_create("y", 2, NULL, NULL, &by_hand));
    OK(cama__schema_add(by_hand, "x", ROLE_X, VARIABLE_CONTINUOUS, 1, NULL));
    OK(cama__schema_add(by_hand, "c", ROLE_C, VARIABLE_CONTINUOUS, 1, NULL));
    assert_int_equal(table_dataset_of("x,c\n1,\n", by_hand, "missing=keep;missing_causes=impute", &d), CAMA_E_DATA);
    table_ends_in(
        ": line 2, column \"c\": expected a value (option missing_causes = impute needs a schema that was made "
        "from a file), got an empty cell");
    cama__schema_free(by_hand);
    cama__schema_free(s);
}

/* A column without any cell never varies; one of texts is judged by the cells it has. */
static void test_empty_columns(void **state)
{
    (void)state;
    cama_schema *s = table_good_schema("y,x,t,e\nno,1,,\nyes,2,,\nno,3,u,\nyes,4,w,?\nyes,,u,\nno,2,w,\n",
                                       "target=y;children=x,t,e;missing=keep");
    table_expect_variables(s, "x child continuous 1 at 0:\nt child categorical 2 at 1: u w\n");
    assert_int_equal(s->left_out_count, 1);
    cama__schema_free(s);
    s = NULL;
    assert_int_equal(table_schema_of("y,x\n,1\n,2\n", "target=y;children=x;missing=keep", &s), CAMA_E_DATA);
    assert_null(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_schema), cmocka_unit_test(test_children),
                                       cmocka_unit_test(test_lacking_columns), cmocka_unit_test(test_causes),
                                       cmocka_unit_test(test_empty_columns)};
    return cmocka_run_group_tests(tests, table_set_paths, table_remove_files);
}
