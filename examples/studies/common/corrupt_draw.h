/* corrupt_draw - random numbers of one image: SplitMix64 (Steele, Lea and Flood 2014), begun at (seed, kind, image). */
#ifndef CAMA_CORRUPT_DRAW_H
#define CAMA_CORRUPT_DRAW_H

#include <stdint.h>

typedef struct {
    uint64_t state;
} corrupt_draw;

static inline uint64_t corrupt_bits(corrupt_draw *draw)
{
    uint64_t bits = draw->state += 0x9e3779b97f4a7c15U;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebU;
    return bits ^ (bits >> 31);
}

/* In [low, high). */
static inline double corrupt_uniform(corrupt_draw *draw, double low, double high)
{
    return low + (high - low) * ((double)(corrupt_bits(draw) >> 11) * 0x1p-53);
}

/* In [0, count). */
static inline int corrupt_choice(corrupt_draw *draw, int count) { return (int)corrupt_uniform(draw, 0, count); }

#endif
