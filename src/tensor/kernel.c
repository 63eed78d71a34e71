/* kernel - the choice of the micro-kernel, once for the process: BLIS's (blis.h), or plain loops where there is
 * none. */
#include "kernel.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "blis.h"
#include "one_row.h"

static cama__kernel_info info;
static char name[128];
static pthread_once_t once = PTHREAD_ONCE_INIT;

enum { NAIVE_MR = 6, NAIVE_NR = 4 };

void cama__kernel_naive(int64_t mr, int64_t nr, int64_t k, const real *a, const real *b, bool accumulate, real *c,
                        int64_t rs, int64_t cs)
{
    for (int64_t i = 0; i < mr; i++)
        for (int64_t j = 0; j < nr; j++) {
            real sum = 0;
            for (int64_t p = 0; p < k; p++) sum += a[p * mr + i] * b[p * nr + j];
            c[i * rs + j * cs] = accumulate ? c[i * rs + j * cs] + sum : sum;
        }
}

static void choose_naive(const char *why)
{
    snprintf(name, sizeof name, "naive %dx%d (%s)", NAIVE_MR, NAIVE_NR, why);
    info = (cama__kernel_info){.mr = NAIVE_MR, .nr = NAIVE_NR, .by_rows = true, .name = name};
}

#ifdef CAMA_DOUBLE

static void choose(void) { choose_naive("double"); }

void cama__kernel_run_row(int64_t count, const cama__kernel_steps *steps, int64_t k, const real *a, const real *b,
                          bool accumulate, real *c, int64_t rs, int64_t cs)
{
    for (int64_t i = 0; i < count; i++, a += steps->a, b += steps->b, c += steps->c)
        cama__kernel_naive(NAIVE_MR, NAIVE_NR, k, a, b, accumulate, c, rs, cs);
}

#else

static cama__blis blis;

static void run(int64_t k, const float *a, const float *b, const float *beta, float *c, int64_t rs, int64_t cs,
                cama__blis_aux *aux)
{
    static const float one = 1;
    blis.run((cama__blis_dim)blis.mr, (cama__blis_dim)blis.nr, (cama__blis_dim)k, &one, a, b, beta, c,
             (cama__blis_dim)rs, (cama__blis_dim)cs, aux, blis.context);
}

/* Whether the kernel that was found multiplies: whole numbers, so that every sum is exact in any order. */
static bool multiplies(void)
{
    enum { K = 4, BEYOND = 64 /* what kernels may load past a panel */ };
    static _Alignas(64) float a[K * TILE_MAX + BEYOND], b[K * CAMA__LANES + BEYOND], c[TILE_MAX], twin[TILE_MAX];
    static const float zero = 0;
    cama__blis_aux aux = {.a_next = a, .b_next = b};
    const int64_t rs = blis.by_rows ? blis.nr : 1, cs = blis.by_rows ? 1 : blis.mr;
    for (int64_t i = 0; i < K * blis.mr; i++) a[i] = (float)(i * 7 % 11 - 5);
    for (int64_t i = 0; i < K * blis.nr; i++) b[i] = (float)(i * 5 % 13 - 6);
    run(K, a, b, &zero, c, rs, cs, &aux);
    cama__kernel_naive(blis.mr, blis.nr, K, a, b, false, twin, rs, cs);
    for (int64_t i = 0; i < blis.mr * blis.nr; i++)
        if (c[i] != twin[i]) return false;
    return true;
}

/* Numbers in [-.5, .5) that have nothing to do with each other. */
static void fill(int64_t count, uint32_t bits, float *to)
{
    for (int64_t i = 0; i < count; i++) {
        bits = bits * 1664525U + 1013904223U;
        to[i] = (float)(bits >> 8) * 0x1p-24f - .5f;
    }
}

/* Whether a row alone has the sums of the kernel: numbers whose sum is rounded otherwise in any other order, and
 * without fused multiply-adds. K is no multiple of what kernels unroll. */
static bool adds_in_order(void)
{
    enum { K = 131, BEYOND = 64 };
    static _Alignas(64) float a[K * TILE_MAX / 8 + BEYOND], b[K * CAMA__LANES + BEYOND], c[TILE_MAX], sums[TILE_MAX];
    static const float zero = 0;
    if (blis.mr * 8 > TILE_MAX || !cama__one_row_can(blis.mr)) return false;
    cama__blis_aux aux = {.a_next = a, .b_next = b};
    const int64_t rs = blis.by_rows ? blis.nr : 1, cs = blis.by_rows ? 1 : blis.mr;
    fill(K * blis.mr, 1, a);
    fill(K * blis.nr, 2, b);
    run(K, a, b, &zero, c, rs, cs, &aux);
    for (int64_t j = 0; j < blis.nr; j++) {
        const cama__one_row row = {.a = a, .b = b + j, .k = K, .step = blis.nr};
        cama__one_row_sums(blis.mr, &row, 1, sums);
        for (int64_t i = 0; i < blis.mr; i++)
            if (memcmp(&sums[i], &c[i * rs + j * cs], sizeof *sums) != 0) return false;
    }
    return true;
}

static void choose(void)
{
    const char *why = cama__blis_reach(&blis);
    if (why == NULL &&
        (blis.mr < 1 || blis.nr < 1 || blis.mr * blis.nr > TILE_MAX || blis.nr > CAMA__LANES || blis.padded))
        why = "SLOW: BLIS has no kernel of a usable shape";
    if (why == NULL && !multiplies()) why = "SLOW: what was found in BLIS is no kernel";
    if (why != NULL) {
        blis.run = NULL;
        choose_naive(why);
        return;
    }
    info = (cama__kernel_info){.mr = (int32_t)blis.mr,
                               .nr = (int32_t)blis.nr,
                               .by_rows = blis.by_rows,
                               .one_row = adds_in_order(),
                               .name = blis.name};
}

void cama__kernel_run_row(int64_t count, const cama__kernel_steps *steps, int64_t k, const real *a, const real *b,
                          bool accumulate, real *c, int64_t rs, int64_t cs)
{
    static const float zero = 0, one = 1;
    if (blis.run == NULL) {
        for (int64_t i = 0; i < count; i++, a += steps->a, b += steps->b, c += steps->c)
            cama__kernel_naive(info.mr, info.nr, k, a, b, accumulate, c, rs, cs);
        return;
    }
    cama__blis_aux aux = {.a_next = NULL};
    for (int64_t i = 0; i < count; i++, a += steps->a, b += steps->b, c += steps->c) {
        aux.a_next = a, aux.b_next = b; /* hints for prefetching */
        run(k, a, b, accumulate ? &one : &zero, c, rs, cs, &aux);
    }
}

#endif

void cama__kernel_run(int64_t k, const real *a, const real *b, bool accumulate, real *c, int64_t rs, int64_t cs)
{
    static const cama__kernel_steps none;
    cama__kernel_run_row(1, &none, k, a, b, accumulate, c, rs, cs);
}

const cama__kernel_info *_Atomic cama__kernel_chosen;

const cama__kernel_info *cama__kernel_choose(void)
{
    pthread_once(&once, choose);
    atomic_store_explicit(&cama__kernel_chosen, &info, memory_order_release);
    return &info;
}
