/* table_written_test - the same table, however it is written; and what looks like numbers or categories and is none. */
#include "table_files.h"

/* A variable of two roles is read once for both, with one offset, also where a cell of it is made up. */
static void test_two_roles(void **state)
{
    (void)state;
    static const char data[] = "y,t,x\n0,1700000000.5,1\n1,1700000001.5,2\n0,1700000002.5,3\n";
    cama_schema *s = table_good_schema(data, "target=y;parents=t;co_parents=t;children=x");
    assert_int_equal(s->count, 3);
    assert_true(s->variable[0].offset == 1700000000.5 && s->variable[1].offset == 1700000000.5);
    cama_dataset *d = table_good_dataset("y,t,x\n0,1700000003.5,1\n1,?,2\n0,1700000002.5,3\n", s, "missing=flag");
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
        {"1,%03d.50",
         "a number without unit, percent sign or divided thousands (option categorical says that the "
         "column "
         "holds categories)",
         "1,000.50"},
        {"%d%%", "a number without unit", "0%"},
        {"%d,7",
         "a number (option decimal = comma reads a decimal comma, option categorical says that the column "
         "holds "
         "categories)",
         "0,7"},
        {"1.5D+%02d", "a number without unit", "1.5D+00"},
        {"-%d kg", "a number without unit", "-0 kg"},
        {"$%d", "a number without unit", "$0"},
        {"\xe2\x82\xac%d", "a number without unit",
         "\xe2\x82\xac"
         "0"},
        {"1\xc2\xa0%03d,5", "a number without unit",
         "1\xc2\xa0"
         "000,5"},
        {"0x%X", "a decimal number, no fraction, time of day or hexadecimal number", "0x0"},
        {"%d/8",
         "a decimal number, no fraction, time of day or hexadecimal number (option categorical says that the column "
         "holds categories)",
         "0/8"},
        {"12:%02d", "a decimal number, no fraction", "12:00"},
        {"12:%02d:07.5", "a decimal number, no fraction", "12:00:07.5"},
        {"2024-01-%02d",
         "a number, or a category that comes again (40 of 40 cells differ; option categorical says "
         "that "
         "the column holds categories)",
         "2024-01-00"},
        {"name %d", "a number, or a category that comes again", "name 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char message[400];
        assert_int_equal(table_schema_of(column_of(cases[i].format), "target=y;children=x", &s), CAMA_E_DATA);
        snprintf(message, sizeof message, ": line 2, column \"x\": expected %s", cases[i].expected);
        if (strstr(cama_last_error(), message) == NULL) fail_msg("%s\n  got %s", message, cama_last_error());
        snprintf(message, sizeof message, ", got \"%s\"", cases[i].got);
        table_ends_in(message);
        s = table_good_schema(column_of(cases[i].format),
                              "target=y;children=x;categorical=x"); /* as it is, if declared */
        assert_int_equal(s->variable[0].levels, 40);
        assert_string_equal(s->variable[0].level[0], cases[i].got);
        cama__schema_free(s);
    }
    /* few different ones are no way out */
    assert_int_equal(table_schema_of("y;x\n0;5%\n1;10%\n0;5%\n1;10%\n", "target=y;children=x", &s), CAMA_E_DATA);
    assert_int_equal(table_schema_of("y;x\n0;a\n1;b\n0;a\n1;b\n", "target=y;children=x", &s), CAMA_OK);
    cama__schema_free(s);
    static const char *const few[][2] = {{"0x1F", "0x0a"}, {"1/2", "-1/4"}, {"12:30", "9:05:30"}};
    for (size_t i = 0; i < sizeof few / sizeof *few; i++) {
        char text[64];
        snprintf(text, sizeof text, "y;x\n0;%s\n1;%s\n0;%s\n1;%s\n", few[i][0], few[i][1], few[i][0], few[i][1]);
        assert_int_equal(table_schema_of(text, "target=y;children=x", &s), CAMA_E_DATA);
        if (strstr(cama_last_error(), ": line 2, column \"x\": expected a decimal number") == NULL)
            fail_msg("%s", cama_last_error());
        cama__schema_free(table_good_schema(text, "target=y;children=x;categorical=x"));
    }
    /* nor is the target */
    assert_int_equal(table_schema_of("y;x\n5%;1\n10%;2\n5%;3\n10%;4\n", "target=y;children=x", &s), CAMA_E_DATA);
    assert_int_equal(table_schema_of("y;x\n0;3 kg\n1;500 g\n0;3 kg\n1;500 g\n", "target=y;children=x", &s),
                     CAMA_E_DATA);
    assert_int_equal(table_schema_of("y;x\n0;1_000\n1;1_500\n0;1_000\n1;1_500\n", "target=y;children=x", &s),
                     CAMA_E_DATA);
    assert_int_equal(table_schema_of("y;x\n0;12\xc2\xa0%\n1;5\xc2\xa0%\n0;5\xc2\xa0%\n", "target=y;children=x", &s),
                     CAMA_E_DATA);
    /* numbers that no float tells apart */
    assert_int_equal(table_schema_of("y;x\n0;1e-60\n1;2e-60\n0;3e-60\n", "target=y;children=x", &s), CAMA_E_DATA);
    table_ends_in(
        ": column \"x\": expected numbers that are told apart as floats, got 1e-60 to 3e-60 (in another unit)");
    /* these are levels */
    s = table_good_schema("y;x\n0;1/2/2024\n1;1.2.3\n0;0xfg\n1;12:30\n0;1/2/2024\n1;1:2/3\n0;1.2.3\n0;0xfg\n1;12:30\n0;1:2/3\n",
                          "target=y;children=x");
    assert_int_equal(s->variable[0].levels, 5);
    cama__schema_free(s);
    s = table_good_schema("y,x\n1st,18-25\n2nd,26-40\n1st,18-25\n3rd,4WD\n2nd,18-25\n", "target=y;children=x");
    table_expect_classes(s, "1st|2nd|3rd");
    cama__schema_free(s);
    s = table_good_schema("y;x\n0;28,7\n1;1,5\n0;-2,25\n", "target=y;children=x;decimal=comma");
    table_expect_variables(s, "x child continuous 1 at 0:\n");
    cama__schema_free(s);
    s = table_good_schema("y,x\n0,\xc2\xa0"
                          "1.5\n1,\xc2\xa0"
                          "2.5\n",
                          "target=y;children=x");
    table_expect_variables(s, "x child continuous 1 at 0:\n");
    cama__schema_free(s);
}

