/* fma - the machine's single-precision multiply-add peak, probed beside a measurement: these machines drift. */
#ifndef CAMA_BENCH_FMA_H
#define CAMA_BENCH_FMA_H

double bench_clock(void); /* a monotonic clock */
/* The same, or, once asked for, the processor time of this process: on a machine that others use too, one thread is
 * then measured as if it were alone, but for caches and memory. */
double bench_seconds(void);
void bench_count_processor_time(void);
int bench_counts_processor_time(void);
double bench_fma_peak(void); /* GFLOP/s of one core now, best of a few short runs; 0 where there is no probe */
#endif
