/* safetensors_test - what is encoded comes back bit by bit; handmade files, each wrong in one way, are refused; so are
 * a file cut at any length and a file with any bit flipped.
 * With the argument --write FILE it writes a sample instead and prints what safetensors_read.py FILE must print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/file.h"
#include "io/safetensors.h"

static float weights[6] = {0.25f, -1.5f, 3.0f, -0.0f, FLT_MAX, FLT_TRUE_MIN};
static float bias[3] = {1.0f, 2.0f, -4.5f};
static float kernel[120];
static const cama__tensor sample[] = {
    {"q_m.0.weight", 2, {2, 3}, weights}, {"q_m.0.bias", 1, {3}, bias}, {"\"odd\\name\"", 4, {2, 3, 4, 5}, kernel}};
static const char *const sample_meta[] = {
    "format", "cama", "", "empty key", "text", "two\nlines, \"quoted\" \xe2\x82\xac", NULL};
enum { SAMPLES = 3 };

static void fill_sample(void)
{
    for (int i = 0; i < 120; i++) kernel[i] = 0.25f * (float)(i * 37 % 101 - 40);
}

static void encode(void **buffer, int64_t *size)
{
    fill_sample();
    const int32_t status = cama__safetensors_encode(sample, SAMPLES, sample_meta, buffer, size);
    if (status != CAMA_OK) fail_msg("%s", cama_last_error());
}

/* Decode from memory that ends where it ends, so that a sanitizer sees one byte too far. It lives until the next call:
 * numbers may be used where they stand. Every other time it is not aligned for floats, and they must be copied. */
static int32_t decode(const void *bytes, int64_t size, cama__safetensors **out)
{
    static char *exact;
    static size_t shift;
    free(exact);
    shift = 1 - shift;
    exact = malloc((size_t)size + shift + 1 - (size > 0));
    memcpy(exact + shift, bytes, (size_t)size);
    return cama__safetensors_decode(exact + shift, size, "PATH", out);
}

static void assert_refused(const void *bytes, int64_t size, const char *words)
{
    cama__safetensors *s = NULL;
    const int32_t status = decode(bytes, size, &s);
    assert_null(s);
    assert_int_equal(status, CAMA_E_FORMAT);
    assert_memory_equal(cama_last_error(), "PATH: ", 6);
    if (strstr(cama_last_error(), words) == NULL) fail_msg("no \"%s\" in: %s", words, cama_last_error());
}

/* ---- Handmade files ---- */

#define NO_SUM "0123456789abcdef" /* what stands in a handmade file before it is sealed */

/* The checksum, written once more; again: also where digits stand already. */
static void seal(unsigned char *file, size_t size, bool again)
{
    char *digits = NULL, text[17];
    for (size_t i = 8; i + 12 + 17 <= size && digits == NULL; i++) {
        if (memcmp(file + i, "\"checksum\":\"", 12) == 0) digits = (char *)file + i + 12;
    }
    if (digits == NULL || (!again && memcmp(digits, NO_SUM, 16) != 0)) return;
    uint64_t hash = 14695981039346656037u;
    memset(digits, '0', 16);
    uint64_t chain[8];
    for (int j = 0; j < 8; j++) chain[j] = hash;
    for (size_t first = 0; first < size; first += 64)
        for (size_t i = 0; i < 64; i += 8) {
            uint64_t word = 0;
            for (size_t k = 0; k < 8 && first + i + k < size; k++) word |= (uint64_t)file[first + i + k] << (8 * k);
            chain[i / 8] = (chain[i / 8] ^ word) * 1099511628211u;
        }
    for (int j = 0; j < 8; j++) hash = (hash ^ chain[j]) * 1099511628211u;
    hash = (hash ^ size) * 1099511628211u;
    snprintf(text, sizeof text, "%016" PRIx64, hash);
    memcpy(digits, text, 16);
}

