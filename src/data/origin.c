/* origin - copies and slices of the records' numbers. */
#include "origin.h"

#include <string.h>

static void *copy_of(const void *array, int64_t first, int64_t count, size_t size)
{
    void *copy = cama__mem_alloc((size_t)count, size);
    return copy != NULL ? memcpy(copy, (const char *)array + (size_t)first * size, (size_t)count * size) : NULL;
}

int32_t cama__origin_slice(const cama__origin *origin, int64_t first, int64_t count, cama__origin **out)
{
    int32_t status = CAMA_OK;
    cama__origin *made = NULL;
    if (origin == NULL) {
        *out = NULL;
        return CAMA_OK;
    }
    made = cama__mem_alloc(1, sizeof *made);
    if (made == NULL) TRY(CAMA_E_MEMORY);
    made->n = count;
    made->row = copy_of(origin->row, first, count, sizeof *made->row);
    made->line = copy_of(origin->line, first, count, sizeof *made->line);
    if (origin->flag != NULL) made->flag = copy_of(origin->flag, first, count, 1);
    if (made->row == NULL || made->line == NULL || (origin->flag != NULL && made->flag == NULL)) TRY(CAMA_E_MEMORY);
    *out = made;
    made = NULL;
out:
    cama__origin_free(made);
    return status;
}

void cama__origin_free(cama__origin *origin)
{
    if (origin == NULL) return;
    cama__mem_free(origin->row);
    cama__mem_free(origin->line);
    cama__mem_free(origin->flag);
    cama__mem_free(origin->refusal);
    cama__mem_free(origin);
}
