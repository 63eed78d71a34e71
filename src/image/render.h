/* render - an image under a view, and a viewed image as it was before:
 *
 *     render   mean = tone( blur( warp( p ) ) )       p = sigmoid(logits), or the image itself
 *     look     seen = unwarp( sharpen( untone( x ) ) )      sharpening undoes the blur; contamination is not undone
 *
 * Rows of a tensor (rows, D) in the packed layout, each under the view in row `view[r]` of numbers (., VIEW_COUNT). The
 * backward passes compute the forward again, block by block, so nothing is kept. */
#ifndef CAMA_IMAGE_RENDER_H
#define CAMA_IMAGE_RENDER_H

#include "view.h"

enum { RENDER_SCRATCH = 6 }; /* images of NR lanes, for each thread */

typedef struct {
    const cama__exec *exec;
    cama__image image;
    int64_t rows;
    const real *numbers;       /* (., VIEW_COUNT) */
    const int32_t *view;       /* (rows) row of numbers; NULL: the same row */
    bool one;                  /* all rows under the view of row 0 */
    enum cama__warp_edge edge; /* of render: beyond the edge of the source */
    real floor;                /* of render: how far the result stays from 0 and 1 */
    int32_t sharpen;           /* of look, forward alone: rounds of it (blur.h); 0: the blur stays */
    real *scratch;             /* (threads, RENDER_SCRATCH, D, NR) */
} cama__render;

/* mean (rows, D) in [floor, 1 - floor]. in: logits, or an image in [0, 1]; may not alias mean. */
void cama__render_forward(const cama__render *r, bool logits, const real *in, real *mean);
/* From dmean (rows, D) and dshare (rows; the gradient with respect to the share of contaminated pixels, NULL: 0): din
 * (rows, D; may be dmean) and dnumbers (rows, VIEW_COUNT), each overwritten; dnumbers NULL: not wanted. */
void cama__render_backward(const cama__render *r, bool logits, const real *in, const real *dmean, const double *dshare,
                           real *din, real *dnumbers);

/* seen (rows, D) of x (., D), row r of row x_row[r] (NULL: the same row). */
void cama__look_forward(const cama__render *r, const real *x, const int32_t *x_row, real *seen);
/* dx (rows, D) of each row's x, NULL: not wanted; dnumbers as above. */
void cama__look_backward(const cama__render *r, const real *x, const int32_t *x_row, const real *dseen, real *dx,
                         real *dnumbers);

/* share (rows) of contaminated pixels. */
void cama__render_shares(const cama__render *r, real *share);
#endif
