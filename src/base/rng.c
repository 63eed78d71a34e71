/* rng - Philox computed for 16 counters at once, so that the 64 numbers of a chunk come out of vector registers. A
 * number depends on key and position alone; the last chunk of a vector is drawn whole and cut. */
#include "rng.h"

#include <math.h>

#include "elementary.h"

enum {
    LANES = 16, /* blocks at a time: one AVX-512 register of 32-bit words */
    CHUNK = 4 * LANES,
    ROUNDS = 10,
    BLOCK_BITS = 24
};

#define MULTIPLIER0 UINT32_C(0xD2511F53)
#define MULTIPLIER1 UINT32_C(0xCD9E8D57)
#define WEYL0 UINT32_C(0x9E3779B9)
#define WEYL1 UINT32_C(0xBB67AE85)

/* One round on counter words c0 .. c3 with round key k0, k1. */
static inline void philox_round(uint32_t *c0, uint32_t *c1, uint32_t *c2, uint32_t *c3, uint32_t k0, uint32_t k1)
{
    const uint64_t product0 = (uint64_t)MULTIPLIER0 * *c0;
    const uint64_t product1 = (uint64_t)MULTIPLIER1 * *c2;
    *c0 = (uint32_t)(product1 >> 32) ^ *c1 ^ k0;
    *c1 = (uint32_t)product1;
    *c2 = (uint32_t)(product0 >> 32) ^ *c3 ^ k1;
    *c3 = (uint32_t)product0;
}

void cama__rng_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]};
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < ROUNDS; round++, k0 += WEYL0, k1 += WEYL1)
        philox_round(&c[0], &c[1], &c[2], &c[3], k0, k1);
    for (int j = 0; j < 4; j++) out[j] = c[j];
}

/* The counter of a block; what does not fit in the 24 bits of the block goes into the example (rng.h). */
static inline void block_counter(const cama__rng_key *key, uint64_t block, uint32_t counter[4])
{
    counter[0] = key->stream << BLOCK_BITS | (uint32_t)(block & ((1u << BLOCK_BITS) - 1));
    counter[1] = key->sample;
    counter[2] = key->example - (uint32_t)(block >> BLOCK_BITS);
    counter[3] = key->step;
}

/* Words x[j][l] of blocks block + l. LANES divides 2^24: no chunk straddles the carry. */
static inline void philox_lanes(const cama__rng_key *key, uint64_t block, uint32_t x[4][LANES])
{
    uint32_t counter[4];
    block_counter(key, block, counter);
    for (int l = 0; l < LANES; l++) {
        x[0][l] = counter[0] + (uint32_t)l;
        x[1][l] = counter[1];
        x[2][l] = counter[2];
        x[3][l] = counter[3];
    }
    uint32_t k0 = (uint32_t)key->seed, k1 = (uint32_t)(key->seed >> 32);
    for (int round = 0; round < ROUNDS; round++, k0 += WEYL0, k1 += WEYL1) {
        for (int l = 0; l < LANES; l++) philox_round(&x[0][l], &x[1][l], &x[2][l], &x[3][l], k0, k1);
    }
}

/* The middle of one of 2^23 equal cells of (0,1): never 0 nor 1, exact in float; int32_t because it converts in one
 * vector instruction. */
static inline real unit(uint32_t word) { return ((real)(int32_t)(word >> 9) + (real)0.5) * (real)0x1p-23; }

static inline real root(real x)
{
#ifdef CAMA_DOUBLE
    return sqrt(x);
#else
    return sqrtf(x);
#endif
}

typedef void fill(const cama__rng_key *key, uint64_t block, real *chunk /* (CHUNK) */);

CAMA__CLONES static void fill_uniforms(const cama__rng_key *key, uint64_t block, real *chunk)
{
    uint32_t x[4][LANES];
    philox_lanes(key, block, x);
    for (int l = 0; l < LANES; l++) {
        for (int j = 0; j < 4; j++) chunk[4 * l + j] = unit(x[j][l]);
    }
}

CAMA__CLONES static void fill_normals(const cama__rng_key *key, uint64_t block, real *chunk)
{
    uint32_t x[4][LANES];
    real normal[4][LANES];
    philox_lanes(key, block, x);
    for (int j = 0; j < 4; j += 2) {
        for (int l = 0; l < LANES; l++) {
            real sine, cosine;
            const real radius = root((real)-2 * cama__log(unit(x[j][l])));
            cama__sincos_2pi(unit(x[j + 1][l]), &sine, &cosine);
            normal[j][l] = radius * cosine;
            normal[j + 1][l] = radius * sine;
        }
    }
    for (int l = 0; l < LANES; l++) {
        for (int j = 0; j < 4; j++) chunk[4 * l + j] = normal[j][l];
    }
}

static void fill_vector(fill *fill_chunk, const cama__rng_key *key, int64_t n, real *out, int64_t stride)
{
    real chunk[CHUNK];
    for (int64_t first = 0; first < n; first += CHUNK) {
        const int64_t count = n - first < CHUNK ? n - first : CHUNK;
        fill_chunk(key, (uint64_t)first / 4, chunk);
        for (int64_t i = 0; i < count; i++) out[(first + i) * stride] = chunk[i];
    }
}

void cama__rng_normals(cama__rng_key key, int64_t n, real *out, int64_t stride)
{
    fill_vector(fill_normals, &key, n, out, stride);
}

void cama__rng_uniforms(cama__rng_key key, int64_t n, real *out, int64_t stride)
{
    fill_vector(fill_uniforms, &key, n, out, stride);
}

/* floor(word * m / 2^64) without a 128-bit type. */
static uint64_t multiply_high(uint64_t word, uint64_t m)
{
    const uint64_t word0 = (uint32_t)word, word1 = word >> 32, m0 = (uint32_t)m, m1 = m >> 32;
    const uint64_t middle = word1 * m0 + (word0 * m0 >> 32); /* cannot overflow: (2^32-1)^2 + 2^32-1 < 2^64 */
    return word1 * m1 + (middle >> 32) + ((word0 * m1 + (uint32_t)middle) >> 32);
}

void cama__rng_permutation(cama__rng_key key, int64_t n, int64_t *out)
{
    const uint32_t seed[2] = {(uint32_t)key.seed, (uint32_t)(key.seed >> 32)};
    for (int64_t i = 0; i < n; i++) out[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        uint32_t counter[4], x[4];
        block_counter(&key, (uint64_t)i, counter);
        cama__rng_philox(counter, seed, x);
        const int64_t j = (int64_t)multiply_high((uint64_t)x[0] << 32 | x[1], (uint64_t)i + 1);
        const int64_t moved = out[i];
        out[i] = out[j];
        out[j] = moved;
    }
}
