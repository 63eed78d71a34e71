/* safetensors_encode - the writer. It reads back the header that it has written, and it has found all numbers finite:
 * whatever it returns can be read. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "json.h"
#include "safetensors.h"

static const char header_begin[] = "{\"__metadata__\":{\"checksum\":\"";
static const char no_digits[] = "0000000000000000";

static void little_endian(unsigned char *bytes, int32_t count, uint64_t value)
{
    for (int32_t i = 0; i < count; i++) bytes[i] = (unsigned char)(value >> (8 * i));
}

static int32_t argument_error(int32_t i)
{
    return cama__error(CAMA_E_ARGUMENT,
                       "safetensors: tensor %d: expected a name, data and 1 to %d dimensions "
                       "of at least 1, got less or more",
                       i, CAMA__TENSOR_DIMS);
}

static int32_t check_arguments(const cama__tensor *tensors, int32_t count, const char *const *meta, int64_t *data_size)
{
    int64_t total = 0, bytes;
    for (int32_t i = 0; i < count; i++) {
        const cama__tensor *t = &tensors[i];
        if (t->name == NULL || !cama__safetensors_bytes(t, &bytes) || __builtin_add_overflow(total, bytes, &total))
            return argument_error(i);
    }
    for (int32_t i = 0; meta != NULL && meta[i] != NULL; i += 2) {
        if (meta[i + 1] == NULL) return cama__error(CAMA_E_ARGUMENT, "safetensors: key %s: expected a value", meta[i]);
    }
    *data_size = total;
    return CAMA_OK;
}

static void put_header(cama__json_writer *w, const cama__tensor *tensors, int32_t count, const char *const *meta)
{
    int64_t begin = 0, bytes;
    cama__json_put(w, header_begin);
    cama__json_put(w, no_digits);
    cama__json_put(w, "\"");
    for (int32_t i = 0; meta != NULL && meta[i] != NULL; i += 2) {
        cama__json_put(w, ",");
        cama__json_put_string(w, meta[i]);
        cama__json_put(w, ":");
        cama__json_put_string(w, meta[i + 1]);
    }
    cama__json_put(w, "}");
    for (int32_t i = 0; i < count; i++) {
        const cama__tensor *t = &tensors[i];
        cama__safetensors_bytes(t, &bytes);
        cama__json_put(w, ",");
        cama__json_put_string(w, t->name);
        cama__json_put(w, ":{\"dtype\":\"F32\",\"shape\":[");
        for (int32_t d = 0; d < t->dims; d++) {
            if (d > 0) cama__json_put(w, ",");
            cama__json_put_integer(w, t->shape[d]);
        }
        cama__json_put(w, "],\"data_offsets\":[");
        cama__json_put_integer(w, begin);
        cama__json_put(w, ",");
        cama__json_put_integer(w, begin += bytes);
        cama__json_put(w, "]}");
    }
    cama__json_put(w, "}");
}

/* To the file's order of bytes, in place. */
static void to_file_order(float *values, int64_t count)
{
    for (int64_t j = 0; j < count; j++) {
        uint32_t bits;
        memcpy(&bits, &values[j], sizeof bits);
        little_endian((unsigned char *)&values[j], 4, bits);
    }
}

static int32_t put_data(float *values, const cama__tensor *tensors, int32_t count, cama__tensor_fill *fill, void *user)
{
    for (int32_t i = 0; i < count; i++) {
        int64_t bytes;
        cama__safetensors_bytes(&tensors[i], &bytes);
        const int64_t numbers = bytes / 4;
        fill(user, i, values);
        const int64_t bad = cama__safetensors_bad(values, numbers);
        if (bad < numbers)
            return cama__error(CAMA_E_NONFINITE,
                               "safetensors: tensor %s: expected finite numbers, got NaN or infinity at index %" PRId64,
                               tensors[i].name, bad);
        if (!cama__safetensors_native()) to_file_order(values, numbers);
        values += numbers;
    }
    return CAMA_OK;
}

/* That names and text can be read back. */
static int32_t check_outline(const void *file, int64_t size)
{
    cama__safetensors *probe = NULL;
    const int32_t status = cama__safetensors_outline(file, size, "safetensors", &probe);
    cama__safetensors_free(probe);
    return status == CAMA_E_FORMAT ? CAMA_E_ARGUMENT : status; /* the message stands */
}

int32_t cama__safetensors_encode_filled(const cama__tensor *tensors, int32_t count, const char *const *meta,
                                        cama__tensor_fill *fill, void *user, void **buffer, int64_t *size)
{
    int32_t status = CAMA_OK;
    unsigned char *file = NULL;
    cama__json_writer writer = {0};
    char digits[CAMA__CHECKSUM_DIGITS + 1];
    int64_t data_size = 0, total = 0;
    TRY(check_arguments(tensors, count, meta, &data_size));
    put_header(&writer, tensors, count, meta);
    const int64_t data_at = (CAMA__LENGTH_BYTES + writer.used + 63) / 64 * 64, header = data_at - CAMA__LENGTH_BYTES;
    if (header > CAMA__HEADER_MOST || __builtin_add_overflow(data_at, data_size, &total)) {
        FAIL(CAMA_E_ARGUMENT, "safetensors: expected at most %d bytes of names and metadata, got %" PRId64,
             CAMA__HEADER_MOST, header);
    }
    file = cama__mem_room(cama__file_room(total));
    TRY(cama__mem_got(file));
    little_endian(file, CAMA__LENGTH_BYTES, (uint64_t)header);
    memset(file + CAMA__LENGTH_BYTES, ' ', (size_t)header);
    writer = (cama__json_writer){.text = (char *)file + CAMA__LENGTH_BYTES};
    put_header(&writer, tensors, count, meta);

    TRY(put_data((float *)(void *)(file + data_at), tensors, count, fill, user));
    const int64_t digits_at = CAMA__LENGTH_BYTES + (int64_t)strlen(header_begin);
    cama__safetensors_checksum(file, total, digits_at, digits);
    memcpy(file + digits_at, digits, CAMA__CHECKSUM_DIGITS);
    TRY(check_outline(file, total));
    *buffer = file;
    *size = total;
    file = NULL;
out:
    cama__mem_free(file);
    return status;
}

static void copy(void *user, int32_t i, float *values)
{
    const cama__tensor *t = (const cama__tensor *)user + i;
    int64_t bytes;
    cama__safetensors_bytes(t, &bytes);
    memcpy(values, t->data, (size_t)bytes);
}

int32_t cama__safetensors_encode(const cama__tensor *tensors, int32_t count, const char *const *meta, void **buffer,
                                 int64_t *size)
{
    for (int32_t i = 0; i < count; i++)
        if (tensors[i].data == NULL) return argument_error(i);
    return cama__safetensors_encode_filled(tensors, count, meta, copy, (void *)(uintptr_t)tensors, buffer, size);
}
