/* safetensors_again - a file that another program has rewritten: the checksum is that of the original file, which is
 * made once more from what was read. */
#include <string.h>

#include "safetensors_parts.h"

/* Checksum of the file that these tensors and texts make. */
static int32_t count_again(const cama__safetensors *s, const char *const *names, int32_t count, const char *const *keys,
                           char digits[DIGITS + 1])
{
    int32_t status = CAMA_OK, used = 0, most = 0;
    void *buffer = NULL;
    int64_t size = 0;
    cama__safetensors *made = NULL;
    while (keys[most] != NULL) most++;
    cama__tensor *tensors = NULL;
    const char **meta = NULL;
    TRY(cama__mem_new(&tensors, count));
    TRY(cama__mem_new(&meta, 2 * (size_t)most + 1));
    for (int32_t i = 0; i < count; i++) tensors[i] = *cama__safetensors_find(s, names[i]);
    for (int32_t i = 0; i < most; i++) {
        const char *value = cama__safetensors_meta(s, keys[i]);
        if (value == NULL) continue;
        meta[used++] = keys[i];
        meta[used++] = value;
    }
    TRY(cama__safetensors_encode(tensors, count, meta, &buffer, &size));
    TRY(cama__safetensors_outline(buffer, size, "memory", &made));
    memcpy(digits, (const char *)buffer + CAMA__LENGTH_BYTES + made->digits_at, DIGITS);
    digits[DIGITS] = '\0';
    if (used / 2 + 1 != s->meta_count || count != s->count) digits[0] = '\0'; /* there is more in the file */
out:
    cama__safetensors_free(made);
    cama__mem_free(buffer);
    cama__mem_free(meta);
    cama__mem_free(tensors);
    return status;
}

int32_t cama__safetensors_confirm(const cama__safetensors *s, const char *where, const char *const *names,
                                  int32_t count, const char *const *keys)
{
    char digits[DIGITS + 1];
    if (strcmp(s->given, s->counted) == 0) return CAMA_OK;
    const int32_t status = count_again(s, names, count, keys, digits);
    if (status == CAMA_E_MEMORY) return status;
    return status == CAMA_OK && strcmp(s->given, digits) == 0 ? CAMA_OK : cama__safetensors_check(s, where);
}
