/* npy - the header is a Python dictionary of three keys, read as what numpy.save writes. */
#include "npy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fail.h"
#include "texts.h"

enum { MAGIC = 6, MOST_HEADER = 1 << 16, CHUNK = 4096 };

int npy_is(const unsigned char *begin, size_t got) { return got >= MAGIC && memcmp(begin, "\x93NUMPY", MAGIC) == 0; }

/* ---- Header ------------------------------------------------------------------------------------------------------ */

/* What follows 'key': in the dictionary. */
static const char *value_of(const char *path, const char *header, const char *key)
{
    const char *at = strstr(header, key);
    if (at == NULL) fail("%s: expected the key %s in the header, got none", path, key);
    at += strlen(key);
    while (*at == ' ' || *at == ':') at++;
    return at;
}

static void read_type(const char *path, const char *header, npy_array *out)
{
    static const char *const known[] = {"<f4", "<f8", "<i4", "<i8", "<i2", "<u2", "|u1", "|i1", "|b1"};
    const char *at = value_of(path, header, "'descr'");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strncmp(at + 1, known[i], 3) != 0 || at[4] != at[0]) continue;
        out->kind = known[i][1];
        out->bytes = known[i][2] - '0';
        return;
    }
    fail("%s: expected numbers of a type <f4, <f8, <i2, <i4, <i8, <u2, |u1, |i1 or |b1, got %.12s", path, at);
}

static void read_shape(const char *path, const char *header, npy_array *out)
{
    const char *at = value_of(path, header, "'shape'");
    if (*at++ != '(') fail("%s: expected a shape (n, ...), got %.12s", path, at - 1);
    out->count = 1;
    for (out->dims = 0; *at != ')' && *at != '\0'; out->dims++) {
        char *end = NULL;
        if (out->dims == NPY_DIMS) fail("%s: expected at most %d dimensions, got more", path, (int)NPY_DIMS);
        const long long size = strtoll(at, &end, 10);
        if (end == at || size < 1 || size > INT64_MAX / 8 / out->count)
            fail("%s: expected a shape of sizes from 1, got %.24s", path, at);
        out->shape[out->dims] = size;
        out->count *= size;
        for (at = end; *at == ',' || *at == ' '; at++) continue;
    }
    if (out->dims == 0) fail("%s: expected an array of rows, got one number", path);
}

/* The dictionary, as text. */
static char *read_header(const char *path, FILE *in)
{
    unsigned char begin[MAGIC + 2], length[4] = {0};
    if (fread(begin, 1, sizeof begin, in) != sizeof begin || !npy_is(begin, sizeof begin))
        fail("%s: expected an NPY file, got another", path);
    const int wide = begin[MAGIC] >= 2;
    if (fread(length, 1, wide ? 4 : 2, in) != (wide ? 4u : 2u)) fail("%s: the header is cut off", path);
    const size_t size = length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
    if (size > MOST_HEADER) fail("%s: expected a header of at most %d bytes, got %zu", path, (int)MOST_HEADER, size);
    char *header = room(size + 16, 1); /* zeros behind, for who looks some bytes ahead */
    if (fread(header, 1, size, in) != size) fail("%s: the header is cut off", path);
    return header;
}

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

static double number(const unsigned char *bytes, char kind, int size)
{
    uint64_t bits = 0;
    for (int i = 0; i < size; i++) bits |= (uint64_t)bytes[i] << (8 * i);
    if (kind == 'f' && size == 4) {
        const uint32_t half = (uint32_t)bits;
        float value;
        memcpy(&value, &half, sizeof value);
        return value;
    }
    if (kind == 'f') {
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    if (kind == 'i' && size < 8 && bits >> (8 * size - 1)) bits |= ~UINT64_C(0) << (8 * size);
    return kind == 'i' ? (double)(int64_t)bits : (double)bits;
}

static void check_size(const char *path, FILE *in, const npy_array *out)
{
    struct stat about;
    const long at = ftell(in);
    if (fstat(fileno(in), &about) != 0 || at < 0 || !S_ISREG(about.st_mode))
        return; /* what lacks is found in reading */
    if ((int64_t)about.st_size - at != out->count * out->bytes)
        fail("%s: expected %lld bytes of numbers, got %lld", path, (long long)(out->count * out->bytes),
             (long long)about.st_size - at);
}

static void read_numbers(const char *path, FILE *in, npy_array *out)
{
    unsigned char bytes[CHUNK * 8];
    out->values = room((size_t)out->count, sizeof *out->values);
    for (int64_t done = 0; done < out->count;) {
        const int64_t left = out->count - done;
        const size_t wanted = left < CHUNK ? (size_t)left : CHUNK;
        const size_t got = fread(bytes, (size_t)out->bytes, wanted, in);
        if (got != wanted) fail("%s: the numbers are cut off", path);
        for (size_t i = 0; i < got; i++)
            out->values[done++] = number(bytes + i * (size_t)out->bytes, out->kind, out->bytes);
    }
}

void npy_read(const char *path, int64_t limit, npy_array *out)
{
    *out = (npy_array){0};
    FILE *in = fopen(path, "rb");
    if (in == NULL) fail("%s: %s", path, strerror(errno));
    char *header = read_header(path, in);
    read_type(path, header, out);
    if (strncmp(value_of(path, header, "'fortran_order'"), "False", 5) != 0)
        fail("%s: expected an array in C order, got one in Fortran's (numpy.ascontiguousarray before saving)", path);
    read_shape(path, header, out);
    free(header);
    check_size(path, in, out);
    if (limit > 0 && out->shape[0] > limit) {
        out->count = out->count / out->shape[0] * limit;
        out->shape[0] = limit;
    }
    read_numbers(path, in, out);
    fclose(in);
}

void npy_free(npy_array *array) { free(array->values); }

/* Numbers of four bytes, the lowest first whatever this machine's order. */
static void put_numbers(FILE *out, const void *values, size_t count)
{
    unsigned char bytes[CHUNK * 4];
    for (size_t done = 0; done < count;) {
        const size_t some = count - done < CHUNK ? count - done : CHUNK;
        for (size_t i = 0; i < some; i++) {
            uint32_t bits;
            memcpy(&bits, (const unsigned char *)values + 4 * (done + i), sizeof bits);
            for (int k = 0; k < 4; k++) bytes[4 * i + (size_t)k] = (unsigned char)(bits >> 8 * k);
        }
        fwrite(bytes, 4, some, out);
        done += some;
    }
}

void npy_write(FILE *out, const char *type, int dims, const int64_t *shape, const void *values)
{
    char header[256];
    size_t count = 1;
    int used = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (", type);
    for (int i = 0; i < dims; i++) {
        used += snprintf(header + used, sizeof header - (size_t)used, "%lld%s", (long long)shape[i],
                         dims == 1      ? ","
                         : i + 1 < dims ? ", "
                                        : "");
        count *= (size_t)shape[i];
    }
    used += snprintf(header + used, sizeof header - (size_t)used, "), }");
    const int whole = (used + 1 + 10 + 63) / 64 * 64 - 10; /* the numbers begin at a multiple of 64 */
    const unsigned char begin[10] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)(whole & 255), (unsigned char)(whole >> 8)};
    fwrite(begin, 1, sizeof begin, out);
    fprintf(out, "%s%*s\n", header, whole - used - 1, "");
    put_numbers(out, values, count);
}
