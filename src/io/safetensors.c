/* safetensors - the reader: nothing in the header is believed that the size of the file, the order of the offsets or
 * the checksum do not confirm. */
#include "safetensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

#define NAME_MOST 255
#define DIGITS CAMA__CHECKSUM_DIGITS

typedef struct {
    const char *key, *value;
} text_pair;

struct cama__safetensors {
    int32_t count, meta_count;
    int64_t room, meta_room;
    cama__tensor *tensors; /* (count) */
    text_pair *meta;       /* (meta_count) */
    char *pool;            /* all text */
    float *data;           /* all numbers, where they cannot be used as they stand in the buffer */
    int64_t data_size;     /* bytes of them, by the header */
    int64_t digits_at;     /* of the checksum, in the JSON text; 0: has none */
};

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

bool cama__safetensors_bytes(const cama__tensor *tensor, int64_t *bytes)
{
    *bytes = (int64_t)sizeof(float);
    if (tensor->dims < 1 || tensor->dims > CAMA__TENSOR_DIMS) return false;
    for (int32_t i = 0; i < tensor->dims; i++) {
        if (tensor->shape[i] < 1 || __builtin_mul_overflow(*bytes, tensor->shape[i], bytes)) return false;
    }
    return true;
}

/* ---- Header ---- */

static int32_t read_checksum(cama__safetensors *s, cama__json *json, const char **value)
{
    int32_t status = CAMA_OK;
    TRY(cama__json_string(json, value));
    s->digits_at = json->at - 1 - DIGITS;
    /* As long in the text as decoded: no digit is an escape, so they can be replaced where they stand. */
    if (strlen(*value) != DIGITS || strspn(*value, "0123456789abcdef") != DIGITS ||
        json->text[s->digits_at - 1] != '"' || memcmp(json->text + s->digits_at, *value, DIGITS) != 0) {
        FAIL(CAMA_E_FORMAT, "%s: expected a checksum of %d hexadecimal digits in __metadata__, got something else",
             json->where, DIGITS);
    }
out:
    return status;
}

static int32_t read_metadata(cama__safetensors *s, cama__json *json)
{
    int32_t status = CAMA_OK;
    TRY(cama__json_open(json, '{'));
    while (true) {
        bool more;
        text_pair pair;
        TRY(cama__json_more(json, &more));
        if (!more) break;
        TRY(cama__json_key(json, &pair.key));
        if (strcmp(pair.key, "checksum") == 0)
            TRY(read_checksum(s, json, &pair.value));
        else
            TRY(cama__json_string(json, &pair.value));

        text_pair *meta = cama__json_grow(s->meta, s->meta_count, &s->meta_room, sizeof *meta);
        if (meta == NULL) TRY(CAMA_E_MEMORY);
        s->meta = meta;
        meta[s->meta_count++] = pair;
    }
out:
    return status;
}

/* Integers into values (most); *count says how many came. */
static int32_t read_integers(cama__json *json, const char *name, const char *what, int32_t most, int64_t *values,
                             int32_t *count)
{
    int32_t status = CAMA_OK, n = 0;
    TRY(cama__json_open(json, '['));
    while (true) {
        bool more;
        TRY(cama__json_more(json, &more));
        if (!more) break;
        if (n == most) {
            FAIL(CAMA_E_FORMAT, "%s: tensor %s: expected at most %d numbers in %s, got more", json->where, name, most,
                 what);
        }
        TRY(cama__json_integer(json, &values[n]));
        n++;
    }
    *count = n;
out:
    return status;
}

