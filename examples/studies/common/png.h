/* png - a grid of grey images as one PNG file. */
#ifndef EXAMPLE_PNG_H
#define EXAMPLE_PNG_H

#include <stdint.h>

/* images (rows, columns, height, width), values in [0,1]; each pixel becomes scale x scale pixels. Returns 0, or -1
 * with errno set. */
int png_grid(const char *path, const float *images, int rows, int columns, int height, int width, int scale);

#endif