/* header and data_size zero bytes, with a right checksum; returns the size. */
static size_t handmade(unsigned char *file, const char *header, size_t data_size)
{
    const size_t length = strlen(header);
    for (int i = 0; i < 8; i++) file[i] = (unsigned char)((uint64_t)length >> (8 * i));
    memcpy(file + 8, header, length);
    memset(file + 8 + length, 0, data_size);
    seal(file, 8 + length + data_size, false);
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
        {"{ \"a\" : {\"data_offsets\":[0,4], \"shape\":[1], \"dtype\":\"F32\"},\n" SUM "}", 4, 1},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        unsigned char file[400];
        cama__safetensors *s = NULL;
        if (decode(file, (int64_t)handmade(file, good[i].header, good[i].data_size), &s) != CAMA_OK) {
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
        {"{" SUM ",\"a\":" T("1", "4", "0") "}", 4, "expected data_offsets to begin at 0"},
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
        {"{" SUM ",\"b\":" T("1", "4", "8") ",\"a\":" T("1", "0", "4") "}", 8,
         "tensor b: expected data_offsets to begin at 0"},
        {"{" SUM ",\"a\":" T("2", "0", "8") "}", 4, "expected 8 bytes after the header, got 4"}, /* outside */
        {"{" SUM ",\"a\":" T("1", "0", "4") "}", 5, "expected 4 bytes after the header, got 5"}, /* trailing */
        {"{" SUM "}", 1, "expected 0 bytes after the header, got 1"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        unsigned char file[400];
        assert_refused(file, (int64_t)handmade(file, bad[i].header, bad[i].data_size), bad[i].words);
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
        assert_refused(file, sizeof file, i == 0 ? "JSON byte 1" : bad[i].words);
    }
    assert_refused("", 0, "expected a safetensors file, got 0 bytes");
    assert_refused("\0\0\0\0\0\0\0", 7, "got 7 bytes");
    assert_refused("\0\0\0\0\0\0\0\0", 8, "begins with '{'");

    /* A header above the limit, all of it there. */
    const size_t size = 8 + 100000001;
    unsigned char *huge = malloc(size);
    memset(huge, ' ', size);
    for (int k = 0; k < 8; k++) huge[k] = (unsigned char)(UINT64_C(100000001) >> (8 * k));
    cama__safetensors *s = NULL;
    assert_int_equal(cama__safetensors_decode(huge, (int64_t)size, "PATH", &s), CAMA_E_FORMAT);
    assert_non_null(strstr(cama_last_error(), "header of at most 100000000 bytes, got 100000001"));
    free(huge);
}

/* ---- What encode makes ---- */

static void test_a_round_trip(void **state)
{
    (void)state;
    void *buffer = NULL;
    int64_t size = 0;
    encode(&buffer, &size);
    cama__safetensors *s = NULL;
    if (decode(buffer, size, &s) != CAMA_OK) fail_msg("%s", cama_last_error());
    assert_int_equal(cama__safetensors_count(s), SAMPLES);
    for (int i = 0; i < SAMPLES; i++) {
        const cama__tensor *t = cama__safetensors_at(s, i);
        assert_ptr_equal(cama__safetensors_find(s, sample[i].name), t);
        assert_string_equal(t->name, sample[i].name);
        assert_int_equal(t->dims, sample[i].dims);
        assert_memory_equal(t->shape, sample[i].shape, sizeof t->shape);
        int64_t bytes = 0;
        assert_true(cama__safetensors_bytes(t, &bytes));
        assert_memory_equal(t->data, sample[i].data, (size_t)bytes);
    }
    assert_null(cama__safetensors_at(s, -1));
    assert_null(cama__safetensors_at(s, SAMPLES));
    assert_null(cama__safetensors_find(s, "q_m.0.weigh"));
    for (int i = 0; sample_meta[i] != NULL; i += 2) {
        assert_string_equal(cama__safetensors_meta(s, sample_meta[i]), sample_meta[i + 1]);
    }
    assert_int_equal(strlen(cama__safetensors_meta(s, "checksum")), 16);
    assert_null(cama__safetensors_meta(s, "absent"));
    cama__safetensors_free(s);

    uint64_t header = 0;
    for (int i = 0; i < 8; i++) header |= (uint64_t)((unsigned char *)buffer)[i] << (8 * i);
    assert_int_equal((8 + header) % 64, 0);
    assert_int_equal(8 + header + 4 * (6 + 3 + 120), size);
    unsigned char *again = malloc((size_t)size);
    memcpy(again, buffer, (size_t)size);
    seal(again, (size_t)size, true); /* the other implementation finds the same checksum */
    assert_memory_equal(again, buffer, (size_t)size);
    free(again);

    void *second = NULL;
    int64_t second_size = 0;
    encode(&second, &second_size);
    assert_int_equal(second_size, size);
    assert_memory_equal(second, buffer, (size_t)size);
    cama__mem_free(second);
    cama__mem_free(buffer);
    cama__safetensors_free(NULL);
}

static void test_nothing_at_all_is_a_file(void **state)
{
    (void)state;
    void *buffer = NULL;
    int64_t size = 0;
    cama__safetensors *s = NULL;
    assert_int_equal(cama__safetensors_encode(NULL, 0, NULL, &buffer, &size), CAMA_OK);
    assert_int_equal(decode(buffer, size, &s), CAMA_OK);
    assert_int_equal(cama__safetensors_count(s), 0);
    cama__safetensors_free(s);
    cama__mem_free(buffer);
}

static void test_many_tensors(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    static cama__tensor many[COUNT];
    static char names[COUNT][16];
    static float values[COUNT];
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "t%d", i);
        values[i] = (float)i;
        many[i] = (cama__tensor){names[i], 1, {1}, &values[i]};
    }
    void *buffer = NULL;
    int64_t size = 0;
    cama__safetensors *s = NULL;
    assert_int_equal(cama__safetensors_encode(many, COUNT, NULL, &buffer, &size), CAMA_OK);
    assert_int_equal(decode(buffer, size, &s), CAMA_OK);
    assert_int_equal(cama__safetensors_count(s), COUNT);
    assert_true(cama__safetensors_find(s, "t1999")->data[0] == 1999.0f);
    cama__safetensors_free(s);
    cama__mem_free(buffer);
}

