/* bench_growth - how the cost grows with batch, K, threads and classes. Each point is measured in a process of its own,
 * so that its peak memory is its own too. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

typedef struct {
    const char *name;
    void (*open)(const bench_recipe *recipe, bench_run *run);
    bench_recipe usual;
} subject;

static const subject subjects[] = {
    {"train_do", bench_open_train, {.n = 256, .batch = 128, .classes = 10, .threads = 1}},
    {"predict", bench_open_predict, {.n = 144, .k = 10, .classes = 10, .threads = 1}},
};

enum { VALUES_MOST = 12 };
static const struct {
    const char *name;
    int values[VALUES_MOST]; /* 0 ends them */
    bool of_training;        /* or of prediction alone */
} axes[] = {
    {"batch", {1, 4, 12, 32, 64, 128, 256, 512, 1024}, true},
    {"K", {1, 10, 100, 1000}, false},
    {"threads", {1, 2, 3, 4}, true},
    {"classes", {2, 10, 30, 100}, true},
};
enum { SUBJECTS = 2, AXES = sizeof axes / sizeof *axes };

typedef struct {
    double rate, gflops;
    int64_t workspace, rss;
} point;

static bench_recipe recipe_at(const subject *s, const char *axis, int value)
{
    bench_recipe r = s->usual;
    if (strcmp(axis, "batch") == 0) {
        r.batch = value;
        r.n = s->usual.k > 0 ? (value > 144 ? value : 144) : value * (value < 64 ? 64 / value : 1);
    } else if (strcmp(axis, "K") == 0) {
        r.k = value;
        r.n = value >= 1000 ? 12 : value >= 100 ? 48 : 144;
    } else if (strcmp(axis, "threads") == 0) {
        r.threads = value;
    } else {
        r.classes = value;
        if (s->usual.k > 0) r.n = value > 10 ? 48 : 144;
    }
    return r;
}

static point measure(const subject *s, const bench_recipe *r, double seconds)
{
    bench_run run = {.unit = "images"};
    point p = {0};
    double spent = 0;
    s->open(r, &run);
    run.calls = 1;
    run.run(&run);
    for (int n = 0; n < 2 || spent < seconds; n++) {
        const double here = bench_repeat(&run);
        spent += here;
        if (run.amount / here > p.rate) p.rate = run.amount / here;
    }
    p.gflops = p.rate * run.operations / run.amount / 1e9;
    p.workspace = run.bytes;
    p.rss = bench_peak_rss();
    return p;
}

static bool measure_apart(const subject *s, const bench_recipe *r, double seconds, point *p)
{
    int ends[2], status = 1;
    if (pipe(ends) != 0) return false;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        const point found = measure(s, r, seconds);
        _exit(write(ends[1], &found, sizeof found) == (ssize_t)sizeof found ? 0 : 1);
    }
    close(ends[1]);
    const bool came = child > 0 && read(ends[0], p, sizeof *p) == (ssize_t)sizeof *p;
    close(ends[0]);
    if (child > 0) waitpid(child, &status, 0);
    return came && status == 0;
}

static void tell(const subject *s, const char *axis, int value, const point *p, FILE *json, bool first)
{
    printf("%-10s %-8s %5d %10.1f images/s %8.1f GFLOP/s   workspace %8.1f MB   process %8.1f MB\n", s->name, axis,
           value, p->rate, p->gflops, (double)p->workspace / 1e6, (double)p->rss / 1e6);
    if (json == NULL) return;
    fprintf(json, "%s\n  {\"case\": \"%s\", \"axis\": \"%s\", \"value\": %d, \"images_per_second\": %.6g, ",
            first ? "" : ",", s->name, axis, value, p->rate);
    fprintf(json, "\"gflops\": %.6g, \"workspace_bytes\": %lld, \"rss_bytes\": %lld}", p->gflops,
            (long long)p->workspace, (long long)p->rss);
}

void bench_growth(double seconds, FILE *json)
{
    bool first = true;
    for (int a = 0; a < AXES; a++)
        for (int s = 0; s < SUBJECTS; s++)
            for (int v = 0; v < VALUES_MOST && axes[a].values[v] > 0; v++) {
                const bool prediction = subjects[s].usual.k > 0;
                const bool threads = strcmp(axes[a].name, "threads") == 0;
                if ((!prediction && !axes[a].of_training) || (threads && bench_counts_processor_time())) continue;
                const bench_recipe r = recipe_at(&subjects[s], axes[a].name, axes[a].values[v]);
                point p;
                if (!measure_apart(&subjects[s], &r, seconds, &p)) {
                    fprintf(stderr, "bench: growth: %s with %s = %d gave nothing\n", subjects[s].name, axes[a].name,
                            axes[a].values[v]);
                    exit(1);
                }
                tell(&subjects[s], axes[a].name, axes[a].values[v], &p, json, first);
                first = false;
            }
}
