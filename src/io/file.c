/* file - reading is a loop over read(), or over bytes in memory, and inflate() behind one face. */
#define _POSIX_C_SOURCE 200809L
#include "file.h"
#include "../base/arith.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define CHUNK (1 << 16)
#define CALL_MAX (1 << 30) /* bytes asked of one system or zlib call: fits their types everywhere */
#define DEFLATE_MOST 1032  /* deflate packs at most so many bytes into one: 258 in two bits */

struct cama__file {
    char *path;
    int fd;
    const char *bytes;         /* (stored) instead of a descriptor; NULL: has one */
    char *spool;               /* bytes that came through a pipe; owned */
    int64_t at;                /* in bytes */
    bool packed, begun, ended; /* begun: a member has ended before; ended: nothing more will come */
    int64_t stored;            /* bytes on the disk */
    int64_t given;             /* bytes handed out so far */
    z_stream z;
    unsigned char input[CHUNK];
};

int32_t cama__file_os_error(const char *path, const char *verb)
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
    if (file->bytes != NULL) {
        *taken = cama__least(size, file->stored - file->at);
        memcpy(buffer, file->bytes + file->at, (size_t)*taken);
        file->at += *taken;
        return CAMA_OK;
    }
    while (*taken < size) {
        const ssize_t got = read(file->fd, (char *)buffer + *taken, (size_t)cama__least(size - *taken, CALL_MAX));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cama__file_os_error(file->path, "read");
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

/* A member has ended: the file ends here too, but for zeros that fill a block, or another member must begin. */
static int32_t next_member(cama__file *file)
{
    while (file->z.avail_in == 0 || *file->z.next_in == 0) {
        const int32_t status = file->z.avail_in == 0 ? refill(file) : CAMA_OK;
        if (status != CAMA_OK) return status;
        if (file->z.avail_in == 0) break;
        for (; file->z.avail_in > 0 && *file->z.next_in == 0; file->z.next_in++) file->z.avail_in--;
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
        const int64_t room = cama__least(size - *taken, CALL_MAX);
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
    file->at = 0;
    if (file->bytes == NULL && lseek(file->fd, 0, SEEK_SET) != 0) return cama__file_os_error(file->path, "rewind");
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

/* All that comes through a pipe, until it is closed. */
static int32_t spool(cama__file *file, int64_t limit)
{
    int32_t status = CAMA_OK;
    int64_t room = CHUNK, size = 0, taken = 0;
    char *bytes = cama__mem_room(CHUNK), *larger = NULL;
    TRY(cama__mem_got(bytes));
    while (true) {
        TRY(take_plain(file, bytes + size, room - size, &taken));
        size += taken;
        if (size < room) break;
        if (size > limit)
            FAIL(CAMA_E_FORMAT, "%s: oversized: expected at most %lld bytes, got more", file->path, (long long)limit);
        larger = cama__mem_room(cama__file_room(2 * room));
        TRY(cama__mem_got(larger));
        memcpy(larger, bytes, (size_t)size);
        cama__mem_free(bytes);
        bytes = larger;
        room *= 2;
    }
    file->bytes = file->spool = bytes;
    file->stored = size;
    bytes = NULL;
out:
    cama__mem_free(bytes);
    return status;
}

static int32_t begin(const char *path, cama__file **out)
{
    int32_t status = CAMA_OK;
    cama__file *file = NULL;
    TRY(cama__mem_new(&file, 1));
    file->fd = -1;
    file->path = cama__mem_text(path);
    TRY(cama__mem_got(file->path));
    *out = file;
    file = NULL;
out:
    cama__file_close(file);
    return status;
}

static int32_t open_file(const char *path, bool inflate, int64_t limit, cama__file **out)
{
    int32_t status = CAMA_OK;
    struct stat about;
    cama__file *file = NULL;
    TRY(begin(path, &file));
    const bool waits = limit > 0 && stat(path, &about) == 0 && S_ISFIFO(about.st_mode); /* for who writes into it */
    file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (waits ? 0 : O_NONBLOCK));
    if (file->fd < 0) TRY(cama__file_os_error(path, "open"));
    if (fstat(file->fd, &about) != 0) TRY(cama__file_os_error(path, "examine"));
    const bool pipe = S_ISFIFO(about.st_mode) && limit > 0;
    if (!S_ISREG(about.st_mode) && !pipe)
        FAIL(CAMA_E_IO, "%s: expected a regular file%s, got something else", path, limit > 0 ? " or a pipe" : "");
    file->stored = about.st_size;
    if (pipe) TRY(spool(file, limit));
    if (inflate) TRY(detect_gzip(file));
    *out = file;
    file = NULL;
out:
    cama__file_close(file);
    return status;
}

int32_t cama__file_open(const char *path, bool inflate, cama__file **out) { return open_file(path, inflate, 0, out); }

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
    cama__mem_free(file->spool);
    cama__mem_free(file->path);
    cama__mem_free(file);
}

/* Bytes the file gives: looked up, or found by inflating it once for nothing. */
static int32_t measure(cama__file *file, int64_t limit, int64_t *size)
{
    int32_t status = CAMA_OK;
    char *scratch = NULL;
    bool exact;
    int64_t total = cama__file_most(file, &exact);
    if (!exact) {
        TRY(cama__mem_new(&scratch, CHUNK));
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

static int32_t take_all(cama__file *file, int64_t limit, void **data, int64_t *size)
{
    int32_t status = CAMA_OK;
    char *bytes = NULL;
    int64_t wanted = 0, taken = 0;
    TRY(measure(file, limit, &wanted));
    bytes = cama__mem_room(cama__file_room(wanted + 1));
    TRY(cama__mem_got(bytes));
    TRY(cama__file_take(file, bytes, wanted + 1, &taken)); /* one byte too many, so as to see the end */
    if (taken != wanted) {
        FAIL(CAMA_E_IO, "%s: expected %lld bytes, got %s%lld: the file changed while it was read", file->path,
             (long long)wanted, taken > wanted ? "at least " : "", (long long)taken);
    }
    bytes[wanted] = '\0';
    *data = bytes;
    *size = wanted;
    bytes = NULL;
out:
    cama__mem_free(bytes);
    return status;
}

int32_t cama__file_read(const char *path, bool inflate, int64_t limit, void **data, int64_t *size)
{
    int32_t status = CAMA_OK;
    cama__file *file = NULL;
    TRY(open_file(path, inflate, 0, &file));
    TRY(take_all(file, limit, data, size));
out:
    cama__file_close(file);
    return status;
}

int32_t cama__file_read_any(const char *path, int64_t limit, void **data, int64_t *size)
{
    int32_t status = CAMA_OK;
    cama__file *file = NULL;
    TRY(open_file(path, true, limit, &file));
    TRY(take_all(file, limit, data, size));
out:
    cama__file_close(file);
    return status;
}

int32_t cama__file_unpack(const void *bytes, int64_t stored, const char *where, int64_t limit, void **data,
                          int64_t *size)
{
    int32_t status = CAMA_OK;
    cama__file *file = NULL;
    TRY(begin(where, &file));
    file->bytes = bytes;
    file->stored = stored;
    TRY(detect_gzip(file));
    TRY(take_all(file, limit, data, size));
out:
    cama__file_close(file);
    return status;
}