static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    void *buffer = NULL;
    int64_t size = 0;
    encode(&buffer, &size);
    for (int64_t length = 0; length < size; length++) assert_refused(buffer, length, "expected");
    unsigned char *longer = calloc((size_t)size + 1, 1);
    memcpy(longer, buffer, (size_t)size);
    assert_refused(longer, size + 1, "bytes after the header");
    free(longer);
    cama__mem_free(buffer);
}

static void test_every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    void *buffer = NULL;
    int64_t size = 0;
    encode(&buffer, &size);
    unsigned char *bytes = buffer;
    for (int64_t at = 0; at < size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            bytes[at] ^= (unsigned char)(1 << bit);
            assert_refused(bytes, size, "");
            bytes[at] ^= (unsigned char)(1 << bit);
        }
    }
    bytes[size - 1] ^= 1;
    assert_refused(bytes, size, "corrupt: expected checksum ");
    cama__mem_free(buffer);
}

static void test_numbers_that_are_not_finite(void **state)
{
    (void)state;
    static const uint32_t bits[] = {0x7fc00000, 0x7f800000, 0xff800000, 0xffffffff, 0x7f800001};
    unsigned char file[400];
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        const size_t size = handmade(file, "{" SUM ",\"a\":" T("2", "0", "8") ",\"b\":" T("2,2", "8", "24") "}", 24);
        for (int k = 0; k < 4; k++) file[size - 8 + (size_t)k] = (unsigned char)(bits[i] >> (8 * k));
        seal(file, size, true);
        assert_refused(file, (int64_t)size, "tensor b: expected finite numbers, got NaN or infinity at index 2");
    }
}

/* ---- What encode refuses ---- */

static void assert_not_encoded(const cama__tensor *tensors, int32_t count, const char *const *meta, int32_t status,
                               const char *words)
{
    void *buffer = weights;
    int64_t size = -7;
    assert_int_equal(cama__safetensors_encode(tensors, count, meta, &buffer, &size), status);
    assert_ptr_equal(buffer, weights);
    assert_int_equal(size, -7);
    if (strstr(cama_last_error(), words) == NULL) fail_msg("no \"%s\" in: %s", words, cama_last_error());
}

static void test_what_encode_refuses(void **state)
{
    (void)state;
    static const float bad_values[3] = {1.0f, NAN, 2.0f};
    const cama__tensor bad[] = {{NULL, 1, {3}, bias},       {"a", 1, {3}, NULL}, {"a", 0, {3}, bias},
                                {"a", 5, {3}, bias},        {"a", 1, {0}, bias}, {"a", 2, {3, -1}, bias},
                                {"a", 1, {INT64_MAX}, bias}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_not_encoded(&bad[i], 1, NULL, CAMA_E_ARGUMENT, "tensor 0: expected a name, data and 1 to 4 dimensions");
    }
    const cama__tensor named[] = {{"", 1, {3}, bias}, {"a\nb", 1, {3}, bias}};
    for (int i = 0; i < 2; i++) assert_not_encoded(&named[i], 1, NULL, CAMA_E_ARGUMENT, "expected a name");
    char longest[257];
    memset(longest, 'n', 256);
    longest[256] = '\0';
    const cama__tensor long_name = {longest, 1, {3}, bias}, fitting_name = {longest + 1, 1, {3}, bias};
    assert_not_encoded(&long_name, 1, NULL, CAMA_E_ARGUMENT, "tensor 0: expected a name of 1 to 255");
    void *buffer = NULL;
    int64_t size = 0;
    assert_int_equal(cama__safetensors_encode(&fitting_name, 1, NULL, &buffer, &size), CAMA_OK);
    cama__mem_free(buffer);
    const cama__tensor twins[] = {{"a", 1, {3}, bias}, {"a", 1, {3}, bias}};
    assert_not_encoded(twins, 2, NULL, CAMA_E_ARGUMENT, "each key once");
    const cama__tensor reserved = {"__metadata__", 1, {3}, bias};
    assert_not_encoded(&reserved, 1, NULL, CAMA_E_ARGUMENT, "expected a string");
    const cama__tensor infinite = {"a", 1, {3}, bad_values};
    assert_not_encoded(&infinite, 1, NULL, CAMA_E_NONFINITE, "tensor a: expected finite numbers, got NaN");
    assert_non_null(strstr(cama_last_error(), "index 1"));
    static const char *const metas[][5] = {{"checksum", NO_SUM}, {"k", "1", "k", "2"}, {"k", "\xff"}, {"k", NULL}};
    static const char *const words[] = {"each key once", "each key once", "UTF-8", "key k: expected a value"};
    for (int i = 0; i < 4; i++) assert_not_encoded(sample, 1, metas[i], CAMA_E_ARGUMENT, words[i]);
}

