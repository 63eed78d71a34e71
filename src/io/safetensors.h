/* safetensors - named float tensors and text in one block of bytes, in the format of that name: 8 bytes of
 * little-endian header length, a JSON header, and the numbers. Read back only if every name, text and number is as it
 * was written:
 *
 *   - dtype F32; 1 to 4 dimensions, each at least 1; names of 1 to 255 printable ASCII characters without space
 *   - data_offsets from 0 to the end of the data without hole or overlap, in any order
 *   - the header, at most 100 MB, begins with "{" and may end in spaces (encode: data begins at a multiple of 64)
 *   - every number is finite
 *   - __metadata__ (text to text) has the key "checksum": 16 lower-case hexadecimal digits of a hash of the file with
 *     these 16 digits replaced by "0" and zeros added up to a multiple of 64 bytes. Its 64-bit little-endian words
 *     go to eight chains in turn, word i to chain i % 8: h = (h ^ word) * 0x100000001b3 modulo 2^64, from
 *     h = 0xcbf29ce484222325 (FNV-1a's step on words); then one more chain takes the eight results and the size of
 *     the file. All steps are one-to-one: any change of a single word is found. */
#ifndef CAMA_IO_SAFETENSORS_H
#define CAMA_IO_SAFETENSORS_H

#include "../base/mem.h"

#define CAMA__TENSOR_DIMS 4
#define CAMA__LENGTH_BYTES 8
#define CAMA__HEADER_MOST 100000000
#define CAMA__CHECKSUM_DIGITS 16

typedef struct {
    const char *name;
    int32_t dims;
    int64_t shape[CAMA__TENSOR_DIMS];
    const float *data; /* dense, row-major */
} cama__tensor;

/* tensors (count), in this order; meta is key, value, key, value, ..., NULL, or NULL for none, and must not have the
 * key "checksum". *buffer (*size bytes) belongs to the caller: cama__mem_free. CAMA_E_ARGUMENT for what could not be
 * read back (names or keys given twice, text that is not UTF-8, ...), CAMA_E_NONFINITE names tensor and index. */
int32_t cama__safetensors_encode(const cama__tensor *tensors, int32_t count, const char *const *meta, void **buffer,
                                 int64_t *size);

/* The same where the numbers are made in their places in *buffer: data is not looked at, fill writes the numbers of
 * tensor i. */
typedef void cama__tensor_fill(void *user, int32_t i, float *values);
int32_t cama__safetensors_encode_filled(const cama__tensor *tensors, int32_t count, const char *const *meta,
                                        cama__tensor_fill *fill, void *user, void **buffer, int64_t *size);

typedef struct cama__safetensors cama__safetensors; /* what a file held; immutable */

/* where names the buffer in messages: a path, or "memory". The tensors' numbers are the buffer's own where it is
 * aligned for floats (copies elsewhere): it must outlive *out. CAMA_E_FORMAT says what is wrong. Memory is bounded by a
 * small multiple of size, whatever the header says. */
int32_t cama__safetensors_decode(const void *buffer, int64_t size, const char *where, cama__safetensors **out);
void cama__safetensors_free(cama__safetensors *safetensors); /* NULL is allowed */

/* The same of a file whose checksum may be that of another order of its tensors and texts, or of other spaces, as other
 * programs write files again: what was read is not to be used before it is confirmed. */
int32_t cama__safetensors_decode_again(const void *buffer, int64_t size, const char *where, cama__safetensors **out);
/* Whether the checksum is that of the file itself, or of a file of these tensors (count, by name) and texts (keys, NULL
 * behind the last; those that the file has not are passed over) in this order, as _encode writes it. Otherwise
 * CAMA_E_FORMAT. */
int32_t cama__safetensors_confirm(const cama__safetensors *safetensors, const char *where, const char *const *names,
                                  int32_t count, const char *const *keys);

int32_t cama__safetensors_count(const cama__safetensors *safetensors);
const cama__tensor *cama__safetensors_at(const cama__safetensors *safetensors, int32_t index);
/* NULL if there is none of that name. What is returned lives as long as safetensors. */
const cama__tensor *cama__safetensors_find(const cama__safetensors *safetensors, const char *name);
const char *cama__safetensors_meta(const cama__safetensors *safetensors, const char *key);

/* Shared by reader and writer. Decodes names, shapes and text alone: checksum and numbers are not looked at, and the
 * tensors have no data. */
int32_t cama__safetensors_outline(const void *buffer, int64_t size, const char *where, cama__safetensors **out);
/* Index of the first of count numbers that is not finite, or count. */
int64_t cama__safetensors_bad(const float *values, int64_t count);
bool cama__safetensors_native(void); /* floats in memory are as they are in the file */
/* Bytes of a tensor: false if its shape breaks the rules or they are 2^63 or more. */
bool cama__safetensors_bytes(const cama__tensor *tensor, int64_t *bytes);
/* The checksum of a whole file (size) that has its digits at byte at; ends in a zero byte. */
void cama__safetensors_checksum(const void *file, int64_t size, int64_t at, char digits[CAMA__CHECKSUM_DIGITS + 1]);

#endif
