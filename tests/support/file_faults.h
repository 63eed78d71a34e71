/* file_faults - system calls that fail when told to, and a directory with files to try them on. */
#ifndef TESTS_SUPPORT_FILE_FAULTS_H
#define TESTS_SUPPORT_FILE_FAULTS_H

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

#include "check.h"
#include "io/file.h"

/* ---- Faults: these definitions stand before those of the C library ----------------------------------------------- */

typedef struct {
    int fail_at, code; /* call number fail_at (from 1; 0: none) fails with code */
    int calls;
    int64_t most; /* > 0: bytes moved by one call at most */
} file_fault;

extern file_fault file_on_read, file_on_write, file_on_sync, file_on_close, file_on_chmod, file_on_rename;

int close(int fd);
void file_no_faults(void);

/* ---- A directory of its own for each test ------------------------------------------------------------------------ */

extern char file_directory[512];

const char *file_in(const char *name);
void empty_directory(void);
int file_entries(void);
int file_begin(void **state);
int file_end(void **state);
void file_put(const char *name, const void *data, size_t size);
void file_assert_holds(const char *name, const void *data, size_t size);

/* One gzip member, as long as the return value says. */
size_t file_gzip(const void *data, size_t size, unsigned char *to, size_t room);

#endif
