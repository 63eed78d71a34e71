/* conv_passes - what layers call: forward, backward-data and backward-weights of a map. */
#ifndef CAMA_CONV_CONV_PASSES_H
#define CAMA_CONV_CONV_PASSES_H

#include "conv.h"

/* Each takes its scratch from the arena and gives it back. Weights of an application that is prepared stay transformed
 * in the arena for all applications to come whose context has `prepared`; nothing to do where Winograd is not used. */
void cama__conv_prepare(const cama__exec *exec, const cama__conv *map, bool adjoint, const real *weights,
                        cama__prepared *prepared);
void cama__conv_forward(const cama__exec *exec, const cama__conv_application *a);
/* din (rows, IN) from dout (rows, OUT) and the weights of the map's forward direction. */
void cama__conv_backward_data(const cama__exec *exec, const cama__conv *map, const real *weights, int64_t rows,
                              const real *dout, real *din);
void cama__conv_backward_weights(const cama__exec *exec, const cama__conv_weight_gradient *g);

#endif
