/* layer - one step of a network: a linear map (dense, conv, tconv) with bias and activation, a max pool, dropout, or
 * the place where several inputs are joined. No state: parameters come in as theta, what backward needs is the
 * outputs. */
#ifndef CAMA_NN_LAYER_H
#define CAMA_NN_LAYER_H

#include "../conv/conv_passes.h"
#include "activation.h"
#include "dropout.h"

typedef struct {
    int32_t h, w, c;
} cama__shape;
static inline int64_t cama__shape_size(cama__shape s) { return (int64_t)s.h * s.w * s.c; }

enum cama__layer_kind { LAYER_DENSE, LAYER_CONV, LAYER_TCONV, LAYER_POOL, LAYER_DROPOUT, LAYER_JOIN };

typedef struct {
    int32_t kind, activation;
    cama__shape in, out;
    cama__conv map; /* dense, conv, tconv; its forward direction is the layer's */
    cama__maxpool pool;
    double rate;          /* of dropout */
    int32_t number;       /* in its network */
    int64_t weight, bias; /* offsets in theta; -1 where there is none */
} cama__layer;
static inline bool cama__layer_has_weights(const cama__layer *l)
{
    return l->kind != LAYER_POOL && l->kind != LAYER_DROPOUT;
}

/* Channels a bias is for: output features of a dense layer, channels of the others. */
int64_t cama__layer_channels(const cama__layer *layer);

/* out (blocks, OUT, NR) from in (blocks, IN, NR); record: OUT bytes per row and lane, the argmax of a pool or
 * what dropout kept; NULL for other kinds. Not for
 * LAYER_JOIN. */
void cama__layer_forward(const cama__exec *exec, const cama__layer *layer, const real *theta, int64_t rows,
                         const real *in, real *out, uint8_t *record);

/* A convolution and the max pool after it, layer[1], in one: what lies between them is never stored, so that `in` and
 * `out` are those of the pair. The activation waits until after the pool: all of them ascend. */
void cama__layer_forward_pooled(const cama__exec *exec, const cama__layer *layer, const real *theta, int64_t rows,
                                const real *in, real *out, uint8_t *argmax);

/* What a forward pass read and gave. */
typedef struct {
    const real *in, *out;
    const uint8_t *record; /* NULL for kinds without */
} cama__layer_values;

/* A gradient on its way back through something that has an input and parameters. */
typedef struct {
    int64_t chunk; /* blocks over which the gradient of weights is summed at a time (conv.h) */
    real *dout;    /* with respect to the output; destroyed */
    real *din;     /* overwritten; NULL: not wanted */
    real *dtheta;  /* laid out as theta, added to; NULL: not wanted */
} cama__gradient;

/* For LAYER_JOIN only bias and activation. pooled: of the layer and the pool after it. */
void cama__layer_backward(const cama__exec *exec, const cama__layer *layer, const real *theta, int64_t rows,
                          const cama__layer_values *v, const cama__gradient *g);
void cama__layer_backward_pooled(const cama__exec *exec, const cama__layer *layer, const real *theta, int64_t rows,
                                 const cama__layer_values *v, const cama__gradient *g);
#endif
