/* file_write_test - an atomic write whose every system call is made to fail once: the old file or the new one, never
 * less; and every allocation of writing and of reading. */
#include "file_faults.h"

#include <signal.h>
#include <sys/resource.h>

#include "scarce.h"

static mode_t mode_of(const char *name)
{
    struct stat about;
    assert_int_equal(stat(file_in(name), &about), 0);
    return about.st_mode & 07777;
}

static void test_a_new_file_takes_the_umask(void **state)
{
    (void)state;
    const mode_t old = umask(027);
    OK(cama__file_write(file_in("new"), "content", 7));
    umask(old);
    file_assert_holds("new", "content", 7);
    assert_int_equal(mode_of("new"), 0640);
    OK(cama__file_write(file_in("empty"), NULL, 0));
    file_assert_holds("empty", "", 0);
    assert_int_equal(file_entries(), 2);
}

static void test_an_old_file_keeps_its_permissions(void **state)
{
    (void)state;
    static const mode_t modes[] = {0600, 0664, 0777, 0400};
    for (int i = 0; i < 4; i++) {
        file_put("old", "old", 3);
        assert_int_equal(chmod(file_in("old"), modes[i]), 0);
        OK(cama__file_write(file_in("old"), "newer", 5));
        file_assert_holds("old", "newer", 5);
        assert_int_equal(mode_of("old"), modes[i]);
        unlink(file_in("old"));
    }
}

static void test_paths_without_a_directory_and_through_links(void **state)
{
    (void)state;
    const int here = open(".", O_RDONLY);
    assert_int_equal(chdir(file_directory), 0);
    OK(cama__file_write("plain", "a", 1));
    assert_int_equal(fchdir(here), 0);
    close(here);
    file_assert_holds("plain", "a", 1);
    assert_int_equal(symlink("plain", file_in("link")), 0);
    OK(cama__file_write(file_in("link"), "bc", 2));
    file_assert_holds("plain", "bc", 2);
    struct stat about;
    assert_int_equal(lstat(file_in("link"), &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_int_equal(file_entries(), 2);
}

/* ---- Failures ---------------------------------------------------------------------------------------------------- */

static void assert_write_fails(const char *path, const char *words)
{
    assert_int_equal(cama__file_write(path, "data", 4), CAMA_E_IO);
    check_said(path);
    check_said(words);
}

static void test_impossible_targets(void **state)
{
    (void)state;
    file_put("file", "old", 3);
    mkdir(file_in("folder"), 0777);
    assert_write_fails(file_in("absent/file"), strerror(ENOENT));
    assert_write_fails(file_in("file/file"), strerror(ENOTDIR));
    assert_write_fails(file_in("folder"), "regular file");
    assert_write_fails(file_in("folder/"), "regular file");
    assert_write_fails("/dev/full", "regular file");
    assert_write_fails("", strerror(ENOENT));
    assert_int_equal(file_entries(), 2);
    file_assert_holds("file", "old", 3);
}

static void test_every_call_that_fails_leaves_the_old_file(void **state)
{
    (void)state;
    static const struct {
        file_fault *call;
        int fail_at, code;
    } faults[] = {{&file_on_chmod, 1, EPERM},  {&file_on_write, 1, ENOSPC}, {&file_on_write, 3, ENOSPC},
                  {&file_on_write, 4, EDQUOT}, {&file_on_sync, 1, EIO},     {&file_on_close, 1, EIO},
                  {&file_on_rename, 1, EACCES}};
    for (int replaces = 0; replaces < 2; replaces++) {
        for (size_t i = replaces ? 0 : 1; i < sizeof faults / sizeof *faults; i++) {
            empty_directory();
            if (replaces) file_put("file", "old", 3);
            if (replaces) assert_int_equal(chmod(file_in("file"), 0604), 0);
            file_no_faults();
            file_on_write.most = 3;
            faults[i].call->fail_at = faults[i].fail_at;
            faults[i].call->code = faults[i].code;
            const int32_t status = cama__file_write(file_in("file"), "0123456789", 10);
            file_no_faults();
            assert_int_equal(status, CAMA_E_IO);
            check_said(strerror(faults[i].code));
            assert_int_equal(file_entries(), replaces);
            if (replaces) file_assert_holds("file", "old", 3);
            if (replaces) assert_int_equal(mode_of("file"), 0604);
        }
    }
}

static void test_interruptions_and_short_writes_are_no_failures(void **state)
{
    (void)state;
    file_on_write = (file_fault){.fail_at = 4, .code = EINTR, .most = 1};
    file_on_sync = (file_fault){.fail_at = 1, .code = EINTR};
    OK(cama__file_write(file_in("file"), "0123456789", 10));
    assert_int_equal(file_on_write.calls, 11);
    assert_int_equal(file_on_sync.calls, 3); /* again after EINTR, and the directory */
    file_assert_holds("file", "0123456789", 10);

    file_no_faults();
    file_on_sync =
        (file_fault){.fail_at = 2, .code = EINVAL}; /* a directory that cannot be synced: the file is in place */
    OK(cama__file_write(file_in("file"), "abc", 3));
    file_assert_holds("file", "abc", 3);
    assert_int_equal(file_entries(), 1);
}

static void test_a_file_system_that_is_full(void **state)
{
    (void)state;
    static char large[10000];
    struct rlimit old, small;
    file_put("file", "old", 3);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 4096; /* the kernel itself takes 4096 bytes and refuses the rest */
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const int32_t status = cama__file_write(file_in("file"), large, sizeof large);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(status, CAMA_E_IO);
    check_said(strerror(EFBIG));
    file_assert_holds("file", "old", 3);
    assert_int_equal(file_entries(), 1);
}

static void test_every_allocation_that_fails(void **state)
{
    (void)state;
    unsigned char packed[100];
    file_put("packed", packed, file_gzip("hello", 5, packed, sizeof packed));
    cama__mem_set_hook(&scarce);
    scarce_alive = 0;
    int32_t status = CAMA_E_MEMORY;
    for (int n = 0; status != CAMA_OK; n++) {
        void *data = NULL;
        int64_t size;
        scarce_left = n;
        status = cama__file_read(file_in("packed"), true, 10, &data, &size);
        if (status != CAMA_OK) assert_int_equal(status, CAMA_E_MEMORY);
        assert_true(n < 20);
        cama__mem_free(data);
        assert_int_equal(scarce_alive, 0);
    }
    status = CAMA_E_MEMORY;
    for (int n = 0; status != CAMA_OK; n++) {
        scarce_left = n;
        status = cama__file_write(file_in("written"), "data", 4);
        if (status != CAMA_OK) assert_int_equal(status, CAMA_E_MEMORY);
        assert_int_equal(scarce_alive, 0);
        assert_int_equal(file_entries(), status == CAMA_OK ? 2 : 1);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, file_begin, file_end)
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
