/* safetensors_cases - decoding under watch, what a refusal is, and the checksum written once more. */
#ifndef TESTS_SUPPORT_SAFETENSORS_CASES_H
#define TESTS_SUPPORT_SAFETENSORS_CASES_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "io/safetensors.h"

/* Decode from memory that ends where it ends, so that a sanitizer sees one byte too far. It lives until the next call:
 * numbers may be used where they stand. Every other time it is not aligned for floats, and they must be copied. */
int32_t safetensors_decode(const void *bytes, int64_t size, cama__safetensors **out);
void safetensors_refused(const void *bytes, int64_t size, const char *words);

#define NO_SUM "0123456789abcdef" /* what stands in a handmade file before it is sealed */

/* The checksum, written once more; again: also where digits stand already. */
void safetensors_seal(unsigned char *file, size_t size, bool again);

#endif
