/* safetensors - the writer. It reads what it has written before it gives it away: what is returned can be read. */
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

static int32_t check_arguments(const cama__tensor *tensors, int32_t count, const char *const *meta, int64_t *data_size)
{
    int64_t total = 0, bytes;
    for (int32_t i = 0; i < count; i++) {
        const cama__tensor *t = &tensors[i];
        if (t->name == NULL || t->data == NULL || !cama__safetensors_bytes(t, &bytes) ||
            __builtin_add_overflow(total, bytes, &total)) {
            return cama__error(CAMA_E_ARGUMENT,
                               "safetensors: tensor %d: expected a name, data and 1 to %d dimensions "
                               "of at least 1, got less or more",
                               i, CAMA__TENSOR_DIMS);
        }
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

static int32_t put_data(unsigned char *bytes, const cama__tensor *tensors, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        int64_t size;
        cama__safetensors_bytes(&tensors[i], &size);
        for (int64_t j = 0; j < size / 4; j++, bytes += 4) {
            uint32_t bits;
            memcpy(&bits, &tensors[i].data[j], sizeof bits);
            if ((bits & 0x7f800000u) == 0x7f800000u) {
                return cama__error(CAMA_E_NONFINITE,
                                   "safetensors: tensor %s: expected finite numbers, got NaN or "
                                   "infinity at index %" PRId64,
                                   tensors[i].name, j);
            }
            little_endian(bytes, 4, bits);
        }
    }
    return CAMA_OK;
}

int32_t cama__safetensors_encode(const cama__tensor *tensors, int32_t count, const char *const *meta, void **buffer,
                                 int64_t *size)
{
    int32_t status = CAMA_OK;
    unsigned char *file = NULL;
    cama__safetensors *probe = NULL;
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
    file = cama__mem_alloc(cama__file_room(total), 1);
    if (file == NULL) TRY(CAMA_E_MEMORY);
    little_endian(file, CAMA__LENGTH_BYTES, (uint64_t)header);
    memset(file + CAMA__LENGTH_BYTES, ' ', (size_t)header);
    writer = (cama__json_writer){.text = (char *)file + CAMA__LENGTH_BYTES};
    put_header(&writer, tensors, count, meta);

    TRY(put_data(file + data_at, tensors, count));
    const int64_t digits_at = CAMA__LENGTH_BYTES + (int64_t)strlen(header_begin);
    cama__safetensors_checksum(file, total, digits_at, digits);
    memcpy(file + digits_at, digits, CAMA__CHECKSUM_DIGITS);

    status = cama__safetensors_decode(file, total, "safetensors", &probe);
    if (status == CAMA_E_FORMAT) status = CAMA_E_ARGUMENT; /* the message stands */
    TRY(status);
    *buffer = file;
    *size = total;
    file = NULL;
out:
    cama__safetensors_free(probe);
    cama__mem_free(file);
    return status;
}
