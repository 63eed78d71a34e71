/* svg_scatter - panels side by side of points beside the line where both numbers agree. */
#ifndef EXAMPLE_SVG_SCATTER_H
#define EXAMPLE_SVG_SCATTER_H

typedef struct {
    const char *title;
    int count;           /* points */
    const double *x, *y; /* (count) each */
} svg_cloud;

/* Both axes are [-limit, limit]; what lies outside is drawn on the edge, what is not finite left out. Returns 0, or -1
 * with errno set. */
int svg_scatter(const char *path, const char *title, const char *x_label, const char *y_label, double limit,
                const svg_cloud *clouds, int count);

#endif
