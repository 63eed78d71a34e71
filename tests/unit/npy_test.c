/* npy_test - NumPy's files as the program cama writes and reads them, byte for byte, on a processor of either order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h" /* before cmocka, which has a macro of that name */
#include "npy.h"
#include "texts.h"

#include "check.h"

/* What npy.c calls of the program: here a failure is one of the test. */
void(fail)(const char *format, ...)
{
    fputs(format, stderr);
    abort();
}

void *room(size_t count, size_t size) { return calloc(count > 0 ? count : 1, size); }

enum { HEADER = 128, MOST = HEADER + 64 };

/* A header of HEADER bytes, as numpy.save writes it. */
static void header(unsigned char file[HEADER], const char *descr, const char *shape)
{
    char text[HEADER];
    snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape);
    memset(file, ' ', HEADER);
    memcpy(file, "\x93NUMPY\x01\0v", 10);
    file[8] = HEADER - 10, file[9] = 0;
    memcpy(file + 10, text, strlen(text));
    file[HEADER - 1] = '\n';
}

static FILE *scratch(char path[600])
{
    const char *base = getenv("TMPDIR");
    snprintf(path, 600, "%s/npy_test_XXXXXX", base != NULL ? base : "/tmp");
    const int made = mkstemp(path);
    assert_true(made >= 0);
    return fdopen(made, "wb");
}

/* ---- Written ----------------------------------------------------------------------------------------------------- */

static void assert_written(const char *type, const char *text, int dims, const int64_t *shape, const void *values,
                           const unsigned char *bytes, size_t count)
{
    char path[600];
    unsigned char wanted[HEADER], got[MOST] = {0};
    FILE *file = scratch(path);
    npy_write(file, type, dims, shape, values);
    assert_int_equal(fclose(file), 0);
    file = fopen(path, "rb");
    unlink(path);
    assert_non_null(file);
    assert_int_equal(fread(got, 1, sizeof got, file), HEADER + count);
    fclose(file);
    header(wanted, type, text);
    assert_memory_equal(got, wanted, HEADER);
    assert_memory_equal(got + HEADER, bytes, count);
}

static void test_arrays_are_written_so(void **state)
{
    (void)state;
    static const float floats[4] = {1.0f, -2.5f, 16777215.0f, -0.0f};
    static const unsigned char float_bytes[] = {0,    0,    0x80, 0x3f, 0, 0, 0x20, 0xc0,
                                                0xff, 0xff, 0x7f, 0x4b, 0, 0, 0,    0x80};
    static const int32_t whole[2] = {258, -2};
    static const unsigned char whole_bytes[] = {2, 1, 0, 0, 0xfe, 0xff, 0xff, 0xff};
    assert_written("<f4", "(2, 2)", 2, (const int64_t[]){2, 2}, floats, float_bytes, sizeof float_bytes);
    assert_written("<i4", "(2,)", 1, (const int64_t[]){2}, whole, whole_bytes, sizeof whole_bytes);
}

static void test_long_arrays_are_written_whole(void **state)
{
    (void)state;
    enum { LONG = 10000 };
    char path[600];
    npy_array back;
    int32_t *values = calloc(LONG, sizeof *values);
    for (int i = 0; i < LONG; i++) values[i] = i * 65537;
    FILE *file = scratch(path);
    npy_write(file, "<i4", 1, (const int64_t[]){LONG}, values);
    assert_int_equal(fclose(file), 0);
    npy_read(path, 0, &back);
    unlink(path);
    assert_int_equal(back.count, LONG);
    for (int i = 0; i < LONG; i++) assert_true(back.values[i] == values[i]);
    npy_free(&back);
    free(values);
}

/* ---- Read -------------------------------------------------------------------------------------------------------- */

static void test_every_type_is_read_so(void **state)
{
    (void)state;
    static const struct {
        const char *descr;
        unsigned char bytes[16]; /* of two numbers */
        int size;
        double values[2];
    } types[] = {
        {"<f4", {0, 0, 0x20, 0xc0, 0xdb, 0x0f, 0x49, 0x40}, 4, {-2.5, 0x1.921fb6p1}},
        {"<f8", {0, 0, 0, 0, 0, 0, 4, 0xc0, 1, 0, 0, 0, 0, 0, 0xf0, 0x3f}, 8, {-2.5, 0x1.0000000000001p0}},
        {"<i4", {2, 1, 0, 0, 0xfe, 0xff, 0xff, 0xff}, 4, {258, -2}},
        {"<i8", {2, 1, 0, 0, 1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 8, {4294967554.0, -2}},
        {"<i2", {2, 1, 0xfe, 0xff}, 2, {258, -2}},
        {"<u2", {2, 1, 0xfe, 0xff}, 2, {258, 65534}},
        {"|u1", {2, 0xfe}, 1, {2, 254}},
        {"|i1", {2, 0xfe}, 1, {2, -2}},
        {"|b1", {0, 1}, 1, {0, 1}},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char path[600];
        unsigned char begin[HEADER];
        npy_array got;
        FILE *file = scratch(path);
        header(begin, types[i].descr, "(2,)");
        assert_int_equal(fwrite(begin, 1, HEADER, file), HEADER);
        assert_int_equal(fwrite(types[i].bytes, (size_t)types[i].size, 2, file), 2);
        assert_int_equal(fclose(file), 0);
        npy_read(path, 0, &got);
        unlink(path);
        assert_int_equal(got.count, 2);
        for (int k = 0; k < 2; k++) assert_true(got.values[k] == types[i].values[k]);
        npy_free(&got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays_are_written_so),
        cmocka_unit_test(test_long_arrays_are_written_whole),
        cmocka_unit_test(test_every_type_is_read_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
