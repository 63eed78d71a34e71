/* activation - elementwise functions whose derivative is a function of their output, so that the tape holds outputs
 * only. */
#ifndef CAMA_NN_ACTIVATION_H
#define CAMA_NN_ACTIVATION_H

#include "../tensor/exec.h"

enum cama__activation_kind {
    ACTIVATION_NONE,
    ACTIVATION_RELU,
    ACTIVATION_LEAKY, /* slope 0.01 */
    ACTIVATION_TANH,
    ACTIVATION_SIGMOID,
    ACTIVATION_ELU,
    ACTIVATION_SOFTPLUS,
    ACTIVATION_KINDS
};

const char *cama__activation_name(int32_t kind);                /* "relu"; "" for none */
int32_t cama__activation_find(const char *name, size_t length); /* a kind, or -1 */

/* data (blocks, pixels, channels, NR): add bias (channels; NULL for none), then the function, in place. */
void cama__activation_forward(const cama__exec *exec, int32_t kind, int64_t blocks, int64_t pixels, int64_t channels,
                              const real *bias, real *data);

/* dout (same shape) becomes the gradient before the function; dbias (channels; NULL if not wanted) += its sum over
 * pixels and lanes, block after block, for which the context needs an arena. */
void cama__activation_backward(const cama__exec *exec, int32_t kind, int64_t blocks, int64_t pixels, int64_t channels,
                               const real *out, real *dout, real *dbias);
#endif
