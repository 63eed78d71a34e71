/* extreme - which number of some rows lies furthest from what its model learned, for messages: a result that is not
 * finite comes from such a number, or from the model's parameters. */
#ifndef CAMA_DATA_EXTREME_H
#define CAMA_DATA_EXTREME_H

#include "../model/model.h"
#include "dataset.h"

enum { EXTREME_TEXT = 160 };

/* "x, row 3, column 1: expected a number near 0.5, got 1e+20" of that number of x, a and c in the rows row[0..n) which
 * is furthest from its mean, in its own standard deviations, if it is a million of them away; otherwise false. */
bool cama__extreme_tell(const cama_model *model, const cama_dataset *dataset, const int64_t *row, int64_t n,
                        char text[EXTREME_TEXT]);
#endif
