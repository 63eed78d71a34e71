/* safetensors_decode - the reader: nothing in the header is believed that the size of the file, the order of the
 * offsets or the checksum do not confirm. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "safetensors_parts.h"

/* ---- Bytes ---- */

static uint64_t load(const unsigned char *bytes, int32_t count)
{
    uint64_t value = 0;
    for (int32_t i = 0; i < count; i++) value |= (uint64_t)bytes[i] << (8 * i); /* one load where count is 8 */
    return value;
}

#define FNV_PRIME UINT64_C(0x100000001b3)
enum { CHAINS = 8, GROUP = 8 * CHAINS };

/* One word for each chain; independent multiplications, so that they overlap in the processor. */
static void hash_group(const unsigned char *bytes, uint64_t chain[CHAINS])
{
    for (int32_t j = 0; j < CHAINS; j++) chain[j] = (chain[j] ^ load(bytes + 8 * j, 8)) * FNV_PRIME;
}

/* The group at `first` as it is hashed: the digits replaced, zeros past the end. */
static void copy_group(const unsigned char *file, int64_t size, int64_t at, int64_t first, unsigned char group[GROUP])
{
    for (int64_t i = first; i < first + GROUP; i++) {
        const bool digit = i >= at && i < at + DIGITS;
        group[i - first] = i >= size ? 0 : digit ? '0' : file[i];
    }
}

void cama__safetensors_checksum(const void *file, int64_t size, int64_t at, char digits[CAMA__CHECKSUM_DIGITS + 1])
{
    uint64_t chain[CHAINS], hash = UINT64_C(0xcbf29ce484222325);
    unsigned char group[GROUP];
    for (int32_t j = 0; j < CHAINS; j++) chain[j] = hash;
    for (int64_t first = 0; first < size; first += GROUP) {
        const unsigned char *bytes = (const unsigned char *)file + first;
        const bool plain = first + GROUP <= size && (first + GROUP <= at || first >= at + DIGITS);
        if (!plain) copy_group(file, size, at, first, group);
        hash_group(plain ? bytes : group, chain);
    }
    for (int32_t j = 0; j < CHAINS; j++) hash = (hash ^ chain[j]) * FNV_PRIME;
    hash = (hash ^ (uint64_t)size) * FNV_PRIME;
    snprintf(digits, DIGITS + 1, "%016" PRIx64, hash);
}

/* ---- Reading ---- */

static bool is_finite(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits & 0x7f800000u) != 0x7f800000u;
}

/* One pass without a branch for each number tells whether there is any. */
int64_t cama__safetensors_bad(const float *values, int64_t count)
{
    uint32_t found = 0;
    for (int64_t j = 0; j < count; j++) found |= !is_finite(values[j]);
    int64_t bad = found ? 0 : count;
    while (bad < count && is_finite(values[bad])) bad++;
    return bad;
}

bool cama__safetensors_native(void)
{
    const uint32_t one = 1;
    return *(const unsigned char *)&one == 1;
}

/* The data as floats: as they stand in the file where they are aligned and the machine has the file's order of bytes,
 * copied elsewhere. NULL if there is no memory. */
static const float *floats_of(cama__safetensors *s, const unsigned char *bytes)
{
    if (cama__safetensors_native() && (uintptr_t)bytes % _Alignof(float) == 0)
        return (const float *)(const void *)bytes;
    s->data = cama__mem_alloc((size_t)s->data_size, 1);
    for (int64_t j = 0; s->data != NULL && j < s->data_size / 4; j++) {
        const uint32_t bits = (uint32_t)load(bytes + 4 * j, 4);
        memcpy(s->data + j, &bits, sizeof bits);
    }
    return s->data;
}

static int32_t take_data(cama__safetensors *s, const unsigned char *bytes, const char *where)
{
    const float *values = floats_of(s, bytes);
    if (values == NULL) return CAMA_E_MEMORY;
    for (int32_t i = 0; i < s->count; i++) {
        int64_t size;
        cama__safetensors_bytes(&s->tensors[i], &size);
        const int64_t count = size / 4, bad = cama__safetensors_bad(values, count);
        if (bad < count)
            return cama__error(CAMA_E_FORMAT,
                               "%s: tensor %s: expected finite numbers, got NaN or infinity at index %" PRId64, where,
                               s->tensors[i].name, bad);
        s->tensors[i].data = values;
        values += count;
    }
    return CAMA_OK;
}

