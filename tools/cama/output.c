/* output - unfinished files are in one list, which the end of the program removes, however it comes. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"
#include "texts.h"

enum { MOST_OPEN = 8 };

struct output {
    char *path;      /* as given; NULL: standard output */
    char *place;     /* where it goes, links followed; NULL: written as it is */
    char *temporary; /* also in unfinished */
    FILE *file;
};

static char *volatile unfinished[MOST_OPEN];

/* ---- Standard output --------------------------------------------------------------------------------------------- */

static int is_open(int number) { return fcntl(number, F_GETFD) != -1 || errno != EBADF; }

void output_begin(void)
{
    const int closed = !is_open(STDOUT_FILENO);
    for (int number = 0; number <= STDERR_FILENO; number++) /* the lowest one that is free is what open() gives */
        if (!is_open(number) && open("/dev/null", O_RDWR) != number) fail("standard files: %s", strerror(errno));
    if (closed) fail("standard output: it is closed");
    if (atexit(output_abandon) != 0) fail("no room for what is to be done at the end");
}

int output_end(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
    fprintf(stderr, "cama: standard output: not all could be written%s%s\n", errno != 0 ? ": " : "",
            errno != 0 ? strerror(errno) : "");
    return 1;
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

void output_abandon(void)
{
    for (int i = 0; i < MOST_OPEN; i++)
        if (unfinished[i] != NULL) unlink(unfinished[i]);
}

static void note(char *temporary)
{
    for (int i = 0; i < MOST_OPEN; i++)
        if (unfinished[i] == NULL) {
            unfinished[i] = temporary;
            return;
        }
    fail("%s: too many files at once", temporary);
}

static void forget(const char *temporary)
{
    for (int i = 0; i < MOST_OPEN; i++)
        if (unfinished[i] == temporary) unfinished[i] = NULL;
}

/* A new file in the folder of place; it has the rights that place has or would have. */
static FILE *open_beside(output *out, const struct stat *there)
{
    const char *slash = strrchr(out->place, '/');
    const int folder = slash != NULL ? (int)(slash - out->place) + 1 : 0;
    out->temporary = text_of("%.*s.cama-XXXXXX", folder, out->place);
    const int file = mkstemp(out->temporary);
    if (file < 0) fail("%s: %s", out->path, strerror(errno));
    note(out->temporary);
    const mode_t mask = umask(0);
    umask(mask);
    if (fchmod(file, there != NULL ? there->st_mode & 0777 : 0666 & ~mask) != 0) errno = 0; /* rights are no content */
    FILE *opened = fdopen(file, "wb");
    if (opened == NULL) fail("%s: %s", out->path, strerror(errno));
    return opened;
}

output *output_open(const char *path)
{
    output *out = room(1, sizeof *out);
    struct stat about;
    if (path == NULL || strcmp(path, "-") == 0) {
        out->file = stdout;
        return out;
    }
    out->path = text_of("%s", path);
    if (*path == '\0') fail("expected the name of a file to write, got an empty one");
    const int there = stat(path, &about) == 0;
    if (there && S_ISDIR(about.st_mode)) fail("%s: %s", path, strerror(EISDIR));
    if (there && S_ISREG(about.st_mode) && access(path, W_OK) != 0) fail("%s: %s", path, strerror(errno));
    if (there && !S_ISREG(about.st_mode)) { /* a pipe, a terminal, a device */
        out->file = fopen(path, "wb");
        if (out->file == NULL) fail("%s: %s", path, strerror(errno));
        return out;
    }
    out->place = there ? realpath(path, NULL) : text_of("%s", path);
    if (out->place == NULL) fail("%s: %s", path, strerror(errno));
    out->file = open_beside(out, there ? &about : NULL);
    return out;
}

FILE *output_file(const output *out) { return out->file; }

const char *output_name(const output *out) { return out->path != NULL ? out->path : "standard output"; }

int output_is_stdout(const output *out) { return out->path == NULL; }

static void release(output *out)
{
    if (out->temporary != NULL) forget(out->temporary);
    free(out->temporary);
    free(out->place);
    free(out->path);
    free(out);
}

static void finish(output *out, const char *place)
{
    FILE *file = out->file;
    errno = 0;
    const int flushed = fflush(file) == 0 && !ferror(file);
    if (!flushed)
        fail("%s: not all could be written%s%s", output_name(out), errno ? ": " : "", errno ? strerror(errno) : "");
    if (out->path == NULL) return; /* output_end looks again */
    if (place != NULL && fsync(fileno(file)) != 0) fail("%s: %s", out->path, strerror(errno));
    if (fclose(file) != 0) fail("%s: %s", out->path, strerror(errno));
    if (place != NULL && rename(out->temporary, place) != 0) fail("%s: %s", place, strerror(errno));
}

void output_commit(output *out)
{
    finish(out, out->place);
    release(out);
}

void output_commit_as(output *out, const char *path)
{
    finish(out, out->place != NULL ? path : NULL);
    release(out);
}

void output_drop(output *out)
{
    if (out == NULL) return;
    if (out->path != NULL) fclose(out->file);
    if (out->temporary != NULL) unlink(out->temporary);
    release(out);
}

void output_folder(const char *path)
{
    struct stat about;
    if (mkdir(path, 0777) == 0) return;
    if (errno != EEXIST) fail("%s: %s", path, strerror(errno));
    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode)) fail("%s: %s", path, strerror(ENOTDIR));
}
