/* corrupt - manipulations of grey images, written for the measurement of robustness and independent of the library's
 * own. Pixels are in [0,1] before and after. What happens to image i is a function of (seed, kind, i) alone. */
#ifndef CAMA_CORRUPT_H
#define CAMA_CORRUPT_H

#include <stdint.h>

#include "corrupt_draw.h"

/* OTHER: what neither geometry nor brightness alone describes. */
enum corrupt_group { CORRUPT_GEOMETRY, CORRUPT_PHOTOMETRIC, CORRUPT_OTHER };

/* in and out (height, width) are two images. */
typedef void corrupt_image(const float *in, int height, int width, corrupt_draw *draw, float *out);

typedef struct {
    const char *name;     /* "salt-pepper" */
    const char *strength; /* what is done, and how strongly */
    enum corrupt_group group;
    corrupt_image *apply;
} corrupt_kind;

extern const corrupt_kind corrupt_kinds[];
extern const int corrupt_kind_count;

/* Images [first, first + count): in and out (count, height, width), which do not overlap. */
void corrupt_images(const corrupt_kind *kind, uint64_t seed, int64_t first, int64_t count, int height, int width,
                    const float *in, float *out);

static inline float corrupt_bounded(double value) { return value < 0 ? 0 : value > 1 ? 1 : (float)value; }

/* corrupt_geometry.c */
corrupt_image corrupt_rotation_bilinear, corrupt_rotation_bicubic, corrupt_zoom_bilinear, corrupt_zoom_bicubic;
corrupt_image corrupt_shear_bilinear, corrupt_shear_bicubic, corrupt_two_bilinear, corrupt_two_bicubic;
/* corrupt_light.c */
corrupt_image corrupt_contrast, corrupt_brightness, corrupt_blur, corrupt_motion_blur, corrupt_fog, corrupt_edges;
/* corrupt_pixels.c */
corrupt_image corrupt_salt_pepper, corrupt_poisson, corrupt_patch, corrupt_lines, corrupt_stripes, corrupt_spatter;

/* A field of brightness: noise on a grid of so many pixels, smoothly between its points; values about [0,1]. */
void corrupt_field(double grid, int height, int width, corrupt_draw *draw, float *out);

#endif
