/* table_test - schemas from small files, and every way in which a file and its options do not fit: the message names
 * the line and the column. */
#include "table_files.h"

/* "name role kind levels first: level level" for each variable, one line each. */
static void expect_variables(const cama_schema *s, const char *text)
{
    char got[1024];
    size_t used = 0;
    got[0] = '\0';
    for (int32_t i = 0; i < s->count; i++) {
        const cama__variable *v = &s->variable[i];
        used += (size_t)snprintf(got + used, sizeof got - used, "%s %s %s %d at %d:", v->name, cama__role_name(v->role),
                                 cama__kind_name(v->kind), v->levels, v->first);
        for (int32_t k = 0; k < cama__variable_names(v); k++)
            used += (size_t)snprintf(got + used, sizeof got - used, " %s", v->level[k]);
        used += (size_t)snprintf(got + used, sizeof got - used, "\n");
    }
    assert_string_equal(got, text);
}

static void expect_classes(const cama_schema *s, const char *text)
{
    char got[512] = "";
    for (int32_t i = 0; i < s->classes; i++) {
        if (i > 0) strcat(got, "|");
        strcat(got, s->class_name[i]);
    }
    assert_string_equal(got, text);
}

static void test_kinds(void **state)
{
    (void)state;
    cama_schema *s = good_schema(mixed, "target=y;parents=\"g,h\",b;co_parents=n,k;children=x;categorical=n;binary=b");
    assert_string_equal(s->target, "y");
    expect_classes(s, "no|yes");
    expect_variables(s, "g,h parent categorical 3 at 0: u v w\n"
                        "b parent binary 1 at 3: 0 1\n"
                        "n co-parent categorical 4 at 0: 1 03 3.0 10\n"
                        "x child continuous 1 at 0:\n");
    cama__schema_free(s);
    s = good_schema(mixed, "target=n;children=x,\"g,h\",id;ignore=id;categorical=n");
    expect_classes(s, "1|03|3.0|10");
    assert_int_equal(s->count, 2);
    cama__schema_free(s);
    s = good_schema("y,x\nb,1\n10,2\n-0,2\nnan,3\n9.50,4\n0,5\n", "target=y;children=x;categorical=y;missing_tokens=");
    expect_classes(s, "-0|0|9.50|10|b|nan");
    cama__schema_free(s);
}

static void test_roles_from_a_graph(void **state)
{
    (void)state;
    write_file(DAG, "source,target\ny,x2\ny,x1\np,y\nc,x1\nk,x1\nhidden,x2\np,x2\ny,late\n");
    static const char data[] = "x1,c,late,y,p,k,x2\n1,2,3,0,4,5,6\n2,1,3,1,3,5,7\n";
    cama_schema *s = good_schema(data, "target=y;dag=DAG;ignore=hidden");
    expect_variables(s, "x1 child continuous 1 at 0:\nc co-parent continuous 1 at 0:\np parent continuous 1 at 0:\n"
                        "p co-parent continuous 1 at 1:\nx2 child continuous 1 at 1:\n");
    expect_classes(s, "0|1");
    cama__schema_free(s);
    s = good_schema(data, "target=y;dag=DAG;ignore=hidden,late;constants=keep");
    assert_int_equal(s->width[ROLE_C], 3);
    cama__schema_free(s);
    assert_int_equal(schema_of(data, "target=y;dag=DAG", &s), CAMA_E_DATA);
    ends_in(": header: expected a column \"hidden\", which the graph has (option ignore leaves it out), got none");
    assert_int_equal(schema_of(data, "target=y;dag=DAG;ignore=hidden,nobody", &s), CAMA_E_OPTION);
    ends_in("option ignore: expected names of columns or of the graph's variables, got \"nobody\"");
    assert_int_equal(schema_of(data, "target=y;dag=DAG;ignore=hidden,x1,x2,late", &s), CAMA_E_DATA);
    ends_in(": expected children of the target \"y\" that option ignore does not leave out, got none");
    assert_int_equal(schema_of(data, "target=y;dag=DAG;ignore=y", &s), CAMA_E_OPTION);
    assert_int_equal(schema_of(data, "target=c;dag=DAG;children=x1", &s), CAMA_E_OPTION);
    ends_in("option children: expected no list together with option dag, which gives the roles");
    assert_int_equal(schema_of(data, "target=x1;dag=DAG", &s), CAMA_E_DATA);
    ends_in("got a graph in which it has none");
    write_file(DAG, "source,target\ny,x2\nx2,y\n");
    assert_int_equal(schema_of(data, "target=y;dag=DAG", &s), CAMA_E_DATA);
    ends_in(": expected a graph without cycles, got x2 -> y -> x2");
    assert_null(s);
}

