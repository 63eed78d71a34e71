/* file_write_test - an atomic write whose every system call is made to fail once: the old file or the new one, never
 * less; and every allocation of writing and of reading. */
#include "file_faults.h"

#include <signal.h>
#include <sys/resource.h>

#include "scarce.h"

static mode_t mode_of(const char *name)
{
    struct stat about;
    assert_int_equal(stat(in(name), &about), 0);
    return about.st_mode & 07777;
}

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

/* ---- Failures ---------------------------------------------------------------------------------------------------- */

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

static void test_every_allocation_that_fails(void **state)
{
    (void)state;
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
