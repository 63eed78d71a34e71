/* bench - how fast libcama is, case by case, beside the machine's multiply-add peak in the same run.
 *
 *     bench [--case NAME[,NAME]]... [--threads N[,N]] [--seconds S] [--json FILE]
 *     bench --growth | --worker | --list | --plan
 *
 * --case     a name of --list, or "layers", "verbs" (all that are no layers), "all"; default: verbs
 * --threads  default: 1,2
 * --seconds  of measuring for each case, default 2; three repetitions are taken at least, all cases in turns
 * --cpu-time counts processor time instead of the clock's: for one thread on a machine that others use too
 * --direct   convolutions the direct way (option `convolution` of the session)
 * --growth   images per second and memory as batch, K, threads and classes grow
 * --plan     which row of the table of convolutions computes each layer in each pass on this machine
 * --worker   reads names of cases and answers each with one repetition, as a line of JSON: for bench/compare */
#include <stdlib.h>
#include <string.h>

#include "bench_report.h"

enum { CASES_MOST = 256, THREADS_MOST = 8, LEAST = 3 };

typedef struct {
    const bench_case *wanted[CASES_MOST];
    int cases, threads[THREADS_MOST], thread_counts;
    double seconds;
    const char *json, *startup;
    bool growth, worker, list, plan;
} options;

static const char usage[] = "usage: bench [--case NAME[,NAME]]... [--threads N[,N]] [--seconds S] [--json FILE]\n"
                            "             [--cpu-time] [--direct] [--growth | --worker | --list | --plan]\n";

/* Every case, NULL at the end. Layers cost a model to list, and are left out where no name asks for them. */
static const bench_case **all_cases(bool layers)
{
    static const bench_case *all[CASES_MOST + 1];
    const bench_case *const lists[] = {bench_verbs, bench_parts, layers ? bench_layers() : NULL};
    int n = 0;
    for (int i = 0; i < 3; i++)
        for (const bench_case *c = lists[i]; c != NULL && c->name != NULL && n < CASES_MOST; c++) all[n++] = c;
    all[n] = NULL;
    return all;
}

static bool is_layer(const bench_case *c) { return strchr(c->name, '.') != NULL; }

static bool matches(const bench_case *c, const char *name, size_t length)
{
    static const struct {
        const char *word;
        bool verbs, layers;
    } groups[] = {{"verbs", true, false}, {"layers", false, true}, {"all", true, true}};
    for (int i = 0; i < 3; i++)
        if (strlen(groups[i].word) == length && memcmp(groups[i].word, name, length) == 0)
            return is_layer(c) ? groups[i].layers : groups[i].verbs;
    return strlen(c->name) == length && memcmp(c->name, name, length) == 0;
}

/* Add the cases of one name; false if there is none. */
static bool want(options *o, const char *name, size_t length, bool layers)
{
    bool found = false;
    for (const bench_case **c = all_cases(layers); *c != NULL; c++) {
        if (!matches(*c, name, length) || o->cases == CASES_MOST) continue;
        o->wanted[o->cases++] = *c;
        found = true;
    }
    return found;
}

static void print_names(FILE *out)
{
    for (const bench_case **c = all_cases(true); *c != NULL; c++) fprintf(out, "%s\n", (*c)->name);
}

static void want_list(options *o, const char *names)
{
    for (size_t length = strcspn(names, ","); *names != '\0'; length = strcspn(names, ",")) {
        const bool all = length == 3 && memcmp(names, "all", 3) == 0;
        if ((all || !want(o, names, length, false)) && !want(o, names, length, true)) {
            fprintf(stderr, "bench: --case: expected a case, got \"%.*s\"; known are layers, verbs, all and\n",
                    (int)length, names);
            print_names(stderr);
            exit(2);
        }
        names += length + (names[length] == ',');
    }
}

static void fail(const char *what, const char *value)
{
    fprintf(stderr, "bench: %s: %s\n%s", what, value, usage);
    exit(2);
}

static void set_threads(options *o, const char *text)
{
    char *end = NULL;
    for (o->thread_counts = 0; o->thread_counts < THREADS_MOST; text = end + 1) {
        const long n = strtol(text, &end, 10);
        if (end == text || n < 1 || n > 256 || (*end != ',' && *end != '\0'))
            fail("--threads: expected numbers from 1 to 256, got", text);
        o->threads[o->thread_counts++] = (int)n;
        if (*end == '\0') return;
    }
}

static double set_seconds(const char *text)
{
    char *end = NULL;
    const double s = strtod(text, &end);
    if (end == text || *end != '\0' || !(s >= 0 && s <= 86400))
        fail("--seconds: expected a number of seconds, got", text);
    return s;
}

