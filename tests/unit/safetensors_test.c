/* safetensors_test - what is encoded comes back bit by bit; a file cut at any length and a file with any bit flipped
 * are refused.
 * With the argument --write FILE it writes a sample instead and prints what safetensors_read.py FILE must print. */
#include "safetensors_cases.h"

#include <float.h>
#include <math.h>

#include "io/file.h"
#include "scarce.h"

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

/* ---- What encode makes ------------------------------------------------------------------------------------------- */

static void test_a_round_trip(void **state)
{
    (void)state;
    void *buffer = NULL;
    int64_t size = 0;
    encode(&buffer, &size);
    cama__safetensors *s = NULL;
    if (safetensors_decode(buffer, size, &s) != CAMA_OK) fail_msg("%s", cama_last_error());
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
    safetensors_seal(again, (size_t)size, true); /* the other implementation finds the same checksum */
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
    OK(cama__safetensors_encode(NULL, 0, NULL, &buffer, &size));
    assert_int_equal(safetensors_decode(buffer, size, &s), CAMA_OK);
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
    OK(cama__safetensors_encode(many, COUNT, NULL, &buffer, &size));
    assert_int_equal(safetensors_decode(buffer, size, &s), CAMA_OK);
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
    for (int64_t length = 0; length < size; length++) safetensors_refused(buffer, length, "expected");
    unsigned char *longer = calloc((size_t)size + 1, 1);
    memcpy(longer, buffer, (size_t)size);
    safetensors_refused(longer, size + 1, "bytes after the header");
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
            safetensors_refused(bytes, size, "");
            bytes[at] ^= (unsigned char)(1 << bit);
        }
    }
    bytes[size - 1] ^= 1;
    safetensors_refused(bytes, size, "corrupt: expected checksum ");
    cama__mem_free(buffer);
}

/* ---- What encode refuses ----------------------------------------------------------------------------------------- */

static void assert_not_encoded(const cama__tensor *tensors, int32_t count, const char *const *meta, int32_t status,
                               const char *words)
{
    void *buffer = weights;
    int64_t size = -7;
    assert_int_equal(cama__safetensors_encode(tensors, count, meta, &buffer, &size), status);
    assert_ptr_equal(buffer, weights);
    assert_int_equal(size, -7);
    check_said(words);
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
    OK(cama__safetensors_encode(&fitting_name, 1, NULL, &buffer, &size));
    cama__mem_free(buffer);
    const cama__tensor twins[] = {{"a", 1, {3}, bias}, {"a", 1, {3}, bias}};
    assert_not_encoded(twins, 2, NULL, CAMA_E_ARGUMENT, "each key once");
    const cama__tensor reserved = {"__metadata__", 1, {3}, bias};
    assert_not_encoded(&reserved, 1, NULL, CAMA_E_ARGUMENT, "expected a string");
    const cama__tensor infinite = {"a", 1, {3}, bad_values};
    assert_not_encoded(&infinite, 1, NULL, CAMA_E_NONFINITE, "tensor a: expected finite numbers, got NaN");
    check_said("index 1");
    static const char *const metas[][5] = {{"checksum", NO_SUM}, {"k", "1", "k", "2"}, {"k", "\xff"}, {"k", NULL}};
    static const char *const words[] = {"each key once", "each key once", "UTF-8", "key k: expected a value"};
    for (int i = 0; i < 4; i++) assert_not_encoded(sample, 1, metas[i], CAMA_E_ARGUMENT, words[i]);
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

static void test_every_allocation_that_fails(void **state)
{
    (void)state;
    void *good = NULL;
    int64_t good_size = 0;
    encode(&good, &good_size);
    scarce_alive = 0;
    for (int verb = 0; verb < 2; verb++) {
        int32_t status = CAMA_E_MEMORY;
        for (int n = 0; status != CAMA_OK; n++) {
            void *buffer = NULL;
            int64_t size = 0;
            cama__safetensors *s = NULL;
            cama__mem_set_hook(&scarce);
            scarce_left = n;
            status = verb == 0 ? cama__safetensors_encode(sample, SAMPLES, sample_meta, &buffer, &size)
                               : cama__safetensors_decode(good, good_size, "PATH", &s);
            cama__mem_free(buffer);
            cama__safetensors_free(s);
            cama__mem_set_hook(NULL);
            if (status != CAMA_OK) assert_int_equal(status, CAMA_E_MEMORY);
            assert_int_equal(scarce_alive, 0);
            assert_true(n < 50);
        }
    }
    cama__mem_free(good);
}

/* ---- For the reader in another language -------------------------------------------------------------------------- */

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
        cmocka_unit_test(test_a_round_trip),
        cmocka_unit_test(test_nothing_at_all_is_a_file),
        cmocka_unit_test(test_many_tensors),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_every_flipped_bit_is_noticed),
        cmocka_unit_test(test_what_encode_refuses),
        cmocka_unit_test(test_every_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
