/* image_png - one image in a PNG file, grey or in colours. Without libpng both fail and say so. */
#ifndef TOOL_IMAGE_PNG_H
#define TOOL_IMAGE_PNG_H

#include <stdint.h>
#include <stdio.h>

typedef struct {
    int32_t height, width, colours; /* colours: 0 or 1 */
} image_shape;

/* Whether this build has libpng. */
int image_png_is_known(void);

/* What the header of a file says. */
image_shape image_png_look(const char *path);

/* x (height, width, channels) in [0,1]; channels 1 (grey) or 3. What is transparent is black. */
void image_png_read(const char *path, int32_t channels, float *x);

/* Writes such an image; numbers outside of [0,1] are at the nearer end. path is for messages. */
void image_png_write(FILE *out, const char *path, int32_t height, int32_t width, int32_t channels, const float *x);

#endif
