/* csv_test - what RFC 4180 allows, and a table of texts that must be refused with the line at which they go wrong. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "check.h"
#include "io/csv.h"

/* text (size) in memory that ends one byte behind its end, so that a sanitizer sees one byte too far. */
static int32_t parse(const char *text, size_t size, char **copy, cama__csv *csv)
{
    *copy = malloc(size + 1);
    memcpy(*copy, text, size);
    (*copy)[size] = '\0';
    memset(csv, 0, sizeof *csv);
    return cama__csv_parse(*copy, (int64_t)size, "PATH", csv);
}

/* A table written as rows of cells ending in '|' and rows ending in '\n'. */
static void expect(const char *text, const char *table)
{
    char got[1024] = "", *copy;
    cama__csv csv;
    if (parse(text, strlen(text), &copy, &csv) != CAMA_OK) fail_msg("%s: %s", text, cama_last_error());
    for (int64_t row = -1; row < csv.rows; row++) {
        for (int64_t i = 0; i < csv.columns; i++) {
            strcat(got, cama__csv_cell(&csv, row, i));
            strcat(got, "|");
        }
        strcat(got, "\n");
    }
    assert_string_equal(got, table);
    cama__csv_free(&csv);
    free(copy);
}

static void test_tables(void **state)
{
    (void)state;
    expect("a,b\n1,2\n", "a|b|\n1|2|\n");
    expect("a,b\r\n1,2\r\n3,4", "a|b|\n1|2|\n3|4|\n");
    expect("\xef\xbb\xbf"
           "a,b\n1,2",
           "a|b|\n1|2|\n");
    expect("\xef\xbb\xbf\"a\",b\n1,2", "a|b|\n1|2|\n");
    expect("a,b\n,\n", "a|b|\n||\n");
    expect("a,b\n1,", "a|b|\n1||\n");
    expect("\"a,1\",\"b\"\"q\"\"\"\n\"x\ny\r\nz\",\"\"\n", "a,1|b\"q\"|\nx\ny\r\nz||\n");
    expect(" a ,\tb\n  1 2  ,\" \"\n", "a|b|\n1 2||\n");
    expect("a\n1\n\n\r\n\n", "a|\n1|\n");
    expect("a\n\"\"\n2\n", "a|\n|\n2|\n");
    expect("a,a\n1,2\n", "a|a|\n1|2|\n");
    expect("\"\"\"\"\n\"\"\"\"\"\"", "\"|\n\"\"|\n");
    /* spaces around quotes, no-break spaces around numbers */
    expect("a, \"b\" ,c\n \"1\",\t\"2,\" , 3\n", "a|b|c|\n1|2,|3|\n");
    expect("a,b\n\xc2\xa0"
           "1\xc2\xa0,\xe2\x80\xaf-2 \xe2\x80\xaf\n",
           "a|b|\n1|-2|\n");
    expect("a,b\n\xc3\xa0,\xe2\x80\xb0\n", "a|b|\n\xc3\xa0|\xe2\x80\xb0|\n"); /* other characters that end so */
    /* lines without a record */
    expect("\n \na,b\n\n1,2\n   \n3,4\n\t\n\n", "a|b|\n1|2|\n3|4|\n");
    expect("a\n \n1\n", "a|\n|\n1|\n");
    /* an empty field behind the last column */
    expect("a,b\n1,2,\n3,4\n5,6,\"\"\n", "a|b|\n1|2|\n3|4|\n5|6|\n");
    /* lines that end in CR alone, zeros behind the last line */
    expect("a,b\r1,2\r3,\"x\ry\"\r", "a|b|\n1|2|\n3|x\ry|\n");
    /* the CR of a line's end inside the last cell's quotes; another CR stays */
    expect("\"a\",\"b\r\"\n1,2\r\n\"3\r\",\"4\r\"\r\n5,\"\r\"", "a|b|\n1|2|\n3\r|4|\n5||\n");
    expect("sep=;\r\na;b\r\n1,5;2\r\n", "a|b|\n1,5|2|\n");
    expect("sep=|\na|b\n1|2\n", "a|b|\n1|2|\n");
    expect("sep=x\n1\n", "sep=x|\n1|\n");
    /* another delimiter, where the header has no comma */
    expect("a;b\n1,5;2\n", "a|b|\n1,5|2|\n");
    expect("a\tb\n1;5\t2\n\t\n", "a|b|\n1;5|2|\n||\n");
    expect("\"a,1\";\"b\"\n1;2\n", "a,1|b|\n1|2|\n");
    expect("a;b,c\n1;2,3\n", "a;b|c|\n1;2|3|\n");
}

