/* sort_test - sorted, and the same items; found where they are, and nowhere else. */

#include "base/sort.h"
#include "check.h"

typedef struct {
    int32_t key;
    int32_t mark; /* 3 * key + 1, so that a torn item is seen */
} item;

static int by_key(const void *a, const void *b)
{
    const item *left = a, *right = b;
    return (left->key > right->key) - (left->key < right->key);
}

static void test_all_lengths(void **state)
{
    (void)state;
    enum { MOST = 100, KEYS = 17 };
    uint32_t random = 1;
    for (int64_t count = 0; count <= MOST; count++) {
        item items[MOST];
        int32_t times[KEYS] = {0};
        for (int64_t i = 0; i < count; i++) {
            random = random * 1664525u + 1013904223u;
            items[i].key = (int32_t)(random >> 16) % KEYS;
            items[i].mark = 3 * items[i].key + 1;
            times[items[i].key]++;
        }
        cama__sort(items, count, sizeof *items, by_key);
        for (int64_t i = 0; i < count; i++) {
            if (i > 0) assert_true(items[i - 1].key <= items[i].key);
            assert_int_equal(items[i].mark, 3 * items[i].key + 1);
            times[items[i].key]--;
        }
        for (int32_t key = 0; key < KEYS; key++) assert_int_equal(times[key], 0);
    }
}

static void test_texts_are_found(void **state)
{
    (void)state;
    const char *texts[] = {"b", "", "abc", "ab", "\xc3\xa4", "c"}, *none = "abd", *last = "\xff";
    const int64_t count = sizeof texts / sizeof *texts;
    cama__sort(texts, count, sizeof *texts, cama__sort_texts);
    assert_string_equal(texts[0], "");
    assert_string_equal(texts[5], "\xc3\xa4");
    for (int64_t i = 0; i < count; i++)
        assert_int_equal(cama__sort_find(&texts[i], texts, count, sizeof *texts, cama__sort_texts), i);
    assert_int_equal(cama__sort_find(&none, texts, count, sizeof *texts, cama__sort_texts), -1);
    assert_int_equal(cama__sort_find(&last, texts, count, sizeof *texts, cama__sort_texts), -1);
    assert_int_equal(cama__sort_find(&none, texts, 0, sizeof *texts, cama__sort_texts), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_lengths), cmocka_unit_test(test_texts_are_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
