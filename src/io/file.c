/* file - reading is a loop over read() or inflate() behind one face; writing is "make it beside, then rename". */
#define _XOPEN_SOURCE 700 /* realpath */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "writeback.h"

#define CHUNK (1 << 16)
#define CALL_MAX (1 << 30) /* bytes asked of one system or zlib call: fits their types everywhere */
#define PIECE (1 << 20)    /* bytes of a file after which the system may begin to write them to the disk */
#define DEFLATE_MOST 1032  /* deflate packs at most so many bytes into one: 258 in two bits */

struct cama__file {
    char *path;
    int fd;
    bool packed, begun, ended; /* begun: a member has ended before; ended: nothing more will come */
    int64_t stored;            /* bytes on the disk */
    int64_t given;             /* bytes handed out so far */
    z_stream z;
    unsigned char input[CHUNK];
};

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static int32_t os_error(const char *path, const char *verb)
{
    const int code = errno;
    char text[256];
    if (strerror_r(code, text, sizeof text) != 0) snprintf(text, sizeof text, "error %d", code);
    return cama__error(CAMA_E_IO, "%s: cannot %s: %s", path, verb, text);
}

/* ---- Reading ---- */

static void *zlib_alloc(void *user, unsigned count, unsigned size)
{
    (void)user;
    return cama__mem_alloc(count, size);
}

static void zlib_free(void *user, void *pointer)
{
    (void)user;
    cama__mem_free(pointer);
}

static int32_t take_plain(cama__file *file, void *buffer, int64_t size, int64_t *taken)
{
    *taken = 0;
    while (*taken < size) {
        const ssize_t got = read(file->fd, (char *)buffer + *taken, (size_t)least(size - *taken, CALL_MAX));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return os_error(file->path, "read");
        if (got == 0) break;
        *taken += got;
    }
    return CAMA_OK;
}

static int32_t refill(cama__file *file)
{
    int64_t got;
    const int32_t status = take_plain(file, file->input, CHUNK, &got);
    if (status != CAMA_OK) return status;
    file->z.next_in = file->input;
    file->z.avail_in = (unsigned)got;
    return CAMA_OK;
}

static int32_t gzip_error(const cama__file *file, int code)
{
    if (code == Z_MEM_ERROR) return CAMA_E_MEMORY; /* the allocator has set the message */
    if (file->begun && file->z.total_out == 0) {
        return cama__error(CAMA_E_FORMAT, "%s: expected the end of the file after the gzip stream, got more bytes",
                           file->path);
    }
    return cama__error(CAMA_E_FORMAT, "%s: corrupt gzip stream after %lld inflated bytes: %s", file->path,
                       (long long)file->given, file->z.msg != NULL ? file->z.msg : "not inflatable");
}

/* A member has ended: the file ends here too, or another member must begin. */
static int32_t next_member(cama__file *file)
{
    if (file->z.avail_in == 0) {
        const int32_t status = refill(file);
        if (status != CAMA_OK) return status;
    }
    file->begun = true;
    file->ended = file->z.avail_in == 0;
    inflateReset(&file->z);
    return CAMA_OK;
}

static int32_t take_packed(cama__file *file, void *buffer, int64_t size, int64_t *taken)
{
    int32_t status = CAMA_OK;
    z_stream *z = &file->z;
    *taken = 0;
    while (*taken < size && !file->ended) {
        if (z->avail_in == 0) TRY(refill(file));
        if (z->avail_in == 0) {
            FAIL(CAMA_E_FORMAT, "%s: gzip stream truncated: the file ends after %lld bytes (%lld inflated)", file->path,
                 (long long)file->stored, (long long)file->given);
        }
        const int64_t room = least(size - *taken, CALL_MAX);
        z->next_out = (unsigned char *)buffer + *taken;
        z->avail_out = (unsigned)room;
        const int code = inflate(z, Z_NO_FLUSH);
        *taken += room - z->avail_out;
        file->given += room - z->avail_out;
        if (code == Z_STREAM_END)
            TRY(next_member(file));
        else if (code != Z_OK && code != Z_BUF_ERROR)
            TRY(gzip_error(file, code));
    }
out:
    return status;
}