static void test_targets(void **state)
{
    (void)state;
    static const char data[] = "t,w,x\n0.1,1,1\n0.2,5,2\n0.30,1,3\n0.4,7,4\n-1.5,5,5\n0.6,7,6\n";
    cama_schema *s = good_schema(data, "target=t;children=x;cuts=0.1 0.4");
    expect_classes(s, "t < 0.1|0.1 <= t < 0.4|t >= 0.4");
    assert_true(s->cut[0] == 0.1 && s->cut[1] == 0.4); /* what was meant, not the nearest float */
    cama__schema_free(s);
    s = good_schema(data, "target=t;children=x;quantiles=3");
    expect_classes(s, "t < 0.2|0.2 <= t < 0.4|t >= 0.4");
    cama__schema_free(s);
    s = good_schema(data, "target=w;children=x");
    expect_classes(s, "1|5|7");
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
        assert_int_equal(schema_of(data, cases[i].options, &s), cases[i].status);
        ends_in(cases[i].message);
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
        {mixed, "children=x", CAMA_E_OPTION, "option target: expected the name of a column, got none"},
        {mixed, "target=y", CAMA_E_OPTION,
         "option children: expected names of columns, or option dag, got neither"},
        {mixed, "target=z;children=x", CAMA_E_DATA, ": header: expected a column \"z\", the target, got none"},
        {mixed, "target=y;children=x,z", CAMA_E_DATA, ": header: expected a column \"z\", got none"},
        {mixed, "target=y;children=x;parents=x", CAMA_E_OPTION,
         "option children: expected \"x\" in one role, got it as parent too"},
        {mixed, "target=y;children=y", CAMA_E_OPTION,
         "option children: expected \"y\" in one role, got it as target too"},
        {mixed, "target=y;children=x;binary=z", CAMA_E_DATA,
         ": header: expected the column \"z\" of option binary, got none"},
        {mixed, "target=y;children=x;binary=b;categorical=b", CAMA_E_OPTION,
         "option binary: expected columns that categorical has not, got \"b\""},
        {mixed, "target=y;children=x,\"g,h", CAMA_E_OPTION,
         "option children: expected a closing quote for the one that opens here, got the end of the text"},
        {mixed, "target=k;children=x;categorical=k", CAMA_E_DATA,
         ": target \"k\": expected at least 2 classes, got \"7\" on every line"},
        {mixed, "target=y;children=x,k;constants=keep", CAMA_E_DATA,
         ": column \"k\": a child that never varies cannot be learned from, got \"7\" on every line (option constants "
         "= drop leaves it out)"},
        {mixed, "target=y;children=x;parents=k;constants=error", CAMA_E_DATA,
         ": column \"k\": expected a parent that varies (option constants = error), got \"7\" on every line"},
        {mixed, "target=y;children=x;co_parents=k;constants=keep;categorical=k", CAMA_E_DATA,
         ": column \"k\": expected a categorical co-parent of at least 2 levels, got \"7\" on every line (option "
         "constants = drop leaves it out)"},
        {mixed, "target=y;children=k", CAMA_E_DATA,
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
        {"y,x\n0,1\n1\n", "target=y;children=x", CAMA_E_FORMAT,
         ": line 3: expected 2 fields, as in the header, got 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cama_schema *s;
        if (schema_of(cases[i].data, cases[i].options, &s) != cases[i].status)
            fail_msg("%s: got %s", cases[i].message, cama_last_error());
        ends_in(cases[i].message);
        assert_null(s);
    }
}

/* What varies only in a row that is dropped does not vary; what varies beyond a float's digits does, and is counted
 * from its lowest value. */
static void test_what_varies(void **state)
{
    (void)state;
    cama_schema *s = good_schema("y,c,d,x\n0,1,16777216,1\n1,1,16777217,2\n1,2,16777216,\n",
                                 "target=y;children=x;co_parents=c,d;missing=drop");
    expect_variables(s, "d co-parent continuous 1 at 0:\nx child continuous 1 at 0:\n");
    assert_true(s->variable[0].offset == 16777216 && s->variable[1].offset == 0);
    cama__schema_free(s);
    s = good_schema("y,t,c,x,e\n0,1700000000.25,-1e15,1,0.1\n1,1700000001.5,-999999999999999,2,0.2\n"
                    "1,1700000003,-1e15,3,0.3\n",
                    "target=y;children=t,x,e;co_parents=c");
    assert_true(s->variable[1].offset == 1700000000.25 && s->variable[2].offset == 0 && s->variable[3].offset == 0);
    assert_true(s->variable[0].offset == -1e15);
    cama_dataset *d = good_dataset("y,t,c,x,e\n0,1700000000.25,-1e15,1,0.1\n1,1700000001.5,-999999999999999,2,0.2\n"
                                   "1,1699999999,-999999999999998,3,0.3\n", s, "");
    const float x[] = {0, 1, 0.1f, 1.25f, 2, 0.2f, -1.25f, 3, 0.3f}, c[] = {0, 1, 2};
    assert_memory_equal(d->x, x, sizeof x);
    assert_memory_equal(d->c, c, sizeof c);
    cama__dataset_free(d);
    cama__schema_free(s);
}

/* A variable of two roles is read once for both, with one offset, also where a cell of it is made up. */
static void test_two_roles(void **state)
{
    (void)state;
    static const char data[] = "y,t,x\n0,1700000000.5,1\n1,1700000001.5,2\n0,1700000002.5,3\n";
    cama_schema *s = good_schema(data, "target=y;parents=t;co_parents=t;children=x");
    assert_int_equal(s->count, 3);
    assert_true(s->variable[0].offset == 1700000000.5 && s->variable[1].offset == 1700000000.5);
    cama_dataset *d = good_dataset("y,t,x\n0,1700000003.5,1\n1,?,2\n0,1700000002.5,3\n", s, "missing=flag");
    assert_int_equal(d->n, 3);
    assert_true(d->a[0] == 3 && d->c[0] == 3 && d->a[2] == 2 && d->c[2] == 2 && d->a[1] == d->c[1]);
    assert_true(d->origin->flag[1] == 1 && d->origin->flag[0] == 0);
    cama__dataset_free(d);
    cama__schema_free(s);
}

/* 40 rows of a target 0, 1, 0, ... and a column whose cells are printed by this, with the row's number. */
static const char *column_of(const char *format)
{
    static char text[4096];
    size_t used = (size_t)snprintf(text, sizeof text, "y;x\n");
    for (int i = 0; i < 40; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%d;", i % 2);
        used += (size_t)snprintf(text + used, sizeof text - used, format, i);
        used += (size_t)snprintf(text + used, sizeof text - used, "\n");
    }
    return text;
}

/* Numbers in a costume are never categories, and neither is what hardly ever comes again. */
static void test_costumes(void **state)
{
    (void)state;
    cama_schema *s;
    static const struct {
        const char *format, *expected, *got;
    } cases[] = {
        {"1,%03d.50", "a number without unit, percent sign or divided thousands (option categorical says that the "
                      "column "
                      "holds categories)", "1,000.50"},
        {"%d%%", "a number without unit", "0%"},
        {"%d,7", "a number (option decimal = comma reads a decimal comma, option categorical says that the column "
                 "holds "
                 "categories)", "0,7"},
        {"1.5D+%02d", "a number without unit", "1.5D+00"},
        {"-%d kg", "a number without unit", "-0 kg"},
        {"$%d", "a number without unit", "$0"},
        {"\xe2\x82\xac%d", "a number without unit", "\xe2\x82\xac" "0"},
        {"1\xc2\xa0%03d,5", "a number without unit", "1\xc2\xa0" "000,5"},
        {"2024-01-%02d", "a number, or a category that comes again (40 of 40 cells differ; option categorical says "
                         "that "
                         "the column holds categories)", "2024-01-00"},
        {"name %d", "a number, or a category that comes again", "name 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char message[400];
        assert_int_equal(schema_of(column_of(cases[i].format), "target=y;children=x", &s), CAMA_E_DATA);
        snprintf(message, sizeof message, ": line 2, column \"x\": expected %s", cases[i].expected);
        if (strstr(cama_last_error(), message) == NULL) fail_msg("%s\n  got %s", message, cama_last_error());
        snprintf(message, sizeof message, ", got \"%s\"", cases[i].got);
        ends_in(message);
        s = good_schema(column_of(cases[i].format), "target=y;children=x;categorical=x"); /* as it is, if declared */
        assert_int_equal(s->variable[0].levels, 40);
        assert_string_equal(s->variable[0].level[0], cases[i].got);
        cama__schema_free(s);
    }
    /* few different ones are no way out */
    assert_int_equal(schema_of("y;x\n0;5%\n1;10%\n0;5%\n1;10%\n", "target=y;children=x", &s), CAMA_E_DATA);
    /* nor is the target */
    assert_int_equal(schema_of("y;x\n5%;1\n10%;2\n5%;3\n10%;4\n", "target=y;children=x", &s), CAMA_E_DATA);
    assert_int_equal(schema_of("y;x\n0;3 kg\n1;500 g\n0;3 kg\n1;500 g\n", "target=y;children=x", &s), CAMA_E_DATA);
    assert_int_equal(schema_of("y;x\n0;1_000\n1;1_500\n0;1_000\n1;1_500\n", "target=y;children=x", &s), CAMA_E_DATA);
    assert_int_equal(schema_of("y;x\n0;12\xc2\xa0%\n1;5\xc2\xa0%\n0;5\xc2\xa0%\n", "target=y;children=x", &s), CAMA_E_DATA);
    /* numbers that no float tells apart */
    assert_int_equal(schema_of("y;x\n0;1e-60\n1;2e-60\n0;3e-60\n", "target=y;children=x", &s), CAMA_E_DATA);
    ends_in(": column \"x\": expected numbers that are told apart as floats, got 1e-60 to 3e-60 (in another unit)");
    /* these are levels */
    s = good_schema("y,x\n1st,18-25\n2nd,26-40\n1st,18-25\n3rd,4WD\n2nd,18-25\n", "target=y;children=x");
    expect_classes(s, "1st|2nd|3rd");
    cama__schema_free(s);
    s = good_schema("y;x\n0;28,7\n1;1,5\n0;-2,25\n", "target=y;children=x;decimal=comma");
    expect_variables(s, "x child continuous 1 at 0:\n");
    cama__schema_free(s);
    s = good_schema("y,x\n0,\xc2\xa0" "1.5\n1,\xc2\xa0" "2.5\n", "target=y;children=x");
    expect_variables(s, "x child continuous 1 at 0:\n");
    cama__schema_free(s);
}

static void test_declared_categories_keep_their_texts(void **state)
{
    (void)state;
    static const char data[] = "y,id,z,x\n0,123456789012345678,007,1\n1,123456789012345679,7,2\n"
                               "0,123456789012345678,007,3\n1,123456789012345679,0070,4\n";
    cama_schema *s = good_schema(data, "target=y;children=x;parents=id;co_parents=z;categorical=id,z");
    expect_variables(s, "id parent categorical 2 at 0: 123456789012345678 123456789012345679\n"
                        "z co-parent categorical 3 at 0: 007 7 0070\nx child continuous 1 at 0:\n");
    cama_dataset *d = good_dataset(data, s, "");
    const float a[] = {1, 0, 0, 1, 1, 0, 0, 1}, c[] = {1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1};
    assert_memory_equal(d->a, a, sizeof a);
    assert_memory_equal(d->c, c, sizeof c);
    cama__dataset_free(d);
    assert_int_equal(dataset_of("y,id,z,x\n0,123456789012345677,7,1\n", s, "", &d), CAMA_E_DATA);
    ends_in("got \"123456789012345677\"");
    d = good_dataset("y,id,z,x\n0,123456789012345679,70.0,1\n", s, ""); /* the only one of that value */
    assert_true(d->c[2] == 1);
    cama__dataset_free(d);
    assert_int_equal(dataset_of("y,id,z,x\n0,123456789012345679,7.0,1\n", s, "", &d), CAMA_E_DATA); /* 007 or 7 */
    cama__schema_free(s);
    /* a target of integers too large for a double */
    s = good_schema("y,x\n123456789012345678,1\n123456789012345679,2\n123456789012345678,3\n", "target=y;children=x");
    expect_classes(s, "123456789012345678|123456789012345679");
    cama__schema_free(s);
}

/* The same table, however it is written. */
static void test_dialects(void **state)
{
    (void)state;
    static const struct {
        const char *data, *options;
    } cases[] = {
        {"y,x,c\n0,1.5,u\n1,2.5,v\n0,3.5,u\n", ""},
        {"y\tx\tc\n0\t1.5\tu\n1\t2.5\tv\n0\t3.5\tu\n", ""},
        {"y;x;c\n0;1,5;u\n1;2,5;v\n0;3,5;u\n", "decimal=comma"},
        {"y|x|c\n0|1.5|u\n1|2.5|v\n0|3.5|u\n", "delimiter=bar"},
        {"y x  c\n 0 1.5 u \n1\t2.5 v\n0 3.5   u\n", "delimiter=space"},
        {"0,1.5,u\n1,2.5,v\n0,3.5,u\n", "header=none;columns=y,x,c"},
        {"# from a machine\ny,x,c\n0,1.5,u\n# a pause\n1,2.5,v\n0,3.5,u\n", "comment=#"},
        {"A title\n\ny,x,c\n-,mm,-\n0,1.5,u\n1,2.5,v\n0,3.5,u\n", "skip_lines=1;skip_records=1"},
        {"y,x,c\n0,1.5,u\n1,NA,v\n,9,v\n1,2.5,v\n0,3.5,u\n1,4,?\n", "missing=drop"},
        {"y,x,c\n0,1.5,u\n1,-,v\n1,2.5,v\n0,3.5,u\n1,4,-\n", "missing=drop;missing_tokens=-"},
        {"y,x,c\n0,1.5,u\n1,9.5 mm,v\n1,2.5,v\n0,3.5,u\n1,1e99,v\n1,inf,u\n", "invalid=drop"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        const char *more = cases[i].options;
        snprintf(text, sizeof text, "target=y;children=x;co_parents=c%s%s", *more ? ";" : "", more);
        cama_schema *s = good_schema(cases[i].data, text);
        expect_classes(s, "0|1");
        expect_variables(s, "c co-parent categorical 2 at 0: u v\nx child continuous 1 at 0:\n");
        cama_dataset *d = good_dataset(cases[i].data, s, cases[i].options);
        const float x[] = {1.5f, 2.5f, 3.5f};
        const int32_t y[] = {0, 1, 0};
        assert_int_equal(d->n, 3);
        assert_memory_equal(d->x, x, sizeof x);
        assert_memory_equal(d->y, y, sizeof y);
        cama__dataset_free(d);
        cama__schema_free(s);
    }
}

/* Ten rows with one that lies far away: an error that names it, or no row of the schema. */
static void test_extreme_numbers(void **state)
{
    (void)state;
    cama_schema *s;
    static const char data[] = "y,x\n0,1\n1,2\n0,3\n1,4\n0,5\n1,6\n0,7\n1,8\n0,9\n1,9.96921e+36\n";
    assert_int_equal(schema_of(data, "target=y;children=x", &s), CAMA_E_DATA);
    ends_in(": line 11, column \"x\": expected a number nearer to the others (option extreme says how far it may be, "
            "invalid = drop leaves out its row), got \"9.96921e+36\"");
    s = good_schema(data, "target=y;children=x;invalid=drop");
    assert_true(s->variable[0].centre == 6 && s->variable[0].spread == 5);
    cama__schema_free(s);
    /* rounding noise with rare events is no reason */
    s = good_schema("y,x\n0,1e-17\n1,2e-17\n0,0\n1,-1e-17\n0,3e-17\n1,1e-17\n0,0\n1,1\n0,-2e-17\n1,1e-17\n",
                    "target=y;children=x");
    cama__schema_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_roles_from_a_graph),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_refused_schemas),
        cmocka_unit_test(test_what_varies),
        cmocka_unit_test(test_two_roles),
        cmocka_unit_test(test_costumes),
        cmocka_unit_test(test_declared_categories_keep_their_texts),
        cmocka_unit_test(test_dialects),
        cmocka_unit_test(test_extreme_numbers)};
    return cmocka_run_group_tests(tests, set_paths, remove_files);
}