static void test_refused(void **state)
{
    (void)state;
#define CASE(text, message)                                                                                            \
    {                                                                                                                  \
        text, sizeof text - 1, message                                                                                 \
    }
    static const struct {
        const char *text;
        size_t size;
        const char *message;
    } cases[] = {
        CASE("", "PATH: expected a header line, got an empty file"),
        CASE("\xef\xbb\xbf", "PATH: expected a header line, got an empty file"),
        CASE("\n\r\n", "PATH: expected a header line, got an empty file"),
        CASE("a,b\n", "PATH: expected records after the header line, got none"),
        CASE("a,b", "PATH: expected records after the header line, got none"),
        CASE("a,b\n1,2\n3\n", "PATH: line 3: expected 2 fields, as in the header, got 1"),
        CASE("a,b\n1,\"\n\n\"\n3,4,5\n", "PATH: line 5: expected 2 fields, as in the header, got 3"),
        CASE("a\n1\n\n3\n", "PATH: line 3: expected a record, got a blank line"),
        CASE("title\na,b\n1,2\n", "PATH: line 2: expected 1 fields, as in the header, got 2 (option skip_lines leaves "
                                  "out lines before the header)"),
        CASE("# title\na,b\n1,2\n", "PATH: line 2: expected 1 fields, as in the header, got 2 (option comment leaves "
                                    "out lines that begin with a mark)"),
        CASE("a,b\n1,2\n# end\n", "PATH: line 3: expected 2 fields, as in the header, got 1 (option comment leaves out "
                                  "lines that begin with a mark)"),
        CASE("a,b\n1,2,3,\n", "PATH: line 2: expected 2 fields, as in the header, got 4"),
        CASE("a;b\n\"1\"2;3\n", "PATH: line 2: expected a delimiter or the end of the line after a closing quote"),
        CASE("a,b\n1,\"2\n3,4\n", "PATH: line 2: expected a closing quote for the one that opens here"),
        CASE("a,b\n1,\"", "PATH: line 2: expected a closing quote for the one that opens here"),
        CASE("a,b\n1,\"2\"\"", "PATH: line 2: expected a closing quote for the one that opens here"),
        CASE("a,b\n1,2\"\n", "PATH: line 2: expected quotes around the whole field, got one inside it"),
        CASE("a,b\n1,2 \"2\"\n", "PATH: line 2: expected quotes around the whole field, got one inside it"),
        CASE("a,b\n1,\"2\"3\n", "PATH: line 2: expected a comma or the end of the line after a closing quote"),
        CASE("a,b\n1,\"2\" 3\n", "PATH: line 2: expected a comma or the end of the line after a closing quote"),
        CASE("a,b\n1,2\0\n", "PATH: line 2: expected text, got a NUL byte"),
        CASE("a,b\n1,2\0\0", "PATH: line 2: expected text, got a NUL byte"),
        CASE("a,b\n1,\"\n\0\"\n", "PATH: line 3: expected text, got a NUL byte"),
        CASE("a,b\n1,\"2\"\0\n", "PATH: line 2: expected a comma or the end of the line after a closing quote"),
        CASE("a,b\n1,2\r", "PATH: line 2: expected a line to end in LF or CR LF, got a CR alone"),
        CASE("\xff\xfe"
             "a\0,\0b\0",
             "PATH: expected text in UTF-8, got UTF-16 (convert it: iconv -f UTF-16 -t UTF-8)"),
        CASE("\xfe\xff\0a\0,\0b", "PATH: expected text in UTF-8, got UTF-16"),
        CASE("\xff\xfe\0\0", "PATH: expected text in UTF-8, got UTF-32"),
        CASE("a\0,\0b\0\n\0"
             "1\0,\0"
             "2\0\n\0",
             "PATH: expected text in UTF-8, got UTF-16 without a byte order mark"),
        CASE("PK\x03\x04...", "PATH: expected text in UTF-8, got a zip archive, as .xlsx and .ods files are"),
    };
#undef CASE
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *copy;
        cama__csv csv;
        assert_int_equal(parse(cases[i].text, cases[i].size, &copy, &csv), CAMA_E_FORMAT);
        if (strncmp(cama_last_error(), cases[i].message, strlen(cases[i].message)) != 0)
            fail_msg("%s\n  got %s", cases[i].message, cama_last_error());
        assert_null(csv.cell);
        free(copy);
    }
}

