/* idx_test - IDX files, plain and gzip'd, read whole or in part; and every way in which their sizes can lie. */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "check.h"
#include "io/idx.h"

static char directory[512], path[600];

static int begin(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/idx_test_XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(directory) == NULL) return -1;
    snprintf(path, sizeof path, "%s/file", directory);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cama__mem_set_hook(NULL);
    unlink(path);
    return rmdir(directory);
}

static void put(const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Header of unsigned bytes; returns its size. */
static size_t header(unsigned char *to, int dims, const uint32_t *shape)
{
    memcpy(to, "\0\0\x08", 3);
    to[3] = (unsigned char)dims;
    for (int i = 0; i < dims; i++) {
        for (int k = 0; k < 4; k++) to[4 + 4 * i + k] = (unsigned char)(shape[i] >> (24 - 8 * k));
    }
    return 4 + 4 * (size_t)dims;
}

static size_t gzip(const void *data, size_t size, unsigned char *to, size_t room)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)data;
    z.avail_in = (unsigned)size;
    z.next_out = to;
    z.avail_out = (unsigned)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return room - z.avail_out;
}

/* 5 x 2 x 3 images: the sample file of most tests. */
enum { ITEMS = 5, ITEM = 6, WHOLE = 16 + ITEMS * ITEM };
static const uint32_t sample_shape[3] = {ITEMS, 2, 3};

static void sample(unsigned char file[WHOLE])
{
    const size_t at = header(file, 3, sample_shape);
    for (int i = 0; i < ITEMS * ITEM; i++) file[at + (size_t)i] = (unsigned char)(i * 83 + 7);
}

static void assert_refused_as(int32_t dims, int64_t limit, int32_t status, const char *words)
{
    cama__idx idx = {.dims = -7};
    assert_int_equal(cama__idx_read(path, dims, limit, &idx), status);
    assert_int_equal(idx.dims, -7);
    assert_null(idx.data);
    assert_memory_equal(cama_last_error(), path, strlen(path));
    check_said(words);
}

static void assert_refused(const char *words)
{
    assert_refused_as(3, 0, CAMA_E_FORMAT, words);
    assert_refused_as(3, 1, CAMA_E_FORMAT, words); /* a part of it is no better */
}

static void test_plain_and_packed_whole_and_in_part(void **state)
{
    (void)state;
    unsigned char file[WHOLE], packed[200];
    sample(file);
    const size_t packed_size = gzip(file, WHOLE, packed, sizeof packed);
    for (int is_packed = 0; is_packed < 2; is_packed++) {
        put(is_packed ? packed : file, is_packed ? packed_size : WHOLE);
        for (int64_t limit = 0; limit < ITEMS + 3; limit++) {
            const int64_t kept = limit == 0 || limit > ITEMS ? ITEMS : limit;
            cama__idx idx = {0};
            if (cama__idx_read(path, 3, limit, &idx) != CAMA_OK) fail_msg("%s", cama_last_error());
            assert_int_equal(idx.dims, 3);
            assert_int_equal(idx.shape[0], kept);
            assert_int_equal(idx.shape[1], 2);
            assert_int_equal(idx.shape[2], 3);
            assert_memory_equal(idx.data, file + 16, (size_t)kept * ITEM);
            cama__idx_free(&idx);
            assert_null(idx.data);
        }
    }
}

static void test_one_to_four_dimensions(void **state)
{
    (void)state;
    static const uint32_t shape[4] = {3, 1, 2, 1};
    for (int dims = 1; dims <= 4; dims++) {
        unsigned char file[40] = {0};
        const size_t at = header(file, dims, shape), bytes = dims < 3 ? 3 : 6;
        for (size_t i = 0; i < bytes; i++) file[at + i] = (unsigned char)(200 + i);
        put(file, at + bytes);
        cama__idx idx = {0};
        if (cama__idx_read(path, dims, 0, &idx) != CAMA_OK) fail_msg("%s", cama_last_error());
        for (int i = 0; i < dims; i++) assert_int_equal(idx.shape[i], shape[i]);
        assert_memory_equal(idx.data, file + at, bytes);
        cama__idx_free(&idx);
    }
}

static void test_another_kind_of_file(void **state)
{
    (void)state;
    unsigned char file[WHOLE];
    sample(file);
    put(file, WHOLE);
    assert_refused_as(1, 0, CAMA_E_FORMAT, "unsigned bytes with 1 dimension (magic 00000801), got magic 00000803");
    file[3] = 1;
    put(file, WHOLE);
    assert_refused("expected an IDX file of unsigned bytes with 3 dimensions (magic 00000803), got magic 00000801");
    file[2] = 0x0d; /* floats */
    file[3] = 3;
    put(file, WHOLE);
    assert_refused("got magic 00000d03");
    put("\x89PNG\r\n", 6);
    assert_refused("got magic 89504e47");
    put("", 0);
    assert_refused("truncated: expected 16 bytes of IDX header, got 0");
    unlink(path);
    assert_refused_as(3, 0, CAMA_E_IO, strerror(ENOENT));
}

static void test_arguments(void **state)
{
    (void)state;
    unsigned char file[WHOLE];
    sample(file);
    put(file, WHOLE);
    assert_refused_as(0, 0, CAMA_E_ARGUMENT, "got 0 and 0");
    assert_refused_as(5, 0, CAMA_E_ARGUMENT, "got 5 and 0");
    assert_refused_as(3, -1, CAMA_E_ARGUMENT, "got 3 and -1");
}

