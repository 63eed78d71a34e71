/* fixture - read the .twin files that tests/twin/make_fixtures.py writes: named arrays of doubles. README.md lists the
 * names. */
#ifndef CAMA_TWIN_FIXTURE_H
#define CAMA_TWIN_FIXTURE_H

#include <stdint.h>

#define TWIN_DIMS 8

typedef struct {
    char *name;
    int32_t dims; /* 0 for a single number */
    int64_t shape[TWIN_DIMS];
    int64_t count; /* product of shape */
    double *values;
} twin_record;

typedef struct {
    twin_record *records;
    int64_t count;
} twin_file;

/* Read a whole file. 0, or -1 with one line in *why (static text) and *out empty. Every size is checked. */
int twin_load(const char *path, twin_file *out, const char **why);
void twin_free(twin_file *file);

/* The record of that name (printf format), or NULL. */
const twin_record *twin_find(const twin_file *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A record of bytes as a text, to be freed by the caller; NULL if there is no such record. */
char *twin_text(const twin_file *file, const char *name);

#endif
