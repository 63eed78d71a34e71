/* file_test - bounded reading, plain and gzip'd, and an atomic write whose every system call is made to fail once. */
#define _GNU_SOURCE /* syscall */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>

#include "io/file.h"

/* ---- Faults: these definitions stand before those of the C library. ---- */

typedef struct {
    int fail_at, code; /* call number fail_at (from 1; 0: none) fails with code */
    int calls;
    int64_t most; /* > 0: bytes moved by one call at most */
} fault;
static fault on_read, on_write, on_sync, on_close, on_chmod, on_rename;

static bool strikes(fault *f)
{
    if (++f->calls != f->fail_at) return false;
    errno = f->code;
    return true;
}

static size_t cut(const fault *f, size_t size)
{
    return f->most > 0 && size > (size_t)f->most ? (size_t)f->most : size;
}

ssize_t read(int fd, void *data, size_t size)
{
    struct iovec piece = {data, cut(&on_read, size)};
    return strikes(&on_read) ? -1 : readv(fd, &piece, 1);
}

ssize_t write(int fd, const void *data, size_t size)
{
    struct iovec piece = {(void *)(uintptr_t)data, cut(&on_write, size)};
    return strikes(&on_write) ? -1 : writev(fd, &piece, 1);
}

int fsync(int fd) { return strikes(&on_sync) ? -1 : fdatasync(fd); }

int close(int fd)
{
    const bool struck = strikes(&on_close);
    const int result = (int)syscall(SYS_close, fd); /* like the system: closed even when it reports a failure */
    if (struck) errno = on_close.code;
    return struck ? -1 : result;
}

int fchmod(int fd, mode_t mode) { return strikes(&on_chmod) ? -1 : (int)syscall(SYS_fchmod, fd, mode); }

int rename(const char *from, const char *to)
{
    return strikes(&on_rename) ? -1 : renameat(AT_FDCWD, from, AT_FDCWD, to);
}

static void no_faults(void) { on_read = on_write = on_sync = on_close = on_chmod = on_rename = (fault){0}; }

/* ---- A directory of its own ---- */

static char directory[512];

static const char *in(const char *name)
{
    static char paths[8][600];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

static void empty_directory(void)
{
    DIR *listing = opendir(directory);
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        if (entry->d_name[0] == '.' && strlen(entry->d_name) <= 2) continue;
        if (unlink(in(entry->d_name)) != 0) rmdir(in(entry->d_name));
    }
    closedir(listing);
}

static int entries(void)
{
    int count = -2; /* . and .. */
    DIR *listing = opendir(directory);
    while (readdir(listing) != NULL) count++;
    closedir(listing);
    return count;
}

static int begin(void **state)
{
    (void)state;
    no_faults();
    cama__mem_set_hook(NULL);
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/file_test_XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(directory) != NULL ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    no_faults();
    cama__mem_set_hook(NULL);
    empty_directory();
    return rmdir(directory);
}

