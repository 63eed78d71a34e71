/* csv_test - what RFC 4180 allows, and a table of texts that must be refused with the line at which they go wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

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
    expect("\xef\xbb\xbf" "a,b\n1,2", "a|b|\n1|2|\n");
    expect("\xef\xbb\xbf\"a\",b\n1,2", "a|b|\n1|2|\n");
    expect("a,b\n,\n", "a|b|\n||\n");
    expect("a,b\n1,", "a|b|\n1||\n");
    expect("\"a,1\",\"b\"\"q\"\"\"\n\"x\ny\r\nz\",\"\"\n", "a,1|b\"q\"|\nx\ny\r\nz||\n");
    expect(" a ,\tb\n  1 2  ,\" \"\n", "a|b|\n1 2||\n");
    expect("a\n1\n\n\r\n\n", "a|\n1|\n");
    expect("a\n\"\"\n2\n", "a|\n|\n2|\n");
    expect("a,a\n1,2\n", "a|a|\n1|2|\n");
    expect("\"\"\"\"\n\"\"\"\"\"\"", "\"|\n\"\"|\n");
}

static void test_refused(void **state)
{
    (void)state;
#define CASE(text, message) {text, sizeof text - 1, message}
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
        CASE("a,b\n1,2\n   \n3,4\n", "PATH: line 3: expected 2 fields, as in the header, got 1"),
        CASE("a,b\n1,2\n\n3,4\n", "PATH: line 3: expected a record, got a blank line"),
        CASE("\na,b\n1,2\n", "PATH: line 1: expected a record, got a blank line"),
        CASE("a,b\n1,\"2\n3,4\n", "PATH: line 2: expected a closing quote for the one that opens here"),
        CASE("a,b\n1,\"", "PATH: line 2: expected a closing quote for the one that opens here"),
        CASE("a,b\n1,\"2\"\"", "PATH: line 2: expected a closing quote for the one that opens here"),
        CASE("a,b\n1,2\"\n", "PATH: line 2: expected quotes around the whole field, got one inside it"),
        CASE("a,b\n1, \"2\"\n", "PATH: line 2: expected quotes around the whole field, got one inside it"),
        CASE("a,b\n1,\"2\"3\n", "PATH: line 2: expected a comma or the end of the line after a closing quote"),
        CASE("a,b\n1,\"2\" \n", "PATH: line 2: expected a comma or the end of the line after a closing quote"),
        CASE("a,b\n1,2\0\n", "PATH: line 2: expected text, got a NUL byte"),
        CASE("a,b\n1,\"\n\0\"\n", "PATH: line 3: expected text, got a NUL byte"),
        CASE("a,b\n1,\"2\"\0\n", "PATH: line 2: expected a comma or the end of the line after a closing quote"),
        CASE("a,b\r1,2\r", "PATH: line 1: expected a line to end in LF or CR LF, got a CR alone"),
        CASE("a,b\n1,2\r", "PATH: line 2: expected a line to end in LF or CR LF, got a CR alone"),
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
    assert_int_equal(cama__csv_column(&csv, "a", &column), CAMA_OK);
    assert_int_equal(column, 1);
    assert_int_equal(cama__csv_column(&csv, "", &column), CAMA_OK);
    assert_int_equal(column, 2);
    assert_int_equal(cama__csv_column(&csv, "c", &column), CAMA_OK);
    assert_int_equal(column, 4);
    assert_int_equal(cama__csv_column(&csv, "B", &column), CAMA_OK);
    assert_int_equal(column, -1);
    assert_int_equal(cama__csv_column(&csv, "z", &column), CAMA_OK);
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
                                "PATH: line 2: expected 1 fields, as in the header, got 10000001");
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
    assert_int_equal(cama__csv_names_read(" a, b c ,\"d,e\",\"\"\"\"", "parents", &names), CAMA_OK);
    assert_int_equal(names.count, 4);
    assert_int_equal(cama__csv_names_find(&names, "a"), 0);
    assert_int_equal(cama__csv_names_find(&names, "b c"), 1);
    assert_int_equal(cama__csv_names_find(&names, "d,e"), 2);
    assert_int_equal(cama__csv_names_find(&names, "\""), 3);
    assert_int_equal(cama__csv_names_find(&names, "d"), -1);
    cama__csv_names_free(&names);
    assert_int_equal(cama__csv_names_read(" ", "parents", &names), CAMA_OK);
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
        cmocka_unit_test(test_long_lines), cmocka_unit_test(test_files),   cmocka_unit_test(test_lists)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
