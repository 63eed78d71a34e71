/* rng - noise as a function: Philox4x32-10 (Salmon et al. 2011), a counter-based generator without state.
 *
 * The 128-bit counter is (c0, c1, c2, c3), the 64-bit key is the seed (key0 = low half):
 *     c0 = stream << 24 | block      block b holds numbers 4b .. 4b+3 of the vector that is drawn; of a longer vector
 *                                    (b >= 2^24) c0 takes the low 24 bits of b, and b >> 24 is subtracted from c2
 *     c1 = sample                    Monte Carlo sample (u * K + k for z, u for m), or 0
 *     c2 = example                   index of the example in its dataset, low 32 bits; 0xffffffff for "no example"
 *     c3 = step                      optimizer step, low 32 bits; 0 outside training
 * Each 32-bit output x gives the uniform u = ((x >> 9) + 0.5) * 2^-23 in (0,1), exact in float. Four outputs give four
 * normals by Box-Muller: for the pairs (x0,x1) and (x2,x3), r = sqrt(-2 ln u0), n0 = r cos(2 pi u1) and
 * n1 = r sin(2 pi u1).
 * These formulas are public (docs/noise.md): tests/twin draws the same numbers from them. */
#ifndef CAMA_BASE_RNG_H
#define CAMA_BASE_RNG_H

#include "mem.h"

enum cama__rng_stream {
    RNG_Z = 0,       /* eps of z */
    RNG_M = 1,       /* eps of m */
    RNG_INIT = 2,    /* parameters: sample = index of the tensor */
    RNG_SHUFFLE = 3, /* order of examples: step = epoch */
    RNG_MANIPULATE = 4,
    RNG_ATTACK = 5,
    RNG_PRIOR_Z = 6, /* z ~ p(z) in generate */
    RNG_DROPOUT = 7,
    RNG_VIEW = 9, /* simulated views: samples 0 uniforms, 1 normals, from 2 on contamination */
    RNG_X = 8,    /* draws of x in generate: numbers 2d, 2d+1 are number d's */
    RNG_MISSING = 10 /* cells of x that training takes out: sample d for number d of x, D for the row's share */
};

#define RNG_NO_EXAMPLE UINT32_MAX

typedef struct {
    uint64_t seed;
    uint32_t stream, sample, example, step;
} cama__rng_key;

void cama__rng_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
/* n numbers of the vector that key names, written with a stride (in elements): out[i * stride]. */
void cama__rng_normals(cama__rng_key key, int64_t n, real *out, int64_t stride);
void cama__rng_uniforms(cama__rng_key key, int64_t n, real *out, int64_t stride);
/* A permutation of 0 .. n-1: Fisher-Yates from the top, i = n-1 .. 1 changes places with
 * j = floor(word64 * (i+1) / 2^64), word64 = (x0 << 32 | x1) of the block i of key; unbiased to 2^-32. */
void cama__rng_permutation(cama__rng_key key, int64_t n, int64_t *out);

#endif
