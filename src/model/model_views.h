/* model_views - a model trained under do(m=0) taken into the form in which m enters as a view: the same
 * p(x|y,z,do(m=0)) and q(z|x,y), with a p_m and a q_m of the new form that know nothing yet. */
#ifndef CAMA_MODEL_MODEL_VIEWS_H
#define CAMA_MODEL_MODEL_VIEWS_H

#include "model.h"

/* CAMA_E_OPTION, CAMA_E_ARGUMENT if source is no generative model of images with a Bernoulli likelihood whose m enters
 * p_merge (or that has none). seed: of p_m and q_m. */
int32_t cama__model_with_views(const cama_model *source, uint64_t seed, cama_model **out);
#endif
