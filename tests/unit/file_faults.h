/* file_faults - system calls that fail when told to, and a directory with files to try them on. Header only, and the
 * first to be included: it asks for syscall(). */
#ifndef TESTS_UNIT_FILE_FAULTS_H
#define TESTS_UNIT_FILE_FAULTS_H

#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>

#include "io/file.h"

/* ---- Faults: these definitions stand before those of the C library ----------------------------------------------- */

typedef struct {
    int fail_at, code; /* call number fail_at (from 1; 0: none) fails with code */
    int calls;
    int64_t most; /* > 0: bytes moved by one call at most */
} fault;
static fault on_read, on_write, on_sync, on_close, on_chmod, on_rename;

static inline bool strikes(fault *f)
{
    if (++f->calls != f->fail_at) return false;
    errno = f->code;
    return true;
}

static inline size_t cut(const fault *f, size_t size)
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

static inline void no_faults(void) { on_read = on_write = on_sync = on_close = on_chmod = on_rename = (fault){0}; }

/* ---- A directory of its own for each test ------------------------------------------------------------------------ */

static char directory[512];

static inline const char *in(const char *name)
{
    static char paths[8][600];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

static inline void empty_directory(void)
{
    DIR *listing = opendir(directory);
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        if (entry->d_name[0] == '.' && strlen(entry->d_name) <= 2) continue;
        if (unlink(in(entry->d_name)) != 0) rmdir(in(entry->d_name));
    }
    closedir(listing);
}

static inline int entries(void)
{
    int count = -2; /* . and .. */
    DIR *listing = opendir(directory);
    while (readdir(listing) != NULL) count++;
    closedir(listing);
    return count;
}

static inline int begin(void **state)
{
    (void)state;
    no_faults();
    cama__mem_set_hook(NULL);
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/file_test_XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(directory) != NULL ? 0 : -1;
}

static inline int end(void **state)
{
    (void)state;
    no_faults();
    cama__mem_set_hook(NULL);
    empty_directory();
    return rmdir(directory);
}

static inline void put(const char *name, const void *data, size_t size)
{
    FILE *file = fopen(in(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline void assert_holds(const char *name, const void *data, size_t size)
{
    char *got = malloc(size + 1);
    FILE *file = fopen(in(name), "rb");
    assert_non_null(file);
    assert_int_equal(fread(got, 1, size + 1, file), size);
    fclose(file);
    assert_memory_equal(got, data, size);
    free(got);
}

/* One gzip member, as long as the return value says. */
static inline size_t gzip(const void *data, size_t size, unsigned char *to, size_t room)
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

#endif