static void test_every_truncation_and_more(void **state)
{
    (void)state;
    unsigned char file[WHOLE + 1] = {0}, packed[200];
    char words[100];
    sample(file);
    for (size_t length = 0; length < WHOLE; length++) {
        put(file, length);
        snprintf(words, sizeof words,
                 length < 16 ? "truncated: expected 16 bytes of IDX header, got %zu"
                             : "truncated: expected 46 bytes (5 x 2 x 3 and a header of 16), got %zu",
                 length);
        assert_refused(words);
        put(packed, gzip(file, length, packed, sizeof packed)); /* a whole gzip stream of a truncated file */
        assert_refused(words);
    }
    put(file, WHOLE + 1);
    assert_refused("oversized: expected 46 bytes (5 x 2 x 3 and a header of 16), got 47");
    put(packed, gzip(file, WHOLE + 1, packed, sizeof packed));
    assert_refused("oversized: expected 46 bytes (5 x 2 x 3 and a header of 16), got at least 47");

    const size_t size = gzip(file, WHOLE, packed, sizeof packed);
    for (size_t length = 0; length < size; length++) {
        put(packed, length);
        assert_refused("truncated");
    }
    for (size_t at = size - 8; at < size; at++) {
        packed[at] ^= 1;
        put(packed, size);
        assert_refused("corrupt gzip stream");
        packed[at] ^= 1;
    }
    memcpy(packed + size, "junk", 4);
    put(packed, size + 4);
    assert_refused("expected the end of the file after the gzip stream");
}

static int64_t largest;

static void *watched_alloc(void *user, size_t bytes)
{
    (void)user;
    void *pointer = NULL;
    if ((int64_t)bytes > largest) largest = (int64_t)bytes;
    return posix_memalign(&pointer, CAMA__ALIGN, bytes) == 0 ? pointer : NULL;
}

static void watched_free(void *user, void *pointer)
{
    (void)user;
    free(pointer);
}

static void test_sizes_that_lie_cost_no_memory(void **state)
{
    (void)state;
    static const struct {
        uint32_t shape[3];
        const char *words;
    } bad[] = {{{0, 2, 3}, "got 0 in dimension 1 of 3"},
               {{5, 0, 3}, "got 0 in dimension 2 of 3"},
               {{5, 2, 0}, "got 0 in dimension 3 of 3"},
               {{UINT32_MAX, UINT32_MAX, UINT32_MAX}, "2^40 bytes together, got 4294967295 in dimension 2 of 3"},
               {{1u << 31, 1u << 9, 2}, "at most 2^40 bytes together, got 2 in dimension 3 of 3"},
               {{1u << 31, 1u << 9, 1}, "truncated: expected 1099511627792 bytes (2147483648 x 512 x 1"},
               {{60000, 280, 280}, "truncated: expected 4704000016 bytes (60000 x 280 x 280"}};
    const cama__mem_hook watched = {watched_alloc, watched_free, NULL};
    cama__mem_set_hook(&watched);
    largest = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        unsigned char file[WHOLE], packed[200];
        sample(file);
        header(file, 3, bad[i].shape);
        put(file, WHOLE);
        assert_refused(bad[i].words);
        put(packed, gzip(file, WHOLE, packed, sizeof packed));
        assert_refused(bad[i].words);
    }
    assert_true(largest > 0 && largest < 200000);
}

static void test_a_packed_file_that_is_large_and_dense(void **state)
{
    (void)state;
    static const uint32_t shape[3] = {3000, 40, 40};
    const size_t size = 16 + 3000 * 1600;
    unsigned char *file = calloc(size, 1), *packed = malloc(100000);
    header(file, 3, shape);
    file[size - 1] = 255;
    put(packed, gzip(file, size, packed, 100000));
    cama__idx idx = {0};
    if (cama__idx_read(path, 3, 0, &idx) != CAMA_OK) fail_msg("%s", cama_last_error());
    assert_memory_equal(idx.data, file + 16, size - 16);
    cama__idx_free(&idx);
    if (cama__idx_read(path, 3, 2, &idx) != CAMA_OK) fail_msg("%s", cama_last_error());
    assert_int_equal(idx.shape[0], 2);
    cama__idx_free(&idx);
    free(packed);
    free(file);
}

static int allocations_left, alive;

static void *scarce_alloc(void *user, size_t bytes)
{
    if (allocations_left-- <= 0) return NULL;
    alive++;
    return watched_alloc(user, bytes);
}

static void counted_free(void *user, void *pointer)
{
    alive--;
    watched_free(user, pointer);
}

static void test_every_allocation_that_fails(void **state)
{
    (void)state;
    const cama__mem_hook scarce = {scarce_alloc, counted_free, NULL};
    unsigned char file[WHOLE], packed[200];
    sample(file);
    put(packed, gzip(file, WHOLE, packed, sizeof packed));
    cama__mem_set_hook(&scarce);
    int32_t status = CAMA_E_MEMORY;
    for (int n = 0; status != CAMA_OK; n++) {
        cama__idx idx = {0};
        allocations_left = n;
        alive = 0;
        status = cama__idx_read(path, 3, 2, &idx);
        if (status != CAMA_OK) assert_int_equal(status, CAMA_E_MEMORY);
        assert_true(n < 20);
        cama__idx_free(&idx);
        assert_int_equal(alive, 0);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(test_plain_and_packed_whole_and_in_part),
        TEST(test_one_to_four_dimensions),
        TEST(test_another_kind_of_file),
        TEST(test_arguments),
        TEST(test_every_truncation_and_more),
        TEST(test_sizes_that_lie_cost_no_memory),
        TEST(test_a_packed_file_that_is_large_and_dense),
        TEST(test_every_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
