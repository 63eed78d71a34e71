/* output - descriptors 0 to 2 are always open while the program runs; stdout remembers its errors. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "args.h"
#include "harness.h"

static int is_open(int number) { return fcntl(number, F_GETFD) != -1 || errno != EBADF; }

void output_begin(void)
{
    const int closed = !is_open(STDOUT_FILENO);
    for (int number = 0; number <= STDERR_FILENO; number++) /* the lowest one that is free is what open() gives */
        if (!is_open(number) && open("/dev/null", O_RDWR) != number) give_up("standard files", strerror(errno));
    if (closed) give_up("standard output", "it is closed");
    setvbuf(stdout, NULL, _IOLBF, 0);
}

int output_end(void)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return 0;
    fprintf(stderr, "%s: standard output: not all that was printed could be written%s%s\n", args_program(),
            errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
    return 1;
}

void output_try(const char *path)
{
    struct stat about;
    const int there = stat(path, &about) == 0;
    if (there && S_ISDIR(about.st_mode)) give_up(path, strerror(EISDIR));
    if (there && !S_ISREG(about.st_mode)) return; /* a pipe or a terminal: opening it may be noticed */
    const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) give_up(path, strerror(errno));
    close(file);
    if (!there) unlink(path);
}
