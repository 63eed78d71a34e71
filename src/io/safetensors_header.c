/* safetensors_header - names, shapes and texts of a file: nothing in the header is believed that the order of the
 * offsets does not confirm. */
#include <inttypes.h>
#include <string.h>

#include "../base/sort.h"
#include "json.h"
#include "safetensors_parts.h"

#define NAME_MOST 255

bool cama__safetensors_bytes(const cama__tensor *tensor, int64_t *bytes)
{
    *bytes = (int64_t)sizeof(float);
    if (tensor->dims < 1 || tensor->dims > CAMA__TENSOR_DIMS) return false;
    for (int32_t i = 0; i < tensor->dims; i++) {
        if (tensor->shape[i] < 1 || __builtin_mul_overflow(*bytes, tensor->shape[i], bytes)) return false;
    }
    return true;
}

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
        cama__text_pair pair;
        TRY(cama__json_more(json, &more));
        if (!more) break;
        TRY(cama__json_key(json, &pair.key));
        if (strcmp(pair.key, "checksum") == 0)
            TRY(read_checksum(s, json, &pair.value));
        else
            TRY(cama__json_string(json, &pair.value));

        cama__text_pair *meta = cama__json_grow(s->meta, s->meta_count, &s->meta_room, sizeof *meta);
        TRY(cama__mem_got(meta));
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

static int32_t check_tensor(const char *where, const cama__tensor *t, const int64_t offsets[2])
{
    int32_t status = CAMA_OK;
    int64_t bytes, end;
    if (!cama__safetensors_bytes(t, &bytes)) {
        FAIL(CAMA_E_FORMAT,
             "%s: tensor %s: expected 1 to %d dimensions of at least 1 and less than 2^63 bytes, got "
             "another shape (%d dimensions)",
             where, t->name, CAMA__TENSOR_DIMS, t->dims);
    }
    if (offsets[0] < 0)
        FAIL(CAMA_E_FORMAT, "%s: tensor %s: expected data_offsets to begin at 0 or behind, got %" PRId64, where,
             t->name, offsets[0]);
    if (__builtin_add_overflow(offsets[0], bytes, &end) || offsets[1] != end) {
        FAIL(CAMA_E_FORMAT,
             "%s: tensor %s: expected data_offsets to span the %" PRId64 " bytes of its shape, got %" PRId64
             " to %" PRId64,
             where, t->name, bytes, offsets[0], offsets[1]);
    }
out:
    return status;
}

static int by_begin(const void *a, const void *b)
{
    const cama__tensor_span *left = a, *right = b;
    if (left->begin != right->begin) return left->begin > right->begin ? 1 : -1;
    return (left->index > right->index) - (left->index < right->index);
}

/* Tensors in the order of their numbers, which follow each other from 0 on. */
static int32_t order_tensors(cama__safetensors *s, const char *where)
{
    int32_t status = CAMA_OK;
    cama__tensor *ordered = NULL;
    TRY(cama__mem_new(&ordered, s->count));
    cama__sort(s->spans, s->count, sizeof *s->spans, by_begin);
    for (int32_t i = 0; i < s->count; i++) {
        int64_t bytes;
        ordered[i] = s->tensors[s->spans[i].index];
        if (s->spans[i].begin != s->data_size)
            FAIL(CAMA_E_FORMAT,
                 "%s: tensor %s: expected data_offsets to begin at %" PRId64 ", where others end, got %" PRId64, where,
                 ordered[i].name, s->data_size, s->spans[i].begin);
        cama__safetensors_bytes(&ordered[i], &bytes);
        s->data_size += bytes; /* no overflow: check_tensor has seen the end */
    }
    cama__mem_free(s->tensors);
    s->tensors = ordered;
    ordered = NULL;
out:
    cama__mem_free(ordered);
    return status;
}

static int32_t read_tensor(cama__safetensors *s, cama__json *json, const char *name)
{
    int32_t status = CAMA_OK, offsets = 0;
    bool has_dtype = false, has_shape = false, more;
    cama__tensor t = {.name = name};
    int64_t begin_end[2] = {0, 0};
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
            TRY(read_integers(json, name, key, 2, begin_end, &offsets));
        } else {
            FAIL(CAMA_E_FORMAT, "%s: tensor %s: expected dtype, shape and data_offsets, got another key", json->where,
                 name);
        }
    }
    if (!has_dtype || !has_shape || offsets != 2) {
        FAIL(CAMA_E_FORMAT, "%s: tensor %s: expected dtype, shape and two data_offsets, got less", json->where, name);
    }
    TRY(check_tensor(json->where, &t, begin_end));

    cama__tensor *tensors = cama__json_grow(s->tensors, s->count, &s->room, sizeof *tensors);
    TRY(cama__mem_got(tensors));
    s->tensors = tensors;
    cama__tensor_span *spans = cama__json_grow(s->spans, s->count, &s->span_room, sizeof *spans);
    TRY(cama__mem_got(spans));
    s->spans = spans;
    spans[s->count] = (cama__tensor_span){begin_end[0], s->count};
    tensors[s->count++] = t;
out:
    return status;
}

int32_t cama__safetensors_read_header(cama__safetensors *s, const char *text, int64_t size, const char *where)
{
    int32_t status = CAMA_OK;
    cama__json json = {0};
    bool more;
    if (size < 1 || text[0] != '{') FAIL(CAMA_E_FORMAT, "%s: expected a header that begins with '{'", where);
    while (text[size - 1] == ' ') size--;
    TRY(cama__mem_new(&s->pool, size));
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
    TRY(order_tensors(s, where));
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
