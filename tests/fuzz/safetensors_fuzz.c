/* safetensors_fuzz - any bytes: decoded, or refused with a message; what is decoded survives a round trip. The bytes
 * are also tried with their checksum put right, which random changes would otherwise never get past.
 * clang -std=c11 -D_POSIX_C_SOURCE=200809L -g -O1 -fsanitize=fuzzer,address,undefined -Iinclude -Isrc
 *     tests/fuzz/safetensors_fuzz.c src/io/safetensors*.c src/io/json.c src/base/error.c src/base/mem.c */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/safetensors.h"

static const char key[] = "\"checksum\":\"";

/* What is decoded: encode, decode and compare; abort() is how a fuzzer is told. */
static void round_trip(const cama__safetensors *s)
{
    const int32_t count = cama__safetensors_count(s);
    cama__tensor *tensors = calloc((size_t)count + 1, sizeof *tensors);
    for (int32_t i = 0; i < count; i++) tensors[i] = *cama__safetensors_at(s, i);
    void *buffer;
    int64_t size, bytes;
    cama__safetensors *again;
    if (cama__safetensors_encode(tensors, count, NULL, &buffer, &size) != CAMA_OK) abort();
    if (cama__safetensors_decode(buffer, size, "again", &again) != CAMA_OK) abort();
    if (cama__safetensors_count(again) != count || cama__safetensors_meta(again, "checksum") == NULL) abort();
    for (int32_t i = 0; i < count; i++) {
        const cama__tensor *t = cama__safetensors_at(again, i);
        if (strcmp(t->name, tensors[i].name) != 0 || !cama__safetensors_bytes(t, &bytes)) abort();
        if (memcmp(t->shape, tensors[i].shape, sizeof t->shape) != 0) abort();
        if (memcmp(t->data, tensors[i].data, (size_t)bytes) != 0) abort();
    }
    cama__safetensors_free(again);
    cama__mem_free(buffer);
    free(tensors);
}

static void try_decode(const uint8_t *data, size_t size)
{
    cama__safetensors *s = NULL;
    const int32_t status = cama__safetensors_decode(data, (int64_t)size, "fuzz", &s);
    const bool told = s == NULL && status == CAMA_E_FORMAT && strncmp(cama_last_error(), "fuzz: ", 6) == 0;
    if (status == CAMA_OK)
        round_trip(s);
    else if (!told)
        abort();
    cama__safetensors_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_decode(data, size);
    const size_t key_size = strlen(key), whole = key_size + CAMA__CHECKSUM_DIGITS;
    for (size_t at = CAMA__LENGTH_BYTES; at + whole <= size; at++) {
        if (memcmp(data + at, key, key_size) != 0) continue;
        char digits[CAMA__CHECKSUM_DIGITS + 1];
        uint8_t *copy = malloc(size);
        memcpy(copy, data, size);
        cama__safetensors_checksum(copy, (int64_t)size, (int64_t)(at + key_size), digits);
        memcpy(copy + at + key_size, digits, CAMA__CHECKSUM_DIGITS);
        try_decode(copy, size);
        free(copy);
        break;
    }
    return 0;
}
