/* file_faults - system calls that fail when told to, and a directory with files to try them on. */
#define _GNU_SOURCE /* syscall() */
#include "file_faults.h"

/* ---- Faults: these definitions stand before those of the C library ----------------------------------------------- */

file_fault file_on_read, file_on_write, file_on_sync, file_on_close, file_on_chmod, file_on_rename;

static bool file_strikes(file_fault *f)
{
    if (++f->calls != f->fail_at) return false;
    errno = f->code;
    return true;
}

static size_t cut(const file_fault *f, size_t size)
{
    return f->most > 0 && size > (size_t)f->most ? (size_t)f->most : size;
}

ssize_t read(int fd, void *data, size_t size)
{
    struct iovec piece = {data, cut(&file_on_read, size)};
    return file_strikes(&file_on_read) ? -1 : readv(fd, &piece, 1);
}

ssize_t write(int fd, const void *data, size_t size)
{
    struct iovec piece = {(void *)(uintptr_t)data, cut(&file_on_write, size)};
    return file_strikes(&file_on_write) ? -1 : writev(fd, &piece, 1);
}

int fsync(int fd) { return file_strikes(&file_on_sync) ? -1 : fdatasync(fd); }

int close(int fd)
{
    const bool struck = file_strikes(&file_on_close);
    const int result = (int)syscall(SYS_close, fd); /* like the system: closed even when it reports a failure */
    if (struck) errno = file_on_close.code;
    return struck ? -1 : result;
}

int fchmod(int fd, mode_t mode) { return file_strikes(&file_on_chmod) ? -1 : (int)syscall(SYS_fchmod, fd, mode); }

int rename(const char *from, const char *to)
{
    return file_strikes(&file_on_rename) ? -1 : renameat(AT_FDCWD, from, AT_FDCWD, to);
}

void file_no_faults(void)
{
    file_on_read = file_on_write = file_on_sync = file_on_close = file_on_chmod = file_on_rename = (file_fault){0};
}

/* ---- A directory of its own for each test ------------------------------------------------------------------------ */

char file_directory[512];

const char *file_in(const char *name)
{
    static char paths[8][600];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", file_directory, name);
    return path;
}

void empty_directory(void)
{
    DIR *listing = opendir(file_directory);
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        if (entry->d_name[0] == '.' && strlen(entry->d_name) <= 2) continue;
        if (unlink(file_in(entry->d_name)) != 0) rmdir(file_in(entry->d_name));
    }
    closedir(listing);
}

int file_entries(void)
{
    int count = -2; /* . and .. */
    DIR *listing = opendir(file_directory);
    while (readdir(listing) != NULL) count++;
    closedir(listing);
    return count;
}

int file_begin(void **state)
{
    (void)state;
    file_no_faults();
    cama__mem_set_hook(NULL);
    const char *base = getenv("TMPDIR");
    snprintf(file_directory, sizeof file_directory, "%s/file_test_XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(file_directory) != NULL ? 0 : -1;
}

int file_end(void **state)
{
    (void)state;
    file_no_faults();
    cama__mem_set_hook(NULL);
    empty_directory();
    return rmdir(file_directory);
}

void file_put(const char *name, const void *data, size_t size)
{
    FILE *file = fopen(file_in(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

void file_assert_holds(const char *name, const void *data, size_t size)
{
    char *got = malloc(size + 1);
    FILE *file = fopen(file_in(name), "rb");
    assert_non_null(file);
    assert_int_equal(fread(got, 1, size + 1, file), size);
    fclose(file);
    assert_memory_equal(got, data, size);
    free(got);
}

size_t file_gzip(const void *data, size_t size, unsigned char *to, size_t room)
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
