/* maxpool - squares of pixels and their maxima, block by block. */
#include "maxpool.h"

#include <string.h>

#include "../base/elementary.h"

typedef struct {
    const cama__maxpool *m;
    const real *in;
    real *out;
    const uint8_t *from;
    uint8_t *argmax;
    const real *dout;
    real *din;
} job;

CAMA__CLONES static void take_larger(const real *in, real *out, uint8_t *argmax, uint8_t here, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const bool larger = in[i] > out[i] || in[i] != in[i]; /* a NaN wins, and stays */
        out[i] = larger ? in[i] : out[i];
        argmax[i] = larger ? here : argmax[i];
    }
}

CAMA__CLONES static void put_back(const real *dout, const uint8_t *argmax, uint8_t here, real *din, int64_t n)
{
    for (int64_t i = 0; i < n; i++) din[i] = argmax[i] == here ? dout[i] : 0;
}

/* Visit the pixels of the window at (oh, ow): offset of the pixel, and its number in the window. */
#define EACH_PIXEL(m, oh, ow, y, x)                                                                                    \
    for (int32_t y = (oh) * (m)->window; y < ((oh) + 1) * (m)->window && y < (m)->in_h; y++)                           \
        for (int32_t x = (ow) * (m)->window; x < ((ow) + 1) * (m)->window && x < (m)->in_w; x++)

static inline uint8_t number_of(const cama__maxpool *m, int32_t y, int32_t x)
{
    return (uint8_t)(y % m->window * m->window + x % m->window);
}

void cama__maxpool_image(const cama__maxpool *m, int64_t pixel, const real *in, real *out, uint8_t *argmax)
{
    const int32_t out_h = cama__maxpool_out(m->in_h, m->window), out_w = cama__maxpool_out(m->in_w, m->window);
    for (int32_t oh = 0; oh < out_h; oh++)
        for (int32_t ow = 0; ow < out_w; ow++, out += pixel, argmax += pixel) {
            memcpy(out, in + ((int64_t)oh * m->window * m->in_w + ow * m->window) * pixel, (size_t)pixel * sizeof *in);
            memset(argmax, 0, (size_t)pixel);
            EACH_PIXEL (m, oh, ow, y, x)
                if (number_of(m, y, x) > 0)
                    take_larger(in + ((int64_t)y * m->in_w + x) * pixel, out, argmax, number_of(m, y, x), pixel);
        }
}

static void forward_block(void *arg, int64_t block, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const cama__maxpool *m = j->m;
    const int64_t pixel = (int64_t)m->channels * cama__kernel()->nr, at = block * cama__maxpool_pixels(m) * pixel;
    cama__maxpool_image(m, pixel, j->in + block * m->in_h * m->in_w * pixel, j->out + at, j->argmax + at);
}

static void backward_block(void *arg, int64_t block, int32_t worker)
{
    (void)worker;
    const job *j = arg;
    const cama__maxpool *m = j->m;
    const int32_t out_h = cama__maxpool_out(m->in_h, m->window), out_w = cama__maxpool_out(m->in_w, m->window);
    const int64_t pixel = (int64_t)m->channels * cama__kernel()->nr;
    real *din = j->din + block * m->in_h * m->in_w * pixel;
    for (int32_t oh = 0; oh < out_h; oh++)
        for (int32_t ow = 0; ow < out_w; ow++) {
            const int64_t at = ((block * out_h + oh) * out_w + ow) * pixel;
            EACH_PIXEL (m, oh, ow, y, x)
                put_back(j->dout + at, j->from + at, number_of(m, y, x), din + ((int64_t)y * m->in_w + x) * pixel,
                         pixel);
        }
}

void cama__maxpool_forward(const cama__exec *exec, const cama__maxpool *m, int64_t rows, const real *in, real *out,
                           uint8_t *argmax)
{
    job j = {.m = m, .in = in, .out = out, .argmax = argmax};
    cama__exec_run(exec, cama__blocks(rows), forward_block, &j);
}

void cama__maxpool_backward(const cama__exec *exec, const cama__maxpool *m, int64_t rows, const uint8_t *argmax,
                            const real *dout, real *din)
{
    job j = {.m = m, .from = argmax, .dout = dout, .din = din};
    cama__exec_run(exec, cama__blocks(rows), backward_block, &j);
}
