/* file_write - writing is "make it beside, then rename". */
#define _XOPEN_SOURCE 700 /* realpath */
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

#include "file.h"
#include "writeback.h"

#define PIECE (1 << 20) /* bytes of a file after which the system may begin to write them to the disk */

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
        const int32_t status = cama__file_os_error(path, "create a file in its directory");
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
        const ssize_t put = write(fd, data + done, (size_t)(size - done < PIECE ? size - done : PIECE));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return cama__file_os_error(path, "write");
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
    if (replaces && fchmod(fd, mode) != 0) TRY(cama__file_os_error(path, "keep the permissions"));
    TRY(write_all(path, fd, data, size));
    if (sync_file(fd) != 0) TRY(cama__file_os_error(path, "sync"));
    const int closed = close(fd);
    fd = -1;
    if (closed != 0 && errno != EINTR) TRY(cama__file_os_error(path, "close"));
    if (rename(name, target) != 0) TRY(cama__file_os_error(path, "replace"));
    sync_directory(name);
    cama__mem_free(name);
    name = NULL;
out:
    if (fd >= 0) close(fd);
    if (name != NULL) unlink(name);
    cama__mem_free(name);
    return status;
}
