/* table_refuse - refusals that more than one reader of tables makes. */
#include <inttypes.h>

#include "table_parts.h"

int32_t cama__table_as_data(const cama__table *t, int32_t status)
{
    if (status != CAMA_E_ARGUMENT) return status;
    return cama__error(CAMA_E_DATA, "%s: %s", t->csv.where, cama_last_error());
}

int32_t cama__table_check_size(const cama__csv *csv, const char *what, int64_t rows, int64_t width)
{
    enum { LEAST = 1 << 26, TIMES = 1024 };
    int64_t bytes;
    if (__builtin_mul_overflow(rows, width * (int64_t)sizeof(float), &bytes)) bytes = INT64_MAX;
    if (bytes <= LEAST || bytes / TIMES <= csv->size) return CAMA_OK;
    return cama__error(CAMA_E_DATA,
                       "%s: %s: expected numbers in proportion to the %" PRId64 " kB of the file, got %" PRId64
                       " rows of %" PRId64 " numbers, %" PRId64 " MB: categories of which most come once",
                       csv->where, what, csv->size / 1024, rows, width, bytes >> 20);
}
