/* byte_order_test - files have the same bytes whatever the processor's order of bytes: each stands here written out by
 * hand; it is what the library writes, and the library reads it. tests/processors/run runs this on a big-endian one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "io/idx.h"
#include "safetensors_cases.h"

/* ---- safetensors ------------------------------------------------------------------------------------------------- */

static const float numbers[6] = {1.0f, -2.5f, 3.1415927f, -0.0f, 16777215.0f, 1e-30f};
static const cama__tensor tensors[] = {{"w", 2, {2, 2}, numbers}, {"b", 1, {2}, numbers + 4}};

/* The checksum is that of tests/unit/safetensors_read.py, which computes it by itself. */
#define HEADER                                                                                                         \
    "{\"__metadata__\":{\"checksum\":\"d9aa4a94c4e475d8\",\"epochs\":\"258\"},"                                        \
    "\"w\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"                                               \
    "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]}}"
enum { LENGTH = 8, DATA_AT = 192, WHOLE = DATA_AT + 24 };

static const unsigned char length[LENGTH] = {DATA_AT - LENGTH};
static const unsigned char data[WHOLE - DATA_AT] = {
    0x00, 0x00, 0x80, 0x3f, /* 1 */
    0x00, 0x00, 0x20, 0xc0, /* -2.5 */
    0xdb, 0x0f, 0x49, 0x40, /* pi */
    0x00, 0x00, 0x00, 0x80, /* -0 */
    0xff, 0xff, 0x7f, 0x4b, /* 2^24 - 1 */
    0x60, 0x42, 0xa2, 0x0d, /* 1e-30 */
};

static void file_of(unsigned char file[WHOLE])
{
    memset(file, ' ', DATA_AT);
    memcpy(file, length, LENGTH);
    memcpy(file + LENGTH, HEADER, strlen(HEADER));
    memcpy(file + DATA_AT, data, sizeof data);
}

static void test_safetensors_are_written_so(void **state)
{
    (void)state;
    unsigned char wanted[WHOLE];
    void *buffer = NULL;
    int64_t size = 0;
    file_of(wanted);
    OK(cama__safetensors_encode(tensors, 2, (const char *const[]){"epochs", "258", NULL}, &buffer, &size));
    assert_int_equal(size, WHOLE);
    assert_memory_equal(buffer, wanted, WHOLE);
    cama__mem_free(buffer);
}

static void test_safetensors_are_read_so(void **state)
{
    (void)state;
    unsigned char file[WHOLE];
    file_of(file);
    for (int aligned = 0; aligned < 2; aligned++) { /* safetensors_decode takes turns */
        cama__safetensors *s = NULL;
        OK(safetensors_decode(file, WHOLE, &s));
        for (int i = 0; i < 2; i++) {
            const cama__tensor *t = cama__safetensors_find(s, tensors[i].name);
            int64_t bytes = 0;
            assert_non_null(t);
            assert_memory_equal(t->shape, tensors[i].shape, sizeof t->shape);
            assert_true(cama__safetensors_bytes(t, &bytes));
            assert_memory_equal(t->data, tensors[i].data, (size_t)bytes);
        }
        assert_string_equal(cama__safetensors_meta(s, "epochs"), "258");
        cama__safetensors_free(s);
    }
}

/* ---- IDX --------------------------------------------------------------------------------------------------------- */

static void test_idx_is_read_so(void **state)
{
    (void)state;
    static const unsigned char file[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 1, 2, [12] = 7, [12 + 515] = 9};
    char path[600];
    const char *base = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/byte_order_test_XXXXXX", base != NULL ? base : "/tmp");
    const int made = mkstemp(path);
    assert_true(made >= 0);
    assert_int_equal(write(made, file, sizeof file), sizeof file);
    close(made);
    cama__idx idx;
    const int32_t status = cama__idx_read(path, 2, 0, &idx);
    unlink(path);
    OK(status);
    assert_int_equal(idx.shape[0], 2);
    assert_int_equal(idx.shape[1], 258);
    assert_int_equal(idx.data[0], 7);
    assert_int_equal(idx.data[515], 9);
    cama__idx_free(&idx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_safetensors_are_written_so),
        cmocka_unit_test(test_safetensors_are_read_so),
        cmocka_unit_test(test_idx_is_read_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