int32_t cama__file_take(cama__file *file, void *buffer, int64_t size, int64_t *taken)
{
    return file->packed ? take_packed(file, buffer, size, taken) : take_plain(file, buffer, size, taken);
}

static int32_t rewind_file(cama__file *file)
{
    if (lseek(file->fd, 0, SEEK_SET) != 0) return os_error(file->path, "rewind");
    file->begun = file->ended = false;
    file->given = 0;
    file->z.avail_in = 0;
    if (file->packed) inflateReset(&file->z);
    return CAMA_OK;
}

static int32_t detect_gzip(cama__file *file)
{
    int32_t status = CAMA_OK;
    TRY(refill(file));
    if (file->z.avail_in >= 2 && file->input[0] == 0x1f && file->input[1] == 0x8b) {
        file->z.zalloc = zlib_alloc;
        file->z.zfree = zlib_free;
        const int code = inflateInit2(&file->z, 15 + 16); /* any window, gzip alone */
        if (code != Z_OK) TRY(gzip_error(file, code));
        file->packed = true;
    }
    TRY(rewind_file(file));
out:
    return status;
}

int32_t cama__file_open(const char *path, bool inflate, cama__file **out)
{
    int32_t status = CAMA_OK;
    struct stat about;
    cama__file *file = cama__mem_alloc(1, sizeof *file);
    if (file == NULL) return CAMA_E_MEMORY;
    file->fd = -1;
    file->path = cama__mem_text(path);
    if (file->path == NULL) TRY(CAMA_E_MEMORY);

    file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* no waiting for the writer of a FIFO */
    if (file->fd < 0) TRY(os_error(path, "open"));
    if (fstat(file->fd, &about) != 0) TRY(os_error(path, "examine"));
    if (!S_ISREG(about.st_mode)) FAIL(CAMA_E_IO, "%s: expected a regular file, got something else", path);
    file->stored = about.st_size;
    if (inflate) TRY(detect_gzip(file));
    *out = file;
    file = NULL;
out:
    cama__file_close(file);
    return status;
}

int64_t cama__file_most(const cama__file *file, bool *exact)
{
    *exact = !file->packed;
    if (!file->packed) return file->stored;
    return file->stored > INT64_MAX / DEFLATE_MOST ? INT64_MAX : file->stored * DEFLATE_MOST;
}

void cama__file_close(cama__file *file)
{
    if (file == NULL) return;
    if (file->packed) inflateEnd(&file->z);
    if (file->fd >= 0) close(file->fd);
    cama__mem_free(file->path);
    cama__mem_free(file);
}

/* Bytes the file gives: looked up, or found by inflating it once for nothing. */
static int32_t measure(cama__file *file, int64_t limit, int64_t *size)
{
    int32_t status = CAMA_OK;
    void *scratch = NULL;
    bool exact;
    int64_t total = cama__file_most(file, &exact);
    if (!exact) {
        scratch = cama__mem_alloc(CHUNK, 1);
        if (scratch == NULL) TRY(CAMA_E_MEMORY);
        int64_t taken = CHUNK;
        for (total = 0; taken == CHUNK && total <= limit; total += taken) {
            TRY(cama__file_take(file, scratch, CHUNK, &taken));
        }
        TRY(rewind_file(file));
    }
    if (total > limit) {
        FAIL(CAMA_E_FORMAT, "%s: oversized: expected at most %lld bytes%s, got %s%lld", file->path, (long long)limit,
             exact ? "" : " after inflating", exact ? "" : "at least ", (long long)total);
    }
    *size = total;
out:
    cama__mem_free(scratch);
    return status;
}

int32_t cama__file_read(const char *path, bool inflate, int64_t limit, void **data, int64_t *size)
{
    int32_t status = CAMA_OK;
    cama__file *file = NULL;
    char *bytes = NULL;
    int64_t wanted = 0, taken = 0;
    TRY(cama__file_open(path, inflate, &file));
    TRY(measure(file, limit, &wanted));
    bytes = cama__mem_room(cama__file_room(wanted + 1));
    if (bytes == NULL) TRY(CAMA_E_MEMORY);
    TRY(cama__file_take(file, bytes, wanted + 1, &taken)); /* one byte too many, so as to see the end */
    if (taken != wanted) {
        FAIL(CAMA_E_IO, "%s: expected %lld bytes, got %s%lld: the file changed while it was read", path,
             (long long)wanted, taken > wanted ? "at least " : "", (long long)taken);
    }
    bytes[wanted] = '\0';
    *data = bytes;
    *size = wanted;
    bytes = NULL;
out:
    cama__mem_free(bytes);
    cama__file_close(file);
    return status;
}

