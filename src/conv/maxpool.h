/* maxpool - the largest value of each window x window square, windows side by side; the last ones may hang over the
 * edge (ceil mode), what is outside does not count. Ties go to the first pixel in row order. */
#ifndef CAMA_CONV_MAXPOOL_H
#define CAMA_CONV_MAXPOOL_H

#include "../tensor/exec.h"

enum { WINDOW_MAX = 15 }; /* so that the number of a pixel in its square fits a byte */

typedef struct {
    int32_t in_h, in_w, channels, window; /* window at most WINDOW_MAX */
} cama__maxpool;

static inline int32_t cama__maxpool_out(int32_t in, int32_t window) { return (in + window - 1) / window; }
static inline int64_t cama__maxpool_pixels(const cama__maxpool *m)
{
    return (int64_t)cama__maxpool_out(m->in_h, m->window) * cama__maxpool_out(m->in_w, m->window);
}

/* in (blocks, in_h, in_w, channels, NR) -> out (blocks, out_h, out_w, channels, NR), argmax (same shape): which pixel
 * of its square it was. */
void cama__maxpool_forward(const cama__exec *exec, const cama__maxpool *m, int64_t rows, const real *in, real *out,
                           uint8_t *argmax);
/* The same of one image whose pixels have `pixel` numbers: (in_h, in_w, pixel) -> (out_h, out_w, pixel). */
void cama__maxpool_image(const cama__maxpool *m, int64_t pixel, const real *in, real *out, uint8_t *argmax);
/* din is overwritten: dout at the pixel it came from, zero elsewhere. */
void cama__maxpool_backward(const cama__exec *exec, const cama__maxpool *m, int64_t rows, const uint8_t *argmax,
                            const real *dout, real *din);
#endif
