/* fma - the machine's single-precision multiply-add peak, probed beside a measurement: these machines drift. */
#ifndef CAMA_BENCH_FMA_H
#define CAMA_BENCH_FMA_H

double bench_seconds(void);  /* a monotonic clock */
double bench_fma_peak(void); /* GFLOP/s of one core now, best of a few short runs; 0 where there is no probe */
#endif