/* ---- Writing ---- */

static size_t directory_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) + 1 : 0;
}

/* A new, empty file in the directory of target. Named here and not by mkstemp, because only open() applies the umask
 * (and a directory's default access list) without a moment in which other threads would see another umask. */
static int32_t open_beside(const char *path, const char *target, mode_t mode, char **name, int *fd)
{
    static _Atomic uint32_t serial;
    const size_t directory = directory_length(target), room = directory + 64;
    char *text = cama__mem_alloc(room, 1);
    if (text == NULL) return CAMA_E_MEMORY;
    memcpy(text, target, directory);
    int opened = -1;
    for (int attempt = 0; attempt < 100 && opened < 0; attempt++) {
        struct timespec now = {0, 0};
        clock_gettime(CLOCK_MONOTONIC, &now);
        snprintf(text + directory, room - directory, ".cama-%lx-%lx-%x.tmp", (unsigned long)getpid(),
                 (unsigned long)now.tv_nsec, (unsigned)atomic_fetch_add(&serial, 1));
        opened = open(text, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (opened < 0 && errno != EEXIST && errno != EINTR) break;
    }
    if (opened < 0) {
        const int32_t status = os_error(path, "create a file in its directory");
        cama__mem_free(text);
        return status;
    }
    *name = text;
    *fd = opened;
    return CAMA_OK;
}

static int32_t write_all(const char *path, int fd, const char *data, int64_t size)
{
    for (int64_t done = 0; done < size;) {
        const ssize_t put = write(fd, data + done, (size_t)least(size - done, PIECE));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return os_error(path, "write");
        if (put == 0) return cama__error(CAMA_E_IO, "%s: cannot write: nothing is accepted any more", path);
        if (size > PIECE) cama__writeback_begin(fd, done, put);
        done += put;
    }
    return CAMA_OK;
}

static int sync_file(int fd)
{
    int result;
    do result = fsync(fd);
    while (result != 0 && errno == EINTR);
    return result;
}

/* Make the new name last through a power failure. No status: the file is in place and whole by now, and many file
 * systems do not know how to sync a directory. */
static void sync_directory(char *name)
{
    const size_t directory = directory_length(name);
    name[directory] = '\0';
    const int fd = open(directory > 0 ? name : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    sync_file(fd);
    close(fd);
}

int32_t cama__file_write(const char *path, const void *data, int64_t size)
{
    int32_t status = CAMA_OK;
    char resolved[PATH_MAX];
    char *name = NULL; /* of the new file, while there is one */
    int fd = -1;
    struct stat old;
    const char *target = realpath(path, resolved) != NULL ? resolved : path;
    const bool replaces = stat(target, &old) == 0;
    if (replaces && !S_ISREG(old.st_mode)) {
        FAIL(CAMA_E_IO, "%s: expected a regular file to replace, got something else", path);
    }

    const mode_t mode = replaces ? old.st_mode & 0777 : 0666;
    TRY(open_beside(path, target, mode, &name, &fd));
    if (replaces && fchmod(fd, mode) != 0) TRY(os_error(path, "keep the permissions"));
    TRY(write_all(path, fd, data, size));
    if (sync_file(fd) != 0) TRY(os_error(path, "sync"));
    const int closed = close(fd);
    fd = -1;
    if (closed != 0 && errno != EINTR) TRY(os_error(path, "close"));
    if (rename(name, target) != 0) TRY(os_error(path, "replace"));
    sync_directory(name);
    cama__mem_free(name);
    name = NULL;
out:
    if (fd >= 0) close(fd);
    if (name != NULL) unlink(name);
    cama__mem_free(name);
    return status;
}
