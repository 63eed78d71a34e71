/* bench_report - the table on the terminal and the lines of JSON. */
#include "bench_report.h"

#include <stdlib.h>
#include <string.h>

void bench_series_repeat(bench_series *s)
{
    const int at = s->count < REPETITIONS_MOST ? s->count++ : REPETITIONS_MOST - 1;
    const double start = bench_clock();
    const double seconds = bench_repeat(&s->run);
    s->rate[at] = s->run.amount * s->run.calls / seconds;
    s->peak[at] = bench_fma_peak();
    s->seconds += bench_clock() - start;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median and largest of n numbers. */
static double median(const double *values, int n, double *best)
{
    double sorted[REPETITIONS_MOST];
    memcpy(sorted, values, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    *best = sorted[n - 1];
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

typedef struct {
    double median, best, gflops, share, peak; /* gflops and share of the best; 0: not counted */
} summary;

static summary summarise(const bench_series *s)
{
    summary m = {0};
    m.median = median(s->rate, s->count, &m.best);
    median(s->peak, s->count, &m.peak);
    m.gflops = m.best * s->run.operations / s->run.amount / 1e9;
    if (m.peak > 0) m.share = m.gflops / (m.peak * s->threads);
    return m;
}

void bench_series_print(const bench_series *s)
{
    const summary m = summarise(s);
    printf("%-22s %2d  %12.5g %12.5g %-8s", s->what->name, s->threads, m.median, m.best, s->run.unit);
    if (m.gflops > 0)
        printf(" %8.1f", m.gflops);
    else
        printf(" %8s", "-");
    if (m.share > 0)
        printf(" %4.0f %%", 100 * m.share);
    else
        printf(" %6s", "-");
    printf(" %10.1f  %4d\n", (double)s->run.bytes / 1e6, s->count);
    fflush(stdout);
}

static void number(FILE *out, const char *key, double value)
{
    if (value > 0)
        fprintf(out, ", \"%s\": %.6g", key, value);
    else
        fprintf(out, ", \"%s\": null", key);
}

void bench_series_json(const bench_series *s, FILE *out)
{
    const summary m = summarise(s);
    fprintf(out, "{\"case\": \"%s\", \"threads\": %d, \"unit\": \"%s\"", s->what->name, s->threads, s->run.unit);
    number(out, "median", m.median);
    number(out, "best", m.best);
    number(out, "gflops", m.gflops);
    number(out, "share_of_peak", m.share);
    number(out, "peak_gflops", m.peak * s->threads);
    fprintf(out, ", \"workspace_bytes\": %lld, \"repetitions\": %d}", (long long)s->run.bytes, s->count);
}

void bench_series_answer(const bench_series *s, FILE *out)
{
    const int at = s->count - 1;
    fprintf(out, "{\"case\": \"%s\", \"threads\": %d, \"unit\": \"%s\"", s->what->name, s->threads, s->run.unit);
    number(out, "rate", s->rate[at]);
    number(out, "gflops", s->rate[at] * s->run.operations / s->run.amount / 1e9);
    number(out, "peak_gflops", s->peak[at] * s->threads);
    fprintf(out, ", \"workspace_bytes\": %lld, \"rss_bytes\": %lld}\n", (long long)s->run.bytes,
            (long long)bench_peak_rss());
    fflush(out);
}