/* ---- Memory ---- */

static int allocations_left, alive;

static void *scarce_alloc(void *user, size_t bytes)
{
    (void)user;
    void *pointer = NULL;
    if (allocations_left-- <= 0 || posix_memalign(&pointer, CAMA__ALIGN, bytes) != 0) return NULL;
    alive++;
    return pointer;
}

static void counted_free(void *user, void *pointer)
{
    (void)user;
    alive--;
    free(pointer);
}

static void test_every_allocation_that_fails(void **state)
{
    (void)state;
    const cama__mem_hook scarce = {scarce_alloc, counted_free, NULL};
    void *good = NULL;
    int64_t good_size = 0;
    encode(&good, &good_size);
    alive = 0;
    for (int verb = 0; verb < 2; verb++) {
        int32_t status = CAMA_E_MEMORY;
        for (int n = 0; status != CAMA_OK; n++) {
            void *buffer = NULL;
            int64_t size = 0;
            cama__safetensors *s = NULL;
            cama__mem_set_hook(&scarce);
            allocations_left = n;
            status = verb == 0 ? cama__safetensors_encode(sample, SAMPLES, sample_meta, &buffer, &size)
                               : cama__safetensors_decode(good, good_size, "PATH", &s);
            cama__mem_free(buffer);
            cama__safetensors_free(s);
            cama__mem_set_hook(NULL);
            if (status != CAMA_OK) assert_int_equal(status, CAMA_E_MEMORY);
            assert_int_equal(alive, 0);
            assert_true(n < 50);
        }
    }
    cama__mem_free(good);
}

/* ---- For the reader in another language ---- */

static int write_sample(const char *path)
{
    weights[4] = 5.0f; /* sums that are exact in any order */
    weights[5] = 0.125f;
    fill_sample();
    void *buffer = NULL;
    int64_t size = 0;
    int32_t status = cama__safetensors_encode(sample, SAMPLES, sample_meta, &buffer, &size);
    if (status == CAMA_OK) status = cama__file_write(path, buffer, size);
    cama__mem_free(buffer);
    if (status != CAMA_OK) fprintf(stderr, "%s\n", cama_last_error());
    for (int i = 0; status == CAMA_OK && i < SAMPLES; i++) {
        double sum = 0;
        int64_t count = 1;
        printf("%s [", sample[i].name);
        for (int d = 0; d < sample[i].dims; d++) {
            printf("%s%" PRId64, d > 0 ? ", " : "", sample[i].shape[d]);
            count *= sample[i].shape[d];
        }
        for (int64_t j = 0; j < count; j++) sum += sample[i].data[j];
        printf("] %.6f\n", sum);
    }
    return status == CAMA_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--write") == 0) return write_sample(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handmade_files_that_are_good), cmocka_unit_test(test_handmade_files_that_are_bad),
        cmocka_unit_test(test_the_length_of_the_header),     cmocka_unit_test(test_a_round_trip),
        cmocka_unit_test(test_nothing_at_all_is_a_file),     cmocka_unit_test(test_many_tensors),
        cmocka_unit_test(test_every_truncation_is_refused),  cmocka_unit_test(test_every_flipped_bit_is_noticed),
        cmocka_unit_test(test_numbers_that_are_not_finite),  cmocka_unit_test(test_what_encode_refuses),
        cmocka_unit_test(test_every_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
