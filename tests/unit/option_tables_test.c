/* option_tables - every row of every table is sound and listed, and the library's sources read keys that exist. */
#include <glob.h>
#include <math.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "options/options.h"

static cama_options *make(const char *verb)
{
    cama_options *options = NULL;
    assert_int_equal(cama_options_create(verb, &options), CAMA_OK);
    assert_non_null(options);
    return options;
}

/* ---- Tables ------------------------------------------------------------------------------------------------------ */

static void check_text(const char *text)
{
    assert_true(text != NULL && strlen(text) > 3 && strlen(text) <= 170);
    assert_null(strchr(text, '\n'));
    assert_true(text[strlen(text) - 1] != '.');
}

/* Text and numbers of a row say the same. */
static void check_numbers(const cama__option *row)
{
    char left, right, *end;
    double low, high;
    assert_int_equal(sscanf(row->range, "%c%lf, %lf%c", &left, &low, &high, &right), 4);
    assert_true((left == '[' || left == '(') && (right == ']' || right == ')'));
    assert_true(low == row->low && high == row->high && low < high);
    assert_true(strtod(row->fallback, &end) == row->number && *end == '\0');
    if (row->type == CAMA_TYPE_INT) {
        assert_true(left == '[' && right == ']');
        assert_true(fabs(low) <= 9007199254740992.0 && fabs(high) <= 9007199254740992.0);
        assert_true(row->number == floor(row->number) && low == floor(low) && high == floor(high));
    }
}

static int32_t set_default(cama_options *options, const cama__option *row)
{
    switch (row->type) {
    case CAMA_TYPE_INT: return cama_options_set_int(options, row->key, (int64_t)row->number);
    case CAMA_TYPE_REAL: return cama_options_set_real(options, row->key, row->number);
    case CAMA_TYPE_TEXT: return cama_options_set_text(options, row->key, row->fallback);
    default: return cama_options_set_vector(options, row->key, NULL, 0);
    }
}

static void check_row(cama_options *options, const cama__option *row)
{
    assert_true(strlen(row->key) > 0 && strlen(row->key) < 32);
    assert_int_equal(strspn(row->key, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(row->key));
    assert_in_range(row->type, CAMA_TYPE_INT, CAMA_TYPE_VECTOR);
    check_text(row->help);
    if (row->type == CAMA_TYPE_INT || row->type == CAMA_TYPE_REAL) check_numbers(row);
    assert_int_equal(row->words, strchr(row->range, '|') != NULL);
    if (row->type == CAMA_TYPE_VECTOR) assert_string_equal(row->fallback, "");
    assert_int_equal(set_default(options, row), CAMA_OK);
}

static void every_row_is_sound(void **state)
{
    (void)state;
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        const cama__option_table *table = &cama__option_tables[verb];
        cama_options *options = make(table->name);
        assert_true(table->count > 0);
        for (int32_t i = 0; i < table->count; i++) {
            check_row(options, &table->rows[i]);
            for (int32_t j = 0; j < i; j++) assert_string_not_equal(table->rows[i].key, table->rows[j].key);
        }
        cama_options_free(options);
    }
}

