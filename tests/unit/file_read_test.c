/* file_read_test - bounded reading, plain and gzip'd: up to the limit and no further, however the system reads. */
#include "file_faults.h"

#include <signal.h>
#include <sys/wait.h>

static void assert_read(const char *name, bool inflate, int64_t limit, const void *data, int64_t size)
{
    void *got = NULL;
    int64_t got_size = -1;
    const int32_t status = cama__file_read(file_in(name), inflate, limit, &got, &got_size);
    if (status != CAMA_OK) fail_msg("%s", cama_last_error());
    assert_int_equal(got_size, size);
    assert_memory_equal(got, data, size);
    assert_int_equal(((char *)got)[size], 0);
    cama__mem_free(got);
}

static void assert_refused(const char *name, bool inflate, int64_t limit, int32_t status, const char *words)
{
    void *got = file_directory;
    int64_t got_size = -7;
    assert_int_equal(cama__file_read(file_in(name), inflate, limit, &got, &got_size), status);
    assert_ptr_equal(got, file_directory);
    assert_int_equal(got_size, -7);
    check_said(file_in(name));
    check_said(words);
}

static void test_a_plain_file_is_read_up_to_the_limit(void **state)
{
    (void)state;
    file_put("ten", "0123456789", 10);
    file_put("none", "", 0);
    assert_read("ten", false, 10, "0123456789", 10);
    assert_read("ten", true, 10, "0123456789", 10);
    assert_read("none", false, 0, "", 0);
    assert_read("none", true, 0, "", 0);
    assert_refused("ten", false, 9, CAMA_E_FORMAT, "oversized: expected at most 9 bytes, got 10");
    assert_refused("ten", false, -1, CAMA_E_FORMAT, "oversized");
}

static void test_what_is_no_file_is_refused(void **state)
{
    (void)state;
    assert_refused("absent", false, 10, CAMA_E_IO, strerror(ENOENT));
    mkdir(file_in("folder"), 0777);
    assert_refused("folder", false, 10, CAMA_E_IO, "regular file");
    assert_int_equal(mkfifo(file_in("fifo"), 0600), 0); /* and nobody writes: must not wait */
    assert_refused("fifo", true, 10, CAMA_E_IO, "regular file");
}

static void test_interrupted_short_and_failing_reads(void **state)
{
    (void)state;
    file_put("ten", "0123456789", 10);
    file_on_read = (file_fault){.fail_at = 3, .code = EINTR, .most = 1};
    assert_read("ten", true, 10, "0123456789", 10);
    for (int call = 1; call <= 3; call++) { /* two while looking for gzip, one for the content */
        file_on_read = (file_fault){.fail_at = call, .code = EIO};
        assert_refused("ten", true, 10, CAMA_E_IO, strerror(EIO));
    }
}

static void test_gzip_is_inflated_when_asked(void **state)
{
    (void)state;
    unsigned char packed[200];
    const size_t first = file_gzip("hello, ", 7, packed, 100),
                 both = first + file_gzip("world", 5, packed + first, 100);
    file_put("one", packed, first);
    file_put("two", packed, both);
    assert_read("one", true, 7, "hello, ", 7);
    assert_read("two", true, 12, "hello, world", 12);
    assert_read("two", false, 200, packed, (int64_t)both);
    assert_refused("two", true, 11, CAMA_E_FORMAT, "expected at most 11 bytes after inflating, got at least 12");

    cama__file *file;
    bool exact;
    int64_t taken;
    char text[16];
    OK(cama__file_open(file_in("two"), true, &file));
    assert_true(cama__file_most(file, &exact) >= 12);
    assert_false(exact);
    OK(cama__file_take(file, text, 9, &taken));
    assert_int_equal(taken, 9);
    OK(cama__file_take(file, text + 9, 7, &taken));
    assert_int_equal(taken, 3);
    assert_memory_equal(text, "hello, world", 12);
    OK(cama__file_take(file, text, 1, &taken));
    assert_int_equal(taken, 0);
    cama__file_close(file);
}

static void test_a_gzip_bomb_is_refused_without_its_memory(void **state)
{
    (void)state;
    const size_t size = 20 << 20;
    char *zeros = calloc(size, 1);
    unsigned char *packed = malloc(1 << 16);
    const size_t packed_size = file_gzip(zeros, size, packed, 1 << 16);
    file_put("bomb", packed, packed_size);
    assert_refused("bomb", true, 1000000, CAMA_E_FORMAT, "oversized");
    assert_refused("bomb", true, (int64_t)size - 1, CAMA_E_FORMAT, "oversized");
    assert_read("bomb", true, (int64_t)size, zeros, (int64_t)size);

    cama__file *file;
    bool exact;
    OK(cama__file_open(file_in("bomb"), true, &file));
    assert_true(cama__file_most(file, &exact) >= (int64_t)size); /* as dense as deflate gets */
    cama__file_close(file);
    free(packed);
    free(zeros);
}

