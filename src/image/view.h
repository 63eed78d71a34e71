/* view - the numbers that say how an image was seen: where it was moved to, turned, stretched, sheared, its tone, its
 * blur, and how many of its pixels are something else. All are 0 for an image that is seen as it is.
 *
 *     source of a pixel q of the seen image:  A^-1 (q - t),   A = R(rotation) [[e^zoom_y, shear], [0, e^zoom_x]]
 *
 * on (y, x) about the image's centre, in units of half its longer side. The model's m has a standard normal prior;
 * number i of a view is scale_i m_i plus what p_m adds (logw_view.c). */
#ifndef CAMA_IMAGE_VIEW_H
#define CAMA_IMAGE_VIEW_H

#include "../tensor/rows.h"

enum cama__view_number {
    VIEW_Y,
    VIEW_X,
    VIEW_ROTATION,
    VIEW_ZOOM_Y,
    VIEW_ZOOM_X,
    VIEW_SHEAR,
    VIEW_CONTRAST,
    VIEW_BRIGHTNESS,
    VIEW_BLUR,
    VIEW_CONTAMINATION,
    VIEW_COUNT
};

typedef struct {
    const char *name, *unit; /* for people: what cama_view_describe says */
    real scale;              /* deviation under the prior of m */
    real bound;              /* larger numbers count as this */
} cama__view_row;
extern const cama__view_row cama__view_rows[VIEW_COUNT];

typedef struct {
    int32_t h, w, c; /* pixels and channels, features in this order */
} cama__image;
static inline int64_t cama__image_size(cama__image image) { return (int64_t)image.h * image.w * image.c; }

/* What lies beyond the edge of an image that is read at moved places: the border's value, or 0. */
enum cama__warp_edge { WARP_BORDER, WARP_ZERO };

/* Where target pixel (i, j) is read, in pixels: y = y0 + yy (i - ci) + yx (j - cj), x likewise, (ci, cj) the centre. */
typedef struct {
    real yy[CAMA__LANES], yx[CAMA__LANES], xy[CAMA__LANES], xx[CAMA__LANES], y0[CAMA__LANES], x0[CAMA__LANES];
} cama__affine;

/* The views of the lanes of one block. */
typedef struct {
    cama__image image;
    int32_t nr;
    real number[VIEW_COUNT][CAMA__LANES]; /* within their bounds */
    cama__affine seen_at, source_at;      /* of an image from its seen form, and of a seen image from its source */
    real contrast[CAMA__LANES];           /* factor */
    real share[CAMA__LANES];              /* of contaminated pixels */
} cama__view;

/* numbers (blocks, VIEW_COUNT, NR): lane r of the block at row index[block NR + r] (index NULL: the same row; `one`:
 * row 0 for all). Lanes past rows are seen as they are. */
void cama__view_take(cama__image image, const real *numbers, const int32_t *index, bool one, int64_t rows,
                     int64_t block, cama__view *view);

/* Gradients of a block's lanes with respect to what view holds. */
typedef struct {
    cama__affine seen_at, source_at;
    real contrast[CAMA__LANES], brightness[CAMA__LANES], blur[CAMA__LANES], share[CAMA__LANES];
} cama__view_gradient;

/* d (VIEW_COUNT, NR): their gradient with respect to the numbers, overwritten. */
void cama__view_backward(const cama__view *view, const cama__view_gradient *gradient, real *d);

/* The view of an image whose view is `outer` and whose seen form was found to have the view `inner`: numbers
 * (VIEW_COUNT). Contamination is the outer one's. */
void cama__view_compose(const real *outer, const real *inner, real *both);

/* A number and its deviation in a person's unit (cama__view_rows): pixels, degrees, factors, shares. */
void cama__view_tell(cama__image image, int32_t number, double value, double deviation, double *told,
                     double *told_deviation);
#endif
