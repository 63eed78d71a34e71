/* progress - watching a run and stopping it. A callback shows how far a training is and stops it in the middle,
 * Ctrl-C stops it too; the model is then that of the last step. A second call goes on from there, and its report
 * says what it did. Takes seconds.
 *
 *     cc -std=c11 progress.c $(pkg-config --cflags --libs cama) -o progress && ./progress # in examples */
#include <cama/cama.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef EXAMPLE_DATA
#define EXAMPLE_DATA "data/mnist"
#endif

static cama_session *session; /* the signal handler wants it */

static void check(int32_t status)
{
    if (status == CAMA_OK) return;
    fprintf(stderr, "progress: %s: %s\n", cama_status_name(status), cama_last_error());
    exit(1);
}

/* cama_session_cancel is one atomic store, so it may be called from a handler or another thread. */
static void on_interrupt(int signal_number)
{
    (void)signal_number;
    cama_session_cancel(session);
}

typedef struct {
    double stop_at; /* share of the steps after which to stop; above 1: never */
    int calls;
} watch;

/* Called at most ten times a second and at the end of each epoch, on the thread that called the verb. */
static int32_t on_progress(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds)
{
    watch *self = user;
    const double done = total > 0 ? (double)step / (double)total : 0;
    char value[32] = "-"; /* the objective is NaN before the first step, and in verbs that have none */
    if (!isnan(objective)) snprintf(value, sizeof value, "%.1f nats", objective);
    self->calls++;
    fprintf(stderr, "%s: %3.0f %%, %s, %.1f s\n", phase, 100 * done, value, seconds);
    return done >= self->stop_at; /* anything but 0 cancels the verb */
}

static void print_report(const cama_report *report)
{
    int64_t epochs;
    double steps, seconds, first, last;
    check(cama_report_count(report, "objective", &epochs)); /* one value for each epoch */
    check(cama_report_get(report, "objective", 0, &first));
    check(cama_report_get(report, "objective", epochs - 1, &last));
    check(cama_report_get(report, "steps", 0, &steps));
    check(cama_report_get(report, "seconds", 0, &seconds));
    printf("finished: %.0f steps in %.1f seconds, ELBO %.1f in the first epoch, %.1f in the last\n", steps, seconds,
           first, last);
}

int main(void)
{
    cama_dataset *train;
    cama_options *networks, *options;
    cama_model *model;
    cama_optimizer *optimizer;
    cama_report *report;
    check(cama_dataset_from_idx(EXAMPLE_DATA "/train-images-idx3-ubyte.gz", EXAMPLE_DATA "/train-labels-idx1-ubyte.gz",
                                10, 2000, &train));
    check(cama_options_create("model", &networks)); /* small ones: docs/networks.md */
    check(cama_options_set_text(networks, "p_merge", "dense 128 relu, dense 28x28x1"));
    check(cama_options_set_text(networks, "q_m", "dense 64 relu"));
    check(cama_options_set_text(networks, "q_z", "dense 128 relu | dense 64 relu"));
    check(cama_options_create("train", &options));
    check(cama_options_set_int(options, "epochs", 6));
    check(cama_session_create(NULL, &session));
    check(cama_model_create("mnist", networks, &model));
    check(cama_optimizer_create(model, NULL, &optimizer));
    signal(SIGINT, on_interrupt);

    /* Stopped by the callback: no error of the program's, but no report either. */
    watch half = {.stop_at = 0.5};
    check(cama_session_set_progress(session, on_progress, &half));
    int32_t status = cama_train(session, optimizer, train, NULL, options, NULL);
    if (status != CAMA_E_CANCELLED) check(status);
    printf("%s after %d calls: %s\n", cama_status_name(status), half.calls, cama_last_error());

    /* The same optimizer goes on from the parameters that the stopped run left. */
    watch whole = {.stop_at = 2};
    check(cama_session_set_progress(session, on_progress, &whole));
    status = cama_train(session, optimizer, train, NULL, options, &report);
    if (status == CAMA_OK) {
        print_report(report);
        cama_report_free(report);
    } else if (status == CAMA_E_CANCELLED) {
        puts("stopped; the model is that of its last step");
    } else {
        check(status);
    }

    cama_optimizer_free(optimizer);
    cama_model_free(model);
    cama_session_free(session);
    cama_options_free(options);
    cama_options_free(networks);
    cama_dataset_free(train);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
