/* safetensors_forged_test - files made by hand, each wrong in one way, are refused with words that say which; those
 * that are right are read. */
#include "safetensors_cases.h"

/* header and data_size zero bytes, with a right checksum; returns the size. */
static size_t handmade(unsigned char *file, const char *header, size_t data_size)
{
    const size_t length = strlen(header);
    for (int i = 0; i < 8; i++) file[i] = (unsigned char)((uint64_t)length >> (8 * i));
    memcpy(file + 8, header, length);
    memset(file + 8 + length, 0, data_size);
    safetensors_seal(file, 8 + length + data_size, false);
    return 8 + length + data_size;
}

#define SUM "\"__metadata__\":{\"checksum\":\"" NO_SUM "\"}"
#define T(shape, begin, end) "{\"dtype\":\"F32\",\"shape\":[" shape "],\"data_offsets\":[" begin "," end "]}"

static void test_handmade_files_that_are_good(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t data_size;
        int32_t count;
    } good[] = {
        {"{" SUM "}", 0, 0},
        {"{" SUM ",\"a\":" T("2", "0", "8") "}", 8, 1},
        {"{\"a\":" T("1,2", "0", "8") ",\"b\":" T("1", "8", "12") "," SUM "}     ", 12, 2},
        {"{" SUM ",\"b\":" T("1", "4", "8") ",\"a\":" T("1", "0", "4") "}", 8, 2}, /* in another order */
        {"{ \"a\" : {\"data_offsets\":[0,4], \"shape\":[1], \"dtype\":\"F32\"},\n" SUM "}", 4, 1},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        unsigned char file[400];
        cama__safetensors *s = NULL;
        if (safetensors_decode(file, (int64_t)handmade(file, good[i].header, good[i].data_size), &s) != CAMA_OK) {
            fail_msg("%s: %s", good[i].header, cama_last_error());
        }
        assert_int_equal(cama__safetensors_count(s), good[i].count);
        cama__safetensors_free(s);
    }
}

