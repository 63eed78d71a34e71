/* bench_report - what was measured of a case with a number of threads: medians and bests, printed and as JSON. */
#ifndef CAMA_BENCH_REPORT_H
#define CAMA_BENCH_REPORT_H

#include "bench.h"

enum { REPETITIONS_MOST = 1000 };

/* The repetitions of a case. share: of the FMA peak probed beside it, times the threads. */
typedef struct {
    const bench_case *what;
    int32_t threads;
    bench_run run;
    int count;
    double seconds; /* spent */
    double rate[REPETITIONS_MOST], peak[REPETITIONS_MOST];
} bench_series;

void bench_series_repeat(bench_series *s); /* one more repetition and probe */
void bench_series_print(const bench_series *s);
/* One object. Numbers that are not known are null. */
void bench_series_json(const bench_series *s, FILE *out);
/* The last repetition alone, as one line: what the worker answers. */
void bench_series_answer(const bench_series *s, FILE *out);
#endif
