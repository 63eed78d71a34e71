/* option_tables - every row of every table is sound and listed. (That the library reads
 * keys that exist, the compiler checks.) */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "options/options.h"

static cama_options *make(const char *verb)
{
    cama_options *options = NULL;
    OK(cama_options_create(verb, &options));
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
        assert_near(low, 0, 9007199254740992.0);
        assert_near(high, 0, 9007199254740992.0);
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
        OK(cama_options_set_int(options, key, (int64_t)row->low));
        OK(cama_options_set_int(options, key, (int64_t)row->high));
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
        OK(cama_options_set_real(options, key, nextafter(row->low, INFINITY)));
        assert_int_equal(cama_options_set_real(options, key, NAN), CAMA_E_OPTION);
        assert_int_equal(cama_options_set_real(options, key, INFINITY), CAMA_E_OPTION);
    } else if (row->type == CAMA_TYPE_VECTOR) {
        const float ends[] = {(float)row->low, (float)row->high}, beyond = (float)row->high * 1.01f, nan = NAN;
        OK(cama_options_set_vector(options, key, ends, 2));
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
        OK(cama_options_count(table->name, &count));
        assert_int_equal(count, table->count);
        for (int32_t i = 0; i < count; i++) {
            OK(cama_options_describe(table->name, i, &key, &type, &fallback, &range, &help));
            assert_ptr_equal(key, table->rows[i].key);
            assert_ptr_equal(fallback, table->rows[i].fallback);
            assert_ptr_equal(range, table->rows[i].range);
            assert_ptr_equal(help, table->rows[i].help);
            assert_int_equal(type, table->rows[i].type);
        }
        OK(cama_options_describe(table->name, 0, NULL, NULL, NULL, NULL, NULL));
        key = "as before";
        assert_int_equal(cama_options_describe(table->name, count, &key, NULL, NULL, NULL, NULL), CAMA_E_ARGUMENT);
        assert_int_equal(cama_options_describe(table->name, -1, &key, NULL, NULL, NULL, NULL), CAMA_E_ARGUMENT);
        assert_string_equal(key, "as before");
    }
    assert_string_equal(cama_last_error(), "option index of \"stream\": expected 0 to 3, got -1");
    assert_int_equal(VERB_COUNT, 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_sound),
        cmocka_unit_test(ranges_hold_at_their_ends),
        cmocka_unit_test(tables_can_be_enumerated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
