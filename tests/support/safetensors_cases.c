/* safetensors_cases - decoding under watch, what a refusal is, and the checksum written once more. */
#include "safetensors_cases.h"

int32_t safetensors_decode(const void *bytes, int64_t size, cama__safetensors **out)
{
    static char *exact;
    static size_t shift;
    free(exact);
    shift = 1 - shift;
    exact = malloc((size_t)size + shift + 1 - (size > 0));
    memcpy(exact + shift, bytes, (size_t)size);
    return cama__safetensors_decode(exact + shift, size, "PATH", out);
}

void safetensors_refused(const void *bytes, int64_t size, const char *words)
{
    cama__safetensors *s = NULL;
    const int32_t status = safetensors_decode(bytes, size, &s);
    assert_null(s);
    assert_int_equal(status, CAMA_E_FORMAT);
    assert_memory_equal(cama_last_error(), "PATH: ", 6);
    check_said(words);
}

void safetensors_seal(unsigned char *file, size_t size, bool again)
{
    char *digits = NULL, text[17];
    for (size_t i = 8; i + 12 + 17 <= size && digits == NULL; i++) {
        if (memcmp(file + i, "\"checksum\":\"", 12) == 0) digits = (char *)file + i + 12;
    }
    if (digits == NULL || (!again && memcmp(digits, NO_SUM, 16) != 0)) return;
    uint64_t hash = 14695981039346656037u;
    memset(digits, '0', 16);
    uint64_t chain[8];
    for (int j = 0; j < 8; j++) chain[j] = hash;
    for (size_t first = 0; first < size; first += 64)
        for (size_t i = 0; i < 64; i += 8) {
            uint64_t word = 0;
            for (size_t k = 0; k < 8 && first + i + k < size; k++) word |= (uint64_t)file[first + i + k] << (8 * k);
            chain[i / 8] = (chain[i / 8] ^ word) * 1099511628211u;
        }
    for (int j = 0; j < 8; j++) hash = (hash ^ chain[j]) * 1099511628211u;
    hash = (hash ^ size) * 1099511628211u;
    snprintf(text, sizeof text, "%016" PRIx64, hash);
    memcpy(digits, text, 16);
}
