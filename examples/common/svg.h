/* svg - panels of line charts side by side, sharing one vertical axis from 0 to 1. */
#ifndef EXAMPLE_SVG_H
#define EXAMPLE_SVG_H

typedef struct {
    const char *label;
    const double *values; /* (count) in [0,1] */
} svg_series;

typedef struct {
    const char *title;
    int count;       /* points of each series */
    const double *x; /* (count) increasing */
    svg_series series[2];
} svg_panel;

/* Returns 0, or -1 with errno set. */
int svg_curves(const char *path, const char *title, const char *x_label, const char *y_label, const svg_panel *panels,
               int count);

#endif
