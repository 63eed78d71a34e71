/* table_test - schemas from small files, and every way in which a file and its options do not fit: the message names
 * the line and the column. */
#include "table_files.h"

static void test_kinds(void **state)
{
    (void)state;
    cama_schema *s =
        table_good_schema(table_mixed, "target=y;parents=\"g,h\",b;co_parents=n,k;children=x;categorical=n;binary=b");
    assert_string_equal(s->target, "y");
    table_expect_classes(s, "no|yes");
    table_expect_variables(s, "g,h parent categorical 3 at 0: u v w\n"
                              "b parent binary 1 at 3: 0 1\n"
                              "n co-parent categorical 4 at 0: 1 03 3.0 10\n"
                              "x child continuous 1 at 0:\n");
    cama__schema_free(s);
    s = table_good_schema(table_mixed, "target=n;children=x,\"g,h\",id;ignore=id;categorical=n");
    table_expect_classes(s, "1|03|3.0|10");
    assert_int_equal(s->count, 2);
    cama__schema_free(s);
    s = table_good_schema("y,x\nb,1\n10,2\n-0,2\nnan,3\n9.50,4\n0,5\n",
                          "target=y;children=x;categorical=y;missing_tokens=");
    table_expect_classes(s, "-0|0|9.50|10|b|nan");
    cama__schema_free(s);
}

static void test_roles_from_a_graph(void **state)
{
    (void)state;
    table_write(DAG, "source,target\ny,x2\ny,x1\np,y\nc,x1\nk,x1\nhidden,x2\np,x2\ny,late\n");
    static const char data[] = "x1,c,late,y,p,k,x2\n1,2,3,0,4,5,6\n2,1,3,1,3,5,7\n";
    cama_schema *s = table_good_schema(data, "target=y;dag=DAG;ignore=hidden");
    table_expect_variables(s,
                           "x1 child continuous 1 at 0:\nc co-parent continuous 1 at 0:\np parent continuous 1 at 0:\n"
                           "p co-parent continuous 1 at 1:\nx2 child continuous 1 at 1:\n");
    table_expect_classes(s, "0|1");
    cama__schema_free(s);
    s = table_good_schema(data, "target=y;dag=DAG;ignore=hidden,late;constants=keep");
    assert_int_equal(s->width[ROLE_C], 3);
    cama__schema_free(s);
    assert_int_equal(table_schema_of(data, "target=y;dag=DAG", &s), CAMA_E_DATA);
    table_ends_in(
        ": header: expected a column \"hidden\", which the graph has (option ignore leaves it out), got none");
    assert_int_equal(table_schema_of(data, "target=y;dag=DAG;ignore=hidden,nobody", &s), CAMA_E_OPTION);
    table_ends_in("option ignore: expected names of columns or of the graph's variables, got \"nobody\"");
    assert_int_equal(table_schema_of(data, "target=y;dag=DAG;ignore=hidden,x1,x2,late", &s), CAMA_E_DATA);
    table_ends_in(": expected children of the target \"y\" that option ignore does not leave out, got none");
    assert_int_equal(table_schema_of(data, "target=y;dag=DAG;ignore=y", &s), CAMA_E_OPTION);
    assert_int_equal(table_schema_of(data, "target=c;dag=DAG;children=x1", &s), CAMA_E_OPTION);
    table_ends_in("option children: expected no list together with option dag, which gives the roles");
    assert_int_equal(table_schema_of(data, "target=x1;dag=DAG", &s), CAMA_E_DATA);
    table_ends_in("got a graph in which it has none");
    table_write(DAG, "source,target\ny,x2\nx2,y\n");
    assert_int_equal(table_schema_of(data, "target=y;dag=DAG", &s), CAMA_E_DATA);
    table_ends_in(": expected a graph without cycles, got x2 -> y -> x2");
    assert_null(s);
}