static void test_columns_and_errors(void **state)
{
    (void)state;
    static const char text[] = "b,a,,b,c\n1,2,3,4,5\n\"x\ny\",,3,4,"
                               "0123456789012345678901234567890123456789a\n";
    char *copy;
    int64_t column = 77;
    cama__csv csv;
    assert_int_equal(parse(text, sizeof text - 1, &copy, &csv), CAMA_OK);
    OK(cama__csv_column(&csv, "a", &column));
    assert_int_equal(column, 1);
    OK(cama__csv_column(&csv, "", &column));
    assert_int_equal(column, 2);
    OK(cama__csv_column(&csv, "c", &column));
    assert_int_equal(column, 4);
    OK(cama__csv_column(&csv, "B", &column));
    assert_int_equal(column, -1);
    OK(cama__csv_column(&csv, "z", &column));
    assert_int_equal(column, -1);
    column = 77;
    assert_int_equal(cama__csv_column(&csv, "b", &column), CAMA_E_FORMAT);
    assert_int_equal(column, 77);
    assert_string_equal(cama_last_error(),
                        "PATH: header: expected \"b\" as the name of one column, got columns 1 and 4");

    assert_int_equal(cama__csv_error(&csv, 1, 1, CAMA_E_DATA, "E"), CAMA_E_DATA);
    assert_string_equal(cama_last_error(), "PATH: line 3, column \"a\": expected E, got an empty cell");
    cama__csv_error(&csv, 1, 4, CAMA_E_DATA, "E");
    assert_string_equal(cama_last_error(), "PATH: line 3, column \"c\": expected E, got "
                                           "\"0123456789012345678901234567890123456789\"");
    assert_int_equal(cama__shown("012345678901234567890123456789012345678\xc3\xa4"), 39);
    cama__csv_free(&csv);
    free(copy);
}

/* Ten megabytes in one line: one field, fields without number, quotes without number. */
static void expect_dialect(const cama__dialect *dialect, const char *text, size_t size, const char *table)
{
    char got[1024] = "", *copy = malloc(size + 1);
    cama__csv csv;
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (cama__csv_parse_as(copy, (int64_t)size, "PATH", dialect, &csv) != CAMA_OK)
        fail_msg("%s: %s", text, cama_last_error());
    for (int64_t row = -1; row < csv.rows; row++)
        for (int64_t i = 0; i < csv.columns; i++) {
            strcat(got, cama__csv_cell(&csv, row, i));
            strcat(got, i + 1 < csv.columns ? "|" : "\n");
        }
    assert_string_equal(got, table);
    cama__csv_free(&csv);
    free(copy);
}

static void test_dialects(void **state)
{
    (void)state;
    static const char *two[] = {"p", "q"};
    const cama__dialect bare = {.comment = ""}, named = {.comment = "", .columns = {2, two, NULL}},
                        spaces = {.header = true, .comment = "", .delimiter = ' '},
                        units = {.header = true, .comment = "#", .skip_lines = 2, .skip_records = 1},
                        comma = {.header = true, .comment = "", .decimal_comma = true};
#define DIALECT_CASE(dialect, text, table) expect_dialect(&dialect, text, sizeof text - 1, table)
    DIALECT_CASE(bare, "1,2\n3,4\n", "1|2\n1|2\n3|4\n");
    DIALECT_CASE(bare, "1,2", "1|2\n1|2\n");
    DIALECT_CASE(named, "1;2\n", "p|q\n1|2\n");
    DIALECT_CASE(spaces, "a  b\tc\n 1 2   3 \n\n\"x y\" 5 \"\"\n", "a|b|c\n1|2|3\nx y|5|\n");
    DIALECT_CASE(units, "a title, with\n\"commas\n#c\n\na,b\n#c\nm,\"s\n,t\",u\n1,2\n#,\n3,4\n", "a|b\n1|2\n3|4\n");
    DIALECT_CASE(comma, "a,b;c\n1,5;2\n", "a,b|c\n1,5|2\n");
    DIALECT_CASE(comma, "a,b\n1,5\n", "a|b\n1|5\n");
    DIALECT_CASE(cama__dialect_plain, "a,b\n1,2\n\0\0\0", "a|b\n1|2\n");
#undef DIALECT_CASE
    double value = 7;
    assert_int_equal(cama__dialect_number(&comma, "-1,5e3", &value), DECIMAL_NUMBER);
    assert_true(value == -1500);
    assert_int_equal(cama__dialect_number(&comma, "12", &value), DECIMAL_NUMBER);
    assert_int_equal(cama__dialect_number(&comma, "1.234,5", &value), DECIMAL_OTHER);
    assert_int_equal(cama__dialect_number(&comma, "1,234.5", &value), DECIMAL_OTHER);
    assert_int_equal(cama__dialect_number(&comma, "1,2,3", &value), DECIMAL_OTHER);
    assert_int_equal(cama__dialect_number(&comma, "1.5", &value), DECIMAL_OTHER);
    assert_int_equal(cama__dialect_number(&cama__dialect_plain, "1,5", &value), DECIMAL_OTHER);
    char text[] = "1,2,3\n";
    cama__csv csv = {0};
    assert_int_equal(cama__csv_parse_as(text, 6, "PATH", &named, &csv), CAMA_E_OPTION);
    assert_string_equal(cama_last_error(),
                        "PATH: line 1: expected 2 fields, one for each name of option columns, got 3");
}

