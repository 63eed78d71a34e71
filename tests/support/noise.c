/* noise - a linear congruential generator modulo 2^32; its upper 24 bits. */
#include "noise.h"

uint32_t noise_state;

double noise(double size)
{
    noise_state = noise_state * 1664525u + 1013904223u;
    return size * ((double)(noise_state >> 8) / (double)(1u << 23) - 1);
}

size_t noise_numbers(int64_t rows, int64_t features)
{
    return (size_t)(cama__blocks(rows) * features * cama__kernel()->nr);
}

real *noise_tensor(int64_t rows, int64_t features, double size)
{
    real *t = cama__mem_alloc(noise_numbers(rows, features), sizeof *t);
    assert_non_null(t);
    for (size_t i = 0; i < noise_numbers(rows, features); i++) t[i] = (real)noise(size);
    return t;
}
