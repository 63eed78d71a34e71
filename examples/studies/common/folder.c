/* folder - a ring of four buffers is all the memory that paths need here. */
#include "folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

enum { PATH = 4096 };

void make_folder(const char *path)
{
    char part[PATH];
    if (*path == '\0') give_up("--out", "the path is empty");
    if (snprintf(part, sizeof part, "%s", path) >= PATH) give_up("--out", "the path is too long");
    for (char *c = part + 1;; c++) {
        if (*c != '/' && *c != '\0') continue;
        const char stood = *c;
        *c = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST) give_up(part, strerror(errno));
        struct stat about;
        if (stat(part, &about) == 0 && !S_ISDIR(about.st_mode)) give_up(part, strerror(ENOTDIR));
        if (stood == '\0') return;
        *c = stood;
    }
}

const char *in_folder(const char *folder, const char *name)
{
    static char paths[4][PATH];
    static int next;
    char *path = paths[next++ % 4];
    if (snprintf(path, PATH, "%s/%s", folder, name) >= PATH) give_up(folder, "the path is too long");
    return path;
}

const char *plain_or_gz(const char *folder, const char *name)
{
    char packed[256];
    const char *path = in_folder(folder, name);
    if (access(path, R_OK) == 0) return path;
    snprintf(packed, sizeof packed, "%s.gz", name);
    path = in_folder(folder, packed);
    if (access(path, R_OK) != 0) give_up("neither this file can be read nor the same without .gz", path);
    return path;
}
