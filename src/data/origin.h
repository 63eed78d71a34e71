/* origin - where the rows of a dataset came from: which records of its file they are, which of them were kept although
 * a cell was refused, and which records were left out or kept so, and why. */
#ifndef CAMA_DATA_ORIGIN_H
#define CAMA_DATA_ORIGIN_H

#include "../base/mem.h"

/* Why a record was refused. */
enum cama__refusal_reason { REFUSED_MISSING, REFUSED_INVALID, REFUSED_UNKNOWN, REFUSED_REASONS };

typedef struct {
    int64_t row, line;
    int32_t variable; /* of the schema; -1: the target */
    int32_t reason;
} cama__refusal;

typedef struct {
    int64_t n;
    int64_t *row, *line; /* (n): number of the record in the file, from 1, and the line it begins on */
    uint8_t *flag;       /* (n): 1 for a row whose numbers are made up where a cell was refused; NULL: none is */
    int64_t refusals;
    cama__refusal *refusal; /* (refusals), in the order of the file */
} cama__origin;

/* Rows first .. first + count of an origin, without its refusals; NULL of NULL. */
int32_t cama__origin_slice(const cama__origin *origin, int64_t first, int64_t count, cama__origin **out);
void cama__origin_free(cama__origin *origin); /* NULL is allowed */

#endif
