/* tent - what TENT (Wang, Shelhamer, Liu, Olshausen and Darrell 2021) adapts of a discriminative baseline: few numbers,
 * which theta is a function of. Either a scale and a shift for each channel of every layer before the last, where other
 * networks have those of a normalisation layer: W' = scale W, b' = scale b + shift, 1 and 0 as trained; or the last
 * layer's own weight and bias. Theta holds the product, so that the adapted model has the layers of its source. */
#ifndef CAMA_VERBS_TENT_H
#define CAMA_VERBS_TENT_H

#include "optim.h"

typedef struct {
    cama_model *model;         /* whose theta is written */
    cama_optimizer *optimizer; /* Adam on the adapted numbers */
    cama_model adapted;        /* these, as the parameters of a model that has nothing else */
    int64_t channels;          /* of scales and shifts; 0: the last layer is adapted */
    int32_t *channel;          /* (reals of theta) channel of each number, or -1 */
    real *source;              /* theta as trained */
    double *sums;              /* (2, channels) */
} cama__tent;

/* like: the optimizer whose rate and clipping it has. CAMA_E_ARGUMENT where no layer stands before the last. */
int32_t cama__tent_create(cama_model *model, enum cama__choice_adapt what, const cama_optimizer *like,
                          cama__tent **out);
void cama__tent_free(cama__tent *tent);
/* The gradient of the adapted numbers, in the optimizer, from that of theta. */
void cama__tent_gradient(cama__tent *tent, const real *dtheta);
void cama__tent_fold(cama__tent *tent); /* theta from the adapted numbers */
#endif
