/* corrupt - the table of kinds. Draws begin at a hash of the kind's name, so that a new kind leaves the others' images
 * as they are. */
#include "corrupt.h"

const corrupt_kind corrupt_kinds[] = {
    {"rotation-bilinear", "u * 60 degrees", CORRUPT_GEOMETRY, corrupt_rotation_bilinear},
    {"zoom-bilinear", "by a factor of .6 to 1.5, uniform in its logarithm", CORRUPT_GEOMETRY, corrupt_zoom_bilinear},
    {"shear-bilinear", "columns move by u * .4 of their distance", CORRUPT_GEOMETRY, corrupt_shear_bilinear},
    {"two-bilinear", "two of rotation, zoom and shear at once", CORRUPT_GEOMETRY, corrupt_two_bilinear},
    {"rotation-bicubic", "u * 60 degrees", CORRUPT_GEOMETRY, corrupt_rotation_bicubic},
    {"zoom-bicubic", "by a factor of .6 to 1.5, uniform in its logarithm", CORRUPT_GEOMETRY, corrupt_zoom_bicubic},
    {"shear-bicubic", "columns move by u * .4 of their distance", CORRUPT_GEOMETRY, corrupt_shear_bicubic},
    {"two-bicubic", "two of rotation, zoom and shear at once", CORRUPT_GEOMETRY, corrupt_two_bicubic},
    {"contrast", "distances from the image's mean times .3", CORRUPT_PHOTOMETRIC, corrupt_contrast},
    {"brightness", "plus .5, at most 1", CORRUPT_PHOTOMETRIC, corrupt_brightness},
    {"blur", "Gaussian, deviation of 2 pixels", CORRUPT_PHOTOMETRIC, corrupt_blur},
    {"motion-blur", "mean along 9 pixels in any direction", CORRUPT_PHOTOMETRIC, corrupt_motion_blur},
    {"salt-pepper", "17 % of the pixels are 0 or 1", CORRUPT_PHOTOMETRIC, corrupt_salt_pepper},
    {"poisson", "Poisson noise, 5 counts at 1", CORRUPT_PHOTOMETRIC, corrupt_poisson},
    {"patch", "8 x 8 pixels, anywhere, are 0 or 1", CORRUPT_PHOTOMETRIC, corrupt_patch},
    {"lines", "two bright lines, 1 pixel wide, in any direction", CORRUPT_PHOTOMETRIC, corrupt_lines},
    {"stripes", "a quarter of the image inverted on either side", CORRUPT_PHOTOMETRIC, corrupt_stripes},
    {"fog", "a smooth field of brightness hides up to .8 of x", CORRUPT_PHOTOMETRIC, corrupt_fog},
    {"spatter", "bright drops on 12 % of the image", CORRUPT_OTHER, corrupt_spatter},
    {"edges", "the size of the gradient instead of x", CORRUPT_OTHER, corrupt_edges},
};
const int corrupt_kind_count = (int)(sizeof corrupt_kinds / sizeof *corrupt_kinds);

/* FNV-1a. */
static uint64_t hash_of(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (; *name != '\0'; name++) hash = (hash ^ (unsigned char)*name) * 0x100000001b3U;
    return hash;
}

/* Two rounds of mixing stand between (seed, kind, image) and the first number drawn. */
static corrupt_draw begin(const corrupt_kind *kind, uint64_t seed, int64_t image)
{
    corrupt_draw draw = {hash_of(kind->name) ^ seed};
    draw.state = corrupt_bits(&draw) ^ (uint64_t)image;
    draw.state = corrupt_bits(&draw);
    return draw;
}

void corrupt_images(const corrupt_kind *kind, uint64_t seed, int64_t first, int64_t count, int height, int width,
                    const float *in, float *out)
{
    const int64_t pixels = (int64_t)height * width;
    for (int64_t i = 0; i < count; i++) {
        corrupt_draw draw = begin(kind, seed, first + i);
        kind->apply(in + i * pixels, height, width, &draw, out + i * pixels);
    }
}
