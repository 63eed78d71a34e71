/* fma - independent chains of vector multiply-adds, enough of them to hide the latency. */
#include "fma.h"

#include <time.h>

static clockid_t clock_in_use = CLOCK_MONOTONIC;

void bench_count_processor_time(void) { clock_in_use = CLOCK_PROCESS_CPUTIME_ID; }
int bench_counts_processor_time(void) { return clock_in_use == CLOCK_PROCESS_CPUTIME_ID; }

static double seconds_by(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double bench_clock(void) { return seconds_by(CLOCK_MONOTONIC); }
double bench_seconds(void) { return seconds_by(clock_in_use); }

#if defined(__x86_64__)
#include <immintrin.h>

enum { CHAINS = 12, ROUNDS = 400000, RUNS = 5 };
static volatile float sink;

__attribute__((target("avx512f"))) static void chains_512(void)
{
    __m512 a[CHAINS];
    const __m512 x = _mm512_set1_ps(0.999f), y = _mm512_set1_ps(1e-3f);
    for (int i = 0; i < CHAINS; i++) a[i] = _mm512_set1_ps((float)i);
    for (int r = 0; r < ROUNDS; r++)
        for (int i = 0; i < CHAINS; i++) a[i] = _mm512_fmadd_ps(a[i], x, y);
    for (int i = 0; i < CHAINS; i++) sink = sink + _mm512_reduce_add_ps(a[i]);
}

__attribute__((target("avx2,fma"))) static void chains_256(void)
{
    __m256 a[CHAINS];
    const __m256 x = _mm256_set1_ps(0.999f), y = _mm256_set1_ps(1e-3f);
    for (int i = 0; i < CHAINS; i++) a[i] = _mm256_set1_ps((float)i);
    for (int r = 0; r < ROUNDS; r++)
        for (int i = 0; i < CHAINS; i++) a[i] = _mm256_fmadd_ps(a[i], x, y);
    for (int i = 0; i < CHAINS; i++) sink = sink + _mm256_cvtss_f32(a[i]);
}

double bench_fma_peak(void)
{
    const int wide = __builtin_cpu_supports("avx512f"), fma = __builtin_cpu_supports("fma");
    double best = 0;
    for (int run = 0; (wide || fma) && run < RUNS; run++) {
        const double start = bench_seconds();
        if (wide)
            chains_512();
        else
            chains_256();
        const double rate = 2.0 * (wide ? 16 : 8) * CHAINS * ROUNDS / (bench_seconds() - start) / 1e9;
        if (rate > best) best = rate;
    }
    return best;
}
#else
double bench_fma_peak(void) { return 0; }
#endif