/* Each end of each range is on the right side. */
static void check_ends(cama_options *options, const cama__option *row)
{
    const char *key = row->key;
    if (row->type == CAMA_TYPE_INT) {
        assert_int_equal(cama_options_set_int(options, key, (int64_t)row->low), CAMA_OK);
        assert_int_equal(cama_options_set_int(options, key, (int64_t)row->high), CAMA_OK);
        assert_int_equal(cama_options_set_int(options, key, (int64_t)row->low - 1), CAMA_E_OPTION);
        assert_int_equal(cama_options_set_int(options, key, (int64_t)row->high + 1), CAMA_E_OPTION);
        assert_int_equal(cama_options_set_int(options, key, INT64_MAX), CAMA_E_OPTION);
        assert_int_equal(cama_options_set_int(options, key, INT64_MIN), CAMA_E_OPTION);
    } else if (row->type == CAMA_TYPE_REAL) {
        const int32_t at_low = row->range[0] == '(' ? CAMA_E_OPTION : CAMA_OK;
        const int32_t at_high = strchr(row->range, ')') != NULL ? CAMA_E_OPTION : CAMA_OK;
        assert_int_equal(cama_options_set_real(options, key, row->low), at_low);
        assert_int_equal(cama_options_set_real(options, key, row->high), at_high);
        assert_int_equal(cama_options_set_real(options, key, nextafter(row->low, -INFINITY)), CAMA_E_OPTION);
        assert_int_equal(cama_options_set_real(options, key, nextafter(row->high, INFINITY)), CAMA_E_OPTION);
        assert_int_equal(cama_options_set_real(options, key, nextafter(row->low, INFINITY)), CAMA_OK);
        assert_int_equal(cama_options_set_real(options, key, NAN), CAMA_E_OPTION);
        assert_int_equal(cama_options_set_real(options, key, INFINITY), CAMA_E_OPTION);
    } else if (row->type == CAMA_TYPE_VECTOR) {
        const float ends[] = {(float)row->low, (float)row->high}, beyond = (float)row->high * 1.01f, nan = NAN;
        assert_int_equal(cama_options_set_vector(options, key, ends, 2), CAMA_OK);
        assert_int_equal(cama_options_set_vector(options, key, &beyond, 1), CAMA_E_OPTION);
        assert_int_equal(cama_options_set_vector(options, key, &nan, 1), CAMA_E_OPTION);
    }
}

static void ranges_hold_at_their_ends(void **state)
{
    (void)state;
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        const cama__option_table *table = &cama__option_tables[verb];
        cama_options *options = make(table->name);
        for (int32_t i = 0; i < table->count; i++) check_ends(options, &table->rows[i]);
        cama_options_free(options);
    }
}

static void tables_can_be_enumerated(void **state)
{
    (void)state;
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        const cama__option_table *table = &cama__option_tables[verb];
        const char *key, *fallback, *range, *help;
        int32_t count = -1, type;
        assert_int_equal(cama_options_count(table->name, &count), CAMA_OK);
        assert_int_equal(count, table->count);
        for (int32_t i = 0; i < count; i++) {
            assert_int_equal(cama_options_describe(table->name, i, &key, &type, &fallback, &range, &help), CAMA_OK);
            assert_ptr_equal(key, table->rows[i].key);
            assert_ptr_equal(fallback, table->rows[i].fallback);
            assert_ptr_equal(range, table->rows[i].range);
            assert_ptr_equal(help, table->rows[i].help);
            assert_int_equal(type, table->rows[i].type);
        }
        assert_int_equal(cama_options_describe(table->name, 0, NULL, NULL, NULL, NULL, NULL), CAMA_OK);
        key = "as before";
        assert_int_equal(cama_options_describe(table->name, count, &key, NULL, NULL, NULL, NULL), CAMA_E_ARGUMENT);
        assert_int_equal(cama_options_describe(table->name, -1, &key, NULL, NULL, NULL, NULL), CAMA_E_ARGUMENT);
        assert_string_equal(key, "as before");
    }
    assert_string_equal(cama_last_error(), "option index of \"view\": expected 0 to 4, got -1");
    assert_int_equal(VERB_COUNT, 16);
}

/* ---- Readers in the sources -------------------------------------------------------------------------------------- */

static bool row_serves(const cama__option *row, const char *reader, const char *key)
{
    static const struct {
        const char *reader;
        int32_t type;
    } types[] = {{"int", CAMA_TYPE_INT},     {"real", CAMA_TYPE_REAL}, {"text", CAMA_TYPE_TEXT},
                 {"choice", CAMA_TYPE_TEXT}, {"is", CAMA_TYPE_TEXT},   {"vector", CAMA_TYPE_VECTOR}};
    if (strcmp(row->key, key) != 0) return false;
    if (strcmp(reader, "given") == 0) return true;
    if (strcmp(reader, "choice") == 0 && !row->words) return false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].reader, reader) == 0) return row->type == types[i].type;
    return false;
}