static void count_checksum(cama__safetensors *s, const unsigned char *file, int64_t size)
{
    const int64_t at = CAMA__LENGTH_BYTES + s->digits_at;
    memcpy(s->given, file + at, DIGITS);
    cama__safetensors_checksum(file, size, at, s->counted);
}

int32_t cama__safetensors_check(const cama__safetensors *s, const char *where)
{
    if (strcmp(s->given, s->counted) == 0) return CAMA_OK;
    return cama__error(CAMA_E_FORMAT, "%s: corrupt: expected checksum %s, got %s", where, s->given, s->counted);
}

int32_t cama__safetensors_outline(const void *buffer, int64_t size, const char *where, cama__safetensors **out)
{
    int32_t status = CAMA_OK;
    const unsigned char *file = buffer;
    cama__safetensors *s = NULL;
    if (file == NULL || size < CAMA__LENGTH_BYTES) {
        FAIL(CAMA_E_FORMAT, "%s: expected a safetensors file, got %" PRId64 " bytes", where, size);
    }
    const uint64_t header = load(file, CAMA__LENGTH_BYTES);
    if (header > CAMA__HEADER_MOST || (int64_t)header > size - CAMA__LENGTH_BYTES) {
        FAIL(CAMA_E_FORMAT, "%s: expected a safetensors header of at most %" PRId64 " bytes, got %" PRIu64, where,
             size - CAMA__LENGTH_BYTES < CAMA__HEADER_MOST ? size - CAMA__LENGTH_BYTES : CAMA__HEADER_MOST, header);
    }
    const int64_t data_at = CAMA__LENGTH_BYTES + (int64_t)header;
    TRY(cama__mem_new(&s, 1));
    TRY(cama__safetensors_read_header(s, (const char *)file + CAMA__LENGTH_BYTES, (int64_t)header, where));
    if (s->data_size != size - data_at)
        FAIL(CAMA_E_FORMAT, "%s: expected %" PRId64 " bytes after the header, got %" PRId64, where, s->data_size,
             size - data_at);
    *out = s;
    s = NULL;
out:
    cama__safetensors_free(s);
    return status;
}

static int32_t decode(const void *buffer, int64_t size, const char *where, bool again, cama__safetensors **out)
{
    int32_t status = CAMA_OK;
    cama__safetensors *s = NULL;
    TRY(cama__safetensors_outline(buffer, size, where, &s));
    count_checksum(s, buffer, size);
    if (!again) TRY(cama__safetensors_check(s, where));
    TRY(take_data(s, (const unsigned char *)buffer + (size - s->data_size), where));
    *out = s;
    s = NULL;
out:
    cama__safetensors_free(s);
    return status;
}

int32_t cama__safetensors_decode(const void *buffer, int64_t size, const char *where, cama__safetensors **out)
{
    return decode(buffer, size, where, false, out);
}

int32_t cama__safetensors_decode_again(const void *buffer, int64_t size, const char *where, cama__safetensors **out)
{
    return decode(buffer, size, where, true, out);
}

void cama__safetensors_free(cama__safetensors *s)
{
    if (s == NULL) return;
    cama__mem_free(s->tensors);
    cama__mem_free(s->spans);
    cama__mem_free(s->meta);
    cama__mem_free(s->pool);
    cama__mem_free(s->data);
    cama__mem_free(s);
}

int32_t cama__safetensors_count(const cama__safetensors *s) { return s->count; }

const cama__tensor *cama__safetensors_at(const cama__safetensors *s, int32_t index)
{
    return index >= 0 && index < s->count ? &s->tensors[index] : NULL;
}

const cama__tensor *cama__safetensors_find(const cama__safetensors *s, const char *name)
{
    for (int32_t i = 0; i < s->count; i++)
        if (strcmp(s->tensors[i].name, name) == 0) return &s->tensors[i];
    return NULL;
}

const char *cama__safetensors_meta(const cama__safetensors *s, const char *key)
{
    for (int32_t i = 0; i < s->meta_count; i++)
        if (strcmp(s->meta[i].key, key) == 0) return s->meta[i].value;
    return NULL;
}
