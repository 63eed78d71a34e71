/* pictures - numbers of images out: an NPY file, or a folder of PNG by class. */
#ifndef TOOL_PICTURES_H
#define TOOL_PICTURES_H

#include "input.h"

typedef struct pictures pictures;

/* place: a name that ends in .npy, or of a folder, which is made. Before the work begins. */
pictures *pictures_open(const char *place);

/* x (n, height, width, channels) of the data's shape; folders are by the classes y (n; -1 or NULL: none) and their
 * names, and files keep theirs, or are numbered by rows. Frees the pictures. */
void pictures_write(pictures *to, const input *data, const float *x, const int32_t *y, const texts *names);
void pictures_drop(pictures *to); /* NULL is allowed */

#endif
