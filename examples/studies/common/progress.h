/* progress - what a running verb tells, on stderr: one bar that is redrawn on a terminal, plain lines elsewhere. */
#ifndef EXAMPLE_PROGRESS_H
#define EXAMPLE_PROGRESS_H

#include <signal.h>
#include <stdint.h>

typedef struct {
    const char *label;                 /* "train", "vertical 0.3" */
    int64_t epochs;                    /* in this call; 0: a run that is not counted in epochs */
    double images;                     /* seen in the whole call, for images/s; 0: not shown */
    const char *unit;                  /* what they are called; NULL: images */
    int64_t lines;                     /* at most that many lines a call, off the terminal; 0: one for each epoch */
    const volatile sig_atomic_t *stop; /* not NULL and non-zero: cancel */
    int64_t told;                      /* progress's own */
    int terminal;
} progress;

/* Starts a new line or bar for the next call. */
void progress_begin(progress *self, const char *label, int64_t epochs, double images);

/* A cama_progress; user is the progress. */
int32_t progress_show(void *user, const char *phase, int64_t step, int64_t total, double objective, double seconds);

/* Removes the bar. */
void progress_end(progress *self);

#endif