static void put(const char *name, const void *data, size_t size)
{
    FILE *file = fopen(in(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void assert_holds(const char *name, const void *data, size_t size)
{
    char *got = malloc(size + 1);
    FILE *file = fopen(in(name), "rb");
    assert_non_null(file);
    assert_int_equal(fread(got, 1, size + 1, file), size);
    fclose(file);
    assert_memory_equal(got, data, size);
    free(got);
}

static mode_t mode_of(const char *name)
{
    struct stat about;
    assert_int_equal(stat(in(name), &about), 0);
    return about.st_mode & 07777;
}

/* One gzip member, as long as the return value says. */
static size_t gzip(const void *data, size_t size, unsigned char *to, size_t room)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)data;
    z.avail_in = (unsigned)size;
    z.next_out = to;
    z.avail_out = (unsigned)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return room - z.avail_out;
}

static void assert_read(const char *name, bool inflate, int64_t limit, const void *data, int64_t size)
{
    void *got = NULL;
    int64_t got_size = -1;
    const int32_t status = cama__file_read(in(name), inflate, limit, &got, &got_size);
    if (status != CAMA_OK) fail_msg("%s", cama_last_error());
    assert_int_equal(got_size, size);
    assert_memory_equal(got, data, size);
    assert_int_equal(((char *)got)[size], 0);
    cama__mem_free(got);
}

static void assert_refused(const char *name, bool inflate, int64_t limit, int32_t status, const char *words)
{
    void *got = directory;
    int64_t got_size = -7;
    assert_int_equal(cama__file_read(in(name), inflate, limit, &got, &got_size), status);
    assert_ptr_equal(got, directory);
    assert_int_equal(got_size, -7);
    assert_non_null(strstr(cama_last_error(), in(name)));
    if (strstr(cama_last_error(), words) == NULL) fail_msg("no \"%s\" in: %s", words, cama_last_error());
}

/* ---- Reading ---- */

static void test_a_plain_file_is_read_up_to_the_limit(void **state)
{
    (void)state;
    put("ten", "0123456789", 10);
    put("none", "", 0);
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
    mkdir(in("folder"), 0777);
    assert_refused("folder", false, 10, CAMA_E_IO, "regular file");
    assert_int_equal(mkfifo(in("fifo"), 0600), 0); /* and nobody writes: must not wait */
    assert_refused("fifo", true, 10, CAMA_E_IO, "regular file");
}

static void test_interrupted_short_and_failing_reads(void **state)
{
    (void)state;
    put("ten", "0123456789", 10);
    on_read = (fault){.fail_at = 3, .code = EINTR, .most = 1};
    assert_read("ten", true, 10, "0123456789", 10);
    for (int call = 1; call <= 3; call++) { /* two while looking for gzip, one for the content */
        on_read = (fault){.fail_at = call, .code = EIO};
        assert_refused("ten", true, 10, CAMA_E_IO, strerror(EIO));
    }
}

static void test_gzip_is_inflated_when_asked(void **state)
{
    (void)state;
    unsigned char packed[200];
    const size_t first = gzip("hello, ", 7, packed, 100), both = first + gzip("world", 5, packed + first, 100);
    put("one", packed, first);
    put("two", packed, both);
    assert_read("one", true, 7, "hello, ", 7);
    assert_read("two", true, 12, "hello, world", 12);
    assert_read("two", false, 200, packed, (int64_t)both);
    assert_refused("two", true, 11, CAMA_E_FORMAT, "expected at most 11 bytes after inflating, got at least 12");

    cama__file *file;
    bool exact;
    int64_t taken;
    char text[16];
    assert_int_equal(cama__file_open(in("two"), true, &file), CAMA_OK);
    assert_true(cama__file_most(file, &exact) >= 12);
    assert_false(exact);
    assert_int_equal(cama__file_take(file, text, 9, &taken), CAMA_OK);
    assert_int_equal(taken, 9);
    assert_int_equal(cama__file_take(file, text + 9, 7, &taken), CAMA_OK);
    assert_int_equal(taken, 3);
    assert_memory_equal(text, "hello, world", 12);
    assert_int_equal(cama__file_take(file, text, 1, &taken), CAMA_OK);
    assert_int_equal(taken, 0);
    cama__file_close(file);
}

static void test_a_gzip_bomb_is_refused_without_its_memory(void **state)
{
    (void)state;
    const size_t size = 20 << 20;
    char *zeros = calloc(size, 1);
    unsigned char *packed = malloc(1 << 16);
    const size_t packed_size = gzip(zeros, size, packed, 1 << 16);
    put("bomb", packed, packed_size);
    assert_refused("bomb", true, 1000000, CAMA_E_FORMAT, "oversized");
    assert_refused("bomb", true, (int64_t)size - 1, CAMA_E_FORMAT, "oversized");
    assert_read("bomb", true, (int64_t)size, zeros, (int64_t)size);

    cama__file *file;
    bool exact;
    assert_int_equal(cama__file_open(in("bomb"), true, &file), CAMA_OK);
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
    const size_t size = gzip(text, sizeof text, packed, sizeof packed);
    for (size_t length = 2; length < size; length++) {
        put("file", packed, length);
        assert_refused("file", true, 5000, CAMA_E_FORMAT, "truncated");
    }
    for (size_t at = size - 8; at < size; at++) { /* checksum and length */
        packed[at] ^= 0x10;
        put("file", packed, size);
        assert_refused("file", true, 5000, CAMA_E_FORMAT, "corrupt");
        packed[at] ^= 0x10;
    }
    static const char *const garbage[] = {"x", "trailing text", "\0\0\0\0"};
    static const size_t length[] = {1, 13, 4};
    for (int i = 0; i < 3; i++) {
        memcpy(packed + size, garbage[i], length[i]);
        put("file", packed, size + length[i]);
        assert_refused("file", true, 5000, CAMA_E_FORMAT, i == 0 ? "truncated" : "expected the end of the file");
    }
}

/* ---- Writing ---- */

static void test_a_new_file_takes_the_umask(void **state)
{
    (void)state;
    const mode_t old = umask(027);
    assert_int_equal(cama__file_write(in("new"), "content", 7), CAMA_OK);
    umask(old);
    assert_holds("new", "content", 7);
    assert_int_equal(mode_of("new"), 0640);
    assert_int_equal(cama__file_write(in("empty"), NULL, 0), CAMA_OK);
    assert_holds("empty", "", 0);
    assert_int_equal(entries(), 2);
}

static void test_an_old_file_keeps_its_permissions(void **state)
{
    (void)state;
    static const mode_t modes[] = {0600, 0664, 0777, 0400};
    for (int i = 0; i < 4; i++) {
        put("old", "old", 3);
        assert_int_equal(chmod(in("old"), modes[i]), 0);
        assert_int_equal(cama__file_write(in("old"), "newer", 5), CAMA_OK);
        assert_holds("old", "newer", 5);
        assert_int_equal(mode_of("old"), modes[i]);
        unlink(in("old"));
    }
}

static void test_paths_without_a_directory_and_through_links(void **state)
{
    (void)state;
    const int here = open(".", O_RDONLY);
    assert_int_equal(chdir(directory), 0);
    assert_int_equal(cama__file_write("plain", "a", 1), CAMA_OK);
    assert_int_equal(fchdir(here), 0);
    close(here);
    assert_holds("plain", "a", 1);
    assert_int_equal(symlink("plain", in("link")), 0);
    assert_int_equal(cama__file_write(in("link"), "bc", 2), CAMA_OK);
    assert_holds("plain", "bc", 2);
    struct stat about;
    assert_int_equal(lstat(in("link"), &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_int_equal(entries(), 2);
}

static void assert_write_fails(const char *path, const char *words)
{
    assert_int_equal(cama__file_write(path, "data", 4), CAMA_E_IO);
    assert_non_null(strstr(cama_last_error(), path));
    if (strstr(cama_last_error(), words) == NULL) fail_msg("no \"%s\" in: %s", words, cama_last_error());
}

static void test_impossible_targets(void **state)
{
    (void)state;
    put("file", "old", 3);
    mkdir(in("folder"), 0777);
    assert_write_fails(in("absent/file"), strerror(ENOENT));
    assert_write_fails(in("file/file"), strerror(ENOTDIR));
    assert_write_fails(in("folder"), "regular file");
    assert_write_fails(in("folder/"), "regular file");
    assert_write_fails("/dev/full", "regular file");
    assert_write_fails("", strerror(ENOENT));
    assert_int_equal(entries(), 2);
    assert_holds("file", "old", 3);
}

static void test_every_call_that_fails_leaves_the_old_file(void **state)
{
    (void)state;
    static const struct {
        fault *call;
        int fail_at, code;
    } faults[] = {{&on_chmod, 1, EPERM}, {&on_write, 1, ENOSPC}, {&on_write, 3, ENOSPC}, {&on_write, 4, EDQUOT},
                  {&on_sync, 1, EIO},    {&on_close, 1, EIO},    {&on_rename, 1, EACCES}};
    for (int replaces = 0; replaces < 2; replaces++) {
        for (size_t i = replaces ? 0 : 1; i < sizeof faults / sizeof *faults; i++) {
            empty_directory();
            if (replaces) put("file", "old", 3);
            if (replaces) assert_int_equal(chmod(in("file"), 0604), 0);
            no_faults();
            on_write.most = 3;
            faults[i].call->fail_at = faults[i].fail_at;
            faults[i].call->code = faults[i].code;
            const int32_t status = cama__file_write(in("file"), "0123456789", 10);
            no_faults();
            assert_int_equal(status, CAMA_E_IO);
            assert_non_null(strstr(cama_last_error(), strerror(faults[i].code)));
            assert_int_equal(entries(), replaces);
            if (replaces) assert_holds("file", "old", 3);
            if (replaces) assert_int_equal(mode_of("file"), 0604);
        }
    }
}

static void test_interruptions_and_short_writes_are_no_failures(void **state)
{
    (void)state;
    on_write = (fault){.fail_at = 4, .code = EINTR, .most = 1};
    on_sync = (fault){.fail_at = 1, .code = EINTR};
    assert_int_equal(cama__file_write(in("file"), "0123456789", 10), CAMA_OK);
    assert_int_equal(on_write.calls, 11);
    assert_int_equal(on_sync.calls, 3); /* again after EINTR, and the directory */
    assert_holds("file", "0123456789", 10);

    no_faults();
    on_sync = (fault){.fail_at = 2, .code = EINVAL}; /* a directory that cannot be synced: the file is in place */
    assert_int_equal(cama__file_write(in("file"), "abc", 3), CAMA_OK);
    assert_holds("file", "abc", 3);
    assert_int_equal(entries(), 1);
}

static void test_a_file_system_that_is_full(void **state)
{
    (void)state;
    static char large[10000];
    struct rlimit old, small;
    put("file", "old", 3);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 4096; /* the kernel itself takes 4096 bytes and refuses the rest */
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const int32_t status = cama__file_write(in("file"), large, sizeof large);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(status, CAMA_E_IO);
    assert_non_null(strstr(cama_last_error(), strerror(EFBIG)));
    assert_holds("file", "old", 3);
    assert_int_equal(entries(), 1);
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
    unsigned char packed[100];
    put("packed", packed, gzip("hello", 5, packed, sizeof packed));
    cama__mem_set_hook(&scarce);
    alive = 0;
    int32_t status = CAMA_E_MEMORY;
    for (int n = 0; status != CAMA_OK; n++) {
        void *data = NULL;
        int64_t size;
        allocations_left = n;
        status = cama__file_read(in("packed"), true, 10, &data, &size);
        if (status != CAMA_OK) assert_int_equal(status, CAMA_E_MEMORY);
        assert_true(n < 20);
        cama__mem_free(data);
        assert_int_equal(alive, 0);
    }
    status = CAMA_E_MEMORY;
    for (int n = 0; status != CAMA_OK; n++) {
        allocations_left = n;
        status = cama__file_write(in("written"), "data", 4);
        if (status != CAMA_OK) assert_int_equal(status, CAMA_E_MEMORY);
        assert_int_equal(alive, 0);
        assert_int_equal(entries(), status == CAMA_OK ? 2 : 1);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(test_a_plain_file_is_read_up_to_the_limit),
        TEST(test_what_is_no_file_is_refused),
        TEST(test_interrupted_short_and_failing_reads),
        TEST(test_gzip_is_inflated_when_asked),
        TEST(test_a_gzip_bomb_is_refused_without_its_memory),
        TEST(test_a_broken_gzip_is_refused),
        TEST(test_a_new_file_takes_the_umask),
        TEST(test_an_old_file_keeps_its_permissions),
        TEST(test_paths_without_a_directory_and_through_links),
        TEST(test_impossible_targets),
        TEST(test_every_call_that_fails_leaves_the_old_file),
        TEST(test_interruptions_and_short_writes_are_no_failures),
        TEST(test_a_file_system_that_is_full),
        TEST(test_every_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
