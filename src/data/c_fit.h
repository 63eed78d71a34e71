/* c_fit - the linear effect of c on x, fitted to the clean examples before training and then fixed: least squares of x
 * on c with a mean of its own for each class. What is linear in the world stays right for any c; a network that fits
 * the rest knows c's range alone. */
#ifndef CAMA_DATA_C_FIT_H
#define CAMA_DATA_C_FIT_H

#include "../model/model.h"
#include "dataset.h"

/* Writes the model's c_linear.0.weight (D, P), in standard units; numbers of x that are not continuous get 0. Labels
 * are needed. CAMA_E_MEMORY; CAMA_E_NONFINITE for an effect that is too large for a float: nothing is written. */
int32_t cama__c_fit_learn(cama_model *model, const cama_dataset *labelled);
/* Whether it has been learned: some weight is not zero. */
bool cama__c_fit_known(const cama_model *model);
/* As before it was learned. */
void cama__c_fit_forget(cama_model *model);
#endif
