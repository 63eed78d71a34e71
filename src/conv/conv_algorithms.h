/* conv_algorithms - the table of ways to compute a map and its gradients. The first row that can, computes. */
#ifndef CAMA_CONV_CONV_ALGORITHMS_H
#define CAMA_CONV_CONV_ALGORITHMS_H

#include "conv.h"

enum cama__conv_pass { CONV_FORWARD, CONV_BACKWARD_DATA, CONV_BACKWARD_WEIGHTS, CONV_PASSES };

/* What the choice depends on, beside the processor. */
typedef struct {
    const cama__conv *map;
    int32_t pass;
    bool adjoint;   /* direction that is computed; of the gradient of weights, the map's forward direction */
    int32_t window; /* of the max pool, or 1 */
    bool winograd;  /* the context's setting */
} cama__conv_case;

typedef struct {
    const char *name;
    bool (*can)(const cama__conv_case *c);
    void (*forward)(const cama__exec *exec, const cama__conv_application *a);
    void (*backward_data)(const cama__exec *exec, const cama__conv_application *a);
    void (*backward_weights)(const cama__exec *exec, const cama__conv_weight_gradient *g);
} cama__conv_algorithm;

/* Row number i of the table, or NULL past its end. */
const cama__conv_algorithm *cama__conv_algorithm_at(int32_t i);
/* The row that computes a case. There always is one. */
const cama__conv_algorithm *cama__conv_choose(const cama__conv_case *c);

/* Backward-data of most rows: weights transposed, then the forward pass of `algorithm`. */
void cama__conv_forward_transposed(const cama__exec *exec, const cama__conv_algorithm *algorithm,
                                   const cama__conv_application *a);

extern const cama__conv_algorithm cama__conv_dense, cama__conv_winograd, cama__conv_small_k, cama__conv_small_m,
    cama__conv_im2col_pooled, cama__conv_im2col, cama__conv_direct;
#endif