static int32_t read_dtype(cama__json *json, const char *name)
{
    const char *dtype;
    const int32_t status = cama__json_string(json, &dtype);
    if (status != CAMA_OK) return status;
    if (strcmp(dtype, "F32") == 0) return CAMA_OK;
    const bool known = strlen(dtype) <= 8 && strspn(dtype, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == strlen(dtype);
    return cama__error(CAMA_E_FORMAT, "%s: tensor %s: expected dtype F32, got %s", json->where, name,
                       known ? dtype : "another");
}

static int32_t check_name(const char *where, int32_t index, const char *name)
{
    size_t length = 0;
    while (name[length] > ' ' && name[length] < 0x7f && length <= NAME_MOST) length++;
    if (length >= 1 && length <= NAME_MOST && name[length] == '\0') return CAMA_OK;
    return cama__error(CAMA_E_FORMAT, "%s: tensor %d: expected a name of 1 to %d printable ASCII characters", where,
                       index, NAME_MOST);
}

static int32_t check_tensor(cama__safetensors *s, const char *where, const cama__tensor *t, const int64_t span[2])
{
    int32_t status = CAMA_OK;
    int64_t bytes;
    if (!cama__safetensors_bytes(t, &bytes)) {
        FAIL(CAMA_E_FORMAT,
             "%s: tensor %s: expected 1 to %d dimensions of at least 1 and less than 2^63 bytes, got "
             "another shape (%d dimensions)",
             where, t->name, CAMA__TENSOR_DIMS, t->dims);
    }
    if (span[0] != s->data_size) {
        FAIL(CAMA_E_FORMAT,
             "%s: tensor %s: expected data_offsets to begin at %" PRId64 ", where others end, got %" PRId64, where,
             t->name, s->data_size, span[0]);
    }
    if (span[1] < span[0] || span[1] - span[0] != bytes) {
        FAIL(CAMA_E_FORMAT,
             "%s: tensor %s: expected data_offsets to span the %" PRId64 " bytes of its shape, got %" PRId64
             " to %" PRId64,
             where, t->name, bytes, span[0], span[1]);
    }
    s->data_size = span[1];
out:
    return status;
}

static int32_t read_tensor(cama__safetensors *s, cama__json *json, const char *name)
{
    int32_t status = CAMA_OK, offsets = 0;
    bool has_dtype = false, has_shape = false, more;
    cama__tensor t = {.name = name};
    int64_t span[2] = {0, 0};
    TRY(check_name(json->where, s->count, name));
    TRY(cama__json_open(json, '{'));
    while (true) {
        const char *key;
        TRY(cama__json_more(json, &more));
        if (!more) break;
        TRY(cama__json_key(json, &key));
        if (strcmp(key, "dtype") == 0) {
            TRY(read_dtype(json, name));
            has_dtype = true;
        } else if (strcmp(key, "shape") == 0) {
            TRY(read_integers(json, name, key, CAMA__TENSOR_DIMS, t.shape, &t.dims));
            has_shape = true;
        } else if (strcmp(key, "data_offsets") == 0) {
            TRY(read_integers(json, name, key, 2, span, &offsets));
        } else {
            FAIL(CAMA_E_FORMAT, "%s: tensor %s: expected dtype, shape and data_offsets, got another key", json->where,
                 name);
        }
    }
    if (!has_dtype || !has_shape || offsets != 2) {
        FAIL(CAMA_E_FORMAT, "%s: tensor %s: expected dtype, shape and two data_offsets, got less", json->where, name);
    }
    TRY(check_tensor(s, json->where, &t, span));

    cama__tensor *tensors = cama__json_grow(s->tensors, s->count, &s->room, sizeof *tensors);
    if (tensors == NULL) TRY(CAMA_E_MEMORY);
    s->tensors = tensors;
    tensors[s->count++] = t;
out:
    return status;
}

static int32_t read_header(cama__safetensors *s, const char *text, int64_t size, const char *where)
{
    int32_t status = CAMA_OK;
    cama__json json = {0};
    bool more;
    if (size < 1 || text[0] != '{') FAIL(CAMA_E_FORMAT, "%s: expected a header that begins with '{'", where);
    while (text[size - 1] == ' ') size--;
    s->pool = cama__mem_alloc((size_t)size, 1);
    if (s->pool == NULL) TRY(CAMA_E_MEMORY);
    cama__json_start(&json, text, size, where, s->pool);
    TRY(cama__json_open(&json, '{'));
    while (true) {
        const char *key;
        TRY(cama__json_more(&json, &more));
        if (!more) break;
        TRY(cama__json_key(&json, &key));
        if (strcmp(key, "__metadata__") == 0)
            TRY(read_metadata(s, &json));
        else
            TRY(read_tensor(s, &json, key));
    }
    TRY(cama__json_end(&json));
    if (s->digits_at == 0) {
        FAIL(CAMA_E_FORMAT,
             "%s: expected the key checksum in __metadata__, got a file without: not written by "
             "libcama, or written again by another program",
             where);
    }
out:
    cama__json_free(&json);
    return status;
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

static int32_t check_checksum(const cama__safetensors *s, const unsigned char *file, int64_t size, const char *where)
{
    char digits[DIGITS + 1];
    const int64_t at = CAMA__LENGTH_BYTES + s->digits_at;
    cama__safetensors_checksum(file, size, at, digits);
    if (memcmp(file + at, digits, DIGITS) == 0) return CAMA_OK;
    return cama__error(CAMA_E_FORMAT, "%s: corrupt: expected checksum %.16s, got %s", where, (const char *)file + at,
                       digits);
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
    s = cama__mem_alloc(1, sizeof *s);
    if (s == NULL) TRY(CAMA_E_MEMORY);
    TRY(read_header(s, (const char *)file + CAMA__LENGTH_BYTES, (int64_t)header, where));
    if (s->data_size != size - data_at)
        FAIL(CAMA_E_FORMAT, "%s: expected %" PRId64 " bytes after the header, got %" PRId64, where, s->data_size,
             size - data_at);
    *out = s;
    s = NULL;
out:
    cama__safetensors_free(s);
    return status;
}

int32_t cama__safetensors_decode(const void *buffer, int64_t size, const char *where, cama__safetensors **out)
{
    int32_t status = CAMA_OK;
    cama__safetensors *s = NULL;
    TRY(cama__safetensors_outline(buffer, size, where, &s));
    TRY(check_checksum(s, buffer, size, where));
    TRY(take_data(s, (const unsigned char *)buffer + (size - s->data_size), where));
    *out = s;
    s = NULL;
out:
    cama__safetensors_free(s);
    return status;
}

void cama__safetensors_free(cama__safetensors *s)
{
    if (s == NULL) return;
    cama__mem_free(s->tensors);
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