/* Whether VERB_TRAIN is the verb "train"; a variable may be any verb. */
static bool may_be(const char *spelled, const char *verb)
{
    if (strncmp(spelled, "VERB_", 5) != 0) return true;
    for (spelled += 5; *spelled != '\0' && *verb != '\0'; spelled++, verb++)
        if ((*spelled | 32) != *verb) return false;
    return *spelled == *verb;
}

static bool served(const char *reader, const char *verb, const char *key)
{
    for (int v = 0; v < VERB_COUNT; v++) {
        const cama__option_table *table = &cama__option_tables[v];
        if (!may_be(verb, table->name)) continue;
        for (int32_t i = 0; i < table->count; i++)
            if (row_serves(&table->rows[i], reader, key)) return true;
    }
    return false;
}

/* Number of reads of a key that its verb does not have with that type. */
static int wrong_reads(const char *name, const char *source)
{
    const char *pattern = "cama__options_(int|real|text|vector|choice|is|given)[(][^,;]*,[[:space:]]*"
                          "([A-Za-z0-9_.>-]+),[[:space:]]*\"([^\"]*)\"";
    regex_t regex;
    regmatch_t match[4];
    char part[4][64];
    int wrong = 0;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED), 0);
    for (; regexec(&regex, source, 4, match, 0) == 0; source += match[0].rm_eo) {
        for (int i = 1; i < 4; i++)
            snprintf(part[i], sizeof part[i], "%.*s", (int)(match[i].rm_eo - match[i].rm_so), source + match[i].rm_so);
        if (served(part[1], part[2], part[3])) continue;
        wrong++;
        if (name != NULL) print_error("%s: cama__options_%s(..., %s, \"%s\")\n", name, part[1], part[2], part[3]);
    }
    regfree(&regex);
    return wrong;
}

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, file) < (1 << 20) - 1);
    fclose(file);
    return text;
}

static void the_library_reads_known_keys(void **state)
{
    (void)state;
    assert_int_equal(wrong_reads(NULL, "x = cama__options_int(o, VERB_TRAIN, \"epochs\");"), 0);
    assert_int_equal(wrong_reads(NULL, "x = cama__options_int(o, VERB_TRAIN, \"epoch\");"), 1);
    assert_int_equal(wrong_reads(NULL, "x = cama__options_int(o, VERB_PREDICT,\n    \"epochs\");"), 1);
    assert_int_equal(wrong_reads(NULL, "f(cama__options_real(o, plan->verb, \"kl_weight\"))"), 0);
    assert_int_equal(wrong_reads(NULL, "f(cama__options_int(o, verb, \"kl_weight\"))"), 1);
    assert_int_equal(wrong_reads(NULL, "cama__options_choice(o, VERB_MODEL, \"p_y\")"), 1);
    assert_int_equal(wrong_reads(NULL, "cama__options_is(o, VERB_M, \"m\", \"a\") cama__options_int(o, v, \"q\")"), 2);

    glob_t files;
    assert_int_equal(glob("src/*/*.c", 0, NULL, &files), 0); /* tests run in the source root */
    int wrong = 0;
    for (size_t i = 0; i < files.gl_pathc; i++) {
        char *source = read_whole(files.gl_pathv[i]);
        wrong += wrong_reads(files.gl_pathv[i], source);
        free(source);
    }
    globfree(&files);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_sound),
        cmocka_unit_test(ranges_hold_at_their_ends),
        cmocka_unit_test(tables_can_be_enumerated),
        cmocka_unit_test(the_library_reads_known_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
