/* elementary - exp, log and their kin as short inline polynomials, so that loops over them vectorise without
 * -ffast-math and give the same bits on every libm. Float exp and log are within 2 ulp over the whole range
 * (tests/unit/elementary_test.c); double builds use libm.
 *
 * The polynomials are minimax fits of this project (Remez, weighted by relative error), rounded to float. They need
 * round-to-nearest and -ffp-contract=off; -fno-trapping-math lets the selects become masks instead of branches. */
#ifndef CAMA_BASE_ELEMENTARY_H
#define CAMA_BASE_ELEMENTARY_H

#include <float.h>
#include <math.h>
#include <string.h>

#include "mem.h"

/* Functions marked with it are compiled for AVX-512, AVX2 and the baseline; the loader picks. Not under sanitizers,
 * whose run time is not there yet when the loader asks, and not with clang, which names the resolver of a static
 * function as if it were global: two files with the same name do not link. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__) && !defined(CAMA_DOUBLE) &&  \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(CAMA_NO_CLONES)
#define CAMA__CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CAMA__CLONES
#endif

static inline real cama__exp(real x);           /* exp; 0 below -87.3, +inf above 88.7; NaN stays NaN */
static inline real cama__log(real x);           /* natural log of x > 0; -inf at 0; NaN below */
static inline real cama__log1p(real x);         /* log(1 + x) for x >= 0; +inf and NaN stay */
static inline real cama__log1p_exp_neg(real x); /* log(1 + exp(-x)) for x >= 0 */
static inline real cama__softplus(real x);      /* log(1 + exp(x)), no overflow */
static inline real cama__sigmoid(real x);
static inline void cama__sincos_2pi(real u, real *sine, real *cosine); /* of 2 pi u, u in [0,1] */

#ifdef CAMA_DOUBLE

static inline real cama__exp(real x) { return exp(x); }
static inline real cama__log(real x) { return log(x); }
static inline real cama__log1p(real x) { return log1p(x); }
static inline real cama__log1p_exp_neg(real x) { return log1p(exp(-x)); }
static inline void cama__sincos_2pi(real u, real *sine, real *cosine)
{
    *sine = sin(6.283185307179586476925 * u);
    *cosine = cos(6.283185307179586476925 * u);
}

#else

static inline uint32_t cama__float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static inline float cama__bits_float(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* ln 2 in two parts; the first has 17 bits, so that its product with an exponent is exact. */
#define CAMA__LN2_HIGH 0x1.62e300p-1f
#define CAMA__LN2_LOW 0x1.2fefa2p-17f
/* Adding it leaves a small float rounded to an integer, in the last bits of the sum. */
#define CAMA__ROUNDER 0x1.8p23f

static inline real cama__exp(real x)
{
    const float low = -87.33654f, high = 0x1.62e42ep+6f; /* where 2^n p below is a normal number */
    float y = x > high ? high : x;
    y = y < low ? low : y;
    const float shifted = y * 0x1.715476p+0f + CAMA__ROUNDER;
    const float n = shifted - CAMA__ROUNDER;
    const float r = (y - n * CAMA__LN2_HIGH) - n * CAMA__LN2_LOW; /* |r| <= ln(2)/2 */
    float p = 0x1.6a1a72p-10f;
    p = p * r + 0x1.123fc6p-7f;
    p = p * r + 0x1.555916p-5f;
    p = p * r + 0x1.55548ap-3f;
    p = p * r + 0x1.fffffcp-2f;
    p = 1 + (r + r * r * p);
    float e = cama__bits_float(cama__float_bits(p) + (cama__float_bits(shifted) << 23)); /* 2^n p */
    e = x > high ? INFINITY : e;
    e = x < low ? 0 : e;
    return x == x ? e : x;
}

static inline real cama__log(real x)
{
    const bool tiny = x < FLT_MIN;
    const float y = tiny ? x * 0x1p25f : x;
    const uint32_t half = 0x3f3504f3; /* sqrt(1/2): x = 2^k (1 + f) with 1 + f from there to sqrt(2) */
    const uint32_t bits = cama__float_bits(y) + (0x3f800000 - half);
    const float k = (float)((int32_t)(bits >> 23) - (tiny ? 127 + 25 : 127));
    const float f = cama__bits_float((bits & 0x007fffff) + half) - 1;
    const float s = f / (2 + f), u = s * s, square = 0.5f * f * f; /* log(1 + f) = 2 artanh(s) = f - s (f - rest) */
    const float rest = u * (0x1.55557ap-1f + u * (0x1.995e78p-2f + u * 0x1.31ea76p-2f));
    float l = s * (square + rest) + k * CAMA__LN2_LOW;
    l = (l - square) + f + k * CAMA__LN2_HIGH;
    l = x < INFINITY ? l : x; /* +inf and NaN */
    l = x < 0 ? NAN : l;
    return x == 0 ? -INFINITY : l;
}

/* What the rounding of u = 1 + x loses, exactly, times the slope 1/u: the square of it is below the last bit even where
 * x is tiny. */
static inline real cama__log1p(real x)
{
    const float u = 1 + x;
    const float lost = x < 1 ? x - (u - 1) : 1 - (u - x);
    const float l = cama__log(u) + lost / u;
    return u < INFINITY ? l : x;
}

/* With t = exp(-x) in [0,1]: log(1 + t) = 2 artanh(s), s = t / (2 + t), which keeps the relative error where t is
 * tiny. */
static inline real cama__log1p_exp_neg(real x)
{
    const float t = cama__exp(-x);
    const float s = t / (2 + t), u = s * s;
    const float rest = 0x1.555500p-1f + u * (0x1.99d27cp-2f + u * (0x1.1eb612p-2f + u * 0x1.1ef870p-2f));
    return 2 * s + s * u * rest;
}

/* u = q/4 + r with |r| <= 1/8; the quarter q swaps and negates. */
static inline void cama__sincos_2pi(real u, real *sine, real *cosine)
{
    const float shifted = 4 * u + CAMA__ROUNDER;
    const uint32_t q = cama__float_bits(shifted);
    const float r = u - 0.25f * (shifted - CAMA__ROUNDER), v = r * r;
    const float s = r * (0x1.921fb4p+2f + v * (-0x1.4abba8p+5f + v * (0x1.465a3ep+6f + v * -0x1.2cf5d4p+6f)));
    const float c = 1 + v * (-0x1.3bd3ccp+4f + v * (0x1.03c1dep+6f + v * (-0x1.55c666p+6f + v * 0x1.d9f7bcp+5f)));
    const float a = q & 1 ? c : s, b = q & 1 ? s : c;
    *sine = cama__bits_float(cama__float_bits(a) ^ (q & 2) << 30);
    *cosine = cama__bits_float(cama__float_bits(b) ^ ((q + 1) & 2) << 30);
}

#endif

static inline real cama__softplus(real x)
{
    const real size = x < 0 ? -x : x;
    return (x > 0 ? x : 0) + cama__log1p_exp_neg(size);
}

static inline real cama__sigmoid(real x) { return 1 / (1 + cama__exp(-x)); }

#endif
