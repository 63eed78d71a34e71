/* conv_axis - along one axis: which input pixels and which packed taps meet an output pixel. */
#ifndef CAMA_CONV_CONV_AXIS_H
#define CAMA_CONV_CONV_AXIS_H

#include "conv.h"

static inline int32_t least_32(int32_t a, int32_t b) { return a < b ? a : b; }
static inline int32_t most_32(int32_t a, int32_t b) { return a > b ? a : b; }

/* Adjacent input coordinates and packed taps that meet one output coordinate. */
typedef struct {
    int32_t in, tap, count;
} run;

/* a / b for a >= 0 without the division in the two common cases: this runs once for every pixel. */
static inline int32_t quotient(int32_t a, int32_t b) { return b == 1 ? a : b == 2 ? a >> 1 : a / b; }

static inline int32_t taps_of_residue(const cama__axis *a, int32_t residue)
{
    return residue < a->taps ? quotient(a->taps - residue + a->stride - 1, a->stride) : 0;
}

/* Where the adjoint direction keeps the taps of a residue of the stride; within it, taps descend. */
static inline int32_t residue_start(const cama__axis *a, int32_t residue)
{
    int32_t start = 0;
    for (int32_t r = 0; r < residue; r++) start += taps_of_residue(a, r);
    return start;
}

static inline int32_t tap_place(const cama__axis *a, bool adjoint, int32_t tap)
{
    if (!adjoint) return tap;
    const int32_t residue = tap % a->stride;
    return residue_start(a, residue) + taps_of_residue(a, residue) - 1 - tap / a->stride;
}

/* Without regard to where the input ends. */
static inline run run_at(const cama__axis *a, bool adjoint, int32_t out)
{
    if (!adjoint) return (run){out * a->stride - a->pad, 0, a->taps};
    const int32_t whole = quotient(out + a->pad, a->stride), residue = out + a->pad - whole * a->stride;
    const int32_t taps = taps_of_residue(a, residue);
    return (run){whole - (taps - 1), residue_start(a, residue), taps};
}

static inline run run_of(const cama__axis *a, bool adjoint, int32_t out)
{
    const run all = run_at(a, adjoint, out);
    const int32_t first = most_32(0, -all.in), size = adjoint ? a->small : a->big;
    return (run){all.in + first, all.tap + first, most_32(0, least_32(all.count, size - all.in) - first)};
}

/* Small coordinates whose tap t falls inside the big grid: [first, last). */
static inline void small_span(const cama__axis *a, int32_t tap, int32_t *first, int32_t *last)
{
    const int32_t shift = tap - a->pad; /* big = q * stride + shift */
    *first = shift < 0 ? (-shift + a->stride - 1) / a->stride : 0;
    *last = a->big > shift ? (a->big - 1 - shift) / a->stride + 1 : 0;
    if (*last > a->small) *last = a->small;
}

static inline bool is_pixel(const cama__axis *a) { return a->small == 1 && a->big == 1 && a->taps == 1; }

#endif
