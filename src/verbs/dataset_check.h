/* dataset_check - whether a model can take a dataset. */
#ifndef CAMA_VERBS_DATASET_CHECK_H
#define CAMA_VERBS_DATASET_CHECK_H

#include "../data/dataset.h"
#include "../model/model.h"

/* Shape, widths of a and c, variables if both have a schema, classes, labels if needed, x in [0,1] for a Bernoulli
 * likelihood (row and column of the first value outside). `what` names the dataset in messages: "clean", "test",
 * "dataset". */
int32_t cama__dataset_check(const cama_dataset *dataset, const cama_model *model, bool labels, const char *what);
#endif
