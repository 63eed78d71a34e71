/* image_png - libpng's simplified interface, or a message where the program was built without it. */
#include "image_png.h"

#include "fail.h"

#ifdef TOOL_PNG
#include <png.h>
#include <stdlib.h>

#include "texts.h"

int image_png_is_known(void) { return 1; }

static png_image open_image(const char *path)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (png_image_begin_read_from_file(&image, path) == 0) fail("%s: expected a PNG image: %s", path, image.message);
    return image;
}

image_shape image_png_look(const char *path)
{
    png_image image = open_image(path);
    const image_shape shape = {(int32_t)image.height, (int32_t)image.width,
                               (image.format & PNG_FORMAT_FLAG_COLOR) != 0};
    png_image_free(&image);
    return shape;
}

void image_png_read(const char *path, int32_t channels, float *x)
{
    const png_color black = {0, 0, 0};
    png_image image = open_image(path);
    image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    const size_t count = (size_t)image.height * image.width * (size_t)channels;
    png_byte *bytes = room(count, 1);
    if (png_image_finish_read(&image, &black, bytes, 0, NULL) == 0) fail("%s: %s", path, image.message);
    for (size_t i = 0; i < count; i++) x[i] = (float)bytes[i] / 255;
    free(bytes);
}

void image_png_write(FILE *out, const char *path, int32_t height, int32_t width, int32_t channels, const float *x)
{
    const size_t count = (size_t)height * (size_t)width * (size_t)channels;
    png_byte *bytes = room(count, 1);
    for (size_t i = 0; i < count; i++) {
        const float value = x[i] > 0 ? x[i] < 1 ? x[i] : 1 : 0;
        bytes[i] = (png_byte)(value * 255 + 0.5f);
    }
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)width,
                       .height = (png_uint_32)height,
                       .format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY};
    if (png_image_write_to_stdio(&image, out, 0, bytes, 0, NULL) == 0) fail("%s: %s", path, image.message);
    free(bytes);
}

#else

int image_png_is_known(void) { return 0; }

static _Noreturn void refuse(const char *path)
{
    fail("%s: this program was built without libpng and knows no PNG; IDX and NPY can be used instead", path);
}

image_shape image_png_look(const char *path) { refuse(path); }

void image_png_read(const char *path, int32_t channels, float *x)
{
    (void)channels;
    (void)x;
    refuse(path);
}

void image_png_write(FILE *out, const char *path, int32_t height, int32_t width, int32_t channels, const float *x)
{
    (void)out;
    (void)height;
    (void)width;
    (void)channels;
    (void)x;
    refuse(path);
}
#endif
