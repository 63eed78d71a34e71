/* kernel - the choice of the micro-kernel, once for the process. The only file that includes blis.h.
 *
 * BLIS 0.9 decides on the CPU's brand string and takes its AVX2 kernels on many cloud Xeons that have AVX-512, at half
 * the speed (docs/kernels.md). The one lever of its shared library is BLIS_ARCH_TYPE, read at the first BLIS call,
 * so it is set around bli_init when the user has not set it and the processor has what the kernel needs. */
#include "kernel.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cama__kernel_info info;
static char name[96];
static pthread_once_t once = PTHREAD_ONCE_INIT;

enum { NAIVE_MR = 6, NAIVE_NR = 4, TILE_MAX = 1024, LANES_MAX = 64 /* stack tiles of conv.c and rows.h */ };

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

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wshadow"
#include <blis.h>
#pragma GCC diagnostic pop

typedef void (*micro_kernel)(dim_t m, dim_t n, dim_t k, float *alpha, float *a, float *b, float *beta, float *c,
                             inc_t rs, inc_t cs, auxinfo_t *aux, cntx_t *context);
static micro_kernel kernel;
static cntx_t *context;

static void init_blis(void)
{
#if defined(CAMA_BLIS_HAS_SKX) && defined(__x86_64__)
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    if (wide && getenv("BLIS_ARCH_TYPE") == NULL) {
        char skx[16];
        snprintf(skx, sizeof skx, "%d", (int)BLIS_ARCH_SKX);
        setenv("BLIS_ARCH_TYPE", skx, 0);
        bli_init();
        unsetenv("BLIS_ARCH_TYPE");
        return;
    }
#endif
    bli_init();
}

/* The micro-kernel's calling convention is compiled in from blis.h; libblis.so.4 covers releases that differ in it. */
static bool same_release(const char *running)
{
#ifdef CAMA_BLIS_VERSION
    return atoi(running) == atoi(CAMA_BLIS_VERSION);
#else
    (void)running;
    return true;
#endif
}

static void choose(void)
{
    init_blis();
    const char *version = bli_info_get_version_str();
    if (!same_release(version)) {
        choose_naive("BLIS is of another release than at build time");
        return;
    }
    context = bli_gks_query_cntx();
#ifdef CAMA_BLIS_UKR_1 /* BLIS 1.x and later */
    void_fp found = bli_cntx_get_ukr_dt(BLIS_FLOAT, BLIS_GEMM_UKR, context);
    const bool rows = bli_cntx_ukr_prefers_rows_dt(BLIS_FLOAT, BLIS_GEMM_UKR, context);
#else
    void_fp found = bli_cntx_get_l3_vir_ukr_dt(BLIS_FLOAT, BLIS_GEMM_UKR, context);
    const bool rows = !bli_cntx_l3_vir_ukr_prefers_cols_dt(BLIS_FLOAT, BLIS_GEMM_UKR, context);
#endif
    memcpy(&kernel, &found, sizeof kernel); /* C has no cast from an object pointer to a function pointer */
    const int32_t mr = (int32_t)bli_cntx_get_blksz_def_dt(BLIS_FLOAT, BLIS_MR, context);
    const int32_t nr = (int32_t)bli_cntx_get_blksz_def_dt(BLIS_FLOAT, BLIS_NR, context);
    const bool unpadded = mr == bli_cntx_get_blksz_max_dt(BLIS_FLOAT, BLIS_MR, context) &&
                          nr == bli_cntx_get_blksz_max_dt(BLIS_FLOAT, BLIS_NR, context);
    if (kernel == NULL || mr < 1 || nr < 1 || mr * nr > TILE_MAX || nr > LANES_MAX || !unpadded) {
        kernel = NULL;
        choose_naive("BLIS has no kernel of a usable shape");
        return;
    }
    snprintf(name, sizeof name, "BLIS %s %s %dx%d", version, bli_arch_string(bli_arch_query_id()), (int)mr, (int)nr);
    info = (cama__kernel_info){.mr = mr, .nr = nr, .by_rows = rows, .name = name};
}

void cama__kernel_run_row(int64_t count, const cama__kernel_steps *steps, int64_t k, const real *a, const real *b,
                          bool accumulate, real *c, int64_t rs, int64_t cs)
{
    static float zero = 0, one = 1;
    if (kernel == NULL) {
        for (int64_t i = 0; i < count; i++, a += steps->a, b += steps->b, c += steps->c)
            cama__kernel_naive(info.mr, info.nr, k, a, b, accumulate, c, rs, cs);
        return;
    }
    /* BLIS 0.9's prototypes are not const; the kernel reads a and b only. next_a/b are prefetch hints. */
    auxinfo_t aux = {0};
    float *beta = accumulate ? &one : &zero;
    for (int64_t i = 0; i < count; i++, a += steps->a, b += steps->b, c += steps->c) {
        bli_auxinfo_set_next_ab((void *)(uintptr_t)a, (void *)(uintptr_t)b, &aux);
        kernel(info.mr, info.nr, k, &one, (float *)(uintptr_t)a, (float *)(uintptr_t)b, beta, c, rs, cs, &aux, context);
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
