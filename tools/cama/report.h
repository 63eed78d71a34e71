/* report - an evaluation as one page of HTML with its plots in it, and nothing that is fetched from elsewhere. */
#ifndef TOOL_REPORT_H
#define TOOL_REPORT_H

#include <stdio.h>

#include "scores.h"
#include "seen.h"
#include "texts.h"

typedef struct {
    const char *model; /* path */
    const texts *names;
    const input *data, *clean; /* clean: NULL if there is none */
    const scores *scored, *clean_scored;
    const seen *views, *clean_views; /* NULL likewise */
    double unlike; /* share of the rows whose ELBO(x) is below that of all but a twentieth of the clean ones; NaN */
} evaluation;

void report_write(FILE *out, const evaluation *about);

#endif