static void test_targets(void **state)
{
    (void)state;
    static const char data[] = "t,w,x\n0.1,1,1\n0.2,5,2\n0.30,1,3\n0.4,7,4\n-1.5,5,5\n0.6,7,6\n";
    cama_schema *s = table_good_schema(data, "target=t;children=x;cuts=0.1 0.4");
    table_expect_classes(s, "t < 0.1|0.1 <= t < 0.4|t >= 0.4");
    assert_true(s->cut[0] == 0.1 && s->cut[1] == 0.4); /* what was meant, not the nearest float */
    cama__schema_free(s);
    s = table_good_schema(data, "target=t;children=x;quantiles=3");
    table_expect_classes(s, "t < 0.2|0.2 <= t < 0.4|t >= 0.4");
    cama__schema_free(s);
    s = table_good_schema(data, "target=w;children=x");
    table_expect_classes(s, "1|5|7");
    assert_null(s->cut);
    cama__schema_free(s);
    static const struct {
        const char *options;
        int32_t status;
        const char *message;
    } cases[] = {
        {"target=t;children=x", CAMA_E_OPTION,
         "target \"t\": expected option cuts or quantiles for numbers that are not all integers, got neither"},
        {"target=t;children=x;cuts=0.4 0.1", CAMA_E_OPTION,
         "option cuts: expected ascending numbers, got 0.1 after 0.4"},
        {"target=t;children=x;cuts=0.25 0.26", CAMA_E_DATA,
         ": target \"t\": expected values in each class, got none with 0.25 <= t < 0.26"},
        {"target=t;children=x;cuts=-2", CAMA_E_DATA,
         ": target \"t\": expected values in each class, got none with t < -2"},
        {"target=t;children=x;cuts=9", CAMA_E_DATA,
         ": target \"t\": expected values in each class, got none with t >= 9"},
        {"target=t;children=x;cuts=0.1;quantiles=2", CAMA_E_OPTION,
         "target \"t\": expected one of the options cuts, quantiles, categorical and binary, got more"},
        {"target=t;children=x;quantiles=1", CAMA_E_OPTION,
         "option quantiles: expected at least 2, or 0 for none, got 1"},
        {"target=w;children=x;quantiles=4", CAMA_E_DATA,
         ": target \"w\": expected values that differ from one of 4 quantiles to the next, got 1 in two of them"},
        {"target=w;children=x;binary=w", CAMA_E_DATA,
         ": line 3, column \"w\": expected 0 or 1 (option binary has the column), got \"5\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(table_schema_of(data, cases[i].options, &s), cases[i].status);
        table_ends_in(cases[i].message);
        assert_null(s);
    }
}

static void test_refused_schemas(void **state)
{
    (void)state;
    static const struct {
        const char *data, *options;
        int32_t status;
        const char *message;
    } cases[] = {
        {table_mixed, "children=x", CAMA_E_OPTION, "option target: expected the name of a column, got none"},
        {table_mixed, "target=y", CAMA_E_OPTION,
         "option children: expected names of columns, or option dag, got neither"},
        {table_mixed, "target=z;children=x", CAMA_E_DATA, ": header: expected a column \"z\", the target, got none"},
        {table_mixed, "target=y;children=x,z", CAMA_E_DATA, ": header: expected a column \"z\", got none"},
        {table_mixed, "target=y;children=x;parents=x", CAMA_E_OPTION,
         "option children: expected \"x\" in one role, got it as parent too"},
        {table_mixed, "target=y;children=y", CAMA_E_OPTION,
         "option children: expected \"y\" in one role, got it as target too"},
        {table_mixed, "target=y;children=x;binary=z", CAMA_E_DATA,
         ": header: expected the column \"z\" of option binary, got none"},
        {table_mixed, "target=y;children=x;binary=b;categorical=b", CAMA_E_OPTION,
         "option binary: expected columns that categorical has not, got \"b\""},
        {table_mixed, "target=y;children=x,\"g,h", CAMA_E_OPTION,
         "option children: expected a closing quote for the one that opens here, got the end of the text"},
        {table_mixed, "target=k;children=x;categorical=k", CAMA_E_DATA,
         ": target \"k\": expected at least 2 classes, got \"7\" on every line"},
        {table_mixed, "target=y;children=x,k;constants=keep", CAMA_E_DATA,
         ": column \"k\": a child that never varies cannot be learned from, got \"7\" on every line (option constants "
         "= drop leaves it out)"},
        {table_mixed, "target=y;children=x;parents=k;constants=error", CAMA_E_DATA,
         ": column \"k\": expected a parent that varies (option constants = error), got \"7\" on every line"},
        {table_mixed, "target=y;children=x;co_parents=k;constants=keep;categorical=k", CAMA_E_DATA,
         ": column \"k\": expected a categorical co-parent of at least 2 levels, got \"7\" on every line (option "
         "constants = drop leaves it out)"},
        {table_mixed, "target=y;children=k", CAMA_E_DATA,
         ": expected a child of \"y\" that varies, got children of one value each"},
        {"y,x\n0,1\n1,abc\n", "target=y;children=x", CAMA_E_DATA,
         ": line 3, column \"x\": expected a number, as in other lines (option categorical if the column holds "
         "categories, missing_tokens if it stands for no value, invalid = drop to leave out its row), got \"abc\""},
        {"y,x\n0,mm\n1,3\n1,2\n", "target=y;children=x", CAMA_E_DATA,
         ": line 2, column \"x\": expected a number, as in other lines (option categorical if the column holds "
         "categories, missing_tokens if it stands for no value, invalid = drop to leave out its row, skip_records = 1 "
         "if it is a unit), got \"mm\""},
        {"y;x\n0;1\n1;3,5\n1;2\n", "target=y;children=x", CAMA_E_DATA,
         ": line 3, column \"x\": expected a number, as in other lines (option decimal = comma, or categorical if the "
         "column holds categories, missing_tokens if it stands for no value, invalid = drop to leave out its row), got "
         "\"3,5\""},
        {"y,x\n0,1\n1,NaN\n", "target=y;children=x", CAMA_E_DATA,
         ": line 3, column \"x\": expected a value (option missing = drop leaves out its row, option missing_tokens "
         "says which texts are none), got \"NaN\""},
        {"y,x\n0,1\n1,NaN\n", "target=y;children=x;missing_tokens=NA", CAMA_E_DATA,
         ": line 3, column \"x\": expected a finite number, got \"NaN\""},
        {"y;x\n0;1\n1;3\n", "target=y;children=x;delimiter=ab", CAMA_E_OPTION,
         "option delimiter: expected auto, comma, semicolon, tab, space, bar or one ASCII character that no number "
         "has, "
         "got \"ab\""},
        {"y;x\n0;1\n1;3\n", "target=y;children=x;columns=y,x", CAMA_E_OPTION,
         "option columns: expected header = none, got a header that has the names"},
        {"y,x\n0,1e999\n1,3\n", "target=y;children=x", CAMA_E_DATA,
         ": line 2, column \"x\": expected a finite number, got \"1e999\""},
        {"y,x\n0,1e39\n1,3\n", "target=y;children=x", CAMA_E_DATA,
         ": line 2, column \"x\": expected a number that is finite as a float, got \"1e39\""},
        {"y,x\n0,1\n,3\n", "target=y;children=x", CAMA_E_DATA,
         ": line 3, column \"y\": expected a value (option missing = drop leaves out its row), got an empty cell"},
        {"y,x\n0,\n,3\n", "target=y;children=x;missing=drop", CAMA_E_DATA,
         ": expected rows without missing values, got 2 rows that all have some"},
        {"y,x,x\n0,1,2\n1,3,4\n", "target=y;children=x", CAMA_E_FORMAT,
         ": header: expected \"x\" as the name of one column, got columns 2 and 3"},
        {"y,\"x\n\"\n0,1\n1,3\n", "target=y;children=\"x\n\"", CAMA_E_DATA,
         ": name of a variable: expected UTF-8 without control characters, got byte 0x0a in \"x \""},
        {"y,x\n0,1\n1\n", "target=y;children=x", CAMA_E_FORMAT, ": line 3: expected 2 fields, as in the header, got 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cama_schema *s;
        if (table_schema_of(cases[i].data, cases[i].options, &s) != cases[i].status)
            fail_msg("%s: got %s", cases[i].message, cama_last_error());
        table_ends_in(cases[i].message);
        assert_null(s);
    }
}

/* What varies only in a row that is dropped does not vary; what varies beyond a float's digits does, and is counted
 * from its lowest value. */
static void test_what_varies(void **state)
{
    (void)state;
    cama_schema *s = table_good_schema("y,c,d,x\n0,1,16777216,1\n1,1,16777217,2\n1,2,16777216,\n",
                                       "target=y;children=x;co_parents=c,d;missing=drop");
    table_expect_variables(s, "d co-parent continuous 1 at 0:\nx child continuous 1 at 0:\n");
    assert_true(s->variable[0].offset == 16777216 && s->variable[1].offset == 0);
    cama__schema_free(s);
    s = table_good_schema("y,t,c,x,e\n0,1700000000.25,-1e15,1,0.1\n1,1700000001.5,-999999999999999,2,0.2\n"
                          "1,1700000003,-1e15,3,0.3\n",
                          "target=y;children=t,x,e;co_parents=c");
    assert_true(s->variable[1].offset == 1700000000.25 && s->variable[2].offset == 0 && s->variable[3].offset == 0);
    assert_true(s->variable[0].offset == -1e15);
    cama_dataset *d =
        table_good_dataset("y,t,c,x,e\n0,1700000000.25,-1e15,1,0.1\n1,1700000001.5,-999999999999999,2,0.2\n"
                           "1,1699999999,-999999999999998,3,0.3\n",
                           s, "");
    const float x[] = {0, 1, 0.1f, 1.25f, 2, 0.2f, -1.25f, 3, 0.3f}, c[] = {0, 1, 2};
    assert_memory_equal(d->x, x, sizeof x);
    assert_memory_equal(d->c, c, sizeof c);
    cama__dataset_free(d);
    cama__schema_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kinds), cmocka_unit_test(test_roles_from_a_graph),
                                       cmocka_unit_test(test_targets), cmocka_unit_test(test_refused_schemas),
                                       cmocka_unit_test(test_what_varies)};
    return cmocka_run_group_tests(tests, table_set_paths, table_remove_files);
}