static void test_declared_categories_keep_their_texts(void **state)
{
    (void)state;
    static const char data[] = "y,id,z,x\n0,123456789012345678,007,1\n1,123456789012345679,7,2\n"
                               "0,123456789012345678,007,3\n1,123456789012345679,0070,4\n";
    cama_schema *s = table_good_schema(data, "target=y;children=x;parents=id;co_parents=z;categorical=id,z");
    table_expect_variables(s, "id parent categorical 2 at 0: 123456789012345678 123456789012345679\n"
                              "z co-parent categorical 3 at 0: 007 7 0070\nx child continuous 1 at 0:\n");
    cama_dataset *d = table_good_dataset(data, s, "");
    const float a[] = {1, 0, 0, 1, 1, 0, 0, 1}, c[] = {1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1};
    assert_memory_equal(d->a, a, sizeof a);
    assert_memory_equal(d->c, c, sizeof c);
    cama__dataset_free(d);
    assert_int_equal(table_dataset_of("y,id,z,x\n0,123456789012345677,7,1\n", s, "", &d), CAMA_E_DATA);
    table_ends_in("got \"123456789012345677\"");
    d = table_good_dataset("y,id,z,x\n0,123456789012345679,70.0,1\n", s, ""); /* the only one of that value */
    assert_true(d->c[2] == 1);
    cama__dataset_free(d);
    assert_int_equal(table_dataset_of("y,id,z,x\n0,123456789012345679,7.0,1\n", s, "", &d), CAMA_E_DATA); /* 007 or 7 */
    cama__schema_free(s);
    /* a target of integers too large for a double */
    s = table_good_schema("y,x\n123456789012345678,1\n123456789012345679,2\n123456789012345678,3\n",
                          "target=y;children=x");
    table_expect_classes(s, "123456789012345678|123456789012345679");
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
        cama_schema *s = table_good_schema(cases[i].data, text);
        table_expect_classes(s, "0|1");
        table_expect_variables(s, "c co-parent categorical 2 at 0: u v\nx child continuous 1 at 0:\n");
        cama_dataset *d = table_good_dataset(cases[i].data, s, cases[i].options);
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
    assert_int_equal(table_schema_of(data, "target=y;children=x", &s), CAMA_E_DATA);
    table_ends_in(
        ": line 11, column \"x\": expected a number nearer to the others (option extreme says how far it may be, "
        "invalid = drop leaves out its row), got \"9.96921e+36\"");
    s = table_good_schema(data, "target=y;children=x;invalid=drop");
    assert_true(s->variable[0].centre == 6 && s->variable[0].spread == 5);
    cama__schema_free(s);
    /* rounding noise with rare events is no reason */
    s = table_good_schema("y,x\n0,1e-17\n1,2e-17\n0,0\n1,-1e-17\n0,3e-17\n1,1e-17\n0,0\n1,1\n0,-2e-17\n1,1e-17\n",
                          "target=y;children=x");
    cama__schema_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_two_roles), cmocka_unit_test(test_costumes),
                                       cmocka_unit_test(test_declared_categories_keep_their_texts),
                                       cmocka_unit_test(test_dialects), cmocka_unit_test(test_extreme_numbers)};
    return cmocka_run_group_tests(tests, table_set_paths, table_remove_files);
}
