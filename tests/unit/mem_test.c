/* mem_test - zeroed aligned memory through the hook, refused sizes, and an arena whose two passes agree. */

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "check.h"

typedef struct {
    int allocated, freed;
    size_t bytes; /* of the last request */
    bool fail;
} ledger;

/* Memory as it comes from a heap in use: full of something. */
static void *dirty_alloc(void *user, size_t bytes)
{
    ledger *book = user;
    void *pointer = NULL;
    book->bytes = bytes;
    if (book->fail || posix_memalign(&pointer, CAMA__ALIGN, bytes) != 0) return NULL;
    book->allocated++;
    return memset(pointer, 0xa5, bytes);
}

static void counting_free(void *user, void *pointer)
{
    ((ledger *)user)->freed++;
    free(pointer);
}

static int restore_hook(void **state)
{
    (void)state;
    cama__mem_set_hook(NULL);
    return 0;
}

static ledger *keep_books(ledger *book)
{
    const cama__mem_hook hook = {dirty_alloc, counting_free, book};
    *book = (ledger){0, 0, 0, false};
    cama__mem_set_hook(&hook);
    return book;
}

static void assert_zero_and_aligned(const void *pointer, size_t bytes)
{
    assert_non_null(pointer);
    assert_int_equal((uintptr_t)pointer % CAMA__ALIGN, 0);
    for (size_t i = 0; i < bytes; i++) assert_int_equal(((const unsigned char *)pointer)[i], 0);
}

static void test_memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    ledger book;
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1) keep_books(&book);
        for (size_t count = 0; count < 200; count += 13) {
            unsigned char *pointer = cama__mem_alloc(count, 3);
            assert_zero_and_aligned(pointer, count * 3);
            memset(pointer, 1, count * 3);
            cama__mem_free(pointer);
        }
    }
    assert_int_equal(book.allocated, 16);
    assert_int_equal(book.freed, 16);
}

/* Large blocks come from the system in another way. */
static void test_large_memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    const size_t bytes = ((size_t)5 << 20) + 12345;
    for (int pass = 0; pass < 3; pass++) {
        unsigned char *pointer = cama__mem_alloc(bytes, 1);
        assert_zero_and_aligned(pointer, bytes);
        memset(pointer, 1, bytes);
        cama__mem_free(pointer);
    }
}

static void test_room_is_aligned_and_as_it_comes(void **state)
{
    (void)state;
    ledger book;
    keep_books(&book);
    unsigned char *pointer = cama__mem_room(1000);
    assert_non_null(pointer);
    assert_int_equal((uintptr_t)pointer % CAMA__ALIGN, 0);
    assert_true(book.bytes >= 1000);
    assert_int_equal(pointer[999], 0xa5);
    cama__mem_free(pointer);
    book.fail = true;
    assert_null(cama__mem_room(1000));
    check_said("memory");
    assert_null(cama__mem_room(SIZE_MAX));
    assert_int_equal(book.allocated, book.freed);
}

static void test_zero_bytes_are_memory_too(void **state)
{
    (void)state;
    void *a = cama__mem_alloc(0, 8), *b = cama__mem_alloc(8, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_not_equal(a, b);
    cama__mem_free(a);
    cama__mem_free(b);
}

static void test_free_of_null_does_not_reach_the_hook(void **state)
{
    (void)state;
    ledger book;
    keep_books(&book);
    cama__mem_free(NULL);
    assert_int_equal(book.freed, 0);
}

static void test_overflow_is_refused(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{SIZE_MAX, 2},     {2, SIZE_MAX}, {SIZE_MAX / 4 + 1, 4}, {SIZE_MAX / 8 + 9, 8},
                                      {SIZE_MAX - 1, 1}, {1, SIZE_MAX}, {SIZE_MAX, SIZE_MAX},  {SIZE_MAX / 2 + 1, 2}};
    ledger book;
    keep_books(&book);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cama__error(CAMA_OK, "%s", "");
        assert_null(cama__mem_alloc(sizes[i][0], sizes[i][1]));
        assert_int_equal(strncmp(cama_last_error(), "memory: ", 8), 0);
    }
    assert_int_equal(book.bytes, 0); /* the hook was never asked */
}

static void test_exhaustion_sets_the_message(void **state)
{
    (void)state;
    ledger book;
    keep_books(&book)->fail = true;
    assert_null(cama__mem_alloc(10, 100));
    assert_int_equal(book.bytes, 1024 + 256); /* whole cache lines, and spare room for kernels that load ahead */
    check_said("10 items of 100");
    cama__error(CAMA_OK, "%s", "");
    assert_null(cama__mem_text("text"));
    assert_int_equal(strncmp(cama_last_error(), "memory: ", 8), 0);
}

