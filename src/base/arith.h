/* arith - the smaller, the larger, and division that rounds up. */
#ifndef CAMA_BASE_ARITH_H
#define CAMA_BASE_ARITH_H

#include <stdint.h>

static inline int32_t cama__least_32(int32_t a, int32_t b) { return a < b ? a : b; }
static inline int32_t cama__most_32(int32_t a, int32_t b) { return a > b ? a : b; }
static inline int64_t cama__least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t cama__most(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t cama__ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; } /* a >= 0, b > 0 */
static inline int64_t cama__round_up(int64_t a, int64_t step) { return cama__ceil_div(a, step) * step; }

#endif