static void test_a_broken_gzip_is_refused(void **state)
{
    (void)state;
    char text[3000];
    unsigned char packed[4000];
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)(i * i % 251);
    const size_t size = file_gzip(text, sizeof text, packed, sizeof packed);
    for (size_t length = 2; length < size; length++) {
        file_put("file", packed, length);
        assert_refused("file", true, 5000, CAMA_E_FORMAT, "truncated");
    }
    for (size_t at = size - 8; at < size; at++) { /* checksum and length */
        packed[at] ^= 0x10;
        file_put("file", packed, size);
        assert_refused("file", true, 5000, CAMA_E_FORMAT, "corrupt");
        packed[at] ^= 0x10;
    }
    static const char *const garbage[] = {"x", "trailing text", "\0\0\0\0trailing"};
    static const size_t length[] = {1, 13, 12};
    for (int i = 0; i < 3; i++) {
        memcpy(packed + size, garbage[i], length[i]);
        file_put("file", packed, size + length[i]);
        assert_refused("file", true, 5000, CAMA_E_FORMAT, i == 0 ? "truncated" : "expected the end of the file");
    }
}

/* Of a tape or a block device, whose programs fill the last block; other members may follow. */
static void test_zeros_behind_gzip_are_no_bytes(void **state)
{
    (void)state;
    const size_t pad = 200000; /* more than is read at once */
    unsigned char *packed = calloc(pad + 400, 1);
    const size_t first = file_gzip("hello, ", 7, packed, 100);
    for (size_t zeros = 1; zeros <= pad; zeros = zeros < 10 ? zeros + 1 : zeros == 10 ? pad : pad + 1) {
        file_put("file", packed, first + zeros);
        assert_read("file", true, 7, "hello, ", 7);
    }
    const size_t second = file_gzip("world", 5, packed + first + pad, 100);
    file_put("file", packed, first + pad + second);
    assert_read("file", true, 12, "hello, world", 12);
    free(packed);
}

/* A pipe is read to its end, plain or gzip'd, and may hold more than a buffer; so may bytes in memory. */
static void test_pipes_and_memory(void **state)
{
    (void)state;
    const size_t size = 300000;
    char *text = malloc(size);
    unsigned char *packed = malloc(size);
    for (size_t i = 0; i < size; i++) text[i] = (char)('a' + i * i % 23);
    const size_t packed_size = file_gzip(text, size, packed, size);
    assert_int_equal(mkfifo(file_in("fifo"), 0600), 0);
    for (int gz = 0; gz < 2; gz++) {
        const void *sent = gz ? (const void *)packed : text;
        const size_t length = gz ? packed_size : size;
        for (int limited = 0; limited < 2; limited++) {
            void *got = NULL;
            int64_t got_size = -1;
            const pid_t writer = fork();
            if (writer == 0) {
                FILE *file = fopen(file_in("fifo"), "wb");
                signal(SIGPIPE, SIG_IGN);
                fwrite(sent, 1, length, file);
                fclose(file);
                _exit(0);
            }
            const int32_t status =
                cama__file_read_any(file_in("fifo"), limited ? 1000 : (int64_t)size, &got, &got_size);
            int exited;
            assert_int_equal(waitpid(writer, &exited, 0), writer);
            assert_int_equal(status, limited ? CAMA_E_FORMAT : CAMA_OK);
            if (!limited) assert_int_equal(got_size, size);
            if (!limited) assert_memory_equal(got, text, size);
            cama__mem_free(got);
        }
        void *got = NULL;
        int64_t got_size = -1;
        OK(cama__file_unpack(sent, (int64_t)length, "memory", (int64_t)size, &got, &got_size));
        assert_int_equal(got_size, size);
        assert_memory_equal(got, text, size);
        cama__mem_free(got);
    }
    free(packed);
    free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, file_begin, file_end)
    const struct CMUnitTest tests[] = {
        TEST(test_a_plain_file_is_read_up_to_the_limit),
        TEST(test_what_is_no_file_is_refused),
        TEST(test_interrupted_short_and_failing_reads),
        TEST(test_gzip_is_inflated_when_asked),
        TEST(test_a_gzip_bomb_is_refused_without_its_memory),
        TEST(test_a_broken_gzip_is_refused),
        TEST(test_zeros_behind_gzip_are_no_bytes),
        TEST(test_pipes_and_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
