/* conv_geometry - coordinates and taps of an axis, in both directions. */
#include "conv_geometry.h"

/* a / b for a >= 0 without the division in the two common cases: this runs once for every pixel. */
static int32_t quotient(int32_t a, int32_t b) { return b == 1 ? a : b == 2 ? a >> 1 : a / b; }

static int32_t taps_of_residue(const cama__axis *a, int32_t residue)
{
    return residue < a->taps ? quotient(a->taps - residue + a->stride - 1, a->stride) : 0;
}

static int32_t residue_start(const cama__axis *a, int32_t residue)
{
    int32_t start = 0;
    for (int32_t r = 0; r < residue; r++) start += taps_of_residue(a, r);
    return start;
}

int32_t cama__axis_tap_place(const cama__axis *axis, bool adjoint, int32_t tap)
{
    if (!adjoint) return tap;
    const int32_t residue = tap % axis->stride;
    return residue_start(axis, residue) + taps_of_residue(axis, residue) - 1 - tap / axis->stride;
}

cama__tap_run cama__axis_run_at(const cama__axis *axis, bool adjoint, int32_t out)
{
    if (!adjoint) return (cama__tap_run){out * axis->stride - axis->pad, 0, axis->taps};
    const int32_t whole = quotient(out + axis->pad, axis->stride), residue = out + axis->pad - whole * axis->stride;
    const int32_t taps = taps_of_residue(axis, residue);
    return (cama__tap_run){whole - (taps - 1), residue_start(axis, residue), taps};
}

cama__tap_run cama__axis_run(const cama__axis *axis, bool adjoint, int32_t out)
{
    const cama__tap_run all = cama__axis_run_at(axis, adjoint, out);
    const int32_t first = cama__most_32(0, -all.in), size = adjoint ? axis->small : axis->big;
    const int32_t count = cama__least_32(all.count, size - all.in) - first;
    return (cama__tap_run){all.in + first, all.tap + first, cama__most_32(0, count)};
}

void cama__axis_small_span(const cama__axis *axis, int32_t tap, int32_t *first, int32_t *last)
{
    const int32_t shift = tap - axis->pad; /* big = q * stride + shift */
    *first = shift < 0 ? (-shift + axis->stride - 1) / axis->stride : 0;
    *last = axis->big > shift ? (axis->big - 1 - shift) / axis->stride + 1 : 0;
    if (*last > axis->small) *last = axis->small;
}

cama__product_shape cama__product_shape_of(const cama__conv *map, bool adjoint)
{
    const int64_t taps = (int64_t)map->h.taps * map->w.taps;
    const int64_t big = map->im2col ? taps * map->big_channels : map->big_channels;
    return (cama__product_shape){map->im2col ? 1 : taps, adjoint ? map->small_channels : big,
                                 adjoint ? big : map->small_channels};
}
