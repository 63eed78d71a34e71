/* npy - NumPy's files of one array: little-endian numbers in C order, as numpy.save writes them. */
#ifndef TOOL_NPY_H
#define TOOL_NPY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { NPY_DIMS = 4 };

typedef struct {
    int dims;
    int64_t shape[NPY_DIMS];
    int64_t count;  /* numbers: the product */
    char kind;      /* 'f', 'i', 'u' or 'b' */
    int bytes;      /* of one number */
    double *values; /* (count), owned */
} npy_array;

/* Whether a file that begins so is one. */
int npy_is(const unsigned char *begin, size_t got);

/* Fails with what was expected; at most that many rows (0: all). */
void npy_read(const char *path, int64_t limit, npy_array *out);
void npy_free(npy_array *array);

/* Writes an array of float ("<f4") or int32 ("<i4") numbers: the header, and the numbers in little-endian order. */
void npy_write(FILE *out, const char *type, int dims, const int64_t *shape, const void *values);

#endif
