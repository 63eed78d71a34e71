/* idx - one pass through the file: header, what is kept, what is only checked to be there, and the end. */
#include "idx.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "file.h"

#define BYTES_MOST (INT64_C(1) << 40)
#define CHUNK (1 << 16)

static uint32_t big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int32_t short_error(const char *path, int64_t expected, const char *shape, int64_t got)
{
    return cama__error(CAMA_E_FORMAT, "%s: truncated: expected %" PRId64 " bytes%s, got %" PRId64, path, expected,
                       shape, got);
}

/* Magic number and sizes; *bytes is their product. */
static int32_t read_header(cama__file *file, const char *path, int32_t dims, int64_t shape[CAMA__IDX_DIMS],
                           int64_t *bytes)
{
    int32_t status = CAMA_OK;
    unsigned char header[4 + 4 * CAMA__IDX_DIMS];
    const int64_t header_size = 4 + 4 * dims;
    const uint32_t wanted = 0x0800 | (uint32_t)dims;
    int64_t taken = 0;
    TRY(cama__file_take(file, header, header_size, &taken));
    if (taken >= 4 && big_endian(header) != wanted) {
        FAIL(CAMA_E_FORMAT,
             "%s: expected an IDX file of unsigned bytes with %d dimension%s (magic %08" PRIx32
             "), got magic %08" PRIx32,
             path, dims, dims == 1 ? "" : "s", wanted, big_endian(header));
    }
    if (taken < header_size) TRY(short_error(path, header_size, " of IDX header", taken));
    *bytes = 1;
    for (int32_t i = 0; i < dims; i++) {
        shape[i] = big_endian(header + 4 + 4 * i);
        if (shape[i] < 1 || __builtin_mul_overflow(*bytes, shape[i], bytes) || *bytes > BYTES_MOST) {
            FAIL(CAMA_E_FORMAT,
                 "%s: expected sizes of at least 1 and of at most 2^40 bytes together, got %" PRId64
                 " in dimension %d of %d",
                 path, shape[i], i + 1, dims);
        }
    }
out:
    return status;
}

/* " (60000 x 28 x 28 and a header of 16)" */
static void describe(int32_t dims, const int64_t *shape, char *text, size_t room)
{
    size_t used = (size_t)snprintf(text, room, " (");
    for (int32_t i = 0; i < dims; i++) {
        used += (size_t)snprintf(text + used, room - used, "%s%" PRId64, i > 0 ? " x " : "", shape[i]);
    }
    snprintf(text + used, room - used, " and a header of %d)", 4 + 4 * dims);
}

/* Read over count bytes; *taken < count if the file ends before. */
static int32_t skip(cama__file *file, int64_t count, int64_t *taken)
{
    int32_t status = CAMA_OK;
    int64_t total = 0, got = 1;
    char *scratch = NULL;
    TRY(cama__mem_new(&scratch, CHUNK));
    while (total < count && got > 0) {
        TRY(cama__file_take(file, scratch, count - total < CHUNK ? count - total : CHUNK, &got));
        total += got;
    }
    *taken = total;
out:
    cama__mem_free(scratch);
    return status;
}

int32_t cama__idx_read(const char *path, int32_t dims_wanted, int64_t limit, cama__idx *out)
{
    int32_t status = CAMA_OK;
    cama__file *file = NULL;
    cama__idx idx = {.dims = dims_wanted};
    char shape[128];
    bool exact;
    int64_t bytes = 0, taken = 0, rest = 0, beyond = 0;
    if (dims_wanted < 1 || dims_wanted > CAMA__IDX_DIMS || limit < 0) {
        FAIL(CAMA_E_ARGUMENT, "%s: expected 1 to %d dimensions and a limit of at least 0, got %d and %" PRId64, path,
             CAMA__IDX_DIMS, dims_wanted, limit);
    }
    TRY(cama__file_open(path, true, &file));
    TRY(read_header(file, path, dims_wanted, idx.shape, &bytes));
    describe(idx.dims, idx.shape, shape, sizeof shape);
    const int64_t whole = 4 + 4 * idx.dims + bytes, most = cama__file_most(file, &exact);
    if (most < whole && exact) TRY(short_error(path, whole, shape, most));
    if (most < whole) {
        FAIL(CAMA_E_FORMAT,
             "%s: truncated: expected %" PRId64 " bytes%s, got a gzip file that can hold no more than %" PRId64, path,
             whole, shape, most);
    }
    const int64_t kept = limit > 0 && limit < idx.shape[0] ? bytes / idx.shape[0] * limit : bytes;
    TRY(cama__mem_new(&idx.data, cama__file_room(kept)));
    TRY(cama__file_take(file, idx.data, kept, &taken));
    TRY(skip(file, bytes - kept, &rest));
    if (taken + rest < bytes) TRY(short_error(path, whole, shape, whole - bytes + taken + rest));
    TRY(skip(file, 1, &beyond)); /* for a gzip'd file this is also what checks its checksum */
    if (beyond > 0) {
        FAIL(CAMA_E_FORMAT, "%s: oversized: expected %" PRId64 " bytes%s, got %s%" PRId64, path, whole, shape,
             exact ? "" : "at least ", exact ? most : whole + 1);
    }
    if (limit > 0 && limit < idx.shape[0]) idx.shape[0] = limit;
    *out = idx;
    idx.data = NULL;
out:
    cama__idx_free(&idx);
    cama__file_close(file);
    return status;
}

void cama__idx_free(cama__idx *idx)
{
    cama__mem_free(idx->data);
    memset(idx, 0, sizeof *idx);
}
