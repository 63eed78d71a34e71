/* tune - cama_finetune as the examples use it: behind a bar, with the two facts of its report that they show. */
#ifndef EXAMPLE_TUNE_H
#define EXAMPLE_TUNE_H

#include "harness.h"

typedef struct {
    double seconds;
    int rolled_back; /* it went back to an earlier state */
} tuned;

/* *adapted is the caller's. Returns 0 when it was cancelled, with nothing made; gives up on errors. */
int tune(progress *bar, cama_session *session, const cama_model *source, const cama_dataset *clean,
         const cama_dataset *test, const cama_options *options, cama_model **adapted, tuned *result);

#endif