static void test_hints(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"# a,b\n1,2\n", "b", " (the header begins with \"#\": option comment leaves out such lines)"},
        {"a b\n1 2\n", "b", " (the header is one field: option delimiter says what divides the columns)"},
        {"1,2\n3,4\n", "b", " (the first line has numbers: option header = none reads a file without a header)"},
        {"a,Be\n1,2\n", "bE", " (there is \"Be\")"},
        {"a,be\n1,2\n", "b", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *copy, hint[CSV_HINT];
        cama__csv csv;
        assert_int_equal(parse(cases[i][0], strlen(cases[i][0]), &copy, &csv), CAMA_OK);
        assert_string_equal(cama__csv_hint(&csv, cases[i][1], hint), cases[i][2]);
        cama__csv_free(&csv);
        free(copy);
    }
}

static void test_long_lines(void **state)
{
    (void)state;
    enum { SIZE = 10000000 };
    char *text = malloc(SIZE + 64), *copy;
    cama__csv csv;
    const char fill[] = {'x', ',', '"'};
    for (int i = 0; i < 3; i++) {
        memcpy(text, "a\n\"", 3);
        memset(text + (i < 2 ? 2 : 3), fill[i], SIZE);
        memcpy(text + SIZE + 3, "\"\n", 2);
        if (i < 2) text[SIZE + 2] = text[SIZE + 3] = '\n';
        const int32_t status = parse(text, SIZE + 4, &copy, &csv);
        assert_int_equal(status, i == 1 ? CAMA_E_FORMAT : CAMA_OK);
        if (i == 1)
            assert_string_equal(cama_last_error(),
                                "PATH: line 2: expected 1 fields, as in the header, got 10000001 (option skip_lines "
                                "leaves out lines before the header)");
        if (i != 1) assert_int_equal(strlen(cama__csv_cell(&csv, 0, 0)), i == 0 ? SIZE : SIZE / 2);
        cama__csv_free(&csv);
        free(copy);
    }
    free(text);
}

static void test_files(void **state)
{
    (void)state;
    static const char text[] = "a,b\n1,\"x,y\"\n";
    const char *folder = getenv("TMPDIR");
    char path[512];
    cama__csv csv = {0};
    for (int packed = 0; packed < 2; packed++) {
        snprintf(path, sizeof path, "%s/csv_test_%ld.csv", folder != NULL ? folder : "/tmp", (long)getpid());
        gzFile file = gzopen(path, packed ? "wb" : "wbT");
        assert_non_null(file);
        assert_int_equal(gzwrite(file, text, sizeof text - 1), sizeof text - 1);
        gzclose(file);
        const int32_t status = cama__csv_read(path, &csv);
        unlink(path);
        assert_int_equal(status, CAMA_OK);
        assert_string_equal(cama__csv_cell(&csv, 0, 1), "x,y");
        cama__csv_free(&csv);
    }
    assert_int_equal(cama__csv_read(path, &csv), CAMA_E_IO);
    assert_null(csv.text);
}

static void test_lists(void **state)
{
    (void)state;
    cama__csv_names names = {0};
    OK(cama__csv_names_read(" a, b c ,\"d,e\",\"\"\"\"", "parents", &names));
    assert_int_equal(names.count, 4);
    assert_int_equal(cama__csv_names_find(&names, "a"), 0);
    assert_int_equal(cama__csv_names_find(&names, "b c"), 1);
    assert_int_equal(cama__csv_names_find(&names, "d,e"), 2);
    assert_int_equal(cama__csv_names_find(&names, "\""), 3);
    assert_int_equal(cama__csv_names_find(&names, "d"), -1);
    cama__csv_names_free(&names);
    OK(cama__csv_names_read(" ", "parents", &names));
    assert_int_equal(names.count, 0);
    static const char *const bad[][2] = {
        {"a,,b", "option parents: expected names, got an empty one"},
        {"a,", "option parents: expected names, got an empty one"},
        {"a,b,a", "option parents: expected each name once, got \"a\" twice"},
        {"a\nb", "option parents: expected names in one line, got the end of a line"},
        {"a\n", "option parents: expected names in one line, got the end of a line"},
        {"\"a", "option parents: expected a closing quote for the one that opens here, got the end of the text"},
        {"a\"b", "option parents: expected quotes around the whole field, got one inside it"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(cama__csv_names_read(bad[i][0], "parents", &names), CAMA_E_OPTION);
        assert_string_equal(cama_last_error(), bad[i][1]);
        assert_null(names.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),     cmocka_unit_test(test_refused), cmocka_unit_test(test_columns_and_errors),
        cmocka_unit_test(test_long_lines), cmocka_unit_test(test_files),   cmocka_unit_test(test_lists),
        cmocka_unit_test(test_dialects),   cmocka_unit_test(test_hints)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
