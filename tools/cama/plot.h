/* plot - charts as inline SVG: bars, a confusion matrix, a calibration curve, histograms. */
#ifndef TOOL_PLOT_H
#define TOOL_PLOT_H

#include <stdint.h>
#include <stdio.h>

#include "scores.h"
#include "texts.h"

/* Text in HTML and SVG. */
void plot_escaped(FILE *out, const char *text);

/* One bar for each of count names, its value in [0,1] beside it; NaN: no bar. */
void plot_bars(FILE *out, const char *label, char *const *names, const double *values, size_t count);

/* Label against predicted class, shaded by the share of the label's rows. */
void plot_confusion(FILE *out, const texts *names, const scores *made);

/* Share that is right against the probability that was given. */
void plot_calibration(FILE *out, const scores *made);

typedef struct {
    const char *name;
    const double *values; /* (n); those that are not finite are left out */
    int64_t n;
} sample;

/* One or two samples on one axis; other may be NULL. */
void plot_histogram(FILE *out, const char *label, const sample *one, const sample *other);

#endif