static options read_options(int argc, char **argv)
{
    options o = {.threads = {1, 2}, .thread_counts = 2, .seconds = 2};
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        const bool takes = strcmp(a, "--case") == 0 || strcmp(a, "--threads") == 0 || strcmp(a, "--seconds") == 0 ||
                           strcmp(a, "--json") == 0 || strcmp(a, "--startup") == 0;
        if (takes && value == NULL) fail("expected a value behind", a);
        if (strcmp(a, "--case") == 0)
            want_list(&o, value);
        else if (strcmp(a, "--threads") == 0)
            set_threads(&o, value);
        else if (strcmp(a, "--seconds") == 0)
            o.seconds = set_seconds(value);
        else if (strcmp(a, "--json") == 0)
            o.json = value;
        else if (strcmp(a, "--startup") == 0)
            o.startup = value;
        else if (strcmp(a, "--cpu-time") == 0)
            bench_count_processor_time();
        else if (strcmp(a, "--direct") == 0)
            bench_convolve_directly();
        else if (strcmp(a, "--growth") == 0)
            o.growth = true;
        else if (strcmp(a, "--worker") == 0)
            o.worker = true;
        else if (strcmp(a, "--list") == 0)
            o.list = true;
        else if (strcmp(a, "--plan") == 0)
            o.plan = true;
        else
            fail("unknown option", a);
        i += takes;
    }
    return o;
}

static void close_series(bench_series *s)
{
    s->run.close(&s->run);
    s->run.close = NULL;
}

/* All wanted cases, in turns, until each has had its seconds. */
static void measure(const options *o, int32_t threads, FILE *json, bool first)
{
    bench_series *series = bench_alloc((size_t)o->cases, sizeof *series);
    for (int i = 0; i < o->cases; i++) {
        series[i] = (bench_series){.what = o->wanted[i], .threads = threads};
        bench_open(o->wanted[i], threads, &series[i].run);
    }
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < o->cases; i++) {
            bench_series *s = &series[i];
            if (s->count >= LEAST && (s->seconds >= o->seconds || s->count == REPETITIONS_MOST)) continue;
            bench_series_repeat(s);
            more = true;
        }
    }
    for (int i = 0; i < o->cases; i++) {
        bench_series_print(&series[i]);
        if (json != NULL) fputs(first && i == 0 ? "\n  " : ",\n  ", json), bench_series_json(&series[i], json);
        close_series(&series[i]);
    }
    free(series);
}

/* Cases stay open, so that only the first repetition of each has to open and warm it up. */
static int work(int32_t threads)
{
    static bench_series open_series[CASES_MOST];
    char line[64];
    printf("{\"ready\": \"%s\"}\n", cama_build_info());
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        options o = {0};
        line[strcspn(line, "\n")] = '\0';
        want_list(&o, line);
        bench_series *s = open_series;
        while (s->what != NULL && s->what != o.wanted[0]) s++;
        if (s->what == NULL) {
            *s = (bench_series){.what = o.wanted[0], .threads = threads};
            bench_open(s->what, threads, &s->run);
        }
        bench_series_repeat(s);
        bench_series_answer(s, stdout);
    }
    for (bench_series *s = open_series; s->what != NULL; s++) close_series(s);
    return 0;
}

int main(int argc, char **argv)
{
    options o = read_options(argc, argv);
    for (int t = 0; t < o.thread_counts && bench_counts_processor_time() && !o.growth; t++)
        if (o.threads[t] > 1) fail("--cpu-time measures one thread", "give --threads 1");
    if (o.startup != NULL) return bench_startup_child(o.startup, o.threads[0]);
    if (o.worker) return work(o.threads[0]);
    if (o.list) return print_names(stdout), 0;
    if (o.plan) return bench_plan(), 0;
    FILE *json = o.json == NULL ? NULL : fopen(o.json, "w");
    if (o.json != NULL && json == NULL) fail("--json: cannot write", o.json);
    if (json != NULL) fprintf(json, "{\"build\": \"%s\", \"%s\": [", cama_build_info(), o.growth ? "growth" : "cases");
    if (o.growth) {
        bench_growth(o.seconds, json);
    } else {
        if (o.cases == 0) want_list(&o, "verbs");
        printf("%s\n%-22s %2s  %12s %12s %-8s %8s %6s %10s  %4s\n", cama_build_info(), "case", "T", "median/s",
               "best/s", "of", "GFLOP/s", "peak", "work MB", "reps");
        for (int t = 0; t < o.thread_counts; t++) measure(&o, o.threads[t], json, t == 0);
    }
    if (json != NULL) fputs("\n]}\n", json);
    return json != NULL && fclose(json) != 0;
}
