/* optim - Adam (Kingma and Ba 2015), ascending: one step moves the parameters of the trained networks. */
#ifndef CAMA_VERBS_OPTIM_H
#define CAMA_VERBS_OPTIM_H

#include "../options/options.h"
#include "../model/model.h"
#include "session.h"

struct cama_optimizer {
    cama_model *model;
    double lr, beta1, beta2, eps, weight_decay, clip;
    bool decay_given; /* the user has said how large weights may become */
    double ridge;     /* the mean objective is less by ridge |w|^2 / 2; set by the verb */
    int64_t steps;  /* taken so far: Adam's bias correction, and the step in the noise's key */
    int64_t epochs; /* passes over the clean examples so far: each has an order of its own, also over several calls */
    real *gradient, *m1, *m2; /* like theta */
};

int32_t cama__optimizer_create(cama_model *model, const cama_options *options, cama_optimizer **out);
void cama__optimizer_free(cama_optimizer *optimizer);

void cama__optim_zero(cama_optimizer *optimizer, cama__pool *pool); /* gradient = 0 */
/* The gradient of the penalty on weights, not on biases, of the trained nets. */
void cama__optim_penalise(cama_optimizer *optimizer, uint32_t trainable);
/* Norm of the gradient over the trained nets; NaN or infinite if any element is. */
double cama__optim_norm(const cama_optimizer *optimizer, uint32_t trainable, cama__pool *pool);
/* One step for the trained nets, learning rate lr * factor; norm as given by cama__optim_norm. Parameters of other nets
 * keep their bits. */
void cama__optim_step(cama_optimizer *optimizer, uint32_t trainable, double factor, double norm, cama__pool *pool);
#endif