static void test_text_is_copied(void **state)
{
    (void)state;
    char text[] = "p_merge";
    char *copy = cama__mem_text(text), *empty = cama__mem_text("");
    text[0] = 'q';
    assert_string_equal(copy, "p_merge");
    assert_string_equal(empty, "");
    cama__mem_free(copy);
    cama__mem_free(empty);
}

/* What a user of an arena does: the same takes for measuring and for dealing. Returns how many pieces came. */
static int deal(cama__arena *arena, char *pieces[5])
{
    static const size_t sizes[][2] = {{1, 1}, {64, 1}, {65, 1}, {0, 4}, {100, 8}};
    int came = 0;
    const size_t start = cama__arena_mark(arena);
    for (size_t i = 0; i < 5; i++) {
        pieces[i] = cama__arena_take(arena, sizes[i][0], sizes[i][1]);
        came += pieces[i] != NULL;
        if (pieces[i] != NULL) memset(pieces[i], (int)i, sizes[i][0] * sizes[i][1]);
        if (i == 2) cama__arena_release(arena, start + 64); /* keep the first piece only */
    }
    return came;
}

static void test_arena_measures_what_it_deals(void **state)
{
    (void)state;
    char *pieces[5];
    cama__arena measure = {0};
    assert_int_equal(deal(&measure, pieces), 0);
    assert_false(measure.overflow);
    assert_int_equal(measure.used, 64 + 832);
    assert_int_equal(measure.peak, 64 + 832);

    cama__arena real_one = {.base = cama__mem_alloc(measure.peak, 1), .size = measure.peak};
    assert_int_equal(deal(&real_one, pieces), 5);
    assert_false(real_one.overflow);
    assert_int_equal(real_one.used, measure.used);
    assert_int_equal(real_one.peak, measure.peak);
    for (size_t i = 0; i < 5; i++) assert_int_equal((uintptr_t)pieces[i] % CAMA__ALIGN, 0);
    assert_ptr_equal(pieces[1], pieces[0] + 64);
    assert_ptr_equal(pieces[2], pieces[0] + 128);
    assert_ptr_equal(pieces[4], pieces[0] + 64); /* released and taken again */
    assert_int_equal(pieces[0][0], 0);
    assert_int_equal(pieces[4][799], 4);
    cama__mem_free(real_one.base);
}

static void test_arena_that_is_too_small_says_so(void **state)
{
    (void)state;
    char *base = cama__mem_alloc(128, 1);
    cama__arena arena = {.base = base, .size = 128};
    assert_ptr_equal(cama__arena_take(&arena, 65, 1), base);
    assert_false(arena.overflow);
    assert_null(cama__arena_take(&arena, 1, 1));
    assert_true(arena.overflow);
    assert_int_equal(arena.used, 128);
    assert_int_equal(arena.peak, 128);
    cama__mem_free(base);
}

static void test_arena_peak_outlives_release(void **state)
{
    (void)state;
    cama__arena arena = {0};
    cama__arena_take(&arena, 10, 64);
    cama__arena_release(&arena, 64);
    cama__arena_take(&arena, 1, 64);
    assert_int_equal(arena.used, 128);
    assert_int_equal(arena.peak, 640);
}

static void test_arena_overflow_of_sizes(void **state)
{
    (void)state;
    cama__arena arena = {0};
    cama__arena_take(&arena, SIZE_MAX, 2);
    assert_true(arena.overflow);
    assert_int_equal(arena.used, 0);
    arena = (cama__arena){0};
    cama__arena_take(&arena, SIZE_MAX / 2, 1);
    assert_false(arena.overflow);
    cama__arena_take(&arena, SIZE_MAX / 2, 1); /* each fits, the sum does not */
    assert_true(arena.overflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_memory_is_zeroed_and_aligned, restore_hook),
        cmocka_unit_test(test_large_memory_is_zeroed_and_aligned),
        cmocka_unit_test_teardown(test_room_is_aligned_and_as_it_comes, restore_hook),
        cmocka_unit_test(test_zero_bytes_are_memory_too),
        cmocka_unit_test_teardown(test_free_of_null_does_not_reach_the_hook, restore_hook),
        cmocka_unit_test_teardown(test_overflow_is_refused, restore_hook),
        cmocka_unit_test_teardown(test_exhaustion_sets_the_message, restore_hook),
        cmocka_unit_test(test_text_is_copied),
        cmocka_unit_test(test_arena_measures_what_it_deals),
        cmocka_unit_test(test_arena_that_is_too_small_says_so),
        cmocka_unit_test(test_arena_peak_outlives_release),
        cmocka_unit_test(test_arena_overflow_of_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