static void test_handmade_files_that_are_bad(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t data_size;
        const char *words;
    } bad[] = {
        {"", 0, "begins with '{'"},
        {" {" SUM "}", 0, "begins with '{'"},
        {"[]", 0, "begins with '{'"},
        {"{}", 0, "expected the key checksum in __metadata__"},
        {"{\"a\":" T("1", "0", "4") "}", 4, "expected the key checksum in __metadata__"},
        {"{\"__metadata__\":{\"sum\":\"0123456789abcdef\"}}", 0, "expected the key checksum"},
        {"{\"__metadata__\":{\"checksum\":\"\"}}", 0, "expected a checksum of 16 hexadecimal digits"},
        {"{\"__metadata__\":{\"checksum\":\"0123456789abcde\"}}", 0, "expected a checksum of 16"},
        {"{\"__metadata__\":{\"checksum\":\"0123456789ABCDEF\"}}", 0, "expected a checksum of 16"},
        {"{\"__metadata__\":{\"checksum\":\"0123456789abcdee\"}}", 0, "corrupt: expected checksum 0123456789abcdee"},
        {"{\"__metadata__\":{\"checksum\":\"\\u0030123456789abcdef\"}}", 0, "expected a checksum of 16"},
        {"{\"__metadata__\":{\"checksum\":1}}", 0, "expected a string, got '1'"},
        {"{\"__metadata__\":{\"x\":{\"y\":\"z\"}}}", 0, "expected a string, got '{'"},
        {"{\"__metadata__\":[]}", 0, "expected '{'"},
        {"{" SUM "," SUM "}", 0, "expected each key once"},
        {"{\"__metadata__\":{\"checksum\":\"0123456789abcdef\",\"checksum\":\"0123456789abcdef\"}}", 0,
         "each key once"},
        {"{" SUM ",\"a\":" T("1", "0", "4") ",\"a\":" T("1", "4", "8") "}", 8, "expected each key once"},
        {"{" SUM ",\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
         "each key once"},
        {"{" SUM "} x", 0, "expected the end, got 'x'"},
        {"{" SUM ",\"a\":" T("1", "0", "4") "", 4, "expected ',' or '}', got the end"},
        {"{" SUM ",\"a\xff\":" T("1", "0", "4") "}", 4, "expected UTF-8"},
        {"{" SUM ",\"\":" T("1", "0", "4") "}", 4, "tensor 0: expected a name"},
        {"{" SUM ",\"a b\":" T("1", "0", "4") "}", 4, "tensor 0: expected a name"},
        {"{" SUM ",\"a\\u000ab\":" T("1", "0", "4") "}", 4, "tensor 0: expected a name"},
        {"{" SUM ",\"\xc3\xa9\":" T("1", "0", "4") "}", 4, "tensor 0: expected a name"},
        {"{" SUM ",\"a\":1}", 4, "expected '{', got '1'"},
        {"{" SUM ",\"a\":{}}", 0, "tensor a: expected dtype, shape and two data_offsets"},
        {"{" SUM ",\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "expected dtype, shape and two data_offsets"},
        {"{" SUM ",\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "expected dtype, shape and two"},
        {"{" SUM ",\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "expected dtype, shape and two"},
        {"{" SUM ",\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "and two data_offsets"},
        {"{" SUM ",\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 4,
         "at most 2 numbers in data_offsets"},
        {"{" SUM ",\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"offsets\":[0,4]}}", 4, "got another key"},
        {"{" SUM ",\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "expected dtype F32, got F16"},
        {"{" SUM ",\"a\":{\"dtype\":\"f32\\n\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
         "expected dtype F32, got another"},
        {"{" SUM ",\"a\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "expected a string"},
        {"{" SUM ",\"a\":" T("", "0", "4") "}", 4, "got another shape (0 dimensions)"},
        {"{" SUM ",\"a\":" T("1,1,1,1,1", "0", "4") "}", 4, "expected at most 4 numbers in shape"},
        {"{" SUM ",\"a\":" T("0", "0", "0") "}", 0, "dimensions of at least 1"},
        {"{" SUM ",\"a\":" T("2,0", "0", "0") "}", 0, "dimensions of at least 1"},
        {"{" SUM ",\"a\":" T("-1", "0", "4") "}", 4, "dimensions of at least 1"},
        {"{" SUM ",\"a\":" T("-1,-1", "0", "4") "}", 4, "dimensions of at least 1"},
        {"{" SUM ",\"a\":" T("1.0", "0", "4") "}", 4, "expected an integer to end here"},
        {"{" SUM ",\"a\":" T("[1]", "0", "4") "}", 4, "expected an integer"},
        {"{" SUM ",\"a\":" T("4294967296,4294967296", "0", "0") "}", 0, "less than 2^63 bytes"},
        {"{" SUM ",\"a\":" T("2147483648,2147483648,2,2", "0", "4") "}", 4, "less than 2^63 bytes"},
        {"{" SUM ",\"a\":" T("4611686018427387905", "0", "4") "}", 4, "less than 2^63 bytes"},
        {"{" SUM ",\"a\":" T("9223372036854775808", "0", "4") "}", 4, "an integer of 64 bits"},
        {"{" SUM ",\"a\":" T("1152921504606846976", "0", "4611686018427387904") "}", 4,
         "bytes after the header, got 4"},
        {"{" SUM ",\"a\":" T("2", "0", "4") "}", 4,
         "expected data_offsets to span the 8 bytes of its shape, got 0 to 4"},
        {"{" SUM ",\"a\":" T("1", "0", "8") "}", 8, "expected data_offsets to span the 4 bytes"},
        {"{" SUM ",\"a\":" T("1", "0", "-4") "}", 4, "expected data_offsets to span the 4 bytes"},
        {"{" SUM ",\"a\":" T("1", "-4", "0") "}", 4, "expected data_offsets to begin at 0"},
        {"{" SUM ",\"a\":" T("1", "4", "0") "}", 4, "expected data_offsets to span the 4 bytes"},
        {"{" SUM ",\"a\":" T("1", "0", "-9223372036854775808") "}", 4, "expected data_offsets to span"},
        {"{" SUM ",\"a\":" T("1", "0", "4") ",\"b\":" T("1", "4", "-9223372036854775808") "}", 8,
         "tensor b: expected data_offsets to span"},
        {"{" SUM ",\"a\":" T("1", "4", "8") "}", 8, "to begin at 0, where others end, got 4"}, /* hole */
        {"{" SUM ",\"a\":" T("1", "0", "4") ",\"b\":" T("1", "8", "12") "}", 12,
         "tensor b: expected data_offsets to begin at 4"},
        {"{" SUM ",\"a\":" T("2", "0", "8") ",\"b\":" T("1", "4", "8") "}", 8,
         "tensor b: expected data_offsets to begin at 8"},
        {"{" SUM ",\"a\":" T("1", "0", "4") ",\"b\":" T("1", "0", "4") "}", 4,
         "tensor b: expected data_offsets to begin at 4"},
        {"{" SUM ",\"b\":" T("1", "5", "9") ",\"a\":" T("1", "0", "4") "}", 9,
         "tensor b: expected data_offsets to begin at 4"},
        {"{" SUM ",\"b\":" T("1", "9223372036854775804", "9223372036854775807") "}", 4,
         "expected data_offsets to "
         "span"},
        {"{" SUM ",\"a\":" T("2", "0", "8") "}", 4, "expected 8 bytes after the header, got 4"}, /* outside */
        {"{" SUM ",\"a\":" T("1", "0", "4") "}", 5, "expected 4 bytes after the header, got 5"}, /* trailing */
        {"{" SUM "}", 1, "expected 0 bytes after the header, got 1"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        unsigned char file[400];
        safetensors_refused(file, (int64_t)handmade(file, bad[i].header, bad[i].data_size), bad[i].words);
    }
}

static void test_the_length_of_the_header(void **state)
{
    (void)state;
    static const struct {
        uint64_t length;
        const char *words;
    } bad[] = {{1, "expected the end"},                        /* too short */
               {1000, "header of at most 50 bytes, got 1000"}, /* longer than the file */
               {51, "header of at most 50 bytes, got 51"},
               {UINT64_C(4294967296), "got 4294967296"},
               {100000001, "got 100000001"},
               {UINT64_C(0x8000000000000000), "got 9223372036854775808"}, /* negative for whoever casts first */
               {UINT64_MAX, "got 18446744073709551615"},
               {UINT64_MAX - 7, "header of at most 50 bytes"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        unsigned char file[58];
        assert_int_equal(handmade(file, "{" SUM "  }", 0), sizeof file);
        for (int k = 0; k < 8; k++) file[k] = (unsigned char)(bad[i].length >> (8 * k));
        safetensors_refused(file, sizeof file, i == 0 ? "JSON byte 1" : bad[i].words);
    }
    safetensors_refused("", 0, "expected a safetensors file, got 0 bytes");
    safetensors_refused("\0\0\0\0\0\0\0", 7, "got 7 bytes");
    safetensors_refused("\0\0\0\0\0\0\0\0", 8, "begins with '{'");

    /* A header above the limit, all of it there. */
    const size_t size = 8 + 100000001;
    unsigned char *huge = malloc(size);
    memset(huge, ' ', size);
    for (int k = 0; k < 8; k++) huge[k] = (unsigned char)(UINT64_C(100000001) >> (8 * k));
    cama__safetensors *s = NULL;
    assert_int_equal(cama__safetensors_decode(huge, (int64_t)size, "PATH", &s), CAMA_E_FORMAT);
    check_said("header of at most 100000000 bytes, got 100000001");
    free(huge);
}

static void test_numbers_that_are_not_finite(void **state)
{
    (void)state;
    static const uint32_t bits[] = {0x7fc00000, 0x7f800000, 0xff800000, 0xffffffff, 0x7f800001};
    unsigned char file[400];
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        const size_t size = handmade(file, "{" SUM ",\"a\":" T("2", "0", "8") ",\"b\":" T("2,2", "8", "24") "}", 24);
        for (int k = 0; k < 4; k++) file[size - 8 + (size_t)k] = (unsigned char)(bits[i] >> (8 * k));
        safetensors_seal(file, size, true);
        safetensors_refused(file, (int64_t)size, "tensor b: expected finite numbers, got NaN or infinity at index 2");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handmade_files_that_are_good),
        cmocka_unit_test(test_handmade_files_that_are_bad),
        cmocka_unit_test(test_the_length_of_the_header),
        cmocka_unit_test(test_numbers_that_are_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
