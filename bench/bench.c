/* bench - images per second of the preset mnist's steps and predictions, as a share of the machine's FMA peak in the
 * same run.
 *
 *     build/bench/bench [THREADS ...]      default: 1 2
 *
 * Useful operations for an image (taps on real pixels, two operations for a multiply-add; docs/performance.md): a
 * do(m=0) step 148.7 million, a step that infers m 209.6 million, a prediction with K = 10 about 640 million (the
 * encoder once, the decoder for each class and sample). Images are random: no case depends on what they show. Best of a
 * few interleaved runs. */
#include <cama/cama.h>

#include <stdio.h>
#include <stdlib.h>

#include "fma.h"

enum { IMAGES = 1280, PREDICTED = 576, PIXELS = 784, RUNS = 3 };

static void check(int32_t status)
{
    if (status == CAMA_OK) return;
    fprintf(stderr, "bench: %s: %s\n", cama_status_name(status), cama_last_error());
    exit(1);
}

typedef struct {
    cama_session *session;
    cama_dataset *data, *few;
} setting;

static cama_dataset *random_images(int64_t n)
{
    float *x = malloc((size_t)(n * PIXELS) * sizeof *x);
    int32_t *y = malloc((size_t)n * sizeof *y);
    uint32_t state = 1;
    cama_dataset *data = NULL;
    if (x == NULL || y == NULL) exit(1);
    for (int64_t i = 0; i < n * PIXELS; i++)
        x[i] = (float)((state = state * 1664525u + 1013904223u) >> 8) / 16777216.0f;
    for (int64_t i = 0; i < n; i++) y[i] = (int32_t)(i % 10);
    check(cama_dataset_from_arrays(n, 28, 28, 1, 10, x, y, 1, &data));
    free(x), free(y);
    return data;
}

static setting prepare(int threads)
{
    setting s = {.data = random_images(IMAGES), .few = random_images(PREDICTED)};
    cama_options *o = NULL;
    check(cama_options_create("session", &o));
    check(cama_options_set_int(o, "threads", threads));
    check(cama_session_create(o, &s.session));
    cama_options_free(o);
    return s;
}

/* Images per second of one epoch; with manipulated data an image of each kind counts as one of two. */
static double train_rate(setting *s, cama_optimizer *optimizer, int joint)
{
    cama_options *o = NULL;
    cama_report *report = NULL;
    double rate = 0;
    check(cama_options_create("train", &o));
    check(cama_options_set_int(o, "epochs", 1));
    check(cama_options_set_int(o, "batch", 128));
    check(cama_train(s->session, optimizer, s->data, joint ? s->data : NULL, o, &report));
    check(cama_report_get(report, "examples_per_second", 0, &rate));
    cama_report_free(report);
    cama_options_free(o);
    return rate;
}

static double train_do(setting *s, cama_model *model, cama_optimizer *optimizer)
{
    (void)model;
    return train_rate(s, optimizer, 0);
}

/* A do step and a joint step on 128 images each: the operations of both, counted for a pair. */
static double train_both(setting *s, cama_model *model, cama_optimizer *optimizer)
{
    (void)model;
    return train_rate(s, optimizer, 1);
}

static double predict(setting *s, cama_model *model, cama_optimizer *optimizer)
{
    static float p[PREDICTED][10];
    (void)optimizer;
    const double start = bench_seconds();
    check(cama_predict(s->session, model, s->few, NULL, &p[0][0]));
    return PREDICTED / (bench_seconds() - start);
}

static const struct {
    const char *name, *unit;
    double (*run)(setting *, cama_model *, cama_optimizer *);
    double operations; /* useful, for one of the unit */
} cases[] = {{"train do(m=0), batch 128", "images/s", train_do, 148.7e6},
             {"train do + joint, 128 + 128", "pairs/s", train_both, 148.7e6 + 209.6e6},
             {"predict K=10, do(m=0)", "images/s", predict, 640e6}};
enum { CASES = sizeof cases / sizeof *cases };

static void run(int threads)
{
    for (int c = 0; c < CASES; c++) {
        setting s = prepare(threads);
        cama_model *model = NULL;
        cama_optimizer *optimizer = NULL;
        double best = 0, peak = 0;
        int64_t bytes = 0;
        check(cama_model_create("mnist", NULL, &model));
        check(cama_optimizer_create(model, NULL, &optimizer));
        for (int r = 0; r < RUNS; r++) {
            const double now = bench_fma_peak(), rate = cases[c].run(&s, model, optimizer);
            if (rate > best) best = rate;
            if (now > peak) peak = now;
        }
        check(cama_session_bytes(s.session, &bytes));
        printf("%-28s %2d threads %8.1f %-9s %6.1f GFLOP/s", cases[c].name, threads, best, cases[c].unit,
               best * cases[c].operations / 1e9);
        if (peak > 0)
            printf("  %3.0f %% of %.0f", 100 * best * cases[c].operations / 1e9 / (peak * threads), peak * threads);
        printf("  workspace %.0f MB\n", (double)bytes / 1e6);
        cama_optimizer_free(optimizer);
        cama_model_free(model);
        cama_dataset_free(s.data);
        cama_dataset_free(s.few);
        cama_session_free(s.session);
    }
}

int main(int argc, char **argv)
{
    puts(cama_build_info());
    for (int i = 1; i < argc; i++) run(atoi(argv[i]) > 0 ? atoi(argv[i]) : 1);
    if (argc < 2) run(1), run(2);
    return 0;
}
