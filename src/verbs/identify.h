/* identify - which do() a model may answer: its roles say p(x|y,c), and that is x under do() only if nothing that was
 * left out causes both. What was left out is known where the roles come from a causal graph. */
#ifndef CAMA_VERBS_IDENTIFY_H
#define CAMA_VERBS_IDENTIFY_H

#include "../data/dataset.h"
#include "../model/model.h"

/* CAMA_E_ARGUMENT if do(y) is not answered; verb is for the message. */
int32_t cama__identify_y(const cama_model *model, const char *verb);
/* The same of do(c = c_new (n, P)) for the variables of which a row of the dataset has another value. */
int32_t cama__identify_c(const cama_model *model, const cama_dataset *dataset, const float *c_new, const char *verb);

#endif
