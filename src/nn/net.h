/* net - a chain of layers, at one place of which several inputs may be joined.
 *
 * A join is the dense layer W [h_1; h_2; ...] + b with its weight cut into parts, W h = W_1 h_1 + W_2 h_2 + ...: each
 * product runs at its own number of rows, and rows are gathered and added afterwards ("expand late"). The layers before
 * the join are the trunk, those after it the head. Networks without a join are all trunk. */
#ifndef CAMA_NN_NET_H
#define CAMA_NN_NET_H

#include "layer.h"

enum { NET_LAYERS = 24, NET_PARTS = 5 };

typedef struct {
    int32_t count, join, parts; /* join: index of the join layer, or -1 */
    cama__layer layer[NET_LAYERS];
    cama__layer part[NET_PARTS]; /* linear, without bias and activation: those belong to layer[join] */
    cama__shape in;              /* of the trunk */
} cama__net;

cama__shape cama__net_shape(const cama__net *net, int32_t layer); /* what enters layer; layer = count: what leaves */

/* Outputs of a range of layers, kept for backward. out is NULL for a convolution that runs as one with the pool after
 * it. */
typedef struct {
    real *out[NET_LAYERS];
    uint8_t *record[NET_LAYERS]; /* argmax of pools, what dropout kept */
} cama__tape;

/* Layers [from, to) of a network, run on rows: the whole of it; the trunk before its join; the head after it. */
typedef struct {
    const cama__net *net;
    const real *theta;
    int32_t from, to;
    int64_t rows;
} cama__net_range;
static inline cama__net_range cama__net_whole(const cama__net *net, const real *theta, int64_t rows)
{
    return (cama__net_range){net, theta, 0, net->count, rows};
}
static inline cama__net_range cama__net_trunk(const cama__net *net, const real *theta, int64_t rows)
{
    return (cama__net_range){net, theta, 0, net->join, rows};
}
static inline cama__net_range cama__net_head(const cama__net *net, const real *theta, int64_t rows)
{
    return (cama__net_range){net, theta, net->join + 1, net->count, rows};
}

/* Take the outputs of the layers from the arena. */
void cama__net_take(const cama__exec *exec, const cama__net_range *r, cama__tape *tape);

/* Run the layers on in; the last output (in itself for an empty range) is returned. */
const real *cama__net_forward(const cama__exec *exec, const cama__net_range *r, const real *in, cama__tape *tape);

/* Weights of the maps of a range that Winograd computes, for many forward passes of theirs (conv.h). */
void cama__net_prepare(const cama__exec *exec, const cama__net *net, const real *theta, int32_t from, int32_t to,
                       cama__prepared *prepared);

/* Backward through the layers. Does nothing to din for an empty range: the caller passes dout on. */
void cama__net_backward(const cama__exec *exec, const cama__net_range *r, const real *in, const cama__tape *tape,
                        const cama__gradient *g);

/* One part of the join: product (rows, OUT of the join) = W_part in. */
void cama__join_part(const cama__exec *exec, const cama__net *net, int32_t part, const real *theta, int64_t rows,
                     const real *in, real *product);
void cama__join_part_backward(const cama__exec *exec, const cama__net *net, int32_t part, const real *theta,
                              int64_t rows, const real *in, const cama__gradient *g);

/* The join itself: sum (rows, OUT) holds the product of the part that has as many rows; the others are added by index
 * (products NULL: that part is absent; index NULL: the same row), then bias and activation. */
typedef struct {
    const real *product;
    const int32_t *index;
} cama__join_input;
void cama__join_finish(const cama__exec *exec, const cama__net *net, const real *theta, int64_t rows, int32_t count,
                       const cama__join_input *inputs, real *sum);
/* Back through the head and the join's activation: g->dout to the gradient of the sum of the parts, which is returned
 * (in dout itself, or from the arena); din is not looked at. The tape has the join's output. */
real *cama__join_backward(const cama__exec *exec, const cama__net_range *head, const cama__tape *tape,
                          const cama__gradient *g);
#endif
