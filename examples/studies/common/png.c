/* png - lays the images out on a grey sheet and has libpng write it. */
#include "png.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 4, SHEET = 96 };

static unsigned char grey(float value)
{
    const float bounded = value < 0 ? 0 : value > 1 ? 1 : value;
    return (unsigned char)(bounded * 255 + 0.5f);
}

int png_grid(const char *path, const float *images, int rows, int columns, int height, int width, int scale)
{
    const int cell_h = height * scale + GAP, cell_w = width * scale + GAP;
    const int sheet_h = rows * cell_h + GAP, sheet_w = columns * cell_w + GAP;
    unsigned char *sheet = malloc((size_t)sheet_h * (size_t)sheet_w);
    if (sheet == NULL) return -1;
    memset(sheet, SHEET, (size_t)sheet_h * (size_t)sheet_w);

    for (int i = 0; i < rows * columns; i++) {
        const float *image = images + (size_t)i * (size_t)(height * width);
        const int top = i / columns * cell_h + GAP, left = i % columns * cell_w + GAP;
        for (int r = 0; r < height * scale; r++)
            for (int c = 0; c < width * scale; c++)
                sheet[(size_t)(top + r) * (size_t)sheet_w + (size_t)(left + c)] =
                    grey(image[r / scale * width + c / scale]);
    }

    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)sheet_w,
                     .height = (png_uint_32)sheet_h,
                     .format = PNG_FORMAT_GRAY};
    const int written = png_image_write_to_file(&png, path, 0, sheet, sheet_w, NULL);
    free(sheet);
    return written ? 0 : -1;
}
