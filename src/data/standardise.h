/* standardise - mean and scale of what is continuous, learned from the clean examples of the first training run; the
 * model keeps them, and every batch is packed with them. */
#ifndef CAMA_DATA_STANDARDISE_H
#define CAMA_DATA_STANDARDISE_H

#include "../model/model.h"
#include "dataset.h"

/* Whether a role's number at that place is continuous. */
bool cama__standardise_continuous(const cama_model *model, int32_t role, int64_t at);
/* For each continuous number of x, a and c: its mean and standard deviation (divided by n; 1 where it is 0), so that
 * standard units are (value - mean) / scale. Binary and categorical numbers stay as they are. */
void cama__standardise_learn(cama_model *model, const cama_dataset *dataset);
/* Back to the data's units: values (n, width) of a role's block, in place; of x, its continuous numbers. */
void cama__standardise_undo(const cama_model *model, int32_t role, int64_t n, float *values);
#endif
