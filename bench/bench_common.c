/* bench_common - handles on random data, and leaving with a message. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <sys/resource.h>

#include "bench.h"

void bench_check(int32_t status)
{
    if (status == CAMA_OK) return;
    fprintf(stderr, "bench: %s: %s\n", cama_status_name(status), cama_last_error());
    exit(1);
}

void *bench_alloc(size_t count, size_t size)
{
    void *p = calloc(count, size);
    if (p == NULL) {
        fprintf(stderr, "bench: no memory for %zu times %zu bytes\n", count, size);
        exit(1);
    }
    return p;
}

int64_t bench_peak_rss(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : 0;
}

cama_options *bench_options(const char *verb)
{
    cama_options *o = NULL;
    bench_check(cama_options_create(verb, &o));
    return o;
}

static const char *convolution = "winograd";

void bench_convolve_directly(void) { convolution = "direct"; }

cama_session *bench_session(int32_t threads)
{
    cama_session *s = NULL;
    cama_options *o = bench_options("session");
    bench_check(cama_options_set_int(o, "threads", threads));
    bench_check(cama_options_set_text(o, "convolution", convolution));
    bench_check(cama_session_create(o, &s));
    cama_options_free(o);
    return s;
}

/* Features of the classes are made strong: a trained model gives an image a noticeable posterior in two or three of ten
 * classes, a fresh one in all, and fine-tuning is the faster the fewer they are. With this factor there are three. */
static void tell_classes_apart(cama_model *model)
{
    static const char name[] = "p_y.1.weight";
    enum { COUNT = 500 * 500 };
    float *w = bench_alloc(COUNT, sizeof *w);
    bench_check(cama_model_parameter_read(model, name, COUNT, w));
    for (int i = 0; i < COUNT; i++) w[i] *= 12;
    bench_check(cama_model_parameter_write(model, name, COUNT, w));
    free(w);
}

cama_model *bench_model(const char *preset, int32_t classes)
{
    cama_model *model = NULL;
    cama_options *o = bench_options("model");
    const bool vectors = preset != NULL; /* the preset measurement leaves its sizes open */
    if (vectors) bench_check(cama_options_set_int(o, "channels", 16));
    if (vectors || classes > 0) bench_check(cama_options_set_int(o, "classes", classes > 0 ? classes : 4));
    bench_check(cama_model_create(vectors ? preset : "mnist", o, &model));
    if (!vectors) tell_classes_apart(model);
    cama_options_free(o);
    return model;
}

cama_dataset *bench_data(const cama_model *model, int64_t n)
{
    int64_t h = 0, w = 0, c = 0, classes = 0;
    bench_check(cama_model_get_int(model, "height", &h));
    bench_check(cama_model_get_int(model, "width", &w));
    bench_check(cama_model_get_int(model, "channels", &c));
    bench_check(cama_model_get_int(model, "classes", &classes));
    float *x = bench_alloc((size_t)(n * h * w * c), sizeof *x);
    int32_t *y = bench_alloc((size_t)n, sizeof *y);
    uint32_t state = 1;
    for (int64_t i = 0; i < n * h * w * c; i++)
        x[i] = (float)((state = state * 1664525u + 1013904223u) >> 8) / 16777216.0f;
    for (int64_t i = 0; i < n; i++) y[i] = (int32_t)(i % classes);
    cama_dataset *data = NULL;
    bench_check(cama_dataset_from_arrays(n, (int32_t)h, (int32_t)w, (int32_t)c, (int32_t)classes, x, y, 1, &data));
    free(x), free(y);
    return data;
}

void bench_warm(bench_run *run)
{
    enum { MILLISECONDS = 60, CALLS_MOST = 1 << 20 };
    run->run(run);
    const double seconds = run->run(run), wanted = MILLISECONDS * 1e-3 / (seconds > 1e-9 ? seconds : 1e-9);
    run->calls = wanted < 1 ? 1 : wanted > CALLS_MOST ? CALLS_MOST : (int32_t)wanted;
}

void bench_open(const bench_case *what, int32_t threads, bench_run *run)
{
    *run = (bench_run){.unit = "images"};
    what->open(what->name, threads, run);
    bench_warm(run);
}

double bench_repeat(bench_run *run)
{
    double seconds = 0;
    for (int32_t i = 0; i < run->calls; i++) seconds += run->run(run);
    return seconds;
}
