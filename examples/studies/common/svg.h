/* svg - panels of line charts side by side and bar charts, with one vertical axis from 0 to 1. Values that are not
 * finite are left out. */
#ifndef EXAMPLE_SVG_H
#define EXAMPLE_SVG_H

enum { SVG_MOST_SERIES = 8 };

typedef struct {
    const char *label;    /* NULL: no series */
    const double *values; /* (count) in [0,1] */
    const double *spread; /* (count) of the values, drawn above and below a bar; NULL: none */
} svg_series;

typedef struct {
    const char *title;
    int count;       /* points of each series */
    const double *x; /* (count) increasing */
    svg_series series[SVG_MOST_SERIES];
    const char *x_label; /* NULL: that of the chart */
    int logarithmic;     /* the axis of x; an x of 0 stands apart from it */
    const char *const
        *names; /* (count) what x stands for, below each run of the same, in place of x_label; NULL: nothing */
} svg_panel;

/* Each returns 0, or -1 with errno set. */
int svg_curves(const char *path, const char *title, const char *x_label, const char *y_label, const svg_panel *panels,
               int count);

/* For each of count groups, named by names (count), one bar of each series (SVG_MOST_SERIES). */
int svg_bars(const char *path, const char *title, const char *y_label, const char *const *names, int count,
             const svg_series *series);

#endif
