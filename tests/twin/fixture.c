/* fixture - see fixture.h. The file is a sequence of records, all numbers little-endian:
 *     uint32 name length, name, uint32 dims, int64 shape[dims], float64 values[product of shape] */
#include "fixture.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 256 };

typedef struct {
    const unsigned char *at;
    size_t left;
} bytes;

static bool take(bytes *in, size_t count, const unsigned char **out)
{
    if (count > in->left) return false;
    *out = in->at;
    in->at += count;
    in->left -= count;
    return true;
}

/* A little-endian number of width bytes. */
static bool number(bytes *in, size_t width, uint64_t *out)
{
    const unsigned char *data;
    if (!take(in, width, &data)) return false;
    *out = 0;
    for (size_t i = 0; i < width; i++) *out |= (uint64_t)data[i] << (8 * i);
    return true;
}

static bool read_name(bytes *in, twin_record *record)
{
    uint64_t length;
    const unsigned char *data;
    if (!number(in, 4, &length) || length >= NAME_ROOM || !take(in, (size_t)length, &data)) return false;
    record->name = calloc((size_t)length + 1, 1);
    if (record->name != NULL) memcpy(record->name, data, (size_t)length);
    return record->name != NULL;
}

static bool read_shape(bytes *in, twin_record *record)
{
    uint64_t dims, size;
    if (!number(in, 4, &dims) || dims > TWIN_DIMS) return false;
    record->dims = (int32_t)dims;
    record->count = 1;
    for (int32_t i = 0; i < record->dims; i++) {
        if (!number(in, 8, &size) || size > in->left) return false;
        record->shape[i] = (int64_t)size;
        record->count *= (int64_t)size;
        if ((uint64_t)record->count > in->left / 8) return false;
    }
    return true;
}

static bool read_values(bytes *in, twin_record *record)
{
    record->values = malloc(record->count > 0 ? (size_t)record->count * sizeof(double) : 1);
    if (record->values == NULL) return false;
    for (int64_t i = 0; i < record->count; i++) {
        uint64_t bits;
        if (!number(in, 8, &bits)) return false;
        memcpy(&record->values[i], &bits, sizeof bits);
    }
    return true;
}

static bool add_record(bytes *in, twin_file *file)
{
    twin_record *grown = realloc(file->records, (size_t)(file->count + 1) * sizeof *grown);
    if (grown == NULL) return false;
    file->records = grown;
    twin_record *record = &grown[file->count++];
    memset(record, 0, sizeof *record);
    return read_name(in, record) && read_shape(in, record) && read_values(in, record);
}

/* The bytes of a file, to be freed, or NULL. */
static unsigned char *slurp(const char *path, size_t *size)
{
    FILE *stream = fopen(path, "rb");
    unsigned char *data = NULL;
    long end = -1;
    if (stream == NULL) return NULL;
    if (fseek(stream, 0, SEEK_END) == 0 && (end = ftell(stream)) >= 0 && fseek(stream, 0, SEEK_SET) == 0)
        data = malloc((size_t)end + 1);
    if (data != NULL && fread(data, 1, (size_t)end, stream) != (size_t)end) {
        free(data);
        data = NULL;
    }
    fclose(stream);
    *size = data != NULL ? (size_t)end : 0;
    return data;
}

int twin_load(const char *path, twin_file *out, const char **why)
{
    size_t size;
    unsigned char *data = slurp(path, &size);
    bytes in = {data, size};
    *out = (twin_file){NULL, 0};
    *why = data != NULL ? "" : "the fixture cannot be read";
    if (data == NULL) return -1;
    while (in.left > 0 && **why == '\0')
        if (!add_record(&in, out)) *why = "the fixture is not a sequence of complete records";
    free(data);
    if (**why == '\0') return 0;
    twin_free(out);
    return -1;
}

void twin_free(twin_file *file)
{
    for (int64_t i = 0; i < file->count; i++) {
        free(file->records[i].name);
        free(file->records[i].values);
    }
    free(file->records);
    *file = (twin_file){NULL, 0};
}

const twin_record *twin_find(const twin_file *file, const char *format, ...)
{
    char name[NAME_ROOM];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    for (int64_t i = 0; i < file->count; i++)
        if (strcmp(file->records[i].name, name) == 0) return &file->records[i];
    return NULL;
}

char *twin_text(const twin_file *file, const char *name)
{
    const twin_record *record = twin_find(file, "%s", name);
    char *text = record != NULL ? calloc((size_t)record->count + 1, 1) : NULL;
    for (int64_t i = 0; text != NULL && i < record->count; i++) text[i] = (char)record->values[i];
    return text;
}
